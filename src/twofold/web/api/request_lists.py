"""Auditors' request lists: taken in, near duplicates with their reasons, decided by people, merged into one list."""

from collections.abc import Callable
from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Router, Schema

from twofold.jobs.request_lists.deciding import PairDecision, decide_pairs
from twofold.jobs.request_lists.standing import ordered
from twofold.readiness.near_duplicates.request import RequestLine
from twofold.web.acting import acting_name
from twofold.web.api.answer_library import CapturedAsOut
from twofold.web.api.body import Said
from twofold.web.api.evidence import Limit
from twofold.web.api.operation import acts, cut, file_answer, next_page, reads
from twofold.web.company.preparing.request_lists import ListForm, how_read, imported, lists_today, merged_bytes
from twofold.web.workspace_access import current

router = Router(tags=["request lists"])
_PLACE = Annotated[str, Field(min_length=1, max_length=400)]


class LineOut(Schema):
    """A line of a list. place: the list and its line, by which pairs are decided."""

    place: str
    list_id: str
    line_id: str
    text: str
    due: str
    owner: str
    system: str
    period: str


class RequestListOut(Schema):
    """A list that was taken in."""

    id: str
    title: str
    engagement: str
    lines: int


class RequestPairOut(Schema):
    """Two lines that may be the same. heed: what to look at before saying yes; decision: "" where nobody decided."""

    first: LineOut
    second: LineOut
    score: float
    reasons: list[str]
    heed: list[str]
    decision: str


class RequestPairPage(Schema):
    """A page of pairs. `next`: the address of the page after it; null at the end."""

    items: list[RequestPairOut]
    next: str | None


class MergedOut(Schema):
    """One request of the merged list. captured: evidence that may answer it."""

    number: int
    lines: list[LineOut]
    captured: list[str]
    shared: bool


class MergedPage(Schema):
    """A page of the merged list. `next`: the address of the page after it; null at the end."""

    items: list[MergedOut]
    next: str | None


class ListTakenInOut(Schema):
    """How a list was read."""

    list_id: str
    evidence: list[str]
    withdrawn: list[str]
    read: str


class PairDecisionIn(Schema):
    """What is said of a pair: two places, whether they ask the same, and why."""

    first: _PLACE
    second: _PLACE
    decision: Literal["same", "not_same"]
    reason: Annotated[str, Field(max_length=4000)] = ""


class PairDecisionsIn(Schema):
    """Decisions that are one act."""

    decisions: Annotated[list[PairDecisionIn], Field(min_length=1, max_length=500)]


@reads(router, "/request-lists", "see_requests", list[RequestListOut], "Lists of auditors that were taken in")
def list_request_lists(request: HttpRequest) -> list[RequestListOut]:
    """Return the lists."""
    del request
    standing = lists_today().standing
    return [
        RequestListOut(
            id=str(each["id"]),
            title=str(each["title"]),
            engagement=str(each["engagement"] or ""),
            lines=len(standing.of(str(each["id"]))),
        )
        for each in standing.lists
    ]


@acts(
    router,
    "/request-lists",
    "manage_requests",
    ListTakenInOut,
    "Take in a request list",
    form=ListForm,
    with_file=True,
)
def take_in_request_list(request: HttpRequest, said: Said) -> ListTakenInOut:
    """Take in a list, or a newer file of one, and tell how it was read."""
    taken = imported(request, said)
    return ListTakenInOut(
        list_id=taken.list_id,
        evidence=list(taken.evidence),
        withdrawn=list(taken.withdrawn),
        read=how_read(taken),
    )


@reads(router, "/request-lists/pairs", "see_requests", RequestPairPage, "Lines that may be the same")
def list_request_pairs(
    request: HttpRequest,
    undecided: bool = False,
    after: Annotated[int, Field(ge=0, lt=2**31)] = 0,
    limit: Limit = 50,
) -> RequestPairPage:
    """Return a page of proposed pairs with what people decided. after: how many pairs the pages before had."""
    lists = lists_today()
    decided = lists.standing.decisions
    every = [(each, decided.get(ordered(each.first.place, each.second.place))) for each in lists.pairs]
    found = [each for each in enumerate(every, 1) if not (undecided and each[1][1]) and each[0] > after]
    rows, link = cut(found[: limit + 1], limit, lambda row: next_page(request, "after", row[0]))
    return RequestPairPage(
        items=[
            RequestPairOut(
                first=_line(pair.first),
                second=_line(pair.second),
                score=pair.score,
                reasons=list(pair.reasons),
                heed=list(pair.heed),
                decision=str(row["decision"]) if row else "",
            )
            for _, (pair, row) in rows
        ],
        next=link,
    )


@acts(router, "/request-lists/decisions", "manage_requests", CapturedAsOut, "Say which lines are the same")
def decide_request_pairs(request: HttpRequest, given: PairDecisionsIn) -> CapturedAsOut:
    """Record the decisions as one act."""
    said = [PairDecision(each.first, each.second, each.decision, each.reason, "pair") for each in given.decisions]
    evidence = decide_pairs(current().workspace, said, actor=acting_name(request), at=timezone.now())
    return CapturedAsOut(evidence=list(evidence))


@reads(router, "/request-lists/merged", "see_requests", MergedPage, "One list out of all")
def merged_request_list(
    request: HttpRequest,
    shared: bool = False,
    after: Annotated[int, Field(ge=0, lt=2**31)] = 0,
    limit: Limit = 50,
) -> MergedPage:
    """Return a page by number; shared: only what serves several audits."""
    found = [each for each in lists_today().merged if each.number > after and (each.shared or not shared)]
    rows, link = cut(found[: limit + 1], limit, lambda row: next_page(request, "after", row.number))
    return MergedPage(
        items=[
            MergedOut(
                number=each.number,
                lines=[_line(line) for line in each.lines],
                captured=list(each.captured),
                shared=each.shared,
            )
            for each in rows
        ],
        next=link,
    )


@reads(router, "/request-lists/merged/file", "see_requests", None, "The merged list as a file")
def merged_request_file(request: HttpRequest, form: Literal["xlsx", "csv"] = "xlsx") -> HttpResponse:
    """Return a workbook, or CSV."""
    del request
    return file_answer(merged_bytes(form))


_line: Callable[[RequestLine], LineOut] = LineOut.from_orm
