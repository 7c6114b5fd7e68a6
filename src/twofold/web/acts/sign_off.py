"""Sign off one control of an engagement. Who has a part in the control does not conclude on it."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from twofold.jobs.acts import sign
from twofold.records.acts.sign_off import SignedConclusion, SignOff, SignOffRole
from twofold.scope.register import controls_of
from twofold.web.accounts.member import person_of
from twofold.web.acting import acting_name
from twofold.web.workspace_access import Current


@dataclass(frozen=True, slots=True)
class Concluded:
    """What a person concludes, as what, and why."""

    engagement: str
    control: str
    conclusion: SignedConclusion
    role: SignOffRole
    reason: str


def sign_control(request: HttpRequest, now: Current, concluded: Concluded) -> SignOff:
    """Record the sign-off; raises PermissionDenied for whoever has a part in the control, UserError as the act does."""
    refuse_own(request, now, concluded.control)
    return sign(
        now.workspace,
        concluded.engagement,
        control=concluded.control,
        conclusion=concluded.conclusion,
        role=concluded.role,
        reason=concluded.reason,
        actor=acting_name(request),
        at=timezone.now(),
    )


def refuse_own(request: HttpRequest, now: Current, control: str) -> None:
    """Raise PermissionDenied for whoever has a part in the control."""
    if control in controls_of(now.scope.scope if now.scope else None, person_of(request.user)):
        msg = "You have a part in this control, so somebody else concludes on it."
        raise PermissionDenied(msg)
