"""A sentence of advice, bound to the rule that makes it and to the data that it was computed from.

Nothing that leaves the company is said without both: a rule that has no source, or a sentence without data, cannot
be made. Source of the rules: audit-domain 7 and 8.
"""

import re
from dataclasses import dataclass
from datetime import date

NOT_AN_OPINION = "Not an audit opinion: the software proposes, a named person concludes."
"""Stands on each thing that leaves the tool."""
_MARKS_OF_THE_PAPER = re.compile(r" (?:\[(?:seed|K|V:)[^\]]*\]|\(S\d+\)|\(audit-domain \d+, S\d+\))")


def told_source(source: str) -> str:
    """Return the source of a rule in words for readers, who do not have the paper with Twofold's rules.

    >>> told_source("audit-domain 6: a bridge letter usually covers at most three months [V:S16]")
    "Twofold's rulebook 6: a bridge letter usually covers at most three months"
    """
    return _MARKS_OF_THE_PAPER.sub("", source).replace("audit-domain", "Twofold's rulebook")


@dataclass(frozen=True, slots=True)
class AdviceRule:
    """A rule of advice as dated data: what it is called, where it comes from, and on which day that was read."""

    rule: str
    """Its name in the file of rules, for example `stage.pre_ipo`."""
    source: str
    as_of: date

    def __post_init__(self) -> None:
        if not self.rule.strip() or not self.source.strip():
            msg = f"a rule of advice has a name and a source, got {self.rule!r} and {self.source!r}"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of advice.

    data: what it was computed from, each as `<what>: <which>`, for example `scope: systems/billing`,
    `evidence: ev-000012`, `run: run-1f...`, `answer: customers_ask_type2`; never empty.
    """

    text: str
    rule: AdviceRule
    data: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.text.strip():
            msg = "a statement has a text"
            raise ValueError(msg)
        if not self.data or not all(": " in each for each in self.data):
            msg = f"a statement names what it was computed from as `<what>: <which>`, got {self.data}: {self.text}"
            raise ValueError(msg)
