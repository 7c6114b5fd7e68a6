"""Freshness: what evidence speaks for, when it was asked and logged; and no trick makes it look fresh."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.readiness.check import State
from twofold.readiness.freshness import Captured, Freshness, flags_of, measure, objectives
from twofold.readiness.freshness_lines import freshness_lines

FIRST, LAST = date(2026, 1, 1), date(2026, 6, 30)
MONTHLY = "every_event"
"""At most 31 days old."""


def asked(on: date, *, sha: str = "", logged: date | None = None, speaks_to: date | None = None) -> Captured:
    return Captured(
        evidence=f"ev-{on}-{sha}",
        sha256=sha or f"{on}",
        run_at=moment(on),
        period_to=moment(speaks_to) if speaks_to else None,
        captured_at=moment(logged or on) + timedelta(hours=1),
    )


def moment(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 6, tzinfo=UTC)


def fresh(*captures: Captured, last: date = LAST) -> Freshness:
    return measure("AC-03", "account", MONTHLY, captures, first_day=FIRST, last_day=last, period_days=200, zone="UTC")


MONTHS = [asked(date(2026, month, 1)) for month in range(1, 7)]


def test_asked_every_month_is_fresh_all_the_time() -> None:
    found = fresh(*MONTHS)

    assert (found.fresh_days, found.days, found.left_days, found.alert) == (181, 181, 10, False)


def test_a_day_is_fresh_up_to_its_age_and_no_longer() -> None:
    found = fresh(asked(date(2026, 1, 1)))

    assert found.fresh_days == 31  # 1 to 31 January: at the end of 1 February it is 31 days and 18 hours old
    assert found.stale[0].startswith("2026-02-01 to ")


def test_nothing_is_known_before_it_was_asked() -> None:
    assert fresh(asked(date(2026, 6, 30))).fresh_days == 1


def test_the_same_bytes_again_refresh_nothing() -> None:
    first = asked(date(2026, 1, 1), sha="a")
    again = [asked(date(2026, month, 1), sha="a") for month in range(2, 7)]

    assert fresh(first, *again).fresh_days == fresh(first).fresh_days
    assert "the same bytes" in flags_of([first, *again])[0][1]


def test_an_early_date_typed_into_a_late_export_makes_no_past_day_fresh() -> None:
    typed = [replace(each, captured_at=moment(LAST)) for each in MONTHS]

    found = fresh(*typed)

    assert found.fresh_days <= 1
    assert "reached the log" in found.flags[0]


def test_a_date_later_than_the_log_is_flagged_and_counts_for_the_log_only() -> None:
    honest = asked(date(2026, 1, 1))
    claimed = replace(honest, run_at=moment(date(2026, 6, 1)))

    found = fresh(claimed)

    assert found.fresh_days == fresh(honest).fresh_days
    assert "after the log had it" in found.flags[0]


def test_a_period_that_reaches_into_the_future_speaks_for_nothing_later() -> None:
    honest = asked(date(2026, 1, 1))

    assert fresh(replace(honest, period_to=moment(date(2027, 1, 1)))).fresh_days == fresh(honest).fresh_days


def test_what_speaks_for_an_old_period_is_old_however_new_the_export() -> None:
    old = asked(date(2026, 6, 1), speaks_to=date(2026, 1, 1))

    assert fresh(old).fresh_days == 0


def test_a_doubtful_export_counts_for_nothing() -> None:
    assert fresh(replace(MONTHS[0], doubtful=True)).evidence == ()


@settings(max_examples=40)
@given(st.lists(st.integers(0, 180), max_size=6), st.integers(0, 180), st.integers(0, 30))
def test_more_evidence_never_makes_a_day_stale(days: list[int], extra: int, wait: int) -> None:
    have = [asked(FIRST + timedelta(days=each), sha=f"{each}") for each in set(days)]
    on = FIRST + timedelta(days=extra)
    more = asked(on, sha="more", logged=on + timedelta(days=wait))

    assert fresh(*have, more).fresh_days >= fresh(*have).fresh_days
    assert (
        fresh(*have, more).fresh_days
        >= fresh(*have, replace(more, captured_at=more.captured_at + timedelta(40))).fresh_days
    )


def test_budget_burn_and_alert() -> None:
    found = fresh(*MONTHS[:5])  # nothing after May

    assert found.days - found.fresh_days == 30  # all of June: on its first day May's is 31 days and 18 hours old
    assert found.budget_days == 200 * (100 - objectives().percent) // 100
    assert found.left_days == 10 - 30
    assert found.short_rate == 2000  # stale each day, where one in twenty is allowed
    assert found.alert
    assert [line.state for line in freshness_lines([found])] == [State.GAP]


def test_an_old_spell_raises_no_alert() -> None:
    found = fresh(*[each for each in MONTHS if each.run_at.month != 2])

    assert found.days > found.fresh_days
    assert not found.alert


def test_no_capture_at_all_cannot_be_told() -> None:
    (line,) = freshness_lines([fresh()])

    assert line.state is State.CANNOT_TELL


@pytest.mark.parametrize(
    "frequency", ["every_event", "continuous", "automated", "daily", "monthly", "quarterly", "yearly"]
)
def test_each_frequency_has_an_objective(frequency: str) -> None:
    assert objectives().max_age_days[frequency] > 0
