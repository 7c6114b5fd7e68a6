"""Whether a canonical table is proven for a window: what "missing" means where nothing is found.

A state is proven by an extraction near the end of the window; an event table by extractions that together cover the
window but for a few days. An extraction with a doubt (wrong count, exact page, unread records) proves nothing, as in
`populations/source_gaps.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from twofold.populations.source_gaps import Extraction
from twofold.tables.schema import TableKind, canonical_tables


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether a table is proven for the window; `why` is a part of a sentence where it is not."""

    table: str
    proven: bool
    why: str = ""


def prove(
    extractions: Iterable[Extraction], *, window_from: datetime, window_to: datetime, reach_days: int
) -> Mapping[str, Proof]:
    """Return a proof for each table that has an extraction; a table without any is not in it. Times are aware UTC."""
    found: dict[str, list[Extraction]] = {}
    for each in extractions:
        found.setdefault(each.table, []).append(each)
    reach = timedelta(days=reach_days)
    return {table: _prove(table, each, window_from, window_to, reach) for table, each in sorted(found.items())}


def _prove(table: str, extractions: list[Extraction], start: datetime, end: datetime, reach: timedelta) -> Proof:
    good = [each for each in extractions if not each.doubts]
    if not good:
        doubts = ", ".join(sorted({doubt for each in extractions for doubt in each.doubts}))
        return Proof(table, proven=False, why=f"each export of it is in doubt ({doubts})")
    newest = max(each.covered[1] for each in good)
    if newest < end - reach:
        return Proof(table, proven=False, why=f"the newest export speaks for the time up to {newest:%Y-%m-%d} only")
    if canonical_tables()[table].kind is TableKind.STATE:
        return Proof(table, proven=True)
    missing = _missing(sorted(each.covered for each in good), start, end)
    if missing > reach:
        return Proof(table, proven=False, why=f"{missing.days} days of the window are in no export")
    return Proof(table, proven=True)


def _missing(covered: list[tuple[datetime, datetime]], start: datetime, end: datetime) -> timedelta:
    """Return how much of [start, end) no stretch covers."""
    missing, reached = timedelta(), start
    for first, last in covered:
        if first > reached:
            missing += max(min(first, end) - reached, timedelta())
        reached = max(reached, last)
    return missing + max(end - reached, timedelta())
