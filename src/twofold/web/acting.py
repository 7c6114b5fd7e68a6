"""As whom an account acts, and what it owns: separation of duties is asked of persons, not of accounts."""

from django.http import HttpRequest

from twofold.scope.register import Scope
from twofold.web.accounts.member import person_of, role_of
from twofold.web.rights import Grant, grant_of


def email_of(request: HttpRequest) -> str:
    """Return the e-mail address of the account, "" without one: acts on accounts are told by it."""
    email: str = getattr(request.user, "email", "")
    return email


def acting_name(request: HttpRequest) -> str:
    """Return the name that the log gets: the HR id where the account is linked to a person, else its e-mail address."""
    return person_of(request.user) or email_of(request)


def controls_of(scope: Scope | None, person: str) -> frozenset[str]:
    """Return the controls that a person owns, performs, supplies evidence for or steps in for, at any time."""
    if scope is None or not person:
        return frozenset()
    held = ((each.id, (each.owner, each.performer, each.evidence_owner, each.deputy)) for each in scope.controls)
    return frozenset(control_id for control_id, people in held if person in people)


def may_for_control(request: HttpRequest, right: str, scope: Scope | None, control_id: str) -> bool:
    """Whether the account has the right for this control; `own` asks whether its person has a part in the control."""
    grant = grant_of(right, role_of(request.user))
    if grant is Grant.OWN:
        return control_id in controls_of(scope, person_of(request.user))
    return grant is Grant.YES
