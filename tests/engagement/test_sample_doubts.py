"""What a sample leaves to be asked, from entries of the log alone."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from twofold.engagement.sample import Sample, rebuild
from twofold.engagement.sample_doubts import below_every_convention, doubts
from twofold.vault.entry import Entry, EntryKind

START = datetime(2026, 11, 1, tzinfo=UTC)
YEAR, FIRST_HALF, SECOND_HALF = ("2026-01-01", "2027-01-01"), ("2026-01-01", "2026-07-01"), ("2026-07-01", "2027-01-01")


class Log:
    """Entries about samples of CM-01 by T-10 in one engagement."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._index = count(30)

    def _append(self, kind: EntryKind, body: dict[str, Any]) -> int:
        index = next(self._index)
        at = START + timedelta(days=len(self.entries))
        self.entries.append(Entry(index=index, at=at, actor="p-0001", kind=kind, body=body, raw=b""))
        return index

    def agree(self, size: int, *, tolerable: str = "9", expected: str = "0") -> None:
        about = {"engagement": "sox", "control": "CM-01", "agreed_with": "R. Auditor"}
        rates = {"confidence": "90", "tolerable": tolerable, "expected": expected}
        self._append(EntryKind.SAMPLE_AGREEMENT, {**about, "size": size, **rates})

    def freeze(
        self,
        size: int,
        days: tuple[str, str] = YEAR,
        *,
        units: int = 400,
        slice_left: int = 0,
        root: str = "aa",
        test: str = "T-10",
        by: str | None = None,
    ) -> str:
        body = {
            "by": by,
            "control": "CM-01",
            "control_test": test,
            "ends_before": days[1],
            "engagement": "sox",
            "judgement": 9,
            "left_out": [["slice", slice_left]] if slice_left else [],
            "method": "stratified" if by else "random",
            "nonce_sha256": None,
            "root": root,
            "run_id": "run-1",
            "size": size,
            "starts_at": days[0],
            "units": units,
        }
        return f"sm-{self._append(EntryKind.SAMPLE_FREEZE, body)}"

    def draw(self, sample: str) -> None:
        planned = self.sample(sample).frozen_plan
        body: dict[str, Any] = {"agreement": None, "by": planned.by, "method": planned.method, "nonce": "n", "seed": ""}
        body |= {"positions": list(range(planned.size)), "sample": sample, "size": planned.size}
        self._append(EntryKind.SAMPLE_DRAW, body)

    def evaluate(self, sample: str, *, tolerable: str = "9", planned: int = 0, deviations: int = 0) -> None:
        rates = {"confidence": "90", "tolerable": tolerable, "limit": "8.8", "limit_with_replaced": "8.8"}
        items = {"limit_items": 1, "limit_items_with_replaced": 1, "planned": planned, "judgement": 9}
        found = {"deviations": [*range(deviations)], "further": [], "replaced": []}
        body = {**found, "note": "", "supports": True, **rates, **items}
        units = len(self.sample(sample).projected)
        self._append(
            EntryKind.SAMPLE_RESULT, {**body, "sample": sample, "supports_with_replaced": True, "units": units}
        )

    def sample(self, name: str) -> Sample:
        return rebuild(self.entries).by_id[name]

    def doubts(self, name: str) -> list[str]:
        known = rebuild(self.entries).by_id
        return doubts(known[name], known.values())


@pytest.fixture
def log() -> Log:
    return Log()


def test_a_population_that_was_frozen_once_drawn_and_evaluated_leaves_nothing_to_ask(log: Log) -> None:
    log.agree(25)
    one = log.freeze(25)
    assert log.doubts(one) == []
    log.draw(one)
    log.evaluate(one)
    other_test = log.freeze(25, test="T-13")
    assert (log.doubts(one), log.doubts(other_test)) == ([], [])


def test_several_freezes_before_a_nonce_are_named_with_their_plans_by_each(log: Log) -> None:
    one = log.freeze(25)
    two = log.freeze(12, by="month")
    three = log.freeze(30, root="bb")
    plans = (
        f"plans: {one} (25 units, random), {two} (12 units, stratified by month), {three} (30 units, random, of other"
        " items)"
    )
    assert log.doubts(two) == [f"This population was frozen 3 times so far; {plans}; drawn: none."]
    log.draw(two)
    later = log.freeze(40)
    assert log.doubts(two) == [f"This population was frozen 3 times before the nonce; {plans}; drawn: {two}."]
    (again, forgotten) = log.doubts(later)
    assert again.startswith("This population was frozen 4 times so far; plans: ")
    assert forgotten == f"A nonce was given for {two}, another freeze of the same, and its draw was never evaluated."
    log.evaluate(two)
    assert len(log.doubts(later)) == 1


def test_a_second_nonce_does_not_hide_the_first_draw(log: Log) -> None:
    log.agree(25)
    first = log.freeze(25)
    log.draw(first)
    second = log.freeze(25)
    log.draw(second)
    log.evaluate(second)
    (again, forgotten) = log.doubts(second)
    assert again.endswith(f"{second} (25 units, random); drawn: {first}, {second}.")
    assert forgotten == f"A nonce was given for {first}, another freeze of the same, and its draw was never evaluated."
    assert log.doubts(first) == []


def test_slices_that_share_no_day_are_different_populations(log: Log) -> None:
    first, second = log.freeze(12, FIRST_HALF), log.freeze(13, SECOND_HALF)
    assert (log.doubts(first), log.doubts(second)) == ([], [])
    whole = log.freeze(25)
    assert log.doubts(whole)[0].startswith("This population was frozen 3 times so far")
    assert log.doubts(first)[0].startswith("This population was frozen 2 times so far")


def test_a_plan_and_an_evaluation_of_fewer_units_than_agreed_are_told_with_both_numbers(log: Log) -> None:
    log.agree(25)
    small = log.freeze(10)
    agreed = "25 were agreed with R. Auditor (2026-11-01, entry 30)."
    assert log.doubts(small) == [f"The plan has 10 units; {agreed}"]
    log.draw(small)
    log.evaluate(small)
    log.agree(5)
    assert log.doubts(small) == [f"The plan has 10 units; {agreed}", f"The evaluation is of 10 units; {agreed}"], (
        "less that is agreed after the draw makes nothing enough"
    )


def test_more_that_is_agreed_after_the_draw_counts(log: Log) -> None:
    one = log.freeze(10)
    log.draw(one)
    assert log.doubts(one) == []
    log.agree(25)
    assert log.doubts(one) == ["The plan has 10 units; 25 were agreed with R. Auditor (2026-11-03, entry 32)."]
    log.agree(40)
    assert "40 were agreed" in log.doubts(one)[0]
    before = log.freeze(20)
    log.agree(20)
    assert len(log.doubts(before)) == 2, "frozen twice, and a draw that was never evaluated: no plan that is too small"


def test_all_slices_together_have_what_was_agreed(log: Log) -> None:
    log.agree(25)
    first = log.freeze(12, FIRST_HALF, units=200, slice_left=210)
    agreed = "25 were agreed with R. Auditor (2026-11-01, entry 30)."
    assert log.doubts(first) == [f"The plan has 12 units; {agreed}"]
    second = log.freeze(13, SECOND_HALF, units=210, slice_left=200)
    assert (log.doubts(first), log.doubts(second)) == ([], [])
    for each in (first, second):
        log.draw(each)
    log.evaluate(first)
    assert log.doubts(first) == [f"The evaluation is of 12 units, with the other slices 12; {agreed}"]
    log.evaluate(second)
    assert (log.doubts(first), log.doubts(second)) == ([], [])


def test_of_several_freezes_of_another_slice_the_one_that_was_evaluated_counts(log: Log) -> None:
    log.agree(25)
    first = log.freeze(12, FIRST_HALF, units=200, slice_left=210)
    _, second, _ = (log.freeze(size, SECOND_HALF, units=210, slice_left=200) for size in (1, 13, 2))
    for each in (first, second):
        log.draw(each)
        log.evaluate(each)
    assert log.doubts(first) == []


def test_no_more_than_the_items_of_the_period_are_asked_for(log: Log) -> None:
    log.agree(25)
    assert log.doubts(log.freeze(12, units=12)) == []
    part = log.freeze(4, FIRST_HALF, units=4, slice_left=8, test="T-13")
    assert log.doubts(part) == [
        "The plan has 4 units; 25 were agreed with R. Auditor (2026-11-01, entry 30), and the period has 12 items."
    ]


def test_of_another_slice_the_freeze_that_was_drawn_counts_before_a_newer_one(log: Log) -> None:
    log.agree(25)
    first = log.freeze(12, FIRST_HALF, units=200, slice_left=210)
    drawn = log.freeze(13, SECOND_HALF, units=210, slice_left=200)
    log.draw(drawn)
    log.freeze(2, SECOND_HALF, units=210, slice_left=200)
    assert log.doubts(first) == []


def test_a_plan_about_which_nothing_was_agreed_is_held_against_the_conventions(log: Log) -> None:
    said = below_every_convention(log.sample(log.freeze(3, units=40)))
    assert said == (
        "Nothing was agreed with an auditor, and the plan has 3 units: no convention for 40 items says less than 5."
    )
    assert below_every_convention(log.sample(log.freeze(5, units=40))) is None
    assert below_every_convention(log.sample(log.freeze(1, units=2))) is None, "some sources say nothing of two items"
    log.agree(25)
    assert below_every_convention(log.sample(log.freeze(3, units=40))) is None


def test_rates_that_nobody_agreed_to_before_the_draw_are_told(log: Log) -> None:
    one = log.freeze(25)
    log.draw(one)
    log.agree(25, tolerable="50")
    assert log.doubts(one) == []
    log.evaluate(one, tolerable="50")
    rates = "90% confidence, 50% tolerable, at most 0 planned"
    assert log.doubts(one) == [f"The evaluation is by {rates}; no rates were agreed before the draw."]


def test_other_rates_than_were_agreed_before_the_draw_are_told(log: Log) -> None:
    """Whoever knows the units could find the tolerable rate that suits."""
    log.agree(25, expected="3.5")
    one = log.freeze(25)
    log.draw(one)
    log.evaluate(one, planned=1)
    assert log.doubts(one) == []
    agreed = "agreed before the draw: 90% confidence, 9% tolerable, at most 1 planned (2026-11-01, entry 30)."
    log.agree(25, tolerable="50")
    log.evaluate(one, tolerable="50")
    told = "The evaluation is by 90% confidence, 50% tolerable, at most 0 planned"
    assert log.doubts(one) == [f"{told}; {agreed}"], "an agreement of today does not make it the one of then"
    log.evaluate(one, planned=2)
    assert log.doubts(one) == [f"The evaluation is by 90% confidence, 9% tolerable, at most 2 planned; {agreed}"]
    log.evaluate(one)
    assert log.doubts(one) == []
