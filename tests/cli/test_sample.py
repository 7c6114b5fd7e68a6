"""Samples on the command line, from the size to the evaluation."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]
AGREED = ("sample", "agree", "sox-fy2026", "OP-02", "--with", "R. Auditor", "--reason", "few")
FREEZE = ("sample", "freeze", "sox-fy2026", "OP-02", "--control-test", "T-19", "--size", "1")


def test_sizes_and_conventions(call: Call) -> None:
    said = call("sample", "size", "--expected", "1", "--frequency", "daily")
    assert said.out.startswith(
        "93 units, of which at most 1 may deviate (binomial, 95% confidence, tolerable 5%, expected 1%)"
    )
    assert "20 to 40" in said.out
    shown = json.loads(call("sample", "size", "--model", "hypergeometric", "--population", "250", "--json").out)
    assert shown["attribute_sampling"] == {
        "size": 51,
        "planned": 0,
        "model": "hypergeometric",
        "population": 250,
        "deviation_count": "floor(N*T)+1",
    }
    assert {each["name"]: each["low"] for each in shown["conventions"]}["chiaro"] == 15


def test_a_size_beyond_the_population_says_so(call: Call) -> None:
    """A control that runs monthly has twelve items: 59 of them cannot be drawn."""
    told = "These are more than the 12 items"
    for asked, which in ((("--frequency", "monthly"), "of a year"), (("--population", "12"), "there are")):
        said = " ".join(call("sample", "size", *asked).out.split())
        assert said.startswith("59 units")
        assert f"{told} {which}, since" in said
        assert "--model hypergeometric --population 12" in said
    assert told not in call("sample", "size", "--model", "hypergeometric", "--population", "12").out
    assert "These are more" not in call("sample", "size", "--frequency", "daily").out


def test_from_freeze_to_evaluation(call: Call, judged: Path, tmp_path: Path) -> None:
    frozen = call(*FREEZE, "-w", judged)
    assert "2 items frozen, 1 unit planned (random)" in frozen.out
    sample = frozen.out.split()[0]
    assert "for a nonce" in frozen.out
    drawn = call("sample", "draw", sample, "--nonce", "dice", "-w", judged)
    assert "2 items frozen, 1 unit drawn" in drawn.out
    agreed = call(
        "sample",
        "agree",
        "sox-fy2026",
        "OP-02",
        "--size",
        "1",
        "--with",
        "R. Auditor",
        "--tolerable",
        "60",
        "--reason",
        "few",
        "-w",
        judged,
    )
    assert "OP-02 in sox-fy2026: 1 unit, extension 0, agreed with R. Auditor." in agreed.out
    named = call("sample", "target", sample, "INC-1", "--reason", "asked", "-w", judged)
    assert "targeted: asked" in named.out
    evaluated = call("sample", "evaluate", sample, "-w", judged)
    assert "of 1 units deviate" in evaluated.out
    assert "does not support reliance" in evaluated.out
    capture = json.loads(call("log", "show", "--kind", "capture", "--json", "-w", judged).out)[0]["index"]
    shows = ("--reason", "r", "--evidence", f"ev-{capture}")
    extended = call("sample", "extend", sample, "--units", "1", *shows, "-w", judged)
    assert "extension: r" in extended.out
    assert "2 units drawn" in call("sample", "list", "-w", judged).out
    shown = json.loads(call("sample", "show", sample, "--json", "-w", judged).out)
    assert shown["plan"] == {"method": "random", "by": None, "size": 1}
    assert [each["why"] for each in shown["draw"]["chosen"]] == ["drawn", "targeted", "extension"]
    written = call("sample", "export", sample, tmp_path / "out", "-w", judged)
    assert [Path(line).name for line in written.out.split()] == ["population.txt", "draw.json"]
    assert call("sample", "export", sample, tmp_path / "out", "-w", judged).code == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sample", "size", "--tolerable", "much"], "--tolerable: 'much' is no number"),
        (["sample", "size", "--tolerable", "10/3"], "at most six decimals"),
        (["sample", "size", "--confidence", "99.9999999"], "at most six decimals"),
        (["sample", "size", "--confidence", "1e999"], "a percentage such as 5 or 3.5"),
        (["sample", "size", "--frequency", "as needed"], "one of annual"),
        (["sample", "size", "--frequency", "as needed", "--population", "30"], "one of annual"),
        (["sample", "agree", "moon", "OP-02", "--size", "1", "--with", "x", "--reason", "r"], "no engagement 'moon'"),
        (["sample", "agree", "sox-fy2026", "XX-1", "--size", "1", "--with", "x", "--reason", "r"], "no control 'XX-1'"),
        ([*FREEZE[:3], "CM-01", "--control-test", "T-10", "--size", "1"], "no items of CM-01 by T-10"),
        ([*FREEZE, "--from", "2027-01-01"], "days from 2026-01-01 to 2026-06-30"),
        ([*FREEZE, "--from", "2026-06-01"], "2 slice"),
        ([*FREEZE[:-1], "3"], "1 to 2, the units of the population"),
        ([*FREEZE, "--by", "month"], "--by month with random"),
        ([*AGREED, "--size", f"{10**30}"], "is beyond 2**53 - 1"),
        ([*AGREED[:-1], "bad \udcff", "--size", "1"], "$.body.reason: the text is not valid Unicode"),
        ([*AGREED[:-1], "r" * 70_000, "--size", "1"], "an entry holds at most 65,535"),
        (["sample", "draw", "sm-7", "--nonce", "n"], "there is no sample 'sm-7'"),
        (["sample", "evaluate", "sm-7"], "there is no sample 'sm-7'"),
    ],
    ids=range(18),
)
def test_refusals_say_why(call: Call, judged_once: Path, arguments: list[str], message: str) -> None:
    where = [] if arguments[1] == "size" else ["-w", judged_once]
    said = call(*arguments, *where)
    assert (said.code, said.out) == (2, "")
    assert message in said.err


def test_a_population_that_was_changed_or_lost_is_refused(call: Call, judged: Path) -> None:
    sample = call(*FREEZE, "-w", judged).out.split()[0]
    (file,) = (judged / ".twofold" / "samples").iterdir()
    text = file.read_bytes()
    file.write_bytes(text.splitlines(keepends=True)[0])
    assert "changed after the freeze" in call("sample", "draw", sample, "--nonce", "n", "-w", judged).err
    file.unlink()
    assert "is missing" in call("sample", "show", sample, "-w", judged).err
    call(*FREEZE, "-w", judged)
    assert call("sample", "draw", sample, "--nonce", "n", "-w", judged).code == 0


def test_a_deviation_of_another_item_than_the_drawn_ones_is_not_swallowed(call: Call, judged: Path) -> None:
    sample = call(*FREEZE, "-w", judged).out.split()[0]
    drawn = json.loads(call("sample", "draw", sample, "--nonce", "n", "--json", "-w", judged).out)
    (unit,) = drawn["draw"]["chosen"]
    other = next(each for each in ("INC-1", "INC-2") if each not in unit["line"])
    rates = ("--confidence", "50", "--tolerable", "60", "--expected", "0")
    said = call("sample", "evaluate", sample, "--deviation", other, *rates, "-w", judged)
    assert said.code == 2
    assert f"'{other}' is no drawn unit of {sample} that counts" in said.err
    shown = json.loads(call("sample", "show", sample, "--json", "-w", judged).out)
    assert shown["state"] == "drawn"


def test_what_a_person_found_stays_in_each_later_evaluation(call: Call, judged: Path) -> None:
    sample = call(*FREEZE, "-w", judged).out.split()[0]
    drawn = json.loads(call("sample", "draw", sample, "--nonce", "n", "--json", "-w", judged).out)
    (unit,) = drawn["draw"]["chosen"]
    rates = ("--confidence", "50", "--tolerable", "60", "--expected", "0")
    found = ("--deviation", json.loads(unit["line"])[0])
    assert "0 of 1 units deviate" in call("sample", "evaluate", sample, *rates, "-w", judged).out
    assert "1 of 1 units deviate" in call("sample", "evaluate", sample, *found, *rates, "-w", judged).out
    assert "1 of 1 units deviate" in call("sample", "evaluate", sample, *rates, "-w", judged).out
    capture = json.loads(call("log", "show", "--kind", "capture", "--json", "-w", judged).out)[0]["index"]
    shows = ("--units", "1", "--reason", "isolated", "--evidence", f"ev-{capture}")
    assert call("sample", "extend", sample, *shows, "-w", judged).code == 0
    assert "2 of 2 units deviate" in call("sample", "evaluate", sample, *rates, "-w", judged).out, (
        "the other by verdict"
    )


AGREE = ("sample", "agree", "sox-fy2026", "OP-02", "--with", "R. Auditor", "--reason", "few", "--tolerable", "60")


def test_machines_are_warned_of_a_plan_that_cannot_support_reliance(call: Call, judged: Path) -> None:
    call(*AGREE, "--size", "2", "-w", judged)
    (warning,) = json.loads(call(*FREEZE, "--json", "-w", judged).out)["warnings"]
    assert warning.endswith("the limit is 95% by this plan; tolerable are 60%, as agreed. It cannot support reliance.")
    slices = (("--to", "2026-03-31"), ("--from", "2026-04-01"))
    parts = []
    for days in slices:
        frozen = json.loads(call(*FREEZE, *days, "--json", "-w", judged).out)
        assert frozen["warnings"][0].endswith("The slice alone cannot support reliance.")
        assert frozen["with_other_slices"] == ""
        parts.append(frozen["sample"])
    for part in parts:
        call("sample", "draw", part, "--nonce", f"dice for {part}", "-w", judged)
        said = " ".join(call("sample", "evaluate", part, "-w", judged).out.split())
    assert f"All evaluated slices together ({', '.join(parts)}): 1 of 2 units deviate." in said
    assert said.endswith("Together they do not support reliance.")


def test_what_is_left_to_be_asked_is_told_from_the_freeze_on(call: Call, judged: Path) -> None:
    def told(*arguments: str) -> str:
        return " ".join(call("sample", *arguments, "-w", judged).out.split())

    call(*AGREE, "--size", "2", "-w", judged)
    first = call(*FREEZE, "-w", judged)
    assert "Even if no unit deviates, the limit is 95% by this plan; tolerable are 60%, as agreed." in " ".join(
        first.out.split()
    )
    small = "To ask: The plan has 1 unit; 2 were agreed with R. Auditor ("
    assert small in " ".join(first.out.split())
    one, two = first.out.split()[0], call(*FREEZE[:-1], "2", "-w", judged).out.split()[0]
    told("draw", one, "--nonce", "dice")
    told("draw", two, "--nonce", "dice")
    assert "frozen 2 times before the nonce; plans: " in told("list", "--engagement", "sox-fy2026")
    evaluated = told("evaluate", two)
    assert f"{one} (1 unit, random), {two} (2 units, random); drawn: {one}, {two}." in evaluated
    assert f"A nonce was given for {one}, another freeze of the same, and its draw was never evaluated." in evaluated
    assert "were agreed" not in evaluated
    few = told("evaluate", one)
    assert small in few
    assert "To ask: The evaluation is of 1 unit; 2 were agreed with R. Auditor (" in few
    shown = json.loads(call("sample", "show", two, "--json", "-w", judged).out)
    assert [each.partition(" was frozen ")[0] for each in shown["doubts"]] == ["This population"]


def test_a_deviating_unit_that_is_replaced_as_void_is_told_both_ways(call: Call, judged: Path) -> None:
    sample = call(*FREEZE[:-1], "2", "-w", judged).out.split()[0]
    call("sample", "draw", sample, "--nonce", "n", "-w", judged)
    void = ("INC-2", "--because", "void", "--reason", "only an exercise")
    assert call("sample", "replace", sample, *void, "-w", judged).code == 0
    rates = ("--confidence", "20", "--tolerable", "30", "--expected", "0")
    said = " ".join(call("sample", "evaluate", sample, *rates, "-w", judged).out.split())
    assert "0 of 1 units deviate, 0 were planned. With 20% confidence at most 20% of the population deviate" in said
    assert "The sample supports reliance. 1 unit that a person replaced deviates nevertheless." in said
    assert "Counted as well, 1 of 2 units deviate, at most" in said
    assert said.endswith("and the sample does not support reliance.")
    result = json.loads(call("sample", "show", sample, "--json", "-w", judged).out)["result"]
    assert (result["replaced"], result["supports"], result["supports_with_replaced"]) == (1, True, False)


def test_a_unit_that_left_the_scope_is_no_clean_unit_and_leaves_the_sample(call: Call, judged: Path) -> None:
    sample = call(*FREEZE[:-1], "2", "-w", judged).out.split()[0]
    call("sample", "draw", sample, "--nonce", "n", "-w", judged)
    scope = judged / "scope" / "all.yaml"
    relevant = "financially_relevant: [{from: 2026-01-01,"
    scope.write_text(scope.read_text("utf-8").replace(relevant, f"{relevant} to: 2026-03-20,"), "utf-8")
    assert call("scope", "apply", "--reason", "no more invoices", "-w", judged).code == 0
    call("test", "T-19", "-w", judged)
    assert call("judge", "-w", judged).code in {0, 1}
    rates = ("--confidence", "50", "--tolerable", "60", "--expected", "0")
    refused = call("sample", "evaluate", sample, *rates, "-w", judged)
    assert refused.code == 2
    assert "'INC-2' does not apply by the newest judgement" in refused.err
    asked = ("--because", "out_of_scope", "--reason", "the product feeds no statement since March")
    assert call("sample", "replace", sample, "INC-2", *asked, "-w", judged).code == 0
    assert "0 of 1 units deviate" in call("sample", "evaluate", sample, *rates, "-w", judged).out


def test_a_nonce_that_is_no_text_and_an_export_over_a_file_are_refused(
    call: Call, judged: Path, tmp_path: Path
) -> None:
    sample = call(*FREEZE, "-w", judged).out.split()[0]
    said = call("sample", "draw", sample, "--nonce", "\udcff", "-w", judged)
    assert said.code == 2
    assert "Traceback" not in said.err
    file = tmp_path / "file"
    file.write_text("x", encoding="utf-8")
    said = call("sample", "export", sample, file, "-w", judged)
    assert (said.code, file.read_text(encoding="utf-8")) == (2, "x")
    assert "a new or an empty folder" in said.err
