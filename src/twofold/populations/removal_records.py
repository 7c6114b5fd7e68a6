"""Which of several records of one removal counts in `revoke`: the one that the system itself proves first.

A list that does not hold the access any more proves one, and so does the log that shows it given again before a list
holds it. Each record is a person's word, captured by a command of ours. A later word hides no earlier one: where
nothing proves any of them, or one proof is of several, the first that was recorded counts. Source: audit-domain T-05
(E).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from twofold.model.evidence import ACT_CONNECTOR
from twofold.populations.access_lists import AccessLists, AccountAndRight
from twofold.populations.source_gaps import EXTRACTION_TABLES
from twofold.tables.store import TableSet, open_session

_PROOFS = ("campaign", "grant_event", "snapshot", "snapshot_row", *EXTRACTION_TABLES)
_NEVER = datetime.max.replace(tzinfo=UTC)


def removals_that_count(connection: duckdb.DuckDBPyConnection, folder: Path) -> str:
    """Name a relation with the key and `extracted_at` of each record of `read` that counts against others of its key.

    folder: of the tables that tell of lists and grants; they stand before `revoke` in the schema, so they are written
    by then.
    What another tool exported is left out: of its records the newest counts.
    """
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE removal_that_counts
            (campaign VARCHAR, account VARCHAR, right_id VARCHAR, extracted_at TIMESTAMP)
        """
    )
    rows = connection.execute(
        """
        SELECT campaign, account, right_id, extracted_at, executed_at FROM read
        WINDOW by_key AS (PARTITION BY campaign, account, right_id)
        QUALIFY count(*) OVER by_key > 1 AND bool_and(connector = ?) OVER by_key
        ORDER BY ALL
        """,
        [ACT_CONNECTOR],
    ).fetchall()
    with open_session(TableSet(folder, {}), wanted=_PROOFS) as session:
        systems = dict(session.execute("SELECT id, system FROM campaign").fetchall()) if rows else {}
        lists = {system: AccessLists(session, system) for system in set(systems.values())}
        given = _given(session, {(account, right) for _, account, right, _, _ in rows})
        told: dict[tuple[str, str, str], list[tuple[datetime, datetime]]] = {}
        for campaign, account, right, recorded, executed in rows:
            known, pair = lists.get(systems.get(campaign, "")), (account, right)
            proven = _proven(known, pair, executed.replace(tzinfo=UTC), given) if known and executed else _NEVER
            told.setdefault((campaign, account, right), []).append((proven, recorded))
    for key, records in told.items():
        connection.execute("INSERT INTO removal_that_counts VALUES (?, ?, ?, ?)", [*key, min(records)[1]])
    return "removal_that_counts"


def _proven(
    lists: AccessLists, pair: AccountAndRight, executed: datetime, given: Mapping[AccountAndRight, Sequence[datetime]]
) -> datetime:
    """Return when the system first shows that access was gone after a removal, `_NEVER` where it does not."""
    _, taken, gone = lists.first_that_tells(pair, after=executed)
    listed = taken if taken and gone else _NEVER
    until = taken if taken and gone is not None else _NEVER
    return min([listed, *(each for each in given.get(pair, ()) if executed < each < until)])


def _given(
    session: duckdb.DuckDBPyConnection, pairs: Iterable[AccountAndRight]
) -> dict[AccountAndRight, list[datetime]]:
    """Return when the system's own log shows each pair given, as T-05 (E) reads it."""
    rows = session.execute(
        """
        SELECT account, right_id, occurred_at FROM grant_event
        WHERE list_contains(?::VARCHAR[], account || chr(9) || right_id) AND occurred_at IS NOT NULL
            AND action = 'add' AND COALESCE(net_change, true) AND NOT conflicted
        """,
        [[f"{account}\t{right}" for account, right in pairs]],
    ).fetchall()
    found: dict[AccountAndRight, list[datetime]] = {}
    for account, right, at in rows:
        found.setdefault((account, right), []).append(at.replace(tzinfo=UTC))
    return found


COUNTING = {"revoke": removals_that_count}
"""For `TableWriter`: of which state table what says which row counts."""
