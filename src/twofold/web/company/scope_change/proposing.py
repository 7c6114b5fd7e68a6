"""Propose a change of scope and decide on it: what pages and operations of the API do, with who may.

A change holds as many edits as it needs, of systems and of who has controls. It is planned, approved and applied whole.
"""

from collections.abc import Collection, Sequence

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from twofold.jobs.scope_change import ScopeChange, apply_change
from twofold.model.problem import Problem, UserError
from twofold.records.acts.people import need_reason, same_person
from twofold.scope.edits.edit import Edit, SystemAdded, SystemEdit
from twofold.scope.system import System
from twofold.web.accounts.member import person_of, role_of
from twofold.web.acting import acting_name, email_of
from twofold.web.company.scope_change.models import ScopeProposal
from twofold.web.company.scope_change.plans import applied_plan, planned
from twofold.web.rights import Grant, grant_of
from twofold.web.workspace_access import Current

State = ScopeProposal.State
_LONGEST_REASON = 4_000


def may_propose(request: HttpRequest, system: System | None) -> bool:
    """Whether the account may propose a change of this system; None = of anything."""
    grant = grant_of("propose_scope", role_of(request.user))
    if grant is Grant.OWN and system is not None and system.owner:
        person = person_of(request.user)
        return bool(person) and same_person(system.owner, person)
    return grant is Grant.YES


def controls_to_propose(request: HttpRequest, now: Current) -> Collection[str]:
    """Return the controls of which the account may propose a change; for the right `own` those that its person owns."""
    grant = grant_of("propose_scope", role_of(request.user))
    person = person_of(request.user)
    if grant is Grant.OWN and person and now.scope:
        at = timezone.now()
        held = (each for each in now.scope.scope.controls if at in each.stretch)
        return {each.id for each in held if each.owner and same_person(each.owner, person)}
    return tuple(now.catalog.controls) if grant is Grant.YES else ()


def may_propose_edit(request: HttpRequest, now: Current, edit: Edit) -> bool:
    """Whether the account may propose an edit: a system that is added is nobody's own."""
    if isinstance(edit, SystemAdded):
        return may_propose(request, None)
    if isinstance(edit, SystemEdit):
        return may_propose(request, now.scope.scope.system(edit.system) if now.scope else None)
    return edit.control in controls_to_propose(request, now) or may_propose(request, None)


def is_own(request: HttpRequest, proposal: ScopeProposal) -> bool:
    """Whether the account's person proposed it, also where the account was linked to the person only since."""
    return any(same_person(name, proposal.proposed_by) for name in (acting_name(request), email_of(request)))


def own_waiting(request: HttpRequest) -> list[ScopeProposal]:
    """Return the account's proposals that wait and take further edits, newest first."""
    waiting = ScopeProposal.objects.filter(state=State.WAITING).order_by("-pk")
    return [each for each in waiting if is_own(request, each) and each.change.edits]


def into_of(request: HttpRequest) -> int | None:
    """Return the number of the own change that a list chooses for, which its address names as `into`; None for none."""
    asked = request.GET.get("into", "")
    return next((each.pk for each in own_waiting(request) if str(each.pk) == asked), None) if asked else None


def may_decide(request: HttpRequest, proposal: ScopeProposal) -> bool:
    """Whether the account may approve or decline a proposal: never who proposed it."""
    return grant_of("approve_scope", role_of(request.user)) is Grant.YES and not is_own(request, proposal)


def propose(
    request: HttpRequest, now: Current, edits: Sequence[Edit], *, reason: str, into: ScopeProposal | None = None
) -> ScopeProposal:
    """Plan edits together and keep them as ONE proposal that waits for a second person; nothing is in force before.

    edits: what should change, in order; none at all = the scope files as they were edited by hand. reason: of the whole
    change. into: a proposal of the account's own that waits; the edits come after those that it holds, `reason`
    replaces its reason, and whoever saw its plan before must look again.
    Raises PermissionDenied where the account may not propose one of the edits, or where `into` is another person's.
    Raises UserError for no reason, for what the scope files may not say, where nothing would change, and where `into`
    no longer waits. Nothing is kept then.
    """
    if not all(may_propose_edit(request, now, edit) for edit in edits) or not (edits or may_propose(request, None)):
        raise PermissionDenied
    held: tuple[Edit, ...] = ()
    if into is not None:
        held = own_edits(request, into)
    return _keep(request, now, (*held, *edits), reason=reason, into=into)


def take_out(request: HttpRequest, now: Current, proposal: ScopeProposal, numbers: Collection[int]) -> ScopeProposal:
    """Take edits, by their place from 0, out of a proposal of one's own that waits; raises as `propose` does.

    Raises UserError where none would be left: then it is withdrawn.
    """
    left = tuple(edit for number, edit in enumerate(own_edits(request, proposal)) if number not in numbers)
    if not left:
        raise UserError(Problem("edits", "no edit would be left", "at least one", "withdraw the proposal instead"))
    return _keep(request, now, left, reason=proposal.reason, into=proposal)


def own_edits(request: HttpRequest, proposal: ScopeProposal) -> tuple[Edit, ...]:
    """Return the edits of a proposal that the account may still change.

    Raises PermissionDenied for another person's, UserError for one that was decided and for files edited by hand.
    """
    if not is_own(request, proposal):
        raise PermissionDenied
    edits = proposal.change.edits
    if proposal.state != State.WAITING or not edits:
        found = f"change {proposal.pk} takes no further edits"
        raise UserError(Problem("into", found, "a change of edits that waits", "propose a change of its own"))
    return edits


def approve(request: HttpRequest, now: Current, proposal: ScopeProposal, *, seen: str, note: str = "") -> ScopeProposal:
    """Apply a proposal whole, with the account as its second person; return it with `entry`, its entry of the log.

    seen: `base` of the proposal as it was shown. Raises PermissionDenied for who proposed it; UserError where it no
    longer waits, or the scope, the files or the proposal moved since: nothing is applied then.
    """
    _deciding(request, proposal)
    at = timezone.now()
    done = apply_change(now.workspace, proposal.change, seen=seen, approver=acting_name(request), at=at)
    proposal.plan = applied_plan(now, done.plan, at)
    proposal.entry = done.entry_index
    return _decide(request, proposal, State.APPLIED, note)


def decline(request: HttpRequest, proposal: ScopeProposal, *, reason: str) -> ScopeProposal:
    """Decline a proposal with a reason; it stays visible. Raises PermissionDenied for who proposed it, UserError."""
    _deciding(request, proposal)
    return _decide(request, proposal, State.DECLINED, need_reason(reason, why="why it is declined"))


def withdraw(request: HttpRequest, proposal: ScopeProposal, *, reason: str = "") -> ScopeProposal:
    """Take one's own proposal back; it stays visible. Raises PermissionDenied for another person's, UserError."""
    if not is_own(request, proposal):
        raise PermissionDenied
    _waits(proposal)
    return _decide(request, proposal, State.WITHDRAWN, reason)


def _keep(
    request: HttpRequest, now: Current, edits: tuple[Edit, ...], *, reason: str, into: ScopeProposal | None
) -> ScopeProposal:
    at = timezone.now()
    reason = need_reason(reason, why="why the scope changes")[:_LONGEST_REASON]
    proposal, changes = planned(now, ScopeChange(edits, reason, acting_name(request)), at=at)
    if not changes:
        raise UserError(Problem("edits", "nothing would change: the files say what is in force already", "a change"))
    if into is None:
        proposal.save()
        return proposal
    proposal.pk, proposal.proposed_at, proposal.amended_at = into.pk, into.proposed_at, at
    kept = {name: getattr(proposal, name) for name in _AMENDED}
    waiting = ScopeProposal.objects.filter(pk=into.pk, state=State.WAITING, edits=into.edits)
    if not waiting.update(**kept, what_if=""):
        found = f"change {into.pk} was decided or changed in between"
        raise UserError(Problem("into", found, "the change as it was", "look at it again"))
    return proposal


_AMENDED = ("edits", "reason", "proposed", "plan", "base", "planned_on", "amended_at")


def _deciding(request: HttpRequest, proposal: ScopeProposal) -> None:
    if not may_decide(request, proposal):
        raise PermissionDenied
    _waits(proposal)


def _waits(proposal: ScopeProposal) -> None:
    if proposal.state != State.WAITING:
        found = f"change {proposal.pk} was {proposal.state} already"
        raise UserError(Problem("change", found, "a change that waits", "look at it"))


def _decide(request: HttpRequest, proposal: ScopeProposal, state: State, reason: str) -> ScopeProposal:
    proposal.state = state
    proposal.decided_by = acting_name(request)
    proposal.decided_at = timezone.now()
    proposal.decision_reason = reason.strip()[:_LONGEST_REASON]
    proposal.save()
    return proposal
