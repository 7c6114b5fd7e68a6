"""How much of its file a connection to SQLite keeps in memory: much while it writes, and little otherwise."""

import sqlite3
from pathlib import Path

from twofold.vault.database.sqlite_database import SqliteDatabase


def kept(database: SqliteDatabase) -> int:
    return int(database.execute("PRAGMA cache_size")[0][0])


def test_only_a_writer_keeps_much_of_the_file(tmp_path: Path) -> None:
    database = SqliteDatabase.create(tmp_path / "log.sqlite3")
    with database.writing():
        database.execute("UPDATE head SET size = 1")
        while_writing = kept(database)
    assert (while_writing, kept(database)) == (-65_536, -4_096)
    database.close()
    database = SqliteDatabase.open(tmp_path / "log.sqlite3")
    assert kept(database) == -4_096
    database.close()


def test_the_connection_of_someone_else_is_left_as_it_is(tmp_path: Path) -> None:
    SqliteDatabase.create(tmp_path / "log.sqlite3").close()
    connection = sqlite3.connect(tmp_path / "log.sqlite3", isolation_level=None)
    connection.execute("PRAGMA cache_size = -1000")
    database = SqliteDatabase(connection, "theirs")
    connection.execute("BEGIN")
    with database.writing():
        database.execute("UPDATE head SET size = 1")
    connection.execute("COMMIT")
    assert kept(database) == -1_000
    database.close()
