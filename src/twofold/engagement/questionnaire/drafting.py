"""Drafts: what the library and the scope say to a question, or why there is no draft. No source, no answer.

Only the library is drawn on, never another answer of a questionnaire.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from twofold.engagement.questionnaire.facts import SourceFact, supported
from twofold.engagement.questionnaire.library import Level, LibraryAnswer, disagree, may_leave, support_today
from twofold.engagement.questionnaire.matching import USABLE, Index, Match, MatchKind, find_matches, match_settings
from twofold.engagement.questionnaire.sox import SOURCE, Boundary, is_about_sox, sox_answer
from twofold.model.statement import AdviceRule, Statement


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft with what it rests on. `said`: its sentences, each bound to rule and data."""

    word: str
    text: str
    sources: tuple[str, ...]
    basis: Mapping[str, str]
    level: Level
    library: str
    confidence: float
    said: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for one question: a draft, or why there is none; and the matches that were looked at."""

    draft: Draft | None
    why: str
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything that drafts are made from."""

    library: Mapping[str, LibraryAnswer]
    index: Index
    facts: Mapping[str, SourceFact]
    boundary: Boundary | None
    audience: Level
    today: date


def propose(question: str, ground: Ground) -> Proposal:
    """Propose a draft for one question."""
    matches = tuple(find_matches(question, ground.index))
    usable = [each for each in matches if each.kind in USABLE]
    if is_about_sox(question):
        draft = _of_scope(ground)
        return Proposal(draft, "" if draft else "it asks about SOX, and the applied scope does not tell", matches)
    if not usable:
        return Proposal(None, _why_none(matches), matches)
    standing = [each for each in usable if _leaves_and_holds(each, ground)]
    if not standing:
        return Proposal(None, _why_not(usable[0], ground), matches)
    if against := _conflict(standing, ground):
        return Proposal(None, against, matches)
    return Proposal(_of_library(standing[0], ground), "", matches)


def _of_library(match: Match, ground: Ground) -> Draft:
    answer = ground.library[match.answer_id]
    settings = match_settings()
    rule = AdviceRule("questionnaire.match", settings["source"], settings["as_of"])
    data = (f"answer: {answer.answer_id}", *(f"{ref.replace(':', ': ', 1)}" for ref in answer.sources))
    return Draft(
        word=answer.word,
        text=answer.text,
        sources=answer.sources,
        basis={ref: ground.facts[ref].value for ref in answer.sources},
        level=answer.level,
        library=answer.answer_id,
        confidence=match.confidence,
        said=(Statement(answer.text, rule, data),),
    )


def _of_scope(ground: Ground) -> Draft | None:
    fact = ground.facts.get(SOURCE)
    if ground.boundary is None or fact is None or not may_leave(Level.PRIVATE, ground.audience):
        return None
    word, said = sox_answer(ground.boundary, ground.today)
    text = " ".join(each.text for each in said)
    if not supported((SOURCE,), ground.facts, word=word, text="", basis={}, today=ground.today).holds:
        return None
    return Draft(word, text, (SOURCE,), {SOURCE: fact.value}, Level.PRIVATE, "", 1.0, tuple(said))


def _leaves_and_holds(match: Match, ground: Ground) -> bool:
    answer = ground.library[match.answer_id]
    return may_leave(answer.level, ground.audience) and support_today(answer, ground.facts, ground.today).holds


def _conflict(matches: Sequence[Match], ground: Ground) -> str:
    """Say that two answers which hold today disagree: then a person decides, and no draft is made."""
    first = ground.library[matches[0].answer_id]
    for other in matches[1:]:
        if why := disagree(first, ground.library[other.answer_id]):
            return f"{first.answer_id} and {other.answer_id} are in conflict: {why}"
    return ""


def _why_none(matches: Sequence[Match]) -> str:
    if not matches:
        return "no answer of the library is about this"
    best = matches[0]
    said = {
        MatchKind.OPPOSITE: "asks the opposite, so its answer does not fit",
        MatchKind.APART: "is about something near, but else",
        MatchKind.POSSIBLE: "is not close enough to draft from",
    }
    return f"{best.answer_id} ({best.confidence:.2f}) {said[best.kind]}"


def _why_not(match: Match, ground: Ground) -> str:
    answer = ground.library[match.answer_id]
    if not may_leave(answer.level, ground.audience):
        return f"{answer.answer_id} fits, and is {answer.level}: it does not go to this audience"
    reasons = support_today(answer, ground.facts, ground.today).reasons
    return f"{answer.answer_id} fits, and is stale: {'; '.join(reasons)}"
