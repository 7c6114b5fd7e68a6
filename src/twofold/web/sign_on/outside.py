"""Reads from an identity provider: over https only, from the address that was named only, and not for long."""

import ipaddress
import json
import ssl
import time
from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx

SECONDS_TO_WAIT = 5.0
SECONDS_IN_ALL = 10.0
GREATEST_ANSWER = 1024 * 1024
_LONGEST_ADDRESS = 500


class ProviderError(Exception):
    """The provider cannot be asked, or its answer cannot be used. The text says why, for people."""


def is_loopback(address: str) -> bool:
    """Whether an address names this machine."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked_address(address: object, what: str, *, loopback: bool) -> str:
    """Return an address that may be used; raises ProviderError for one that may not.

    https, or http where it names this machine. loopback: whether it may name this machine at all, which only a provider
    that is itself there may ask for.
    """
    if not isinstance(address, str) or len(address) > _LONGEST_ADDRESS or any(each <= " " for each in address):
        message = f"{what} is no address"
        raise ProviderError(message)
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as error:
        message = f"{what} is no address"
        raise ProviderError(message) from error
    here = is_loopback(address)
    if not parts.hostname or parts.username is not None or parts.fragment:
        message = f"{what} is no address of a server"
        raise ProviderError(message)
    if parts.scheme != "https" and not (here and parts.scheme == "http"):
        message = f"{what} is {address}: expected https"
        raise ProviderError(message)
    if here and not loopback:
        message = f"{what} names this machine, and the provider is elsewhere"
        raise ProviderError(message)
    return address


def read_json(
    address: str,
    *,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """GET, or POST with a form, and return the JSON object of the answer. Redirects are not followed.

    address: one that was checked. Raises ProviderError for another status, too long an answer or wait, or no object.
    """
    host = urlsplit(address).netloc
    until = time.monotonic() + SECONDS_IN_ALL
    answer = bytearray()
    try:
        with (
            httpx.Client(follow_redirects=False, timeout=SECONDS_TO_WAIT, verify=_trusted()) as client,
            client.stream("GET" if form is None else "POST", address, data=form, headers=headers) as reply,
        ):
            for part in reply.iter_bytes():
                answer += part
                if len(answer) > GREATEST_ANSWER or time.monotonic() > until:
                    message = f"the answer of {host} is too long or takes too long"
                    raise ProviderError(message)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        message = f"{host} cannot be reached ({type(error).__name__})"
        raise ProviderError(message) from error
    try:
        found = json.loads(answer)
    except ValueError:
        found = None
    if reply.status_code != HTTPStatus.OK:
        said = str(found.get("error", ""))[:80] if isinstance(found, dict) else ""
        message = f"{host} answers with HTTP status {reply.status_code}" + (f" ({said!a})" if said else "")
        raise ProviderError(message)
    if not isinstance(found, dict):
        message = f"the answer of {host} is no JSON object"
        raise ProviderError(message)
    return found


@lru_cache
def _trusted() -> ssl.SSLContext:
    """Return which certificates are trusted; reading them takes longer than asking."""
    return httpx.create_ssl_context()
