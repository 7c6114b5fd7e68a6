"""A ticket or repository that got another name is one, under one name (audit-domain 4.0, *Duplicates*; T-14, traps).

A ticket that moves to another project gets another key, a repository may be renamed or moved, and the systems lead the
old name to the new one. Pull requests go on naming the old key, and so does all that was exported before. The ticket's
own history says it (an event of the field `key`), and `repository_event` does. So columns that hold such a name (marked
`@ticket`, `@repository` in the schema) get the one of now, before rows with one key are counted: an event that was
exported under both is one event. The evidence keeps what the source said.

The ids of pull requests and deployments hold the name of their repository. They keep the one under which they were
exported first (`@pull_request`, `@deployment`), so that an item that people spoke of keeps its id.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from twofold.tables.schema import ColumnType, Table, child_table
from twofold.tables.typed_rows import Cell, row_digest

TELLING = {"ticket_event": b'"field":"key"', "repository_event": b'"new_name":"'}
"""The tables that tell of another name, and what a staged line of theirs holds that does."""
Staged = Mapping[str, object]
"""A row as `staged_rows` gives it; its times are naive UTC, or their text in JSON."""
Read = Callable[[str], Iterable[Staged]]
"""Reads the staged rows of a table from the beginning; none where there are none."""
Names = Mapping[str, Callable[[str], str]]
"""What a column may name (`Column.names`) -> what gives a name of it the one that it has in the tables."""
_BEHIND_A_REPOSITORY = "#:/"
"""Where the name of the repository ends in an id."""


def names_now(read: Read) -> Names:
    """Return what got another name; nothing where no row tells of one.

    A name that somebody else took after it was given up stays as it is. So does one of which nobody can tell: events of
    one moment lead round in a circle, or to two names. A ticket or repository may get an old name back.
    """
    tickets = _of_now(
        _Step(str(event["occurred_at"]), _text(event, "old_value"), _text(event, "new_value"))
        for event in read("ticket_event")
        if event["field"] == "key"
    )
    repositories = _of_now(
        _Step(str(event["occurred_at"]), "", _text(event, "repository"))
        if event["kind"] == "created"
        else _Step(str(event["occurred_at"]), _text(event, "repository"), _text(event, "new_name"))
        for event in read("repository_event")
    )
    names: dict[str, Callable[[str], str]] = {}
    if tickets:
        names["ticket"] = lambda key: tickets.get(key, key)
    if repositories:
        names["repository"] = lambda name: repositories.get(name, name)
        for table in ("pull_request", "deployment"):
            names[table] = _first_ids(read(table), repositories)
    return names


def _text(row: Staged, column: str) -> str:
    return str(row.get(column) or "")


@dataclass(frozen=True, slots=True, order=True)
class _Step:
    """When something got another name; old: empty where something new took the name."""

    at: str
    old: str
    new: str


def _of_now(steps: Iterable[_Step]) -> dict[str, str]:
    """Return the name of now for each that was given up and that nobody else took since."""
    given_up, taken = defaultdict(set), defaultdict(set)
    for step in steps:
        if step.new and step.new != step.old:
            taken[step.new].add(step)
            if step.old:
                given_up[step.old].add(step)
    found = {}
    for name, left in given_up.items():
        now, had = _followed(name, given_up)
        by_others = (step for step in taken[name] if step.old not in had)
        if now != name and all(step.at <= min(left).at for step in by_others):
            found[name] = now
    return found


def _followed(name: str, given_up: Mapping[str, Iterable[_Step]]) -> tuple[str, set[str]]:
    """Follow a name from when it was given up first to the one that was kept; return that, and all on the way."""
    now, since, had, at_once = name, "", {name}, {name}
    while steps := sorted(step for step in given_up.get(now, ()) if step.at >= since):
        moment = steps[0].at
        after = {step.new for step in steps if step.at == moment}
        if len(after) > 1 or (moment == since and after <= at_once):
            return name, had
        at_once = at_once | after if moment == since else after
        (now,), since = after, moment
        had.add(now)
    return now, had


def _first_ids(rows: Iterable[Staged], repositories: Mapping[str, str]) -> Callable[[str], str]:
    """Return what gives an id with the name of such a repository the one of these rows that was exported first."""
    known = {**repositories, **{now: now for now in repositories.values()}}

    def parts(name: str) -> tuple[str, str] | None:
        """Return the repository of now and what follows it in the id."""
        for end, character in enumerate(name):
            if character in _BEHIND_A_REPOSITORY and name[:end] in known:
                return known[name[:end]], name[end:]
        return None

    first: dict[tuple[str, str], tuple[str, str]] = {}
    for row in rows:
        found, candidate = parts(str(row["id"])), (str(row["extracted_at"]), str(row["id"]))
        if found is not None:
            first[found] = min(first.get(found, candidate), candidate)

    def of_now(name: str) -> str:
        found = parts(name)
        return name if found is None or found not in first else first[found][1]

    return of_now


def named_in(table: Table) -> bool:
    """Whether a column of the table, or of its lists, holds such a name."""
    return any(column.names for column in table.columns)


def with_names_now(table: Table, read: Read, names: Names) -> Iterator[tuple[str, Staged]]:
    """Yield (table or child table, row) for every row of a table, with the names of now and the digest of the row."""
    lists = {child_table(table.name, column.name): column for column in table.list_columns}
    own = {column.name: column.names for column in table.columns if column.type is not ColumnType.LIST}
    marked = {table.name: own} | {child: own | {"value": column.names} for child, column in lists.items()}
    changed = {
        row["row_hash"]
        for name, columns in marked.items()
        for row in read(name)
        if any(_now(row.get(column), kinds, names) != row.get(column) for column, kinds in columns.items())
    }
    values: dict[object, dict[str, set[str]]] = {row_hash: defaultdict(set) for row_hash in changed}
    for child, column in lists.items():
        for row in read(child):
            if row["row_hash"] in changed:
                values[row["row_hash"]][column.name].add(str(_now(row["value"], column.names, names)))
    digests: dict[object, str] = {}
    for name, columns in marked.items():
        for row in read(name):
            before = row["row_hash"]
            if before not in changed:
                yield name, row
                continue
            renamed = {**row, **{each: _now(row[each], kinds, names) for each, kinds in columns.items() if each in row}}
            if name == table.name and before not in digests:
                of_lists = {column: sorted(found) for column, found in values[before].items()}
                digests[before] = row_digest(table, _cells(table, renamed), of_lists)
            yield name, {**renamed, "row_hash": digests[before]}


def _now(value: object, kinds: Iterable[str], names: Names) -> object:
    if isinstance(value, str):
        for kind in kinds:
            if kind in names and (now := names[kind](value)) != value:
                return now
    return value


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
