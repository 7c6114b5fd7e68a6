"""What is due on which day, for whom: one list that the calendar, people's work, notices and feeds read.

A thing that is over is not here. Days are days of the reporting zone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from urllib.parse import quote, urlencode

from twofold.engagement.access_review import Review, ReviewState
from twofold.engagement.request import Request, allowed_acts
from twofold.engagement.task import AboutKind, Task
from twofold.findings.follow_up import FollowUp, Stage
from twofold.jobs.access_review.tables import review_tables
from twofold.jobs.acts import requests
from twofold.jobs.follow_up import follow_ups
from twofold.jobs.judge import judged_engagements
from twofold.model.evidence import ACT_CONNECTOR
from twofold.model.instant import zone_named
from twofold.records.acts.people import same_person
from twofold.records.acts.task import all_tasks
from twofold.records.workspace import Workspace
from twofold.scope.due import DueOccurrence, due_occurrences
from twofold.scope.register import Scope
from twofold.vault.evidence_index import EvidenceFilter

_TICK = timedelta(microseconds=1)
_SHOWN_SYSTEMS = 3
_CAMPAIGNS = EvidenceFilter(kind="campaign")


class DueKind(StrEnum):
    """What kind of thing is due."""

    FINDING = "finding"
    ACCEPTANCE = "acceptance"
    TASK = "task"
    REQUEST = "request"
    REVIEW = "access review"
    OCCURRENCE = "control"
    ENGAGEMENT = "audit"
    EVIDENCE = "evidence"
    """Its newest capture counts no longer from this day on."""
    POLICY = "policy"
    SIGNATURE = "signature"
    TRAINING = "training"
    VENDOR = "vendor"
    ROSTER = "roster"
    """A duty of the roster or a delegation ends with this day."""


_NEVER_LATE = frozenset({DueKind.OCCURRENCE, DueKind.ENGAGEMENT, DueKind.EVIDENCE, DueKind.ROSTER})


@dataclass(frozen=True, slots=True)
class DueThing:
    """One thing that is due. people: whose it is; () = everybody's. address: path of its page on the site.

    The titles that `due_things` gives hold no text of evidence, since notices carry them away. since: when it
    became these people's, aware UTC; None where it was always so.
    """

    kind: DueKind
    thing_id: str
    title: str
    on: date
    people: tuple[str, ...]
    address: str
    since: datetime | None = None

    def is_for(self, person: str) -> bool:
        """Whether it is this person's own."""
        return any(same_person(person, each) for each in self.people)

    def is_late(self, today: date) -> bool:
        """Whether its day is over and that is a reproach: no end of a period or duty is, nor a count of people."""
        counted = not self.people and self.kind in {DueKind.SIGNATURE, DueKind.TRAINING}
        return self.on < today and self.kind not in _NEVER_LATE and not counted


@dataclass(frozen=True, slots=True)
class DueFacts:
    """What the list is made from. horizon: no expected operation of a control after it (aware)."""

    scope: Scope | None
    zone: str
    follow_ups: Sequence[FollowUp]
    tasks: Sequence[Task]
    requests: Sequence[Request]
    horizon: datetime
    reviews: Sequence[Review] = ()
    """Those that are open."""
    persons: Mapping[str, str] = field(default_factory=dict)
    """Account of a reviewer -> HR id, where it is known."""


def open_reviews(workspace: Workspace, *, at: datetime) -> tuple[list[Review], Mapping[str, str]]:
    """Return the open access reviews that are held here, and account of a reviewer -> HR id. at: aware."""
    held = any(each.provenance.connector == ACT_CONNECTOR for each in workspace.vault.each_evidence(_CAMPAIGNS))
    if not held or workspace.applied_scope() is None:
        return [], {}
    with review_tables(workspace) as tables:
        every = tables.reviews().values()
        found = [each for each in every if each.held_here and each.state is not ReviewState.COMPLETED]
        accounts = [item.reviewer for review in found for item in review.items.values()]
        return found, {account: hand.person for account, hand in tables.hands(accounts, at).items() if hand.person}


def due_facts(workspace: Workspace, *, at: datetime, horizon: datetime) -> DueFacts:
    """Read the facts of a workspace as of a moment (aware)."""
    applied = workspace.applied_scope()
    reviews, persons = open_reviews(workspace, at=at)
    return DueFacts(
        scope=applied.scope if applied else None,
        zone=workspace.settings.reporting_zone,
        follow_ups=follow_ups(workspace, judged_engagements(workspace)),
        tasks=list(all_tasks(workspace.vault).values()),
        requests=requests(workspace),
        horizon=horizon,
        reviews=reviews,
        persons=persons,
    )


def due_things(facts: DueFacts) -> list[DueThing]:
    """Return everything that is due, by day, kind and id."""
    found = [
        *_findings(facts.follow_ups),
        *_tasks(facts.tasks),
        *_requests(facts.requests),
        *_of_scope(facts),
    ]
    return sorted(found, key=lambda each: (each.on, each.kind, each.thing_id))


def finding_address(finding_id: str) -> str:
    """Return the path of a finding's page."""
    return "/findings/" + "/".join(quote(part, safe=":") for part in finding_id.split("/", 3)) + "/"


def about_address(kind: AboutKind, about: str) -> str:
    """Return the path of the page that a task belongs to."""
    match kind:
        case AboutKind.FINDING:
            return finding_address(about)
        case AboutKind.CONTROL:
            return f"/controls/{quote(about, safe='')}/"
        case AboutKind.SYSTEM:
            return f"/systems/{quote(about, safe='')}/"
        case AboutKind.REQUEST:
            return f"/requests/#{quote(about, safe='')}"


def _findings(every: Iterable[FollowUp]) -> Iterator[DueThing]:
    for each in every:
        answer = each.answer
        if answer is None or answer.due_on is None or each.stage is Stage.CLOSED:
            continue
        accepted = each.stage is Stage.ACCEPTED
        yield DueThing(
            DueKind.ACCEPTANCE if accepted else DueKind.FINDING,
            each.finding_id,
            f"{each.finding.control_id}: {'look again: ' if accepted else ''}{each.title}",
            answer.due_on,
            (answer.owner,),
            finding_address(each.finding_id),
            answer.given_at,
        )


def _tasks(every: Iterable[Task]) -> Iterator[DueThing]:
    for each in every:
        if each.is_open and each.due_on is not None:
            address = about_address(each.about_kind, each.about)
            yield DueThing(
                DueKind.TASK, each.task_id, each.what, each.due_on, (each.assigned_to,), address, each.opened_at
            )


def _requests(every: Iterable[Request]) -> Iterator[DueThing]:
    for each in every:
        if each.due_on and "answer" in allowed_acts(each.state):
            title = f"Request {each.request_id}: {each.text}"
            on = date.fromisoformat(each.due_on)
            address = f"/requests/#{each.request_id}"
            yield DueThing(DueKind.REQUEST, each.request_id, title, on, (each.assigned_to,), address, each.asked_at)


def _of_scope(facts: DueFacts) -> Iterator[DueThing]:
    if facts.scope is None:
        return
    zone = zone_named(facts.zone)
    expected = due_occurrences(facts.scope, horizon=facts.horizon)
    yield from _reviews(facts, expected, zone)
    yield from _expected(facts.scope, expected, zone)
    for engagement in facts.scope.engagements:
        first = engagement.starts_on.starts_at.astimezone(zone).date()
        last = (engagement.ends_on.ends_before - _TICK).astimezone(zone).date()
        for word, day in (("begins", first), ("ends", last)):
            title = f"{engagement.id}: the period {word}"
            yield DueThing(DueKind.ENGAGEMENT, f"{engagement.id}/{word}", title, day, (), "/")


def _reviews(facts: DueFacts, expected: Sequence[DueOccurrence], zone: tzinfo) -> Iterator[DueThing]:
    """Give the open reviews that a schedule asks for: due when the period that they began in ends."""
    for review in facts.reviews:
        due = next(
            (
                each.due_at
                for each in expected
                if (each.system, each.activity) == (review.system, "access_review")
                and each.starts_at <= review.started_at < each.due_at
            ),
            None,
        )
        if due is None:
            continue
        waits = [item.reviewer for item in review.items.values() if item.decision is None]
        people = [facts.persons.get(account, account) for account in waits]
        yield DueThing(
            DueKind.REVIEW,
            review.review_id,
            f"Access review of {review.system}",
            (due - _TICK).astimezone(zone).date(),
            tuple(dict.fromkeys(people)),
            f"/reviews/{quote(review.review_id, safe='')}/",
            review.started_at,
        )


def _expected(scope: Scope, expected: Iterable[DueOccurrence], zone: tzinfo) -> Iterator[DueThing]:
    """Give the operations of controls that the scope's schedules expect: one line for a day, activity and owner."""
    owners = {system.id: system.owner or "" for system in scope.systems}
    grouped: dict[tuple[date, str, str], list[str]] = {}
    for each in expected:
        day = (each.due_at - _TICK).astimezone(zone).date()
        grouped.setdefault((day, each.activity, owners.get(each.system, "")), []).append(each.system)
    for (day, activity, owner), systems in grouped.items():
        more = f" and {len(systems) - _SHOWN_SYSTEMS} more" if len(systems) > _SHOWN_SYSTEMS else ""
        words = activity.replace("_", " ").capitalize()
        yield DueThing(
            DueKind.OCCURRENCE,
            f"{activity}/{day}/{owner}",
            f"{words}: {', '.join(systems[:_SHOWN_SYSTEMS])}{more}",
            day,
            (owner,) if owner else (),
            "/systems/?" + urlencode({"owner": owner}) if owner else "/systems/",
        )
