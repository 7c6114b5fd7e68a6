"""Where a table's completeness is not proven: the difference between "not found" and "cannot be known".

Source: audit-domain 4.0, *Missing is not one thing* and *Completeness per population*. Each extraction speaks for a
period and for systems. It proves nothing where the source had already deleted its records, and nothing at all when its
count or a sum disagrees with the source's own, when it stopped at an exact page, or when records of it could not be
read. A sum that differs and that a named person has explained is no doubt.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import duckdb
import orjson

from twofold.populations.query_lint import page_sizes
from twofold.tables.control_totals import ControlTotal
from twofold.tables.rows import Value
from twofold.tables.schema import TableKind, canonical_tables

EVERY_SYSTEM = "*"
NOT_EXTRACTED = "not_extracted"
"""The reason of a gap that no export reaches."""
EXTRACTION_TABLES = ("extraction", "difference_explanation")
"""The tables that `read_extractions` reads."""
COMMON_CAPS = (1000, 5000, 10000, 50000)
"""Row limits at which vendors' search endpoints and exports stop without a word (audit-domain golden case 30)."""
_START = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Extraction:
    """One row of canonical `extraction`; times are aware UTC, `systems` empty = all.

    `asked_pages`: page sizes and limits that the question names, where no page size is recorded.
    """

    evidence_id: str
    table: str
    rows: int | None
    claimed_rows: int | None
    page_size: int | None
    paging_proven: bool | None
    set_aside: int
    run_at: datetime
    period_from: datetime | None
    period_to: datetime | None
    oldest_available: datetime | None
    systems: frozenset[str]
    asked_pages: frozenset[int] = frozenset()
    totals: tuple[ControlTotal, ...] = ()
    explained: Mapping[str, str] = field(default_factory=dict)
    """Key of a difference, such as `total_key` gives, -> who explained it, and how."""

    def total_key(self, total: ControlTotal) -> str:
        """Return the key under which a difference of this total is explained, for example `ev-12 amount`."""
        return f"{self.evidence_id} {total.field}"

    @property
    def unexplained_totals(self) -> tuple[ControlTotal, ...]:
        """The totals that differ from the source's and that nobody has explained."""
        return tuple(each for each in self.totals if not each.agrees and self.total_key(each) not in self.explained)

    @property
    def doubts(self) -> tuple[str, ...]:
        """Reasons for which the whole extraction proves nothing, as short codes."""
        found = []
        # `rows` counts every record of the file, also those set aside, as the source's own count does.
        if self.rows is not None and self.claimed_rows is not None and self.rows != self.claimed_rows:
            found.append("row_count")
        if self.unexplained_totals:
            found.append("control_total")
        if self.at_exact_cap:
            found.append("page_cap")
        if self.set_aside:
            found.append("set_aside")
        return tuple(found)

    @property
    def at_exact_cap(self) -> bool:
        """Whether the answer ends exactly at a page or cap, with nothing that shows the last page was reached."""
        if not self.rows or self.paging_proven:
            return False
        if self.rows in COMMON_CAPS or (self.page_size and self.rows % self.page_size == 0):
            return True
        # One of one is a limit; every number is a whole number of pages of one.
        return any(self.rows == size or (size > 1 and self.rows % size == 0) for size in self.asked_pages)

    @property
    def is_of_a_moment(self) -> bool:
        """Whether it speaks for the moment of the question and for no period, as a list of what there is now."""
        return self.period_from is None and self.period_to is None

    @property
    def covered(self) -> tuple[datetime, datetime]:
        """The stretch that the extraction proves, if it has no doubts; may be empty (start >= end).

        It never reaches past the moment it was run.
        """
        return (
            max(self.period_from or _START, self.oldest_available or _START),
            min(self.period_to or _END, self.run_at),
        )


def read_extractions(session: duckdb.DuckDBPyConnection) -> list[Extraction]:
    """Return every row of `extraction`, in order of evidence and table."""
    systems: dict[tuple[str, str], set[str]] = {}
    children = session.execute("SELECT id, table_name, value FROM extraction__systems").fetchall()
    for evidence, table, system in children:
        systems.setdefault((evidence, table), set()).add(system)
    # By the export, whatever population the explanation names: the difference is one and the same for each. So two that
    # say different things contradict each other, whatever they name.
    explained = dict(
        session.execute(
            """
            SELECT difference_key, min(explained_by || ': ' || reason) FROM difference_explanation
            GROUP BY difference_key
            HAVING NOT bool_or(conflicted) AND count(DISTINCT explained_by || ': ' || reason) = 1
            """
        ).fetchall()
    )
    rows = session.execute(
        """
        SELECT id, table_name, rows, claimed_rows, page_size, paging_proven, COALESCE(set_aside, 0), run_at,
            period_from, period_to, oldest_available, COALESCE(sums, '[]'), query, COALESCE(parameters, '')
        FROM extraction ORDER BY id, table_name
        """
    ).fetchall()
    return [_extraction(row, systems.get((row[0], row[1]), set()), explained) for row in rows]


def _extraction(row: tuple[Any, ...], systems: Iterable[str], explained: Mapping[str, str]) -> Extraction:
    evidence, table, rows, claimed, page_size, proven, set_aside, run_at, *covered, sums, query, parameters = row
    period_from, period_to, oldest = covered
    return Extraction(
        evidence_id=evidence,
        table=table,
        rows=rows,
        claimed_rows=claimed,
        page_size=page_size,
        paging_proven=proven,
        set_aside=set_aside,
        run_at=run_at.replace(tzinfo=UTC),
        period_from=_aware(period_from),
        period_to=_aware(period_to),
        oldest_available=_aware(oldest),
        systems=frozenset(systems),
        asked_pages=frozenset() if page_size else page_sizes(query, parameters),
        totals=tuple(ControlTotal(**each) for each in orjson.loads(sums)),
        explained=explained,
    )


def source_gap_rows(session: duckdb.DuckDBPyConnection, *, every_table: bool) -> Iterator[dict[str, Value]]:
    """Yield canonical `source_gap` rows per table and system of the register.

    `every_table`: also for tables that no export feeds, which are then one gap without end.
    """
    extractions = read_extractions(session)
    captured = {name for name, table in canonical_tables().items() if table.kind in {TableKind.EVENT, TableKind.STATE}}
    known = [row[0] for row in session.execute("SELECT DISTINCT id FROM system ORDER BY id").fetchall()]
    named = {system for each in extractions for system in each.systems}
    for table in sorted({each.table for each in extractions} | (captured if every_table else set())):
        feeding = [each for each in extractions if each.table == table]
        for system in sorted({*known, *named}) or [EVERY_SYSTEM]:
            speaking = [each for each in feeding if not each.systems or system in each.systems]
            yield from _gaps_of(table, system, speaking)


def _gaps_of(table: str, system: str, speaking: Sequence[Extraction]) -> Iterator[dict[str, Value]]:
    proven = sorted(each.covered for each in speaking if not each.doubts and each.covered[0] < each.covered[1])
    reached = _START
    for start, end in [*proven, (_END, _END)]:
        if start > reached:
            yield {
                "table_name": table,
                "system": system,
                "starts_at": None if reached == _START else reached,
                "ends_before": None if start == _END else start,
                "reason": _reason(speaking, reached, start),
            }
        reached = max(reached, end)


def _reason(speaking: Sequence[Extraction], start: datetime, end: datetime) -> str:
    """Return why nothing is proven in [start, end): a doubt about an extraction of it, retention, or no extraction."""
    reaching = [each for each in speaking if each.covered[0] < end and start < each.covered[1]]
    doubts = sorted({doubt for each in reaching for doubt in each.doubts})
    if doubts:
        return doubts[0]
    asked = [each for each in speaking if (each.period_from or _START) < end and start < (each.period_to or _END)]
    if any(each.oldest_available and start < each.oldest_available for each in asked):
        return "retention"
    return NOT_EXTRACTED


def _aware(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
