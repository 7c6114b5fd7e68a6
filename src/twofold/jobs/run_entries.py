"""Records what a test did: tables, populations, runs; one transaction, each naming the one before."""

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from twofold.controltests.run_record import RUN_FILE, ControlTestRun
from twofold.jobs.normalise import NormalisedTables
from twofold.populations.completeness import population_register
from twofold.populations.steps import step_text, steps_needed
from twofold.records.acts.recording import Recorder, recording
from twofold.records.workspace import AppliedScope, Workspace
from twofold.tables.schema import canonical_tables
from twofold.tables.store import TableSet, open_session
from twofold.vault.blobs.file_hash import file_hash
from twofold.vault.canonical import Json
from twofold.vault.entry import Entry, EntryKind, instant_text
from twofold.vault.evidence_list import evidence_fields
from twofold.vault.store import Vault

_TEXTS = ("population.sql", "rule.sql", "facts.sql")
_WORD = re.compile(r"[a-z_]+")
_BEHIND = {
    "calendar_day": ("calendar",),
    "change_set": ("artefact", "code_commit", "deployment", "pull_request", "pull_request_commit"),
    "expected_run": (
        "backup_plan",
        "batch_job",
        "calendar",
        "interface",
        "log_source",
        "scan_target",
        "store",
        "system",
        "system_label",
    ),
}
"""Derived table -> the tables that it is computed from. `source_gap` is computed from the list of exports alone."""


def record_runs(
    workspace: Workspace,
    runs: Iterable[ControlTestRun],
    *,
    read: NormalisedTables,
    applied: AppliedScope,
    actor: str,
    at: datetime,
) -> list[Entry]:
    """Write an entry per run, and before them those of tables and populations that are new; returns the runs' entries.

    Every run is an act and has its entry, also when it came out as before. Tables and populations that are those of
    the newest entry of their kind are not recorded again; the run names that entry.
    """
    with recording(workspace.vault) as recorder:
        normalised = _normalised(recorder, read, applied, actor, at)
        populations: dict[str, int] = {}
        found = []
        for run in runs:
            if run.population not in populations:
                populations[run.population] = _population(recorder, run, actor, at)
            folder = workspace.runs_folder / run.run_id
            body: dict[str, Json] = {
                "control_test": run.control_test,
                "normalise": normalised,
                "outcomes_sha256": run.outcomes_sha256,
                "population": populations[run.population],
                "population_sha256": run.population_sha256,
                "rule_sha256": run.rule_sha256,
                "run_id": run.run_id,
                "run_sha256": file_hash(folder / RUN_FILE),
                "state": run.state.value,
                **evidence_fields({*evidence_feeding(read.tables, _tables(run, folder)), *applied.evidence.values()}),
            }
            found.append(recorder.append(EntryKind.RUN, body=body, acting_user=actor, at=at))
    return found


def evidence_feeding(tables: TableSet, names: Sequence[str]) -> list[str]:
    """Return the ids of the evidence that feeds any of the canonical tables with these names."""
    with open_session(TableSet(tables.folder, {}), wanted={"extraction"}) as session:
        rows = session.execute(
            "SELECT DISTINCT id FROM extraction WHERE list_contains(?, table_name) ORDER BY id", [list(names)]
        ).fetchall()
    return [str(evidence) for (evidence,) in rows]


def newest_runs(vault: Vault) -> Mapping[str, int]:
    """Return run id -> the newest entry that records it."""
    return {str(entry.body["run_id"]): entry.index for entry in vault.entries(kind=EntryKind.RUN)}


def _tables(run: ControlTestRun, folder: Path) -> list[str]:
    """Return the canonical tables that the run read, also those without a row: that an export was empty counts, too."""
    entry = population_register()[run.population]
    texts = [(folder / name).read_text(encoding="utf-8") for name in _TEXTS] + [entry.reconciliation_text]
    texts += [step_text(name) for name in steps_needed(*texts)]
    words = {word.partition("__")[0] for text in texts for word in _WORD.findall(text)}
    read = (words | set(run.tables) | set(entry.primary)) & set(canonical_tables())
    return sorted(read.union(*(_BEHIND.get(name, ()) for name in read)))


def _normalised(recorder: Recorder, read: NormalisedTables, applied: AppliedScope, actor: str, at: datetime) -> int:
    body: dict[str, Json] = {
        "clock": instant_text(read.clock),
        "records": read.records,
        "scope": applied.entry_index,
        "set_aside": len(read.set_aside),
        "tables": [[name, sha256] for name, sha256 in sorted(read.tables.hashes().items())],
        "unused": read.unused,
        **evidence_fields(read.evidence),
    }
    newest = deque(recorder.vault.entries(kind=EntryKind.NORMALISE), maxlen=1)
    if newest and newest[0].body == body:
        return newest[0].index
    return recorder.append(EntryKind.NORMALISE, body=body, acting_user=actor, at=at).index


def _population(recorder: Recorder, run: ControlTestRun, actor: str, at: datetime) -> int:
    body: dict[str, Json] = {
        "completeness_sha256": run.completeness_sha256,
        "count": run.population_count,
        "definition_sha256": run.definition_sha256,
        "population": run.population,
        "population_sha256": run.population_sha256,
        "stops": [stop.partition(":")[0] for stop in run.stops],
    }
    same = (e for e in recorder.vault.entries(kind=EntryKind.POPULATION) if e.body["population"] == run.population)
    newest = deque(same, maxlen=1)
    if newest and newest[0].body == body:
        return newest[0].index
    return recorder.append(EntryKind.POPULATION, body=body, acting_user=actor, at=at).index
