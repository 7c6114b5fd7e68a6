"""What a value was, from looks at it and a log of its changes, in plain Python (head of the step setting_timeline)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from .records import Records, Span
from .steps import EVER, NEVER, TICK

KNOWN, GAP, CONTRADICTION, CONFLICT, UNCLEAR, NOT_OBSERVED = (
    "known",
    "source_gap",
    "contradiction",
    "conflict",
    "time_unclear",
    "not_observed",
)


@dataclass(frozen=True, slots=True)
class Look:
    """A value as it was seen once; doubtful where it was seen in two ways."""

    at: Span
    value: str | None
    doubtful: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A change in the log; an old value of None was not told. Doubtful where the log has two contents under its id."""

    id: str
    at: Span
    old: str | None
    new: str | None
    doubtful: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was known of a value in a half-open stretch."""

    start: datetime
    end: datetime
    state: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class _Point:
    """A look or a change on the line: what it says of the time before and after, as states and values."""

    at: Span
    id: str
    before: tuple[str, str | None]
    after: tuple[str, str | None]


def timeline(looks: Sequence[Look], changes: Sequence[Change], gaps: Sequence[Span]) -> list[Stretch]:
    """Return what a value was over all time; gaps are half-open stretches in which the log is not complete."""
    points = [_Point((EVER, EVER), "", (NOT_OBSERVED, None), (NOT_OBSERVED, None))]
    points += [_changed([each for each in changes if each.id == name]) for name in {each.id for each in changes}]
    found = []
    for look in looks:
        known = KNOWN, look.value
        beside = [each.at for each in points[1:] if each.id and each.at[0] <= look.at[1] and look.at[0] <= each.at[1]]
        if look.doubtful:
            found.append(Stretch(look.at[0], look.at[0] + TICK, CONFLICT))
        elif any(at[0] < at[1] for at in beside):
            found.append(Stretch(look.at[0], look.at[0] + TICK, *known))
        elif not beside:
            points.append(_Point((look.at[0], look.at[0]), "", known, known))
    points.sort(key=lambda each: (each.at, each.id))
    for left, right in pairwise([*points, None]):
        assert left is not None
        found += _from(left, right, gaps)
    return [each for each in found if each.start < each.end]


def _changed(told: Sequence[Change]) -> _Point:
    change = told[0]
    at = min(each.at[0] for each in told), max(each.at[1] for each in told)
    if change.doubtful:
        return _Point(at, change.id, (NOT_OBSERVED, None), (CONFLICT, None))
    return _Point(at, change.id, (NOT_OBSERVED if change.old is None else KNOWN, change.old), (KNOWN, change.new))


def _from(left: _Point, right: _Point | None, gaps: Sequence[Span]) -> Iterator[Stretch]:
    """Return what is known from one point to the next."""
    start, end = left.at[1], NEVER if right is None else right.at[0]
    if left.at[0] < start:
        yield Stretch(left.at[0], start, UNCLEAR)
    if left.after[0] == KNOWN:
        if start < end:
            yield Stretch(start, start + TICK, *left.after)
        start += TICK
    holes = [gap for gap in gaps if gap[0] < end and gap[1] > start]
    before = right.before if right is not None else (NOT_OBSERVED, None)
    if start >= end:
        return
    if holes:
        first, last = max(start, min(gap[0] for gap in holes)), min(end, max(gap[1] for gap in holes))
        yield Stretch(start, first, *left.after)
        yield Stretch(first, last, GAP)
        yield Stretch(last, end, *before)
    elif left.after[0] == before[0] == KNOWN and (left.after[1] or "") != (before[1] or ""):
        yield Stretch(start, end, CONTRADICTION)
    else:
        yield Stretch(start, end, *(before if before[0] == KNOWN and left.after[0] != KNOWN else left.after))


def gaps_of(records: Records, table: str, system: str) -> list[Span]:
    """Return when a table is not proven complete for a system."""
    return [
        (row["starts_at"] or EVER, row["ends_before"] or NEVER)
        for row in records["source_gap"]
        if row["table_name"] == table and row["system"] in {system, "*"}
    ]


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month: its name, for example 2026-03, and its first moment and that of the next."""

    name: str
    starts_at: datetime
    ends_before: datetime


def months(records: Records, clock: datetime) -> list[Month]:
    """Return the 36 months before the one of the clock and that one itself (step review_month)."""
    midnights = {row["day"]: row["starts_at"] for row in records["calendar_day"] if row["calendar"] == "default"}
    firsts = [
        datetime(clock.year + back // 12, back % 12 + 1, 1, tzinfo=UTC).replace(tzinfo=None)
        for back in range(clock.month - 1 - 36, clock.month + 1)
    ]
    starts = [midnights.get(f"{first:%Y-%m-%d}", first) for first in firsts]
    named = zip(firsts, pairwise(starts), strict=False)
    return [Month(f"{first:%Y-%m}", start, end) for first, (start, end) in named]
