"""Copies of documents: made for one person, and not past their day."""

import hashlib
import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from twofold.engagement.trust_page.grants import Grant, OneOffCopy, SharedDocument, grant_fault, one_off_copy

AT = datetime(2026, 11, 25, 9, tzinfo=UTC)
TODAY = AT.date()
CONTENT = b"%PDF-1.7 report"
DOCUMENT = SharedDocument("report", "SOC 2 report", "ev-1", hashlib.sha256(CONTENT).hexdigest(), None)
GRANT = Grant("report-1", "report", "Kim", "Globex", "ev-2", TODAY + timedelta(days=10), "ana", AT)


def made(grant: Grant = GRANT, at: datetime = AT) -> OneOffCopy:
    return one_off_copy(grant, DOCUMENT, CONTENT, name="../../evil name.pdf", company="Acme Inc.", by="ana", at=at)


def test_a_copy_holds_the_document_as_it_is_and_names_who_it_is_for() -> None:
    copy = made()
    with zipfile.ZipFile(io.BytesIO(copy.content)) as archive:
        assert archive.namelist() == ["report.pdf", "manifest.json", "notice.txt"]
        assert archive.read("report.pdf") == CONTENT
        manifest = archive.read("manifest.json")
        notice = archive.read("notice.txt").decode()
    assert hashlib.sha256(manifest).hexdigest() == copy.manifest_hash
    body = json.loads(manifest)
    assert body["for"] == {"company": "Globex", "person": "Kim"}
    assert (body["sha256"], body["until"]) == (DOCUMENT.sha256, "2026-12-04")
    assert "made for Kim of Globex" in notice
    assert "Not an audit opinion" in notice


def test_two_copies_are_never_the_same() -> None:
    hashes = {
        each.manifest_hash
        for each in (made(), made(at=AT + timedelta(microseconds=1)), made(replace(GRANT, person="Lee")))
    }

    assert len(hashes) == 3
    assert made() == made()


def test_a_grant_ends() -> None:
    last = GRANT.ends_before - timedelta(days=1)

    assert grant_fault(GRANT, DOCUMENT, last) == ""
    assert grant_fault(GRANT, DOCUMENT, GRANT.ends_before) == f"the grant ended before {GRANT.ends_before}"
    assert "revoked" in grant_fault(replace(GRANT, revoked_at=AT, reason="lost"), DOCUMENT, TODAY)
    assert "no longer" in grant_fault(GRANT, replace(DOCUMENT, ends_before=TODAY), TODAY)
