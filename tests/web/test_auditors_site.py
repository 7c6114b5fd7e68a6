"""The choice of an auditor on the site, and the reply to a buyer."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..cli.test_auditors import OFFER

As = Callable[[str], Any]
PAGE = "/prepare/auditors/"
BUYERS = "id,customer,asks,words\nr-7,Globex Bank,sox,Are you SOX compliant?\n"
NEED = {
    "industry": "retail",
    "budget_low": "20000",
    "budget_high": "60000",
    "currency": "USD",
    "report_by": "2026-12-31",
    "first_audit": "true",
}


def said(client: Any, address: str, given: dict[str, Any]) -> str:
    shown: str = client.post(address, given, follow=True).content.decode()
    return shown


def file(text: str, name: str) -> io.BytesIO:
    made = io.BytesIO(text.encode())
    made.name = name
    return made


@pytest.fixture
def executive(own_workspace: Path, as_role: As) -> Any:
    """Give the client of the executive over a workspace with a need and two proposals."""
    assert own_workspace.is_dir()
    client = as_role("executive")
    assert "Captured as ev-" in said(client, f"{PAGE}need", NEED)
    assert "2 proposals" in said(client, f"{PAGE}proposals", {"file": file(OFFER, "offers.csv")})
    return client


def test_the_shortlist_says_why_and_a_decision_is_recorded(executive: Any) -> None:
    shown = executive.get(f"{PAGE}?order=scope").content.decode()
    assert shown.count('<tr><th scope="row">') >= 9 + 2
    assert "asked type2, offers type1" in shown
    assert "Sample &amp; Finch drops out." in shown
    refused = said(executive, f"{PAGE}decide", {"firm": "Sample & Finch", "reason": "cheap"})
    assert "asked type2, offers type1; expected: a pass" in refused
    assert "it is empty" in said(executive, f"{PAGE}decide", {"firm": "Sample & Finch"})
    despite = {"firm": "Sample & Finch", "reason": "cheap", "despite": "the board wants it"}
    decided = said(executive, f"{PAGE}decide", despite)
    assert "Decided for Sample &amp; Finch" in decided
    assert "the board wants it" in decided


def test_what_goes_out_and_what_is_refused(executive: Any, as_role: As) -> None:
    plain = executive.get(f"{PAGE}brief")
    assert plain.status_code == 200
    assert "a SOC 2 report of type 2" in plain.content.decode()
    telling = executive.post(f"{PAGE}brief", {"note": "We at Acme move.", "give": "file"})
    assert telling.status_code == 400
    assert "is refused" in telling.content.decode()
    assert "Acme" in telling.content.decode()
    assert executive.post(f"{PAGE}brief", {"check": "Acme asks you."}).status_code == 400
    assert executive.post(f"{PAGE}brief", {"check": "A company asks you."}).status_code == 200
    given = executive.post(f"{PAGE}brief", {"give": "file"})
    assert given.headers["content-disposition"] == 'attachment; filename="brief.md"'
    assert b"Acme" not in given.content

    everything = executive.get(f"{PAGE}questions").content.decode()
    left = executive.get(f"{PAGE}questions", {"firm": "Example CPA LLP"}).content.decode()
    assert everything.count("Why it is asked") > left.count("Why it is asked") > 0
    assert executive.get(f"{PAGE}proposals.csv").content.startswith(b"firm,engagement,stated_on")
    assert "currency" in said(executive, f"{PAGE}need", {"currency": "dollars"})
    assert "is missing" in said(executive, f"{PAGE}proposals", {"file": file("firm\nx\n", "bad.csv")})
    assert "there is no engagement" in executive.get(PAGE, {"engagement": "none"}).content.decode()
    assert [as_role(role).get(PAGE).status_code for role in ("owner", "tester", "viewer")] == [403, 403, 403]


def test_a_reply_to_a_buyer_rests_on_data(own_workspace: Path, as_role: As) -> None:
    from ..cli.conftest import _must  # noqa: PLC0415

    client = as_role("executive")
    assert "No request of a buyer" in client.get("/prepare/reply/").content.decode()
    (own_workspace / "buyers.csv").write_text(BUYERS)
    given = ["--source", "csvtable", "--kind", "buyer_request", "--query", "the requests", "--run-by", "p-0001"]
    _must("capture", own_workspace / "buyers.csv", *given, "--run-at", "2026-07-01T00:00:00Z", "-w", own_workspace)
    shown = client.get("/prepare/reply/").content.decode()
    assert "Draft of a reply to Globex Bank" in shown
    assert shown.count("Why we say so") == shown.count("From ") > 3
    letter = client.get("/prepare/reply/", {"request": "r-7", "form": "letter"}).content.decode()
    assert letter.startswith("DRAFT of ")
    assert "Not an audit opinion" in letter
    assert client.get("/prepare/reply/", {"request": "none"}).status_code == 302
