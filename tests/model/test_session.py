"""A session is empty and in UTC, whatever the one before it on the same database did."""

import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import duckdb
import pytest

import twofold
from twofold.model import session as subject
from twofold.model.session import sql_session

GROUND = "CREATE VIEW person AS SELECT 'nobody' AS id"


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[None]]:
    """Give what counts the databases that are made, with none at hand."""
    found: list[None] = []
    make = subject._with_ground  # noqa: SLF001  what is to be called rarely

    def counted(threads: int | None, memory: str | None, ground: str) -> duckdb.DuckDBPyConnection:
        found.append(None)
        return make(threads, memory, ground)

    monkeypatch.setattr(subject, "_with_ground", counted)
    monkeypatch.setattr(subject, "_IDLE", type(subject._IDLE)(list))  # noqa: SLF001  of this test alone
    yield found
    for idle in subject._IDLE.values():  # noqa: SLF001
        for each in idle:
            each.close()


def test_nothing_is_left_for_the_next(made: list[None]) -> None:
    with sql_session() as session:
        session.execute("CREATE TABLE a AS SELECT 1 AS x; CREATE TEMP TABLE b AS FROM a; CREATE VIEW c AS FROM a")
        session.execute("SET TimeZone = 'Asia/Tokyo'; BEGIN; CREATE TABLE d AS FROM a")
    with sql_session() as session:
        assert session.execute("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]
        for name in "abcd":
            session.execute(f"CREATE TABLE {name} (y INTEGER)")
            assert session.execute(f"FROM {name}").fetchall() == []
    assert len(made) == 1


def test_it_spills_where_only_this_user_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with sql_session(threads=1, memory="60MB") as session:
        session.execute("CREATE TABLE wide AS SELECT sha256(i::VARCHAR) AS x FROM range(1_500_000) AS r(i)")
        files = session.execute("SELECT path FROM duckdb_temporary_files()").fetchall()
        (folder,) = {Path(path).parent for (path,) in files}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [*tmp_path.iterdir()] == []


def test_no_database_shows_progress_on_standard_output() -> None:
    """The engine does where Python was started without a file, as a worker process is."""
    asked = "new_database().execute(\"SELECT current_setting('enable_progress_bar')\").fetchone()"
    code = f"from twofold.model.session import new_database; print({asked})"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "(False,)\n"


def test_nothing_else_opens_a_database() -> None:
    """Left to itself, the engine spills into the folder of the caller, and a worker shows progress."""
    source = Path(twofold.__file__).parent
    opens = re.compile(r"\bduckdb\.(connect|execute|sql|query)\(")
    found = {path.relative_to(source).as_posix() for path in source.rglob("*.py") if opens.search(path.read_text())}
    assert found == {"model/session.py"}


def test_a_session_within_another_sees_nothing_of_it() -> None:
    with sql_session() as outer, sql_session() as inner:
        outer.execute("CREATE TABLE a AS SELECT 1 AS x")
        with pytest.raises(duckdb.CatalogException):
            inner.execute("FROM a")
        assert outer.execute("FROM a").fetchall() == [(1,)]


def test_a_database_on_which_something_broke_off_serves_no_more(made: list[None]) -> None:
    with pytest.raises(duckdb.CatalogException), sql_session() as session:
        session.execute("FROM nothing")
    with sql_session() as session:
        assert session.execute("SELECT 1").fetchall() == [(1,)]
    assert len(made) == 2


def test_each_has_the_limits_that_it_asked_for() -> None:
    for threads, memory in ((1, "512MB"), (2, "1GB"), (1, "512MB")):
        with sql_session(threads=threads, memory=memory) as session:
            found = session.execute("SELECT current_setting('threads'), current_setting('memory_limit')").fetchall()
            assert found == [(threads, {"512MB": "488.2 MiB", "1GB": "953.6 MiB"}[memory])]


def test_a_file_that_was_replaced_is_read_again(tmp_path: object) -> None:
    for value in (1, 2):
        with sql_session() as session:
            session.execute(f"COPY (SELECT {value} AS x) TO '{tmp_path}/a.parquet' (FORMAT parquet)")
        with sql_session() as session:
            assert session.execute(f"FROM read_parquet('{tmp_path}/a.parquet')").fetchall() == [(value,)]


def test_the_ground_is_made_once_and_hidden_by_what_a_session_makes(made: list[None]) -> None:
    for name in ("ada", "bo"):
        with sql_session(ground=GROUND) as session:
            assert session.execute("SELECT id FROM person").fetchall() == [("nobody",)]
            session.execute(f"CREATE VIEW person AS SELECT '{name}' AS id")
            assert session.execute("SELECT id FROM person").fetchall() == [(name,)]
    with pytest.raises(duckdb.CatalogException), sql_session() as session:
        session.execute("FROM person")
    assert len(made) == 2


def test_threads_have_databases_of_their_own_and_few_are_kept(made: list[None]) -> None:
    together = Barrier(6)

    def work(number: int) -> list[tuple[int]]:
        with sql_session(threads=1) as session:
            session.execute(f"CREATE TABLE own AS SELECT {number} AS x")
            together.wait(20)
            return session.execute("FROM own").fetchall()

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(work, range(6))) == [[(number,)] for number in range(6)]
    assert len(made) == 6
    assert [len(idle) for idle in subject._IDLE.values()] == [4]  # noqa: SLF001
