"""Claims, documents, grants and copies of the trust page, as the evidence gives them this moment."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import duckdb
import orjson

from twofold.engagement.questionnaire.library import level_of
from twofold.engagement.trust_page.claims import Claim
from twofold.engagement.trust_page.grants import Access, Grant, SharedDocument
from twofold.jobs.questionnaire.tables import local_day_of
from twofold.jobs.tables_read import tables_read
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.scope.nearest import nearest

_TABLES = frozenset({"trust_claim", "trust_document", "trust_grant", "trust_access"})


@dataclass(frozen=True, slots=True)
class TrustTables:
    """What there is, by id; copies in order of time."""

    claims: tuple[Claim, ...]
    documents: dict[str, SharedDocument]
    grants: dict[str, Grant]
    accesses: tuple[Access, ...]

    def document(self, name: str) -> SharedDocument:
        """Return a document; raises UserError for an id that there is none of."""
        if name not in self.documents:
            raise UserError(_unknown("DOCUMENT", "document", name, list(self.documents)))
        return self.documents[name]

    def grant(self, name: str) -> Grant:
        """Return a grant; raises UserError for an id that there is none of."""
        if name not in self.grants:
            raise UserError(_unknown("GRANT", "grant", name, list(self.grants)))
        return self.grants[name]


def trust_tables(workspace: Workspace) -> TrustTables:
    """Read everything about the trust page."""
    zone = workspace.settings.reporting_zone
    with tables_read(workspace, _TABLES) as session:
        return TrustTables(
            claims=tuple(_claims(session, zone)),
            documents={each.document_id: each for each in _documents(session, zone)},
            grants={each.grant_id: each for each in _grants(session, zone)},
            accesses=tuple(_accesses(session)),
        )


def _claims(session: duckdb.DuckDBPyConnection, zone: str) -> Iterator[Claim]:
    sources: dict[str, list[str]] = {}
    for name, value in session.execute("SELECT id, value FROM trust_claim__sources ORDER BY ALL").fetchall():
        sources.setdefault(name, []).append(value)
    query = "SELECT id, heading, text, level, basis, holds_to, written_by FROM trust_claim ORDER BY id"
    for name, heading, text, level, basis, ends, by in session.execute(query).fetchall():
        yield Claim(
            claim_id=name,
            heading=heading or "",
            text=text,
            level=level_of(level),
            sources=tuple(sources.get(name, ())),
            # A claim that was captured from a file has no basis yet, so nothing can have changed since.
            basis=orjson.loads(basis or "{}"),
            ends_before=local_day_of(ends, zone),
            written_by=by or "",
        )


def _documents(session: duckdb.DuckDBPyConnection, zone: str) -> Iterator[SharedDocument]:
    query = "SELECT id, title, kept_as, file_hash, holds_to FROM trust_document ORDER BY id"
    for name, title, evidence, sha256, ends in session.execute(query).fetchall():
        yield SharedDocument(name, title, evidence, sha256, local_day_of(ends, zone))


def _grants(session: duckdb.DuckDBPyConnection, zone: str) -> Iterator[Grant]:
    query = """
        SELECT id, document, person, company, agreement, until, granted_by, granted_at, revoked_at, reason
        FROM trust_grant ORDER BY granted_at, id
    """
    for row in session.execute(query).fetchall():
        name, document, person, company, agreement, until, by, granted, revoked, reason = row
        yield Grant(
            grant_id=name,
            document=document,
            person=person,
            company=company,
            agreement=agreement,
            ends_before=local_day_of(until, zone) or date.min,
            granted_by=by,
            granted_at=_aware(granted),
            revoked_at=_aware(revoked) if revoked else None,
            reason=reason or "",
        )


def _accesses(session: duckdb.DuckDBPyConnection) -> Iterator[Access]:
    query = """
        SELECT id, access_grant, document, person, company, handed_at, handed_by, document_hash, manifest_hash
        FROM trust_access ORDER BY handed_at, id
    """
    for name, grant, document, person, company, handed, by, sha256, manifest in session.execute(query).fetchall():
        yield Access(name, grant, document, person, company, _aware(handed), by, sha256, manifest)


def _unknown(where: str, what: str, name: str, known: list[str]) -> Problem:
    expected = "one of " + ", ".join(known) if known else f"a {what} that was made"
    return Problem(where, f"there is no {what} {name!r}", expected, nearest(name, known) or "twofold trust-page list")


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
