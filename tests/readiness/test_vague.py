"""Text that says nothing is told apart from text that says something."""

import pytest

from twofold.readiness.vague import vague_in, vague_phrases


@pytest.mark.parametrize("phrase", vague_phrases())
def test_each_phrase_is_found_in_a_sentence(phrase: str) -> None:
    assert phrase in vague_in(f"About this, {phrase.upper()}, we say.")


@pytest.mark.parametrize("text", ["", "tbd", "training", "fixed it"])
def test_short_text_says_nothing(text: str) -> None:
    assert vague_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "The rule of the main branch asks for two approvals since 3 November.",
        "The soonest release that nobody approved was rolled back.",
        "Etching machines were added to the inventory.",
    ],
)
def test_a_plain_sentence_is_no_phrase(text: str) -> None:
    assert vague_in(text) == ""
