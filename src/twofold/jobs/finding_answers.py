"""Answer a finding for a person: one row of `finding_response`, captured as evidence like a file with the same row.

An answer states cause and response, that the repair was done, or that the finding is accepted. The newest one counts
and says all of it; the older ones stay as captured.
"""

import csv
import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from twofold.findings.follow_up import Decision
from twofold.jobs.capture import capture
from twofold.jobs.judge import judged_engagements
from twofold.model.evidence import ACT_CONNECTOR, EvidenceRef, Provenance
from twofold.model.instant import zone_named
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.scope.nearest import nearest
from twofold.vault.entry import instant_text
from twofold.vault.evidence import CaptureItem

_KIND = "finding_response"
_COLUMNS = (
    *("finding", "cause", "response", "owner", "due_on", "given_by", "given_at"),
    *("decision", "remediated_on", "remediation", "repair_evidence"),
)


@dataclass(frozen=True, slots=True)
class Repair:
    """That a finding was repaired: on which day (reporting zone), what was done, and the ids of evidence of it."""

    on: date
    what: str
    evidence: tuple[str, ...] = ()


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
    decision: Decision = Decision.REPAIR,
    repair: Repair | None = None,
) -> EvidenceRef:
    """Capture the answer and return its evidence.

    Raises UserError for an unknown finding, an empty field, a repair that lies ahead, or evidence that is not there.
    """
    known = {finding.finding_id for each in judged_engagements(workspace) for finding in each.findings}
    if finding_id not in known:
        remedy = nearest(finding_id, sorted(known)) or "run 'twofold judge' to see them"
        raise UserError(Problem("FINDING", f"there is no finding {finding_id!r}", "a finding of a judgement", remedy))
    given = {"cause": cause.strip(), "response": response.strip(), "owner": owner.strip()}
    empty = [name for name, text in given.items() if not text]
    problems = [Problem(name, "it is empty", "a sentence", "a named person states it") for name in empty]
    problems += _wrong_repair(workspace, repair, at) if repair else ()
    if problems:
        raise UserError(problems)
    row = {
        **given,
        "finding": finding_id,
        "due_on": due_on.isoformat(),
        "given_by": actor,
        "given_at": instant_text(at),
        "decision": str(decision),
        "remediated_on": repair.on.isoformat() if repair else "",
        "remediation": repair.what.strip() if repair else "",
        "repair_evidence": " ".join(dict.fromkeys(repair.evidence)) if repair else "",
    }
    return _captured(workspace, finding_id, row, actor=actor, at=at)


def _wrong_repair(workspace: Workspace, repair: Repair, at: datetime) -> Iterator[Problem]:
    today = at.astimezone(zone_named(workspace.settings.reporting_zone)).date()
    if repair.on > today:
        found = f"the repair is said to be done on {repair.on}, which lies ahead"
        yield Problem("remediated_on", found, f"a day up to {today}", "record it once it is done")
    if not repair.what.strip():
        yield Problem("remediation", "it does not say what was done", "a sentence", "say what was changed, and where")
    for each in repair.evidence:
        try:
            workspace.vault.evidence(each)
        except UserError as error:
            yield from error.problems


def _captured(workspace: Workspace, finding_id: str, row: dict[str, str], *, actor: str, at: datetime) -> EvidenceRef:
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
        owner=row["owner"],
        classification="internal",
    )
    with tempfile.TemporaryDirectory(prefix="twofold-answer-") as scratch:
        path = Path(scratch) / "answer.csv"
        path.write_text(text.getvalue(), encoding="utf-8")
        name = f"{_KIND}/{finding_id.replace('/', '-')}-{at:%Y%m%dT%H%M%S%f}.csv"
        captured = capture(workspace, [CaptureItem(path, name, provenance)], actor=actor, at=at)
    return captured[0].evidence
