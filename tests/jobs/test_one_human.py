"""From captured files to the record of an item: a change made and approved by one human under two HR ids."""

import pytest

from twofold.jobs.control_tests import run_control_tests
from twofold.jobs.explain import explain
from twofold.jobs.scope import apply_scope
from twofold.records.workspace import Workspace

from .conftest import AT, SCOPE, put

PEOPLE = """
rosters:
  - {scope: wiki, duty: release, person: p-bob, from: 2025-01-01}
account_links:
  - {account: "github:bob-2", person: p-bob-c, proof: register}
  - {account: "github:bob", person: p-bob, from: "2026-03-04T09:30:00Z", proof: register}
"""
FILES = {
    "engagement": "id,person,type,started_at,effective_end,follows\n"
    "en-c,p-bob-c,contractor,2025-01-01T00:00:00Z,2026-03-04T09:30:00Z,\n"
    "en-1,p-bob,employee,2026-03-04T09:30:00Z,,en-c\n",
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
    (workspace.root / "scope" / "a.yaml").write_text(SCOPE + PEOPLE, encoding="utf-8")
    apply_scope(workspace, reason="people", actor="p-0002", at=AT)
    for kind, text in FILES.items():
        put(workspace, f"{kind}.csv", text, kind=kind, systems=["wiki"])
    run_control_tests(workspace, [control_test], actor="p-0001", at=AT)
    (explained,) = explain(workspace, "d1/acme/wiki#1", control_test=control_test)
    (found,) = (each for each in explained.attributes if each.letter == letter)
    assert found.code == f"exception:{code}"
    assert any("github:bob, who is p-bob (one human with p-bob-c)" in each.fact for each in found.facts)
