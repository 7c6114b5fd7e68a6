"""The rate of false positives, measured on clean companies; docs/howto/find-anti-patterns.md tells it."""

from collections import Counter

from tests.readiness.anti_patterns.clean_company import clean_company

from twofold.readiness.anti_patterns.pattern import Presence
from twofold.readiness.anti_patterns.patterns import PATTERNS, look_for

COMPANIES = 100
MOST_PER_PATTERN = 0.02
"""Of the companies, for one pattern."""
MOST = 0.005
"""Of all results."""


def test_clean_companies_are_found_clean() -> None:
    wrong: Counter[str] = Counter()
    told: Counter[str] = Counter()
    for seed in range(COMPANIES):
        for result in look_for(clean_company(seed)):
            wrong[result.rule.pattern] += result.found.presence is Presence.FOUND
            told[result.rule.pattern] += result.found.presence is not Presence.CANNOT_TELL
    assert all(told[name] == COMPANIES for name in PATTERNS), "a pattern that cannot tell is not measured"
    assert max(wrong.values()) <= MOST_PER_PATTERN * COMPANIES, wrong
    assert wrong.total() <= MOST * COMPANIES * len(PATTERNS), wrong
