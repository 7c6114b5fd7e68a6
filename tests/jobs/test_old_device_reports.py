"""From captured files to the record of an item: a device that reports, but no longer about its encryption."""

from twofold.jobs.control_tests import run_control_tests
from twofold.jobs.explain import explain
from twofold.jobs.scope import apply_scope
from twofold.records.workspace import Workspace

from .conftest import AT, SCOPE, put

COMPANY = """
  - id: company
    name: The company
    layer: application
    owner: p-0001
    soc2: [{from: 2026-01-01, reason: Its devices, approver: p-0001}]
engagements:"""
DEVICES = "id,person,kind,valid_from\nd1,p-0001,laptop,2026-01-01\n"
REPORTS = (
    "device,day,encrypted,protected,patch_age_days\n"
    "d1,2026-02-22,true,true,4\n"
    "d1,2026-03-01,,true,4\n"
    "d1,2026-03-08,,true,4\n"
    "d1,2026-03-15,,true,4\n"
    "d1,2026-03-22,,true,4\n"
    "d1,2026-03-29,,true,4\n"
)


def test_what_is_not_reported_any_more_is_not_known_though_the_device_is_seen(workspace: Workspace) -> None:
    (workspace.root / "scope" / "a.yaml").write_text(SCOPE.replace("\nengagements:", COMPANY), encoding="utf-8")
    apply_scope(workspace, reason="devices", actor="p-0002", at=AT)
    put(workspace, "devices.csv", DEVICES, kind="device", systems=["company"])
    put(workspace, "reports.csv", REPORTS, kind="device_state", systems=["company"])
    run_control_tests(workspace, ["T-27"], actor="p-0001", at=AT)
    (explained,) = explain(workspace, "d1/2026-03", control_test="T-27")
    codes = {each.letter: each.code for each in explained.attributes}
    assert codes == {"A": "cannot_test:not_reported", "B": "pass", "C": "pass", "D": "pass"}
    (encryption,) = (each for each in explained.attributes if each.letter == "A")
    told = [each.fact for each in encryption.facts]
    assert "Before the month it was last said on 2026-02-22 00:00:00: encrypted true." in told
