"""Accounts, for administrators: invite a person, change a role, take an account away; and the log of it."""

from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from twofold.records.acts.account import AccountAct
from twofold.vault.entry import EntryKind
from twofold.web.accounts.acts import record_act
from twofold.web.accounts.invitations import VALID_FOR, invite
from twofold.web.accounts.leaving import close_account, end_sessions
from twofold.web.accounts.models import ROLE_CHOICES, Invitation, Member
from twofold.web.acting import email_of
from twofold.web.guard import needs
from twofold.web.number import number_in
from twofold.web.page import page
from twofold.web.rights import RIGHTS, ROLE_TITLES, Role
from twofold.web.sign_on.directory import decided_by_hand
from twofold.web.workspace_access import current

_LOG_PAGE = 100


class InviteForm(forms.Form):
    """Whom to invite."""

    email = forms.EmailField(max_length=254)
    role = forms.ChoiceField(choices=ROLE_CHOICES)
    person = forms.CharField(max_length=200, required=False)


class ChangeForm(forms.Form):
    """What an account becomes."""

    role = forms.ChoiceField(choices=ROLE_CHOICES)
    person = forms.CharField(max_length=200, required=False)
    active = forms.BooleanField(required=False)


@require_safe
@needs("manage_accounts")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with accounts, open invitations, and the table of rights."""
    return _listing(request, InviteForm())


@require_POST
@needs("manage_accounts")
def invite_person(request: HttpRequest) -> HttpResponse:
    """Make an invitation, and show its link this once."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _listing(request, form, status=400)
    given = form.cleaned_data
    secret = invite(
        given["email"],
        Role(given["role"]),
        person=given["person"],
        by=email_of(request),
        at=timezone.now(),
        request=request,
    )
    link = request.build_absolute_uri(reverse("welcome", args=[secret]))
    return _listing(request, InviteForm(), link=link, invited=given["email"])


@require_POST
@needs("manage_accounts")
def change(request: HttpRequest, user_id: int) -> HttpResponse:
    """Change role, person or state of an account. Nobody changes their own, so one administrator always remains."""
    user = get_object_or_404(User, pk=user_id)
    form = ChangeForm(request.POST)
    if user.pk == request.user.pk or not form.is_valid():
        return _listing(request, InviteForm(), status=400, problem="Nobody changes their own role or state.")
    given = form.cleaned_data
    member, _ = Member.objects.get_or_create(user=user, defaults={"role": Role.VIEWER.value})
    before = member.role
    member.role, member.person = given["role"], given["person"]
    member.save()
    if before != member.role:
        _record(request, AccountAct.ROLE_CHANGED, user, member.role, f"was {before}")
    if user.is_active and not given["active"]:
        close_account(user, by=email_of(request), request=request)
    elif given["active"] and not user.is_active:
        user.is_active = True
        user.save()
        _record(request, AccountAct.REACTIVATED, user, member.role)
    if before != member.role:
        end_sessions([user])
    decided_by_hand(user)
    return redirect("accounts")


@require_safe
@needs("see_account_log")
def log(request: HttpRequest) -> HttpResponse:
    """Answer with the newest account entries of the log; `before` pages back."""
    limit = number_in(request.GET.get("before", ""))
    vault = current().workspace.vault
    found = [each for each in vault.entries(kind=EntryKind.ACCOUNT) if limit is None or each.index < limit]
    shown = found[-_LOG_PAGE:][::-1]
    values = {"entries": shown, "more": shown[-1].index if len(found) > _LOG_PAGE else None}
    return page(request, "account_log.html", values, at="account_log", title="Account log")


def _listing(request: HttpRequest, form: InviteForm, *, status: int = 200, **more: Any) -> HttpResponse:
    members = {each.user_id: each for each in Member.objects.all()}
    secured = set(
        Authenticator.objects.exclude(type=Authenticator.Type.RECOVERY_CODES).values_list("user_id", flat=True)
    )
    values = {
        "days": VALID_FOR.days,
        "form": form,
        "invitations": Invitation.objects.filter(used_at=None, expires_at__gt=timezone.now()).order_by("email"),
        "invited": "",
        "link": "",
        "me": request.user.pk,
        "problem": "",
        "rights": RIGHTS,
        "roles": ROLE_CHOICES,
        "role_titles": ROLE_TITLES,
        "users": [
            {"user": user, "member": members.get(user.pk), "secured": user.pk in secured}
            for user in User.objects.order_by("email")
        ],
        **more,
    }
    return page(request, "accounts.html", values, at="accounts", title="Accounts", status=status)


def _record(request: HttpRequest, act: AccountAct, user: User, role: str, detail: str = "") -> None:
    record_act(act, account=user.email, role=role, by=email_of(request), request=request, detail=detail)
