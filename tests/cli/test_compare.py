"""What changed and why: each cause on its own, two at once told apart, and two periods."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from twofold.controltests.rule import load_rule, rule_named
from twofold.jobs import control_tests

from .conftest import export_entry

Call = Callable[..., Any]


def capture_one_more(
    call: Call,
    root: Path,
    folder: Path,
    *,
    responded: str = "2026-05-02T10:05:00Z",
    run_at: str = "2026-07-10T06:00:00Z",
) -> None:
    folder.mkdir()
    head = "id,severity,systems,reported_at,opened_at,responded_at"
    incident = f"{head}\nINC-3,sev3,product,2026-05-02T10:00:00Z,2026-05-02T10:00:00Z,{responded}\n"
    (folder / "incident3.csv").write_text(incident, encoding="utf-8")
    (folder / "pages3.csv").write_text("id,incident,opened_at\nPD-3,INC-3,2026-05-02T10:00:00Z\n", encoding="utf-8")
    entries = [export_entry("incident3.csv", "incident", 1), export_entry("pages3.csv", "pager_incident", 1)]
    told = "".join(entries).replace("2026-07-10T06:00:00Z", run_at)
    (folder / "exports.toml").write_text(told, encoding="utf-8")
    assert call("capture", folder, "-w", root).code == 0


def set_parameter(call: Call, root: Path, text: str) -> None:
    file = root / "scope" / "all.yaml"
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")
    assert call("scope", "apply", "--reason", "agreed", "-w", root).code == 0


def again(call: Call, root: Path) -> dict[str, Any]:
    assert call("test", "T-19", "-w", root).code == 0
    said = call("compare", "T-19", "--json", "-w", root)
    assert said.code == 0, said.err
    shown: dict[str, Any] = json.loads(said.out)
    return shown


LATER = (
    "parameters:\n  - {control_test: T-19, name: response_minutes_sev3, value: 100000, reason: r, approver: p-0002}\n"
)


def test_new_data(call: Call, judged: Path, tmp_path: Path) -> None:
    capture_one_more(call, judged, tmp_path / "more")
    shown = again(call, judged)
    assert {each["cause"] for each in shown["inputs"]} == {"data"}
    assert [(each["item"], each["before"]) for each in shown["items"]] == [("INC-3", None)]
    assert {tuple(causes) for causes in shown["items"][0]["causes"].values()} == {("data",)}
    said = call("compare", "T-19", "-w", judged)
    assert "2 items the same, 1 new, 0 gone, 0 came out otherwise" in said.out


def test_a_newer_export_alone_is_no_change_of_the_scope(call: Call, judged: Path, tmp_path: Path) -> None:
    """Rows of the scope files are dated by the newest extraction; that date is data, and the scope is as it was."""
    capture_one_more(call, judged, tmp_path / "more", run_at="2026-07-11T06:00:00Z")
    shown = again(call, judged)
    assert {each["cause"] for each in shown["inputs"]} == {"data"}
    assert {tuple(causes) for causes in shown["items"][0]["causes"].values()} == {("data",)}
    set_parameter(call, judged, LATER)
    capture_one_more(call, judged, tmp_path / "again", run_at="2026-07-12T06:00:00Z")
    assert "scope" in {each["cause"] for each in again(call, judged)["inputs"]}, "the scope was applied in between"


def test_another_text_of_the_rule(call: Call, judged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = rule_named("T-19", where="test")
    folder = tmp_path / "T-19"
    shutil.copytree(ours.folder, folder, ignore=shutil.ignore_patterns("cases"))
    sql = (folder / "rule.sql").read_text(encoding="utf-8")
    (folder / "rule.sql").write_text(
        sql.replace("'exception:slow_response'", "'exception:no_response'"), encoding="utf-8"
    )
    changed = load_rule(folder)
    assert changed.sql != ours.sql
    monkeypatch.setattr(control_tests, "rule_named", lambda *_, **__: changed)
    shown = again(call, judged)
    assert {each["cause"] for each in shown["inputs"]} == {"rule"}
    assert shown["items"][0]["item"] == "INC-2"
    assert shown["items"][0]["causes"]["B"] == ["rule"]


def test_a_parameter_and_new_data_are_told_apart(call: Call, judged: Path, tmp_path: Path) -> None:
    capture_one_more(call, judged, tmp_path / "more", responded="2026-05-04T10:05:00Z")
    set_parameter(call, judged, LATER)
    shown = again(call, judged)
    assert {"data", "parameter"} <= {each["cause"] for each in shown["inputs"]}
    assert shown["told_apart"]
    causes = {each["item"]: each["causes"]["B"] for each in shown["items"]}
    assert causes["INC-2"] == ["parameter"]
    # It is new with the data, and its code came with the parameter. A scope that was applied anew is new data, too.
    assert causes["INC-3"] == ["data", "scope", "parameter"]
    assert "data or scope, parameter" in call("compare", "T-19", "-w", judged).out
    assert "response_minutes_sev3 was 480, is 100000" in call("compare", "T-19", "-w", judged).out


def test_a_parameter_without_an_effect_hides_nothing(call: Call, judged: Path) -> None:
    set_parameter(call, judged, LATER.replace("100000", "481"))
    shown = again(call, judged)
    assert {"scope", "parameter"} <= {each["cause"] for each in shown["inputs"]}
    assert (shown["same"], shown["items"], shown["told_apart"]) == (2, [], True)
    assert "causes are not told apart" not in call("compare", "T-19", "-w", judged).out


def test_another_engine_is_named_as_a_possible_cause(call: Call, judged: Path) -> None:
    (folder,) = (judged / ".twofold" / "runs").glob("run-*")
    outcomes, record = folder / "outcomes.parquet", folder / "run.json"
    changed = duckdb.read_parquet(str(outcomes)).project("* REPLACE ('pass' AS B)").order("item")
    changed.write_parquet(str(folder / "changed.parquet"))
    (folder / "changed.parquet").replace(outcomes)
    record.write_text(record.read_text(encoding="utf-8").replace("duckdb", "another"), encoding="utf-8")
    set_parameter(call, judged, LATER.replace("100000", "481"))
    shown = again(call, judged)
    assert {"engine", "scope", "parameter"} <= {each["cause"] for each in shown["inputs"]}
    assert [(each["item"], each["causes"]["B"]) for each in shown["items"]] == [("INC-2", ["scope", "engine"])]
    assert "scope or engine" in call("compare", "T-19", "-w", judged).out


def stop_next_run(call: Call, root: Path) -> str:
    """Test over a longer period than the exports speak for; give the id of the run that was stopped."""
    file = root / "scope" / "all.yaml"
    longer = "  - {id: sox-next, lens: sox, starts_on: 2026-01-01, ends_on: 2026-12-31}\n"
    file.write_text(file.read_text(encoding="utf-8") + longer, encoding="utf-8")
    assert call("scope", "apply", "--reason", "the whole year", "-w", root).code == 0
    assert "stopped at period_coverage" in call("test", "T-19", "-w", root).out
    entries = json.loads(call("log", "show", "--kind", "run", "--json", "-w", root).out)
    return str(entries[-1]["body"]["run_id"])


def test_a_run_that_was_stopped_is_passed_over_and_told(call: Call, judged: Path, tmp_path: Path) -> None:
    before = (judged / "scope" / "all.yaml").read_text(encoding="utf-8")
    stopped = stop_next_run(call, judged)
    refused = call("compare", "T-19", "-w", judged)
    assert refused.code == 2
    assert "the log has 1 different runs of 'T-19' with outcomes, and 1 that was stopped" in refused.err

    (judged / "scope" / "all.yaml").write_text(before, encoding="utf-8")
    assert call("scope", "apply", "--reason", "as it was", "-w", judged).code == 0
    capture_one_more(call, judged, tmp_path / "more")
    shown = again(call, judged)
    assert [(each["item"], each["before"]) for each in shown["items"]] == [("INC-3", None)]
    assert shown["passed_over"] == [stopped]
    assert stopped not in {shown["older"], shown["newer"]}
    told = f"passed over, since it was stopped and has no outcomes: {stopped}"
    assert told in call("compare", "T-19", "-w", judged).out
    assert json.loads(call("compare", shown["older"], shown["newer"], "--json", "-w", judged).out)["passed_over"] == []

    newest = stop_next_run(call, judged)
    once_more = json.loads(call("compare", "T-19", "--json", "-w", judged).out)
    assert (once_more["older"], once_more["newer"]) == (shown["older"], shown["newer"])
    assert once_more["passed_over"] == [stopped, newest]
    refused = call("compare", shown["older"], newest, "-w", judged)
    assert (refused.code, "so it has no outcomes" in refused.err) == (2, True)


def test_two_periods(call: Call, judged: Path) -> None:
    text = (judged / "scope" / "all.yaml").read_text(encoding="utf-8")
    later = "  - {id: sox-h1, lens: sox, starts_on: 2026-01-01, ends_on: 2026-03-31}\n"
    (judged / "scope" / "all.yaml").write_text(text + later, encoding="utf-8")
    for command in (("scope", "apply", "--reason", "half a year"), ("test", "T-19"), ("judge",)):
        assert call(*command, "-w", judged).code == 0
    said = call("compare", "sox-h1", "sox-fy2026", "-w", judged)
    assert "0 + 0 of 1" in said.out
    assert "1 + 0 of 2" in said.out
    shown = json.loads(call("compare", "sox-h1", "sox-fy2026", "--json", "-w", judged).out)
    (control,) = [each for each in shown["controls"] if each["control_id"] == "OP-02"]
    assert control["tests"] == [{"control_test": "T-19", "before": [1, 0, 0], "now": [2, 1, 0]}]
    assert shown["findings_new"]
    assert not shown["findings_again"]


def test_two_periods_say_how_far_each_judgement_reaches(call: Call, judged: Path) -> None:
    day = "starts_on: 2026-03-02, ends_on: 2026-03-02"
    with (judged / "scope" / "all.yaml").open("a", encoding="utf-8") as file:
        file.write(f"  - {{id: soc2-one, lens: soc2, type: type1, {day}, categories: [security]}}\n")
    for command in (("scope", "apply", "--reason", "a report on one day"), ("judge",)):
        assert call(*command, "-w", judged).code == 0
    shown = json.loads(call("compare", "soc2-one", "soc2-2026", "--json", "-w", judged).out)
    ((engagement, told),) = shown["reach"]
    assert engagement == "soc2-one"
    assert told.startswith("Type 1, as of 2026-03-02: operation over a period is not tested")
    said = " ".join(call("compare", "soc2-one", "soc2-2026", "-w", judged).out.split())
    assert f"soc2-one: {told}" in said


def test_a_test_without_counts_takes_no_system_away(call: Call, judged: Path) -> None:
    later = "  - {id: sox-2025, lens: sox, starts_on: 2025-01-01, ends_on: 2025-12-31}\n"
    with (judged / "scope" / "all.yaml").open("a", encoding="utf-8") as file:
        file.write(later)
    for command in (("scope", "apply", "--reason", "the year before"), ("judge",)):
        assert call(*command, "-w", judged).code == 0
    shown = json.loads(call("compare", "sox-fy2026", "sox-2025", "--json", "-w", judged).out)
    (control,) = [each for each in shown["controls"] if each["control_id"] == "OP-02"]
    assert control["tests"] == [{"control_test": "T-19", "before": [2, 1, 0], "now": None}]
    assert (control["systems_new"], control["systems_gone"]) == ([], [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["T-19"], "the log has 1 different runs of 'T-19'"),
        (["run-zzz", "run-zzz"], "there is no run 'run-zzz'"),
        (["soc2-2026", "sox-fy2026"], "two engagements of one lens"),
        (["soc2-2026", "moon"], "'moon' was not judged"),
    ],
)
def test_refusals_say_why(call: Call, judged_once: Path, arguments: list[str], message: str) -> None:
    said = call("compare", *arguments, "-w", judged_once)
    assert (said.code, said.out) == (2, "")
    assert message in said.err
