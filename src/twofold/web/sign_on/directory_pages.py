"""The company's directory, for administrators: which groups give which role, and the tokens of its SCIM client."""

from datetime import timedelta

from django.contrib import messages
from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from twofold.records.acts.account import AccountAct
from twofold.web.acting import email_of
from twofold.web.guard import needs
from twofold.web.sign_on.forms import GroupForm, TokenForm
from twofold.web.sign_on.models import GroupRole, ScimToken
from twofold.web.sign_on.pages import answer, record_setting
from twofold.web.sign_on.scim_tokens import make_scim_token


@require_POST
@needs("manage_sign_on")
def add_group(request: HttpRequest) -> HttpResponse:
    """Give the members of a group a role, after the groups before it; a group that is there gets the new role."""
    form = GroupForm(request.POST)
    if not form.is_valid():
        return answer(request, group_form=form, status=400)
    given = form.cleaned_data
    with transaction.atomic():
        last = GroupRole.objects.aggregate(last=Max("position"))["last"] or 0
        GroupRole.objects.update_or_create(
            group=given["group"],
            defaults={"role": given["role"]},
            create_defaults={"role": given["role"], "position": last + 1},
        )
    record_setting(request, AccountAct.SIGN_ON_CHANGED, f"group {given['group']} gives the role {given['role']}")
    return redirect("sign_on")


@require_POST
@needs("manage_sign_on")
def remove_group(request: HttpRequest, group_id: int) -> HttpResponse:
    """Take a group from the table; roles that it gave stay until its members sign in or are sent again."""
    group = get_object_or_404(GroupRole, pk=group_id)
    group.delete()
    record_setting(request, AccountAct.SIGN_ON_CHANGED, f"group {group.group} gives no role")
    return redirect("sign_on")


@require_POST
@needs("manage_sign_on")
def make_token(request: HttpRequest) -> HttpResponse:
    """Make a token of the directory, and show its secret this once."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return answer(request, token_form=form, status=400)
    given, now = form.cleaned_data, timezone.now()
    ends = now + timedelta(days=given["days"])
    token, secret = make_scim_token(given["name"], by=email_of(request), expires_at=ends, at=now)
    record_setting(request, AccountAct.TOKEN_MADE, f"scim: {token.name}, until {ends:%Y-%m-%d}")
    return answer(request, secret=secret)


@require_POST
@needs("manage_sign_on")
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """Revoke a token of the directory."""
    token = get_object_or_404(ScimToken, pk=token_id)
    if ScimToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        record_setting(request, AccountAct.TOKEN_REVOKED, f"scim: {token.name}")
    messages.success(request, f"{token.name} is revoked.")
    return redirect("sign_on")
