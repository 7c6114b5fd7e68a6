"""The glossary as a page: each word that the site explains, by the letter that it begins with."""

from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from twofold.web.glossary import terms
from twofold.web.guard import needs
from twofold.web.page import page


@require_safe
@needs("see_overview")
def show(request: HttpRequest) -> HttpResponse:
    """Answer with all terms."""
    letters = [(letter, list(each)) for letter, each in groupby(terms(), key=lambda one: one.title[0].upper())]
    return page(request, "glossary.html", {"letters": letters}, at="", title="Glossary")
