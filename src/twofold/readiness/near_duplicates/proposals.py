"""Which lines of two request lists ask for the same evidence: one piece of evidence, two audits. A person decides."""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.readiness.near_duplicates.evidence_kinds import evidence_kinds
from twofold.readiness.near_duplicates.named_period import PeriodRelation, relation
from twofold.readiness.near_duplicates.request import LineReading, Reader, RequestLine
from twofold.readiness.near_duplicates.scorer import Scorer, comparables, features


@dataclass(frozen=True, slots=True)
class ProposedPair:
    """Two lines that one piece of evidence seems to answer.

    score: 0 to 1. reasons: what speaks for it, a sentence each. heed: what to look at before saying yes.
    """

    first: RequestLine
    second: RequestLine
    score: float
    reasons: tuple[str, ...]
    heed: tuple[str, ...]


def propose(
    first: Sequence[RequestLine], second: Sequence[RequestLine], *, reader: Reader, scorer: Scorer
) -> list[ProposedPair]:
    """Return the pairs to propose, the likest first, ties by place.

    A pair is proposed from the limit of the scorer on, and only where neither line has a clearly better partner: a
    line may go with two where both are about as like, as when one auditor asks for two lists in one line.
    """
    knowing = reader.with_columns([*first, *second])
    readings = knowing.read_all(first), knowing.read_all(second)
    ours, theirs = comparables(*readings)
    scored = {
        (here, there): scorer.score(features(one, other, knowing.systems))
        for here, one in enumerate(ours)
        for there, other in enumerate(theirs)
    }
    best_here: dict[int, float] = {}
    best_there: dict[int, float] = {}
    for (here, there), score in scored.items():
        best_here[here] = max(score, best_here.get(here, 0.0))
        best_there[there] = max(score, best_there.get(there, 0.0))
    found = [
        _pair(readings[0][here], readings[1][there], score)
        for (here, there), score in scored.items()
        if score >= scorer.propose_from and score >= max(best_here[here], best_there[there]) - scorer.rival_within
    ]
    return sorted(found, key=lambda pair: (-pair.score, pair.first.line_id, pair.second.line_id))


def _pair(one: LineReading, other: LineReading, score: float) -> ProposedPair:
    return ProposedPair(one.line, other.line, round(score, 3), tuple(_reasons(one, other)), tuple(_heed(one, other)))


def _reasons(one: LineReading, other: LineReading) -> list[str]:
    said = [f"both ask for: {evidence_kinds()[kind].name}" for kind in sorted(one.kinds & other.kinds)]
    here, there = one.worded.concepts, other.worded.concepts
    shared = sorted(here.keys() & there.keys())
    said += [f"{here[each]!r} and {there[each]!r} mean the same" for each in shared if here[each] != there[each]]
    words = [here[each] for each in shared if here[each] == there[each]]
    words += sorted(set(one.worded.others) & set(other.worded.others))
    if words:
        said.append("both say: " + ", ".join(words))
    if systems := sorted(one.systems & other.systems):
        said.append("same system: " + ", ".join(systems))
    if relation(one.periods, other.periods) is PeriodRelation.SAME:
        said.append(f"same period: {one.periods[0].words}")
    return said


def _heed(one: LineReading, other: LineReading) -> list[str]:
    said = []
    if bool(one.systems) != bool(other.systems):
        named = ", ".join(sorted(one.systems | other.systems))
        said.append(f"only one of them names a system: {named}")
    if relation(one.periods, other.periods) is PeriodRelation.OVERLAP:
        said.append(
            f"the periods are not the same ({one.periods[0].words}; {other.periods[0].words}): capture for both at once"
        )
    if bool(one.periods) != bool(other.periods):
        named = (one.periods or other.periods)[0].words
        said.append(f"only one of them names a period: {named}")
    if "sample" in one.worded.concepts and "sample" in other.worded.concepts:
        said.append("both ask for samples: agree with the auditors on one selection, or the items differ")
    return said
