"""Units of a frozen population that are fetched by position, without the others."""

from collections.abc import Iterator

import pytest

from twofold.model.problem import UserError
from twofold.populations.samples.frozen import freeze, unit_line, units_at

FROZEN = freeze(unit_line(f"item-{number:03d}", "ab"[number % 2], None) for number in range(50))


def test_units_are_fetched_by_position_and_nothing_is_read_behind_the_last() -> None:
    read: list[bytes] = []

    def lines() -> Iterator[bytes]:
        for line in FROZEN.as_text().splitlines(keepends=True):
            read.append(line)
            yield line

    assert units_at(lines(), [7, 0, 7, 31], where="f") == {at: FROZEN.unit(at) for at in (0, 7, 31)}
    assert len(read) == 32
    assert units_at(lines(), [], where="f") == {}


@pytest.mark.parametrize("text", [FROZEN.as_text()[:-1], b"".join(FROZEN.as_text().splitlines(keepends=True)[:30])])
def test_a_position_that_the_file_does_not_have_or_cut_off_is_told(text: bytes) -> None:
    with pytest.raises(UserError, match="it has no unit 49"):
        units_at(text.splitlines(keepends=True), [3, 49], where="f")
