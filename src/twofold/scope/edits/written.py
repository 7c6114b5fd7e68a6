"""Writes edits into the YAML that people keep: comments, order and spelling of everything else stay as they are.

The caller loads the result and compares: nothing here checks what a scope may say.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from twofold.model.instant import parse_boundary
from twofold.model.problem import Problem, UserError
from twofold.scope.edits.edit import (
    LABEL_TITLES,
    ControlEdit,
    Edit,
    LabelBegun,
    LabelEnded,
    SystemAdded,
    SystemChanged,
    SystemEdit,
    SystemRetired,
)
from twofold.scope.edits.written_controls import write_control
from twofold.scope.edits.yaml_file import (
    YamlFile,
    entries_of,
    file_for,
    flow_list,
    insert_after,
    insert_key,
    keep_comments,
    put,
    put_day,
)
from twofold.scope.export import MODELINE

_NEW_FILE = "systems.yaml"
_ENDING_WITH_SYSTEM = ("soc2", "financially_relevant", "sso_only", "serves", "stores", "required_checks", "schedules")


def edited_files(
    contents: Mapping[str, bytes], edits: Iterable[Edit], *, reason: str, approver: str, zone: str
) -> dict[str, bytes]:
    """Return the scope files that the edits change, by name, whole; those that stay are left out.

    contents: all scope files as they stand, which can be read without a fault. reason, approver: of labels that begin.
    Each edit finds the files as those before it left them.
    Raises UserError for a system that is not there (or is already), for a label or a control that does not hold, and
    where a comment would be lost.
    """
    files = {name: YamlFile(content) for name, content in contents.items()}
    for edit in edits:
        if isinstance(edit, ControlEdit):
            write_control(files, edit, zone=zone)
        else:
            _write(files, edit, reason=reason, approver=approver, zone=zone)
    written = {name: file.text() for name, file in files.items() if file.changed}
    for name, content in written.items():
        keep_comments(name, contents.get(name, b""), content)
    return written


def _write(files: dict[str, YamlFile], edit: SystemEdit, *, reason: str, approver: str, zone: str) -> None:
    if isinstance(edit, SystemAdded):
        _add(files, edit)
        return
    system = _found(files, edit.system)
    if isinstance(edit, SystemChanged):
        for key, value in edit.values.items():
            put(system, key, value)
    elif isinstance(edit, LabelBegun):
        _begin(system, edit, reason=reason, approver=approver)
    elif isinstance(edit, LabelEnded):
        if not _end(system, edit.label, edit.day, zone):
            title = LABEL_TITLES[edit.label]
            found = f"{edit.system} has no label {title} of its own that holds on {edit.day} or later"
            remedy = "where it is inherited, end it on the system that is served"
            raise UserError(Problem(edit.system, found, "a label that holds", remedy))
    elif isinstance(edit, SystemRetired):
        ended = [_end(system, section, edit.day, zone) for section in _ENDING_WITH_SYSTEM]
        if not any(ended):
            found = f"nothing of {edit.system} holds on {edit.day} or later"
            raise UserError(Problem(edit.system, found, "a day while it is used"))


def _found(files: Mapping[str, YamlFile], system_id: str) -> CommentedMap:
    """Return a system of the files, which counts as changed."""
    for file, system in entries_of(files, "systems"):
        if str(system.get("id")).strip() == system_id:
            file.changed = True
            return system
    raise UserError(Problem(system_id, f"no scope file names the system {system_id}", "a system of the files"))


def _add(files: dict[str, YamlFile], edit: SystemAdded) -> None:
    """Write the system after the others, in the file that holds most of them."""
    systems = file_for(files, "systems", _NEW_FILE, MODELINE).section("systems")
    system = CommentedMap()
    values = edit.model_dump(exclude={"kind", "system"})
    for key, value in {"id": edit.system, **values}.items():
        put(system, key, value)
    insert_after(systems, len(systems) - 1, system)


def _begin(system: CommentedMap, edit: LabelBegun, *, reason: str, approver: str) -> None:
    if not isinstance(system.get(edit.label), CommentedSeq):
        insert_key(system, len(system), edit.label, flow_list(()))
    label = CommentedMap()
    label.fa.set_flow_style()
    label["from"] = edit.day.isoformat()
    put(label, "reason", reason)
    put(label, "approver", approver)
    if edit.dependents is not None and edit.label == "financially_relevant":
        label["dependents"] = flow_list(edit.dependents)
    system[edit.label].append(label)


def _end(system: CommentedMap, section: str, day: date, zone: str) -> bool:
    """Let nothing of a section reach past a day; returns whether anything did."""
    entries = system.get(section)
    if not isinstance(entries, CommentedSeq):
        return False
    end = parse_boundary(day.isoformat(), zone=zone)
    later = [
        number
        for number, entry in enumerate(entries)
        if entry.get("from") is not None and parse_boundary(str(entry["from"]), zone=zone) >= end
    ]
    for number in reversed(later):
        del entries[number]
    cut = False
    for entry in entries:
        if entry.get("to") is None or parse_boundary(str(entry["to"]), zone=zone) > end:
            put_day(entry, "to", day.isoformat())
            cut = True
    if not entries:
        del system[section]
    return cut or bool(later)
