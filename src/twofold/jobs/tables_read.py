"""Some canonical tables as the evidence gives them this moment, without a run: what was captured just now is there.

The tables that were read last are kept while the process runs, so that a page or a command that asks again pays only
for what is new. Where evidence was deleted, by whatever process, nothing made before is kept from the next question on.
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

from twofold.jobs.evidence_by_kind import clock_now, evidence_of_kinds, evidence_state
from twofold.jobs.normalise import read_evidence, write_extractions, write_facts
from twofold.jobs.source_registry import kinds_feeding
from twofold.model.evidence import EvidenceRef
from twofold.populations.removal_records import COUNTING
from twofold.populations.source_gaps import EXTRACTION_TABLES
from twofold.records.workspace import AppliedScope, Workspace
from twofold.sources.csvtable.normalise import FROM_SCOPE_FILES
from twofold.tables.store import TableSet, TableWriter, forget_files_before, open_session

_MOST_KEPT = 8
"""Sets of tables; each is small, since no set of control tests' tables is asked for here."""


class _Kept:
    """A set of tables in a folder of its own, which goes when nobody holds the set any more."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="twofold-tables-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.tables = TableSet(self.folder, {})


_LAST: OrderedDict[Hashable, _Kept] = OrderedDict()
_DELETED: dict[Hashable, int] = {}
"""Of each workspace, how many pieces of evidence were deleted when its tables were asked for last."""
_LOCK = threading.Lock()
"""Held while tables are made, so that of several threads that ask one makes them."""


@contextmanager
def tables_read(workspace: Workspace, wanted: frozenset[str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a session in which each wanted table is a view, with `EXTRACTION_TABLES` beside them; it is gone afterwards.

    Only evidence that feeds one of the tables is read, as step 3 reads it: equal rows and older states collapse, and
    what cannot be read is set aside, which the doubts of `extraction` tell. The facts of the applied scope are there
    where a scope was applied and one of the wanted tables is of the scope files.
    """
    wanted = wanted.union(EXTRACTION_TABLES)
    with _LOCK:
        kept = _kept(workspace, wanted)
    with open_session(kept.tables, wanted=wanted) as session:
        yield session


def _kept(workspace: Workspace, wanted: frozenset[str]) -> _Kept:
    """Return the set of tables that was made of the same evidence, or make it."""
    applied = workspace.applied_scope()
    state, feeding = evidence_state(workspace), kinds_feeding(wanted)
    if _DELETED.get(state.place, 0) != state.deleted:
        _DELETED[state.place] = state.deleted
        _LAST.clear()
        forget_files_before()
    clock = clock_now(workspace, state, applied)
    fed = tuple(each for each in state.kinds if each[0] in feeding)
    key = (state.place, wanted, clock, applied and applied.entry_index, fed)
    if key not in _LAST:
        made = _Kept()
        evidence = evidence_of_kinds(workspace, [kind for kind, _ in fed])
        made.tables = _written(workspace, wanted, applied, clock, evidence, into=made.folder / "tables")
        _LAST[key] = made
    _LAST.move_to_end(key)
    while len(_LAST) > _MOST_KEPT:
        _LAST.popitem(last=False)
    return _LAST[key]


def _written(
    workspace: Workspace,
    wanted: frozenset[str],
    applied: AppliedScope | None,
    clock: datetime,
    fed: Sequence[EvidenceRef],
    *,
    into: Path,
) -> TableSet:
    with TableWriter(into, counting=COUNTING) as writer:
        if applied and not wanted.isdisjoint(FROM_SCOPE_FILES):
            write_facts(writer, applied, clock)
        for each in fed:
            reading = read_evidence(workspace, each, applied)
            for table, lines in reading.staged():
                if table.partition("__")[0] in wanted:
                    writer.add_lines(table, lines)
            write_extractions(writer, reading, clock)
        return writer.finish()
