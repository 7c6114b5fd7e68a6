"""One's own API tokens: made for some of one's rights and for a while, shown once, revoked at any time."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from twofold.web.accounts.member import role_of
from twofold.web.accounts.models import ApiToken
from twofold.web.acts.tokens import MOST_DAYS, make_own_token, revoke_own_token
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.rights import RIGHTS, Grant, grant_of


class TokenForm(forms.Form):
    """What a token is for."""

    name = forms.CharField(max_length=200)
    days = forms.IntegerField(min_value=1, max_value=MOST_DAYS)
    rights = forms.MultipleChoiceField(choices=[(right, right) for right in RIGHTS])


@require_safe
@needs("use_api")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with one's tokens."""
    return _listing(request, TokenForm())


@require_POST
@needs("use_api")
def make(request: HttpRequest) -> HttpResponse:
    """Make a token, and show its secret this once."""
    form = TokenForm(request.POST)
    user = request.user
    if not form.is_valid() or not isinstance(user, User):
        return _listing(request, form, status=400)
    given = form.cleaned_data
    ends = timezone.now() + timedelta(days=given["days"])
    _, secret = make_own_token(request, user, name=given["name"], rights=given["rights"], expires_at=ends)
    return _listing(request, TokenForm(), secret=secret)


@require_POST
@needs("use_api")
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """Revoke a token of one's own."""
    user = request.user
    if not isinstance(user, User):
        raise Http404
    token = get_object_or_404(ApiToken, pk=token_id, user=user)
    revoke_own_token(request, user, token)
    messages.success(request, f"{token.name} is revoked.")
    return redirect("tokens")


def _listing(request: HttpRequest, form: TokenForm, *, status: int = 200, **more: Any) -> HttpResponse:
    role = role_of(request.user)
    values = {
        "days": MOST_DAYS,
        "form": form,
        "now": timezone.now(),
        "rights": [right for right in RIGHTS if grant_of(right, role) is not Grant.NO],
        "secret": "",
        "tokens": ApiToken.objects.filter(user__username=request.user.get_username()).order_by("-made_at"),
        **more,
    }
    return page(request, "tokens.html", values, at="tokens", title="API tokens", status=status)
