"""Steps on days: offsets from the engagement, ranges of weeks, what nobody gave stays open, what happened."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.engagement.cost.figures import Figure, Figures
from twofold.engagement.cost.quantities import Range
from twofold.engagement.cost.timeline import Span, Step, add_months, timeline

TYPE2 = Span("soc2", "type2", date(2025, 11, 1), date(2026, 10, 31))
SOX = Span("sox", "sox", date(2025, 10, 1), date(2026, 9, 30))
NONE = Figures([])
WEEKS = Figure(
    "weeks_to_report", "soc2", Range(Fraction(4), Fraction(5), Fraction("6.5")), "weeks", "", "x", date(2026, 1, 1), "y"
)


def titled(steps: list[Step]) -> dict[str, Step]:
    return {step.title: step for step in steps}


def test_the_sox_year_in_days() -> None:
    steps = titled(timeline([SOX], NONE, {}))
    assert (steps["Scoping"].starts, steps["Scoping"].ends) == (date(2025, 9, 30), date(2025, 12, 31))
    assert (steps["Interim test of operation"].starts) == date(2026, 3, 31)
    assert steps["Last start of a correction: monthly controls"].starts == date(2026, 7, 31)
    assert steps["Last start of a correction: weekly controls"].is_day
    due = steps["10-K due: 60, 75 or 90 days by filer status"]
    assert (due.starts, due.ends) == (date(2026, 11, 29), date(2026, 12, 29))


def test_a_length_that_nobody_gave_stays_open_and_is_asked() -> None:
    step = titled(timeline([TYPE2], NONE, {}))["Field work and report"]
    assert (step.starts, step.ends, step.missing) == (date(2026, 11, 1), None, "weeks_to_report")


def test_a_range_of_weeks_has_an_early_and_a_late_end() -> None:
    step = titled(timeline([TYPE2], Figures([WEEKS]), {}))["Field work and report"]
    assert (step.ends, step.latest, step.missing) == (date(2026, 11, 28), date(2026, 12, 16), "")


def test_a_type_1_is_shown_before_the_first_type_2_only_where_there_is_none() -> None:
    assert "Type 1, if one came first" in titled(timeline([TYPE2], NONE, {}))
    type1 = Span("t1", "type1", date(2025, 9, 1), date(2025, 9, 1))
    steps = timeline([TYPE2, type1], NONE, {})
    assert "Type 1, if one came first" not in titled(steps)
    assert steps[0].engagement_id == "t1"


def test_what_happened_is_read_from_acts_of_the_engagement_or_of_none() -> None:
    acts = {
        "sign_off": [(date(2026, 11, 5), "sox"), (date(2026, 11, 2), "soc2"), (date(2026, 11, 9), "sox")],
        "run": [(date(2026, 4, 1), "")],
    }
    steps = titled(timeline([SOX], NONE, acts))
    assert steps["Aggregation, conclusion, sign-off"].happened == (date(2026, 11, 5), date(2026, 11, 9))
    assert steps["Interim test of operation"].happened == (date(2026, 4, 1), date(2026, 4, 1))
    assert steps["Scoping"].happened is None


@given(day=st.dates(date(1999, 1, 1), date(2100, 1, 1)), months=st.integers(-400, 400))
def test_months_keep_the_day_or_the_end_of_the_month(day: date, months: int) -> None:
    there = add_months(day, months)
    assert (there.year * 12 + there.month) - (day.year * 12 + day.month) == months
    assert there.day == day.day or add_months(there.replace(day=1), 1).toordinal() - there.toordinal() == 1


@pytest.mark.parametrize("kind", ["type1", "type2", "sox"])
def test_every_step_has_a_source_and_a_day(kind: str) -> None:
    steps = timeline([Span("x", kind, date(2026, 1, 1), date(2026, 1, 1))], NONE, {})
    assert steps
    assert all(step.rule.source and step.rule.as_of for step in steps)
