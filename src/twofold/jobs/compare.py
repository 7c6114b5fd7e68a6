"""What changed between two runs of a control test and why: data, scope, rule or parameter.

Which inputs differ, the run records say. Which of them changed an item is found by running again: the older texts and
parameters over the newer tables (what differs came with the data, the scope or the engine), then the newer texts with
the older parameters (the rule), then what the newer run gave (the parameters). That needs the tables of the newer run;
where they have changed since, a cause is named only if nothing else differs.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

import duckdb

from twofold.controltests.engine import RuleFault, run_rule, set_parameters
from twofold.controltests.every_reading import OpenReading, keep_what_holds, rests_on_conflicts
from twofold.controltests.rule import ParameterValue, Rule, load_rule
from twofold.controltests.run_difference import Codes, ItemDifference, RunDifference, outcome_codes, run_difference
from twofold.controltests.run_record import OUTCOMES_FILE, ControlTestRun, RunState, read_run
from twofold.jobs.normalise import tables_are
from twofold.model.instant import parse_instant
from twofold.model.problem import Problem, UserError
from twofold.populations.define import define_population
from twofold.records.workspace import Workspace
from twofold.tables.readings import UNMARKED, Reading
from twofold.tables.schema import TableKind, canonical_tables
from twofold.tables.store import TableSet, open_session
from twofold.vault.entry import EntryKind


class Cause(StrEnum):
    """What made an item come out otherwise."""

    DATA = "data"
    SCOPE = "scope"
    RULE = "rule"
    PARAMETER = "parameter"
    ENGINE = "engine"


@dataclass(frozen=True, slots=True)
class ChangedInput:
    """One input that differs between the runs: its kind, and what it was and is."""

    cause: Cause
    what: str


@dataclass(frozen=True, slots=True)
class CausedDifference:
    """One item that differs, and for each differing attribute what caused it; () where nobody can tell."""

    difference: ItemDifference
    causes: Mapping[str, tuple[Cause, ...]]


@dataclass(frozen=True, slots=True)
class ComparedRuns:
    """Two runs of one control test. `told_apart`: the causes were found by running again, not only by exclusion.

    `passed_over`: ids of runs after the older one that were stopped, so that there is nothing of them to compare.
    """

    control_test: str
    older: ControlTestRun
    newer: ControlTestRun
    inputs: tuple[ChangedInput, ...]
    same: int
    items: tuple[CausedDifference, ...]
    told_apart: bool
    passed_over: tuple[str, ...] = ()


def compare_runs(workspace: Workspace, older: str, newer: str) -> ComparedRuns:
    """Compare two runs by id, or the last two different ones with outcomes of a control test when `older` is "".

    `newer` may be a control test then. Raises UserError for runs that are not there, of two control tests, or that
    gave no outcomes, since their population was stopped.
    """
    passed_over: tuple[str, ...] = ()
    if not older:
        older, newer, passed_over = _last_two(workspace, newer)
    before, now = _pair(workspace, older, newer)
    inputs = tuple(_changed_inputs(before, now, one_scope=_one_scope(workspace, before, now)))
    difference = _difference(workspace, before, now)
    causes = {each.cause for each in inputs}
    stages = _stages(workspace, before, now) if len(causes) > 1 and difference.items else None
    data_causes = tuple(cause for cause in (Cause.DATA, Cause.SCOPE, Cause.ENGINE) if cause in causes)
    items = tuple(
        CausedDifference(each, _causes(each, stages, causes=tuple(sorted(causes)), data_causes=data_causes))
        for each in difference.items
    )
    told_apart = stages is not None or len(causes) <= 1 or not difference.items
    return ComparedRuns(
        now.control_test, before, now, inputs, difference.same, items, told_apart=told_apart, passed_over=passed_over
    )


def _pair(workspace: Workspace, older: str, newer: str) -> tuple[ControlTestRun, ControlTestRun]:
    before, now = _run(workspace, older), _run(workspace, newer)
    if before.control_test != now.control_test:
        found = f"{before.run_id} is of {before.control_test}, {now.run_id} of {now.control_test}"
        raise UserError(Problem("RUN", found, "two runs of one control test"))
    for run in (before, now):
        if run.state is RunState.STOPPED:
            found = f"{run.run_id} was stopped ({'; '.join(run.stops)}), so it has no outcomes"
            raise UserError(Problem("RUN", found, "runs with outcomes", "complete the population, then test again"))
    return before, now


def _run(workspace: Workspace, name: str) -> ControlTestRun:
    folders = [path for path in sorted(workspace.runs_folder.glob("run-*")) if path.name.startswith(name)]
    if len(folders) != 1 or not name.startswith("run-"):
        found = f"{len(folders)} runs begin with {name!r}" if len(folders) > 1 else f"there is no run {name!r}"
        remedy = "see the ids with 'twofold log show --kind run'; a run that was deleted can be made again"
        raise UserError(Problem("RUN", found, "the id of one run, such as run-0123456789abcdef", remedy))
    return read_run(folders[0])


def _last_two(workspace: Workspace, control_test: str) -> tuple[str, str, tuple[str, ...]]:
    """Return the ids of the newest run with outcomes and of the newest other one before it, older first.

    With them the runs after the older one that were stopped, each once.
    """
    runs: deque[tuple[int, str]] = deque(maxlen=2)
    stopped: dict[str, int] = {}
    for entry in workspace.vault.entries(kind=EntryKind.RUN):
        if entry.body["control_test"] != control_test:
            continue
        run_id = str(entry.body["run_id"])
        if entry.body["state"] == RunState.STOPPED:
            stopped[run_id] = entry.index
        elif not runs or runs[-1][1] != run_id:
            runs.append((entry.index, run_id))
    if len(runs) < 2:  # noqa: PLR2004  one to compare with the other
        found = f"the log has {len(runs)} different runs of {control_test!r}"
        if stopped:
            found += f" with outcomes, and {len(stopped)} that {'was' if len(stopped) == 1 else 'were'} stopped"
        raise UserError(Problem("RUN", found, "two", "run 'twofold test' after something changed"))
    (since, older), (_, newer) = runs
    return older, newer, tuple(run_id for run_id, index in stopped.items() if index > since)


def _one_scope(workspace: Workspace, before: ControlTestRun, now: ControlTestRun) -> bool:
    """Return whether both runs were made under one and the same applied scope, by the order of the log.

    A run that was made again under a later scope had the same rows of it, but for their date: that of the newest data.
    """
    applied = [entry.index for entry in workspace.vault.entries(kind=EntryKind.SCOPE_APPLY)]
    under: dict[str, set[int]] = {before.run_id: set(), now.run_id: set()}
    for entry in workspace.vault.entries(kind=EntryKind.RUN):
        if entry.body["run_id"] in under:
            under[str(entry.body["run_id"])].add(bisect_left(applied, entry.index))
    return not under[before.run_id].isdisjoint(under[now.run_id])


def _changed_inputs(before: ControlTestRun, now: ControlTestRun, *, one_scope: bool) -> Iterator[ChangedInput]:
    """Yield what differs. Rows of one scope that newer data dates anew are told by that newer date alone."""
    tables = canonical_tables()
    dated_anew = one_scope and before.clock != now.clock
    for name in sorted({*before.tables, *now.tables}):
        if before.tables.get(name) != now.tables.get(name):
            fact = tables[name.partition("__")[0]].kind is TableKind.FACT
            if fact and dated_anew and name in before.tables and name in now.tables:
                continue
            yield ChangedInput(Cause.SCOPE if fact else Cause.DATA, f"table {name} {_came(name, before, now)}")
    if before.clock != now.clock:
        yield ChangedInput(Cause.DATA, f"newest extraction was {before.clock}, is {now.clock}")
    yield from _changed_texts(before, now)
    for name in sorted({*before.parameters, *now.parameters}):
        old, new = before.parameters.get(name), now.parameters.get(name)
        if old != new:
            yield ChangedInput(Cause.PARAMETER, f"{name} was {old}, is {new}")
    if before.engine != now.engine:
        yield ChangedInput(Cause.ENGINE, f"engine was {before.engine}, is {now.engine}")


def _changed_texts(before: ControlTestRun, now: ControlTestRun) -> Iterator[ChangedInput]:
    texts = (
        ("rule.sql, rule.toml or facts.sql", before.rule_sha256, now.rule_sha256),
        (f"definition of {now.population}", before.definition_sha256, now.definition_sha256),
    )
    for what, old, new in texts:
        if old != new:
            yield ChangedInput(Cause.RULE, f"{what} (version {before.rule_version}, now {now.rule_version})")
    for name in sorted({*before.steps, *now.steps}):
        if before.steps.get(name) != now.steps.get(name):
            yield ChangedInput(Cause.RULE, f"step {name}")


def _came(name: str, before: ControlTestRun, now: ControlTestRun) -> str:
    if name not in before.tables:
        return "has rows now"
    return "has other rows" if name in now.tables else "has no rows any more"


def _difference(workspace: Workspace, before: ControlTestRun, now: ControlTestRun) -> RunDifference:
    older, newer = (workspace.runs_folder / run.run_id / OUTCOMES_FILE for run in (before, now))
    return run_difference(older, newer)


@dataclass(frozen=True, slots=True)
class _Stages:
    """Outcomes over the newer tables: of the older texts and parameters, then of the newer texts with older ones."""

    older_texts: Mapping[str, Codes]
    older_parameters: Mapping[str, Codes]


def _stages(workspace: Workspace, before: ControlTestRun, now: ControlTestRun) -> _Stages | None:
    """Run both stages again; None when the tables of the newer run are gone, or an older text no longer runs."""
    if not tables_are(workspace.tables_folder, now.tables):
        return None
    older, newer = (workspace.runs_folder / run.run_id for run in (before, now))
    parameters = {name: before.parameters.get(name, value) for name, value in now.parameters.items()}
    with workspace.computing("twofold compare"):
        try:
            return _Stages(
                _outcomes(workspace, older, before, before.parameters, clock=now.clock, tables=now.tables),
                _outcomes(workspace, newer, now, parameters, clock=now.clock, tables=now.tables),
            )
        except (duckdb.Error, RuleFault, UserError):
            return None


def _outcomes(
    workspace: Workspace,
    texts: Path,
    run: ControlTestRun,
    parameters: Mapping[str, ParameterValue],
    *,
    clock: str,
    tables: Collection[str],
) -> Mapping[str, Codes]:
    into = workspace.building_folder / run.run_id
    into.mkdir(parents=True)
    rule: Rule = load_rule(texts)
    definition = (texts / "population.sql").read_text(encoding="utf-8")

    @contextmanager
    def opened(reading: Reading) -> Iterator[duckdb.DuckDBPyConnection]:
        with open_session(TableSet(workspace.tables_folder, {}), reading=reading) as session:
            for step in sorted((texts / "steps").glob("*.sql")):
                relation = step.stem.partition("-")[2]
                if relation in run.steps:
                    session.execute(f"CREATE TEMP TABLE {relation} AS {step.read_text(encoding='utf-8')}")
            set_parameters(session, parameters, extracted_at=parse_instant(clock).earliest)
            yield session

    with ExitStack() as stack:
        session = stack.enter_context(opened(Reading.MARKED))
        population = define_population(session, rule.population, into=into, text=definition)
        outcomes = run_rule(session, rule, into=into)
        if rests_on_conflicts(tables):
            unmarked = [OpenReading(stack.enter_context(opened(each))) for each in UNMARKED]
            _, outcomes = keep_what_holds(session, unmarked, rule, population, into=into, text=definition)
        return outcome_codes(outcomes.file)


def _causes(
    difference: ItemDifference,
    stages: _Stages | None,
    *,
    causes: tuple[Cause, ...],
    data_causes: tuple[Cause, ...],
) -> dict[str, tuple[Cause, ...]]:
    if stages is None:
        return {letter: causes if len(causes) == 1 else () for letter in difference.letters}
    item = difference.item
    path = [difference.before, stages.older_texts.get(item), stages.older_parameters.get(item), difference.now]
    found = {}
    for letter in difference.letters:
        codes = [None if each is None else each.get(letter) for each in path]
        moved = [one != other for one, other in pairwise(codes)]
        found[letter] = (
            *(data_causes if moved[0] else ()),
            *((Cause.RULE,) if moved[1] else ()),
            *((Cause.PARAMETER,) if moved[2] else ()),
        )
    return found
