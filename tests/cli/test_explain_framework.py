"""`twofold explain-framework`: SOC 2 and SOX side by side for a judged workspace, and for one without SOX."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twofold.model.statement import NOT_AN_OPINION

Call = Callable[..., Any]


def test_the_table_has_a_row_per_control(call: Call, judged: Path) -> None:
    said = call("explain-framework", "-w", judged)

    assert said.code == 0, said.err
    (row,) = [line for line in said.out.splitlines() if line.startswith("OP-02")]
    assert row.split()[-3:] == ["4", "x", "2"]
    assert NOT_AN_OPINION in said.out


def test_one_control_in_full(call: Call, judged: Path) -> None:
    said = call("explain-framework", "--control", "OP-02", "-w", judged)

    text = " ".join(said.out.split())
    assert "T-19 G SOX A named person of finance answered whether financial data was affected." in text
    assert "Period: 2026-01-01 to 2026-06-30." in text
    assert "4 pieces of evidence, captured once, used twice." in text
    assert "is not signed by a named person yet" in text


def test_it_says_how_far_the_conclusions_reach(call: Call, judged: Path, tmp_path: Path) -> None:
    day = "starts_on: 2026-03-02, ends_on: 2026-03-02"
    with (judged / "scope" / "all.yaml").open("a", encoding="utf-8") as file:
        file.write(f"  - {{id: soc2-one, lens: soc2, type: type1, {day}, categories: [security]}}\n")
    for command in (("scope", "apply", "--reason", "a report on one day"), ("judge",)):
        assert call(*command, "-w", judged).code == 0
    page = tmp_path / "page.html"
    shown = ("explain-framework", "--engagement", "soc2-one", "-w", judged)
    ((engagement, told),) = json.loads(call(*shown, "--json").out)["reach"]
    assert engagement == "soc2-one"
    assert told.startswith("Type 1, as of 2026-03-02")
    assert f"soc2-one: {told}" in " ".join(call(*shown, "--html", page).out.split())
    assert f"soc2-one: {told}" in page.read_text(encoding="utf-8")


def test_json_closes_and_each_sentence_is_bound(call: Call, judged: Path) -> None:
    found = json.loads(call("explain-framework", "--control", "OP-02", "--json", "-w", judged).out)

    (control,) = found["controls"]
    assert sum(control["items"].values()) == 2
    assert sum(each["items"] for each in control["verdicts"]) == 2
    assert all(
        each["rule"] and each["source"] and each["data"] for each in [*control["shared"], *found["introduction"]]
    )
    assert found["note"] == NOT_AN_OPINION


def test_the_page_is_written_once(call: Call, judged: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"

    assert call("explain-framework", "--html", page, "-w", judged).code == 0
    again = call("explain-framework", "--html", page, "-w", judged)

    assert NOT_AN_OPINION in page.read_text(encoding="utf-8")
    assert again.code == 2
    assert "this file is there already" in again.err


def test_without_a_financially_relevant_system_the_column_says_what_would_make_it_appear(
    call: Call, applied: Path
) -> None:
    file = applied / "scope" / "all.yaml"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if "financially_relevant" not in line and "lens: sox" not in line]
    file.write_text("".join(kept), encoding="utf-8")
    assert call("scope", "apply", "--reason", "no SOX", "-w", applied).code == 0

    said = call("explain-framework", "--control", "OP-02", "-w", applied)

    assert said.code == 0, said.err
    assert "No system is financially relevant, so SOX asks nothing here. It would appear with a system" in " ".join(
        said.out.split()
    )
    assert "Nothing was judged for SOC 2" in said.out


def test_names_that_are_not_there_are_refused(call: Call, judged: Path) -> None:
    assert (
        "there is no" in (said := call("explain-framework", "--control", "XX-01", "-w", judged)).err or said.code == 2
    )
    assert "'nope' was not judged" in call("explain-framework", "--engagement", "nope", "-w", judged).err
