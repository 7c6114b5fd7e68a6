"""Retention: which evidence is kept how long, and what may be deleted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from twofold.jobs.evidence_use import EvidenceUses, covering_hold, relying_engagements
from twofold.jobs.known_names import need_other_human
from twofold.jobs.normalise import forget_readings
from twofold.records.acts import deletion, hold, retention_policy
from twofold.records.acts.deletion import RetentionNow, Standing
from twofold.records.workspace import Workspace
from twofold.vault.retention.deletions import Deletion, deletions, finish_deletions
from twofold.vault.retention.retention import RetentionPolicy, policy_with, term_of

IN_FORCE = "it is part of the scope in force"


@dataclass(frozen=True, slots=True)
class PolicyStatus:
    """The policy in force, and what twofold.toml says where that differs."""

    in_force: RetentionPolicy
    entry: int | None
    asked: RetentionPolicy

    @property
    def differs(self) -> bool:
        """Whether twofold.toml says something that was not applied yet."""
        return self.asked.sha256 != self.in_force.sha256


@dataclass(frozen=True, slots=True)
class RetentionPlan:
    """What may be deleted now, and how much is kept for which reason."""

    policy: PolicyStatus
    due: Sequence[Standing]
    kept: Mapping[str, int]
    """Class of evidence -> pieces within their term."""
    held: Mapping[str, int]
    """Reason -> pieces whose term is over and that are kept nevertheless."""
    deleted: int
    finished: Sequence[str]
    """Hashes of bytes whose deletion had been cut off and was finished now."""


def retention_plan(workspace: Workspace, *, at: datetime) -> RetentionPlan:
    """Return what could be deleted at `at`. Deletions that were cut off are finished first."""
    finished = finish_deletions(workspace.vault.log, workspace.vault.blobs, at=at)
    now = retention_now(workspace, at=at)
    kept: dict[str, int] = {}
    held: dict[str, int] = {}
    for each in now.standing.values():
        if not each.term.is_due(at):
            kept[each.term.class_name] = kept.get(each.term.class_name, 0) + 1
        elif each.kept_because:
            held[each.kept_because] = held.get(each.kept_because, 0) + 1
    return RetentionPlan(
        policy=policy_status(workspace),
        due=[each for each in now.standing.values() if not each.kept_because],
        kept=kept,
        held=held,
        deleted=len(deletions(workspace.vault.log)),
        finished=finished,
    )


def delete_due(  # noqa: PLR0913  what goes, why, and on whose word
    workspace: Workspace,
    evidence: Sequence[str],
    *,
    all_due: bool,
    reason: str,
    authority: str,
    second_person: str | None,
    actor: str,
    at: datetime,
) -> list[Deletion]:
    """Delete the named evidence, or all that is due; raises UserError as `delete_evidence` does."""
    need_other_human(workspace, second_person, [authority], where="--second", why="a second person")
    finish_deletions(workspace.vault.log, workspace.vault.blobs, at=at)
    wanted = list(evidence)
    if all_due:
        wanted += [each.term.evidence_id for each in retention_plan(workspace, at=at).due]
        if not wanted:
            return []
    done = deletion.delete_evidence(
        workspace.vault,
        evidence=wanted,
        look=lambda: retention_now(workspace, at=at),
        reason=reason,
        authority=authority,
        second_person=second_person,
        acting_user=actor,
        at=at,
    )
    if (applied := workspace.applied_scope()) is not None:
        forget_readings(workspace, applied)
    return done


def policy_status(workspace: Workspace) -> PolicyStatus:
    """Return the policy in force beside that of twofold.toml."""
    in_force, entry = retention_policy.policy_in_force(workspace.vault)
    return PolicyStatus(in_force, entry, policy_with(workspace.settings.retention_years))


def apply_policy(
    workspace: Workspace, *, reason: str, second_person: str | None, actor: str, at: datetime
) -> PolicyStatus:
    """Put the policy of twofold.toml in force; raises UserError as the act does."""
    asked = policy_with(workspace.settings.retention_years)
    need_other_human(workspace, second_person, [actor], where="--second", why="a second person")
    retention_policy.apply_policy(
        workspace.vault, asked, reason=reason, second_person=second_person, acting_user=actor, at=at
    )
    return policy_status(workspace)


def retention_now(workspace: Workspace, *, at: datetime) -> RetentionNow:
    """Return what retention says of each piece of evidence that is not deleted."""
    vault = workspace.vault
    applied = workspace.applied_scope()
    policy, entry = retention_policy.policy_in_force(vault)
    uses = EvidenceUses(vault, applied)
    holds = [each for each in hold.all_holds(vault).values() if each.stands]
    relying = relying_engagements(vault, holds)
    gone = deletions(vault.log)
    standing: dict[str, Standing] = {}
    for evidence in vault.list_evidence():
        if evidence.evidence_id not in gone:
            term = term_of(uses.of(evidence), policy)
            because = ""
            if not term.is_due(at):
                because = f"{term.class_name}: it is kept until {term.due_at:%Y-%m-%d %H:%M:%S} UTC"
            elif covering := covering_hold(holds, evidence, relying):
                because = f"the legal hold {covering} covers it"
            elif applied and evidence.evidence_id in applied.evidence.values():
                because = IN_FORCE
            standing[evidence.evidence_id] = Standing(term, evidence.sha256, evidence.name, because)
    return RetentionNow(policy, entry, standing)
