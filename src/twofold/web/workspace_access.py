"""The workspace that the site serves: open once a thread, and what is read of it kept until something changes it.

What was read is shared by all threads of the process, and none of it is ever changed: one thread reads, others wait.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

from django.conf import settings
from django.utils import timezone

from twofold.catalog.catalog import Catalog
from twofold.catalog.load import load_catalog
from twofold.engagement.access_review import Review
from twofold.engagement.sample import ENTRY_KINDS, Sample
from twofold.engagement.task import Task
from twofold.findings.finding import Finding
from twofold.findings.follow_up import FollowUp
from twofold.jobs.access_review.tables import review_tables
from twofold.jobs.deficiency.evaluations import Deficiencies, evaluated
from twofold.jobs.follow_up import follow_ups
from twofold.jobs.judge import JudgedEngagement
from twofold.jobs.status import Status, workspace_status
from twofold.model.instant import zone_named
from twofold.model.problem import Problem, UserError
from twofold.model.session import sql_session
from twofold.records.acts.sample import all_samples
from twofold.records.acts.task import all_tasks
from twofold.records.workspace import AppliedScope, Workspace
from twofold.vault.entry import EntryKind
from twofold.vault.evidence_list import evidence_numbers

_THREAD = threading.local()
_SNAPSHOTS = 5
"""Newest snapshots of a system that a review can be opened from."""
_OF_SAMPLES = (EntryKind.SAMPLE_AGREEMENT, *ENTRY_KINDS)
_SHOWN = (
    EntryKind.ANSWER,
    EntryKind.CAPTURE,
    EntryKind.DELETION,
    EntryKind.DISPOSITION,
    EntryKind.JUDGEMENT,
    EntryKind.REQUEST,
    EntryKind.RUN,
    *_OF_SAMPLES,
    EntryKind.SCOPE_APPLY,
    EntryKind.SIGN_OFF,
    EntryKind.TASK,
)
"""Kinds of entries that change what pages show. People sign in all the time, and that changes nothing."""

_PARTS: Mapping[str, Sequence[EntryKind]] = {
    "deficiencies_by_day": (
        EntryKind.CAPTURE,
        EntryKind.DELETION,
        EntryKind.JUDGEMENT,
        EntryKind.RUN,
        *_OF_SAMPLES,
        EntryKind.SCOPE_APPLY,
    ),
    "evidence_of_tests": (EntryKind.RUN,),
    "findings": (EntryKind.JUDGEMENT,),
    "follow_ups": (EntryKind.CAPTURE, EntryKind.DELETION, EntryKind.JUDGEMENT, EntryKind.RUN),
    "people": (EntryKind.RUN,),
    "reviews": (EntryKind.CAPTURE, EntryKind.DELETION, EntryKind.SCOPE_APPLY),
    "samples": _OF_SAMPLES,
    "scope": (EntryKind.SCOPE_APPLY,),
    "tasks": (EntryKind.TASK,),
}
"""Parts that only entries of these kinds change; all others leave them as they are."""


Read = TypeVar("Read")


class Part(Generic[Read]):
    """A part of `Current`, read when it is first asked for, by one thread for all of them.

    A part may ask for others, but never around in a circle.
    """

    def __init__(self, read: Callable[["Current"], Read]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self.name = read.__name__
        self.__doc__ = read.__doc__

    @overload
    def __get__(self, now: None, owner: type) -> "Part[Read]": ...

    @overload
    def __get__(self, now: "Current", owner: type) -> Read: ...

    def __get__(self, now: "Current | None", owner: type) -> "Part[Read] | Read":
        """Return the part of what is known now."""
        if now is None:
            return self
        if self.name not in now.parts:
            with self._lock:
                if self.name not in now.parts:
                    now.parts[self.name] = self._read(now)
        found: Read = now.parts[self.name]
        return found


@dataclass(frozen=True)
class Current:
    """What pages show of the workspace; each part is read when it is first asked for.

    newest: the number of the newest entry of each kind that changes it. parts: what was read.
    """

    root: Path
    newest: tuple[int, ...]
    parts: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def workspace(self) -> Workspace:
        """The workspace as this thread has it open."""
        return open_workspace()

    @Part
    def scope(self) -> AppliedScope | None:
        """The scope in force."""
        return self.workspace.applied_scope()

    @Part
    def status(self) -> Status:
        """What `twofold status` shows."""
        return workspace_status(self.workspace)

    @property
    def judged(self) -> Sequence[JudgedEngagement]:
        """The judged engagements, in the order of the scope."""
        return self.status.judged

    @property
    def reach(self) -> Sequence[tuple[str, str]]:
        """What each engagement's conclusions do not reach: its id, and a sentence."""
        return [(each.judgement.engagement_id, told) for each in self.judged for told in each.judgement.reach]

    @Part
    def findings(self) -> Sequence[Finding]:
        """The findings of all engagements."""
        return [finding for each in self.judged for finding in each.findings]

    @Part
    def follow_ups(self) -> Mapping[str, FollowUp]:
        """Each finding once, by id, with what followed."""
        return {each.finding_id: each for each in follow_ups(self.workspace, self.judged)}

    @Part
    def deficiencies_by_day(self) -> dict[date, Deficiencies]:
        """The evaluations of the day that was asked for last: a conclusion date may be reached over night."""
        return {}

    @property
    def deficiencies(self) -> Deficiencies:
        """The SOX deficiencies as they stand today."""
        by_day, today = self.deficiencies_by_day, self.today
        found = by_day.get(today)
        if found is None:
            found = evaluated(self.workspace, self.judged, self.follow_ups.values(), today=today)
            by_day.clear()
            by_day[today] = found
        return found

    @Part
    def tasks(self) -> Sequence[Task]:
        """The tasks, in order of their opening."""
        return list(all_tasks(self.workspace.vault).values())

    @Part
    def evidence_of_tests(self) -> Mapping[str, frozenset[int]]:
        """Control test -> entry numbers of the evidence that its newest run read."""
        runs = {str(entry.body["control_test"]): entry for entry in self.workspace.vault.entries(kind=EntryKind.RUN)}
        return {test: frozenset(evidence_numbers(entry)) for test, entry in runs.items()}

    @Part
    def people(self) -> Mapping[str, str]:
        """HR id -> name, of the roster that was read last."""
        file = self.workspace.tables_folder / "person.parquet"
        if not file.exists():
            return {}
        with sql_session(threads=1) as session:
            query = "SELECT id, name FROM read_parquet(?) WHERE name IS NOT NULL"
            return dict(session.execute(query, [str(file)]).fetchall())

    @Part
    def reviews(self) -> tuple[Sequence[Review], Sequence[tuple[str, str]]]:
        """The access reviews in order of beginning, and (system, snapshot) of the newest snapshots of each system."""
        if self.scope is None:
            return (), ()
        with review_tables(self.workspace) as tables:
            newest = [
                (system.id, name)
                for system in self.scope.scope.systems
                for name, _ in tables.snapshots_of(system.id)[-_SNAPSHOTS:]
            ]
            return list(tables.reviews().values()), newest

    @Part
    def samples(self) -> Mapping[str, Sample]:
        """The samples by id, in order of freezing."""
        return all_samples(self.workspace.vault).by_id

    @property
    def today(self) -> date:
        """The day in the reporting zone."""
        return self.day_of(timezone.now())

    def day_of(self, moment: datetime) -> date:
        """Return the day in the reporting zone of an aware moment."""
        return moment.astimezone(zone_named(self.workspace.settings.reporting_zone)).date()

    @property
    def catalog(self) -> Catalog:
        """The catalog of controls."""
        return load_catalog()


def open_workspace() -> Workspace:
    """Return this thread's workspace; raises UserError where there is none."""
    if settings.WORKSPACE is None:
        raise UserError(Problem("TWOFOLD_WORKSPACE", "names no workspace", "a folder", "start with: twofold serve"))
    opened: Workspace | None = getattr(_THREAD, "workspace", None)
    if opened is None or opened.root != settings.WORKSPACE:
        opened = Workspace.open(settings.WORKSPACE)
        _THREAD.workspace = opened
    return opened


class _Known:
    """What is known in this process, and the length of the log when it was looked at last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._size = -1
        self._current: Current | None = None

    def now(self, workspace: Workspace) -> Current:
        """Look at the log of the workspace, and return what is known of it."""
        with self._lock:
            before = self._current if self._current and self._current.root == workspace.root else None
            size = workspace.vault.size
            if before is not None and size == self._size:
                return before
            latest = [workspace.vault.log.latest(kind) for kind in _SHOWN]
            newest = tuple(-1 if each is None else each.index for each in latest)
            found = before if before and before.newest == newest else _after(before, workspace.root, newest)
            self._size, self._current = size, found
            return found


_KNOWN = _Known()


def current() -> Current:
    """Return what is known now: kept until an entry changes it."""
    return _KNOWN.now(open_workspace())


def _after(before: Current | None, root: Path, newest: tuple[int, ...]) -> Current:
    """Return what is known after new entries, with the parts of before that they did not change."""
    if before is None:
        return Current(root, newest)
    changed = {kind for kind, old, new in zip(_SHOWN, before.newest, newest, strict=True) if old != new}
    same = {name for name, kinds in _PARTS.items() if changed.isdisjoint(kinds)}
    return Current(root, newest, {name: part for name, part in before.parts.copy().items() if name in same})
