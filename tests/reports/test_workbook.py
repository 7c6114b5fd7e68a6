"""The workbook as an audit senior opens it."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import pytest

from twofold.controltests.run_record import COMPLETENESS_FILE, read_run
from twofold.reports.contents import PackageContents
from twofold.reports.html_report import html_report
from twofold.reports.items import open_items
from twofold.reports.lead_sheet import TICKMARKS, lead_lines
from twofold.reports.workbook import write_workbook

HOSTILE = '=HYPERLINK("http://evil.example","x")<script>alert(1)</script>'


@pytest.fixture(scope="module")
def book(package: Path) -> Any:
    return openpyxl.load_workbook(package / "data/controls/cm-01/t-10/workbook-cm-01-t-10.xlsx")


def lead_of(book: Any) -> dict[str, str]:
    return {row[0].value: row[1].value for row in book["Lead"].iter_rows(min_row=3) if row[0].value}


def test_it_has_the_sheets_of_a_workpaper_and_the_clock_of_the_data(book: Any) -> None:
    assert book.sheetnames == ["Lead", "Grid", "Exceptions", "Completeness", "Rule", "Parameters"]
    assert book.properties.created == datetime(2026, 11, 1, 6)  # noqa: DTZ001  a workbook has no zone
    assert "Not an audit opinion" in book.properties.description


def test_the_lead_sheet_shows_all_that_a_workpaper_must(book: Any) -> None:
    lead = lead_of(book)
    expected = {
        "Company": "Acme & <Söhne>",
        "Reference": "CM-01 / T-10",
        "Review period, SOC 2": "2025-11-01 to 2026-10-31",
        "Review period, SOX": "2025-10-01 to 2026-09-30",
        "Objective of the test": "No change without approval.",
        "Risk, SOC 2": "unwanted or untested change",
        "Control owner": "p-0020 Ana Silva",
        "Population": "60 items",
        "Source ev-1": "GET /repos/acme/billing/deployments?page=0 <b>",
        "Rows agree with the count of the source": "OK: 60 records",
        "Items tested": "Census",
        "Parameters": "skew_minutes = 5",
        "Attribute G": "Wording of G. Required by SOX.",
        "Attribute A": "Required by SOC 2 and SOX.",
        "Tickmark ✗": "exception",
        "SOC 2: counts": "population 60 = pass 30 + exception 1 + cannot test 2 + not applicable 27",
        "SOC 2: deviation rate": "1 of 33 (3.03%) to 3 of 33 (9.09%)",
        "SOX: conclusion proposed": "not effective",
        "SOC 2: completeness record signed by": "p-0009",
        "SOX: completeness record signed by": "to be filled by a named person",
        "Prepared by, date": "to be filled by a named person",
        "Reviewed by, date": "to be filled by a named person",
        "Compensating control": "to be filled by a named person",
        "Note": "Not an audit opinion",
    }
    for label, text in expected.items():
        assert text in lead[label], label
    assert "SHA-256" in lead["Hash of the population"]
    assert "; oldest record that the source held: not given" in lead["Source ev-1"]
    assert "page size not given, last page reached: not given" in lead["Source ev-1"]


def test_the_grid_has_a_row_per_item_with_marks_and_both_verdicts(book: Any) -> None:
    sheet = book["Grid"]
    header = [cell.value for cell in sheet[3]]
    assert header[:4] == ["Item", "System", "Date (UTC)", "A"]
    assert header[12:17] == ["SOC 2 verdict", "SOX verdict", "Decided by", "What was found", "Evidence"]
    assert header[17:] == ["ticket", "commits", "rollback"], "further columns of the population"
    assert sheet["D2"].value == "Wording of A."
    rows = {row[0]: row for row in sheet.iter_rows(min_row=4, values_only=True)}
    assert len(rows) == 60
    row = rows["dep-00043:billing#43"]
    assert row[2] == datetime(2026, 6, 18, 5, 30)  # noqa: DTZ001  a workbook has no zone
    assert row[3:8] == ("✓", "✓", "✗", "✓", "✓")
    assert row[12:15] == ("exception", "exception", "C")
    assert row[15] == "C ✗ The content of C changed after approval."
    assert [line.split()[0] for line in row[16].split("\n")] == ["ev-1", "ev-2"], "facts and the population's own row"
    assert rows["dep-00025:billing#25"][5] == "?"
    assert rows["dep-00024:billing#24"][12:15] == ("pass", "exception", "SOX: G")
    assert rows["dep-00002:billing#2"][14] == "outside scope on the date"
    assert rows["dep-00002:billing#2"][11] == TICKMARKS[3][0]


def test_imported_text_is_never_a_formula(package: Path) -> None:
    for path in package.rglob("*.xlsx"):
        for sheet in openpyxl.load_workbook(path):
            for row in sheet.iter_rows():
                for cell in row:
                    assert cell.data_type != "f", f"{path.name} {sheet.title}!{cell.coordinate}"
                    assert cell.hyperlink is None
    book = openpyxl.load_workbook(next(package.glob("data/controls/cm-01/t-10/*.xlsx")))
    assert HOSTILE in {cell.value for cell in book["Grid"]["A"]}


def test_it_prints_as_a_workpaper(book: Any) -> None:
    for sheet in book:
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToHeight == 0
        assert "&P" in sheet.oddFooter.right.text
        assert "opinion" in sheet.oddFooter.left.text
    grid = book["Grid"]
    assert grid.freeze_panes == "B4"
    assert grid.print_title_rows == "$2:$3"
    assert grid.auto_filter.ref == "A3:T63"
    assert book["Exceptions"].freeze_panes == "C2"


def test_exceptions_show_condition_facts_and_evidence(book: Any) -> None:
    rows = list(book["Exceptions"].iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in rows] == ["SOC 2\nsoc2-2026"] * 3 + ["SOX\nSOX FY2026"] * 7
    row = rows[1]
    assert row[1:6:4] == ("dep-00043:billing#43", "✗ stale_approval")
    assert row[6] == "The content of C changed after approval."
    assert row[7] == "approved for commit abc, released def [deployment line 43 ev-1]"
    assert len(row[8].split()[1]) == 64


def test_rule_text_has_line_numbers_and_parameters_their_source(book: Any) -> None:
    rule = [(row[0], row[1]) for row in book["Rule"].iter_rows(min_row=4, values_only=True)]
    assert rule[:3] == [
        ("Line", "rule.sql"),
        (1, "-- one row per item"),
        (2, "SELECT item, " + ", ".join(f"'pass' AS {x}" for x in "abcdefghi")),
    ]
    assert ("Line", "steps/identity.sql (a step that these build on)") in rule
    assert not [text for _, text in rule if str(text).startswith("steps/authority")], "no text names it"
    parameters = list(book["Parameters"].iter_rows(min_row=2, values_only=True))
    assert parameters == [("skew_minutes", "5 (set by the company)", "0", "minutes", "Clock skew allowed.", "house")]


def test_a_stopped_test_and_an_empty_population_say_so(package: Path) -> None:
    stopped = openpyxl.load_workbook(package / "data/controls/ac-05/t-05/workbook-ac-05-t-05.xlsx")
    grid = list(stopped["Grid"].iter_rows(min_row=3, values_only=True))
    assert len(grid) == 6
    assert str(grid[-1][0]).startswith("The test was stopped")
    assert "stopped" in lead_of(stopped)["Run"]
    assert ("None.",) in {row[:1] for row in stopped["Exceptions"].iter_rows(values_only=True)}
    empty = openpyxl.load_workbook(package / "data/controls/cm-03/t-12/workbook-cm-03-t-12.xlsx")
    assert lead_of(empty)["Run"] == "did not occur: the population is empty"
    assert lead_of(empty)["SOC 2: deviation rate"] == "none: no item counts"


def test_beyond_its_limit_the_grid_points_to_the_csv(contents: PackageContents, tmp_path: Path) -> None:
    with open_items(contents.runs[0], contents.engagements) as items:
        write_workbook(tmp_path / "small.xlsx", contents, contents.runs[0], items, greatest_rows=5)
    column = [cell.value for cell in openpyxl.load_workbook(tmp_path / "small.xlsx")["Grid"]["A"]]
    assert len(column) == 9
    assert column[-1] == "This sheet ends at 5 items. All items: population.csv and outcomes.csv."


def test_text_beyond_a_cell_is_cut_and_says_so(contents: PackageContents, tmp_path: Path) -> None:
    run = contents.runs[0]
    run = replace(run, rule=replace(run.rule, objective="x" * 40_000))
    with open_items(run, contents.engagements) as items:
        write_workbook(tmp_path / "long.xlsx", contents, run, items)
    text = lead_of(openpyxl.load_workbook(tmp_path / "long.xlsx"))["Objective of the test"]
    assert len(text) == 32_767
    assert text.endswith("(cut here; whole in the package)")


def record(index: int, kind: str, **body: object) -> tuple[int, bytes]:
    entry = {"actor": f"p-{index:04}", "at": "2026-11-02T10:00:00.000000Z", "body": body, "index": index, "kind": kind}
    return index, orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)


def test_what_people_said_in_the_log_stands_in_the_workpaper(contents: PackageContents, tmp_path: Path) -> None:
    run = next(each for each in contents.runs if each.rule.control_test == "T-10")
    run_id = read_run(run.folder).run_id
    with open_items(run, contents.engagements) as items:
        item = next(iter(items.exceptions())).item
    about = {
        "engagement": "sox-fy2026",
        "control": run.control.control_id,
        "conclusion": "not_effective",
        "reason": "w",
    }
    said = {"item": item, "disposition": "data_error", "reason": "no zone", "second_person": "p-0009"}
    records = [
        record(1, "judgement", engagement="sox-fy2026", judgement_sha256="new"),
        record(2, "sign_off", **about, role="preparer", judgement_sha256="new"),
        record(3, "sign_off", **about, role="reviewer", judgement_sha256="old"),
        record(4, "disposition", **said, run_id=run_id),
        record(5, "disposition", **{**said, "reason": "of another run"}, run_id="run-0"),
    ]
    with open_items(run, contents.engagements) as items:
        write_workbook(tmp_path / "w.xlsx", replace(contents, log=replace(contents.log, records=records)), run, items)

    book = openpyxl.load_workbook(tmp_path / "w.xlsx")
    by = "2026-11-02T10:00:00Z, entry"
    lead = lead_of(book)
    assert lead["Prepared by, date"] == f"sox-fy2026 CM-01: not effective. w (p-0002, {by} 2)"
    assert lead["Reviewed by, date"] == "to be filled by a named person"
    rows = [[cell.value for cell in row] for row in book["Exceptions"].iter_rows(min_row=2)]
    assert next(row[-2:] for row in rows if row[1] == item) == ["data error: no zone", f"p-0004 and p-0009, {by} 4"]
    assert not any(row[-2] for row in rows if row[1] != item)


def test_the_lead_sheet_says_how_far_a_conclusion_reaches(contents: PackageContents) -> None:
    run = next(each for each in contents.runs if each.rule.control_test == "T-10")
    told = "Type 1, as of 2026-03-31: operation over a period is not tested."
    first, *others = contents.engagements
    short = replace(contents, engagements=(replace(first, judgement=replace(first.judgement, reach=(told,))), *others))
    completeness = orjson.loads((run.folder / COMPLETENESS_FILE).read_bytes())
    lines = lead_lines(short, run, read_run(run.folder), completeness)
    assert [(each.label, each.text) for each in lines if "how far" in each.label] == [
        ("SOC 2: how far it reaches", told)
    ]
    page = html_report(short, in_package=True)
    assert [page.count(f"{begins}{told}") for begins in (">", "<strong>")] == [2, 1], (
        "beside the counts and the criteria"
    )
