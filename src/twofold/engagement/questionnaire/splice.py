"""Pieces put in place of others, with everything between them left as it is."""

from collections.abc import Iterable
from typing import TypeVar

Content = TypeVar("Content", bytes, str)


def spliced(content: Content, edits: Iterable[tuple[int, int, Content]]) -> Content:
    """Return the content with each stretch [start, end) replaced; the stretches do not overlap.

    >>> spliced("one two three", [(4, 7, "2"), (0, 0, "> ")])
    '> one 2 three'
    """
    pieces: list[Content] = []
    done = 0
    for start, end, fresh in sorted(edits):
        pieces += [content[done:start], fresh]
        done = end
    pieces.append(content[done:])
    return content[:0].join(pieces)
