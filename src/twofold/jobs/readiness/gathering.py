"""What a review reads of the workspace: scope, log, runs, captures, and what people said, as plain rows and records."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import duckdb

from twofold.catalog.catalog import Catalog
from twofold.catalog.entries import Control
from twofold.catalog.load import load_catalog
from twofold.controltests.rule import known_rules, load_rule
from twofold.controltests.run_record import OUTCOMES_FILE, ControlTestRun, RunState, read_run
from twofold.engagement.request import Request
from twofold.findings.finding import Response
from twofold.jobs.acts import requests
from twofold.jobs.control_tests import latest_runs, parameters_in_force, require_applied_scope
from twofold.jobs.normalise import clock_of, evidence_to_read
from twofold.jobs.source_registry import feeds
from twofold.model.evidence import ACT_CONNECTOR, EvidenceRef
from twofold.model.ids import ControlTestId
from twofold.model.instant import parse_boundary, parse_instant
from twofold.populations.completeness import population_register
from twofold.populations.define import definition_text
from twofold.readiness.dated_words import word_relations
from twofold.readiness.freshness import Captured
from twofold.readiness.relations import TestedRun
from twofold.records.acts.sign_off import sign_offs
from twofold.records.workspace import SCOPE_SOURCE, AppliedScope, Workspace
from twofold.scope.register import Scope
from twofold.tables.schema import PREPARATION, TableKind, canonical_tables

_WORD = re.compile(r"[a-z_]+")
_ROLES = ("owner", "performer", "evidence_owner", "deputy")
Rows = dict[str, Sequence[Sequence[object]]]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything that the checks of one review share. Times are aware UTC.

    runs: control test -> newest run and its folder. controls: those that the company runs, by id.
    evidence: what is in force, in order of the log. data_clock: the newest run, else the newest extraction.
    """

    applied: AppliedScope
    catalog: Catalog
    controls: Mapping[str, Control]
    runs: Mapping[str, tuple[ControlTestRun, Path]]
    evidence: Sequence[EvidenceRef]
    every_capture: Sequence[EvidenceRef]
    requests: Sequence[Request]
    today: date
    now: datetime
    window_from: datetime
    window_to: datetime

    @property
    def scope(self) -> Scope:
        """The scope in force."""
        return self.applied.scope


def gather(workspace: Workspace, *, today: date, window_days: int) -> Gathered:
    """Read what a review needs; raises UserError where no scope was applied.

    The window ends with the data: at the newest extraction, and never after the end of `today`, a day of the reporting
    zone. So the same workspace and day give the same review.
    """
    applied = require_applied_scope(workspace)
    catalog = load_catalog()
    runs = {test: (read_run(folder), folder) for test, folder in latest_runs(workspace).items()}
    evidence = evidence_to_read(workspace)
    now = parse_boundary((today + timedelta(days=1)).isoformat(), zone=applied.scope.reporting_zone)
    clocks = [clock_of(evidence, applied), *(parse_instant(run.clock).earliest for run, _ in runs.values())]
    # A claim to have been asked later than the log had it moves no window.
    logged = max((each.captured_at for each in evidence), default=applied.applied_at)
    window_to = min(now, logged, max(clocks))
    return Gathered(
        applied=applied,
        catalog=catalog,
        controls=run_controls(catalog, applied.scope),
        runs=runs,
        evidence=evidence,
        every_capture=[each for each in workspace.vault.list_evidence() if each.captured_at < now],
        requests=requests(workspace),
        today=today,
        now=now,
        window_from=window_to - timedelta(days=window_days),
        window_to=window_to,
    )


def run_controls(catalog: Catalog, scope: Scope) -> dict[str, Control]:
    """Return the controls that the company runs and an engagement judges; all of them where the scope names none."""
    chosen = {each.control_id for each in scope.controls}
    lenses = {each.lens for each in scope.engagements} or {"soc2"}
    return {
        str(control.control_id): control
        for control in catalog.controls.values()
        if (not chosen or control.control_id in chosen) and lenses & set(control.lenses)
    }


def relation_rows(workspace: Workspace, gathered: Gathered) -> Rows:
    """Return the rows of every relation of `readiness/relations.py`."""
    scope = gathered.scope
    return {
        **word_relations(),
        "control": [
            (name, each.title, each.frequency.value, each.family, ";".join(each.control_tests))
            for name, each in gathered.controls.items()
        ],
        "assignment": list(_assignments(gathered)),
        "needed_table": list(_needed(gathered)),
        "capture": list(_captures(gathered)),
        "audit_period": [
            (each.id, each.lens, each.period.starts_at, each.period.ends_before, each.service)
            for each in scope.engagements
        ],
        "signed": [(each.control, each.role.value, each.signed_by) for each in sign_offs(workspace.vault)],
        "request_answer": [
            (each.request_id, each.control, each.asked_at, answer.given_at, ";".join(answer.evidence))
            for each in gathered.requests
            for answer in each.answers[:1]
        ],
        "parameter_in_force": [
            (rule.control_test, name, value)
            for rule in known_rules().values()
            for name, value in parameters_in_force(rule, scope).items()
            if isinstance(value, int) and not isinstance(value, bool)
        ],
    }


def _assignments(gathered: Gathered) -> Iterator[tuple[object, ...]]:
    """Yield (control, role, person, system) at the end of the window; a role that nobody holds has no person."""
    held: dict[str, list[tuple[object, ...]]] = {name: [] for name in gathered.controls}
    for entry in gathered.scope.controls:
        if entry.control_id in held and gathered.window_to in entry.stretch:
            for system in entry.systems or ("",):
                held[entry.control_id] += [
                    (entry.control_id, role.replace("_", " "), getattr(entry, role), system) for role in _ROLES
                ]
    for name, rows in held.items():
        yield from rows or [(name, role.replace("_", " "), None, "") for role in _ROLES]


def _needed(gathered: Gathered) -> Iterator[tuple[object, ...]]:
    """Yield (control, control test, table, defines the population, test was run) for what each control's tests read."""
    for name, control in gathered.controls.items():
        for test in control.control_tests:
            for table, is_primary in tables_needed(test).items():
                yield name, str(test), table, is_primary, str(test) in gathered.runs


@cache
def tables_needed(control_test: ControlTestId) -> Mapping[str, bool]:
    """Return table -> whether it defines the population, of what a control test reads; {} for one without a rule."""
    if (rule := known_rules().get(control_test)) is None:
        return {}
    known = {name for name, table in canonical_tables().items() if table.kind in {TableKind.EVENT, TableKind.STATE}}
    words = set(_WORD.findall(definition_text(rule.population) + rule.sql))
    primary = set(population_register()[rule.population].primary)
    return {table: table in primary for table in sorted((words | primary) & (known - {"extraction"}))}


def primary_tables(gathered: Gathered) -> dict[str, tuple[str, ...]]:
    """Return control -> the kinds of evidence that define the populations of its tests."""
    captured = {name for name, table in canonical_tables().items() if table.kind is not TableKind.DERIVED}
    return {
        name: tuple(
            dict.fromkeys(
                table
                for test in control.control_tests
                if (rule := known_rules().get(test))
                for table in population_register()[rule.population].primary
                if table in captured and canonical_tables()[table].kind is not TableKind.FACT
            )
        )
        for name, control in gathered.controls.items()
    }


def _captures(gathered: Gathered) -> Iterator[tuple[object, ...]]:
    """Yield a row per capture and table that it feeds; one that feeds none has an empty table."""
    seen: set[tuple[str, str, str]] = set()
    for each in gathered.every_capture:
        provenance = each.provenance
        place = (provenance.source, provenance.kind, each.sha256)
        for table in feeds(provenance) or ("",):
            yield (
                each.evidence_id,
                table,
                provenance.source,
                provenance.kind,
                each.name,
                each.media_type,
                provenance.query,
                provenance.run_by,
                provenance.run_at,
                provenance.period_to,
                provenance.oldest_available,
                each.captured_at,
                place in seen,
                _is_no_export(each),
            )
        seen.add(place)


def _is_no_export(evidence: EvidenceRef) -> bool:
    """Whether people said it, to us or in the scope files, or it only prepares an audit: no source was asked."""
    provenance = evidence.provenance
    fed = set(feeds(provenance))
    told = bool(fed) and all(canonical_tables()[name].subject in PREPARATION for name in fed)
    return told or provenance.connector == ACT_CONNECTOR or provenance.source == SCOPE_SOURCE


def captured_by_table(gathered: Gathered, doubtful: frozenset[str]) -> dict[str, list[Captured]]:
    """Return table -> its captures up to the end of the day, in order of the log; also those since replaced.

    doubtful: evidence whose extraction proves nothing.
    """
    found: dict[str, list[Captured]] = {}
    for each in gathered.every_capture:
        provenance = each.provenance
        captured = Captured(
            evidence=each.evidence_id,
            sha256=each.sha256,
            run_at=provenance.run_at,
            period_to=provenance.period_to,
            captured_at=each.captured_at,
            doubtful=each.evidence_id in doubtful,
        )
        for table in feeds(provenance):
            found.setdefault(table, []).append(captured)
    return found


def tested_runs(gathered: Gathered) -> list[TestedRun]:
    """Return the runs that have outcomes, with the controls of the company that each serves."""
    found = []
    for test, (run, folder) in sorted(gathered.runs.items()):
        if run.state is RunState.TESTED:
            controls = tuple(name for name, each in gathered.controls.items() if test in each.control_tests)
            found.append(TestedRun(run.run_id, load_rule(folder), folder / OUTCOMES_FILE, controls))
    return found


def responses(session: duckdb.DuckDBPyConnection) -> dict[str, Response]:
    """Return the newest answer to each finding, by finding id."""
    rows = session.execute(
        """
        SELECT finding, cause, response, owner, due_on, given_by, given_at FROM finding_response
        WHERE NOT conflicted ORDER BY given_at, finding
        """
    ).fetchall()
    return {
        finding: Response(cause, response, owner, due_on, given_by, given_at.replace(tzinfo=UTC).isoformat())
        for finding, cause, response, owner, due_on, given_by, given_at in rows
    }
