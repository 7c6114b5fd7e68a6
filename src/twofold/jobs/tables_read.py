"""Some canonical tables as the evidence gives them this moment, without a run: what was captured just now is there.

The tables that were read last are kept while the process runs, so that a page or a command that asks again pays only
for what is new.
"""

import shutil
import tempfile
import threading
import weakref
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb

from twofold.jobs.normalise import clock_of, evidence_to_read, read_evidence, write_extractions, write_facts
from twofold.jobs.source_registry import feeds
from twofold.model.evidence import EvidenceRef
from twofold.records.workspace import AppliedScope, Workspace
from twofold.sources.csvtable.normalise import FROM_SCOPE_FILES
from twofold.tables.store import TableSet, TableWriter, open_session

_MOST_KEPT = 8
"""Sets of tables; each is small, since no set of control tests' tables is asked for here."""


class _Kept:
    """A set of tables in a folder of its own, which goes when nobody holds the set any more."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="twofold-tables-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.tables = TableSet(self.folder, {})


_LAST: OrderedDict[Hashable, _Kept] = OrderedDict()
_LOCK = threading.Lock()


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
    fed = [each for each in evidence if not wanted.isdisjoint(feeds(each.provenance))]
    stand = (clock, applied and applied.entry_index, *((each.evidence_id, each.sha256) for each in fed))
    key = (workspace.root.resolve(), wanted, stand)
    with _LOCK:
        kept = _LAST.pop(key, None)
    if kept is None:
        kept = _Kept()
        kept.tables = _written(workspace, wanted, applied, clock, fed, into=kept.folder / "tables")
    with _LOCK:
        _LAST[key] = kept
        while len(_LAST) > _MOST_KEPT:
            _LAST.popitem(last=False)
    with open_session(kept.tables, wanted=wanted | {"extraction"}) as session:
        yield session


def _written(
    workspace: Workspace,
    wanted: frozenset[str],
    applied: AppliedScope | None,
    clock: datetime,
    fed: Sequence[EvidenceRef],
    *,
    into: Path,
) -> TableSet:
    with TableWriter(into) as writer:
        if applied and not wanted.isdisjoint(FROM_SCOPE_FILES):
            write_facts(writer, applied, clock)
        for each in fed:
            reading = read_evidence(workspace, each, applied)
            for table, lines in reading.staged():
                if table.partition("__")[0] in wanted:
                    writer.add_lines(table, lines)
            write_extractions(writer, reading, clock)
        return writer.finish()
