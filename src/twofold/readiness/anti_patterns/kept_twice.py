"""Same evidence kept twice: equal bytes under two names, almost equal files, two requests that ask for one thing.

No copies: a newer version of the same file, two answers of one source (Okta's report of what was in scope equals the
one at launch when nothing changed), what a command of ours wrote for a person, exports taken days apart, and exports
for periods that do not meet.
"""

import heapq
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import combinations

from twofold.model.evidence import ACT_CONNECTOR
from twofold.readiness.anti_patterns.facts import CaptureFact, Facts
from twofold.readiness.anti_patterns.pattern import Found, Hit, PatternRule, cannot_tell, counted, found, hit
from twofold.readiness.near_duplicates.contents import likeness_of

_LOOKED_AT = 8
"""Smallest lines of a file by which candidates are found."""
_OURS = frozenset({"scope"})
"""Sources whose files are the company's own statements, applied again and again."""


def look(facts: Facts, rule: PatternRule) -> Found:
    """Compare every two pieces of evidence in force, and the request lists of the auditors."""
    kept = [x for x in facts.captures if x.in_force and x.connector != ACT_CONNECTOR and x.source not in _OURS]
    if not kept and not facts.request_lists:
        return cannot_tell(rule, "No evidence and no request list was captured yet.", "evidence: none")
    hits = [*_copies(kept, rule), *_requests(facts, rule)]
    text = (
        f"Compared pair by pair: {counted(len(kept), 'piece')} of evidence and "
        f"{counted(facts.request_lists, 'request list')}."
    )
    return found(rule, hits, looked_at=text, data=("evidence: in force", "tables: request_list_line"))


def _copies(kept: Sequence[CaptureFact], rule: PatternRule) -> Iterator[Hit]:
    for one, other in _candidates(kept):
        if not _could_be_copies(one, other, rule):
            continue
        same = one.sha256 == other.sha256
        alike = 1.0 if same else _alike(one, other)
        if alike >= float(rule.limits["alike_from"]):
            how = "the same bytes" if same else f"{alike:.0%} of their lines in common"
            text = (
                f"{one.evidence} {one.name!r} ({one.source} {one.kind}) and {other.evidence} {other.name!r} "
                f"({other.source} {other.kind}) hold {how}."
            )
            yield hit(rule, text, f"evidence: {one.evidence}", f"evidence: {other.evidence}")


def _candidates(kept: Sequence[CaptureFact]) -> list[tuple[CaptureFact, CaptureFact]]:
    """Return the pairs worth comparing, in the order of capture: equal bytes, or one of the smallest lines in common.

    Two files with nine tenths of their lines in common share one of the eight smallest but once in a hundred millions.
    """
    shared: dict[str | int, list[int]] = {}
    for number, each in enumerate(kept):
        smallest = heapq.nsmallest(_LOOKED_AT, each.text.sketch) if each.text else []
        shared.setdefault(each.sha256, []).append(number)
        for line in smallest:
            shared.setdefault(line, []).append(number)
    pairs = {pair for numbers in shared.values() for pair in combinations(numbers, 2)}
    return [(kept[one], kept[other]) for one, other in sorted(pairs)]


def _could_be_copies(one: CaptureFact, other: CaptureFact, rule: PatternRule) -> bool:
    if one.source == other.source and (one.kind != other.kind or one.name == other.name):
        return False
    if not one.may_share_period_with(other):
        return False
    if abs(one.asked_at - other.asked_at) > timedelta(days=int(rule.limits["days_apart"])):
        return False
    return all(x.text is None or x.text.rows >= int(rule.limits["fewest_rows"]) for x in (one, other))


def _alike(one: CaptureFact, other: CaptureFact) -> float:
    return likeness_of(one.text, other.text) if one.text and other.text else 0.0


def _requests(facts: Facts, rule: PatternRule) -> Iterator[Hit]:
    for pair in facts.requests:
        text = (
            f"{pair.first} and {pair.second} seem to ask for the same evidence (score {pair.score:.2f}), "
            "and nobody has decided."
        )
        yield hit(rule, text, f"request: {pair.first}", f"request: {pair.second}")
