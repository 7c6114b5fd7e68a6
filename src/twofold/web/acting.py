"""As whom an account acts, and what it owns: separation of duties is asked of persons, not of accounts."""

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone

from twofold.scope.register import Scope
from twofold.web.accounts.member import person_of, role_of
from twofold.web.rights import Grant, grant_of


def email_of(request: HttpRequest) -> str:
    """Return the e-mail address of the account, "" without one: acts on accounts are told by it."""
    email: str = getattr(request.user, "email", "")
    return email


def grant_for(request: HttpRequest, right: str) -> Grant:
    """Return what the account may; where a token calls, nothing that the token lacks. KeyError for an unknown right."""
    token = getattr(request, "auth", None)
    if token is not None and right not in token.rights.split():
        return Grant.NO
    return grant_of(right, role_of(request.user))


def acting_name(request: HttpRequest) -> str:
    """Return the name that the log gets: the HR id where the account is linked to a person, else its e-mail address."""
    return person_of(request.user) or email_of(request)


def controls_held(scope: Scope | None, person: str, *, at: datetime) -> frozenset[str]:
    """Return the controls in which a person has one of these parts at a moment."""
    if scope is None or not person:
        return frozenset()
    return frozenset(each.id for each in scope.controls if at in each.stretch and person in each.people)


def may_for_control(request: HttpRequest, right: str, scope: Scope | None, control_id: str) -> bool:
    """Whether the account has the right for this control; `own` asks whether its person has a part in it today."""
    grant = grant_of(right, role_of(request.user))
    if grant is Grant.OWN:
        return control_id in controls_held(scope, person_of(request.user), at=timezone.now())
    return grant is Grant.YES
