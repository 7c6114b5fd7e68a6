"""Access reviews: open one from a snapshot, decide pair by pair or for chosen pairs with a reason, delegate, complete.

There is no button that approves everything: pairs are chosen one by one, and what was decided at once is recorded so.
Who reviews is asked of persons: nobody decides on their own access.
"""

from collections.abc import Callable, Sequence
from urllib.parse import unquote

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from twofold.engagement.access_review import ALLOWED, Decision, Pair, Review, ReviewAct, progress
from twofold.engagement.access_review_history import overtaken_by
from twofold.jobs.access_review.acts import complete_review, record_look, record_removal, route_pairs
from twofold.jobs.access_review.capturing import ActDone
from twofold.jobs.access_review.deciding import decide_pairs
from twofold.jobs.access_review.opening import open_review
from twofold.jobs.access_review.reviewers import delegate_pairs, remind_reviewer
from twofold.model.instant import parse_boundary, zone_named
from twofold.model.problem import Problem, UserError
from twofold.web.acting import acting_name
from twofold.web.company.access_review_reading import ONLY, VIEWS, changed_pairs, page_of_pairs, removals_of, sums_of
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.workspace_access import Current, current

_ASKED = ("reviewer", "only", "words", "after")


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


def review_named(now: Current, review_id: str) -> Review:
    """Return a review; raises Http404 for an unknown one."""
    found = next((each for each in now.reviews[0] if each.review_id == review_id), None)
    if found is None:
        raise Http404
    return found


@require_safe
@needs("see_reviews")
def show(request: HttpRequest, review_id: str) -> HttpResponse:
    """Answer with one review and a page of its pairs. The query chooses view, reviewer, which pairs, and the page."""
    now = current()
    review = review_named(now, review_id)
    view = request.GET.get("view", "application")
    view = view if view in VIEWS else "application"
    asked = {name: request.GET.get(name, "").strip() for name in _ASKED}
    found = page_of_pairs(now, review_id, view, asked)
    values = {
        "acts": [str(each) for each in _acts(review)],
        "after": found.after,
        "asked": asked,
        "changed": changed_pairs(now, review),
        "here": urlencode({name: value for name, value in {**asked, "view": view}.items() if value}),
        "overtaken_by": overtaken_by,
        "only": {name: words for name, (words, _) in ONLY.items()},
        "pairs": found.pairs,
        "removals": removals_of(now, review),
        "review": review,
        "sums": sums_of(now, review),
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
    """Record the decisions of the form as one act.

    Fields `pair-N`, `decision-N`, `reason-N`; with `act=bulk` one decision and one reason for the pairs that `chosen-N`
    marks, which the evidence says.
    """
    in_bulk = request.POST.get("act") == "bulk"
    said: dict[Pair, tuple[Decision, str]] = {}
    for name, value in request.POST.items():
        number = name.removeprefix("pair-")
        if number == name or (in_bulk and not request.POST.get(f"chosen-{number}")):
            continue
        decision = request.POST.get("bulk-decision" if in_bulk else f"decision-{number}", "")
        reason = request.POST.get("bulk-reason" if in_bulk else f"reason-{number}", "")
        if decision in set(Decision):
            said[_pair(str(value))] = (Decision(decision), str(reason))
    return _act(
        request,
        review_id,
        lambda now: decide_pairs(
            now.workspace, review_id, said, actor=acting_name(request), at=timezone.now(), in_bulk=in_bulk
        ),
    )


@require_POST
@needs("hold_reviews")
def route(request: HttpRequest, review_id: str) -> HttpResponse:
    """Give pairs of a reviewer, an account or a right to another reviewer: undecided ones, with `decided` all."""
    given = {name: request.POST.get(name, "").strip() for name in ("to", "from", "account", "right", "reason")}
    return _act(
        request,
        review_id,
        lambda now: route_pairs(
            now.workspace,
            review_id,
            to=given["to"],
            of_reviewer=given["from"] or None,
            account=given["account"] or None,
            right_id=given["right"] or None,
            reason=given["reason"],
            decided=bool(request.POST.get("decided")),
            actor=acting_name(request),
            at=timezone.now(),
        ),
    )


@require_POST
@needs("decide_access")
def delegate(request: HttpRequest, review_id: str) -> HttpResponse:
    """Give one's own undecided pairs to another reviewer, all of them or those of one account."""
    given = {name: request.POST.get(name, "").strip() for name in ("to", "account", "reason")}
    return _act(
        request,
        review_id,
        lambda now: delegate_pairs(
            now.workspace,
            review_id,
            to=given["to"],
            account=given["account"] or None,
            reason=given["reason"],
            actor=acting_name(request),
            at=timezone.now(),
        ),
    )


@require_POST
@needs("hold_reviews")
def remind(request: HttpRequest, review_id: str) -> HttpResponse:
    """Open a task for a reviewer with undecided pairs; it stands in their work, and notices tell of it."""
    now, reviewer = current(), request.POST.get("reviewer", "")
    review_named(now, review_id)
    try:
        task = remind_reviewer(now.workspace, review_id, reviewer, actor=acting_name(request), at=timezone.now())
        messages.success(request, f"{task.assigned_to} is reminded by {task.task_id}, due {task.due_on}.")
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
    return redirect("review", review_id)


@require_POST
@needs("hold_reviews")
def complete(request: HttpRequest, review_id: str) -> HttpResponse:
    """Complete the review, apart from deciding; silence is no approval, so every pair needs a decision first."""
    return _act(
        request,
        review_id,
        lambda now: complete_review(now.workspace, review_id, actor=acting_name(request), at=timezone.now()),
    )


@require_POST
@needs("record_removal")
def removed(request: HttpRequest, review_id: str) -> HttpResponse:
    """Record that access judged wrong was removed; a later snapshot has to show it gone."""
    return _act(
        request,
        review_id,
        lambda now: record_removal(
            now.workspace,
            review_id,
            _pair(request.POST.get("pair", "")),
            ticket=request.POST.get("ticket", ""),
            executed_at="",
            reason=request.POST.get("reason", ""),
            actor=acting_name(request),
            at=timezone.now(),
        ),
    )


@require_POST
@needs("record_removal")
def looked(request: HttpRequest, review_id: str) -> HttpResponse:
    """Record a look at what access judged wrong was used for since a local day; SOX asks for it."""

    def look(now: Current) -> ActDone:
        zone = now.workspace.settings.reporting_zone
        try:
            since = parse_boundary(request.POST.get("from", ""), zone=zone).astimezone(zone_named(zone)).date()
        except ValueError as error:
            raise UserError(Problem("from", str(error), "a day such as 2026-03-14", "correct it")) from error
        return record_look(
            now.workspace,
            review_id,
            _pair(request.POST.get("pair", "")),
            looked_from=since,
            result=request.POST.get("result", ""),
            actor=acting_name(request),
            at=timezone.now(),
        )

    return _act(request, review_id, look)


def _pair(text: str) -> Pair:
    """Return the pair that a field names: each part is quoted, since names may hold the stroke between them."""
    account, _, right = text.partition("|")
    return unquote(account), unquote(right)


def _act(request: HttpRequest, review_id: str, act: Callable[[Current], ActDone]) -> HttpResponse:
    """Do an act, tell what became of it, and show the review again as it was narrowed before."""
    now = current()
    review_named(now, review_id)
    try:
        done = act(now)
        messages.success(request, f"Captured as {', '.join(done.evidence)}.")
        for note in done.notes:
            messages.info(request, note)
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
    here = request.POST.get("here", "")
    return redirect(reverse("review", args=[review_id]) + (f"?{here}" if here else ""))


def _acts(review: Review) -> Sequence[ReviewAct]:
    return ALLOWED[review.state] if review.held_here else ()
