"""What a person wants to be told, how and how often; and the address of their calendar."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from twofold.jobs.notices.outbox import Channel, Recipient, outbox
from twofold.records.acts.account import AccountAct
from twofold.scope.notice_settings import RHYTHMS
from twofold.web.accounts.acts import record_act
from twofold.web.accounts.member import role_of
from twofold.web.acting import acting_name
from twofold.web.company.work.feed import end_feed, make_feed, standing_feed
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.workspace_access import current

CHANNEL_TITLES = {Channel.EMAIL: "e-mail", Channel.WEBHOOK: "webhook of the company", Channel.SLACK: "Slack"}
RHYTHM_TITLES = {"daily": "once a day", "weekly": "once a week", "never": "never"}


class NoticeForm(forms.Form):
    """How often, and on which channels."""

    rhythm = forms.ChoiceField(choices=[(each, RHYTHM_TITLES[each]) for each in RHYTHMS])
    channels = forms.MultipleChoiceField(
        choices=[(each.value, CHANNEL_TITLES[each]) for each in Channel], required=False
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs("keep_own_account")
def show(request: HttpRequest) -> HttpResponse:
    """Show what the account's person chose, or keep a new choice."""
    form = NoticeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        choose(request, form.cleaned_data)
        messages.success(request, "Kept.")
        return redirect("notices")
    return _page(request, form)


@require_POST
@needs("keep_own_account")
def make_address(request: HttpRequest) -> HttpResponse:
    """Make a new address of the person's calendar and show it, this once."""
    secret = make_feed(_user_id(request), at=timezone.now())
    _record(request, AccountAct.TOKEN_MADE)
    return _page(request, NoticeForm(), made=request.build_absolute_uri(reverse("calendar_feed", args=[secret])))


@require_POST
@needs("keep_own_account")
def end_address(request: HttpRequest) -> HttpResponse:
    """End the address of the person's calendar."""
    messages.success(request, "The address has ended." if address_ended(request) else "There was no address.")
    return redirect("notices")


def address_ended(request: HttpRequest) -> bool:
    """End the address of the calendar of the account's person; False where there was none."""
    ended = end_feed(_user_id(request), at=timezone.now())
    if ended:
        _record(request, AccountAct.TOKEN_REVOKED)
    return ended


def choose(request: HttpRequest, said: Mapping[str, Any]) -> None:
    """Keep how often and where the account's person wants to be told, as a `NoticeForm` says."""
    account = _account(request)
    channels = tuple(Channel(each) for each in said["channels"])
    with outbox(current().workspace.root) as box:
        box.choose(Recipient(account, acting_name(request), account, said["rhythm"], channels))


def chosen_by(request: HttpRequest) -> dict[str, Any]:
    """Return what holds for the account's person: rhythm, channels, and the address of the calendar that stands."""
    workspace = current().workspace
    with outbox(workspace.root) as box:
        chosen = box.recipient(_account(request))
    settings = workspace.settings.notices
    return {
        "chosen": chosen.channels if chosen else (Channel.EMAIL,),
        "feed": standing_feed(_user_id(request), at=timezone.now()),
        "notices": settings,
        "rhythm": (chosen.rhythm if chosen else "") or (settings.rhythm if settings else "weekly"),
    }


def _page(request: HttpRequest, form: NoticeForm, *, made: str = "") -> HttpResponse:
    values = {
        **chosen_by(request),
        "channel_titles": CHANNEL_TITLES,
        "channels": list(Channel),
        "form": form,
        "made": made,
        "rhythm_titles": RHYTHM_TITLES,
    }
    status = 400 if form.errors else 200
    return page(request, "notices.html", values, at="inbox", title="Notices and calendar", status=status)


def _record(request: HttpRequest, act: AccountAct) -> None:
    account, role = _account(request), role_of(request.user) or ""
    record_act(act, account=account, role=role, by=account, request=request, detail="address of the calendar")


def _account(request: HttpRequest) -> str:
    return str(getattr(request.user, "email", ""))


def _user_id(request: HttpRequest) -> int:
    """Return the id of the account; the guard has let nobody else through."""
    return int(request.user.pk or 0)
