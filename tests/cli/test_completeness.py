"""Completeness records on the command line: read, sign, and when a signature lapses."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from twofold.jobs.clock import now

from .conftest import export_entry

Call = Callable[..., Any]
SIGN = ("completeness", "sign", "incident_opened", "--reason", "read the query with the tracker's owner")


def sox_result(call: Call, root: Path) -> dict[str, Any]:
    return results(call, root)["sox-fy2026"]


def results(call: Call, root: Path) -> dict[str, dict[str, Any]]:
    """Test and judge; return what each engagement says of incidents."""
    assert call("test", "T-19", "-w", root).code == 0
    assert call("judge", "-w", root).code == 0
    found = {}
    for path in (root / ".twofold" / "judgements").glob("*/judgement.json"):
        body = json.loads(path.read_text(encoding="utf-8"))
        (control,) = [each for each in body["controls"] if each["control_id"] == "OP-02"]
        found[path.parent.name] = control["results"][0]
    return found


def capture_signatures(call: Call, root: Path, folder: Path, lines: Sequence[str], *, record: str = "") -> None:
    """Capture signatures that were given outside of Twofold: conclusion, person, moment; under a record or any."""
    # Under a name of its own, since a second file of one name replaces the first.
    file = folder / f"signatures-{len(list(folder.glob('signatures-*.csv')))}.csv"
    text = "".join(f"incident_opened,{each},{record}\n" for each in lines)
    file.write_text(f"population,conclusion,signed_by,signed_at,record_sha256\n{text}", encoding="utf-8")
    more = ("--source", "csvtable", "--kind", "completeness_signature", "--query", "signed on paper")
    run = ("--run-by", "p-0002", "--run-at", "2026-06-01T10:00:00Z")
    assert call("capture", file, *more, *run, "-w", root).code == 0


def test_a_record_is_listed_and_shown(call: Call, judged_once: Path) -> None:
    listed = call("completeness", "list", "-w", judged_once)
    assert "incident_opened" in listed.out
    shown = call("completeness", "show", "incident_opened", "-w", judged_once)
    assert "Signed by: nobody yet." in shown.out
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
    shown = json.loads(call("completeness", "show", "incident_opened", "--json", "-w", judged).out)
    assert (shown["signed_by"], shown["refused_by"]) == ("", "p-0001")
    assert "Signed by: p-0001, as not complete." in call("completeness", "show", "incident_opened", "-w", judged).out
    listed = " ".join(call("completeness", "list", "-w", judged).out.split())
    assert "p-0001, as not complete" in listed


@pytest.mark.parametrize("conclusions", [("complete", "not_complete"), ("Not complete", "complete")])
def test_of_two_signatures_of_one_moment_the_refusal_counts(
    call: Call, judged: Path, tmp_path: Path, conclusions: Sequence[str]
) -> None:
    assert call(*SIGN, "--conclusion", "complete", "-w", judged).code == 0
    moment = now().isoformat()
    said = [f"{conclusion},p-000{who},{moment}" for who, conclusion in enumerate(conclusions, 1)]
    capture_signatures(call, judged, tmp_path, said)
    refused = 1 + [each.casefold().startswith("not") for each in conclusions].index(True)
    judgements = results(call, judged)
    assert judgements.keys() == {"soc2-2026", "sox-fy2026"}
    for found in judgements.values():
        assert found["completeness_signed_by"] == ""
        assert found["stops"] == [f"p-000{refused} concluded that the population incident_opened is not complete"]


def test_a_refusal_of_the_same_day_counts_where_nobody_can_tell_which_came_last(
    call: Call, judged: Path, tmp_path: Path
) -> None:
    capture_signatures(
        call, judged, tmp_path, ["not_complete,p-0001,2026-07-10", "complete,p-0002,2026-07-10T15:00:00Z"]
    )
    assert sox_result(call, judged)["stops"] != []
    capture_signatures(call, judged, tmp_path, ["complete,p-0002,2026-07-12T15:00:00Z"])
    found = sox_result(call, judged)
    assert (found["stops"], found["completeness_signed_by"]) == ([], "p-0002")


def test_two_approvals_of_one_moment_are_no_contradiction(call: Call, judged: Path, tmp_path: Path) -> None:
    capture_signatures(call, judged, tmp_path, [f"complete,p-000{who},2026-07-10T15:00:00Z" for who in (1, 2)])
    assert sox_result(call, judged)["completeness_signed_by"] == "p-0001"


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


def test_a_captured_signature_of_who_has_a_part_in_the_control_does_not_count(
    call: Call, judged: Path, tmp_path: Path
) -> None:
    capture_signatures(call, judged, tmp_path, ["complete,p-0001,2026-06-01T09:00:00Z"])
    assert sox_result(call, judged)["completeness_signed_by"] == "p-0001"
    assigned = "controls: [{id: OP-02, owner: p-0002, performer: p-0001}]\n"
    (judged / "scope" / "controls.yaml").write_text(assigned, encoding="utf-8")
    assert call("scope", "apply", "--reason", "who does what", "-w", judged).code == 0
    assert sox_result(call, judged)["completeness_signed_by"] == ""
    capture_signatures(call, judged, tmp_path, ["not_complete,p-0001,2026-06-01T09:30:00Z"])
    assert sox_result(call, judged)["stops"] == ["p-0001 concluded that the population incident_opened is not complete"]


def test_who_has_a_part_does_not_sign_under_another_name(
    call: Call, judged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account, the HR id that goes on from the one with the part, its e-mail address, an account with that."""
    (judged / "scope" / "people.yaml").write_text(
        """
        people: [{id: p-0009, name: Ana, email: ana@acme.example}]
        controls: [{id: OP-02, owner: p-0002, performer: p-0001}]
        """,
        encoding="utf-8",
    )
    assert call("scope", "apply", "--reason", "who does what", "-w", judged).code == 0
    more = tmp_path / "hr"
    more.mkdir()
    jobs = "id,person,type,started_at,follows\nE-1,p-0001,contractor,2024-01-01,\nE-2,p-0009,employee,2025-01-01,E-1\n"
    (more / "engagement.csv").write_text(jobs, encoding="utf-8")
    accounts = "id,system,kind,status,email\ntracker:ana,product,human,active,ana@acme.example\n"
    (more / "account.csv").write_text(accounts, encoding="utf-8")
    entries = [export_entry("engagement.csv", "engagement", 2), export_entry("account.csv", "account", 1)]
    (more / "exports.toml").write_text("".join(entries), encoding="utf-8")
    assert call("capture", more, "-w", judged).code == 0
    signers = ["p-0003", "okta:ana", "Okta:Ana ", "p-0009", "ana@acme.example", "tracker:ana"]
    later = [f"complete,{signer},2026-06-01T0{hour}:00:00Z" for hour, signer in enumerate(signers)]
    capture_signatures(call, judged, tmp_path, later)
    assert sox_result(call, judged)["completeness_signed_by"] == "p-0003", "the newest of somebody without a part"
    for signer in signers[1:]:
        monkeypatch.setenv("TWOFOLD_ACTOR", signer)
        said = call(*SIGN, "--conclusion", "complete", "-w", judged)
        assert said.code == 2
        assert f"{signer.strip()} has a part in OP-02, tested on incident_opened" in " ".join(said.err.split())


def test_a_signature_that_does_not_count_lifts_no_refusal(call: Call, judged: Path, tmp_path: Path) -> None:
    assert call(*SIGN, "--conclusion", "not_complete", "-w", judged).code == 0
    refused = ["p-0001 concluded that the population incident_opened is not complete"]
    later = f"complete,p-0002,{now().isoformat()}"
    capture_signatures(call, judged, tmp_path, [later], record="0" * 64)
    for found in results(call, judged).values():
        assert (found["stops"], found["completeness_signed_by"]) == (refused, ""), "under another record"
    assigned = "controls: [{id: OP-02, owner: p-0001, performer: p-0002}]\n"
    (judged / "scope" / "controls.yaml").write_text(assigned, encoding="utf-8")
    assert call("scope", "apply", "--reason", "who does what", "-w", judged).code == 0
    capture_signatures(call, judged, tmp_path, [later])
    for found in results(call, judged).values():
        assert (found["stops"], found["completeness_signed_by"]) == (refused, ""), "of who performs the control"


def test_a_later_refusal_of_another_record_ends_a_signature_under_any(call: Call, judged: Path, tmp_path: Path) -> None:
    capture_signatures(call, judged, tmp_path, ["complete,p-0002,2026-07-10T15:00:00Z"])
    assert sox_result(call, judged)["completeness_signed_by"] == "p-0002"
    capture_signatures(call, judged, tmp_path, ["not_complete,p-0001,2026-07-11T15:00:00Z"], record="0" * 64)
    found = sox_result(call, judged)
    assert (found["stops"], found["completeness_signed_by"]) == ([], "")


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


def test_exports_wait_for_the_longest_window_of_the_control_tests(call: Call, judged: Path) -> None:
    def early() -> dict[str, Any]:
        assert call("test", "T-19", "-w", judged).code == 0
        body = json.loads(call("completeness", "show", "incident_opened", "--json", "-w", judged).out)["record"]
        found: dict[str, Any] = {each["code"]: each for each in body["checks"]}["early_extraction"]
        return found

    found = early()
    assert (found["result"], len(found["details"])) == ("note", 1)
    assert found["details"][0].endswith(": run 2026-07-10")
    said = "run at or after 2026-07-11 00:00 UTC: the period ends on 2026-07-01 00:00"
    assert found["expected"] == f"{said}, then cause_days of T-19 runs (10 days)"
    shorter = "parameters: [{control_test: T-19, name: cause_days, value: 5, reason: our policy, approver: p-0001}]\n"
    (judged / "scope" / "parameters.yaml").write_text(shorter, encoding="utf-8")
    assert call("scope", "apply", "--reason", "our policy", "-w", judged).code == 0
    found = early()
    assert (found["result"], found["details"]) == ("ok", [])
    assert "then cause_days of T-19 runs (5 days)" in found["expected"]


TRANSFERS = """\
id,interface,transferred_at,status,source_sum
TR-1,billing-to-ledger,2026-03-02T10:00:00Z,success,100000
TR-2,billing-to-ledger,2026-04-02T10:00:00Z,success,23456
"""


def test_a_total_of_the_source_that_differs_stops_until_a_named_person_explains_it(
    call: Call, judged: Path, tmp_path: Path
) -> None:
    exports = {
        "transfer": TRANSFERS,
        "job_run": "id,job,status\n",
        "schedule_event": "id,job,occurred_at\n",
        "interface": "id,system,valid_from\nbilling-to-ledger,product,2026-01-01\n",
    }
    folder = tmp_path / "finance"
    folder.mkdir()
    for name, text in exports.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    entries = [export_entry(f"{name}.csv", name, text.count("\n") - 1) for name, text in exports.items()]
    entries[0] = entries[0].replace("query", 'totals = { source_sum = "123466.00" }\nquery')
    (folder / "exports.toml").write_text("".join(entries), encoding="utf-8")
    captured = call("capture", folder, "-w", judged)
    assert "source_sum: 123456 in the records read, the source said 123466.00" in captured.out
    assert "the population will not count as complete" in " ".join(captured.out.split())

    tested = call("test", "T-23", "-w", judged)
    assert tested.code == 3
    assert "control_total: 1 of 1 totals differ from what the source said" in " ".join(tested.out.split())
    ((number, transfers),) = transfers_of(call, judged)
    assert transfers == [{"field": "source_sum", "stated": "123466.00", "read": "123456", "agrees": False, "fault": ""}]
    shown = " ".join(call("completeness", "show", "job_and_transfer", "-w", judged).out.split())
    assert "Sums agree with the totals of the source" in shown
    assert "Totals of the source: source_sum: 123456 in the records read, the source said 123466.00" in shown
    assert "Totals of the source: none stated" in shown, "of the other exports"

    said = tmp_path / "explained.csv"
    head = "population,difference_key,reason,explained_by,explained_at\n"
    line = f"job_and_transfer,{number} source_sum,One test booking on the screen,p-0002,2026-07-11T10:00:00Z\n"
    said.write_text(head + line, encoding="utf-8")
    more = ("--source", "csvtable", "--kind", "difference_explanation", "--query", "Written by finance")
    run = ("--run-by", "p-0002", "--run-at", "2026-07-10T06:00:00Z")
    assert call("capture", said, *more, *run, "-w", judged).code == 0
    assert call("test", "T-23", "-w", judged).code == 0
    shown = " ".join(call("completeness", "show", "job_and_transfer", "-w", judged).out.split())
    assert "p-0002: One test booking on the screen" in shown


def transfers_of(call: Call, root: Path) -> list[tuple[str, Any]]:
    """Return evidence and totals of each export of transfers, as the record of their population shows them."""
    body = json.loads(call("completeness", "show", "job_and_transfer", "--json", "-w", root).out)
    return [
        (each["evidence_id"], each["totals"]) for each in body["record"]["extractions"] if each["table"] == "transfer"
    ]


def test_a_total_is_stated_for_one_file_and_sealed_as_it_was_said(call: Call, judged: Path, tmp_path: Path) -> None:
    file = tmp_path / "transfer.csv"
    file.write_text(TRANSFERS, encoding="utf-8")
    more = ("--source", "csvtable", "--kind", "transfer", "--query", "ledger, all transfers")
    run = ("--run-by", "p-0002", "--run-at", "2026-07-10T06:00:00Z", "--json", "-w", judged)
    said = call("capture", file, *more, "--total", "source_sum=123456.00", "--total", "target_sum=7", *run)
    (one,) = json.loads(said.out)
    agreeing, missing = one["totals"]
    assert (agreeing["stated"], agreeing["read"], agreeing["agrees"]) == ("123456.00", "123456", True)
    assert missing["fault"] == "no record has the field 'target_sum' (did you mean 'source_sum'?)"
    entry = json.loads(call("log", "show", "--kind", "capture", "--json", "-w", judged).out)[-1]
    assert entry["body"]["provenance"]["totals"] == [["source_sum", "123456.00"], ["target_sum", "7"]]


@pytest.mark.parametrize(
    ("total", "words"),
    [
        ("123", "'123' is not FIELD=TOTAL, such as amount=1234567.89"),
        ("amount=1,000.00", "the total of 'amount' is '1,000.00'; expected a decimal such as 1234567.89"),
        ("=5", "'=5' is not FIELD=TOTAL"),
    ],
)
def test_a_total_that_is_none_is_refused(call: Call, judged: Path, tmp_path: Path, total: str, words: str) -> None:
    file = tmp_path / "transfer.csv"
    file.write_text(TRANSFERS, encoding="utf-8")
    said = call("capture", file, "--source", "csvtable", "--kind", "transfer", "--total", total, "-w", judged)
    assert said.code == 2
    assert words in " ".join(said.err.split())
