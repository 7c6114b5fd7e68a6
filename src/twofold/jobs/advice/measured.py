"""What the newest runs say about each control under SOC 2: items ever, items that passed, and the last days."""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from twofold.catalog.entries import Control
from twofold.controltests.rule import known_rules
from twofold.controltests.run_record import OUTCOMES_FILE, ControlTestRun, RunState, read_run
from twofold.jobs.control_tests import latest_runs
from twofold.lenses.settings import lens_settings
from twofold.lenses.verdict import LensView, ScopeStretch, judge_items
from twofold.model.instant import EARLIEST_CREDIBLE, parse_instant
from twofold.model.outcome import Outcome
from twofold.model.period import ReviewPeriod
from twofold.model.session import sql_session
from twofold.model.sql_path import one_file
from twofold.records.workspace import Workspace
from twofold.scope.advice.category_adds import DAYS
from twofold.scope.advice.measured import ControlMeasure, Measured
from twofold.scope.advice.scope_facts import local_day
from twofold.scope.labels import effective_labels
from twofold.scope.register import Scope

_LENS = "soc2"
_TICK = timedelta(microseconds=1)


def measure(workspace: Workspace, controls: Sequence[Control], scope: Scope | None) -> Measured:
    """Return the measures of the controls' tests; without runs or scope there is none. Nothing is written."""
    runs = {test: (folder, read_run(folder)) for test, folder in latest_runs(workspace).items() if folder.exists()}
    if scope is None or not runs:
        return Measured()
    clock = max(parse_instant(run.clock).earliest for _, run in runs.values())
    stretches = [
        ScopeStretch(each.system, each.stretch.first, each.stretch.last)
        for each in effective_labels(scope)
        if each.label == lens_settings()[_LENS].label and each.counts
    ]
    with tempfile.TemporaryDirectory(prefix="twofold-measures-") as scratch, sql_session() as session:
        tests = [
            _measure(control, test, runs, stretches, clock, session, Path(scratch) / f"{number}.parquet")
            for number, (control, test) in enumerate(
                (control, test)
                for control in controls
                for test in control.required.get(_LENS, {})
                if test in known_rules()
            )
        ]
    return Measured(local_day(clock, scope.reporting_zone), tests)


def _measure(
    control: Control,
    test: str,
    runs: Mapping[str, tuple[Path, ControlTestRun]],
    stretches: Sequence[ScopeStretch],
    clock: datetime,
    session: duckdb.DuckDBPyConnection,
    verdicts: Path,
) -> ControlMeasure:
    if test not in runs:
        return ControlMeasure(control.control_id, test, "", "not_run")
    folder, run = runs[test]
    if run.state is not RunState.TESTED:
        return ControlMeasure(control.control_id, test, run.run_id, str(run.state))
    required = control.required_attributes(lens=_LENS, control_test_id=test)
    whole = ReviewPeriod(EARLIEST_CREDIBLE, clock + _TICK)
    ever = judge_items(LensView(_LENS, whole, stretches, required), folder / OUTCOMES_FILE, into=verdicts).counts
    since = (clock - timedelta(days=DAYS)).replace(tzinfo=None)
    lately: dict[str, int] = dict(
        session.execute(
            """
            SELECT verdict, count(*) FROM read_parquet(?)
            WHERE verdict <> 'NOT_APPLICABLE' AND operating_at >= ? GROUP BY verdict
            """,
            [one_file(verdicts), since],
        ).fetchall()
    )
    return ControlMeasure(
        control_id=control.control_id,
        control_test=test,
        run_id=run.run_id,
        state=str(run.state),
        items=ever.applicable,
        passed=ever.passed,
        recent_items=sum(lately.values()),
        recent_exceptions=lately.get(Outcome.EXCEPTION, 0),
        recent_cannot_test=lately.get(Outcome.CANNOT_TEST, 0),
    )
