"""Delete evidence whose term is over: an entry of kind `deletion` for each piece, durable before any byte goes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from twofold.model.problem import Problem, UserError
from twofold.records.acts.people import need_reason, need_second
from twofold.records.acts.recording import recording
from twofold.vault.canonical import Json
from twofold.vault.entry import EntryKind, instant_text
from twofold.vault.retention.deletions import Deletion, deletion_of, deletions, finish_deletions
from twofold.vault.retention.retention import RetentionPolicy, Term
from twofold.vault.store import Vault

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """What retention says of one piece of evidence now. `kept_because` is "" when it may be deleted."""

    term: Term
    sha256: str
    name: str
    kept_because: str


@dataclass(frozen=True, slots=True)
class RetentionNow:
    """What retention says of all evidence that is not deleted yet, and by which policy.

    policy_entry: entry that put the policy in force, None for the one that the program ships.
    """

    policy: RetentionPolicy
    policy_entry: int | None
    standing: Mapping[str, Standing]


def deletions_of(vault: Vault) -> dict[str, Deletion]:
    """Return evidence id -> its deletion."""
    return deletions(vault.log)


def delete_evidence(  # noqa: PLR0913  what goes, why, and on whose word
    vault: Vault,
    *,
    evidence: Sequence[str],
    look: Callable[[], RetentionNow],
    reason: str,
    authority: str,
    second_person: str | None,
    acting_user: str,
    at: datetime,
) -> list[Deletion]:
    """Record the deletion of these pieces of evidence, then delete their bytes; all of them, or none.

    look: what retention says; it is asked inside the transaction, so that no hold or judgement comes between.
    Raises UserError without reason, authority or second person, and for each piece that may not be deleted.
    A kill after the entry is completed by `finish_deletions`.
    """
    said = need_reason(reason, why="why the evidence is deleted")
    if not authority.strip():
        raise UserError(Problem("--authority", "nobody is named", "who has the authority to delete", "name the person"))
    second = need_second(second_person, first=authority, why="a second person who agreed to the deletion")
    wanted = list(dict.fromkeys(evidence))
    if not wanted:
        raise UserError(Problem("EVIDENCE", "nothing is named", "evidence ids such as ev-12", "see the plan"))
    done = []
    with recording(vault) as recorder:
        now = look()
        _refuse_kept(vault, wanted, now)
        for name in wanted:
            standing = now.standing[name]
            body = _body(standing, now, said, authority.strip(), second, looked_at=recorder.writer.size)
            entry = recorder.append(EntryKind.DELETION, body=body, acting_user=acting_user, at=at)
            done.append(deletion_of(entry))
    finish_deletions(vault.log, vault.blobs, at=at)
    return done


def _refuse_kept(vault: Vault, wanted: Sequence[str], now: RetentionNow) -> None:
    gone = deletions_of(vault)
    problems = []
    for name in wanted:
        if name in gone:
            problems.append(Problem(name, gone[name].sentence, "evidence that is there", "leave it out"))
        elif name not in now.standing:
            problems.append(Problem(name, "there is no such evidence", "an id such as ev-12", "see the plan"))
        elif kept := now.standing[name].kept_because:
            problems.append(Problem(name, kept, "evidence whose term is over and that no hold covers", "leave it out"))
    if problems:
        more = len(problems) - _SHOWN
        rest = [Problem("EVIDENCE", f"{more:,} more pieces may not be deleted")] if more > 0 else []
        raise UserError([*problems[:_SHOWN], *rest])


def _body(
    standing: Standing, now: RetentionNow, reason: str, authority: str, second: str, *, looked_at: int
) -> dict[str, Json]:
    term = standing.term
    return {
        "authority": authority,
        "class": term.class_name,
        "due_at": instant_text(term.due_at),
        "evidence": term.evidence_id,
        "holds_checked": looked_at,
        "policy": now.policy_entry,
        "policy_sha256": now.policy.sha256,
        "reason": reason,
        "retained_from": instant_text(term.retained_from),
        "second_person": second,
        "sha256": standing.sha256,
    }
