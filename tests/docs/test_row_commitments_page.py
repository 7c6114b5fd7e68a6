"""docs/formats/row-commitments.md is true: its example is what the code writes, and its program checks it."""

import re
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from twofold.reports.rows_files import write_rows
from twofold.vault.row_commitment import FORM, Cell, commit_rows, disclose

PAGE = Path(__file__).parents[2] / "docs" / "formats" / "row-commitments.md"
KEY = bytes(range(32))
COLUMNS = ("item", "email", "ended_on")
ROWS: list[list[Cell]] = [
    ["leaver-1", "ana@example.com", "2026-03-01"],
    ["leaver-2", "bo@example.com", None],
    ["leaver-3", "", "2026-04-01"],
]
SHA256 = "ab" * 32


def body() -> dict[str, object]:
    made = commit_rows(COLUMNS, ROWS, KEY)
    return {
        "columns": list(COLUMNS),
        "commitment": made.root.hex(),
        "form": FORM,
        "rows": made.count,
        "sha256": SHA256,
        "table": "population",
        "types": ["VARCHAR", "VARCHAR", "DATE"],
    }


@pytest.fixture
def shown(tmp_path: Path) -> Path:
    parts = disclose(COLUMNS, ROWS, KEY, withheld_columns={1}, withheld_rows={2})
    write_rows(tmp_path, SHA256, entry=12, columns=COLUMNS, parts=parts)
    (tmp_path / "body.json").write_bytes(orjson.dumps(body(), option=orjson.OPT_SORT_KEYS))
    return tmp_path


def written(folder: Path) -> str:
    lines = (folder / f"{SHA256}.jsonl").read_text(encoding="utf-8")
    table = (folder / f"{SHA256}.csv").read_text(encoding="utf-8")
    entry = (folder / "body.json").read_text(encoding="utf-8")
    return (
        f"The body of entry 12:\n\n```json\n{entry}\n```\n\n"
        f"The `.jsonl`:\n\n```\n{lines}```\n\nThe `.csv`:\n\n```\n{table}```"
    )


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    command = [sys.executable, "-c", program, str(folder / "body.json"), str(folder / f"{SHA256}.jsonl")]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


def test_the_example_is_what_the_code_writes(shown: Path) -> None:
    page = PAGE.read_text(encoding="utf-8").split("<!-- example -->\n")[1].split("\n<!-- end of example -->")[0]
    assert page == written(shown)


def test_the_program_on_the_page_checks_it(shown: Path) -> None:
    assert run(shown).stdout == "2 of 3 rows are shown, as committed\n"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("leaver-2", "leaver-9", "not those that were committed"),
        ("[null,", '["",', "not those that were committed"),
        ('"row":1', '"row":2', "missing or out of order"),
        ('"rows":[2,1]', '"rows":[2,2]', "more or fewer rows"),
        ('"rows":[2,1]', '"rows":[2,3]', "missing or out of order"),
    ],
)
def test_the_program_on_the_page_finds_a_change(shown: Path, old: str, new: str, told: str) -> None:
    path = shown / f"{SHA256}.jsonl"
    before = path.read_text(encoding="utf-8")
    assert old in before
    path.write_text(before.replace(old, new), encoding="utf-8")
    finished = run(shown)
    assert finished.returncode != 0
    assert told in finished.stderr


def test_the_page_names_every_field(shown: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [field for field in body() if f"`{field}`" not in page] == []
    assert (shown / "body.json").exists()
