"""Claims of the trust page: a sentence, what it rests on, who may read it, and up to which day it holds.

Rule 1: a claim names its sources. Rule 2: it stands on the page only while all of them bear it. Rule 3: only public
ones stand there. Rule 4: no claim says what only an auditor can say.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from twofold.engagement.questionnaire.facts import SourceFact, Support, data_of, is_ref, kind_of, supported
from twofold.engagement.questionnaire.library import Level, may_leave
from twofold.model.problem import Problem
from twofold.model.statement import AdviceRule, Statement

LONGEST_CLAIM = 1_000
_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim. basis: what its sources said when it was written. ends_before: as a person said."""

    claim_id: str
    heading: str
    text: str
    level: Level
    sources: tuple[str, ...]
    basis: Mapping[str, str] = field(default_factory=dict)
    ends_before: date | None = None
    written_by: str = ""


@dataclass(frozen=True, slots=True)
class ClaimToday:
    """A claim today, with every reason against it. until: last day on which it holds, None = open."""

    claim: Claim
    reasons: tuple[str, ...]
    as_of: date | None
    until: date | None
    said: Statement | None
    """The claim as it stands on the page, None where it does not."""


@cache
def _words() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name("claims.toml").read_text("utf-8"))


def claim_rule() -> AdviceRule:
    """Return the rule by which claims stand on the page."""
    return AdviceRule("trust_page.claim", _words()["source"], _words()["as_of"])


def claim_today(claim: Claim, facts: Mapping[str, SourceFact], today: date) -> ClaimToday:
    """Return a claim as it stands today."""
    support: Support = supported(claim.sources, facts, word="yes", text=claim.text, basis=claim.basis, today=today)
    reasons = [*support.reasons]
    if claim.ends_before is not None and today >= claim.ends_before:
        reasons.append(f"it was ended on {claim.ends_before}")
    reasons += [problem.found for problem in word_problems(claim.text, claim.sources)]
    if not may_leave(claim.level, Level.PUBLIC):
        reasons.append(f"it is {claim.level}, and the page is public")
    said = None if reasons else Statement(claim.text, claim_rule(), data_of(claim.sources, facts))
    return ClaimToday(claim, tuple(reasons), support.as_of, _last_day(claim, support.until), said)


def word_problems(text: str, sources: Sequence[str]) -> list[Problem]:
    """Return which words of a claim say what only an auditor or a certifier can say."""
    used = set(_WORD.findall(text.casefold()))
    certified = any(kind_of(ref) == "evidence" for ref in sources)
    banned = set(_words()["never"]) | (set() if certified else set(_words()["with_evidence"]))
    remedy = "say what is done, and what it was tested on"
    return [
        Problem("--text", f"it says {word!r}, which is not ours to say", "what is done, and since when", remedy)
        for word in sorted(used & banned)
    ]


def claim_problems(claim: Claim, facts: Mapping[str, SourceFact], today: date) -> list[Problem]:
    """Return what keeps a claim from being made."""
    problems = word_problems(claim.text, claim.sources)
    if not claim.text.strip() or len(claim.text) > LONGEST_CLAIM:
        problems.append(Problem("--text", "no text, or a very long one", f"1 to {LONGEST_CLAIM:,} characters"))
    problems += [
        Problem("--source", f"{ref!r} is no source", "KIND:NAME, such as control:AC-06@soc2-2026")
        for ref in claim.sources
        if not is_ref(ref)
    ]
    if not problems:
        found = supported(claim.sources, facts, word="yes", text=claim.text, basis={}, today=today)
        problems += [Problem("--source", reason, "sources that bear the claim today") for reason in found.reasons]
    return problems


def _last_day(claim: Claim, until: date | None) -> date | None:
    ends = [until] if until else []
    if claim.ends_before is not None:
        ends.append(date.fromordinal(claim.ends_before.toordinal() - 1))
    return min(ends, default=None)
