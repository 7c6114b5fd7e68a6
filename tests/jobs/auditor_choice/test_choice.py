"""The choice of a firm in a workspace: the brief names nobody, and a decision keeps what was known."""

from datetime import timedelta
from pathlib import Path

import pytest

from twofold.engagement.auditor_choice.anonymity import telling
from twofold.engagement.auditor_choice.identifying import terms
from twofold.engagement.auditor_choice.shortlist import State, Verdict
from twofold.jobs.auditor_choice.choice import (
    brief_of,
    check_text,
    choice,
    decide,
    import_proposals,
    need_of,
    proposals_template,
    tell_need,
)
from twofold.jobs.auditor_choice.names import company_names
from twofold.model.problem import UserError
from twofold.records.workspace import Workspace

from ..conftest import AT, put

TODAY = AT.date()
NEED = {
    "industry": "retail",
    "budget_low": "20000",
    "budget_high": "60000",
    "currency": "USD",
    "start_by": "2026-09-01",
    "report_by": "2026-12-31",
    "first_audit": "true",
}
HEAD = (
    "firm,engagement,stated_on,licensed,licence_id,licence_state,peer_review_on,peer_review_result,designed_controls,"
    "tool_advice,financial_interest,audits_financials,tests_for_management,staff_ties,types,categories,industries,"
    "earliest_start,report_on,capacity,fee_low,fee_high,currency,itgc_knowledge\n"
)
SOUND = (
    "{firm},soc2,2026-07-01,true,7,New York,2025-06-30,pass,false,false,false,false,false,false,type2,security,retail,"
    "2026-08-01,2026-11-30,true,{low},{high},USD,{itgc}\n"
)
GOOD = SOUND.format(firm="Example CPA LLP", low=30000, high=40000, itgc="true")
UNSURE = SOUND.format(firm="Unsure & Co", low=20000, high=21000, itgc="").replace(",pass,", ",,")
BARRED = SOUND.format(firm="Cheap LLC", low=20000, high=20000, itgc="true").replace("pass,false", "pass,true")


def given(workspace: Workspace, *rows: str, hours: int = 1) -> int:
    path = workspace.root.parent / "offers.csv"
    path.write_text(HEAD + "".join(rows), encoding="utf-8")
    number, _ = import_proposals(workspace, path, actor="p-0001", at=AT + timedelta(hours=hours))
    return number


@pytest.fixture
def asked(workspace: Workspace) -> Workspace:
    tell_need(workspace, "", NEED, actor="p-0001", at=AT)
    assert given(workspace, GOOD, UNSURE, BARRED) == 3
    return workspace


def test_the_need_is_told_bit_by_bit(workspace: Workspace) -> None:
    tell_need(workspace, "", {"industry": "retail"}, actor="p-0001", at=AT)
    told, evidence = tell_need(workspace, "", {"first_audit": "false"}, actor="p-0001", at=AT + timedelta(hours=1))
    assert (told.industry, told.first_audit, told.asked) == ("retail", False, "type2")
    assert told.where.startswith(evidence)
    with pytest.raises(UserError, match="without a currency"):
        tell_need(workspace, "", {"budget_low": "1", "budget_high": "2"}, actor="p-0001", at=AT + timedelta(hours=2))
    assert need_of(workspace, "").budget_low is None


def test_firms_stand_listed_asked_and_dropped(asked: Workspace) -> None:
    state = choice(asked, "", today=TODAY)
    assert [(each.proposal.firm, each.state) for each in state.candidates] == [
        ("Example CPA LLP", State.LISTED),
        ("Unsure & Co", State.ASK),
        ("Cheap LLC", State.DROPPED),
    ]


def test_an_answer_that_comes_later_replaces_what_a_firm_said(asked: Workspace) -> None:
    given(asked, UNSURE.replace("Unsure & Co", "UNSURE & CO.").replace("2025-06-30,,", "2025-06-30,pass,"), hours=2)
    state = choice(asked, "", today=TODAY)
    assert {each.proposal.firm: each.state for each in state.candidates}["Unsure & Co"] is State.LISTED
    assert len(state.candidates) == 3


def test_a_decision_keeps_who_why_what_was_known_and_the_alternatives(asked: Workspace) -> None:
    decide(asked, "", "example cpa", reason="fits", despite="", actor="p-0002", at=AT + timedelta(hours=3))
    given(asked, GOOD.replace(",pass,", ",fail,"), hours=4)

    (decision,) = choice(asked, "", today=TODAY).decisions
    assert (decision.firm, decision.decided_by, decision.reason, decision.despite) == (
        *("Example CPA LLP", "p-0002", "fits"),
        "",
    )
    assert decision.decided_at == "2026-07-15T09:00:00Z"
    assert {each.firm: (each.state, each.failed, each.asked) for each in decision.considered} == {
        "Example CPA LLP": ("listed", (), ()),
        "Unsure & Co": ("ask", (), ("peer_review",)),
        "Cheap LLC": ("dropped", ("independent",), ()),
    }
    assert len(decision.known) == 4


@pytest.mark.parametrize(("firm", "verdict"), [("Cheap LLC", Verdict.FAIL), ("Unsure & Co", Verdict.ASK)])
def test_a_firm_that_does_not_pass_is_refused_unless_it_is_said_why(
    asked: Workspace, firm: str, verdict: Verdict
) -> None:
    before = asked.vault.size
    with pytest.raises(UserError, match=str(verdict)):
        decide(asked, "", firm, reason="cheap", despite=" ", actor="p-0002", at=AT + timedelta(hours=3))
    assert asked.vault.size == before
    decide(asked, "", firm, reason="cheap", despite="the board knows", actor="p-0002", at=AT + timedelta(hours=3))
    (decision,) = choice(asked, "", today=TODAY).decisions
    assert decision.despite == "the board knows"


def test_a_decision_needs_a_reason(asked: Workspace) -> None:
    with pytest.raises(UserError, match="--reason"):
        decide(asked, "", "Example CPA LLP", reason=" ", despite="", actor="p-0002", at=AT)


def test_the_brief_tells_nobody_and_free_text_is_checked_for_every_name(workspace: Workspace) -> None:
    vendors = "id,name,system,relied_from\nerp-vendor,Cobalt Hosting GmbH,product,2026-01-01\n"
    put(workspace, "vendors.csv", vendors, kind="vendor")
    account = "id,system,email\nokta:x1,product,zoe.quill@acme.example\n"
    put(workspace, "accounts.csv", account, kind="account")

    checked = brief_of(workspace, "")
    assert checked.told == []
    assert "Vendors in the register: 1." in checked.brief.text
    applied = workspace.applied_scope()
    assert applied
    looked_for = terms(company_names(workspace, applied).names)
    for name in ("Acme", "wiki", "W\u00edki", "p-0001", "p 0002", "cobalt", "zoe.quill", "zoe.quill@acme.example"):
        assert telling(f"Ask about {name} first.", looked_for), name
    (told,) = brief_of(workspace, "", note="Ask about the wiki.").told
    assert (told.place, told.telling.found) == ("note: note", "wiki")
    assert brief_of(workspace, "", note="Ask about the wiki.", may_stay=["wiki"]).told == []


def test_a_mail_is_checked_before_it_is_sent(tmp_path: Path, workspace: Workspace) -> None:
    mail = tmp_path / "mail.txt"
    mail.write_text(f"Hello,\n{brief_of(workspace, '').brief.text}\nRegards, A c m e\n", encoding="utf-8")
    (found,) = check_text(workspace, "", mail).told
    assert found.telling.found == "A c m e"
    with pytest.raises(UserError, match="cannot be read"):
        check_text(workspace, "", tmp_path)
    mail.write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="not UTF-8"):
        check_text(workspace, "", mail)


def test_the_template_is_refused_until_it_is_filled_in_and_holds_every_column(
    tmp_path: Path, workspace: Workspace
) -> None:
    text = proposals_template(workspace, "", today=TODAY)
    header, line = text.splitlines()
    assert header.startswith("firm,engagement,stated_on,licensed")
    path = tmp_path / "offers.csv"
    path.write_text(f"{header}\n{line.replace('name of the firm', 'Ash')}\n", encoding="utf-8")
    assert import_proposals(workspace, path, actor="p-0001", at=AT)[0] == 1
    (ash,) = choice(workspace, "", today=TODAY).candidates
    assert {each.verdict for each in ash.filters} == {Verdict.ASK}


def test_an_engagement_is_named_where_there_are_several(workspace: Workspace) -> None:
    assert need_of(workspace, "").engagement == "soc2"
    assert need_of(workspace, "sox").asked == "sox"
    with pytest.raises(UserError, match="there is no engagement 'soc3'"):
        need_of(workspace, "soc3")
