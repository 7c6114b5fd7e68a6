"""docs/formats/package.md says what is written and checked: its steps, its index, its files."""

import json
import re
from pathlib import Path

import pytest

from twofold.reports import check
from twofold.reports.verify import STEPS

PAGE = (Path(__file__).parents[2] / "docs" / "formats" / "package.md").read_text(encoding="utf-8")


def test_the_page_numbers_the_steps_as_the_checkers_do() -> None:
    numbers = [int(number) for number in re.findall(r"^\| (\d+) ", PAGE, re.MULTILINE)]
    assert numbers == list(range(1, len(STEPS) + 1))
    titles = {number: title for number, (title, _) in enumerate(STEPS, 1)}
    assert [number for number, _, _ in check.STEPS] == [*range(1, 17), 23]
    assert all(title == titles[number] for number, title, _ in check.STEPS)


def test_the_example_of_the_index_has_its_fields(attested: Path, sampled: Path) -> None:
    shown = json.loads(PAGE.split("```json\n")[1].split("```")[0])
    written = json.loads((attested / "data/package.json").read_text(encoding="utf-8"))
    assert set(shown) == set(written)
    assert set(shown["log"]) == set(written["log"])
    for name in ("engagements", "control_tests"):
        assert set(shown[name][0]) == set(written[name][0])
    samples = json.loads((sampled / "data/package.json").read_text(encoding="utf-8"))["samples"]
    assert set(shown["samples"][0]) == set(samples[0])
    assert set(shown["log"]["timestamps"][0]) == set(written["log"]["timestamps"][0])


@pytest.mark.parametrize("made", ["attested", "sampled"])
def test_every_file_of_a_package_is_on_the_page(made: str, request: pytest.FixtureRequest) -> None:
    package: Path = request.getfixturevalue(made)
    for path in package.rglob("*"):
        place = path.relative_to(package / "data") if path.is_relative_to(package / "data") else path
        if path.is_file() and place.parts[0] not in {"evidence", "controls"} and "tile" not in place.parts:
            assert path.name in PAGE or path.suffix in PAGE, path
