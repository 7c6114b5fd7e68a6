"""Headers that every answer carries: nothing is loaded from elsewhere, nothing is run that we did not serve."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""`data:` for images: the square code of an authenticator is drawn into the page."""
OWN_PAGE_INSIDE = f"{_POLICY}; frame-src 'self'"
"""Policy of a page of the site that shows a page of its own inside."""
_REPORT = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors "
_PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def report_answer(text: str | bytes, *, inside: bool = False) -> HttpResponse:
    """Answer with a report as the files of it are: it carries its own styles and has no script.

    inside: whether a page of the site may show it in a frame.
    """
    answer = HttpResponse(text)
    answer.headers["Content-Security-Policy"] = _REPORT + ("'self'" if inside else "'none'")
    if inside:
        answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def strict_headers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Add the headers; a view that answers with captured bytes sets a stricter policy of its own."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers.setdefault("Permissions-Policy", _PERMISSIONS)
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return respond
