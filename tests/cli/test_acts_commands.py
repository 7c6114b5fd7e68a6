"""Acts on the command line: what is said, the JSON, the exit codes, and that refusals leave the log alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twofold.records.workspace import Workspace

Call = Callable[..., Any]
REASON = ("--reason", "because of the page log")
ONE_HUMAN = "'okta:ana' and 'p-0001' are names of one human"
AS_ANA = ("--authority", "p-0001", "--second", "okta:ana")


def size(root: Path) -> int:
    with Workspace.open(root) as workspace:
        return workspace.vault.size


def test_a_disposition_is_recorded_and_shown(call: Call, judged: Path) -> None:
    before = json.loads(call("status", "--json", "-w", judged).out)["controls"]
    said = call(
        "dispose", "INC-2", "--control-test", "T-19", "--as", "data_error", *REASON, "--second", "p-0002", "-w", judged
    )

    assert said.code == 0
    assert "INC-2: data error, said by p-0001, agreed by p-0002" in said.out
    assert "The outcome stays" in said.out
    status = call("status", "-w", judged).out
    assert "Dispositions of items by people: 1 data error. They change no outcome." in status
    after = json.loads(call("status", "--json", "-w", judged).out)
    assert after["controls"] == before
    assert after["dispositions"][0]["second_person"] == "p-0002"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["dispose", "INC-2", "--control-test", "T-19", "--as", "data_error", *REASON], "no second person"),
        (["dispose", "INC-2", "--control-test", "T-19", "--as", "data_error", *REASON, *AS_ANA[2:]], ONE_HUMAN),
        (["dispose", "INC-2", "--control-test", "T-19", "--as", "passed"], "Invalid value for '--as'"),
        (["sign-off", "soc2-2026", "--conclusion", "effective", "--role", "reviewer", *REASON], "nobody signed"),
        (["sign-off", "moon", "--conclusion", "effective", "--role", "preparer", *REASON], "no judgement of 'moon'"),
        (["answer", "rq-1", "--evidence", "ev-1"], "there is no request 'rq-1'"),
        (["request", "add", "moon", "x"], "there is no engagement 'moon'"),
        (["request", "add", "soc2-2026", "x", "--due", "soon"], "Invalid value for '--due'"),
        (["retention", "delete", "ev-1", *REASON, "--authority", "p-0001", "--second", "p-0001"], "again"),
        (["retention", "delete", "ev-1", *REASON, "--authority", "p-0001", "--second", "p-0002"], "it is kept until"),
        (["retention", "delete", "ev-1", *REASON, *AS_ANA], ONE_HUMAN),
        (["retention", "policy", "--apply"], "no reason"),
        (["retention", "policy", "--apply", *REASON, *AS_ANA[2:]], ONE_HUMAN),
        (["hold", "place", *REASON, "--authority", "p-0001"], "names nothing"),
        (["hold", "release", "hold-1", *REASON, "--authority", "p-0001", "--second", "p-0002"], "no hold 'hold-1'"),
        (["hold", "release", "hold-1", *REASON, *AS_ANA], ONE_HUMAN),
    ],
    ids=range(16),
)
def test_refusals_say_why_and_change_nothing(call: Call, judged_once: Path, arguments: list[str], message: str) -> None:
    before = size(judged_once)
    said = call(*arguments, "-w", judged_once)
    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert size(judged_once) == before


def test_preparer_and_reviewer_sign(call: Call, judged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sign = ("sign-off", "sox-fy2026", "--control", "OP-02", "--conclusion", "not_effective", *REASON, "-w", judged)
    prepared = call(*sign, "--role", "preparer")
    assert prepared.code == 0
    assert "OP-02: not effective, signed by p-0001 as preparer" in prepared.out
    assert "not an audit opinion" in prepared.out.lower()

    assert "signed this as preparer already" in call(*sign, "--role", "reviewer").err
    monkeypatch.setenv("TWOFOLD_ACTOR", "okta:ana")
    assert ONE_HUMAN in call(*sign, "--role", "reviewer").err
    monkeypatch.setenv("TWOFOLD_ACTOR", "p-0002")
    reviewed = json.loads(call(*sign, "--role", "reviewer", "--json").out)
    assert (reviewed["signed_by"], reviewed["role"], reviewed["control"]) == ("p-0002", "reviewer", "OP-02")
    assert "Signed off: OP-02 not effective by p-0001, preparer" in call("status", "-w", judged).out


def test_a_request_is_asked_answered_and_accepted(call: Call, judged: Path) -> None:
    asked = call("request", "add", "soc2-2026", "Page log of June", "--due", "2026-08-01", "-w", judged, "--json")
    request = json.loads(asked.out)["request_id"]
    assert "open 1" not in call("status", "-w", judged).out
    assert "Requests: 1 open" in call("status", "-w", judged).out
    answered = call("answer", request, "--evidence", "ev-3", "--note", "all of it", "-w", judged)
    assert f"{request} is submitted, answered with ev-3" in answered.out
    returned = call("request", "return", request, "--note", "June is missing", "-w", judged)
    assert "returned" in returned.out
    call("answer", request, "--evidence", "ev-4", "-w", judged)
    assert call("request", "accept", request, "-w", judged).code == 0
    listed = call("request", "list", "-w", judged).out
    assert f"{request}  accepted   soc2-2026: Page log of June, due 2026-08-01" in listed
    assert "answered by p-0001 with ev-3: all of it" in listed
    assert listed.endswith("1 request\n")
    assert (
        "is accepted, so 'withdraw' is not allowed"
        in call("request", "withdraw", request, "--note", "x", "-w", judged).err
    )


def test_order_has_an_exit_code(call: Call, judged: Path) -> None:
    assert call("order", "-w", judged).out == "every conclusion came after what it rests on\n"
    call("sign-off", "soc2-2026", "--conclusion", "effective", "--role", "preparer", *REASON, "-w", judged)
    call("dispose", "INC-2", "--control-test", "T-19", "--as", "confirmed", "-w", judged)

    said = call("order", "-w", judged)
    assert said.code == 1
    assert "Sign-off of soc2-2026 by p-0001 as preparer" in said.out
    assert "items were disposed of after it: INC-2" in " ".join(said.out.split())
    assert call("order", "--engagement", "sox-fy2026", "-w", judged).code == 0
    assert json.loads(call("order", "--json", "-w", judged).out)["in_order"] is False
    assert "Order: 1 flag on conclusions older than what they rest on" in call("status", "-w", judged).out


def test_retention_is_planned_and_its_policy_shown(call: Call, judged: Path) -> None:
    plan = call("retention", "plan", "-w", judged)
    assert plan.code == 0
    assert "pieces of evidence within the term of sox_relied (7 years)" in plan.out
    assert "0 pieces of evidence may be deleted" in plan.out
    assert "AS 1215" in call("retention", "policy", "-w", judged).out

    settings = judged / "twofold.toml"
    settings.write_text(settings.read_text() + "\n[retention]\nsox_relied_years = 10\n")
    assert "says other years than those in force" in call("retention", "policy", "-w", judged).out
    applied = call("retention", "policy", "--apply", *REASON, "-w", judged)
    assert "since entry" in applied.out
    assert "10 years" in applied.out
    settings.write_text(settings.read_text().replace("= 10", "= 6"))
    assert "'sox_relied_years' = 6 is fewer than 7" in call("status", "-w", judged).err


def test_holds_are_placed_listed_and_released(call: Call, judged: Path) -> None:
    place = ("hold", "place", "--engagement", "sox-fy2026", *REASON, "--authority", "p-0002", "-w", judged)
    placed = json.loads(call(*place, "--json").out)
    assert placed["covers"] > 3
    hold = placed["hold"]["hold"]
    assert f"{hold}  stands: sox-fy2026." in call("hold", "list", "-w", judged).out
    release = ("hold", "release", hold, *REASON, "--authority", "p-0002", "--second", "p-0003", "-w", judged)
    assert f"{hold}  released by p-0001" in call(*release).out
    assert call("hold", "list", "-w", judged).out.endswith("0 holds in force\n")
