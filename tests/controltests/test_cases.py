"""Every case folder of every rule gives what its expected.csv says."""

from pathlib import Path

import pytest

from twofold.controltests.rule import RULES_FOLDER
from twofold.jobs.cases import run_case

CASES = sorted(path.parent for path in RULES_FOLDER.glob("*/cases/*/case.toml"))


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: f"{folder.parents[1].name}/{folder.name}")
def test_case(folder: Path) -> None:
    assert run_case(folder) == []
