"""The fuzz tools, with few cases: an edit of any row is found, and a kill at any moment leaves a whole workspace."""

import importlib.util
import random  # noqa: TID251  a named seed
import sys
from pathlib import Path
from types import ModuleType

import pytest

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
