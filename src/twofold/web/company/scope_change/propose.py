"""Propose a change of scope. Whoever may do so for one system only is the owner of that system."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from twofold.jobs.scope_change import ScopeChange
from twofold.model.problem import UserError
from twofold.records.acts.people import same_person
from twofold.scope.edits.edit import Edit
from twofold.scope.system import LAYERS, System
from twofold.web.accounts.member import person_of, role_of
from twofold.web.acting import acting_name
from twofold.web.company.scope_change.forms import FORMS, LABELS, AddForm, initial_of
from twofold.web.company.scope_change.plans import planned
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.rights import Grant, grant_of
from twofold.web.workspace_access import current


def may_propose(request: HttpRequest, system: System | None) -> bool:
    """Whether the account may propose a change of this system; None = of anything."""
    grant = grant_of("propose_scope", role_of(request.user))
    if grant is Grant.OWN and system is not None and system.owner:
        person = person_of(request.user)
        return bool(person) and same_person(system.owner, person)
    return grant is Grant.YES


@require_http_methods(["GET", "HEAD", "POST"])
@needs("propose_scope")
def of_system(request: HttpRequest, system_id: str) -> HttpResponse:
    """Answer with the forms about a system, or keep what is proposed."""
    now = current()
    system = now.scope.scope.system(system_id) if now.scope else None
    if system is None:
        raise Http404
    if not may_propose(request, system):
        raise PermissionDenied
    forms = {act: kind(prefix=act, initial=initial_of(system)) for act, kind in FORMS.items()}
    act = request.POST.get("act", "")
    if act in FORMS:
        form = forms[act] = FORMS[act](request.POST, prefix=act)
        if form.is_valid():
            edit = form.edit(system)
            if edit is None:
                messages.error(request, "Nothing differs from what is in force. Change a field first.")
            elif (answer := _keep(request, (edit,), form.cleaned_data["reason"])) is not None:
                return answer
    values = {
        "act": act,
        "forms": forms,
        "labels": LABELS,
        "system": system,
    }
    return page(
        request, "scope_propose.html", values, at="systems", title=f"Propose a change: {system.name or system.id}"
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs("propose_scope")
def add(request: HttpRequest) -> HttpResponse:
    """Answer with the form for a system that is added, or keep what is proposed."""
    if not may_propose(request, None):
        raise PermissionDenied
    form = AddForm(request.POST) if request.method == "POST" else AddForm()
    if form.is_bound and form.is_valid():
        answer = _keep(request, (form.edit(),), form.cleaned_data["reason"])
        if answer is not None:
            return answer
    return page(request, "scope_add.html", {"form": form, "layers": LAYERS}, at="systems", title="Propose a system")


@require_POST
@needs("propose_scope")
def files(request: HttpRequest) -> HttpResponse:
    """Keep the scope files as they were edited by hand as a proposal."""
    if not may_propose(request, None):
        raise PermissionDenied
    reason = request.POST.get("reason", "").strip()
    if not reason:
        messages.error(request, "Say why the scope changes.")
        return redirect("scope_changes")
    return _keep(request, (), reason) or redirect("scope_changes")


def _keep(request: HttpRequest, edits: tuple[Edit, ...], reason: str) -> HttpResponse | None:
    """Plan the change and keep it; None where it cannot be planned, which the messages tell."""
    change = ScopeChange(edits, reason.strip(), acting_name(request))
    try:
        proposal, changes = planned(current(), change, at=timezone.now())
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
        return None
    if not changes:
        messages.error(request, "Nothing would change: the files say what is in force already.")
        return None
    proposal.save()
    messages.success(request, "Proposed. Nothing is in force before a second person approves it.")
    return redirect("scope_change", proposal.pk)
