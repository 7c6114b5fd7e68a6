"""The acts of a dry run: draw items for each control, and end it.

The seed comes from the frozen population and the number of the dry run, so anybody can draw the same again and nobody
can choose. What stood behind each item in that moment is captured with it.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from twofold.controltests.run_record import OUTCOMES_FILE, ControlTestRun, RunState
from twofold.jobs.readiness.dry_run import dry_runs, items_now
from twofold.jobs.readiness.gathering import Gathered, gather
from twofold.jobs.source_registry import feeds
from twofold.jobs.told_rows import Line, capture_told
from twofold.lenses.settings import lens_settings
from twofold.lenses.verdict import LensView, ScopeStretch, judge_items
from twofold.model.evidence import ACT_CONNECTOR
from twofold.model.problem import Problem, UserError
from twofold.model.session import sql_session
from twofold.model.sql_path import one_file
from twofold.populations.samples.frozen import FrozenPopulation, freeze, unit_line
from twofold.populations.samples.selection import Method, Plan, draw, seed_of
from twofold.readiness.check_files import settings
from twofold.readiness.dry_run import DryRun
from twofold.records.workspace import Workspace
from twofold.scope.labels import effective_labels
from twofold.tables.schema import PREPARATION, canonical_tables
from twofold.vault.entry import EntryKind
from twofold.vault.evidence import index_of

_ENGAGEMENT = "readiness dry run"
"""Stands in the seed where a sample has its engagement."""
_PREFIX = "dr-"
_SHOWN = 5


def start_dry_run(workspace: Workspace, *, today: date, actor: str, at: datetime) -> DryRun:
    """Draw items for each control that has a tested population, and capture them with what stands behind them.

    Raises UserError where no control test was run, where the evidence moved on since, or while a dry run goes on.
    """
    gathered = gather(workspace, today=today, window_days=settings()["window_days"].value)
    if not gathered.runs:
        raise UserError(Problem(str(workspace.root), "no control test was run yet", "runs", "run 'twofold test'"))
    _require_current(workspace, gathered)
    earlier = dry_runs(workspace, today=today)
    if earlier and earlier[-1].finished_at is None:
        found = f"{earlier[-1].dry_run_id} is still going on"
        raise UserError(
            Problem("dry run", found, "one dry run at a time", "run 'twofold readiness dry-run finish' first")
        )
    dry_run = f"{_PREFIX}{len(earlier) + 1}"
    lines = [line for drawn in _draws(gathered, dry_run) for line in _item_lines(workspace, gathered, drawn)]
    if not lines:
        raise UserError(Problem("dry run", "no population has an item in a scope", "items", "capture evidence first"))
    said = f"Dry run {dry_run}: {settings()['dry_run_items'].value} random items per control"
    capture_told(workspace, {"dry_run_item": lines}, name=dry_run, said=said, actor=actor, at=at)
    return dry_runs(workspace, today=today)[-1]


def finish_dry_run(workspace: Workspace, *, today: date, actor: str, at: datetime) -> DryRun:
    """End the dry run that goes on; what is open stays open in its result. Raises UserError where none goes on."""
    runs = dry_runs(workspace, today=today)
    if not runs or runs[-1].finished_at is not None:
        raise UserError(
            Problem("dry run", "no dry run goes on", "a dry run that was started", "run 'twofold readiness dry-run'")
        )
    name = runs[-1].dry_run_id
    line = {"dry_run": name, "person": actor}
    capture_told(workspace, {"dry_run_finish": [line]}, name=name, said=f"End of {name}", actor=actor, at=at)
    return dry_runs(workspace, today=today)[-1]


@dataclass(frozen=True, slots=True)
class _Draw:
    """What was drawn for one control and test."""

    dry_run: str
    control: str
    test: str
    run: ControlTestRun
    population: FrozenPopulation
    seed: bytes
    positions: tuple[int, ...]


def _draws(gathered: Gathered, dry_run: str) -> Iterator[_Draw]:
    most = settings()["dry_run_items"].value
    for control in gathered.controls:
        for test in gathered.controls[control].control_tests:
            run, folder = gathered.runs.get(str(test), (None, Path()))
            if run is None or run.state is not RunState.TESTED:
                continue
            population = freeze(_units(gathered, control, str(test), folder))
            if not population.lines:
                continue
            seed = seed_of(
                engagement=_ENGAGEMENT, control=control, control_test=str(test), root=population.root, nonce=dry_run
            )
            plan = Plan(Method.RANDOM, min(most, len(population.lines)))
            yield _Draw(dry_run, control, str(test), run, population, seed, tuple(draw(population, seed, plan)))


def _units(gathered: Gathered, control: str, test: str, folder: Path) -> list[bytes]:
    """Return the items that count in any planned period under its lens."""
    catalog_control = gathered.controls[control]
    found: set[bytes] = set()
    for engagement in gathered.scope.engagements:
        required = catalog_control.required_attributes(lens=engagement.lens, control_test_id=test)
        if not required:
            continue
        label = lens_settings()[engagement.lens].label
        stretches = [
            ScopeStretch(each.system, each.stretch.first, each.stretch.last)
            for each in effective_labels(gathered.scope)
            if each.label == label and each.counts
        ]
        view = LensView(engagement.lens, engagement.period, stretches, required)
        found |= set(_counted(view, folder))
    return sorted(found)


def _counted(view: LensView, folder: Path) -> Iterator[bytes]:
    with tempfile.TemporaryDirectory(prefix="twofold-readiness-") as scratch:
        into = Path(scratch) / "verdicts.parquet"
        judge_items(view, folder / OUTCOMES_FILE, into=into)
        with sql_session() as session:
            rows = session.execute(
                """
                SELECT item, system, operating_at FROM read_parquet(?) WHERE verdict <> 'NOT_APPLICABLE' ORDER BY item
                """,
                [one_file(into)],
            ).fetchall()
    for item, system, operating_at in rows:
        yield unit_line(item, system, operating_at)


def _item_lines(workspace: Workspace, gathered: Gathered, drawn: _Draw) -> Iterator[Line]:
    folder = gathered.runs[drawn.test][1]
    units = [drawn.population.unit(position) for position in drawn.positions]
    seen = items_now(workspace, drawn.run, folder, [unit.item for unit in units])
    for place, unit in enumerate(units, 1):
        yield {
            "dry_run": drawn.dry_run,
            "control": drawn.control,
            "control_test": drawn.test,
            "item": unit.item,
            "system": unit.system,
            "position": str(place),
            "root": drawn.population.root.hex(),
            "seed": drawn.seed.hex(),
            "run": drawn.run.run_id,
            "held": ";".join(seen[unit.item].evidence),
            "missing": ";".join(seen[unit.item].missing),
        }


def _require_current(workspace: Workspace, gathered: Gathered) -> None:
    """Raise UserError where sources were captured after the newest run, so that the runs do not know of them."""
    latest = workspace.vault.log.latest(EntryKind.RUN)
    newest = latest.index if latest else -1
    told = {name for name, table in canonical_tables().items() if table.subject in PREPARATION}
    later = [
        each.evidence_id
        for each in gathered.evidence
        if (index_of(each.evidence_id) or 0) > newest
        and each.provenance.connector != ACT_CONNECTOR
        and not set(feeds(each.provenance)) <= told
    ]
    if later:
        found = f"{', '.join(later[:_SHOWN])} came after the newest run"
        raise UserError(Problem("runs", found, "runs on the newest evidence", "run 'twofold test'"))
