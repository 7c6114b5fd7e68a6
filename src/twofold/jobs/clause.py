"""Finds the lines of a rule's SQL that gave an attribute its reason code, so that a person can read the clause.

It only points at text: nothing is decided from it.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from twofold.model.outcome import Outcome, ReasonCode

_MOST = 3
"""A code that stands in more branches is pointed at in the first ones."""
_MOST_LINES = 12
_THEN = re.compile(r"\bTHEN\b", re.IGNORECASE)
_CONDITION = re.compile(r"\b(WHEN|ELSE)\b", re.IGNORECASE)
_LETTER = re.compile(r".*\bAS ([a-z])\s*,?\s*", re.IGNORECASE)


@lru_cache(maxsize=2_000)
def clause_of(sql: str, *, letter: str, code: str) -> tuple[str, ...]:
    """Return the lines as `rule.sql:120  WHEN ... THEN 'exception:late'`, each code with the conditions around it.

    The attribute's own expression counts first. Where it takes the code from an earlier step, the lines of the steps
    that name the code are given; a pass is named in too many of them, so there the expression itself is.
    """
    lines = sql.splitlines()
    own = _expression(lines, letter)
    hits = [number for number in own if f"'{code}'" in lines[number]]
    if not hits and ReasonCode.parse(code).outcome is not Outcome.PASS:
        hits = [number for number in range(_first_attribute(lines)) if f"'{code}'" in lines[number]]
    shown = sorted({number for hit in hits[:_MOST] for number in _branch(lines, hit)}) or list(own)
    shown = shown[:_MOST_LINES]
    margin = min((_indent(lines[number]) for number in shown), default=0)
    return tuple(f"rule.sql:{number + 1:<4} {lines[number][margin:].rstrip()}" for number in shown)


def _expression(lines: Sequence[str], letter: str) -> range:
    """Return the lines of the last expression that is named after the letter."""
    ends = [
        number for number, line in enumerate(lines) if (hit := _LETTER.fullmatch(line)) and hit[1].upper() == letter
    ]
    if not ends:
        return range(0)
    first = last = ends[-1]
    while lines[first].strip().upper().startswith("END") or _indent(lines[first]) > _indent(lines[last]):
        first -= 1
    return range(first, last + 1)


def _first_attribute(lines: Sequence[str]) -> int:
    """Return the line where the last expression named A begins: all steps stand before it."""
    return _expression(lines, "A").start or len(lines)


def _branch(lines: Sequence[str], hit: int) -> list[int]:
    """Return the line with its condition, which may begin lines before, and the branch that a nested CASE stands in."""
    first = hit
    if _THEN.search(lines[hit]):
        while first and not _CONDITION.search(lines[first]):
            first -= 1
    found = list(range(first, hit + 1))
    if first and lines[first - 1].strip().upper() == "CASE" and _indent(lines[first - 1]) < _indent(lines[first]):
        return found
    for number in range(first - 1, -1, -1):
        if _indent(lines[number]) < _indent(lines[first]):
            nested = lines[number].lstrip().upper().startswith("CASE ")
            return [number - 1, number, *found] if nested and number else found
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
