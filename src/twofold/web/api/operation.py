"""How operations are written: `reads` and `acts` name the right, the answer and what it stands for, in one place.

Reads carry an ETag of their content, and If-None-Match spares the answer. Acts take an Idempotency-Key; those on a
thing that can be read take If-Match, and are refused with 412 when it has changed since.
"""

import functools
import hashlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import orjson
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Router, Schema

from twofold.web.api.access import JSON, Needs
from twofold.web.api.problem import Refused
from twofold.web.api.repeated import once

API_RIGHT = "twofold_api_right"
MULTIPART = "multipart/form-data"
View = Callable[..., Any]


def reads(router: Router, path: str, right: str, answer: Any, summary: str) -> Callable[[View], View]:
    """Make a view the operation that reads an address. answer: the type of what it returns; None = bytes."""

    def mark(view: View) -> View:
        @functools.wraps(view)
        def asked(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
            found = view(request, *arguments, **named)
            if isinstance(found, HttpResponseBase):
                return found
            return _unless_known(request, _written(found))

        answers = {} if answer is None else {"response": {200: answer}}
        _put(router.get, path, view, asked, auth=Needs(right), summary=summary, **answers)
        return view

    return mark


def acts(  # noqa: PLR0913  what an operation is made of
    router: Router,
    path: str,
    right: str,
    answer: Any,
    summary: str,
    *,
    on: Callable[..., Any] | None = None,
    content: str = JSON,
    status: int = 201,
) -> Callable[[View], View]:
    """Make a view the operation that does something. on: reads the thing that is acted on, by the names of the path."""

    def mark(view: View) -> View:
        @functools.wraps(view)
        def asked(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
            def do() -> HttpResponse:
                if on is not None and (wanted := request.headers.get("If-Match", "")):
                    known = {each: value for each, value in named.items() if each in inspect.signature(on).parameters}
                    if wanted != "*" and etag_of(_written(on(request, **known))) not in wanted:
                        raise Refused(412, "read it again, then decide anew")
                return HttpResponse(_written(view(request, *arguments, **named)), status=status, content_type=JSON)

            return once(request, do)

        answers = {status: answer}
        _put(router.post, path, view, asked, auth=Needs(right, content), summary=summary, response=answers)
        return view

    return mark


def etag_of(body: bytes) -> str:
    """Return the ETag of an answer: a hash of all of it."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def next_page(request: HttpRequest, name: str, after: object) -> str:
    """Return the address of the page after this one: the same question, from `after` on."""
    asked = [(key, value) for key, values in request.GET.lists() for value in values if key != name]
    return f"{request.path}?{urlencode([*asked, (name, str(after))])}"


def cut(rows: Sequence[Any], limit: int, link: Callable[[Any], str]) -> tuple[Sequence[Any], str | None]:
    """Return the rows of a page, and the link to the next where one row more was read. link: of the last row."""
    return rows[:limit], link(rows[limit - 1]) if len(rows) > limit else None


def _unless_known(request: HttpRequest, body: bytes) -> HttpResponse:
    etag = etag_of(body)
    known = etag in request.headers.get("If-None-Match", "")
    answer = HttpResponse(status=304) if known else HttpResponse(body, content_type=JSON)
    answer.headers["ETag"] = etag
    return answer


def _written(value: Any) -> bytes:
    return orjson.dumps(_plain(value))


def _plain(value: Any) -> Any:
    if isinstance(value, Schema):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value


def _put(verb: Callable[..., Any], path: str, view: View, asked: View, **named: Any) -> None:
    """Hand the operation to the library under the name of its view, which clients call it by."""
    asked.__signature__ = inspect.signature(view)  # type: ignore[attr-defined]
    setattr(asked, API_RIGHT, named["auth"].right)
    verb(path, operation_id=view.__name__.removesuffix("_one"), **named)(asked)
