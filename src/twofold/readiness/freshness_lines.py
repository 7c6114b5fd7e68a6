"""Freshness as lines of a check: one per control and kind of evidence."""

from collections.abc import Iterator, Sequence

from twofold.readiness.check import Line, State
from twofold.readiness.freshness import Freshness


def freshness_lines(found: Sequence[Freshness]) -> Iterator[Line]:
    """Yield a line per measured freshness. Where nothing was ever captured, or nothing of it counts, it is unknown."""
    for each in found:
        yield Line(_state(each), _text(each), controls=(each.control,), item=each.kind, evidence=each.evidence[-1:])


def _state(each: Freshness) -> State:
    if not each.evidence:
        return State.CANNOT_TELL
    return State.GAP if each.left_days < 0 or each.alert else State.OK


def _text(each: Freshness) -> str:
    start = f"{each.control} {each.kind}"
    if not each.evidence:
        return f"{start}: no capture counts" + (f" ({each.flags[-1]})." if each.flags else ", since there is none.")
    left = f"{each.left_days} of {each.budget_days} stale days left"
    if each.left_days < 0:
        left = f"the budget of {each.budget_days} stale days is overspent by {-each.left_days}"
    burn = f"burn {each.short_rate / 100:.1f} and {each.long_rate / 100:.1f} times as fast as allowed"
    alert = f"; alert: {burn}" if each.alert else ""
    flagged = f"; {each.flags[-1]}" if each.flags else ""
    fresh = f"fresh on {each.fresh_days} of {each.days} days (at most {each.max_age_days} days old)"
    return f"{start}: {fresh}; {left}{alert}{flagged}."
