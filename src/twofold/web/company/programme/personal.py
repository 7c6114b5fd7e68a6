"""Whose personal data an account may see, and who manages the programme: by rights, and everybody sees their own."""

from django.http import HttpRequest

from twofold.records.acts.people import same_person
from twofold.web.accounts.member import person_of
from twofold.web.acting import grant_for
from twofold.web.rights import Grant, Role, grant_of


def may_see_people(request: HttpRequest) -> bool:
    """Whether the account may see the personal data of everybody."""
    return grant_for(request, "see_people") is Grant.YES


def may_see_person(request: HttpRequest, person: str) -> bool:
    """Whether the account may see the personal data of one person: by right, or since it is their own."""
    own = person_of(request.user)
    return may_see_people(request) or bool(own and same_person(own, person))


def manages_programme(role: Role | None) -> bool:
    """Whether what nobody is named for, such as the review of a policy, is the work of accounts with this role."""
    return grant_of("tell_facts", role) is Grant.YES
