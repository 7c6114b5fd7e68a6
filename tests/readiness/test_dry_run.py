"""Hours to full evidence, from the times of the log alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.catalog.load import load_catalog
from twofold.readiness.check import State
from twofold.readiness.dry_run import DrawnItem, DryRun, dry_run_lines, hours_by_control

DRAWN = datetime(2026, 11, 20, 9, tzinfo=UTC)
CONTROLS = {name: load_catalog().control(name) for name in ("AC-03",)}


def item(minutes: int | None, control: str = "AC-03") -> DrawnItem:
    full_at = None if minutes is None else DRAWN + timedelta(minutes=minutes)
    missing = () if minutes == 0 else ("A source_gap",)
    return DrawnItem(control, "T-03", "i", "erp", 1, (), missing, missing if minutes is None else (), full_at)


def run(*items: DrawnItem, finished: int | None = None) -> DryRun:
    return DryRun("dr-1", DRAWN, None if finished is None else DRAWN + timedelta(hours=finished), items)


@pytest.mark.parametrize(("minutes", "hours"), [(0, 0), (1, 1), (60, 1), (61, 2), (-5, 0), (None, None)])
def test_hours_are_rounded_up(minutes: int | None, hours: int | None) -> None:
    assert run().hours(item(minutes)) == hours


def test_what_came_after_the_end_stays_open() -> None:
    assert run(finished=2).hours(item(180)) is None
    assert run(finished=3).hours(item(180)) == 3


@given(st.lists(st.one_of(st.none(), st.integers(0, 9_000)), min_size=1, max_size=8))
def test_counts_close(minutes: list[int | None]) -> None:
    (found,) = hours_by_control(run(*map(item, minutes)))

    assert found.drawn == len(minutes)
    assert found.still_open == minutes.count(None)
    if found.median is not None and found.worst is not None:
        assert found.median <= found.worst


@pytest.mark.parametrize(
    ("items", "finished", "after", "state"),
    [
        ([0, 60], None, 1, State.OK),
        ([0, None], None, 72, State.CANNOT_TELL),
        ([0, None], None, 73, State.GAP),
        ([0, None], 5, 1, State.GAP),
        ([73 * 60], None, 80, State.GAP),
        ([], None, 1, State.CANNOT_TELL),
    ],
    ids=["in time", "still running", "too long", "ended open", "too slow", "nothing drawn"],
)
def test_lines(items: list[int | None], finished: int | None, after: int, state: State) -> None:
    lines = dry_run_lines(
        CONTROLS, run(*map(item, items), finished=finished), full_hours=72, now=DRAWN + timedelta(hours=after)
    )

    assert [line.state for line in lines] == [state]


def test_without_a_dry_run_nothing_is_known() -> None:
    assert [line.state for line in dry_run_lines(CONTROLS, None, full_hours=72, now=DRAWN)] == [State.CANNOT_TELL]
