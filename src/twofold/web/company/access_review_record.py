"""What comes after deciding: what changed between two lists, and the completion record of a review for both lenses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import quote, unquote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from twofold.controltests.rule import rule_named
from twofold.engagement.access_review import Review
from twofold.engagement.access_review_diff import Change, Difference, counts
from twofold.jobs.access_review.capturing import captured_acts
from twofold.jobs.access_review.comparing import TODAY, RemovalShown
from twofold.jobs.access_review.tables import Snapshot, review_tables
from twofold.jobs.control_tests import latest_runs
from twofold.model.evidence import EvidenceRef
from twofold.model.problem import UserError
from twofold.web.company.access_review_reading import comparison_of, once, removals_of, sums_of
from twofold.web.company.access_reviews import review_named
from twofold.web.company.result_grid import GridRow, engagements_of
from twofold.web.company.results import page_of_items
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.workspace_access import Current, current

CONTROL_TEST = "T-05"
_PAGE = 100
AGAINST = {"before": "the review before", TODAY: "the newest snapshot"}


@dataclass(frozen=True, slots=True)
class Acted:
    """One captured act of a review: what was said, by whom, when, and its evidence."""

    at: datetime
    by: str
    said: str
    evidence: str


@dataclass(frozen=True, slots=True)
class LensAnswer:
    """What a lens asks of the review: the letters it requires, its verdict on the item, the control's conclusion."""

    title: str
    required: tuple[str, ...]
    verdict: str
    control_id: str
    conclusion: str


@require_safe
@needs("see_reviews")
def difference(request: HttpRequest, review_id: str) -> HttpResponse:
    """Answer with the pairs that differ from the review before, or with the newest snapshot (`with=today`), paged."""
    now = current()
    review = review_named(now, review_id)
    against = request.GET.get("with", "before")
    against = against if against in AGAINST else "before"
    change, after = request.GET.get("change", ""), request.GET.get("after", "")
    try:
        compared = comparison_of(now, review_id, None if against == "before" else TODAY)
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
        return redirect("review", review_id)
    shown = list(islice(differing(compared.differences, change, after), _PAGE + 1))
    values = {
        "after": key_of(shown[_PAGE - 1]) if len(shown) > _PAGE else "",
        "against": against,
        "againsts": AGAINST,
        "asked": {"with": against, "change": change},
        "change": change,
        "compared": compared,
        "counts": once(now, ("counts", review_id, against), lambda: counts(compared.differences)),
        "review": review,
        "rows": shown[:_PAGE],
    }
    return page(request, "review_difference.html", values, at="reviews", title="What changed")


def key_of(each: Difference) -> str:
    """Return what a page of differences goes on after; each part is quoted, since names may hold the stroke."""
    return f"{quote(each.account)}|{quote(each.right_id)}"


def differing(differences: list[Difference], change: str, after: str) -> Iterator[Difference]:
    """Yield the pairs of one kind, or all that differ or may, behind a key; they come in order of key."""
    account, _, right = after.partition("|")
    start = unquote(account), unquote(right)
    for each in differences:
        if (each.account, each.right_id) > start and (
            each.change == change if change in set(Change) else each.is_shown
        ):
            yield each


@require_safe
@needs("see_reviews")
def record(request: HttpRequest, review_id: str) -> HttpResponse:
    """Answer with the completion record: what was reviewed, whole or not, by whom, what went, what each lens says."""
    now = current()
    review = review_named(now, review_id)
    values = {**record_of_review(now, review), "review": review}
    return page(request, "review_record.html", values, at="reviews", title="Completion record")


def record_of_review(now: Current, review: Review) -> dict[str, Any]:
    """Return the completion record: snapshot, acts, sums, removals, the item of its test, and what each lens says."""
    snapshot, acts = once(now, ("record", review.review_id), lambda: _read(now, review))
    item = _item(now, review, snapshot.taken_at if snapshot else review.started_at)
    removals = removals_of(now, review)
    return {
        "acts": acts,
        "answers": list(_answers(now, item)),
        "item": item,
        "letters": [(each.letter, each.wording) for each in rule_named(CONTROL_TEST, where="control test").attributes],
        "missing": len(set(snapshot.pairs) - set(review.items)) if snapshot else None,
        "removals": _sum(removals),
        "snapshot": snapshot,
        "sums": sums_of(now, review),
        "control_test": CONTROL_TEST,
    }


def _read(now: Current, review: Review) -> tuple[Snapshot | None, list[Acted]]:
    """Return the snapshot, and in order every captured act; of a review of another tool the exports that tell of it."""
    with review_tables(now.workspace) as tables:
        snapshot = tables.snapshot(review.snapshot) if review.snapshot else None
        if review.held_here:
            return snapshot, [_acted(each) for each in captured_acts(now.workspace, review.review_id)]
        evidence = tables.session.execute(
            """
            SELECT DISTINCT evidence FROM (
                SELECT evidence FROM campaign WHERE id = ? UNION ALL SELECT evidence FROM review_item WHERE campaign = ?
                UNION ALL SELECT evidence FROM revoke WHERE campaign = ?
                UNION ALL SELECT evidence FROM impact_review WHERE campaign = ?
            )
            """,
            [review.review_id] * 4,
        ).fetchall()
    found = [now.workspace.vault.evidence(name) for (name,) in evidence]
    return snapshot, sorted(map(_acted, found), key=lambda each: (each.at, each.evidence))


def _acted(one: EvidenceRef) -> Acted:
    return Acted(one.captured_at, one.captured_by, one.provenance.query, one.evidence_id)


def _item(now: Current, review: Review, held_at: datetime) -> GridRow | None:
    """Return the item of T-05 of the due period in which the review was held; None before a run has it.

    held_at: when its snapshot was taken, as T-05 has it; without a snapshot in the evidence, when it began.
    """
    asked = {"letter": "", "code": "", "system": review.system, "words": f"{review.system}/", "after": ""}
    if CONTROL_TEST not in latest_runs(now.workspace):
        return None
    held = now.day_of(held_at).isoformat()
    rows = page_of_items(now, CONTROL_TEST, asked, limit=_PAGE)
    return next((each for each in rows if each.item.removeprefix(f"{review.system}/") >= held), None)


def _answers(now: Current, item: GridRow | None) -> Iterator[LensAnswer]:
    """Yield what each judged engagement asks and says; verdicts of an item come in the order of the engagements."""
    for number, each in enumerate(engagements_of(now, CONTROL_TEST)):
        verdict = item.verdicts[number] if item else ""
        yield LensAnswer(each["title"], tuple(each["required"]), verdict, each["control_id"], each["conclusion"])


def _sum(queue: Sequence[RemovalShown]) -> dict[str, int]:
    """Count the queue: judged wrong, carried out, seen gone, still there, looked at, and back after it was gone."""
    return {
        "judged": len(queue),
        "executed": sum(each.executed_at is not None for each in queue),
        "gone": sum(each.gone is True for each in queue),
        "still_there": sum(each.gone is False for each in queue),
        "looked_at": sum(each.looked_at for each in queue),
        "back": sum(bool(each.back_in) for each in queue),
    }
