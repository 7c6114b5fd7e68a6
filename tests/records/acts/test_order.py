"""Order proof: each thing out of order has its flag, and a log in order has none."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from twofold.model.evidence import EvidenceRef
from twofold.records.acts import answer, disposition, request, sign_off
from twofold.records.acts.disposition import DispositionKind
from twofold.records.acts.sign_off import SignedConclusion, SignOffRole
from twofold.vault.entry import Entry, EntryKind, make_entry
from twofold.vault.order import Disorder, OrderFlag, order_flags
from twofold.vault.reliance import entries_of
from twofold.vault.store import Vault

from .conftest import AT, HOUR, SHA, captured, judged, ran


def flags(vault: Vault) -> list[OrderFlag]:
    return order_flags(vault.entries(), entry_of=entries_of(vault.log))


def found(vault: Vault) -> list[Disorder]:
    return [flag.disorder for flag in flags(vault)]


def sign(vault: Vault, *, at: timedelta = HOUR, control: str | None = None) -> sign_off.SignOff:
    return sign_off.sign_off(
        vault,
        engagement="sox",
        control=control,
        conclusion=SignedConclusion.EFFECTIVE,
        role=SignOffRole.PREPARER,
        reason="read",
        judgement_sha256=SHA,
        acting_user="p-0001",
        at=AT + at,
    )


def give(vault: Vault, evidence: str, *, control: str | None = None, at: timedelta = HOUR) -> None:
    asked = request.ask(
        vault,
        engagement="sox",
        control=control,
        text="more",
        assigned_to="",
        due_on=None,
        acting_user="auditor",
        at=AT,
    )
    answer.answer(vault, request_id=asked.request_id, evidence=[evidence], note="", acting_user="p", at=AT + at)


def dispose(vault: Vault) -> None:
    disposition.dispose(
        vault,
        item="i-1",
        control_test="T-10",
        run_id="run-1",
        codes={"a": "exception:late"},
        kind=DispositionKind.CONFIRMED,
        reason="",
        second_person=None,
        acting_user="p-0001",
        at=AT,
    )


def test_a_log_in_order_has_no_flag(vault: Vault, judgement: Entry) -> None:
    dispose(vault)
    give(vault, "ev-3", at=0 * HOUR)
    sign(vault)
    assert flags(vault) == [], judgement


def test_evidence_captured_by_a_clock_ahead_of_the_conclusion(vault: Vault, tmp_path: Path) -> None:
    late = captured(vault, tmp_path, "late.csv", b"late", at=AT + HOUR)
    judged(vault, ran(vault, [late.evidence_id], at=AT + HOUR))
    told = flags(vault)
    assert [flag.disorder for flag in told] == [Disorder.RUN_LATER, Disorder.EVIDENCE_LATER]
    assert told[1].sentence.endswith(f"evidence of T-10 was captured after it: {late.evidence_id}.")
    assert told[1].sentence.startswith(f"Judgement of sox (entry {told[1].entry}, 2026-07-15T06:00:00Z): ")


def test_evidence_that_was_asked_for_after_the_conclusion(vault: Vault, tmp_path: Path) -> None:
    late = captured(vault, tmp_path, "late.csv", b"late", run_at=AT + HOUR)
    judged(vault, ran(vault, [late.evidence_id]))
    assert found(vault) == [Disorder.ASKED_LATER]


def test_a_run_older_than_its_inputs(vault: Vault, evidence: list[EvidenceRef]) -> None:
    later = f"ev-{vault.size + 1}"
    run = ran(vault, [evidence[0].evidence_id, later])
    captured(vault, vault.path, later, b"later")
    judged(vault, run)
    assert found(vault) == [Disorder.INPUT_LATER]


def test_inputs_captured_after_the_run_by_the_clock(vault: Vault, tmp_path: Path) -> None:
    late = captured(vault, tmp_path, "late.csv", b"late", at=AT + HOUR)
    judged(vault, ran(vault, [late.evidence_id]), at=AT + 2 * HOUR)
    assert found(vault) == [Disorder.INPUT_LATER]


def test_a_judgement_names_a_run_that_is_not_there(vault: Vault, run: Entry) -> None:
    judged(vault, run, runs=[["T-10", "run-1", run.index], ["T-11", "run-9", 0], ["T-12", "run-2", run.index]])
    assert found(vault) == [Disorder.RUN_MISSING, Disorder.RUN_MISSING]
    assert "the run run-9 of T-11" in flags(vault)[0].sentence


def test_what_people_said_after_the_judgement(vault: Vault, run: Entry, tmp_path: Path) -> None:
    said = captured(vault, tmp_path, "said.csv", b"said", at=AT + HOUR)
    number = int(said.evidence_id.removeprefix("ev-"))
    judged(vault, run, evidence=[[number, number]])
    assert found(vault) == [Disorder.EVIDENCE_LATER]


@pytest.mark.usefixtures("judgement")
def test_a_sign_off_before_its_judgement_by_the_clock(vault: Vault) -> None:
    sign(vault, at=-HOUR)
    told = found(vault)
    assert told[0] is Disorder.JUDGEMENT_LATER
    assert Disorder.EVIDENCE_LATER in told


def test_a_sign_off_on_a_judgement_that_is_not_there(vault: Vault, judgement: Entry) -> None:
    sign(vault)
    signed = next(vault.entries(kind=EntryKind.SIGN_OFF))
    for body in ({**signed.body, "judgement": 1}, {**signed.body, "judgement_sha256": "cd" * 32}):
        forged = make_entry(index=signed.index, kind="sign_off", at=AT + HOUR, actor="p", body=body)
        entries = [each if each.index != signed.index else forged for each in vault.entries()]
        told = order_flags(entries, entry_of=entries_of(vault.log))
        assert [flag.disorder for flag in told] == [Disorder.JUDGEMENT_MISSING], judgement


def test_a_sign_off_placed_before_the_judgement_in_the_log(vault: Vault, judgement: Entry) -> None:
    sign(vault)
    signed = next(vault.entries(kind=EntryKind.SIGN_OFF))
    early = make_entry(index=judgement.index - 1, kind="sign_off", at=AT + HOUR, actor="p", body=signed.body)
    entries = [early, *(each for each in vault.entries() if each.index != signed.index)]
    told = order_flags(entries, entry_of=entries_of(vault.log))
    assert [flag.disorder for flag in told] == [Disorder.JUDGEMENT_LATER]


def test_another_judgement_after_the_sign_off(vault: Vault, run: Entry, judgement: Entry) -> None:
    sign(vault)
    judged(vault, run, at=AT + 2 * HOUR)
    assert found(vault) == [], judgement

    judged(vault, run, at=AT + 3 * HOUR, judgement_sha256="cd" * 32)
    assert found(vault) == [Disorder.JUDGED_AGAIN]


@pytest.mark.usefixtures("judgement")
def test_an_answer_after_the_sign_off(vault: Vault) -> None:
    sign(vault)
    give(vault, "ev-3")
    told = flags(vault)
    assert [flag.disorder for flag in told] == [Disorder.ANSWER_LATER]
    assert "with ev-3" in told[0].sentence


@pytest.mark.parametrize(
    ("signed", "asked", "count"), [("CM-01", "CM-01", 1), ("CM-01", "CM-02", 0), (None, "CM-02", 1)]
)
@pytest.mark.usefixtures("judgement")
def test_an_answer_about_another_control_is_no_matter(vault: Vault, signed: str | None, asked: str, count: int) -> None:
    sign(vault, control=signed)
    give(vault, "ev-3", control=asked)
    assert found(vault) == [Disorder.ANSWER_LATER] * count


@pytest.mark.usefixtures("judgement")
def test_evidence_of_an_answer_captured_after_the_sign_off_by_the_clock(vault: Vault, tmp_path: Path) -> None:
    late = captured(vault, tmp_path, "late.csv", b"late", at=AT + 2 * HOUR)
    give(vault, late.evidence_id)
    sign(vault)
    assert found(vault) == [Disorder.EVIDENCE_LATER]


@pytest.mark.usefixtures("judgement")
def test_a_disposition_after_the_sign_off(vault: Vault) -> None:
    sign(vault)
    dispose(vault)
    told = flags(vault)
    assert [flag.disorder for flag in told] == [Disorder.DISPOSITION_LATER]
    assert "i-1 (entry" in told[0].sentence


@pytest.mark.usefixtures("judgement")
def test_a_later_sign_off_takes_the_place_of_a_flagged_one(vault: Vault) -> None:
    sign(vault)
    dispose(vault)
    assert flags(vault)[0].current
    sign(vault, at=2 * HOUR)
    assert [flag.current for flag in flags(vault)] == [False]
    assert flags(vault)[0].text.endswith("A later conclusion took its place.")


def test_only_the_wanted_engagement(vault: Vault, run: Entry) -> None:
    judged(vault, run, runs=[["T-11", "run-9", 0]])
    judged(vault, run, runs=[["T-11", "run-9", 0]], engagement="soc2")
    entries = list(vault.entries())
    wanted = order_flags(entries, entry_of=entries_of(vault.log), engagement="soc2")
    assert [flag.engagement for flag in wanted] == ["soc2"]


def test_a_package_that_shows_only_some_captures(vault: Vault, evidence: list[EvidenceRef], judgement: Entry) -> None:
    hidden: Callable[[int], Entry | None] = lambda _: None  # noqa: E731  a package's reader
    assert order_flags(vault.entries(), entry_of=hidden) == [], (evidence, judgement)


def test_many_are_counted(vault: Vault, tmp_path: Path) -> None:
    names = [captured(vault, tmp_path, f"{n}", b"%d" % n, run_at=AT + HOUR).evidence_id for n in range(8)]
    judged(vault, ran(vault, names))
    assert flags(vault)[0].sentence.endswith(f"{', '.join(names[:5])} and 3 more.")
