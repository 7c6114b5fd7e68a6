"""Adds to the description of the API what all operations have in common: problems, ETags, keys, limits."""

from typing import Any

from ninja.openapi.schema import OpenAPISchema

from twofold.web.api.operation import BYTES
from twofold.web.api.problem import MEDIA_TYPE, TITLES, ProblemOut, ProblemPart

_EVERYWHERE = (401, 403, 404, 422, 429)
_OF_ACTS = (409, 412, 415)
_FILE = {"content": {BYTES: {"schema": {"type": "string", "format": "binary"}}}}
_TEXT = {"type": "string"}


def described(schema: OpenAPISchema) -> OpenAPISchema:
    """Return the description with what each operation may be refused with, and the headers that it reads and gives."""
    parts = schema.setdefault("components", {}).setdefault("schemas", {})
    for each in (ProblemPart, ProblemOut):
        form = each.model_json_schema(ref_template="#/components/schemas/{model}")
        form.pop("$defs", None)
        parts[each.__name__] = form
    for verbs in schema["paths"].values():
        for verb, operation in verbs.items():
            _describe(operation, is_act=verb == "post")
    return schema


def _describe(operation: dict[str, Any], *, is_act: bool) -> None:
    answers: dict[Any, Any] = operation.setdefault("responses", {})
    fine = [status for status in answers if int(status) < 300]  # noqa: PLR2004  not a refusal
    headers = operation.setdefault("parameters", [])
    if is_act:
        headers.append(_header("Idempotency-Key", "The same request with the same key is done once.", 200))
        headers.append(_header("If-Match", "Refused with 412 where the thing has another ETag by now."))
    else:
        headers.append(_header("If-None-Match", "Answered with 304 where nothing has changed."))
        answers[304] = {"description": "Nothing has changed"}
        for status in fine:
            if not answers[status].get("content"):
                answers[status] |= _FILE
            else:
                answers[status]["headers"] = {"ETag": {"schema": _TEXT}}
    for status in (*_EVERYWHERE, *(_OF_ACTS if is_act else ())):
        answers[status] = {
            "description": TITLES[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{ProblemOut.__name__}"}}},
        }


def _header(name: str, description: str, longest: int = 400) -> dict[str, Any]:
    form = {"type": "string", "maxLength": longest}
    return {"name": name, "in": "header", "required": False, "description": description, "schema": form}
