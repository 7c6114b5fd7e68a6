"""Signed checkpoints that a log has given out, and the cosignatures that came back. They are only ever added.

They are statements about the log, so their text stands beside it and not in it: a checkpoint cannot hold itself.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from twofold.vault.database.database import Database
from twofold.vault.entry import instant_text


@dataclass(frozen=True, slots=True)
class KeptCheckpoint:
    """A checkpoint as it was given out, when, and the cosignature lines that were received for it."""

    size: int
    note: str
    made_at: datetime
    cosignatures: tuple[str, ...]

    @property
    def cosigned(self) -> str:
        """The note with all its cosignatures."""
        return self.note + "".join(self.cosignatures)


def keep_checkpoint(database: Database, *, size: int, note: str, at: datetime) -> None:
    """Keep a signed checkpoint; nothing happens when it is kept already."""
    database.execute(
        "INSERT INTO checkpoint (size, note, made_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (size, note, instant_text(at)),
    )


def keep_cosignature(database: Database, *, size: int, line: str, at: datetime) -> None:
    """Keep a cosignature line, with its newline, of the checkpoint of this size."""
    database.execute(
        "INSERT INTO cosignature (size, line, received_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (size, line, instant_text(at)),
    )


def kept_checkpoints(database: Database, *, size: int | None = None) -> list[KeptCheckpoint]:
    """Return the kept checkpoints (of one size, if asked), smallest and oldest first."""
    where, parameters = ("", ()) if size is None else (" WHERE size = ?", (size,))
    lines: dict[int, list[str]] = defaultdict(list)
    # The tables' names and conditions are fixed here; what varies is a parameter.
    for of_size, line in database.execute(
        f"SELECT size, line FROM cosignature{where} ORDER BY received_at, line",  # noqa: S608
        parameters,
    ):
        lines[of_size].append(line)
    rows = database.execute(
        f"SELECT size, note, made_at FROM checkpoint{where} ORDER BY size, made_at, note",  # noqa: S608
        parameters,
    )
    return [
        KeptCheckpoint(of_size, note, datetime.fromisoformat(made_at), tuple(lines[of_size]))
        for of_size, note, made_at in rows
    ]
