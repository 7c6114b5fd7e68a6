"""What a person reads when a page cannot be shown: what happened and what to do. Never a trace."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def _say(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    return render(request, "site_error.html", {"title": title, "text": text, "status": status}, status=status)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403."""
    del exception
    text = "Your role does not allow this page. An administrator can change your role under Accounts."
    return _say(request, 403, "Not allowed", text)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404."""
    del exception
    return _say(request, 404, "Not found", "Nothing is here. It may have another id, or the link is old.")


def broken(request: HttpRequest) -> HttpResponse:
    """Answer 500; what happened is in the server's own log."""
    text = "A fault of Twofold itself. Nothing was changed. The server's log has the details."
    return _say(request, 500, "Something went wrong", text)
