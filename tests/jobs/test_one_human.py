"""From captured files to the record of an item: what one human did, approved or held under two HR ids."""

from collections.abc import Mapping

import pytest

from twofold.jobs.control_tests import run_control_tests
from twofold.jobs.explain import AttributeExplained, explain
from twofold.jobs.scope import apply_scope
from twofold.records.workspace import Workspace

from .conftest import AT, SCOPE, put

PEOPLE = """
calendars:
  - {id: default, zone: UTC}
rosters:
  - {scope: wiki, duty: release, person: p-bob, from: 2025-01-01}
account_links:
  - {account: "github:ana", person: p-ana, proof: register}
  - {account: "github:bob-2", person: p-bob-c, proof: register}
  - {account: "github:bob", person: p-bob, from: "2026-03-04T09:30:00Z", proof: register}
"""
ENGAGEMENTS = (
    "id,person,type,started_at,effective_end,follows\n"
    "en-c,p-bob-c,contractor,2025-01-01T00:00:00Z,2026-03-04T09:30:00Z,\n"
    "en-1,p-bob,employee,2026-03-04T09:30:00Z,,en-c\n"
)
FILES = {
    "engagement": ENGAGEMENTS,
    "deployment": "id,system,environment,repository,commit_sha,started_at,completed_at,status,actor\n"
    "d0,wiki,production,acme/wiki,r0,2026-02-02T10:00:00Z,2026-02-02T10:05:00Z,success,github:bob-2\n"
    "d1,wiki,production,acme/wiki,m1,2026-03-04T10:30:00Z,2026-03-04T10:35:00Z,success,github:bob\n",
    "code_commit": "repository,sha,author,committer,committed_at,parents\n"
    "acme/wiki,r0,github:bob-2,github:bob-2,2026-02-01T09:00:00Z,\n"
    "acme/wiki,a1,github:bob-2,github:bob-2,2026-03-04T09:00:00Z,r0\n"
    "acme/wiki,m1,github:bob-2,github:web-flow,2026-03-04T10:20:00Z,r0\n",
    "pull_request": "id,repository,author,base_ref,head_sha,merge_sha,created_at,merged_at\n"
    "acme/wiki#1,acme/wiki,github:bob-2,main,a1,m1,2026-03-03T10:00:00Z,2026-03-04T10:20:00Z\n",
    "pull_request_commit": "pull_request,sha\nacme/wiki#1,a1\n",
    "review": "id,pull_request,reviewer,state,submitted_at,commit_sha\n"
    "v1,acme/wiki#1,github:bob,approved,2026-03-04T10:00:00Z,a1\n",
}
RIGHTS = {
    "engagement": ENGAGEMENTS,
    "account": "id,system\ngithub:bob,wiki\ngithub:bob-2,wiki\n",
    "access_right": "id,system\nwiki:write,wiki\nwiki:release,wiki\n",
    "grant_event": "id,account,right_id,action,occurred_at\n"
    "g1,github:bob-2,wiki:write,add,2026-02-01T09:00:00Z\n"
    "g2,github:bob,wiki:release,add,2026-03-05T09:00:00Z\n",
    "right_function": "right_id,function\nwiki:write,write\nwiki:release,release\n",
    "sod_rule": "id,function_a,function_b,risk_owner\nwr,write,release,p-bob\n",
    "mitigation": "id,person,rule,control,approved_by,approved_at\nm1,p-bob,wr,REV-1,github:bob,2026-03-04T10:00:00Z\n",
}
JOBS = {
    **{kind: text for kind, text in RIGHTS.items() if kind != "mitigation"},
    "job": "person,role,valid_from,valid_to,entered_at\n"
    "p-bob-c,author,2025-01-01,2026-03-04T09:30:00Z,\n"
    "p-bob,releaser,2026-03-04T09:30:00Z,,2026-03-04T09:30:00Z\n",
    "role_right": "role,right_id\nauthor,wiki:write\nreleaser,wiki:release\n",
}


def told(workspace: Workspace, control_test: str, files: Mapping[str, str], item: str) -> dict[str, AttributeExplained]:
    """Capture the files, text by kind, run a control test over them, and return what is told of the item, by letter."""
    (workspace.root / "scope" / "a.yaml").write_text(SCOPE + PEOPLE, encoding="utf-8")
    apply_scope(workspace, reason="people", actor="p-0002", at=AT)
    for kind, text in files.items():
        put(workspace, f"{kind}.csv", text, kind=kind, systems=["product", "wiki"])
    run_control_tests(workspace, [control_test], actor="p-0001", at=AT)
    (explained,) = explain(workspace, item, control_test=control_test)
    return {each.letter: each for each in explained.attributes}


@pytest.mark.parametrize(
    ("control_test", "letter", "code"),
    [
        ("T-10", "C", "not_independent"),
        ("T-11", "A", "approver_is_contributor"),
        ("T-11", "B", "deployer_is_contributor"),
    ],
)
def test_what_one_human_made_and_approved_under_two_hr_ids_is_told_so(
    workspace: Workspace, control_test: str, letter: str, code: str
) -> None:
    found = told(workspace, control_test, FILES, "d1/acme/wiki#1")[letter]
    assert found.code == f"exception:{code}"
    assert any("github:bob, who is p-bob (one human with p-bob-c)" in each.fact for each in found.facts)


def test_a_conflict_of_the_rights_of_two_jobs_under_two_hr_ids_is_told(workspace: Workspace) -> None:
    found = told(workspace, "T-02", JOBS, "p-bob-c/2026-03-04T09:30:00@wiki")
    assert (found["D"].code, found["E"].code) == ("exception:conflict_left", "exception:conflict_days")
    for letter in "BCDE":
        facts = [fact.fact for fact in found[letter].facts]
        assert "p-bob is one human with p-bob-c: engagement en-1 continues en-c." in facts


def test_two_functions_that_one_human_holds_under_two_hr_ids_are_a_conflict_of_that_human(workspace: Workspace) -> None:
    found = told(workspace, "T-09", RIGHTS, "p-bob-c/wr@wiki/2026-03-05T09:00:00")
    facts = [fact.fact for fact in (*found["A"].facts, *found["B"].facts)]
    assert found["B"].code == "exception:self_approved"
    assert "p-bob is one human with p-bob-c: engagement en-1 continues en-c." in facts
    assert any("the owner of the risk is p-bob (one human with p-bob-c)." in each for each in facts)
    assert any("Mitigation m1 for p-bob by control REV-1" in each for each in facts)
    assert any("approved by github:bob (p-bob, one human with p-bob-c) at" in each for each in facts)


def test_a_developer_who_agreed_to_her_own_mitigation_under_an_old_hr_id_is_told_so(workspace: Workspace) -> None:
    files = {
        "engagement": FILES["engagement"],
        "access_right": "id,system,class\nwiki:admin,wiki,privileged\n",
        "grant_event": "id,account,right_id,action,occurred_at\ng1,github:bob,wiki:admin,add,2026-03-10T09:00:00Z\n",
        "code_commit": FILES["code_commit"],
        "deployment": FILES["deployment"],
        "mitigation": "id,person,rule,control,approved_by,approved_at\n"
        "m1,p-bob,develop-release,SEC-3,github:bob-2,2026-03-01T09:00:00Z\n",
        "credential": "id,account,system,kind,created_at\n",
        "elevation": "id,account,right_id,started_at\n",
        "sign_in": "id,account,system,occurred_at,result\n",
        "control_result": "control,result\nSEC-3,effective\n",
    }
    found = told(workspace, "T-04", files, "grant:g1")["F"]
    assert found.code == "exception:developer"
    assert any("agreed to by github:bob-2 (p-bob-c)" in each.fact for each in found.facts)
    assert any("by github:bob (p-bob, one human with p-bob-c)" in each.fact for each in found.facts)


def test_who_changed_formulas_before_another_and_reviewed_both_under_an_old_hr_id_is_told_so(
    workspace: Workspace,
) -> None:
    files = {
        "engagement": FILES["engagement"],
        "euc_file": "id,system,complexity\naccruals.xlsx,wiki,2\n",
        "euc_version": "file,content_hash,saved_at,saved_by,formula_hash\n"
        "accruals.xlsx,c1,2026-03-01T09:00:00Z,github:bob-2,f1\naccruals.xlsx,c2,2026-03-05T09:00:00Z,github:ana,f2\n",
        "euc_review": "file,content_hash,reviewed_at,reviewer,result\n"
        "accruals.xlsx,c2,2026-03-06T09:00:00Z,github:bob,ok\n",
        "euc_use": "id,file,system,used_at,control,content_hash\nu1,accruals.xlsx,wiki,2026-04-02T09:00:00Z,JE-7,c2\n",
    }
    found = told(workspace, "T-33", files, "u1")["C"]
    assert found.code == "exception:reviewed_by_the_changer"
    assert any("saved at 2026-03-01 09:00:00 by github:bob-2 (p-bob-c)" in each.fact for each in found.facts)
    assert any("by github:bob (p-bob, one human with p-bob-c)" in each.fact for each in found.facts)
