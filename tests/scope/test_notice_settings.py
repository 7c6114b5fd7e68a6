"""[notices] of twofold.toml: what it says, and what is refused, with the line."""

import pytest

from twofold.model.problem import UserError
from twofold.scope.notice_settings import NoticeSettings, is_safe_address
from twofold.scope.settings import read_settings

HEAD = '[company]\nname = "Acme"\nreporting_zone = "UTC"\n[notices]\n'
WHOLE = 'address = "https://audit.example.com/"\nfrom = "t@example.com"\nsmtp = "mail.example.com"\n'


def read(text: str) -> NoticeSettings | None:
    return read_settings((HEAD + text).encode()).notices


def test_what_it_says() -> None:
    found = read(WHOLE + 'smtp_security = "tls"\nrhythm = "daily"\nsoon_days = 3\n')
    assert found == NoticeSettings(
        "https://audit.example.com",
        sender="t@example.com",
        smtp_host="mail.example.com",
        smtp_port=465,
        smtp_security="tls",
        rhythm="daily",
        soon_days=3,
    )
    assert read("") is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (WHOLE.replace("https", "http"), "'address' is no address that may be used"),
        (WHOLE.replace("https://", "https://user:pass@"), "'address' is no address that may be used"),
        ('smtp = "mail.example.com"\nfrom = "t@example.com"\n', "'address' is missing"),
        (WHOLE.replace('from = "t@example.com"\n', ""), "'from' is missing"),
        (WHOLE.replace("t@example.com", "twofold"), "'twofold' is no e-mail address"),
        (WHOLE + 'smtp_security = "none"\n', "in the clear"),
        (WHOLE + 'smtp_security = "maybe"\n', "'smtp_security' is 'maybe'"),
        (WHOLE + 'rhythm = "hourly"\n', "'rhythm' is 'hourly'"),
        (WHOLE + "smtp_port = 0\n", "'smtp_port' is no number"),
        (WHOLE + "soon_days = true\n", "'soon_days' is no number"),
        (WHOLE + 'webhook = "http://example.com/x"\n', "'webhook' is no address that may be used"),
        (WHOLE + 'smtp_password = "secret"\n', "unknown key 'smtp_password'"),
        (WHOLE + "smtp_user = 3\n", "'smtp_user' is no text"),
    ],
)
def test_what_is_refused(text: str, found: str) -> None:
    with pytest.raises(UserError) as raised:
        read(text)
    assert any(found in each.found for each in raised.value.problems)
    assert all(each.where.startswith("twofold.toml:") for each in raised.value.problems)


def test_a_mail_server_of_this_machine_needs_no_tls() -> None:
    found = read(WHOLE.replace("mail.example.com", "127.0.0.1") + 'smtp_security = "none"\n')
    assert found is not None
    assert found.smtp_port == 25


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://example.com/a?b=c", True),
        ("http://localhost:8080", True),
        ("http://127.0.0.1:1/x", True),
        ("http://[::1]:1/x", True),
        ("http://127.0.0.1.example.com/", False),
        ("http://127.0.0.1@example.com/", False),
        ("https://@example.com/", False),
        ("https:///x", False),
        ("https://[x/", False),
        ("javascript:alert(1)", False),
        ("https://example.com/ x", False),
        (None, False),
    ],
)
def test_which_addresses_are_safe(address: object, safe: bool) -> None:
    assert is_safe_address(address) is safe
