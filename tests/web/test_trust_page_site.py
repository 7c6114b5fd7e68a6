"""The trust page on the site: claims while they hold, a preview that runs nothing, documents and who got which."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

As = Callable[[str], Any]
PAGE = "/prepare/trust-page/"
LABEL = "scope:systems/product/soc2"
CLAIM = {"identifier": "boundary", "heading": "Scope", "text": "The product is inside.", "source": [LABEL]}


def said(client: Any, name: str, given: dict[str, Any]) -> str:
    shown: str = client.post(f"{PAGE}{name}", given, follow=True).content.decode()
    return shown


def file(content: bytes, name: str) -> io.BytesIO:
    made = io.BytesIO(content)
    made.name = name
    return made


@pytest.fixture
def manager(own_workspace: Path, as_role: As) -> Any:
    """Give the client of the compliance manager over a page with a public and an internal claim."""
    assert own_workspace.is_dir()
    client = as_role("compliance")
    assert "Captured as ev-" in said(client, "claim", {**CLAIM, "level": "public"})
    inside = {**CLAIM, "identifier": "inside", "text": "INTERNAL WORDS.", "level": "internal"}
    assert "it is internal, and the page is public" in said(client, "claim", inside)
    return client


def test_only_public_claims_leave_and_are_seen_by_who_may_not_manage(manager: Any, as_role: As) -> None:
    for client in (manager, as_role("executive"), as_role("administrator")):
        preview = client.get(f"{PAGE}preview/")
        assert "The product is inside." in preview.content.decode()
        assert "INTERNAL WORDS" not in preview.content.decode()
        assert "<script" not in preview.content.decode()
        assert preview.headers["content-security-policy"].startswith("default-src 'none'")
        assert "INTERNAL WORDS" not in client.get(f"{PAGE}preview/claims.json").content.decode()
    assert "INTERNAL WORDS" in manager.get(PAGE).content.decode()
    assert "INTERNAL WORDS" not in as_role("executive").get(PAGE).content.decode()
    assert [as_role(role).get(PAGE).status_code for role in ("owner", "tester", "viewer")] == [403, 403, 403]
    built = zipfile.ZipFile(io.BytesIO(manager.post(f"{PAGE}build").content))
    assert sorted(built.namelist()) == ["trust-page/claims.json", "trust-page/index.html"]
    assert b"INTERNAL" not in b"".join(built.read(name) for name in built.namelist())


def test_a_claim_that_may_not_be_made_is_told_and_stays_in_the_form(manager: Any) -> None:
    answer = manager.post(f"{PAGE}claim", {**CLAIM, "text": "We are compliant.", "level": "public"})
    assert answer.status_code == 400
    assert "which is not ours to say" in answer.content.decode()
    assert "We are compliant." in answer.content.decode()


def test_a_document_goes_to_one_person_under_an_agreement_and_is_logged(manager: Any, as_role: As) -> None:
    given = {"identifier": "report", "title": "Report 2026", "file": file(b"the report", "report.pdf")}
    assert "kept as ev-" in said(manager, "document", given)
    person = {"document": "report", "person": "Kim Park", "company": "Globex", "until": "2099-12-31"}
    assert "no agreement is named" in said(manager, "grant", person)
    assert "evidence: " in said(manager, "grant", {**person, "evidence": "/etc/passwd"})
    assert "report-1" in said(manager, "grant", {**person, "file": file(b"signed", "nda.pdf")})
    copy = manager.post(f"{PAGE}copy", {"grant": "report-1"})
    held = zipfile.ZipFile(io.BytesIO(copy.content))
    assert held.read("report.pdf") == b"the report"
    assert b"Kim Park" in held.read("manifest.json")
    assert "Who got which copy" in manager.get(PAGE).content.decode()
    assert "Kim Park" not in as_role("executive").get(PAGE).content.decode()
    assert "no reason is given" in said(manager, "revoke", {"grant": "report-1"})
    assert "is revoked: deal lost" in said(manager, "revoke", {"grant": "report-1", "reason": "deal lost"})
    assert "the grant was revoked on" in said(manager, "copy", {"grant": "report-1"})
