"""Claims stand while what they rest on bears them, and say nothing that only an auditor can say."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.engagement.questionnaire.library import Level
from twofold.engagement.trust_page.claims import Claim, claim_problems, claim_today

from ..questionnaire.facts_at_hand import FACTS, TODAY

CLAIM = Claim("mfa", "Access", "All staff sign in with a second factor.", Level.PUBLIC, ("control:AC-06",))


def test_a_claim_stands_with_its_days_and_its_data() -> None:
    found = claim_today(CLAIM, FACTS, TODAY)

    assert found.said is not None
    assert found.said.data == ("control: AC-06",)
    assert (found.as_of, found.until) == (TODAY, TODAY + timedelta(days=30))


@pytest.mark.parametrize(
    "change",
    [
        {"sources": ()},
        {"sources": ("control:AC-03",)},
        {"sources": ("control:OLD",)},
        {"sources": ("evidence:ev-2",)},
        {"level": Level.PRIVATE},
        {"level": Level.INTERNAL},
        {"ends_before": TODAY},
        {"basis": {"control:AC-06": "something else"}},
        {"text": "We are SOC 2 compliant."},
        {"text": "We guarantee security."},
        {"text": "We are certified."},
    ],
    ids=str,
)
def test_a_claim_vanishes(change: dict[str, object]) -> None:
    found = claim_today(replace(CLAIM, **change), FACTS, TODAY)  # type: ignore[arg-type]

    assert found.said is None
    assert found.reasons


def test_a_certificate_may_be_named_where_it_is_kept_as_evidence() -> None:
    claim = replace(CLAIM, text="Our data centre is certified.", sources=("evidence:ev-1",))

    assert claim_problems(claim, FACTS, TODAY) == []


@given(st.sampled_from(Level), st.lists(st.sampled_from([*FACTS, "control:NONE"]), max_size=3).map(tuple))
def test_nothing_but_public_claims_with_good_sources_is_said(level: Level, sources: tuple[str, ...]) -> None:
    found = claim_today(replace(CLAIM, level=level, sources=sources), FACTS, TODAY)

    if found.said is not None:
        assert level is Level.PUBLIC
        assert sources
        assert set(sources) <= {"control:AC-06", "evidence:ev-1", "scope:financially_relevant"}
