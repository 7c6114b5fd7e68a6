"""What the lenses propose for a window of days: the outcomes of the newest runs, judged as `twofold judge` does.

Nothing is stored and nothing is logged: it is a look ahead, not a judgement of an engagement.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from twofold.catalog.catalog import Catalog
from twofold.catalog.entries import Control
from twofold.controltests.rule import load_rule
from twofold.controltests.run_record import OUTCOMES_FILE, ControlTestRun, RunState
from twofold.findings.finding import Finding, JudgedRun, Response, group_findings
from twofold.jobs.judge import uncovered_systems
from twofold.lenses.automated import limit_automated
from twofold.lenses.conclusion import ControlJudgement, ControlTestResult, conclude_control
from twofold.lenses.gather import GatheredJudgement
from twofold.lenses.judgement import EngagementJudgement
from twofold.lenses.settings import lens_settings
from twofold.lenses.soc2.criteria import judge_criteria
from twofold.lenses.sox.domains import judge_domains
from twofold.lenses.verdict import Counts, LensView, ScopeStretch, held_in_time, judge_items
from twofold.model.period import ReviewPeriod
from twofold.model.session import new_database
from twofold.model.sql_path import one_file
from twofold.readiness.predicted import Predicted
from twofold.scope.engagement import Engagement
from twofold.scope.labels import effective_labels
from twofold.scope.register import Scope

_Place = tuple[str, str, str]
"""Control, system, week."""
Runs = Mapping[str, tuple[ControlTestRun, Path]]
"""Control test -> its newest run and the folder of it."""


@dataclass(frozen=True, slots=True)
class WeekCell:
    """What fell into one week for one control on one system, under the lens that sees most of it."""

    control: str
    system: str
    week: str
    passed: int
    exceptions: int
    cannot_test: int


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the lenses say of the window, the cells of the heat map, and the items of each planned period.

    occurrences: engagement -> control -> items that fall in its whole period so far.
    ever: control -> items that could be tested, at whatever time, under the lens that sees most; absent without result.
    """

    predicted: tuple[Predicted, ...]
    cells: tuple[WeekCell, ...]
    occurrences: Mapping[str, Mapping[str, int]]
    ever: Mapping[str, int]


@contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="twofold-readiness-") as folder:
        yield Path(folder)


def predict(
    catalog: Catalog,
    scope: Scope,
    runs: Runs,
    run_controls: Mapping[str, Control],
    responses: Mapping[str, Response],
    *,
    window: ReviewPeriod,
) -> Prediction:
    """Judge the window for every engagement of the scope; without runs there is nothing to judge."""
    predicted, cells, occurrences = [], dict[_Place, WeekCell](), dict[str, Mapping[str, int]]()
    ever: dict[str, int] = {}
    with _scratch() as folder:
        for engagement in sorted(scope.engagements, key=lambda each: each.id):
            maker = _Maker(catalog, scope, runs, run_controls, responses, engagement, folder)
            predicted.append(maker.judged(window))
            for key, cell in maker.cells.items():
                if key not in cells or _seen(cell) > _seen(cells[key]):
                    cells[key] = cell
            occurrences[engagement.id] = maker.occurrences
            ever |= {name: max(count, ever.get(name, 0)) for name, count in maker.ever.items()}
            maker.session.close()
    return Prediction(tuple(predicted), tuple(cells[key] for key in sorted(cells)), occurrences, ever)


def _added(held: WeekCell | None, cell: WeekCell) -> WeekCell:
    """Add the cells of two tests of one control."""
    if held is None:
        return cell
    return WeekCell(
        cell.control,
        cell.system,
        cell.week,
        held.passed + cell.passed,
        held.exceptions + cell.exceptions,
        held.cannot_test + cell.cannot_test,
    )


def _naive(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)


def _seen(cell: WeekCell) -> int:
    return cell.passed + cell.exceptions + cell.cannot_test


class _Maker:
    """Judges one engagement's controls over a window."""

    def __init__(
        self,
        catalog: Catalog,
        scope: Scope,
        runs: Runs,
        run_controls: Mapping[str, Control],
        responses: Mapping[str, Response],
        engagement: Engagement,
        folder: Path,
    ) -> None:
        self.catalog, self.runs, self.responses = catalog, runs, responses
        self.engagement, self.folder = engagement, folder
        self.zone = scope.reporting_zone
        self.settings = lens_settings()[engagement.lens]
        self.controls = [each for each in run_controls.values() if engagement.lens in each.lenses]
        self.stretches = [
            ScopeStretch(label.system, label.stretch.first, label.stretch.last)
            for label in effective_labels(scope)
            if label.label == self.settings.label and label.counts
        ]
        self.cells: dict[_Place, WeekCell] = {}
        self.occurrences: dict[str, int] = {}
        self.ever: dict[str, int] = {}
        self.session = new_database(threads=1)
        self.session.execute("CREATE TABLE stretch (system VARCHAR, valid_from TIMESTAMP, valid_to TIMESTAMP)")
        if self.stretches:
            self.session.executemany(
                "INSERT INTO stretch VALUES (?, ?, ?)",
                [[each.system, _naive(each.valid_from), _naive(each.valid_to)] for each in self.stretches],
            )

    def judged(self, window: ReviewPeriod) -> Predicted:
        """Return what the lens proposes for the window."""
        judged: dict[str, ControlJudgement] = {}
        findings: list[Finding] = []
        used: dict[str, str] = {}
        for control in self.controls:
            required = control.required.get(self.engagement.lens, {})
            results = [self._result(control, test, window, findings, used) for test in required]
            judged[control.control_id] = conclude_control(
                self.settings, control, period=window, results=results, planned=()
            )
        judged = limit_automated(self.settings, judged, automated=self.catalog.automated_controls)
        return Predicted(self._judgement(judged, used, window), tuple(findings), self.engagement.period)

    def _look_back(self, control: Control, test: str) -> None:
        """Count the items of the planned period, and those of whatever time that could be tested."""
        run, folder = self.runs.get(test, (None, Path()))
        if run is None or run.state is RunState.STOPPED:
            return
        name = str(control.control_id)
        self.ever.setdefault(name, 0)
        self.occurrences.setdefault(name, 0)
        if run.state is RunState.DID_NOT_OCCUR:
            return
        letters = control.required_attributes(lens=self.engagement.lens, control_test_id=test)
        tested = " OR ".join(f"o.{each} = 'pass' OR starts_with(o.{each}, 'exception:')" for each in letters)
        applies = " OR ".join(f"NOT starts_with(o.{each}, 'na:')" for each in letters)
        period = self.engagement.period
        found = self.session.execute(
            f"""
            SELECT count(*) FILTER (ever AND ({tested})), count(*) FILTER (planned AND ({applies}))
            FROM (
                SELECT o.*, {held_in_time("stretch", "TIMESTAMP '-infinity'", "TIMESTAMP 'infinity'")} AS ever,
                    {held_in_time("stretch", "$starts_at", "$ends_before")} AS planned
                FROM read_parquet($outcomes) AS o
            ) AS o
            """,  # noqa: S608  letters of a rule
            {
                "starts_at": _naive(period.starts_at),
                "ends_before": _naive(period.ends_before),
                "outcomes": one_file(folder / OUTCOMES_FILE),
            },
        ).fetchone()
        ever, planned = found or (0, 0)
        self.ever[name] += ever
        self.occurrences[name] += planned

    def _counts(self, control: Control, test: str, period: ReviewPeriod, into: Path) -> Counts | None:
        run, folder = self.runs.get(test, (None, Path()))
        if run is None or run.state is RunState.STOPPED:
            return None
        if run.state is RunState.DID_NOT_OCCUR:
            return Counts(0, 0, 0, 0, 0)
        required = control.required_attributes(lens=self.engagement.lens, control_test_id=test)
        view = LensView(self.engagement.lens, period, self.stretches, required)
        return judge_items(view, folder / OUTCOMES_FILE, into=into).counts

    def _result(
        self, control: Control, test: str, window: ReviewPeriod, findings: list[Finding], used: dict[str, str]
    ) -> ControlTestResult:
        required = control.required_attributes(lens=self.engagement.lens, control_test_id=test)
        self._look_back(control, test)
        verdicts = self.folder / f"{self.engagement.id}-{control.control_id}-{test}.parquet"
        counts = self._counts(control, test, window, verdicts)
        run, folder = self.runs.get(test, (None, Path()))
        if run is not None:
            used[test] = run.run_id
            if counts is not None and counts.exceptions + counts.cannot_test:
                rule = load_rule(folder)
                seen = JudgedRun(self.engagement.lens, control, rule, folder / OUTCOMES_FILE, verdicts, required)
                findings += group_findings(seen, self.responses)
            if counts is not None and counts.applicable:
                for cell in self._week_cells(control.control_id, verdicts, window):
                    place = (cell.control, cell.system, cell.week)
                    self.cells[place] = _added(self.cells.get(place), cell)
        return ControlTestResult(
            control_test=test,
            run_id=run.run_id if run else "",
            required=tuple(required),
            counts=counts,
            stops=run.stops if run else (),
            uncovered=uncovered_systems(folder if run else None, self.stretches),
        )

    def _week_cells(self, control: str, verdicts: Path, window: ReviewPeriod) -> Iterator[WeekCell]:
        """Yield what applies by system and ISO week of the reporting zone, but items without a time or pending.

        What began before the window falls into its first week.
        """
        rows: list[tuple[str, datetime, int, int, int]] = self.session.execute(
            """
            SELECT system, date_trunc('week', timezone(?, timezone('UTC', GREATEST(operating_at, ?)))) AS monday,
                count(*) FILTER (verdict = 'PASS'), count(*) FILTER (verdict = 'EXCEPTION'),
                count(*) FILTER (verdict = 'CANNOT_TEST')
            FROM read_parquet(?) WHERE verdict <> 'NOT_APPLICABLE' AND operating_at IS NOT NULL
                AND NOT (verdict = 'CANNOT_TEST' AND regexp_full_match(reason, '[A-Z]:pending(;[A-Z]:pending)*'))
            GROUP BY ALL ORDER BY ALL
            """,
            [self.zone, _naive(window.starts_at), one_file(verdicts)],
        ).fetchall()
        for system, monday, passed, exceptions, cannot_test in rows:
            year, week, _ = monday.isocalendar()
            yield WeekCell(control, system, f"{year}-W{week:02d}", passed, exceptions, cannot_test)

    def _judgement(
        self, judged: Mapping[str, ControlJudgement], used: Mapping[str, str], window: ReviewPeriod
    ) -> EngagementJudgement:
        gathered: Sequence[GatheredJudgement]
        if self.engagement.lens == "soc2":
            gathered = judge_criteria(self.catalog, categories=self.engagement.categories, judged=judged)
        else:
            gathered = judge_domains(self.catalog, judged=judged)
        return EngagementJudgement(
            engagement_id=self.engagement.id,
            lens=self.engagement.lens,
            lens_title=self.settings.title,
            auditor=self.engagement.auditor,
            starts_at=window.starts_at.isoformat(),
            ends_before=window.ends_before.isoformat(),
            clock=max((run.clock for run, _ in self.runs.values()), default=""),
            tolerable_percent=self.settings.tolerable_percent,
            tolerable_source=self.settings.tolerable_source,
            benchmark_years=self.settings.benchmark_years,
            benchmark_source=self.settings.benchmark_source,
            categories=tuple(self.engagement.categories),
            runs=dict(sorted(used.items())),
            controls=tuple(judged.values()),
            gathered=tuple(gathered),
        )
