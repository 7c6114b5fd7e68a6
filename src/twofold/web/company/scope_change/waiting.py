"""The proposals that wait for the person who looks, for their own work."""

from django.http import HttpRequest

from twofold.web.company.scope_change.models import ScopeProposal
from twofold.web.company.scope_change.proposing import may_decide


def waiting_for(request: HttpRequest) -> list[ScopeProposal]:
    """Return the changes of scope that the account may approve or decline, oldest first; never its own."""
    waiting = ScopeProposal.objects.filter(state=ScopeProposal.State.WAITING).order_by("pk")
    return [each for each in waiting if may_decide(request, each)]
