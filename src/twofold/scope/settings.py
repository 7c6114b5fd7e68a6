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
from twofold.scope.notice_settings import NOTICE_KEYS, NoticeSettings, read_notices, wrong_notices
from twofold.vault.database.database_location import read_location
from twofold.vault.retention.retention import GREATEST_YEARS, shipped_policy

FILE = "twofold.toml"
_TIMESTAMPS = {
    "authority": "address of an RFC 3161 authority",
    "chain": "PEM file with the certificates to trust, its path from this folder",
}
_STORAGE = {
    "database": "where the log is kept: postgresql://user@host/database?schema=name",
    "blobs": "where captured bytes are kept: a folder, or s3://bucket/prefix",
    "site": "where accounts and sessions of the site are kept: here, or postgresql://user@host/database?schema=name",
}
SITE_HERE = "here"
"""Keeps the site's database in the workspace although the log lies in PostgreSQL."""
_ENGINE = {
    "spark": "server that computes the control tests: sc://host:port",
    "reads_files": "true where that server sees this folder under the same path",
}
KEYS = {
    "company": {"name": "name of the company", "reporting_zone": "IANA zone of all days"},
    "sources": {"ticket_key": "regular expression that finds ticket keys", "zones": "source -> IANA zone"},
    "retention": {f"{each.name}_years": each.meaning for each in shipped_policy().classes},
    "timestamps": _TIMESTAMPS,
    "storage": _STORAGE,
    "engine": _ENGINE,
    "notices": NOTICE_KEYS,
}
_TOML_PLACE = re.compile(r"^(.*) \(at line (\d+), column (\d+)\)$")
_ADDRESS = re.compile(r"https?://[^\s/@]+(?:/\S*)?")
"""Without user and password: settings are no place for secrets."""
_SPARK = re.compile(r"sc://[^\s/:;@]+(?::[0-9]{1,5})?(?:/(?:;[^\s@]*)?)?")
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
    retention_years: Mapping[str, int] = field(default_factory=dict)
    """Class of evidence -> years that it is kept, where the company says so. In force once applied."""
    timestamp_authority: str = ""
    """http or https address of an RFC 3161 authority that dates checkpoints; "" = none."""
    timestamp_chain: str = ""
    """PEM file with the certificates that its answers must lead to; a path from the workspace."""
    database: str = ""
    """URL of the log in PostgreSQL, without a password; "" = a SQLite file in the vault."""
    blobs: str = ""
    """Where captured bytes are kept; "" = a folder in the vault."""
    site: str = ""
    """URL of the site's database in PostgreSQL, without a password; "here" = a SQLite file; "" = where the log is."""
    spark: str = ""
    """Address of the Spark Connect server that computes steps, populations and rules; "" = DuckDB in this process."""
    notices: NoticeSettings | None = None
    """Where notices go; None = nowhere."""
    spark_reads_files: bool = False
    """The server reads the files of the tables itself, under the path that they have here."""


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
        database=values.get("storage", {}).get("database", ""),
        blobs=values.get("storage", {}).get("blobs", ""),
        site=values.get("storage", {}).get("site", ""),
        notices=read_notices(values.get("notices", {})),
        spark=values.get("engine", {}).get("spark", ""),
        spark_reads_files=values.get("engine", {}).get("reads_files", False),
        timestamp_authority=values.get("timestamps", {}).get("authority", ""),
        timestamp_chain=values.get("timestamps", {}).get("chain", ""),
        retention_years={
            name.removesuffix("_years"): years for name, years in sorted(values.get("retention", {}).items())
        },
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
        elif not value.isprintable():
            found = f"'{key}' holds a control character"
            yield Problem(_where(text, "company", key), found, "one line of plain text", "write it again")
    if isinstance(company.get("reporting_zone"), str):
        yield from _zone(company["reporting_zone"], _where(text, "company", "reporting_zone"))
    yield from _wrong_retention(values.get("retention", {}), text)
    yield from _wrong_timestamps(values.get("timestamps", {}), text)
    yield from _wrong_storage(values.get("storage", {}), text)
    yield from _wrong_engine(values.get("engine", {}), text)
    yield from wrong_notices(values.get("notices", {}), lambda key: _where(text, "notices", key))
    yield from _wrong_key(sources.get("ticket_key", ""), _where(text, "sources", "ticket_key"))
    zones = sources.get("zones", {})
    if not isinstance(zones, dict):
        yield Problem(_where(text, "sources", "zones"), "'zones' is no table", "[sources.zones] with SOURCE = ZONE")
        return
    for source, zone in zones.items():
        yield from _zone(zone, _where(text, "sources.zones", source))


def _wrong_retention(table: object, text: str) -> Iterator[Problem]:
    """Find years that are no number of years, and those that are fewer than a class allows."""
    if not isinstance(table, dict):
        yield Problem(_where(text, "retention", ""), "'retention' is no table", "[retention] with years per class")
        return
    for each in shipped_policy().classes:
        key = f"{each.name}_years"
        years = table.get(key, each.years)
        where = _where(text, "retention", key)
        if not isinstance(years, int) or isinstance(years, bool) or not 1 <= years <= GREATEST_YEARS:
            yield Problem(where, f"'{key}' is no number of years", f"1 to {GREATEST_YEARS}", "give whole years")
        elif years < each.years and not each.may_be_lowered:
            expected = f"at least {each.years}. {each.source}"
            yield Problem(where, f"'{key}' = {years} is fewer than {each.years}", expected, "raise it, or delete it")


def _wrong_timestamps(table: object, text: str) -> Iterator[Problem]:
    """Find an authority without certificates to check it by, certificates without one, and what is no address."""
    if not isinstance(table, dict):
        yield Problem(_where(text, "timestamps", ""), "'timestamps' is no table", "[timestamps] with keys below it")
        return
    for key, about in _TIMESTAMPS.items() if table else ():
        value = table.get(key)
        if not isinstance(value, str) or not value.strip():
            found = f"'{key}' is missing" if value is None else f"'{key}' is no text"
            yield Problem(_where(text, "timestamps", key), found, f'{key} = "…": {about}', "add it below [timestamps]")
    authority = table.get("authority")
    if isinstance(authority, str) and authority.strip() and not _ADDRESS.fullmatch(authority):
        where = _where(text, "timestamps", "authority")
        yield Problem(where, f"'{authority}' is no address", "an address that begins with https:// or http://")


def _wrong_storage(table: object, text: str) -> Iterator[Problem]:
    """Find places that are no text, and a database that cannot be one; a password in it is not shown again."""
    if not isinstance(table, dict):
        yield Problem(_where(text, "storage", ""), "'storage' is no table", "[storage] with keys below it")
        return
    for key, about in _STORAGE.items():
        value = table.get(key, "-")
        if not isinstance(value, str) or not value.strip():
            expected = f'{key} = "…": {about}'
            yield Problem(_where(text, "storage", key), f"'{key}' is no text", expected, "correct it, or delete it")
    for key in ("database", "site"):
        place = table.get(key)
        if not isinstance(place, str) or not place.strip() or (key, place) == ("site", SITE_HERE):
            continue
        try:
            read_location(place)
        except ValueError as error:
            yield Problem(_where(text, "storage", key), f"'{key}' cannot be used: {error}", _STORAGE[key], "correct it")
    if table.get("site") and table.get("site") == table.get("database"):
        where = _where(text, "storage", "site")
        yield Problem(where, "'site' names the schema of the log", "a schema of its own", "delete it, or name another")


def _wrong_engine(table: object, text: str) -> Iterator[Problem]:
    """Find what is no address of a server, and a token, which is not shown again."""
    if not isinstance(table, dict):
        yield Problem(_where(text, "engine", ""), "'engine' is no table", "[engine] with spark = below it")
        return
    spark, reads_files = table.get("spark"), table.get("reads_files", False)
    where = _where(text, "engine", "spark")
    if table and not (isinstance(spark, str) and _SPARK.fullmatch(spark)):
        found = "'spark' is missing" if spark is None else "'spark' is no address of a Spark Connect server"
        yield Problem(where, found, 'spark = "sc://host:15002"', "correct it, or delete [engine]")
    elif isinstance(spark, str) and "token=" in spark:
        expected = "no secret in settings"
        yield Problem(where, "'spark' holds a token", expected, "give it in SPARK_CONNECT_AUTHENTICATE_TOKEN")
    if not isinstance(reads_files, bool):
        found = "'reads_files' is neither true nor false"
        yield Problem(_where(text, "engine", "reads_files"), found, _ENGINE["reads_files"], "correct it, or delete it")


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
