"""Legal holds: while one covers a piece of evidence, it is not deleted, whatever its term. Read from entries; pure.

A hold names evidence, sources or engagements, or everything. It covers what is captured later, too.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from twofold.model.evidence import EvidenceRef
from twofold.vault.entry import Entry

PLACE = "place"
RELEASE = "release"
_PREFIX = "hold-"


@dataclass(frozen=True, slots=True)
class LegalHold:
    """One hold. `released_by` is "" while it stands."""

    hold_id: str
    entry: int
    evidence: frozenset[str]
    sources: frozenset[str]
    engagements: frozenset[str]
    everything: bool
    reason: str
    authority: str
    placed_by: str
    placed_at: datetime
    released_by: str = ""
    released_at: datetime | None = None

    @property
    def stands(self) -> bool:
        """Whether it was not released."""
        return self.released_at is None

    def covers(self, evidence: EvidenceRef, *, relied_on_by: Collection[str]) -> bool:
        """Whether it keeps this evidence; `relied_on_by` are the engagements that rely on it."""
        return self.stands and (
            self.everything
            or evidence.evidence_id in self.evidence
            or evidence.provenance.source in self.sources
            or not self.engagements.isdisjoint(relied_on_by)
        )


def hold_id_of(index: int) -> str:
    """Return the id of the hold that entry `index` placed."""
    return f"{_PREFIX}{index}"


def legal_holds(entries: Iterable[Entry]) -> dict[str, LegalHold]:
    """Return the holds by id from entries of their kind, in order; a release of an unknown one changes nothing."""
    found: dict[str, LegalHold] = {}
    for entry in entries:
        body = entry.body
        if body["act"] == PLACE:
            hold = LegalHold(
                hold_id=hold_id_of(entry.index),
                entry=entry.index,
                evidence=frozenset(body["evidence"]),
                sources=frozenset(body["sources"]),
                engagements=frozenset(body["engagements"]),
                everything=body["everything"],
                reason=body["reason"],
                authority=body["authority"],
                placed_by=entry.actor,
                placed_at=entry.at,
            )
            found[hold.hold_id] = hold
        elif body["act"] == RELEASE and (known := found.get(body["hold"])) is not None:
            found[known.hold_id] = replace(known, released_by=entry.actor, released_at=entry.at)
    return found
