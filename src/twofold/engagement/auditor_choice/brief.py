"""An anonymous brief of the scope for audit firms, and the check that nothing in it says who the company is.

The wording is the same for every company (brief.toml); slots take bands and words of closed lists, and two of them free
text. Free text is checked for every name of the company. The whole is checked once more as it will be sent: there, a
name that the shipped wording itself holds, such as a system called "company", tells nothing.
"""

import tomllib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from twofold.engagement.auditor_choice.anonymity import Telling, telling
from twofold.engagement.auditor_choice.identifying import Name, Term, plain, terms
from twofold.engagement.auditor_choice.proposal import Need
from twofold.model.statement import NOT_AN_OPINION, AdviceRule, Statement, told_source
from twofold.scope.system import LAYERS

BRIEF_FILE = Path(__file__).with_name("brief.toml")
TITLE = "Scope brief for an audit firm"
FROM = "Where each sentence comes from (audit-domain: the rules of the software, by section):"
FREE = ("industry", "note")
_KINDS = {
    "type1": "a SOC 2 report of type 1",
    "type2": "a SOC 2 report of type 2",
    "sox": "an audit of internal control over financial reporting",
}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_FACTS = {
    "first_audit": ("it was never examined before", "it was examined before"),
    "several_products": ("the report describes several products", "the report describes one product"),
    "regulated_data": ("regulated data is in scope", "no regulated data is in scope"),
    "sox_ahead": ("SOX is in force or planned", "SOX is not planned"),
}


@dataclass(frozen=True, slots=True)
class BriefNumbers:
    """What the brief tells of the company, in numbers. layers: layer -> systems. None: not known, so not told."""

    first: date
    last: date
    criteria: int
    layers: Mapping[str, int]
    both: int
    people: int | None
    controls: int
    tested: int
    populations: Mapping[str, int]
    """Title of a family of controls -> items a year."""
    connector: int
    hand: int
    vendors: int | None
    sox_year_end: date | None


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of the brief. free: slot -> the free text in it."""

    name: str
    statement: Statement
    free: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Brief:
    """The brief, line by line."""

    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """The brief as it is sent: a sentence a line with rule and source, and at both ends that it is no opinion."""
        parts = [f"# {TITLE}", "", NOT_AN_OPINION, ""]
        parts += [f"- {line.statement.text}" for line in self.lines]
        parts += ["", FROM, ""]
        for line in self.lines:
            said = line.statement
            source = told_source(said.rule.source)
            parts.append(f"- {said.rule.rule}: {'; '.join(said.data)}; rule as of {said.rule.as_of}: {source}")
        return "\n".join([*parts, ""])


@dataclass(frozen=True, slots=True)
class Told:
    """One thing in the brief that tells who the company is; place: the slot, or the brief as a whole."""

    place: str
    telling: Telling


def make_brief(need: Need, numbers: BriefNumbers, *, note: str = "") -> Brief:
    """Return the brief. What is not known is left out; numbers become bands."""
    slots = {
        "intro": {},
        "report": {"report": _KINDS[need.asked]},
        "categories": {"categories": _joined(need.categories), "criteria": str(numbers.criteria)},
        "period": {
            "first": str(numbers.first),
            "last": str(numbers.last),
            "days": str((numbers.last - numbers.first).days + 1),
        },
        "systems": {"layers": ", ".join(f"{layer} {band(numbers.layers[layer])}" for layer in _held(numbers.layers))},
        "both": {"both": band(numbers.both)},
        "people": {"people": band(numbers.people or 0)},
        "controls": {
            "controls": str(numbers.controls),
            "tested": str(numbers.tested),
            "by_hand": str(numbers.controls - numbers.tested),
        },
        "populations": {"populations": "; ".join(f"{family} {band(n)}" for family, n in numbers.populations.items())},
        "evidence": {"connector": band(numbers.connector), "hand": band(numbers.hand)},
        "vendors": {"vendors": band(numbers.vendors or 0)},
        "sox": {"month": _MONTHS[numbers.sox_year_end.month - 1] if numbers.sox_year_end else ""},
        "no_sox": {},
        "industry": {"industry": need.industry},
        "facts": {"facts": "; ".join(_facts(need))},
        "dates": {"dates": "; ".join(_dates(need))},
        "note": {"note": " ".join(note.split())},
    }
    silent = {
        "categories": not need.categories,
        "systems": not numbers.layers,
        "both": not numbers.both or need.asked == "sox",
        "people": not numbers.people,
        "populations": not numbers.populations,
        "vendors": not numbers.vendors,
        "sox": numbers.sox_year_end is None or need.asked == "sox",
        "no_sox": numbers.sox_year_end is not None or need.asked == "sox",
        "industry": not need.industry,
        "facts": not any(_facts(need)),
        "dates": not any(_dates(need)),
        "note": not note.strip(),
    }
    return Brief(tuple(_line(name, held) for name, held in slots.items() if not silent.get(name, False)))


def tells(brief: Brief, names: Sequence[Name], *, may_stay: Sequence[str] = ()) -> list[Told]:
    """Return everything in the brief that tells who the company is; [] when it may be sent."""
    looked_for = terms(names)
    found = [
        Told(f"{line.name}: {slot}", each)
        for line in brief.lines
        for slot, text in line.free.items()
        for each in telling(text, looked_for, may_stay=may_stay)
    ]
    own = _own(looked_for)
    whole = telling(brief.text, looked_for, may_stay=may_stay)
    seen = {plain(each.telling.found) for each in found}
    found += [
        Told("the brief as a whole", each)
        for each in whole
        if (each.because, plain(each.found)) not in own and plain(each.found) not in seen
    ]
    return found


def tells_text(text: str, brief: Brief, names: Sequence[Name], *, may_stay: Sequence[str] = ()) -> list[Told]:
    """Check a text that somebody wrote or changed: each line that is none of the brief's own is checked strictly."""
    own = set(brief.text.splitlines())
    lines = ["" if line in own else line for line in text.splitlines()]
    return [Told("the text", each) for each in telling("\n".join(lines), terms(names), may_stay=may_stay)]


def band(number: int) -> str:
    """Return the band of a number in words."""
    bands = _rules()["bands"]
    names: list[str] = bands["names"]
    return names[bisect_left(bands["upto"], number)]


def _line(name: str, slots: Mapping[str, str]) -> Line:
    body = _rules()[name]
    rule = AdviceRule(f"brief.{name}", body["source"], date.fromisoformat(body["as_of"]))
    # Slots are put in one by one, so that braces in a free text stay what they are.
    text: str = body["text"]
    for slot, value in slots.items():
        text = text.replace(f"{{{slot}}}", value)
    free = {slot: value for slot, value in slots.items() if slot in FREE}
    return Line(name, Statement(text, rule, tuple(body["data"])), free)


@lru_cache(maxsize=8)
def _own(looked_for: tuple[Term, ...]) -> frozenset[tuple[str, str]]:
    """Return the names that the shipped wording holds: what each is taken for, and its plain form."""
    return frozenset((each.because, plain(each.found)) for each in telling(_wording(), looked_for))


def _wording() -> str:
    """Return every word that the brief may hold for any company: wording, bands, closed lists."""
    rules = _rules()
    lines = [
        TITLE,
        NOT_AN_OPINION,
        FROM,
        *rules["bands"]["names"],
        *_KINDS.values(),
        *_MONTHS,
    ]
    for name, body in rules.items():
        if name != "bands":
            lines += [f"brief.{name}", body["text"], body["source"], *body["data"], f"rule as of {body['as_of']}"]
    lines += [word for pair in _FACTS.values() for word in pair]
    lines += [*LAYERS, "security", "availability", "processing integrity", "confidentiality", "privacy"]
    lines += ["Access", "Change and development", "Operations and finance IT", "Security programme"]
    lines += ["begin by", "report by"]
    return "\n".join(lines)


def _held(layers: Mapping[str, int]) -> list[str]:
    return [layer for layer in LAYERS if layers.get(layer)]


def _joined(categories: frozenset[str]) -> str:
    return ", ".join(
        sorted((each.replace("_", " ") for each in categories), key=lambda each: (each != "security", each))
    )


def _facts(need: Need) -> list[str]:
    told = [(getattr(need, name), words) for name, words in _FACTS.items()]
    return [words[0] if value else words[1] for value, words in told if value is not None]


def _dates(need: Need) -> list[str]:
    pairs = (("begin by", need.start_by), ("report by", need.report_by))
    return [f"{words} {day}" for words, day in pairs if day is not None]


@cache
def _rules() -> Mapping[str, Any]:
    return tomllib.loads(BRIEF_FILE.read_text(encoding="utf-8"))
