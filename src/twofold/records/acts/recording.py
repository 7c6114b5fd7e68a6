"""How an act is recorded: what it rests on is read, and its entry is written, in one transaction of the log."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from twofold.model.problem import Problem, UserError
from twofold.vault.act_bodies import check_body
from twofold.vault.canonical import Json, NotCanonicalError
from twofold.vault.entry import Entry
from twofold.vault.log import LogWriter
from twofold.vault.store import Vault


@dataclass(frozen=True, slots=True)
class Recorder:
    """Writes the entries of one act. What is read from `vault` meanwhile cannot change until the act is over."""

    vault: Vault
    writer: LogWriter

    def append(self, kind: str, *, body: Mapping[str, Json], acting_user: str, at: datetime) -> Entry:
        """Write one entry, so that it can be read in the same act; raises BodyError for a body not of its kind.

        Raises UserError for what a person gave and no entry can hold: bytes that are no text, too much, a huge number.
        """
        check_body(kind, body)
        try:
            entry = self.writer.append(kind=kind, actor=acting_user, at=at, body=body)
        except NotCanonicalError as error:
            told = f"the log cannot hold it: {error}"
            raise UserError(
                Problem(f"this {kind.replace('_', ' ')}", told, "valid text and numbers, not too long")
            ) from error
        self.writer.flush()
        return entry


@contextmanager
def recording(vault: Vault) -> Iterator[Recorder]:
    """Hold the log for one act. All its entries are kept when the block ends well, else none."""
    with vault.log.writing() as writer:
        yield Recorder(vault, writer)


def record(vault: Vault, kind: str, *, body: Mapping[str, Json], acting_user: str, at: datetime) -> Entry:
    """Record an act that is one entry."""
    with recording(vault) as recorder:
        return recorder.append(kind, body=body, acting_user=acting_user, at=at)
