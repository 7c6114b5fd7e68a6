"""The interview on a terminal and from files."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]
ANSWERS = "question,answer\nreporting_company,no\nipo_planned,no\nmoney_near,billing\n"


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_questions_come_one_after_the_other(call: Call, applied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "perhaps", "no", "", "12-31", "q")
    said = call("interview", "-w", applied)

    assert said.code == 0
    assert "1. Does the company file reports with the SEC" in said.out
    assert "'perhaps' is no answer to reporting_company: yes or no" in said.out
    assert "2. Is an IPO planned" in said.out
    assert "planned to begin" not in said.out
    assert "registered shares" not in said.out
    assert "2 answers recorded as ev-" in said.out
    assert "Not answered: an IPO is planned;" in said.out

    typed(monkeypatch, "", "-", "yes")
    again = call("interview", "-w", applied)
    assert "answered before: no (p-0001, " in again.out
    assert "3. On which day is trading planned to begin?" not in again.out
    assert "No new answer was recorded." in again.out


def test_the_terminal_going_away_records_what_was_answered(
    call: Call, applied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, "no", "yes", "2027-12-15")
    said = call("interview", "--json", "-w", applied)

    assert "3. On which day is trading planned to begin?" in said.err
    assert json.loads(said.out)["recorded"]["recorded"] == [
        "reporting_company",
        "ipo_planned",
        "ipo_day",
    ]


def test_files_are_filled_in_and_read(call: Call, applied: Path, tmp_path: Path) -> None:
    folder = tmp_path / "fill"
    assert call("interview", "--template", folder, "-w", applied).code == 0
    assert call("interview", "--template", folder, "-w", applied).code == 2
    (folder / "answers.csv").write_text(ANSWERS, encoding="utf-8")
    with (folder / "promises.csv").open("a", encoding="utf-8") as file:
        file.write("c-1,Northwind,availability,99.9% uptime,SLA 2,2026-01-01,\n")
    with (folder / "requests.csv").open("a", encoding="utf-8") as file:
        file.write("r-1,Contoso,sox,Send us your SOX,2026-11-01,,12-31,true,product\nr-2,,sox,,,,,,\n")
    lists = ("--promises", folder / "promises.csv", "--requests", folder / "requests.csv")
    said = call("interview", "--file", folder / "answers.csv", *lists, "-w", applied)

    assert said.code == 3
    assert "3 answers recorded" in said.out
    assert "1 row of customer_promise" in said.out
    assert "set aside: line 3: " in said.out
    shown = json.loads(call("interview", "--show", "--json", "-w", applied).out)
    assert shown["answers"]["money_near"][0]["answer"] == "billing"
    assert "fiscal_year_end" in shown["unanswered"]
    text = call("interview", "--show", "-w", applied).out
    assert "money_near               billing  (" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--file", "missing.csv"], "missing.csv: cannot be read (No such file or directory)"),
        (["--promises", "missing.csv", "--requests", "gone.csv"], "2 problems, nothing was changed"),
    ],
)
def test_a_fault_changes_nothing(call: Call, applied: Path, arguments: list[str], message: str) -> None:
    before = call("log", "show", "--json", "-w", applied).out
    said = call("interview", *arguments, "-w", applied)

    assert said.code == 2
    assert message in said.err
    assert call("log", "show", "--json", "-w", applied).out == before
