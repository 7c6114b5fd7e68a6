"""Which pages of the site no picture shows: asked of the routes, so a new page cannot be forgotten."""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from django.test import Client
from django.urls import get_resolver, resolve
from screens import CHAPTERS, NO_SCREEN

from twofold.web.guard import right_needed

_NO_PAGE = 405
"""The status of an address that only takes what a form sends."""


def pages_without_picture(clients: Sequence[Client]) -> list[str]:
    """Return the names of pages that no picture shows and for which no reason is given, and reasons for no page.

    clients: signed in as accounts that together may open every page.
    """
    pictured = {_name_of(each.path) for _, screens in CHAPTERS for each in screens}
    routes = dict(_routes(get_resolver().url_patterns, ""))
    found = [
        name
        for name, (address, view) in routes.items()
        if name not in pictured and name not in NO_SCREEN and right_needed(name, view) is not None
        if not any(client.get(address).status_code == _NO_PAGE for client in clients)
    ]
    return found + sorted(set(NO_SCREEN) - set(routes))


def _name_of(path: str) -> str:
    """Return the name of the page at an address; what stands in braces is a number or a word."""
    return str(resolve(unquote(urlsplit(re.sub(r"{\w+}", "1", path)).path)).url_name)


def _routes(patterns: Sequence[Any], prefix: str) -> Iterator[tuple[str, tuple[str, Any]]]:
    """Yield name, and address with view, of each page; the APIs have none."""
    for each in patterns:
        if getattr(each, "namespace", "") in {"api", "scim"}:
            continue
        if hasattr(each, "url_patterns"):
            yield from _routes(each.url_patterns, prefix + str(each.pattern))
        else:
            yield each.name, ("/" + re.sub(r"<\w+:\w+>", "1", prefix + str(each.pattern)), each.callback)
