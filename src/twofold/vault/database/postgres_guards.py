"""What keeps accidents from the log in PostgreSQL, compared with the schema: tables, functions and triggers."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

SCHEMA = Path(__file__).with_name("schema_postgres.sql")
_TABLE = re.compile(r"^CREATE TABLE (\w+)", re.MULTILINE)
_FUNCTION = re.compile(r"^CREATE FUNCTION (\w+)\(\).*?AS \$\$(.*?)\$\$;", re.MULTILINE | re.DOTALL)
_TRIGGER = re.compile(r"^CREATE TRIGGER (\w+) \w+ \w+ ON (\w+)\n.*?;", re.MULTILINE | re.DOTALL)
_TRIGGERS_FOUND = (
    "SELECT tgname::text, relname::text, tgenabled::text, pg_get_triggerdef(pg_trigger.oid) FROM pg_trigger"
    " JOIN pg_class ON pg_class.oid = tgrelid"
    " WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace"
)
_FUNCTIONS_FOUND = "SELECT proname::text, prosrc FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
_TABLES_FOUND = "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()"

Connection = psycopg.Connection[Any]


def guard_faults(connection: Connection) -> Iterator[str]:
    """Say what the schema has not, has switched off, or has otherwise."""
    text = SCHEMA.read_text(encoding="utf-8")
    tables = {name for (name,) in connection.execute(_TABLES_FOUND)}
    yield from (f"The table {name} is missing in the database." for name in _TABLE.findall(text) if name not in tables)
    functions = dict(connection.execute(_FUNCTIONS_FOUND).fetchall())
    for name, body in _FUNCTION.findall(text):
        if functions.get(name) != body:
            yield f"The function {name} of the database is missing, or another than that of Twofold."
    found = {(name, table): (enabled, made) for name, table, enabled, made in connection.execute(_TRIGGERS_FOUND)}
    expected = {(match[1], match[2]): match[0] for match in _TRIGGER.finditer(text)}
    for (name, table), statement in expected.items():
        enabled, made = found.pop((name, table), ("", ""))
        if enabled != "O" or _plain(made) != _plain(statement):
            yield f"The trigger {name} of the table {table} is missing, switched off, or another than that of Twofold."
    yield from (f"The trigger {name} of the table {table} is none of Twofold." for name, table in sorted(found))


def restore_guards(connection: Connection) -> None:
    """Make the functions and triggers anew; remove triggers that are not of the schema. No row is touched."""
    text = SCHEMA.read_text(encoding="utf-8")
    for name, table, *_ in connection.execute(_TRIGGERS_FOUND).fetchall():
        connection.execute(sql.SQL("DROP TRIGGER {} ON {}").format(sql.Identifier(name), sql.Identifier(table)))
    for match in _FUNCTION.finditer(text):
        _run(connection, match[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))
    for match in _TRIGGER.finditer(text):
        _run(connection, match[0])


def lift_guards(connection: Connection, table: str) -> None:
    """Remove the triggers of a table, inside a transaction that restores them."""
    for name, of_table, *_ in connection.execute(_TRIGGERS_FOUND).fetchall():
        if of_table == table:
            connection.execute(sql.SQL("DROP TRIGGER {} ON {}").format(sql.Identifier(name), sql.Identifier(table)))


def _run(connection: Connection, statement: str) -> None:
    connection.execute(statement.encode())  # a text of our own schema file


def _plain(statement: str) -> str:
    """Write a CREATE TRIGGER as the schema file does: without schema names, on one line."""
    return re.sub(r"(ON|FUNCTION) \w+\.", r"\1 ", " ".join(statement.rstrip(";").split()))
