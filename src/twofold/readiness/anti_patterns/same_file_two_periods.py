"""Same file for two periods: equal bytes claimed for periods apart, or a file without a day in its period."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import combinations

from twofold.model.evidence import ACT_CONNECTOR
from twofold.readiness.anti_patterns.facts import CaptureFact, Facts
from twofold.readiness.anti_patterns.pattern import Found, Hit, PatternRule, cannot_tell, counted, found, hit


def look(facts: Facts, rule: PatternRule) -> Found:
    """Look at the period that each piece of evidence claims."""
    claimed = [x for x in facts.captures if x.connector != ACT_CONNECTOR and x.period_from and x.period_to]
    if not claimed:
        return cannot_tell(rule, "No evidence says which period it speaks for.", "evidence: none")
    hits = [*_two_periods(claimed, rule), *_outside(claimed, rule)]
    text = (
        f"Periods of {counted(len(claimed), 'piece')} of evidence, compared with each other and with the days in them."
    )
    return found(rule, hits, looked_at=text, data=("evidence: periods",))


def _two_periods(claimed: Sequence[CaptureFact], rule: PatternRule) -> Iterator[Hit]:
    slack = timedelta(days=int(rule.limits["slack_days"]))
    same: dict[str, list[CaptureFact]] = {}
    for each in claimed:
        # An export without a row, "nothing happened", looks the same in every period.
        if each.text is None or each.text.rows >= int(rule.limits["fewest_rows"]):
            same.setdefault(each.sha256, []).append(each)
    for group in same.values():
        for one, other in combinations(group, 2):
            if not one.may_share_period_with(other) and not _honestly_equal(one, other, slack):
                text = (
                    f"{one.evidence} {one.name!r} and {other.evidence} {other.name!r} are the same bytes, "
                    f"claimed for {_period(one)} and for {_period(other)}."
                )
                yield hit(rule, text, f"evidence: {one.evidence}", f"evidence: {other.evidence}")


def _outside(claimed: Sequence[CaptureFact], rule: PatternRule) -> Iterator[Hit]:
    slack = timedelta(days=int(rule.limits["slack_days"]))
    for each in claimed:
        if (
            not each.in_force
            or not each.holds_events
            or each.text is None
            or not each.period_from
            or not each.period_to
        ):
            continue
        days = each.text.days
        first, last = (each.period_from - slack).date(), (each.period_to + slack).date()
        if sum(days.values()) >= int(rule.limits["fewest_dates"]) and not any(first <= day <= last for day in days):
            text = (
                f"{each.evidence} {each.name!r} is claimed for {_period(each)}; the {sum(days.values()):,} "
                f"days in it run from {min(days)} to {max(days)}."
            )
            yield hit(rule, text, f"evidence: {each.evidence}")


def _honestly_equal(one: CaptureFact, other: CaptureFact, slack: timedelta) -> bool:
    """Whether a list of what exists was asked for twice, and nothing had changed between: one answer, two exports."""
    listing = one.text is not None and not one.holds_events and not other.holds_events
    return listing and abs(one.asked_at - other.asked_at) > slack


def _period(capture: CaptureFact) -> str:
    first, last = capture.period_from, capture.period_to
    return f"{first:%Y-%m-%d} to {last - timedelta(microseconds=1):%Y-%m-%d}" if first and last else "no period"
