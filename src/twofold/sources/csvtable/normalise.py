"""Documented CSV: the kind is the name of a canonical table, the header its columns.

It accepts what happened and what exists (events and states), and the registers that a company keeps outside the scope
files, such as those of vendors and key reports. Facts such as rosters come from the scope files, where they are
reviewed, and derived tables are computed; a file for one of those is refused.
"""

from collections.abc import Iterator
from functools import partial

from twofold.tables.rows import NormaliseContext, Normaliser, Row, SetAside, SourceFile
from twofold.tables.schema import Table, TableKind, canonical_tables
from twofold.tables.table_files import table_rows

FROM_SCOPE_FILES = frozenset(
    {
        *("account_link", "birthright", "calendar", "change_type", "check_requirement", "delegation", "due_occurrence"),
        *("person", "pipeline_agreement", "role_authority", "roster", "standard_change", "store", "system"),
        "system_label",
    }
)
"""Facts that `twofold.scope.rows` gives."""


def _normalise(table: Table, file: SourceFile, _: NormaliseContext) -> Iterator[Row | SetAside]:
    return table_rows(file.path, table)


KINDS: dict[str, Normaliser] = {
    name: partial(_normalise, table)
    for name, table in canonical_tables().items()
    if table.kind is not TableKind.DERIVED and name not in {"extraction", *FROM_SCOPE_FILES}
}
FEEDS: dict[str, tuple[str, ...]] = {name: (name,) for name in KINDS}
