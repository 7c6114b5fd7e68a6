"""How the evidence stands as a whole: captured once and used how often, and which kinds count no longer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db.models import Count, Max

from twofold.vault.entry import EntryKind
from twofold.web.company.evidence_index import follow
from twofold.web.company.models import EvidenceRow
from twofold.web.lookup.models import EvidenceStanding
from twofold.web.workspace_access import Current

_MOST = 3
_SOURCES = 8


@dataclass(frozen=True, slots=True)
class Reuse:
    """pieces: evidence that the newest runs read. uses: conclusions per control and lens that rest on it, added up.

    most: (name, number, uses) of what is used most.
    """

    pieces: int
    uses: int
    most: tuple[tuple[str, int, int], ...]

    @property
    def times(self) -> str:
        """How often a piece is used, on average, with one decimal."""
        return f"{self.uses / self.pieces:.1f}" if self.pieces else "0"


@dataclass(frozen=True, slots=True)
class KindHealth:
    """One kind of a source: its captures in force, the newest, until when it counts; set_aside: records not read."""

    source: str
    kind: str
    captures: int
    number: int
    stops_at: datetime | None
    set_aside: int


@lru_cache(maxsize=2)
def reuse(now: Current) -> Reuse:
    """Return how often evidence is used: read once per state of the workspace, from the ranges that runs list."""
    weights = _weights(now)
    steps: dict[int, int] = {}
    for entry in {
        str(each.body["control_test"]): each for each in now.workspace.vault.entries(kind=EntryKind.RUN)
    }.values():
        weight = weights.get(str(entry.body["control_test"]), 0)
        for first, last in entry.body.get("evidence") or () if weight else ():
            steps[first] = steps.get(first, 0) + weight
            steps[last + 1] = steps.get(last + 1, 0) - weight
    pieces, uses, held, before = 0, 0, 0, 0
    stretches: list[tuple[int, int]] = []
    for at in sorted(steps):
        if held:
            pieces += at - before
            uses += held * (at - before)
            stretches.append((held, before))
        held, before = held + steps[at], at
    top = sorted(stretches, reverse=True)[:_MOST]
    names = EvidenceRow.objects.in_bulk([number for _, number in top])
    most = tuple((names[number].name, number, held) for held, number in top if number in names)
    return Reuse(pieces, uses, most)


def kinds_in_doubt(now: Current, *, until: datetime) -> Sequence[KindHealth]:
    """Return the kinds whose newest capture counts no longer at `until` (aware), or of which records were set aside."""
    kinds, set_aside = _kinds(now)
    standings = EvidenceStanding.objects.in_bulk([number for _, _, _, number in kinds])
    found = [
        KindHealth(source, kind, captures, number, standings[number].stops_at, set_aside.get((source, kind), 0))
        for source, kind, captures, number in kinds
        if number in standings
    ]
    doubtful = [each for each in found if each.set_aside or (each.stops_at is not None and each.stops_at <= until)]
    return sorted(doubtful, key=lambda each: (-each.set_aside, each.stops_at or until, each.source, each.kind))[
        :_SOURCES
    ]


@lru_cache(maxsize=2)
def _kinds(now: Current) -> tuple[list[tuple[str, str, int, int]], Mapping[tuple[str, str], int]]:
    """Return (source, kind, captures, newest) in force, and how many records of each kind were set aside."""
    follow(now.workspace)
    rows = EvidenceRow.objects.filter(replaced=False).values_list("source", "kind")
    kinds = [tuple(each) for each in rows.annotate(captures=Count("number"), newest=Max("number"))]
    numbers: dict[int, int] = {}
    for each in now.status.set_aside:
        number = int(each.evidence_id.removeprefix("ev-"))
        numbers[number] = numbers.get(number, 0) + 1
    set_aside: dict[tuple[str, str], int] = {}
    for number, row in EvidenceRow.objects.in_bulk(list(numbers)[:500]).items():
        key = (row.source, row.kind)
        set_aside[key] = set_aside.get(key, 0) + numbers[number]
    return kinds, set_aside


def _weights(now: Current) -> dict[str, int]:
    """Return control test -> how many conclusions, per control and lens, its run feeds."""
    weights: dict[str, int] = {}
    for each in now.judged:
        for control in each.judgement.controls:
            for result in control.results:
                weights[result.control_test] = weights.get(result.control_test, 0) + 1
    return weights
