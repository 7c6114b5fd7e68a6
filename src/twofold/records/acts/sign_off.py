"""Sign off a control or a whole engagement: a named person concludes on a judgement, as preparer or as reviewer."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from twofold.model.problem import Problem, UserError
from twofold.records.acts.people import need_reason, same_person
from twofold.records.acts.recording import recording
from twofold.vault.canonical import Json
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.store import Vault


class SignOffRole(StrEnum):
    """As what a person signs. A reviewer looks at what somebody else prepared."""

    PREPARER = "preparer"
    REVIEWER = "reviewer"


class SignedConclusion(StrEnum):
    """What a person concludes; the words of the lenses' proposals, as one word each."""

    EFFECTIVE = "effective"
    NOT_EFFECTIVE = "not_effective"
    NOT_CONCLUDED = "not_concluded"
    DID_NOT_OCCUR = "did_not_occur"


@dataclass(frozen=True, slots=True)
class SignOff:
    """One sign-off. `control` None speaks for the engagement.

    current: nothing newer of its subject and role, and the newest judgement is the one it concludes on.
    """

    entry: int
    engagement: str
    control: str | None
    conclusion: SignedConclusion
    role: SignOffRole
    reason: str
    signed_by: str
    signed_at: datetime
    judgement: int
    prepared: int | None
    current: bool


def newest_judgement(vault: Vault, engagement: str) -> Entry:
    """Return the newest judgement entry of an engagement; raises UserError when it was never judged."""
    found = (entry for entry in vault.entries(kind=EntryKind.JUDGEMENT) if entry.body["engagement"] == engagement)
    newest = deque(found, maxlen=1)
    if not newest:
        judged = sorted({str(entry.body["engagement"]) for entry in vault.entries(kind=EntryKind.JUDGEMENT)})
        expected = "one of " + ", ".join(judged) if judged else "a judged engagement"
        raise UserError(
            Problem("ENGAGEMENT", f"there is no judgement of {engagement!r}", expected, "run 'twofold judge'")
        )
    return newest[0]


def sign_off(  # noqa: PLR0913  who concludes what on which judgement
    vault: Vault,
    *,
    engagement: str,
    control: str | None,
    conclusion: SignedConclusion,
    role: SignOffRole,
    reason: str,
    judgement_sha256: str,
    acting_user: str,
    at: datetime,
) -> SignOff:
    """Record a sign-off of the newest judgement of an engagement. `judgement_sha256`: the file that the person saw.

    Raises UserError when there is no judgement, when the file is not the judged one, when the judgement has no such
    control, without a reason, when nobody prepared what is to be reviewed, and when one person would be both.
    """
    said = need_reason(reason, why="what the conclusion rests on")
    with recording(vault) as recorder:
        judgement = newest_judgement(vault, engagement)
        _check_seen(judgement, judgement_sha256)
        _check_control(judgement, control)
        prepared = _prepared(vault, judgement, control, role, acting_user)
        body: dict[str, Json] = {
            "conclusion": str(conclusion),
            "control": control,
            "engagement": engagement,
            "judgement": judgement.index,
            "judgement_sha256": judgement_sha256,
            "prepared": prepared,
            "reason": said,
            "role": str(role),
        }
        entry = recorder.append(EntryKind.SIGN_OFF, body=body, acting_user=acting_user, at=at)
    return _sign_off(entry, current=True)


def sign_offs(vault: Vault) -> Sequence[SignOff]:
    """Return every sign-off in order of the log, with those that still count marked `current`."""
    entries = list(vault.entries(kind=EntryKind.SIGN_OFF))
    newest = {_subject(each): each.index for each in entries}
    judged = {
        str(each.body["engagement"]): each.body["judgement_sha256"]
        for each in (vault.entries(kind=EntryKind.JUDGEMENT) if entries else ())
    }
    return [
        _sign_off(
            each,
            current=newest[_subject(each)] == each.index
            and judged.get(str(each.body["engagement"])) == each.body["judgement_sha256"],
        )
        for each in entries
    ]


def _subject(entry: Entry) -> tuple[str, str | None, str]:
    return entry.body["engagement"], entry.body["control"], entry.body["role"]


def _check_seen(judgement: Entry, sha256: str) -> None:
    if judgement.body["judgement_sha256"] != sha256:
        found = f"the stored judgement is not the one that entry {judgement.index} of the log records"
        raise UserError(Problem("ENGAGEMENT", found, "the judgement as it was made", "run 'twofold judge' again"))


def _check_control(judgement: Entry, control: str | None) -> None:
    known = [name for name, _ in judgement.body["controls"]]
    if control is not None and control not in known:
        raise UserError(Problem("--control", f"the judgement has no control {control!r}", "one of " + ", ".join(known)))


def _prepared(vault: Vault, judgement: Entry, control: str | None, role: SignOffRole, acting_user: str) -> int | None:
    """Return the preparer's sign-off that a reviewer looks at; raises UserError where one person would be both."""
    others = _of_other_role(vault, judgement, control, role)
    if any(same_person(each.actor, acting_user) for each in others):
        found = f"{acting_user!r} signed this as {others[0].body['role']} already"
        raise UserError(Problem("--role", found, "two different persons", "let another person sign"))
    if role is SignOffRole.PREPARER:
        return None
    if not others:
        what = control or str(judgement.body["engagement"])
        found = f"nobody signed {what} as preparer on the newest judgement (entry {judgement.index})"
        raise UserError(Problem("--role", found, "a preparer first", "sign off with --role preparer"))
    return others[-1].index


def signers_of_other_role(vault: Vault, engagement: str, control: str | None, role: SignOffRole) -> list[str]:
    """Return who signed the same of the newest judgement in the other role; raises UserError when there is none."""
    return [each.actor for each in _of_other_role(vault, newest_judgement(vault, engagement), control, role)]


def _of_other_role(vault: Vault, judgement: Entry, control: str | None, role: SignOffRole) -> list[Entry]:
    other = SignOffRole.PREPARER if role is SignOffRole.REVIEWER else SignOffRole.REVIEWER
    return [
        each
        for each in vault.entries(kind=EntryKind.SIGN_OFF, start=judgement.index)
        if (each.body["judgement"], each.body["control"], each.body["role"]) == (judgement.index, control, other)
    ]


def _sign_off(entry: Entry, *, current: bool) -> SignOff:
    body = entry.body
    return SignOff(
        entry=entry.index,
        engagement=body["engagement"],
        control=body["control"],
        conclusion=SignedConclusion(body["conclusion"]),
        role=SignOffRole(body["role"]),
        reason=body["reason"],
        signed_by=entry.actor,
        signed_at=entry.at,
        judgement=body["judgement"],
        prepared=body["prepared"],
        current=current,
    )
