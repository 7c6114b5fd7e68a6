"""Where a request came from, and as whom it wants to sign in."""

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest | None, *_: object) -> str:
    """Return the address of the peer; behind a proxy that ends https, the last one that it added: only that is sure."""
    if request is None:
        return ""
    if settings.SECURE_PROXY_SSL_HEADER and (forwarded := request.headers.get("X-Forwarded-For", "")):
        return forwarded.rpartition(",")[2].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def login_of(request: HttpRequest | None, credentials: Mapping[str, str] | None = None) -> str:
    """Return the account that somebody tries to sign in to, as failures are counted by it."""
    given = (credentials or {}).get("email") or (request.POST.get("login", "") if request else "")
    return given.strip().lower()
