"""Turns what pydantic found wrong with an entry into problems with place, found, expected and remedy.

It knows the shape of the files, so it can name the keys that exist and the one that was probably meant.
"""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from twofold.model.problem import Problem
from twofold.scope.entry import Entry
from twofold.scope.fields import FAULT, shown
from twofold.scope.nearest import nearest
from twofold.scope.reading import PlacedList, PlacedMap, place_at


def problems_in(
    error: ValidationError, *, model: type[Entry], value: PlacedMap | PlacedList, path: tuple[object, ...] = ()
) -> list[Problem]:
    """Return one problem per fault; `value` is the outermost value read, `path` leads from it to the entry."""
    return [_problem(detail, model, value, path) for detail in error.errors(include_url=False)]


def keys_of(model: type[Entry]) -> dict[str, FieldInfo]:
    """Return the keys that an entry may have in a file, with their fields."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def unknown_key(key: str, model: type[Entry], where: str) -> Problem:
    """Say that a key does not exist, and which one is near."""
    known = keys_of(model)
    return Problem(where, f"unknown key '{key}'", f"one of {', '.join(known)}", nearest(key, known) or "delete the key")


def _problem(
    detail: ErrorDetails, model: type[Entry], value: PlacedMap | PlacedList, path: tuple[object, ...]
) -> Problem:
    loc = detail["loc"]
    whole = (*path, *loc)
    context: dict[str, Any] = detail.get("ctx", {})
    if detail["type"] == FAULT:
        where = place_at(value, (*whole, context["key"]) if context["key"] else whole)
        return Problem(str(where), context["found"], context["expected"], context["remedy"])
    if detail["type"] in {"extra_forbidden", "missing"}:
        parent, last = _model_at(model, loc[:-1]), str(loc[-1])
        if detail["type"] == "extra_forbidden":
            return unknown_key(last, parent, str(place_at(value, whole, of_key=True)))
        about = keys_of(parent)[last].description or "a value"
        return Problem(str(place_at(value, whole[:-1])), f"'{last}' is missing", f"{last}: {about}", f"add '{last}'")
    return _wrong_shape(detail, context, str(place_at(value, whole)))


def _wrong_shape(detail: ErrorDetails, context: dict[str, Any], where: str) -> Problem:
    found = shown(detail["input"])
    kind = detail["type"]
    if kind == "literal_error":
        expected = str(context["expected"])
        near = nearest(str(detail["input"]), expected.replace(" or ", ", ").replace("'", "").split(", "))
        return Problem(where, f"{found} is not known as {_named(detail['loc'])}", expected, near)
    if kind == "tuple_type":
        return Problem(where, f"{found} where a list belongs", "a list", "begin each entry with '- ', or write [ ]")
    if kind == "model_type":
        return Problem(where, f"{found} where an entry belongs", "a mapping with 'key: value' lines")
    return Problem(where, f"{found}: {detail['msg']}", "", "look at docs/formats/scope.md")


def _named(loc: tuple[int | str, ...]) -> str:
    return next((f"'{step}'" for step in reversed(loc) if isinstance(step, str)), "an entry")


def _model_at(model: type[Entry], loc: tuple[int | str, ...]) -> type[Entry]:
    for step in loc:
        if isinstance(step, str):
            model = next(_entries_in(keys_of(model)[step].annotation))
    return model


def _entries_in(annotation: Any) -> Iterator[type[Entry]]:
    """Yield the kinds of entry that a field's type holds, for example Label in tuple[Label, ...]."""
    if isinstance(annotation, type) and issubclass(annotation, Entry):
        yield annotation
    for part in get_args(annotation):
        yield from _entries_in(part)


def entry_type(field: FieldInfo) -> type[Entry]:
    """Return the kind of entry in a section of ScopeFile."""
    return next(_entries_in(field.annotation))
