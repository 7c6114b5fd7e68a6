"""A dry run: random items per control, what stood behind each when it was drawn, and hours to full evidence.

Rule 1: times are the log's: the draw is when the log got the drawn items, evidence is there when the log got it. No
date that somebody types enters. Rule 2: an item is full when its control test can decide each attribute. Rule 3: what
is full only after the end of the dry run stays open in its result.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median_low

from twofold.catalog.entries import Control
from twofold.readiness.check import Line, State

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class DrawnItem:
    """One drawn item. full_at: when the log had the last evidence it needed, None while it is open."""

    control: str
    control_test: str
    item: str
    system: str
    position: int
    held: tuple[str, ...]
    missing: tuple[str, ...]
    still_missing: tuple[str, ...]
    full_at: datetime | None


@dataclass(frozen=True, slots=True)
class DryRun:
    """One dry run as the log gives it; times aware UTC. finished_at: None while it goes on."""

    dry_run_id: str
    drawn_at: datetime
    finished_at: datetime | None
    items: tuple[DrawnItem, ...]

    def hours(self, item: DrawnItem) -> int | None:
        """Return whole hours, rounded up, from the draw to full evidence; 0 where it was all there; None while open."""
        if item.full_at is None or (self.finished_at is not None and item.full_at > self.finished_at):
            return None
        waited = max(item.full_at - self.drawn_at, timedelta())
        return -(-waited // _HOUR)


@dataclass(frozen=True, slots=True)
class ControlHours:
    """How long one control's drawn items took: median and worst in hours over the full ones, and how many are open."""

    control: str
    drawn: int
    median: int | None
    worst: int | None
    still_open: int


def hours_by_control(run: DryRun) -> list[ControlHours]:
    """Return a row per control, in order of id."""
    found = []
    for control in sorted({each.control for each in run.items}):
        items = [each for each in run.items if each.control == control]
        hours = [spent for each in items if (spent := run.hours(each)) is not None]
        found.append(
            ControlHours(
                control=control,
                drawn=len(items),
                median=median_low(hours) if hours else None,
                worst=max(hours, default=None),
                still_open=len(items) - len(hours),
            )
        )
    return found


def dry_run_lines(
    controls: Mapping[str, Control], run: DryRun | None, *, full_hours: int, now: datetime
) -> Iterator[Line]:
    """Yield a line per control: full evidence in time, not in time, or not known."""
    if run is None:
        yield Line(State.CANNOT_TELL, "No dry run was made yet.")
        return
    measured = {each.control: each for each in hours_by_control(run)}
    waited = (run.finished_at or now) - run.drawn_at
    for name, control in controls.items():
        if name not in measured:
            told = (
                "no rule tests it, so nothing can be drawn" if not control.control_tests else "it had no item to draw"
            )
            yield Line(State.CANNOT_TELL, f"{name}: {told}.", (name,), item=run.dry_run_id)
            continue
        yield _line(measured[name], run, late=waited > timedelta(hours=full_hours), full_hours=full_hours)


def _line(measured: ControlHours, run: DryRun, *, late: bool, full_hours: int) -> Line:
    name, items = measured.control, f"{measured.drawn} drawn items"
    over = run.finished_at is not None
    if measured.still_open:
        state = State.GAP if late or over else State.CANNOT_TELL
        told = f"{measured.still_open} of {items} still open" + (f" after {full_hours} hours" if late else "")
    elif measured.worst is not None and measured.worst > full_hours:
        state, told = State.GAP, f"the slowest of {items} took {measured.worst} hours; {full_hours} is the limit"
    else:
        state, told = State.OK, f"all of {items} had full evidence within {measured.worst} hours"
    missing = sorted({text for each in run.items if each.control == name for text in each.still_missing})
    return Line(
        state,
        f"{name}: {told}." + (f" Missing: {', '.join(missing)}." if missing else ""),
        (name,),
        item=run.dry_run_id,
    )


def latest(runs: Sequence[DryRun]) -> DryRun | None:
    """Return the newest dry run."""
    return runs[-1] if runs else None
