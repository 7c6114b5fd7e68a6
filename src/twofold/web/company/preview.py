"""The first part of captured bytes as text or a table. Nothing in them is run, and nothing of them becomes markup."""

import csv
import io
from dataclasses import dataclass

from twofold.model.evidence import EvidenceRef
from twofold.records.workspace import Workspace

_BYTES = 20_000
_LINES = 25
_COLUMNS = 20


@dataclass(frozen=True, slots=True)
class Preview:
    """What is shown: a table (`rows`, its first line the head) or `text`; `cut` says that there is more."""

    rows: tuple[tuple[str, ...], ...]
    text: str
    cut: bool


def preview(workspace: Workspace, evidence: EvidenceRef) -> Preview | None:
    """Return the first lines of text and tables; None for what is neither, which can only be downloaded."""
    with workspace.vault.open_verified(evidence.sha256) as stream:
        head = stream.read(_BYTES)
    try:
        text = head.decode("utf-8-sig", errors="strict" if evidence.size <= _BYTES else "ignore")
    except UnicodeDecodeError:
        return None
    if "\x00" in text:
        return None
    cut = evidence.size > len(head)
    if evidence.media_type == "text/csv":
        lines = list(csv.reader(io.StringIO(text)))
        rows = tuple(tuple(line[:_COLUMNS]) for line in lines[:_LINES])
        return Preview(rows, "", cut or len(lines) > _LINES)
    shown = text.splitlines()
    return Preview((), "\n".join(shown[:_LINES]), cut or len(shown) > _LINES)
