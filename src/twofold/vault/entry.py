"""One entry of the log: its kinds, its fields, and its bytes.

The bytes are canonical JSON with the keys actor, at, body, index and kind. They are written once and kept;
reading an entry never writes it again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson

from twofold.vault.canonical import Json, NotCanonicalError, canonical_bytes

GREATEST_ENTRY = 65_535
"""Bytes. The entry bundles of C2SP tlog-tiles give an entry's length in 16 bits."""

_KIND = re.compile(r"[a-z][a-z0-9_]{0,63}")


class EntryKind(StrEnum):
    """The acts that a log records. Later versions add kinds; a reader keeps the ones it does not know.

    What the body of each holds: act_bodies.py, and docs/formats/acts.md.
    """

    LOG = "log"
    """The first entry: the log's name, its id and its form."""
    CAPTURE = "capture"
    SCOPE_APPLY = "scope_apply"
    NORMALISE = "normalise"
    POPULATION = "population"
    RUN = "run"
    JUDGEMENT = "judgement"
    DISPOSITION = "disposition"
    SIGN_OFF = "sign_off"
    REQUEST = "request"
    ANSWER = "answer"
    TASK = "task"
    """Somebody is to do something by a day; later, that it is done or dropped."""
    SAMPLE_AGREEMENT = "sample_agreement"
    SAMPLE_FREEZE = "sample_freeze"
    SAMPLE_DRAW = "sample_draw"
    SAMPLE_CHANGE = "sample_change"
    SAMPLE_RESULT = "sample_result"
    PACKAGE = "package"
    EXPORT = "export"
    LOGIN = "login"
    ACCOUNT = "account"
    """An account of the company's site was made, changed or used."""
    DELETION = "deletion"
    LEGAL_HOLD = "legal_hold"
    RETENTION_POLICY = "retention_policy"
    KEY_ROTATION = "key_rotation"
    ROW_COMMITMENT = "row_commitment"
    CHECKPOINT = "checkpoint"
    """Written right before a checkpoint is signed, which counts it."""
    TIMESTAMP = "timestamp"
    WITNESS = "witness"
    RESTORE = "restore"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it was read or written; `raw` is what is hashed."""

    index: int
    kind: str
    at: datetime
    actor: str
    body: Mapping[str, Any]
    raw: bytes


def make_entry(*, index: int, kind: str, at: datetime, actor: str, body: Mapping[str, Json]) -> Entry:
    """Build an entry; raises NotCanonicalError for a value that it cannot hold, ValueError for a wrong field."""
    if not _KIND.fullmatch(kind):
        msg = f"the kind {kind!r} is not a snake_case word"
        raise ValueError(msg)
    if not actor.strip():
        msg = "an entry needs an actor"
        raise ValueError(msg)
    raw = canonical_bytes(
        {"actor": actor, "at": instant_text(at), "body": dict(body), "index": index, "kind": str(kind)}
    )
    if len(raw) > GREATEST_ENTRY:
        msg = f"$: {len(raw):,} bytes; an entry holds at most {GREATEST_ENTRY:,}, so name a captured file instead"
        raise NotCanonicalError(msg)
    return read_entry(raw)


def read_entry(raw: bytes) -> Entry:
    """Read stored bytes; raises ValueError when they are not an entry. Unknown kinds and body fields are kept."""
    try:
        fields = orjson.loads(raw)
        return Entry(
            index=int(fields["index"]),
            kind=str(fields["kind"]),
            at=datetime.fromisoformat(fields["at"]),
            actor=str(fields["actor"]),
            body=dict(fields["body"]),
            raw=raw,
        )
    except (ValueError, KeyError, TypeError) as error:
        msg = f"these bytes are no entry of a log: {error}"
        raise ValueError(msg) from error


def instant_text(moment: datetime) -> str:
    """Write an aware time as UTC with six decimals, so that texts sort as times; raises ValueError without a zone.

    >>> instant_text(datetime(2026, 7, 15, 6, tzinfo=UTC))
    '2026-07-15T06:00:00.000000Z'
    """
    if moment.tzinfo is None:
        msg = f"the time {moment} has no zone"
        raise ValueError(msg)
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
