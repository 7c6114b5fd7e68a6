"""How long evidence is kept: classes with years, and the instant from which a piece may be deleted.

Pure: it reads no clock, and no file but the policy that ships with the program.

The clock of a class starts at the latest of: the capture, the end of the period of each engagement that relies on the
evidence, and the last conclusion (judgement or sign-off) that rests on it. The end of the fiscal year alone would be
too early: the source (AS 1215) counts from the release of the report, which comes after the year's end, and of which
we know only that it is not before the last conclusion. Where no engagement relies on it, the clock starts at the later
of capture and the end of the period that it speaks for.
"""

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path

from twofold.vault.blobs.blobs import whole_second
from twofold.vault.canonical import Json, canonical_bytes

POLICY_FILE = Path(__file__).with_name("retention.toml")
SOX_RELIED = "sox_relied"
RELIED = "relied"
OTHER = "other"
GREATEST_YEARS = 100
_SOX = "sox"


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """One class: how many years its evidence is kept at least, and where the number comes from."""

    name: str
    years: int
    may_be_lowered: bool
    settled_on: date
    meaning: str
    source: str


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """The classes, `sox_relied` first."""

    classes: tuple[RetentionClass, ...]

    def years(self, name: str) -> int:
        """Return the years of a class."""
        return next(each.years for each in self.classes if each.name == name)

    def as_json(self) -> list[Json]:
        """Return the classes as an entry holds them: name, years, source."""
        return [[each.name, each.years, each.source] for each in self.classes]

    @property
    def sha256(self) -> str:
        """SHA-256 of the canonical JSON of `as_json`, in hex: names the policy."""
        return hashlib.sha256(canonical_bytes(self.as_json())).hexdigest()


@dataclass(frozen=True, slots=True)
class EvidenceUse:
    """What the term of one piece of evidence depends on. All times are aware.

    relied_from: lens -> latest of period end and last conclusion over the engagements of that lens that rely on it.
    """

    evidence_id: str
    captured_at: datetime
    period_to: datetime | None = None
    relied_from: Mapping[str, datetime] | None = None
    financially_relevant: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """The class of a piece of evidence, when its clock started, and the instant from which it may be deleted."""

    evidence_id: str
    class_name: str
    retained_from: datetime
    due_at: datetime

    def is_due(self, at: datetime) -> bool:
        """Whether the term is over: from `due_at` on, not a microsecond before."""
        return at >= self.due_at


@cache
def shipped_policy() -> RetentionPolicy:
    """Return the policy that the program ships."""
    raw = tomllib.loads(POLICY_FILE.read_text(encoding="utf-8"))
    return RetentionPolicy(tuple(RetentionClass(name=name, **body) for name, body in raw.items()))


def policy_with(years: Mapping[str, int]) -> RetentionPolicy:
    """Return the shipped policy with a company's years, as `twofold.toml` says them (checked when it is read)."""
    return RetentionPolicy(
        tuple(replace(each, years=years.get(each.name, each.years)) for each in shipped_policy().classes)
    )


def policy_of(classes: Sequence[Sequence[object]]) -> RetentionPolicy:
    """Read the classes of a `retention_policy` entry; a class that is not ours is left out, one it lacks is ours."""
    said = {str(name): int(str(years)) for name, years, *_ in classes}
    sources = {str(name): str(source) for name, _, source in classes}
    return RetentionPolicy(
        tuple(
            replace(each, years=said.get(each.name, each.years), source=sources.get(each.name, each.source))
            for each in shipped_policy().classes
        )
    )


def lowered(before: RetentionPolicy, after: RetentionPolicy) -> list[str]:
    """Return the classes that `after` keeps for a shorter time."""
    return [each.name for each in after.classes if each.years < before.years(each.name)]


def term_of(use: EvidenceUse, policy: RetentionPolicy) -> Term:
    """Return the term of a piece of evidence: of all classes that it falls into, the one that ends last.

    It ends on a whole second, as locks of the blob store do.
    """
    terms = [
        Term(use.evidence_id, name, start, whole_second(add_years(start, policy.years(name))))
        for name, start in _starts(use).items()
    ]
    return max(terms, key=lambda term: term.due_at)


def _starts(use: EvidenceUse) -> dict[str, datetime]:
    """Return class -> start of its clock; `other` only when nothing relies on the evidence."""
    alone = max(use.captured_at, use.period_to or use.captured_at)
    relied = use.relied_from or {}
    starts: dict[str, datetime] = {}
    if _SOX in relied or use.financially_relevant:
        starts[SOX_RELIED] = max(alone if use.financially_relevant else use.captured_at, relied.get(_SOX, alone))
    if others := [start for lens, start in relied.items() if lens != _SOX]:
        starts[RELIED] = max(use.captured_at, *others)
    return starts or {OTHER: alone}


def add_years(moment: datetime, years: int) -> datetime:
    """Return the same instant of the calendar so many years later; 29 February becomes 1 March, never a day earlier.

    >>> add_years(datetime(2028, 2, 29, 12), 7)
    datetime.datetime(2035, 3, 1, 12, 0)
    """
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, month=3, day=1)
