"""Ask what if: run the line on both scopes in a sandbox, and say everything that would be otherwise.

Nothing is written to the workspace: see `sandbox.py`. The equality with a real apply is a test, to the row.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from twofold.catalog.load import load_catalog
from twofold.jobs.judge import review_days
from twofold.jobs.progress import ProgressReporter, silent
from twofold.jobs.what_if.coverage import newly_asked
from twofold.jobs.what_if.differences import conclusion_changes, control_changes, item_changes, population_changes
from twofold.jobs.what_if.holes import holes
from twofold.jobs.what_if.hours import Brings, hours
from twofold.jobs.what_if.people import conflicts, owners_missing
from twofold.jobs.what_if.reuse import reusable
from twofold.jobs.what_if.states import Asked, Computed, computed
from twofold.model.instant import parse_instant
from twofold.reports.what_if import PopulationMoved, WhatIf
from twofold.scope.plan import PopulationChange, ScopePlan
from twofold.scope.stretches import BEGINNING


def ask(root: Path, asked: Asked, *, actor: str, at: datetime, report: ProgressReporter = silent) -> WhatIf:
    """Return what would change in the workspace in `root`; raises UserError as `computed` does."""
    with computed(root, asked, actor=actor, at=at, report=report) as found:
        return told(found, asked)


def told(found: Computed, asked: Asked) -> WhatIf:
    """Return what differs between the two states, while their sandboxes stand."""
    catalog = load_catalog()
    before, after = found.before, found.after
    clock = max((parse_instant(run.clock).earliest for run in after.runs.values()), default=BEGINNING)
    items = item_changes(catalog, before, after)
    populations = population_changes(before, after)
    asks = newly_asked(catalog, before, after)
    controls = control_changes(catalog, before, after)
    owners = owners_missing(catalog, before, after, clock)
    reuse = reusable(catalog, asks, found)
    brings = Brings(items, populations, controls, owners, reuse)
    return WhatIf(
        questions=tuple(each.text for each in asked.questions),
        folder=asked.folder.name if asked.folder else "",
        clock=clock.isoformat() if after.runs else "",
        plan=_with_populations(found.plan, populations),
        periods={
            name: " to ".join(review_days(judged.judgement, after.scope.reporting_zone))
            for name, judged in sorted(after.judged.items())
        },
        controls=controls,
        items=items,
        populations=populations,
        conclusions=conclusion_changes(before, after),
        reuse=reuse,
        holes=tuple(holes(asks, before, after, items, clock)),
        conflicts=conflicts(before, after, items, asks),
        owners=owners,
        hours=hours(catalog, found, brings),
        runs={
            test: tuple(state.runs[test].run_id if test in state.runs else "" for state in (before, after))  # type: ignore[misc]
            for test in sorted({*before.runs, *after.runs})
        },
    )


def _with_populations(plan: ScopePlan, populations: Sequence[PopulationMoved]) -> ScopePlan:
    moved = tuple(PopulationChange(each.population, each.items_before, each.items_after) for each in populations)
    return replace(plan, populations=moved)
