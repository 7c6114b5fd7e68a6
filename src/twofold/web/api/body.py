"""The body of an act is the form of its page: the same fields, the same limits, the same refusals."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal, cast

from django import forms
from ninja import Field, Schema
from pydantic import create_model

from twofold.model.problem import Problem, UserError

FormKind = type[forms.Form]
Said = Mapping[str, Any]
"""What a form read: name of the field -> its value."""
_LONGEST = 4_000
_MOST_LISTED = 500
_TEXT = Annotated[str, Field(max_length=_LONGEST)]
_TEXTS = Annotated[list[_TEXT], Field(max_length=_MOST_LISTED)]


def body_of(form: FormKind, name: str, lists: Mapping[str, str]) -> type[Schema]:
    """Return the body that carries the fields of a form. lists: names of further lists of texts -> what is in them."""
    fields: dict[str, Any] = {each: _field(field) for each, field in form().fields.items()}
    fields |= {each: (_TEXTS, Field(default_factory=list, description=about)) for each, about in lists.items()}
    about = (form.__doc__ or "").strip().partition("\n")[0]
    made: type[Schema] = create_model(name, __base__=Schema, __doc__=about, **fields)
    return made


def said_in(form: FormKind, body: Schema, lists: Mapping[str, str]) -> Said:
    """Return what the form of the page reads in a body; raises UserError with its errors, as the page tells them."""
    given = body.model_dump()
    filled = form({name: value for name, value in given.items() if value is not None and value is not False})
    if not filled.is_valid():
        raise UserError(list(form_problems(filled)))
    listed = {name: [each.strip() for each in given[name] if each.strip()] for name in lists}
    return {**filled.cleaned_data, **listed}


def form_problems(form: forms.BaseForm) -> Iterator[Problem]:
    """Yield what is wrong with a form: the field, and what its page says of it."""
    for name, faults in form.errors.items():
        yield from (Problem(name, str(fault)) for fault in faults)


def _field(field: forms.Field) -> tuple[Any, Any]:
    """Return type and default of a field."""
    kind: Any
    match field:
        case forms.BooleanField():
            return bool, False
        case forms.MultipleChoiceField():
            return list[_words(field)], Field(default_factory=list)  # type: ignore[misc]  # a type made from choices
        case forms.ChoiceField():
            return (_words(field), ...) if field.required else (_words(field, ""), "")
        case forms.DateField():
            kind = date
        case forms.IntegerField():
            lowest, highest = (
                limit if isinstance(limit, int) else None for limit in (field.min_value, field.max_value)
            )
            kind = Annotated[int, Field(ge=lowest, le=highest)]
        case _:
            longest = getattr(field, "max_length", None) or _LONGEST
            text = Annotated[str, Field(max_length=longest, min_length=1 if field.required else 0)]
            return text, ... if field.required else ""
    return (kind, ...) if field.required else (kind | None, None)


def _words(field: forms.ChoiceField, *further: str) -> Any:
    """Return the type of the words that a field takes."""
    words = [str(word) for word, _ in cast("Iterable[tuple[Any, Any]]", field.choices) if word != ""]
    return Literal[(*further, *words)]
