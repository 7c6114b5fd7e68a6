from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.model.outcome import PRECEDENCE, Outcome, ReasonCode, item_outcome


@pytest.mark.parametrize(
    ("text", "outcome", "reason"),
    [
        ("pass", Outcome.PASS, ""),
        ("exception:stale_approval", Outcome.EXCEPTION, "stale_approval"),
        ("cannot_test:source_gap", Outcome.CANNOT_TEST, "source_gap"),
        ("na:rerun2", Outcome.NOT_APPLICABLE, "rerun2"),
    ],
)
def test_a_reason_code_is_read(text: str, outcome: Outcome, reason: str) -> None:
    assert ReasonCode.parse(text) == ReasonCode(outcome, reason)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PASS",
        "pass:",
        "pass:x",
        "exception",
        "exception:",
        "exception:Stale",
        "exception:a-b",
        "na:1x",
        "fail:x",
        "pass\n",
    ],
)
def test_any_other_text_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="no reason code") as fault:
        ReasonCode.parse(text)
    assert repr(text) in str(fault.value)


def test_one_exception_outweighs_everything_and_unknown_outweighs_a_pass() -> None:
    for order in permutations(PRECEDENCE):
        assert item_outcome(order) is Outcome.EXCEPTION
    assert item_outcome([Outcome.PASS, Outcome.CANNOT_TEST, Outcome.NOT_APPLICABLE]) is Outcome.CANNOT_TEST
    assert item_outcome([Outcome.NOT_APPLICABLE, Outcome.PASS]) is Outcome.PASS
    assert item_outcome([]) is Outcome.NOT_APPLICABLE


@given(st.lists(st.sampled_from(Outcome)), st.sampled_from(Outcome))
def test_a_further_attribute_never_makes_an_item_look_better(attributes: list[Outcome], further: Outcome) -> None:
    rank = PRECEDENCE.index
    assert rank(item_outcome([*attributes, further])) == min(rank(item_outcome(attributes)), rank(further))
