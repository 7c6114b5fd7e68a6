"""Canonical JSON for log entries: the bytes that are hashed.

The values are restricted so that sorted compact JSON is already RFC 8785: ASCII keys, and only strings,
booleans, null, integers below 2**53, lists and objects of these. This module refuses everything else,
floats above all. It only writes; an entry that is stored is never written again to be checked.
"""

import orjson

Json = str | int | bool | list["Json"] | tuple["Json", ...] | dict[str, "Json"] | None
"""A value that an entry may hold. Tuples are written as lists."""

GREATEST_INTEGER = 2**53 - 1
"""Beyond it, readers that keep numbers as doubles would see another value (RFC 8785, 3.2.2.3)."""
GREATEST_DEPTH = 32


class NotCanonicalError(ValueError):
    """A value has no canonical form here; the message names the place inside it."""


def canonical_bytes(value: Json) -> bytes:
    """Return the RFC 8785 bytes of `value`; raises NotCanonicalError for what the restricted form leaves out.

    >>> canonical_bytes({"b": [1, None], "a": "é"}).decode()
    '{"a":"é","b":[1,null]}'
    """
    if not _is_plain(value, 0):
        _check(value, "$", 0)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _is_plain(value: object, depth: int) -> bool:
    """Say whether `_check` would surely find nothing: most values are all ASCII, and this is several times faster."""
    if isinstance(value, str):
        return value.isascii()
    if value is None:
        return True
    if isinstance(value, int):
        return abs(value) <= GREATEST_INTEGER
    if depth >= GREATEST_DEPTH:
        return False
    if isinstance(value, dict):
        return all(isinstance(key, str) and key.isascii() and _is_plain(value[key], depth + 1) for key in value)
    return isinstance(value, list | tuple) and all(_is_plain(member, depth + 1) for member in value)


def _check(value: object, place: str, depth: int) -> None:
    if depth > GREATEST_DEPTH:
        msg = f"{place}: nested deeper than {GREATEST_DEPTH} levels"
        raise NotCanonicalError(msg)
    if isinstance(value, dict):
        for key, member in value.items():
            _check_key(key, place)
            _check(member, f"{place}.{key}", depth + 1)
    elif isinstance(value, list | tuple):
        for number, member in enumerate(value):
            _check(member, f"{place}[{number}]", depth + 1)
    else:
        _check_scalar(value, place)


def _check_key(key: object, place: str) -> None:
    if not isinstance(key, str) or not key.isascii():
        msg = f"{place}: the key {key!r} is not ASCII text"
        raise NotCanonicalError(msg)


def _check_scalar(value: object, place: str) -> None:
    if isinstance(value, str):
        _check_text(value, place)
    elif isinstance(value, int):
        if abs(value) > GREATEST_INTEGER:
            msg = f"{place}: the integer {value} is beyond 2**53 - 1; write it as text"
            raise NotCanonicalError(msg)
    elif value is not None:
        msg = f"{place}: a {type(value).__name__} has no canonical form here; write it as text"
        raise NotCanonicalError(msg)


def _check_text(value: str, place: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        msg = f"{place}: the text is not valid Unicode (a lone surrogate at character {error.start + 1})"
        raise NotCanonicalError(msg) from error
