"""What happened to one item, in order of time: for a change from its ticket to what followed its deployment.

It reads the canonical tables of the run and judges nothing. For a change: ticket, pull request, review, checks,
deployment, follow-up; for an incident its own steps; for any other item the times that its population gives it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from twofold.controltests.run_record import OUTCOMES_FILE, POPULATION_FILE, ControlTestRun
from twofold.jobs.normalise import tables_are
from twofold.jobs.run_rows import ItemPlace, columns_of, rows_beside
from twofold.records.workspace import Workspace
from twofold.tables.store import table_texts

CHANGE_STAGES = ("ticket", "pull request", "review", "checks", "deployment", "follow-up")
_MOST = 60
"""Events of an item that are given at most, the first ones; a ticket may have a very long history."""
_TABLE = re.compile(r"FROM ([a-z_]+)")
_CHANGE_COLUMNS = ("deployment", "pull_request", "repository", "sha", "deployed_sha", "final_sha", "merge_sha")
"""Columns of a population of changes."""
_COMMITS = "($sha, $deployed_sha, $final_sha, $merge_sha)"
_TICKETS_NAMED = f"""
SELECT value FROM pull_request__tickets WHERE id = $pull_request
UNION
SELECT value FROM code_commit__tickets WHERE repository = $repository AND sha IN {_COMMITS}
"""  # noqa: S608  our own text
_TICKETS = """
SELECT 'ticket', created_at, 'Ticket ' || key || ' opened', reporter, evidence, record
FROM ticket WHERE list_contains($tickets, key)
UNION ALL
SELECT
    'ticket', occurred_at, ticket || ': ' || field || ' became ' || COALESCE(new_value, 'empty'),
    actor, evidence, record
FROM ticket_event WHERE list_contains($tickets, ticket)
UNION ALL
SELECT 'ticket', decided_at, subject || ': ' || decision || ' (' || duty || ')', approver, evidence, record
FROM approval WHERE list_contains($tickets, subject)
"""
_CHANGE = f"""
SELECT 'pull request', unnest([created_at, merged_at]), unnest(['Opened ' || id, 'Merged']),
    unnest([author, merged_by]), evidence, record
FROM pull_request WHERE id = $pull_request
UNION ALL
SELECT 'pull request', committed_at, 'Commit ' || left(sha, 10), author, evidence, record
FROM code_commit WHERE repository = $repository AND sha IN {_COMMITS}
UNION ALL
SELECT 'review', unnest([submitted_at, dismissed_at]), unnest([replace(state, '_', ' '), 'dismissed']),
    reviewer, evidence, record
FROM review WHERE pull_request = $pull_request
UNION ALL
SELECT 'checks', completed_at, name || ': ' || COALESCE(conclusion, 'not finished'), NULL, evidence, record
FROM check_run WHERE sha IN {_COMMITS} AND COALESCE(repository, $repository) = $repository
UNION ALL
SELECT 'deployment', unnest([started_at, completed_at]),
    unnest(['Release started', 'Release ' || COALESCE(status, 'ended')]), actor, evidence, record
FROM deployment WHERE id = $deployment
"""  # noqa: S608  our own text
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
    session: duckdb.DuckDBPyConnection, workspace: Workspace, run: ControlTestRun, folder: Path, place: ItemPlace
) -> list[ItemEvent]:
    """Return what happened to an item of a run, in order of time; [] where the population does not hold it.

    session: any one whose time zone is UTC; files are read, and nothing is left in it.

    Where the tables were made anew since the run, only the times that the population kept are given.
    """
    population = folder / POPULATION_FILE
    if not population.exists():
        return []
    known = columns_of(session, population)

    def row(columns: Sequence[str]) -> dict[str, Any]:
        texts = [f'"{each}"' for each in columns]
        cells = rows_beside(session, population, texts, outcomes=folder / OUTCOMES_FILE, places=[place])
        return dict(zip(columns, cells.get(place.item, ()), strict=False))

    found: list[ItemEvent] = []
    current = tables_are(workspace.tables_folder, run.tables)
    if current and set(_CHANGE_COLUMNS) <= set(known):
        change = row(_CHANGE_COLUMNS)
        found = _change(session, workspace, change) if change.get("deployment") else []
    elif current and "incident" in known:
        incident = row(["incident"])
        found = _asked(session, workspace, _INCIDENT, incident) if incident.get("incident") else []
    return sorted(found or _own_times(row(known)), key=lambda each: (each.at, each.stage, each.words))[:_MOST]


def _change(session: duckdb.DuckDBPyConnection, workspace: Workspace, row: Mapping[str, Any]) -> list[ItemEvent]:
    named = {name: value for name, value in row.items() if name != "deployment"}
    tickets = [ticket for (ticket,) in _rows(session, workspace, _TICKETS_NAMED, named)]
    found = _asked(session, workspace, _CHANGE, row)
    if tickets:
        found += _asked(session, workspace, _TICKETS, {"tickets": tickets})
    released = max((each.at for each in found if each.stage == "deployment"), default=None)
    if released is None:
        return found
    return [_followed(each) if each.at > released else each for each in found]


def _followed(event: ItemEvent) -> ItemEvent:
    return ItemEvent("follow-up", event.at, event.words, event.who, event.evidence, event.record)


def _asked(
    session: duckdb.DuckDBPyConnection, workspace: Workspace, query: str, given: Mapping[str, Any]
) -> list[ItemEvent]:
    """Return the events of a query, each once; those without a time are left out."""
    events = dict.fromkeys(_rows(session, workspace, query, given))
    return [
        ItemEvent(stage, _aware(at), words, who or "", evidence or "", record or "")
        for stage, at, words, who, evidence, record in events
        if at is not None
    ]


def _rows(
    session: duckdb.DuckDBPyConnection, workspace: Workspace, query: str, given: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """Return the rows of a query over canonical tables; those that it names are read where they lie."""
    named = {table.partition("__")[0] for table in _TABLE.findall(query)}
    texts = table_texts(named, workspace.tables_folder)
    return session.execute(_TABLE.sub(lambda found: f"FROM ({texts[found[1]]})", query), dict(given)).fetchall()


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
