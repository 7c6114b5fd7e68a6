"""From captured files to the record of an item: an answer that was entered, taken out again, and given late."""

import pytest

from twofold.jobs.control_tests import run_control_tests
from twofold.jobs.explain import explain
from twofold.records.workspace import Workspace

from .conftest import AT, put

REQUESTS = (
    "id,system,subject,channel,received_at,identity_checked_at,answered_at,decision,systems_searched\n"
    "q1,product,Ada,web_form,2026-03-02T10:00:00Z,2026-03-05T10:00:00Z,2026-03-20T10:00:00Z,granted,product\n"
)
EVENTS = (
    "id,request,field,old_value,new_value,occurred_at\n"
    "e1,q1,answered_at,,2026-03-20,2026-03-20T10:00:00Z\n"
    "e2,q1,answered_at,2026-03-20,{},2026-03-21T10:00:00Z\n"
    "e3,q1,answered_at,{},2026-03-20,2026-05-20T10:00:00Z\n"
)


@pytest.mark.parametrize(("between", "found"), [("", "exception:late"), ("2026-03-19", "pass")])
def test_an_answer_counts_from_when_it_was_entered_for_good(workspace: Workspace, between: str, found: str) -> None:
    put(workspace, "requests.csv", REQUESTS, kind="dsr", systems=["product", "wiki"])
    put(workspace, "history.csv", EVENTS.format(between, between), kind="dsr_event", systems=["product", "wiki"])
    put(workspace, "channels.csv", "id\nweb_form\n", kind="dsr_channel", systems=["product", "wiki"])
    put(workspace, "mail.csv", "id,channel,request,received_at\n", kind="dsr_intake", systems=["product", "wiki"])
    run_control_tests(workspace, ["T-31"], actor="p-0001", at=AT)
    (explained,) = explain(workspace, "q1", control_test="T-31")
    codes = {each.letter: each.code for each in explained.attributes}
    assert codes == {"A": "pass", "B": found, "C": "pass", "D": "na:not_refused"}
    for letter in "AB":
        (asked,) = (each for each in explained.attributes if each.letter == letter)
        said = f"The history says at 2026-03-21T10:00:00Z: answered_at went from 2026-03-20 to {between or 'nothing'}."
        assert said in [each.fact for each in asked.facts]
