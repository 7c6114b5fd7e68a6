"""Evidence records: what a capture entry says, and back. The entry holds all of it; the index holds none of its own."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from twofold.model.evidence import EvidenceRef, Provenance
from twofold.model.ids import EvidenceId, SystemId
from twofold.model.problem import Problem
from twofold.vault.canonical import Json, NotCanonicalError, canonical_bytes
from twofold.vault.entry import Entry, EntryKind, instant_text
from twofold.vault.names import name_fault, shown

GREATEST_STATEMENT = 60_000
"""Bytes of canonical JSON for name and provenance; leaves room for the rest of the entry."""
_PREFIX = "ev-"


@dataclass(frozen=True, slots=True)
class CaptureItem:
    """One file to capture: where it lies, what it is called, and how it came to be."""

    path: Path
    name: str
    provenance: Provenance


def evidence_id_of(index: int) -> EvidenceId:
    """Return the id of the evidence that entry `index` records."""
    return EvidenceId(f"{_PREFIX}{index}")


def index_of(evidence_id: str) -> int | None:
    """Return the entry index in an evidence id, None when it is spelled otherwise.

    >>> index_of("ev-12"), index_of("ev-012")
    (12, None)
    """
    digits = evidence_id.removeprefix(_PREFIX)
    if not digits.isascii() or not digits.isdigit() or evidence_id != f"{_PREFIX}{int(digits)}":
        return None
    return int(digits)


def item_problems(item: CaptureItem) -> list[Problem]:
    """Return what keeps an item from being recorded, found before any byte is copied."""
    if fault := name_fault(item.name):
        return [Problem(shown(str(item.path)), f"{fault}: {item.name[:80]!a}", "a readable name", "rename the file")]
    try:
        statement = canonical_bytes({"name": item.name, "provenance": _provenance_body(item.provenance)})
    except NotCanonicalError as error:
        return [Problem(shown(str(item.path)), f"its provenance cannot be recorded: {error}", "valid Unicode text")]
    if len(statement) > GREATEST_STATEMENT:
        found = f"its query and parameters take {len(statement):,} bytes"
        remedy = "capture the query text as a file of its own and name that file"
        return [Problem(shown(str(item.path)), found, f"at most {GREATEST_STATEMENT:,} bytes", remedy)]
    return []


def body_of(evidence: EvidenceRef) -> dict[str, Json]:
    """Write the body of a capture entry. Id, time and capturer are the entry's own index, `at` and `actor`."""
    return {
        "media_type": evidence.media_type,
        "name": evidence.name,
        "provenance": _provenance_body(evidence.provenance),
        "replaces": evidence.replaces,
        "same_bytes_as": [str(earlier) for earlier in evidence.same_bytes_as],
        "sha256": evidence.sha256,
        "size": evidence.size,
        "version": evidence.version,
    }


def evidence_of(entry: Entry) -> EvidenceRef:
    """Read a capture entry; raises ValueError when it is another kind of entry, or lacks a field."""
    if entry.kind != EntryKind.CAPTURE:
        msg = f"entry {entry.index} is a {entry.kind}, not a capture"
        raise ValueError(msg)
    body = entry.body
    try:
        return EvidenceRef(
            evidence_id=evidence_id_of(entry.index),
            sha256=body["sha256"],
            size=body["size"],
            name=body["name"],
            media_type=body["media_type"],
            captured_at=entry.at,
            captured_by=entry.actor,
            provenance=_provenance_of(body["provenance"]),
            version=body["version"],
            replaces=body["replaces"],
            same_bytes_as=tuple(body["same_bytes_as"]),
        )
    except (KeyError, TypeError) as error:
        msg = f"entry {entry.index} is a capture that lacks or misspells a field: {error}"
        raise ValueError(msg) from error


def _provenance_body(provenance: Provenance) -> dict[str, Json]:
    return {
        "claimed_count": provenance.claimed_count,
        "classification": provenance.classification,
        "connector": provenance.connector,
        "environment": provenance.environment,
        "kind": provenance.kind,
        "oldest_available": _optional(provenance.oldest_available),
        "owner": provenance.owner,
        "page_size": provenance.page_size,
        "paging_proven": provenance.paging_proven,
        # Pairs, since the name of a parameter or field is the source's own text and keys of an entry are ASCII.
        "parameters": [[name, value] for name, value in sorted(provenance.parameters.items())],
        "period_from": _optional(provenance.period_from),
        "period_to": _optional(provenance.period_to),
        "query": provenance.query,
        "run_at": instant_text(provenance.run_at),
        "run_by": provenance.run_by,
        "source": provenance.source,
        "systems": [str(system) for system in provenance.systems],
        "totals": [[name, value] for name, value in sorted(provenance.totals.items())],
    }


def _provenance_of(body: dict[str, Any]) -> Provenance:
    return Provenance(
        source=body["source"],
        kind=body["kind"],
        run_by=body["run_by"],
        run_at=datetime.fromisoformat(body["run_at"]),
        query=body["query"],
        parameters=dict(body["parameters"]),
        environment=body["environment"],
        connector=body["connector"],
        claimed_count=body["claimed_count"],
        totals=dict(body["totals"]),
        page_size=body["page_size"],
        paging_proven=body["paging_proven"],
        period_from=_moment(body["period_from"]),
        period_to=_moment(body["period_to"]),
        oldest_available=_moment(body["oldest_available"]),
        systems=tuple(SystemId(system) for system in body["systems"]),
        owner=body["owner"],
        classification=body["classification"],
    )


def _optional(moment: datetime | None) -> str | None:
    return None if moment is None else instant_text(moment)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
