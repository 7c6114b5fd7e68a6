"""Say what an outcome is. Softer than the rule is kept until a second person agrees, and is recorded only then.

Nobody who has a part in a control that the test serves softens an outcome of it, or agrees to that.
"""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from twofold.jobs.acts import dispose, require_item
from twofold.jobs.control_tests import latest_runs
from twofold.model.problem import Problem, UserError
from twofold.records.acts.disposition import Disposition, DispositionKind
from twofold.records.acts.people import same_person
from twofold.scope.register import controls_of
from twofold.web.accounts.member import person_of
from twofold.web.acting import acting_name
from twofold.web.company.models import ProposedDisposition
from twofold.web.workspace_access import Current

REASON = "reason"
"""Where the problem of a missing reason lies."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says of an item."""

    control_test: str
    item: str
    kind: DispositionKind
    reason: str


def propose_disposition(request: HttpRequest, now: Current, said: Said) -> Disposition | ProposedDisposition:
    """Record a confirmation, or keep what is softer for a second person.

    Raises PermissionDenied for whoever has a part in the control, UserError for an unknown item or no reason.
    """
    if said.kind is DispositionKind.CONFIRMED:
        return _record(now, said, by=acting_name(request), second=None)
    if has_a_part(now, request, said.control_test):
        msg = "You have a part in a control that this test serves, so somebody else softens it."
        raise PermissionDenied(msg)
    if not said.reason.strip():
        raise UserError(Problem(REASON, "Softer than the rule: say why.", "a sentence"))
    run_id = require_item(now.workspace, said.item, control_test=said.control_test)
    kept, _ = ProposedDisposition.objects.update_or_create(
        control_test=said.control_test,
        item=said.item,
        defaults={
            "run_id": run_id,
            "kind": said.kind.value,
            "reason": said.reason,
            "proposed_by": acting_name(request),
            "proposed_at": timezone.now(),
        },
    )
    return kept


def agree_with_disposition(request: HttpRequest, now: Current, proposal: ProposedDisposition) -> Disposition:
    """Record a proposal, with the one who agrees as its second person.

    Raises PermissionDenied for the one who proposed it and for whoever has a part in the control; UserError where the
    test ran again since (the proposal is then gone), or somebody else was quicker.
    """
    second = acting_name(request)
    if same_person(second, proposal.proposed_by) or has_a_part(now, request, proposal.control_test):
        msg = "Another person agrees, who has no part in the control."
        raise PermissionDenied(msg)
    run = latest_runs(now.workspace).get(proposal.control_test)
    if run is None or run.name != proposal.run_id:
        proposal.delete()
        raise UserError(Problem("proposal", "The test ran again since; look at the item anew.", ""))
    said = Said(proposal.control_test, proposal.item, DispositionKind(proposal.kind), proposal.reason)
    with transaction.atomic():
        if not ProposedDisposition.objects.filter(pk=proposal.pk).delete()[0]:
            raise UserError(Problem("proposal", "Somebody else decided it a moment ago.", ""))
        return _record(now, said, by=proposal.proposed_by, second=second)


def has_a_part(now: Current, request: HttpRequest, control_test: str) -> bool:
    """Whether the account's person has a part in a control that the test serves."""
    own = controls_of(now.scope.scope if now.scope else None, person_of(request.user))
    tests = now.catalog.controls
    return any(control_test in tests[each].control_tests for each in tests if each in own)


def _record(now: Current, said: Said, *, by: str, second: str | None) -> Disposition:
    return dispose(
        now.workspace,
        said.item,
        control_test=said.control_test,
        kind=said.kind,
        reason=said.reason,
        second_person=second,
        actor=by,
        at=timezone.now(),
    )
