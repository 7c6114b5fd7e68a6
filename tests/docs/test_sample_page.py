"""The program on the page of samples draws what Twofold draws."""

import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from twofold.populations.samples.frozen import freeze, unit_line
from twofold.populations.samples.selection import Method, Plan, draw, seed_of

PAGE = (Path(__file__).parents[2] / "docs" / "formats" / "sample.md").read_text(encoding="utf-8")
PERL = shutil.which("perl")


def program() -> str:
    found = re.search(r"```perl\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def test_it_has_twenty_lines() -> None:
    assert len([line for line in program().splitlines() if line.strip()]) <= 20


@pytest.mark.skipif(PERL is None, reason="perl is not installed here: the program on the page is not run")
@pytest.mark.parametrize("units", [1, 2, 7, 64, 1_000])
def test_it_gives_the_root_and_the_sample(units: int, tmp_path: Path) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    population = freeze(unit_line(f"dep/{number} ü", "erp", start + timedelta(hours=number)) for number in range(units))
    file = tmp_path / "draw.pl"
    file.write_text(program(), encoding="utf-8")
    size = min(25, units)
    asked = ["sox-2026", "CM-01", "T-10", "a nonce", str(size)]
    done = subprocess.run(["perl", file, *asked], input=population.as_text(), capture_output=True, check=True)
    seed = seed_of(engagement="sox-2026", control="CM-01", control_test="T-10", root=population.root, nonce="a nonce")
    chosen = [population.lines[position].decode() for position in draw(population, seed, Plan(Method.RANDOM, size))]
    assert done.stdout.decode().splitlines() == [f"root {population.root.hex()}", *chosen]
