"""Rows beside the outcomes of a run: found by their place where the order is proven the same, else by their items."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from twofold.jobs import run_rows
from twofold.jobs.run_rows import PLACE_COLUMNS, ItemPlace, columns_of, rows_beside
from twofold.lenses.verdict import LensView, ScopeStretch, judge_items
from twofold.model.period import ReviewPeriod

ITEMS = 300_000
"""More than two blocks of a file."""
YEAR = ReviewPeriod(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
OUTCOMES = f"""
SELECT printf('i-%07d', n) AS item, 's-' || n % 3 AS system, TIMESTAMP '2026-03-01' + INTERVAL 1 SECOND * n AS
operating_at, TIMESTAMP '2026-03-01' + INTERVAL 1 SECOND * n AS operating_at_latest,
CASE WHEN n % 5 = 0 THEN 'exception:odd' ELSE 'pass' END AS A FROM range({ITEMS}) AS t(n)
"""  # noqa: S608  a number of ours


@pytest.fixture(scope="module")
def session() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


@pytest.fixture(scope="module")
def outcomes(session: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("run") / "outcomes.parquet"
    session.execute(f"COPY ({OUTCOMES} ORDER BY item) TO '{file}' (FORMAT parquet)")
    return file


@pytest.fixture
def by_item_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let looking rows up by their items fail."""
    monkeypatch.setattr(run_rows, "_BY_ITEM", "no query")


def places(session: duckdb.DuckDBPyConnection, outcomes: Path, *numbers: int) -> list[ItemPlace]:
    columns = ", ".join(PLACE_COLUMNS)
    query = f"SELECT {columns} FROM read_parquet(?, file_row_number = true) WHERE list_contains(?, item)"  # noqa: S608  columns of ours
    rows = session.execute(query, [str(outcomes), [f"i-{each:07d}" for each in numbers]]).fetchall()
    return [ItemPlace(*row) for row in rows]


@pytest.mark.usefixtures("by_item_fails")
def test_verdicts_lie_in_the_order_of_the_outcomes(
    session: duckdb.DuckDBPyConnection, outcomes: Path, tmp_path: Path
) -> None:
    file = tmp_path / "verdicts.parquet"
    scope = [ScopeStretch("s-0", None, None), ScopeStretch("s-1", None, None)]
    judge_items(LensView("soc2", YEAR, scope, ("A",)), outcomes, into=file)
    moved = """
        SELECT count(*) FROM read_parquet(?, file_row_number = true) AS o
        JOIN read_parquet(?, file_row_number = true) AS v USING (file_row_number) WHERE o.item <> v.item
    """
    assert session.execute(moved, [str(outcomes), str(file)]).fetchall() == [(0,)]

    chosen = places(session, outcomes, 0, 5, 122_880, 299_999, 7)
    assert len({each.row for each in chosen}) == 5
    assert rows_beside(session, file, ["verdict", "reason"], outcomes=outcomes, places=chosen) == {
        "i-0000000": ("EXCEPTION", "A:odd"),
        "i-0000005": ("NOT_APPLICABLE", "scope"),
        "i-0000007": ("PASS", ""),
        "i-0122880": ("EXCEPTION", "A:odd"),
        "i-0299999": ("PASS", "") if 299_999 % 3 < 2 else ("NOT_APPLICABLE", "scope"),
    }
    assert rows_beside(session, file, ["verdict"], outcomes=outcomes, places=[]) == {}


@pytest.mark.parametrize(
    "other",
    [
        "SELECT * FROM o ORDER BY item DESC",
        "SELECT * FROM o WHERE item <> 'i-0000003' ORDER BY item",
        "SELECT * FROM o ORDER BY if(item = 'i-0000005', 'i-0000007', if(item = 'i-0000007', 'i-0000005', item))",
    ],
    ids=["backwards", "one is missing", "two have changed places"],
)
def test_in_another_order_rows_are_found_by_their_items(
    session: duckdb.DuckDBPyConnection, outcomes: Path, tmp_path: Path, other: str
) -> None:
    file = tmp_path / "other.parquet"
    session.execute(f"COPY (WITH o AS (FROM read_parquet('{outcomes}')) {other}) TO '{file}' (FORMAT parquet)")
    chosen = places(session, outcomes, 2, 5, 7, 250_000)
    found = rows_beside(session, file, ["item", "A"], outcomes=outcomes, places=chosen)
    assert found == {
        "i-0000002": ("i-0000002", "pass"),
        "i-0000005": ("i-0000005", "exception:odd"),
        "i-0000007": ("i-0000007", "pass"),
        "i-0250000": ("i-0250000", "exception:odd"),
    }


def test_a_file_that_was_made_anew_is_looked_at_anew(session: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    file, other = tmp_path / "one.parquet", tmp_path / "two.parquet"
    row = "SELECT 'i-{}' AS item, 's' AS system, NULL::TIMESTAMP AS operating_at, {} AS said"
    for target, number in ((file, 1), (other, 2)):
        session.execute(f"COPY ({row.format(number, number)}) TO '{target}' (FORMAT parquet)")
    assert columns_of(session, file) == ("item", "system", "operating_at", "said")
    place = ItemPlace("i-1", 0, "s", None)
    assert rows_beside(session, other, ["said"], outcomes=file, places=[place]) == {}
    session.execute(f"COPY (SELECT *, 9 AS more FROM ({row.format(1, 3)})) TO '{other}' (FORMAT parquet)")  # noqa: S608  our own path
    assert rows_beside(session, other, ["said"], outcomes=file, places=[place]) == {"i-1": (3,)}
    assert columns_of(session, other)[-1] == "more"
