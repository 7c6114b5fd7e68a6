"""Reads fields of GitHub's objects, and says which field is wrong where one is.

It refuses to guess: a field of the wrong type or a time that is none makes its record unreadable, and the caller sets
the record aside. A missing repository is taken from the parameter `repo` of the capture, never from a file name.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from twofold.model.instant import Instant, parse_instant
from twofold.model.problem import Problem, UserError
from twofold.tables.json_records import read_records
from twofold.tables.rows import NormaliseContext, Normaliser, Row, SetAside, SourceFile, Unused

GHOST = "github:ghost"
"""The account that GitHub itself shows for a deleted user. It can be linked to nobody."""

Object = dict[str, Any]

_REPOSITORY_URL = re.compile(r"://[^/]+(?:/api/v3)?/repos/([^/]+/[^/?#]+)")
_NOREPLY = re.compile(r"(?:\d+\+)?([^@+]+)@users\.noreply\.github\.com")
_USER_FIELDS = ("user", "author", "committer", "creator", "actor", "sender", "merged_by", "pusher")
_EXCERPT = 120


class UnreadableError(ValueError):
    """A record that cannot become a row; the message names the field."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One captured file while it is read: what its capture said and what the scope files say."""

    file: SourceFile
    context: NormaliseContext

    def parameter(self, name: str) -> str:
        """Return a parameter of the capture, "" where it has none."""
        return self.file.evidence.provenance.parameters.get(name, "").strip()

    def required_parameter(self, name: str, example: str) -> str:
        """Return a parameter that the records cannot do without; raises UserError that tells how to give it."""
        if value := self.parameter(name):
            return value
        raise UserError(
            Problem(
                self.file.evidence.name,
                f"its records do not say what the parameter {name} has to say",
                f'{name} = "{example}" among the parameters',
                f'add parameters = {{ {name} = "{example}" }} to the file in exports.toml and capture it again',
            )
        )

    def repository(self, *urls: str) -> str:
        """Return `owner/name` from the first API address that has it, else from the parameter `repo`."""
        found = next((match[1] for url in urls if (match := _REPOSITORY_URL.search(url))), "") or self.parameter("repo")
        if not found:
            msg = "no field says which repository it belongs to, and the capture has no parameter repo"
            raise UnreadableError(msg)
        return found

    def system(self, repository: str, *environments: str) -> str:
        """Return the system of the first environment that the scope maps, else of the repository.

        It is `unmapped:<repository>` where the scope maps neither.
        """
        mapped = (self.context.systems.get(f"github:{repository}@{name}") for name in environments)
        return next((system for system in mapped if system), "") or self.context.system_of("github", repository)

    def instant(self, record: Object, *names: str) -> Instant | None:
        """Return the first of the named times that is given; raises UnreadableError for one that is no time."""
        for name in names:
            if value := text(record, name):
                try:
                    return parse_instant(value, zone=self.context.zone)
                except ValueError as error:
                    msg = f"{name}: {error}"
                    raise UnreadableError(msg) from error
        return None


ReadRecord = Callable[[Object, str, Reading], Iterator[Row]]
"""Gives the rows of one record, which stands at the given place."""


def listing(read: ReadRecord, *list_keys: str) -> Normaliser:
    """Return the normaliser that applies `read` to each record of a file and sets aside what it cannot read."""

    def normalise(file: SourceFile, context: NormaliseContext) -> Iterator[Row | SetAside | Unused]:
        reading, bots = Reading(file, context), BotRows()
        for found in read_records(file.path, list_keys=list_keys):
            if isinstance(found, SetAside):
                yield found
            else:
                yield from rows_or_set_aside(read, found[1], found[0], reading, bots)

    return normalise


class BotRows:
    """Gives an account row for each bot that acts in a file, once: bots are in no list of members."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def rows(self, record: Object, place: str, reading: Reading, repository: str) -> Iterator[Row]:
        """Yield the rows of the bots that the record names and that are new in this file."""
        for field in _USER_FIELDS:
            user = record.get(field)
            if not isinstance(user, dict) or user.get("type") != "Bot" or not isinstance(user.get("login"), str):
                continue
            login = user["login"]
            if login and login not in self._seen:
                self._seen.add(login)
                system = reading.context.system_of("github", repository.partition("/")[0])
                values = {"id": f"github:{login}", "system": system, "kind": "bot", "username": login}
                yield Row("account", place, values)


def rows_or_set_aside(
    read: ReadRecord, record: Object, place: str, reading: Reading, bots: BotRows
) -> Iterator[Row | SetAside | Unused]:
    """Yield all rows of a record, Unused where it has none, or one SetAside and no row."""
    try:
        rows = list(read(record, place, reading))
    except UnreadableError as error:
        yield SetAside(place, str(error), repr(record)[:_EXCERPT])
        return
    if not rows:
        yield Unused(place)
        return
    yield from rows
    told = (row.values.get("repository") or row.values.get("pull_request") for row in rows)
    repository = next((str(value) for value in told if value), reading.parameter("repo"))
    yield from bots.rows(record, place, reading, repository)


def text(record: Object, name: str) -> str:
    """Return a text or an integer as text; "" where it is absent or null."""
    value = record.get(name)
    if value is None:
        return ""
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    msg = f"{name} holds {repr(value)[:40]}, a text is expected"
    raise UnreadableError(msg)


def required(record: Object, name: str) -> str:
    """Return a text that the row cannot do without."""
    if value := text(record, name).strip():
        return value
    msg = f"{name} is missing or empty"
    raise UnreadableError(msg)


def inner(record: Object, name: str) -> Object:
    """Return an object inside the record; empty where it is absent or null."""
    value = record.get(name)
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    msg = f"{name} holds {repr(value)[:40]}, an object is expected"
    raise UnreadableError(msg)


def objects(record: Object, name: str) -> list[Object]:
    """Return a list of objects inside the record; empty where it is absent or null."""
    value = record.get(name)
    if value is None:
        return []
    if isinstance(value, list) and all(isinstance(element, dict) for element in value):
        return value
    msg = f"{name} holds {repr(value)[:40]}, a list of objects is expected"
    raise UnreadableError(msg)


def account(record: Object, name: str) -> str:
    """Return `github:<login>`; the ghost where GitHub gives null for a deleted user; "" where the field is absent."""
    if name not in record:
        return ""
    login = text(inner(record, name), "login")
    return f"github:{login}" if login else GHOST


def account_of_email(email: str) -> str:
    """Return the GitHub account of one of GitHub's own no-reply addresses, "" for any other address."""
    match = _NOREPLY.fullmatch(email)
    return f"github:{match[1]}" if match else ""
