"""What one person is told: a few headings with titles and links. No evidence, no item, no secret."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from twofold.findings.follow_up import FollowUp, Stage
from twofold.jobs.due import DueKind, DueThing
from twofold.scope.register import Scope

_TITLE = 140
_LINES = 25
"""Lines under a heading; what is more is counted."""
OVERDUE, SOON, NEW, REQUESTS, REVIEWS, ANSWERS = (
    "Overdue",
    "Due soon",
    "New for you",
    "Requests that came in",
    "Access reviews that wait for you",
    "Findings that need your answer",
)


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One thing: its title, the day that it is due on ("" = none), and its full address."""

    title: str
    due: str
    link: str


@dataclass(frozen=True, slots=True)
class Digest:
    """What one person is told at one time; `parts` are (heading, lines), without empty ones."""

    person: str
    company: str
    parts: tuple[tuple[str, tuple[DigestLine, ...]], ...]

    @property
    def subject(self) -> str:
        """One line."""
        counted = [f"{len(lines)} {heading.lower()}" for heading, lines in self.parts]
        return f"{self.company}: {', '.join(counted)}"

    @property
    def sha256(self) -> str:
        """Hash of all that it says."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class DigestTime:
    """When it is made: moment and local day, since when things are new (None = all), and how far soon reaches."""

    at: datetime
    today: date
    new_since: datetime | None
    soon_days: int


def digest_for(
    person: str,
    things: Iterable[DueThing],
    follow_ups: Sequence[FollowUp],
    scope: Scope | None,
    *,
    company: str,
    site: str,
    when: DigestTime,
) -> Digest | None:
    """Return what the person is told, None where there is nothing. site: address of the site, without a slash."""
    own = [each for each in things if each.is_for(person)]
    soon = when.today + timedelta(days=when.soon_days)
    found: dict[str, list[DigestLine]] = {name: [] for name in (OVERDUE, REQUESTS, REVIEWS, NEW, SOON, ANSWERS)}
    for each in own:
        heading = _heading(each, when, soon)
        if heading:
            found[heading].append(DigestLine(_short(each.title), each.on.isoformat(), site + each.address))
    unanswered = (each.finding.control_id for each in follow_ups if each.stage is Stage.ANSWER)
    waits = sum(1 for control in unanswered if owns(scope, control, person, at=when.at))
    if waits:
        counted = "1 finding of a control of yours" if waits == 1 else f"{waits} findings of controls of yours"
        found[ANSWERS].append(DigestLine(counted, "", f"{site}/inbox/"))
    parts = tuple((heading, _limited(lines, site)) for heading, lines in found.items() if lines)
    return Digest(person, company, parts) if parts else None


def owns(scope: Scope | None, control_id: str, person: str, *, at: datetime) -> bool:
    """Whether the person is the owner of a control at a moment, for any system."""
    held = () if scope is None else scope.controls
    return any(each.id == control_id and each.owner == person and at in each.stretch for each in held)


def _heading(thing: DueThing, when: DigestTime, soon: date) -> str:
    """Return the one heading that a thing stands under, "" for none; an expected operation is no reproach."""
    is_new = thing.since is not None and (when.new_since is None or thing.since > when.new_since)
    if thing.on < when.today:
        return "" if thing.kind is DueKind.OCCURRENCE else OVERDUE
    if thing.kind is DueKind.REVIEW:
        return REVIEWS
    if is_new and thing.kind is DueKind.REQUEST:
        return REQUESTS
    if is_new:
        return NEW
    return SOON if thing.on <= soon else ""


def _limited(lines: Sequence[DigestLine], site: str) -> tuple[DigestLine, ...]:
    if len(lines) <= _LINES:
        return tuple(lines)
    return (*lines[:_LINES], DigestLine(f"and {len(lines) - _LINES} more", "", f"{site}/inbox/"))


def _short(title: str) -> str:
    """Return one printable line of at most 140 characters."""
    line = " ".join("".join(each if each.isprintable() else " " for each in title).split())
    return line if len(line) <= _TITLE else line[: _TITLE - 1] + "…"
