"""Schedules against a walk over every minute of the year, and the four corners of summer time."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.populations.schedules import LAST, instant_of, instants_due, parse_schedule

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC")
DAYS = st.dates(date(2016, 1, 1), date(2027, 12, 31))


def always(_: date) -> bool:
    return True


def due(text: str, first: date, last: date | None = None, zone: ZoneInfo = BERLIN) -> list[str]:
    found = instants_due(parse_schedule(text), zone, first=first, last=last or first, works=always)
    return [instant.astimezone(zone).isoformat(timespec="minutes") for instant in found]


@pytest.mark.parametrize(
    ("text", "day", "expected"),
    [
        pytest.param("daily 02:30", date(2026, 3, 29), ["2026-03-29T03:00+02:00"], id="a time that does not exist"),
        pytest.param("daily 02:30", date(2026, 10, 25), ["2026-10-25T02:30+02:00"], id="a time that is there twice"),
        pytest.param("daily 02:30,03:00", date(2026, 3, 29), ["2026-03-29T03:00+02:00"], id="two times at one instant"),
        pytest.param("weekly Mon,Thu 06:00", date(2026, 3, 5), ["2026-03-05T06:00+01:00"], id="Thursday"),
        pytest.param("weekly Mon,Thu 06:00", date(2026, 3, 6), [], id="Friday"),
        pytest.param("monthly 31 06:00", date(2026, 2, 28), ["2026-02-28T06:00+01:00"], id="the last day of February"),
        pytest.param("monthly last 06:00", date(2028, 2, 29), ["2028-02-29T06:00+01:00"], id="leap day"),
        pytest.param("monthly 1 06:00", date(2026, 2, 2), [], id="another day of the month"),
        pytest.param("monthly 30 06:00", date(2026, 1, 31), [], id="the thirtieth is not the last"),
        pytest.param("  daily   02:00 ", date(2026, 3, 2), ["2026-03-02T02:00+01:00"], id="spaces do not matter"),
        pytest.param("continuous", date(2026, 3, 2), ["2026-03-02T00:00+01:00"], id="each local day"),
    ],
)
def test_due_on_a_day(text: str, day: date, expected: list[str]) -> None:
    assert due(text, day) == expected


@pytest.mark.parametrize(("day", "runs"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)])
def test_hours_are_counted_in_elapsed_time(day: date, runs: int) -> None:
    assert len(due("hourly 15", day)) == runs
    assert len(due("every 15 minutes", day)) == runs * 4
    assert due("hourly", day)[0].endswith("T00:00+02:00" if runs != 23 else "T00:00+01:00")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nightly",
        "daily",
        "daily 24:00",
        "daily 2",
        "daily 02:00,",
        "weekly Monday 02:00",
        "weekly Mo 02:00",
        "weekly Xyz 02:00",
        "monthly 0 02:00",
        "monthly 32 02:00",
        "every 0 minutes",
        "every 1441 minutes",
        "hourly 60",
        "daily 02:00 and 03:00",
    ],
)
def test_another_text_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(ValueError, match="hourly MM, daily HH:MM"):
        parse_schedule(text)


def test_days_without_work_are_left_out() -> None:
    found = list(
        instants_due(
            parse_schedule("daily 10:00"),
            BERLIN,
            first=date(2026, 12, 24),
            last=date(2026, 12, 28),
            works=lambda day: day.day not in {25, 26},
        )
    )
    assert [instant.day for instant in found] == [24, 27, 28]


def shown_minutes(zone: ZoneInfo, day: date) -> dict[datetime, datetime]:
    """Every local minute that the clock shows on a day, with the first instant at which it does."""
    start = datetime.combine(day, time.min, UTC) - timedelta(days=1)
    found: dict[datetime, datetime] = {}
    for minute in range(3 * 1440):
        instant = start + timedelta(minutes=minute)
        local = instant.astimezone(zone).replace(tzinfo=None)
        found.setdefault(local, instant)
    return found


@given(zone=st.sampled_from(ZONES), day=DAYS, minute=st.integers(0, 1439))
def test_an_instant_agrees_with_walking_the_clock(zone: str, day: date, minute: int) -> None:
    local = datetime.combine(day, time.min) + timedelta(minutes=minute)
    shown = shown_minutes(ZoneInfo(zone), day)
    later = min(each for each in shown if each >= local)
    assert instant_of(local, ZoneInfo(zone)) == shown[later]


@pytest.mark.parametrize(
    "day", [date(2026, 3, 8), date(2026, 11, 1), date(2026, 4, 5), date(2026, 10, 4), date(2018, 11, 4)]
)
@pytest.mark.parametrize("zone", ZONES)
def test_every_minute_of_the_days_on_which_clocks_change(zone: str, day: date) -> None:
    shown = shown_minutes(ZoneInfo(zone), day)
    for minute in range(0, 1440, 5):
        local = datetime.combine(day, time.min) + timedelta(minutes=minute)
        assert instant_of(local, ZoneInfo(zone)) == shown[min(each for each in shown if each >= local)]


@given(
    zone=st.sampled_from(ZONES),
    first=DAYS,
    length=st.integers(1, 40),
    text=st.one_of(
        st.builds("every {} minutes".format, st.integers(1, 1440)),
        st.builds("hourly {:02d}".format, st.integers(0, 59)),
        st.builds("daily {:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59)),
        st.builds("monthly {} 02:{:02d}".format, st.integers(1, LAST), st.integers(0, 59)),
        st.builds("weekly {} 02:00".format, st.sampled_from(["Mon", "Sun", "Tue,Sat"])),
    ),
)
def test_instants_rise_and_do_not_depend_on_where_the_count_begins(
    zone: str, first: date, length: int, text: str
) -> None:
    last = first + timedelta(days=length - 1)
    schedule = parse_schedule(text)
    found = list(instants_due(schedule, ZoneInfo(zone), first=first, last=last, works=always))
    assert found == sorted(set(found))
    middle = first + timedelta(days=length // 2)
    parts = [
        *instants_due(schedule, ZoneInfo(zone), first=first, last=middle, works=always),
        *instants_due(schedule, ZoneInfo(zone), first=middle + timedelta(days=1), last=last, works=always),
    ]
    assert found == sorted(set(parts))
    if text.startswith("daily"):
        assert len(found) == length, "each day once, also where the clocks change"
