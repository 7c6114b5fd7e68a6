"""Checks of what a population contains: its dates, months without any item, and numbers that are missing.

Source: audit-domain 4.0, *Completeness per population*. It reads the relation `population` and the tables, and judges
no item. A month or a number that a named person has explained no longer stops the test.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, islice, pairwise

import duckdb

from twofold.model.period import ReviewPeriod
from twofold.populations.completeness_check import DETAILS_SHOWN, CheckResult, CompletenessCheck, explanations

BUSY_MONTH = 30
"""A population with at least so many items in a month, on average over the months that have any, is busy: a whole month
without one is a broken export until explained."""
_EASTERNMOST = timedelta(hours=14)
"""How long before the midnight of UTC a local one can be: a period of Berlin ends at 22:00 or 23:00 of UTC."""
_NUMBER_AT_END = re.compile(r"(.*?)([0-9]{1,18})", re.DOTALL)


def dates_check(session: duckdb.DuckDBPyConnection) -> CompletenessCheck:
    """Return the first and last operating date; a note where an item has none."""
    row = session.execute(
        """
        SELECT count(*), count(operating_at), strftime(min(operating_at), '%Y-%m-%d'),
            strftime(max(operating_at), '%Y-%m-%d')
        FROM population
        """
    ).fetchone()
    count, dated, first, last = row or (0, 0, None, None)
    found = f"{count} items from {first or '-'} to {last or '-'}, {count - dated} without a time"
    result = CheckResult.NOTE if count > dated else CheckResult.OK
    return CompletenessCheck("dates", result, found, "a time for each item")


def empty_months_check(session: duckdb.DuckDBPyConnection, population: str, period: ReviewPeriod) -> CompletenessCheck:
    """Return the whole months of the period that have no item: a stop in a busy population, else a note.

    A month is explained under its name, for example 2026-03. A population without any item is no matter of months.
    """
    counted = dict(
        session.execute(
            """
            SELECT strftime(operating_at, '%Y-%m'), count(*)
            FROM population WHERE operating_at IS NOT NULL GROUP BY 1
            """
        ).fetchall()
    )
    months = list(_whole_months(period)) if counted else []
    empty = [month for month in months if month not in counted]
    explained = explanations(session, population) if empty else {}
    unexplained = tuple(month for month in empty if month not in explained)
    if not unexplained:
        notes = tuple(f"{month}: {explained[month]}" for month in empty)
        found = f"each of {len(months)} whole months has items" + (" or is explained" if notes else "")
        return CompletenessCheck("empty_months", CheckResult.OK, found, "no empty month", notes)
    busy = sum(counted.values()) >= BUSY_MONTH * len(counted)
    return CompletenessCheck(
        "empty_months",
        CheckResult.STOP if busy else CheckResult.NOTE,
        f"{len(unexplained)} of {len(months)} months have no item",
        "no empty month in a busy population",
        unexplained,
    )


def id_gaps_check(session: duckdb.DuckDBPyConnection, population: str, *, table: str, column: str) -> CompletenessCheck:
    """Return the numbers that are missing inside the sequences of a table's ids, for example INC-0007.

    Ids with the same text before the number are one sequence. A missing number is explained under its whole id.
    """
    ids = session.execute(f"SELECT DISTINCT {column} FROM {table} ORDER BY 1").fetchall()  # noqa: S608  names come from the register
    gaps = _gaps(text for (text,) in ids)
    explained = explanations(session, population)
    told = sorted(key for key in explained if _lies_in(key, gaps))
    missing = sum(last - first + 1 for _, _, first, last in gaps) - len(told)
    if missing:
        keys = chain.from_iterable(_keys(gap) for gap in gaps)
        shown = tuple(islice((key for key in keys if key not in explained), DETAILS_SHOWN))
        found = f"1 number of {table} is missing" if missing == 1 else f"{missing} numbers of {table} are missing"
        return CompletenessCheck(
            "id_gaps", CheckResult.STOP, found, "an unbroken sequence, or each gap explained", shown
        )
    found = f"the numbers of {table} are unbroken" + (f" but for {len(told)} explained" if told else "")
    notes = tuple(f"{key}: {explained[key]}" for key in told)
    return CompletenessCheck("id_gaps", CheckResult.OK, found, "an unbroken sequence, or each gap explained", notes)


_Gap = tuple[str, int, int, int]
"""Text before the number, digits it is padded to, first and last missing number."""


def _gaps(ids: Iterator[str]) -> Sequence[_Gap]:
    """Return the stretches of missing numbers; as stretches, since a stray long number leaves billions of them."""
    sequences: dict[str, list[str]] = {}
    for text in ids:
        if match := _NUMBER_AT_END.fullmatch(text):
            sequences.setdefault(match[1], []).append(match[2])
    gaps = []
    for prefix, numbers in sorted(sequences.items()):
        padded = [len(number) for number in numbers if number.startswith("0")]
        ordered = sorted({int(number) for number in numbers})
        gaps += [
            (prefix, max(padded, default=1), before + 1, after - 1)
            for before, after in pairwise(ordered)
            if after - before > 1
        ]
    return gaps


def _keys(gap: _Gap) -> Iterator[str]:
    prefix, width, first, last = gap
    return (f"{prefix}{number:0{width}d}" for number in range(first, last + 1))


def _lies_in(key: str, gaps: Sequence[_Gap]) -> bool:
    match = _NUMBER_AT_END.fullmatch(key)
    return match is not None and any(
        match[1] == prefix and first <= int(match[2]) <= last and key == f"{prefix}{int(match[2]):0{width}d}"
        for prefix, width, first, last in gaps
    )


def _whole_months(period: ReviewPeriod) -> Iterator[str]:
    """Yield the months that lie in the period; a start or end within hours of the first is a local midnight."""
    year, month = period.starts_at.year, period.starts_at.month
    if (period.starts_at.day, period.starts_at.hour) > (1, 12):
        year, month = _next(year, month)
    while datetime(*_next(year, month), 1, tzinfo=UTC) <= period.ends_before + _EASTERNMOST:
        yield f"{year:04d}-{month:02d}"
        year, month = _next(year, month)


def _next(year: int, month: int) -> tuple[int, int]:
    return (year + 1, 1) if month == 12 else (year, month + 1)  # noqa: PLR2004  months of a year
