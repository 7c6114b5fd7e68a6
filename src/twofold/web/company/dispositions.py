"""What an item's outcome means, said on its page. Softer than the rule is recorded only once a second person agrees.

Nobody who has a part in the control softens an outcome of it, or agrees to that.
"""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from twofold.model.problem import UserError
from twofold.records.acts.disposition import Disposition, DispositionKind
from twofold.web.company.disposing import REASON, Said, agree_with_disposition, propose_disposition
from twofold.web.company.models import ProposedDisposition
from twofold.web.guard import needs
from twofold.web.problems import told
from twofold.web.workspace_access import current

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
    item, reason = form.cleaned_data["item"], form.cleaned_data["reason"]
    back = redirect(f"{reverse('result_item', args=[control_test])}?{urlencode({'id': item})}")
    try:
        done = propose_disposition(
            request, now, Said(control_test, item, DispositionKind(form.cleaned_data["kind"]), reason)
        )
    except PermissionDenied as refused:
        messages.error(request, str(refused))
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
        return back if error.problems[0].where == REASON else redirect("result", control_test)
    else:
        if isinstance(done, Disposition):
            _recorded(request, done)
        else:
            messages.info(request, "Kept until a second person agrees under My work. Nothing is recorded before.")
    return back


@require_POST
@needs("agree_with")
def agree(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Record a proposal, with the one who agrees as its second person."""
    proposal = get_object_or_404(ProposedDisposition, pk=proposal_id)
    try:
        _recorded(request, agree_with_disposition(request, current(), proposal))
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
    return redirect("inbox")


@require_POST
@needs("agree_with")
def decline(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Drop a proposal; nothing was recorded."""
    get_object_or_404(ProposedDisposition, pk=proposal_id).delete()
    messages.info(request, "The proposal is gone; nothing was recorded.")
    return redirect("inbox")


def _recorded(request: HttpRequest, done: Disposition) -> None:
    messages.success(request, f"Recorded as entry {done.entry} of the log. The outcome stays as it is.")
