"""Every refusal of the API has one form: problem+json (RFC 9457)."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

TITLES = {
    400: "The request cannot be read",
    401: "No valid token",
    403: "Not allowed",
    404: "Not found",
    405: "Not this method",
    409: "The key was used for another request",
    415: "Not this kind of content",
    422: "The request says something that cannot be",
    429: "Too many requests",
    500: "A fault of Twofold itself",
}


def problem(
    request: HttpRequest, status: int, detail: str = "", *, problems: Sequence[dict[str, Any]] = ()
) -> HttpResponse:
    """Return the answer. `problems`: each with where, found, expected and remedy, as on the command line."""
    body: dict[str, Any] = {"type": "about:blank", "title": TITLES[status], "status": status, "instance": request.path}
    if detail:
        body["detail"] = detail
    if problems:
        body["problems"] = list(problems)
    return JsonResponse(body, status=status, content_type="application/problem+json")
