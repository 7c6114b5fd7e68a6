"""Items by control and week, with the weeks in which nothing was seen: a gap can be closed only while it is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import duckdb

from twofold.controltests.run_record import OUTCOMES_FILE, read_run
from twofold.jobs.control_tests import latest_runs
from twofold.jobs.judge import JudgedEngagement
from twofold.model.instant import zone_named
from twofold.records.workspace import Workspace

_WEEK = timedelta(days=7)
_MANY = 10
"""From how many items on a week is drawn darker."""


@dataclass(frozen=True, slots=True)
class Week:
    """One control in one week: items, and how many of them have an exception or cannot be tested."""

    starts_on: date
    items: int
    deviations: int

    @property
    def style(self) -> str:
        """How the week is drawn; a mark in it says the same without colour."""
        if not self.items:
            return "w0"
        if self.deviations:
            return "wx"
        return "w2" if self.items >= _MANY else "w1"

    @property
    def words(self) -> str:
        """What the week says, for the tip and for those who cannot see the colour."""
        if not self.items:
            return f"week of {self.starts_on}: no items"
        told = f"week of {self.starts_on}: {self.items:,} items"
        return f"{told}, {self.deviations:,} with an exception or not testable" if self.deviations else told


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """One control's weeks."""

    control_id: str
    control_test: str
    title: str
    weeks: tuple[Week, ...]

    @property
    def empty(self) -> int:
        """Weeks without an item."""
        return sum(not week.items for week in self.weeks)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The map: its weeks' first days, and a row per control and control test."""

    weeks: tuple[date, ...]
    rows: tuple[CoverageRow, ...]


def coverage(workspace: Workspace, judged: Sequence[JudgedEngagement]) -> Coverage:
    """Return items by week of the reporting zone, over all judged periods up to the data's clock."""
    zone = workspace.settings.reporting_zone
    starts = min(_moment(each.judgement.starts_at) for each in judged)
    ends = max(min(_moment(each.judgement.ends_before), _moment(each.judgement.clock)) for each in judged)
    local = zone_named(zone)
    first = _monday(starts.astimezone(local).date())
    last = _monday(ends.astimezone(local).date())
    weeks = tuple(first + number * _WEEK for number in range((last - first).days // 7 + 1))
    runs = latest_runs(workspace)
    rows: dict[tuple[str, str], CoverageRow] = {}
    for control in (control for each in judged for control in each.judgement.controls):
        for result in control.results:
            key = (control.control_id, result.control_test)
            folder = runs.get(result.control_test)
            if result.counts is None or folder is None or key in rows:
                continue
            found = _by_week(folder, zone)
            cells = tuple(Week(monday, *found.get(monday, (0, 0))) for monday in weeks)
            rows[key] = CoverageRow(*key, control.title, cells)
    return Coverage(weeks, tuple(rows[key] for key in sorted(rows)))


@lru_cache(maxsize=200)
def _by_week(folder: Path, zone: str) -> dict[date, tuple[int, int]]:
    """Return Monday -> (items, those that deviate). A run's folder is named by its content, so this holds for ever."""
    letters = read_run(folder).counts
    deviates = " OR ".join(f"{each} LIKE 'exception:%' OR {each} LIKE 'cannot_test:%'" for each in letters) or "false"
    query = f"""
        SELECT CAST(date_trunc('week', timezone(?, timezone('UTC', operating_at))) AS DATE) AS monday,
            count(*), count(*) FILTER (WHERE {deviates})
        FROM read_parquet(?) WHERE operating_at IS NOT NULL GROUP BY monday
    """  # noqa: S608  letters of the rule
    with duckdb.connect(config={"threads": 1}) as session:
        rows = session.execute(query, [zone, str(folder / OUTCOMES_FILE)]).fetchall()
    return {monday: (items, bad) for monday, items, bad in rows}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
