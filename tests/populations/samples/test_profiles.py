import pytest

from twofold.model.problem import UserError
from twofold.populations.samples.profiles import SizeRange, frequencies, frequency_of, profile_sizes, profiles


def said(**asked: object) -> dict[str, SizeRange | None]:
    return {each.profile.name: each.range for each in profile_sizes(**asked)}  # type: ignore[arg-type]


def test_sources_disagree_and_all_are_shown() -> None:
    assert said(frequency="monthly") == {
        "common": SizeRange(2, 5),
        "forum": SizeRange(3, 3),
        "itgc_skill": SizeRange(2, 3),
        "chiaro": SizeRange(2, 2),
        "by_population": SizeRange(3, 3),
    }
    assert said(frequency="automated")["itgc_skill"] == SizeRange(1, 1)
    assert said(frequency="half_yearly")["forum"] is None, "a source that is silent stays silent"


@pytest.mark.parametrize(
    ("occurrences", "frequency"),
    [
        (1, "annual"),
        (2, "half_yearly"),
        (3, "quarterly"),
        (12, "monthly"),
        (13, "weekly"),
        (250, "daily"),
        (366, "daily"),
        (367, "many_a_day"),
    ],
)
def test_an_on_event_control_gets_its_frequency_from_the_yearly_count(occurrences: int, frequency: str) -> None:
    assert frequency_of(occurrences) == frequency


@pytest.mark.parametrize(
    ("occurrences", "size"), [(7, 7), (10, 10), (11, 8), (50, 8), (51, 15), (250, 15), (251, 25), (90_000, 25)]
)
def test_sizes_by_count(occurrences: int, size: int) -> None:
    assert said(occurrences=occurrences)["chiaro"] == SizeRange(size, size)


@pytest.mark.parametrize("occurrences", range(1, 400))
def test_a_tenth_of_a_middle_population(occurrences: int) -> None:
    size = min(occurrences, 5) if occurrences <= 50 else min(-(-occurrences // 10), 25)
    assert said(occurrences=occurrences)["by_population"] == SizeRange(size, size)


def test_never_more_than_there_are() -> None:
    assert said(occurrences=3)["common"] == SizeRange(2, 2)
    assert said(frequency="daily", occurrences=22)["common"] == SizeRange(20, 22)


def test_a_named_frequency_is_no_control_on_occurrence() -> None:
    assert said(frequency="monthly", occurrences=12)["chiaro"] == SizeRange(2, 2)
    assert said(frequency="daily", occurrences=250)["chiaro"] == SizeRange(25, 25)


def test_an_unknown_frequency_is_refused() -> None:
    with pytest.raises(UserError, match="one of annual, half_yearly"):
        profile_sizes(frequency="as needed", occurrences=30)
    with pytest.raises(UserError, match="one of annual, half_yearly"):
        profile_sizes(frequency="as needed")


def test_every_profile_is_dated_and_names_its_source() -> None:
    for profile in profiles().values():
        assert profile.source
        assert profile.as_of.year == 2026
        assert all(1 <= each.low <= each.high for each in profile.by_frequency.values())
    assert list(frequencies().values()) == sorted(frequencies().values())
