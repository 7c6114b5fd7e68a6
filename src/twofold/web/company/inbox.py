"""My work: what waits for the person who looks, the overdue first: findings, requests, tasks, reviews, proposals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from twofold.engagement.access_review import Review
from twofold.engagement.request import Request
from twofold.engagement.task import Task
from twofold.findings.follow_up import Stage
from twofold.jobs.due import DueThing, about_address, finding_address
from twofold.records.acts.people import same_person
from twofold.web.accounts.member import person_of, role_of
from twofold.web.acting import acting_name, controls_held, grant_for
from twofold.web.company.models import ProposedDisposition
from twofold.web.company.programme.personal import manages_programme
from twofold.web.company.scope_change.waiting import waiting_for
from twofold.web.company.work.gathered import reviews_of, things_of
from twofold.web.company.work.programme_due import own_things, signing_of
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.rights import Grant
from twofold.web.workspace_access import Current, current

_WEEK = timedelta(days=7)
_AHEAD = timedelta(days=92)
_ANSWERS = 10


@dataclass(frozen=True, slots=True)
class Group:
    """Due things under one heading."""

    title: str
    things: tuple[DueThing, ...]
    late: bool = False


@require_safe
@needs("see_overview")
def show(request: HttpRequest) -> HttpResponse:
    """Answer with the work of the account's person."""
    values = {**work_of(request), "about_address": about_address, "at_now": timezone.now()}
    return page(request, "inbox.html", {**values, "finding_address": finding_address}, at="inbox", title="My work")


def work_of(request: HttpRequest) -> dict[str, Any]:
    """Return what waits for the account's person: due things by group, and what has no day."""
    now = current()
    me = acting_name(request)
    own = controls_held(now.scope.scope if now.scope else None, person_of(request.user), at=timezone.now())
    agrees = grant_for(request, "agree_with") is Grant.YES
    today = now.today
    manages = manages_programme(role_of(request.user))
    programme = own_things(now, me, manages=manages, personal=True)
    things = [each for each in things_of(now, until=today + _AHEAD) if each.is_for(me)]
    things += [each for each in programme if each.on <= today + _AHEAD]
    signing, trained = signing_of(now, me)
    unanswered = [
        each for each in now.follow_ups.values() if each.stage is Stage.ANSWER and each.finding.control_id in own
    ]
    return {
        "controls": [row for row in now.status.rows if row.control_id in own],
        "groups": _groups(sorted(things, key=lambda each: (each.on, each.kind, each.thing_id)), today),
        "me": me,
        "proposals": list(ProposedDisposition.objects.order_by("proposed_at")) if agrees else [],
        "signing": signing,
        "trained": trained,
        "requests": _undated_requests(now, me),
        "reviews": _reviews(now, me),
        "scope_changes": waiting_for(request),
        "tasks": _undated_tasks(now, me),
        "today": today,
        "unanswered": unanswered[:_ANSWERS],
        "unanswered_count": len(unanswered),
    }


def _groups(things: Sequence[DueThing], today: date) -> list[Group]:
    """Return overdue, due this week, and later. An expected operation that is over is looked at by its control test."""
    waits = [each for each in things if each.on >= today]
    late = tuple(each for each in things if each.is_late(today))
    week = tuple(each for each in waits if today <= each.on < today + _WEEK)
    later = tuple(each for each in waits if each.on >= today + _WEEK)
    groups = (Group("Overdue", late, late=True), Group("Due in the next seven days", week), Group("Later", later))
    return [each for each in groups if each.things]


def _undated_tasks(now: Current, me: str) -> list[Task]:
    return [each for each in now.tasks if each.is_open and each.due_on is None and same_person(each.assigned_to, me)]


def _undated_requests(now: Current, me: str) -> list[Request]:
    return [each for each in now.status.requests if not each.due_on and same_person(each.assigned_to, me)]


def _reviews(now: Current, me: str) -> list[tuple[Review, int]]:
    """Return the open access reviews in which pairs wait for this person, with how many."""
    held = reviews_of(now, at=timezone.now())
    found = []
    for review in held.reviews:
        undecided = [item.reviewer for item in review.items.values() if item.decision is None]
        waits = sum(1 for account in undecided if same_person(held.persons.get(account, account), me))
        if waits:
            found.append((review, waits))
    return found
