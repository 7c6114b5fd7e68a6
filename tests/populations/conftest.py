"""What the tests of populations share: canonical tables from a few plain rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime

import duckdb
import pytest

from twofold.populations.steps import register_steps, steps_needed
from twofold.tables.rows import Row, Value
from twofold.tables.store import Lineage, TableSet, TableWriter, open_session
from twofold.tables.typed_rows import typed_row

TableRows = Mapping[str, Sequence[Mapping[str, Value]]]
Store = Callable[[TableRows], TableSet]
Stepped = Callable[..., AbstractContextManager[duckdb.DuckDBPyConnection]]
EXTRACTED = datetime(2026, 7, 15, tzinfo=UTC)


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Write rows by table and return the set."""

    def write(rows: TableRows) -> TableSet:
        with TableWriter(tmp_path_factory.mktemp("tables") / "t") as writer:
            for table, each in rows.items():
                for number, values in enumerate(each):
                    lineage = Lineage("ev-1", "test", "file", EXTRACTED)
                    writer.add(typed_row(Row(table, f"#/{number}", values), zone="UTC"), lineage=lineage)
            return writer.finish()

    return write


@pytest.fixture
def stepped(store: Store) -> Stepped:
    """Open a session over rows by table in which the named steps are relations."""

    @contextmanager
    def opened(rows: TableRows, *steps: str) -> Iterator[duckdb.DuckDBPyConnection]:
        with open_session(store(rows)) as session:
            register_steps(session, steps_needed(*steps))
            yield session

    return opened
