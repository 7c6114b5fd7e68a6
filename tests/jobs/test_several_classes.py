"""From captured files to the record of an item: an account opened again that gives back rights of two classes."""

from twofold.jobs.control_tests import run_control_tests
from twofold.jobs.explain import explain
from twofold.jobs.scope import apply_scope
from twofold.records.workspace import Workspace

from .conftest import AT, SCOPE, put

PEOPLE = """
rosters:
  - {scope: wiki, duty: access, right_class: sensitive, person: p-0001, from: 2025-01-01}
  - {scope: wiki, duty: access, right_class: privileged, person: p-0002, from: 2025-01-01}
account_links:
  - {account: "wiki:ana", person: p-ana, proof: register}
  - {account: "wiki:boss", person: p-0001, proof: register}
"""
FILES = {
    "account": "id,system,kind,status,created_at\n"
    "wiki:ana,wiki,human,active,2025-01-05T08:00:00Z\n"
    "wiki:boss,wiki,human,active,2025-01-05T08:00:00Z\n",
    "access_right": "id,system,class,contains\n"
    "wiki:staff,wiki,sensitive,\n"
    "wiki:helpers,wiki,normal,wiki:admin\n"
    "wiki:admin,wiki,Privileged,\n",
    "grant_event": "id,account,right_id,action,occurred_at,actor\n"
    "g1,wiki:ana,wiki:staff,add,2025-02-01T09:00:00Z,wiki:desk\n"
    "g2,wiki:ana,wiki:helpers,add,2025-02-01T09:00:00Z,wiki:desk\n",
    "account_event": "id,account,kind,occurred_at,actor\n"
    "x1,wiki:ana,disable,2026-02-02T09:00:00Z,wiki:desk\n"
    "x2,wiki:ana,enable,2026-03-04T09:00:00Z,wiki:desk\n",
    "access_request": "id,beneficiary,system,rights,created_at\n"
    "r1,wiki:ana,wiki,wiki:staff;wiki:helpers,2026-03-02T09:00:00Z\n",
    "approval": "id,subject,approver,duty,decision,decided_at\na1,r1,wiki:boss,access,approve,2026-03-03T09:00:00Z\n",
}


def test_authority_for_the_other_class_is_asked_and_the_record_says_which_right_needs_it(workspace: Workspace) -> None:
    (workspace.root / "scope" / "a.yaml").write_text(SCOPE + PEOPLE, encoding="utf-8")
    apply_scope(workspace, reason="people", actor="p-0002", at=AT)
    for kind, text in FILES.items():
        put(workspace, f"{kind}.csv", text, kind=kind, systems=["wiki"])
    run_control_tests(workspace, ["T-01"], actor="p-0001", at=AT)
    (explained,) = explain(workspace, "x2", control_test="T-01")
    found = {each.letter: each for each in explained.attributes}
    assert {letter: each.code for letter, each in found.items() if letter in "BCDF"} == {
        "B": "exception:not_authorised",
        "C": "pass",
        "D": "pass",
        "F": "exception:not_on_roster",
    }
    told = [each.fact for each in found["B"].facts]
    assert "The right wiki:staff is of the class sensitive." in told
    assert "The right wiki:admin, nested in wiki:helpers, is of the class privileged." in told
