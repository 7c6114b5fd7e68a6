"""Whose personal data an account may see: by the right `see_people`, and everybody their own."""

from django.http import HttpRequest

from twofold.records.acts.people import same_person
from twofold.web.accounts.member import person_of, role_of
from twofold.web.rights import Grant, grant_of


def may_see_people(request: HttpRequest) -> bool:
    """Whether the account may see the personal data of everybody."""
    return grant_of("see_people", role_of(request.user)) is Grant.YES


def may_see_person(request: HttpRequest, person: str) -> bool:
    """Whether the account may see the personal data of one person: by right, or since it is their own."""
    own = person_of(request.user)
    return may_see_people(request) or bool(own and same_person(own, person))
