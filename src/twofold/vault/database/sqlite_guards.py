"""What keeps accidents from the log in SQLite, compared with the schema: tables, indexes and triggers."""

import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path

SCHEMA = Path(__file__).with_name("schema_sqlite.sql")
_OBJECTS = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"


@cache
def schema_objects() -> dict[tuple[str, str], str]:
    """Return type and name -> text of everything that the schema makes, in its order."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.executescript(SCHEMA.read_text(encoding="utf-8"))
        return {(kind, name): text for kind, name, text in connection.execute(_OBJECTS)}
    finally:
        connection.close()


def guard_faults(connection: sqlite3.Connection) -> Iterator[str]:
    """Say what the file has not, has otherwise, or has beside the schema."""
    found = {(kind, name): text for kind, name, text in connection.execute(_OBJECTS)}
    for (kind, name), text in schema_objects().items():
        if (kind, name) not in found:
            yield f"The {kind} {name} is missing in the database."
        elif found[kind, name] != text:
            yield f"The {kind} {name} of the database is another than that of Twofold."
    for kind, name in sorted(set(found) - set(schema_objects())):
        yield f"The {kind} {name} in the database is none of Twofold."


def restore_guards(connection: sqlite3.Connection) -> None:
    """Make missing tables, indexes and triggers; remove triggers that are not of the schema. No row is touched."""
    found = {(kind, name): text for kind, name, text in connection.execute(_OBJECTS)}
    for (kind, name), text in found.items():
        if kind == "trigger" and text != schema_objects().get((kind, name)):
            connection.execute(f'DROP TRIGGER "{name}"')
    found = {(kind, name): text for kind, name, text in connection.execute(_OBJECTS)}
    for (kind, name), text in schema_objects().items():
        if (kind, name) not in found:
            connection.execute(text)


def lift_guards(connection: sqlite3.Connection, table: str) -> None:
    """Drop the triggers of a table, inside a transaction that restores them."""
    of_table = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"
    for (name,) in connection.execute(of_table, (table,)).fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')


def damage(connection: sqlite3.Connection) -> Iterator[str]:
    """Say where pages, indexes or values contradict each other."""
    for (text,) in connection.execute("PRAGMA integrity_check(20)"):
        if text != "ok":
            yield f"SQLite finds the file damaged: {text}."
