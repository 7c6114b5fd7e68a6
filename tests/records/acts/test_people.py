"""Acts of people one by one: what each records, and what it refuses."""

import hashlib
from datetime import date
from typing import Any

import pytest

from twofold.engagement.request import Request, RequestAct, RequestState
from twofold.model.evidence import EvidenceRef
from twofold.model.problem import UserError
from twofold.records.acts import answer, disposition, export, login, request, sign_off
from twofold.records.acts.disposition import DispositionKind
from twofold.records.acts.export import Exported
from twofold.records.acts.recording import record, recording
from twofold.records.acts.sign_off import SignedConclusion, SignOffRole
from twofold.vault.act_bodies import BodyError, check_body
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.store import Vault

from .conftest import AT, SHA, judged, ran


def dispose(vault: Vault, **changed: Any) -> disposition.Disposition:
    asked: dict[str, Any] = {
        "item": "i-1",
        "control_test": "T-10",
        "run_id": "run-1",
        "codes": {"a": "pass", "b": "exception:late"},
        "kind": DispositionKind.DATA_ERROR,
        "reason": "the export lost the zone",
        "second_person": "p-0002",
        "acting_user": "p-0001",
        "at": AT,
        **changed,
    }
    return disposition.dispose(vault, **asked)


def sign(vault: Vault, **changed: Any) -> sign_off.SignOff:
    asked: dict[str, Any] = {
        "engagement": "sox",
        "control": "CM-01",
        "conclusion": SignedConclusion.EFFECTIVE,
        "role": SignOffRole.PREPARER,
        "reason": "read the workpapers",
        "judgement_sha256": SHA,
        "acting_user": "p-0001",
        "at": AT,
        **changed,
    }
    return sign_off.sign_off(vault, **asked)


def ask(vault: Vault) -> Request:
    return request.ask(
        vault,
        engagement="sox",
        control=None,
        text="Tickets of June",
        assigned_to="p-0003",
        due_on=date(2026, 8, 1),
        acting_user="auditor",
        at=AT,
    )


def change(vault: Vault, request_id: str, act: RequestAct, note: str = "because") -> Request:
    return request.change_request(vault, request_id=request_id, act=act, note=note, acting_user="auditor", at=AT)


def give(vault: Vault, request_id: str, evidence: list[str]) -> Request:
    return answer.answer(vault, request_id=request_id, evidence=evidence, note="", acting_user="p-0003", at=AT)


def test_a_disposition_names_run_item_and_what_the_rule_said(vault: Vault, run: Entry) -> None:
    done = dispose(vault)

    entry = vault.entry(done.entry)
    assert entry.kind == "disposition"
    assert entry.body["run"] == run.index
    assert entry.body["codes"] == [["a", "pass"], ["b", "exception:late"]]
    assert (entry.actor, entry.body["second_person"]) == ("p-0001", "p-0002")


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"reason": " "}, "no reason"),
        ({"second_person": None}, "no second person"),
        ({"second_person": " "}, "no second person"),
        ({"second_person": " P-0001 "}, "first person again"),
        ({"run_id": "run-2"}, "not the newest run"),
        ({"control_test": "T-11"}, "not the newest run"),
        ({"kind": DispositionKind.CONFIRMED, "codes": {"a": "pass", "b": "na:x"}}, "nothing to confirm"),
        ({"codes": {"a": "pass"}, "reason": ""}, "no reason"),
    ],
    ids=range(8),
)
@pytest.mark.usefixtures("run")
def test_dispositions_that_are_refused(vault: Vault, changed: dict[str, Any], found: str) -> None:
    size = vault.size
    with pytest.raises(UserError, match=found):
        dispose(vault, **changed)
    assert vault.size == size


@pytest.mark.usefixtures("run")
def test_what_is_not_softer_than_the_rule_needs_no_second_person(vault: Vault) -> None:
    confirmed = dispose(vault, kind=DispositionKind.CONFIRMED, reason="", second_person=None)
    harsher = dispose(vault, item="i-2", codes={"a": "pass"}, second_person=None)
    unproven = dispose(vault, item="i-3", codes={"a": "cannot_test:x"})
    assert (confirmed.second_person, harsher.second_person, unproven.second_person) == (None, None, "p-0002")


@pytest.mark.usefixtures("run")
def test_the_newest_disposition_on_the_newest_run_counts(vault: Vault) -> None:
    dispose(vault)
    dispose(vault, kind=DispositionKind.CONFIRMED)
    dispose(vault, item="i-2")
    assert [each.current for each in disposition.dispositions(vault)] == [False, True, True]

    ran(vault, [], run_id="run-2")
    assert not any(each.current for each in disposition.dispositions(vault))


def test_a_sign_off_names_the_judgement(vault: Vault, judgement: Entry) -> None:
    entry = vault.entry(sign(vault).entry)
    assert (entry.body["judgement"], entry.body["judgement_sha256"]) == (judgement.index, SHA)
    assert entry.body["prepared"] is None


def test_without_a_judgement_nothing_is_signed(vault: Vault, run: Entry) -> None:
    with pytest.raises(UserError, match="no judgement of 'sox'"):
        sign(vault)
    judged(vault, run, engagement="soc2")
    with pytest.raises(UserError, match="one of soc2"):
        sign(vault)


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"reason": ""}, "no reason"),
        ({"control": "CM-09"}, "no control 'CM-09'"),
        ({"judgement_sha256": "cd" * 32}, "not the one that entry"),
        ({"role": SignOffRole.REVIEWER}, "nobody signed CM-01 as preparer"),
        ({"role": SignOffRole.REVIEWER, "control": None}, "nobody signed sox as preparer"),
    ],
    ids=range(5),
)
@pytest.mark.usefixtures("judgement")
def test_sign_offs_that_are_refused(vault: Vault, changed: dict[str, Any], found: str) -> None:
    size = vault.size
    with pytest.raises(UserError, match=found):
        sign(vault, **changed)
    assert vault.size == size


@pytest.mark.usefixtures("judgement")
def test_nobody_reviews_what_they_prepared(vault: Vault) -> None:
    prepared = sign(vault)
    with pytest.raises(UserError, match="signed this as preparer already"):
        sign(vault, role=SignOffRole.REVIEWER, acting_user="P-0001 ")

    reviewed = sign(vault, role=SignOffRole.REVIEWER, acting_user="p-0002")
    assert reviewed.prepared == prepared.entry
    with pytest.raises(UserError, match="signed this as reviewer already"):
        sign(vault, acting_user="p-0002")


@pytest.mark.usefixtures("judgement")
def test_one_of_several_preparers_does_not_review_either(vault: Vault) -> None:
    sign(vault)
    sign(vault, acting_user="p-0002")
    with pytest.raises(UserError, match="signed this as preparer already"):
        sign(vault, role=SignOffRole.REVIEWER)


def test_a_sign_off_counts_until_another_judgement_is_made(vault: Vault, run: Entry, judgement: Entry) -> None:
    sign(vault)
    judged(vault, run)
    assert [each.current for each in sign_off.sign_offs(vault)] == [True], judgement

    judged(vault, run, judgement_sha256="cd" * 32)
    assert [each.current for each in sign_off.sign_offs(vault)] == [False]


def test_a_request_from_asking_to_acceptance(vault: Vault, evidence: list[EvidenceRef]) -> None:
    asked = ask(vault)
    assert (asked.request_id, asked.state) == (f"rq-{asked.entry}", RequestState.OPEN)

    assert give(vault, asked.request_id, ["ev-1"]).state is RequestState.SUBMITTED
    assert change(vault, asked.request_id, RequestAct.RETURN).state is RequestState.RETURNED
    given = give(vault, asked.request_id, [evidence[1].evidence_id, "ev-3", "ev-3"])
    assert [each.evidence for each in given.answers] == [("ev-1",), ("ev-2", "ev-3")]
    accepted = change(vault, asked.request_id, RequestAct.ACCEPT, "")
    assert (accepted.state, request.all_requests(vault).by_id[asked.request_id]) == (RequestState.ACCEPTED, accepted)


@pytest.mark.usefixtures("evidence")
def test_answers_that_are_refused(vault: Vault) -> None:
    asked = ask(vault).request_id
    size = vault.size
    for evidence, found in (([], "no evidence is named"), (["ev-99"], "no evidence 'ev-99'"), (["ev-0"], "ev-0")):
        with pytest.raises(UserError, match=found):
            give(vault, asked, evidence)
    with pytest.raises(UserError, match=f"there is no request 'rq-1'[\\s\\S]*one of {asked}"):
        give(vault, "rq-1", ["ev-1"])
    with pytest.raises(UserError, match="no evidence is named"):
        give(vault, asked, [])
    assert vault.size == size
    change(vault, asked, RequestAct.WITHDRAW)
    with pytest.raises(UserError, match="is withdrawn, so 'answer' is not allowed"):
        give(vault, asked, ["ev-1"])


def test_a_return_says_why_and_nothing_else_changes_a_request(vault: Vault) -> None:
    asked = ask(vault).request_id
    with pytest.raises(UserError, match="no reason"):
        change(vault, asked, RequestAct.WITHDRAW, " ")
    with pytest.raises(UserError, match="'accept' is not allowed"):
        change(vault, asked, RequestAct.ACCEPT)
    with pytest.raises(ValueError, match="is not a change"):
        change(vault, asked, RequestAct.ANSWER)
    with pytest.raises(UserError, match="nothing is asked"):
        request.ask(
            vault, engagement="sox", control=None, text=" ", assigned_to="", due_on=None, acting_user="a", at=AT
        )


def test_a_log_in_and_an_export_are_entries(vault: Vault) -> None:
    came = login.log_in(vault, engagements=["sox"], organisation="Firm", method="passkey", acting_user="auditor", at=AT)
    left = export.record_export(
        vault, what=Exported.SCOPE, name="scope", files={"b": b"\2" * 32, "a": b"\1" * 32}, acting_user="p", at=AT
    )
    assert (came.kind, came.actor) == ("login", "auditor")
    assert (left.kind, left.body["files"], left.body["log_size"]) == ("export", 2, came.index + 1)
    printed_by_sha256sum = f"{'01' * 32}  a\n{'02' * 32}  b\n"
    assert left.body["sha256"] == hashlib.sha256(printed_by_sha256sum.encode()).hexdigest()
    with pytest.raises(UserError, match="no engagement"):
        login.log_in(vault, engagements=[], organisation="", method="", acting_user="a", at=AT)


def test_a_body_of_other_fields_is_not_written(vault: Vault) -> None:
    body: dict[str, Any] = {"evidence": ["ev-1"], "note": "", "request": "rq-1"}
    check_body(EntryKind.ANSWER, body)
    cases: list[tuple[dict[str, Any], str]] = [
        ({**body, "more": 1}, "more is not a field"),
        ({"evidence": [], "note": ""}, "request is missing"),
        ({**body, "evidence": [1]}, "evidence is \\[1\\]"),
    ]
    for wrong, found in cases:
        with pytest.raises(BodyError, match=found):
            record(vault, EntryKind.ANSWER, body=wrong, acting_user="p", at=AT)
    with pytest.raises(BodyError, match="no kind"):
        record(vault, "dream", body={}, acting_user="p", at=AT)
    assert vault.size == 1


def test_an_act_that_fails_leaves_nothing(vault: Vault) -> None:
    body: dict[str, Any] = {"evidence": ["ev-1"], "note": "", "request": "rq-1"}

    def act() -> None:
        with recording(vault) as recorder:
            recorder.append(EntryKind.ANSWER, body=body, acting_user="p", at=AT)
            raise UserError([])

    with pytest.raises(UserError):
        act()
    assert vault.size == 1


def test_kinds_and_fields_of_later_versions_are_read(vault: Vault) -> None:
    vault.append("dream", body={"any": 1}, actor="p", at=AT)
    vault.append(
        EntryKind.REQUEST,
        body={**vault.entry(ask(vault).entry).body, "priority": "high"},
        actor="auditor",
        at=AT,
    )
    assert len(request.all_requests(vault).by_id) == 2
