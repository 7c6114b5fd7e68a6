"""What people said about deficiencies, as captured: what relies on systems, its tests, and judgements with history.

Rows count from the moment they are captured. What cannot be read is left out; `twofold status` lists it.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from twofold.findings.deficiency.dependents import Dependent, DependentKind, DependentTest, Method, Window
from twofold.findings.deficiency.inputs import Given
from twofold.model.evidence import EvidenceRef
from twofold.model.instant import parse_instant
from twofold.model.problem import UserError
from twofold.records.workspace import Workspace
from twofold.tables.rows import SetAside
from twofold.tables.schema import canonical_tables
from twofold.tables.table_files import table_rows
from twofold.vault.evidence_index import EvidenceFilter

RELIANCE, RELIANCE_TEST, JUDGEMENT = "reliance", "reliance_test", "deficiency_judgement"
_KEPT_FILES = 20_000


@dataclass(frozen=True, slots=True)
class Line:
    """One row as texts, and the evidence that says it."""

    cells: Mapping[str, str]
    evidence: EvidenceRef


@dataclass(frozen=True, slots=True)
class SaidJudgement:
    """One row of a judgement. handed_in_by, captured_at (aware UTC): who captured it and when, as the log says."""

    name: str
    subject: str
    given: Given
    handed_in_by: str
    captured_at: datetime


def register(workspace: Workspace) -> Sequence[Dependent]:
    """Return what is registered, each id as its newest row says, with its tests; by id."""
    tests: dict[str, list[DependentTest]] = {}
    for line in _newest(workspace, RELIANCE_TEST).values():
        with suppress(ValueError):
            tests.setdefault(line.cells["reliance"], []).append(_test(line))
    found = []
    for name, line in sorted(_newest(workspace, RELIANCE).items()):
        with suppress(ValueError):
            found.append(_dependent(line, sorted(tests.get(name, ()), key=lambda each: each.window)))
    return found


def judgements(workspace: Workspace) -> Iterator[SaidJudgement]:
    """Yield every judgement, in order of capture."""
    for line in _lines_of(workspace, JUDGEMENT):
        cells = line.cells
        with suppress(ValueError):
            given = Given(
                value=cells["value"],
                reason=cells["reason"],
                given_by=cells["given_by"],
                given_at=parse_instant(cells["given_at"]).earliest,
                captured=line.evidence.evidence_id,
                about=cells["about"],
            )
            evidence = line.evidence
            yield SaidJudgement(cells["judgement"], cells["subject"], given, evidence.captured_by, evidence.captured_at)


def _newest(workspace: Workspace, kind: str) -> dict[str, Line]:
    """Return id -> its newest row: of the newest question, and of those the one captured last."""
    ordered = sorted(_lines_of(workspace, kind), key=lambda line: line.evidence.provenance.run_at)
    return {line.cells["id"]: line for line in ordered}


def _lines_of(workspace: Workspace, kind: str) -> Iterator[Line]:
    for each in workspace.vault.each_evidence(EvidenceFilter(source="csvtable", kind=kind)):
        try:
            path = workspace.vault.blob_path(each.sha256)
        except UserError:  # deleted when its retention was over
            continue
        yield from (Line(cells, each) for cells in _rows(path, kind))


@lru_cache(maxsize=_KEPT_FILES)
def _rows(path: Path, kind: str) -> tuple[Mapping[str, str], ...]:
    """Read one file. Its path is named by its bytes, so what was read can be kept; () for one that cannot be read."""
    table = canonical_tables()[kind]
    try:
        rows = [row for row in table_rows(path, table) if not isinstance(row, SetAside)]
    except (UserError, OSError):
        return ()
    names = [column.name for column in table.columns]
    return tuple({name: str(row.values.get(name) or "") for name in names} for row in rows)


def _dependent(line: Line, tests: Sequence[DependentTest]) -> Dependent:
    cells = line.cells
    return Dependent(
        id=cells["id"],
        kind=DependentKind(cells["kind"]),
        name=cells["name"],
        system=cells["system"],
        account=cells["account"],
        assertion=cells["assertion"],
        owner=cells["owner"],
        relied_from=_day(cells["valid_from"]),
        relied_to=_day(cells["valid_to"]),
        tests=tuple(tests),
        captured=line.evidence.evidence_id,
    )


def _test(line: Line) -> DependentTest:
    cells = line.cells
    if cells["result"] not in {"effective", "not_effective"}:
        msg = f"{cells['result']!r} is no result"
        raise ValueError(msg)
    return DependentTest(
        window=Window(date.fromisoformat(cells["first_on"]), date.fromisoformat(cells["last_on"])),
        effective=cells["result"] == "effective",
        tested_by=cells["tested_by"],
        tested_on=date.fromisoformat(cells["tested_on"]),
        method=Method(cells["method"] or Method.TEST),
        captured=line.evidence.evidence_id,
        note=cells["note"],
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
