"""A package under check: its folder, what was received apart, and what earlier steps found out for later ones."""

import os
import stat
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import orjson

from twofold.reports.bag import DATA, payload_files
from twofold.reports.rows_as_text import reading_session
from twofold.reports.verify_rows import withheld_tables
from twofold.vault.blobs.file_hash import file_hash
from twofold.vault.entry import Entry
from twofold.vault.signing.key_history import KeyHistory

INDEX = f"{DATA}/package.json"
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, OSError)
"""What reading a file of ours gives when it does not have its form."""


@dataclass(frozen=True, slots=True)
class Received:
    """What the checker got apart from the package: verifier keys of the log and of witnesses, a checkpoint's text."""

    keys: Sequence[str] = ()
    checkpoint: str = ""


@dataclass
class UnderCheck:
    """One package. `hashes` is filled by step 5, `records` by step 9 and `history` by step 10.

    notes: worth knowing and no fault. unshown: what this check does not show. reading: the file that was read last.
    """

    folder: Path
    received: Received = field(default_factory=Received)
    listed: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    records: list[Entry] = field(default_factory=list)
    history: KeyHistory | None = None
    reading: str = INDEX
    notes: list[str] = field(default_factory=list)
    unshown: list[str] = field(default_factory=list)
    _opened: ExitStack = field(default_factory=ExitStack, repr=False)

    @cached_property
    def places(self) -> Mapping[str, os.stat_result]:
        """Path of every file below data/, sorted, with size and type."""
        return payload_files(self.folder) if (self.folder / DATA).is_dir() else {}

    @cached_property
    def session(self) -> duckdb.DuckDBPyConnection:
        """A session that reads Parquet files; opened when it is first asked for, until `close`."""
        return self._opened.enter_context(reading_session())

    def close(self) -> None:
        """Close what was opened."""
        self._opened.close()

    @cached_property
    def left_out(self) -> frozenset[str]:
        """Places that were taken out of the package, as withheld.json says; raises one of `UNREADABLE`."""
        return frozenset(f"{DATA}/{place}" for place in withheld_tables(self.folder).left_out)

    @cached_property
    def index(self) -> dict[str, Any]:
        """package.json; raises one of `UNREADABLE` when it cannot be read."""
        return dict(orjson.loads(self.read(INDEX)))

    def read(self, place: str) -> bytes:
        """Return the bytes of a file; raises OSError where there is none."""
        self.reading = place
        return (self.folder / place).read_bytes()

    def text(self, place: str) -> str:
        """Return a file as text; raises OSError, or ValueError when it is not UTF-8."""
        return self.read(place).decode()

    def has(self, place: str) -> bool:
        """Whether the file is there and plain."""
        if place in self.places:
            return stat.S_ISREG(self.places[place].st_mode)
        path = self.folder / place
        return path.is_file() and not path.is_symlink()

    def hash_of(self, place: str) -> str:
        """Return the SHA-256 of a file, as step 5 found it: no file is hashed twice."""
        return self.hashes.get(place) or file_hash(self.folder / place)

    def of_kind(self, kind: str) -> list[Entry]:
        """Return the records of one kind, in order of the log."""
        return [entry for entry in self.records if entry.kind == kind]


Check = Callable[[UnderCheck], list[str]]
"""Gives a sentence for each thing that is wrong, the file's name first."""
CheckedStep = tuple[str, Check]
"""What a step looks at, and how."""
