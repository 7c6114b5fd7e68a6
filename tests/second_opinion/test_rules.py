"""Each rule and an independent implementation of it agree about random populations made by Hypothesis.

`pytest tests/second_opinion/test_rules.py --populations 10000` asks about so many a rule; the suite asks about fewer.
"""

import importlib
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from twofold.controltests.rule import known_rules

from .rules.agreement import disagreements

OPINIONS = sorted(path.stem for path in Path(__file__).with_name("rules").glob("t_*.py"))
BATCH = 250
SEED = st.integers(0, 2**63 - 1)


def opinion_named(name: str) -> ModuleType:
    return importlib.import_module(f".rules.{name}", __package__)


@pytest.mark.parametrize("name", OPINIONS)
def test_rule_and_second_opinion_agree(name: str, request: pytest.FixtureRequest) -> None:
    opinion = opinion_named(name)
    asked: int = request.config.getoption("--populations")
    batch = min(BATCH, asked)

    # The harness makes a disagreement small itself, row by row.
    @settings(
        max_examples=-(-asked // batch),
        database=None,
        derandomize=asked <= BATCH,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(batch_seed=SEED)
    def agree(batch_seed: int) -> None:
        seeds = range(batch_seed * batch, (batch_seed + 1) * batch)
        found = disagreements(opinion, seeds, batch_seed=batch_seed)
        if found:
            pytest.fail(f"batch seed {batch_seed}\n" + "\n".join(map(str, found)), pytrace=False)

    agree()


def test_every_rule_has_a_second_opinion() -> None:
    assert [name.upper().replace("_", "-") for name in OPINIONS] == list(known_rules())
