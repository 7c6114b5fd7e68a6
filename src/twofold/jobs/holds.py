"""Legal holds: placed and released as acts, and set in the blob store."""

from collections.abc import Sequence
from datetime import datetime

from twofold.jobs.evidence_locks import lift_holds, set_holds
from twofold.jobs.known_names import need_other_human
from twofold.jobs.progress import ProgressReporter, silent
from twofold.records.acts import hold
from twofold.records.workspace import Workspace
from twofold.vault.retention.legal_hold import LegalHold


def place_hold(  # noqa: PLR0913  what is held, why, and on whose word
    workspace: Workspace,
    *,
    evidence: Sequence[str],
    sources: Sequence[str],
    engagements: Sequence[str],
    everything: bool,
    reason: str,
    authority: str,
    actor: str,
    at: datetime,
    report: ProgressReporter = silent,
) -> tuple[LegalHold, int]:
    """Place a hold and lock what it covers in the store; returns it and how many pieces of evidence it covers."""
    placed = hold.place_hold(
        workspace.vault,
        evidence=evidence,
        sources=sources,
        engagements=engagements,
        everything=everything,
        reason=reason,
        authority=authority,
        acting_user=actor,
        at=at,
    )
    return placed, len(set_holds(workspace.vault, placed, report=report))


def release_hold(
    workspace: Workspace,
    hold_id: str,
    *,
    reason: str,
    authority: str,
    second_person: str | None,
    actor: str,
    at: datetime,
) -> LegalHold:
    """Release a hold and lift the locks in the store that no other hold needs."""
    vault = workspace.vault
    before = hold.all_holds(vault).get(hold_id)
    need_other_human(workspace, second_person, [authority], where="--second", why="a second person")
    released = hold.release_hold(
        vault,
        hold_id=hold_id,
        reason=reason,
        authority=authority,
        second_person=second_person,
        acting_user=actor,
        at=at,
    )
    if before is not None:
        lift_holds(vault, before)
    return released


def holds(workspace: Workspace) -> list[LegalHold]:
    """Return all holds, those that stand first."""
    return sorted(hold.all_holds(workspace.vault).values(), key=lambda each: (not each.stands, each.entry))
