"""Access reviews: open one from a snapshot, decide pair by pair with a reason, route, complete, record removals.

There is no button that approves everything. Who reviews is asked of persons: nobody decides on their own access.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from twofold.engagement.access_review import ALLOWED, Decision, Review, ReviewAct, progress, progress_by_reviewer
from twofold.engagement.access_review_diff import counts
from twofold.engagement.access_review_indicators import indicators
from twofold.jobs.access_review.acts import complete_review, record_removal, route_pairs
from twofold.jobs.access_review.capturing import ActDone
from twofold.jobs.access_review.comparing import PairShown, compare, review_shown
from twofold.jobs.access_review.deciding import decide_pairs
from twofold.jobs.access_review.opening import open_review
from twofold.model.problem import UserError
from twofold.web.acting import acting_name
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.workspace_access import Current, current

VIEWS = {"account": "by account", "right": "by right", "flat": "one list"}


@dataclass(frozen=True, slots=True)
class Group:
    """The pairs under one heading of the chosen view."""

    title: str
    detail: str
    pairs: tuple[PairShown, ...]


@require_safe
@needs("see_reviews")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with the reviews, newest first, and a form to open one."""
    now = current()
    reviews, snapshots = now.reviews
    values = {
        "rows": [(each, progress("", each.items.values())) for each in reversed(reviews)],
        "snapshots": snapshots,
    }
    return page(request, "reviews.html", values, at="reviews", title="Access reviews")


@require_safe
@needs("see_reviews")
def show(request: HttpRequest, review_id: str) -> HttpResponse:
    """Answer with one review. The query chooses the view, and narrows to one reviewer or to what is undecided."""
    now = current()
    try:
        review, pairs, removals = review_shown(now.workspace, review_id, at=timezone.now())
    except UserError as error:
        raise Http404 from error
    view = request.GET.get("view", "account")
    view = view if view in VIEWS else "account"
    reviewer, only = request.GET.get("reviewer", ""), request.GET.get("only", "")
    shown = [each for each in pairs if reviewer in {"", each.item.reviewer}]
    shown = [each for each in shown if only != "undecided" or each.item.decision is None]
    values = {
        "acts": [str(each) for each in _acts(review)],
        "groups": _groups(shown, view),
        "indicators": indicators(review.items.values()),
        "only": only,
        "others": _others(now, review),
        "reviewer": reviewer,
        "reviewers": progress_by_reviewer(review),
        "removals": removals,
        "review": review,
        "sum": progress("", review.items.values()),
        "view": view,
        "views": VIEWS,
    }
    return page(request, "review.html", values, at="reviews", title=review_id)


@require_POST
@needs("hold_reviews")
def open_one(request: HttpRequest) -> HttpResponse:
    """Open a review from a snapshot; each pair goes to the first reviewer whose own access it is not."""
    system, _, snapshot = request.POST.get("snapshot", "").partition("|")
    reviewers = request.POST.get("reviewers", "").replace(",", " ").split()
    try:
        done = open_review(
            current().workspace,
            system,
            snapshot_id=snapshot,
            reviewers=reviewers,
            since=None,
            actor=acting_name(request),
            at=timezone.now(),
        )
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
        return redirect("reviews")
    for note in done.notes:
        messages.info(request, note)
    return redirect("review", done.review.review_id)


@require_POST
@needs("decide_access")
def decide(request: HttpRequest, review_id: str) -> HttpResponse:
    """Record the decisions of the form as one act: fields `pair-N`, `decision-N`, `reason-N`."""
    said: dict[tuple[str, str], tuple[Decision, str]] = {}
    for name, pair in request.POST.items():
        number = name.removeprefix("pair-")
        decision = request.POST.get(f"decision-{number}", "")
        if number == name or decision not in set(Decision):
            continue
        account, _, right = str(pair).partition("|")
        said[account, right] = (Decision(decision), str(request.POST.get(f"reason-{number}", "")))
    return _act(
        request,
        review_id,
        lambda now: decide_pairs(now.workspace, review_id, said, actor=acting_name(request), at=timezone.now()),
    )


@require_POST
@needs("hold_reviews")
def route(request: HttpRequest, review_id: str) -> HttpResponse:
    """Give the undecided pairs of a reviewer, or of an account, to another reviewer."""
    given = {name: request.POST.get(name, "").strip() for name in ("to", "from", "account", "reason")}
    return _act(
        request,
        review_id,
        lambda now: route_pairs(
            now.workspace,
            review_id,
            to=given["to"],
            of_reviewer=given["from"] or None,
            account=given["account"] or None,
            right_id=None,
            reason=given["reason"],
            actor=acting_name(request),
            at=timezone.now(),
        ),
    )


@require_POST
@needs("hold_reviews")
def complete(request: HttpRequest, review_id: str) -> HttpResponse:
    """Complete the review; nobody's silence is an approval, so every pair needs a decision first."""
    return _act(
        request,
        review_id,
        lambda now: complete_review(now.workspace, review_id, actor=acting_name(request), at=timezone.now()),
    )


@require_POST
@needs("record_removal")
def removed(request: HttpRequest, review_id: str) -> HttpResponse:
    """Record that access judged wrong was removed; a later snapshot has to show it gone."""
    account, _, right = request.POST.get("pair", "").partition("|")
    return _act(
        request,
        review_id,
        lambda now: record_removal(
            now.workspace,
            review_id,
            (account, right),
            ticket=request.POST.get("ticket", ""),
            executed_at="",
            actor=acting_name(request),
            at=timezone.now(),
        ),
    )


def _act(request: HttpRequest, review_id: str, act: Callable[[Current], ActDone]) -> HttpResponse:
    now = current()
    if review_id not in {each.review_id for each in now.reviews[0]}:
        raise Http404
    try:
        done = act(now)
        messages.success(request, f"Captured as {', '.join(done.evidence)}.")
        for note in done.notes:
            messages.info(request, note)
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
    return redirect("review", review_id)


def _acts(review: Review) -> Sequence[ReviewAct]:
    return ALLOWED[review.state] if review.held_here else ()


def _groups(pairs: Sequence[PairShown], view: str) -> list[Group]:
    """Return the pairs under their headings, in order of heading."""
    if view == "flat":
        return [Group("", "", tuple(pairs))] if pairs else []
    found: dict[tuple[str, str], list[PairShown]] = {}
    for each in pairs:
        heading = (
            (each.item.account, f"{each.belongs_to}, {each.status}")
            if view == "account"
            else (each.item.right_id, each.right_class)
        )
        found.setdefault(heading, []).append(each)
    return [Group(*heading, tuple(found[heading])) for heading in sorted(found)]


def _others(now: Current, review: Review) -> list[dict[str, Any]]:
    """Return what changed since the review before, and until today; leave out what there is nothing to compare with."""
    found = []
    for other, title in ((None, "since the review before"), ("today", "until the newest snapshot")):
        try:
            compared = compare(now.workspace, review.review_id, other=other)
        except UserError:
            continue
        found.append(
            {
                "title": title,
                "earlier": compared.earlier,
                "later": compared.later,
                "counts": counts(compared.differences),
            }
        )
    return found
