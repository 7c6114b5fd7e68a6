"""The history of each pair of a review that is held here, read from the evidence of every act, overtaken or not."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from twofold.engagement.access_review import Decision, Pair, Review, ReviewAct
from twofold.engagement.access_review_history import PairAct
from twofold.jobs.access_review.capturing import REASON, captured_acts
from twofold.jobs.normalise import read_evidence
from twofold.model.evidence import EvidenceRef
from twofold.records.workspace import Workspace
from twofold.vault.retention.deletions import deletions

History = Mapping[Pair, Sequence[PairAct]]
_ACTS = {"revoke": ReviewAct.REVOKED, "impact_review": ReviewAct.LOOK}


def history_of(workspace: Workspace, review: Review) -> History:
    """Return the acts on each pair in order of capture; {} for a review of another tool, and without deleted ones."""
    found: dict[Pair, list[PairAct]] = {}
    if not review.held_here:
        return found
    applied, gone = workspace.applied_scope(), deletions(workspace.vault.log)
    for evidence in captured_acts(workspace, review.review_id):
        if evidence.evidence_id in gone:
            continue
        for table, lines in read_evidence(workspace, evidence, applied).staged():
            if table == "campaign":
                continue
            for line in lines.splitlines():
                row = orjson.loads(line)
                found.setdefault((row["account"], row["right_id"]), []).append(_act(table, row, evidence))
    return found


def _act(table: str, row: Mapping[str, Any], evidence: EvidenceRef) -> PairAct:
    decision = row.get("decision")
    executed = row.get("executed_at")
    return PairAct(
        act=_ACTS.get(table) or (ReviewAct.DECIDE if decision else ReviewAct.ROUTE),
        at=evidence.captured_at,
        by=evidence.captured_by,
        evidence=evidence.evidence_id,
        reviewer=row.get("reviewer") or "",
        decision=Decision(decision) if decision else None,
        reason=row.get("reason") or row.get("result") or evidence.provenance.parameters.get(REASON, ""),
        ticket=row.get("ticket") or "",
        executed_at=datetime.fromisoformat(executed).replace(tzinfo=UTC) if executed else None,
    )
