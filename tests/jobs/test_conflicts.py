"""Records that contradict each other, from the captured file to the run and what it says was the cause later."""

from collections.abc import Mapping
from typing import Any

import duckdb
import pytest

from twofold.controltests.run_record import OUTCOMES_FILE, ControlTestRun
from twofold.jobs.compare import Cause, compare_runs
from twofold.jobs.control_tests import run_control_tests
from twofold.jobs.scope import apply_scope
from twofold.records.workspace import Workspace

from .conftest import AT, put

INCIDENT = (
    "id,severity,systems,opened_at,responded_at,closed_at\n"
    "INC-1,sev3,product,2026-03-09T07:50:00Z,2026-03-09T08:30:00Z,2026-03-10\n"
)
WHOLE: dict[str, Any] = {"systems": ["product"], "period_from": "2026-01-01", "period_to": "2026-12-31"}
PAGER = "id,origin,incident,opened_at\n"
IN_TIME = "PD-1,pager,INC-1,2026-03-09T07:55:00Z\n"
A_WEEK_BEFORE = "PD-1,pager,INC-1,2026-03-02T08:00:00Z\n"


def run_over(workspace: Workspace, *pager: str) -> ControlTestRun:
    put(workspace, "pager.csv", PAGER + "".join(pager), kind="pager_incident", **WHOLE)
    return run_control_tests(workspace, ["T-19"], actor="p-0001", at=AT).runs["T-19"]


def codes(workspace: Workspace, run: ControlTestRun) -> Mapping[str, object]:
    with duckdb.connect() as session:
        found = session.execute(f"FROM '{workspace.runs_folder / run.run_id / OUTCOMES_FILE}'")
        names = [column[0] for column in found.description or ()]
        (row,) = found.fetchall()
    return dict(zip(names, row, strict=True))


@pytest.fixture
def said_once(workspace: Workspace) -> ControlTestRun:
    """Return the run over an incident that the pager saw half an hour before the response."""
    put(workspace, "incidents.csv", INCIDENT, **WHOLE)
    put(workspace, "events.csv", "id,incident,field,occurred_at\n", kind="incident_event", **WHOLE)
    return run_over(workspace, IN_TIME)


def test_what_rests_on_one_of_two_contradicting_records_cannot_be_tested(
    workspace: Workspace, said_once: ControlTestRun
) -> None:
    assert codes(workspace, said_once)["B"] == "pass"
    late = codes(workspace, run_over(workspace, A_WEEK_BEFORE))
    assert late["B"] == "exception:slow_response"
    run = run_over(workspace, IN_TIME, A_WEEK_BEFORE)
    found = codes(workspace, run)
    assert found == {**late, "B": "cannot_test:conflict"}
    assert run.counts["B"] == {"cannot_test:conflict": 1}
    assert "pager_incident__second" in run.tables
    again = run_over(workspace, A_WEEK_BEFORE, IN_TIME, A_WEEK_BEFORE)
    assert codes(workspace, again) == found


def test_a_contradiction_that_decides_nothing_changes_nothing(workspace: Workspace, said_once: ControlTestRun) -> None:
    run = run_over(workspace, IN_TIME, IN_TIME.replace("pager,", "mailbox,"))
    assert "pager_incident__second" in run.tables
    assert run.outcomes_sha256 == said_once.outcomes_sha256


def test_the_cause_of_a_new_contradiction_is_the_data(workspace: Workspace, said_once: ControlTestRun) -> None:
    scope = workspace.scope_folder / "a.yaml"
    parameter = "\nparameters: [{control_test: T-19, name: cause_days, value: 11, reason: shorter, approver: p-0002}]\n"
    scope.write_text(scope.read_text() + parameter)
    apply_scope(workspace, reason="shorter", actor="p-0001", at=AT)
    now = run_over(workspace, IN_TIME, A_WEEK_BEFORE)
    compared = compare_runs(workspace, said_once.run_id, now.run_id)
    assert compared.told_apart
    (item,) = compared.items
    assert item.causes["B"] == (Cause.DATA, Cause.SCOPE)  # the scope file was applied again, with a parameter in it


def test_control_tests_of_one_population_each_begin_with_the_marked_records(workspace: Workspace) -> None:
    twice = [
        f"d{number},product,{environment},success,2026-03-02T10:00:00Z\n"
        for number in range(8)
        for environment in ("production", "staging")
    ]
    head = "id,system,environment,status,started_at\n"
    put(workspace, "deployments.csv", head + "".join(twice), kind="deployment", **WHOLE)
    runs = run_control_tests(workspace, ["T-10", "T-11"], actor="p-0001", at=AT).runs
    assert [run.population_count for run in runs.values()] == [8, 8]
    assert len({run.population_sha256 for run in runs.values()}) == 1
