"""The peers that `make bench` measures do the same rule: they give the rule's code of every item, on worlds of traps.

That they do so on the tables of the bench as well, the bench checks itself.
"""

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).parents[2] / "tools" / "bench"
SEED = 7
WORLDS = 25
ALWAYS = ("by hand in DuckDB", "in plain Python")
"""Pandas is no dependency; `make bench` installs it and compares that peer itself."""


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(BENCH), *sys.path])
    return importlib.import_module("rule_peers")


def test_peers_agree_with_the_rule_on_traps(bench: ModuleType) -> None:
    found = bench.differences_on_traps("T-10", ALWAYS, seed=SEED, worlds=WORLDS)
    assert found == dict.fromkeys(ALWAYS, 0)


def test_peer_with_pandas_agrees_with_the_rule_on_traps(bench: ModuleType) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed; `make bench` installs it")
    assert bench.differences_on_traps("T-11", ["with pandas"], seed=SEED, worlds=WORLDS) == {"with pandas": 0}


def test_another_code_and_a_missing_item_are_counted(bench: ModuleType, tmp_path: Path) -> None:
    letters = ", ".join(f"'pass' AS {letter}" for letter in "ABCDEFGH")
    files = []
    for name, rows in (("ours", [("d1", "pass"), ("d2", "pass")]), ("theirs", [("d1", "exception:no_uat")])):
        files.append(tmp_path / f"{name}.parquet")
        values = ", ".join(str(row) for row in rows)
        made = f"SELECT item, {letters}, I FROM (VALUES {values}) AS v(item, I)"  # noqa: S608  our own rows
        bench.duckdb.sql(f"COPY ({made}) TO '{files[-1]}' (FORMAT parquet)")
    assert bench.differences("T-10", *files) == 3
