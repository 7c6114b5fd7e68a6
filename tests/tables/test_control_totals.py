"""Sums over an export beside the totals of its source: exact, and a fault where there is no sum."""

import gzip
from pathlib import Path

import pytest

from twofold.tables.control_totals import ControlTotal, control_totals

CSV = "id,amount,note\nA,0.10,x\nB,0.20,y\nC,,z\n"
LINES = ("line 2", "line 3", "line 4")


def total(path: Path, text: str, field: str, stated: str, records: tuple[str, ...]) -> ControlTotal:
    path.write_text(text, encoding="utf-8")
    (found,) = control_totals(path, {field: stated}, records=records)
    return found


@pytest.mark.parametrize(
    ("text", "field", "records", "read"),
    [
        (CSV, "amount", LINES, "0.30"),
        (CSV, "amount", ("line 3",), "0.20"),
        (CSV, "amount", (), "0"),
        ('a,"net, of tax"\nA,+1e3\nB,-0.5\n', "net, of tax", ("line 2", "line 3"), "999.5"),
        ("\ufeffid,amount\nA,5\n", "amount", ("line 2",), "5"),
        ('[{"n": 0.1}, {"n": 0.2}, {"n": null}, {}]', "n", ("#/0", "#/1", "#/2", "#/3"), "0.3"),
        ('[{"n": 12345678901234567890.12}, {"n": "0.01"}]', "n", ("#/0", "#/1"), "12345678901234567890.13"),
        ('{"data": {"rows": [{"price": {"amount": 7}}]}}', "price.amount", ("#/data/rows/0",), "7"),
        ('{"rows": [{"n": 1}]}{"rows": [{"n": 2}]}', "n", ("#/rows/0", "page 2 #/rows/0"), "3"),
        ('{"n": 1.5}\n{"n": 2}\n', "n", ("line 1", "line 2"), "3.5"),
        ('[{"a.b": 4, "a": {"b": 9}}]', "a.b", ("#/0",), "4"),
        ('\ufeff \n [{"n": 5}]', "n", ("#/0",), "5"),
        (f'[{{"n": {"9" * 60}}}, {{"n": 0.{"1" * 60}}}]', "n", ("#/0", "#/1"), f"{'9' * 60}.{'1' * 60}"),
        ('[{"n": "a text"}, {"n": {"text": 3}}]', "n.text", ("#/0", "#/1"), "3"),
        ('[{"n": 1, "other": 1e9999999999999999999999}]', "n", ("#/0",), "1"),
    ],
)
def test_a_field_is_summed_exactly_over_the_records_that_were_read(
    tmp_path: Path, text: str, field: str, records: tuple[str, ...], read: str
) -> None:
    assert total(tmp_path / "export", text, field, read, records) == ControlTotal(field, read, read, agrees=True)


def test_a_compressed_export_is_summed_too(tmp_path: Path) -> None:
    path = tmp_path / "export"
    path.write_bytes(gzip.compress(b'[{"n": 5}]'))
    (found,) = control_totals(path, {"n": "5"}, records=["#/0"])
    assert found.agrees


def test_without_a_stated_total_the_file_is_not_read_again(tmp_path: Path) -> None:
    assert control_totals(tmp_path / "not there", {}, records=LINES) == ()


def test_a_total_agrees_by_its_number_and_not_by_how_it_is_written(tmp_path: Path) -> None:
    assert total(tmp_path / "export.csv", CSV, "amount", "0.3", LINES).agrees
    other = total(tmp_path / "export.csv", CSV, "amount", "0.31", LINES)
    assert (other.agrees, other.words) == (False, "0.30 in the records read, the source said 0.31")


@pytest.mark.parametrize(
    ("text", "field", "records", "fault"),
    [
        (CSV, "amuont", LINES, "no record has the field 'amuont' (did you mean 'amount'?)"),
        (CSV, "note", LINES, "line 2: note holds 'x', which is no number such as 1234.50"),
        (
            'id,amount\nA,"1,234.50"\n',
            "amount",
            ("line 2",),
            "line 2: amount holds '1,234.50', which is no number such as 1234.50",
        ),
        ("id,amount\nA\n", "amount", ("line 2",), "line 2 has no fields"),
        ('[{"n": true}]', "n", ("#/0",), "#/0: n holds 'True', which is no number such as 1234.50"),
        ('[{"n": {"m": 1}}]', "n", ("#/0",), "#/0: n holds \"{'m': 1}\", which is no number such as 1234.50"),
        ('[{"n": 1e300}]', "n", ("#/0",), "#/0: n holds '1E+300', which is no number such as 1234.50"),
        ('[{"n": 1e9999999999999999999999}]', "n", ("#/0",), "#/0: n holds 'inf', which is no number such as 1234.50"),
        ('[{"n": 1}', "n", ("#/0",), "the JSON cannot be read at byte 9"),
        ("%PDF\0", "n", ("the document",), "a zero byte"),
    ],
)
def test_where_there_is_no_sum_the_total_says_why(
    tmp_path: Path, text: str, field: str, records: tuple[str, ...], fault: str
) -> None:
    found = total(tmp_path / "export", text, field, "0", records)
    assert (found.read, found.agrees) == ("", False)
    assert fault in found.fault
    assert found.words == f"{found.fault}, the source said 0"
