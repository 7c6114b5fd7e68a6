"""Facts of the captured files: names, hashes, claimed periods, and what a text file holds."""

from twofold.jobs.source_registry import feeds
from twofold.model.evidence import EvidenceRef
from twofold.model.problem import UserError
from twofold.readiness.anti_patterns.facts import CaptureFact
from twofold.readiness.near_duplicates.contents import GREATEST_TEXT, FileText, read_text
from twofold.records.workspace import SCOPE_SOURCE, Workspace
from twofold.tables.schema import TableKind, canonical_tables

MOST_FILES = 2_000
"""Files that are read as text, the newest first; older ones are compared by name, hash and period."""


def capture_facts(workspace: Workspace) -> list[CaptureFact]:
    """Return a fact for each capture, in order of the log."""
    every = list(workspace.vault.each_evidence())
    in_force = {each.evidence_id for each in workspace.vault.each_evidence(newest_only=True)}
    texts: dict[str, FileText | None] = {}
    for evidence in reversed(every):
        wanted = evidence.size <= GREATEST_TEXT and evidence.provenance.source != SCOPE_SOURCE
        if wanted and evidence.sha256 not in texts and len(texts) < MOST_FILES:
            texts[evidence.sha256] = _text(workspace, evidence)
    return [_fact(each, in_force=each.evidence_id in in_force, text=texts.get(each.sha256)) for each in every]


def _text(workspace: Workspace, evidence: EvidenceRef) -> FileText | None:
    try:
        return read_text(workspace.read_evidence(evidence.evidence_id))
    except UserError:  # deleted under retention, or damaged: fsck tells of that
        return None


def _fact(evidence: EvidenceRef, *, in_force: bool, text: FileText | None) -> CaptureFact:
    provenance = evidence.provenance
    tables = canonical_tables()
    fed = [tables[name] for name in feeds(provenance)]
    return CaptureFact(
        evidence=evidence.evidence_id,
        name=evidence.name,
        sha256=evidence.sha256,
        source=provenance.source,
        kind=provenance.kind,
        asked_at=provenance.run_at,
        period_from=provenance.period_from,
        period_to=provenance.period_to,
        connector=provenance.connector,
        in_force=in_force,
        holds_events=bool(fed) and all(table.kind is TableKind.EVENT for table in fed),
        text=text,
    )
