"""Access reviews: opened from a snapshot, routed, decided pair by pair, completed, and removals recorded.

Who decides is asked of persons by the acts themselves: nobody decides on their own access.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from twofold.engagement.access_review import Decision, Pair, Review, progress
from twofold.jobs.access_review.acts import complete_review, record_removal, route_pairs
from twofold.jobs.access_review.capturing import ActDone
from twofold.jobs.access_review.comparing import PairShown, RemovalShown, review_shown
from twofold.jobs.access_review.deciding import decide_pairs
from twofold.jobs.access_review.opening import open_review
from twofold.model.problem import Problem, UserError
from twofold.web.acting import acting_name
from twofold.web.api.evidence import Limit
from twofold.web.api.operation import acts, cut, next_page, reads
from twofold.web.workspace_access import Current, current

router = Router(tags=["access reviews"])
Name = Annotated[str, Field(min_length=1, max_length=400)]
ReviewId = Annotated[str, Field(max_length=200)]


class ReviewOut(Schema):
    """A review: pairs = approved + revoked + modified + undecided."""

    id: str
    system: str
    snapshot: str
    state: str
    started_at: datetime
    completed_at: datetime | None
    held_here: bool
    pairs: int
    approved: int
    revoked: int
    modified: int
    undecided: int


class SnapshotOut(Schema):
    """A list of access that a review can be opened from."""

    system: str
    snapshot: str


class ReviewsOut(Schema):
    """The reviews in order of beginning, and the newest snapshots of each system."""

    reviews: list[ReviewOut]
    snapshots: list[SnapshotOut]


class PairActOut(Schema):
    """An act on a pair: route, decide, revoked or look. reviewer: whom it waits for from then on.

    reason: why, or what a look found. A decision is overtaken by the next decide or route.
    """

    act: str
    at: datetime
    by: str
    evidence: str
    reviewer: str
    decision: str | None
    reason: str
    ticket: str
    executed_at: datetime | None


class PairOut(Schema):
    """An account and a right of it, with what a reviewer has to know, and the decision.

    conflicted: it is told in two ways, of which one is shown. history: every act on it, in order; empty for a review of
    another tool.
    """

    account: str
    right: str
    right_class: str
    holds: list[str]
    belongs_to: str
    status: str
    reviewer: str
    decision: str | None
    decided_at: datetime | None
    reason: str
    conflicted: bool
    history: list[PairActOut]


class PairPage(Schema):
    """A page of pairs in order of account and right. `next`: the address of the page after it; null at the end."""

    items: list[PairOut]
    next: str | None


class RemovalOut(Schema):
    """What became of access judged wrong. `gone`: whether a later snapshot shows it gone; null where none tells.

    back_in: the first snapshot after that one which holds it again; "" = none. evidence: of the record that counts;
    records: all of them, in order; empty for a review of another tool.
    """

    account: str
    right: str
    ticket: str
    executed_at: datetime | None
    seen_in: str
    gone: bool | None
    back_in: str
    evidence: str
    records: list[PairActOut]


class OpenIn(Schema):
    """From which snapshot, and who reviews, in order of preference: accounts of the system."""

    system: Name
    snapshot: Name
    reviewers: Annotated[list[Name], Field(min_length=1, max_length=200)]


class DecisionIn(Schema):
    """The decision on one pair, with its reason."""

    account: Name
    right: Name
    decision: Decision
    reason: Annotated[str, Field(max_length=4000)] = ""


class DecisionsIn(Schema):
    """Decisions that are one act. in_bulk: given with others at once, for one reason; the evidence says so."""

    decisions: Annotated[list[DecisionIn], Field(min_length=1, max_length=1000)]
    in_bulk: bool = False


class RouteIn(Schema):
    """To whom undecided pairs go: those of a reviewer, of an account, of a right. decided: decided ones too.

    These are decided anew, and both decisions stay.
    """

    to: Name
    from_reviewer: Annotated[str | None, Field(max_length=400)] = None
    account: Annotated[str | None, Field(max_length=400)] = None
    right: Annotated[str | None, Field(max_length=400)] = None
    decided: bool = False
    reason: Annotated[str, Field(max_length=4000)] = ""


class RemovalIn(Schema):
    """Which access was removed, and the ticket that says so. reason: why there is a further record, if there is one."""

    account: Name
    right: Name
    ticket: Annotated[str, Field(max_length=400)] = ""
    reason: Annotated[str, Field(max_length=4000)] = ""


class DoneOut(Schema):
    """The review after the act, and the evidence that holds the act."""

    review: ReviewOut
    evidence: list[str]
    notes: list[str]


@reads(router, "/reviews", "see_reviews", ReviewsOut, "Access reviews")
def list_reviews(request: HttpRequest) -> ReviewsOut:
    """Return the reviews, and what one can be opened from."""
    del request
    reviews, snapshots = current().reviews
    return ReviewsOut(
        reviews=[review_out(each) for each in reviews],
        snapshots=[SnapshotOut(system=system, snapshot=name) for system, name in snapshots],
    )


@reads(router, "/reviews/{review_id}", "see_reviews", ReviewOut, "One access review")
def review_one(request: HttpRequest, review_id: ReviewId) -> ReviewOut:
    """Return one review; 404 for an unknown one."""
    del request
    return review_out(_named(current(), review_id))


@reads(router, "/reviews/{review_id}/pairs", "see_reviews", PairPage, "Pairs of a review, in order")
def list_pairs(
    request: HttpRequest,
    review_id: ReviewId,
    reviewer: str = "",
    undecided: bool = False,
    after: str = "",
    limit: Limit = 50,
) -> PairPage:
    """Return a page; the filters narrow to one reviewer, or to what is undecided."""
    _, pairs, _ = _shown(review_id)
    found = sorted(
        (
            each
            for each in pairs
            if reviewer in {"", each.item.reviewer} and not (undecided and each.item.decision) and _key(each) > after
        ),
        key=_key,
    )
    rows, link = cut(found[: limit + 1], limit, lambda row: next_page(request, "after", _key(row)))
    return PairPage(items=[_pair(each) for each in rows], next=link)


@reads(router, "/reviews/{review_id}/removals", "see_reviews", list[RemovalOut], "What became of access judged wrong")
def list_removals(request: HttpRequest, review_id: ReviewId) -> list[RemovalOut]:
    """Return the removals."""
    del request
    _, _, removals = _shown(review_id)
    return [
        RemovalOut(
            account=each.item.account,
            right=each.item.right_id,
            ticket=each.ticket,
            executed_at=each.executed_at,
            seen_in=each.seen_in,
            gone=each.gone,
            back_in=each.back_in,
            evidence=each.evidence,
            records=[PairActOut.from_orm(one) for one in each.records],
        )
        for each in removals
    ]


@acts(router, "/reviews", "hold_reviews", DoneOut, "Open an access review")
def open_review_one(request: HttpRequest, given: OpenIn) -> DoneOut:
    """Open a review from a snapshot; each pair goes to the first reviewer whose own access it is not.

    The caller states by it that every access review of the system since the start of the due period of the snapshot is
    in this workspace, and the evidence says so.
    """
    done = open_review(
        current().workspace,
        given.system,
        snapshot_id=given.snapshot,
        reviewers=given.reviewers,
        since=None,
        actor=acting_name(request),
        at=timezone.now(),
    )
    return done_out(done)


@acts(router, "/reviews/{review_id}/decisions", "decide_access", DoneOut, "Decide on pairs", on=review_one)
def decide_one(request: HttpRequest, review_id: ReviewId, given: DecisionsIn) -> DoneOut:
    """Record the decisions as one act: on pairs that are routed to the caller, never on own access."""
    said = _said_once(given.decisions)
    actor, at = acting_name(request), timezone.now()
    return _act(
        review_id, lambda now: decide_pairs(now.workspace, review_id, said, actor=actor, at=at, in_bulk=given.in_bulk)
    )


@acts(router, "/reviews/{review_id}/route", "hold_reviews", DoneOut, "Route pairs to another reviewer", on=review_one)
def route_one(request: HttpRequest, review_id: ReviewId, given: RouteIn) -> DoneOut:
    """Give the undecided pairs of a reviewer, or of an account, to another reviewer."""
    return _act(
        review_id,
        lambda now: route_pairs(
            now.workspace,
            review_id,
            to=given.to,
            of_reviewer=given.from_reviewer or None,
            account=given.account or None,
            right_id=given.right or None,
            reason=given.reason,
            decided=given.decided,
            actor=acting_name(request),
            at=timezone.now(),
        ),
    )


@acts(router, "/reviews/{review_id}/complete", "hold_reviews", DoneOut, "Complete a review", on=review_one, content="")
def complete_one(request: HttpRequest, review_id: ReviewId) -> DoneOut:
    """Complete the review; silence is no approval, so every pair needs a decision first."""
    actor, at = acting_name(request), timezone.now()
    return _act(review_id, lambda now: complete_review(now.workspace, review_id, actor=actor, at=at))


@acts(router, "/reviews/{review_id}/removals", "record_removal", DoneOut, "Record a removal", on=review_one)
def removed_one(request: HttpRequest, review_id: ReviewId, given: RemovalIn) -> DoneOut:
    """Record that access judged wrong was removed; a later snapshot has to show it gone."""
    return _act(
        review_id,
        lambda now: record_removal(
            now.workspace,
            review_id,
            (given.account, given.right),
            ticket=given.ticket,
            executed_at="",
            reason=given.reason,
            actor=acting_name(request),
            at=timezone.now(),
        ),
    )


def _said_once(decisions: Sequence[DecisionIn]) -> dict[Pair, tuple[Decision, str]]:
    """Return what is said of each pair; raises UserError for a pair that stands twice, since one act says one thing."""
    said: dict[Pair, tuple[Decision, str]] = {}
    first: dict[Pair, int] = {}
    problems = []
    for number, each in enumerate(decisions, start=1):
        pair = each.account, each.right
        if pair in said:
            found = f"{pair[0]} {pair[1]} stands in decision {first[pair]} already"
            problems.append(Problem(f"decision {number}", found, "each pair once", "leave one of them out"))
        said.setdefault(pair, (each.decision, each.reason))
        first.setdefault(pair, number)
    if problems:
        raise UserError(problems)
    return said


def _act(review_id: str, act: Callable[[Current], ActDone]) -> DoneOut:
    now = current()
    _named(now, review_id)
    return done_out(act(now))


def _named(now: Current, review_id: str) -> Review:
    for each in now.reviews[0]:
        if each.review_id == review_id:
            return each
    raise Http404


def _shown(review_id: str) -> tuple[Review, list[PairShown], list[RemovalShown]]:
    try:
        return review_shown(current().workspace, review_id, at=timezone.now())
    except UserError as error:
        raise Http404 from error


def _key(shown: PairShown) -> str:
    """Return what a page goes on after; each part is quoted, so that no two pairs have one key."""
    return f"{quote(shown.item.account)}|{quote(shown.item.right_id)}"


def _pair(shown: PairShown) -> PairOut:
    item = shown.item
    return PairOut(
        account=item.account,
        right=item.right_id,
        right_class=shown.right_class,
        holds=list(shown.holds),
        belongs_to=shown.belongs_to,
        status=shown.status,
        reviewer=item.reviewer,
        decision=item.decision.value if item.decision else None,
        decided_at=item.decided_at,
        reason=item.reason,
        conflicted=item.conflicted,
        history=[PairActOut.from_orm(each) for each in shown.history],
    )


def done_out(done: ActDone) -> DoneOut:
    """Return what an act left, as the API tells it."""
    return DoneOut(review=review_out(done.review), evidence=list(done.evidence), notes=list(done.notes))


def review_out(one: Review) -> ReviewOut:
    """Return a review as the API tells it."""
    counted = progress("", one.items.values())
    return ReviewOut(
        id=one.review_id,
        system=one.system,
        snapshot=one.snapshot,
        state=one.state.value,
        started_at=one.started_at,
        completed_at=one.completed_at,
        held_here=one.held_here,
        pairs=counted.pairs,
        approved=counted.approve,
        revoked=counted.revoke,
        modified=counted.modify,
        undecided=counted.undecided,
    )
