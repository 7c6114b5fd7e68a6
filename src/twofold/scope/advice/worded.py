"""The rules of advice as they stand in `rules/*.toml`: wording, source, day, and the numbers that are convention."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from twofold.model.statement import AdviceRule, Statement

FOLDER = Path(__file__).with_name("rules")
_OWN = frozenset({"says", "source", "as_of"})


@dataclass(frozen=True, slots=True)
class WordedRule:
    """A rule with the sentence that it says; `{name}` in it is filled where it is said. `settings`: its other keys."""

    rule: AdviceRule
    says: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Caution:
    """A warning: the name that profiles and JSON know it by, what it is about ("" for the company), and its words."""

    warning: str
    about: str
    statement: Statement


@cache
def worded_rules() -> Mapping[str, WordedRule]:
    """Return every rule by its name, `<file>.<table>`, for example `window.start_gate`."""
    found: dict[str, WordedRule] = {}
    for file in sorted(FOLDER.glob("*.toml")):
        for name, body in tomllib.loads(file.read_text(encoding="utf-8")).items():
            full = f"{file.stem}.{name}"
            as_of: date = body["as_of"]
            settings = {key: value for key, value in body.items() if key not in _OWN}
            says = " ".join(str(body["says"]).split())
            found[full] = WordedRule(AdviceRule(full, body["source"], as_of), says, MappingProxyType(settings))
    return MappingProxyType(found)


def setting(rule: str, name: str) -> Any:
    """Return a number or list of a rule."""
    return worded_rules()[rule].settings[name]


def say(rule: str, data: Iterable[str], **values: object) -> Statement:
    """Return the rule's sentence with the values filled in, bound to the data, each named once and in a fixed order."""
    worded = worded_rules()[rule]
    return Statement(worded.says.format(**worded.settings, **values), worded.rule, tuple(sorted(set(data))))


def caution(rule: str, data: Iterable[str], *, about: str = "", **values: object) -> Caution:
    """Return the rule's sentence as a warning; its name is the last part of the rule's."""
    return Caution(rule.rpartition(".")[2], about, say(rule, data, about=about, **values))


def listed(names: Iterable[str], most: int = 6) -> str:
    """Return names for a sentence: `a, b and 3 more`."""
    known = list(names)
    if len(known) <= most:
        return ", ".join(known)
    return f"{', '.join(known[:most])} and {len(known) - most} more"


def number(count: int, noun: str) -> str:
    """Return a count for a sentence: `1 control`, `2,000 controls`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
