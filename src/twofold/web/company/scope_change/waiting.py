"""The proposals that wait for the person who looks, for their own work."""

from django.http import HttpRequest

from twofold.records.acts.people import same_person
from twofold.web.accounts.member import role_of
from twofold.web.acting import acting_name
from twofold.web.company.scope_change.models import ScopeProposal
from twofold.web.rights import Grant, grant_of


def waiting_for(request: HttpRequest) -> list[ScopeProposal]:
    """Return the changes of scope that the account may approve or decline, oldest first; never its own."""
    if grant_of("approve_scope", role_of(request.user)) is not Grant.YES:
        return []
    me = acting_name(request)
    waiting = ScopeProposal.objects.filter(state=ScopeProposal.State.WAITING).order_by("pk")
    return [each for each in waiting if not same_person(me, each.proposed_by)]
