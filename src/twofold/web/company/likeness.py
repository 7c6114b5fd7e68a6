"""Evidence that says almost the same as other evidence: the same bytes, or mostly the same lines of the same kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from twofold.readiness.near_duplicates.contents import GREATEST_TEXT, FileText, likeness_of, read_text
from twofold.records.workspace import Workspace
from twofold.web.company.models import EvidenceRow

ALMOST = 0.9
"""From which share of common lines on two files say almost the same: a convention of Twofold, with its number shown."""
_LOOKED_AT = 3
"""Newest captures of the same source and kind that a file is compared with."""
_GREATEST_ON_A_PAGE = 512 * 1024
"""Bytes up to which a page compares files; an upload compares larger ones."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Another capture and how much of both is the same, in percent; 100 with `same_bytes` for the same bytes."""

    number: int
    name: str
    percent: int
    same_bytes: bool


def alike_to_new(workspace: Workspace, *, source: str, kind: str, sha256: str, content: bytes) -> list[Alike]:
    """Return what is the same as, or almost the same as, bytes that are about to be captured; the likest first."""
    found = [Alike(number, name, 100, same_bytes=True) for number, name in _with_bytes(sha256)]
    text = read_text(content)
    return found or _almost(workspace, text, _others(source, kind, None), GREATEST_TEXT)


def alike_to(workspace: Workspace, row: EvidenceRow) -> list[Alike]:
    """Return other captures that are almost the same as one; those of the same bytes are told of elsewhere."""
    if row.size > _GREATEST_ON_A_PAGE:
        return []
    text = _text_of(workspace, row.sha256)
    others = [each for each in _others(row.source, row.kind, row.number) if each.sha256 != row.sha256]
    return _almost(workspace, text, others, _GREATEST_ON_A_PAGE)


def _with_bytes(sha256: str) -> list[tuple[int, str]]:
    return list(
        EvidenceRow.objects.filter(sha256=sha256).order_by("-number").values_list("number", "name")[:_LOOKED_AT]
    )


def _others(source: str, kind: str, but: int | None) -> list[EvidenceRow]:
    rows = EvidenceRow.objects.filter(source=source, kind=kind, replaced=False).exclude(number=but or -1)
    return list(rows.order_by("-number")[:_LOOKED_AT])


def _almost(workspace: Workspace, text: FileText | None, others: Sequence[EvidenceRow], greatest: int) -> list[Alike]:
    if text is None or not text.sketch:
        return []
    found = []
    for each in others:
        other = _text_of(workspace, each.sha256) if each.size <= greatest else None
        share = likeness_of(text, other) if other is not None and other.sketch else 0.0
        if share >= ALMOST:
            found.append(Alike(each.number, each.name, int(100 * share), same_bytes=False))
    return sorted(found, key=lambda each: (-each.percent, -each.number))


@lru_cache(maxsize=300)
def _text_of(workspace: Workspace, sha256: str) -> FileText | None:
    """Return captured bytes as lines; None where they are no text, or were deleted."""
    if workspace.vault.blobs.size(sha256) is None:
        return None
    with workspace.vault.open_verified(sha256) as stream:
        return read_text(stream.read(GREATEST_TEXT + 1))
