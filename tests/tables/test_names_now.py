"""What got another name is one thing, whatever name it had where it was named or exported."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.tables import staged_names
from twofold.tables.memory import MemoryTables
from twofold.tables.names_now import names_now
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
        "pull_request": "id, repository, row_hash, conflicted",
        "pull_request__tickets": "id, value",
        "pull_request_commit": "pull_request, sha, row_hash, conflicted",
        "review": "id, pull_request, row_hash, conflicted",
        "code_commit": "repository, sha, row_hash, conflicted",
        "code_commit__parents": "repository, sha, value",
        "deployment": "id, repository, row_hash, conflicted",
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


@settings(max_examples=20)
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


NAMES = ("pay", "bills", "money", "pay-api")


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository that is renamed at some hours, perhaps back; its owner tells it from others."""

    owner: str
    renames: Mapping[int, str]

    def name(self, hour: int) -> str:
        past = [name for renamed, name in sorted(self.renames.items()) if renamed <= hour]
        return f"{self.owner}/{(past or ['pay'])[-1]}"

    def told(self) -> Iterator[Fed]:
        for hour in self.renames:
            old, new = self.name(hour - 1), self.name(hour)
            if old != new:
                values = {"repository": old, "new_name": new, "occurred_at": at(hour)}
                yield fed("repository_event", END, id=f"{self.owner}-{hour}", kind="renamed", **values)

    def exported(self, hour: int, *, name: str = "", ids: str = "") -> Iterator[Fed]:
        """Give what an export holds; the names are those of the hour where none is said."""
        name, ids = name or self.name(hour), ids or self.name(hour)
        served = {"system": "billing", "environment": "production", "status": "success", "started_at": at(0)}
        yield fed("deployment", hour, id=f"{ids}/deployments/7", repository=name, commit_sha="c1", **served)
        opened: dict[str, Value] = {"created_at": at(0), "tickets": ["CHG-1"], "reverts": f"{ids}#2"}
        yield fed("pull_request", hour, id=f"{ids}#1", repository=name, **opened)
        yield fed("pull_request", hour, id=f"{ids}#2", repository=name, created_at=at(0))
        yield fed("pull_request_commit", hour, pull_request=f"{ids}#1", sha="c1")
        given = {"reviewer": "github:bo", "state": "approved", "submitted_at": at(0)}
        yield fed("review", hour, id=f"{self.owner}-v1", pull_request=f"{ids}#1", **given)
        yield fed("code_commit", hour, repository=name, sha="c1", parents=["c0"], committed_at=at(0))


REPOSITORIES = st.lists(
    st.builds(
        Repository,
        owner=st.just(""),
        renames=st.dictionaries(st.integers(1, END - 1), st.sampled_from(NAMES), max_size=4),
    ),
    max_size=3,
).map(lambda found: [Repository(f"acme{number}", each.renames) for number, each in enumerate(found)])


@settings(max_examples=20)
@given(repositories=REPOSITORIES, hours=st.sets(st.integers(0, END - 1), max_size=3))
def test_exports_under_any_names_of_a_repository_are_one_and_ids_stay_as_they_were_first(
    tmp_path_factory: pytest.TempPathFactory, repositories: list[Repository], hours: set[int]
) -> None:
    told = [row for repository in repositories for row in repository.told()]
    several = [row for hour in sorted(hours | {END}) for each in repositories for row in each.exported(hour)]
    first = min(hours | {END})
    once = [row for each in repositories for row in each.exported(END, name=each.name(END), ids=each.name(first))]
    expected = of_memory(MEMORY, once)
    assert of_memory(MEMORY, told + several) == expected
    assert of_files(tmp_path_factory.mktemp("tables") / "t", told + several) == expected


def test_rows_in_parts_give_the_same_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repositories = [Repository(f"acme{number}", {5: "bills"}) for number in range(4)]
    rows = [row for each in repositories for row in [*each.told(), *each.exported(1), *each.exported(9)]]
    at_once = of_files(tmp_path / "at-once", rows)
    monkeypatch.setattr(staged_names, "_MOST_AT_ONCE", 3)
    assert of_files(tmp_path / "in-parts", rows) == at_once
    assert {row[1] for row in at_once["deployment"]} == {f"acme{number}/bills" for number in range(4)}


def test_what_names_a_pull_request_that_is_not_exported_again_follows_it() -> None:
    moved = fed("repository_event", 9, id="m", kind="moved", repository="a/pay", new_name="b/pay", occurred_at=at(5))
    given = {"reviewer": "github:bo", "state": "approved", "submitted_at": at(0)}
    rows = [
        moved,
        fed("pull_request", 1, id="a/pay#1", repository="a/pay"),
        fed("pull_request", 1, id="a/pay-api#1", repository="a/pay-api"),
        *(
            fed("review", 9, id=f"v{n}", pull_request=f"{name}#1", **given)
            for n, name in enumerate(["b/pay", "a/pay-api"])
        ),
        fed("review", 9, id="v9", pull_request="b/pay#12", **given),
    ]
    found = of_memory(MEMORY, rows)
    assert [row[:2] for row in found["review"]] == [("v0", "a/pay#1"), ("v1", "a/pay-api#1"), ("v9", "b/pay#12")]
    assert [row[:2] for row in found["pull_request"]] == [("a/pay#1", "b/pay"), ("a/pay-api#1", "a/pay-api")]


def told(rows: list[dict[str, object]], table: str, kind: str, names: str) -> dict[str, str]:
    """Return what the names become that do not stay as they are."""
    found = names_now(lambda name: rows if name == table else ())
    return {name: found[kind](name) for name in names.split() if kind in found and found[kind](name) != name}


def test_a_name_that_somebody_else_took_stays_as_it_is() -> None:
    def event(kind: str, name: str, new: str, hour: int) -> dict[str, object]:
        return {"kind": kind, "repository": name, "new_name": new, "occurred_at": at(hour)}

    def now(*events: dict[str, object]) -> dict[str, str]:
        return told(list(events), "repository_event", "repository", "a b c d")

    renamed = event("renamed", "a", "b", 1)
    assert now(event("created", "a", "", 0), renamed) == {"a": "b"}
    assert now(renamed, event("created", "a", "", 2)) == {}
    assert now(renamed, event("renamed", "c", "a", 2)) == {"c": "a"}
    assert now(renamed, event("created", "a", "", 2), event("renamed", "a", "d", 3)) == {}
    assert now(renamed, event("renamed", "b", "a", 2), event("moved", "a", "c", 3)) == {"a": "c", "b": "c"}
    assert now(renamed, event("archived", "b", "", 2), event("deleted", "b", "", 3)) == {"a": "b"}


def test_events_in_a_circle_or_with_two_answers_leave_a_key_as_it_is() -> None:
    def event(old: str, new: str, hour: int) -> dict[str, object]:
        return {"field": "key", "old_value": old, "new_value": new, "occurred_at": at(hour)}

    def now(events: list[dict[str, object]]) -> dict[str, str]:
        return told(events, "ticket_event", "ticket", "A-1 B-1 C-1")

    assert now([event("A-1", "B-1", 1), event("B-1", "C-1", 1)]) == {"A-1": "C-1", "B-1": "C-1"}
    assert now([event("A-1", "B-1", 1), event("B-1", "A-1", 1)]) == {}
    assert now([event("A-1", "B-1", 1), event("A-1", "C-1", 1)]) == {}
    assert now([event("A-1", "B-1", 1), event("A-1", "B-1", 1)]) == {"A-1": "B-1"}
    assert now([event("A-1", "", 1), event("", "B-1", 1), event("A-1", "A-1", 1)]) == {}
    assert now([event("A-1", "A-1", 1), event("A-1", "B-1", 2)]) == {"A-1": "B-1"}
    assert now([{**event("A-1", "B-1", 1), "field": "status"}]) == {}


MARKED = [
    (table, column, kind) for table in canonical_tables().values() for column in table.columns for kind in column.names
]
OF_NOW = {
    "ticket": ("CHG-1", "OPS-5"),
    "repository": ("acme/old", "acme/new"),
    "pull_request": ("acme/new#1", "acme/old#1"),
    "deployment": ("acme/new/deployments/7", "acme/old/deployments/7"),
}
"""What is named, and the name of now: ids stay as they were exported first."""


@pytest.mark.parametrize(("table", "column", "kind"), MARKED, ids=lambda each: getattr(each, "name", each))
def test_every_column_that_is_marked_gets_the_name_of_now(
    tmp_path: Path, table: Table, column: Column, kind: str
) -> None:
    values: dict[str, Value] = {each.name: _value(each) for each in table.columns if each.required}
    named, now = OF_NOW[kind]
    key = {"id": "m", "ticket": "OPS-5", "field": "key", "old_value": "CHG-1", "new_value": "OPS-5"}
    rename = {"id": "m", "kind": "renamed", "repository": "acme/old", "new_name": "acme/new"}
    served = {"system": "billing", "environment": "production", "status": "success"}
    with TableWriter(tmp_path / "t") as writer:
        for row, lineage in (
            fed(table.name, 2, **{**values, column.name: named}),
            fed("ticket_event", 1, **key, occurred_at=at(1)),
            fed("repository_event", 1, **rename, occurred_at=at(1)),
            fed("pull_request", 1, id="acme/old#1", repository="acme/old"),
            fed("deployment", 1, id="acme/old/deployments/7", repository="acme/old", **served),
        ):
            writer.add(row, lineage=lineage)
        tables = writer.finish()
    is_list = column.type is ColumnType.LIST
    relation, name = (child_table(table.name, column.name), "value") if is_list else (table.name, column.name)
    with open_session(tables) as session:
        found = session.execute(f"SELECT {name} FROM {relation}").fetchall()  # noqa: S608  names of the schema
    assert (now,) in found
    assert (named,) not in found


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
    assert said <= {(table.name, column.name) for table, column, kind in MARKED if kind == "ticket"}
    assert {kind for *_, kind in MARKED} == OF_NOW.keys()
