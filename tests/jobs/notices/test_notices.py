"""Notices one by one: what a person is told, how it goes out, and that nothing is sent twice."""

import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from twofold.jobs.due import DueKind, DueThing
from twofold.jobs.notices import send
from twofold.jobs.notices.digest import Digest, DigestLine, DigestTime, digest_for, owns
from twofold.jobs.notices.hook import Hook, signature, slack_body, webhook_body
from twofold.jobs.notices.mail import MailServer, NotSentError, mail_of
from twofold.jobs.notices.outbox import Channel, NoticeKey, Outbox, Recipient, outbox
from twofold.scope.load import read_scope
from twofold.scope.notice_settings import NoticeSettings

from .mail_sink import certificate, mail_server, web_server

AT = datetime(2026, 11, 26, 8, tzinfo=UTC)
TODAY = AT.date()
SITE = "https://audit.example.com"
WHEN = DigestTime(AT, TODAY, AT - timedelta(days=1), 7)
KEY = NoticeKey("ana@example.com", Channel.EMAIL, "2026-11-26")
LINE = DigestLine("CM-01: <Late> & more", "2026-11-20", f"{SITE}/findings/CM-01/T-10/C/late/")
DIGEST = Digest("p-1", "Acme", (("Overdue", (LINE,)), ("Due soon", (LINE, LINE))))
SETTINGS = NoticeSettings(SITE, sender="twofold@example.com", smtp_host="127.0.0.1", smtp_security="none")


def thing(days: int, **changed: object) -> DueThing:
    made = DueThing(DueKind.FINDING, f"f{days}", f"t{days}", TODAY + timedelta(days=days), ("p-1",), "/findings/x/")
    return replace(made, **changed)  # type: ignore[arg-type]


def told(*things: DueThing) -> dict[str, list[str]]:
    found = digest_for("p-1", things, [], None, company="Acme", site=SITE, when=WHEN)
    return {heading: [each.title for each in lines] for heading, lines in found.parts} if found else {}


def test_who_gave_a_control_away_is_told_of_it_no_more() -> None:
    held = b"controls: [{id: CM-01, owner: p-1, to: 2026-11-25}, {id: CM-01, owner: p-2, from: 2026-11-25}]"
    scope = read_scope({"scope/a.yaml": held}, reporting_zone="UTC")
    assert [owns(scope, "CM-01", person, at=AT) for person in ("p-1", "p-2")] == [False, True]
    assert owns(scope, "CM-01", "p-1", at=AT - timedelta(days=9))


def test_what_a_person_is_told() -> None:
    old, new = AT - timedelta(days=3), AT - timedelta(hours=3)
    found = told(
        thing(-1, since=new),
        thing(0),
        thing(7, since=old),
        thing(8),
        thing(9, since=new),
        thing(10, kind=DueKind.REQUEST, since=new, title="What\n\x07 is asked " + "x" * 200),
        thing(11, kind=DueKind.REVIEW, since=old),
        thing(-2, kind=DueKind.OCCURRENCE),
        thing(2, people=("p-2",)),
        thing(3, people=()),
    )
    request = found.pop("Requests that came in")
    assert found == {
        "Overdue": ["t-1"],
        "Access reviews that wait for you": ["t11"],
        "New for you": ["t9"],
        "Due soon": ["t0", "t7"],
    }
    assert request[0].startswith("What is asked xxx")
    assert len(request[0]) == 140
    assert told(thing(8)) == {}
    many = told(*[thing(-1, thing_id=str(n)) for n in range(30)])["Overdue"]
    assert (len(many), many[-1]) == (26, "and 5 more")


def test_a_notice_is_claimed_once_and_after_a_crash_once_more(tmp_path: Path) -> None:
    (tmp_path / ".twofold").mkdir()
    (tmp_path / "twofold.toml").write_text('[company]\nname = "A"\nreporting_zone = "UTC"\n')
    with outbox(tmp_path) as one, outbox(tmp_path) as other:
        assert one.claim(KEY, "h", at=AT)
        assert not other.claim(KEY, "h", at=AT + timedelta(minutes=14))
        assert other.claim(KEY, "h", at=AT + timedelta(minutes=15))  # the first process is gone
        assert not one.claim(KEY, "h", at=AT + timedelta(days=9))  # and the second, too: enough
        assert one.claim(replace(KEY, span="2026-11-27"), "h", at=AT)
        one.sent(replace(KEY, span="2026-11-27"))
        assert not one.claim(replace(KEY, span="2026-11-27"), "other", at=AT + timedelta(days=9))
        assert one.last_sent(KEY.account, before="2026-11-28") == AT
        assert one.last_sent(KEY.account, before="2026-11-27") is None
    assert (tmp_path / ".twofold" / "site" / "notices.sqlite3").stat().st_mode & 0o077 == 0


def test_of_many_processes_one_sends(tmp_path: Path) -> None:
    (tmp_path / ".twofold").mkdir()

    def one(_: int) -> bool:
        with outbox(tmp_path) as box:
            return box.claim(KEY, "h", at=AT)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(one, range(16))) == [False] * 15 + [True]


def test_what_could_not_be_sent_is_tried_again_later_and_given_up(tmp_path: Path) -> None:
    (tmp_path / ".twofold").mkdir()
    with outbox(tmp_path) as box:
        at = AT
        for minutes in (5, 10, 20, 40, 80):
            assert box.claim(KEY, "h", at=at)
            box.failed(KEY, "no answer", at=at)
            assert not box.claim(KEY, "h", at=at + timedelta(minutes=minutes - 1))
            at += timedelta(minutes=minutes)
        assert not box.claim(KEY, "h", at=at + timedelta(days=1))


def test_who_gets_notices(tmp_path: Path) -> None:
    (tmp_path / ".twofold").mkdir()
    with outbox(tmp_path) as box:
        box.know([("a@x.org", "p-1", "a@x.org"), ("b@x.org", "p-2", "b@x.org")])
        box.choose(Recipient("b@x.org", "p-2", "b@x.org", "daily", (Channel.SLACK, Channel.EMAIL)))
        box.know([("b@x.org", "p-3", "b@x.org")])
        assert box.recipients() == [Recipient("b@x.org", "p-3", "b@x.org", "daily", (Channel.SLACK, Channel.EMAIL))]
        gone = box.recipient("a@x.org")
        assert gone is not None
        assert (gone.rhythm, gone.channels) == ("", (Channel.EMAIL,))
        assert box.recipient("c@x.org") is None


def mail() -> object:
    return mail_of(DIGEST, sender="twofold@example.com", to="ana@example.com", notice_id="abc", site=SITE, at=AT)


def test_a_mail_goes_out_as_text() -> None:
    with mail_server() as (port, got):
        MailServer(replace(SETTINGS, smtp_port=port)).send(mail())  # type: ignore[arg-type]
    found = got.mails[0]
    assert found["Subject"] == "Acme: 1 overdue, 2 due soon"
    assert (found["To"], found["Message-ID"]) == ("ana@example.com", "<abc@example.com>")
    assert found.get_content_type() == "text/plain"
    text = found.get_content()
    assert "- CM-01: <Late> & more (due 2026-11-20)" in text
    assert LINE.link in text


def test_a_password_goes_over_tls_only_and_is_never_told(tmp_path: Path) -> None:
    server, client = certificate(tmp_path)
    settings = replace(SETTINGS, smtp_security="starttls", smtp_user="ana")
    with mail_server(tls=server) as (port, got):
        MailServer(replace(settings, smtp_port=port), "secret", client).send(mail())  # type: ignore[arg-type]
        assert len(got.mails) == 1
        assert [word.split()[0].upper() for word in got.words[:4]] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]
        with pytest.raises(NotSentError, match=r"127\.0\.0\.1: SSLCertVerificationError"):
            MailServer(replace(settings, smtp_port=port), "secret").send(mail())  # type: ignore[arg-type]
    with mail_server(tls=server, refuse="AUTH") as (port, _), pytest.raises(NotSentError) as raised:
        MailServer(replace(settings, smtp_port=port), "secret", client).send(mail())  # type: ignore[arg-type]
    assert raised.value.permanent
    assert "secret" not in str(raised.value)
    with mail_server() as (port, got), pytest.raises(NotSentError):
        MailServer(replace(settings, smtp_port=port), "secret", client).send(mail())  # type: ignore[arg-type]
    assert not any(word.upper().startswith("AUTH") for word in got.words)


def test_a_mail_that_is_refused() -> None:
    with mail_server(refuse="RCPT") as (port, _), pytest.raises(NotSentError, match="refused the recipient"):
        MailServer(replace(SETTINGS, smtp_port=port)).send(mail())  # type: ignore[arg-type]
    with mail_server(refuse="DATA") as (port, _), pytest.raises(NotSentError, match="answered 550") as raised:
        MailServer(replace(SETTINGS, smtp_port=port)).send(mail())  # type: ignore[arg-type]
    assert raised.value.permanent
    with pytest.raises(NotSentError, match="ConnectionRefusedError"):
        MailServer(replace(SETTINGS, smtp_port=1)).send(mail())  # type: ignore[arg-type]
    with pytest.raises(NotSentError, match="address"):
        mail_of(DIGEST, sender="t@x.org", to="a@x.org\nBcc: b@x.org", notice_id="a", site=SITE, at=AT)


def test_a_webhook_is_signed_and_tried_again() -> None:
    body = webhook_body(DIGEST, notice_id="abc", at=AT)
    waits: list[float] = []
    with web_server((500, 429, 204)) as (address, got):
        Hook(address, "key of tests", waits.append).post(body, notice_id="abc", at=AT)
    assert waits == [1.0, 4.0]
    headers, posted = got.posts[2]
    assert json.loads(posted)["parts"][0]["things"][0]["link"] == LINE.link
    assert headers["Twofold-Notice-Id"] == "abc"
    stamp, code = (part.partition("=")[2] for part in headers["Twofold-Signature"].split(","))
    expected = hmac.new(b"key of tests", stamp.encode() + b"." + posted, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(code, expected)
    assert int(stamp) == int(AT.timestamp())
    assert signature(body, key="other", at=AT) != headers["Twofold-Signature"]


def test_a_webhook_follows_nothing_and_gives_up() -> None:
    with web_server() as (other, never), web_server((302,), location=other) as (address, got):
        with pytest.raises(NotSentError, match="answered 302") as raised:
            Hook(address, "k", lambda _: None).post(b"{}", notice_id="a", at=AT)
        assert raised.value.permanent
        assert (len(got.posts), never.posts) == (1, [])
    with web_server((503,)) as (address, got), pytest.raises(NotSentError, match="answered 503"):
        Hook(address, "k", lambda _: None).post(b"{}", notice_id="a", at=AT)
    assert len(got.posts) == 3
    with pytest.raises(NotSentError, match="no answer: ConnectError"):
        Hook("http://127.0.0.1:1/", "k", lambda _: None).post(b"{}", notice_id="a", at=AT)
    for address in ("http://example.com/", "https://a:b@example.com/", "file:///etc/passwd", "ftp://127.0.0.1/"):
        with pytest.raises(NotSentError, match="neither https"):
            Hook(address, "k", lambda _: None).post(b"{}", notice_id="a", at=AT)


def test_slack_gets_text_and_blocks() -> None:
    found = json.loads(slack_body(DIGEST))
    assert found["text"] == "Acme: 1 overdue, 2 due soon (for p-1)"
    assert [each["type"] for each in found["blocks"]] == ["header", "context", "section", "section"]
    assert found["blocks"][2]["text"]["text"] == (
        f"*Overdue*\n• <{LINE.link}|CM-01: &lt;Late&gt; &amp; more> (due 2026-11-20)"
    )
    long = replace(DIGEST, parts=(("Overdue", tuple(replace(LINE, title="x" * 140) for _ in range(26))),))
    assert len(json.loads(slack_body(long))["blocks"][2]["text"]["text"]) <= 3000


def test_a_crash_between_sending_and_marking_sends_once_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".twofold").mkdir()
    workspace: Any = SimpleNamespace(settings=SimpleNamespace(reporting_zone="UTC", company="Acme"))
    facts = SimpleNamespace(follow_ups=[], scope=None)
    monkeypatch.setattr(send, "due_facts", lambda *_, **__: facts)
    monkeypatch.setattr(send, "due_things", lambda _: [thing(-1)])
    with web_server() as (address, got), outbox(tmp_path) as box:
        box.choose(Recipient("a@x.org", "p-1", "a@x.org", "daily", (Channel.WEBHOOK,)))
        box.choose(Recipient("b@x.org", "p-1", "b@x.org", "never", (Channel.WEBHOOK,)))
        senders = send.Senders(SETTINGS, webhook=Hook(address, "k"))
        with monkeypatch.context() as crashing:
            crashing.setattr(Outbox, "sent", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                send.send_notices(workspace, box, senders, at=AT)
        for minutes in (1, 16, 32, 48):
            send.send_notices(workspace, box, senders, at=AT + timedelta(minutes=minutes))
        assert len(got.posts) == 2
        assert len({headers["Twofold-Notice-Id"] for headers, _ in got.posts}) == 1
        report = send.send_notices(workspace, box, senders, at=AT + timedelta(days=1))
        assert report.sent == ["a@x.org: webhook"]


def test_secrets_are_not_shown() -> None:
    shown = repr(Hook("https://hooks.example.com/secret-1", "secret-2")) + repr(MailServer(SETTINGS, "secret-3"))
    assert "secret" not in shown
