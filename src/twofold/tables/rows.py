"""What a source's normaliser yields: canonical rows, and rows that it set aside.

The contract of `sources/<system>/normalise.py`:

    KINDS: Mapping[str, Normaliser]              kind of Provenance -> function
    FEEDS: Mapping[str, tuple[str, ...]]         kind -> canonical tables it can fill, even when the answer is empty

A normaliser is a pure function of the bytes and the context. It never uses the network, the clock
or the workspace, and it never drops a record: what it cannot read it yields as `SetAside`, what no table
needs as `Unused`. The locator of a row starts with that of the record it was read from.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from twofold.model.evidence import EvidenceRef
from twofold.model.instant import Instant

Value = str | int | bool | Instant | datetime | list[str] | None
"""A cell. Instants are `Instant` (or text, read with the zone of the context), boundaries aware datetimes or text;
None or "" is empty."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row for a canonical table. `record` says where in the file it came from, for example `#/12` or `line 34`."""

    table: str
    record: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class SetAside:
    """A record that could not be read: where, why, and the first characters of it."""

    record: str
    reason: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Unused:
    """A record that was read and that no canonical table needs; counted, so that the file's count closes."""

    record: str


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One captured file, ready to be read: its evidence record and a path to its bytes."""

    evidence: EvidenceRef
    path: Path


@dataclass(frozen=True, slots=True)
class NormaliseContext:
    """What the scope files say that a normaliser needs.

    zone: IANA zone of the source's times that carry none ("" = unknown, so intervals are widened).
    systems: "<source>:<object>" -> system id, for example "github:acme/billing@production" -> "billing".
    ticket_key: regular expression that finds ticket keys in text.
    """

    zone: str = ""
    systems: Mapping[str, str] = field(default_factory=dict)
    ticket_key: str = r"\b[A-Z][A-Z0-9_]+-[1-9][0-9]*\b"

    def system_of(self, source: str, name: str) -> str:
        """Return the system that the scope files map `source:name` to, else `unmapped:name`, which stays visible."""
        return self.systems.get(f"{source}:{name}", f"unmapped:{name}")


Normaliser = Callable[[SourceFile, NormaliseContext], Iterator[Row | SetAside | Unused]]
