"""Laws of all checks: none is ok without data, each needs what it says, and each has its rule, source and repair."""

import pytest

from twofold.controltests.rule import rule_named
from twofold.readiness.check import State
from twofold.readiness.check_files import CHECKS_FOLDER, headings, known_checks
from twofold.tables.schema import canonical_tables

from .check_world import World

ALL = sorted(known_checks())
WITH_TESTS = [name for name, check in known_checks().items() if check.outcomes and not check.sql]
READING_TESTS = [name for name, check in known_checks().items() if check.outcomes]


@pytest.mark.parametrize("name", ALL)
def test_without_any_data_no_check_is_ok(name: str) -> None:
    world = World(name)
    world.tests = dict.fromkeys(world.check.outcomes, "")

    assert world.without(*world.check.needs).state() is not State.OK


@pytest.mark.parametrize("name", WITH_TESTS)
def test_a_proven_population_without_an_item_in_the_window_is_ok(name: str) -> None:
    assert World(name).state() is State.OK


@pytest.mark.parametrize("name", READING_TESTS)
def test_a_control_test_that_was_stopped_or_is_old_makes_it_cannot_tell(name: str) -> None:
    for test in known_checks()[name].outcomes:
        stopped = World(name)
        stopped.stops = {test: "id_gaps: 1 number is missing"}
        assert stopped.state() is State.CANNOT_TELL
        late = World(name)
        late.late = {test: "ran on data up to 2026-01-01"}
        assert late.state() is State.CANNOT_TELL


@pytest.mark.parametrize("name", WITH_TESTS)
def test_outcomes_become_lines(name: str) -> None:
    test, letters = next(iter(known_checks()[name].outcomes.items()))
    for outcome, state in (("pass", State.OK), ("exception", State.GAP), ("cannot_test", State.CANNOT_TELL)):
        row = {"control_test": test, "item": "i-1", "attribute": letters[0], "outcome": outcome, "controls": "X-1"}
        result = World(name).add("outcome", row).result()
        assert result.state is state
        assert result.lines[-1].controls in {("X-1",), ()}


@pytest.mark.parametrize("name", ALL)
def test_what_a_check_names_is_there(name: str) -> None:
    check = known_checks()[name]

    assert set(check.needs) <= set(canonical_tables())
    for test, letters in check.outcomes.items():
        assert set(letters) <= {attribute.letter for attribute in rule_named(test, where=name).attributes}
    assert check.title
    assert check.fix.endswith(".")
    assert check.heading in headings()


def test_each_file_is_a_check() -> None:
    files = {file for file in CHECKS_FOLDER.rglob("*.toml") if file.name != "headings.toml"}

    assert len(files) == len(known_checks())
