"""Steps 1 and 2 from files: bytes and what is known about them, into the vault as one act, or nothing.

Each file is read once more afterwards, so that the person hears at once what could not be read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from twofold.jobs.evidence_locks import lock_captured
from twofold.jobs.exports_file import items_of_folder
from twofold.jobs.normalise import read_evidence
from twofold.jobs.progress import ProgressReporter, silent
from twofold.jobs.reading_cache import FileReading
from twofold.jobs.row_commitments import commit_evidence
from twofold.model.evidence import EvidenceRef
from twofold.records.workspace import Workspace
from twofold.vault.evidence import CaptureItem

__all__ = ["CapturedFile", "capture", "items_of_folder"]


@dataclass(frozen=True, slots=True)
class CapturedFile:
    """One captured file with what reading it gave."""

    evidence: EvidenceRef
    reading: FileReading


def capture(
    workspace: Workspace, items: Sequence[CaptureItem], *, actor: str, at: datetime, report: ProgressReporter = silent
) -> list[CapturedFile]:
    """Capture the files as one act, then read each as the line will, so that the caller can tell what was set aside."""
    report("copying into the vault", 0, len(items))
    captured = workspace.vault.capture_batch(items, captured_by=actor, at=at)
    lock_captured(workspace, captured)
    commit_evidence(workspace, captured, actor=actor, at=at)
    applied = workspace.applied_scope()
    found = []
    for number, evidence in enumerate(captured):
        report("reading what was captured", number, len(captured))
        found.append(CapturedFile(evidence, read_evidence(workspace, evidence, applied)))
    report("reading what was captured", len(captured), len(captured))
    return found
