"""Answers as evidence with history, what buyers said, and measures from runs."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from twofold.catalog.load import load_catalog
from twofold.jobs.advice.advise import advise_categories, advise_reply, advise_stage, advise_window
from twofold.jobs.advice.answers_file import Written, read_answers, template_files
from twofold.jobs.advice.interview import record_answers, write_templates
from twofold.jobs.advice.measured import measure
from twofold.jobs.advice.said import read_said
from twofold.jobs.normalise import clock_of, evidence_to_read
from twofold.model.problem import UserError
from twofold.records.workspace import Workspace
from twofold.scope.advice.measured import Measured
from twofold.scope.advice.start_gate import Gate

from .conftest import AT, judged, put

NEXT_DAY = AT + timedelta(days=1)
PROMISES = (
    "id,customer,category,promise,valid_to\nc-1,Northwind,Availability,99.9% uptime,\nc-2,X,privacy,Care,2026-07-15\n"
)
REQUESTS = (
    "id,customer,asks,needed_by,fiscal_year_end,public_company,system\n"
    "r-1,Northwind,type2;availability,2026-12-31,12-31,true,product\n"
    "r-2,Contoso,SOX,,31 Dec,,\n"
)


def answer(
    workspace: Workspace, question: str, text: str, *, at: datetime = AT, on: date | None = None
) -> tuple[str, ...]:
    return record_answers(workspace, [Written("here", question, text, on)], actor="p-0001", at=at).recorded


def test_a_changed_answer_replaces_the_older_one_and_the_history_stays(workspace: Workspace) -> None:
    answer(workspace, "ipo_planned", "no")
    answer(workspace, "reporting_company", "no")
    answer(workspace, "ipo_planned", "yes", at=NEXT_DAY)
    said = read_said(workspace)

    assert said.answers.get("ipo_planned") == "yes"
    history = [(each.answer, each.answered_at) for each in said.given if each.question == "ipo_planned"]
    assert history == [("yes", NEXT_DAY), ("no", AT)]
    held = said.current["ipo_planned"]
    assert held.answered_by == "p-0001"
    assert said.answers.data("ipo_planned") == ("answer: ipo_planned = yes", f"evidence: {held.evidence}")
    assert len({each.evidence for each in said.given}) == 3


def test_an_answer_that_says_nothing_new_is_not_captured(workspace: Workspace) -> None:
    answer(workspace, "ipo_planned", "no", on=date(2026, 7, 1))
    before = workspace.vault.size

    assert answer(workspace, "ipo_planned", "no") == ()
    assert answer(workspace, "ipo_day", "") == ()
    assert workspace.vault.size == before
    assert answer(workspace, "ipo_planned", "no", on=date(2026, 7, 2)) == ("ipo_planned",)
    assert read_said(workspace).current["ipo_planned"].answered_at.date() == date(2026, 7, 2)


def test_an_answer_can_be_taken_back(workspace: Workspace) -> None:
    answer(workspace, "finance_owner", "yes")
    answer(workspace, "finance_owner", "", at=NEXT_DAY)
    said = read_said(workspace)

    assert said.answers.get("finance_owner") is None
    assert "finance_owner" in said.answers.unanswered
    assert [each.answer for each in said.given] == ["", "yes"]


@pytest.mark.parametrize(
    ("text", "on", "found"),
    [
        ("yes", date(2026, 7, 16), "answered on 2026-07-16"),
        ("yes", date(2026, 7, 10), "another answer to ipo_planned, of 2026-07-10; the one in force is of 2026-07-10"),
        ("yes", date(2026, 7, 9), "another answer to ipo_planned, of 2026-07-09; the one in force is of 2026-07-10"),
    ],
)
def test_a_day_that_cannot_be_is_refused_with_all_others(workspace: Workspace, text: str, on: date, found: str) -> None:
    answer(workspace, "ipo_planned", "no", on=date(2026, 7, 10))
    before = workspace.vault.size
    both = [Written("a", "ipo_planned", text, on), Written("b", "finance_owner", "yes")]

    with pytest.raises(UserError, match=found):
        record_answers(workspace, both, actor="p-0001", at=AT)
    assert workspace.vault.size == before


def test_two_answers_of_one_moment_decide_nothing(workspace: Workspace) -> None:
    head = "question,answered_at,answer,answered_by\n"
    for name, text in (("one.csv", "no"), ("two.csv", "yes")):
        put(workspace, name, f"{head}ipo_planned,2026-07-01,{text},p-1\n", kind="interview_answer")
    put(
        workspace,
        "odd.csv",
        f"{head}weather,2026-07-01,fine,p-1\nfloat_usd,2026-07-01,much,p-1\n",
        kind="interview_answer",
    )
    said = read_said(workspace)

    assert said.answers.values == {}
    assert [each.found for each in said.faults] == [
        "'much' is no answer to float_usd: a whole number",
        "two answers to ipo_planned are of one moment",
        "'weather' is no question of the interview",
    ]


def test_what_was_never_captured_is_not_the_same_as_none(workspace: Workspace) -> None:
    assert read_said(workspace).promises is None
    put(workspace, "promises.csv", PROMISES.partition("\n")[0] + "\n", kind="customer_promise")
    assert read_said(workspace).promises == []
    put(workspace, "promises.csv", PROMISES, kind="customer_promise")
    put(workspace, "requests.csv", REQUESTS, kind="buyer_request")
    said = read_said(workspace)

    assert said.promises is not None
    assert [(each.category, each.holds_on(date(2026, 7, 15))) for each in said.promises] == [
        ("availability", True),
        ("privacy", False),
    ]
    assert said.requests is not None
    northwind, contoso = said.requests
    assert (northwind.asks, northwind.needed_by) == (frozenset({"type2", "availability"}), date(2026, 12, 31))
    assert (contoso.asks, contoso.fiscal_year_end, contoso.public_company) == (frozenset({"sox"}), "", None)
    assert [each.found for each in said.faults] == ["'31 Dec' is no fiscal year end"]


def test_answers_make_no_data_newer(judged_workspace: Workspace) -> None:
    applied = judged_workspace.applied_scope()
    before = clock_of(evidence_to_read(judged_workspace), applied)
    answer(judged_workspace, "ipo_planned", "no", at=NEXT_DAY)

    assert clock_of(evidence_to_read(judged_workspace), applied) == before


def test_measures_are_of_the_last_days_before_the_datas_clock(judged_workspace: Workspace) -> None:
    incidents = (
        "id,severity,systems,opened_at,responded_at,closed_at\n"
        "INC-1,sev3,wiki,2026-04-11T06:00:00Z,2026-04-11T06:01:00Z,2026-04-12\n"
        "INC-2,sev3,wiki,2026-04-11T05:59:59Z,2026-04-11T06:01:00Z,2026-04-12\n"
        "INC-3,sev3,wiki,2026-07-01T06:00:00Z,2026-07-01T06:01:00Z,2026-07-02\n"
    )
    put(judged_workspace, "used.csv", incidents, systems=["wiki"])
    judged(judged_workspace, "soc2")
    applied = judged_workspace.applied_scope()
    assert applied is not None
    controls = [load_catalog().control("OP-02")]
    measured = measure(judged_workspace, controls, applied.scope)

    assert measured.clock == date(2026, 7, 10)
    (found,) = measured.tests
    assert (found.state, found.items, found.recent_items, found.recent_exceptions) == ("tested", 3, 2, 2)
    assert measure(judged_workspace, controls, None) == Measured()


def test_advice_on_a_workspace_and_again(judged_workspace: Workspace) -> None:
    answer(judged_workspace, "reporting_company", "yes")
    put(judged_workspace, "promises.csv", PROMISES, kind="customer_promise")
    put(judged_workspace, "requests.csv", REQUESTS, kind="buyer_request")

    categories = advise_categories(judged_workspace, on=None, at=AT)
    assert advise_categories(judged_workspace, on=None, at=NEXT_DAY - timedelta(hours=8)) == categories
    assert [each.warning for each in categories.warnings] == ["promise_without_category", "request_without_category"]
    assert advise_stage(judged_workspace, on=None, at=AT).result.stages.known == "pre_ipo"
    reply = advise_reply(judged_workspace, "r-2", on=None, at=AT).reply
    assert reply.draft[0].data[0] == "answer: reporting_company = yes"
    window = advise_window(judged_workspace, starts_on=date(2027, 1, 1), months=4, on=date(2026, 8, 1), at=AT)
    assert (window.window.chosen.last, window.on) == (date(2027, 4, 30), date(2026, 8, 1))
    assert window.gate.gate is Gate.CLOSED


def test_what_cannot_be_advised_is_said_and_nothing_written(applied_once: Path) -> None:
    with Workspace.open(applied_once) as opened:
        before = opened.vault.size
        with pytest.raises(UserError, match="there is no buyer's request 'r-9'"):
            advise_reply(opened, "r-9", on=None, at=AT)
        with pytest.raises(UserError, match="1999-01-01 lies outside what the rules know"):
            advise_stage(opened, on=date(1999, 1, 1), at=AT)
        with pytest.raises(UserError, match="0 months"):
            advise_window(opened, starts_on=None, months=0, on=None, at=AT)
        assert opened.vault.size == before


def test_templates_hold_what_was_answered_and_can_be_read_back(workspace: Workspace, tmp_path: Path) -> None:
    answer(workspace, "money_near", "billing;payments")
    paths = write_templates(workspace, tmp_path / "fill")

    assert [each.name for each in paths] == ["answers.csv", "promises.csv", "requests.csv"]
    assert [(each.question, each.answer) for each in read_answers(paths[0])] == [("money_near", "billing;payments")]
    with pytest.raises(UserError, match="lies there already"):
        write_templates(workspace, tmp_path / "fill")


def test_a_toml_file_of_answers(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(
        'answered_on = 2026-07-01\nanswered_by = "p-2"\nnote = "board paper"\n'
        '[answers]\nipo_planned = true\nipo_day = 2028-02-29\nfloat_usd = 75_000_000\nmoney_near = ["billing"]\n'
        'finance_owner = "-"\n',
        encoding="utf-8",
    )
    read = read_answers(path)

    assert {each.question: each.answer for each in read} == {
        "ipo_planned": "yes",
        "ipo_day": "2028-02-29",
        "float_usd": "75000000",
        "money_near": "billing",
        "finance_owner": "",
    }
    assert {(each.answered_on, each.answered_by, each.note) for each in read} == {
        (date(2026, 7, 1), "p-2", "board paper")
    }


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.txt", b"", "ends in '.txt'"),
        ("a.csv", b"\xff\xfe", "is no UTF-8 text"),
        ("a.csv", b"question\nx\n", "no column 'answer'"),
        ("a.csv", b"question,answer,wrong\nx,y,z\n", "unknown column 'wrong'"),
        ("a.csv", b"question,answer\nipo_planned\n", "more or fewer cells"),
        ("a.csv", b'question,answer\n"ipo_planned,yes\n', "no CSV"),
        ("a.csv", b"question,answer\nipo_plan,yes\n", "did you mean 'ipo_planned'"),
        ("a.csv", b"question,answer\nipo_planned,perhaps\n", "'perhaps' is no answer"),
        ("a.csv", b"question,answer\nipo_planned,yes\nipo_planned,no\n", "stands twice"),
        ("a.csv", b"question,answer,note\nipo_planned,yes,\x1b[31m\n", "a control character in note"),
        ("a.csv", b"question,answer,note\nipo_planned,yes," + b"x" * 1001 + b"\n", "note has 1,001 characters"),
        ("a.csv", b"question,answer,answered_on\nipo_planned,yes,yesterday\n", "Invalid isoformat"),
        ("a.toml", b"[answers\n", "no TOML"),
        ("a.toml", b"answers = 3\n", "'answers' is no table"),
        ("a.toml", b"wrong = 3\n", "unknown key 'wrong'"),
        ("a.csv", b"x" * (1024 * 1024 + 1), "larger than a megabyte"),
    ],
)
def test_a_faulty_file_is_told_about(tmp_path: Path, name: str, content: bytes, found: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(UserError) as caught:
        read_answers(path)
    assert found in str(caught.value)


def test_the_template_names_every_question_with_its_help() -> None:
    sheet = template_files({})["answers.csv"]

    assert "(only if reporting_company = no)" in sheet
    assert sheet.count("\n") >= 27
