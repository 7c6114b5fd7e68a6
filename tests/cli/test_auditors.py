"""twofold auditors on the command line, from the need to the decision."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twofold.cli.main import main

Call = Callable[..., Any]
OFFER = (
    "firm,engagement,stated_on,licensed,licence_id,licence_state,peer_review_on,peer_review_result,designed_controls,"
    "tool_advice,financial_interest,audits_financials,tests_for_management,staff_ties,types,categories,industries,"
    "earliest_start,report_on,capacity,fee_low,fee_high,currency\n"
    "Example CPA LLP,soc2-2026,2026-07-01,true,7,New York,2026-06-30,pass,false,false,false,false,false,false,type2,"
    "security,retail,2026-08-01,2026-11-30,true,30000,40000,USD\n"
    "Sample & Finch,soc2-2026,2026-07-01,true,8,Ohio,,,false,false,false,false,false,false,type1,"
    "security,retail,2026-08-01,2026-11-30,true,10000,12000,USD\n"
)
NEED = ("--industry", "retail", "--budget", "20000-60000", "--currency", "USD", "--report-by", "2026-12-31")


@pytest.fixture(scope="module")
def offered_once(tmp_path_factory: pytest.TempPathFactory, applied_once: Path) -> Path:
    """Return a workspace with a need and two proposals; not to be changed."""
    folder = tmp_path_factory.mktemp("offered")
    root = Path(shutil.copytree(applied_once, folder / "acme"))
    offers = folder / "offers.csv"
    offers.write_text(OFFER)
    for words in (("need", *NEED, "--first-audit"), ("import", str(offers))):
        assert main(["auditors", *words, "-w", str(root)]) == 0
    return root


@pytest.fixture
def offered(tmp_path: Path, offered_once: Path) -> Path:
    """Return such a workspace of one's own."""
    return Path(shutil.copytree(offered_once, tmp_path / "acme"))


def test_the_need_is_shown_and_what_is_not_told_is_said(call: Call, offered_once: Path) -> None:
    said = call("auditors", "need", "-w", offered_once).out
    assert "industry          retail\n" in said
    assert "regulated data    not told\n" in said
    told = json.loads(call("auditors", "need", "--json", "-w", offered_once).out)
    assert (told["first_audit"], told["categories"]) == (True, ["security"])


def test_the_brief_is_printed_or_written_and_refused_where_it_tells(
    call: Call, offered_once: Path, tmp_path: Path
) -> None:
    said = call("auditors", "brief", "-w", offered_once)
    assert said.code == 0, said.err
    assert said.out.startswith("# Scope brief for an audit firm\n\nNot an audit opinion")
    assert "- Sector: retail." in said.out
    file = tmp_path / "brief.md"
    assert "none found" in call("auditors", "brief", "--out", file, "-w", offered_once).out
    assert file.read_text() == said.out
    refused = call("auditors", "brief", "--note", "Ask Bo at ACME", "--out", tmp_path / "other.md", "-w", offered_once)
    assert refused.code == 2
    assert "note: note, line 1, column 5: 'Bo' tells who you are (person: Bo)" in refused.err
    assert "'ACME' tells who you are (company: Acme Inc.)" in refused.err
    assert not (tmp_path / "other.md").exists()


def test_a_text_that_tells_fails_the_check(call: Call, offered_once: Path, tmp_path: Path) -> None:
    mail = tmp_path / "mail.txt"
    mail.write_text("We are A-c-m-e.\n")
    said = call("auditors", "brief", "--check", mail, "-w", offered_once)
    assert said.code == 1
    assert "line 1, column 8: 'A-c-m-e' (company: Acme Inc.)" in said.out
    mail.write_text("We look for a firm.\n")
    assert call("auditors", "brief", "--check", mail, "-w", offered_once).code == 0
    told = json.loads(call("auditors", "brief", "--check", mail, "--json", "-w", offered_once).out)
    assert told["told"] == []


def test_the_shortlist_says_who_dropped_out_and_what_to_ask(call: Call, offered_once: Path) -> None:
    said = call("auditors", "shortlist", "--by", "scope", "-w", offered_once).out
    assert "Sample & Finch: dropped out (ev-" in said
    assert "fail  Type asked for: asked type2, offers type1" in said
    assert "ask: " in said
    told = json.loads(call("auditors", "shortlist", "--json", "-w", offered_once).out)
    assert set(told["by_fit"]) == {"stage", "scope", "future"}
    assert [each["state"] for each in told["firms"]] == ["listed", "dropped"]
    assert all(each["statement"]["data"] for each in told["firms"])


def test_questions_go_both_ways_and_to_one_firm(call: Call, offered_once: Path) -> None:
    said = call("auditors", "questions", "-w", offered_once).out
    assert "To the firm:" in said
    assert "To yourselves:" in said
    one = json.loads(call("auditors", "questions", "--firm", "example cpa", "--json", "-w", offered_once).out)
    assert "dates" not in {each["question"] for each in one["questions"]}
    assert {each["to"] for each in one["questions"]} == {"firm"}
    assert call("auditors", "questions", "--firm", "Nobody", "-w", offered_once).code == 2


def test_a_decision_is_refused_then_recorded(call: Call, offered: Path) -> None:
    refused = call("auditors", "decide", "Sample & Finch", "--reason", "cheap", "-w", offered)
    assert refused.code == 2
    assert "Type asked for: fail" in refused.err.replace("Sample & Finch, ", "")
    words = ("auditors", "decide", "Sample & Finch", "--reason", "cheap", "--despite", "type 1 will do")
    assert call(*words, "-w", offered).code == 0
    shown = call("auditors", "shortlist", "-w", offered).out
    assert "Decided for Sample & Finch by p-0001" in shown
    assert "In spite of what it does not pass: type 1 will do" in shown


def test_import_wants_a_file_or_a_template(call: Call, applied: Path, tmp_path: Path) -> None:
    assert call("auditors", "import", "-w", applied).code == 2
    file = tmp_path / "offers.csv"
    assert call("auditors", "import", "--template", file, "-w", applied).code == 0
    assert file.read_text().startswith("firm,engagement,stated_on,")
    assert call("auditors", "need", "--budget", "many", "-w", applied).code == 2
