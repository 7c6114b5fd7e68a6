"""The same rows give the same bytes of population and outcomes on every engine.

The rows are those of the golden cases, which pass on DuckDB many at once or alone, and random companies of the second
opinions. Skipped where Spark is not installed, since it is 850 MB with what it needs: `make engines` sets it up. It
runs the batches with a golden case of the specification (audit-domain 4.4) and the largest ones of each rule; with
TWOFOLD_EVERY_CASE=1 all of them, which takes hours.
"""

import importlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from twofold.controltests.chosen_engine import chosen_engine
from twofold.controltests.engine import run_rule, set_parameters
from twofold.controltests.every_reading import OpenReading, keep_what_holds
from twofold.controltests.rule import RULES_FOLDER, ParameterValue, Rule
from twofold.jobs.cases import CaseRow, find_cases
from twofold.model.problem import UserError
from twofold.populations.define import define_population, definition_text
from twofold.populations.derive import DERIVED, derive_tables
from twofold.populations.steps import register_steps, step_text, steps_needed
from twofold.tables.readings import UNMARKED, Reading, has_conflicts
from twofold.tables.store import Lineage, SessionLimits, TableSet, TableWriter, open_session
from twofold.tables.typed_rows import typed_row

from ..controltests.case_batches import batches, in_common_with_tables, passed_together, read_whole, rows_together
from ..second_opinion.rules import agreement
from ..spark_server import spark_jars, spark_server

JARS = spark_jars()
pytestmark = pytest.mark.skipif(JARS is None, reason="Apache Spark or Java is not installed: see `make engines`")
EVERY_CASE = bool(os.environ.get("TWOFOLD_EVERY_CASE"))
RULES = sorted(path for path in RULES_FOLDER.iterdir() if path.is_dir())
A_FEW = 2
WORLDS = 250
GOLDEN = "golden-"
DUCKDB = ""
"""The address of no server."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    assert JARS is not None
    with spark_server(JARS) as found:
        yield found


@dataclass(frozen=True)
class Rows:
    """What a rule is run on."""

    rule: Rule
    parameters: Mapping[str, ParameterValue]
    clock: datetime
    rows: Iterable[CaseRow]


@dataclass(frozen=True)
class Found:
    """What an engine gave."""

    population: bytes
    outcomes: bytes
    counts: dict[str, dict[str, int]]


def _cases(folder: Path) -> Iterator[Rows]:
    """Yield the cases of a rule: each batch that passes on DuckDB, and alone what does not pass in it."""
    read = map(read_whole, find_cases([folder]))
    made = sorted(batches(read, in_common_with_tables), key=len, reverse=True)
    for place, batch in enumerate(made):
        golden = any(each.case.folder.name.startswith(GOLDEN) for each in batch)
        if not (golden or place < A_FEW or EVERY_CASE):
            continue
        passed = passed_together(batch)
        alone = [[each] for number, each in enumerate(batch) if number not in passed]
        for some in [batch, *alone] if passed else alone:
            case = some[0].case
            yield Rows(case.rule, case.parameters, case.extracted_at, rows_together(some))


def _company(folder: Path) -> Rows:
    """Return a random company of the second opinion of a rule."""
    opinion = importlib.import_module(f"..second_opinion.rules.{folder.name.lower().replace('-', '_')}", __package__)
    rule, parameters = agreement.rule_and_parameters(opinion, 0)
    lineage = Lineage("second-opinion", "test", "test", agreement.CLOCK)
    rows = agreement.rows_together(opinion, range(WORLDS), batch_seed=0)
    return Rows(rule, parameters, agreement.CLOCK, [(typed_row(row, zone="UTC"), lineage) for row in rows])


def _tables(given: Rows, into: Path) -> TableSet:
    texts = [definition_text(given.rule.population), given.rule.sql]
    read = " ".join([*texts, *map(step_text, steps_needed(*texts))])
    with TableWriter(into) as writer:
        for row, lineage in given.rows:
            writer.add(row, lineage=lineage)
        written = writer.finish()
    return derive_tables(written, clock=given.clock, wanted=[name for name in DERIVED if name in read])


def _found(given: Rows, tables: TableSet, address: str, into: Path, *, reads_files: bool = False) -> Found:
    """Return what an engine gives over the marked tables and, where rows are in conflict, over every reading."""
    into.mkdir()
    with ExitStack() as opened:

        def reading(which: Reading) -> OpenReading:
            session = opened.enter_context(open_session(tables, SessionLimits(threads=1), reading=which))
            folder = tables.folder if reads_files and which is Reading.MARKED else None
            engine = opened.enter_context(chosen_engine(address, tables=folder))
            assert engine.name.startswith("spark " if address else "duckdb ")
            register_steps(session, steps_needed(definition_text(given.rule.population), given.rule.sql), engine=engine)
            set_parameters(session, given.parameters, extracted_at=given.clock)
            return OpenReading(session, engine)

        marked = reading(Reading.MARKED)
        population = define_population(marked.session, given.rule.population, into=into, engine=marked.engine)
        outcomes = run_rule(marked.session, given.rule, into=into, engine=marked.engine)
        if has_conflicts(tables.folder):
            unmarked = [reading(each) for each in UNMARKED]
            population, outcomes = keep_what_holds(marked.session, unmarked, given.rule, population, into=into)
    counts = {letter: dict(each) for letter, each in outcomes.counts.items()}
    return Found(population.file.read_bytes(), outcomes.file.read_bytes(), counts)


def _check_same(given: Rows, address: str, folder: Path) -> None:
    folder.mkdir()
    tables = _tables(given, folder / "tables")
    assert _found(given, tables, address, folder / "spark") == _found(given, tables, DUCKDB, folder / "duckdb")


@pytest.mark.parametrize("folder", RULES, ids=lambda folder: folder.name)
def test_the_cases_of_a_rule_give_the_same_bytes_on_spark(folder: Path, address: str, tmp_path: Path) -> None:
    for number, given in enumerate(_cases(folder)):
        _check_same(given, address, tmp_path / str(number))


@pytest.mark.parametrize("folder", RULES, ids=lambda folder: folder.name)
def test_a_random_company_gives_the_same_bytes_on_spark(folder: Path, address: str, tmp_path: Path) -> None:
    _check_same(_company(folder), address, tmp_path / "company")


def test_a_server_that_sees_the_files_reads_them_itself(address: str, tmp_path: Path) -> None:
    given = next(_cases(RULES[0]))
    tables = _tables(given, tmp_path / "tables")
    here = _found(given, tables, DUCKDB, tmp_path / "duckdb")
    assert _found(given, tables, address, tmp_path / "spark", reads_files=True) == here


def test_what_spark_refuses_is_told_in_one_line(address: str, tmp_path: Path) -> None:
    tables = _tables(_company(RULES[0]), tmp_path / "tables")
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
