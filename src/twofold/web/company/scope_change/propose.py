"""Propose a change of systems. Whoever may do so for one system only is the owner of that system."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from twofold.model.problem import UserError
from twofold.scope.edits.edit import Edit
from twofold.scope.system import LAYERS, System
from twofold.web.company.scope_change.forms import FORMS, LABELS, MANY, AddForm, initial_of, people_to_offer
from twofold.web.company.scope_change.models import ScopeProposal
from twofold.web.company.scope_change.proposing import may_propose, own_waiting, propose, take_out
from twofold.web.company.system_list import asked_in, narrowed
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.workspace_access import current


@dataclass(frozen=True, slots=True)
class Places:
    """Where what is proposed can go. into: the change that it is added to; None = a new one. own: those to choose."""

    into: ScopeProposal | None
    own: Sequence[ScopeProposal]


def places_to_keep(request: HttpRequest) -> Places:
    """Return where the form puts what is proposed: what it, or the address, says as `into`.

    404 for what is no change of the account's own that waits.
    """
    asked = (request.POST if request.method == "POST" else request.GET).get("into", "")
    own = own_waiting(request)
    into = next((each for each in own if str(each.pk) == asked), None)
    if asked and into is None:
        raise Http404
    return Places(into, own)


def keep(request: HttpRequest, edits: Sequence[Edit], reason: str, places: Places) -> HttpResponse | None:
    """Plan the edits together and keep them; None where they cannot be planned, which the messages tell.

    Without a reason of its own an addition keeps the reason of the change that it goes into.
    """
    into = places.into
    try:
        proposal = propose(request, current(), edits, reason=reason.strip() or (into.reason if into else ""), into=into)
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
        return None
    said = f"Added to change {proposal.pk}" if into else "Proposed"
    messages.success(request, f"{said}. Nothing is in force before a second person approves it.")
    return redirect("scope_change", proposal.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("propose_scope")
def of_system(request: HttpRequest, system_id: str) -> HttpResponse:
    """Answer with the forms about a system, or keep what is proposed."""
    now = current()
    system = now.scope.scope.system(system_id) if now.scope else None
    if system is None:
        raise Http404
    return _of(request, [system])


@require_http_methods(["GET", "HEAD", "POST"])
@needs("propose_scope")
def of_systems(request: HttpRequest) -> HttpResponse:
    """Answer with the forms about the systems that are chosen, or keep what is proposed.

    `system`: an id, as often as needed; `all=1`: those that the filter of the list shows, in its place.
    """
    now = current()
    if request.method != "POST" and request.GET.get("all") == "1":
        systems = [row.system for row in narrowed(now, asked_in(request)) if may_propose(request, row.system)]
    else:
        wanted = set((request.POST if request.method == "POST" else request.GET).getlist("system"))
        systems = [each for each in (now.scope.scope.systems if now.scope else ()) if each.id in wanted]
    if not systems:
        messages.error(request, "Choose at least one system of which you may propose a change.")
        return redirect("systems")
    return _of(request, systems)


def _of(request: HttpRequest, systems: Sequence[System]) -> HttpResponse:
    if not all(may_propose(request, each) for each in systems):
        raise PermissionDenied
    one = systems[0] if len(systems) == 1 else None
    kinds = FORMS if one else MANY
    places = places_to_keep(request)
    forms = {act: kind(prefix=act, initial=initial_of(one) if one else {}) for act, kind in kinds.items()}
    act = request.POST.get("act", "")
    if act in kinds:
        form = forms[act] = kinds[act](request.POST, prefix=act)
        form.fields["reason"].required = places.into is None
        if form.is_valid():
            edits = [edit for each in systems if (edit := form.edit(each)) is not None]
            if not edits:
                messages.error(request, "Nothing differs from what is in force. Change a field first.")
            elif (answer := keep(request, edits, form.cleaned_data["reason"], places)) is not None:
                return answer
    values = {
        "act": act,
        "forms": forms,
        "labels": LABELS,
        "one": one,
        "places": places,
        "roster": people_to_offer(),
        "systems": systems,
    }
    what = (one.name or one.id) if one else f"{len(systems)} systems"
    return page(request, "scope_propose.html", values, at="systems", title=f"Propose a change: {what}")


@require_http_methods(["GET", "HEAD", "POST"])
@needs("propose_scope")
def add(request: HttpRequest) -> HttpResponse:
    """Answer with the form for a system that is added, or keep what is proposed."""
    if not may_propose(request, None):
        raise PermissionDenied
    places = places_to_keep(request)
    form = AddForm(request.POST) if request.method == "POST" else AddForm()
    form.fields["reason"].required = places.into is None
    if form.is_bound and form.is_valid():
        answer = keep(request, form.edits(), form.cleaned_data["reason"], places)
        if answer is not None:
            return answer
    values = {"form": form, "layers": LAYERS, "places": places, "roster": people_to_offer()}
    return page(request, "scope_add.html", values, at="systems", title="Propose a system")


@require_POST
@needs("propose_scope")
def files(request: HttpRequest) -> HttpResponse:
    """Keep the scope files as they were edited by hand as a proposal."""
    if not may_propose(request, None):
        raise PermissionDenied
    return keep(request, (), request.POST.get("reason", ""), Places(None, ())) or redirect("scope_changes")


@require_POST
@needs("propose_scope")
def take_edits_out(request: HttpRequest, change_id: int) -> HttpResponse:
    """Take edits out of one's own change; its plan is made anew."""
    proposal = get_object_or_404(ScopeProposal, pk=change_id)
    ticked = set(request.POST.getlist("edit"))
    numbers = {number for number in range(len(proposal.change.edits)) if str(number) in ticked}
    try:
        take_out(request, current(), proposal, numbers)
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
    else:
        messages.success(request, "Taken out. The plan was made anew.")
    return redirect("scope_change", proposal.pk)
