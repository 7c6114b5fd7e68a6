"""Samples in a package: their files, the page and the lead sheet that tell of them, and what is refused."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from twofold.model.problem import UserError
from twofold.reports.package import write_package
from twofold.vault.signing.keys import SigningKey

from .conftest import build_company, build_sampled
from .made_samples import NONCE, SampleMaker


def read(package: Path, place: str) -> Any:
    return json.loads((package / "data" / place).read_bytes())


def test_a_sample_has_lines_draw_and_evaluation(sampled: Path) -> None:
    samples = read(sampled, "package.json")["samples"]
    assert [each["engagement"] for each in samples] == ["soc2-2026", "SOX FY2026", "SOX FY2026", "soc2-2026"]
    assert samples[0]["folder"] == f"samples/{samples[0]['id']}"
    lines = (sampled / "data" / samples[0]["folder"] / "population.txt").read_bytes().splitlines()
    draw = read(sampled, f"{samples[0]['folder']}/draw.json")
    assert draw["units"] == len(lines)
    assert draw["nonce"] == f"{NONCE} for {samples[0]['id']}"
    chosen, left_out = draw["chosen"], draw["left_out"]
    assert all(each["line"].encode() == lines[each["position"]] for each in chosen)
    assert [each["why"] for each in chosen].count("extension") == 2
    assert left_out[0][1] == "why it was: replace"
    said = read(sampled, f"{samples[0]['folder']}/evaluation.json")
    assert [each["act"] for each in said["acts"]] == [
        *("freeze", "draw", "target", "replace", "evaluate", "extend", "evaluate")
    ]
    assert said["agreed"][0]["agreed_with"] == "R. Auditor"
    assert said["evaluation"]["note"] == "as planned"
    assert len(said["results"]) == len(chosen)
    assert read(sampled, f"{samples[3]['folder']}/evaluation.json")["evaluation"] is None


def test_the_page_lists_the_samples_with_size_and_result(sampled: Path) -> None:
    page = (sampled / "data/index.html").read_text(encoding="utf-8")
    samples = page.partition('<h2 id="samples">')[2].partition("<h2")[0]
    assert samples.count('scope="row"') == 4
    assert "5 units, random, planned at the freeze, 1 replaced, 2 more by extension, 2 named by a person" in samples
    assert "5 units, extension 2, agreed with R. Auditor (test, 2026-11-01, entry " in samples
    assert "With 90% confidence at most 28.1% of the population deviate" in samples
    assert "7 units, stratified by month, planned at the freeze, 1 replaced" in samples
    assert samples.count("✓ supports reliance") == 1
    assert "4 units, systematic, planned at the freeze" in samples
    assert "not drawn; planned at the freeze: 5 units, random" in samples
    assert samples.count("○ not evaluated") == 2


def test_the_lead_sheet_tells_of_the_samples_of_its_control_test(sampled: Path) -> None:
    book = openpyxl.load_workbook(sampled / "data/controls/cm-01/t-10/workbook-cm-01-t-10.xlsx", read_only=True)
    told = {str(row[0]): str(row[1]) for row in book["Lead"].iter_rows(values_only=True) if row[0]}
    samples = {label: text for label, text in told.items() if label.startswith("Sample sm-")}
    assert len(samples) == 4
    assert "Result: 0 of 7 units deviate" in next(iter(samples.values()))
    assert not list((sampled / "data/controls/cm-03").rglob("*sm-*"))


def test_an_evaluation_that_newer_verdicts_contradict_supports_nothing(key: SigningKey, tmp_path: Path) -> None:
    contents, log = build_company(tmp_path, 60)
    make = SampleMaker(log, contents)
    name = make.freeze(plan=None)
    make.draw(name)
    make.evaluate(name, hide=True)
    changed = replace(contents, log=log.packaged(), samples=make.packaged())
    package = write_package(changed, tmp_path / "package", key=key).folder

    page = (package / "data/index.html").read_text(encoding="utf-8")
    samples = page.partition('<h2 id="samples">')[2].partition("<h2")[0]
    assert "✓ supports reliance" not in samples
    assert "○ not evaluated" in samples
    assert "more units deviate or do not apply by the newest verdicts: evaluate again. Before: 0 of " in samples


def test_a_replaced_unit_that_deviates_by_newer_verdicts_asks_for_another_evaluation(
    key: SigningKey, tmp_path: Path
) -> None:
    contents, log = build_company(tmp_path, 60)
    make = SampleMaker(log, contents)
    name = make.freeze(plan=None)
    make.draw(name)
    for position in make.evaluate(name).body["deviations"]:
        make.replace(name, replaced=position, positions=[])
    body = make.evaluate(name).body
    left = len(body["replaced"])
    alike = {f"{each}_with_replaced": body[each] for each in ("limit", "limit_items", "supports")}
    assert make.evaluate(name, replaced=[], **alike).body["supports"], "as of verdicts by which none of them deviated"
    changed = replace(contents, log=log.packaged(), samples=make.packaged())
    package = write_package(changed, tmp_path / "package", key=key).folder

    page = (package / "data/index.html").read_text(encoding="utf-8")
    samples = page.partition('<h2 id="samples">')[2].partition("<h2")[0]
    assert "✓ supports reliance" not in samples
    assert f"{left} more units deviate or do not apply by the newest verdicts: evaluate again. Before: 0 of " in samples


def test_the_verdict_of_a_unit_that_left_is_shown(key: SigningKey, tmp_path: Path) -> None:
    contents, log = build_company(tmp_path, 60)
    make = SampleMaker(log, contents)
    name = make.freeze(plan=None)
    make.draw(name)
    deviating = make.evaluate(name).body["deviations"]
    make.replace(name, replaced=deviating[0], positions=[])
    make.replace(name)
    changed = replace(contents, log=log.packaged(), samples=make.packaged())
    package = write_package(changed, tmp_path / "package", key=key).folder

    unit = make.populations[name].unit(deviating[0]).item
    left = read(package, f"samples/{name}/evaluation.json")["replaced"]
    assert [each["position"] for each in left] == [
        gone for gone, _ in read(package, f"samples/{name}/draw.json")["left_out"]
    ]
    assert (left[-1]["item"], left[-1]["verdict"]) in {(unit, "EXCEPTION"), (unit, "CANNOT_TEST")}
    assert ", 2 left with none in its place; by the newest verdicts" in (package / "data/index.html").read_text("utf-8")
    told = "by the newest verdicts and what people found, 1 of the units that left deviates"
    assert told in (package / "data/index.html").read_text(encoding="utf-8")
    book = openpyxl.load_workbook(package / "data/controls/cm-01/t-10/workbook-cm-01-t-10.xlsx", read_only=True)
    assert told in "".join(str(row[1]) for row in book["Lead"].iter_rows(values_only=True) if row[0])


def test_a_replaced_unit_that_deviates_is_told_both_ways(key: SigningKey, tmp_path: Path) -> None:
    contents, log = build_company(tmp_path, 60)
    make = SampleMaker(log, contents)
    name = make.freeze(plan=None)
    make.draw(name)
    for position in make.evaluate(name).body["deviations"]:
        make.replace(name, replaced=position, positions=[])
    limit = make.evaluate(name).body["limit"]
    body = make.evaluate(name, tolerable=limit, supports_with_replaced=False).body
    assert body["deviations"] == []
    assert float(body["limit_with_replaced"]) > float(limit)
    changed = replace(contents, log=log.packaged(), samples=make.packaged())
    package = write_package(changed, tmp_path / "package", key=key).folder

    told = f"{len(body['replaced'])} units that a person replaced deviate nevertheless. Counted as well, "
    page = (package / "data/index.html").read_text("utf-8")
    assert told in page
    assert "○ supports reliance only without units that were replaced" in page
    book = openpyxl.load_workbook(package / "data/controls/cm-01/t-10/workbook-cm-01-t-10.xlsx", read_only=True)
    assert told in "".join(str(row[1]) for row in book["Lead"].iter_rows(values_only=True) if row[0])


def test_the_page_and_the_lead_sheet_tell_what_is_left_to_be_asked(key: SigningKey, tmp_path: Path) -> None:
    contents, log = build_company(tmp_path, 60)
    make = SampleMaker(log, contents)
    make.agree(size=25)
    first, second = make.freeze(), make.freeze()
    for name in (first, second):
        make.draw(name)
    make.evaluate(second)
    changed = replace(contents, log=log.packaged(), samples=make.packaged())
    package = write_package(changed, tmp_path / "package", key=key).folder

    page = (package / "data/index.html").read_text("utf-8")
    book = openpyxl.load_workbook(package / "data/controls/cm-01/t-10/workbook-cm-01-t-10.xlsx", read_only=True)
    lead = {str(row[0]): str(row[1]) for row in book["Lead"].iter_rows(values_only=True) if row[0]}
    assert "neither side could steer" not in page
    assert "nobody could steer which units a plan draws" in page
    assert "which of its plans was drawn is asked below" in page
    plans = f"{first} (5 units, random), {second} (5 units, random)"
    for doubt in (
        f"This population was frozen 2 times before the nonce; plans: {plans}; drawn: {first}, {second}.",
        f"A nonce was given for {first}, another freeze of the same, and its draw was never evaluated.",
        "The plan has 5 units; 25 were agreed with R. Auditor (2026-11-01, entry ",
        "The evaluation is of 5 units; 25 were agreed with R. Auditor (2026-11-01, entry ",
    ):
        assert f'<span class="mark none">○ to ask</span> {doubt}' in page
        assert f"To ask: {doubt}" in lead[f"Sample {second}, {make.engagement}"]


def test_rates_that_were_agreed_after_the_draw_are_told_as_such(key: SigningKey, tmp_path: Path) -> None:
    contents, log = build_company(tmp_path, 60)
    make = SampleMaker(log, contents)
    make.agree(tolerable="9")
    name = make.freeze()
    make.draw(name)
    make.agree(reason="a second meeting")
    make.evaluate(name)
    changed = replace(contents, log=log.packaged(), samples=make.packaged())
    package = write_package(changed, tmp_path / "package", key=key).folder

    page = (package / "data/index.html").read_text(encoding="utf-8")
    samples = page.partition('<h2 id="samples">')[2].partition("<h2")[0]
    assert "confidence 90%, tolerable 9%, expected 0%: planning meeting. After the draw: 5 units" in samples
    assert "tolerable 40%, expected 0%: a second meeting" in samples
    told = "The evaluation is by 90% confidence, 40% tolerable, at most 0 planned; agreed before the draw: 90% "
    then = "confidence, 9% tolerable, at most 0 planned (2026-11-01, entry "
    assert f'<span class="mark none">○ to ask</span> {told}{then}' in samples


def test_samples_that_the_records_do_not_give_are_refused(key: SigningKey, tmp_path: Path) -> None:
    contents = build_sampled(tmp_path, 60)
    one, other = contents.samples[:2]
    for samples, told in (
        (contents.samples[1:], "the records freeze it, and it is not among the contents"),
        (
            [replace(one, sample=replace(one.sample, nonce="x")), *contents.samples[1:]],
            "not the sample that the records",
        ),
        (
            [replace(one, population=other.population), *contents.samples[1:]],
            "its lines are not those that were frozen",
        ),
    ):
        with pytest.raises(UserError, match=told):
            write_package(replace(contents, samples=samples), tmp_path / "new", key=key)
    assert not (tmp_path / "new").exists()
