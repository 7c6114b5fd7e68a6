"""Which of several records of one removal counts in `revoke`: the one that the earliest list of the system proves.

Each record is a person's word, captured by a command of ours. A later word hides no earlier one: where no list proves
any of them, or one list proves several, the first that was recorded counts. Source: audit-domain T-05 (E).
"""

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from twofold.model.evidence import ACT_CONNECTOR
from twofold.populations.access_lists import AccessLists
from twofold.populations.source_gaps import EXTRACTION_TABLES
from twofold.tables.store import TableSet, open_session

_PROOFS = ("campaign", "snapshot", "snapshot_row", *EXTRACTION_TABLES)
_NEVER = datetime.max.replace(tzinfo=UTC)


def removals_that_count(connection: duckdb.DuckDBPyConnection, folder: Path) -> str:
    """Name a relation with the key and `extracted_at` of each record of `read` that counts against others of its key.

    folder: of the tables that tell of lists; they stand before `revoke` in the schema, so they are written by then.
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
        told: dict[tuple[str, str, str], list[tuple[datetime, datetime]]] = {}
        for campaign, account, right, recorded, executed in rows:
            known = lists[systems[campaign]] if campaign in systems and executed else None
            after = executed.replace(tzinfo=UTC) if executed else _NEVER
            _, taken, gone = known.first_that_tells((account, right), after=after) if known else ("", None, None)
            proven = taken if taken and gone else _NEVER
            told.setdefault((campaign, account, right), []).append((proven, recorded))
    for key, records in told.items():
        connection.execute("INSERT INTO removal_that_counts VALUES (?, ?, ?, ?)", [*key, min(records)[1]])
    return "removal_that_counts"


COUNTING = {"revoke": removals_that_count}
"""For `TableWriter`: of which state table what says which row counts."""
