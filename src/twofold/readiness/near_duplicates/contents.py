"""Files that say almost the same: text and CSV compared line by line, other bytes by their hash only. Pure, with caps.

A file is held as the smallest hashes of its lines. Up to `KEPT` different lines the likeness of two files is exact;
beyond it is estimated from those (k minimum values), with a standard error of about one percent.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b

GREATEST_TEXT = 4 * 1024 * 1024
"""Bytes of a file that are read as text; a larger one is compared by its hash only."""
KEPT = 1_024
_FEW_LINES = 5
"""A file of fewer lines, such as one line of JSON, is compared by runs of five words."""
_RUN = 5
_DAY = re.compile(rb"(?<!\d)(20\d\d)-(0[1-9]|1[0-2])-([0-2]\d|3[01])(?!\d)")


@dataclass(frozen=True, slots=True)
class FileText:
    """A text file. rows: lines below the first one. sketch: its smallest hashes; whole: whether they are all.

    days: each ISO day that stands in the text, with how often.
    """

    rows: int
    sketch: frozenset[int]
    whole: bool
    days: Mapping[date, int]


def read_text(content: bytes) -> FileText | None:
    """Return a file as text; None where it is too large, or no UTF-8 text."""
    if len(content) > GREATEST_TEXT or b"\0" in content:
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    lines = [" ".join(line.split()) for line in text.splitlines()]
    lines = [line for line in lines if line]
    words = text.split()
    pieces = lines if len(lines) >= _FEW_LINES else [" ".join(words[at : at + _RUN]) for at in range(len(words))]
    hashes = sorted({_hash(piece) for piece in pieces})
    return FileText(max(0, len(lines) - 1), frozenset(hashes[:KEPT]), len(hashes) <= KEPT, _days(content))


def likeness_of(one: FileText, other: FileText) -> float:
    """Return the share of lines that two files have in common, of all lines of both, from 0 to 1."""
    if one.whole and other.whole:
        both = len(one.sketch | other.sketch)
        return len(one.sketch & other.sketch) / both if both else 0.0
    smallest = set(sorted(one.sketch | other.sketch)[:KEPT])
    return len(smallest & one.sketch & other.sketch) / len(smallest)


def _hash(piece: str) -> int:
    return int.from_bytes(blake2b(piece.encode(), digest_size=8).digest())


def _days(content: bytes) -> Mapping[date, int]:
    counted = Counter(match.group() for match in _DAY.finditer(content))
    found: dict[date, int] = {}
    for text, count in counted.items():
        try:
            found[date.fromisoformat(text.decode())] = count
        except ValueError:  # 30 February is no day
            continue
    return found
