"""Every refusal of the API has one form: problem+json (RFC 9457)."""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Schema

PREFIX = "/api/v1/"
MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "The request cannot be read",
    401: "No valid token",
    403: "Not allowed",
    404: "Not found",
    405: "Not this method",
    409: "The key is in use",
    412: "It has changed since",
    413: "Too large",
    415: "Not this kind of content",
    422: "The request says something that cannot be",
    429: "Too many requests",
    500: "A fault of Twofold itself",
}
_KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")


class ProblemPart(Schema):
    """One thing that is wrong: where, what was found, what was expected, what to do."""

    where: str
    found: str
    expected: str = ""
    remedy: str = ""


class ProblemOut(Schema):
    """A refusal as RFC 9457 writes it. `problems`: all that is wrong, at once."""

    type: str
    title: str
    status: int
    instance: str
    detail: str | None = None
    problems: list[ProblemPart] | None = None


class Refused(Exception):  # noqa: N818  it is an answer, not a fault
    """Ends an operation with a problem."""

    def __init__(self, status: int, detail: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}


def problem(
    request: HttpRequest, status: int, detail: str = "", *, problems: Sequence[dict[str, Any]] = ()
) -> HttpResponse:
    """Return the answer. `problems`: each with where, found, expected and remedy, as on the command line."""
    title = TITLES.get(status, TITLES[400])
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "instance": request.path}
    if detail:
        body["detail"] = detail
    if problems:
        body["problems"] = list(problems)
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE)


def only_problems(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Give refusals that came about outside of the API's operations the same form: unknown addresses, wrong methods."""

    def respond(request: HttpRequest) -> HttpResponse:
        answer = get_response(request)
        if not request.path.startswith(PREFIX) or answer.status_code < 400:  # noqa: PLR2004  a refusal
            return answer
        if answer.headers.get("Content-Type", "").startswith(MEDIA_TYPE):
            return answer
        told = problem(request, answer.status_code)
        for name in _KEPT_HEADERS:
            if name in answer.headers:
                told.headers[name] = answer.headers[name]
        return told

    return respond
