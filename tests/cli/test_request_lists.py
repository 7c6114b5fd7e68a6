"""Two auditors' lists, from files to one merged list."""

import csv
import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from twofold.cli.main import main

Call = Callable[..., Any]
SOC2 = [
    ["Requests of Harrow LLP", "", ""],
    ["Ref #", "Request description", "Due date"],
    ["S-1", "Population of employees who left in the period", "2026-07-01"],
    ["S-2", "Screenshot of the password policy of Okta", "2026-07-01"],
    ["S-3", "List of incidents of our product, with severity", "2026-07-01"],
    ["S-4", "Minutes of the board of directors", "2026-07-01"],
]
SOX = [
    ["PBC #", "Item requested", "System", "Owner"],
    ["X-1", "Leavers FY26", "", "HR"],
    ["X-2", "Pwd settings", "Okta", "IT"],
    ["X-3", "Pwd settings", "NetSuite", "Finance"],
    ["X-4", "Incident listing FY26", "", "Security"],
]


def _csv(path: Path, rows: list[list[str]]) -> Path:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def _xlsx(path: Path, rows: list[list[str]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Requests", 0)
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


@pytest.fixture(scope="module")
def two_lists_once(tmp_path_factory: pytest.TempPathFactory, applied_once: Path) -> Path:
    """Return a workspace with both lists; not to be changed."""
    folder = tmp_path_factory.mktemp("lists")
    root = Path(shutil.copytree(applied_once, folder / "acme"))
    one, other = _xlsx(folder / "soc2.xlsx", SOC2), _csv(folder / "sox.csv", SOX)
    importing = ["request-lists", "import", "-w", str(root)]
    assert main([*importing, str(one), "--list", "soc2", "--engagement", "soc2-2026"]) == 0
    assert main([*importing, str(other), "--list", "sox"]) == 0
    return root


@pytest.fixture
def two_lists(tmp_path: Path, two_lists_once: Path) -> Path:
    """Return a workspace of one's own with both lists."""
    return Path(shutil.copytree(two_lists_once, tmp_path / "acme"))


def _rows(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def _json(call: Call, *arguments: str | Path) -> Any:
    said = call("request-lists", *arguments, "--json")
    assert said.code == 0, said.err
    return json.loads(said.out)


def test_how_a_file_is_read_is_shown_and_nothing_is_taken_in_by_trying(
    call: Call, applied: Path, tmp_path: Path
) -> None:
    file = _xlsx(tmp_path / "soc2.xlsx", SOC2)
    said = call("request-lists", "import", file, "--list", "soc2", "--try", "-w", applied)
    assert said.code == 0
    assert "header in row 2, 4 requests" in said.out
    assert "the header says 'Request description'" in said.out
    assert _json(call, "show", "-w", applied)["lists"] == []


def test_pairs_are_proposed_decided_and_merged(call: Call, two_lists: Path, tmp_path: Path) -> None:
    pairs = _json(call, "pairs", "-w", two_lists)
    found = {(each["first"]["line_id"], each["second"]["line_id"]) for each in pairs}
    assert found == {("S-1", "X-1"), ("S-2", "X-2"), ("S-3", "X-4")}
    assert all(each["reasons"] and each["decision"] is None for each in pairs)

    assert call("request-lists", "confirm", "soc2/S-1", "sox/X-1", "-w", two_lists).code == 0
    reason = ("--reason", "another list")
    assert call("request-lists", "reject", "sox/X-4", "soc2/S-3", *reason, "-w", two_lists).code == 0
    assert [each["first"]["line_id"] for each in _json(call, "pairs", "-w", two_lists)] == ["S-2"]

    merged = _json(call, "merged", "-w", two_lists)
    assert (merged["lines"], len(merged["requests"]), merged["shared"]) == (8, 7, 1)
    into = tmp_path / "merged.xlsx"
    assert call("request-lists", "merged", "--into", into, "-w", two_lists).code == 0
    sheet = openpyxl.load_workbook(into)["Merged requests"]
    assert "soc2/S-1; sox/X-1" in [row[3].value for row in sheet.iter_rows()]
    assert call("request-lists", "merged", "--into", into, "-w", two_lists).code == 2


def test_decisions_come_back_from_a_file(call: Call, two_lists: Path, tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    assert call("request-lists", "pairs", "--into", file, "-w", two_lists).code == 0
    header, *rows = _rows(file)
    for row, decision in zip(rows, ("same", "not same", ""), strict=True):
        row[header.index("decision")] = decision
    _csv(file, [header, *rows])
    assert _json(call, "decide", "--file", file, "-w", two_lists)["decisions"] == 2
    decided = [each["decision"] for each in _json(call, "pairs", "--all", "-w", two_lists)]
    assert sorted(decided, key=str) == [None, "not_same", "same"]


def test_undecided_pairs_are_an_anti_pattern_until_decided(call: Call, two_lists: Path) -> None:
    def hits() -> int:
        said = call("anti-patterns", "--pattern", "kept_twice", "--json", "-w", two_lists)
        return len(json.loads(said.out)["patterns"][0]["hits"])

    assert hits() == 3
    call("request-lists", "confirm", "soc2/S-1", "sox/X-1", "-w", two_lists)
    assert hits() == 2


def test_a_newer_file_replaces_the_lines_and_keeps_what_went(call: Call, two_lists: Path, tmp_path: Path) -> None:
    newer = _xlsx(tmp_path / "newer.xlsx", [*SOC2[:4], ["S-9", "Insurance certificate", ""]])
    done = _json(call, "import", newer, "--list", "soc2", "-w", two_lists)
    assert done["withdrawn"] == ["S-3", "S-4"]
    lines = [
        line["line_id"] for each in _json(call, "merged", "-w", two_lists)["requests"] for line in each["requests"]
    ]
    assert lines == ["S-1", "S-2", "S-9", "X-1", "X-2", "X-3", "X-4"]


def test_captured_evidence_of_the_kind_is_named(call: Call, judged: Path, tmp_path: Path) -> None:
    file = _csv(tmp_path / "sox.csv", SOX)
    assert call("request-lists", "import", file, "--list", "sox", "-w", judged).code == 0
    requests = _json(call, "show", "--list", "sox", "-w", judged)["requests"]
    captured = {each["requests"][0]["line_id"]: each["captured"] for each in requests}
    assert captured["X-4"]
    assert not captured["X-3"]


def test_places_that_no_list_has_and_pairs_of_one_list_are_refused(call: Call, two_lists: Path) -> None:
    said = call("request-lists", "confirm", "soc2/S-1", "sox/X-99", "-w", two_lists)
    assert said.code == 2
    assert "X-99" in said.err
    assert call("request-lists", "confirm", "soc2/S-1", "soc2/S-2", "-w", two_lists).code == 2


def test_a_formula_is_never_evaluated(call: Call, applied: Path, tmp_path: Path) -> None:
    file = _csv(tmp_path / "list.csv", [["id", "request"], ["1", '=HYPERLINK("http://x","List of users")']])
    assert call("request-lists", "import", file, "--list", "odd", "-w", applied).code == 0
    into = tmp_path / "merged.csv"
    assert call("request-lists", "merged", "--into", into, "-w", applied).code == 0
    assert _rows(into)[1][2].startswith("'=")


@pytest.mark.parametrize(
    "options", [["--column", "text=ZZ"], ["--column", "owner"], ["--sheet", "nope"], ["--engagement", "x"]]
)
def test_what_a_file_does_not_have_is_refused(call: Call, applied: Path, tmp_path: Path, options: list[str]) -> None:
    file = _xlsx(tmp_path / "soc2.xlsx", SOC2)
    said = call("request-lists", "import", file, "--list", "soc2", *options, "-w", applied)
    assert said.code == 2
    assert "nothing was changed" in said.err


def test_hostile_files_are_refused(call: Call, applied: Path, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * 300_000_000)
    entity = tmp_path / "entity.xlsx"
    with zipfile.ZipFile(entity, "w") as archive:
        archive.writestr("xl/workbook.xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]><workbook>&a;</workbook>')
    for file in (bomb, entity):
        said = call("request-lists", "import", file, "--list", "bad", "-w", applied)
        assert said.code == 2
        assert "nothing was changed" in said.err
