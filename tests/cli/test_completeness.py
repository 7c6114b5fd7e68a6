"""Completeness records on the command line: read, sign, and when a signature lapses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twofold.jobs.clock import now

from .conftest import export_entry

Call = Callable[..., Any]
SIGN = ("completeness", "sign", "incident_opened", "--reason", "read the query with the tracker's owner")


def sox_result(call: Call, root: Path) -> dict[str, Any]:
    assert call("test", "T-19", "-w", root).code == 0
    assert call("judge", "-w", root).code == 0
    body = json.loads((root / ".twofold" / "judgements" / "sox-fy2026" / "judgement.json").read_text(encoding="utf-8"))
    (control,) = [each for each in body["controls"] if each["control_id"] == "OP-02"]
    result: dict[str, Any] = control["results"][0]
    return result


def test_a_record_is_listed_and_shown(call: Call, judged_once: Path) -> None:
    listed = call("completeness", "list", "-w", judged_once)
    assert "incident_opened" in listed.out
    shown = call("completeness", "show", "incident_opened", "-w", judged_once)
    assert "Second source: pager, status page and security mailbox." in " ".join(shown.out.split())
    assert "Query, verbatim: tracker, all incident" in shown.out
    assert "No filter in the query can hide rows" in shown.out
    body = json.loads(call("completeness", "show", "incident_opened", "--json", "-w", judged_once).out)
    assert body["record"]["extractions"][0]["query"] == "tracker, all incident"
    assert "there is no record of 'incidents'" in call("completeness", "show", "incidents", "-w", judged_once).err


def test_a_signature_counts_for_the_record_that_was_seen(call: Call, judged: Path, tmp_path: Path) -> None:
    said = call(*SIGN, "--conclusion", "complete", "-w", judged)
    assert "incident_opened: complete, signed by p-0001." in said.out
    assert sox_result(call, judged)["completeness_signed_by"] == "p-0001"
    more = tmp_path / "more"
    more.mkdir()
    incident = "id,severity,systems,opened_at\nINC-3,sev3,product,2026-05-02T10:00:00Z\n"
    (more / "incident3.csv").write_text(incident, encoding="utf-8")
    (more / "pages3.csv").write_text("id,incident,opened_at\nPD-3,INC-3,2026-05-02T10:00:00Z\n", encoding="utf-8")
    entries = [export_entry("incident3.csv", "incident", 1), export_entry("pages3.csv", "pager_incident", 1)]
    (more / "exports.toml").write_text("".join(entries), encoding="utf-8")
    assert call("capture", more, "-w", judged).code == 0
    assert sox_result(call, judged)["completeness_signed_by"] == "", "the record changed, so somebody looks again"
    call(*SIGN, "--conclusion", "complete", "-w", judged)
    assert sox_result(call, judged)["completeness_signed_by"] == "p-0001"
    call(*SIGN, "--conclusion", "not_complete", "-w", judged)
    found = sox_result(call, judged)
    assert found["completeness_signed_by"] == ""
    assert found["stops"] == ["p-0001 concluded that the population incident_opened is not complete"]


def test_two_signatures_of_one_moment_that_disagree_conclude_nothing(call: Call, judged: Path, tmp_path: Path) -> None:
    assert call(*SIGN, "--conclusion", "complete", "-w", judged).code == 0
    assert sox_result(call, judged)["completeness_signed_by"] == "p-0001"
    file = tmp_path / "signatures.csv"
    head = "population,conclusion,signed_by,signed_at\n"
    said = ("complete,p-0001", "not_complete,p-0002")
    moment = now().isoformat()
    file.write_text(head + "".join(f"incident_opened,{each},{moment}\n" for each in said), encoding="utf-8")
    more = ("--source", "csvtable", "--kind", "completeness_signature", "--query", "signed on paper")
    run = ("--run-by", "p-0002", "--run-at", "2026-06-01T10:00:00Z")
    assert call("capture", file, *more, *run, "-w", judged).code == 3, "the conflict is told"
    assert sox_result(call, judged)["completeness_signed_by"] == ""


def test_a_stopped_record_cannot_be_called_complete(call: Call, applied: Path, export_folder: Path) -> None:
    (export_folder / "pager_incident.csv").write_text(
        "id,incident,opened_at\nPD-9,,2026-05-02T10:00:00Z\n", encoding="utf-8"
    )
    text = (export_folder / "exports.toml").read_text(encoding="utf-8")
    (export_folder / "exports.toml").write_text(
        text.replace("claimed_count = 2\n", "claimed_count = 1\n", 2).replace(
            "claimed_count = 1\n", "claimed_count = 2\n", 1
        ),
        encoding="utf-8",
    )
    call("capture", export_folder, "-w", applied)
    assert call("test", "T-19", "-w", applied).code == 3
    said = call(*SIGN, "--conclusion", "complete", "-w", applied)
    assert said.code == 2
    assert "the checks stop incident_opened" in said.err
    assert call(*SIGN, "--conclusion", "not_complete", "-w", applied).code == 0


def test_a_signature_needs_a_reason(call: Call, judged_once: Path) -> None:
    said = call(
        "completeness", "sign", "incident_opened", "--conclusion", "complete", "--reason", " ", "-w", judged_once
    )
    assert (said.code, "no reason is given" in said.err) == (2, True)


def test_who_has_a_part_in_a_control_that_is_tested_on_it_does_not_sign(call: Call, judged: Path) -> None:
    assigned = "controls: [{id: OP-02, owner: p-0002, performer: p-0001}, {id: CM-01, owner: p-0001}]\n"
    (judged / "scope" / "controls.yaml").write_text(assigned, encoding="utf-8")
    assert call("scope", "apply", "--reason", "who does what", "-w", judged).code == 0
    for conclusion in ("complete", "not_complete"):
        said = call(*SIGN, "--conclusion", conclusion, "-w", judged)
        assert said.code == 2
        assert "p-0001 has a part in OP-02, tested on incident_opened" in " ".join(said.err.split())


def test_a_stop_of_one_control_test_is_not_hidden_by_another_one_of_the_same_population(
    call: Call, judged: Path, tmp_path: Path
) -> None:
    assert call("test", "T-10", "-w", judged).code == 3, "nothing feeds it yet"
    released = tmp_path / "deployment.csv"
    released.write_text("id,system,environment,completed_at,status\n", encoding="utf-8")
    more = ("--source", "csvtable", "--kind", "deployment", "--query", "every release", "--claimed-count", "0")
    run = ("--run-by", "p-0002", "--run-at", "2026-07-10T06:00:00Z", "--period-from", "2026-01-01")
    assert call("capture", released, *more, *run, "--period-to", "2026-07-01", "-w", judged).code == 0
    assert call("test", "T-11", "-w", judged).code == 0

    body = json.loads(call("completeness", "show", "change_item", "--json", "-w", judged).out)
    assert (body["conclusion"], body["control_tests"], body["differing"]) == ("stopped", ["T-10", "T-11"], ["T-11"])
    listed = " ".join(call("completeness", "list", "-w", judged).out.split())
    assert "T-10, T-11 (another record)" in listed
    shown = " ".join(call("completeness", "show", "change_item", "-w", judged).out.split())
    assert "The newest run of T-11 rests on another record: run 'twofold test'." in shown
    assert call("test", "T-10", "-w", judged).code == 0
    body = json.loads(call("completeness", "show", "change_item", "--json", "-w", judged).out)
    assert (body["conclusion"], body["differing"]) == ("complete", [])
