"""One list out of several: lines that ask for the same evidence, as people confirmed, stand together once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from twofold.readiness.near_duplicates.request import RequestLine

Pair = tuple[str, str]
"""Places of two lines (`RequestLine.place`), the smaller one first."""


@dataclass(frozen=True, slots=True)
class MergedRequest:
    """What to hand over once, and every request that it serves. captured: ids of evidence that seems to answer it."""

    number: int
    lines: tuple[RequestLine, ...]
    captured: tuple[str, ...]

    @property
    def shared(self) -> bool:
        """Whether it serves more than one list."""
        return len({line.list_id for line in self.lines}) > 1


def merge(
    lines: Sequence[RequestLine], confirmed: Iterable[Pair], captured: Mapping[str, Sequence[str]]
) -> list[MergedRequest]:
    """Return the merged list in the order of the lines. captured: place of a line -> evidence that seems to answer it.

    Confirmed pairs carry on: a with b and b with c make one request of all three. A place that no line has is passed
    over, since the auditor may have withdrawn it.
    """
    leader = {line.place: line.place for line in lines}

    def first_of(place: str) -> str:
        while leader[place] != place:
            place = leader[place]
        return place

    order = {line.place: number for number, line in enumerate(lines)}
    for one, other in confirmed:
        if one in leader and other in leader:
            here, there = sorted((first_of(one), first_of(other)), key=lambda place: order[place])
            leader[there] = here
    groups: dict[str, list[RequestLine]] = {}
    for line in lines:
        groups.setdefault(first_of(line.place), []).append(line)
    return [
        MergedRequest(
            number, tuple(group), tuple(dict.fromkeys(e for line in group for e in captured.get(line.place, ())))
        )
        for number, group in enumerate(groups.values(), 1)
    ]
