"""Matching, measured on questions with labels; docs/howto/answer-a-questionnaire.md gives the figures."""

import re
import tomllib
from pathlib import Path

import pytest

from twofold.engagement.questionnaire.matching import USABLE, MatchKind, find_matches, index_of

LABELS = tomllib.loads(Path(__file__).with_name("labelled_questions.toml").read_text("utf-8"))
PAGE = Path(__file__).parents[3] / "docs" / "howto" / "answer-a-questionnaire.md"
INDEX = index_of(LABELS["library"].items())


def measured(part: str) -> tuple[float, float]:
    """Return precision and recall: a draft that is made is right, and one that could be made is made."""
    right = made = possible = 0
    for text, expected in LABELS[part].items():
        usable = [each for each in find_matches(text, INDEX) if each.kind in USABLE]
        found = usable[0].answer_id if usable else ""
        made += bool(found)
        possible += bool(expected)
        right += bool(found) and found == expected
    return right / made, right / possible


@pytest.mark.parametrize("part", ["built_on", "held_out"])
def test_precision_and_recall_are_those_of_the_page(part: str) -> None:
    precision, recall = measured(part)

    told = re.search(rf"`{part}`[^|]*\| \d+ \| ([\d.]+) \| ([\d.]+) \|", PAGE.read_text("utf-8"))
    assert told is not None
    assert (f"{precision:.3f}", f"{recall:.3f}") == told.groups()
    assert precision >= 0.95
    assert recall >= 0.8


@pytest.mark.parametrize(
    "asked",
    [
        "Do you NOT store payment card numbers?",
        "Don't you store payment card numbers?",
        "Are payment card numbers never stored?",
        "Are no payment card numbers stored?",
    ],
)
def test_the_opposite_question_has_no_answer(asked: str) -> None:
    found = find_matches(asked, INDEX)

    assert found[0].answer_id == "cards"
    assert found[0].kind is MatchKind.OPPOSITE


def test_a_harmless_not_turns_nothing() -> None:
    found = find_matches("Do you store payment card numbers (including but not limited to debit cards)?", INDEX)

    assert found[0].kind is not MatchKind.OPPOSITE


def test_neighbours_are_told_apart() -> None:
    found = {each.answer_id: each.kind for each in find_matches("Is customer data encrypted in transit?", INDEX)}

    assert found["in_transit"] is MatchKind.SAME
    assert found["at_rest"] is MatchKind.APART


def test_the_order_of_the_library_changes_nothing() -> None:
    turned = index_of(reversed(LABELS["library"].items()))

    for text in LABELS["held_out"]:
        assert find_matches(text, turned) == find_matches(text, INDEX)
