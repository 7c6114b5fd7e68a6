"""The questions to ask firms, and the company itself, before one is chosen (questions.toml)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

from twofold.engagement.auditor_choice.proposal import Need, Proposal
from twofold.model.statement import AdviceRule, Statement

QUESTIONS_FILE = Path(__file__).with_name("questions.toml")


@dataclass(frozen=True, slots=True)
class Question:
    """One question. to: firm, or you. columns: of firm_proposal that its answer fills. when: the fact it needs."""

    name: str
    to: str
    when: str
    text: str
    columns: tuple[str, ...]
    rule: AdviceRule

    def statement(self, need: Need) -> Statement:
        """Return the question as a sentence that may leave the company: its data names no system and no person."""
        return Statement(self.text, self.rule, (f"scope: engagements ({need.asked})",))


@cache
def all_questions() -> Mapping[str, Question]:
    """Return every question by name, in order."""
    raw = tomllib.loads(QUESTIONS_FILE.read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            name: Question(
                name=name,
                to=body["to"],
                when=body["when"],
                text=body["text"],
                columns=tuple(body["columns"]),
                rule=AdviceRule(f"question.{name}", body["source"], date.fromisoformat(body["as_of"])),
            )
            for name, body in raw.items()
        }
    )


def questions(need: Need, offer: Proposal | None = None) -> list[Question]:
    """Return the questions that count for the company; with an offer, only those that it leaves open."""
    found = [each for each in all_questions().values() if need.holds(each.when)]
    if offer is None:
        return found
    return [each for each in found if each.to == "firm" and not (each.columns and all(map(offer.knows, each.columns)))]
