"""Read a proposed change of scope with its plan, and decide on it: never on one's own."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from twofold.jobs.scope import plan_scope
from twofold.jobs.scope_change import apply_change, files_in_force
from twofold.jobs.what_if.kept import kept_run
from twofold.model.problem import UserError
from twofold.records.acts.people import same_person
from twofold.scope.plan_text import plan_lines
from twofold.web.accounts.member import role_of
from twofold.web.acting import acting_name
from twofold.web.company.scope_change.models import ScopeProposal
from twofold.web.company.scope_change.plans import CHANGED, applied_plan, renew
from twofold.web.company.scope_change.propose import may_propose
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.rights import Grant, grant_of
from twofold.web.workspace_access import current

_SHOWN = 50
State = ScopeProposal.State


@require_safe
@needs("see_scope")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with what waits, what was decided, and edits of the files that nobody applied."""
    by_hand: list[str] = []
    try:
        if not files_in_force(current().workspace):
            by_hand = plan_lines(plan_scope(current().workspace, at=timezone.now()))
    except UserError as error:
        by_hand = [f"The scope files cannot be read. {each}" for each in told(error)]
    proposals = ScopeProposal.objects.order_by("-pk")
    values = {
        "by_hand": by_hand,
        "decided": list(proposals.exclude(state=State.WAITING)[:_SHOWN]),
        "may_add": may_propose(request, None),
        "waiting": list(proposals.filter(state=State.WAITING)),
    }
    return page(request, "scope_changes.html", values, at="systems", title="Changes of scope")


@require_safe
@needs("see_scope")
def show(request: HttpRequest, change_id: int) -> HttpResponse:
    """Answer with one proposal. While it waits its plan is made anew, so that it is what approving would do."""
    proposal = get_object_or_404(ScopeProposal, pk=change_id)
    now = current()
    if proposal.state == State.WAITING:
        renew(now, proposal, at=timezone.now())
    me = acting_name(request)
    values: dict[str, Any] = {
        "may_decide": grant_of("approve_scope", role_of(request.user)) is Grant.YES
        and not same_person(me, proposal.proposed_by),
        "mine": same_person(me, proposal.proposed_by),
        "moved": proposal.state == State.WAITING and proposal.plan["lines"] != proposal.proposed,
        "other_lines": [line for line in proposal.plan["lines"] if not line.startswith(CHANGED)],
        "plan": proposal.plan,
        "proposal": proposal,
        "run": kept_run(now.workspace.root, proposal.what_if) if proposal.what_if else None,
    }
    return page(request, "scope_change.html", values, at="systems", title=f"Change {proposal.pk} of the scope")


@require_POST
@needs("approve_scope")
def approve(request: HttpRequest, change_id: int) -> HttpResponse:
    """Apply the change as the approver saw it; refused, and shown again, when the scope moved in between."""
    proposal = _waiting(request, change_id)
    now, at = current(), timezone.now()
    seen = request.POST.get("seen", "")
    try:
        done = apply_change(now.workspace, proposal.change, seen=seen, approver=acting_name(request), at=at)
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
        return redirect("scope_change", proposal.pk)
    proposal.plan = applied_plan(now, done.plan, at)
    proposal.entry = done.entry_index
    _decide(request, proposal, State.APPLIED, request.POST.get("reason", ""))
    messages.success(
        request,
        f"In force: entry {done.entry_index} of the log. The scope files say it, too. Next: test and judge again.",
    )
    return redirect("scope_change", proposal.pk)


@require_POST
@needs("approve_scope")
def decline(request: HttpRequest, change_id: int) -> HttpResponse:
    """Decline with a reason; the proposal stays visible."""
    proposal = _waiting(request, change_id)
    reason = request.POST.get("reason", "").strip()
    if not reason:
        messages.error(request, "Say why it is declined.")
        return redirect("scope_change", proposal.pk)
    _decide(request, proposal, State.DECLINED, reason)
    messages.info(request, "Declined. Nothing was changed.")
    return redirect("scope_change", proposal.pk)


@require_POST
@needs("propose_scope")
def withdraw(request: HttpRequest, change_id: int) -> HttpResponse:
    """Take one's own proposal back; it stays visible."""
    proposal = get_object_or_404(ScopeProposal, pk=change_id, state=State.WAITING)
    if not same_person(acting_name(request), proposal.proposed_by):
        raise PermissionDenied
    _decide(request, proposal, State.WITHDRAWN, request.POST.get("reason", ""))
    messages.info(request, "Withdrawn. Nothing was changed.")
    return redirect("scope_change", proposal.pk)


def _waiting(request: HttpRequest, change_id: int) -> ScopeProposal:
    """Return a proposal that waits; refuses the one who proposed it."""
    proposal = get_object_or_404(ScopeProposal, pk=change_id, state=State.WAITING)
    if same_person(acting_name(request), proposal.proposed_by):
        raise PermissionDenied
    return proposal


def _decide(request: HttpRequest, proposal: ScopeProposal, state: State, reason: str) -> None:
    proposal.state = state
    proposal.decided_by = acting_name(request)
    proposal.decided_at = timezone.now()
    proposal.decision_reason = reason.strip()[:4_000]
    proposal.save()
