"""The estimate: exact products, currencies apart, missing figures named with counts, sensitivity one at a time."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.engagement.cost.compare import ActualRow, Against, compare, read_actuals
from twofold.engagement.cost.estimate import Estimate, make_estimate, sensitivity
from twofold.engagement.cost.figures import Figure, Figures, figure_kinds
from twofold.engagement.cost.lines import Bucket, Counted, line_kinds
from twofold.engagement.cost.quantities import Range, decimal_text, parse_decimal

numbers = st.integers(0, 60_000).map(lambda sixtieths: Fraction(sixtieths, 60))
ranges = st.tuples(numbers, numbers, numbers).map(lambda three: Range(*sorted(three)))


def figure(name: str, value: Range, unit: str = "", applies_to: str = "", currency: str = "") -> Figure:
    return Figure(name, applies_to, value, unit, currency, "told", date(2026, 11, 1), f"ev-1 {name}{applies_to}")


def exactly(number: int) -> Range:
    return Range.exactly(number)


def counted(quantity: Range | None, *applies_to: str) -> Counted:
    return Counted("counted", applies_to, quantity, "basis", ("scope: x",))


RATE = figure("hourly_rate", Range(Fraction(50), Fraction(60), Fraction(80)), currency="USD")
WALK = figure("hours_per_walkthrough", Range(Fraction(1), Fraction(2), Fraction(4)))


def estimate(figures: list[Figure], **counts: tuple[Counted, ...]) -> Estimate:
    return make_estimate(counts, Figures(figures))


def test_count_times_minutes_times_rate_is_exact() -> None:
    minutes = figure("minutes_export_by_hand", Range(Fraction(10), Fraction(20), Fraction(35)))
    found = estimate([minutes, RATE], exports_by_hand=(counted(exactly(7)), counted(exactly(2))))

    (line,) = found.lines
    assert line.hours == Range(Fraction(90, 60), Fraction(3), Fraction(315, 60))
    assert found.money == {"USD": Range(Fraction(75), Fraction(180), Fraction(420))}
    assert found.missing == ()


def test_a_missing_figure_is_named_and_keeps_its_count() -> None:
    found = estimate([], sox_walkthroughs=(counted(exactly(32)),))

    (line,) = found.lines
    assert line.quantity == exactly(32)
    assert line.hours is None
    assert found.money == {}
    assert found.missing == ("hours_per_walkthrough", "hourly_rate")
    said = line.statement
    assert "32 to be multiplied" in said.text
    assert "no figure: give hours_per_walkthrough" in said.text
    assert said.data == ("scope: x",)


def test_hours_stand_where_only_the_rate_is_missing() -> None:
    found = estimate([WALK], sox_walkthroughs=(counted(exactly(3)),))
    assert found.lines[0].hours == Range(Fraction(3), Fraction(6), Fraction(12))
    assert found.missing == ("hourly_rate",)


def test_what_is_not_counted_yet_adds_nothing_and_is_said() -> None:
    found = estimate([WALK, RATE], sox_walkthroughs=(counted(exactly(1)), counted(None)))
    assert found.lines[0].missing == ("count",)
    assert found.money["USD"].likely == 120


def test_the_closest_figure_wins() -> None:
    own = figure("hours_per_walkthrough", exactly(9), applies_to="AC-05")
    found = estimate([WALK, own, RATE], sox_walkthroughs=(counted(exactly(1), "AC-05"), counted(exactly(1), "AC-01")))
    assert [part.figure.key if part.figure else "" for part in found.lines[0].parts] == [
        "hours_per_walkthrough of AC-05",
        "hours_per_walkthrough",
    ]


def test_currencies_are_never_added_to_each_other() -> None:
    fees = [
        figure("audit_fee", exactly(100), applies_to="a", currency="USD"),
        figure("audit_fee", exactly(30), applies_to="b", currency="EUR"),
    ]
    found = estimate(fees, audit_fees=(counted(exactly(1), "a"), counted(exactly(1), "b")))
    assert found.money == {"EUR": exactly(30), "USD": exactly(100)}


def test_lines_that_are_not_counted_stand_in_no_total() -> None:
    found = estimate([figure("minutes_export_by_hand", exactly(60)), RATE], saved_by_hand=(counted(exactly(5)),))
    assert found.lines[0].money["USD"].likely == 300
    assert found.money == {}
    assert sensitivity(found) == []


def test_sox_lines_are_those_that_the_data_marks() -> None:
    found = estimate([], sox_walkthroughs=(counted(exactly(1)),), close_gaps=(counted(exactly(1)),))
    assert [line.kind.name for line in found.sox] == ["sox_walkthroughs"]
    assert [each.bucket for each in found.buckets] == list(Bucket)


@settings(max_examples=25)
@given(count=ranges, walk=ranges, rate=ranges, fee=ranges)
def test_an_estimate_with_a_figure_fixed_at_an_end_gives_the_end_of_its_swing(
    count: Range, walk: Range, rate: Range, fee: Range
) -> None:
    def likely(**changed: Range) -> Fraction:
        value = {"count": count, "walk": walk, "rate": rate, "fee": fee} | changed
        return (
            estimate(
                [
                    figure("hours_per_walkthrough", value["walk"]),
                    figure("hourly_rate", value["rate"], currency="USD"),
                    figure("audit_fee", value["fee"], currency="USD"),
                ],
                sox_walkthroughs=(counted(value["count"]), counted(exactly(3))),
                audit_fees=(counted(exactly(1)),),
            )
            .money["USD"]
            .likely
        )

    base = estimate(
        [
            figure("hours_per_walkthrough", walk),
            figure("hourly_rate", rate, currency="USD"),
            figure("audit_fee", fee, currency="USD"),
        ],
        sox_walkthroughs=(counted(count), counted(exactly(3))),
        audit_fees=(counted(exactly(1)),),
    )
    swings = {each.figure: each for each in sensitivity(base)}
    names: Mapping[str, tuple[str, Range]] = {
        "hours_per_walkthrough": ("walk", walk),
        "hourly_rate": ("rate", rate),
        "audit_fee": ("fee", fee),
        "count: Walk through each control": ("count", count),
    }
    assert set(swings) == {name for name, (_, value) in names.items() if not value.is_exact}
    for name, swing in swings.items():
        short, value = names[name]
        for end, total in (("low", swing.at_low), ("high", swing.at_high)):
            fixed = getattr(value, end)
            assert total == likely(**{short: Range(fixed, fixed, fixed)})
        assert base.money["USD"].low <= swing.at_low <= swing.at_high <= base.money["USD"].high
    widths = [each.width for each in sensitivity(base)]
    assert widths == sorted(widths, reverse=True)


@settings(max_examples=25)
@given(parts=st.lists(ranges, min_size=1, max_size=6), walk=ranges, rate=ranges)
def test_buckets_add_up_to_the_total_in_any_order(parts: list[Range], walk: Range, rate: Range) -> None:
    figures = [figure("hours_per_walkthrough", walk), figure("hourly_rate", rate, currency="USD")]
    figures.append(figure("hours_per_gap", walk))
    there = estimate(figures, sox_walkthroughs=tuple(map(counted, parts)), close_gaps=(counted(parts[0]),))
    back = estimate(figures, close_gaps=(counted(parts[0]),), sox_walkthroughs=tuple(map(counted, parts[::-1])))
    assert there.money == back.money
    assert there.money["USD"].likely == sum(each.money["USD"].likely for each in there.buckets if each.money)


def test_every_line_and_figure_of_the_data_fits_together() -> None:
    for kind in line_kinds().values():
        assert kind.figure in figure_kinds()
    used = {kind.figure for kind in line_kinds().values()} | {"hourly_rate", "weeks_to_report"}
    assert used == set(figure_kinds())


def test_what_was_spent_is_compared_in_its_own_unit() -> None:
    found = estimate([WALK, RATE], sox_walkthroughs=(counted(exactly(10)),))
    rows = [
        ActualRow("1", "internal_time", "39.5", "hours", "2026-10-01", "sheet", "", "a"),
        ActualRow("2", "internal_time", "499.99", "USD", "2026-10-01", "sheet", "", "a"),
        ActualRow("3", "internal_time", "5", "EUR", "2026-10-01", "sheet", "", "a"),
        ActualRow("4", "internal_time", "1", "hours", "2026-10-02", "sheet", "", "a"),
    ]
    result = {each.unit: (each.spent, each.result) for each in compare(found, read_actuals(rows)[0])}
    assert result == {
        "hours": (Fraction("40.5"), Against.ABOVE),
        "USD": (Fraction("499.99"), Against.BELOW),
        "EUR": (Fraction(5), Against.NO_ESTIMATE),
    }


def test_every_fault_of_what_was_spent_is_said_at_once() -> None:
    rows = [
        ActualRow("1", "lunch", "-1", "hrs", "yesterday", "", "", "line 2"),
        ActualRow("2", "tooling", "1", "USD", "2026-10-01", "x", "", "line 3"),
        ActualRow("2", "tooling", "1", "USD", "2026-10-01", "x", "", "line 4"),
    ]
    read, problems = read_actuals(rows)
    assert [each.where for each in read] == ["line 3"]
    assert [each.where for each in problems] == ["line 2"] * 5 + ["line 4"]


@pytest.mark.parametrize("text", ["", "-1", "1e3", "1,000", "nan", "½", "0x10", "1.2345678"])
def test_only_plain_numbers_are_read(text: str) -> None:
    with pytest.raises(ValueError, match="plain number"):
        parse_decimal(text)


@given(
    number=st.tuples(st.integers(0, 10**9), st.integers(1, 997)).map(lambda pair: Fraction(*pair)),
    places=st.integers(0, 3),
)
def test_numbers_are_shown_to_half_a_place(number: Fraction, places: int) -> None:
    shown = Fraction(decimal_text(number, places).replace(",", ""))
    assert abs(shown - number) <= Fraction(1, 2 * 10**places)
