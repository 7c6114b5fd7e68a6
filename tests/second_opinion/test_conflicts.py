"""Where two records contradict each other, nothing is certain that does not hold whichever of them is right.

Three companies are asked: with one of the records, with the other, with both. An attribute of the third may be pass,
exception or not applicable only where it is so in all of them. The suite asks about few rules;
`pytest tests/second_opinion/test_conflicts.py --populations 10000` about all.
"""

import random  # noqa: TID251  repeatable draws
from collections.abc import Mapping
from types import ModuleType

import pytest

from twofold.controltests.rule import CONFLICT
from twofold.tables.rows import Row

from .rules.agreement import codes_in_every_reading, codes_of, rule_and_parameters, world_rows
from .rules.contradictions import contradicted
from .test_rules import OPINIONS, opinion_named

IN_THE_SUITE = ("t_01", "t_06", "t_07", "t_24")
BATCH = 60
FURTHER = 4
"""Batches to try where by chance no conflict of the first decided anything."""
UNCERTAIN = "cannot_test"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    asked: int = metafunc.config.getoption("--populations")
    metafunc.parametrize("name", IN_THE_SUITE if asked <= BATCH else OPINIONS)


def test_only_what_holds_with_either_record_is_certain(name: str, request: pytest.FixtureRequest) -> None:
    asked: int = request.config.getoption("--populations")
    opinion = opinion_named(name)
    batches = -(-asked // BATCH)
    decided = sum(_decided(opinion, batch) for batch in range(batches))
    further = (_decided(opinion, batch) for batch in range(batches, batches + FURTHER))
    assert decided or any(further), "no conflict decided anything"


def _decided(opinion: ModuleType, batch: int) -> int:
    """Ask about one batch of worlds with a contradiction each; return how many attributes it made uncertain."""
    rule, parameters = rule_and_parameters(opinion, batch)
    draw = random.Random(batch)  # noqa: S311  a repeatable draw, no secret
    common, worlds = world_rows(opinion, range(batch * BATCH, (batch + 1) * BATCH), batch_seed=batch)
    one, other, both = [*common], [*common], [*common]
    pairs: dict[int, tuple[Row, Row]] = {}
    for number, rows in enumerate(worlds):
        pair = contradicted(rows, draw) if rows else None
        one += rows
        other += rows if pair is None else [pair[1] if row is pair[0] else row for row in rows]
        both += rows if pair is None else [*rows, pair[1]]
        if pair is not None:
            pairs[number] = pair
    certain = codes_in_every_reading(rule, parameters, both)
    alone = [codes_of(rule, parameters, rows) for rows in (one, other)]
    decided = 0
    for number, pair in pairs.items():
        for item, codes in certain.get(number, {}).items():
            said = [each.get(number, {}).get(item, {}) for each in alone]
            for letter, code in codes.items():
                kinds = {_kind(each, letter) for each in said}
                shown = f"{pair[0].table} of world {number} in batch {batch}: {item} {letter} {code}, alone {said}"
                assert _kind(codes, letter) == UNCERTAIN or kinds == {_kind(codes, letter)}, shown
                decided += code == CONFLICT and len(kinds) > 1
    return decided


def _kind(codes: Mapping[str, str], letter: str) -> str:
    return codes.get(letter, "no such item").partition(":")[0]
