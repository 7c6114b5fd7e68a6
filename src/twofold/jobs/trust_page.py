"""The trust page and what is given out behind it: claims, documents, grants, copies and the log of who got which."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from twofold.engagement.questionnaire.facts import is_ref
from twofold.engagement.trust_page.claims import Claim, ClaimToday, claim_problems, claim_today
from twofold.engagement.trust_page.grants import Access, Grant, SharedDocument, grant_fault, one_off_copy
from twofold.jobs.questionnaire.capturing import capture_lines
from twofold.jobs.questionnaire.facts import facts_for, local_day
from twofold.jobs.questionnaire.tables import as_json
from twofold.jobs.trust_page_tables import TrustTables, trust_tables
from twofold.model.ids import EvidenceId
from twofold.model.problem import Problem, UserError
from twofold.records.acts.people import need_reason
from twofold.records.workspace import Workspace
from twofold.reports.trust_page import CLAIMS_FILE, PAGE_FILE, TrustPage, claims_json, trust_page
from twofold.vault.blobs.written_file import replace_file, write_new_file
from twofold.vault.entry import instant_text

MOST_BYTES = 200 * 1024**2
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_EVIDENCE = re.compile(r"ev-[0-9]+")


@dataclass(frozen=True, slots=True)
class BuiltPage:
    """The page that was written, what stands on it and what does not, and the evidence of what it said."""

    folder: Path
    claims: Sequence[ClaimToday]
    evidence: EvidenceId


@dataclass(frozen=True, slots=True)
class HandedCopy:
    """A copy that was written to a file, as the log has it."""

    file: Path
    access: Access
    evidence: tuple[EvidenceId, ...]


def claims_today(workspace: Workspace, *, at: datetime) -> list[ClaimToday]:
    """Return every claim as it stands today."""
    claims = trust_tables(workspace).claims
    facts = facts_for(workspace, [ref for each in claims for ref in each.sources if is_ref(ref)], at=at)
    return [claim_today(each, facts, local_day(workspace, at)) for each in claims]


def make_claim(workspace: Workspace, claim: Claim, *, actor: str, at: datetime) -> tuple[ClaimToday, EvidenceId]:
    """Make a claim, in place of the one with this id; raises UserError where it may not be made."""
    facts = facts_for(workspace, filter(is_ref, claim.sources), at=at)
    today = local_day(workspace, at)
    problems = claim_problems(claim, facts, today)
    if not _ID.fullmatch(claim.claim_id):
        problems.append(_no_id("CLAIM", claim.claim_id))
    if problems:
        raise UserError(problems)
    made = replace(claim, basis={ref: facts[ref].value for ref in claim.sources}, written_by=actor)
    line = {
        "id": made.claim_id,
        "heading": made.heading,
        "text": made.text,
        "level": str(made.level),
        "sources": list(made.sources),
        "basis": as_json(made.basis),
        "holds_to": made.ends_before.isoformat() if made.ends_before else "",
        "written_by": actor,
        "written_at": instant_text(at),
    }
    said = f"Claim {made.claim_id} of the trust page"
    evidence = capture_lines(workspace, {"trust_claim": [line]}, name=made.claim_id, said=said, actor=actor, at=at)
    return claim_today(made, facts, today), evidence[0]


def page_today(workspace: Workspace, *, at: datetime) -> TrustPage:
    """Return the page as it would be built now; nothing is captured."""
    today = local_day(workspace, at)
    documents = trust_tables(workspace).documents.values()
    offered = [each.title for each in documents if each.ends_before is None or today < each.ends_before]
    return TrustPage(workspace.settings.company, today, claims_today(workspace, at=at), offered)


def build_page(workspace: Workspace, *, into: Path, replacing: bool, actor: str, at: datetime) -> BuiltPage:
    """Write the page into a folder. Raises UserError where one lies there, unless it is to be replaced."""
    _check_folder(into, replacing=replacing)
    page = page_today(workspace, at=at)
    content = trust_page(page).encode()
    said = f"Trust page as built on {page.built_on}"
    evidence = capture_lines(
        workspace, {}, name="trust-page", said=said, actor=actor, at=at, documents={"trust_page": (PAGE_FILE, content)}
    )
    into.mkdir(parents=True, exist_ok=True)
    replace_file(into / CLAIMS_FILE, claims_json(page))
    replace_file(into / PAGE_FILE, content)
    return BuiltPage(into, page.claims, evidence[0])


def offer_document(
    workspace: Workspace,
    document_id: str,
    path: Path,
    *,
    title: str,
    ends_before: date | None,
    actor: str,
    at: datetime,
) -> SharedDocument:
    """Keep a document that is given out under an agreement, in place of the one with this id."""
    content = _content(path)
    if not _ID.fullmatch(document_id):
        raise UserError(_no_id("DOCUMENT", document_id))
    said = f"Document {document_id}: {title}"
    kept = capture_lines(
        workspace,
        {},
        name=document_id,
        said=said,
        actor=actor,
        at=at,
        documents={"shared_document": (path.name, content)},
    )
    document = SharedDocument(document_id, title, kept[0], sha256(content).hexdigest(), ends_before)
    line = {
        "id": document_id,
        "title": title,
        "kept_as": document.evidence,
        "file_hash": document.sha256,
        "holds_to": ends_before.isoformat() if ends_before else "",
        "written_by": actor,
        "written_at": instant_text(at),
    }
    capture_lines(workspace, {"trust_document": [line]}, name=document_id, said=said, actor=actor, at=at)
    return document


def grant_document(  # noqa: PLR0913  who may have what, under which agreement, until when
    workspace: Workspace,
    document_id: str,
    *,
    person: str,
    company: str,
    agreement: str,
    last_day: date,
    actor: str,
    at: datetime,
) -> Grant:
    """Let a person have a document up to a day. `agreement`: the signed file, or the id of evidence that holds it.

    Raises UserError for an unknown document or evidence, a day that is over, and without a person or a company.
    """
    tables = trust_tables(workspace)
    document = tables.document(document_id)
    today = local_day(workspace, at)
    ends_before = last_day + timedelta(days=1)
    problems = [
        Problem(option, "nothing is given", "a name")
        for option, name in (("--person", person), ("--company", company))
        if not name.strip()
    ]
    if ends_before <= today:
        problems.append(Problem("--until", f"{last_day} is over", "a day to come"))
    if document.ends_before is not None and ends_before > document.ends_before:
        found = f"the document is given out only before {document.ends_before}"
        problems.append(Problem("--until", found, "an earlier day"))
    if problems:
        raise UserError(problems)
    said = f"{person} of {company} may have {document_id} until {last_day}"
    signed = _agreement(workspace, agreement, said, actor=actor, at=at)
    grant = Grant(_fresh_id(tables, document_id), document_id, person, company, signed, ends_before, actor, at)
    _capture_grant(workspace, grant, said, actor=actor, at=at)
    return grant


def revoke_grant(workspace: Workspace, grant_id: str, *, reason: str, actor: str, at: datetime) -> Grant:
    """Revoke a grant; raises UserError for an unknown one, one that is revoked already, or without a reason."""
    why = need_reason(reason, why="why the document is not to be had any longer")
    held = trust_tables(workspace).grant(grant_id)
    if held.revoked_at is not None:
        raise UserError(Problem("GRANT", f"{grant_id} was revoked already", "a grant that stands"))
    revoked = replace(held, revoked_at=at, reason=why)
    _capture_grant(workspace, revoked, f"Grant {grant_id} revoked: {why}", actor=actor, at=at)
    return revoked


def hand_out(workspace: Workspace, grant_id: str, *, into: Path, actor: str, at: datetime) -> HandedCopy:
    """Write a copy for the person of a grant, and log it. Raises UserError where the grant or the document ended."""
    tables = trust_tables(workspace)
    grant = tables.grant(grant_id)
    document = tables.document(grant.document)
    if fault := grant_fault(grant, document, local_day(workspace, at)):
        raise UserError(
            Problem("GRANT", fault, "a grant that stands", "give a new one with 'twofold trust-page grant'")
        )
    content = workspace.read_evidence(document.evidence)
    name = workspace.vault.evidence(document.evidence).name
    copy = one_off_copy(grant, document, content, name=name, company=workspace.settings.company, by=actor, at=at)
    access = Access(
        access_id=f"ta-{copy.manifest_hash[:12]}",
        grant=grant_id,
        document=document.document_id,
        person=grant.person,
        company=grant.company,
        handed_at=at,
        handed_by=actor,
        document_hash=document.sha256,
        manifest_hash=copy.manifest_hash,
    )
    line = {
        "id": access.access_id,
        "access_grant": grant_id,
        "document": access.document,
        "person": access.person,
        "company": access.company,
        "handed_at": instant_text(at),
        "handed_by": actor,
        "document_hash": access.document_hash,
        "manifest_hash": access.manifest_hash,
    }
    write_new_file(into, copy.content)
    try:
        said = f"Copy of {access.document} handed to {access.person} of {access.company}"
        evidence = capture_lines(workspace, {"trust_access": [line]}, name=grant_id, said=said, actor=actor, at=at)
    except BaseException:
        into.unlink(missing_ok=True)
        raise
    return HandedCopy(into, access, evidence)


def _capture_grant(workspace: Workspace, grant: Grant, said: str, *, actor: str, at: datetime) -> None:
    line = {
        "id": grant.grant_id,
        "document": grant.document,
        "person": grant.person,
        "company": grant.company,
        "agreement": grant.agreement,
        "until": grant.ends_before.isoformat(),
        "granted_by": grant.granted_by,
        "granted_at": instant_text(grant.granted_at),
        "revoked_at": instant_text(grant.revoked_at) if grant.revoked_at else "",
        "reason": grant.reason,
    }
    capture_lines(workspace, {"trust_grant": [line]}, name=grant.grant_id, said=said, actor=actor, at=at)


def _agreement(workspace: Workspace, given: str, said: str, *, actor: str, at: datetime) -> str:
    """Return the evidence that holds a signed agreement, captured now where a file was given."""
    if _EVIDENCE.fullmatch(given):
        return str(workspace.vault.evidence(given).evidence_id)
    content = _content(Path(given))
    captured = capture_lines(
        workspace, {}, name="agreement", said=said, actor=actor, at=at,
        documents={"agreement": (Path(given).name, content)},
    )  # fmt: skip
    return captured[0]


def _fresh_id(tables: TrustTables, document_id: str) -> str:
    taken = set(tables.grants)
    return next(name for number in range(1, len(taken) + 2) if (name := f"{document_id}-{number}") not in taken)


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise UserError(Problem(str(path), "there is no such file", "a file"))
    if path.stat().st_size > MOST_BYTES:
        raise UserError(Problem(str(path), f"it has {path.stat().st_size:,} bytes", f"at most {MOST_BYTES:,}"))
    return path.read_bytes()


def _check_folder(into: Path, *, replacing: bool) -> None:
    if into.exists() and not into.is_dir():
        raise UserError(Problem(str(into), "a file lies there", "a folder"))
    held = {each.name for each in into.iterdir()} if into.exists() else set()
    if foreign := sorted(held - {PAGE_FILE, CLAIMS_FILE}):
        found = f"the folder holds other files: {', '.join(foreign[:5])}"
        raise UserError(Problem(str(into), found, "an empty folder, or one with an earlier page"))
    if held and not replacing:
        raise UserError(Problem(str(into), "an earlier page lies there", "a new folder", "use --replace"))


def _no_id(where: str, name: str) -> Problem:
    return Problem(where, f"{name!r} is no id", "small letters, digits, dots and dashes")
