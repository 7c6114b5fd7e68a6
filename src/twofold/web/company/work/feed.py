"""A person's calendar as an address for calendar programs. The address is the secret: only its hash is kept."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from twofold.jobs.due import DueKind
from twofold.reports.calendar_feed import MEDIA_TYPE, CalendarDay, calendar_text
from twofold.web.accounts.member import member_of
from twofold.web.accounts.secret_hash import hash_of
from twofold.web.company.programme.personal import manages_programme
from twofold.web.company.work.gathered import things_of
from twofold.web.company.work.models import CalendarFeed
from twofold.web.company.work.programme_due import own_things
from twofold.web.rights import Grant, Role, grant_of
from twofold.web.workspace_access import current

VALID_FOR = timedelta(days=365)
_AHEAD = timedelta(days=366)


def make_feed(user_id: int, *, at: datetime) -> str:
    """Make a new address of an account, which ends the old one, and return its secret, which is shown this once."""
    secret = secrets.token_urlsafe(32)
    end_feed(user_id, at=at)
    CalendarFeed.objects.create(user_id=user_id, secret_sha256=hash_of(secret), made_at=at, expires_at=at + VALID_FOR)
    return secret


def end_feed(user_id: int, *, at: datetime) -> bool:
    """End the address of an account; False where there was none."""
    return bool(CalendarFeed.objects.filter(user_id=user_id, revoked_at=None).update(revoked_at=at))


def standing_feed(user_id: int, *, at: datetime) -> CalendarFeed | None:
    """Return the account's address that has not ended."""
    return CalendarFeed.objects.filter(user_id=user_id, revoked_at=None, expires_at__gt=at).first()


@require_safe
def show(request: HttpRequest, secret: str) -> HttpResponse:
    """Answer with the calendar of the person whose secret address this is; 404 for any other, ended or over.

    Public by its secret (guard.PUBLIC), since calendar programs cannot sign in.
    """
    user = _owner(secret)
    member = member_of(user)
    if member is None or grant_of("see_findings", Role(member.role)) is Grant.NO:
        raise Http404
    now, at = current(), timezone.now()
    person = member.person or user.email
    today = now.today
    due = things_of(now, until=today + _AHEAD)
    own = [each for each in due if each.is_for(person) or each.kind is DueKind.ENGAGEMENT]
    own += own_things(now, person, manages=manages_programme(Role(member.role)), personal=True)
    host = request.get_host()
    events = [
        CalendarDay(
            uid=f"{hashlib.sha256(f'{each.kind}/{each.thing_id}'.encode()).hexdigest()[:32]}@twofold",
            on=each.on,
            title=f"{'overdue: ' if each.is_late(today) else ''}{each.title}",
            kind=each.kind,
            url=f"{request.scheme}://{host}{each.address}",
        )
        for each in own
    ]
    text = calendar_text(events, name=f"Twofold: {now.workspace.settings.company}", made_at=at)
    answer = HttpResponse(text, content_type=MEDIA_TYPE)
    answer["Cache-Control"] = "private, no-store"
    return answer


def _owner(secret: str) -> User:
    """Return whose address it is. The hash is compared in constant time once more, beside the look-up by it."""
    hashed = hash_of(secret)
    found = CalendarFeed.objects.select_related("user").filter(
        secret_sha256=hashed, revoked_at=None, expires_at__gt=timezone.now(), user__is_active=True
    )
    feed = found.first()
    if feed is None or not hmac.compare_digest(feed.secret_sha256, hashed):
        raise Http404
    user: User = feed.user
    return user
