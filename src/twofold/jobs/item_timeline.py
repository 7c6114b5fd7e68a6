"""What happened to one item, in order of time: for a change from its ticket to what followed its deployment.

It reads the canonical tables of the run and judges nothing. For a change: ticket, pull request, review, checks,
deployment, follow-up; for an incident its own steps; for any other item the times that its population gives it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from twofold.controltests.run_record import POPULATION_FILE, ControlTestRun
from twofold.jobs.normalise import tables_are
from twofold.records.workspace import Workspace
from twofold.tables.store import table_texts

CHANGE_STAGES = ("ticket", "pull request", "review", "checks", "deployment", "follow-up")
_MOST = 60
"""Events of an item that are given at most, the first ones; a ticket may have a very long history."""
_CHANGE_TABLES = frozenset(
    {"approval", "check_run", "code_commit", "deployment", "pull_request", "review", "ticket", "ticket_event"}
)
_INCIDENT_TABLES = frozenset({"incident", "incident_action", "incident_event"})
_CHANGE = """
WITH named AS (
    SELECT value AS ticket FROM pull_request__tickets WHERE id = $pull_request
    UNION
    SELECT value AS ticket FROM code_commit__tickets
    WHERE repository = $repository AND list_contains($commits, sha)
)
SELECT 'ticket', created_at, 'Ticket ' || key || ' opened', reporter, evidence, record
FROM ticket WHERE key IN (SELECT ticket FROM named)
UNION ALL
SELECT
    'ticket', occurred_at, ticket || ': ' || field || ' became ' || COALESCE(new_value, 'empty'),
    actor, evidence, record
FROM ticket_event WHERE ticket IN (SELECT ticket FROM named)
UNION ALL
SELECT 'ticket', decided_at, subject || ': ' || decision || ' (' || duty || ')', approver, evidence, record
FROM approval WHERE subject IN (SELECT ticket FROM named)
UNION ALL
SELECT 'pull request', created_at, 'Opened ' || id, author, evidence, record FROM pull_request WHERE id = $pull_request
UNION ALL
SELECT 'pull request', merged_at, 'Merged', merged_by, evidence, record FROM pull_request WHERE id = $pull_request
UNION ALL
SELECT 'pull request', committed_at, 'Commit ' || left(sha, 10), author, evidence, record FROM code_commit
WHERE repository = $repository AND list_contains($commits, sha)
UNION ALL
SELECT 'review', submitted_at, replace(state, '_', ' '), reviewer, evidence, record
FROM review WHERE pull_request = $pull_request
UNION ALL
SELECT 'review', dismissed_at, 'dismissed', reviewer, evidence, record FROM review WHERE pull_request = $pull_request
UNION ALL
SELECT 'checks', completed_at, name || ': ' || COALESCE(conclusion, 'not finished'), NULL, evidence, record
FROM check_run WHERE list_contains($commits, sha) AND COALESCE(repository, $repository) = $repository
UNION ALL
SELECT 'deployment', started_at, 'Release started', actor, evidence, record FROM deployment WHERE id = $deployment
UNION ALL
SELECT 'deployment', completed_at, 'Release ' || COALESCE(status, 'ended'), actor, evidence, record
FROM deployment WHERE id = $deployment
"""
_INCIDENT = """
SELECT 'incident', u.moment, replace(replace(u.name, '_at', ''), '_', ' '), NULL, i.evidence, i.record
FROM incident AS i, LATERAL (
    SELECT unnest([i.detected_at, i.reported_at, i.opened_at, i.responded_at, i.contained_at, i.recovered_at,
        i.closed_at, i.reopened_at, i.cause_at, i.notice_decided_at, i.finance_at]) AS moment,
        unnest(['detected_at', 'reported_at', 'opened_at', 'responded_at', 'contained_at', 'recovered_at', 'closed_at',
        'reopened_at', 'cause_found_at', 'notice_decided_at', 'finance_decided_at']) AS name
) AS u WHERE i.id = $incident
UNION ALL
SELECT 'changes', occurred_at, field || ' became ' || COALESCE(new_value, 'empty'), actor, evidence, record
FROM incident_event WHERE incident = $incident
UNION ALL
SELECT 'actions', due_at, 'Action ' || id || ' due', owner, evidence, record
FROM incident_action WHERE incident = $incident
UNION ALL
SELECT 'actions', closed_at, 'Action ' || id || ' closed', owner, evidence, record
FROM incident_action WHERE incident = $incident
"""


@dataclass(frozen=True, slots=True)
class ItemEvent:
    """One thing that happened: the stage it belongs to, when (aware UTC), who, and the evidence and record that say so.

    who: an account or an HR id as the source has it, "" where it names nobody.
    """

    stage: str
    at: datetime
    words: str
    who: str
    evidence: str
    record: str


def item_timeline(
    session: duckdb.DuckDBPyConnection, workspace: Workspace, run: ControlTestRun, folder: Path, item: str
) -> list[ItemEvent]:
    """Return what happened to an item of a run, in order of time; [] where the population does not hold it.

    session: any one whose time zone is UTC; files are read, and nothing is left in it.

    Where the tables were made anew since the run, only the times that the population kept are given.
    """
    row = _population_row(session, folder / POPULATION_FILE, item)
    if row is None:
        return []
    current = tables_are(workspace.tables_folder, run.tables)
    if current and row.get("deployment"):
        found = _change(session, workspace, row)
    elif current and row.get("incident"):
        found = _asked(session, workspace, _INCIDENT_TABLES, _INCIDENT, {"incident": row["incident"]})
    else:
        found = []
    return sorted(found or _own_times(row), key=lambda each: (each.at, each.stage, each.words))[:_MOST]


def _change(session: duckdb.DuckDBPyConnection, workspace: Workspace, row: Mapping[str, Any]) -> list[ItemEvent]:
    commits = {row[name] for name in ("sha", "deployed_sha", "final_sha", "merge_sha") if row[name]}
    given = {name: row[name] for name in ("deployment", "pull_request", "repository")}
    found = _asked(session, workspace, _CHANGE_TABLES, _CHANGE, {**given, "commits": sorted(commits)})
    released = max((each.at for each in found if each.stage == "deployment"), default=None)
    if released is None:
        return found
    return [_followed(each) if each.at > released else each for each in found]


def _followed(event: ItemEvent) -> ItemEvent:
    return ItemEvent("follow-up", event.at, event.words, event.who, event.evidence, event.record)


def _asked(
    session: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    tables: frozenset[str],
    query: str,
    given: Mapping[str, Any],
) -> list[ItemEvent]:
    texts = table_texts(sorted(tables), workspace.tables_folder)
    read = ", ".join(f"{name} AS ({text})" for name, text in texts.items())
    events = f"({query}) AS e(stage, happened_at, words, who, evidence, record)"
    rows = session.execute(f"WITH {read} SELECT DISTINCT * FROM {events}", given).fetchall()  # noqa: S608  our own text
    return [
        ItemEvent(stage, _aware(at), words, who or "", evidence or "", record or "")
        for stage, at, words, who, evidence, record in rows
        if at is not None
    ]


def _population_row(session: duckdb.DuckDBPyConnection, file: Path, item: str) -> dict[str, Any] | None:
    if not file.exists():
        return None
    answer = session.execute("SELECT * FROM read_parquet(?) WHERE item = ?", [str(file), item])
    names = [each[0] for each in answer.description or ()]
    rows = answer.fetchall()
    return dict(zip(names, rows[0], strict=True)) if rows else None


def _own_times(row: Mapping[str, Any]) -> list[ItemEvent]:
    """Return the times of the population's own columns; a far year that stands for "open" is none."""
    who = next((str(row[name]) for name in ("actor", "person", "account", "human", "holder") if row.get(name)), "")
    return [
        ItemEvent("item", _aware(value), _named(name), who, str(row["evidence"] or ""), str(row["record"] or ""))
        for name, value in row.items()
        if isinstance(value, datetime) and not name.endswith("_latest") and 1900 < value.year < 9000  # noqa: PLR2004  real years
    ]


def _named(column: str) -> str:
    return "counts at this moment" if column == "operating_at" else column.removesuffix("_at").replace("_", " ")


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
