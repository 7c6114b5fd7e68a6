from fractions import Fraction

from twofold.populations.samples.evaluation import evaluate, percent


def test_a_clean_sample_of_59_supports_reliance_at_5_percent() -> None:
    found = evaluate(size=59, deviations=0, population=1000, risk=Fraction(5, 100), tolerable=Fraction(5, 100))
    assert found.supports
    assert found.limit == Fraction(50, 1000)
    assert found.limit_items == 48


def test_one_deviation_in_25_does_not() -> None:
    found = evaluate(size=25, deviations=1, population=250, risk=Fraction(10, 100), tolerable=Fraction(9, 100))
    assert not found.supports
    assert found.limit == Fraction(147, 1000)


def test_percent_shows_what_is_needed() -> None:
    assert [percent(Fraction(text)) for text in ("0.05", "0.035", "0.1131", "1")] == ["5%", "3.5%", "11.31%", "100%"]
