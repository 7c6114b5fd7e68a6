"""The table [notices] of twofold.toml: where notices go, and how often. It holds no password and no secret address.

The password of the mail server, the key that signs a webhook and the address of a Slack webhook come from the
environment (`jobs/notices`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from twofold.model.problem import Problem

RHYTHMS = ("daily", "weekly", "never")
SECURITIES = ("starttls", "tls", "none")
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_GREATEST = {"smtp_port": 65535, "soon_days": 60, "every_minutes": 1440}
NOTICE_KEYS = {
    "address": "address of the site, for the links: https://audit.example.com",
    "from": "e-mail address that notices come from",
    "smtp": "name of the mail server",
    "smtp_port": "its port; 587 for starttls, 465 for tls",
    "smtp_user": "account on it; its password is in TWOFOLD_SMTP_PASSWORD",
    "smtp_security": "starttls, tls, or none for a server on this machine",
    "webhook": "https address that gets notices as signed JSON; the key is in TWOFOLD_WEBHOOK_KEY",
    "rhythm": "how often people get a notice who chose nothing: daily, weekly or never",
    "soon_days": "days ahead that count as due soon",
    "every_minutes": "minutes between two looks of a site that is running",
}


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """What [notices] says; "" = not used."""

    address: str
    sender: str = ""
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_security: str = "starttls"
    webhook: str = ""
    rhythm: str = "weekly"
    soon_days: int = 7
    every_minutes: int = 60


def read_notices(table: Mapping[str, Any]) -> NoticeSettings | None:
    """Return the settings of a table that `wrong_notices` finds nothing wrong with; None without one."""
    if not table:
        return None
    security = table.get("smtp_security", "starttls")
    return NoticeSettings(
        address=table["address"].rstrip("/"),
        sender=table.get("from", ""),
        smtp_host=table.get("smtp", ""),
        smtp_port=table.get("smtp_port", _PORTS[security]),
        smtp_user=table.get("smtp_user", ""),
        smtp_security=security,
        webhook=table.get("webhook", ""),
        rhythm=table.get("rhythm", "weekly"),
        soon_days=table.get("soon_days", 7),
        every_minutes=table.get("every_minutes", 60),
    )


def wrong_notices(table: object, where: Callable[[str], str]) -> Iterator[Problem]:
    """Find what is wrong with the table; `where` gives the line of a key, "" = of the table."""
    if not isinstance(table, dict):
        yield Problem(where(""), "'notices' is no table", "[notices] with keys below it")
        return
    if not table:
        return
    for key in ("from", "smtp", "smtp_user", "webhook"):
        if key in table and not (isinstance(table[key], str) and table[key].strip() and table[key].isprintable()):
            yield Problem(where(key), f"'{key}' is no text", f'{key} = "…": {NOTICE_KEYS[key]}', "correct it")
    for key, most in _GREATEST.items():
        value = table.get(key, 1)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            yield Problem(where(key), f"'{key}' is no number from 1 to {most}", NOTICE_KEYS[key], "correct it")
    for key, known in (("rhythm", RHYTHMS), ("smtp_security", SECURITIES)):
        if table.get(key, known[0]) not in known:
            yield Problem(where(key), f"'{key}' is {table[key]!r}", f"one of {', '.join(known)}", "correct it")
    yield from _wrong_places(table, where)


def _wrong_places(table: Mapping[str, Any], where: Callable[[str], str]) -> Iterator[Problem]:
    for key in ("address", "webhook"):
        if (key == "address" or key in table) and not is_safe_address(table.get(key)):
            found = f"'{key}' is missing" if key not in table else f"'{key}' is no address that may be used"
            expected = "https://…, or http:// on this machine; no user and password in it"
            yield Problem(where(key), found, expected, NOTICE_KEYS[key])
    if ("smtp" in table) != ("from" in table):
        missing = "from" if "smtp" in table else "smtp"
        yield Problem(where(""), f"'{missing}' is missing", f'{missing} = "…": {NOTICE_KEYS[missing]}', "add it")
    if table.get("smtp_security") == "none" and table.get("smtp") not in LOOPBACK:
        found = "'smtp_security' is none, so notices and the password would go over the network in the clear"
        remedy = "delete the line, or name a server on this machine"
        yield Problem(where("smtp_security"), found, "starttls or tls", remedy)
    sender = table.get("from")
    if isinstance(sender, str) and sender.count("@") != 1:
        yield Problem(where("from"), f"'{sender}' is no e-mail address", "name@example.com", "correct it")


def is_safe_address(value: object) -> bool:
    """Whether it is an https address, or an http one of this machine, without user and password."""
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        return False
    try:
        parts = urlsplit(value)
        host, name = parts.hostname, parts.username
    except ValueError:
        return False
    if not host or name is not None or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
