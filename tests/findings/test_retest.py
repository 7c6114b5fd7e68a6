"""The retest: which items count, how long a control has to run, and what the counts mean."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from twofold.catalog.entries import Frequency
from twofold.findings.retest import (
    OperationCounts,
    RetestResult,
    items_per_year,
    judge_retest,
    minimum_for,
    minimums,
    operations_since,
    together,
)

BERLIN = "Europe/Berlin"
DAY = date(2026, 7, 1)


def outcomes(folder: Path, rows: Sequence[tuple[str, str, str | None, str]]) -> Path:
    """Write (item, system, operating time UTC, code of A)."""
    path = folder / "outcomes.parquet"
    with duckdb.connect() as session:
        session.execute("CREATE TABLE o (item VARCHAR, system VARCHAR, operating_at TIMESTAMP, A VARCHAR)")
        session.executemany("INSERT INTO o VALUES (?, ?, ?, ?)", rows)
        session.execute(f"COPY o TO '{path}' (FORMAT parquet)")
    return path


GOLDEN = (
    ("before", "billing", "2026-06-30 21:59:59", "exception:late"),
    ("midnight", "billing", "2026-06-30 22:00:00", "pass"),
    ("later", "billing", "2026-08-01 10:00:00", "pass"),
    ("not for it", "billing", "2026-08-02 10:00:00", "na:small"),
    ("unclear", "billing", "2026-08-03 10:00:00", "cannot_test:no_time"),
    ("elsewhere", "ledger", "2026-08-04 10:00:00", "exception:late"),
    ("no time", "billing", None, "exception:late"),
)


def test_the_retest_starts_at_local_midnight_of_the_repair(tmp_path: Path) -> None:
    path = outcomes(tmp_path, GOLDEN)
    found = operations_since(path, "A", [DAY, date(2026, 8, 2)], zone=BERLIN)
    both = together(found[DAY], ["billing", "ledger", "unknown"], code="exception:late")
    assert both == OperationCounts(2, 1, 1, again=1)
    assert both.items == 4
    assert together(found[DAY], ["ledger"], code="exception:early") == OperationCounts(0, 1, 0)
    assert together(found[date(2026, 8, 2)], ["billing"], code="exception:late") == OperationCounts(0, 0, 1)
    assert operations_since(path, "A", [], zone=BERLIN) == {}


@pytest.mark.parametrize(
    ("frequency", "per_year", "name", "earliest", "latest"),
    [
        (Frequency.QUARTERLY, 900, "quarterly", "2027-01-01", "2026-07-01"),
        (Frequency.MONTHLY, 1, "monthly", "2026-09-01", "2026-11-01"),
        (Frequency.YEARLY, 1, "yearly", "2026-07-02", "2026-12-31"),
        (Frequency.AUTOMATED, 1, "automated", "2026-07-02", "2026-12-31"),
        (Frequency.DAILY, 1, "daily", "2026-07-26", "2026-12-07"),
        (Frequency.EVERY_EVENT, 5000, "many_a_day", "2026-07-22", "2026-12-11"),
        (Frequency.EVERY_EVENT, 60, "weekly", "2026-08-05", "2026-11-27"),
        (Frequency.EVERY_EVENT, 13, "monthly", "2026-09-01", "2026-11-01"),
        (Frequency.CONTINUOUS, 0, "yearly", "2026-07-02", "2026-12-31"),
    ],
)
def test_how_long_a_control_has_to_run(
    frequency: Frequency, per_year: int, name: str, earliest: str, latest: str
) -> None:
    found = minimum_for(frequency, per_year=per_year)
    assert found.name == name
    assert found.earliest(DAY).isoformat() == earliest
    assert found.latest_repair(date(2026, 12, 31)).isoformat() == latest


def test_a_period_that_had_begun_before_the_repair_does_not_count() -> None:
    assert minimums()["quarterly"].earliest(date(2026, 7, 2)) == date(2027, 4, 1)
    assert minimums()["monthly"].earliest(date(2026, 12, 31)) == date(2027, 3, 1)


@pytest.mark.parametrize(
    ("counts", "clock", "expected"),
    [
        (OperationCounts(5, 0, 0), "2026-08-05T10:00", RetestResult.GOOD),
        (OperationCounts(5, 0, 0), "2026-08-04T21:59", RetestResult.NOT_YET),
        (OperationCounts(5, 0, 0), "2026-08-04T22:00", RetestResult.GOOD),
        (OperationCounts(4, 0, 0), "2026-09-05T10:00", RetestResult.NOT_YET),
        (OperationCounts(9, 0, 1), "2026-09-05T10:00", RetestResult.NOT_YET),
        (OperationCounts(90, 1, 0), "2026-09-05T10:00", RetestResult.FAILED),
        (OperationCounts(0, 1, 0), "2026-07-02T10:00", RetestResult.FAILED),
        (OperationCounts(), "2027-09-05T10:00", RetestResult.NOT_YET),
    ],
)
def test_what_the_counts_mean(counts: OperationCounts, clock: str, expected: RetestResult) -> None:
    at = datetime.fromisoformat(clock).replace(tzinfo=UTC)
    found = judge_retest(minimums()["weekly"], DAY, counts, run_id="run-1", clock=at, zone=BERLIN)
    assert (found.result, found.possible_on, found.run_id) == (expected, date(2026, 8, 5), "run-1")


def test_items_a_year_are_told_over_at_least_a_year(tmp_path: Path) -> None:
    rows = [(f"i-{n}", "billing", f"2026-0{n}-01 00:00:00", "pass") for n in range(1, 5)]
    rows += [("old", "ledger", "2024-01-01 00:00:00", "pass"), ("new", "ledger", "2026-01-01 00:00:00", "pass")]
    assert items_per_year(outcomes(tmp_path, rows)) == {"billing": 4, "ledger": 0}
