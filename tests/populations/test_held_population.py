"""A population that several control tests share is made once a session."""

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from twofold.populations.define import define_population

TEXT = (
    "SELECT i.item AS item, 'billing' AS system, NULL AS operating_at, NULL AS operating_at_latest FROM occurrence AS i"
)


def folders(root: Path) -> tuple[Path, Path]:
    first, second = root / "first", root / "second"
    first.mkdir()
    second.mkdir()
    return first, second


def test_the_held_population_is_copied_and_not_made_again(tmp_path: Path) -> None:
    first, second = folders(tmp_path)
    with duckdb.connect() as session:
        session.execute("CREATE TABLE occurrence AS SELECT 'i1' AS item")
        held = define_population(session, "any", into=first, text=TEXT)
        session.execute("DROP TABLE occurrence")
        again = define_population(session, "any", into=second, text=TEXT, held=held)
    assert again == replace(held, file=second / "population.parquet")
    assert again.file.read_bytes() == held.file.read_bytes()


@pytest.mark.parametrize("more", ["WHERE true", "CROSS JOIN parameter AS q"])
def test_another_definition_or_one_that_reads_parameters_is_made_again(tmp_path: Path, more: str) -> None:
    first, second = folders(tmp_path)
    reading = f"{TEXT} CROSS JOIN parameter AS q"
    with duckdb.connect() as session:
        session.execute("CREATE TABLE parameter AS SELECT 1 AS days")
        session.execute("CREATE TABLE occurrence AS SELECT 'i1' AS item")
        held = define_population(session, "any", into=first, text=reading)
        session.execute("INSERT INTO occurrence VALUES ('i2')")
        again = define_population(session, "any", into=second, text=f"{TEXT} {more}", held=held)
    assert (held.count, again.count) == (1, 2)
