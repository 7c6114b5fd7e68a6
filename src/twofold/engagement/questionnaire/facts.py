"""What an answer may rest on, as it stands today: evidence, a control's conclusion, a policy line, a scope entry.

An answer without a source is no answer. Its sources are looked at each time it is shown: it holds while all of them are
there, say what they said when it was written, and are not too old (freshness.toml).
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

from twofold.model.statement import AdviceRule

KINDS = ("control", "evidence", "policy", "scope")
_REF = re.compile(r"(control|evidence|policy|scope):[A-Za-z0-9][A-Za-z0-9._/@-]{0,199}")
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(?:business\s+|calendar\s+|working\s+)?([a-z]+)")
_UNITS = {"days": "day", "hours": "hour", "minutes": "minute", "months": "month", "years": "year", "weeks": "week"}


class FactState(StrEnum):
    """Whether a source bears an answer today."""

    HOLDS = "holds"
    AGAINST = "against"
    """It is there and says that the thing does not hold: a control that is not effective, a label that ended."""
    GONE = "gone"
    """There is none: unknown, deleted, or replaced by a newer one."""


@dataclass(frozen=True, slots=True)
class SourceFact:
    """One source today. value: what it says, compared with what it said before. until: last day it counts, None = open.

    shown: how it is named to a customer, behind its kind; it gives away no content. number: value and unit of a
    policy line.
    """

    ref: str
    state: FactState
    value: str
    shown: str
    as_of: date | None = None
    until: date | None = None
    why: str = ""
    number: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Support:
    """Whether sources bear an answer, with every reason against it. until: last day, None = open. as_of: oldest day."""

    reasons: tuple[str, ...]
    as_of: date | None
    until: date | None

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.reasons


@cache
def freshness(kind: str) -> tuple[int, AdviceRule]:
    """Return for how many days a kind of source counts, and the rule."""
    body = tomllib.loads(Path(__file__).with_name("freshness.toml").read_text("utf-8"))[kind]
    return body["days"], AdviceRule(f"freshness.{kind}", body["source"], body["as_of"])


def counts_until(kind: str, as_of: date) -> date:
    """Return the last day on which something that speaks of `as_of` counts."""
    return as_of + timedelta(days=freshness(kind)[0])


def is_ref(text: str) -> bool:
    """Whether a text names a source, such as `control:AC-03` or `policy:access/leaver_removal`."""
    return _REF.fullmatch(text) is not None


def kind_of(ref: str) -> str:
    """Return the kind of source that a reference names."""
    return ref.partition(":")[0]


def named(ref: str, facts: Mapping[str, SourceFact]) -> str:
    """Name a source as somebody outside may read it: `control AC-06, tested on data of 2026-11-20`."""
    return f"{kind_of(ref)} {_outside(ref, facts)}"


def data_of(sources: Sequence[str], facts: Mapping[str, SourceFact]) -> tuple[str, ...]:
    """Return sources as the data of a statement that leaves."""
    return tuple(f"{kind_of(ref)}: {_outside(ref, facts)}" for ref in sources)


def _outside(ref: str, facts: Mapping[str, SourceFact]) -> str:
    return facts[ref].shown if ref in facts and facts[ref].shown else "not known any longer"


def supported(
    sources: Sequence[str],
    facts: Mapping[str, SourceFact],
    *,
    word: str,
    text: str,
    basis: Mapping[str, str],
    today: date,
) -> Support:
    """Say whether the sources bear an answer today.

    basis: what each source said when the answer was written; {} for an answer that is being written. A source that says
    the opposite bears no and partial, never yes or a text.
    """
    reasons: list[str] = [] if sources else ["it names no source"]
    known = [facts[ref] for ref in sources if ref in facts]
    for ref in sources:
        fact = facts.get(ref)
        if fact is None or fact.state is FactState.GONE:
            reasons.append(f"{ref}: {fact.why if fact else 'it is not there'}")
            continue
        if fact.state is FactState.AGAINST and word not in {"no", "partial"}:
            reasons.append(f"{ref}: {fact.why or fact.value}")
        elif ref in basis and basis[ref] != fact.value:
            reasons.append(f"{ref}: it said {basis[ref]!r}, and says {fact.value!r} now")
        if fact.until is not None and today > fact.until:
            reasons.append(f"{ref}: it speaks of {fact.as_of} and counted until {fact.until}")
        reasons += _number_against(ref, fact, text)
    ends = [fact.until for fact in known if fact.until]
    starts = [fact.as_of for fact in known if fact.as_of]
    return Support(tuple(reasons), min(starts, default=None), min(ends, default=None))


def numbers_in(text: str) -> frozenset[tuple[str, str]]:
    """Return the numbers of a text with their units.

    >>> sorted(numbers_in("within 2 business days, kept 90 days"))
    [('2', 'day'), ('90', 'day')]
    """
    return frozenset((number, _UNITS.get(unit, unit)) for number, unit in _NUMBER.findall(text.casefold()))


def counted(number: str, unit: str) -> str:
    """Return a number with its unit, the unit of time in the plural where it takes one.

    >>> counted("5", "day"), counted("1", "day"), counted("90", "percent")
    ('5 days', '1 day', '90 percent')
    """
    return f"{number} {unit}s" if unit in _UNITS.values() and number != "1" else f"{number} {unit}"


def _number_against(ref: str, fact: SourceFact, text: str) -> list[str]:
    """Say where a text gives other numbers than the policy line that it rests on."""
    if fact.number is None:
        return []
    value, unit = fact.number
    one = _UNITS.get(unit, unit)
    said = sorted(number for number, each in numbers_in(text) if each == one)
    if said and value not in said:
        return [f"{ref}: the answer says {counted(', '.join(said), one)}, the policy says {counted(value, one)}"]
    return []
