"""Reads what a directory sends: bodies, pages, filters, and the operations of PATCH (RFC 7644 section 3.5.2)."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from twofold.web.sign_on.scim.answers import wrong

MOST = 200
"""Most resources of a page."""
MOST_OPERATIONS = 1000
LONGEST = 600
"""Most characters of a filter or path."""
_FIRST_FAR = 10_000_000
_CORE = re.compile(r"^urn:ietf:params:scim:schemas:core:2\.0:(user|group):")
_FILTER = re.compile(r"([A-Za-z][\w.:$-]*(?:\[[^\]]*\](?:\.\w+)?)?)\s+eq\s+(\S.*)", re.IGNORECASE | re.DOTALL)
_CHOSEN = re.compile(r"^(?P<list>[a-z]+)\[(?P<inner>.*)\](?:\.(?P<sub>\w+))?$", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of PATCH. op: add, replace or remove; path: "" where the value says it."""

    op: str
    path: str
    value: Any


def attribute(name: str) -> str:
    """Return a name of an attribute as we compare it: without the core schema, in lower case.

    >>> attribute("urn:ietf:params:scim:schemas:core:2.0:User:userName"), attribute("name.givenName")
    ('username', 'name.givenname')
    """
    return _CORE.sub("", name.strip().lower())


def chosen(path: str) -> tuple[str, str, str] | None:
    """Return list, condition and sub-attribute of a path that chooses from a list; None for another path.

    >>> chosen('emails[type eq "work"].value')
    ('emails', 'type eq "work"', 'value')
    """
    found = _CHOSEN.match(path.strip()) if len(path) <= LONGEST else None
    return (found["list"].lower(), found["inner"], (found["sub"] or "").lower()) if found else None


def body_of(request: HttpRequest) -> Mapping[str, Any]:
    """Return the JSON object of a request; raises ScimError for anything else."""
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        message = "the body is no JSON"
        raise wrong(message, "invalidSyntax") from error
    if not isinstance(found, dict):
        message = "the body is no JSON object"
        raise wrong(message, "invalidSyntax")
    return found


def page_of(request: HttpRequest) -> tuple[int, int]:
    """Return index of the first resource, from 1, and how many are wanted, at most `MOST`."""
    try:
        start = int(request.GET.get("startIndex", "1"))
        count = int(request.GET.get("count", str(MOST)))
    except ValueError as error:
        message = "startIndex and count are numbers"
        raise wrong(message) from error
    return min(max(start, 1), _FIRST_FAR), min(max(count, 0), MOST)


def filter_of(text: str) -> tuple[str, str | bool]:
    """Return attribute and value of a filter `attribute eq value`; raises ScimError for any other.

    >>> filter_of('userName eq "Ada@example.com"')
    ('username', 'Ada@example.com')
    """
    found = _FILTER.fullmatch(text.strip()) if len(text) <= LONGEST else None
    value: Any = None
    if found is not None:
        try:
            value = json.loads(found[2])
        except (ValueError, RecursionError):
            value = None
    if found is None or not isinstance(value, str | bool) or (isinstance(value, str) and not readable(value)):
        message = 'filters have the form: attribute eq "value"'
        raise wrong(message, "invalidFilter")
    path = chosen(found[1])
    return (f"{path[0]}.{path[2]}" if path else attribute(found[1])), value


def operations_of(body: Mapping[str, Any]) -> Iterator[Operation]:
    """Yield the operations of a PATCH; names of operations are taken in any case."""
    given = next((value for name, value in body.items() if name.lower() == "operations"), None)
    if not isinstance(given, list) or not given or len(given) > MOST_OPERATIONS:
        message = f"expected Operations, 1 to {MOST_OPERATIONS:,} of them"
        raise wrong(message, "invalidSyntax")
    for each in given:
        named = {str(name).lower(): value for name, value in each.items()} if isinstance(each, dict) else {}
        op, path = named.get("op"), named.get("path") or ""
        if not isinstance(op, str) or op.lower() not in {"add", "replace", "remove"} or not isinstance(path, str):
            message = "an operation has op (add, replace, remove), path and value"
            raise wrong(message, "invalidSyntax")
        if op.lower() == "remove" and not path:
            message = "remove needs a path"
            raise wrong(message, "noTarget")
        yield Operation(op.lower(), path, named.get("value"))


def values_in(value: object) -> Sequence[str]:
    """Return the `value`s of a list of references, as members are sent; raises ScimError for another form."""
    given = value if isinstance(value, list) else [value]
    found = []
    for each in given:
        one = each.get("value") if isinstance(each, dict) else each
        if not isinstance(one, str):
            message = 'expected a list of {"value": "id"}'
            raise wrong(message)
        found.append(one)
    return found


def readable(text: str) -> bool:
    """Whether a text has no control characters."""
    return all(each >= " " and each != "\x7f" for each in text)
