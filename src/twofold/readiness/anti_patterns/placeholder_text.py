"""Placeholder text where a person should have said something: TBD, lorem ipsum, as discussed. The words are data."""

import re

from twofold.readiness.anti_patterns.facts import Facts
from twofold.readiness.anti_patterns.pattern import Found, PatternRule, cannot_tell, counted, found, hit

_SHOWN = 80


def look(facts: Facts, rule: PatternRule) -> Found:
    """Look through every text that a person gave."""
    if not facts.said:
        return cannot_tell(rule, "No text of a person was recorded yet.", "log: entries")
    hits = []
    for said in facts.said:
        if phrase := _placeholder(said.text, rule, whole=said.field not in rule.limits["short_is_fine"]):
            shown = " ".join(said.text.split())[:_SHOWN]
            text = f"The {said.field} at {said.where} says {shown!r} ({phrase!r} is on the list of placeholders)."
            hits.append(hit(rule, text, said.where))
    text = f"{counted(len(facts.said), 'text')} of people, compared with the list of placeholders of {rule.as_of}."
    return found(rule, hits, looked_at=text, data=("log: entries", "tables: texts of people"))


def _placeholder(text: str, rule: PatternRule, *, whole: bool) -> str:
    folded = " ".join(text.casefold().split())
    if whole and folded.strip(" .!:") in rule.limits["whole"]:
        return folded.strip(" .!:")
    if whole and folded in rule.limits["whole"]:
        return folded
    for phrase in rule.limits["within"]:
        if re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", folded):
            return str(phrase)
    return ""
