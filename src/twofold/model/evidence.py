"""What is known about a piece of captured evidence."""

from dataclasses import dataclass, field
from datetime import datetime

from twofold.model.ids import EvidenceId, SystemId

ACT_CONNECTOR = "twofold"
"""Connector of evidence that a command of ours captured for a person, such as a decision in an access review."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a file came to be: the question asked, by whom, and what the answer claimed.

    All times are aware UTC. `query` and `parameters` are verbatim. `claimed_count` is the number of
    rows that the source itself said there are; None when it said nothing. `period` bounds are the
    period the evidence speaks for, which is never taken from the time of upload.
    """

    source: str
    """Folder name below twofold/sources, for example github."""
    kind: str
    """What the source calls the answer, for example pull_requests."""
    run_by: str
    run_at: datetime
    query: str
    parameters: dict[str, str] = field(default_factory=dict)
    environment: str = "production"
    connector: str = "file"
    claimed_count: int | None = None
    page_size: int | None = None
    paging_proven: bool | None = None
    period_from: datetime | None = None
    period_to: datetime | None = None
    oldest_available: datetime | None = None
    systems: tuple[SystemId, ...] = ()
    owner: str = ""
    classification: str = "confidential"


@dataclass(frozen=True, slots=True)
class EvidenceRef:
    """One capture: bytes by hash, plus who said what about them. Never edited."""

    evidence_id: EvidenceId
    sha256: str
    size: int
    name: str
    """File name as given; data, never used as a path."""
    media_type: str
    captured_at: datetime
    captured_by: str
    provenance: Provenance
    version: int = 1
    """1 for a name seen first; 2 and up when the same source, kind and name came with other bytes."""
    replaces: EvidenceId | None = None
    same_bytes_as: tuple[EvidenceId, ...] = ()
    """Earlier captures of the same bytes."""
