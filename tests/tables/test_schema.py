import re

import pytest

from twofold.model.problem import UserError
from twofold.tables.document import tables_page
from twofold.tables.schema import LINEAGE, ColumnType, Table, canonical_tables, child_table, table_named

TABLES = canonical_tables()


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_a_table_is_whole(table: Table) -> None:
    named = table.column_named
    assert table.key
    assert table.about.endswith(".")
    for name in table.key:
        assert named[name].type is not ColumnType.LIST
    physical = [name for name, _ in table.physical]
    assert len(physical) == len(set(physical)), "an instant's extra columns clash with another column"
    assert tuple(table.physical[-len(LINEAGE) :]) == LINEAGE
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in [table.name, *physical])


def test_child_tables_clash_with_no_table() -> None:
    children = {child_table(table.name, column.name) for table in TABLES.values() for column in table.list_columns}
    assert children.isdisjoint(TABLES)
    assert TABLES["ticket"].child_physical == (("key", "VARCHAR"), ("value", "VARCHAR"))


def test_an_unknown_table_is_refused_with_its_place() -> None:
    with pytest.raises(UserError, match=r"export\.csv:1: 'tickets' is no canonical table"):
        table_named("tickets", where="export.csv:1")
    assert table_named("ticket", where="export.csv:1") is TABLES["ticket"]


def test_the_page_names_every_table_and_column() -> None:
    page = tables_page()
    for table in TABLES.values():
        section = page.split(f"\n## {table.name}\n")[1].split("\n## ")[0]
        for column in table.columns:
            assert f"| `{column.name}` | {column.type} |" in section
