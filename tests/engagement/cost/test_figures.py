"""Figures as they are told: every fault at once, and what is published is dated, sourced and used only where asked."""

import pytest

from twofold.engagement.cost.figures import FigureRow, Figures, figure_kinds, published_ranges, read_figures

KNOWN = {
    "control": frozenset({"AC-05"}),
    "frequency": frozenset({"daily"}),
    "engagement": frozenset({"soc2", "type2"}),
    "report": frozenset({"soc2"}),
}


def row(figure: str, unit: str = "minutes", applies_to: str = "", **changed: str) -> FigureRow:
    values = {"low": "1", "likely": "2", "high": "3", "origin": "sheet", "as_of": "2026-11-01", "where": "line 2"}
    return FigureRow(figure=figure, unit=unit, applies_to=applies_to, **{**values, **changed})


def test_a_figure_for_one_control_stands_beside_the_general_one() -> None:
    rows = [row("minutes_perform"), row("minutes_perform", applies_to="AC-05", likely="3")]
    read, problems = read_figures(rows, known=KNOWN)
    figures = Figures(read)
    assert problems == []
    own = figures.closest("minutes_perform", ("AC-05", "daily"))
    other = figures.closest("minutes_perform", ("AC-06", "daily"))
    assert own is not None
    assert other is not None
    assert (own.key, other.key) == ("minutes_perform of AC-05", "minutes_perform")
    assert figures.closest("audit_fee", ("soc2",)) is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (row("minutes_guess"), "unknown figure"),
        (row("minutes_perform", unit="hours"), "minutes_perform in 'hours'"),
        (row("hourly_rate", unit="USD"), "hourly_rate in 'USD'"),
        (row("hourly_rate", unit="usd per hour"), "hourly_rate in"),
        (row("audit_fee", unit="USD per hour", applies_to="soc2"), "audit_fee in"),
        (row("minutes_perform", low="4"), "runs from low over likely to high"),
        (row("minutes_perform", high="lots"), "no plain number"),
        (row("minutes_perform", origin=" "), "no origin"),
        (row("minutes_perform", as_of="soon"), "no day"),
        (row("minutes_perform", applies_to="soc2"), "applies to 'soc2'"),
        (row("hours_per_policy", unit="hours", applies_to="AC-05"), "applies to 'AC-05'"),
        (row("tool_licence", unit="USD per year"), "names no tool"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_figure_that_does_not_fit_is_refused(wrong: FigureRow, said: str) -> None:
    read, (problem,) = read_figures([wrong], known=KNOWN)
    assert read == []
    assert said in problem.found


def test_rows_that_fit_are_read_beside_those_that_do_not() -> None:
    rows = [row("x"), row("minutes_perform", unit="h", origin="", where="line 3"), row("minutes_perform"),
            row("minutes_perform", where="line 5")]  # fmt: skip
    read, problems = read_figures(rows, known=KNOWN)
    assert [each.key for each in read] == ["minutes_perform"]
    assert [each.where for each in problems] == ["line 2", "line 3", "line 3", "line 5"]


def test_published_ranges_are_pages_with_source_and_day() -> None:
    for each in published_ranges().values():
        assert "not a survey" in each.source
        assert each.as_of.year == 2026
        assert each.currency == "USD"
    assert published_ranges()["linford"].value.likely == 30_000
    assert published_ranges()["legalclarity_first_year"].kinds == ()


def test_every_figure_says_what_it_is() -> None:
    for name, kind in figure_kinds().items():
        assert kind.about, name
        currency = kind.currency_of(kind.unit.replace("CUR", "EUR"))
        assert currency == ("EUR" if "CUR" in kind.unit else "")
