from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.model.instant import Instant, instant_from_epoch, parse_boundary, parse_instant, zone_named

ZONES = ("", "UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia")
TICK = timedelta(microseconds=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "earliest"),
    [
        ("2026-03-27T16:00:00-04:00", "2026-03-27T20:00:00"),
        ("2026-03-27T16:00:00-0400", "2026-03-27T20:00:00"),
        ("2026-03-27T16:00:00.250+0530", "2026-03-27T10:30:00.250"),
        ("2026-03-27T20:00:00Z", "2026-03-27T20:00:00"),
        ("2026-03-27 20:00:00+00:00", "2026-03-27T20:00:00"),
        ("  2026-03-27T20:00:00Z ", "2026-03-27T20:00:00"),
    ],
)
def test_a_time_with_an_offset_is_exact_whatever_the_zone_of_its_system(text: str, earliest: str) -> None:
    for zone in ZONES:
        found = parse_instant(text, zone=zone)
        assert found == Instant(utc(earliest), utc(earliest), text.strip())
        assert found.is_exact


def test_an_hour_that_the_clock_shows_twice_is_an_interval() -> None:
    found = parse_instant("2026-10-25T02:30:00", zone="Europe/Berlin")
    assert (found.earliest, found.latest) == (utc("2026-10-25T00:30:00"), utc("2026-10-25T01:30:00"))
    assert not found.is_exact


def test_an_hour_that_the_clock_skips_is_an_interval() -> None:
    found = parse_instant("2026-03-29T02:30:00", zone="Europe/Berlin")
    assert (found.earliest, found.latest) == (utc("2026-03-29T00:30:00"), utc("2026-03-29T01:30:00"))


def test_a_local_time_takes_the_zone_of_its_system() -> None:
    assert parse_instant("2026-07-01T09:00:00", zone="America/New_York").earliest == utc("2026-07-01T13:00:00")


@pytest.mark.parametrize("text", ["2026-04-02", "20260402", "2026-W14-4"])
def test_a_day_without_a_time_is_the_whole_local_day_however_it_is_spelled(text: str) -> None:
    found = parse_instant(text, zone="Europe/Berlin")
    assert (found.earliest, found.latest) == (utc("2026-04-01T22:00:00"), utc("2026-04-02T22:00:00") - TICK)
    assert found.text == text


def test_the_day_on_which_the_clock_changes_has_its_own_length() -> None:
    short, long = (parse_instant(day, zone="Europe/Berlin") for day in ("2026-03-29", "2026-10-25"))
    assert short.latest - short.earliest + TICK == timedelta(hours=23)
    assert long.latest - long.earliest + TICK == timedelta(hours=25)


def test_without_any_zone_the_interval_is_a_day_wider_on_each_side() -> None:
    day, time = parse_instant("2026-04-02"), parse_instant("2026-04-02T12:00:00")
    assert (day.earliest, day.latest) == (utc("2026-04-01T00:00:00"), utc("2026-04-04T00:00:00") - TICK)
    assert (time.earliest, time.latest) == (utc("2026-04-01T12:00:00"), utc("2026-04-03T12:00:00"))


def test_a_day_that_a_zone_skipped_is_one_moment() -> None:
    found = parse_instant("2011-12-30", zone="Pacific/Apia")
    assert found.earliest == found.latest == utc("2011-12-30T10:00:00")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-13-01",
        "2026-02-30",
        "02/04/2026",
        "2026-04-02T25:00:00Z",
        "2026-04",
        "0001-01-01",
        "9999-12-31",
    ],
)
def test_another_form_is_refused_with_the_text_as_it_stood(text: str) -> None:
    with pytest.raises(ValueError, match=r"no ISO 8601|before 1990") as fault:
        parse_instant(text, zone="Europe/Berlin")
    assert repr(text) in str(fault.value)


@pytest.mark.parametrize("text", ["1970-01-01T00:00:00Z", "1970-01-01", "1989-12-31T23:59:59Z"])
def test_a_default_value_is_no_observation(text: str) -> None:
    with pytest.raises(ValueError, match="default value and no observation"):
        parse_instant(text, zone="UTC")


@pytest.mark.parametrize("name", ["Mars/Base", "", "../etc/passwd", "Europe", "Europe/Berlin\0"])
def test_an_unknown_zone_is_named(name: str) -> None:
    with pytest.raises(ValueError, match="unknown time zone") as fault:
        zone_named(name)
    assert repr(name) in str(fault.value)


def test_epoch_milliseconds() -> None:
    assert instant_from_epoch(1_774_641_600_250).earliest == utc("2026-03-27T20:00:00.250")


@pytest.mark.parametrize("milliseconds", [0, -1, 10**18, -(10**18)])
def test_an_epoch_that_is_no_observation_is_refused(milliseconds: int) -> None:
    with pytest.raises(ValueError, match=r"no time in milliseconds|before 1990"):
        instant_from_epoch(milliseconds)


def test_a_limit_is_one_moment_and_its_bare_day_a_local_midnight() -> None:
    assert parse_boundary("2026-06-01", zone="America/New_York") == utc("2026-06-01T04:00:00")
    assert parse_boundary("2026-06-01T09:00:00", zone="America/New_York") == utc("2026-06-01T13:00:00")
    assert parse_boundary("2026-06-01T09:00:00+0200", zone="America/New_York") == utc("2026-06-01T07:00:00")
    assert parse_boundary("1970-01-01", zone="UTC") == utc("1970-01-01T00:00:00")


@pytest.mark.parametrize(
    ("text", "zone"), [("9999-12-31", "America/New_York"), ("0001-01-01", "Europe/Berlin"), ("soon", "UTC")]
)
def test_a_limit_that_no_utc_time_can_hold_is_refused(text: str, zone: str) -> None:
    limit = "9999-12-31T23:00:00-05:00" if text.startswith("9999") else text
    with pytest.raises(ValueError, match="no ISO 8601"):
        parse_boundary(limit, zone=zone)


@given(
    moment=st.datetimes(min_value=datetime(1990, 1, 3), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001  local times
    zone=st.sampled_from(ZONES),
)
def test_earliest_never_lies_after_latest_and_the_truth_lies_between(moment: datetime, zone: str) -> None:
    for text in (moment.isoformat(), moment.date().isoformat()):
        found = parse_instant(text, zone=zone)
        assert found.earliest <= found.latest
        for fold in (0, 1):
            true = moment.replace(tzinfo=ZoneInfo(zone or "UTC"), fold=fold).astimezone(UTC)
            skipped = true.astimezone(ZoneInfo(zone or "UTC")).replace(tzinfo=None) != moment
            assert skipped or found.earliest <= true <= found.latest


@given(day=st.dates(date(1990, 1, 3), date(2100, 1, 1)), zone=st.sampled_from([zone for zone in ZONES if zone]))
def test_days_of_a_zone_follow_each_other_without_gap_or_overlap(day: date, zone: str) -> None:
    today, tomorrow = (parse_instant(each.isoformat(), zone=zone) for each in (day, day + timedelta(days=1)))
    skipped = today.earliest == today.latest or tomorrow.earliest == tomorrow.latest
    assert skipped or today.latest + TICK == tomorrow.earliest
