"""The trust page: claims with what they rest on today, documents under agreement, and the page as it would be built."""

from base64 import b64encode
from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Router, Schema

from twofold.engagement.questionnaire.library import Level
from twofold.engagement.trust_page.grants import Grant, SharedDocument, grant_fault
from twofold.jobs import trust_page as jobs
from twofold.reports.trust_page import claims_json, trust_page
from twofold.web.acting import acting_name, grant_for
from twofold.web.api.answer_library import CapturedAsOut
from twofold.web.api.body import Said
from twofold.web.api.operation import acts, file_answer, reads
from twofold.web.api.questionnaires import SOURCES, FileOut
from twofold.web.company.preparing.kept import kept
from twofold.web.company.preparing.shared_documents import DocumentForm, GrantForm, give, handed_out, offer
from twofold.web.company.preparing.trust_page import ClaimForm, built, claim_of, trust_page_today
from twofold.web.rights import Grant as Granted
from twofold.web.workspace_access import current

router = Router(tags=["trust page"])
GrantId = Annotated[str, Field(max_length=200)]


class ClaimOut(Schema):
    """A claim. reasons: why it does not stand on the page today; until: the last day on which it does."""

    id: str
    heading: str
    text: str
    level: str
    sources: list[str]
    written_by: str
    ends_before: date | None
    stands: bool
    reasons: list[str]
    as_of: date | None
    until: date | None


class DocumentOut(Schema):
    """A document that is given out under an agreement. ends_before: the first day on which it no longer is."""

    document_id: str
    title: str
    evidence: str
    ends_before: date | None


class GrantOut(Schema):
    """A document granted to a person. fault: why no copy is handed out today, "" where one is."""

    grant_id: str
    document: str
    person: str
    company: str
    agreement: str
    ends_before: date
    granted_by: str
    granted_at: datetime
    revoked_at: datetime | None
    reason: str
    fault: str = ""


class CopyOut(Schema):
    """A copy that was handed out. manifest_hash: of what was written into it, which finds its person again."""

    access_id: str
    grant: str
    document: str
    person: str
    company: str
    handed_at: datetime
    handed_by: str
    document_hash: str
    manifest_hash: str


class TrustPageOut(Schema):
    """What the page is made from. Who does not manage it sees public claims only, no grants and no copies."""

    claims: list[ClaimOut]
    documents: list[DocumentOut]
    grants: list[GrantOut]
    copies: list[CopyOut]


class BuiltOut(Schema):
    """The files of the page by name, and the evidence of what it says."""

    files: dict[str, str]
    evidence: str


class RevokeIn(Schema):
    """Why a grant ends before its day."""

    reason: Annotated[str, Field(min_length=1, max_length=4000)]


@reads(router, "/trust-page", "see_preparation", TrustPageOut, "The trust page as it stands today")
def trust_page_one(request: HttpRequest) -> TrustPageOut:
    """Return claims, documents, grants and the log of copies."""
    manages = grant_for(request, "manage_trust_page") is Granted.YES
    claims, tables, today = trust_page_today()
    grants = [_grant(each, tables.documents.get(each.document), today) for each in tables.grants.values()]
    return TrustPageOut(
        claims=[
            ClaimOut(
                id=each.claim.claim_id,
                heading=each.claim.heading,
                text=each.claim.text,
                level=str(each.claim.level),
                sources=list(each.claim.sources),
                written_by=each.claim.written_by,
                ends_before=each.claim.ends_before,
                stands=each.said is not None,
                reasons=list(each.reasons),
                as_of=each.as_of,
                until=each.until,
            )
            for each in claims
            if manages or each.claim.level is Level.PUBLIC
        ],
        documents=[DocumentOut.from_orm(each) for each in tables.documents.values()],
        grants=grants if manages else [],
        copies=[CopyOut.from_orm(each) for each in tables.accesses] if manages else [],
    )


@reads(router, "/trust-page/preview", "see_preparation", None, "The page as it would be built now")
def trust_page_preview(request: HttpRequest) -> HttpResponse:
    """Return the page as HTML; nothing is captured."""
    del request
    text = kept("trust page preview", lambda now, _: trust_page(jobs.page_today(now.workspace, at=timezone.now())))
    return file_answer(text)


@reads(router, "/trust-page/preview/claims", "see_preparation", None, "The statements of the preview as JSON")
def trust_page_preview_claims(request: HttpRequest) -> HttpResponse:
    """Return the file that stands beside the page."""
    del request
    content = kept("trust page claims", lambda now, _: claims_json(jobs.page_today(now.workspace, at=timezone.now())))
    return file_answer(content)


@acts(router, "/trust-page/build", "manage_trust_page", BuiltOut, "Build the page", on=trust_page_one, content="")
def build_trust_page(request: HttpRequest) -> BuiltOut:
    """Build the page and return its files; what it says is captured."""
    files, evidence = built(request)
    return BuiltOut(files={name: content.decode() for name, content in files.items()}, evidence=evidence)


@acts(
    router,
    "/trust-page/claims",
    "manage_trust_page",
    CapturedAsOut,
    "Make a claim",
    on=trust_page_one,
    form=ClaimForm,
    lists=SOURCES,
)
def make_trust_claim(request: HttpRequest, said: Said) -> CapturedAsOut:
    """Make a claim, in place of the one with its id; one that its sources do not bear today is refused."""
    actor, at = acting_name(request), timezone.now()
    _, evidence = jobs.make_claim(current().workspace, claim_of(said, said["source"]), actor=actor, at=at)
    return CapturedAsOut(evidence=[evidence])


@acts(
    router,
    "/trust-page/documents",
    "manage_trust_page",
    DocumentOut,
    "Keep a document",
    on=trust_page_one,
    form=DocumentForm,
    with_file=True,
)
def offer_document(request: HttpRequest, said: Said) -> DocumentOut:
    """Keep a document that is given out under an agreement, in place of the one with its id."""
    made = offer(request, said, current().workspace, acting_name(request), timezone.now())
    return DocumentOut.from_orm(made)


@acts(
    router,
    "/trust-page/grants",
    "manage_trust_page",
    GrantOut,
    "Grant a document to a person",
    on=trust_page_one,
    form=GrantForm,
    with_file=False,
)
def grant_document(request: HttpRequest, said: Said) -> GrantOut:
    """Let a person have a document up to a day; the signed agreement is the file, or evidence that holds it."""
    made = give(request, said, current().workspace, acting_name(request), timezone.now())
    return GrantOut.from_orm(made)


@acts(router, "/trust-page/grants/{grant_id}/copy", "manage_trust_page", FileOut, "Hand out a copy", content="")
def hand_out_copy(request: HttpRequest, grant_id: GrantId) -> FileOut:
    """Return a zip that is made for the person of the grant; the log then has it."""
    return FileOut(name=f"{grant_id}.zip", content=b64encode(handed_out(request, grant_id)).decode())


@acts(router, "/trust-page/grants/{grant_id}/revoke", "manage_trust_page", GrantOut, "End a grant", on=trust_page_one)
def revoke_grant(request: HttpRequest, grant_id: GrantId, given: RevokeIn) -> GrantOut:
    """End a grant before its day; copies that were handed out stay in the log."""
    actor, at = acting_name(request), timezone.now()
    return GrantOut.from_orm(jobs.revoke_grant(current().workspace, grant_id, reason=given.reason, actor=actor, at=at))


def _grant(one: Grant, document: SharedDocument | None, today: date) -> GrantOut:
    told: dict[str, Any] = GrantOut.from_orm(one).model_dump()
    return GrantOut(**{**told, "fault": grant_fault(one, document, today) if document else ""})
