"""Place and release legal holds: entries of kind `legal_hold`. A release needs a second person."""

from collections.abc import Sequence
from datetime import datetime

from twofold.model.problem import Problem, UserError
from twofold.records.acts.people import need_reason, need_second
from twofold.records.acts.recording import recording
from twofold.vault.canonical import Json
from twofold.vault.entry import EntryKind
from twofold.vault.retention.legal_hold import PLACE, RELEASE, LegalHold, hold_id_of, legal_holds
from twofold.vault.store import Vault

GREATEST_NAMED = 2_000
"""Pieces of evidence that one hold names, so that it fits an entry."""


def all_holds(vault: Vault) -> dict[str, LegalHold]:
    """Return the holds by id, those that stand and those that were released."""
    return legal_holds(vault.entries(kind=EntryKind.LEGAL_HOLD))


def place_hold(  # noqa: PLR0913  what is held, why, and on whose word
    vault: Vault,
    *,
    evidence: Sequence[str],
    sources: Sequence[str],
    engagements: Sequence[str],
    everything: bool,
    reason: str,
    authority: str,
    acting_user: str,
    at: datetime,
) -> LegalHold:
    """Place a hold; raises UserError without reason or authority, or when it names nothing, or unknown evidence."""
    said = need_reason(reason, why="why the evidence has to be kept, such as the name of the matter")
    _need_authority(authority)
    if not (evidence or sources or engagements or everything):
        expected = "evidence, a source, an engagement, or everything"
        raise UserError(Problem("hold", "the hold names nothing", expected, "say what is to be kept"))
    if len(evidence) > GREATEST_NAMED:
        found = f"{len(evidence):,} pieces of evidence are named"
        raise UserError(Problem("--evidence", found, f"at most {GREATEST_NAMED:,}", "hold their source, or everything"))
    with recording(vault) as recorder:
        for each in evidence:
            vault.evidence(each)
        body: dict[str, Json] = {
            "act": PLACE,
            "authority": authority.strip(),
            "engagements": [*sorted(set(engagements))],
            "everything": everything,
            "evidence": [*dict.fromkeys(evidence)],
            "hold": None,
            "reason": said,
            "second_person": None,
            "sources": [*sorted(set(sources))],
        }
        entry = recorder.append(EntryKind.LEGAL_HOLD, body=body, acting_user=acting_user, at=at)
        return all_holds(vault)[hold_id_of(entry.index)]


def release_hold(
    vault: Vault,
    *,
    hold_id: str,
    reason: str,
    authority: str,
    second_person: str | None,
    acting_user: str,
    at: datetime,
) -> LegalHold:
    """Release a hold; raises UserError for one that does not stand, without reason, or without a second person."""
    said = need_reason(reason, why="why the hold is no longer needed")
    _need_authority(authority)
    second = need_second(second_person, first=authority, why="a second person, since evidence may be deleted after it")
    with recording(vault) as recorder:
        known = all_holds(vault)
        hold = known.get(hold_id)
        if hold is None or not hold.stands:
            found = f"there is no hold {hold_id!r}" if hold is None else f"{hold_id} was released already"
            standing = ", ".join(each.hold_id for each in known.values() if each.stands) or "none stands"
            raise UserError(Problem("HOLD", found, f"one of {standing}", "run 'twofold hold list'"))
        body: dict[str, Json] = {
            "act": RELEASE,
            "authority": authority.strip(),
            "engagements": [*sorted(hold.engagements)],
            "everything": hold.everything,
            "evidence": [*sorted(hold.evidence)],
            "hold": hold_id,
            "reason": said,
            "second_person": second,
            "sources": [*sorted(hold.sources)],
        }
        recorder.append(EntryKind.LEGAL_HOLD, body=body, acting_user=acting_user, at=at)
        return all_holds(vault)[hold_id]


def _need_authority(authority: str) -> None:
    if not authority.strip():
        raise UserError(
            Problem("--authority", "nobody is named", "the person on whose authority this happens", "name the person")
        )
