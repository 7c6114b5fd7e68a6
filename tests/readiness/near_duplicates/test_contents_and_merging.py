"""Files that are almost equal, and lists that become one."""

from hypothesis import given
from hypothesis import strategies as st

from twofold.readiness.near_duplicates.contents import GREATEST_TEXT, KEPT, likeness_of, read_text
from twofold.readiness.near_duplicates.merged_list import merge
from twofold.readiness.near_duplicates.request import RequestLine

LINES = st.lists(st.text("abc \u00e9", min_size=1, max_size=8), min_size=5, max_size=60)


def _read(lines: list[str]) -> bytes:
    return "\n".join(lines).encode()


@given(LINES, LINES)
def test_likeness_is_the_share_of_common_lines(one: list[str], other: list[str]) -> None:
    first, second = read_text(_read(one)), read_text(_read(other))
    assert first is not None
    assert second is not None
    assert likeness_of(first, second) == likeness_of(second, first)
    assert 0 <= likeness_of(first, second) <= 1
    shuffled = read_text(_read(one[::-1]))
    assert shuffled is not None
    if first.sketch and len({" ".join(x.split()) for x in one if x.strip()}) >= 5:
        assert likeness_of(first, shuffled) == 1


def test_a_large_file_is_estimated_closely() -> None:
    lines = [f"row {n}" for n in range(20 * KEPT)]
    one, other = read_text(_read(lines)), read_text(_read(lines[: 18 * KEPT]))
    assert one is not None
    assert other is not None
    assert not one.whole
    assert abs(likeness_of(one, other) - 0.9) < 0.04


def test_bytes_that_are_no_text_are_compared_by_hash_only() -> None:
    assert read_text(b"a\0b") is None
    assert read_text(b"\xff\xfe") is None
    assert read_text(b"a" * (GREATEST_TEXT + 1)) is None


def test_days_in_a_text_are_counted_and_impossible_ones_left_out() -> None:
    text = read_text(b"2026-01-05T10:00 2026-01-05 2026-02-30 12026-01-05")
    assert text is not None
    assert [(day.isoformat(), count) for day, count in text.days.items()] == [("2026-01-05", 2)]


def test_confirmed_pairs_carry_on_and_withdrawn_places_are_passed_over() -> None:
    lines = [RequestLine(name, "1", f"text of {name}") for name in "abcd"]
    pairs = [("a/1", "b/1"), ("b/1", "c/1"), ("c/1", "gone/9")]
    found = merge(lines, pairs, {"a/1": ["ev-1"], "c/1": ["ev-1", "ev-2"]})
    assert [[line.list_id for line in each.lines] for each in found] == [["a", "b", "c"], ["d"]]
    assert found[0].shared
    assert found[0].captured == ("ev-1", "ev-2")
    assert not found[1].shared


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=12))
def test_every_line_stands_once_in_the_merged_list(pairs: list[tuple[int, int]]) -> None:
    lines = [RequestLine("ab"[n % 2], str(n), "x") for n in range(8)]
    places = [line.place for line in lines]
    found = merge(lines, [(places[one], places[other]) for one, other in pairs], {})
    assert sorted(line.place for each in found for line in each.lines) == sorted(places)
    assert [each.number for each in found] == list(range(1, len(found) + 1))
