"""Questions that say SOX: answered with scope and boundary, computed from the dated labels of the systems.

Source: audit-domain 8. Whether a company "is SOX compliant" is no question that a vendor's system can answer: what can
be said is which systems bear on the company's own financial reporting, since when and why, and which report serves a
customer's auditors. No yes is ever proposed.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from twofold.engagement.questionnaire.words import wording
from twofold.model.statement import AdviceRule, Statement

SOURCE = "scope:financially_relevant"
"""The source of such an answer: the labels of all systems together."""


@dataclass(frozen=True, slots=True)
class RelevantSystem:
    """A system that bears on financial reporting, in local days; None = open."""

    system: str
    name: str
    starts_on: date | None
    ends_on: date | None
    reason: str


@dataclass(frozen=True, slots=True)
class Boundary:
    """What the applied scope says of financial reporting. engagements: (id, lens, type, first day, last day)."""

    company: str
    systems: int
    relevant: tuple[RelevantSystem, ...]
    engagements: tuple[tuple[str, str, str, str, str], ...]


def is_about_sox(text: str) -> bool:
    """Whether a question is about SOX or a customer's financial reporting."""
    asked = wording(text)
    body = _body()
    padded = f" {asked.plain} "
    return not asked.words.isdisjoint(body["words"]) or any(f" {each} " in padded for each in body["phrases"])


def sox_answer(boundary: Boundary, today: date) -> tuple[str, Sequence[Statement]]:
    """Return the word ("na" where nothing is in scope, else "") and the sentences of the answer."""
    rule = AdviceRule("sox.scope", _body()["source"], _body()["as_of"])
    now = [each for each in boundary.relevant if _begun(each, today) and not _over(each, today)]
    later = [each for each in boundary.relevant if not _begun(each, today)]
    said = [_of_today(boundary, now, rule, today)]
    if later:
        names = ", ".join(f"{_named(each)} from {each.starts_on}" for each in later)
        said.append(Statement(f"To come into scope: {names}.", rule, _data(later)))
    said += [
        Statement(
            f"Our {_lens_name(lens, kind)} engagement covers {first} to {last}.", rule, (f"scope: engagements/{name}",)
        )
        for name, lens, kind, first, last in boundary.engagements
        if lens == "soc2"
    ]
    hint = _body()["hint"]
    hint_rule = AdviceRule("sox.which_report", hint["source"], hint["as_of"])
    said.append(Statement(hint["text"], hint_rule, ("scope: engagements",)))
    return ("" if now else "na"), said


def _of_today(boundary: Boundary, now: Sequence[RelevantSystem], rule: AdviceRule, today: date) -> Statement:
    if now:
        names = "; ".join(f"{_named(each)}, since {each.starts_on or 'ever'}" for each in now)
        text = (
            f"In scope of our own SOX programme as of {today}: {names}. The other "
            f"{boundary.systems - len({each.system for each in now})} of {boundary.systems} systems are not in scope, "
            "because none of them is labelled as bearing on our financial reporting."
        )
        return Statement(text, rule, _data(now))
    text = (
        f"Not in scope, because none of the {boundary.systems} systems of {boundary.company} is labelled as bearing on "
        f"financial reporting as of {today}."
    )
    return Statement(text, rule, ("scope: systems",))


def _data(systems: Sequence[RelevantSystem]) -> tuple[str, ...]:
    return tuple(f"scope: systems/{name}" for name in sorted({each.system for each in systems}))


def _named(each: RelevantSystem) -> str:
    return each.name or each.system


def _begun(each: RelevantSystem, today: date) -> bool:
    return each.starts_on is None or each.starts_on <= today


def _over(each: RelevantSystem, today: date) -> bool:
    return each.ends_on is not None and each.ends_on < today


def _lens_name(lens: str, kind: str) -> str:
    return {"soc2": "SOC 2", "sox": "SOX"}[lens] + {"type1": " Type 1", "type2": " Type 2"}.get(kind, "")


@cache
def _body() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("sox.toml").read_text("utf-8"))
