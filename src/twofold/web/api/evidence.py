"""Evidence: the list, one piece with its proof and bytes, and capture of files by the intake of the upload page."""

from datetime import date, datetime
from typing import Annotated, Any

from django.core.exceptions import PermissionDenied
from django.forms.utils import ErrorDict
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from ninja import Field, File, Form, Router, Schema
from ninja.files import UploadedFile

from twofold.model.evidence import EvidenceRef
from twofold.model.problem import Problem, UserError
from twofold.web.api.operation import MULTIPART, acts, cut, next_page, reads
from twofold.web.company.evidence import may_open, page_of_evidence
from twofold.web.company.evidence_index import follow, number_of
from twofold.web.company.evidence_one import served_by, versions_of
from twofold.web.company.standing import stops_at
from twofold.web.company.upload import UploadForm, received
from twofold.web.workspace_access import current

router = Router(tags=["evidence"])
Limit = Annotated[int, Field(ge=1, le=200)]
_SHOWN = (
    *("name", "source", "kind", "owner", "captured_by", "captured_at", "period_from", "period_to", "version"),
    *("size", "sha256"),
)


class EvidenceOut(Schema):
    """One capture."""

    id: str
    name: str
    source: str
    kind: str
    owner: str
    captured_by: str
    captured_at: datetime
    period_from: datetime | None
    period_to: datetime | None
    version: int
    size: int
    sha256: str


class EvidencePage(Schema):
    """A page of evidence, newest first. `next`: the address of the page after it; null at the end."""

    items: list[EvidenceOut]
    next: str | None


class ProofOut(Schema):
    """That the log holds the entry: `path` leads from the entry to `root` over `size` entries, as RFC 6962 has it."""

    entry: int
    size: int
    root: str
    path: list[str]


class ServedOut(Schema):
    """A control whose test read the evidence. conclusions: title of a lens -> what it proposes for the control."""

    control_id: str
    control_test: str
    run_id: str
    conclusions: dict[str, str]


class EvidenceOneOut(EvidenceOut):
    """One capture with all that is known of how it came to be, and its proof.

    stops_at: from when on it counts no longer, null for never. versions: other captures of the same name and kind.
    """

    systems: list[str]
    query: str
    run_by: str
    run_at: datetime
    claimed_count: int | None
    totals: dict[str, str]
    environment: str
    same_bytes_as: list[str]
    replaces: str | None
    stops_at: datetime | None
    served: list[ServedOut]
    versions: list[str]
    proof: ProofOut


class CaptureIn(Schema):
    """What is known of the files: the same that the page asks. Days are of the reporting zone."""

    source: Annotated[str, Field(min_length=1, max_length=100)]
    kind: Annotated[str, Field(min_length=1, max_length=100)]
    query: Annotated[str, Field(min_length=1, max_length=4000)]
    run_by: Annotated[str, Field(min_length=1, max_length=200)]
    run_at: datetime
    owner: Annotated[str, Field(min_length=1, max_length=200)]
    systems: Annotated[str, Field(max_length=2000, description="ids of systems, with commas")] = ""
    claimed_count: Annotated[int | None, Field(ge=0, le=2**31 - 1)] = None
    totals: Annotated[
        str, Field(max_length=4000, description="sums of fields that the source showed, a line FIELD=TOTAL for each")
    ] = ""
    period_from: date | None = None
    period_to: date | None = None
    although_alike: Annotated[bool, Field(description="capture what is almost the same as earlier evidence, too")] = (
        False
    )


class CapturedFileOut(Schema):
    """One captured file, and what reading it gave."""

    id: str
    name: str
    sha256: str
    rows: int
    set_aside: int
    same_bytes_as: list[str]


@reads(router, "/evidence", "see_evidence", EvidencePage, "Evidence, newest first")
def list_evidence(  # noqa: PLR0913, PLR0917  the filters of the list
    request: HttpRequest,
    source: str = "",
    kind: str = "",
    owner: str = "",
    system: str = "",
    words: str = "",
    before: Annotated[int | None, Field(ge=0, le=2**62)] = None,
    limit: Limit = 50,
) -> EvidencePage:
    """Return a page."""
    given = {"source": source, "kind": kind, "owner": owner, "system": system, "words": words}
    asked = {name: value.replace("\x00", "") for name, value in given.items()}
    found = page_of_evidence(current(), asked, before=before, limit=limit)
    rows, link = cut(found, limit, lambda row: next_page(request, "before", row.number))
    items = [EvidenceOut(id=f"ev-{row.number}", **{name: getattr(row, name) for name in _SHOWN}) for row in rows]
    return EvidencePage(items=items, next=link)


@reads(router, "/evidence/{evidence_id}", "see_evidence", EvidenceOneOut, "One piece of evidence with its proof")
def evidence_one(request: HttpRequest, evidence_id: str) -> EvidenceOneOut:
    """Return one piece; 404 for an unknown one."""
    del request
    found, now = evidence_named(evidence_id), current()
    follow(now.workspace)
    vault, entry, provenance = now.workspace.vault, number_of(found), found.provenance
    checkpoint = vault.checkpoint()
    path = vault.log.inclusion_proof(entry, checkpoint.size)
    return EvidenceOneOut(
        id=found.evidence_id,
        name=found.name,
        source=provenance.source,
        kind=provenance.kind,
        owner=provenance.owner,
        captured_by=found.captured_by,
        captured_at=found.captured_at,
        period_from=provenance.period_from,
        period_to=provenance.period_to,
        version=found.version,
        size=found.size,
        sha256=found.sha256,
        systems=list(provenance.systems),
        query=provenance.query,
        run_by=provenance.run_by,
        run_at=provenance.run_at,
        claimed_count=provenance.claimed_count,
        totals=provenance.totals,
        environment=provenance.environment,
        same_bytes_as=list(found.same_bytes_as),
        replaces=found.replaces,
        stops_at=stops_at(found),
        served=[
            ServedOut(
                control_id=each.control_id,
                control_test=each.control_test,
                run_id=each.run_id,
                conclusions={lens.title: lens.conclusion for lens in each.lenses},
            )
            for each in served_by(now, entry)
        ],
        versions=[f"ev-{each.number}" for each in versions_of(found, entry)],
        proof=ProofOut(
            entry=entry, size=checkpoint.size, root=checkpoint.root.hex(), path=[each.hex() for each in path]
        ),
    )


@reads(router, "/evidence/{evidence_id}/bytes", "open_evidence", None, "The captured bytes")
def evidence_bytes(request: HttpRequest, evidence_id: str) -> HttpResponseBase:
    """Return the bytes as they were captured; an owner gets those of their own evidence."""
    found = evidence_named(evidence_id)
    now = current()
    if not may_open(request, now, found):
        msg = "This evidence has another owner."
        raise PermissionDenied(msg)
    return FileResponse(
        now.workspace.vault.open_verified(found.sha256), as_attachment=True, content_type="application/octet-stream"
    )


@acts(router, "/evidence", "upload_evidence", list[CapturedFileOut], "Capture files as one act", content=MULTIPART)
def capture_evidence(
    request: HttpRequest, given: Form[CaptureIn], files: Annotated[list[UploadedFile], File(min_length=1)]
) -> list[CapturedFileOut]:
    """Capture the files, all or none. A file's name is data and never a path; nothing in a file is run or unpacked."""
    form = UploadForm({name: value for name, value in given.model_dump().items() if value not in {None, False}})
    captured = received(request, current(), form, files)
    if captured is None:
        raise UserError(_problems(form.errors))
    return [
        CapturedFileOut(
            id=each.evidence.evidence_id,
            name=each.evidence.name,
            sha256=each.evidence.sha256,
            rows=sum(each.reading.row_counts.values()),
            set_aside=len(each.reading.set_aside),
            same_bytes_as=list(each.evidence.same_bytes_as),
        )
        for each in captured
    ]


def evidence_named(evidence_id: str) -> EvidenceRef:
    """Return evidence; raises Http404 for an unknown id."""
    try:
        return current().workspace.vault.evidence(evidence_id)
    except UserError as error:
        raise Http404 from error


def _problems(errors: ErrorDict | dict[str, Any]) -> list[Problem]:
    return [
        Problem("files" if name == "__all__" else name, str(each), "", "")
        for name, several in errors.items()
        for each in several
    ]
