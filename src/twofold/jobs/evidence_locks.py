"""Locks in the blob store: terms where they bind others, too, and legal holds."""

from collections.abc import Iterable, Sequence

from twofold.jobs.evidence_use import EvidenceUses, covering_hold, relying_engagements
from twofold.jobs.progress import ProgressReporter, silent
from twofold.model.evidence import EvidenceRef
from twofold.records.acts import hold, retention_policy
from twofold.records.workspace import Workspace
from twofold.vault.blobs.folder_blobs import FolderBlobs
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.evidence import index_of
from twofold.vault.reliance import entries_of, evidence_of_judgement
from twofold.vault.retention.deletions import deletions
from twofold.vault.retention.legal_hold import LegalHold
from twofold.vault.retention.retention import term_of
from twofold.vault.store import Vault


def lock_captured(workspace: Workspace, captured: Sequence[EvidenceRef]) -> None:
    """Lock what was captured just now for its term, and under the holds that stand.

    A term is set where the store's locks bind others, too (S3, not a folder).
    """
    vault = workspace.vault
    holds = [each for each in hold.all_holds(vault).values() if each.stands]
    for evidence in captured if holds else ():
        if covering_hold(holds, evidence, {}):
            vault.blobs.hold(evidence.sha256, on=True)
    if _locks_bind_others(vault):
        policy, _ = retention_policy.policy_in_force(vault)
        uses = EvidenceUses(vault, workspace.applied_scope(), history=False)
        for evidence in captured:
            vault.blobs.retain(evidence.sha256, term_of(uses.of(evidence), policy).due_at)


def lock_relied(workspace: Workspace, judgements: Iterable[Entry]) -> None:
    """Lock the evidence that an engagement began to rely on with these judgements; what it relied on before is locked.

    A later judgement or sign-off makes the term longer. That is not set in the store again: the policy asks the log
    before each deletion, and the lock is the second line.
    """
    vault = workspace.vault
    holds = [each for each in hold.all_holds(vault).values() if each.stands and each.engagements]
    if not (holds or _locks_bind_others(vault)):
        return
    policy, _ = retention_policy.policy_in_force(vault)
    uses = EvidenceUses(vault, workspace.applied_scope())
    gone = deletions(vault.log)
    for judgement in judgements:
        engagement = str(judgement.body["engagement"])
        begun = _begun(vault, judgement)
        for evidence in vault.list_evidence():
            number = index_of(evidence.evidence_id)
            if number is None or number not in begun or evidence.evidence_id in gone:
                continue
            if covering_hold(holds, evidence, {number: {engagement}}):
                vault.blobs.hold(evidence.sha256, on=True)
            if _locks_bind_others(vault):
                vault.blobs.retain(evidence.sha256, term_of(uses.of(evidence), policy).due_at)


def set_holds(vault: Vault, placed: LegalHold, *, report: ProgressReporter = silent) -> list[EvidenceRef]:
    """Lock in the store what a hold covers now; returns it."""
    relying = relying_engagements(vault, [placed])
    gone = deletions(vault.log)
    covered = [
        each
        for each in vault.list_evidence()
        if each.evidence_id not in gone and covering_hold([placed], each, relying)
    ]
    for number, each in enumerate(covered):
        report("locking in the store", number, len(covered))
        vault.blobs.hold(each.sha256, on=True)
    report("locking in the store", len(covered), len(covered))
    return covered


def lift_holds(vault: Vault, before: LegalHold) -> None:
    """Lift the store's hold from bytes that a hold covered, as it was before its release, and that none covers now."""
    standing = [each for each in hold.all_holds(vault).values() if each.stands]
    relying = relying_engagements(vault, [*standing, before])
    gone = deletions(vault.log)
    present = [each for each in vault.list_evidence() if each.evidence_id not in gone]
    kept = {each.sha256 for each in present if covering_hold(standing, each, relying)}
    for each in present:
        if each.sha256 not in kept and covering_hold([before], each, relying):
            vault.blobs.hold(each.sha256, on=False)


def _begun(vault: Vault, judgement: Entry) -> set[int]:
    """Return the captures that the engagement relies on since this judgement and did not before."""
    found = evidence_of_judgement(judgement, entries_of(vault.log))
    for earlier in vault.entries(kind=EntryKind.JUDGEMENT):
        if earlier.index < judgement.index and earlier.body["engagement"] == judgement.body["engagement"]:
            found -= evidence_of_judgement(earlier, entries_of(vault.log))
    return found


def _locks_bind_others(vault: Vault) -> bool:
    """Whether a term set in the store binds more than Twofold.

    In a folder it does not, and would cost a durable write for each file: there, only the policy is asked.
    """
    return not isinstance(vault.blobs, FolderBlobs)
