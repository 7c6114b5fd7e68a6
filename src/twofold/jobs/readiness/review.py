"""The readiness review: every check on the workspace as it stands, for one day of the reporting zone."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from twofold.controltests.run_record import RunState
from twofold.jobs.readiness.dry_run import dry_runs_in
from twofold.jobs.readiness.gathering import (
    Gathered,
    captured_by_table,
    gather,
    primary_tables,
    relation_rows,
    responses,
    tested_runs,
)
from twofold.jobs.readiness.predicting import Prediction, predict
from twofold.jobs.tables_read import tables_read
from twofold.model.instant import parse_instant
from twofold.model.period import ReviewPeriod
from twofold.model.session import sql_session
from twofold.populations.source_gaps import EXTRACTION_TABLES, read_extractions
from twofold.populations.steps import register_steps, step_text, steps_needed
from twofold.readiness.check import CheckResult, Line
from twofold.readiness.check_files import known_checks, settings
from twofold.readiness.dry_run import DryRun, dry_run_lines, latest
from twofold.readiness.freshness import Freshness, local_day, measure
from twofold.readiness.freshness_lines import freshness_lines
from twofold.readiness.gate import gap_lines, ran_lines
from twofold.readiness.predicted import (
    answer_lines,
    criteria_lines,
    design_lines,
    exception_lines,
    occurrence_lines,
)
from twofold.readiness.proven import prove
from twofold.readiness.relations import make_outcomes, make_relations
from twofold.readiness.run_checks import Reviewed, run_check
from twofold.records.workspace import Workspace
from twofold.scope.labels import effective_labels
from twofold.tables.schema import canonical_tables

_WORD = re.compile(r"[a-z_]+")
_ALWAYS = (*EXTRACTION_TABLES, "finding_response", "dry_run_item", "dry_run_finish")
_GATE = ("period_start/each_control_ran", "period_start/no_critical_gap")


@dataclass(frozen=True, slots=True)
class Review:
    """A whole review: results in the order of the checks, what is predicted, freshness, and the dry runs."""

    company: str
    today: date
    gathered: Gathered
    results: tuple[CheckResult, ...]
    prediction: Prediction
    freshness: tuple[Freshness, ...]
    dry_runs: tuple[DryRun, ...]


def review(workspace: Workspace, *, today: date, window_days: int | None = None) -> Review:
    """Run every check. Raises UserError without an applied scope; without runs, what they would say cannot be told."""
    days = window_days or settings()["window_days"].value
    gathered = gather(workspace, today=today, window_days=days)
    checks = known_checks()
    with tables_read(workspace, _tables(gathered)) as session:
        reviewed = _prepare(workspace, session, gathered)
        window = ReviewPeriod(gathered.window_from, gathered.window_to)
        prediction = predict(
            gathered.catalog,
            gathered.scope,
            gathered.runs,
            gathered.controls,
            responses(session),
            window=window,
        )
        freshness = tuple(_freshness(session, gathered))
        dry_runs = tuple(dry_runs_in(workspace, session, now=gathered.now, runs=gathered.runs))
        computed = _computed(gathered, prediction, freshness, dry_runs)
        results = {
            name: run_check(
                session, check, reviewed, computed=computed.get(name, ()), from_data=_data_of(name, gathered, dry_runs)
            )
            for name, check in checks.items()
            if name not in _GATE
        }
    gate = {
        _GATE[0]: list(ran_lines(gathered.controls, prediction.ever, freshness, _answered(gathered))),
        _GATE[1]: list(gap_lines(list(results.values()))),
    }
    with sql_session() as session:
        data = tuple(f"check: {name} {each.state}" for name, each in results.items() if each.check.critical)
        results |= {
            name: run_check(session, checks[name], reviewed, computed=lines, from_data=data)
            for name, lines in gate.items()
        }
    ordered = tuple(results[name] for name in checks)
    return Review(workspace.settings.company, today, gathered, ordered, prediction, freshness, dry_runs)


def _data_of(name: str, gathered: Gathered, dry_runs: Sequence[DryRun]) -> tuple[str, ...]:
    """Return what a computed check rests on beside the scope: the runs, the captures of the log, the dry run."""
    if name.startswith("report/"):
        runs = tuple(f"run: {test} {run.run_id}" for test, (run, _) in sorted(gathered.runs.items()))
        return runs or ("run: none",)
    if name == "evidence/freshness":
        return (f"log: {len(gathered.every_capture)} captures",)
    if name == "evidence/dry_run":
        newest = latest(dry_runs)
        return (f"dry run: {newest.dry_run_id if newest else 'none'}",)
    return ()


def _answered(gathered: Gathered) -> dict[str, tuple[str, ...]]:
    """Return control -> the evidence that answered a request for it."""
    found: dict[str, set[str]] = {}
    for each in gathered.requests:
        for answer in each.answers:
            found.setdefault(each.control or "", set()).update(answer.evidence)
    return {control: tuple(sorted(evidence)) for control, evidence in found.items() if control}


def _tables(gathered: Gathered) -> frozenset[str]:
    """Return the canonical tables that the checks name, those behind the steps that they build on included."""
    texts = [check.sql for check in known_checks().values()]
    steps = steps_needed(*texts)
    with_steps = [*texts, *(step_text(name) for name in steps)]
    words = {word.partition("__")[0] for text in with_steps for word in _WORD.findall(text)}
    needed = {table for check in known_checks().values() for table in check.needs}
    primary = {table for tables in primary_tables(gathered).values() for table in tables}
    return frozenset((words | needed | primary | set(_ALWAYS)) & set(canonical_tables()))


def _prepare(workspace: Workspace, session: duckdb.DuckDBPyConnection, gathered: Gathered) -> Reviewed:
    """Make the relations of the checks in the session, and return what they share."""
    make_relations(session, relation_rows(workspace, gathered))
    register_steps(session, steps_needed(*(check.sql for check in known_checks().values())))
    make_outcomes(
        session,
        tested_runs(gathered),
        effective_labels(gathered.scope),
        window_from=gathered.window_from,
        window_to=gathered.window_to,
    )
    reach = settings()["reach_days"].value
    proofs = prove(
        read_extractions(session),
        window_from=gathered.window_from,
        window_to=gathered.window_to,
        reach_days=reach,
    )
    return Reviewed(
        window_from=gathered.window_from,
        window_to=gathered.window_to,
        zone=gathered.scope.reporting_zone,
        proofs=dict(proofs),
        tests={test: run.run_id for test, (run, _) in gathered.runs.items()},
        stops={test: "; ".join(run.stops) for test, (run, _) in gathered.runs.items() if run.state is RunState.STOPPED},
        late=dict(_late(gathered, reach)),
        rests_on=(f"scope: entry {gathered.applied.entry_index}",),
    )


def _late(gathered: Gathered, reach_days: int) -> Iterator[tuple[str, str]]:
    for test, (run, _) in gathered.runs.items():
        clock = parse_instant(run.clock).earliest
        if clock < gathered.window_to - timedelta(days=reach_days):
            yield test, f"ran on data up to {clock:%Y-%m-%d}, and newer data is there: twofold test"


def _computed(
    gathered: Gathered, prediction: Prediction, freshness: Sequence[Freshness], dry_runs: Sequence[DryRun]
) -> Mapping[str, Sequence[Line]]:
    """Return the lines of the checks that code computes, by check id."""
    findings = [finding for each in prediction.predicted for finding in each.findings]
    engagements = [
        (each.id, each.lens, each.period, prediction.occurrences.get(each.id, {}))
        for each in gathered.scope.engagements
    ]
    full_hours = next(each.value for each in known_checks()["evidence/dry_run"].parameters if each.name == "full_hours")
    return {
        "report/predicted_exceptions": list(exception_lines(prediction.predicted)),
        "report/criteria_met": list(criteria_lines(prediction.predicted)),
        "report/exceptions_answered": list(answer_lines(findings)),
        "report/design_gaps": list(design_lines(gathered.catalog, gathered.controls, prediction.predicted)),
        "report/planned_occurrences": list(occurrence_lines(gathered.controls, engagements)),
        "evidence/freshness": list(freshness_lines(freshness)),
        "evidence/dry_run": list(
            dry_run_lines(gathered.controls, latest(dry_runs), full_hours=full_hours, now=gathered.now)
        ),
    }


def _freshness(session: duckdb.DuckDBPyConnection, gathered: Gathered) -> Iterator[Freshness]:
    """Yield freshness per control and kind of evidence, over the planned periods that have begun, up to the day."""
    doubtful = frozenset(each.evidence_id for each in read_extractions(session) if each.doubts)
    captured = captured_by_table(gathered, doubtful)
    zone = gathered.scope.reporting_zone
    for name, tables in primary_tables(gathered).items():
        control = gathered.controls[name]
        periods = [each.period for each in gathered.scope.engagements if each.lens in control.lenses]
        begun = [each for each in periods if each.starts_at < gathered.now]
        if not begun:
            continue
        starts = min(each.starts_at for each in begun)
        ends = max(each.ends_before for each in begun)
        last = min(ends, gathered.now) - timedelta(microseconds=1)
        for table in tables:
            yield measure(
                name,
                table,
                control.frequency.value,
                captured.get(table, []),
                first_day=local_day(starts, zone),
                last_day=local_day(last, zone),
                period_days=(ends - starts).days,
                zone=zone,
            )
