"""Terms of retention, to the microsecond, and the policy that they come from."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.vault.retention.retention import (
    EvidenceUse,
    RetentionPolicy,
    add_years,
    lowered,
    policy_of,
    policy_with,
    shipped_policy,
    term_of,
)

CAPTURED = datetime(2026, 7, 15, 6, tzinfo=UTC)
YEAR_END = datetime(2027, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(lambda each: each.replace(tzinfo=UTC))  # noqa: DTZ001


def use(**changed: object) -> EvidenceUse:
    return EvidenceUse(evidence_id="ev-1", captured_at=CAPTURED, **changed)  # type: ignore[arg-type]  # given by name


def test_sox_is_seven_years_with_a_source_and_a_date() -> None:
    sox = shipped_policy().classes[0]
    assert (sox.name, sox.years, sox.may_be_lowered) == ("sox_relied", 7, False)
    for each in shipped_policy().classes:
        assert len(each.source) > 40
        assert each.settled_on <= date(2026, 12, 31)


@pytest.mark.parametrize(
    ("given_use", "name", "start"),
    [
        (use(), "other", CAPTURED),
        (use(period_to=YEAR_END), "other", YEAR_END),
        (use(period_to=CAPTURED - SECOND), "other", CAPTURED),
        (use(relied_from={"soc2": YEAR_END}), "relied", YEAR_END),
        (use(relied_from={"sox": YEAR_END}), "sox_relied", YEAR_END),
        (use(relied_from={"sox": YEAR_END, "soc2": YEAR_END + SECOND}), "sox_relied", YEAR_END),
        (use(relied_from={"sox": CAPTURED - SECOND}), "sox_relied", CAPTURED),
        (use(financially_relevant=True), "sox_relied", CAPTURED),
        (use(financially_relevant=True, period_to=YEAR_END), "sox_relied", YEAR_END),
        (use(financially_relevant=True, relied_from={"soc2": YEAR_END}), "sox_relied", CAPTURED),
    ],
    ids=range(10),
)
def test_class_and_start_of_the_clock(given_use: EvidenceUse, name: str, start: datetime) -> None:
    term = term_of(given_use, shipped_policy())
    assert (term.class_name, term.retained_from) == (name, start)
    assert term.due_at == start.replace(year=start.year + shipped_policy().years(name))


def test_the_class_that_ends_last_counts() -> None:
    policy = policy_with({"relied": 10})
    both = use(relied_from={"sox": YEAR_END, "soc2": YEAR_END})
    assert (term_of(both, policy).class_name, term_of(both, policy).due_at.year) == ("relied", 2037)


def test_one_second_before_and_after_the_end_of_a_term() -> None:
    term = term_of(use(relied_from={"sox": YEAR_END}), shipped_policy())
    end = datetime(2034, 1, 1, tzinfo=UTC)
    assert [term.is_due(end + delta) for delta in (-SECOND, -TICK, 0 * TICK, SECOND)] == [False, False, True, True]


def test_a_term_ends_on_a_whole_second_and_never_early() -> None:
    start = CAPTURED + TICK
    assert term_of(use(period_to=start), shipped_policy()).due_at == CAPTURED.replace(year=2027) + SECOND


def test_a_leap_day_is_never_shortened() -> None:
    leap = datetime(2028, 2, 29, 12, tzinfo=UTC)
    assert add_years(leap, 7) == datetime(2035, 3, 1, 12, tzinfo=UTC)
    assert add_years(leap, 4) == datetime(2032, 2, 29, 12, tzinfo=UTC)


@given(MOMENTS, st.integers(1, 20), st.integers(1, 20))
def test_more_years_are_never_less_time(moment: datetime, years: int, more: int) -> None:
    assert moment < add_years(moment, years) < add_years(moment, years + more)


@given(st.dictionaries(st.sampled_from(["soc2", "sox"]), MOMENTS), st.booleans(), st.none() | MOMENTS, MOMENTS)
def test_relying_on_evidence_never_shortens_its_term(
    relied: dict[str, datetime], relevant: bool, period_to: datetime | None, start: datetime
) -> None:
    before = use(relied_from=relied, financially_relevant=relevant, period_to=period_to)
    after = use(
        relied_from={**relied, "sox": max(start, relied.get("sox", start))},
        financially_relevant=relevant,
        period_to=period_to,
    )
    policy = shipped_policy()
    kept_by_sox_alone = period_to is None or bool(relied) or relevant
    if kept_by_sox_alone:
        assert term_of(after, policy).due_at >= term_of(before, policy).due_at


def test_a_policy_is_read_back_from_its_entry() -> None:
    policy = policy_with({"sox_relied": 10, "other": 2})
    assert policy_of([list(map(str, each)) for each in policy.as_json()]) == policy  # type: ignore[arg-type]  # a row is a list
    assert policy_of([["sox_relied", 8, "s"], ["moon", 3, "s"]]).years("sox_relied") == 8


def test_what_gets_shorter_is_named() -> None:
    policy = policy_with({"other": 5, "relied": 5})
    assert lowered(shipped_policy(), policy) == []
    assert lowered(policy, shipped_policy()) == ["relied", "other"]
    assert isinstance(policy, RetentionPolicy)
    assert policy.sha256 != shipped_policy().sha256
