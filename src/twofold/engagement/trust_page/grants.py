"""Documents behind an agreement: who may have which until when, and the copy that is made for one person alone."""

import hashlib
import io
import re
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePosixPath

import orjson

from twofold.model.statement import NOT_AN_OPINION

_ENDING = re.compile(r"\.[a-z0-9]{1,8}")
_OLDEST = 1980
"""Zip files know no earlier year."""


@dataclass(frozen=True, slots=True)
class SharedDocument:
    """A document that is given out. ends_before: first local day on which it is not."""

    document_id: str
    title: str
    evidence: str
    sha256: str
    ends_before: date | None


@dataclass(frozen=True, slots=True)
class Grant:
    """A person may have a document up to a day, under a signed agreement (an evidence id)."""

    grant_id: str
    document: str
    person: str
    company: str
    agreement: str
    ends_before: date
    granted_by: str
    granted_at: datetime
    revoked_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """A copy that was handed out."""

    access_id: str
    grant: str
    document: str
    person: str
    company: str
    handed_at: datetime
    handed_by: str
    document_hash: str
    manifest_hash: str


@dataclass(frozen=True, slots=True)
class OneOffCopy:
    """The bytes of a copy, and the SHA-256 of its manifest: no other copy has the same."""

    content: bytes
    manifest_hash: str


def grant_fault(grant: Grant, document: SharedDocument, today: date) -> str:
    """Say why a document is not handed out under a grant today; "" where it is."""
    if grant.revoked_at is not None:
        return f"the grant was revoked on {grant.revoked_at:%Y-%m-%d}: {grant.reason}"
    if today >= grant.ends_before:
        return f"the grant ended before {grant.ends_before}"
    if document.ends_before is not None and today >= document.ends_before:
        return f"the document is given out no longer since {document.ends_before}"
    return ""


def one_off_copy(
    grant: Grant, document: SharedDocument, content: bytes, *, name: str, company: str, by: str, at: datetime
) -> OneOffCopy:
    """Make the copy of a document for the person of a grant: a zip with the document as it is, and who it was made for.

    The document itself is not altered, so that its hash and any signature in it stay true. `company`: whose it is.
    """
    ending = PurePosixPath(name).suffix.lower()
    file = f"{document.document_id}{ending if _ENDING.fullmatch(ending) else ''}"
    last_day = date.fromordinal(grant.ends_before.toordinal() - 1)
    manifest = {
        "document": document.document_id,
        "file": file,
        "for": {"company": grant.company, "person": grant.person},
        "from": {"company": company, "person": by},
        "grant": grant.grant_id,
        "handed_at": at.isoformat(),
        "note": NOT_AN_OPINION,
        "sha256": document.sha256,
        "title": document.title,
        "until": last_day.isoformat(),
    }
    body = orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
    notice = (
        f"{document.title}\n\nThis copy was made for {grant.person} of {grant.company} on {at:%Y-%m-%d}, under the "
        f"agreement that both companies signed. It may be read until {last_day} and not be passed on.\n"
        f"Grant {grant.grant_id}; manifest.json makes this copy the only one of its kind.\n\n{NOT_AN_OPINION}\n"
    )
    target = io.BytesIO()
    stamp = (max(at.year, _OLDEST), at.month, at.day, at.hour, at.minute, at.second)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for inner, held in ((file, content), ("manifest.json", body), ("notice.txt", notice.encode())):
            archive.writestr(zipfile.ZipInfo(inner, stamp), held, compress_type=zipfile.ZIP_DEFLATED)
    return OneOffCopy(target.getvalue(), hashlib.sha256(body).hexdigest())
