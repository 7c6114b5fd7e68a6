"""What an item's outcome means, said on its page. Softer than the rule is recorded only once a second person agrees.

Nobody who has a part in the control softens an outcome of it, or agrees to that.
"""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from twofold.jobs.acts import dispose
from twofold.jobs.control_tests import latest_runs
from twofold.model.problem import UserError
from twofold.records.acts.disposition import DispositionKind
from twofold.records.acts.people import same_person
from twofold.web.accounts.member import person_of
from twofold.web.acting import acting_name, controls_of
from twofold.web.company.models import ProposedDisposition
from twofold.web.guard import needs
from twofold.web.problems import told
from twofold.web.workspace_access import Current, current

KINDS = (
    (DispositionKind.CONFIRMED.value, "confirmed: the outcome is right"),
    (DispositionKind.DATA_ERROR.value, "data error: the record is wrong"),
    (DispositionKind.SCOPE_ERROR.value, "scope error: the item does not belong here"),
)


class DisposeForm(forms.Form):
    """What a person says of an item."""

    item = forms.CharField(max_length=4000)
    kind = forms.ChoiceField(choices=KINDS)
    reason = forms.CharField(max_length=4000, required=False)


@require_POST
@needs("dispose_items")
def propose(request: HttpRequest, control_test: str) -> HttpResponse:
    """Record that an outcome is confirmed, or keep what is softer until a second person agrees."""
    now = current()
    form = DisposeForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say which item and what its outcome is.")
        return redirect("result", control_test)
    item, kind, reason = form.cleaned_data["item"], form.cleaned_data["kind"], form.cleaned_data["reason"]
    back = redirect(f"{reverse('result_item', args=[control_test])}?{urlencode({'id': item})}")
    if kind == DispositionKind.CONFIRMED.value:
        by = acting_name(request)
        done = _record(request, now, control_test, item, kind=kind, reason=reason, by=by, second=None)
        return back if done else redirect("result", control_test)
    if _has_a_part(now, request, control_test):
        messages.error(request, "You have a part in a control that this test serves, so somebody else softens it.")
        return back
    if not reason.strip():
        messages.error(request, "Softer than the rule: say why.")
        return back
    run = latest_runs(now.workspace).get(control_test)
    ProposedDisposition.objects.update_or_create(
        control_test=control_test,
        item=item,
        defaults={
            "run_id": run.name if run else "",
            "kind": kind,
            "reason": reason,
            "proposed_by": acting_name(request),
            "proposed_at": timezone.now(),
        },
    )
    messages.info(request, "Kept until a second person agrees under My work. Nothing is recorded before.")
    return back


@require_POST
@needs("agree_with")
def agree(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Record a proposal, with the one who agrees as its second person."""
    now = current()
    proposal = get_object_or_404(ProposedDisposition, pk=proposal_id)
    second = acting_name(request)
    if same_person(second, proposal.proposed_by) or _has_a_part(now, request, proposal.control_test):
        raise PermissionDenied
    run = latest_runs(now.workspace).get(proposal.control_test)
    if run is None or run.name != proposal.run_id:
        proposal.delete()
        messages.error(request, "The test ran again since; look at the item anew.")
        return redirect("inbox")
    done = _record(
        request,
        now,
        proposal.control_test,
        proposal.item,
        kind=proposal.kind,
        reason=proposal.reason,
        by=proposal.proposed_by,
        second=second,
    )
    if done:
        proposal.delete()
    return redirect("inbox")


@require_POST
@needs("agree_with")
def decline(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Drop a proposal; nothing was recorded."""
    get_object_or_404(ProposedDisposition, pk=proposal_id).delete()
    messages.info(request, "The proposal is gone; nothing was recorded.")
    return redirect("inbox")


def _record(  # noqa: PLR0913  who says what of which item, and with whom
    request: HttpRequest,
    now: Current,
    control_test: str,
    item: str,
    *,
    kind: str,
    reason: str,
    by: str,
    second: str | None,
) -> bool:
    try:
        done = dispose(
            now.workspace,
            item,
            control_test=control_test,
            kind=DispositionKind(kind),
            reason=reason,
            second_person=second,
            actor=by,
            at=timezone.now(),
        )
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
        return False
    messages.success(request, f"Recorded as entry {done.entry} of the log. The outcome stays as it is.")
    return True


def _has_a_part(now: Current, request: HttpRequest, control_test: str) -> bool:
    own = controls_of(now.scope.scope if now.scope else None, person_of(request.user))
    tests = now.catalog.controls
    return any(control_test in tests[each].control_tests for each in tests if each in own)
