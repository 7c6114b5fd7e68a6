"""Who wants notices how, and what was sent: a small file beside the site's database. No audit relies on it.

A notice is claimed before it is sent and marked afterwards, each in one transaction. So two processes never send the
same one, and a crash between sending and marking sends it once more, and no more often.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from twofold.records.site_place import SitePlace
from twofold.vault.entry import instant_text

_FILE = "notices.sqlite3"
_ABANDONED = timedelta(minutes=15)
"""A claim this old is of a process that is gone: sending takes seconds."""
GREATEST_CRASHES = 1
GREATEST_ATTEMPTS = 5
_BACKOFF = timedelta(minutes=5)
"""Before the second attempt; twice as long before each further one."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS person (
    account TEXT PRIMARY KEY, person TEXT NOT NULL, email TEXT NOT NULL, active INTEGER NOT NULL,
    rhythm TEXT NOT NULL DEFAULT '', channels TEXT NOT NULL DEFAULT 'email'
);
CREATE TABLE IF NOT EXISTS notice (
    account TEXT NOT NULL, channel TEXT NOT NULL, span TEXT NOT NULL, content_sha256 TEXT NOT NULL,
    state TEXT NOT NULL, claimed_at TEXT NOT NULL, attempts INTEGER NOT NULL, crashes INTEGER NOT NULL,
    next_at TEXT NOT NULL, error TEXT NOT NULL, PRIMARY KEY (account, channel, span)
);
"""


class Channel(StrEnum):
    """How a notice goes."""

    EMAIL = "email"
    WEBHOOK = "webhook"
    SLACK = "slack"


@dataclass(frozen=True, slots=True)
class Recipient:
    """An account of the site, whose it is, and what its person chose. rhythm: "" = what the settings say."""

    account: str
    person: str
    email: str
    rhythm: str
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class NoticeKey:
    """One notice: to whom, how, and of which day or week."""

    account: str
    channel: Channel
    span: str


class Outbox:
    """The open file; close it, or use `outbox`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def know(self, accounts: Sequence[tuple[str, str, str]]) -> None:
        """Take over the active accounts of the site as (account, person, e-mail); the others get nothing any more."""
        with self._writing() as session:
            session.execute("UPDATE person SET active = 0")
            session.executemany(
                """
                INSERT INTO person (account, person, email, active) VALUES (?, ?, ?, 1)
                ON CONFLICT (account) DO UPDATE SET person = excluded.person, email = excluded.email, active = 1
                """,
                accounts,
            )

    def choose(self, recipient: Recipient) -> None:
        """Keep what a person chose."""
        values = (
            *(recipient.account, recipient.person, recipient.email, recipient.rhythm),
            " ".join(recipient.channels),
        )
        with self._writing() as session:
            session.execute(
                """
                INSERT INTO person (account, person, email, active, rhythm, channels) VALUES (?, ?, ?, 1, ?, ?)
                ON CONFLICT (account) DO UPDATE SET person = excluded.person, email = excluded.email,
                    rhythm = excluded.rhythm, channels = excluded.channels
                """,
                values,
            )

    def recipients(self) -> list[Recipient]:
        """Return the active ones, by account."""
        rows = self._connection.execute(
            "SELECT account, person, email, rhythm, channels FROM person WHERE active = 1 ORDER BY account"
        ).fetchall()
        return [_recipient(*row) for row in rows]

    def recipient(self, account: str) -> Recipient | None:
        """Return one, None for one that is not known yet."""
        rows = self._connection.execute(
            "SELECT account, person, email, rhythm, channels FROM person WHERE account = ?", [account]
        ).fetchall()
        return _recipient(*rows[0]) if rows else None

    def last_sent(self, account: str, *, before: str) -> datetime | None:
        """Return when the account was sent something of another day or week than `before`, aware UTC."""
        query = "SELECT max(claimed_at) FROM notice WHERE account = ? AND state = 'sent' AND span <> ?"
        (newest,) = self._connection.execute(query, [account, before]).fetchone()
        return datetime.fromisoformat(newest) if newest else None

    def claim(self, key: NoticeKey, content_sha256: str, *, at: datetime) -> bool:
        """Take a notice for sending; False where it was sent, is being sent, or has to wait or was given up."""
        now = instant_text(at)
        with self._writing() as session:
            row = session.execute(
                "SELECT state, claimed_at, attempts, crashes, next_at FROM notice "
                "WHERE account = ? AND channel = ? AND span = ?",
                [key.account, key.channel, key.span],
            ).fetchone()
            if row is None:
                session.execute(
                    "INSERT INTO notice VALUES (?, ?, ?, ?, 'sending', ?, 1, 0, '', '')",
                    [key.account, key.channel, key.span, content_sha256, now],
                )
                return True
            state, claimed_at, attempts, crashes, next_at = row
            if state == "sending":
                gone = claimed_at <= instant_text(at - _ABANDONED)
                if not gone or crashes >= GREATEST_CRASHES:
                    return False
                crashes += 1
            elif state == "sent" or attempts >= GREATEST_ATTEMPTS or next_at > now:
                return False
            session.execute(
                "UPDATE notice SET state = 'sending', claimed_at = ?, attempts = ?, crashes = ?, content_sha256 = ? "
                "WHERE account = ? AND channel = ? AND span = ?",
                [now, attempts + 1, crashes, content_sha256, key.account, key.channel, key.span],
            )
            return True

    def sent(self, key: NoticeKey) -> None:
        """Mark a claimed notice as sent."""
        with self._writing() as session:
            session.execute(
                "UPDATE notice SET state = 'sent', error = '' WHERE account = ? AND channel = ? AND span = ?",
                [key.account, key.channel, key.span],
            )

    def failed(self, key: NoticeKey, error: str, *, at: datetime) -> None:
        """Mark a claimed notice as not sent; it is tried again later. `error` holds no secret."""
        with self._writing() as session:
            (attempts,) = session.execute(
                "SELECT attempts FROM notice WHERE account = ? AND channel = ? AND span = ?",
                [key.account, key.channel, key.span],
            ).fetchone()
            session.execute(
                "UPDATE notice SET state = 'failed', error = ?, next_at = ? "
                "WHERE account = ? AND channel = ? AND span = ?",
                [error, instant_text(at + _BACKOFF * 2 ** (attempts - 1)), key.account, key.channel, key.span],
            )

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


@contextmanager
def outbox(workspace: Path) -> Iterator[Outbox]:
    """Open the file of a workspace, made where it is missing, readable by its owner only."""
    place = SitePlace(workspace)
    place.make()
    path = place.folder / _FILE
    path.touch(mode=0o600)
    connection = sqlite3.connect(path, timeout=20, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(_SCHEMA)
        yield Outbox(connection)
    finally:
        connection.close()


def _recipient(account: str, person: str, email: str, rhythm: str, channels: str) -> Recipient:
    known = set(Channel)
    return Recipient(account, person, email, rhythm, tuple(Channel(each) for each in channels.split() if each in known))
