"""Sign off one control of an engagement: a named person concludes, as preparer or as reviewer, never as both."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from twofold.model.problem import UserError
from twofold.records.acts.sign_off import SignedConclusion, SignOffRole
from twofold.web.acts.sign_off import Concluded, refuse_own
from twofold.web.acts.sign_off import sign_control as sign_off
from twofold.web.guard import needs
from twofold.web.problems import told
from twofold.web.workspace_access import current


class SignForm(forms.Form):
    """What a person concludes."""

    engagement = forms.CharField(max_length=200)
    conclusion = forms.ChoiceField(choices=[(each.value, each.value.replace("_", " ")) for each in SignedConclusion])
    role = forms.ChoiceField(choices=[(each.value, each.value) for each in SignOffRole])
    reason = forms.CharField(max_length=4000)


@require_POST
@needs("sign_off")
def sign_control(request: HttpRequest, control_id: str) -> HttpResponse:
    """Record the sign-off. Who has a part in the control does not conclude on it."""
    now = current()
    refuse_own(request, now, control_id)
    form = SignForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say for which engagement, what you conclude, as what, and why.")
        return redirect("control", control_id)
    given = form.cleaned_data
    concluded = Concluded(
        given["engagement"],
        control_id,
        SignedConclusion(given["conclusion"]),
        SignOffRole(given["role"]),
        given["reason"],
    )
    try:
        done = sign_off(request, now, concluded)
        messages.success(request, f"Signed: entry {done.entry} of the log.")
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
    return redirect("control", control_id)
