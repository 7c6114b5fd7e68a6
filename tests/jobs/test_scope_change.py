"""Changes of scope made on screen: written into the files that people keep, approved by another, whole or not."""

from datetime import date
from pathlib import Path

import pytest

from twofold.jobs import scope_staging
from twofold.jobs.scope import plan_scope
from twofold.jobs.scope_change import ScopeChange, apply_change, base_of, plan_change
from twofold.model.problem import UserError
from twofold.records.workspace import Workspace
from twofold.scope.edits.edit import (
    ControlHeld,
    Edit,
    LabelBegun,
    LabelEnded,
    SystemAdded,
    SystemChanged,
    SystemRetired,
)

from .conftest import AT

_COMMENTED = "# what we sell\n"


def _change(*edits: Edit) -> ScopeChange:
    return ScopeChange(edits, "Decided in the scope meeting: 'go'", "p-0001")


def _file(workspace: Workspace) -> Path:
    return workspace.scope_folder / "a.yaml"


def _approved(workspace: Workspace, change: ScopeChange) -> int:
    seen = plan_change(workspace, change, at=AT).base
    return apply_change(workspace, change, seen=seen, approver="p-0009", at=AT).entry_index


def test_a_label_is_written_into_the_file_and_nothing_else_moves(workspace: Workspace) -> None:
    file = _file(workspace)
    file.write_text(_COMMENTED + file.read_text())
    change = _change(LabelBegun(system="wiki", label="financially_relevant", day=date(2026, 4, 1), dependents=("R",)))
    planned = plan_change(workspace, change, at=AT)
    assert [(each.lens, each.system, each.gained) for each in planned.plan.labels] == [("sox", "wiki", True)]
    assert planned.by_hand == ()
    lines = file.read_text().splitlines()
    entry = _approved(workspace, change)
    label = "    financially_relevant: [{from: 2026-04-01, reason: \"Decided in the scope meeting: 'go'\", "
    assert set(file.read_text().splitlines()) - set(lines) == {label + "approver: p-0009, dependents: [R]}]"}
    assert not set(lines) - set(file.read_text().splitlines())
    recorded = workspace.vault.entry(entry)
    assert (recorded.actor, recorded.body["second_person"]) == ("p-0001", "p-0009")
    assert not plan_scope(workspace, at=AT).changes


def test_every_kind_of_edit(workspace: Workspace) -> None:
    _approved(workspace, _change(SystemAdded(system="erp", layer="application", name="No", data=("ledgers",))))
    _approved(workspace, _change(LabelBegun(system="erp", label="soc2", day=date(2026, 2, 1))))
    _approved(workspace, _change(SystemChanged(system="erp", name="", owner="00123", sources=("okta:app:ERP",))))
    _approved(workspace, _change(LabelEnded(system="wiki", label="soc2", day=date(2026, 5, 1))))
    _approved(workspace, _change(SystemRetired(system="erp", day=date(2026, 6, 1))))
    applied = workspace.applied_scope()
    assert applied is not None
    erp, wiki = applied.scope.system("erp"), applied.scope.system("wiki")
    assert erp is not None
    assert wiki is not None
    assert (erp.owner, erp.name, erp.data, erp.sources) == ("00123", "", ("ledgers",), ("okta:app:ERP",))
    assert [(each.approver, each.valid_to and each.valid_to.text) for each in erp.soc2] == [("p-0009", "2026-06-01")]
    assert [each.valid_to and each.valid_to.text for each in wiki.soc2] == ["2026-05-01"]


def test_several_edits_are_one_change(workspace: Workspace) -> None:
    day = date(2026, 4, 1)
    held = [ControlHeld(control=each, day=day, owner="p-0002") for each in ("AC-01", "AC-02")]
    change = _change(
        SystemAdded(system="erp", layer="application"), LabelBegun(system="erp", label="soc2", day=day), *held
    )
    planned = plan_change(workspace, change, at=AT).plan
    assert planned.systems_added == ("erp",)
    assert [(each.control_id, each.parts) for each in planned.held] == [
        (each, (("owner", "", "p-0002"),)) for each in ("AC-01", "AC-02")
    ]
    _approved(workspace, change)
    applied = workspace.applied_scope()
    assert applied is not None
    assert [(each.id, each.owner) for each in applied.scope.controls] == [("AC-01", "p-0002"), ("AC-02", "p-0002")]
    assert not plan_scope(workspace, at=AT).changes


def test_one_edit_that_cannot_be_refuses_the_whole(workspace: Workspace) -> None:
    day = date(2026, 4, 1)
    change = _change(
        SystemChanged(system="wiki", owner="p-0002"), ControlHeld(control="XX-99", day=day, owner="p-0002")
    )
    before = _file(workspace).read_bytes()
    with pytest.raises(UserError, match="unknown control 'XX-99'"):
        plan_change(workspace, change, at=AT)
    with pytest.raises(UserError, match="unknown control 'XX-99'"):
        apply_change(workspace, change, seen=base_of(workspace, change), approver="p-0009", at=AT)
    assert (_file(workspace).read_bytes(), len(list(workspace.scope_folder.iterdir()))) == (before, 1)


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        (LabelEnded(system="product", label="soc2", day=date(2026, 5, 1)), "no label SOC 2 of its own"),
        (LabelBegun(system="wiki", label="soc2", day=date(2026, 5, 1)), "overlaps"),
        (SystemChanged(system="none", owner="p-1"), "no scope file names"),
        (SystemAdded(system="wiki", layer="application"), "wiki"),
        (SystemAdded(system="new one", layer="application"), "no id"),
        (SystemRetired(system="product", day=date(2027, 1, 1)), "nothing of product holds"),
    ],
)
def test_what_no_scope_may_say_is_refused(edit: Edit, found: str, workspace: Workspace) -> None:
    before = _file(workspace).read_bytes()
    with pytest.raises(UserError, match=found):
        plan_change(workspace, _change(edit), at=AT)
    assert _file(workspace).read_bytes() == before


def test_nobody_approves_what_they_proposed(workspace: Workspace) -> None:
    change = _change(SystemChanged(system="wiki", owner="p-0002"))
    seen = plan_change(workspace, change, at=AT).base
    with pytest.raises(UserError, match="first person again"):
        apply_change(workspace, change, seen=seen, approver=" P-0001", at=AT)


def test_a_scope_that_moved_since_is_refused(workspace: Workspace) -> None:
    change = _change(SystemChanged(system="wiki", owner="p-0002"))
    seen = plan_change(workspace, change, at=AT).base
    _file(workspace).write_text(_file(workspace).read_text().replace("Our product", "The product"))
    size = workspace.vault.size
    with pytest.raises(UserError, match="moved since"):
        apply_change(workspace, change, seen=seen, approver="p-0009", at=AT)
    assert workspace.vault.size == size
    assert plan_change(workspace, change, at=AT).by_hand == ('Systems: ~ product: name "Our product" -> "The product"',)


def test_files_as_they_were_edited_by_hand(workspace: Workspace) -> None:
    _file(workspace).write_text(_file(workspace).read_text().replace("Our product", "The product"))
    _approved(workspace, _change())
    assert not plan_scope(workspace, at=AT).changes


def test_a_crash_before_the_record_leaves_the_old(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    change = _change(SystemChanged(system="wiki", owner="p-0002"))
    seen, before = plan_change(workspace, change, at=AT).base, _file(workspace).read_bytes()
    monkeypatch.setattr("twofold.jobs.scope_change.put_in_place", lambda _: None)
    monkeypatch.setattr("twofold.jobs.scope.record", _crash)
    with pytest.raises(KeyboardInterrupt):
        apply_change(workspace, change, seen=seen, approver="p-0009", at=AT)
    assert not plan_scope(workspace, at=AT).changes
    assert _file(workspace).read_bytes() == before


def test_a_crash_after_the_record_leaves_the_new(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    change = _change(SystemChanged(system="wiki", owner="p-0002"))
    seen = plan_change(workspace, change, at=AT).base
    with monkeypatch.context() as patched:
        patched.setattr(scope_staging, "_move", _crash)
        with pytest.raises(KeyboardInterrupt):
            apply_change(workspace, change, seen=seen, approver="p-0009", at=AT)
    assert "p-0002" not in _file(workspace).read_text().split("wiki")[1].split("soc2")[0]
    assert not plan_scope(workspace, at=AT).changes
    assert "owner: p-0002" in _file(workspace).read_text()


def test_an_edit_during_the_crash_is_not_overwritten(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    change = _change(SystemChanged(system="wiki", owner="p-0002"))
    seen = plan_change(workspace, change, at=AT).base
    with monkeypatch.context() as patched:
        patched.setattr(scope_staging, "_move", _crash)
        with pytest.raises(KeyboardInterrupt):
            apply_change(workspace, change, seen=seen, approver="p-0009", at=AT)
    _file(workspace).write_text("# by hand\n" + _file(workspace).read_text())
    with pytest.raises(UserError, match="edited while"):
        plan_scope(workspace, at=AT)
    assert _file(workspace).read_text().startswith("# by hand")


def _crash(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
