"""Facts of the log: what people said in their acts, and who prepared and who reviewed."""

from collections.abc import Iterator

from twofold.jobs.order import order
from twofold.readiness.anti_patterns.facts import OrderFact, SaidFact, TwoRolesFact
from twofold.records.workspace import Workspace
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.store import Vault

_ACTS = (
    EntryKind.SCOPE_APPLY,
    EntryKind.DISPOSITION,
    EntryKind.SIGN_OFF,
    EntryKind.REQUEST,
    EntryKind.ANSWER,
    EntryKind.SAMPLE_AGREEMENT,
    EntryKind.SAMPLE_CHANGE,
    EntryKind.SAMPLE_RESULT,
    EntryKind.DELETION,
    EntryKind.LEGAL_HOLD,
)
_WORDS = ("reason", "note", "text", "authority")
"""Fields of an act in which a person writes."""


def said_in_acts(vault: Vault) -> Iterator[SaidFact]:
    """Give every text of an act."""
    for kind in _ACTS:
        for entry in vault.entries(kind=kind):
            for field in _WORDS:
                if text := str(entry.body.get(field) or "").strip():
                    yield SaidFact(f"entry: {entry.index}", field, text)


def two_roles_in_acts(vault: Vault) -> Iterator[TwoRolesFact]:
    """Give preparer and reviewer of each sign-off, and both persons of each disposition that has two."""
    signed = {each.index: each for each in vault.entries(kind=EntryKind.SIGN_OFF)}
    for entry in signed.values():
        prepared = signed.get(entry.body["prepared"]) if entry.body["prepared"] is not None else None
        if entry.body["role"] == "reviewer" and prepared is not None:
            what = f"sign-off of {entry.body['control'] or entry.body['engagement']}"
            yield _pair(entry, what, ("preparer", prepared.actor), ("reviewer", entry.actor))
    for entry in vault.entries(kind=EntryKind.DISPOSITION):
        if second := entry.body["second_person"]:
            what = f"disposition of {entry.body['item']} of {entry.body['control_test']}"
            yield _pair(entry, what, ("first person", entry.actor), ("second person", second))


def _pair(entry: Entry, what: str, first: tuple[str, str], second: tuple[str, str]) -> TwoRolesFact:
    return TwoRolesFact(f"entry: {entry.index}", what, *first, *second, entry.at)


def order_facts(workspace: Workspace) -> tuple[int, list[OrderFact]]:
    """Return how many conclusions there are, and those in force that are older than what they rest on."""
    kinds = (EntryKind.JUDGEMENT, EntryKind.SIGN_OFF)
    count = sum(1 for kind in kinds for _ in workspace.vault.entries(kind=kind))
    return count, [OrderFact(flag.entry, flag.sentence) for flag in order(workspace) if flag.current]
