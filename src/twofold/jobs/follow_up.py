"""Findings with all that followed: answers as they were captured, repair, and the retest that the newest run gives.

What was captured a moment ago counts at once here; the judgement takes answers up when it is made the next time.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from twofold.catalog.load import load_catalog
from twofold.controltests.run_record import OUTCOMES_FILE, RunState, read_run
from twofold.findings.follow_up import Answer, Decision, FollowUp, SeenBy, stage_of
from twofold.findings.retest import (
    Retest,
    items_per_year,
    judge_retest,
    minimum_for,
    operations_since,
    together,
)
from twofold.jobs.control_tests import latest_runs
from twofold.jobs.judge import JudgedEngagement
from twofold.model.evidence import EvidenceRef
from twofold.model.instant import parse_instant
from twofold.model.problem import UserError
from twofold.records.workspace import Workspace
from twofold.tables.rows import SetAside
from twofold.tables.schema import canonical_tables
from twofold.tables.table_files import table_rows
from twofold.vault.evidence_index import EvidenceFilter

KIND = "finding_response"
_KEPT_FILES = 20_000

Counted = Mapping[date, Mapping[str, Mapping[str, int]]]
"""Day of a repair -> system -> code -> items since."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a file of answers, as texts."""

    cells: Mapping[str, str]


def follow_ups(workspace: Workspace, judged: Sequence[JudgedEngagement]) -> list[FollowUp]:
    """Return each finding of the judgements once, in order of its id, with answers, retest and stage."""
    answers = answers_by_finding(workspace)
    seen: dict[str, list[SeenBy]] = {}
    for each in judged:
        controls = {control.control_id: control for control in each.judgement.controls}
        for finding in each.findings:
            one = SeenBy(
                each.judgement.engagement_id,
                each.judgement.lens,
                each.judgement.lens_title,
                finding,
                controls[finding.control_id],
            )
            seen.setdefault(finding.finding_id, []).append(one)
    retests = _retests(workspace, seen, answers)
    return [
        FollowUp(name, tuple(seen[name]), said, retest, stage_of(said, retest))
        for name in sorted(seen)
        for said, retest in [(tuple(answers.get(name, ())), retests.get(name))]
    ]


def answers_by_finding(workspace: Workspace) -> dict[str, list[Answer]]:
    """Return all answers that were captured, by finding id, the newest first. Lines that cannot be read are left out.

    The list of what could not be read is `twofold status`.
    """
    found: dict[str, list[Answer]] = {}
    for each in workspace.vault.each_evidence(EvidenceFilter(kind=KIND)):
        for answer in _answers(workspace, each):
            found.setdefault(answer.finding_id, []).append(answer)
    for several in found.values():
        several.sort(key=lambda one: one.given_at, reverse=True)
    return found


def _answers(workspace: Workspace, evidence: EvidenceRef) -> Iterator[Answer]:
    try:
        path = workspace.vault.blob_path(evidence.sha256)
    except UserError:  # deleted when its retention was over
        return
    for line in _lines(path):
        answer = _answer(line.cells, evidence.evidence_id)
        if answer is not None:
            yield answer


@lru_cache(maxsize=_KEPT_FILES)
def _lines(path: Path) -> tuple[_Line, ...]:
    """Read one file of answers. Its path is named by its bytes, so what was read can be kept; () for a deleted one."""
    try:
        rows = [row for row in table_rows(path, canonical_tables()[KIND]) if not isinstance(row, SetAside)]
    except (UserError, OSError):
        return ()
    return tuple(_Line({name: str(cell or "") for name, cell in row.values.items()}) for row in rows)


def _answer(cells: Mapping[str, str], captured: str) -> Answer | None:
    try:
        given_at = parse_instant(cells["given_at"]).earliest
        decision = Decision(cells.get("decision") or Decision.REPAIR)
        repaired = date.fromisoformat(cells["remediated_on"]) if cells.get("remediated_on") else None
    except ValueError:
        return None
    return Answer(
        finding_id=cells["finding"],
        cause=cells["cause"],
        response=cells["response"],
        owner=cells["owner"],
        due_on=_day(cells["due_on"]),
        given_by=cells["given_by"],
        given_at=given_at,
        captured=captured,
        decision=decision,
        remediated_on=repaired,
        remediation=cells.get("remediation", ""),
        evidence=tuple(cells.get("repair_evidence", "").split()),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _retests(
    workspace: Workspace, seen: Mapping[str, Sequence[SeenBy]], answers: Mapping[str, Sequence[Answer]]
) -> dict[str, Retest]:
    """Return the retest of each finding that was repaired and whose control test has a run over items."""
    repaired = {name: day for name in seen if answers.get(name) and (day := answers[name][0].remediated_on) is not None}
    if not repaired:
        return {}
    runs, catalog = latest_runs(workspace), load_catalog()
    zone = workspace.settings.reporting_zone
    days: dict[tuple[str, str], set[date]] = {}
    for name, day in repaired.items():
        finding = seen[name][0].finding
        days.setdefault((finding.control_test, finding.attribute), set()).add(day)
    counted = {
        key: _since(runs[key[0]], key[1], tuple(sorted(wanted)), zone) for key, wanted in days.items() if key[0] in runs
    }
    found = {}
    for name, day in repaired.items():
        finding = seen[name][0].finding
        key = finding.control_test, finding.attribute
        if counted.get(key) is None:
            continue
        systems = sorted({system for each in seen[name] for system in each.finding.systems})
        run = read_run(runs[finding.control_test])
        per_year = sum(_per_year(runs[finding.control_test]).get(system, 0) for system in systems)
        found[name] = judge_retest(
            minimum_for(catalog.control(finding.control_id).frequency, per_year=per_year),
            day,
            together(counted[key][day], systems, code=finding.code),
            run_id=run.run_id,
            clock=parse_instant(run.clock).earliest,
            zone=zone,
        )
    return found


@lru_cache(maxsize=500)
def _since(folder: Path, letter: str, days: tuple[date, ...], zone: str) -> Counted:
    """Count since each day; {} days for a run that tested nothing. A run's folder is named by its content."""
    if read_run(folder).state is not RunState.TESTED:
        return {day: {} for day in days}
    return operations_since(folder / OUTCOMES_FILE, letter, days, zone=zone)


@lru_cache(maxsize=500)
def _per_year(folder: Path) -> Mapping[str, int]:
    return items_per_year(folder / OUTCOMES_FILE) if read_run(folder).state is RunState.TESTED else {}
