"""Tables in memory say the same as tables in files, again and again."""

from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.tables.kept_plans import KeptPlans
from twofold.tables.memory import MemoryTables
from twofold.tables.rows import Row, Value
from twofold.tables.schema import TableKind, canonical_tables, child_table
from twofold.tables.store import Lineage, TableWriter, open_session
from twofold.tables.typed_rows import TypedRow, typed_row

EARLY, LATE = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)
Fed = tuple[TypedRow, Lineage]
SHARED = MemoryTables()
"""One for all examples, as all cases of a process share one."""


def fed(key: str, status: str, systems: str, at: datetime, connector: str, *, table: str) -> Fed:
    values: dict[str, Value] = {"key": key, "type": status, "systems": systems, "created_at": "2026-05-01T10:00:00Z"}
    if table == "ticket_event":
        values = {"id": key, "ticket": "T-1", "field": "status", "new_value": status, "occurred_at": "2026-05-01"}
    return typed_row(Row(table, f"#/{systems}", values), zone="UTC"), Lineage("ev", "jira", connector, at)


ROWS = st.lists(
    st.builds(
        fed,
        st.sampled_from(["k1", "k2", "k3"]),
        st.sampled_from(["Change", 'it\'s "quoted" é', "Bug"]),
        st.sampled_from(["", "a", "a;b"]),
        st.sampled_from([EARLY, LATE]),
        st.sampled_from(["file", "api"]),
        table=st.sampled_from(["ticket", "ticket_event"]),
    ),
    max_size=12,
)


def everything(session: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    tables = ("ticket", "ticket_event", child_table("ticket", "systems"))
    return {name: session.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall() for name in tables}  # noqa: S608  names of ours


@settings(max_examples=15)
@given(rows=ROWS)
def test_memory_and_files_hold_the_same_rows_and_counts(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Fed]
) -> None:
    with TableWriter(tmp_path_factory.mktemp("tables") / "t") as writer:
        for row, lineage in rows:
            writer.add(row, lineage=lineage)
            SHARED.add(row, lineage=lineage)
        written = writer.finish()
    with open_session(written) as session:
        from_files = everything(session)
    kept = SHARED.finish()
    from_memory = everything(SHARED.session)
    SHARED.clear()
    assert from_memory == from_files
    for name in ("ticket", "ticket_event"):
        counts = [
            (each.rows_in, each.rows, each.collapsed, each.superseded, each.conflicting)
            for each in (kept.stats.get(name), written.stats.get(name))
            if each
        ]
        assert len(set(counts)) <= 1
    assert kept.stats.keys() == written.stats.keys()
    assert not any(everything(SHARED.session).values())


def test_every_table_can_be_filled_with_all_its_columns() -> None:
    tables = MemoryTables()
    value: dict[str, Value] = {"integer": 7, "boolean": True, "list": ["a", "b"]}
    for name, table in canonical_tables().items():
        values = {column.name: value.get(column.type.value, "2026-05-01T10:00:00Z") for column in table.columns}
        tables.add(typed_row(Row(name, "#/0", values), zone="UTC"), lineage=Lineage("ev", "s", "c", LATE))
    filled = tables.finish()
    assert {TableKind.EVENT, TableKind.STATE} <= {canonical_tables()[name].kind for name in filled.stats}
    for name, table in canonical_tables().items():
        (row,) = tables.session.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608  names of ours
        assert None not in row, name
        for column in table.list_columns:
            values_of = f"SELECT value FROM {child_table(name, column.name)} ORDER BY value"  # noqa: S608  names of ours
            assert tables.session.execute(values_of).fetchall() == [("a",), ("b",)]


def test_rows_that_come_again_are_read_once() -> None:
    tables = MemoryTables()
    read = []

    def rows() -> list[TypedRow]:
        read.append(1)
        return [fed("k1", "Change", "", LATE, "file", table="ticket_event")[0]]

    for _ in range(3):
        tables.fill_again("ticket_event", "key", rows, lineage=Lineage("ev", "s", "c", LATE))
        assert tables.finish().stats["ticket_event"].rows == 1
        assert tables.session.execute("SELECT id, copies, conflicted FROM ticket_event").fetchall() == [
            ("k1", 1, False)
        ]
        tables.clear()
    assert len(read) == 1


def test_a_plan_sees_new_rows_and_relations_that_were_made_again() -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE base (number INTEGER)")
        plans = KeptPlans(connection)
        session = plans.session
        for size in (3, 0, 5, 1):
            for select, kind in (("number + 1 AS n", int), ("CAST(number AS VARCHAR) AS t", str)):
                plans.insert("base", "SELECT CAST(range AS INTEGER) AS number FROM range($1)", [size])
                for _ in range(3):
                    session.execute(f"CREATE OR REPLACE TEMP TABLE made AS SELECT {select} FROM base WHERE number >= 1")  # noqa: S608  words of ours
                    found = session.execute("SELECT * FROM made").fetchall()
                    assert [type(value) for (value,) in found] == [kind] * max(size - 1, 0)
                session.execute(f"CREATE OR REPLACE TEMP VIEW parameter AS SELECT {size} AS days")
                assert session.execute("SELECT days FROM parameter").fetchall() == [(size,)]
                plans.clear()
                assert session.execute("SELECT count(*) FROM made").fetchone() == (0,)


def test_a_fault_leaves_nothing_behind() -> None:
    tables = MemoryTables()
    row, lineage = fed("k1", "Change", "a", LATE, "file", table="ticket")
    tables.add(row, lineage=lineage)
    tables.finish()
    with pytest.raises(duckdb.Error):
        tables.session.execute("CREATE TEMP TABLE broken AS SELECT no_such FROM ticket")
    tables.clear()
    tables.session.execute("CREATE TEMP TABLE broken AS SELECT key FROM ticket")
    assert tables.session.execute("SELECT * FROM broken").fetchall() == []
