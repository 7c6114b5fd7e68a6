"""What a control is expected to have and what is there: kinds of evidence, its occurrences, its runs, its history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db.models import Max

from twofold.catalog.entries import Control
from twofold.controltests.run_record import RunState
from twofold.jobs.control_tests import latest_runs
from twofold.jobs.readiness.gathering import tables_needed
from twofold.jobs.source_registry import SOURCES
from twofold.scope.engagement import ControlAssignment
from twofold.vault.entry import EntryKind
from twofold.web.company.evidence_index import follow
from twofold.web.company.models import EvidenceRow
from twofold.web.company.result_grid import GridRow, page_of_grid
from twofold.web.company.run_files import record_of, rule_of
from twofold.web.lookup.models import EvidenceStanding
from twofold.web.workspace_access import Current

_FEW = 60
"""Items of a population up to which each is shown as an occurrence of the control."""
_MOST_RUNS = 12


@dataclass(frozen=True, slots=True)
class ExpectedKind:
    """One kind of evidence that the tests of a control read, and the newest capture of it: None where there is none.

    defines: the population is made of it. stops_at: from when on the newest capture counts no longer, None for never.
    """

    table: str
    defines: bool
    number: int | None
    captures: int
    stops_at: datetime | None


@dataclass(frozen=True, slots=True)
class Occurrences:
    """The items of a control test whose population is small: each is one occurrence that was expected.

    days: the UTC days on which items count, as text, in order. lines: system -> day -> its items.
    """

    control_test: str
    days: tuple[str, ...]
    lines: Mapping[str, Mapping[str, Sequence[GridRow]]]
    count: int


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run of the log: when, by whom, of which test."""

    control_test: str
    run_id: str
    at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class PastJudgement:
    """What was proposed for a control when an engagement was judged."""

    engagement: str
    at: datetime
    conclusion: str
    actor: str


@dataclass(frozen=True, slots=True)
class WordingInForce:
    """The wording of a control test at a moment: that of the run; empty where the run's folder was deleted."""

    run: PastRun
    version: str
    objective: str
    attributes: tuple[tuple[str, str], ...]


def expected_kinds(now: Current, control: Control) -> list[ExpectedKind]:
    """Return what the control's tests read, what defines their populations first; scope files are no captures."""
    needed: dict[str, bool] = {}
    for test in control.control_tests:
        for table, defines in tables_needed(test).items():
            needed[table] = needed.get(table, False) or defines
    newest = _newest_by_table(now)
    numbers = {table: newest[table] for table in needed if table in newest}
    standings = EvidenceStanding.objects.in_bulk([number for number, _ in numbers.values()])
    found = []
    for table, defines in needed.items():
        number, captures = numbers.get(table, (None, 0))
        standing = standings.get(number) if number is not None else None
        found.append(ExpectedKind(table, defines, number, captures, standing.stops_at if standing else None))
    return sorted(found, key=lambda each: (not each.defines, each.number is not None, each.table))


def occurrences(now: Current, control: Control) -> list[Occurrences]:
    """Return the expected occurrences of each test with few items, with what each lens says of them."""
    runs = latest_runs(now.workspace)
    found = []
    for test in map(str, control.control_tests):
        folder = runs.get(test)
        if folder is None:
            continue
        record = record_of(folder)
        if record.state is RunState.TESTED and record.population_count <= _FEW:
            found.append(_occurrences(test, page_of_grid(now, folder, test, {}, limit=_FEW).rows))
    return found


def _occurrences(control_test: str, rows: Sequence[GridRow]) -> Occurrences:
    lines: dict[str, dict[str, list[GridRow]]] = {}
    for row in sorted(rows, key=lambda each: each.system):
        day = "no day" if row.operating_at is None else f"{row.operating_at:%Y-%m-%d}"
        lines.setdefault(row.system or "every system", {}).setdefault(day, []).append(row)
    days = sorted({day for found in lines.values() for day in found})
    return Occurrences(control_test, tuple(days), lines, len(rows))


def past_runs(now: Current, control: Control) -> Sequence[PastRun]:
    """Return the newest runs of the control's tests, newest first."""
    tests = set(map(str, control.control_tests))
    return [each for each in _runs(now) if each.control_test in tests][:_MOST_RUNS]


def past_judgements(now: Current, control_id: str) -> Sequence[PastJudgement]:
    """Return what was proposed for the control, newest first; a judgement that proposed the same again is left out."""
    found: list[PastJudgement] = []
    last: dict[str, str] = {}
    for each in _judgements(now).get(control_id, ()):
        if last.get(each.engagement) != each.conclusion:
            last[each.engagement] = each.conclusion
            found.append(each)
    return found[::-1]


def held_on(now: Current, control_id: str, moment: datetime | None) -> list[ControlAssignment]:
    """Return who has the control at a moment (aware), by the dates of the scope in force; at any time for None."""
    entries = [each for each in now.scope.scope.controls if each.id == control_id] if now.scope else []
    return [each for each in entries if moment is None or moment in each.stretch]


def wordings_on(now: Current, control: Control, moment: datetime) -> list[WordingInForce]:
    """Return the wording of each test as the newest run up to a moment (aware) kept it; none before the first run."""
    found = []
    for test in map(str, control.control_tests):
        run = next((each for each in _runs(now) if each.control_test == test and each.at <= moment), None)
        if run is None:
            continue
        folder = now.workspace.runs_folder / run.run_id
        rule = rule_of(folder) if folder.exists() else None
        attributes = tuple((each.letter, each.wording) for each in rule.attributes) if rule else ()
        found.append(WordingInForce(run, rule.version if rule else "", rule.objective if rule else "", attributes))
    return found


@lru_cache(maxsize=2)
def _newest_by_table(now: Current) -> Mapping[str, tuple[int, int]]:
    """Return table -> (newest capture that feeds it, how many kinds feed it): read once per state of the workspace."""
    follow(now.workspace)
    newest = EvidenceRow.objects.values_list("source", "kind").annotate(newest=Max("number"))
    found: dict[str, tuple[int, int]] = {}
    for source, kind, number in newest:
        for table in SOURCES[source].feeds.get(kind, ()) if source in SOURCES else ():
            held = found.get(table, (-1, 0))
            found[table] = (max(held[0], number), held[1] + 1)
    return found


@lru_cache(maxsize=2)
def _runs(now: Current) -> Sequence[PastRun]:
    entries = now.workspace.vault.entries(kind=EntryKind.RUN)
    found = [PastRun(str(each.body["control_test"]), str(each.body["run_id"]), each.at, each.actor) for each in entries]
    return found[::-1]


@lru_cache(maxsize=2)
def _judgements(now: Current) -> Mapping[str, Sequence[PastJudgement]]:
    """Return control -> what was proposed for it, in order of the log."""
    found: dict[str, list[PastJudgement]] = {}
    for entry in now.workspace.vault.entries(kind=EntryKind.JUDGEMENT):
        engagement = str(entry.body["engagement"])
        for control_id, conclusion in entry.body["controls"]:
            found.setdefault(control_id, []).append(PastJudgement(engagement, entry.at, conclusion, entry.actor))
    return found
