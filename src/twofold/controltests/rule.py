"""A rule folder, read and checked: rule.sql, rule.toml, facts.sql, README.md, cases/.

`rule.sql` is one SELECT that reads `population` (one row per item), the canonical tables, the shared steps and the
one-row relation `parameter`. It gives `item, system, operating_at, operating_at_latest` and one column per attribute
letter, each a reason code. `facts.sql` gives `item, attribute, table_name, evidence, record, fact`: what each attribute
rests on.

A parameter in a unit of time says how it `runs`: `after` where something later than the event can still change its item
until the time is over, such as an SLA; `before` where it looks back from the event, or limits the age of what holds
then. `follows` names parameters whose time must be over before its own begins, such as the first deadline of an
extension. Exports have to wait for the longest such window (audit-domain 4.0, *Extraction time*).
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from twofold.model.ids import ControlTestId
from twofold.model.outcome import PREFIXES, Outcome, ReasonCode
from twofold.model.problem import Problem, UserError
from twofold.populations.completeness import Window

RULES_FOLDER = Path(__file__).with_name("rules")
CONFLICT = "cannot_test:conflict"
"""Records in conflict decide (audit-domain 4.0, *Duplicates*). Any attribute may come out so, whether or not the rule
itself sees the conflict, so every attribute declares it."""
ParameterValue = str | int | bool
_DAY = timedelta(days=1)
_UNITS: Mapping[str, timedelta] = {
    "seconds": timedelta(seconds=1),
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": _DAY,
    "days of 24 hours": _DAY,
    "months": 31 * _DAY,
    "business days": 2 * _DAY,
}
"""Units of time -> what one of them is at most; of business days together with `_HOLIDAYS`."""
_HOLIDAYS = 7 * _DAY
"""What business days may take longer around a weekend and holidays; even none of them lasts to the next such day."""
_RUNS = frozenset({"after", "before"})
_LETTER = re.compile(r"[A-Z]")
_PARAMETER_TYPES: Mapping[str, type] = {"text": str, "integer": int, "boolean": bool}


@dataclass(frozen=True, slots=True)
class Attribute:
    """One thing tested per item: its letter, its wording, and the wording of each reason code it can give."""

    letter: str
    wording: str
    reasons: Mapping[str, str]
    """`exception:no_ticket` -> sentence. `pass` needs none."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number or word of a rule that the company or the auditor may set, with where its default comes from."""

    name: str
    type: str
    default: ParameterValue
    unit: str
    about: str
    source: str
    minimum: int | None = None
    maximum: int | None = None
    runs: str = ""
    """`after` or `before` the event; "" for what is no time."""
    follows: tuple[str, ...] = ()

    def at_most(self, value: ParameterValue) -> timedelta:
        """Return how long a value of the parameter lasts at most, by the calendar."""
        return int(value) * _UNITS[self.unit] + (_HOLIDAYS if self.unit == "business days" else timedelta())


@dataclass(frozen=True, slots=True)
class Rule:
    """A control test as text. `sha256` covers rule.toml, rule.sql and facts.sql.

    The definition of its population has a hash of its own in the run. `tables` are those that rule.sql names itself.
    """

    control_test: ControlTestId
    version: str
    title: str
    objective: str
    population: str
    attributes: tuple[Attribute, ...]
    parameters: tuple[Parameter, ...]
    sql: str
    facts_sql: str
    folder: Path
    sha256: str

    def attribute(self, letter: str) -> Attribute:
        """Return the attribute with this letter; raises KeyError."""
        return {found.letter: found for found in self.attributes}[letter]

    def parameter_values(self, overrides: Mapping[str, ParameterValue], *, where: str) -> dict[str, ParameterValue]:
        """Return every parameter with its default or override; raises UserError for an unknown name, type or range."""
        problems = [
            Problem(where, f"{self.control_test} has no parameter {name!r}", "one of " + ", ".join(self._names))
            for name in sorted(set(overrides) - set(self._names))
        ]
        values: dict[str, ParameterValue] = {}
        for parameter in self.parameters:
            value = overrides.get(parameter.name, parameter.default)
            if isinstance(value, bool) != (parameter.type == "boolean") or not isinstance(
                value, _PARAMETER_TYPES[parameter.type]
            ):
                problems.append(Problem(where, f"{parameter.name} = {value!r}", f"a {parameter.type}"))
            elif isinstance(value, int) and not _within(value, parameter.minimum, parameter.maximum):
                problems.append(
                    Problem(where, f"{parameter.name} = {value}", f"{parameter.minimum} to {parameter.maximum}")
                )
            values[parameter.name] = value
        if problems:
            raise UserError(problems)
        return values

    def windows(self, values: Mapping[str, ParameterValue]) -> list[Window]:
        """Return the windows after an event in which its item can still change, with these values of the parameters."""
        known = {parameter.name: parameter for parameter in self.parameters}
        windows = []
        for parameter in self.parameters:
            if parameter.runs == "after":
                parts = [(known[name], values[name]) for name in (*parameter.follows, parameter.name)]
                words = ", then ".join(f"{value} {part.unit}" for part, value in parts)
                length = sum((part.at_most(value) for part, value in parts), timedelta())
                if length:
                    windows.append(Window(self.control_test, parameter.name, words, length))
        return windows

    @property
    def _names(self) -> list[str]:
        return [parameter.name for parameter in self.parameters]


def _within(value: int, minimum: int | None, maximum: int | None) -> bool:
    return (minimum is None or minimum <= value) and (maximum is None or value <= maximum)


@cache
def known_rules(folder: Path = RULES_FOLDER) -> MappingProxyType[ControlTestId, Rule]:
    """Return every rule by its control test id, in order; raises UserError when a folder is faulty."""
    rules = [load_rule(each) for each in sorted(folder.iterdir()) if (each / "rule.toml").exists()]
    return MappingProxyType({rule.control_test: rule for rule in rules})


def rule_named(control_test: str, *, where: str) -> Rule:
    """Return the rule; raises UserError that says where an unknown id stood."""
    rule = known_rules().get(ControlTestId(control_test))
    if rule is None:
        raise UserError(
            Problem(where, f"there is no control test {control_test!r}", "one of " + ", ".join(known_rules()))
        )
    return rule


def load_rule(folder: Path) -> Rule:
    """Read and check one rule folder; raises UserError naming file and fault."""
    toml_path, sql_path, facts_path = folder / "rule.toml", folder / "rule.sql", folder / "facts.sql"
    toml, sql, facts = (_text(path) for path in (toml_path, sql_path, facts_path))
    try:
        return _rule(folder, toml=toml, sql=sql, facts=facts)
    except (tomllib.TOMLDecodeError, KeyError, AttributeError) as error:
        fault = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise UserError(Problem(str(toml_path), fault, "the fields of a rule, as in its neighbours")) from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(Problem(str(path), f"cannot be read: {error}", "UTF-8 text")) from error


def _rule(folder: Path, *, toml: str, sql: str, facts: str) -> Rule:
    raw = tomllib.loads(toml)
    toml_path = folder / "rule.toml"
    attributes = tuple(_attribute(letter, body, toml_path) for letter, body in raw["attributes"].items())
    parameters = tuple(_parameter(name, body, toml_path) for name, body in raw.get("parameters", {}).items())
    after = {parameter.name for parameter in parameters if parameter.runs == "after"}
    for parameter in parameters:
        if unknown := set(parameter.follows) - after:
            found = f"parameter {parameter.name} follows {', '.join(sorted(unknown))}"
            raise UserError(Problem(str(toml_path), found, 'parameters with runs = "after"'))
    return Rule(
        control_test=ControlTestId(raw["id"]),
        version=raw["version"],
        title=raw["title"],
        objective=raw["objective"],
        population=raw["population"],
        attributes=attributes,
        parameters=parameters,
        sql=sql,
        facts_sql=facts,
        folder=folder,
        sha256=hashlib.sha256(f"{toml}\0{sql}\0{facts}".encode()).hexdigest(),
    )


def _attribute(letter: str, body: Mapping[str, Any], path: Path) -> Attribute:
    if not _LETTER.fullmatch(letter):
        raise UserError(Problem(str(path), f"attribute {letter!r}", "one letter from A to Z"))
    reasons = {
        f"{prefix}:{reason}": sentence
        for prefix in PREFIXES
        if prefix != "pass"
        for reason, sentence in body.get(prefix, {}).items()
    }
    for code in reasons:
        try:
            ReasonCode.parse(code)
        except ValueError as error:
            raise UserError(Problem(str(path), str(error))) from error
    return Attribute(letter, body["wording"], MappingProxyType(reasons))


def _parameter(name: str, body: Mapping[str, Any], path: Path) -> Parameter:
    if body["type"] not in _PARAMETER_TYPES:
        raise UserError(Problem(str(path), f"parameter {name} of type {body['type']!r}", ", ".join(_PARAMETER_TYPES)))
    runs = body.get("runs", "")
    if runs not in (_RUNS if body["unit"] in _UNITS else {""}):
        found = f"parameter {name} with the unit {body['unit']!r} and runs = {runs!r}"
        expected = f'runs = "after" or "before" where the unit is a time ({", ".join(_UNITS)}), and only there'
        raise UserError(Problem(str(path), found, expected, "say whether it looks past the event or back from it"))
    return Parameter(
        name=name,
        type=body["type"],
        default=body["default"],
        unit=body["unit"],
        about=body["about"],
        source=body["source"],
        minimum=body.get("minimum"),
        maximum=body.get("maximum"),
        runs=runs,
        follows=tuple(body.get("follows", ())),
    )


def reason_sentence(rule: Rule, letter: str, code: str) -> str:
    """Return the rule's sentence for a reason code, or "" for a pass."""
    if ReasonCode.parse(code).outcome is Outcome.PASS:
        return ""
    return rule.attribute(letter).reasons[code]
