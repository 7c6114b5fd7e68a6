"""Completeness and accuracy of a population: what was asked, what came back, and whether that is all of it.

Source: audit-domain 4.0, *Completeness per population*, and 2.7 (IPE). Each check is `ok`, `note` (for a reader) or
`stop`: with one stop the control test is not run, because a test of part of a population proves nothing. A difference
that a named person has explained no longer stops; the explanation is shown.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from twofold.model.period import ReviewPeriod
from twofold.populations.completeness_check import DETAILS_SHOWN, CheckResult, CompletenessCheck, explanations
from twofold.populations.contents import dates_check, empty_months_check, id_gaps_check
from twofold.populations.define import DEFINITIONS_FOLDER
from twofold.populations.query_lint import lint_query
from twofold.populations.source_gaps import EVERY_SYSTEM, NOT_EXTRACTED, Extraction, read_extractions
from twofold.populations.sql_engine import DUCKDB, Engine
from twofold.tables.control_totals import ControlTotal
from twofold.tables.store import TableSet

RECONCILIATIONS_FOLDER = Path(__file__).with_name("reconciliations")
_MOMENTS = frozenset({"snapshot"})
"""Tables of which an export shows a moment, so that stretches between exports are no gap."""


@dataclass(frozen=True, slots=True)
class ExtractionShown:
    """How one file of the population came to be, verbatim."""

    evidence_id: str
    table: str
    environment: str
    query: str
    parameters: str
    run_by: str
    run_at: str
    rows: int | None
    claimed_rows: int | None
    totals: tuple[ControlTotal, ...]
    """Empty: the source stated none."""
    page_size: int | None
    paging_proven: bool | None
    set_aside: int
    period: str
    oldest_available: str | None
    systems: tuple[str, ...]
    """Empty: every system."""
    file_hash: str


@dataclass(frozen=True, slots=True)
class CompletenessRecord:
    """The completeness and accuracy record of one population (IPE).

    The exports had to cover [asked_from, asked_before), ISO texts in UTC.
    """

    population: str
    title: str
    second_source: str
    asked_from: str
    asked_before: str
    extractions: tuple[ExtractionShown, ...]
    checks: tuple[CompletenessCheck, ...]

    @property
    def stops(self) -> tuple[CompletenessCheck, ...]:
        """The checks that stop the control test."""
        return tuple(check for check in self.checks if check.result is CheckResult.STOP)

    def as_json(self) -> dict[str, Any]:
        """Return the record as plain JSON values."""
        return {**asdict(self), "conclusion": "stopped" if self.stops else "complete"}


@dataclass(frozen=True, slots=True)
class Window:
    """A time after an event in which its item can still change, as a parameter of a control test says it.

    `words`: as the parameter is set, for example `10 business days`. `length`: what that is at most, by the calendar.
    """

    control_test: str
    parameter: str
    words: str
    length: timedelta


@dataclass(frozen=True, slots=True)
class PopulationEntry:
    """One `definitions/<name>.toml`: the population in words, and what shows it complete."""

    name: str
    title: str
    primary: tuple[str, ...]
    second_source: str
    reconciliation: str
    sequential: Mapping[str, str]
    compared: tuple[str, ...]
    """Tables of the second source that no primary table is: without an export of them nothing is compared."""

    @property
    def reconciliation_text(self) -> str:
        """The SQL that compares the population with its second source, "" where there is none."""
        path = RECONCILIATIONS_FOLDER / f"{self.reconciliation}.sql"
        return path.read_text(encoding="utf-8") if path.exists() else ""


@cache
def population_register() -> Mapping[str, PopulationEntry]:
    """Return every population by name."""
    files = sorted(DEFINITIONS_FOLDER.glob("*.toml"))
    raw = {file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in files}
    return {
        name: PopulationEntry(
            name=name,
            title=body["title"],
            primary=tuple(body["primary"]),
            second_source=body["second_source"],
            reconciliation=body.get("reconciliation", name),
            sequential=body.get("sequential", {}),
            compared=tuple(body.get("compared", ())),
        )
        for name, body in raw.items()
    }


def completeness_record(  # noqa: PLR0913  what a record compares comes from as many places
    session: duckdb.DuckDBPyConnection,
    population: str,
    *,
    tables: TableSet,
    period: ReviewPeriod,
    systems: Sequence[str],
    ends_before: datetime | None = None,
    windows: Sequence[Window] = (),
    engine: Engine = DUCKDB,
) -> CompletenessRecord:
    """Check the population that the session and the engine hold as the relation `population`.

    `period` is the stretch that any engagement will judge, up to the clock of the data; `systems` those that any lens
    will judge. Both only choose what must be covered: nothing is left out of the population. `ends_before`: the end of
    the stretch where it lies after that clock. `windows`: those of every control test that reads the population.
    """
    entry = population_register()[population]
    every = read_extractions(session)
    shown = tuple(_shown(session, every, entry.primary))
    compared = tuple(_shown(session, every, entry.compared))
    feeding = [each for each in every if each.table in entry.primary]
    files = list({each.evidence_id: each for each in feeding}.values())
    checks = [
        _extracted(entry, feeding),
        _query_filters([*shown, *(each for each in compared if each not in shown)]),
        _row_counts(files),
        _control_totals(files),
        _page_caps(files),
        _set_aside(files),
        _coverage(session, entry, period, systems),
        _unspoken(session, entry, period, systems),
        _extraction_time(feeding, ends_before or period.ends_before, windows),
        _duplicates(entry, tables),
        dates_check(session),
        empty_months_check(session, population, period),
        *(
            id_gaps_check(session, population, table=table, column=column)
            for table, column in sorted(entry.sequential.items())
        ),
        _reconciliation(
            session,
            entry,
            engine,
            second=_second_source(session, entry, every, period, systems),
            compared=compared,
        ),
    ]
    return CompletenessRecord(
        population=population,
        title=entry.title,
        second_source=entry.second_source,
        asked_from=period.starts_at.isoformat(),
        asked_before=period.ends_before.isoformat(),
        extractions=shown,
        checks=tuple(checks),
    )


def _extracted(entry: PopulationEntry, feeding: Sequence[Extraction]) -> CompletenessCheck:
    missing = sorted(set(entry.primary) - {each.table for each in feeding})
    if missing:
        return CompletenessCheck(
            "not_extracted", CheckResult.STOP, f"no export feeds {', '.join(missing)}", "at least one recorded export"
        )
    count = len({each.evidence_id for each in feeding})
    found = f"{count} recorded export{'' if count == 1 else 's'}"
    return CompletenessCheck("not_extracted", CheckResult.OK, found, "at least one")


def _query_filters(extractions: Sequence[ExtractionShown]) -> CompletenessCheck:
    """Name what in the recorded queries can hide rows (query_lint.toml): a note, since a filter may be right.

    Those of the second source too: what it hides cannot differ. A filter that many exports share is one line, so that
    it hides no other.
    """
    files: dict[str, list[str]] = {}
    for each in extractions:
        for suspicion in lint_query(each.query, each.parameters):
            files.setdefault(f"({each.table}), {suspicion.excerpt}: {suspicion.sentence}", []).append(each.evidence_id)
    details = tuple(
        f"{evidence[0]}{f' and {len(evidence) - 1} more' if len(evidence) > 1 else ''} {said}"
        for said, evidence in files.items()
    )
    expected = "no filter that can hide rows, or one that a reader finds right"
    if details:
        what = "filter or limit" if len(details) == 1 else "filters or limits"
        found = f"{len(details)} {what} in the recorded queries can hide rows"
        return CompletenessCheck("query_filters", CheckResult.NOTE, found, expected, details)
    return CompletenessCheck("query_filters", CheckResult.OK, "no such filter in the recorded queries", expected)


def _row_counts(feeding: Sequence[Extraction]) -> CompletenessCheck:
    wrong = [
        f"{each.evidence_id}: {each.rows} records in the file, the source said {each.claimed_rows}"
        for each in feeding
        if "row_count" in each.doubts
    ]
    silent = [each.evidence_id for each in feeding if each.claimed_rows is None]
    if wrong:
        return CompletenessCheck(
            "row_count",
            CheckResult.STOP,
            f"{len(wrong)} of {len(feeding)} exports disagree with the source's count",
            "equal counts",
            tuple(wrong),
        )
    if silent:
        return CompletenessCheck(
            "row_count",
            CheckResult.NOTE,
            f"{len(silent)} of {len(feeding)} exports carry no count of the source",
            "a count from the source",
            tuple(silent),
        )
    return CompletenessCheck(
        "row_count",
        CheckResult.OK,
        f"{sum(each.rows or 0 for each in feeding)} records, as the sources say",
        "equal counts",
    )


def _control_totals(feeding: Sequence[Extraction]) -> CompletenessCheck:
    """Compare the sums over the records read with the totals that the sources stated."""
    stated = [(each, total) for each in feeding for total in each.totals]
    wrong = tuple(f"{each.total_key(total)}: {total.words}" for each in feeding for total in each.unexplained_totals)
    if wrong:
        return CompletenessCheck(
            "control_total",
            CheckResult.STOP,
            f"{len(wrong)} of {len(stated)} totals differ from what the source said",
            "equal totals, or each difference explained by a named person",
            wrong,
        )
    if not stated:
        return CompletenessCheck(
            "control_total",
            CheckResult.NOTE,
            "no total of a source was stated",
            "equal totals, where a source shows any",
        )
    notes = tuple(
        f"{key}: {total.words}; {each.explained[key]}"
        for each, total in stated
        if not total.agrees and (key := each.total_key(total))
    )
    said = f"{len(stated) - len(notes)} totals, as the sources say" + (f"; {len(notes)} explained" if notes else "")
    return CompletenessCheck("control_total", CheckResult.OK, said, "equal totals", notes)


def _page_caps(feeding: Sequence[Extraction]) -> CompletenessCheck:
    capped = tuple(f"{each.evidence_id}: exactly {each.rows} records" for each in feeding if each.at_exact_cap)
    if capped:
        return CompletenessCheck(
            "page_cap",
            CheckResult.STOP,
            f"{len(capped)} of {len(feeding)} exports end exactly at a page or cap",
            "proof that the last page was reached",
            capped,
        )
    return CompletenessCheck(
        "page_cap", CheckResult.OK, "no export ends at an exact page or cap without proof of paging", "none"
    )


def _set_aside(feeding: Sequence[Extraction]) -> CompletenessCheck:
    files = {each.evidence_id: each.set_aside for each in feeding if each.set_aside}
    if files:
        details = tuple(f"{evidence}: {count} records" for evidence, count in sorted(files.items()))
        return CompletenessCheck(
            "set_aside", CheckResult.STOP, f"{sum(files.values())} records could not be read", "none", details
        )
    return CompletenessCheck("set_aside", CheckResult.OK, "every record was read", "every record")


def _coverage(
    session: duckdb.DuckDBPyConnection, entry: PopulationEntry, period: ReviewPeriod, systems: Sequence[str]
) -> CompletenessCheck:
    """Stop at stretches that no export proves; a system of which no export ever speaks is told apart (`_unspoken`)."""
    gaps = tuple(
        _stretch(table, system, start, end, reason)
        for table, system, start, end, reason in _gaps(session, entry.primary, period, systems)
        if not (start is None and end is None and reason == NOT_EXTRACTED)
    )
    span = f"{period.starts_at:%Y-%m-%d} to {period.ends_before:%Y-%m-%d}"
    if gaps:
        found = f"{len(gaps)} stretches are not covered"
        return CompletenessCheck("period_coverage", CheckResult.STOP, found, f"all of {span}", gaps[:DETAILS_SHOWN])
    return CompletenessCheck("period_coverage", CheckResult.OK, f"all of {span} is covered", f"all of {span}")


def _unspoken(
    session: duckdb.DuckDBPyConnection, entry: PopulationEntry, period: ReviewPeriod, systems: Sequence[str]
) -> CompletenessCheck:
    """Name the systems in scope of which no export speaks, as where two clouds are used and one is connected.

    A note: a system may have none of it by nature, which only a person can tell. A stop where a table covers none.
    Each is told, since a lens reads from here which of its systems nothing speaks for.
    """
    silent = [
        (system, table)
        for table, system, start, end, reason in _gaps(session, entry.primary, period, systems)
        if start is None and end is None and reason == NOT_EXTRACTED
    ]
    if silent:
        found = f"no export speaks for {len({system for system, _ in silent})} of {len(systems)} systems in scope"
        expected = "each system in scope covered, or known to have none"
        whole = any(sum(each == table for _, each in silent) >= len(systems) for table in entry.primary)
        result = CheckResult.STOP if whole else CheckResult.NOTE
        details = tuple(f"{system}: {table}" for system, table in silent)
        return CompletenessCheck("systems_covered", result, found, expected, details)
    return CompletenessCheck(
        "systems_covered", CheckResult.OK, "exports speak for every system in scope", "each system"
    )


def _gaps(
    session: duckdb.DuckDBPyConnection, tables: Sequence[str], period: ReviewPeriod, systems: Sequence[str]
) -> list[tuple[str, str, datetime | None, datetime | None, str]]:
    """Return (table, system, start, end, reason) of every gap of these tables inside the period."""
    rows = session.execute(
        """
        SELECT table_name, system, starts_at, ends_before, reason FROM source_gap
        WHERE (starts_at IS NULL OR starts_at < ?) AND (ends_before IS NULL OR ends_before > ?)
        ORDER BY ALL
        """,
        [_naive(period.ends_before), _naive(period.starts_at)],
    ).fetchall()
    return [row for row in rows if row[0] in tables and (row[1] in systems or row[1] == EVERY_SYSTEM)]


def _extraction_time(
    feeding: Sequence[Extraction], ends_before: datetime, windows: Sequence[Window]
) -> CompletenessCheck:
    """Note the exports that did not wait for the end of the period and the longest window after it.

    An export that speaks for no period shows a moment; one of them is enough that waited.
    """
    longest = max(windows, key=lambda each: each.length, default=None)
    until = ends_before + (longest.length if longest else timedelta())
    expected = f"run at or after {until:%Y-%m-%d %H:%M} UTC: the period ends on {ends_before:%Y-%m-%d %H:%M}"
    if longest:
        expected += f", then {longest.parameter} of {longest.control_test} runs ({longest.words})"
    waited = {each.table for each in feeding if each.run_at >= until}
    early = {
        each.evidence_id: f"{each.evidence_id}: run {each.run_at:%Y-%m-%d}"
        for each in feeding
        if each.run_at < until and not (each.is_of_a_moment and each.table in waited)
    }
    if early:
        exports = len({each.evidence_id for each in feeding})
        return CompletenessCheck(
            "early_extraction",
            CheckResult.NOTE,
            f"{len(early)} of {exports} exports did not wait; windows still open come out as pending",
            expected,
            tuple(early.values()),
        )
    return CompletenessCheck("early_extraction", CheckResult.OK, "every export waited", expected)


def _duplicates(entry: PopulationEntry, tables: TableSet) -> CompletenessCheck:
    stats = [tables.stats[table] for table in entry.primary if table in tables.stats]
    collapsed, superseded, conflicting = (
        sum(getattr(each, name) for each in stats) for name in ("collapsed", "superseded", "conflicting")
    )
    found = (
        f"{collapsed} identical copies collapsed, {superseded} older states replaced, {conflicting} rows in conflict"
    )
    return CompletenessCheck(
        "duplicates", CheckResult.NOTE if conflicting else CheckResult.OK, found, "no row in conflict"
    )


def _second_source(
    session: duckdb.DuckDBPyConnection,
    entry: PopulationEntry,
    every: Sequence[Extraction],
    period: ReviewPeriod,
    systems: Sequence[str],
) -> tuple[str, ...]:
    """Return what of the second source is missing: tables without an export, and stretches that none proves.

    A system of which it never speaks is no gap: identity providers alone have deactivations of people.
    """
    exported = {each.table for each in every}
    missing = [f"no export of {table}" for table in entry.compared if table not in exported]
    lasting = [table for table in entry.compared if table in exported and table not in _MOMENTS]
    missing += [
        _stretch(table, system, start, end, reason)
        for table, system, start, end, reason in _gaps(session, lasting, period, systems)
        if not (start is None and end is None and reason == NOT_EXTRACTED)
    ]
    return tuple(missing)


def _reconciliation(
    session: duckdb.DuckDBPyConnection,
    entry: PopulationEntry,
    engine: Engine,
    *,
    second: tuple[str, ...],
    compared: Sequence[ExtractionShown],
) -> CompletenessCheck:
    """Compare with the second source, and name its exports, each with its question.

    second: what of it is missing, where agreeing would say nothing. compared: its exports.
    """
    text = entry.reconciliation_text
    if not text:
        return CompletenessCheck(
            "reconciliation", CheckResult.NOTE, entry.second_source, "an independent second source where one exists"
        )
    engine.bring(session, "difference", text, columns="difference_key, found, missing")
    rows = session.execute("SELECT difference_key, found, missing FROM difference ORDER BY ALL").fetchall()
    explained = {**explanations(session, entry.reconciliation), **explanations(session, entry.name)}
    unexplained = tuple(f"{key}: {found}; {missing}" for key, found, missing in rows if key not in explained)
    if unexplained:
        return CompletenessCheck(
            "reconciliation",
            CheckResult.STOP,
            f"{len(unexplained)} differences with {entry.second_source}",
            "no difference, or each explained by a named person",
            unexplained[:DETAILS_SHOWN],
        )
    notes = tuple(f"{key}: {explained[key]}" for key, _, _ in rows)
    exports = [f"compared with {each.evidence_id} ({each.table}): {' '.join(each.query.split())}" for each in compared]
    more = [f"and {len(exports) - DETAILS_SHOWN} more exports of it"] if len(exports) > DETAILS_SHOWN else []
    sources = (*exports[:DETAILS_SHOWN], *more)
    if second:
        return CompletenessCheck(
            "reconciliation",
            CheckResult.NOTE,
            f"no unexplained difference, but not all is there to compare with: {entry.second_source}",
            "a second source that covers the period",
            (*second[:DETAILS_SHOWN], *notes, *sources),
        )
    return CompletenessCheck(
        "reconciliation",
        CheckResult.OK,
        f"agrees with {entry.second_source} ({len(notes)} differences explained)",
        "no unexplained difference",
        (*notes, *sources),
    )


def _shown(
    session: duckdb.DuckDBPyConnection, every: Sequence[Extraction], primary: Sequence[str]
) -> Iterator[ExtractionShown]:
    read = {(each.evidence_id, each.table): each for each in every}
    rows = session.execute(
        """
        SELECT id, table_name, COALESCE(environment, 'production'), query, COALESCE(parameters, '{}'),
            COALESCE(run_by, ''), run_at_text, file_hash
        FROM extraction ORDER BY id, table_name
        """
    ).fetchall()
    for evidence, table, environment, query, parameters, run_by, run_at, file_hash in rows:
        if table in primary:
            each = read[evidence, table]
            yield ExtractionShown(
                evidence_id=evidence,
                table=table,
                environment=environment,
                query=query,
                parameters=parameters,
                run_by=run_by,
                run_at=run_at,
                rows=each.rows,
                claimed_rows=each.claimed_rows,
                totals=each.totals,
                page_size=each.page_size,
                paging_proven=each.paging_proven,
                set_aside=each.set_aside,
                period=f"{_day(each.period_from) or '?'} to {_day(each.period_to) or '?'}",
                oldest_available=_day(each.oldest_available) or None,
                systems=tuple(sorted(each.systems)),
                file_hash=file_hash,
            )


def _stretch(table: str, system: str, start: datetime | None, end: datetime | None, reason: str) -> str:
    return f"{table} of {system}: {_day(start) or 'the beginning'} to {_day(end) or 'the end'} ({reason})"


def _day(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d}"


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
