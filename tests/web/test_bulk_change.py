"""Several edits in one change of scope: controls and systems chosen together, planned, approved and applied whole."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twofold.records.workspace import Workspace
from twofold.vault.entry import EntryKind

from .test_scope_change import proposed, seen_on, shown

As = Callable[[str], Any]
FORM = "/scope/changes/controls"
BOTH = {"control": ["OP-02", "OP-03"], "day": "2026-12-01", "which": "each", "reason": "Another team runs it."}


@pytest.fixture
def files(untouched_workspace: Path) -> Path:
    """Return the file with the systems, in a workspace where nobody named a control yet."""
    scope = (untouched_workspace / "scope").rglob("*.yaml")
    return next(path for path in scope if b"id: product" in path.read_bytes())


def kept(client: Any, address: str, given: dict[str, Any]) -> tuple[int, str]:
    """Propose; return the number of the change and its page."""
    text = shown(client, address, given)
    found = re.search(r"<title>Change (\d+) of the scope", text)
    assert found, re.findall(r'class="note[^>]*>([^<]*)<|errorlist[^>]*><li>([^<]*)<', text)
    return int(found[1]), text


def applies(root: Path) -> list[Any]:
    with Workspace.open(root) as workspace:
        return list(workspace.vault.entries(kind=EntryKind.SCOPE_APPLY))


def test_controls_and_a_system_are_one_change(files: Path, as_role: As, untouched_workspace: Path) -> None:
    files.write_text("# what we sell\n" + files.read_text())
    compliance, executive = as_role("compliance"), as_role("executive")
    assert 'value="OP-02" form="bulk"' in shown(compliance, "/controls/?words=op-0")
    assert 'value="OP-02" checked' in shown(compliance, f"{FORM}?all=1&words=op-02")
    number, text = kept(compliance, FORM, {**BOTH, "owner": "p-0002", "deputy": "Ana", "act": "hold"})
    address = f"/scope/changes/{number}/"
    assert "2 controls have owner" in text
    assert "No control was named, so all were judged" in text
    assert f"/scope/changes/{number}/" in shown(executive, "/controls/OP-03/")
    early = seen_on(shown(executive, address))
    assert f"change {number}" in shown(compliance, f"/systems/?into={number}")
    given = {"system": "product", "act": "begin", "begin-label": "sso_only", "begin-day": "2026-12-01", "into": number}
    same, text = kept(compliance, "/scope/changes/systems", given)
    assert same == number
    assert "Added to change" in text
    assert "It holds 3 edits" in text
    assert "Another team runs it." in text
    before = len(applies(untouched_workspace))
    assert "moved since this plan" in shown(executive, f"{address}approve", {"seen": early})
    assert (len(applies(untouched_workspace)), "OP-02" in files.read_text()) == (before, False)
    text = shown(executive, f"{address}approve", {"seen": seen_on(shown(executive, address))})
    assert "In force: entry" in text
    assert files.read_text().startswith("# what we sell\n")
    entry = applies(untouched_workspace)[-1]
    assert (entry.actor, entry.body["second_person"]) == ("compliance@example.com", "executive@example.com")
    with Workspace.open(untouched_workspace) as workspace:
        applied = workspace.applied_scope()
        assert applied is not None
        held = [(each.id, each.owner, each.performer, each.deputy) for each in applied.scope.controls]
        assert held == [(each, "p-0002", None, "p-0001") for each in ("OP-02", "OP-03")]
        system = applied.scope.system("product")
        assert system is not None
        assert [each.approver for each in system.sso_only] == ["executive@example.com"]
    assert f"entry {entry.index}</a>" in shown(executive, "/controls/OP-02/")
    _who_owns_one_proposes_for_it_only(as_role)


def _who_owns_one_proposes_for_it_only(as_role: As) -> None:
    """OP-02 and OP-03 are of p-0002 from a day that is to come; after a change in place, from the beginning."""
    owner, compliance, executive = as_role("owner"), as_role("compliance"), as_role("executive")
    assert 'form="bulk"' not in shown(owner, "/controls/")
    assert owner.get(f"{FORM}?control=OP-02").status_code == 403
    given = {"control": "OP-02", "day": "2026-01-01", "owner": "p-0002", "reason": "as it was", "act": "hold"}
    number, text = kept(compliance, FORM, given)
    assert "back-dated" in text
    assert owner.post(f"/scope/changes/{number}/take-out", {"edit": "0"}).status_code == 403
    assert owner.get(f"{FORM}?control=OP-02&into={number}").status_code == 403
    assert "no edit would be left" in shown(compliance, f"/scope/changes/{number}/take-out", {"edit": "0"})
    address = f"/scope/changes/{number}/"
    assert "In force" in shown(executive, f"{address}approve", {"seen": seen_on(shown(executive, address))})
    assert shown(owner, "/controls/").count('form="bulk"') == 1
    assert owner.get(f"{FORM}?control=OP-02").status_code == 200
    assert owner.get(f"{FORM}?control=OP-02&control=OP-03").status_code == 403
    assert owner.get(f"{FORM}?control=OP-02&into={number}").status_code == 404
    _, text = kept(owner, FORM, {**given, "day": "2026-11-01", "owner": "nobody"})
    assert "Controls that lose their owner: OP-02" in text


def test_edits_are_taken_out_and_refused_whole(files: Path, as_role: As) -> None:
    compliance = as_role("compliance")
    number, _ = kept(compliance, FORM, {**BOTH, "owner": "p-0001", "act": "hold"})
    text = shown(compliance, f"/scope/changes/{number}/take-out", {"edit": ["1"]})
    assert "OP-02 has owner" in text
    assert "2 controls" not in text
    bad = {"system": "product", "act": "end", "end-label": "sso_only", "end-day": "2026-12-01", "into": number}
    assert "has no label single sign-on only" in shown(compliance, "/scope/changes/systems", bad)
    assert "OP-02 has owner" in shown(compliance, f"/scope/changes/{number}/")
    assert "OP-02" not in files.read_text()
    shown(compliance, f"/scope/changes/{number}/withdraw", {})
    assert compliance.get(f"{FORM}?control=OP-02&into={number}").status_code == 404


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, "Give at least one person"),
        ({"owner": "p-0002", "day": "0001-01-01"}, "greater than or equal"),
        ({"owner": "p-0002", "reason": ""}, "This field is required"),
        ({"owner": "p-0002", "which": "these"}, "Choose at least one system"),
        ({"owner": "p-0002", "which": "these", "systems": ["none"]}, "Select a valid choice"),
        ({"owner": "two words"}, "is no person id"),
        ({"owner": "", "act": "release"}, "no entry of OP-02 that is meant holds"),
    ],
)
def test_what_cannot_be_said_of_controls_is_told(given: dict[str, Any], found: str, as_role: As) -> None:
    text = shown(as_role("compliance"), FORM, {**BOTH, "act": "hold", **given})
    assert found in text, re.findall(r'class="note[^>]*>([^<]*)<', text)


def test_nothing_chosen_is_told(as_role: As) -> None:
    compliance = as_role("compliance")
    for address in (FORM, "/scope/changes/systems", f"{FORM}?control=none", f"{FORM}?all=1&words=nosuchword"):
        assert "Choose at least one" in compliance.get(address, follow=True).content.decode()
    assert 'form="bulk"' not in shown(as_role("viewer"), "/systems/")


@pytest.mark.usefixtures("files")
def test_a_system_comes_with_its_labels(as_role: As) -> None:
    given = {"system": "erp", "layer": "application", "soc2": "2026-12-01", "reason": "bought"}
    _, text = kept(as_role("compliance"), "/scope/changes/add", given)
    assert "It holds 2 edits" in text
    assert "In scope for SOC 2: + erp from 2026-12-01" in text


@pytest.mark.usefixtures("files")
def test_a_proposal_of_before_is_still_read(as_role: As) -> None:
    from twofold.web.company.scope_change.models import ScopeProposal  # noqa: PLC0415

    number, _ = proposed(as_role("compliance"), "change", name="Another name")
    row = ScopeProposal.objects.get(pk=number)
    del row.plan["held"]
    row.edits, row.state = '[{"kind":"change","system":"product","name":"Another name"}]', "declined"
    row.save()
    text = shown(as_role("viewer"), f"/scope/changes/{number}/")
    assert "product gets another name." in text
