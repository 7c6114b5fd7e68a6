"""The same rows give the same bytes of population and outcomes on every engine.

Skipped where Spark is not installed, since it is 850 MB with what it needs: `make engines` sets it up and runs every
case. Without TWOFOLD_EVERY_CASE a few cases of each rule are run.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from twofold.controltests.chosen_engine import chosen_engine
from twofold.controltests.engine import run_rule, set_parameters
from twofold.controltests.rule import RULES_FOLDER
from twofold.jobs.cases import case_rows, read_case
from twofold.model.problem import UserError
from twofold.populations.define import define_population, definition_text
from twofold.populations.derive import DERIVED, derive_tables
from twofold.populations.sql_engine import DUCKDB, Engine
from twofold.populations.steps import register_steps, step_text, steps_needed
from twofold.tables.store import SessionLimits, TableSet, TableWriter, open_session

from ..spark_server import spark_jars, spark_server

JARS = spark_jars()
pytestmark = pytest.mark.skipif(JARS is None, reason="Apache Spark or Java is not installed: see `make engines`")
EVERY_CASE = bool(os.environ.get("TWOFOLD_EVERY_CASE"))
A_FEW = 2


def _cases() -> Iterator[Path]:
    for folder in sorted(RULES_FOLDER.iterdir()):
        found = sorted(path.parent for path in folder.glob("cases/*/case.toml"))
        yield from found if EVERY_CASE else found[:: max(1, len(found) // A_FEW)][:A_FEW]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    assert JARS is not None
    with spark_server(JARS) as found:
        yield found


@dataclass(frozen=True)
class Found:
    """What an engine gave."""

    population: bytes
    outcomes: bytes
    counts: dict[str, dict[str, int]]


def _tables(folder: Path, into: Path) -> TableSet:
    case = read_case(folder)
    texts = [definition_text(case.rule.population), case.rule.sql]
    read = " ".join([*texts, *map(step_text, steps_needed(*texts))])
    with TableWriter(into) as writer:
        for row, lineage in case_rows(case):
            writer.add(row, lineage=lineage)
        written = writer.finish()
    return derive_tables(written, clock=case.extracted_at, wanted=[name for name in DERIVED if name in read])


def _found(folder: Path, tables: TableSet, engine: Engine, into: Path) -> Found:
    case = read_case(folder)
    into.mkdir()
    with open_session(tables, SessionLimits(threads=1)) as session:
        register_steps(session, steps_needed(definition_text(case.rule.population), case.rule.sql), engine=engine)
        set_parameters(session, case.parameters, extracted_at=case.extracted_at)
        population = define_population(session, case.rule.population, into=into, engine=engine)
        outcomes = run_rule(session, case.rule, into=into, engine=engine)
    counts = {letter: dict(each) for letter, each in outcomes.counts.items()}
    return Found(population.file.read_bytes(), outcomes.file.read_bytes(), counts)


@pytest.mark.parametrize("folder", list(_cases()), ids=lambda folder: f"{folder.parents[1].name}/{folder.name}")
def test_a_case_gives_the_same_bytes_on_spark(folder: Path, address: str, tmp_path: Path) -> None:
    tables = _tables(folder, tmp_path / "tables")
    here = _found(folder, tables, DUCKDB, tmp_path / "duckdb")
    with chosen_engine(address) as spark:
        assert spark.name.startswith("spark ")
        assert _found(folder, tables, spark, tmp_path / "spark") == here


def test_a_server_that_sees_the_files_reads_them_itself(address: str, tmp_path: Path) -> None:
    folder = next(_cases())
    tables = _tables(folder, tmp_path / "tables")
    here = _found(folder, tables, DUCKDB, tmp_path / "duckdb")
    with chosen_engine(address, tables=tables.folder) as spark:
        assert _found(folder, tables, spark, tmp_path / "spark") == here


def test_what_spark_refuses_is_told_in_one_line(address: str, tmp_path: Path) -> None:
    tables = _tables(next(_cases()), tmp_path / "tables")
    with (
        pytest.raises(UserError, match=r"Spark refused: \[TABLE_OR_VIEW_NOT_FOUND\]") as refused,
        open_session(tables) as session,
        chosen_engine(address) as spark,
    ):
        spark.relate(session, "one", "SELECT x.a AS a FROM no_such_table AS x")
    assert len(str(refused.value).splitlines()) < 6
    assert "[engine]" in str(refused.value)


def test_a_server_that_is_away_is_told_at_once() -> None:
    with (
        pytest.raises(UserError, match="cannot be reached"),
        chosen_engine("sc://127.0.0.1:9"),
    ):
        pass
