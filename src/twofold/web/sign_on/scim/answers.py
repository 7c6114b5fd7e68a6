"""How SCIM is answered: its content type, lists, and refusals with the kinds that RFC 7644 section 3.12 names."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse, JsonResponse

CONTENT_TYPE = "application/scim+json"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


class ScimError(Exception):
    """A refusal. kind: the scimType, "" where there is none."""

    def __init__(self, status: int, detail: str, kind: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.kind = kind


def wrong(detail: str, kind: str = "invalidValue") -> ScimError:
    """Return the refusal of a request that cannot be read."""
    return ScimError(HTTPStatus.BAD_REQUEST, detail, kind)


def conflict(detail: str, kind: str = "") -> ScimError:
    """Return the refusal of what cannot be as things stand."""
    return ScimError(HTTPStatus.CONFLICT, detail, kind)


def missing(what: str) -> ScimError:
    """Return the refusal of a resource that is not there."""
    return ScimError(HTTPStatus.NOT_FOUND, f"there is no {what}")


def resource(value: Mapping[str, Any], *, status: int = HTTPStatus.OK) -> HttpResponse:
    """Answer with one resource, and its address where it has one."""
    answer = JsonResponse(dict(value), status=status, content_type=CONTENT_TYPE)
    location = value.get("meta", {}).get("location")
    if location:
        answer.headers["Location"] = location
    return answer


def listed(resources: Sequence[Mapping[str, Any]], *, total: int, start: int) -> HttpResponse:
    """Answer with a page of resources. start: index of the first, from 1; total: of all that fit."""
    body = {
        "schemas": [LIST],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(resources),
        "Resources": list(resources),
    }
    return JsonResponse(body, content_type=CONTENT_TYPE)


def refusal(error: ScimError) -> HttpResponse:
    """Answer with a refusal."""
    body = {"schemas": [ERROR], "status": str(int(error.status)), "detail": error.detail}
    if error.kind:
        body["scimType"] = error.kind
    return JsonResponse(body, status=int(error.status), content_type=CONTENT_TYPE)
