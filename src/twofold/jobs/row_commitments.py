"""Commit row by row to tables, right after they were captured or made, so that a part can be shown later.

A file is committed once, however often it is captured or comes out of a run. A CSV that is no regular table (rows of
different width, not UTF-8) is not committed: it can be shown as a whole, or not at all.
"""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from twofold.controltests.run_record import OUTCOMES_FILE, POPULATION_FILE, ControlTestRun
from twofold.model.evidence import EvidenceRef
from twofold.records.workspace import Workspace
from twofold.reports.committed_table import NotTabularError, OpenTable, open_csv, parquet_rows
from twofold.reports.redaction import EVIDENCE
from twofold.reports.rows_as_text import reading_session
from twofold.vault.row_commitment import KEY_SIZE, commit_rows
from twofold.vault.store import Vault
from twofold.vault.table_keys import FreshCommitment, committed_tables, record_commitments

CSV_TYPE = "text/csv"


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file to commit to. table: population, outcomes or evidence."""

    table: str
    path: Path
    sha256: str


def commit_runs(workspace: Workspace, runs: Iterable[ControlTestRun], *, actor: str, at: datetime) -> int:
    """Commit to populations and outcomes of the runs; return how many tables are new."""
    return commit_files(workspace.vault, _run_files(workspace, runs), actor=actor, at=at)


def commit_evidence(workspace: Workspace, evidence: Iterable[EvidenceRef], *, actor: str, at: datetime) -> int:
    """Commit to the captured CSV files; return how many tables are new."""
    files = (
        TableFile(EVIDENCE, workspace.vault.blob_path(each.sha256), each.sha256)
        for each in evidence
        if each.media_type == CSV_TYPE
    )
    return commit_files(workspace.vault, files, actor=actor, at=at)


def commit_files(vault: Vault, files: Iterable[TableFile], *, actor: str, at: datetime) -> int:
    """Commit to the files that have no commitment yet; return how many are new."""
    known = set(committed_tables(vault.log))
    fresh = []
    with reading_session() as session:
        for file in files:
            if file.sha256 not in known:
                known.add(file.sha256)
                with suppress(NotTabularError):
                    made = _committed(session, file)
                    if made.commitment.count:  # all tables without a row have one root, and nothing to withhold
                        fresh.append(made)
    record_commitments(vault.log, fresh, actor=actor, at=at)
    return len(fresh)


def _run_files(workspace: Workspace, runs: Iterable[ControlTestRun]) -> Iterator[TableFile]:
    for run in runs:
        folder = workspace.runs_folder / run.run_id
        yield TableFile("population", folder / POPULATION_FILE, run.population_sha256)
        if run.outcomes_sha256:
            yield TableFile("outcomes", folder / OUTCOMES_FILE, run.outcomes_sha256)


def _committed(session: duckdb.DuckDBPyConnection, file: TableFile) -> FreshCommitment:
    if file.table != EVIDENCE:
        return _fresh(file, parquet_rows(session, file.path))
    with open_csv(file.path) as table:
        return _fresh(file, table)


def _fresh(file: TableFile, table: OpenTable) -> FreshCommitment:
    key = secrets.token_bytes(KEY_SIZE)
    return FreshCommitment(file.table, file.sha256, table.types, commit_rows(table.columns, table.rows, key), key)
