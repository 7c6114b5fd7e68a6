"""The checks as files: one TOML file per check below `checks/`, in a folder per question or area.

A file holds `title`, `fix`, `source`, `as_of`, `critical`, and one of: `sql` (one SELECT of lines), `outcomes` (control
test -> letters), `computed = true` (code gives the lines). With both, `sql` gives the lines and the control tests must
have run. `needs` names tables that must be proven. A number is a
parameter with unit, source and day, and `sql` reads it from the one-row relation `parameter`.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from twofold.model.statement import AdviceRule
from twofold.readiness.check import Check, Parameter

CHECKS_FOLDER = Path(__file__).with_name("checks")
_SETTINGS_FILE = Path(__file__).with_name("settings.toml")
_HEADINGS_FILE = CHECKS_FOLDER / "headings.toml"


@cache
def headings() -> Mapping[str, str]:
    """Return every question and area, id -> title, in the order in which they are shown."""
    read = tomllib.loads(_HEADINGS_FILE.read_text(encoding="utf-8"))
    return MappingProxyType({**read["questions"], **read["areas"]})


@cache
def questions() -> tuple[str, ...]:
    """Return the ids of the four questions, Q1 to Q4."""
    return tuple(tomllib.loads(_HEADINGS_FILE.read_text(encoding="utf-8"))["questions"])


@cache
def known_checks() -> Mapping[str, Check]:
    """Return every check by its id `<heading>/<name>`, in the order of the headings and then by name."""
    found = [
        _check(heading, file) for heading in headings() for file in sorted((CHECKS_FOLDER / heading).glob("*.toml"))
    ]
    return MappingProxyType({each.check_id: each for each in found})


@cache
def settings() -> Mapping[str, Parameter]:
    """Return the settings of the review as a whole, by name."""
    return MappingProxyType({each.name: each for each in parameters_of(_SETTINGS_FILE)})


def parameters_of(file: Path) -> tuple[Parameter, ...]:
    """Return the dated numbers of a TOML file whose tables each hold one."""
    read = tomllib.loads(file.read_text(encoding="utf-8"))
    return tuple(_parameter(name, body) for name, body in read.items())


def _check(heading: str, file: Path) -> Check:
    read = tomllib.loads(file.read_text(encoding="utf-8"))
    check_id = f"{heading}/{file.stem}"
    check = Check(
        check_id=check_id,
        heading=heading,
        title=read["title"],
        fix=read["fix"],
        critical=read["critical"],
        rule=AdviceRule(f"readiness.{heading}.{file.stem}", read["source"], read["as_of"]),
        needs=tuple(read.get("needs", ())),
        outcomes={test: tuple(letters) for test, letters in read.get("outcomes", {}).items()},
        sql=read.get("sql", ""),
        computed=read.get("computed", False),
        parameters=tuple(_parameter(name, body) for name, body in read.get("parameters", {}).items()),
    )
    if not (check.sql or check.outcomes or check.computed):
        msg = f"{file}: a check has sql, outcomes or computed = true"
        raise ValueError(msg)
    return check


def _parameter(name: str, body: Mapping[str, Any]) -> Parameter:
    return Parameter(name, body["value"], body["unit"], body["source"], body["as_of"].isoformat())
