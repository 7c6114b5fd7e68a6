from datetime import UTC, datetime

import pytest

from twofold.scope.due import due_occurrences
from twofold.scope.load import read_scope


def due(schedule: str, *, zone: str, horizon: str) -> list[tuple[str, str]]:
    text = "systems: [{id: a, layer: database, schedules: [{activity: restore_test, " + schedule + "}]}]"
    scope = read_scope({"a.yaml": text.encode()}, reporting_zone=zone)
    found = due_occurrences(scope, horizon=datetime.fromisoformat(horizon).replace(tzinfo=UTC))
    return [(f"{each.starts_at:%Y-%m-%dT%H}", f"{each.due_at:%Y-%m-%dT%H}") for each in found]


def test_quarters_across_summer_time_and_the_end_of_the_year() -> None:
    assert due("cadence: quarterly, from: 2025-10-01", zone="America/New_York", horizon="2026-10-02") == [
        ("2025-10-01T04", "2026-01-01T05"),
        ("2026-01-01T05", "2026-04-01T04"),
        ("2026-04-01T04", "2026-07-01T04"),
        ("2026-07-01T04", "2026-10-01T04"),
    ]


def test_a_period_that_ended_as_the_schedule_began_is_not_due_and_a_running_one_is() -> None:
    assert due("cadence: monthly, from: 2026-02-01", zone="UTC", horizon="2026-04-01") == [
        ("2026-02-01T00", "2026-03-01T00")
    ]
    assert due("cadence: monthly, from: 2026-01-31", zone="UTC", horizon="2026-03-02")[0] == (
        "2026-01-01T00",
        "2026-02-01T00",
    )


def test_the_horizon_is_exclusive() -> None:
    assert due("cadence: yearly, from: 2025-01-01", zone="UTC", horizon="2026-01-01") == []
    assert len(due("cadence: yearly, from: 2025-01-01", zone="UTC", horizon="2026-01-02")) == 1


def test_a_schedule_that_ends_with_a_period_still_has_it() -> None:
    until_july = "cadence: half_yearly, from: 2025-03-01, to: 2025-07-01"
    assert due(until_july, zone="UTC", horizon="2030-01-01") == [("2025-01-01T00", "2025-07-01T00")]
    assert due(until_july.replace("07-01", "06-30"), zone="UTC", horizon="2030-01-01") == []


@pytest.mark.parametrize(("cadence", "count"), [("monthly", 12), ("quarterly", 4), ("half_yearly", 2), ("yearly", 1)])
def test_each_cadence_fills_a_year(cadence: str, count: int) -> None:
    assert len(due(f"cadence: {cadence}, from: 2026-01-01", zone="Asia/Tokyo", horizon="2027-01-01")) == count
