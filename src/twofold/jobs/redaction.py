"""Resolve a redaction file: which committed files, columns and rows it means, with their keys."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from twofold.controltests.run_record import OUTCOMES_FILE, POPULATION_FILE, read_run
from twofold.jobs.row_commitments import TableFile, commit_files
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.reports.committed_table import open_table
from twofold.reports.redaction import (
    EVIDENCE,
    RedactedTable,
    Redaction,
    RedactionFile,
    WholeEvidence,
    Withholding,
    withheld_parts,
)
from twofold.vault.table_keys import committed_tables, table_key


def resolve_redaction(
    workspace: Workspace, wanted: RedactionFile, *, runs: Mapping[str, Path], actor: str, at: datetime
) -> Redaction:
    """Resolve a redaction for a package of these runs (control test -> folder of the run).

    A file that was captured or made before rows were committed is committed to now; its entry is then younger than it.
    Raises UserError with everything that cannot be withheld.
    """
    by_file: dict[TableFile, list[Withholding]] = {}
    problems: list[Problem] = []
    whole = []
    for each in wanted.withholdings:
        try:
            if each.whole:
                whole.append(WholeEvidence(each.subject, workspace.vault.evidence(each.subject).sha256))
                continue
            by_file.setdefault(_file(workspace, each, runs), []).append(each)
        except UserError as error:
            problems += error.problems
    if problems:
        raise UserError(problems)
    commit_files(workspace.vault, by_file, actor=actor, at=at)
    tables = []
    for file, entries in by_file.items():
        try:
            tables.append(_table(workspace, file, entries))
        except UserError as error:
            problems += error.problems
    if problems:
        raise UserError(problems)
    return Redaction(wanted.reason, wanted.decided_by, tuple(tables), tuple(whole))


def _file(workspace: Workspace, each: Withholding, runs: Mapping[str, Path]) -> TableFile:
    if each.table == EVIDENCE:
        evidence = workspace.vault.evidence(each.subject)
        return TableFile(EVIDENCE, workspace.vault.blob_path(evidence.sha256), evidence.sha256)
    folder = runs.get(each.subject)
    if folder is None:
        found = f"there is no run of {each.subject!r} in this package"
        raise UserError(Problem(each.where, found, f"one of {', '.join(sorted(runs))}"))
    run = read_run(folder)
    if each.table == "population":
        return TableFile(each.table, folder / POPULATION_FILE, run.population_sha256)
    if not run.outcomes_sha256:
        raise UserError(Problem(each.where, f"{each.subject} was stopped and has no outcomes", "a run with outcomes"))
    return TableFile(each.table, folder / OUTCOMES_FILE, run.outcomes_sha256)


def _table(workspace: Workspace, file: TableFile, entries: list[Withholding]) -> RedactedTable:
    log = workspace.vault.log
    table = committed_tables(log).get(file.sha256)
    key = table_key(log, table.commitment) if table else None
    if table is None or key is None:
        raise UserError(
            Problem(
                entries[0].where,
                f"{entries[0].subject} is no regular table, so no part of it can be shown",
                "a CSV in UTF-8 with a header and rows of equal width, or a population or outcomes",
                "leave the evidence out of the package as a whole",
            )
        )
    with open_table(file.path, is_csv=table.table == EVIDENCE) as opened:
        rows = [list(row) for row in opened.rows]
    columns, withheld, chosen_by = withheld_parts(entries, table.columns, rows)
    subjects = tuple(dict.fromkeys(each.subject for each in entries))
    anywhere = all(each.anywhere for each in entries)
    return RedactedTable(table, subjects, file.path, key, columns, withheld, chosen_by, anywhere)
