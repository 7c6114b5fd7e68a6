"""Reads `twofold.toml`, the few settings of a workspace. Unknown keys are refused, so that a slip is not silent."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from twofold.model.instant import zone_named
from twofold.model.problem import Problem, UserError
from twofold.scope.nearest import nearest

FILE = "twofold.toml"
KEYS = {
    "company": {"name": "name of the company", "reporting_zone": "IANA zone of all days"},
    "sources": {"ticket_key": "regular expression that finds ticket keys", "zones": "source -> IANA zone"},
}
_TOML_PLACE = re.compile(r"^(.*) \(at line (\d+), column (\d+)\)$")
_TABLE = re.compile(r"^\s*\[\s*([^\]]+?)\s*\]")


@dataclass(frozen=True, slots=True)
class Settings:
    """What twofold.toml says.

    reporting_zone: zone in which days of scope, periods and reports are read. ticket_key: regular expression,
    "" = the built-in one. source_zones: source -> IANA zone of its times that carry none.
    """

    company: str
    reporting_zone: str
    ticket_key: str = ""
    source_zones: Mapping[str, str] = field(default_factory=dict)


def load_settings(workspace: Path) -> Settings:
    """Read `twofold.toml` in the workspace; raises UserError with every problem, as `twofold.toml:LINE`."""
    path = workspace / FILE
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        remedy = "run 'twofold init' here, or change to the folder of your workspace"
        raise UserError(Problem(str(path), "there is no workspace here", f"a folder with {FILE}", remedy)) from error
    except OSError as error:
        raise UserError(Problem(str(path), f"cannot be read: {error.strerror}", "a readable file")) from error
    return read_settings(content)


def read_settings(content: bytes) -> Settings:
    """Read the bytes of twofold.toml; raises UserError as `load_settings` does."""
    try:
        text = content.decode("utf-8-sig")
        values = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UserError(Problem(f"{FILE}:{line}", "not UTF-8", "UTF-8 text", "save it as UTF-8")) from error
    except tomllib.TOMLDecodeError as error:
        match = _TOML_PLACE.match(str(error))
        where, what = (f"{FILE}:{match[2]}:{match[3]}", match[1]) if match else (FILE, str(error))
        raise UserError(Problem(where, f"this is not TOML: {what}", "TOML", "correct this line")) from error
    problems = [*_unknown(values, text), *_wrong(values, text)]
    if problems:
        raise UserError(sorted(problems))
    company, sources = values["company"], values.get("sources", {})
    return Settings(
        company=company["name"].strip(),
        reporting_zone=company["reporting_zone"],
        ticket_key=sources.get("ticket_key", ""),
        source_zones=dict(sorted(sources.get("zones", {}).items())),
    )


def _unknown(values: Mapping[str, Any], text: str) -> Iterator[Problem]:
    for table, content in values.items():
        if table not in KEYS:
            yield _unknown_name(table, KEYS, _where(text, table, ""))
        elif isinstance(content, dict):
            for key in content:
                if key not in KEYS[table]:
                    yield _unknown_name(key, KEYS[table], _where(text, table, key))


def _unknown_name(name: str, known: Mapping[str, object], where: str) -> Problem:
    return Problem(where, f"unknown key '{name}'", f"one of {', '.join(known)}", nearest(name, known) or "delete it")


def _wrong(values: Mapping[str, Any], text: str) -> Iterator[Problem]:
    company, sources = values.get("company", {}), values.get("sources", {})
    for name, table in (("company", company), ("sources", sources)):
        if not isinstance(table, dict):
            yield Problem(_where(text, name, ""), f"'{name}' is no table", f"[{name}] with keys below it")
            return
    for key, about in KEYS["company"].items():
        value = company.get(key)
        if not isinstance(value, str) or not value.strip():
            found = f"'{key}' is missing" if value is None else f"'{key}' is no text"
            yield Problem(_where(text, "company", key), found, f'{key} = "…": {about}', "add it below [company]")
    if isinstance(company.get("reporting_zone"), str):
        yield from _zone(company["reporting_zone"], _where(text, "company", "reporting_zone"))
    yield from _wrong_key(sources.get("ticket_key", ""), _where(text, "sources", "ticket_key"))
    zones = sources.get("zones", {})
    if not isinstance(zones, dict):
        yield Problem(_where(text, "sources", "zones"), "'zones' is no table", "[sources.zones] with SOURCE = ZONE")
        return
    for source, zone in zones.items():
        yield from _zone(zone, _where(text, "sources.zones", source))


def _wrong_key(pattern: object, where: str) -> Iterator[Problem]:
    try:
        re.compile(str(pattern))
    except re.error as error:
        yield Problem(where, f"'ticket_key' is no regular expression: {error}", "a regular expression", "correct it")
    if not isinstance(pattern, str):
        yield Problem(where, "'ticket_key' is no text", "a regular expression in quotes", "put it in quotes")


def _zone(name: object, where: str) -> Iterator[Problem]:
    try:
        zone_named(str(name))
    except ValueError:
        near = nearest(str(name), available_timezones())
        yield Problem(where, f"unknown time zone '{name}'", "an IANA name such as Europe/Berlin", near)


def _where(text: str, table: str, key: str) -> str:
    """Find the line of a key, or of its table, or the file: tomllib gives values without places."""
    current = ""
    table_line = 0
    for number, line in enumerate(text.splitlines(), 1):
        if match := _TABLE.match(line):
            current = match[1].replace(" ", "")
            table_line = number if current == table else table_line
        elif current == table and key and re.match(rf"""\s*["']?{re.escape(key)}["']?\s*=""", line):
            return f"{FILE}:{number}"
        elif not table_line and re.match(rf"""\s*["']?{re.escape(table)}["']?\s*[.=]""", line):
            table_line = number
    return f"{FILE}:{table_line}" if table_line else FILE
