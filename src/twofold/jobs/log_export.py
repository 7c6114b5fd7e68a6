"""Show the log page by page, and publish it as static files that any tlog-tiles client reads."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from twofold.jobs.checkpoint import make_checkpoint
from twofold.model.problem import Problem, UserError
from twofold.records.acts.export import Exported, record_export
from twofold.records.workspace import Workspace
from twofold.scope.nearest import nearest
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.log_export import CHECKPOINT_FILE, ExportedLog, export_log
from twofold.vault.signing.keys import SigningKey

GREATEST_PAGE = 1_000


def log_page(workspace: Workspace, *, kind: str | None, after: int, limit: int) -> Iterator[Entry]:
    """Give at most `limit` entries after entry `after` (-1 = from the first on), of one kind if asked."""
    if not 1 <= limit <= GREATEST_PAGE:
        raise UserError(Problem("--limit", f"{limit} is no size of a page", f"1 to {GREATEST_PAGE}"))
    if kind is not None and kind not in set(EntryKind):
        remedy = nearest(kind, EntryKind) or "leave it out to see all"
        raise UserError(Problem("--kind", f"there is no kind {kind!r}", f"one of {', '.join(EntryKind)}", remedy))
    return islice(workspace.vault.entries(kind=kind, start=max(after, -1) + 1), limit)


def publish_log(workspace: Workspace, key: SigningKey, *, into: Path, actor: str, at: datetime) -> ExportedLog:
    """Sign a checkpoint and bring the folder to it; the log records that it left. UserError for another folder."""
    made = make_checkpoint(workspace, key, at=at)
    done = export_log(workspace.vault.log, into, checkpoint=made.checkpoint, text=made.note)
    files = {CHECKPOINT_FILE: hashlib.sha256(made.note.encode()).digest()}
    record_export(workspace.vault, what=Exported.LOG, name=into.name, files=files, acting_user=actor, at=at)
    return done
