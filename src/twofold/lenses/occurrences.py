"""How often a scheduled control should have occurred in a period, and what too few of them mean for a conclusion.

Source: audit-domain 6 (short windows fail for quarterly or yearly controls) and 2.4 (close and annual controls cannot
be tested before they run).
"""

from collections.abc import Mapping

from twofold.catalog.entries import Frequency
from twofold.lenses.verdict import Counts
from twofold.model.period import ReviewPeriod

PER_YEAR: Mapping[Frequency, int] = {Frequency.YEARLY: 1, Frequency.QUARTERLY: 4, Frequency.MONTHLY: 12}
"""The frequencies whose occurrences fall due by the calendar, whatever happens in the company."""
_DAY_BY_DAY: Mapping[Frequency, frozenset[str]] = {
    Frequency.DAILY: frozenset({"T-21", "T-23"}),
    Frequency.CONTINUOUS: frozenset({"T-17"}),
}
"""The control tests whose items a plan expects day by day, by frequency: backups and key jobs; logs.

Others of these frequencies have events for items, such as changes or alerts, and a control without any is idle.
"""
_YEAR = 365


def due_in(frequency: Frequency, period: ReviewPeriod) -> int | None:
    """Return about how many occurrences fall due in a period on one system; None where the calendar does not decide.

    Rounded to the nearest whole number, since quarters and months differ by days.
    """
    per_year = PER_YEAR.get(frequency)
    if per_year is None:
        return None
    days = (period.ends_before - period.starts_at).days
    return (2 * days * per_year + _YEAR) // (2 * _YEAR)


def never_idle(frequency: Frequency, control_test: str) -> bool:
    """Return whether a population without an item means that something is absent, whatever happens in the company."""
    return frequency in PER_YEAR or control_test in _DAY_BY_DAY.get(frequency, frozenset())


def should_occur(frequency: Frequency, control_test: str, period: ReviewPeriod) -> bool:
    """Return whether at least one item of the control test should lie in the period, by the calendar or by a plan."""
    return bool(due_in(frequency, period)) or (frequency not in PER_YEAR and never_idle(frequency, control_test))


def thin_period(frequency: Frequency, period: ReviewPeriod, counts: Counts) -> str:
    """Return what a reader should know of too few occurrences, "" where there are enough."""
    due = due_in(frequency, period)
    days = (period.ends_before - period.starts_at).days
    if due is None:
        return ""
    if days <= 1:
        return f"a period of one day shows no operation of a {frequency} control: show one occurrence before it"
    if due == 0:
        return f"the period of {days} days is too short for a {frequency} control: choose a longer one, or say so"
    if counts.applicable == 0:
        return f"about {due} should fall due in the period and none does: look at the schedule"
    if due == 1:
        return "one occurrence falls due in the period, so the conclusion rests on it alone"
    return ""


def runs_late(frequency: Frequency, counts: Counts) -> str:
    """Return a sentence about occurrences that had not run when the data was extracted, "" where there are none."""
    if frequency not in PER_YEAR or not counts.pending:
        return ""
    one = counts.pending == 1
    told = "1 occurrence was" if one else f"{counts.pending} occurrences were"
    return f"{told} not over when the data was extracted: extract again and test {'it' if one else 'them'} afterwards"
