"""Why somebody does not get in, and the record of it."""

from datetime import datetime, timedelta

from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from twofold.records.acts.account import AccountAct
from twofold.web.accounts.acts import record_act
from twofold.web.sign_on.models import IdentityProvider

MOST_AN_HOUR = 100
"""Refusals of a provider that become entries in an hour: who has no account can cause them, and the log is for ever."""
_LONGEST = 300


class RefusedError(Exception):
    """A sign-in that is refused. said: to the person and in the log; account: whom the provider named, "" if nobody."""

    def __init__(self, said: str, *, account: str = "") -> None:
        super().__init__(said)
        self.said = said
        self.account = account


def record_refusal(provider: IdentityProvider, error: RefusedError, request: HttpRequest) -> None:
    """Write the entry, unless the hour has had its most."""
    if not _counts(provider, timezone.now()):
        return
    record_act(
        AccountAct.SIGN_IN_REFUSED,
        account=error.account[:254],
        role="",
        by="site",
        request=request,
        detail=f"{provider.name}: {error.said}"[:_LONGEST],
    )


def _counts(provider: IdentityProvider, at: datetime) -> bool:
    """Count a refusal; False when the hour is full."""
    rows = IdentityProvider.objects.filter(pk=provider.pk)
    if rows.filter(refused_since__gt=at - timedelta(hours=1)).exists():
        return bool(rows.filter(refused__lt=MOST_AN_HOUR).update(refused=F("refused") + 1))
    rows.update(refused=1, refused_since=at)
    return True
