"""Text that says nothing: vague phrases, placeholders, and answers that are too short to be one."""

import re
import tomllib
from functools import cache
from pathlib import Path

_WORDS_FILE = Path(__file__).with_name("words.toml")
_FEWEST_WORDS = 3
"""A cause or a response of one or two words names no act and no person."""


@cache
def vague_phrases() -> tuple[str, ...]:
    """Return the phrases, the longest first, so that a text is told by its fullest match."""
    phrases = tomllib.loads(_WORDS_FILE.read_text(encoding="utf-8"))["vague"]["phrases"]
    return tuple(sorted(phrases, key=lambda phrase: (-len(phrase), phrase)))


def vague_in(text: str) -> str:
    """Return why a text says nothing, "" where it says something.

    >>> vague_in("We will improve the process soon.")
    "says 'will improve'"
    >>> vague_in("The pipeline now refuses a release without an approval on its last commit.")
    ''
    """
    folded = " ".join(text.casefold().split())
    for phrase in vague_phrases():
        if re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", folded):
            return f"says {phrase!r}"
    return "" if len(re.findall(r"\w+", folded)) >= _FEWEST_WORDS else "is too short to say anything"
