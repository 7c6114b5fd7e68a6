"""Words that an export spells with capitals, from the captured file to what is said of each item."""

from typing import Any

import duckdb

from twofold.controltests.run_record import OUTCOMES_FILE
from twofold.jobs.control_tests import run_control_tests
from twofold.records.workspace import Workspace
from twofold.vault.evidence_index import EvidenceFilter

from .conftest import AT, put

WHOLE: dict[str, Any] = {"systems": ["product"], "period_from": "2026-01-01", "period_to": "2026-12-31"}
RELEASES = "id,system,environment,completed_at,status\nr-1,product,Production,2026-03-03T10:00:00Z, SUCCESS\n"
ACCOUNTS = "id,system,kind,status,created_at\nproduct:ana,product,Human,Active,2026-01-05T08:00:00Z\n"
SIGN_INS = (
    "id,account,system,occurred_at,result,method,factors\n"
    "s-1,product:ana,product,2026-03-03T09:00:00Z,SUCCESS,Interactive,password\n"
)


def codes(workspace: Workspace, control_test: str, attribute: str) -> dict[str, str]:
    run = run_control_tests(workspace, [control_test], actor="p-0001", at=AT).runs[control_test]
    with duckdb.connect() as session:
        file = workspace.runs_folder / run.run_id / OUTCOMES_FILE
        return dict(session.execute(f"SELECT item, \"{attribute}\" FROM '{file}'").fetchall())  # noqa: S608  a path


def test_a_release_to_production_in_capitals_is_an_item_and_its_evidence_keeps_them(workspace: Workspace) -> None:
    put(workspace, "releases.csv", RELEASES, kind="deployment", **WHOLE)
    assert "r-1" in codes(workspace, "T-10", "A")
    (evidence,) = workspace.vault.list_evidence(EvidenceFilter(name="releases.csv"))
    assert workspace.vault.blob_path(evidence.sha256).read_text("utf-8") == RELEASES


def test_a_sign_in_that_succeeded_in_capitals_with_one_factor_is_an_exception(workspace: Workspace) -> None:
    put(workspace, "accounts.csv", ACCOUNTS, kind="account", **WHOLE)
    put(workspace, "sign-ins.csv", SIGN_INS, kind="sign_in", **WHOLE)
    assert codes(workspace, "T-06", "D")["product:ana/2026-03"] == "exception:single_factor"


def test_a_setting_that_two_exports_spell_in_two_ways_is_one_look(workspace: Workspace) -> None:
    put(workspace, "accounts.csv", ACCOUNTS, kind="account", **WHOLE)
    put(workspace, "changes.csv", "id,system,object,setting,new_value,occurred_at\n", kind="setting_event", **WHOLE)
    for number, value in enumerate(("true", "True")):
        look = f"system,object,setting,value,observed_at\nproduct,default,mfa_required,{value},2026-03-03T09:00:00Z\n"
        put(workspace, f"settings-{number}.csv", look, kind="setting_state", **WHOLE)
    assert codes(workspace, "T-06", "A")["product/policy default/2026-03"] == "pass"
