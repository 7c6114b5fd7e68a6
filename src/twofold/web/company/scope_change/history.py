"""The history of the scope: each apply with who, with whom, why and what; and the memo for the auditor."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from twofold.jobs.scope_history import scope_apply, scope_history
from twofold.jobs.scope_memo import proposed_memo, scope_memo
from twofold.model.problem import UserError
from twofold.reports.pdf.scope_memo import ScopeMemo, scope_memo_pdf
from twofold.scope.plan_text import attention_lines, plan_lines
from twofold.web.company.scope_change.models import ScopeProposal
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.workspace_access import current

_NEWEST = 30


@require_safe
@needs("see_scope")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with the newest applies, or with all of them."""
    every = request.GET.get("all") == "1"
    found = scope_history(current().workspace, newest=None if every else _NEWEST)
    applies = [(each, plan_lines(each.plan) if each.plan else None) for each in reversed(found)]
    values = {"applies": applies, "more": not every and len(found) == _NEWEST}
    return page(request, "scope_history.html", values, at="systems", title="History of the scope")


@require_safe
@needs("see_scope")
def one(request: HttpRequest, entry: int) -> HttpResponse:
    """Answer with one apply and all its differences."""
    found = scope_apply(current().workspace, entry)
    if found is None:
        raise Http404
    values = {
        "apply": found,
        "attention": attention_lines(found.plan) if found.plan else [],
        "lines": plan_lines(found.plan) if found.plan else None,
        "proposal": ScopeProposal.objects.filter(entry=entry).first(),
    }
    return page(request, "scope_entry.html", values, at="systems", title=f"Scope of entry {entry}")


@require_safe
@needs("see_scope")
def memo(request: HttpRequest) -> HttpResponse:
    """Answer with the memo of the scope in force as PDF."""
    engagement = request.GET.get("engagement", "")
    return _pdf(request, "scope-memo.pdf", lambda: scope_memo(current().workspace, engagement=engagement))


@require_safe
@needs("see_scope")
def change_memo(request: HttpRequest, change_id: int) -> HttpResponse:
    """Answer with the memo of one change that waits, as PDF."""
    proposal = get_object_or_404(ScopeProposal, pk=change_id, state=ScopeProposal.State.WAITING)
    return _pdf(
        request,
        f"scope-change-{proposal.pk}.pdf",
        lambda: proposed_memo(
            current().workspace, proposal.change, number=proposal.pk, proposed_at=proposal.proposed_at
        ),
    )


def _pdf(request: HttpRequest, name: str, gather: Callable[[], ScopeMemo]) -> HttpResponse:
    try:
        content = scope_memo_pdf(gather())
    except UserError as error:
        values = {"problems": told(error)}
        return page(request, "scope_no_memo.html", values, at="systems", title="No memo can be made", status=404)
    answer = HttpResponse(content, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
