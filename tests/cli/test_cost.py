"""twofold cost on the command line: what is shown, what is written, what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Call = Callable[..., Any]
FIGURES = (
    "figure,applies_to,low,likely,high,unit,origin,as_of\n"
    "hourly_rate,,50,60,80,USD per hour,finance,2026-07-01\n"
    "hours_per_walkthrough,,1,2,4,hours,judged,2026-07-01\n"
    "audit_fee,soc2-2026,30000,35000,45000,EUR,offer,2026-07-01\n"
)
SPENT = "id,bucket,amount,unit,spent_on,origin\n1,audit_fees,20000,EUR,2026-07-01,invoice\n"


def test_counts_stand_without_figures_and_figures_are_asked_for(call: Call, judged: Path) -> None:
    said = call("cost", "-w", judged)
    assert said.code == 0
    assert "no figure: give audit_fee" in said.out
    assert "hourly_rate (CUR per hour): what an hour of your people costs" in said.out
    assert "Linford & Co: SOC audits typically run" in said.out
    assert "Not an audit opinion" in said.out


def test_figures_given_show_amounts_swings_and_the_page(call: Call, judged: Path, tmp_path: Path) -> None:
    figures, spent, page = tmp_path / "f.csv", tmp_path / "s.csv", tmp_path / "cost.html"
    figures.write_text(FIGURES)
    spent.write_text(SPENT)
    said = call("cost", "--figures", figures, "--spent", spent, "--html", page, "-w", judged)
    assert said.code == 0, said.err
    assert "30,000 / 35,000 / 45,000 EUR" in said.out
    assert "audit_fee of soc2-2026" in said.out
    assert "below the range" in said.out
    assert page.read_text().startswith("<!doctype html>")
    again = call("cost", "--html", page, "-w", judged)
    assert (again.code, "is there already" in again.err) == (2, True)


def test_json_holds_every_part_with_its_data(call: Call, judged: Path, tmp_path: Path) -> None:
    figures = tmp_path / "f.csv"
    figures.write_text(FIGURES)
    told = json.loads(call("cost", "--figures", figures, "--json", "-w", judged).out)
    assert [each["bucket"] for each in told["buckets"]] == ["readiness", "tooling", "audit_fees", "internal_time"]
    assert told["total"]["money"]["EUR"] == {"low": "30,000.00", "likely": "35,000.00", "high": "45,000.00"}
    assert all(each["data"] and each["rule"]["source"] for each in told["statements"])
    walk = next(each for each in told["buckets"][3]["lines"] if each["line"] == "sox_walkthroughs")
    assert all(part["figure"] == "hours_per_walkthrough" for part in walk["parts"])


def test_a_template_is_written_once_and_captures_nothing(call: Call, applied: Path, tmp_path: Path) -> None:
    file = tmp_path / "figures.csv"
    assert f"twofold cost --figures {file}" in call("cost", "--template", file, "-w", applied).out
    assert "audit_fee,soc2-2026," in file.read_text()
    assert call("cost", "--template", file, "-w", applied).code == 2


def test_faults_are_told_with_their_lines(call: Call, applied: Path, tmp_path: Path) -> None:
    figures = tmp_path / "f.csv"
    figures.write_text(FIGURES.replace("EUR,offer", "EUR per hour,"))
    said = call("cost", "--figures", figures, "-w", applied)
    assert said.code == 2
    assert said.err.startswith("twofold: nothing was changed\nf.csv, line 4: cost_figure.origin is empty")
