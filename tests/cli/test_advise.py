"""The advice commands: text, sources, JSON, and the letter that leaves the company."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from twofold.cli.main import main
from twofold.model.statement import NOT_AN_OPINION

Call = Callable[..., Any]
ON = ("--on", "2026-11-20")
ANSWERS = """
[answers]
reporting_company = false
ipo_planned = true
ipo_day = 2027-12-15
money_near = ["billing"]
blocked_deals = false
last_report = "none"
outage_stops_work = false
"""
REQUESTS = "id,customer,asks,words,fiscal_year_end,system\nr-1,Contoso,sox;type2,=cmd|calc,12-31,product\n"


@pytest.fixture(scope="module")
def company(judged_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with runs, answers and a request; not to be changed."""
    folder = tmp_path_factory.mktemp("advised")
    root = Path(shutil.copytree(judged_once, folder / "acme"))
    (folder / "answers.toml").write_text(ANSWERS, encoding="utf-8")
    (folder / "requests.csv").write_text(REQUESTS, encoding="utf-8")
    files = ["--file", str(folder / "answers.toml"), "--requests", str(folder / "requests.csv")]
    assert main(["interview", *files, "-w", str(root)]) == 0
    return root


def statements(value: Any) -> Iterator[dict[str, Any]]:
    """Yield everything in the JSON that is a sentence."""
    if isinstance(value, dict):
        if "text" in value and "rule" in value:
            yield value
        else:
            for each in value.values():
                yield from statements(each)
    elif isinstance(value, list):
        for each in value:
            yield from statements(each)


@pytest.mark.parametrize("arguments", [["stage"], ["categories"], ["window"], ["reply", "r-1"]], ids=" ".join)
def test_each_sentence_has_rule_source_and_data(call: Call, company: Path, arguments: list[str]) -> None:
    shown = json.loads(call("advise", *arguments, *ON, "--json", "-w", company).out)
    found = list(statements(shown))

    assert shown["note"] == NOT_AN_OPINION
    assert len(found) >= 5
    for each in found:
        assert each["rule"]["source"]
        assert each["rule"]["as_of"]
        assert all(": " in data for data in each["data"])


def test_the_same_day_gives_the_same_advice(call: Call, company: Path) -> None:
    first = call("advise", "categories", *ON, "--json", "-w", company).out

    assert call("advise", "categories", *ON, "--json", "-w", company).out == first


def test_stage_in_text(call: Call, company: Path) -> None:
    said = call("advise", "stage", *ON, "-w", company)

    assert said.code == 0
    assert said.out.startswith("Stage: pre-IPO, public, or financially significant to public customers.")
    for head in ("Why:", "Do first:", "Do not build yet:", "Warnings:", "What would change the answer:"):
        assert f"\n{head}\n" in said.out
    assert "! loose_sox_word: Contoso asked for SOX." in said.out
    assert "If 'an IPO is planned' were no (now: yes)" in said.out
    assert said.out.endswith(f"{NOT_AN_OPINION}\n")
    assert (
        "rule stage.because_ipo_near, 2026-11-23: audit-domain 8"
        in call("advise", "stage", *ON, "--sources", "-w", company).out
    )


def test_categories_in_text(call: Call, company: Path) -> None:
    said = call("advise", "categories", *ON, "-w", company).out

    assert "Availability: open; not chosen in the scope today" in said
    assert "open: Not recorded: promises; " in said
    assert "Processing integrity adds 5 criteria" in said


def test_window_in_text(call: Call, company: Path) -> None:
    said = call("advise", "window", *ON, "--starts-on", "2027-10-01", "--months", "6", "-w", company).out

    assert "Period proposed, type2, 2027-10-01 to 2028-03-31:" in said
    assert "! bridge_too_long: Contoso: 9 months lie between" in said
    assert "The start gate is closed:" in said


def test_advice_before_any_scope_or_run(call: Call, tmp_path: Path) -> None:
    root = tmp_path / "new"
    assert call("init", root, "--company", "New Inc.", "--zone", "UTC").code == 0
    stage = call("advise", "stage", "-w", root)

    assert stage.code == 0
    assert "Stage, possibly: early B2B SaaS." in stage.out
    assert "no scope was applied (twofold scope apply)" in call("advise", "window", "-w", root).out
    categories = " ".join(call("advise", "categories", "-w", root).out.split())
    assert "no control test was run yet (twofold test)" in categories


@pytest.mark.parametrize(
    ("last", "ends", "told"),
    [
        ("2026-09-30", "2026-12-31", "it is 3 months. A bridge letter from management covers it"),
        ("2026-09-29", "2026-12-31", "it is 3 months and 2 days. A bridge letter usually covers at most 3 months"),
        ("2026-12-31", "2026-12-31", "it is 0 days. No bridge letter is needed."),
    ],
)
def test_a_gap_is_counted_to_the_day(call: Call, last: str, ends: str, told: str) -> None:
    assert told in " ".join(call("advise", "bridge", last, ends).out.split())
    assert told in json.loads(call("advise", "bridge", last, ends, "--json").out)["statement"]["text"]


def test_a_draft_reply_is_written_once(call: Call, company: Path, tmp_path: Path) -> None:
    letter = tmp_path / "reply.txt"
    assert call("advise", "reply", "r-1", *ON, "--into", letter, "-w", company).code == 0
    text = letter.read_text(encoding="utf-8")

    assert text.startswith("DRAFT of 2026-11-20 to Contoso, for a person to read before it leaves Acme Inc.")
    assert NOT_AN_OPINION in text
    assert "We do not file reports with the SEC" in text
    assert "product is inside the boundary of that examination. [" in text
    assert "from answer: reporting_company = no; evidence: ev-" in text
    assert call("advise", "reply", "r-1", *ON, "--into", letter, "-w", company).code == 2
    assert letter.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bridge", "2026-12-31", "2026-09-30"], "2026-09-30 is before 2026-12-31"),
        (["window", "--months", "37"], "37 months"),
        (["stage", "--on", "1999-01-01"], "1999-01-01 lies outside what the rules know"),
        (["reply", "r-9"], "there is no buyer's request 'r-9'"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_is_refused(call: Call, applied_once: Path, arguments: list[str], message: str) -> None:
    where = [] if arguments[0] == "bridge" else ["-w", applied_once]
    said = call("advise", *arguments, *where)

    assert said.code == 2
    assert message in said.err
