"""Run case folders: a few rows of canonical tables, a control test, and the outcomes an auditor expects.

The format is written down in docs/formats/cases.md. `python -m twofold.jobs.cases DIR...` works as `twofold cases`.
"""

import atexit
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache, partial
from pathlib import Path

import duckdb

from twofold.catalog.load import load_catalog
from twofold.controltests.engine import RuleFault, run_rule, set_parameters
from twofold.controltests.rule import ParameterValue, Rule, rule_named
from twofold.lenses.verdict import LensView, ScopeStretch, judge_outcome
from twofold.model.instant import parse_boundary, parse_instant, zone_named
from twofold.model.outcome import ReasonCode
from twofold.model.period import ReviewPeriod
from twofold.model.problem import Problem, UserError
from twofold.populations.calendar_days import declared_calendars
from twofold.populations.completeness import completeness_record
from twofold.populations.define import Population, define_population, definition_text
from twofold.populations.derive import DERIVED, derived_lineage, derived_rows
from twofold.populations.steps import register_steps, step_text, steps_needed
from twofold.tables.csv_records import read_csv
from twofold.tables.memory import MemoryTables
from twofold.tables.rows import Row, SetAside
from twofold.tables.schema import table_named
from twofold.tables.store import Lineage, TableSet
from twofold.tables.table_files import LINEAGE_COLUMNS
from twofold.tables.typed_rows import CellError, TypedRow, typed_row

WHOLE_POPULATION = "*"
"""The item of an expected row that speaks of the control as a whole."""
CONTROL = "control"
DID_NOT_OCCUR = "DID_NOT_OCCUR"
STOPPED = "STOPPED"
_LENS_LABEL = {"soc2": "soc2", "sox": "fin_relevant"}
_CASE_FIELDS = {"control_test", "extracted_at", "parameters", "lens", "zone"}
CaseRow = tuple[TypedRow, Lineage]
Found = dict[tuple[str, str], tuple[str, str]]
"""(Item, attribute) -> (outcome, reason) of everything that a case gives."""


@dataclass(frozen=True, slots=True)
class CaseLens:
    """One `[[lens]]` of a case: its name and period."""

    name: str
    period: ReviewPeriod


@dataclass(frozen=True, slots=True)
class Case:
    """A case folder, read."""

    folder: Path
    rule: Rule
    extracted_at: datetime
    parameters: Mapping[str, ParameterValue]
    lenses: tuple[CaseLens, ...]
    zone: str


@dataclass(frozen=True, slots=True)
class Expected:
    """One line of expected.csv; `reason` empty = not compared."""

    line: str
    item: str
    attribute: str
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What a case gave: no differences means that it passed."""

    folder: Path
    differences: tuple[str, ...]


def find_cases(folders: Sequence[Path]) -> list[Path]:
    """Return every folder with a case.toml at or below the given ones; raises UserError where there is none."""
    found: list[Path] = []
    for folder in folders:
        below = sorted(path.parent for path in folder.rglob("case.toml")) if folder.is_dir() else []
        if not below:
            raise UserError(
                Problem(
                    str(folder), "no case folder here", "a folder with a case.toml in it or below it", "check the path"
                )
            )
        found += below
    return sorted(set(found))


def run_cases(folders: Sequence[Path]) -> Iterator[CaseResult]:
    """Run each case folder at or below the given ones, in order of path."""
    for folder in find_cases(folders):
        try:
            yield CaseResult(folder, tuple(run_case(folder)))
        except (UserError, RuleFault) as error:
            yield CaseResult(folder, (str(error),))


class Bench:
    """What all cases of one process share: tables and plans in memory, and a folder for the files of a run."""

    def __init__(self) -> None:
        self.tables = MemoryTables()
        self.scratch = Path(tempfile.mkdtemp(prefix="twofold-cases-"))
        atexit.register(shutil.rmtree, self.scratch, ignore_errors=True)


bench = cache(Bench)


def run_case(folder: Path) -> list[str]:
    """Run one case and return its differences from expected.csv; raises UserError for a faulty folder."""
    case = read_case(folder)
    return list(differences(read_expected(folder), found_alone(case, case_rows(case))))


@contextmanager
def prepared_case(folder: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, list[Expected]]]:
    """Yield a session that holds what the rule of the case reads, `population` included, and what is expected.

    For running other texts than rule.sql over the same rows. Raises UserError for a faulty folder.
    """
    case = read_case(folder)
    with _prepared(case, case_rows(case)) as (session, _, _):
        yield session, read_expected(folder)


@contextmanager
def tested_rows(
    case: Case, rows: Iterable[CaseRow]
) -> Iterator[tuple[duckdb.DuckDBPyConnection, TableSet, Population]]:
    """Run the rule of the case over the rows; yield the session, in which `outcome` holds what came out.

    Raises UserError for rows that no population can be made of, and RuleFault.
    """
    with _prepared(case, rows) as (session, tables, population):
        run_rule(session, case.rule, into=bench().scratch)
        yield session, tables, population


@contextmanager
def _prepared(case: Case, rows: Iterable[CaseRow]) -> Iterator[tuple[duckdb.DuckDBPyConnection, TableSet, Population]]:
    shared = bench()
    session = shared.tables.session
    steps, derived = _needed(definition_text(case.rule.population), case.rule.sql)
    try:
        tables = _fill(shared.tables, rows, derived, clock=case.extracted_at)
        register_steps(session, steps)
        set_parameters(session, case.parameters, extracted_at=case.extracted_at)
        yield session, tables, define_population(session, case.rule.population, into=shared.scratch)
    finally:
        shared.tables.clear()


def found_alone(case: Case, rows: Iterable[CaseRow]) -> Found:
    """Return what the case gives over its rows, with the tables for itself; raises as `tested_rows` does."""
    with tested_rows(case, rows) as (session, tables, population):
        found = attribute_outcomes(session, case.rule)
        for lens in case.lenses:
            found |= verdicts(session, case.rule, lens)
        if "extraction" in tables.stats and case.lenses:
            stops = _stops(session, case, tables)
            if stops:
                found[WHOLE_POPULATION, CONTROL] = (STOPPED, ";".join(stops))
        if population.count == 0:
            found.setdefault((WHOLE_POPULATION, CONTROL), (DID_NOT_OCCUR, ""))
    return found


def read_case(folder: Path) -> Case:
    """Read a case.toml; raises UserError for whatever is wrong in it."""
    path = folder / "case.toml"
    where = str(path)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(Problem(where, f"cannot be read as TOML: {error}", "docs/formats/cases.md")) from error
    missing = {"control_test", "extracted_at"} - set(raw)
    if missing or (unknown := set(raw) - _CASE_FIELDS):
        raise UserError(
            Problem(
                where,
                f"missing {', '.join(sorted(missing))}" if missing else f"unknown {', '.join(sorted(unknown))}",
                "control_test, extracted_at, and if needed zone, [parameters], [[lens]]",
            )
        )
    rule = rule_named(raw["control_test"], where=where)
    try:
        zone = raw.get("zone", "")
        if zone:
            zone_named(zone)
        return Case(
            folder=folder,
            rule=rule,
            extracted_at=_moment(raw["extracted_at"]),
            parameters=rule.parameter_values(raw.get("parameters", {}), where=where),
            lenses=tuple(
                CaseLens(lens["name"], ReviewPeriod(_moment(lens["starts_at"]), _moment(lens["ends_before"])))
                for lens in raw.get("lens", [])
            ),
            zone=zone,
        )
    except (KeyError, ValueError) as error:
        raise UserError(
            Problem(where, str(error), "times as ISO 8601; each [[lens]] with name, starts_at, ends_before")
        ) from error


def _moment(value: object) -> datetime:
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return parse_boundary(text, zone="UTC")


def read_expected(folder: Path) -> list[Expected]:
    """Read an expected.csv; raises UserError where it is missing or a line cannot be read."""
    path = folder / "expected.csv"
    if not path.exists():
        raise UserError(Problem(str(path), "the file is missing", "item,attribute,outcome,reason"))
    expected = []
    for record in read_csv(path, required=["item", "attribute", "outcome"], optional=["reason"]):
        if isinstance(record, SetAside):
            raise UserError(Problem(f"{path}, {record.record}", record.reason))
        line, cells = record
        expected.append(Expected(line, cells["item"], cells["attribute"], cells["outcome"], cells.get("reason", "")))
    return expected


@lru_cache(maxsize=256)
def _needed(*texts: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the steps and the derived tables that these SQL texts read."""
    steps = steps_needed(*texts)
    read = " ".join([*texts, *(step_text(name) for name in steps)])
    return steps, tuple(name for name in DERIVED if name in read)


def case_rows(case: Case) -> Iterator[CaseRow]:
    """Yield the rows of the case's CSV files; raises UserError for a row that cannot be read."""
    for path in sorted(case.folder.glob("*.csv")):
        if path.name == "expected.csv":
            continue
        table = table_named(path.stem, where=str(path))
        optional = [column.name for column in table.columns if not column.required]
        for record in read_csv(path, required=table.required, optional=[*optional, *LINEAGE_COLUMNS]):
            if isinstance(record, SetAside):
                where = f"{path}, {record.record}"
                raise UserError(Problem(where, record.reason, remedy="a case has no rows set aside"))
            place, cells = record
            given = {name: cells.pop(name, "") for name in LINEAGE_COLUMNS}
            try:
                yield typed_row(Row(table.name, place, cells), zone=case.zone), _lineage(case, path, given)
            except CellError as error:
                raise UserError(Problem(f"{path}, {place}", str(error), "docs/formats/tables.md")) from error


def _lineage(case: Case, path: Path, given: Mapping[str, str]) -> Lineage:
    return Lineage(
        evidence=path.name,
        source=given["source"] or "case",
        connector=given["connector"] or "case",
        extracted_at=parse_instant(given["extracted_at"]).latest if given["extracted_at"] else case.extracted_at,
    )


def _fill(tables: MemoryTables, rows: Iterable[CaseRow], derived: Sequence[str], *, clock: datetime) -> TableSet:
    """Fill the tables with the rows, then with the derived rows that the rule reads."""
    for row, given_lineage in rows:
        tables.add(row, lineage=given_lineage)
    given = tables.finish()
    lineage = derived_lineage(clock)
    for name in derived:
        if name in given.stats:
            continue
        computed = partial(derived_rows, name, tables.session, clock=clock)
        if name == "calendar_day":  # thousands of rows, and most cases share a calendar and a clock
            key = (clock, *declared_calendars(tables.session))
            tables.fill_again(name, key, computed, lineage=lineage)
        else:
            for row in computed():
                tables.add(row, lineage=lineage)
    return tables.finish()


def attribute_outcomes(session: duckdb.DuckDBPyConnection, rule: Rule) -> Found:
    """Return what the session's relation `outcome` says of each item and attribute."""
    found = {}
    letters = [attribute.letter for attribute in rule.attributes]
    rows = session.execute(f"SELECT item, {', '.join(letters)} FROM outcome").fetchall()  # noqa: S608  letters of the rule
    for item, *codes in rows:
        for letter, text in zip(letters, codes, strict=True):
            code = ReasonCode.parse(text)
            found[item, letter] = (str(code.outcome), code.reason)
    return found


def verdicts(session: duckdb.DuckDBPyConnection, rule: Rule, lens: CaseLens) -> Found:
    """Judge the session's relation `outcome` under a lens."""
    view = LensView(lens.name, lens.period, _scope(session, lens.name), _required(lens.name, rule))
    return {(item, f"lens:{lens.name}"): (verdict, reason) for item, verdict, reason in judge_outcome(view, session)}


def _scope(session: duckdb.DuckDBPyConnection, lens: str) -> list[ScopeStretch]:
    rows = session.execute(
        "SELECT system, valid_from, valid_to FROM system_label WHERE label = ? AND COALESCE(dependents, 1) > 0",
        [_LENS_LABEL[lens]],
    ).fetchall()
    return [
        ScopeStretch(system, *(moment and moment.replace(tzinfo=UTC) for moment in stretch))
        for system, *stretch in rows
    ]


def _stops(session: duckdb.DuckDBPyConnection, case: Case, tables: TableSet) -> list[str]:
    """Return the codes of the completeness checks that stop the test, over the lenses' periods and systems."""
    starts = min(lens.period.starts_at for lens in case.lenses)
    ends = max(lens.period.ends_before for lens in case.lenses)
    period = ReviewPeriod(starts, min(ends, max(case.extracted_at, starts.replace(microsecond=1))))
    systems = sorted({stretch.system for lens in case.lenses for stretch in _scope(session, lens.name)})
    record = completeness_record(session, case.rule.population, tables=tables, period=period, systems=systems)
    return [check.code for check in record.stops]


def _required(lens: str, rule: Rule) -> tuple[str, ...]:
    letters: set[str] = set()
    for control in load_catalog().controls_for_test(rule.control_test):
        letters |= set(control.required_attributes(lens=lens, control_test_id=rule.control_test))
    return tuple(sorted(letters))


def differences(expected: Iterable[Expected], found: Found) -> Iterator[str]:
    """Yield a sentence for each expected outcome that did not come out."""
    items = sorted({item for item, _ in found})
    for want in expected:
        got = found.get((want.item, want.attribute))
        if got is None:
            known = ", ".join(items) or "none"
            yield f"expected.csv, {want.line}: no {want.attribute} of item {want.item!r}; the items are {known}"
        elif got[0] != want.outcome or (want.reason and not _same_reason(want, got[1])):
            wanted = f"{want.outcome} {want.reason}".strip()
            where = f"expected.csv, {want.line}: {want.item} {want.attribute}"
            yield f"{where}: expected {wanted}, got {got[0]} {got[1]}".rstrip()


def _same_reason(want: Expected, got: str) -> bool:
    """Compare reasons; a stopped control may have several, of which the expected one must be there."""
    return want.reason in got.split(";") if want.attribute == CONTROL else want.reason == got


def main(folders: Sequence[str]) -> int:
    """Run the cases, print what differs, end with `N passed, N failed`; return 0 when all passed."""
    passed = failed = 0
    for result in run_cases([Path(folder) for folder in folders]):
        passed, failed = passed + (not result.differences), failed + bool(result.differences)
        for difference in result.differences:
            sys.stdout.write(f"{result.folder}: {difference}\n")
    sys.stdout.write(f"{passed} passed, {failed} failed\n")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
