"""Relations of the engine in this process: naming columns alone makes a view; either kind gives way to the other."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from twofold.populations.sql_engine import DUCKDB

NAMES = "-- a, b: as they stand\nSELECT\n    s.a AS item,\n    s.b AS system\nFROM step AS s\n"
COMPUTES = "SELECT s.a || '!' AS item, s.b AS system FROM step AS s"


@pytest.fixture
def session() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("CREATE TEMP TABLE step AS SELECT 'x' AS a, 'y' AS b")
        yield opened


def kind(session: duckdb.DuckDBPyConnection) -> object:
    found = session.execute("SELECT table_type FROM information_schema.tables WHERE table_name = 'made'").fetchall()
    return [kind for (kind,) in found]


@pytest.mark.parametrize("texts", [(NAMES, COMPUTES, NAMES), (COMPUTES, NAMES, COMPUTES), (NAMES, NAMES)])
def test_either_kind_gives_way_to_the_other(session: duckdb.DuckDBPyConnection, texts: tuple[str, ...]) -> None:
    for text in texts:
        DUCKDB.bring(session, "made", text)
        assert kind(session) == ["VIEW" if text == NAMES else "LOCAL TEMPORARY"]
        assert session.execute("SELECT item FROM made").fetchall() == [("x" if text == NAMES else "x!",)]


@pytest.mark.parametrize("more", ["WHERE s.a = 'x'", "JOIN step AS t ON t.a = s.a", "GROUP BY s.a, s.b", "LIMIT 1"])
def test_what_does_more_than_name_columns_is_computed_once(session: duckdb.DuckDBPyConnection, more: str) -> None:
    DUCKDB.bring(session, "made", f"{NAMES}{more}")
    assert kind(session) == ["LOCAL TEMPORARY"]


def test_a_text_that_cannot_be_computed_leaves_what_was_there(session: duckdb.DuckDBPyConnection) -> None:
    DUCKDB.bring(session, "made", NAMES)
    with pytest.raises(duckdb.CatalogException, match="nowhere"):
        DUCKDB.bring(session, "made", "SELECT * FROM nowhere")
    assert session.execute("SELECT item FROM made").fetchall() == [("x",)]


@pytest.mark.parametrize("rows", [0, 2])
def test_what_only_names_columns_is_written_with_the_bytes_of_a_table(
    session: duckdb.DuckDBPyConnection, tmp_path: Path, rows: int
) -> None:
    step, named, computed = (str(tmp_path / f"{name}.parquet") for name in ("step", "named", "computed"))
    session.table("step").cross(session.sql("FROM range(?)", params=[rows])).project("a, b").write_parquet(step)
    session.execute("DROP TABLE step")
    session.read_parquet(step).create_view("step")
    for text, file in ((NAMES, named), (f"{NAMES}WHERE s.a = s.a", computed)):
        DUCKDB.bring(session, "made", text)
        session.table("made").write_parquet(file)
    assert Path(named).read_bytes() == Path(computed).read_bytes()
