"""A ticket that got another key is one ticket, under the key that it has now (audit-domain 4.0, *Duplicates*).

A tracker gives a ticket another key when it moves to another project, and leads the old key to the new one. Pull
requests and commits go on naming the old one, and so does what was exported before. The ticket's own history says it:
an event of the field `key`. So every column that holds the key of a ticket (`@ticket` in the schema) gets the key of
now, before rows with one key are counted: an event that was exported under both keys is one event. The evidence keeps
what the source said.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from twofold.tables.schema import ColumnType, Table, child_table
from twofold.tables.typed_rows import Cell, row_digest

EVENTS = "ticket_event"
"""The table that says so."""
Staged = Mapping[str, object]
"""A row as `staged_rows` gives it; its times are naive UTC, or their text in JSON."""


def keys_now(events: Iterable[Staged]) -> dict[str, str]:
    """Return, for each key that a ticket had before, the one that it has now; events: rows of `EVENTS`.

    A key belongs to one ticket for ever; a ticket may get an old one back. Where events of one moment lead round in a
    circle, or to two keys, nobody can tell, and the key keeps its name.
    """
    given_up: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for event in events:
        if event["field"] == "key" and event.get("old_value") and event.get("new_value"):
            given_up[str(event["old_value"])].append((str(event["occurred_at"]), str(event["new_value"])))
    followed = {key: _followed(key, given_up) for key in given_up}
    return {key: now for key, now in followed.items() if now != key}


def _followed(key: str, given_up: Mapping[str, list[tuple[str, str]]]) -> str:
    """Follow a key from the first time that it was given up to the one that was kept."""
    now, since, seen = key, "", {key}
    while steps := [step for step in given_up.get(now, ()) if step[0] >= since]:
        moment = min(steps)[0]
        after = {new for at, new in steps if at == moment}
        if len(after) > 1 or (moment == since and after <= seen):
            return key
        seen = seen | after if moment == since else after
        (now,), since = after, moment
    return now


def with_keys_now(
    table: Table, staged: Mapping[str, Callable[[], Iterable[Staged]]], now: Mapping[str, str]
) -> Iterator[tuple[str, Staged]]:
    """Yield (table or child table, row) for every row of a table, with the keys of now and the digest of the row.

    staged: for the table and each child table that has values, what reads its rows from the beginning.
    """
    lists = {child_table(table.name, column.name): column for column in table.list_columns}
    own = [column.name for column in table.columns if column.names_ticket and column.type is not ColumnType.LIST]
    named = {table.name: own}
    for child, column in lists.items():
        if child in staged:
            named[child] = [*own, "value"] if column.names_ticket else own
    changed = {
        row["row_hash"]
        for name, columns in named.items()
        for row in staged[name]()
        if any(row.get(column) in now for column in columns)
    }
    values: dict[object, dict[str, set[str]]] = {row_hash: defaultdict(set) for row_hash in changed}
    for child in named.keys() - {table.name}:
        for row in staged[child]():
            if row["row_hash"] in changed:
                values[row["row_hash"]][lists[child].name].add(str(_renamed(row, named[child], now)["value"]))
    digests: dict[object, str] = {}
    for name, columns in named.items():
        for row in staged[name]():
            before = row["row_hash"]
            if before not in changed:
                yield name, row
                continue
            renamed = _renamed(row, columns, now)
            if name == table.name and before not in digests:
                of_lists = {column: sorted(found) for column, found in values[before].items()}
                digests[before] = row_digest(table, _cells(table, renamed), of_lists)
            yield name, {**renamed, "row_hash": digests[before]}


def _renamed(row: Staged, columns: Sequence[str], now: Mapping[str, str]) -> dict[str, object]:
    return {**row, **{column: now[str(row[column])] for column in columns if row.get(column) in now}}


def _cells(table: Table, row: Staged) -> dict[str, Cell]:
    """Return the row's own cells as its digest takes them; of a time its text with a Z is the same as aware UTC."""
    found: dict[str, Cell] = {}
    for name, kind in (pair for column in table.columns for pair in column.physical):
        value = row.get(name)
        if isinstance(value, datetime):
            found[name] = value.replace(tzinfo=UTC)
        elif isinstance(value, str | int):
            found[name] = f"{value}Z" if kind == "TIMESTAMP" else value
    return found
