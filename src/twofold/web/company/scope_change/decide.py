"""Read a proposed change of scope with its plan, and decide on it: never on one's own."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from twofold.jobs.scope import plan_scope
from twofold.jobs.scope_change import files_in_force
from twofold.jobs.what_if.kept import kept_run
from twofold.model.problem import UserError
from twofold.scope.edits.edit import PARTS
from twofold.scope.plan_text import plan_lines
from twofold.web.company.scope_change import proposing
from twofold.web.company.scope_change.models import ScopeProposal
from twofold.web.company.scope_change.plans import IN_TABLES, renew, shown_plan
from twofold.web.company.scope_change.proposing import is_own, may_decide, may_propose
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.workspace_access import current

_SHOWN = 50
State = ScopeProposal.State


@require_safe
@needs("see_scope")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with what waits, what was decided, and edits of the files that nobody applied."""
    proposals = ScopeProposal.objects.order_by("-pk")
    values = {
        "by_hand": edited_by_hand(),
        "decided": list(proposals.exclude(state=State.WAITING)[:_SHOWN]),
        "may_add": may_propose(request, None),
        "waiting": list(proposals.filter(state=State.WAITING)),
    }
    return page(request, "scope_changes.html", values, at="systems", title="Changes of scope")


def edited_by_hand() -> list[str]:
    """Return what edits of the scope files would change that nobody applied or proposed, a line each."""
    try:
        if files_in_force(current().workspace):
            return []
        return plan_lines(plan_scope(current().workspace, at=timezone.now()))
    except UserError as error:
        return [f"The scope files cannot be read. {each}" for each in told(error)]


@require_safe
@needs("see_scope")
def show(request: HttpRequest, change_id: int) -> HttpResponse:
    """Answer with one proposal. While it waits its plan is made anew, so that it is what approving would do."""
    proposal = get_object_or_404(ScopeProposal, pk=change_id)
    now = current()
    if proposal.state == State.WAITING:
        renew(now, proposal, at=timezone.now())
    plan = shown_plan(proposal)
    values: dict[str, Any] = {
        "edits": proposal.change.edits,
        "may_add": may_propose(request, None),
        "may_decide": may_decide(request, proposal),
        "mine": is_own(request, proposal),
        "moved": proposal.state == State.WAITING and plan["lines"] != proposal.proposed,
        "other_lines": [line for line in plan["lines"] if not line.startswith(IN_TABLES)],
        "parts": PARTS,
        "plan": plan,
        "proposal": proposal,
        "run": kept_run(now.workspace.root, proposal.what_if) if proposal.what_if else None,
    }
    return page(request, "scope_change.html", values, at="systems", title=f"Change {proposal.pk} of the scope")


@require_POST
@needs("approve_scope")
def approve(request: HttpRequest, change_id: int) -> HttpResponse:
    """Apply the change as the approver saw it; refused, and shown again, when the scope moved in between."""
    seen, note = request.POST.get("seen", ""), request.POST.get("reason", "")
    return _done(
        request,
        change_id,
        lambda proposal: proposing.approve(request, current(), proposal, seen=seen, note=note),
        "In force: entry {} of the log. The scope files say it, too. Next: test and judge again.",
    )


@require_POST
@needs("approve_scope")
def decline(request: HttpRequest, change_id: int) -> HttpResponse:
    """Decline with a reason; the proposal stays visible."""
    reason = request.POST.get("reason", "")
    said = "Declined. Nothing was changed."
    return _done(request, change_id, lambda proposal: proposing.decline(request, proposal, reason=reason), said)


@require_POST
@needs("propose_scope")
def withdraw(request: HttpRequest, change_id: int) -> HttpResponse:
    """Take one's own proposal back; it stays visible."""
    reason = request.POST.get("reason", "")
    said = "Withdrawn. Nothing was changed."
    return _done(request, change_id, lambda proposal: proposing.withdraw(request, proposal, reason=reason), said)


def _done(
    request: HttpRequest, change_id: int, act: Callable[[ScopeProposal], ScopeProposal], said: str
) -> HttpResponse:
    """Decide, and show the proposal with what became of it; `{}` in what is said stands for the entry of the log."""
    proposal = get_object_or_404(ScopeProposal, pk=change_id, state=State.WAITING)
    try:
        messages.success(request, said.format(act(proposal).entry))
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
    return redirect("scope_change", change_id)
