"""Lists of what a system's accounts could do, as proof that access is gone: which of them tells it first.

Source: audit-domain T-05 (E). A list that may not be whole shows what is there, never what is gone.
"""

from datetime import UTC, datetime

import duckdb

from twofold.populations.source_gaps import read_extractions

AccountAndRight = tuple[str, str]


def lists_of(session: duckdb.DuckDBPyConnection, system: str) -> list[tuple[str, datetime]]:
    """Return id and time of each list that the system itself gave, oldest first; conflicting ones left out."""
    rows = session.execute(
        """
        SELECT id, taken_at FROM snapshot WHERE system = ? AND origin = 'system' AND NOT conflicted
        ORDER BY taken_at, id
        """,
        [system],
    ).fetchall()
    return [(name, taken.replace(tzinfo=UTC)) for name, taken in rows]


def pairs_of(session: duckdb.DuckDBPyConnection, snapshot: str) -> frozenset[AccountAndRight]:
    """Return the pairs that a list holds."""
    query = "SELECT account, right_id FROM snapshot_row WHERE snapshot = ?"
    return frozenset(session.execute(query, [snapshot]).fetchall())


def doubts_of(session: duckdb.DuckDBPyConnection, snapshot: str) -> tuple[str, ...]:
    """Return why the evidence of a list may not be whole: its count, a page cap, records that were not read."""
    rows = session.execute(
        """
        SELECT evidence FROM snapshot WHERE id = ?
        UNION SELECT evidence FROM snapshot_row WHERE snapshot = ? ORDER BY ALL
        """,
        [snapshot, snapshot],
    ).fetchall()
    own = {evidence for (evidence,) in rows}
    found = (each for each in read_extractions(session) if each.evidence_id in own)
    return tuple(sorted({f"{each.evidence_id}: {doubt}" for each in found for doubt in each.doubts}))


class AccessLists:
    """The lists that a system gave, each read once."""

    def __init__(self, session: duckdb.DuckDBPyConnection, system: str) -> None:
        self._session = session
        self.lists = lists_of(session, system)
        self._read: dict[str, tuple[frozenset[AccountAndRight], tuple[str, ...]]] = {}

    def first_that_tells(self, pair: AccountAndRight, *, after: datetime) -> tuple[str, datetime | None, bool | None]:
        """Return the first list after a moment that tells whether the pair is gone, its time, and what it tells.

        Where none tells, the first one that does not hold the pair and may not be whole; "" where there is none at all.
        """
        told: tuple[str, datetime | None, bool | None] = ("", None, None)
        for name, taken in self.lists:
            if taken <= after:
                continue
            if pair in self.pairs(name):
                return name, taken, False
            if not self.doubts(name):
                return name, taken, True
            if not told[0]:
                told = (name, taken, None)
        return told

    def back_in(self, pair: AccountAndRight, *, after: datetime) -> str:
        """Return the first list after a moment that holds the pair, "" where none does."""
        return next((name for name, taken in self.lists if taken > after and pair in self.pairs(name)), "")

    def shows_gone(self, name: str, pair: AccountAndRight) -> bool:
        """Whether a list shows a pair gone."""
        return pair not in self.pairs(name) and not self.doubts(name)

    def pairs(self, name: str) -> frozenset[AccountAndRight]:
        """Return the pairs that a list holds."""
        return self._of(name)[0]

    def doubts(self, name: str) -> tuple[str, ...]:
        """Return why a list may not be whole."""
        return self._of(name)[1]

    def _of(self, name: str) -> tuple[frozenset[AccountAndRight], tuple[str, ...]]:
        if name not in self._read:
            self._read[name] = pairs_of(self._session, name), doubts_of(self._session, name)
        return self._read[name]
