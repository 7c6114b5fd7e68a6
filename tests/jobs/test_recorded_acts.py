"""What the real jobs write: each entry has the body of its kind, and names the entries it rests on."""

import hashlib
from pathlib import Path

import pytest

from twofold.engagement.request import RequestAct
from twofold.jobs.acts import answer_request, ask, change_request, dispose, requests, sign
from twofold.jobs.judge import judge
from twofold.jobs.order import order, order_sentences
from twofold.jobs.scope import export_scope
from twofold.jobs.status import workspace_status
from twofold.model.problem import UserError
from twofold.records.acts.disposition import DispositionKind
from twofold.records.acts.sign_off import SignedConclusion, SignOffRole
from twofold.records.workspace import Workspace
from twofold.vault.act_bodies import check_body
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.evidence import evidence_id_of
from twofold.vault.evidence_list import evidence_numbers
from twofold.vault.order import Disorder

from .conftest import AT, INCIDENT, SIGNATURE, USED, id_of, judged, put


def newest(workspace: Workspace, kind: EntryKind) -> Entry:
    return list(workspace.vault.entries(kind=kind))[-1]


def sign_control(workspace: Workspace) -> None:
    sign(
        workspace,
        "sox",
        control="OP-02",
        conclusion=SignedConclusion.NOT_EFFECTIVE,
        role=SignOffRole.PREPARER,
        reason="late answers",
        actor="p-0001",
        at=AT,
    )


def test_a_whole_engagement_in_the_log(judged_workspace: Workspace, tmp_path: Path) -> None:
    workspace = judged_workspace
    used, signature = id_of(workspace, USED), id_of(workspace, SIGNATURE)
    dispose(
        workspace,
        "INC-1",
        control_test="T-19",
        kind=DispositionKind.CONFIRMED,
        reason="",
        second_person=None,
        actor="p-0001",
        at=AT,
    )
    asked = ask(
        workspace, "sox", control=None, text="the page log", assigned_to="", due_on=None, actor="auditor", at=AT
    )
    answer_request(workspace, asked.request_id, evidence=[used], note="", actor="p-0001", at=AT)
    change_request(workspace, asked.request_id, RequestAct.ACCEPT, note="", actor="auditor", at=AT)
    sign_control(workspace)
    export_scope(workspace, tmp_path / "scope", actor="p-0001", at=AT)

    seen = set()
    for entry in workspace.vault.entries():
        check_body(entry.kind, entry.body)
        seen.add(entry.kind)
    assert seen >= {
        EntryKind.LOG,
        EntryKind.CAPTURE,
        EntryKind.SCOPE_APPLY,
        EntryKind.NORMALISE,
        EntryKind.POPULATION,
        EntryKind.ROW_COMMITMENT,
        EntryKind.RUN,
        EntryKind.JUDGEMENT,
        EntryKind.DISPOSITION,
        EntryKind.REQUEST,
        EntryKind.ANSWER,
        EntryKind.SIGN_OFF,
        EntryKind.EXPORT,
    }
    _check_links(workspace, used, signature)
    assert [each.state for each in requests(workspace, engagement="sox")] == ["accepted"]
    assert requests(workspace, engagement="soc2") == []
    assert order(workspace) == []
    status = workspace_status(workspace)
    assert [each.item for each in status.disposed] == ["INC-1"]
    assert [each.control for each in status.signed] == ["OP-02"]
    assert (status.requests, status.order) == ([], [])


def _check_links(workspace: Workspace, used: str, signature: str) -> None:
    vault = workspace.vault
    judgement = next(each for each in vault.entries(kind=EntryKind.JUDGEMENT) if each.body["engagement"] == "sox")
    ((test, run_id, index),) = judgement.body["runs"]
    run = vault.entry(index)
    assert (test, run.kind, run.body["run_id"]) == ("T-19", "run", run_id)
    relied = {evidence_id_of(number) for number in evidence_numbers(run)}
    assert used in relied
    assert signature not in relied
    assert [evidence_id_of(number) for number in evidence_numbers(judgement)] == [signature]
    assert vault.entry(run.body["normalise"]).kind == "normalise"
    population = vault.entry(run.body["population"])
    assert (population.kind, population.body["count"]) == ("population", 1)
    folder = workspace.runs_folder / run_id
    assert run.body["run_sha256"] == hashlib.sha256((folder / "run.json").read_bytes()).hexdigest()
    folder = workspace.judgements_folder / "sox"
    for field, name in (("judgement_sha256", "judgement.json"), ("findings_sha256", "findings.json")):
        assert judgement.body[field] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    assert judgement.body["verdicts"] == [
        [each.stem, hashlib.sha256(each.read_bytes()).hexdigest()] for each in sorted(folder.glob("*.parquet"))
    ]


def test_tables_and_populations_are_recorded_when_they_change(judged_workspace: Workspace) -> None:
    workspace = judged_workspace
    judged(workspace, "sox")

    def count(kind: EntryKind) -> int:
        return len(list(workspace.vault.entries(kind=kind)))

    kinds = (EntryKind.NORMALISE, EntryKind.POPULATION, EntryKind.RUN, EntryKind.JUDGEMENT)
    assert [count(kind) for kind in kinds] == [1, 1, 2, 2]

    put(workspace, "more.csv", INCIDENT.replace("INC-1", "INC-2"))
    judged(workspace, "sox")
    assert [count(kind) for kind in kinds] == [2, 2, 3, 3]


def test_evidence_after_the_sign_off_is_flagged_once_it_is_an_answer(judged_workspace: Workspace) -> None:
    workspace = judged_workspace
    sign_control(workspace)
    asked = ask(workspace, "sox", control="OP-02", text="more", assigned_to="", due_on=None, actor="auditor", at=AT)
    late = put(workspace, "late.csv", INCIDENT.replace("INC-1", "INC-2"))
    answer_request(workspace, asked.request_id, evidence=[late], note="", actor="p-0001", at=AT)

    assert [flag.disorder for flag in order(workspace)] == [Disorder.ANSWER_LATER]
    assert [flag.disorder for flag in workspace_status(workspace).order] == [Disorder.ANSWER_LATER]
    assert late in order_sentences(workspace, ["sox"])[0]
    assert order_sentences(workspace, ["soc2"]) == []


def test_a_judgement_that_was_edited_is_not_signed(judged_workspace: Workspace) -> None:
    workspace = judged_workspace
    file = workspace.judgements_folder / "sox" / "judgement.json"
    file.write_bytes(file.read_bytes().replace(b"not effective", b"effective    "))
    with pytest.raises(UserError, match="is not the one that entry"):
        sign_control(workspace)
    file.unlink()
    with pytest.raises(UserError, match="the judgement is missing"):
        sign_control(workspace)


def test_a_run_that_the_log_does_not_know_is_not_judged(judged_workspace: Workspace) -> None:
    workspace = judged_workspace
    latest = workspace.runs_folder / "latest.json"
    run_id = newest(workspace, EntryKind.RUN).body["run_id"]
    (workspace.runs_folder / run_id).rename(workspace.runs_folder / "run-0000")
    latest.write_bytes(latest.read_bytes().replace(run_id.encode(), b"run-0000"))
    run_file = workspace.runs_folder / "run-0000" / "run.json"
    run_file.write_bytes(run_file.read_bytes().replace(run_id.encode(), b"run-0000"))
    from_before = workspace.vault.size
    with pytest.raises(UserError, match="the log does not hold the run run-0000"):
        judge_only(workspace)
    assert workspace.vault.size == from_before


def judge_only(workspace: Workspace) -> None:
    judge(workspace, ["sox"], actor="p-0001", at=AT)


@pytest.mark.parametrize(
    ("engagement", "control", "found"),
    [("sex", None, "no engagement 'sex'"), ("sox", "CM-99", "no control 'CM-99'")],
)
def test_a_request_is_about_what_the_scope_has(
    workspace: Workspace, engagement: str, control: str | None, found: str
) -> None:
    with pytest.raises(UserError, match=found):
        ask(workspace, engagement, control=control, text="x", assigned_to="", due_on=None, actor="a", at=AT)


def test_a_disposition_is_about_an_item_of_the_newest_run(workspace: Workspace, judged_once: Path) -> None:
    def try_it(tried: Workspace, item: str, test: str) -> None:
        dispose(
            tried,
            item,
            control_test=test,
            kind=DispositionKind.CONFIRMED,
            reason="",
            second_person=None,
            actor="p-0001",
            at=AT,
        )

    with pytest.raises(UserError, match=r"T-19 was not run[\s\S]*none was run yet"):
        try_it(workspace, "INC-1", "T-19")
    with Workspace.open(judged_once) as judged_before:
        with pytest.raises(UserError, match="no outcome of the item 'INC-9'"):
            try_it(judged_before, "INC-9", "T-19")
        with pytest.raises(UserError, match=r"T-20 was not run[\s\S]*one of T-19"):
            try_it(judged_before, "INC-1", "T-20")
