"""Whether the site answers, for whoever watches the server. It says nothing about the company."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Answer with one word."""
    del request
    return HttpResponse("alive\n", content_type="text/plain")
