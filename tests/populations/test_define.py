from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from twofold.controltests.engine import set_parameters
from twofold.controltests.rule import known_rules
from twofold.model.problem import UserError
from twofold.populations import define
from twofold.populations.define import DEFINITIONS_FOLDER, define_population
from twofold.populations.steps import STEPS, STEPS_FOLDER, register_steps, step_text, steps_needed
from twofold.tables.rows import Value
from twofold.tables.store import SessionLimits, TableSet, open_session

Store = Callable[[Mapping[str, Sequence[Mapping[str, Value]]]], TableSet]
CLOCK = datetime(2026, 7, 15, tzinfo=UTC)
MONTHS = {"branch_month", "mfa_month", "service_account_month", "setting_month"}
NOTHING = "CAST(NULL AS VARCHAR)"


def item(name: str, system: str) -> str:
    at = "TIMESTAMP '2026-01-01'"
    return f"SELECT {name} AS item, {system} AS system, {at} AS operating_at, {at} AS operating_at_latest"


def defining(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "mine.sql").write_text(text + "\n", encoding="utf-8")
    monkeypatch.setattr(define, "DEFINITIONS_FOLDER", folder)


def incidents(store: Store, numbers: Sequence[int]) -> TableSet:
    rows = [{"id": f"INC-{number}", "opened_at": f"2026-05-{number:02d}", "systems": "billing"} for number in numbers]
    return store({"incident": rows})


def test_a_population_is_frozen_sorted_counted_and_hashed(store: Store, tmp_path: Path) -> None:
    hashes = set()
    tables = incidents(store, [3, 1, 2])
    for threads in (1, 4):
        with open_session(tables, SessionLimits(threads=threads)) as session:
            found = define_population(session, "incident_opened", into=tmp_path)
            frozen = session.execute("SELECT item FROM read_parquet(?)", [str(found.file)]).fetchall()
        assert frozen == [("INC-1",), ("INC-2",), ("INC-3",)]
        assert found.count == 3
        hashes.add((found.sha256, found.definition_sha256))
    assert len(hashes) == 1


def test_the_place_of_an_item_among_the_others_is_for_the_session_alone(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbered = item("i.id", "'billing'") + ", ROW_NUMBER() OVER (ORDER BY i.id) AS item_no FROM incident AS i"
    defining(tmp_path, numbered, monkeypatch)
    rows = []
    for number, numbers in enumerate(([2, 3], [1, 2, 3])):
        (tmp_path / str(number)).mkdir()
        with open_session(incidents(store, numbers)) as session:
            found = define_population(session, "mine", into=tmp_path / str(number))
            places = session.execute("SELECT item_no FROM population ORDER BY item").fetchall()
            rows.append(session.execute("FROM read_parquet(?)", [str(found.file)]).fetchall())
        assert places == [(place,) for place in range(1, len(numbers) + 1)]
    assert rows[1][1:] == rows[0], "one more item before them leaves the rows of the others as they were"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{item('1', '2')} UNION ALL {item('1', '3')}", "item 1: stands 2 times"),
        (item(NOTHING, "2"), "item None: has no id"),
        (item("1", NOTHING), "item 1: has no system"),
    ],
)
def test_a_count_that_cannot_be_trusted_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, told: str
) -> None:
    defining(tmp_path, text, monkeypatch)
    with duckdb.connect() as session, pytest.raises(UserError, match=told):
        define_population(session, "mine", into=tmp_path)
    assert not (tmp_path / "population.parquet").exists()


def test_steps_are_found_through_other_steps_and_not_in_comments() -> None:
    assert steps_needed("SELECT 1 FROM ticket -- identity is not needed") == ()
    assert "identity" in steps_needed("SELECT 1 FROM leaver_account AS l")
    for name in STEPS:
        needed = steps_needed(step_text(name))
        assert all(STEPS.index(each) <= STEPS.index(name) for each in needed), "a step reads a later one"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every step over empty tables."""
    with open_session(TableSet(tmp_path_factory.mktemp("tables"), {})) as session:
        register_steps(session)
        yield session


def test_every_step_file_is_registered_and_runs_over_empty_tables(empty: duckdb.DuckDBPyConnection) -> None:
    assert {path.stem for path in STEPS_FOLDER.glob("*.sql")} == set(STEPS)
    for name in STEPS:
        assert step_text(name).startswith(f"-- {name}:")
        rows = empty.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608  names of ours
        assert rows == [] or name == "review_month", "only the months are there without any row"


@pytest.mark.parametrize("path", sorted(DEFINITIONS_FOLDER.glob("*.sql")), ids=lambda path: path.stem)
def test_every_definition_gives_the_columns_of_an_item_first(
    empty: duckdb.DuckDBPyConnection, tmp_path: Path, path: Path
) -> None:
    rule = next(rule for rule in known_rules().values() if rule.population == path.stem)
    set_parameters(empty, rule.parameter_values({}, where="defaults"), extracted_at=CLOCK)
    found = define_population(empty, path.stem, into=tmp_path)
    described: list[tuple[Any, ...]] = empty.execute("DESCRIBE population").fetchall()
    assert found.count == 0
    assert [column[0] for column in described[:4]] == list(define.ITEM_COLUMNS)
    # A month of a setting or an account comes from many rows, so it names none.
    named = {"evidence", "record"} & {column[0] for column in described}
    assert len(named) == (0 if path.stem in MONTHS else 2)
