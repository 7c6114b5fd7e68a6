"""Tables about people, policies, vendors and training as the evidence gives them this moment, kept for the pages.

A folder holds them as Parquet files, named by what they were made from, so a page reads a few blocks and no list is
held in memory. Nothing in it is said anywhere else: it is made from evidence and scope, and may be deleted. Beside the
canonical tables there are:

history/<table>.parquet   every statement that any evidence ever made, replaced files included, in order of key and time
person_account.parquet    whose each account was, from when to when, with its last sign-in, as the last reading of all
                          evidence gives accounts
"""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import orjson

from twofold.jobs.normalise import (
    HASHES_FILE,
    clock_of,
    evidence_in_force,
    read_evidence,
    write_extractions,
    write_facts,
)
from twofold.jobs.reading_cache import code_digest
from twofold.jobs.source_registry import SOURCES
from twofold.model.evidence import EvidenceRef
from twofold.model.session import sql_session
from twofold.model.sql_path import one_file
from twofold.populations.steps import register_steps
from twofold.records.workspace import Workspace
from twofold.tables.schema import Table, TableKind, canonical_tables
from twofold.tables.store import SessionLimits, TableSet, TableWriter, open_session, quoted
from twofold.vault.evidence import index_of
from twofold.vault.evidence_index import EvidenceFilter
from twofold.vault.retention.deletions import deletions

TABLES = frozenset(
    {
        *("person", "engagement", "job", "leave", "system", "roster", "role_authority", "delegation", "due_occurrence"),
        *("policy", "policy_version", "policy_review", "policy_number", "measured_value", "acknowledgement"),
        *(
            "signing_duty",
            "vendor",
            "reliance_period",
            "soc_report",
            "report_exception",
            "cuec",
            "subservice",
            "bridge",
        ),
        *("vendor_review", "vendor_contract", "vendor_issue", "training", "required_course"),
        "difference_explanation",
    }
)
"""What the pages read."""
HISTORY = "history"
PERSON_ACCOUNT = "person_account"
LIMITS = SessionLimits(memory="512MB", threads=1)
"""Of one page: it reads little."""
_KEPT = 2
"""Folders that stay: the newest, and the one before, which a page may still be reading."""
_MADE_BY = "2"
"""Goes up when this code makes other files from the same evidence."""


def kept_tables(workspace: Workspace, folder: Path) -> Path:
    """Return the folder with the tables of this moment, below `folder`; make it where it is not there yet."""
    speaking = evidence_feeding(workspace, TABLES)
    return kept(workspace, folder, "programme", speaking, lambda made: _make(workspace, speaking, made))


def evidence_feeding(workspace: Workspace, tables: Collection[str]) -> list[EvidenceRef]:
    """Return the evidence of every time that feeds one of the tables and was not deleted, in order of capture."""
    gone = deletions(workspace.vault.log)
    kinds = {
        (source, kind) for source, each in SOURCES.items() for kind, fed in each.feeds.items() if set(fed) & set(tables)
    }
    found = (
        each
        for source, kind in sorted(kinds)
        for each in workspace.vault.each_evidence(EvidenceFilter(source=source, kind=kind))
    )
    return sorted(
        (each for each in found if each.evidence_id not in gone), key=lambda each: index_of(each.evidence_id) or 0
    )


def kept(
    workspace: Workspace, folder: Path, prefix: str, speaking: Sequence[EvidenceRef], make: Callable[[Path], None]
) -> Path:
    """Return the folder made from this evidence, scope and last reading; `make` fills it where it is missing."""
    made = folder / f"{prefix}-{_name(workspace, speaking)}"
    if not made.exists():
        folder.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=f".{prefix}-", dir=folder))
        try:
            make(building / "made")
            if not made.exists():  # another page may have been quicker
                (building / "made").rename(made)
        finally:
            shutil.rmtree(building, ignore_errors=True)
        _forget(folder, prefix, made)
    return made


def _name(workspace: Workspace, speaking: Sequence[EvidenceRef]) -> str:
    applied = workspace.applied_scope()
    hashes = workspace.tables_folder / HASHES_FILE
    decides = [
        _MADE_BY,
        [each.evidence_id for each in speaking],
        applied.entry_index if applied else -1,
        hashes.read_bytes().decode() if hashes.exists() else "",
        code_digest(),
    ]
    return hashlib.sha256(orjson.dumps(decides)).hexdigest()[:32]


def _make(workspace: Workspace, speaking: Sequence[EvidenceRef], made: Path) -> None:
    applied = workspace.applied_scope()
    clock = clock_of(speaking, applied)
    in_force = {each.evidence_id for each in evidence_in_force(speaking)}
    said = made.parent / "said"
    said.mkdir()
    with TableWriter(made) as writer:
        if applied:
            write_facts(writer, applied, clock)
        for each in speaking:
            reading = read_evidence(workspace, each, applied)
            for name, lines in reading.staged():
                table = name.partition("__")[0]
                if table not in TABLES:
                    continue
                if name == table:
                    with (said / f"{name}.jsonl").open("ab") as stream:
                        stream.write(lines)
                if each.evidence_id in in_force:
                    writer.add_lines(name, lines)
            if each.evidence_id in in_force:
                write_extractions(writer, reading, clock)
        writer.finish()
    (made / HISTORY).mkdir()
    for file in sorted(said.iterdir()):
        _write_history(canonical_tables()[file.stem], file, made / HISTORY / f"{file.stem}.parquet")
    _write_accounts(workspace, made / f"{PERSON_ACCOUNT}.parquet")


def _write_history(table: Table, said: Path, target: Path) -> None:
    """Write every statement in order of key and time. Facts of the scope are not here: it has its own history."""
    if table.kind is TableKind.DERIVED:
        return
    fields = ", ".join(f"'{name}': '{kind}'" for name, kind in table.read)
    read = f"read_json('{one_file(said)}', format = 'newline_delimited', columns = {{{fields}}})"
    order = ", ".join([*table.key, "extracted_at", "evidence"])
    with sql_session() as session:
        session.execute(f"COPY (SELECT * FROM {read} ORDER BY {order}) TO '{quoted(target)}' (FORMAT parquet)")  # noqa: S608  names come from the schema


def _write_accounts(workspace: Workspace, target: Path) -> None:
    """Write whose each account was, by the step `identity` of the control tests, with its last sign-in that worked."""
    wanted = frozenset({"account", "account_link", "person", "sign_in"})
    with open_session(TableSet(workspace.tables_folder, {}), wanted=wanted) as session:
        register_steps(session, ["identity"])
        session.execute(
            f"""
            COPY (
                WITH seen AS (
                    SELECT account, max(occurred_at) AS last_seen, count(*) AS sign_ins
                    FROM sign_in WHERE result = 'success' GROUP BY account
                )
                SELECT
                    i.person, i.account, i.state, COALESCE(a.system, split_part(i.account, ':', 1)) AS system,
                    a.username, COALESCE(a.kind, 'human') AS kind, a.status,
                    nullif(i.valid_from, TIMESTAMP '0001-01-01 00:00:00') AS valid_from,
                    nullif(i.valid_to, TIMESTAMP '9999-12-31 00:00:00') AS valid_to,
                    (
                        SELECT max(l.proof) FROM account_link AS l
                        WHERE l.account = i.account AND l.person = i.person
                    ) AS proof,
                    s.last_seen, COALESCE(s.sign_ins, 0) AS sign_ins
                FROM identity AS i
                LEFT JOIN account AS a ON a.id = i.account
                LEFT JOIN seen AS s ON s.account = i.account
                ORDER BY i.person, i.account, i.valid_from
            ) TO '{quoted(target)}' (FORMAT parquet)
            """  # noqa: S608  a path of ours
        )


def _forget(folder: Path, prefix: str, made: Path) -> None:
    """Remove older folders, the newest ones apart."""
    others = sorted(folder.glob(f"{prefix}-*"), key=lambda each: each.stat().st_mtime, reverse=True)
    for each in [each for each in others if each != made][_KEPT - 1 :]:
        shutil.rmtree(each, ignore_errors=True)
