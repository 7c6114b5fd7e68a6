"""What the tests of populations share: canonical tables from a few plain rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime

import duckdb
import pytest

from twofold.populations.steps import register_steps, steps_needed
from twofold.tables.memory import MemoryTables
from twofold.tables.rows import Row, Value
from twofold.tables.store import Lineage, TableSet, TableWriter
from twofold.tables.typed_rows import TypedRow, typed_row

TableRows = Mapping[str, Sequence[Mapping[str, Value]]]
Store = Callable[[TableRows], TableSet]
Stepped = Callable[..., AbstractContextManager[duckdb.DuckDBPyConnection]]
EXTRACTED = datetime(2026, 7, 15, tzinfo=UTC)


def fed(rows: TableRows) -> Iterator[tuple[TypedRow, Lineage]]:
    for table, each in rows.items():
        for number, values in enumerate(each):
            yield typed_row(Row(table, f"#/{number}", values), zone="UTC"), Lineage("ev-1", "test", "file", EXTRACTED)


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Write rows by table and return the set."""

    def write(rows: TableRows) -> TableSet:
        with TableWriter(tmp_path_factory.mktemp("tables") / "t") as writer:
            for row, lineage in fed(rows):
                writer.add(row, lineage=lineage)
            return writer.finish()

    return write


@pytest.fixture(scope="session")
def in_memory() -> MemoryTables:
    """Give tables in memory that tests fill and clear one after the other."""
    return MemoryTables()


@pytest.fixture
def stepped(in_memory: MemoryTables) -> Stepped:
    """Open a session over rows by table in which the named steps are relations."""

    @contextmanager
    def opened(rows: TableRows, *steps: str) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            for row, lineage in fed(rows):
                in_memory.add(row, lineage=lineage)
            in_memory.finish()
            register_steps(in_memory.session, steps_needed(*steps))
            yield in_memory.session
        finally:
            in_memory.clear()

    return opened
