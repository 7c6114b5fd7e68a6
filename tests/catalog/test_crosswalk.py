import pytest

from twofold.catalog.catalog import Catalog
from twofold.catalog.crosswalk import crosswalk_matrix, crosswalk_rows
from twofold.catalog.load import load_catalog


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def test_rows_hold_each_mapping_once(catalog: Catalog) -> None:
    rows = crosswalk_rows(catalog)

    shown = {(row.control_id, row.criterion_id, row.domain_id) for row in rows}
    assert len(shown) == len(rows)
    assert shown == {
        (control.control_id, criterion, domain)
        for control in catalog.controls.values()
        for criterion in control.criteria
        for domain in (*control.domains,) or ("",)
    }


def test_rows_name_what_they_join(catalog: Catalog) -> None:
    (row,) = [row for row in crosswalk_rows(catalog) if row.control_id == "CM-01"]

    assert (row.criterion_id, row.domain_id, row.role, row.sox_use) == ("CC8.1", "PC", "key", "itgc")
    assert row.criterion_title == "Changes are approved, built, tested and released under control"
    assert row.family_title == "Change and development"


def test_categories_narrow_the_rows(catalog: Catalog) -> None:
    ids = {row.criterion_id for row in crosswalk_rows(catalog, categories=["availability"])}

    assert {"CC8.1", "A1.3"} <= ids
    assert not {criterion for criterion in ids if criterion.startswith("P")}


def test_matrix_says_the_same_as_the_rows(catalog: Catalog) -> None:
    matrix = crosswalk_matrix(catalog)

    assert len(matrix.header) == 2 + 61 + 4
    assert {len(row) for row in matrix.rows} == {len(matrix.header)}
    assert len(matrix.rows) == 46
    marks = {
        (row[0], column) for row in matrix.rows for column, cell in zip(matrix.header, row, strict=True) if cell == "x"
    }
    assert marks == {(row.control_id, row.criterion_id) for row in crosswalk_rows(catalog)}
    by_control = {row[0]: dict(zip(matrix.header, row, strict=True)) for row in matrix.rows}
    assert by_control["AC-06"]["APD"] == "supporting"
    assert by_control["HR-01"]["APD"] == ""


def test_security_matrix_drops_what_serves_neither_audit(catalog: Catalog) -> None:
    controls = {row[0] for row in crosswalk_matrix(catalog, categories=[]).rows}

    assert "PV-01" not in controls
    assert "PD-02" in controls
