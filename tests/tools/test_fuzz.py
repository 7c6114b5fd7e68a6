"""The fuzz tools, with few cases: edits are found, a kill leaves a whole workspace, a mutant differs in one part."""

import importlib.util
import random  # noqa: TID251  a named seed
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace

import duckdb
import pytest
import sqlglot

from twofold.vault.signing import keys

TOOLS = Path(__file__).parents[2] / "tools" / "fuzz"
EDITS = 150
KILLS = 4


@pytest.fixture(autouse=True)
def _fast_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "ROUNDS", 1_000)
    monkeypatch.delenv("TWOFOLD_KEY_PASSPHRASE", raising=False)  # the tools have their own


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"fuzz_{name}", TOOLS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_every_edit_of_a_row_is_found_and_named(tmp_path: Path) -> None:
    database = tool("database")
    small, counts = database.make_small(tmp_path), database.Counts()
    draw = random.Random(20261125)  # noqa: S311
    for _ in range(EDITS):
        database.run_case(small, draw, counts)
    assert sum(counts.done.values()) == EDITS
    assert len(counts.done) == len(database.EDITS)
    assert (counts.missed, counts.unnamed) == ([], [])


def test_a_kill_at_any_moment_leaves_a_whole_workspace(tmp_path: Path) -> None:
    counts = tool("kill").run(tmp_path, KILLS, seed=2, rounds=1)
    assert counts.faults == []
    assert counts.acknowledged >= KILLS // 2


def test_a_mutant_differs_from_the_text_in_one_part() -> None:
    text = """
        WITH RECURSIVE counted AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM counted WHERE x < 3),
        chosen AS (SELECT x FROM counted WHERE x > 1 AND x <> 9)
        SELECT CASE WHEN x = 2 THEN 'two' ELSE 'more' END AS a FROM chosen
    """
    made = list(tool("mutation").mutants(text))
    assert {mutant.what.partition(":")[0] for mutant in made} == {"counted", "chosen", "select.a"}
    for mutant in made:
        changed = [ours for ours, theirs in zip(_parts(text), _parts(mutant.sql), strict=True) if ours != theirs]
        assert len(changed) == 1, mutant.what


def _parts(text: str) -> list[str]:
    tree = sqlglot.parse_one(text, read="duckdb")
    head = tree.args["with_"].pop()
    assert head.args["recursive"]
    return [part.sql() for part in (*head.expressions, tree)]


def test_after_a_mutant_that_leaves_too_much_behind_the_next_has_a_new_session(monkeypatch: pytest.MonkeyPatch) -> None:
    mutation = tool("mutation")

    def outcome_of(session: set[str], _: object, sql: str, **_seconds: int) -> str | None:
        if session or sql in {"fills the memory", "no SQL"}:
            session |= {sql} - {"no SQL"}
            return None
        return sql.removeprefix("alike ")

    sessions: list[set[str]] = []

    @contextmanager
    def opened() -> Iterator[tuple[set[str], None]]:
        sessions.append(set())
        yield sessions[-1], None
        if sessions[-1]:
            raise duckdb.OutOfMemoryException

    monkeypatch.setattr(mutation, "outcome_of", outcome_of)
    rule = SimpleNamespace(sql="rule", control_test="T-00")
    left = [mutation.Mutant("", sql) for sql in ("no SQL", "alike rule", "fills the memory", "alike rule", "other")]
    mutation.ask(opened, rule, left, lambda _, truth, found: found != truth, "a case")
    assert [mutant.caught_by for mutant in left] == ["a case", "", "a case", "", "a case"]
    assert len(sessions) == 2
