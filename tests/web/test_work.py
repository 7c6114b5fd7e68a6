"""The work around findings on the site: answer, repair, acceptance, tasks, calendar, its feed, and notices."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twofold.records.acts.task import all_tasks
from twofold.records.workspace import Workspace

from ..jobs.notices.mail_sink import mail_server
from ..reports.test_calendar_feed import read as read_calendar

As = Callable[[str], Any]
FINDING = "OP-02/T-19/B/slow_response"
ADDRESS = f"/findings/{FINDING}/"
ASKED = f"id={FINDING}"
ANSWER = {"cause": "A phone was off", "response": "Two phones", "owner": "p-0001", "due_on": "2026-12-01"}


@pytest.fixture
def shown(as_role: As) -> Callable[..., str]:
    """Return a function that posts as a role, or gets without values, and gives the page that follows."""

    def ask(role: str, address: str, given: dict[str, str] | None = None, status: int = 200) -> str:
        client = as_role(role)
        answer = client.get(address) if given is None else client.post(address, given, follow=True)
        assert answer.status_code == status, (address, re.findall(r"errorlist.*?</ul>", answer.content.decode()))
        return str(answer.content.decode())

    return ask


@pytest.mark.usefixtures("untouched_workspace")
def test_a_finding_from_answer_to_retest(shown: Callable[..., str], as_role: As) -> None:
    page = shown("compliance", ADDRESS)
    assert "Needs an answer" in page
    assert "INC-2" in page
    assert "answer it first" in shown(
        "compliance", f"/findings/repaired?{ASKED}", {"remediated_on": "2026-04-01", "remediation": "x"}, 400
    )
    assert "This field is required" in shown("compliance", f"/findings/answer?{ASKED}", {"cause": "x"}, 400)
    page = shown("compliance", f"/findings/answer?{ASKED}", ANSWER)
    captured = re.search(r"Captured as (ev-\d+)", page)
    assert captured
    assert 'aria-current="step">Being repaired' in page
    repair = {"remediated_on": "2026-04-01", "remediation": "A second phone", "evidence": captured[1]}
    assert "which lies ahead" in shown(
        "compliance", f"/findings/repaired?{ASKED}", {**repair, "remediated_on": "2999-01-01"}, 400
    )
    assert "ev-99999" in shown("compliance", f"/findings/repaired?{ASKED}", {**repair, "evidence": "ev-99999"}, 400)
    page = shown("compliance", f"/findings/repaired?{ASKED}", repair)
    assert "1 times for the same reason" in page  # INC-2 came after the day of the repair
    assert 'aria-current="step">Being repaired' in page
    page = shown("compliance", f"/findings/repaired?{ASKED}", {**repair, "remediated_on": "2026-05-01"})
    assert 'aria-current="step">Waits for retest' in page
    assert "2026-05-02" in page
    kept = shown("compliance", f"/findings/answer?{ASKED}", {**ANSWER, "due_on": "2026-12-24"})
    assert 'aria-current="step">Waits for retest' in kept  # a new day does not undo the repair
    assert kept.count("<li><p><strong>") == 4
    anew = shown("compliance", f"/findings/answer?{ASKED}", {**ANSWER, "anew": "on"})
    assert 'aria-current="step">Being repaired' in anew
    for role in ("tester", "executive", "viewer", "administrator"):
        assert as_role(role).post(f"/findings/answer?{ASKED}", ANSWER).status_code == 403
        assert "Next step" not in shown(role, ADDRESS)


@pytest.mark.usefixtures("untouched_workspace")
def test_a_finding_is_accepted_by_somebody_without_a_part_in_the_control(
    shown: Callable[..., str], as_role: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    from twofold.web.company import answers, findings  # noqa: PLC0415

    accepted = {"reason": "The tool is replaced in March", "until": "2027-03-01"}
    shown("compliance", f"/findings/answer?{ASKED}", ANSWER)
    assert "Findings were answered since the last judgement" in shown("compliance", "/")
    assert "/results/renewal" in shown("compliance", "/")
    assert "/results/renewal" not in shown("executive", "/")
    for module in (answers, findings):
        monkeypatch.setattr(module, "controls_of", lambda *_: frozenset({"OP-02"}))
    assert as_role("compliance").post(f"/findings/accept?{ASKED}", accepted).status_code == 403
    assert "Accept it instead" not in shown("compliance", ADDRESS)
    monkeypatch.undo()
    page = shown("compliance", f"/findings/accept?{ASKED}", accepted)
    assert "Accepted because" in page
    assert "2027-03-01" in page
    assert "look again" in shown("viewer", "/calendar/?month=2027-03")
    shown("compliance", f"/findings/answer?{ASKED}", ANSWER)


def test_list_and_board_show_the_same_findings(shown: Callable[..., str]) -> None:
    shown("compliance", f"/findings/answer?{ASKED}", ANSWER)
    board, listed = shown("viewer", "/findings/board"), shown("viewer", "/findings/?stage=repair")
    assert ADDRESS in board
    assert ADDRESS in listed
    assert "Move" not in board
    assert "Move" in shown("compliance", "/findings/board")
    assert ADDRESS not in shown("viewer", "/findings/?stage=closed")
    for query in ("stage=x", "due=x", "after=%00", "owner=%27", "engagement=none", "after=zzzz"):
        shown("viewer", f"/findings/?{query}")
    assert "No finding is like that" in shown("viewer", "/findings/?after=zzzz")


def test_the_list_pages_by_key(shown: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    from twofold.web.company import findings  # noqa: PLC0415

    whole = re.findall(r'<th scope="row"><a href="([^"]+)"', shown("viewer", "/findings/"))
    monkeypatch.setattr(findings, "_PAGE", 1)
    address, paged = "/findings/", []
    while address:
        page = shown("viewer", address)
        paged += re.findall(r'<th scope="row"><a href="([^"]+)"', page)
        more = re.search(r'href="(\?[^"]*after=[^"]+)">Next page', page)
        address = "/findings/" + more[1].replace("&amp;", "&") if more else ""
    assert paged == whole
    assert len(whole) > 2


def test_tasks_are_entries_of_the_log(shown: Callable[..., str], as_role: As, site_workspace: Path) -> None:
    task = {
        "what": "Ask <b>for</b> it",
        "assigned_to": "p-0002",
        "task_due": "2026-01-05",
        "about_kind": "finding",
        "about": FINDING,
    }
    page = shown("tester", "/tasks/add", task)
    assert "is opened for Bo" in page
    assert "Ask &lt;b&gt;for" in page
    with Workspace.open(site_workspace) as workspace:
        task_id = list(all_tasks(workspace.vault))[-1]
    assert task_id in shown("owner", "/inbox/") or "Ask &lt;b&gt;for" in shown("owner", "/inbox/")
    assert "days late" in shown("owner", "/inbox/")
    assert "Ask &lt;b&gt;for" in shown("viewer", "/calendar/?month=2026-01&person=p-0002")
    assert as_role("viewer").post(f"/tasks/{task_id}/close", {"act": "done"}).status_code == 403
    assert as_role("owner").post("/tasks/tk-0/close", {"act": "done"}).status_code == 404
    assert "no reason is given" in shown("compliance", f"/tasks/{task_id}/close", {"act": "drop"})
    assert f"{task_id} is done" in shown("owner", f"/tasks/{task_id}/close", {"act": "done", "to": "inbox"})
    assert "there is no control" in shown(
        "tester", "/tasks/add", {**task, "about_kind": "control", "about": "XX-99"}, 404
    )
    assert "required" in shown("tester", "/tasks/add", {**task, "what": ""})
    assert "nobody &#39;Zoe&#39;" in shown("tester", "/tasks/add", {**task, "assigned_to": "Zoe"})
    assert "is opened for Bo" in shown("tester", "/tasks/add", {**task, "assigned_to": "bo"})
    assert "is opened for Bo" in shown("tester", "/tasks/add", {**task, "assigned_to": "owner@example.com"})
    assert "is opened for viewer@" in shown("tester", "/tasks/add", {**task, "assigned_to": "viewer@example.com"})
    assert as_role("executive").post("/tasks/add", task).status_code == 403


def test_the_calendar_goes_from_month_to_month(shown: Callable[..., str]) -> None:
    page = shown("viewer", "/calendar/?month=2026-06")
    assert "soc2-2026: the period ends" in page
    assert "?month=2026-05" in page
    assert "?month=2026-07" in page
    for month in ("2000-01", "2100-12", "1999-12", "x", "2026-13", "0000-00"):
        shown("viewer", f"/calendar/?month={month}&person=me&kind=x")


def test_a_calendar_feed_is_a_secret_that_ends(shown: Callable[..., str], as_role: As) -> None:
    shown("compliance", f"/findings/answer?{ASKED}", {**ANSWER, "owner": "p-0002"})
    page = shown("owner", "/inbox/calendar-address", {})
    address = re.search(r"http://testserver(/calendar/feed/[^<]+\.ics)", page)
    assert address
    assert address[1] not in shown("owner", "/inbox/notices")
    stranger = as_role("stranger")
    answer = stranger.get(address[1])
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-store" in answer.headers["Cache-Control"]
    _, events = read_calendar(answer.content.decode())
    found = [each for each in events if each["CATEGORIES"] == "finding"]
    assert [each["DTSTART;VALUE=DATE"] for each in found] == ["20261201"]
    assert found[0]["URL"] == f"http://testserver{ADDRESS}"
    again = read_calendar(stranger.get(address[1]).content.decode())[1]
    assert [each["UID"] for each in again] == [each["UID"] for each in events]
    assert stranger.get("/calendar/feed/none.ics").status_code == 404
    other = re.search(r"(/calendar/feed/[^<]+\.ics)", shown("owner", "/inbox/calendar-address", {}))
    assert stranger.get(address[1]).status_code == 404
    assert other
    assert stranger.get(other[1]).status_code == 200
    assert "has ended" in shown("owner", "/inbox/calendar-address/end", {})
    assert "address of the calendar" in shown("administrator", "/administration/log/")
    assert stranger.get(other[1]).status_code == 404
    assert "There was no address" in shown("owner", "/inbox/calendar-address/end", {})


NOTICES = """
[notices]
address = "https://audit.example.com"
from = "t@example.com"
smtp = "127.0.0.1"
smtp_port = {port}
smtp_security = "none"
rhythm = "never"
"""


def test_notices_go_to_those_who_want_them_once(
    shown: Callable[..., str], site_workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from django.core.management import call_command  # noqa: PLC0415

    from twofold.cli.main import main  # noqa: PLC0415
    from twofold.web.company.work.management.commands import send_notices  # noqa: PLC0415

    shown("compliance", f"/findings/answer?{ASKED}", {**ANSWER, "owner": "p-0002"})
    assert "sends no notices yet" in shown("owner", "/inbox/notices")
    assert "Select a valid choice" in shown("owner", "/inbox/notices", {"rhythm": "hourly"}, 400)
    shown("owner", "/inbox/notices", {"rhythm": "daily", "channels": "email"})
    shown("compliance", "/inbox/notices", {"rhythm": "never", "channels": "email"})
    call_command("send_notices")
    assert "[notices]" in capsys.readouterr().err
    settings = site_workspace / "twofold.toml"
    before = settings.read_text(encoding="utf-8")
    monkeypatch.setattr(send_notices, "open_workspace", lambda: Workspace.open(site_workspace))
    try:
        with mail_server() as (port, got):
            settings.write_text(before + NOTICES.format(port=port), encoding="utf-8")
            call_command("send_notices")
            call_command("send_notices")
            assert main(["notices", "send", "-w", str(site_workspace)]) == 0
        assert [each["To"] for each in got.mails] == ["owner@example.com"]
        text = got.mails[0].get_content()
        assert f"https://audit.example.com{ADDRESS}" in text
        assert "INC-" not in text
        assert "0 sent, 0 not sent" in capsys.readouterr().out
    finally:
        settings.write_text(before, encoding="utf-8")
    assert main(["notices", "send", "-w", str(site_workspace)]) == 2
    assert "[notices]" in capsys.readouterr().err


def test_a_site_that_runs_sends_by_itself(site_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess  # noqa: PLC0415
    import threading  # noqa: PLC0415

    from twofold.web.company.work import background  # noqa: PLC0415

    calls: list[list[str]] = []
    stop = threading.Event()

    def ran(command: list[str], **_: Any) -> None:
        calls.append(command)
        if len(calls) == 2:
            stop.set()
        raise subprocess.TimeoutExpired(command, 1)  # the thread goes on

    monkeypatch.setattr(background, "_FIRST_WAIT", 0.01)
    monkeypatch.setattr(background, "seconds_to_wait", lambda _: 0.01)
    monkeypatch.setattr(subprocess, "run", ran)
    thread = background.send_in_background({"TWOFOLD_WORKSPACE": str(site_workspace)}, stop)
    thread.join(10)
    assert not thread.is_alive()
    assert [call[1:] for call in calls] == [["-m", "twofold.web", "send_notices"]] * 2
    monkeypatch.undo()
    assert background.seconds_to_wait(site_workspace) == 600
    assert background.seconds_to_wait(site_workspace / "none") == 600
