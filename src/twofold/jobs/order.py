"""Order proof of a workspace: which conclusions are older than what they rest on."""

from collections.abc import Sequence
from heapq import merge

from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.vault.entry import EntryKind
from twofold.vault.order import ORDER_KINDS, OrderFlag, order_flags
from twofold.vault.reliance import entries_of


def order(workspace: Workspace, *, engagement: str | None = None) -> list[OrderFlag]:
    """Return what is out of order, by conclusion in order of the log; of one engagement if asked.

    Raises UserError for an engagement that was never judged.
    """
    log = workspace.vault.log
    if engagement is not None:
        judged = sorted({entry.body["engagement"] for entry in log.entries(kind=EntryKind.JUDGEMENT)})
        if engagement not in judged:
            expected = "one of " + (", ".join(judged) or "(none was judged)")
            raise UserError(Problem("--engagement", f"{engagement!r} was not judged", expected, "run 'twofold judge'"))
    entries = merge(*(log.entries(kind=kind) for kind in ORDER_KINDS), key=lambda entry: entry.index)
    return order_flags(entries, entry_of=entries_of(log), engagement=engagement)


def order_sentences(workspace: Workspace, engagements: Sequence[str]) -> list[str]:
    """Return a sentence per flag of these engagements, as a package shows them; [] when all is in order."""
    return [flag.text for flag in order(workspace) if flag.engagement in engagements]
