from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import duckdb
import pytest

from twofold.controltests.engine import RuleFault, run_rule, set_parameters
from twofold.controltests.rule import Attribute, Parameter, Rule
from twofold.controltests.run_record import ControlTestRun, RunState, read_run, write_run
from twofold.model.ids import ControlTestId

CLOCK = datetime(2026, 7, 15, 6, tzinfo=UTC)
HEAD = (
    "p.item AS item, p.system AS system, p.operating_at AS operating_at, p.operating_at_latest AS operating_at_latest"
)
ATTRIBUTES = (
    Attribute("A", "It holds", MappingProxyType({"exception:odd": "It is odd."})),
    Attribute("B", "It was seen", MappingProxyType({"cannot_test:pending": "Not yet.", "na:small": "Too small."})),
)


def rule(sql: str) -> Rule:
    return Rule(
        control_test=ControlTestId("T-99"),
        version="1",
        title="Title",
        objective="Objective.",
        population="numbers",
        attributes=ATTRIBUTES,
        parameters=(Parameter("limit_of_small", "integer", 2, "", "", ""),),
        sql=sql,
        facts_sql="",
        folder=Path(),
        sha256="0" * 64,
    )


def judging(
    a: str = "CASE WHEN p.number % 2 = 1 THEN 'exception:odd' ELSE 'pass' END", b: str = "'pass'", tail: str = ""
) -> str:
    return f"SELECT {HEAD}, {a} AS a, {b} AS b FROM population AS p CROSS JOIN parameter AS q {tail}"  # noqa: S608  a test's rule


@pytest.fixture
def session() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        populate(opened, "range(5)")
        yield opened


def populate(session: duckdb.DuckDBPyConnection, numbers: str) -> None:
    session.execute(
        f"""
        CREATE OR REPLACE TABLE population AS SELECT 'item-' || lpad(n::VARCHAR, 6, '0') AS item, 'billing' AS system,
            TIMESTAMP '2026-01-01' + n * INTERVAL 1 MINUTE AS operating_at,
            TIMESTAMP '2026-01-01' + n * INTERVAL 1 MINUTE AS operating_at_latest, n AS number FROM {numbers} AS r(n)
        """  # noqa: S608  a test's numbers
    )
    set_parameters(session, {"limit_of_small": 2}, extracted_at=CLOCK)


def test_every_item_comes_out_once_with_a_code_per_attribute(
    session: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    small = "CASE WHEN p.number < q.limit_of_small THEN 'na:small' ELSE 'pass' END"
    found = run_rule(session, rule(judging(b=small)), into=tmp_path)
    assert found.counts == {"A": {"exception:odd": 2, "pass": 3}, "B": {"na:small": 2, "pass": 3}}
    rows = session.execute("SELECT item, system, A, B FROM read_parquet(?)", [str(found.file)]).fetchall()
    assert rows[1] == ("item-000001", "billing", "exception:odd", "na:small")
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)


@pytest.mark.parametrize(
    ("tail", "told"),
    [
        ("WHERE p.number <> 3", "item-000003 stands 1 times in the population and 0 in the outcomes"),
        ("CROSS JOIN range(2) AS twice", "item-000000 stands 1 times in the population and 2 in the outcomes"),
    ],
)
def test_a_rule_that_loses_or_repeats_an_item_is_refused(
    session: duckdb.DuckDBPyConnection, tmp_path: Path, tail: str, told: str
) -> None:
    with pytest.raises(RuleFault, match=told):
        run_rule(session, rule(judging(tail=tail)), into=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_rule_that_makes_an_item_up_is_refused(session: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    more = f"{judging()} UNION ALL SELECT 'made-up', 'billing', NULL, NULL, 'pass', 'pass'"
    with pytest.raises(RuleFault, match="made-up stands 0 times in the population"):
        run_rule(session, rule(more), into=tmp_path)


@pytest.mark.parametrize(
    "change", [("p.system AS", "'erp' AS"), ("p.operating_at AS", "p.operating_at + INTERVAL 1 DAY AS")]
)
def test_a_rule_that_moves_an_item_is_refused(
    session: duckdb.DuckDBPyConnection, tmp_path: Path, change: tuple[str, str]
) -> None:
    with pytest.raises(RuleFault, match="another system or operating date than in the population: item-000000"):
        run_rule(session, rule(judging().replace(*change)), into=tmp_path)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("'exception:even'", "T-99 A: exception:even is not declared"),
        ("'exception:pending'", "not declared"),
        ("'cannot_test:odd'", "not declared"),
        ("'EXCEPTION:odd'", "no reason code"),
        ("CAST(NULL AS VARCHAR)", "'' is no reason code"),
    ],
)
def test_a_code_that_is_not_declared_is_refused(
    session: duckdb.DuckDBPyConnection, tmp_path: Path, code: str, told: str
) -> None:
    with pytest.raises(RuleFault, match=told):
        run_rule(session, rule(judging(a=code)), into=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("word", ["it's", "x'); DROP TABLE population; --", 'a "b" \n ä', "?$1"])
def test_parameters_reach_sql_as_they_are(word: str) -> None:
    with duckdb.connect() as session:
        set_parameters(session, {"word": word, "days": -5, "strict": True, "big": 2**62}, extracted_at=CLOCK)
        row = session.execute("SELECT word, days, strict, big, extracted_at FROM parameter").fetchall()
        assert row == [(word, -5, True, 2**62, CLOCK.replace(tzinfo=None))]
        set_parameters(session, {"days": 1}, extracted_at=CLOCK)
        assert session.execute("SELECT days FROM parameter").fetchall() == [(1,)]


def test_shuffled_rows_and_more_threads_give_the_same_bytes(tmp_path: Path) -> None:
    hashes = set()
    for threads, order in ((1, ""), (2, "ORDER BY md5(item)"), (4, "ORDER BY item DESC")):
        into = tmp_path / str(threads)
        into.mkdir()
        with duckdb.connect(config={"threads": threads}) as session:
            populate(session, "range(200000)")
            session.execute(f"CREATE OR REPLACE TABLE population AS SELECT * FROM population {order}")  # noqa: S608
            hashes.add(run_rule(session, rule(judging()), into=into).sha256)
    assert len(hashes) == 1


RUN = ControlTestRun(
    control_test="T-99",
    title="Title",
    rule_version="1",
    rule_sha256="1" * 64,
    parameters={"days": 5, "strict": True, "word": "é"},
    population="numbers",
    population_count=5,
    population_sha256="2" * 64,
    definition_sha256="3" * 64,
    steps={},
    completeness_sha256="4" * 64,
    tables={"ticket": "5" * 64},
    clock="2026-07-15T06:00:00+00:00",
    engine="duckdb 2.0.0",
    state=RunState.TESTED,
    stops=(),
    outcomes_sha256="6" * 64,
    counts={"A": {"pass": 5}},
)


def test_a_run_is_known_by_its_content() -> None:
    run = RUN.identified()
    assert run.run_id.startswith("run-")
    assert run.identified().run_id == run.run_id
    changed = [
        replace(RUN, parameters={**RUN.parameters, "days": 6}),
        replace(RUN, tables={"ticket": "7" * 64}),
        replace(RUN, rule_sha256="7" * 64),
        replace(RUN, clock="2026-07-16T06:00:00+00:00"),
        replace(RUN, counts={"A": {"pass": 4, "exception:odd": 1}}),
    ]
    others = {each.identified().run_id for each in changed}
    assert len(others | {run.run_id}) == len(changed) + 1


@pytest.mark.parametrize("state", RunState)
def test_a_run_comes_back_from_its_file(tmp_path: Path, state: RunState) -> None:
    run = replace(RUN, state=state, stops=("page_cap: 1 export",) if state is RunState.STOPPED else ()).identified()
    write_run(run, tmp_path)
    assert read_run(tmp_path) == run
    first = (tmp_path / "run.json").read_bytes()
    write_run(run, tmp_path)
    assert (tmp_path / "run.json").read_bytes() == first
