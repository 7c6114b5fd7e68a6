"""Changes of scope: proposed, planned, approved by another person; the history of applies, and memos."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Router, Schema

from twofold.jobs.scope_history import ScopeApply, scope_apply
from twofold.jobs.scope_memo import proposed_memo, scope_memo
from twofold.reports.pdf.scope_memo import scope_memo_pdf
from twofold.scope.edits.edit import Edit
from twofold.scope.plan_text import attention_lines, plan_lines
from twofold.vault.entry import EntryKind
from twofold.web.api.evidence import Limit
from twofold.web.api.operation import RowId, acts, cut, file_answer, next_page, reads
from twofold.web.company.scope_change import proposing
from twofold.web.company.scope_change.decide import edited_by_hand
from twofold.web.company.scope_change.models import ScopeProposal
from twofold.web.company.scope_change.plans import renew
from twofold.web.company.scope_change.what_if import ask_about
from twofold.web.workspace_access import current

router = Router(tags=["scope"])
Reason = Annotated[str, Field(max_length=4000)]


class ReachedOut(Schema):
    """A control that a change reaches on a system, gained or lost. tests: (control test, title)."""

    system: str
    gained: bool
    control_id: str
    title: str
    tests: list[list[str]]
    owner: str
    lenses: list[str]


class PlanOut(Schema):
    """What applying a change would do, a line each; `problems` where it cannot be planned.

    by_hand: edits of the files that nobody applied and that would come into force with it. attention: what to look at.
    """

    lines: list[str]
    attention: list[str]
    by_hand: list[str]
    problems: list[str]
    reached: list[ReachedOut]


class ChangeOut(Schema):
    """A proposed change. `seen`: what stands for its plan; approving needs it. entry: of the log, once it is applied.

    proposed: the lines of the plan when it was proposed. what_if: id of the question that was asked about it, or "".
    """

    id: int
    edits: list[Edit]
    sentences: list[str]
    reason: str
    proposed_by: str
    proposed_at: datetime
    proposed: list[str]
    plan: PlanOut
    seen: str
    state: str
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    entry: int | None
    what_if: str


class ChangePage(Schema):
    """A page of changes, newest first. `next`: the address of the page after it; null at the end.

    edited_by_hand: what edits of the scope files would change that nobody applied or proposed.
    """

    items: list[ChangeOut]
    edited_by_hand: list[str]
    next: str | None


class ChangeIn(Schema):
    """What should change, and why. No edits: the scope files as they were edited by hand."""

    edits: Annotated[list[Annotated[Edit, Field(discriminator="kind")]], Field(max_length=500)]
    reason: Annotated[str, Field(min_length=1, max_length=4000)]


class FurtherIn(Schema):
    """Edits that are added to a change of one's own that waits, and the reason of the whole."""

    edits: Annotated[list[Annotated[Edit, Field(discriminator="kind")]], Field(min_length=1, max_length=500)]
    reason: Annotated[str, Field(min_length=1, max_length=4000)]


class TakenOutIn(Schema):
    """Places of edits, from 0, that are taken out of a change of one's own."""

    places: Annotated[list[Annotated[int, Field(ge=0, le=500)]], Field(min_length=1, max_length=500)]


class ApprovalIn(Schema):
    """The approval of a plan. seen: `seen` of the change as it was read."""

    seen: Annotated[str, Field(min_length=1, max_length=100)]
    reason: Reason = ""


class WhyIn(Schema):
    """Why it is declined or withdrawn; declining needs it."""

    reason: Reason = ""


class AskedOut(Schema):
    """The question that is being answered."""

    id: str


class ApplyOut(Schema):
    """One apply of the scope. lines: what differs from the one before; null where its files were deleted since."""

    entry: int
    at: datetime
    actor: str
    second_person: str
    reason: str
    scope_sha256: str
    lines: list[str] | None
    attention: list[str]
    change: int | None


class ApplyPage(Schema):
    """A page of applies, newest first. `next`: the address of the page after it; null at the end."""

    items: list[ApplyOut]
    next: str | None


@reads(router, "/scope/changes", "see_scope", ChangePage, "Changes of scope, newest first")
def list_scope_changes(
    request: HttpRequest,
    state: Literal["", "waiting", "applied", "declined", "withdrawn"] = "",
    before: RowId | None = None,
    limit: Limit = 50,
) -> ChangePage:
    """Return a page; a plan in it is the one that was made when somebody last looked."""
    found = ScopeProposal.objects.order_by("-pk")
    if state:
        found = found.filter(state=state)
    if before is not None:
        found = found.filter(pk__lt=before)
    rows, link = cut(list(found[: limit + 1]), limit, lambda row: next_page(request, "before", row.pk))
    return ChangePage(items=[_change(each) for each in rows], edited_by_hand=edited_by_hand(), next=link)


@reads(router, "/scope/changes/{change_id}", "see_scope", ChangeOut, "One change of scope with its plan")
def scope_change_one(request: HttpRequest, change_id: RowId) -> ChangeOut:
    """Return one change; while it waits its plan is made anew, so that it is what approving would do."""
    del request
    proposal = get_object_or_404(ScopeProposal, pk=change_id)
    if proposal.state == ScopeProposal.State.WAITING:
        renew(current(), proposal, at=timezone.now())
    return _change(proposal)


@acts(router, "/scope/changes", "propose_scope", ChangeOut, "Propose a change of scope")
def propose_scope_change(request: HttpRequest, given: ChangeIn) -> ChangeOut:
    """Plan the edits together and keep them as one proposal; nothing is in force before another person approves it."""
    return _change(proposing.propose(request, current(), given.edits, reason=given.reason))


@acts(router, "/scope/changes/{change_id}/edits", "propose_scope", ChangeOut, "Add edits", on=scope_change_one)
def add_scope_edits(request: HttpRequest, change_id: RowId, given: FurtherIn) -> ChangeOut:
    """Add edits to a change of one's own that waits; whoever saw its plan before has to look again."""
    proposal = get_object_or_404(ScopeProposal, pk=change_id)
    return _change(proposing.propose(request, current(), given.edits, reason=given.reason, into=proposal))


@acts(
    router, "/scope/changes/{change_id}/edits/take-out", "propose_scope", ChangeOut, "Drop edits", on=scope_change_one
)
def take_out_scope_edits(request: HttpRequest, change_id: RowId, given: TakenOutIn) -> ChangeOut:
    """Take edits out of a change of one's own that waits; the last one is not: then it is withdrawn."""
    proposal = get_object_or_404(ScopeProposal, pk=change_id)
    return _change(proposing.take_out(request, current(), proposal, given.places))


@acts(router, "/scope/changes/{change_id}/approve", "approve_scope", ChangeOut, "Approve", on=scope_change_one)
def approve_scope_change(request: HttpRequest, change_id: RowId, given: ApprovalIn) -> ChangeOut:
    """Apply the change as it was seen, with the caller as its second person: never the one who proposed it."""
    proposal = get_object_or_404(ScopeProposal, pk=change_id)
    return _change(proposing.approve(request, current(), proposal, seen=given.seen, note=given.reason))


@acts(router, "/scope/changes/{change_id}/decline", "approve_scope", ChangeOut, "Decline", on=scope_change_one)
def decline_scope_change(request: HttpRequest, change_id: RowId, given: WhyIn) -> ChangeOut:
    """Decline with a reason; the change stays visible."""
    proposal = get_object_or_404(ScopeProposal, pk=change_id)
    return _change(proposing.decline(request, proposal, reason=given.reason))


@acts(router, "/scope/changes/{change_id}/withdraw", "propose_scope", ChangeOut, "Withdraw", on=scope_change_one)
def withdraw_scope_change(request: HttpRequest, change_id: RowId, given: WhyIn) -> ChangeOut:
    """Take one's own proposal back; it stays visible."""
    proposal = get_object_or_404(ScopeProposal, pk=change_id)
    return _change(proposing.withdraw(request, proposal, reason=given.reason))


@acts(
    router,
    "/scope/changes/{change_id}/what-if",
    "ask_what_if",
    AskedOut,
    "Ask what a change would bring",
    on=scope_change_one,
    content="",
)
def ask_about_scope_change(request: HttpRequest, change_id: RowId) -> AskedOut:
    """Begin to answer in the background what a change that waits would bring; one question at a time."""
    return AskedOut(id=ask_about(request, change_id))


@reads(router, "/scope/changes/{change_id}/memo.pdf", "see_scope", None, "The memo of a change that waits")
def scope_change_memo(request: HttpRequest, change_id: RowId) -> HttpResponse:
    """Return the memo."""
    del request
    proposal = get_object_or_404(ScopeProposal, pk=change_id, state=ScopeProposal.State.WAITING)
    memo = proposed_memo(current().workspace, proposal.change, number=proposal.pk, proposed_at=proposal.proposed_at)
    return file_answer(scope_memo_pdf(memo))


@reads(router, "/scope/memo.pdf", "see_scope", None, "The memo of the scope in force")
def scope_memo_one(request: HttpRequest, engagement: str = "") -> HttpResponse:
    """Return the memo, for one engagement where several are in the scope."""
    del request
    return file_answer(scope_memo_pdf(scope_memo(current().workspace, engagement=engagement)))


@reads(router, "/scope/history", "see_scope", ApplyPage, "Applies of the scope, newest first")
def scope_history(request: HttpRequest, before: RowId | None = None, limit: Limit = 20) -> ApplyPage:
    """Return a page of what each apply changed."""
    workspace = current().workspace
    numbers = [each.index for each in workspace.vault.entries(kind=EntryKind.SCOPE_APPLY)]
    found = [each for each in reversed(numbers) if before is None or each < before][: limit + 1]
    rows, link = cut(found, limit, lambda entry: next_page(request, "before", entry))
    applies = (scope_apply(workspace, entry) for entry in rows)
    return ApplyPage(items=[_apply(each) for each in applies if each is not None], next=link)


@reads(router, "/scope/history/{entry}", "see_scope", ApplyOut, "One apply of the scope")
def scope_apply_one(request: HttpRequest, entry: RowId) -> ApplyOut:
    """Return what an entry of the log changed; 404 for one that applied no scope."""
    del request
    found = scope_apply(current().workspace, entry)
    if found is None:
        raise Http404
    return _apply(found)


def _apply(one: ScopeApply) -> ApplyOut:
    plan = one.plan
    told: dict[str, Any] = {
        name: getattr(one, name) for name in ("entry", "at", "actor", "second_person", "reason", "scope_sha256")
    }
    proposal = ScopeProposal.objects.filter(entry=one.entry).values_list("pk", flat=True).first()
    lines = plan_lines(plan) if plan else None
    return ApplyOut(**told, lines=lines, attention=attention_lines(plan) if plan else [], change=proposal)


def _change(one: ScopeProposal) -> ChangeOut:
    return ChangeOut(
        id=one.pk,
        edits=list(one.change.edits),
        sentences=one.sentences,
        reason=one.reason,
        proposed_by=one.proposed_by,
        proposed_at=one.proposed_at,
        proposed=one.proposed,
        plan=PlanOut(**one.plan),
        seen=one.base,
        state=one.state,
        decided_by=one.decided_by,
        decided_at=one.decided_at,
        decision_reason=one.decision_reason,
        entry=one.entry,
        what_if=one.what_if,
    )
