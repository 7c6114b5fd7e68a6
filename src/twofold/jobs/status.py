"""Where the workspace stands: the result in ten seconds, and what to do next."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from twofold.engagement.request import Request, allowed_acts
from twofold.jobs.acts import requests
from twofold.jobs.judge import JudgedEngagement, judged_engagements, review_days
from twofold.jobs.normalise import read_set_aside
from twofold.jobs.order import order
from twofold.jobs.reading_cache import SetAsideRecord
from twofold.jobs.source_registry import feeds
from twofold.model.evidence import EvidenceRef
from twofold.records.acts.disposition import Disposition, dispositions
from twofold.records.acts.sign_off import SignOff, sign_offs
from twofold.records.workspace import SCOPE_SOURCE, Workspace
from twofold.reports.summary import NextStep, StatusRow, next_steps, status_rows
from twofold.tables.schema import PREPARATION, canonical_tables
from twofold.vault.entry import EntryKind
from twofold.vault.evidence import evidence_id_of
from twofold.vault.order import OrderFlag

_ONLY_SAID = frozenset({"finding_response"}) | {
    table.name for table in canonical_tables().values() if table.subject in PREPARATION
}
"""Tables that no control test reads: answers to findings, which a judgement takes up, and what prepares an audit."""


class Old(StrEnum):
    """What has to be done again, so that the result is of the newest evidence, scope and answers."""

    NOTHING = ""
    TEST = "test"
    JUDGE = "judge"
    ANSWERS = "answers"


@dataclass(frozen=True, slots=True)
class Status:
    """The workspace at a glance. `steps` are ordered by effect, the gravest first; `first` comes before them.

    `days`: engagement id -> first and last day of its period, in the reporting zone. `first` is "" when the result is
    of the newest evidence and scope; `old` says what an older result waits for. `order`: conclusions in force that are
    older than what they rest on. `disposed`, `signed`: what people said that still counts. `requests`: those that are
    neither accepted nor withdrawn.
    """

    company: str
    evidence: int
    entries: int
    root: str
    judged: Sequence[JudgedEngagement]
    days: Mapping[str, tuple[str, str]]
    rows: Sequence[StatusRow]
    first: str
    old: Old
    steps: Sequence[NextStep]
    set_aside: Sequence[SetAsideRecord]
    order: Sequence[OrderFlag]
    disposed: Sequence[Disposition]
    signed: Sequence[SignOff]
    requests: Sequence[Request]


def workspace_status(workspace: Workspace) -> Status:
    """Gather the status; a new workspace has no rows, and `first` says how to begin."""
    judged = judged_engagements(workspace)
    judgements = [each.judgement for each in judged]
    findings = [finding for each in judged for finding in each.findings]
    zone = workspace.settings.reporting_zone
    first, old = _first_step(workspace)
    return Status(
        company=workspace.settings.company,
        evidence=workspace.vault.log.count(EntryKind.CAPTURE),
        entries=workspace.vault.size,
        root=workspace.vault.root().hex(),
        judged=judged,
        days={each.engagement_id: review_days(each, zone) for each in judgements},
        rows=status_rows(judgements, findings),
        first=first,
        old=old,
        steps=next_steps(judgements, findings),
        set_aside=list(read_set_aside(workspace.tables_folder)),
        order=[flag for flag in order(workspace) if flag.current],
        disposed=[each for each in dispositions(workspace.vault) if each.current],
        signed=[each for each in sign_offs(workspace.vault) if each.current],
        requests=[each for each in requests(workspace) if allowed_acts(each.state)],
    )


def _first_step(workspace: Workspace) -> tuple[str, Old]:
    """Say which command the line waits for, read from the order of the log; "" when it waits for none."""
    newest = {
        kind: -1 if (latest := workspace.vault.log.latest(kind)) is None else latest.index
        for kind in (EntryKind.SCOPE_APPLY, EntryKind.RUN, EntryKind.JUDGEMENT)
    }
    applied, tested, judged = (newest[each] for each in (EntryKind.SCOPE_APPLY, EntryKind.RUN, EntryKind.JUDGEMENT))
    if applied < 0:
        return "Edit the files in scope/, then run: twofold scope plan, and: twofold scope apply", Old.NOTHING
    if all(each.provenance.source == SCOPE_SOURCE for each in workspace.vault.each_evidence()):
        return "Capture the first exports: twofold capture FOLDER", Old.NOTHING
    if tested < 0:
        return "Test what was captured: twofold test", Old.TEST
    return _again(workspace, applied=applied, tested=tested, judged=judged)


def _again(workspace: Workspace, *, applied: int, tested: int, judged: int) -> tuple[str, Old]:
    """Say what has to be done again. The numbers are those of the newest entries of the log, -1 where there is none."""
    if tested < applied or any(not _only_said(each) for each in _captured_after(workspace, tested)):
        said = "Evidence or scope came after the last test, so this result is old: twofold test, then twofold judge"
        return said, Old.TEST
    if judged < tested:
        return "The control tests ran after the last judgement: twofold judge", Old.JUDGE
    if any("finding_response" in feeds(each.provenance) for each in _captured_after(workspace, tested)):
        return "Findings were answered since: twofold test, then twofold judge, take the answers up", Old.ANSWERS
    return "", Old.NOTHING


def _captured_after(workspace: Workspace, index: int) -> Iterator[EvidenceRef]:
    return workspace.vault.each_evidence(after=evidence_id_of(index) if index >= 0 else None)


def _only_said(evidence: EvidenceRef) -> bool:
    """Whether no control test can read it. What no table takes up may still prove completeness, so it counts."""
    fed = set(feeds(evidence.provenance))
    return bool(fed) and fed <= _ONLY_SAID
