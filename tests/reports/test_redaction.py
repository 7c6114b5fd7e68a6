"""A redacted package shows the rest, proves it, and holds no withheld value anywhere."""

import hashlib
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import orjson
import pytest
from openpyxl import Workbook

from twofold.controltests.run_record import ControlTestRun, RunState, write_run
from twofold.model.problem import UserError
from twofold.reports import check
from twofold.reports.committed_table import NotTabularError, open_csv, open_table
from twofold.reports.leaks import Leaks, spellings
from twofold.reports.redacted_data import withhold
from twofold.reports.redaction import RedactedTable, Redaction, WholeEvidence, read_redaction, withheld_parts
from twofold.reports.verify_rows import check_rows, withheld_tables
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.row_commitment import FORM, commit_rows
from twofold.vault.table_keys import CommittedTable

KEY = bytes(range(32))
PEOPLE = ("Ana Silva", 'Bo "Bee" Li', "Zoë & Ünal", "Cem <Can>")
MAIL = "zoe.unal@example.com"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_table(path: Path, rows: list[tuple[str, str, str]]) -> None:
    with duckdb.connect() as session:
        session.execute("CREATE TABLE t (item VARCHAR, person_name VARCHAR, system VARCHAR)")
        session.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
        session.execute(f"COPY t TO '{path}' (FORMAT parquet)")


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """Give data/ of a package with one control test, one CSV in the evidence, a table, and pages that repeat names."""
    data = tmp_path / "package" / "data"
    place = data / "controls" / "ac-03" / "t-03"
    for folder in (place, data / "evidence", data / "tables", data / "engagements" / "soc2", data / "log"):
        folder.mkdir(parents=True)
    people = [(f"grant-{number}", name, "payroll" if number == 1 else "billing") for number, name in enumerate(PEOPLE)]
    write_table(place / "population.parquet", people)
    (place / "population.csv").write_text("item,person_name\ngrant-0,Ana Silva\n")
    book = Workbook()
    book.create_sheet("Grid").append(["Ana Silva"])
    book.save(place / "workbook-ac-03-t-03.xlsx")
    for name in ("exceptions.csv", "facts.csv"):
        (place / name).write_text("Ana Silva")
    write_table(place / "facts.parquet", people)
    (place / "verdicts-soc2.csv").write_text("item,verdict\ngrant-0,PASS\ngrant-1,PASS\n")
    run = ControlTestRun(
        control_test="T-03", title="t", rule_version="1", rule_sha256="", parameters={}, population="grant",
        population_count=4, population_sha256=digest(place / "population.parquet"), definition_sha256="", steps={},
        completeness_sha256="", tables={}, clock="2026-11-01T06:00:00+00:00", engine="duckdb", state=RunState.TESTED,
        stops=(), outcomes_sha256="", counts={},
    )  # fmt: skip
    write_run(run.identified(), place)
    csv = f"Email,Name,system\nana@example.com,Ana,billing\n{MAIL},Zoe,payroll\n"
    (data / "evidence" / f"{hashlib.sha256(csv.encode()).hexdigest()}.csv").write_text(csv)
    write_table(data / "tables" / "account.parquet", [("a", "Ana Silva", "billing")])
    write_table(data / "tables" / "ticket.parquet", [("a", "nobody", "billing")])
    findings = [{"condition": "Zoë & Ünal kept a right", "items": ["grant-2"]}]
    (data / "engagements" / "soc2" / "findings.json").write_bytes(orjson.dumps(findings))
    (data / "index.html").write_text("<p>Zo\u00eb &amp; \u00dcnal; Cem &lt;Can&gt;</p>", encoding="utf-8")
    (data / "log" / "records.jsonl").write_text('{"index":0}\n')
    for sample, test in (("sm-7", "T-03"), ("sm-8", "T-04")):
        (data / "samples" / sample).mkdir(parents=True)
        (data / "samples" / sample / "draw.json").write_bytes(orjson.dumps({"control_test": test}))
        for name in ("population.txt", "evaluation.json"):
            (data / "samples" / sample / name).write_text("lines of the population")
    return data


def committed(path: Path, table: str, entry: int) -> CommittedTable:
    with open_table(path, is_csv=table == "evidence") as opened:
        made = commit_rows(opened.columns, opened.rows, KEY)
        return CommittedTable(table, digest(path), made.columns, opened.types, made.count, made.root.hex(), entry)


def entry_of(table: CommittedTable) -> Entry:
    body = {
        "columns": list(table.columns),
        "commitment": table.commitment,
        "form": FORM,
        "rows": table.rows,
        "sha256": table.sha256,
        "table": table.table,
        "types": list(table.types),
    }
    return Entry(table.entry, EntryKind.ROW_COMMITMENT, datetime(2026, 11, 1, tzinfo=UTC), "p-1", body, b"")


def redact(
    data: Path, tmp_path: Path, *, columns: set[int], rows: set[int], anywhere: bool = False
) -> tuple[dict[int, Entry], list[str]]:
    """Withhold names of the population, and the row of payroll in the evidence."""
    kept = tmp_path / "whole"
    kept.mkdir()
    population, evidence = kept / "population.parquet", kept / "evidence.csv"
    population.write_bytes((data / "controls/ac-03/t-03/population.parquet").read_bytes())
    (source,) = (data / "evidence").glob("*.csv")
    evidence.write_bytes(source.read_bytes())
    first, second = committed(population, "population", 7), committed(evidence, "evidence", 9)
    redaction = Redaction(
        "Names are not needed.",
        "p-0003",
        (
            RedactedTable(first, ("T-03",), population, KEY, frozenset(columns), frozenset(rows), anywhere=anywhere),
            RedactedTable(second, ("ev-12",), evidence, KEY, frozenset(), frozenset({1}), frozenset({2}), anywhere),
        ),
    )
    left_out = withhold(data, redaction)
    return {7: entry_of(first), 9: entry_of(second)}, left_out


def everything(data: Path) -> bytes:
    """Return the bytes of every file, archives and Parquet opened."""
    found = []
    for path in sorted(path for path in data.rglob("*") if path.is_file()):
        found.append(path.read_bytes())
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                found += [archive.read(name) for name in archive.namelist()]
        if path.suffix == ".parquet":
            with duckdb.connect() as session:
                found.append(str(session.execute(f"FROM '{path}'").fetchall()).encode())
    return b"\0".join(found)


def test_no_withheld_value_stands_anywhere_and_the_rest_is_proven(whole: Path, tmp_path: Path) -> None:
    assert b"Ana Silva" in everything(whole)
    records, left_out = redact(whole, tmp_path, columns={1}, rows=set())
    content = everything(whole)
    for name in (*PEOPLE, MAIL):
        assert not any(form in content for form in spellings(name)), name
    assert check_rows(whole.parent, records) == []
    assert "tables/account.parquet" in left_out
    assert "tables/ticket.parquet" not in left_out
    assert (whole / "controls/ac-03/t-03/verdicts-soc2.csv").exists()
    shown = whole / "tables/rows" / f"{records[7].body['sha256']}.csv"
    assert shown.read_text().splitlines()[1] == "grant-0,[withheld],billing"
    body = orjson.loads((whole / "withheld.json").read_bytes())
    assert body["decided_by"] == "p-0003"
    assert body["tables"][0]["sentence"] == "population of T-03: the column person_name withheld"
    assert body["tables"][1]["sentence"] == "evidence of ev-12: 1 of 2 rows withheld"
    assert withheld_tables(whole.parent).left_out == set(left_out)


def test_verdicts_go_when_rows_or_items_are_withheld(whole: Path, tmp_path: Path) -> None:
    _, left_out = redact(whole, tmp_path, columns={0, 1}, rows={1})
    assert "controls/ac-03/t-03/verdicts-soc2.csv" in left_out
    assert b"grant-2" not in everything(whole)


@pytest.mark.parametrize(
    ("columns", "rows", "gone"),
    [({1}, set(), False), ({0}, set(), True), ({2}, set(), True), (set(), {1}, True)],
    ids=["a name", "the item", "the system", "a row"],
)
def test_samples_go_when_a_part_of_their_lines_is_withheld(
    whole: Path, tmp_path: Path, columns: set[int], rows: set[int], gone: bool
) -> None:
    _, left_out = redact(whole, tmp_path, columns=columns, rows=rows, anywhere=True)
    files = [f"samples/sm-7/{name}" for name in ("draw.json", "evaluation.json", "population.txt")]
    assert [place for place in left_out if place.startswith("samples/")] == (files if gone else [])
    assert [(whole / place).exists() for place in files] == [not gone] * 3


def test_a_value_that_stands_in_a_file_with_a_hash_stops_the_package(whole: Path, tmp_path: Path) -> None:
    (whole / "log" / "records.jsonl").write_text('{"by":"Ana Silva"}\n')
    with pytest.raises(UserError, match=r"log/records.jsonl: a withheld value also stands here") as caught:
        redact(whole, tmp_path, columns={1}, rows=set())
    assert "Ana Silva" not in str(caught.value)


def test_a_value_may_stand_elsewhere_when_a_person_says_so(whole: Path, tmp_path: Path) -> None:
    (whole / "log" / "records.jsonl").write_text('{"by":"Ana Silva"}\n')
    records, left_out = redact(whole, tmp_path, columns={1}, rows=set(), anywhere=True)
    assert check_rows(whole.parent, records) == []
    assert "tables/account.parquet" not in left_out


def test_evidence_may_be_withheld_as_a_whole(whole: Path) -> None:
    (whole / "evidence" / f"{'0' * 64}.json").write_text("{}")
    with duckdb.connect() as session:
        query = "SELECT 'x' AS id, 'ev-30' AS evidence"
        session.execute(f"COPY ({query}) TO '{whole}/tables/grant_event.parquet' (FORMAT parquet)")
        # The withheld evidence contradicts other evidence, whose record the table itself has.
        session.execute(f"COPY ({query}) TO '{whole}/tables/review__second.parquet' (FORMAT parquet)")
        kept = query.replace("ev-30", "ev-31")
        session.execute(f"COPY ({kept}) TO '{whole}/tables/review.parquet' (FORMAT parquet)")
        session.execute(f"COPY (SELECT 'x' AS id) TO '{whole}/tables/grant_event__rights.parquet' (FORMAT parquet)")
    script = whole / "controls/ac-03/t-03/reperform.sql"
    script.write_text("FROM read_parquet('../../../tables/grant_event.parquet');")
    left_out = withhold(whole, Redaction("r", "p", (), (WholeEvidence("ev-30", "0" * 64),)))
    assert left_out == [
        "controls/ac-03/t-03/reperform.sql",
        f"evidence/{'0' * 64}.json",
        "tables/grant_event.parquet",
        "tables/grant_event__rights.parquet",
        "tables/review.parquet",
        "tables/review__second.parquet",
    ]
    assert check_rows(whole.parent, {}) == []


def edit(kind: str, old: str, new: str) -> Callable[[Path], None]:
    def change(data: Path) -> None:
        path = next(path for path in sorted((data / "tables/rows").glob(f"*.{kind}")) if old in path.read_text())
        path.write_text(path.read_text().replace(old, new, 1))

    return change


def drop_line(data: Path) -> None:
    path = next(path for path in (data / "tables/rows").glob("*.jsonl") if "grant-2" in path.read_text())
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "grant-2" not in line))


def bring_back(data: Path) -> None:
    (data / "controls/ac-03/t-03/facts.csv").write_text("x")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (edit("jsonl", "grant-2", "grant-9"), "do not lead to the committed root"),
        (edit("csv", "grant-2", "grant-9"), "shows other rows"),
        (drop_line, "row 2 is missing or out of order"),
        (edit("jsonl", '{"commitment":7}', '{"commitment":9}'), "commits to another file"),
        (edit("jsonl", '{"commitment":7}', '{"commitment":8}'), "no row commitment in this package"),
        (edit("jsonl", '{"commitment":7}', "[]"), "jsonl: "),
        (bring_back, "is said to be left out, and is here"),
        (lambda data: next((data / "tables/rows").glob("*.csv")).unlink(), "it is missing"),
        (lambda data: (data / "tables/rows/x.csv").write_text(""), "does not speak of it"),
    ],
)
def test_whatever_is_changed_in_what_is_shown_is_found(
    whole: Path, tmp_path: Path, change: Callable[[Path], None], told: str
) -> None:
    records, _ = redact(whole, tmp_path, columns={1}, rows=set())
    change(whole)
    assert told in "\n".join(check_rows(whole.parent, records))


@pytest.mark.parametrize(
    "change",
    [
        edit("jsonl", "grant-2", "grant-9"),
        edit("jsonl", '["grant-2"', "[null"),
        drop_line,
        edit("jsonl", '{"commitment":7}', '{"commitment":8}'),
    ],
)
def test_the_stand_alone_check_finds_changed_rows_too(
    whole: Path, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    records, _ = redact(whole, tmp_path, columns={1}, rows={1})
    logged = [{"index": index, "kind": "row_commitment", "body": entry.body} for index, entry in records.items()]

    def faults() -> list[str]:
        package = check.Package(whole.parent)
        package.records = logged
        shown = [place for place in package.places if re.fullmatch("data/tables/rows/.*[.]jsonl", place)]
        assert shown
        return [fault for place in shown for fault in check.rows_faults(package, place)]

    assert faults() == []
    change(whole)
    assert any(fault.startswith("data/tables/rows/") for fault in faults())


GOOD = """reason = "r"
decided_by = "p-1"
[[withhold]]
control_test = "T-03"
table = "population"
columns = ["person_name"]
[[withhold]]
evidence = "ev-12"
rows_where = { column = "system", equals = "payroll" }
"""


def test_a_redaction_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "redact.toml"
    path.write_text(GOOD)
    found = read_redaction(path)
    assert [(each.table, each.subject, each.columns, each.rows_where) for each in found.withholdings] == [
        ("population", "T-03", ("person_name",), None),
        ("evidence", "ev-12", (), ("system", "payroll")),
    ]
    rows: list[list[str | None]] = [["a", "billing"], ["b", "payroll"]]
    one = frozenset({1})
    assert withheld_parts([found.withholdings[1]], ("name", "system"), rows) == (frozenset(), one, one)
    with pytest.raises(UserError, match="no column person_name"):
        withheld_parts([found.withholdings[0]], ("name", "system"), rows)
    with pytest.raises(UserError, match="holds for no row"):
        withheld_parts([found.withholdings[1]], ("name", "system"), rows[:1])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('reason = "r"\n', "", "reason is missing"),
        ('decided_by = "p-1"', 'decided_by = " "', "decided_by is missing"),
        ('reason = "r"', 'reason = "r"\nwhy = 1', "unknown: why"),
        ('"population"', '"verdicts"', "does not say of what"),
        ('evidence = "ev-12"', 'evidence = "ev-12"\ntable = "population"', "does not say of what"),
        ('columns = ["person_name"]', "", "withholds nothing"),
        ('columns = ["person_name"]', 'columns = "person_name"', "no list of names"),
        ("equals", "is", "rows_where cannot be read"),
        ("[[withhold]]", "[[hide]]", "unknown: hide"),
        ('columns = ["person_name"]', 'columns = ["a"]\nmay_stand_elsewhere = 1', "neither true nor false"),
        ("[[withhold]]", "[[withhold]", "this is not TOML"),
        ('evidence = "ev-12"', 'evidence = "ev-12"\nwhole = true', "whole goes with evidence and nothing else"),
    ],
)
def test_a_faulty_redaction_file_is_refused(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = tmp_path / "redact.toml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(UserError, match=told):
        read_redaction(path)


@pytest.mark.parametrize("content", [b"", b"a,b\n1\n", b"a\n\xff\n", b'a\n"1\n', b"a" * 30_000 + b"\n1\n"])
def test_what_is_no_regular_table_is_not_committed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.csv").write_bytes(content)

    def read() -> None:
        with open_csv(tmp_path / "x.csv") as table:
            list(table.rows)

    with pytest.raises(NotTabularError):
        read()


def test_texts_of_a_parquet_file_have_one_form(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    with duckdb.connect() as session:
        session.execute(
            f"""COPY (SELECT '=1' AS a, TIMESTAMP '2026-03-01 09:00:00' AS b, TIMESTAMP '2026-03-01 09:00:00.5' AS c,
        true AS d, ['x', NULL] AS e, DATE '2026-03-01' AS f, 7 AS g, NULL AS h, '' AS i) TO '{path}' (FORMAT parquet)"""
        )
    with open_table(path, is_csv=False) as table:
        (row,) = list(table.rows)
    assert tuple(row) == (
        "=1",
        "2026-03-01T09:00:00Z",
        "2026-03-01T09:00:00.5Z",
        "true",
        '["x",null]',
        "2026-03-01",
        "7",
        None,
        "",
    )


def test_a_leak_is_found_in_every_spelling(tmp_path: Path) -> None:
    value = 'Zoë "Z" & <Co>'
    leaks = Leaks([value, "abc"])
    for number, form in enumerate(spellings(value)):
        (tmp_path / str(number)).write_bytes(b"xx" + form + b"yy")
        assert leaks.found_in(tmp_path / str(number)) == {value}
    (tmp_path / "none").write_bytes(b"abc Zo")
    assert leaks.found_in(tmp_path / "none") == set()
    assert re.search(rb"\\u00eb", b" ".join(spellings(value)))
