"""Who calls: a token, the rights that both the token and its account's role have, and how often it may call."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Case, F, IntegerField, Value, When
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from twofold.web.accounts.member import role_of
from twofold.web.accounts.models import ApiToken
from twofold.web.accounts.tokens import token_of
from twofold.web.api.problem import Refused
from twofold.web.rights import RIGHTS, Grant, grant_of

_MINUTE = 60
JSON = "application/json"


class Needs(HttpBearer):
    """The header `Authorization: Bearer twofold_...`, with a right that role and token both have.

    All of it is asked before the body is looked at: who has no right learns nothing of what a body should be.
    """

    def __init__(self, right: str, content: str = "") -> None:
        RIGHTS[right]
        super().__init__()
        self.right = right
        self.content = content
        """Media type that a body has to have; "" = no body."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        """Return the token, and make its account the one that acts; None is answered with 401."""
        now = timezone.now()
        found = token_of(token, at=now)
        if found is None:
            return None
        request.user = found.user
        _count(found, now)
        if self.right not in found.rights.split() or grant_of(self.right, role_of(found.user)) is Grant.NO:
            raise Refused(403, f"needs the right {self.right}")
        if self.content and request.content_type != self.content:
            raise Refused(415, f"the body has to be {self.content}")
        return found


def token_that_calls(request: HttpRequest) -> ApiToken:
    """Return the token of the request."""
    found: ApiToken = request.auth  # type: ignore[attr-defined]  # set by the library from `authenticate`
    return found


def _count(token: ApiToken, now: datetime) -> None:
    """Count the call in its minute, in one statement; raises Refused with 429 where the minute is full."""
    minute = int(now.timestamp()) // _MINUTE
    count: Any = Case(When(minute=minute, then=F("calls") + 1), default=Value(1), output_field=IntegerField())
    ApiToken.objects.filter(pk=token.pk).update(used_at=now, calls=count, minute=minute)
    before = token.calls if token.minute == minute else 0
    if before >= settings.TWOFOLD_API_CALLS_A_MINUTE:
        left = _MINUTE - int(now.timestamp()) % _MINUTE
        most = settings.TWOFOLD_API_CALLS_A_MINUTE
        raise Refused(429, f"more than {most} calls in this minute", {"Retry-After": str(left)})
