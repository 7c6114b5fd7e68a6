"""Propose other people for controls: one, many that were chosen in the list, or all that a filter of it shows."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from twofold.catalog.entries import Control
from twofold.scope.edits.edit import PARTS
from twofold.scope.engagement import ControlAssignment
from twofold.web.company.control_evidence import held_on
from twofold.web.company.control_list import asked_in, narrowed
from twofold.web.company.scope_change.control_forms import WHICH, HeldForm
from twofold.web.company.scope_change.forms import NOBODY, people_to_offer
from twofold.web.company.scope_change.propose import keep, places_to_keep
from twofold.web.company.scope_change.proposing import controls_to_propose
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.workspace_access import Current, current


@dataclass(frozen=True, slots=True)
class ChosenControl:
    """A control that was chosen, with who has it today."""

    control: Control
    held: tuple[ControlAssignment, ...]


@require_http_methods(["GET", "HEAD", "POST"])
@needs("propose_scope")
def of_controls(request: HttpRequest) -> HttpResponse:
    """Answer with the form about the controls that are chosen, or keep what is proposed.

    `control`: an id, as often as needed; `all=1`: those that the filter of the list shows, in its place.
    """
    now = current()
    given = request.POST if request.method == "POST" else request.GET
    chosen = _chosen(request, now)
    if not chosen:
        messages.error(request, "Choose at least one control of which you may propose a change.")
        return redirect("controls")
    scope = now.scope.scope if now.scope else None
    systems = [each.id for each in scope.systems] if scope else []
    places = places_to_keep(request)
    bound = request.POST if request.method == "POST" else None
    form = HeldForm(bound, systems=systems, initial={"day": now.today, "which": "each"})
    form.fields["reason"].required = places.into is None
    if form.is_bound and form.is_valid():
        edits = form.released(chosen) if given.get("act") == "release" else form.held(chosen)
        if edits and (answer := keep(request, edits, form.cleaned_data["reason"], places)) is not None:
            return answer
    at = timezone.now()
    values = {
        "chosen": [ChosenControl(now.catalog.control(each), tuple(held_on(now, each, at))) for each in chosen],
        "form": form,
        "nobody": NOBODY,
        "parts": PARTS,
        "places": places,
        "roster": people_to_offer(),
        "systems": systems,
        "which": WHICH,
    }
    many = f"{len(chosen)} controls" if len(chosen) > 1 else chosen[0]
    return page(request, "scope_controls.html", values, at="controls", title=f"Propose other people: {many}")


def _chosen(request: HttpRequest, now: Current) -> list[str]:
    """Return the ids that are chosen, in the order of the catalog, each once.

    Raises PermissionDenied where one was chosen of which the account may propose nothing.
    """
    allowed = controls_to_propose(request, now)
    if request.method != "POST" and request.GET.get("all") == "1":
        return [row.control.control_id for row in narrowed(now, asked_in(request)) if row.control.control_id in allowed]
    given = request.POST if request.method == "POST" else request.GET
    wanted = set(given.getlist("control")) & {str(each) for each in now.catalog.controls}
    if not wanted <= set(allowed):
        raise PermissionDenied
    return [each for each in map(str, now.catalog.controls) if each in wanted]
