from fractions import Fraction

from twofold.populations.samples.evaluation import evaluate, percent


def test_a_clean_sample_of_59_supports_reliance_at_5_percent() -> None:
    found = evaluate(
        size=59, deviations=0, planned=0, population=1000, risk=Fraction(5, 100), tolerable=Fraction(5, 100)
    )
    assert found.supports
    assert found.limit == Fraction(50, 1000)
    assert found.sentence == (
        "None of 59 units deviates. With 95% confidence at most 5% of the population deviate (48 of 1,000 items by the "
        "hypergeometric model); tolerable are 5%, so the sample supports reliance on the control."
    )


def test_one_deviation_in_25_does_not() -> None:
    found = evaluate(
        size=25, deviations=1, planned=0, population=250, risk=Fraction(10, 100), tolerable=Fraction(9, 100)
    )
    assert not found.supports
    assert found.limit == Fraction(147, 1000)
    assert "1 of 25 units deviates" in found.sentence


def test_percent_shows_what_is_needed() -> None:
    assert [percent(Fraction(text)) for text in ("0.05", "0.035", "0.1131", "1")] == ["5%", "3.5%", "11.31%", "100%"]
