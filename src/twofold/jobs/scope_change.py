"""A change of scope that one person proposes and another approves: planned first, refused when the scope moved since.

What is applied are the scope files with the edits written into them, by the same steps as `twofold scope apply`.
"""

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import orjson

from twofold.jobs.scope import AppliedChange, plan_files, plan_scope, record_files, scope_hash
from twofold.jobs.scope_staging import changing, contents_of, put_in_place, settle, staged
from twofold.model.problem import Problem, UserError
from twofold.records.acts.people import need_second
from twofold.records.workspace import Workspace
from twofold.scope.edits.edit import ControlEdit, Edit, SystemEdit, edits_as_json, sentences
from twofold.scope.edits.written import edited_files
from twofold.scope.load import read_scope
from twofold.scope.plan import ScopePlan
from twofold.scope.plan_text import plan_lines
from twofold.scope.register import Scope

TO_BE_APPROVED = "to-be-approved"
"""Stands for the approver of a label while nobody has approved it."""
BY_HAND = "The scope files as they were edited by hand."
"""Says a change without edits."""


@dataclass(frozen=True, slots=True)
class ScopeChange:
    """What is proposed, planned and applied whole: edits in order. No edits: the files as they were edited by hand."""

    edits: tuple[Edit, ...]
    reason: str
    proposed_by: str

    def told(self, people: Mapping[str, str] | None = None, *, short: bool = False) -> list[str]:
        """Return what is proposed, a sentence each, as `sentences` says edits."""
        return sentences(self.edits, short=short, people=people or {}) or [BY_HAND]


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """What applying a change would do.

    by_hand: edits of the files that nobody applied yet, a line each; they would come into force together with the
    change. base: hash of all that the plan rests on; another one later means that the scope moved.
    """

    plan: ScopePlan
    by_hand: tuple[str, ...]
    base: str


def plan_change(workspace: Workspace, change: ScopeChange, *, at: datetime) -> PlannedChange:
    """Return what applying the change would do; raises UserError for what the scope files may not say."""
    settle(workspace)
    base = base_of(workspace, change)
    by_hand = () if files_in_force(workspace) else tuple(plan_lines(plan_scope(workspace, at=at)))
    with tempfile.TemporaryDirectory(prefix="twofold-scope-") as scratch:
        folder = Path(scratch) / workspace.scope_folder.name
        write_change(workspace, change, folder, approver=TO_BE_APPROVED)
        plan = plan_files(workspace, folder, at=at)
    warnings = tuple(each for each in plan.warnings if TO_BE_APPROVED not in each)
    return PlannedChange(replace(plan, warnings=warnings), by_hand if change.edits else (), base)


def files_in_force(workspace: Workspace) -> bool:
    """Whether the scope files are, byte for byte, those that were applied last: then nobody edited them since."""
    applied = workspace.applied_scope()
    if applied is None:
        return False
    recorded = {name: workspace.vault.evidence(evidence).sha256 for name, evidence in applied.evidence.items()}
    contents = contents_of(workspace.scope_folder)
    return recorded == {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}


def base_of(workspace: Workspace, change: ScopeChange) -> str:
    """Return a hash of the scope in force, of the files as they stand, and of the change."""
    applied = workspace.applied_scope()
    contents = contents_of(workspace.scope_folder)
    files = sorted((name, hashlib.sha256(content).hexdigest()) for name, content in contents.items())
    seen = [applied.entry_index if applied else -1, files, edits_as_json(change.edits), change.reason]
    return hashlib.sha256(orjson.dumps(seen)).hexdigest()


def write_change(workspace: Workspace, change: ScopeChange, folder: Path, *, approver: str) -> None:
    """Write the scope files as the change would leave them into a new folder."""
    for name, content in change_contents(workspace, change, approver).items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def apply_change(workspace: Workspace, change: ScopeChange, *, seen: str, approver: str, at: datetime) -> AppliedChange:
    """Write the change into the scope files and record them as the scope in force, approved by a second person.

    seen: `base` of the plan that the approver saw. Raises UserError when the scope moved since, when the approver is
    the one who proposed, and as `apply_scope` does; nothing is changed then.
    """
    approver = need_second(approver, first=change.proposed_by, why="a change of scope is approved by somebody else")
    settle(workspace)
    with changing(workspace):
        if base_of(workspace, change) != seen:
            found = "the scope moved since this plan was made"
            raise UserError(Problem("scope", found, "the plan as it is now", "read the plan again, then decide"))
        contents = change_contents(workspace, change, approver)
        scope = read_scope(contents, reporting_zone=workspace.settings.reporting_zone)
        folder = staged(workspace, contents, sha256=scope_hash(scope))
        try:
            return record_files(
                workspace, folder, reason=change.reason, actor=change.proposed_by, at=at, second_person=approver
            )
        finally:
            put_in_place(workspace)


def change_contents(workspace: Workspace, change: ScopeChange, approver: str) -> dict[str, bytes]:
    """Return all scope files, by name, with the edits in them.

    Raises UserError where anything else would change with them, and for what no scope file may say.
    """
    present = contents_of(workspace.scope_folder)
    zone = workspace.settings.reporting_zone
    before = read_scope(present, reporting_zone=zone)
    written = edited_files(present, change.edits, reason=change.reason, approver=approver, zone=zone)
    contents = {**present, **written}
    after = read_scope(contents, reporting_zone=zone)
    if _others(before, change.edits) != _others(after, change.edits):
        found = "writing the change into the files would change something else as well"
        raise UserError(Problem("scope", found, "a change of what was asked only", "make this change in the file"))
    return contents


def _others(scope: Scope, edits: Sequence[Edit]) -> dict[str, object]:
    """Return what a scope says of all that the edits are not about."""
    systems = {edit.system for edit in edits if isinstance(edit, SystemEdit)}
    controls = {edit.control for edit in edits if isinstance(edit, ControlEdit)}
    written = scope.as_written()
    left = {
        "systems": [each for each in written.pop("systems", ()) if each["id"] not in systems],
        "controls": [each for each in written.pop("controls", ()) if each["id"] not in controls],
    }
    return {**written, **left}
