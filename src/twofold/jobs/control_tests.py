"""Steps 4 and 5: define each population, prove it complete, and run its control test once over all of it.

A run that came out before with the same id is kept as it is. A stop of the completeness record means that no outcome
is written; the record says why. Where tables that a control test reads have rows in conflict, it is run over every
reading of them.
"""

import hashlib
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from twofold.controltests.chosen_engine import chosen_engine
from twofold.controltests.engine import Outcomes, run_rule, set_parameters
from twofold.controltests.every_reading import OpenReading, keep_what_holds, rests_on_conflicts
from twofold.controltests.rule import ParameterValue, Rule, known_rules, rule_named
from twofold.controltests.run_record import (
    COMPLETENESS_FILE,
    OUTCOMES_FILE,
    ControlTestRun,
    RunState,
    read_run,
    write_run,
)
from twofold.jobs.normalise import NormalisedTables, normalise
from twofold.jobs.progress import ProgressReporter, silent
from twofold.jobs.row_commitments import commit_runs
from twofold.jobs.run_entries import record_runs
from twofold.model.period import ReviewPeriod
from twofold.model.problem import Problem, UserError
from twofold.populations.completeness import CompletenessRecord, Window, completeness_record, population_register
from twofold.populations.define import Population, define_population, definition_text
from twofold.populations.steps import STEPS, register_steps, step_text, steps_needed
from twofold.records.workspace import AppliedScope, Workspace
from twofold.scope.labels import effective_labels
from twofold.scope.register import Scope
from twofold.tables.readings import UNMARKED, Reading, has_conflicts
from twofold.tables.store import open_session
from twofold.vault.retention.deletions import finish_deletions

_NAME = re.compile(r"[a-z_]+")
_READ_BY_COMPLETENESS = frozenset({"extraction", "difference_explanation", "source_gap"})


@dataclass(frozen=True, slots=True)
class TestedRuns:
    """What one call gave: the runs by control test, and what reading the evidence gave.

    `stops`: control test -> what its completeness record stops at, one text per check, with the keys to look at.
    """

    runs: Mapping[str, ControlTestRun]
    stops: Mapping[str, Sequence[str]]
    read: NormalisedTables


@dataclass(frozen=True, slots=True)
class _Ground:
    """What all control tests of one call stand on.

    `marked`: the tables that `read` gave, with steps. `unmarked`: the readings without marks, if rows are in conflict.
    """

    workspace: Workspace
    marked: OpenReading
    unmarked: Sequence[OpenReading]
    applied: AppliedScope
    read: NormalisedTables


def require_applied_scope(workspace: Workspace) -> AppliedScope:
    """Return the applied scope; raises UserError when none was applied."""
    applied = workspace.applied_scope()
    if applied is None:
        raise UserError(
            Problem(
                str(workspace.scope_folder), "no scope was applied yet", "an applied scope", "run 'twofold scope apply'"
            )
        )
    return applied


def run_control_tests(
    workspace: Workspace, wanted: Sequence[str], *, actor: str, at: datetime, report: ProgressReporter = silent
) -> TestedRuns:
    """Run the wanted control tests (all with a rule when empty) on everything captured so far.

    Every run is one entry of the log. Raises UserError for an unknown control test or parameter, or without a scope.
    """
    applied = require_applied_scope(workspace)
    rules = [rule_named(name, where="control test") for name in wanted] or list(known_rules().values())
    parameters = {rule.control_test: parameters_in_force(rule, applied.scope) for rule in rules}
    with workspace.computing("twofold test"):
        finish_deletions(workspace.vault.log, workspace.vault.blobs, at=at)
        read = normalise(workspace, applied, report=report)
        runs: dict[str, ControlTestRun] = {}
        workspace.runs_folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as opened:
            ways = (Reading.MARKED, *UNMARKED) if has_conflicts(read.tables.folder) else (Reading.MARKED,)
            marked, *unmarked = (opened.enter_context(_open(workspace, read, rules, reading)) for reading in ways)
            ground = _Ground(workspace, marked, unmarked, applied, read)
            held: Population | None = None
            for number, rule in enumerate(sorted(rules, key=lambda each: each.population)):
                report("running control tests", number, len(rules))
                runs[rule.control_test], held = _run_one(
                    ground, rule, parameters=parameters[rule.control_test], held=held
                )
            runs = {rule.control_test: runs[rule.control_test] for rule in rules}
        report("running control tests", len(rules), len(rules))
        record_runs(workspace, runs.values(), read=read, applied=applied, actor=actor, at=at)
        commit_runs(workspace, runs.values(), actor=actor, at=at)
        _write_latest(workspace, runs)
    return TestedRuns(runs, _stops(workspace, runs), read)


@contextmanager
def _open(
    workspace: Workspace, read: NormalisedTables, rules: Sequence[Rule], reading: Reading
) -> Iterator[OpenReading]:
    """Open a session over a reading of the tables, with the steps that the rules need."""
    settings = workspace.settings
    # A server that reads the files itself would read them as they are; the rows of another reading are sent to it.
    reads_files = settings.spark_reads_files and reading is Reading.MARKED
    folder = read.tables.folder.resolve() if reads_files else None
    texts = tuple(_texts(rules))
    with (
        open_session(read.tables, reading=reading) as session,
        chosen_engine(settings.spark, tables=folder) as engine,
    ):
        register_steps(session, steps_needed(*texts), engine=engine, read_by=texts)
        yield OpenReading(session, engine)


def _texts(rules: Iterable[Rule]) -> Iterator[str]:
    """Yield every SQL text of these rules that is run: it may read steps."""
    for rule in rules:
        yield from (definition_text(rule.population), rule.sql)
        yield population_register()[rule.population].reconciliation_text


def _stops(workspace: Workspace, runs: Mapping[str, ControlTestRun]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for test, run in runs.items():
        if run.state is RunState.STOPPED:
            record = orjson.loads((workspace.runs_folder / run.run_id / COMPLETENESS_FILE).read_bytes())
            checks = [check for check in record["checks"] if f"{check['code']}: {check['found']}" in run.stops]
            found[test] = [_stop_text(check) for check in checks]
    return found


def _stop_text(check: Mapping[str, Any]) -> str:
    details = "; ".join(check["details"])
    return f"{check['code']}: {check['found']}" + (f" ({details})" if details else "")


def latest_runs(workspace: Workspace) -> dict[str, Path]:
    """Return the folder of the latest run of each control test, {} when none was run."""
    path = workspace.runs_folder / "latest.json"
    if not path.exists():
        return {}
    return {test: workspace.runs_folder / run_id for test, run_id in orjson.loads(path.read_bytes()).items()}


def review_span(scope: Scope) -> ReviewPeriod:
    """Return the stretch from the first start to the last end of all engagements; raises UserError without any."""
    periods = [engagement.period for engagement in scope.engagements]
    if not periods:
        raise UserError(
            Problem(
                "scope",
                "no engagement is defined",
                "at least one engagement with its period",
                "add 'engagements:' to a scope file and apply it",
            )
        )
    return ReviewPeriod(min(each.starts_at for each in periods), max(each.ends_before for each in periods))


def parameters_in_force(rule: Rule, scope: Scope) -> dict[str, ParameterValue]:
    """Return the rule's parameters with what the scope says of them; raises UserError for a wrong one."""
    overrides = {each.name: each.value for each in scope.parameters if each.control_test == rule.control_test}
    return rule.parameter_values(overrides, where=f"parameters of {rule.control_test} in the scope")


def _run_one(
    ground: _Ground, rule: Rule, *, parameters: Mapping[str, ParameterValue], held: Population | None
) -> tuple[ControlTestRun, Population | None]:
    """Run one control test; `held` is the population that the session holds from the control test before.

    Where rows are in conflict the session holds what all readings give, which is no population to run a rule over.
    """
    workspace, read = ground.workspace, ground.read
    session, engine = ground.marked.session, ground.marked.engine
    building = workspace.building_folder / rule.control_test
    building.mkdir(parents=True)
    for each in (ground.marked, *ground.unmarked):
        set_parameters(each.session, parameters, extracted_at=read.clock)
    population = define_population(session, rule.population, into=building, held=held, engine=engine)
    outcomes: Outcomes | None = None
    in_conflict = rests_on_conflicts(_tables_read(rule, _steps_of(rule), read))
    if in_conflict:
        run_rule(session, rule, into=building, engine=engine)
        population, outcomes = keep_what_holds(session, ground.unmarked, rule, population, into=building)
    span = review_span(ground.applied.scope)
    covered = ReviewPeriod(
        span.starts_at, min(span.ends_before, max(read.clock, span.starts_at.replace(microsecond=1)))
    )
    labelled = sorted({label.system for label in effective_labels(ground.applied.scope) if label.counts})
    record = completeness_record(
        session,
        rule.population,
        tables=read.tables,
        period=covered,
        systems=labelled,
        ends_before=span.ends_before,
        windows=_windows(rule.population, ground.applied.scope),
        engine=engine,
    )
    (building / COMPLETENESS_FILE).write_bytes(
        orjson.dumps(record.as_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    )
    if record.stops:
        outcomes = None
        (building / OUTCOMES_FILE).unlink(missing_ok=True)
    elif outcomes is None:
        outcomes = run_rule(session, rule, into=building, engine=engine)
    run = _record(ground, rule, population, record, outcomes, parameters=parameters, folder=building)
    write_run(run, building)
    _copy_rule(rule, building)
    target = workspace.runs_folder / run.run_id
    run = _put_in_place(run, building, target)
    return run, None if in_conflict else replace(population, file=target / population.file.name)


def _windows(population: str, scope: Scope) -> list[Window]:
    """Return the windows of every control test of a population, so that one record serves whichever of them is run."""
    rules = [rule for rule in known_rules().values() if rule.population == population]
    return [window for rule in rules for window in rule.windows(parameters_in_force(rule, scope))]


def _steps_of(rule: Rule) -> tuple[str, ...]:
    return steps_needed(definition_text(rule.population), rule.sql, rule.facts_sql)


def _record(
    ground: _Ground,
    rule: Rule,
    population: Population,
    completeness: CompletenessRecord,
    outcomes: Outcomes | None,
    *,
    parameters: Mapping[str, ParameterValue],
    folder: Path,
) -> ControlTestRun:
    steps = _steps_of(rule)
    state = RunState.TESTED if population.count else RunState.DID_NOT_OCCUR
    if outcomes is None:
        state = RunState.STOPPED
    return ControlTestRun(
        control_test=rule.control_test,
        title=rule.title,
        rule_version=rule.version,
        rule_sha256=rule.sha256,
        parameters=dict(parameters),
        population=population.name,
        population_count=population.count,
        population_sha256=population.sha256,
        definition_sha256=population.definition_sha256,
        completeness_sha256=hashlib.sha256((folder / COMPLETENESS_FILE).read_bytes()).hexdigest(),
        steps={name: hashlib.sha256(step_text(name).encode()).hexdigest() for name in steps},
        tables=_tables_read(rule, steps, ground.read),
        clock=ground.read.clock.isoformat(),
        engine=ground.marked.engine.name,
        state=state,
        stops=tuple(f"{check.code}: {check.found}" for check in completeness.stops),
        outcomes_sha256=outcomes.sha256 if outcomes else "",
        counts=outcomes.counts if outcomes else {},
    ).identified()


def _tables_read(rule: Rule, steps: Sequence[str], read: NormalisedTables) -> dict[str, str]:
    """Return the hashes of the tables that the rule, its population, its steps or the completeness record read.

    A child table goes with its table.
    """
    texts = [definition_text(rule.population), rule.sql, rule.facts_sql, *(step_text(name) for name in steps)]
    named = {name.partition("__")[0] for text in texts for name in _NAME.findall(text)} | _READ_BY_COMPLETENESS
    return {name: sha256 for name, sha256 in read.tables.hashes().items() if name.partition("__")[0] in named}


def _copy_rule(rule: Rule, folder: Path) -> None:
    """Put every text that made the outcomes beside them, so that the run can be read and repeated without us."""
    for name in ("rule.sql", "rule.toml", "facts.sql", "README.md"):
        shutil.copyfile(rule.folder / name, folder / name)
    (folder / "population.sql").write_text(definition_text(rule.population), encoding="utf-8")
    steps = folder / "steps"
    steps.mkdir()
    for number, name in enumerate(STEPS, 1):
        (steps / f"{number:02d}-{name}.sql").write_text(step_text(name), encoding="utf-8")


def _put_in_place(run: ControlTestRun, building: Path, target: Path) -> ControlTestRun:
    if target.exists():
        shutil.rmtree(building)
        return read_run(target)
    building.rename(target)
    return run


def _write_latest(workspace: Workspace, runs: Mapping[str, ControlTestRun]) -> None:
    latest = {test: folder.name for test, folder in latest_runs(workspace).items()}
    latest |= {test: run.run_id for test, run in runs.items()}
    path = workspace.runs_folder / "latest.json"
    fresh = path.with_suffix(".new")
    fresh.write_bytes(orjson.dumps(latest, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2))
    fresh.replace(path)
