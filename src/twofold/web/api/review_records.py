"""Access reviews beyond deciding: delegate, remind, look at use, what changed, and the completion record."""

from datetime import date, datetime
from itertools import islice
from typing import Annotated, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from twofold.engagement.access_review import Progress
from twofold.engagement.access_review_diff import Difference, counts
from twofold.jobs.access_review.acts import record_look
from twofold.jobs.access_review.comparing import TODAY
from twofold.jobs.access_review.reviewers import delegate_pairs, remind_reviewer
from twofold.web.acting import acting_name
from twofold.web.api.evidence import Limit
from twofold.web.api.operation import acts, cut, next_page, reads
from twofold.web.api.reviews import DoneOut, Name, ReviewId, ReviewOut, done_out, review_one, review_out
from twofold.web.api.tasks import TaskOut
from twofold.web.company.access_review_reading import Sums, comparison_of, sums_of
from twofold.web.company.access_review_record import differing, key_of, record_of_review
from twofold.web.company.access_reviews import review_named
from twofold.web.workspace_access import current

router = Router(tags=["access reviews"])


class DelegateIn(Schema):
    """To whom one's own undecided pairs go: all of them, or those of one account."""

    to: Name
    account: Annotated[str | None, Field(max_length=400)] = None
    reason: Annotated[str, Field(max_length=4000)] = ""


class RemindIn(Schema):
    """Who is reminded: a reviewer with undecided pairs."""

    reviewer: Name


class LookIn(Schema):
    """What access judged wrong was used for since a local day."""

    account: Name
    right: Name
    looked_from: date
    result: Annotated[str, Field(min_length=1, max_length=4000)]


class ProgressOut(Schema):
    """Counts of one reviewer, "" = of the whole review."""

    reviewer: str
    pairs: int
    approved: int
    revoked: int
    modified: int
    undecided: int


class IndicatorOut(Schema):
    """A number about how the review was held; value null where too little was decided."""

    name: str
    value: float | None
    stands_out: bool
    detail: str


class ReviewSumsOut(Schema):
    """Counts of a review. persons: reviewer -> HR id. bulk: pairs whose decision was given with others at once."""

    whole: ProgressOut
    reviewers: list[ProgressOut]
    persons: dict[str, str]
    bulk: int
    indicators: list[IndicatorOut]


class ReviewDifferenceOut(Schema):
    """A pair that differs, what became of it, and what was decided on it: null = nothing, or not in that list.

    conflicted: a decision on it is told in two ways, of which one is shown, so another change may have become of it.
    """

    account: str
    right: str
    change: str
    earlier: str | None
    later: str | None
    conflicted: bool


class ReviewDifferencePage(Schema):
    """A page of pairs that differ, in order. counts: kind -> pairs. `next`: of the page after it; null at the end."""

    counts: dict[str, int]
    items: list[ReviewDifferenceOut]
    next: str | None


class ReviewActOut(Schema):
    """One captured act of the review."""

    at: datetime
    by: str
    said: str
    evidence: str


class LensAnswerOut(Schema):
    """What a lens asks of the review: the letters it requires, its verdict, what it proposes for the control."""

    title: str
    required: list[str]
    verdict: str
    control_id: str
    conclusion: str


class ReviewRecordOut(Schema):
    """The completion record. missing: pairs of the snapshot that nobody was asked about; null without the snapshot.

    doubts: why the snapshot may not be whole. removals: judged, executed, gone, still_there, looked_at,
    back (gone, and in a later snapshot again).
    """

    review: ReviewOut
    sums: ReviewSumsOut
    taken_at: datetime | None
    doubts: list[str]
    missing: int | None
    acts: list[ReviewActOut]
    answers: list[LensAnswerOut]
    removals: dict[str, int]


@acts(router, "/reviews/{review_id}/delegate", "decide_access", DoneOut, "Delegate own pairs", on=review_one)
def delegate_review(request: HttpRequest, review_id: ReviewId, given: DelegateIn) -> DoneOut:
    """Give one's own undecided pairs to another reviewer."""
    now = current()
    review_named(now, review_id)
    done = delegate_pairs(
        now.workspace,
        review_id,
        to=given.to,
        account=given.account or None,
        reason=given.reason,
        actor=acting_name(request),
        at=timezone.now(),
    )
    return done_out(done)


@acts(router, "/reviews/{review_id}/remind", "hold_reviews", TaskOut, "Remind a reviewer", on=review_one)
def remind_review(request: HttpRequest, review_id: ReviewId, given: RemindIn) -> TaskOut:
    """Open a task for a reviewer with undecided pairs."""
    now = current()
    review_named(now, review_id)
    actor, at = acting_name(request), timezone.now()
    return TaskOut.from_orm(remind_reviewer(now.workspace, review_id, given.reviewer, actor=actor, at=at))


@acts(router, "/reviews/{review_id}/looks", "record_removal", DoneOut, "Record a look at use", on=review_one)
def look_review(request: HttpRequest, review_id: ReviewId, given: LookIn) -> DoneOut:
    """Record a look at what access judged wrong was used for; SOX asks for it."""
    now = current()
    review_named(now, review_id)
    done = record_look(
        now.workspace,
        review_id,
        (given.account, given.right),
        looked_from=given.looked_from,
        result=given.result,
        actor=acting_name(request),
        at=timezone.now(),
    )
    return done_out(done)


@reads(router, "/reviews/{review_id}/difference", "see_reviews", ReviewDifferencePage, "What changed between lists")
def review_difference(
    request: HttpRequest,
    review_id: ReviewId,
    against: Literal["before", "today"] = "before",
    change: Literal["", "new", "gone", "changed", "revoked_yet_present", "granted_again"] = "",
    after: str = "",
    limit: Limit = 50,
) -> ReviewDifferencePage:
    """Return a page of what differs from the review before, or from the newest snapshot; 422 without one."""
    now = current()
    review_named(now, review_id)
    found = comparison_of(now, review_id, None if against == "before" else TODAY).differences
    shown = list(islice(differing(found, change, after), limit + 1))
    rows, link = cut(shown, limit, lambda row: next_page(request, "after", key_of(row)))
    return ReviewDifferencePage(
        counts={str(kind): number for kind, number in counts(found).items()},
        items=[_difference(each) for each in rows],
        next=link,
    )


@reads(router, "/reviews/{review_id}/sums", "see_reviews", ReviewSumsOut, "Counts of a review by reviewer")
def review_sums(request: HttpRequest, review_id: ReviewId) -> ReviewSumsOut:
    """Return how far each reviewer is."""
    del request
    now = current()
    return _sums(sums_of(now, review_named(now, review_id)))


@reads(router, "/reviews/{review_id}/record", "see_reviews", ReviewRecordOut, "The completion record of a review")
def review_record(request: HttpRequest, review_id: ReviewId) -> ReviewRecordOut:
    """Return what was reviewed, whole or not, by whom, what went, and what each lens says."""
    del request
    now = current()
    review = review_named(now, review_id)
    found = record_of_review(now, review)
    snapshot = found["snapshot"]
    return ReviewRecordOut(
        review=review_out(review),
        sums=_sums(found["sums"]),
        taken_at=snapshot.taken_at if snapshot else None,
        doubts=list(snapshot.doubts) if snapshot else [],
        missing=found["missing"],
        acts=[ReviewActOut.from_orm(each) for each in found["acts"]],
        answers=[LensAnswerOut.from_orm(each) for each in found["answers"]],
        removals=found["removals"],
    )


def _difference(one: Difference) -> ReviewDifferenceOut:
    return ReviewDifferenceOut(
        account=one.account,
        right=one.right_id,
        change=one.change.value,
        earlier=one.earlier.decision.value if one.earlier else None,
        later=one.later.decision.value if one.later else None,
        conflicted=one.conflicted,
    )


def _sums(one: Sums) -> ReviewSumsOut:
    return ReviewSumsOut(
        whole=_progress(one.whole),
        reviewers=[_progress(each) for each in one.reviewers],
        persons=dict(one.persons),
        bulk=one.bulk,
        indicators=[IndicatorOut.from_orm(each) for each in one.indicators],
    )


def _progress(one: Progress) -> ProgressOut:
    return ProgressOut(
        reviewer=one.reviewer,
        pairs=one.pairs,
        approved=one.approve,
        revoked=one.revoke,
        modified=one.modify,
        undecided=one.undecided,
    )
