"""Some canonical tables as the evidence gives them this moment, without a run: what was captured just now is there."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from twofold.jobs.normalise import clock_of, evidence_to_read, read_evidence, write_extractions, write_facts
from twofold.jobs.source_registry import feeds
from twofold.records.workspace import Workspace
from twofold.sources.csvtable.normalise import FROM_SCOPE_FILES
from twofold.tables.store import TableWriter, open_session


@contextmanager
def tables_read(workspace: Workspace, wanted: frozenset[str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a session in which each wanted table is a view, with `extraction` beside them; it is gone afterwards.

    Only evidence that feeds one of the tables is read, as step 3 reads it: equal rows and older states collapse, and
    what cannot be read is set aside, which the doubts of `extraction` tell. The facts of the applied scope are there
    where a scope was applied and one of the wanted tables is of the scope files.
    """
    applied = workspace.applied_scope()
    evidence = evidence_to_read(workspace)
    clock = clock_of(evidence, applied)
    with tempfile.TemporaryDirectory(prefix="twofold-tables-") as scratch:
        with TableWriter(Path(scratch) / "tables") as writer:
            if applied and not wanted.isdisjoint(FROM_SCOPE_FILES):
                write_facts(writer, applied, clock)
            for each in evidence:
                if wanted.isdisjoint(feeds(each.provenance)):
                    continue
                reading = read_evidence(workspace, each, applied)
                for table, lines in reading.staged():
                    if table.partition("__")[0] in wanted:
                        writer.add_lines(table, lines)
                write_extractions(writer, reading, clock)
            tables = writer.finish()
        with open_session(tables, wanted=wanted | {"extraction"}) as session:
            yield session
