"""What is known about a piece of captured evidence."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from twofold.model.ids import EvidenceId, SystemId

ACT_CONNECTOR = "twofold"
"""Connector of evidence that a command of ours captured for a person, such as a decision in an access review."""


_TOTAL = re.compile(r"-?[0-9]{1,60}(?:\.[0-9]{1,60})?")
TOTAL_EXAMPLE = "a decimal such as 1234567.89, without blanks or separators of thousands"


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a file came to be: the question asked, by whom, and what the answer claimed.

    All times are aware UTC. `query` and `parameters` are verbatim. `claimed_count` is the number of
    rows that the source itself said there are; None when it said nothing. `totals`: what the source said of
    the sum of a field of its records, as decimals. `period` bounds are the
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
    totals: dict[str, str] = field(default_factory=dict)
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


def is_total(text: str) -> bool:
    """Whether it is a total as a provenance holds it.

    >>> is_total("1234567.89"), is_total("-5"), is_total("1,234.50"), is_total("1e6")
    (True, True, False, False)
    """
    return _TOTAL.fullmatch(text) is not None


def total_pairs(texts: Iterable[str]) -> dict[str, str]:
    """Read texts FIELD=TOTAL, as a person writes them; raises ValueError for another form, or a field named twice.

    >>> total_pairs(["amount=1234567.89", "a=b = 5"])
    {'amount': '1234567.89', 'a=b': '5'}
    """
    pairs: dict[str, str] = {}
    for text in texts:
        name, _, total = (part.strip() for part in text.rpartition("="))
        if not name:
            msg = f"{text!r} is not FIELD=TOTAL, such as amount=1234567.89"
            raise ValueError(msg)
        if name in pairs:
            msg = f"{name!r} stands twice; expected one total for each field"
            raise ValueError(msg)
        if not is_total(total):
            msg = f"the total of {name!r} is {total!r}; expected {TOTAL_EXAMPLE}"
            raise ValueError(msg)
        pairs[name] = total
    return pairs
