"""Where the workspace stands: the result in ten seconds, and what to do next."""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.jobs.judge import JudgedEngagement, judged_engagements
from twofold.jobs.normalise import SetAsideRecord, read_set_aside
from twofold.records.workspace import Workspace
from twofold.reports.summary import NextStep, StatusRow, next_steps, status_rows


@dataclass(frozen=True, slots=True)
class Status:
    """The workspace at a glance. `steps` are ordered by effect, the gravest first."""

    company: str
    evidence: int
    entries: int
    root: str
    judged: Sequence[JudgedEngagement]
    rows: Sequence[StatusRow]
    steps: Sequence[NextStep]
    set_aside: Sequence[SetAsideRecord]


def workspace_status(workspace: Workspace) -> Status:
    """Gather the status; raises UserError when nothing was judged yet, with the next command."""
    judged = judged_engagements(workspace)
    judgements = [each.judgement for each in judged]
    findings = [finding for each in judged for finding in each.findings]
    return Status(
        company=workspace.settings.company,
        evidence=len(workspace.vault.list_evidence()),
        entries=workspace.vault.size,
        root=workspace.vault.root().hex(),
        judged=judged,
        rows=status_rows(judgements, findings),
        steps=next_steps(judgements, findings),
        set_aside=list(read_set_aside(workspace.tables_folder)),
    )
