"""What programs do with the trust page, auditors' request lists, the choice of an auditor and replies to buyers."""

import io
import zipfile
from base64 import b64decode
from collections.abc import Callable

import pytest

from ..cli.test_auditors import OFFER
from ..cli.test_request_lists import SOC2, SOX
from .conftest import Program
from .test_auditors_site import BUYERS, NEED
from .test_auditors_site import file as text_file
from .test_request_lists_site import sent
from .test_trust_page_site import CLAIM, file

Make = Callable[..., Program]


@pytest.mark.usefixtures("own_workspace")
def test_a_trust_page_and_a_document_under_agreement(program: Make) -> None:
    one, other = program("compliance"), program("executive")
    assert one.post("/trust-page/claims", {**CLAIM, "level": "public"}).json()["evidence"]
    inside = {**CLAIM, "identifier": "inside", "text": "INTERNAL WORDS.", "level": "internal"}
    assert one.post("/trust-page/claims", inside).status_code == 201
    wrong = one.post("/trust-page/claims", {**CLAIM, "text": "We are compliant.", "level": "public"})
    assert (wrong.status_code, "not ours to say" in wrong.content.decode()) == (422, True)
    assert {each["id"]: each["stands"] for each in one.get("/trust-page").json()["claims"]} == {
        "boundary": True,
        "inside": False,
    }
    assert [each["id"] for each in other.get("/trust-page").json()["claims"]] == ["boundary"]
    assert b"INTERNAL" not in other.get("/trust-page/preview").content
    assert b"The product is inside." in other.get("/trust-page/preview/claims").content
    assert program("owner").get("/trust-page").status_code == 403
    built = one.post("/trust-page/build").json()
    assert sorted(built["files"]) == ["claims.json", "index.html"]
    assert other.post("/trust-page/build").status_code == 403
    given = {"identifier": "report", "title": "Report 2026", "file": file(b"the report", "report.pdf")}
    assert one.send("/trust-page/documents", given).json()["evidence"].startswith("ev-")
    assert one.send("/trust-page/documents", {"identifier": "report", "title": "x"}).status_code == 422
    person = {"document": "report", "person": "Kim Park", "company": "Globex", "until": "2099-12-31"}
    assert "no agreement is named" in one.send("/trust-page/grants", person).json()["detail"]
    assert one.send("/trust-page/grants", {**person, "evidence": "/etc/passwd"}).status_code == 422
    grant = one.send("/trust-page/grants", {**person, "file": file(b"signed", "nda.pdf")}).json()["grant_id"]
    address = f"/trust-page/grants/{grant}"
    copy = one.post(f"{address}/copy", **{"idempotency-key": "copy-1"}).json()
    assert one.post(f"{address}/copy", **{"idempotency-key": "copy-1"}).json() == copy, "one copy is logged"
    assert zipfile.ZipFile(io.BytesIO(b64decode(copy["content"]))).read("report.pdf") == b"the report"
    assert len(one.get("/trust-page").json()["copies"]) == 1
    assert other.get("/trust-page").json()["copies"] == []
    assert one.post(f"{address}/revoke", {"reason": " "}).status_code == 422
    assert one.post(f"{address}/revoke", {"reason": "deal lost"}).json()["revoked_at"]
    assert one.post(f"{address}/copy").status_code == 422


@pytest.mark.usefixtures("own_workspace")
def test_two_request_lists_become_one(program: Make) -> None:
    one = program("compliance")
    for rows, name in ((SOC2, "soc2"), (SOX, "sox")):
        taken = one.send("/request-lists", {"identifier": name, "file": sent(rows, f"{name}.csv")})
        assert "4 requests read" in taken.json()["read"], taken.content
    assert [each["lines"] for each in one.get("/request-lists").json()] == [4, 4]
    first = one.get("/request-lists/pairs?limit=1").json()
    assert first["items"][0]["reasons"]
    assert one.get(first["next"].removeprefix("/api/v1")).json()["items"][0] != first["items"][0]
    wrong = {"first": "soc2/S-1", "second": "soc2/S-2", "decision": "same"}
    assert "of one list" in one.post("/request-lists/decisions", {"decisions": [wrong]}).content.decode()
    decided = [
        {"first": "soc2/S-1", "second": "sox/X-1", "decision": "same"},
        {"first": "soc2/S-4", "second": "sox/X-3", "decision": "not_same", "reason": "another thing"},
    ]
    assert program("owner").post("/request-lists/decisions", {"decisions": decided}).status_code == 403
    assert one.post("/request-lists/decisions", {"decisions": decided}).json()["evidence"]
    shared = program("viewer").get("/request-lists/merged?shared=true").json()["items"]
    assert {line["place"] for each in shared for line in each["lines"]} >= {"soc2/S-1", "sox/X-1"}
    assert one.get("/request-lists/merged/file?form=csv").content.startswith(b"number,serves,request")


@pytest.mark.usefixtures("own_workspace")
def test_an_auditor_is_chosen_with_reasons(program: Make) -> None:
    one = program("executive")
    assert one.post("/auditor-choice/need", NEED).json()["evidence"], "as on the page"
    assert one.post("/auditor-choice/need", {"currency": "dollars"}).status_code == 422
    assert one.post("/auditor-choice/need", {}).status_code == 422, "nothing was told"
    taken = one.send("/auditor-choice/proposals", {"file": text_file(OFFER, "offers.csv")})
    assert taken.json()["proposals"] == 2, taken.content
    found = one.get("/auditor-choice").json()
    assert (found["need"]["budget_low"], found["need"]["first_audit"]) == ("20000.00", True)
    assert {each["firm"]: each["state"] for each in found["firms"]}["Sample & Finch"] == "dropped"
    choice = {"firm": "Sample & Finch", "reason": "cheap"}
    assert one.post("/auditor-choice/decision", choice).status_code == 422
    done = one.post("/auditor-choice/decision", {**choice, "despite": "the board wants it"})
    assert done.json()["decided_by"] == "executive@example.com"
    assert one.get("/auditor-choice").json()["decisions"][0]["despite"] == "the board wants it"
    assert "type 2" in one.post("/auditor-choice/brief", {}).json()["text"]
    telling = one.post("/auditor-choice/brief", {"note": "We at Acme move."}).json()
    assert (telling["text"], telling["told"][0]["found"]) == ("", "Acme")
    every, left = (one.get(f"/auditor-choice/questions{firm}").json() for firm in ("", "?firm=Example CPA LLP"))
    assert len(every) > len(left) > 0
    assert one.get("/auditor-choice/proposals.csv").content.startswith(b"firm,engagement,stated_on")
    assert one.get("/auditor-choice?engagement=none").status_code == 422
    assert program("owner").get("/auditor-choice").status_code == 403


def test_a_reply_to_a_buyer_and_reports_as_pages(own_workspace: object, program: Make) -> None:
    from pathlib import Path  # noqa: PLC0415

    from ..cli.conftest import _must  # noqa: PLC0415

    one = program("executive")
    assert one.get("/buyer-requests").json() == []
    root = Path(str(own_workspace))
    (root / "buyers.csv").write_text(BUYERS)
    given = ["--source", "csvtable", "--kind", "buyer_request", "--query", "the requests", "--run-by", "p-0001"]
    _must("capture", root / "buyers.csv", *given, "--run-at", "2026-07-10T06:00:00Z", "-w", root)
    assert [each["customer"] for each in one.get("/buyer-requests").json()] == ["Globex Bank"]
    reply = one.get("/buyer-requests/r-7/reply").json()
    assert reply["draft"]
    assert "for a person to read" in reply["letter"]
    assert one.get("/buyer-requests/none/reply").status_code == 404
    assert one.get("/preparation/readiness/page").content.startswith(b"<!doctype html>")
