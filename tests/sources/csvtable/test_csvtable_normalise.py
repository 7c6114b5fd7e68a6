from datetime import UTC, datetime
from pathlib import Path

import pytest

from twofold.model.evidence import EvidenceRef, Provenance
from twofold.model.ids import EvidenceId
from twofold.model.problem import UserError
from twofold.sources.csvtable.normalise import FEEDS, FROM_SCOPE_FILES, KINDS
from twofold.tables.rows import NormaliseContext, Row, SetAside, SourceFile, Unused
from twofold.tables.schema import TableKind, canonical_tables
from twofold.tables.typed_rows import typed_row

AT = datetime(2026, 7, 15, tzinfo=UTC)


def normalised(folder: Path, kind: str, text: str) -> list[Row | SetAside | Unused]:
    path = folder / "export.csv"
    path.write_text(text, encoding="utf-8")
    provenance = Provenance(source="csvtable", kind=kind, run_by="p-1", run_at=AT, query="report 7")
    evidence = EvidenceRef(EvidenceId("ev-1"), "0" * 64, 1, path.name, "text/csv", AT, "p-1", provenance)
    return list(KINDS[kind](SourceFile(evidence, path), NormaliseContext()))


def test_a_kind_is_a_table_of_what_happened_or_exists_or_a_register_that_no_scope_file_holds() -> None:
    accepted = {name for name, table in canonical_tables().items() if table.kind is not TableKind.DERIVED}
    assert set(KINDS) == set(FEEDS) == accepted - FROM_SCOPE_FILES - {"extraction"}
    assert {name for name in FROM_SCOPE_FILES if canonical_tables()[name].kind is not TableKind.FACT} == set()
    assert {"vendor", "key_report", "setting_standard", "service_account"} <= set(KINDS)
    assert {"roster", "system_label", "change_set", "source_gap", "extraction"}.isdisjoint(KINDS)
    assert FEEDS["incident"] == ("incident",)


def test_lines_become_rows_of_the_table_with_their_place(tmp_path: Path) -> None:
    text = "id,opened_at,systems\nINC-1,2026-05-01T10:00:00Z,billing;erp\nINC-2,2026-05-02,\n"
    first, second = normalised(tmp_path, "incident", text)
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert (first.table, first.record, second.record) == ("incident", "line 2", "line 3")
    typed = typed_row(first, zone="")
    assert typed.lists["systems"] == ["billing", "erp"]
    assert typed.cells["opened_at"] == datetime(2026, 5, 1, 10, tzinfo=UTC)


def test_a_ragged_line_is_set_aside_and_the_others_are_read(tmp_path: Path) -> None:
    found = normalised(tmp_path, "incident", "id,opened_at\nINC-1\nINC-2,2026-05-02\n")
    assert [type(each) for each in found] == [SetAside, Row]


def test_lineage_columns_of_the_file_are_not_believed(tmp_path: Path) -> None:
    (row,) = normalised(tmp_path, "incident", "id,opened_at,source,extracted_at\nINC-1,2026-05-02,pager,2020-01-01\n")
    assert isinstance(row, Row)
    assert set(row.values) == {"id", "opened_at"}


@pytest.mark.parametrize("header", ["id,opened_at,colour", "id", "id,opened_at,evidence"])
def test_a_header_that_is_not_the_table_s_is_refused(tmp_path: Path, header: str) -> None:
    with pytest.raises(UserError, match=r"export\.csv:1"):
        normalised(tmp_path, "incident", f"{header}\n")
