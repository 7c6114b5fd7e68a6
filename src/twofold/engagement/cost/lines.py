"""The lines of the estimate as dated data (lines.toml), and what a count is."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType

from twofold.engagement.cost.quantities import Range
from twofold.model.statement import AdviceRule

LINES_FILE = Path(__file__).with_name("lines.toml")


class Bucket(StrEnum):
    """The four buckets of audit-domain 8."""

    READINESS = "readiness"
    TOOLING = "tooling"
    AUDIT_FEES = "audit_fees"
    INTERNAL_TIME = "internal_time"

    @property
    def words(self) -> str:
        """The bucket as people read it."""
        return {
            Bucket.READINESS: "Readiness",
            Bucket.TOOLING: "Tooling",
            Bucket.AUDIT_FEES: "Audit fees",
            Bucket.INTERNAL_TIME: "Internal time",
        }[self]


@dataclass(frozen=True, slots=True)
class LineKind:
    """One line of the estimate: which figure its counts are multiplied by, and in which bucket it stands."""

    name: str
    bucket: Bucket
    figure: str
    title: str
    rule: AdviceRule
    yearly: bool
    sox: bool
    counted: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """One count of the company's own, to be multiplied by a figure.

    what: the count in words. applies_to: what a figure may name for it, the closest first. quantity None: it cannot be
    counted yet, and `basis` says what to do. data: as in a Statement.
    """

    what: str
    applies_to: tuple[str, ...]
    quantity: Range | None
    basis: str
    data: tuple[str, ...]


Counts = Mapping[str, tuple[Counted, ...]]
"""Name of a line -> its counts; a line without any does not concern the company."""


@cache
def line_kinds() -> Mapping[str, LineKind]:
    """Return every line by name, in the order of the file."""
    raw = tomllib.loads(LINES_FILE.read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            name: LineKind(
                name=name,
                bucket=Bucket(body["bucket"]),
                figure=body["figure"],
                title=body["title"],
                rule=AdviceRule(f"cost.{name}", body["source"], date.fromisoformat(body["as_of"])),
                yearly=body.get("yearly", False),
                sox=body.get("sox", False),
                counted=body.get("counted", True),
            )
            for name, body in raw.items()
        }
    )
