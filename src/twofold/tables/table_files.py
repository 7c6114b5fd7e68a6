"""Read a CSV file whose header names the columns of one canonical table (docs/formats/tables.md).

The documented way in for records that no source of ours reads, and the form of the case folders.
"""

from collections.abc import Iterator
from pathlib import Path

from twofold.tables.csv_records import read_csv
from twofold.tables.rows import Row, SetAside
from twofold.tables.schema import Table

LINEAGE_COLUMNS = ("source", "connector", "extracted_at", "row_hash")
"""May stand in a file; the lineage of the capture counts, except in case folders."""


def table_rows(path: Path, table: Table) -> Iterator[Row | SetAside]:
    """Yield a Row per line of the file; raises UserError for a wrong header, as `read_csv` does."""
    required = [column.name for column in table.columns if column.required]
    optional = [column.name for column in table.columns if not column.required]
    for record in read_csv(path, required=required, optional=[*optional, *LINEAGE_COLUMNS]):
        if isinstance(record, SetAside):
            yield record
        else:
            place, cells = record
            yield Row(table.name, place, {name: cell for name, cell in cells.items() if name not in LINEAGE_COLUMNS})
