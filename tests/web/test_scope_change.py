"""Scope on screen: proposed by one, planned, approved by another, in files and log; history, memo and what-if."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from twofold.records.workspace import Workspace
from twofold.vault.entry import EntryKind

As = Callable[[str], Any]
HOSTILE = "<script>alert(1)</script>"


def shown(client: Any, address: str, given: dict[str, Any] | None = None) -> str:
    """Get, or post and follow, and return the page."""
    answer = client.get(address) if given is None else client.post(address, given, follow=True)
    assert answer.status_code == 200, answer.status_code
    text: str = answer.content.decode()
    return text


def proposed(client: Any, act: str, system: str = "product", **given: str) -> tuple[int, str]:
    """Propose a change of a system; return its number and its page."""
    fields = {f"{act}-{name}": value for name, value in {"reason": "Decided on Monday.", **given}.items()}
    text = shown(client, f"/systems/{system}/change", {"act": act, **fields})
    found = re.search(r"Change (\d+) of the scope", text)
    assert found, re.findall(r'class="note[^>]*>([^<]*)<', text)
    return int(found[1]), text


def seen_on(text: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', text)
    return found[1] if found else ""


@pytest.fixture
def files(site: str, site_workspace: Path) -> Iterator[Path]:
    """Return the file with the systems; afterwards the scope is what it was, by an apply of its own."""
    from twofold.jobs.scope import apply_scope, plan_scope  # noqa: PLC0415

    from .test_pages import AT  # noqa: PLC0415

    del site
    folder = site_workspace / "scope"
    before = {path: path.read_bytes() for path in folder.rglob("*.yaml")}
    yield next(path for path, content in before.items() if b"id: product" in content)
    for path in set(folder.rglob("*.yaml")) - set(before):
        path.unlink()
    for path, content in before.items():
        path.write_bytes(content)
    with Workspace.open(site_workspace) as workspace:
        if plan_scope(workspace, at=AT).changes:
            apply_scope(workspace, reason="as before", actor="p-0001", at=AT)


def test_one_proposes_and_another_approves(files: Path, as_role: As, site_workspace: Path) -> None:
    files.write_text("# the systems of the company\n" + files.read_text())
    compliance, executive = as_role("compliance"), as_role("executive")
    number, text = proposed(compliance, "change", name=HOSTILE, owner="p-0002")
    assert "The plan" in text
    assert HOSTILE not in text
    assert "You proposed it" in text
    address = f"/scope/changes/{number}/"
    assert compliance.post(f"{address}approve", {"seen": seen_on(text)}).status_code == 403
    assert address in shown(executive, "/inbox/")
    assert address not in shown(compliance, "/inbox/")
    assert as_role("viewer").post(f"{address}approve", {}).status_code == 403
    text = shown(executive, f"{address}approve", {"seen": seen_on(shown(executive, address)), "reason": "read"})
    assert "In force: entry" in text
    assert files.read_text().startswith("# the systems of the company\n")
    with Workspace.open(site_workspace) as workspace:
        entry = workspace.vault.log.latest(EntryKind.SCOPE_APPLY)
        assert entry is not None
        assert (entry.actor, entry.body["second_person"]) == ("compliance@example.com", "executive@example.com")
        assert entry.body["reason"] == "Decided on Monday."
        applied = workspace.applied_scope()
        system = applied.scope.system("product") if applied else None
        assert system is not None
        assert (system.name, system.owner) == (HOSTILE, "p-0002")
    assert executive.post(f"{address}approve", {"seen": ""}).status_code == 404
    history = shown(executive, "/scope/history/")
    assert "Decided on Monday." in history
    assert "executive@example.com" in shown(executive, f"/scope/history/{entry.index}/")
    assert f"/scope/history/{entry.index}/" in shown(executive, "/systems/product/")
    assert executive.get("/scope/history/0/").status_code == 404


def test_a_scope_that_moved_is_refused_and_shown_again(files: Path, as_role: As, site_workspace: Path) -> None:
    compliance, executive = as_role("compliance"), as_role("executive")
    number, _ = proposed(compliance, "begin", label="sso_only", day="2026-03-01")
    address = f"/scope/changes/{number}/"
    seen = seen_on(shown(executive, address))
    with Workspace.open(site_workspace) as workspace:
        size = workspace.vault.size
    files.write_text(files.read_text().replace("id: product", "id: product\n    log_retention_days: 90"))
    text = shown(executive, f"{address}approve", {"seen": seen})
    assert "the scope moved since this plan was made" in text
    assert "edited in the files by hand" in text
    assert "log_retention_days" in text
    assert "log_retention_days" in shown(executive, "/scope/changes/")
    with Workspace.open(site_workspace) as workspace:
        entries = list(workspace.vault.entries(start=size))
        assert [each.kind for each in entries if each.kind == EntryKind.SCOPE_APPLY] == []
    text = shown(executive, f"{address}decline", {"reason": ""})
    assert "why it is declined" in text
    text = shown(executive, f"{address}decline", {"reason": "Not before the audit."})
    assert "Not before the audit." in text
    assert "Not before the audit." in shown(compliance, "/scope/changes/")
    assert "sso_only" not in files.read_text()


def test_the_edited_files_themselves_are_proposed(files: Path, as_role: As) -> None:
    files.write_text(files.read_text().replace("id: product", "id: product\n    log_retention_days: 90"))
    text = shown(as_role("compliance"), "/scope/changes/files", {"reason": "kept longer"})
    found = re.search(r"Change (\d+) of the scope", text)
    assert found
    executive = as_role("executive")
    seen = seen_on(shown(executive, f"/scope/changes/{found[1]}/"))
    assert "In force" in shown(executive, f"/scope/changes/{found[1]}/approve", {"seen": seen})


@pytest.mark.usefixtures("files")
def test_who_may_propose_what(as_role: As) -> None:
    owner = as_role("owner")  # p-0002, who owns no system
    assert owner.get("/systems/product/change").status_code == 403
    assert owner.get("/scope/changes/add").status_code == 403
    assert owner.post("/scope/changes/files", {"reason": "x"}).status_code == 403
    compliance = as_role("compliance")
    number, _ = proposed(compliance, "retire", day="2027-01-01")
    assert owner.post(f"/scope/changes/{number}/withdraw").status_code == 403
    assert "Withdrawn" in shown(compliance, f"/scope/changes/{number}/withdraw", {})
    assert "withdrawn" in shown(compliance, f"/scope/changes/{number}/")


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("act", "given", "found"),
    [
        ("begin", {"label": "soc2", "day": "soon"}, "Enter a valid date"),
        ("end", {"label": "sso_only", "day": "2026-01-01"}, "has no label single sign-on only of its own"),
        ("change", {"owner": "two words", "name": "x"}, "is no person id"),
        ("begin", {"label": "nothing", "day": "2026-01-01"}, "Select a valid choice"),
        ("retire", {"day": "2026-01-01", "reason": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_proposed_is_told(act: str, given: dict[str, str], found: str, as_role: As) -> None:
    fields = {f"{act}-{name}": value for name, value in {"reason": "r", **given}.items()}
    assert found in shown(as_role("compliance"), "/systems/product/change", {"act": act, **fields})


@pytest.mark.usefixtures("files")
def test_a_system_is_added(as_role: As) -> None:
    given = {"system": "erp", "layer": "application", "name": "ERP", "held": "ledgers, payroll", "reason": "bought"}
    text = shown(as_role("compliance"), "/scope/changes/add", given)
    assert "erp is added as application" in text
    assert "Systems: + erp" in text
    assert "Systems without an owner: erp" in text


def test_the_list_by_day_label_and_order(as_role: As) -> None:
    viewer = as_role("viewer")
    assert "✓ in" in shown(viewer, "/systems/?on=2026-06-01&label=soc2&sort=items")
    assert "No system is labelled so" in shown(viewer, "/systems/?on=1999-01-01&label=soc2")
    assert "That is no day" in shown(viewer, "/systems/?on=soon&sort=none&label=all")


def test_the_memo_is_a_pdf(as_role: As) -> None:
    answer = as_role("viewer").get("/scope/memo.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert as_role("viewer").get("/scope/memo.pdf?engagement=none").status_code == 404
    number, _ = proposed(as_role("compliance"), "change", name="Another name")
    assert as_role("viewer").get(f"/scope/changes/{number}/memo.pdf").content.startswith(b"%PDF-")


@pytest.mark.usefixtures("own_workspace")
def test_a_question_is_asked_stopped_and_kept(as_role: As) -> None:
    executive = as_role("executive")
    text = shown(executive, "/prepare/what-if", {"relevant-system": "product"})
    assert "from is missing" in text
    text = shown(executive, "/prepare/what-if", {"further": "--relevant none=2026-01-01\n--nothing"})
    assert "is no question" in text
    assert "nothing is asked" in shown(executive, "/prepare/what-if", {})
    given = {"drop-system-system": "product", "drop-system-day": "2026-05-01", "tests": ["T-19"]}
    answer = executive.post("/prepare/what-if", given, follow=True)
    address = answer.redirect_chain[-1][0]
    assert "product is given up from 2026-05-01." in answer.content.decode()
    assert "another question is being answered" in shown(executive, "/prepare/what-if", given)
    text = answer.content.decode()
    for _ in range(300):
        if "running" not in text.split("</h1>")[1].split("</div>")[0]:
            break
        time.sleep(0.2)
        text = shown(executive, address)
    assert "Controls, criteria and domains" in text
    assert "Refresh" not in executive.get(address).headers
    memo = executive.get(f"{address}memo")
    assert "script" not in memo.headers["Content-Security-Policy"]
    assert executive.get(f"{address}memo?form=markdown").content.startswith(b"# What if")
    assert "It is being stopped" in shown(executive, f"{address}stop", {})
    assert "✓ answered" in shown(executive, "/prepare/what-if")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "soon", "2026-02-30"])
def test_labels_on_a_day_that_cannot_be_are_those_of_today(as_role: As, day: str) -> None:
    text = shown(as_role("viewer"), f"/systems/?on={day}")
    assert "product" in text
    assert day not in text
