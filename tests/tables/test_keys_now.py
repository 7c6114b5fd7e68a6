"""A ticket that moved to another project is one ticket, whatever key it had where it was named or exported."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.tables.keys_now import keys_now
from twofold.tables.memory import MemoryTables
from twofold.tables.rows import Row, Value
from twofold.tables.schema import Column, ColumnType, Table, canonical_tables, child_table
from twofold.tables.store import Lineage, TableWriter, open_session
from twofold.tables.typed_rows import TypedRow, typed_row

START = datetime(2026, 3, 1, tzinfo=UTC)
PROJECTS = ("CHG", "OPS", "NET")
END = 20
Fed = tuple[TypedRow, Lineage]


def at(hour: int) -> str:
    return (START + timedelta(hours=hour)).isoformat()


def fed(table: str, hour: int, **values: Value) -> Fed:
    row = typed_row(Row(table, f"#/{hour}", values), zone="UTC")
    return row, Lineage(f"export at {hour}", "jira", "file", START + timedelta(hours=hour))


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket that is moved at some hours; in a project where it was before it gets the key of then."""

    number: int
    moves: Mapping[int, str]
    named_at: int
    """When its pull request was written."""

    def key(self, hour: int) -> str:
        past = [project for moved, project in sorted(self.moves.items()) if moved <= hour]
        return f"{(past or ['CHG'])[-1]}-{self.number}"

    def exported(self, hour: int) -> Iterator[Fed]:
        """Give the rows of an export: the whole history until then, under the key of then."""
        key = self.key(hour)
        yield fed("ticket", hour, key=key, type="Change", created_at=at(0), systems=["billing", "shop"])
        yield fed("ticket_event", hour, id=f"e{self.number}", ticket=key, field="status", occurred_at=at(0))
        for moved in sorted(each for each in self.moves if each <= hour):
            old, new = self.key(moved - 1), self.key(moved)
            if old != new:
                values = {"old_value": old, "new_value": new, "occurred_at": at(moved)}
                yield fed("ticket_event", hour, id=f"e{self.number}-{moved}", ticket=key, field="key", **values)


TICKETS = st.lists(
    st.builds(
        Ticket,
        number=st.just(0),
        moves=st.dictionaries(st.integers(1, END - 1), st.sampled_from(PROJECTS), max_size=5),
        named_at=st.integers(0, END),
    ),
    max_size=4,
).map(lambda found: [Ticket(number, each.moves, each.named_at) for number, each in enumerate(found)])


def named(ticket: Ticket, key: str) -> Fed:
    values: dict[str, Value] = {"id": f"acme/pay#{ticket.number}", "repository": "acme/pay", "created_at": at(0)}
    return fed("pull_request", END, **values, tickets=[key, "UTF-8"])


def everything(session: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    asked = {
        "ticket": "key, row_hash, conflicted",
        "ticket__systems": "key, value",
        "ticket_event": "id, ticket, row_hash, conflicted",
        "pull_request": "id, row_hash, conflicted",
        "pull_request__tickets": "id, value",
    }
    return {
        name: session.execute(f"SELECT {columns} FROM {name} ORDER BY ALL").fetchall()  # noqa: S608  names of ours
        for name, columns in asked.items()
    }


def of_files(folder: Path, rows: list[Fed]) -> dict[str, list[tuple[Any, ...]]]:
    with TableWriter(folder) as writer:
        for row, lineage in rows:
            writer.add(row, lineage=lineage)
        tables = writer.finish()
    with open_session(tables) as session:
        return everything(session)


def of_memory(tables: MemoryTables, rows: list[Fed]) -> dict[str, list[tuple[Any, ...]]]:
    for row, lineage in rows:
        tables.add(row, lineage=lineage)
    tables.finish()
    found = everything(tables.session)
    tables.clear()
    return found


MEMORY = MemoryTables()


@given(tickets=TICKETS, hours=st.sets(st.integers(0, END - 1), max_size=3))
def test_exports_under_any_keys_give_the_tables_of_one_export_under_the_last_ones(
    tmp_path_factory: pytest.TempPathFactory, tickets: list[Ticket], hours: set[int]
) -> None:
    last = [row for ticket in tickets for row in ticket.exported(END)]
    several = [row for hour in sorted(hours) for ticket in tickets for row in ticket.exported(hour)] + last
    several += [named(ticket, ticket.key(ticket.named_at)) for ticket in tickets]
    once = last + [named(ticket, ticket.key(END)) for ticket in tickets]
    expected = of_memory(MEMORY, once)
    assert of_memory(MEMORY, several) == expected
    assert of_files(tmp_path_factory.mktemp("tables") / "t", several) == expected


def test_events_in_a_circle_or_with_two_answers_leave_a_key_as_it_is() -> None:
    def event(old: str, new: str, hour: int) -> dict[str, object]:
        return {"field": "key", "old_value": old, "new_value": new, "occurred_at": at(hour)}

    assert keys_now([event("A-1", "B-1", 1), event("B-1", "C-1", 1)]) == {"A-1": "C-1", "B-1": "C-1"}
    assert keys_now([event("A-1", "B-1", 1), event("B-1", "A-1", 1)]) == {}
    assert keys_now([event("A-1", "B-1", 1), event("A-1", "C-1", 1)]) == {}
    assert keys_now([event("A-1", "B-1", 1), event("A-1", "B-1", 1)]) == {"A-1": "B-1"}
    assert keys_now([event("A-1", "", 1), event("", "B-1", 1), event("A-1", "A-1", 1)]) == {}
    assert keys_now([{**event("A-1", "B-1", 1), "field": "status"}]) == {}


MARKED = [(table, column) for table in canonical_tables().values() for column in table.columns if column.names_ticket]


@pytest.mark.parametrize(("table", "column"), MARKED, ids=lambda each: each.name)
def test_every_column_that_names_a_ticket_gets_the_key_of_now(tmp_path: Path, table: Table, column: Column) -> None:
    values: dict[str, Value] = {each.name: _value(each) for each in table.columns if each.required}
    event = {"id": "m", "ticket": "OPS-5", "field": "key", "old_value": "CHG-1", "new_value": "OPS-5"}
    with TableWriter(tmp_path / "t") as writer:
        for row, lineage in (
            fed(table.name, 1, **{**values, column.name: "CHG-1"}),
            fed("ticket_event", 1, **event, occurred_at=at(1)),
        ):
            writer.add(row, lineage=lineage)
        tables = writer.finish()
    is_list = column.type is ColumnType.LIST
    relation, name = (child_table(table.name, column.name), "value") if is_list else (table.name, column.name)
    with open_session(tables) as session:
        found = session.execute(f"SELECT {name} FROM {relation}").fetchall()  # noqa: S608  names of the schema
    assert set(found) == {("OPS-5",)}


def _value(column: Column) -> Value:
    if column.type in {ColumnType.INSTANT, ColumnType.BOUNDARY}:
        return at(0)
    return {ColumnType.INTEGER: "1", ColumnType.BOOLEAN: "true"}.get(column.type, "x")


def test_what_is_said_to_be_a_ticket_key_is_marked() -> None:
    said = {
        (table.name, column.name)
        for table in canonical_tables().values()
        for column in table.columns
        if "ticket key" in column.about or column.name == "ticket"
    }
    assert said <= {(table.name, column.name) for table, column in MARKED}
    assert len(MARKED) > len(said)
