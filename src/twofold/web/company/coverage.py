"""Items by control and week, with the weeks in which nothing was seen: a gap can be closed only while it is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from twofold.catalog.entries import Frequency
from twofold.catalog.load import load_catalog
from twofold.controltests.run_record import OUTCOMES_FILE
from twofold.jobs.control_tests import latest_runs
from twofold.jobs.judge import JudgedEngagement
from twofold.model.instant import zone_named
from twofold.records.workspace import Workspace
from twofold.web.company.run_files import record_of, rows_of

_WEEK = timedelta(days=7)
_WEEKLY = frozenset({Frequency.CONTINUOUS, Frequency.DAILY})
"""Frequencies with an occurrence in each week."""
_MANY = 10
"""From how many items on a week is drawn darker."""


@dataclass(frozen=True, slots=True)
class Week:
    """One control in one week: items, and how many of them have an exception or cannot be tested.

    gap: nothing is there although the control runs at least weekly, in a period that is not over: it can be closed.
    """

    starts_on: date
    items: int
    deviations: int
    gap: bool = False

    @property
    def style(self) -> str:
        """How the week is drawn; a mark in it says the same without colour."""
        if not self.items:
            return "wg" if self.gap else "w0"
        if self.deviations:
            return "wx"
        return "w2" if self.items >= _MANY else "w1"

    @property
    def words(self) -> str:
        """What the week says, for the tip and for those who cannot see the colour."""
        if not self.items:
            return f"week of {self.starts_on}: no items{', though some are expected each week' if self.gap else ''}"
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


def coverage(
    workspace: Workspace, judged: Sequence[JudgedEngagement], *, system: str = "", at: datetime | None = None
) -> Coverage:
    """Return items by week of the reporting zone, over all judged periods up to the data's clock.

    system: only items of this system; "" = of all, where gaps are told for periods that are not over at `at` (aware).
    """
    zone = workspace.settings.reporting_zone
    starts = min(_moment(each.judgement.starts_at) for each in judged)
    ends = max(min(_moment(each.judgement.ends_before), _moment(each.judgement.clock)) for each in judged)
    local = zone_named(zone)
    first = _monday(starts.astimezone(local).date())
    last = _monday(ends.astimezone(local).date())
    weeks = tuple(first + number * _WEEK for number in range((last - first).days // 7 + 1))
    runs = latest_runs(workspace)
    rows: dict[tuple[str, str], CoverageRow] = {}
    open_weeks = _open_weeks(weeks, judged, zone, at) if at is not None and not system else frozenset()
    for control in (control for each in judged for control in each.judgement.controls):
        for result in control.results:
            key = (control.control_id, result.control_test)
            folder = runs.get(result.control_test)
            if result.counts is None or folder is None or key in rows:
                continue
            found = _of_system(_by_week(folder, zone), system)
            if system and not found:
                continue
            expected = open_weeks if load_catalog().control(control.control_id).frequency in _WEEKLY else frozenset()
            cells = tuple(
                Week(monday, *found.get(monday, (0, 0)), gap=monday in expected and monday not in found)
                for monday in weeks
            )
            rows[key] = CoverageRow(*key, control.title, cells)
    return Coverage(weeks, tuple(rows[key] for key in sorted(rows)))


def _open_weeks(weeks: Sequence[date], judged: Sequence[JudgedEngagement], zone: str, at: datetime) -> frozenset[date]:
    """Return the Mondays of the weeks that lie wholly in a judged period that is not over at `at`."""
    local = zone_named(zone)
    running = [
        (_moment(each.judgement.starts_at).astimezone(local).date(), min(at, _moment(each.judgement.clock)))
        for each in judged
        if _moment(each.judgement.ends_before) > at
    ]
    return frozenset(
        monday
        for monday in weeks
        if any(first <= monday and monday + _WEEK <= last.astimezone(local).date() for first, last in running)
    )


def _of_system(found: Mapping[tuple[str, date], tuple[int, int]], system: str) -> dict[date, tuple[int, int]]:
    """Return Monday -> (items, those that deviate) of a system, or of all of them."""
    added: dict[date, tuple[int, int]] = {}
    for (name, monday), (items, bad) in found.items():
        if system in {"", name}:
            held = added.get(monday, (0, 0))
            added[monday] = (held[0] + items, held[1] + bad)
    return added


@lru_cache(maxsize=200)
def _by_week(folder: Path, zone: str) -> Mapping[tuple[str, date], tuple[int, int]]:
    """Return (system, Monday) -> (items, those that deviate). A run's folder is named by its content, so it is kept."""
    letters = record_of(folder).counts
    deviates = " OR ".join(f"{each} LIKE 'exception:%' OR {each} LIKE 'cannot_test:%'" for each in letters) or "false"
    query = f"""
        SELECT COALESCE(system, ''),
            CAST(date_trunc('week', timezone(?, timezone('UTC', operating_at))) AS DATE) AS monday,
            count(*), count(*) FILTER (WHERE {deviates})
        FROM read_parquet(?) WHERE operating_at IS NOT NULL GROUP BY ALL
    """  # noqa: S608  letters of the rule
    rows = rows_of(query, [zone, str(folder / OUTCOMES_FILE)])
    return {(system, monday): (items, bad) for system, monday, items, bad in rows}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
