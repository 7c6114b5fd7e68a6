"""What differs between two outcome files: attributes, and where and when an item stands."""

from pathlib import Path

import duckdb
import pytest

from twofold.controltests.run_difference import run_difference

FIRST = "('A', 'erp', TIMESTAMP '2026-03-01', TIMESTAMP '2026-03-01', 'pass', 'exception:late')"


def written(path: Path, *rows: str) -> Path:
    columns = "item, system, operating_at, operating_at_latest, a, b"
    with duckdb.connect() as session:
        session.execute(f"COPY (FROM (VALUES {', '.join(rows)}) AS outcome({columns})) TO '{path}' (FORMAT parquet)")
    return path


@pytest.mark.parametrize(
    ("now", "letters"),
    [
        (FIRST.replace("erp", "crm"), ("system",)),
        (FIRST.replace("2026-03-01", "2025-12-31"), ("operating_at",)),
        (FIRST.replace("2026-03-01", "2025-12-31").replace("exception:late", "pass"), ("b", "operating_at")),
        (FIRST.replace("'2026-03-01', 'pass'", "'2026-03-02', 'pass'"), ("operating_at",)),
        (FIRST.replace("TIMESTAMP '2026-03-01'", "CAST(NULL AS TIMESTAMP)"), ("operating_at",)),
    ],
)
def test_an_item_that_moved_to_another_system_or_date_is_not_the_same(
    tmp_path: Path, now: str, letters: tuple[str, ...]
) -> None:
    other = FIRST.replace("'A'", "'B'")
    found = run_difference(written(tmp_path / "1", FIRST, other), written(tmp_path / "2", other, now))
    assert (found.same, [(each.item, each.letters) for each in found.changed]) == (1, [("A", letters)])
    for each in found.changed:
        assert set(each.before or ()) == set(each.now or ()) == {"a", "b", *letters}


def test_the_order_of_rows_changes_nothing_and_a_new_item_shows_its_attributes(tmp_path: Path) -> None:
    other = FIRST.replace("'A'", "'B'")
    first = written(tmp_path / "1", FIRST, other)
    assert run_difference(first, written(tmp_path / "2", other, FIRST)).items == ()
    found = run_difference(first, written(tmp_path / "3", FIRST, other, FIRST.replace("'A'", "'C'")))
    assert [(each.item, each.system, each.letters) for each in found.new] == [("C", "erp", ("a", "b"))]
