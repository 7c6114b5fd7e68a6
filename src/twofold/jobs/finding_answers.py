"""Answer a finding for a person: one row of `finding_response`, captured as evidence like a file with the same row."""

import csv
import io
import tempfile
from datetime import date, datetime
from pathlib import Path

from twofold.jobs.capture import capture
from twofold.jobs.judge import judged_engagements
from twofold.model.evidence import ACT_CONNECTOR, EvidenceRef, Provenance
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.scope.nearest import nearest
from twofold.vault.entry import instant_text
from twofold.vault.evidence import CaptureItem

_KIND = "finding_response"
_COLUMNS = ("finding", "cause", "response", "owner", "due_on", "given_by", "given_at")


def answer_finding(  # noqa: PLR0913  the fields of an answer, and who gives it
    workspace: Workspace,
    finding_id: str,
    *,
    cause: str,
    response: str,
    owner: str,
    due_on: date,
    actor: str,
    at: datetime,
) -> EvidenceRef:
    """Capture the answer and return its evidence; raises UserError for an unknown finding or an empty field."""
    known = {finding.finding_id for each in judged_engagements(workspace) for finding in each.findings}
    if finding_id not in known:
        remedy = nearest(finding_id, sorted(known)) or "run 'twofold judge' to see them"
        raise UserError(Problem("FINDING", f"there is no finding {finding_id!r}", "a finding of a judgement", remedy))
    given = {"cause": cause.strip(), "response": response.strip(), "owner": owner.strip()}
    empty = [name for name, text in given.items() if not text]
    if empty:
        raise UserError([Problem(name, "it is empty", "a sentence", "a named person states it") for name in empty])
    row = {
        **given,
        "finding": finding_id,
        "due_on": due_on.isoformat(),
        "given_by": actor,
        "given_at": instant_text(at),
    }
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerow(row)
    provenance = Provenance(
        source="csvtable",
        kind=_KIND,
        run_by=actor,
        run_at=at,
        query=f"answer to {finding_id}",
        connector=ACT_CONNECTOR,
        claimed_count=1,
        owner=given["owner"],
        classification="internal",
    )
    with tempfile.TemporaryDirectory(prefix="twofold-answer-") as scratch:
        path = Path(scratch) / "answer.csv"
        path.write_text(text.getvalue(), encoding="utf-8")
        name = f"{_KIND}/{finding_id.replace('/', '-')}-{at:%Y%m%dT%H%M%S%f}.csv"
        captured = capture(workspace, [CaptureItem(path, name, provenance)], actor=actor, at=at)
    return captured[0].evidence
