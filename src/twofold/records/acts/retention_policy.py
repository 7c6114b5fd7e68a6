"""Put a retention policy in force: an entry of kind `retention_policy`. A shorter term needs a second person."""

from collections import deque
from datetime import datetime

from twofold.model.problem import Problem, UserError
from twofold.records.acts.people import need_reason, need_second
from twofold.records.acts.recording import recording
from twofold.vault.canonical import Json
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.retention.retention import RetentionPolicy, lowered, policy_of, shipped_policy
from twofold.vault.store import Vault


def policy_in_force(vault: Vault) -> tuple[RetentionPolicy, int | None]:
    """Return the policy that was applied last and its entry; the shipped one and None when none ever was."""
    newest = deque(vault.entries(kind=EntryKind.RETENTION_POLICY), maxlen=1)
    if not newest:
        return shipped_policy(), None
    return policy_of(newest[0].body["classes"]), newest[0].index


def apply_policy(
    vault: Vault, policy: RetentionPolicy, *, reason: str, second_person: str | None, acting_user: str, at: datetime
) -> Entry:
    """Put a policy in force; raises UserError when it is in force, without a reason, and where it is shorter alone."""
    said = need_reason(reason, why="why the terms change")
    with recording(vault) as recorder:
        before, entry = policy_in_force(vault)
        if entry is not None and before.sha256 == policy.sha256:
            where = f"entry {entry}"
            raise UserError(Problem(where, "this policy is in force already", "a change", "edit [retention] first"))
        second = None
        if shorter := lowered(before, policy):
            why = f"a second person, since {', '.join(shorter)} would be kept for a shorter time"
            second = need_second(second_person, first=acting_user, why=why)
        body: dict[str, Json] = {
            "classes": policy.as_json(),
            "policy_sha256": policy.sha256,
            "reason": said,
            "second_person": second,
        }
        return recorder.append(EntryKind.RETENTION_POLICY, body=body, acting_user=acting_user, at=at)
