"""One's own work, the calendar of everybody, how one wants to be told, and the end of one's calendar's address."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Annotated

from django.http import HttpRequest
from ninja import Field, Router, Schema

from twofold.jobs.due import DueKind, DueThing
from twofold.web.acting import acting_name
from twofold.web.api.body import Said
from twofold.web.api.evidence import Limit
from twofold.web.api.operation import acts, cut, next_page, reads
from twofold.web.company.inbox import work_of
from twofold.web.company.work.calendar import is_wanted, things_known
from twofold.web.company.work.notices import NoticeForm, address_ended, choose, chosen_by
from twofold.web.workspace_access import current

router = Router(tags=["work"])
_LONGEST = timedelta(days=366)


class DueOut(Schema):
    """A thing that is due. people: whose it is; [] = everybody's. address: path of its page on the site."""

    kind: str
    thing_id: str
    title: str
    on: date
    people: list[str]
    address: str
    late: bool


class DuePage(Schema):
    """A page of what is due, by day. `next`: the address of the page after it; null at the end."""

    items: list[DueOut]
    next: str | None


class DueGroupOut(Schema):
    """What is due under one heading: overdue, in the next seven days, later."""

    title: str
    things: list[DueOut]


class WaitingReviewOut(Schema):
    """An access review in which pairs wait for the caller."""

    review: str
    pairs: int


class MyWorkOut(Schema):
    """What waits for the caller. proposals, scope_changes: ids of what needs a second person.

    requests, tasks: ids of those without a day. unanswered: findings of own controls that nobody answered yet.
    """

    groups: list[DueGroupOut]
    requests: list[str]
    tasks: list[str]
    reviews: list[WaitingReviewOut]
    proposals: list[int]
    scope_changes: list[int]
    unanswered: list[str]
    unanswered_count: int
    controls: list[str]


class NoticesOut(Schema):
    """How the caller is told. sends: whether the company sends notices at all. address_ends_at: null = no address."""

    rhythm: str
    channels: list[str]
    sends: bool
    address_ends_at: datetime | None


class EndedOut(Schema):
    """Whether there was an address that ended."""

    ended: bool


@reads(router, "/my-work", "see_overview", MyWorkOut, "What waits for the caller")
def my_work(request: HttpRequest) -> MyWorkOut:
    """Return the work of the caller's person."""
    found, today = work_of(request), current().today
    return MyWorkOut(
        groups=[DueGroupOut(title=each.title, things=_due(each.things, today)) for each in found["groups"]],
        requests=[each.request_id for each in found["requests"]],
        tasks=[each.task_id for each in found["tasks"]],
        reviews=[WaitingReviewOut(review=review.review_id, pairs=pairs) for review, pairs in found["reviews"]],
        proposals=[each.pk for each in found["proposals"]],
        scope_changes=[each.pk for each in found["scope_changes"]],
        unanswered=[each.finding_id for each in found["unanswered"]],
        unanswered_count=found["unanswered_count"],
        controls=[row.control_id for row in found["controls"]],
    )


@reads(router, "/calendar", "see_findings", DuePage, "What is due between two days")
def list_due(
    request: HttpRequest,
    first: date,
    last: date,
    person: str = "",
    kind: DueKind | None = None,
    after: Annotated[str, Field(max_length=1000)] = "",
    limit: Limit = 50,
) -> DuePage:
    """Return a page, at most a year ahead of `first`; person: an HR id, or `me`."""
    now = current()
    until = min(last, first + _LONGEST) if first.year < date.max.year else last
    who = acting_name(request) if person == "me" else person
    known = things_known(request, now, who, until=max(now.today, min(until, now.today + _LONGEST)))
    every = [
        each
        for each in sorted(known, key=_key)
        if first <= each.on <= until and is_wanted(each, who, kind.value if kind else "") and _key(each) > after
    ]
    rows, link = cut(every[: limit + 1], limit, lambda row: next_page(request, "after", _key(row)))
    return DuePage(items=_due(rows, now.today), next=link)


@reads(router, "/notices", "keep_own_account", NoticesOut, "How the caller is told")
def notices_one(request: HttpRequest) -> NoticesOut:
    """Return what holds for the caller."""
    found = chosen_by(request)
    feed = found["feed"]
    return NoticesOut(
        rhythm=found["rhythm"],
        channels=[str(each) for each in found["chosen"]],
        sends=found["notices"] is not None,
        address_ends_at=feed.expires_at if feed else None,
    )


@acts(router, "/notices", "keep_own_account", NoticesOut, "Choose how to be told", on=notices_one, form=NoticeForm)
def choose_notices(request: HttpRequest, said: Said) -> NoticesOut:
    """Keep how often and on which channels the caller wants to be told."""
    choose(request, said)
    return notices_one(request)


@acts(router, "/calendar-address/end", "keep_own_account", EndedOut, "End the address", content="", status=200)
def end_calendar_address(request: HttpRequest) -> EndedOut:
    """End the address of the caller's calendar."""
    return EndedOut(ended=address_ended(request))


def _key(thing: DueThing) -> str:
    return f"{thing.on} {thing.kind} {thing.thing_id}"


def _due(things: Iterable[DueThing], today: date) -> list[DueOut]:
    return [
        DueOut(
            kind=each.kind.value,
            thing_id=each.thing_id,
            title=each.title,
            on=each.on,
            people=list(each.people),
            address=each.address,
            late=each.is_late(today),
        )
        for each in things
    ]
