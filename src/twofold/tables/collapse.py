"""What becomes of rows with one key, as SQL: the same for files of any size and for a case of a few rows.

Source: audit-domain 4.0, *Duplicates*. Identical rows collapse with a count, a state's older extractions give way to
the newest, and two contents under one key are marked as a conflict. The first by hash is kept, which says nothing about
which is right; readings.py has the last one's use.
"""

import duckdb

from twofold.tables.schema import Table, TableKind


def has_repeated_key(connection: duckdb.DuckDBPyConnection, table: Table, relation: str) -> bool:
    """Whether a key of the table stands more than once in the relation."""
    key = ", ".join(table.key)
    repeated = f"SELECT 1 FROM {relation} GROUP BY {key} HAVING count(*) > 1 LIMIT 1"  # noqa: S608  names come from the schema
    return connection.execute(repeated).fetchone() is not None


def collapse_read(connection: duckdb.DuckDBPyConnection, table: Table, *, counting: str = "") -> None:
    """Make the relations `kept` and `second` from `read`: one row per key, with `copies`, `conflicted` and `older`.

    `copies` counts the identical rows that became this one, `older` those of earlier extractions that gave way.
    `second` differs from `kept` in the rows in conflict only. counting: a relation with the key of a state and the
    `extracted_at` of the row that counts where that need not be the newest one.
    """
    key = ", ".join(table.key)
    newest = "max(read.extracted_at) OVER by_key" if table.kind is TableKind.STATE else "NULL"
    joined = ""
    if counting:
        newest = f"COALESCE({counting}.extracted_at, {newest})"
        joined = f"LEFT JOIN {counting} ON {_same_key(table, counting, 'read')}"
    by_key = ", ".join(f"read.{name}" for name in table.key)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE first_or_last AS
        WITH aged AS (
            SELECT read.*, {newest} AS newest FROM read {joined} WINDOW by_key AS (PARTITION BY {by_key})
        ), current AS (
            SELECT * FROM aged WHERE newest IS NULL OR extracted_at = newest
        ), counted AS (
            SELECT *,
                count(*) OVER (PARTITION BY {key}, row_hash) AS copies,
                min(row_hash) OVER (PARTITION BY {key}) AS first_hash,
                max(row_hash) OVER (PARTITION BY {key}) AS last_hash,
                row_number() OVER (
                    PARTITION BY {key} ORDER BY row_hash, source, connector, evidence, record
                ) AS rank,
                row_number() OVER (
                    PARTITION BY {key} ORDER BY row_hash DESC, source, connector, evidence, record
                ) AS rank_from_last
            FROM current
        ), totals AS (
            SELECT {key}, count(*) AS all_rows FROM read GROUP BY {key}
        ), currents AS (
            SELECT {key}, count(*) AS current_rows FROM current GROUP BY {key}
        )
        SELECT counted.*, counted.first_hash <> counted.last_hash AS conflicted,
            totals.all_rows - currents.current_rows AS older
        FROM counted
        JOIN totals ON {_same_key(table, "counted", "totals")}
        JOIN currents ON {_same_key(table, "counted", "currents")}
        WHERE rank = 1 OR rank_from_last = 1
        """  # noqa: S608  names come from the schema
    )
    connection.execute("CREATE OR REPLACE TEMP VIEW kept AS FROM first_or_last WHERE rank = 1")
    connection.execute("CREATE OR REPLACE TEMP VIEW second AS FROM first_or_last WHERE rank_from_last = 1")


def kept_counts(connection: duckdb.DuckDBPyConnection) -> tuple[int, int, int]:
    """Return of `kept` the rows, the identical rows that collapsed into them, and the older ones that gave way."""
    counts = connection.execute(
        "SELECT count(*), coalesce(sum(copies - 1), 0)::BIGINT, coalesce(sum(older), 0)::BIGINT FROM kept"
    ).fetchone()
    if counts is None:
        msg = "no counts of the rows that were kept"
        raise RuntimeError(msg)
    return counts[0], counts[1], counts[2]


def child_rows(table: Table, read: str, *, kept: str) -> str:
    """Return the SELECT of a child table: the values in the relation `read` whose rows stand in `kept`, each once."""
    keys = ", ".join(f"child.{key}" for key in table.key)
    return f"""
        SELECT DISTINCT {keys}, child.value
        FROM {read} AS child JOIN {kept} AS kept
            ON kept.row_hash = child.row_hash AND {_same_key(table, "kept", "child")}
        ORDER BY {keys}, child.value
        """  # noqa: S608  names come from the schema


def _same_key(table: Table, left: str, right: str) -> str:
    return " AND ".join(f"{left}.{name} IS NOT DISTINCT FROM {right}.{name}" for name in table.key)
