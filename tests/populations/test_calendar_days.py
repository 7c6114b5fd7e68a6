from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.model.problem import UserError
from twofold.populations.calendar_days import CalendarFact, calendar_day_rows, days_of
from twofold.populations.steps import step_text
from twofold.tables.rows import Row
from twofold.tables.store import Lineage, TableWriter, open_session
from twofold.tables.typed_rows import typed_row

NEW_YORK = CalendarFact(id="ny", zone="America/New_York", holidays=frozenset({"2026-04-03"}))
ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    lineage = Lineage("e", "test", "test", datetime(2026, 6, 1, tzinfo=UTC))
    with TableWriter(tmp_path / "tables") as writer:
        calendar = {"id": "ny", "zone": "America/New_York", "weekend": "", "holidays": "2026-04-03"}
        writer.add(typed_row(Row("calendar", "", calendar), zone="UTC"), lineage=lineage)
        for row in days_of(NEW_YORK, first=date(2026, 1, 1), last=date(2026, 12, 31)):
            writer.add(typed_row(Row("calendar_day", "", row), zone="UTC"), lineage=lineage)
        written = writer.finish()
    with open_session(written) as opened:
        opened.execute(f"CREATE VIEW business_clock AS {step_text('business_clock')}")
        yield opened


def deadline(session: duckdb.DuckDBPyConnection, moment: str, days: int) -> datetime | None:
    found = session.execute(
        """
        SELECT d.ends_before FROM business_clock AS c
        JOIN calendar_day AS d ON d.calendar = c.calendar AND d.is_business AND d.business_number = c.day_zero + ?
        WHERE c.valid_from <= CAST(? AS TIMESTAMP) AND CAST(? AS TIMESTAMP) < c.valid_to
        """,
        [days, moment, moment],
    ).fetchall()
    assert len(found) <= 1
    return found[0][0] if found else None


def by_walking(local: datetime, days: int, calendar: CalendarFact) -> datetime:
    """The same deadline, found by walking the days one at a time."""

    def works(day: date) -> bool:
        return day.strftime("%a") not in calendar.weekend and day.isoformat() not in calendar.holidays

    zero = local.date()
    if not (works(zero) and local.time() < time.fromisoformat(calendar.closes)):
        zero += timedelta(days=1)
        while not works(zero):
            zero += timedelta(days=1)
    for _ in range(days):
        zero += timedelta(days=1)
        while not works(zero):
            zero += timedelta(days=1)
    midnight = datetime.combine(zero + timedelta(days=1), time.min, ZoneInfo(calendar.zone))
    return midnight.astimezone(UTC).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("moment", "days", "expected"),
    [
        pytest.param("2026-03-27T20:00:00", 1, "2026-03-31T04:00:00", id="golden 5: Friday 16:00, end of Monday"),
        pytest.param("2026-03-27T21:00:00", 1, "2026-04-01T04:00:00", id="closing time is outside hours"),
        pytest.param("2026-03-27T12:00:00", 0, "2026-03-28T04:00:00", id="before opening is that day"),
        pytest.param("2026-03-28T16:00:00", 0, "2026-03-31T04:00:00", id="a Saturday starts on Monday"),
        pytest.param("2026-04-02T15:00:00", 1, "2026-04-07T04:00:00", id="Good Friday is no day"),
        pytest.param("2026-03-06T15:00:00", 1, "2026-03-10T04:00:00", id="over the change to summer time"),
    ],
)
def test_deadline(session: duckdb.DuckDBPyConnection, moment: str, days: int, expected: str) -> None:
    assert deadline(session, moment, days) == datetime.fromisoformat(expected)


def test_deadline_agrees_with_walking_the_days(session: duckdb.DuckDBPyConnection) -> None:
    zone = ZoneInfo("America/New_York")
    start = datetime(2026, 2, 20, 0, 30, tzinfo=UTC)
    for step in range(0, 24 * 60, 7):
        moment = start + timedelta(hours=step)
        found = deadline(session, moment.replace(tzinfo=None).isoformat(), step % 4)
        assert found == by_walking(moment.astimezone(zone), step % 4, NEW_YORK), moment


@given(zone=st.sampled_from(ZONES), first=st.dates(date(2024, 1, 1), date(2027, 1, 1)), length=st.integers(1, 400))
def test_days_join_without_gap_and_numbers_run(zone: str, first: date, length: int) -> None:
    calendar = CalendarFact(id="x", zone=zone)
    rows = list(days_of(calendar, first=first, last=first + timedelta(days=length - 1)))
    assert [row["day"] for row in rows] == [(first + timedelta(days=n)).isoformat() for n in range(length)]
    assert all(before["ends_before"] == after["starts_at"] for before, after in pairwise(rows))
    assert [row["business_number"] for row in rows if row["is_business"]] == list(
        range(1, 1 + sum(1 for row in rows if row["is_business"]))
    )
    for row in rows:
        local = datetime.fromisoformat(str(row["starts_at"])).astimezone(ZoneInfo(zone))
        assert local.date().isoformat() == row["day"]
        assert (row["opens_at"] is None) == (not row["is_business"])


def test_days_have_23_and_25_hours_where_the_clocks_change() -> None:
    rows = days_of(CalendarFact(id="ny", zone="America/New_York"), first=date(2026, 1, 1), last=date(2026, 12, 31))
    hours = {
        str(row["day"]): (
            datetime.fromisoformat(str(row["ends_before"])) - datetime.fromisoformat(str(row["starts_at"]))
        ).total_seconds()
        / 3600
        for row in rows
    }
    assert {day: length for day, length in hours.items() if length != 24} == {"2026-03-08": 23, "2026-11-01": 25}


def test_the_session_gives_calendars_with_defaults(session: duckdb.DuckDBPyConnection) -> None:
    rows = list(calendar_day_rows(session, first=date(2026, 4, 2), last=date(2026, 4, 5)))
    assert [(row["day"], row["is_business"]) for row in rows] == [
        ("2026-04-02", True),
        ("2026-04-03", False),
        ("2026-04-04", False),
        ("2026-04-05", False),
    ]
    assert rows[0]["closes_at"] == datetime(2026, 4, 2, 21, tzinfo=UTC)


def test_a_faulty_calendar_is_told_whole() -> None:
    faulty = CalendarFact(
        id="berlin",
        zone="Europe/Berlinn",
        opens="17:00",
        closes="09:00",
        weekend=frozenset({"Samstag"}),
        holidays=frozenset({"2026-13-01"}),
    )
    with pytest.raises(UserError) as caught:
        list(days_of(faulty, first=date(2026, 1, 1), last=date(2026, 1, 2)))
    told = str(caught.value)
    assert all(
        part in told for part in ("calendar berlin", "Samstag", "2026-13-01", "17:00 to 09:00", "Europe/Berlinn")
    )
