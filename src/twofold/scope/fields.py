"""The kinds of value that a scope file holds: each reads the text as written and says what it wanted instead.

Days are local midnights in the reporting zone, which the caller gives as validation context `{"zone": NAME}`.
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, NoReturn, TypeVar
from zoneinfo import available_timezones

from pydantic import BaseModel, BeforeValidator, PlainSerializer, PlainValidator, ValidationInfo, WithJsonSchema
from pydantic.functional_validators import AfterValidator
from pydantic_core import PydanticCustomError, to_json

from twofold.model.instant import EARLIEST_CREDIBLE, Instant, parse_boundary, parse_instant, zone_named
from twofold.scope.nearest import nearest
from twofold.scope.reading import Plain

FAULT = "scope_fault"
"""Type of the validation errors raised here; their context has found, expected, remedy and key."""
_LATEST_CREDIBLE = datetime(2200, 1, 1, tzinfo=UTC)
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_NAMED = re.compile(r"[a-z0-9_-]+:\S.*")
_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,18}(\.[0-9]{1,24})?([eE][-+]?[0-9]{1,3})?")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_MOST_MINUTES = 10_000_000
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def fault(found: str, expected: str, remedy: str = "", *, key: str = "") -> NoReturn:
    """Refuse a value; `key` names the key at fault where the whole entry was looked at."""
    context = {"found": found, "expected": expected, "remedy": remedy, "key": key}
    raise PydanticCustomError(FAULT, "{found}", context)


@dataclass(frozen=True, slots=True)
class Boundary:
    """A declared limit: the text as written, and the aware UTC time that it means in the reporting zone."""

    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Day:
    """A local day of the reporting zone: as written, and its half-open stretch in UTC."""

    text: str
    starts_at: datetime
    ends_before: datetime


def plain_text(value: object) -> str:
    """Read a text, without outer spaces and without control characters."""
    if not isinstance(value, str):
        fault(f"{shown(value)} is no text", "a text", "put the text in quotes")
    text = value.strip()
    odd = next((letter for letter in text if letter != "\n" and unicodedata.category(letter) in {"Cc", "Cs"}), "")
    if odd:
        fault(f"control character U+{ord(odd):04X} in the text", "printable text", "delete the character")
    return text


def _filled(value: object) -> str:
    text = plain_text(value)
    return text or fault("the text is empty", "a text", "write it out")


def _identifier(value: object) -> str:
    text = plain_text(value)
    if not _IDENTIFIER.fullmatch(text):
        fault(f"'{text}' is no id", "letters, digits, '.', '_' and '-', beginning with a letter or digit")
    return text


def _person(value: object) -> str:
    text = plain_text(value)
    if not text or any(letter.isspace() or letter in ";," for letter in text):
        fault(f"'{text}' is no person id", "one HR id, without spaces", "write the id, not the name")
    return text


def _named(value: object) -> str:
    text = plain_text(value)
    if not _NAMED.fullmatch(text):
        fault(f"'{text}' has no source before a colon", "SOURCE:NAME, for example github:acme/billing")
    return text


def _whole(value: object) -> int:
    if isinstance(value, Plain) and _WHOLE.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST_MINUTES:
        fault(f"{shown(value)} is no number that fits here", f"a whole number from 0 to {_MOST_MINUTES}")
    return value


def _truth(value: object) -> bool:
    if isinstance(value, Plain) and value in _BOOLEANS:
        return _BOOLEANS[value]
    if not isinstance(value, bool):
        fault(f"{shown(value)} is neither true nor false", "true or false")
    return value


def _parameter(value: object) -> Any:
    if isinstance(value, Plain):
        value = _plain_parameter(value)
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, list | tuple):
        return tuple(_filled(part) for part in value)
    if not isinstance(value, bool | int | float) or not math.isfinite(value):
        fault(f"{shown(value)} cannot be a parameter", "a number, true or false, a text, or a list of texts")
    return value


def _plain_parameter(value: Plain) -> bool | int | float | str:
    if value in _BOOLEANS:
        return _BOOLEANS[value]
    if _WHOLE.fullmatch(value):
        return int(value)
    return float(value) if _DECIMAL.fullmatch(value) else _filled(value)


def _zone(value: object) -> str:
    text = plain_text(value)
    try:
        zone_named(text)
    except ValueError:
        near = nearest(text, available_timezones())
        fault(f"unknown time zone '{text}'", "an IANA name such as Europe/Berlin", near)
    return text


def _clock(value: object) -> str:
    text = plain_text(value)
    if not _CLOCK.fullmatch(text):
        fault(f"'{text}' is no time of day", 'HH:MM in quotes, for example "09:00"')
    return text


def zone_of(info: ValidationInfo) -> str:
    """Return the reporting zone that the caller gave as context."""
    if not info.context:
        msg = "scope values are read with a reporting zone as context"
        raise TypeError(msg)
    return str(info.context["zone"])


def _boundary(value: object, info: ValidationInfo) -> Boundary:
    if isinstance(value, Boundary):
        return value
    text = plain_text(value)
    at = _credible(text, zone_of(info))
    return Boundary(text, at)


def _credible(text: str, zone: str) -> datetime:
    expected = "a day such as 2026-01-31, or a time with offset such as 2026-01-31T17:00:00Z"
    try:
        at = parse_boundary(text, zone=zone)
    except (ValueError, OverflowError):
        fault(f"'{text}' is no day or time", expected)
    if at < EARLIEST_CREDIBLE:
        fault(f"'{text}' lies before {EARLIEST_CREDIBLE:%Y}", expected, "write the real day")
    if at >= _LATEST_CREDIBLE:
        fault(f"'{text}' lies too far ahead", expected, "leave 'to' out where no end is known")
    return at


def _day(value: object, info: ValidationInfo) -> Day:
    if isinstance(value, Day):
        return value
    text = plain_text(value)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        fault(f"'{text}' is no day", "a day such as 2026-01-31")
    zone = zone_of(info)
    following = (day + timedelta(days=1)).isoformat() if day < date.max else text
    return Day(day.isoformat(), _credible(day.isoformat(), zone), _credible(following, zone))


def _instant(value: object, info: ValidationInfo) -> Instant:
    if isinstance(value, Instant):
        return value
    text = plain_text(value)
    _credible(text, zone_of(info))
    return parse_instant(text, zone=zone_of(info))


def _holiday(value: object) -> str:
    text = plain_text(value)
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        fault(f"'{text}' is no day", "a day such as 2026-12-25")


def shown(value: object) -> str:
    """Name a value in a message."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return f"'{value}'"


EntryT = TypeVar("EntryT", bound=BaseModel)


def in_order(entries: tuple[EntryT, ...]) -> tuple[EntryT, ...]:
    """Sort entries by their content, so that the order in files has no effect."""
    return tuple(sorted(entries, key=lambda entry: to_json(entry, by_alias=True)))


def _distinct(values: Sequence[str]) -> tuple[str, ...]:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            fault(f"'{value}' stands twice in the list", "each value once", "delete one of them")
        seen.add(value)
    return tuple(values)


_DAY_SCHEMA = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$", "examples": ["2026-01-31"]}
_MOMENT_SCHEMA = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}([T ].+)?$", "examples": ["2026-01-31"]}
_ID_SCHEMA = {"type": "string", "pattern": f"^{_IDENTIFIER.pattern}$"}
_OR_NUMBER = ["string", "integer"]
_AS_WRITTEN = PlainSerializer(lambda value: value.text, return_type=str)

Text = Annotated[str, BeforeValidator(plain_text)]
Filled = Annotated[str, BeforeValidator(_filled), WithJsonSchema({"type": "string", "minLength": 1})]
Identifier = Annotated[str, BeforeValidator(_identifier), WithJsonSchema(_ID_SCHEMA)]
SystemOrAll = Annotated[
    str,
    BeforeValidator(lambda value: "*" if value == "*" else _identifier(value)),
    WithJsonSchema({"type": "string", "examples": ["*"]}),
]
Person = Annotated[str, BeforeValidator(_person), WithJsonSchema({"type": _OR_NUMBER})]
Named = Annotated[str, BeforeValidator(_named), WithJsonSchema({"type": "string", "pattern": f"^{_NAMED.pattern}$"})]
Whole = Annotated[int, BeforeValidator(_whole), WithJsonSchema({"type": "integer", "minimum": 0})]
Truth = Annotated[bool, BeforeValidator(_truth)]
Zone = Annotated[str, BeforeValidator(_zone), WithJsonSchema({"type": "string", "examples": ["Europe/Berlin"]})]
Clock = Annotated[str, BeforeValidator(_clock), WithJsonSchema({"type": "string", "pattern": f"^({_CLOCK.pattern})$"})]
Holiday = Annotated[str, BeforeValidator(_holiday), WithJsonSchema(_DAY_SCHEMA)]
Limit = Annotated[Boundary, PlainValidator(_boundary), _AS_WRITTEN, WithJsonSchema(_MOMENT_SCHEMA)]
LocalDay = Annotated[Day, PlainValidator(_day), _AS_WRITTEN, WithJsonSchema(_DAY_SCHEMA)]
Moment = Annotated[Instant, PlainValidator(_instant), _AS_WRITTEN, WithJsonSchema(_MOMENT_SCHEMA)]
ParameterValue = Annotated[
    Any,
    PlainValidator(_parameter),
    WithJsonSchema({"type": ["integer", "number", "boolean", "string", "array"], "items": {"type": "string"}}),
]
Distinct = AfterValidator(_distinct)
Ordered = AfterValidator(in_order)
