"""`twofold what-if` and the memo of `twofold scope plan`: what is printed, what is written, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from twofold.controltests.rule import known_rules
from twofold.jobs import control_tests
from twofold.model.ids import ControlTestId
from twofold.model.statement import NOT_AN_OPINION

Call = Callable[..., Any]


def test_a_folder_of_files_and_a_scope_plan_give_the_same_memo(
    call: Call, judged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = ControlTestId("T-19")
    monkeypatch.setattr(control_tests, "known_rules", lambda: MappingProxyType({one: known_rules()[one]}))
    file = judged / "scope" / "all.yaml"
    text = file.read_text(encoding="utf-8")
    sox = "lens: sox, starts_on: 2026-01-01, ends_on: 2026"
    file.write_text(text.replace(f"{sox}-06-30", f"{sox}-03-31"), encoding="utf-8")
    memo, page, plan = tmp_path / "memo.md", tmp_path / "memo.html", tmp_path / "plan.md"

    asked = call("what-if", "--scope", judged / "scope", "--memo", memo, "--html", page, "--json", "-w", judged)
    planned = call("scope", "plan", "--memo", plan, "-w", judged)

    assert asked.code == planned.code == 0, asked.err + planned.err
    found = json.loads(asked.out)
    assert [(each["item"], each["change"]) for each in found["items"]] == [("INC-2", "lost")]
    assert found["written"] == "nothing"
    assert "| sox-fy2026 | OP-02 | T-19 | product | 0 | 1 |" in memo.read_text(encoding="utf-8")
    assert "1 control proposed as effective instead of not effective: OP-02." in page.read_text(encoding="utf-8")
    assert NOT_AN_OPINION in memo.read_text(encoding="utf-8")
    assert NOT_AN_OPINION in page.read_text(encoding="utf-8")
    assert plan.read_bytes() == memo.read_bytes()
    assert "Applying would change:" in planned.out


def test_it_prints_the_memo_with_the_rule_of_each_sentence(call: Call, judged: Path) -> None:
    said = call("what-if", "--relevant", "product=2026-02-01", "--control-test", "T-19", "-w", judged)

    assert said.code == 0, said.err
    assert "Question 1: product becomes financially relevant from 2026-02-01. [question]" in said.out
    assert "Nothing would be otherwise. [plan]" in said.out
    assert "Nothing was written: the workspace is as it was. [question]" in said.out
    assert NOT_AN_OPINION in said.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing is asked"),
        (["--relevant", "product"], "names nothing before a day"),
        (["--relevant", "produkt=2026-04-01"], "there is no system 'produkt'"),
        (["--relevant", "product=2026-04-01", "--memo", "{taken}"], "this file is there already"),
        (["--relevant", "product=2026-04-01", "--html", "{taken}/nowhere/a.html"], "its folder is not there"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    call: Call, judged: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    taken = tmp_path / "taken.md"
    taken.write_text("kept", encoding="utf-8")

    said = call("what-if", *(each.format(taken=taken) for each in arguments), "-w", judged)

    assert said.code == 2
    assert message in said.err
    assert taken.read_text(encoding="utf-8") == "kept"


def test_before_any_apply_files_can_be_asked_about_and_questions_cannot(call: Call, tmp_path: Path) -> None:
    root = tmp_path / "new"
    assert call("init", root, "--company", "New", "--zone", "UTC").code == 0

    said = call("what-if", "--fiscal-year", "2026-01-01..2026-12-31", "-w", root)

    assert said.code == 2
    assert "no scope was applied yet" in said.err
