"""How operations are written: `reads` and `acts` name the right, the answer and what it stands for, in one place.

Reads carry an ETag of their content, and If-None-Match spares the answer. Acts take an Idempotency-Key; those on a
thing that can be read take If-Match, and are refused with 412 when it has changed since. An act whose page has a form
takes the fields of that form, and its view gets as `said` what the form read.
"""

import functools
import hashlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

import orjson
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Field, File, Form, Router, Schema
from ninja.files import UploadedFile

from twofold.web.api.access import JSON, Needs
from twofold.web.api.body import FormKind, body_of, said_in
from twofold.web.api.problem import Refused
from twofold.web.api.repeated import once

API_RIGHT = "twofold_api_right"
BYTES = "application/octet-stream"
MULTIPART = "multipart/form-data"
RowId = Annotated[int, Field(ge=1, lt=2**63)]
"""The id of a row of the site's database, or the number of an entry of the log."""
View = TypeVar("View", bound=Callable[..., Any])
_SAID = "said"


def reads(router: Router, path: str, right: str, answer: Any, summary: str) -> Callable[[View], View]:
    """Make a view the operation that reads an address. answer: the type of what it returns; None = a file."""

    def mark(view: View) -> View:
        @functools.wraps(view)
        def asked(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
            found = view(request, *arguments, **named)
            if isinstance(found, HttpResponseBase):
                return found
            return _unless_known(request, _written(found))

        answers = {} if answer is None else {"response": {200: answer}}
        asked.__signature__ = inspect.signature(view)  # type: ignore[attr-defined]
        _put(router.get, path, asked, auth=Needs(right), summary=summary, **answers)
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
    content: str | None = None,
    status: int = 201,
    form: FormKind | None = None,
    lists: Mapping[str, str] | None = None,
    with_file: bool | None = None,
) -> Callable[[View], View]:
    """Make a view the operation that does something. on: reads the thing that is acted on, by the names of the path.

    content: media type of the body; "" = none. form: the form of the page. lists: further lists of texts beside it.
    with_file: whether a file has to come with the form; None = there is no file, False = it may come.
    """
    kind = (JSON if with_file is None else MULTIPART) if content is None else content
    further = lists or {}

    def mark(view: View) -> View:
        @functools.wraps(view)
        def asked(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
            def do() -> HttpResponse:
                if on is not None and (wanted := request.headers.get("If-Match", "")):
                    known = {each: value for each, value in named.items() if each in inspect.signature(on).parameters}
                    if wanted != "*" and etag_of(_written(on(request, **known))) not in wanted:
                        raise Refused(412, "read it again, then decide anew")
                if form is not None:
                    named[_SAID] = said_in(form, named[_SAID], further)
                named.pop("file", None)
                return HttpResponse(_written(view(request, *arguments, **named)), status=status, content_type=JSON)

            return once(request, do)

        words = view.__name__.removesuffix("_one").title().replace("_", "")
        body = body_of(form, f"{words}In", further) if form else None
        signature = _with_body(inspect.signature(view), body, with_file=with_file)
        asked.__signature__ = signature  # type: ignore[attr-defined]
        _put(router.post, path, asked, auth=Needs(right, kind), summary=summary, response={status: answer})
        return view

    return mark


def file_answer(content: bytes | str) -> HttpResponse:
    """Return the answer of an operation that gives a file; generated clients know one type of files."""
    return HttpResponse(content, content_type=BYTES)


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


def _with_body(signature: inspect.Signature, body: type[Schema] | None, *, with_file: bool | None) -> inspect.Signature:
    """Return the signature of a view with the body in place of what its form reads, and the file that comes with it."""
    kind: Any = body if with_file is None else Form[body]  # type: ignore[valid-type,misc]  # a type that was made
    parameters = [
        each.replace(annotation=kind) if each.name == _SAID else each for each in signature.parameters.values()
    ]
    if with_file is not None:
        given: Any = File(... if with_file else None)  # type: ignore[type-arg]  # a value here, not a type
        kind = UploadedFile if with_file else UploadedFile | None
        parameters.append(
            inspect.Parameter("file", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=given, annotation=kind)
        )
    return signature.replace(parameters=parameters)


def _put(verb: Callable[..., Any], path: str, asked: Callable[..., Any], **named: Any) -> None:
    """Hand the operation to the library under the name of its view, which clients call it by."""
    setattr(asked, API_RIGHT, named["auth"].right)
    verb(path, operation_id=asked.__name__.removesuffix("_one"), **named)(asked)
