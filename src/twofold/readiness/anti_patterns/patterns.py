"""Every pattern with its function, in the order in which they are shown."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from twofold.readiness.anti_patterns import (
    concluded_first,
    kept_twice,
    mapped_at_period_end,
    no_misstatement_tie,
    overbuilt,
    own_reviewer,
    placeholder_text,
    same_file_two_periods,
    shared_without_owner,
    suspicious_perfection,
)
from twofold.readiness.anti_patterns.facts import Facts
from twofold.readiness.anti_patterns.pattern import Found, PatternRule, pattern_rules

Look = Callable[[Facts, PatternRule], Found]
PATTERNS: Mapping[str, Look] = {
    "overbuilt": overbuilt.look,
    "no_misstatement_tie": no_misstatement_tie.look,
    "shared_without_owner": shared_without_owner.look,
    "kept_twice": kept_twice.look,
    "mapped_at_period_end": mapped_at_period_end.look,
    "concluded_first": concluded_first.look,
    "same_file_two_periods": same_file_two_periods.look,
    "placeholder_text": placeholder_text.look,
    "own_reviewer": own_reviewer.look,
    "suspicious_perfection": suspicious_perfection.look,
}
"""Pattern -> its function. Each has a rule of the same name in rules.toml."""


@dataclass(frozen=True, slots=True)
class PatternResult:
    """One pattern with its rule and what was found."""

    rule: PatternRule
    found: Found


def look_for(facts: Facts, wanted: Iterable[str] = PATTERNS) -> list[PatternResult]:
    """Look for the wanted patterns, in the order of `PATTERNS`."""
    chosen = set(wanted)
    rules = pattern_rules()
    return [PatternResult(rules[name], look(facts, rules[name])) for name, look in PATTERNS.items() if name in chosen]
