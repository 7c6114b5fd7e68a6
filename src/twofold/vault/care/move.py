"""Copies a log into another database while the source is held, and closes the source. Every entry stays as it is.

Order: the copy is durable, with an entry that says so, before the source says that it was moved. A kill between the two
leaves the source in force and a copy that the next attempt replaces.
"""

from contextlib import closing
from datetime import datetime
from pathlib import Path

from twofold.model.problem import Problem, UserError
from twofold.vault.act_bodies import check_body
from twofold.vault.canonical import Json
from twofold.vault.care.transfer import add_beside, add_entries, lines_beside
from twofold.vault.database.database import Database, open_database
from twofold.vault.entry import EntryKind, instant_text
from twofold.vault.log import Log
from twofold.vault.tree.merkle import EMPTY_ROOT, fold

_TABLES = (
    "entry",
    "tile",
    "entry_kind",
    "evidence",
    "checkpoint",
    "cosignature",
    "timestamp_request",
    "table_key",
    "moved",
)


def move_log(
    source: Log, target: Path | str, *, shown: str, body: dict[str, Json], actor: str, at: datetime
) -> tuple[int, bytes]:
    """Copy the log to a new database, add the entry about the move there, and mark the source; return size and root.

    The caller holds the source (`Log.writing`). shown: the target as the source's mark and messages name it.
    Raises UserError where the target holds anything but an earlier copy of this log.
    """
    check_body(EntryKind.MOVE, body)
    with closing(_target(source, target)) as log:
        size, root = source.head()
        with log.writing() as writer:
            add_entries(writer, (bytes(raw) for _, raw in source.raws()))
            add_beside(writer.database, lines_beside(source.database))
            if (writer.size, fold(writer.frontier)) != (size, root):
                raise UserError(Problem(source.where, "the copy has another root", "", "run 'twofold fsck' on it"))
            writer.append(kind=EntryKind.MOVE, actor=actor, at=at, body=body)
        moved = log.head()
    insert = "INSERT INTO moved (one, location, moved_at) VALUES (1, ?, ?)"
    source.database.execute(insert, (shown, instant_text(at)))
    return moved


def _target(source: Log, location: Path | str) -> Log:
    """Return an empty log: a new one, or one that held an earlier copy of the source."""
    try:
        return Log.create(location)
    except (UserError, FileExistsError) as error:
        log = Log(open_database(location))
        if log.size == 0:
            return log
        if not _is_copy(source, log):
            log.close()
            found = "something else than an earlier copy of this log lies there"
            remedy = "name another database or schema"
            raise UserError(Problem(log.where, found, "an empty place", remedy)) from error
        _clear(log.database)
        return log


def _is_copy(source: Log, log: Log) -> bool:
    """Whether the source holds all that the other log holds, but for an entry about a move that was cut off."""
    size = log.size
    last = log.raw(size - 1)
    if size <= source.size and log.root() == source.root(size):
        return True
    moving = last is not None and log.read(last).kind == EntryKind.MOVE
    return moving and size - 1 <= source.size and log.root(size - 1) == source.root(size - 1)


def _clear(database: Database) -> None:
    with database.writing():
        database.lift_guards("entry")
        database.lift_guards("checkpoint")
        for table in _TABLES:
            database.execute(f"DELETE FROM {table}")  # noqa: S608  names of the table above
        database.execute("UPDATE head SET size = 0, root = ?", (EMPTY_ROOT,))
        database.restore_guards()
