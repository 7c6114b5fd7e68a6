"""What a value was, from looks at it and from a log of its changes, in plain Python (head of the step setting_timeline)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from .records import Record, Records, Span
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
    """A change in the log; an old value of None was not told."""

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
class _Proof:
    """What a value was at a point, and why nobody knows where `state` is not known."""

    at: datetime
    state: str
    value: str | None = None


def timeline(looks: Sequence[Look], changes: Sequence[Change], gaps: Sequence[Span]) -> list[Stretch]:
    """Return what a value was over all time; gaps are half-open stretches in which the log is not complete."""
    changes = sorted(changes, key=lambda each: each.at)
    found = []
    for change in changes:
        start, end = change.at[0], change.at[1] + TICK
        if change.doubtful:
            found.append(Stretch(start, end, CONFLICT))
        elif change.at[0] == change.at[1]:
            found.append(Stretch(start, end, KNOWN, change.new))
        else:
            found.append(Stretch(start, end, UNCLEAR))
    proofs: list[_Proof] = []
    for look in looks:
        moment = look.at[0], look.at[0] + TICK
        if look.doubtful:
            found.append(Stretch(*moment, CONFLICT))
        elif any(change.at[0] <= look.at[1] and look.at[0] <= change.at[1] for change in changes):
            found.append(Stretch(*moment, KNOWN, look.value))
        else:
            proofs.append(_Proof(look.at[0], KNOWN, look.value))
    for before, after in pairwise([None, *changes, None]):
        start = EVER if before is None else before.at[1] + TICK
        end = NEVER if after is None else after.at[0]
        if start < end:
            found += _between(start, end, before, after, proofs, gaps)
    return found


def _between(
    start: datetime,
    end: datetime,
    before: Change | None,
    after: Change | None,
    proofs: Sequence[_Proof],
    gaps: Sequence[Span],
) -> Iterator[Stretch]:
    """Lay what was seen between two changes and what these say on one line."""
    seen = sorted((each for each in proofs if start <= each.at < end), key=lambda each: each.at)
    first = _Proof(start, NOT_OBSERVED)
    if before is not None:
        first = _Proof(start - TICK, CONFLICT) if before.doubtful else _Proof(start - TICK, KNOWN, before.new)
    last = _Proof(end, NOT_OBSERVED)
    if after is not None and (after.doubtful or after.old is not None):
        last = _Proof(end, CONFLICT) if after.doubtful else _Proof(end, KNOWN, after.old)
    for left, right in pairwise([first, *seen, last]):
        here = max(left.at, start)
        if left in seen:
            yield Stretch(here, here + TICK, KNOWN, left.value)
            here += TICK
        if here < right.at:
            yield Stretch(here, right.at, *_carried(left, right, gaps))


def _carried(left: _Proof, right: _Proof, gaps: Sequence[Span]) -> tuple[str, str | None]:
    known = [each for each in (left, right) if each.state == KNOWN]
    if any(gap[0] < right.at and gap[1] > left.at + TICK for gap in gaps):
        return GAP, None
    if not known:
        return (CONFLICT if CONFLICT in {left.state, right.state} else NOT_OBSERVED), None
    if len({each.value for each in known}) > 1:
        return CONTRADICTION, None
    return KNOWN, known[0].value


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


def authorised(records: Records, ticket: Record, at: Span) -> str:
    """Return how well a ticket was authorised at a moment: pass, or else a reason (step ticket_authorisation)."""
    rows = [row for row in records["approval"] if row["subject"] == ticket["key"] and row["duty"] == "authorise"]
    found = []
    for row in rows:
        if row["decision"] != "approve" and not row["conflicted"]:
            continue
        given: Span = row["decided_at"]
        refusals = [
            each["decided_at"]
            for each in rows
            if each["decision"] == "reject" and each["decided_at"][0] > given[0] and not each["conflicted"]
        ]
        ends = [end for end in (row["withdrawn_at"], *refusals) if end]
        found.append(_authorised_once(row, ticket, at, ends))
    order = ("pass", "conflict", "time_unclear", "not_approved_then")
    return min(found, key=order.index, default="not_approved")


def _authorised_once(row: Record, ticket: Record, at: Span, ends: Sequence[Span]) -> str:
    given: Span = row["decided_at"]
    if given[0] > at[1] or any(end[1] < at[0] for end in ends):
        return "not_approved_then"
    if row["conflicted"]:
        return "conflict"
    imported = ticket["migrated_at"] is not None and _meet(given, ticket["migrated_at"])
    if imported or given[1] >= at[0] or any(end[0] <= at[1] for end in ends):
        return "time_unclear"
    return "pass"


def _meet(one: Span, other: Span) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


