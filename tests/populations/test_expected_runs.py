"""Expected runs: the timeline of schedules times what is in use."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.model.problem import UserError
from twofold.populations.derive import derive_tables
from twofold.populations.expected_runs import Plan, slots_of
from twofold.populations.schedules import parse_schedule
from twofold.tables.rows import Value
from twofold.tables.store import TableSet, open_session

Store = Callable[[Mapping[str, Sequence[Mapping[str, Value]]]], TableSet]
CLOCK = datetime(2026, 4, 1, tzinfo=UTC)
STORE = {"id": "main", "system": "erp"}
PLAN = {"id": "nightly", "store": "main", "schedule": "daily 02:30", "zone": "Europe/Berlin"}


def expected(store: Store, rows: Mapping[str, Sequence[Mapping[str, Value]]]) -> list[tuple[str, ...]]:
    tables = derive_tables(store(rows), clock=CLOCK, wanted=["expected_run"])
    with open_session(tables) as session:
        query = "SELECT activity, plan, slot, starts_at, due_at, ends_before, first_day FROM expected_run ORDER BY ALL"
        return [tuple(map(str, row)) for row in session.execute(query).fetchall()]


def slots(store: Store, rows: Mapping[str, Sequence[Mapping[str, Value]]]) -> list[str]:
    return [row[2] for row in expected(store, rows)]


def test_a_slot_is_due_while_the_plan_holds_and_the_store_is_in_use(store: Store) -> None:
    found = expected(
        store,
        {
            "store": [{**STORE, "valid_from": "2026-03-27T12:00:00Z", "valid_to": "2026-03-31T00:30:00Z"}],
            "backup_plan": [{**PLAN, "valid_from": "2026-01-01", "window_minutes": 90}],
        },
    )
    assert [row[2] for row in found] == ["2026-03-28T02:30+01:00", "2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"]
    assert found[0][3:] == ("2026-03-28 01:30:00", "2026-03-28 03:00:00", "2026-03-29 01:00:00", "False")


def test_the_first_day_of_a_store_is_marked(store: Store) -> None:
    rows = {"store": [{**STORE, "valid_from": "2026-03-30T00:10:00+02:00"}], "backup_plan": [PLAN]}
    assert [(row[2], row[6]) for row in expected(store, rows)] == [
        ("2026-03-30T02:30+02:00", "True"),
        ("2026-03-31T02:30+02:00", "False"),
    ]


def test_a_changed_schedule_ends_the_old_slots_and_two_rows_for_one_instant_give_one_slot(store: Store) -> None:
    old = {**PLAN, "valid_from": "2026-03-29T12:00:00Z", "valid_to": "2026-03-31T12:00:00Z"}
    new = {**PLAN, "schedule": "daily 02:30,14:30", "valid_from": "2026-03-30T12:00:00Z"}
    found = expected(store, {"store": [STORE], "backup_plan": [old, new]})
    assert [row[2] for row in found] == [
        "2026-03-30T02:30+02:00",
        "2026-03-30T14:30+02:00",
        "2026-03-31T02:30+02:00",
        "2026-03-31T14:30+02:00",
    ]
    assert [row[5] for row in found][:2] == ["2026-03-30 12:30:00", "2026-03-31 00:30:00"]


def test_a_continuous_plan_gives_local_days_cut_to_its_life(store: Store) -> None:
    plan = {**PLAN, "schedule": "continuous", "valid_from": "2026-03-28T09:00:00Z", "valid_to": "2026-03-29T20:00:00Z"}
    found = expected(store, {"store": [STORE], "backup_plan": [plan]})
    assert [(row[2], row[5]) for row in found] == [
        ("2026-03-28T10:00+01:00", "2026-03-28 23:00:00"),
        ("2026-03-29T00:00+01:00", "2026-03-29 20:00:00"),
    ]


def test_zone_of_the_system_then_utc(store: Store) -> None:
    plan = {**PLAN, "zone": "", "valid_from": "2026-03-31"}
    assert slots(store, {"store": [STORE], "backup_plan": [plan]}) == ["2026-03-31T02:30+00:00"]
    system = {"id": "erp", "zone": "America/New_York"}
    assert slots(store, {"store": [STORE], "system": [system], "backup_plan": [plan]}) == ["2026-03-31T02:30-04:00"]


def test_jobs_transfers_scans_logs_and_watches(store: Store) -> None:
    system = {"id": "erp", "zone": "Europe/Berlin"}
    days: dict[str, Value] = {"valid_from": "2026-03-31T00:00:00+02:00"}
    found = expected(
        store,
        {
            "system": [system],
            "calendar": [{"id": "bank", "zone": "Europe/Berlin", "holidays": "2026-03-30"}],
            "batch_job": [
                {
                    "id": "close",
                    "system": "erp",
                    "is_key": True,
                    "schedule": "daily 20:00",
                    "calendar": "bank",
                    "valid_from": "2026-03-27T00:00:00+01:00",
                },
                {"id": "tidy", "system": "erp", "is_key": False, "schedule": "daily 20:00"},
            ],
            "interface": [
                {"id": "feed", "system": "erp", "schedule": "daily 06:00", **days},
                {"id": "as-needed", "system": "erp"},
            ],
            "scan_target": [
                {"id": "web-1", "system": "erp", "schedule": "daily 06:00", **days},
                {"id": "web-2", "system": "erp"},
            ],
            "log_source": [{"id": "audit", "system": "erp", **days}],
            "system_label": [
                {"system": "erp", "label": "fin_relevant", **days},
                {"system": "crm", "label": "soc2", **days},
                {"system": "hr", "label": "fin_relevant", "dependents": 0, **days},
            ],
        },
    )
    assert [row[:3] for row in found] == [
        ("job", "close", "2026-03-27T20:00+01:00"),
        ("job", "close", "2026-03-31T20:00+02:00"),
        ("log", "audit", "2026-03-31T00:00+02:00"),
        ("log", "audit", "2026-04-01T00:00+02:00"),
        ("scan", "web-1", "2026-03-31T06:00+02:00"),
        ("transfer", "feed", "2026-03-31T06:00+02:00"),
        ("watch", "erp", "2026-03-31T00:00+02:00"),
        ("watch", "erp", "2026-04-01T00:00+02:00"),
    ]


def test_slots_reach_two_years_back_and_never_past_the_clock(store: Store) -> None:
    found = slots(store, {"store": [STORE], "backup_plan": [{**PLAN, "zone": "UTC"}]})
    assert (found[0], found[-1], len(found)) == ("2024-03-30T02:30+00:00", "2026-03-31T02:30+00:00", 732)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schedule": "nightly"}, "backup nightly: the schedule 'nightly'"),
        ({"zone": "Mars/Base"}, "backup nightly: unknown time zone 'Mars/Base'"),
        ({"calendar": "bank"}, "backup nightly: there is no calendar 'bank'"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_plan(store: Store, change: Mapping[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        expected(store, {"store": [STORE], "backup_plan": [{**PLAN, **change}]})


MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2026, 3, 1), timezones=st.just(UTC))  # noqa: DTZ001  bounds are naive


def works(day: date) -> bool:
    return day.day != 13


@given(
    texts=st.lists(
        st.sampled_from(["daily 02:30", "hourly 10", "weekly Sun 02:00", "monthly last 01:30", "every 45 minutes"]),
        min_size=1,
        max_size=3,
    ),
    moments=st.lists(MOMENTS, min_size=2, max_size=2),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
)
def test_slots_rise_lie_inside_the_life_and_end_where_the_next_begins(
    texts: list[str], moments: list[datetime], zone: str
) -> None:
    first, end = sorted(moments)
    end = min(end, first + timedelta(days=60))
    place = ZoneInfo(zone)
    plans = [Plan("p", parse_schedule(text), place, works, first, end, None, None, None, None) for text in texts]
    found = slots_of(plans, clock=CLOCK)
    assert all(first <= slot.starts_at < end for slot in found)
    assert all(before.ends_before == after.starts_at for before, after in pairwise(found))
    assert all(slot.starts_at < slot.ends_before for slot in found)
    assert all(works(slot.starts_at.astimezone(ZoneInfo(zone)).date()) for slot in found)


@pytest.mark.parametrize(
    ("since", "days", "minutes"),
    [
        ("2026-03-10", 7, 7 * 1440),
        ("2026-03-25", 7, 7 * 1440 - 60),
        ("2026-03-27", 2, 2 * 1440 - 60),
        ("2026-03-25", None, None),
        ("2026-03-10", 2**40, 1_000_000 * 1440),
    ],
    ids=["no-change", "an-hour-less", "shorter-from-the-end-of-the-slot", "no-term", "for-ever"],
)
def test_a_backup_is_kept_for_days_of_the_local_clock(
    store: Store, since: str, days: int | None, minutes: int | None
) -> None:
    plan = {**PLAN, "valid_from": since, "valid_to": f"{since}T12:00:00Z", "keep_days": days}
    tables = derive_tables(store({"store": [STORE], "backup_plan": [plan]}), clock=CLOCK, wanted=["expected_run"])
    with open_session(tables) as session:
        assert session.execute("SELECT kept_for_minutes FROM expected_run").fetchall() == [(minutes,)]
