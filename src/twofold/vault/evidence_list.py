"""Which evidence an act relied on, short enough for an entry: ranges of entry numbers, and a hash of the ids."""

import hashlib
from collections.abc import Iterable, Iterator

from twofold.vault.canonical import Json
from twofold.vault.entry import Entry
from twofold.vault.evidence import evidence_id_of, index_of

GREATEST_RANGES = 2_000
"""More would not fit an entry beside its other fields (65,535 bytes, a range takes up to 20): then only the hash."""


def evidence_fields(evidence: Iterable[str]) -> dict[str, Json]:
    """Return the fields `evidence` (ranges [first, last], null when too many), `evidence_count`, `evidence_sha256`.

    The hash is over the ids in order of number, each ended by a newline. Raises ValueError for what is no evidence id.

    >>> evidence_fields(["ev-4", "ev-3", "ev-7"])["evidence"]
    [[3, 4], [7, 7]]
    """
    numbers = sorted(set(map(_number, evidence)))
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    text = "".join(f"{evidence_id_of(number)}\n" for number in numbers)
    listed: Json = None if len(ranges) > GREATEST_RANGES else [[first, last] for first, last in ranges]
    return {
        "evidence": listed,
        "evidence_count": len(numbers),
        "evidence_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


def evidence_numbers(entry: Entry) -> Iterator[int]:
    """Give the entry numbers of the evidence that an entry lists; all numbers before it where there were too many."""
    ranges = entry.body.get("evidence", [])
    if ranges is None:
        ranges = [(0, entry.index - 1)]
    return (number for first, last in ranges for number in range(first, last + 1))


def _number(evidence_id: str) -> int:
    number = index_of(evidence_id)
    if number is None:
        msg = f"{evidence_id!r} is no evidence id"
        raise ValueError(msg)
    return number
