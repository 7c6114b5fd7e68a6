"""Plan, apply and export the scope: text that a team reviews, recorded with person and reason when it takes effect."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import orjson

from twofold.catalog.load import load_catalog
from twofold.jobs.evidence_locks import lock_captured
from twofold.jobs.known_names import need_other_human
from twofold.jobs.scope_staging import changing, scope_files, settle
from twofold.model.evidence import EvidenceRef, Provenance
from twofold.model.instant import zone_named
from twofold.model.problem import Problem, UserError
from twofold.model.session import sql_session
from twofold.records.acts.export import Exported, record_export
from twofold.records.acts.people import need_reason, need_second
from twofold.records.acts.recording import record
from twofold.records.workspace import SCOPE_SOURCE, Workspace
from twofold.scope.export import export
from twofold.scope.load import load_scope
from twofold.scope.plan import ScopePlan, plan
from twofold.scope.register import Scope, canonical_scope_bytes
from twofold.scope.schema import scope_schema
from twofold.vault.canonical import Json
from twofold.vault.entry import EntryKind
from twofold.vault.evidence import CaptureItem


@dataclass(frozen=True, slots=True)
class AppliedChange:
    """What an apply did: the plan it carried out, the evidence of the files, the log entry."""

    plan: ScopePlan
    evidence: tuple[EvidenceRef, ...]
    entry_index: int


def read_scope_files(workspace: Workspace, folder: Path | None = None) -> Scope:
    """Read and check the scope files as they stand, or those of a folder; raises UserError with every problem."""
    catalog = load_catalog()
    zone = workspace.settings.reporting_zone
    return load_scope(folder or workspace.scope_folder, reporting_zone=zone, known_controls=list(catalog.controls))


def _unknown_persons(workspace: Workspace, folder: Path) -> tuple[str, ...]:
    """Return a warning for each person whom the HR roster of the last test does not know; () before the first test.

    No error, since a person may be hired before the next roster is exported.
    """
    persons = workspace.tables_folder / "person.parquet"
    if not persons.exists():
        return ()
    with sql_session() as session:
        known = [person for (person,) in session.execute("SELECT id FROM read_parquet(?)", [str(persons)]).fetchall()]
    try:
        load_scope(folder, reporting_zone=workspace.settings.reporting_zone, known_persons=known)
    except UserError as error:
        return tuple(f"{problem.where}: {problem.found}; {problem.remedy}" for problem in error.problems)
    return ()


def plan_scope(workspace: Workspace, *, at: datetime) -> ScopePlan:
    """Return what applying the files would change, compared with what was applied last."""
    settle(workspace)
    return plan_files(workspace, workspace.scope_folder, at=at)


def plan_files(workspace: Workspace, folder: Path, *, at: datetime) -> ScopePlan:
    """Return what applying the files of a folder would change, compared with what was applied last."""
    after = read_scope_files(workspace, folder)
    applied = workspace.applied_scope()
    today = at.astimezone(zone_named(workspace.settings.reporting_zone)).date()
    planned = plan(applied.scope if applied else None, after, today=today, catalog_controls=_judged_controls(after))
    return replace(planned, warnings=(*planned.warnings, *_unknown_persons(workspace, folder)))


def apply_scope(
    workspace: Workspace, *, reason: str, actor: str, at: datetime, second_person: str | None = None
) -> AppliedChange:
    """Record the scope files as the scope in force; raises UserError for faulty files, no reason, or no change.

    second_person: who approved the change; somebody else than the actor.
    """
    settle(workspace)
    with changing(workspace):
        return record_files(
            workspace, workspace.scope_folder, reason=reason, actor=actor, at=at, second_person=second_person
        )


def record_files(
    workspace: Workspace, folder: Path, *, reason: str, actor: str, at: datetime, second_person: str | None
) -> AppliedChange:
    """Record the files of a folder as the scope in force, as `apply_scope` does; the caller holds `changing`.

    The schema for editors is renewed too, since a newer Twofold may know more keys.
    """
    need_reason(reason, why="why the scope changes")
    if second_person is not None:
        why = "a change of scope is approved by somebody else"
        second_person = need_second(second_person, first=actor, why=why)
        need_other_human(workspace, second_person, [actor], where="--second", why=why)
    planned = plan_files(workspace, folder, at=at)
    if not planned.changes and not planned.first:
        raise UserError(
            Problem(str(folder), "the files say what is in force already", "a change", "edit a scope file first")
        )
    scope = read_scope_files(workspace, folder)
    items = [
        CaptureItem(path, path.relative_to(folder).as_posix(), _provenance(path, folder, actor, at))
        for path in scope_files(folder)
    ]
    captured = workspace.vault.capture_batch(items, captured_by=actor, at=at)
    body: Mapping[str, Json] = {
        "files": [[evidence.name, str(evidence.evidence_id)] for evidence in captured],
        "reason": reason.strip(),
        "reporting_zone": workspace.settings.reporting_zone,
        "scope_sha256": scope_hash(scope),
        "second_person": second_person,
    }
    schema = orjson.dumps(scope_schema(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    workspace.schema_file.write_bytes(schema)
    entry = record(workspace.vault, EntryKind.SCOPE_APPLY, body=body, acting_user=actor, at=at)
    lock_captured(workspace, captured)
    return AppliedChange(planned, tuple(captured), entry.index)


def scope_hash(scope: Scope) -> str:
    """Return the hash that the entry of an apply carries for a scope."""
    return hashlib.sha256(canonical_scope_bytes(scope)).hexdigest()


def export_scope(workspace: Workspace, into: Path, *, actor: str, at: datetime) -> list[Path]:
    """Write the scope in force as YAML files into a new or empty folder; returns the files. The log records it."""
    applied = workspace.applied_scope()
    if applied is None:
        raise UserError(
            Problem(str(workspace.root), "no scope was applied yet", "an applied scope", "run 'twofold scope apply'")
        )
    if into.exists() and any(into.iterdir()):
        raise UserError(Problem(str(into), "the folder is not empty", "an empty or new folder", "name another folder"))
    into.mkdir(parents=True, exist_ok=True)
    written = []
    texts = export(applied.scope)
    for name, text in sorted(texts.items()):
        target = into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        written.append(target)
    files = {name: hashlib.sha256(text.encode()).digest() for name, text in texts.items()}
    record_export(workspace.vault, what=Exported.SCOPE, name=into.name, files=files, acting_user=actor, at=at)
    return written


def _judged_controls(scope: Scope) -> list[str]:
    """Return the controls that need an owner: those that the company named, else all that a lens in use judges."""
    named = sorted({assignment.control_id for assignment in scope.controls})
    lenses = {engagement.lens for engagement in scope.engagements}
    return named or [control.control_id for control in load_catalog().controls.values() if lenses & set(control.lenses)]


def _provenance(path: Path, folder: Path, actor: str, at: datetime) -> Provenance:
    return Provenance(
        source=SCOPE_SOURCE,
        kind="file",
        run_by=actor,
        run_at=at,
        query=f"scope file {path.relative_to(folder).as_posix()}",
        classification="internal",
    )
