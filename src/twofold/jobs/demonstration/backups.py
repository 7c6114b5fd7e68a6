"""Backups of every data store each Sunday (T-21): plans, runs, settings, and two slots that went wrong."""

from datetime import date, datetime, timedelta

from twofold.jobs.demonstration.answer_key import KeyItem
from twofold.jobs.demonstration.restores import RestoreBook, store_of
from twofold.jobs.demonstration.systems import SYSTEMS
from twofold.jobs.demonstration.timeline import EXTRACTED_AT, ZONE, ZONE_NAME, local, midnight
from twofold.jobs.demonstration.world import Row, TableExport, World

MINUTE = timedelta(minutes=1)
IN_USE_SINCE = date(2025, 9, 28)
"""The stores of today replaced older ones on that Sunday."""
_ABSENT = "billing-db", date(2026, 3, 15)
_FAILED = "erp", date(2026, 7, 12)
_CLOCK = "03:00"


def back_up(world: World, restores: RestoreBook) -> None:
    """Export plans, runs and settings of the backups that restore tests draw on."""
    stores = [system.id for system in SYSTEMS if system.restores]
    plans: list[Row] = [
        {
            "id": f"weekly-{system}",
            "store": store_of(system),
            "schedule": f"weekly Sun {_CLOCK}",
            "zone": ZONE_NAME,
            "valid_from": midnight(IN_USE_SINCE),
            "window_minutes": 180,
            "keep_days": 90,
            "must_encrypt": True,
            "must_lock": True,
        }
        for system in stores
    ]
    settings: list[Row] = [
        {
            "plan": plan["id"],
            "set_at": local(IN_USE_SINCE - timedelta(days=10), "09:00"),
            "enabled": True,
            "keep_days": 90,
            "encrypted": True,
            "locked": True,
        }
        for plan in plans
    ]
    runs = [_run(system, day) for system in stores for day in _sundays() if (system, day) != _ABSENT]
    followups = [_fail(world, runs)]
    _leave_out(world, restores)
    world.tables += [
        TableExport("backup_plan", plans, "Backup service, plans with their history"),
        TableExport("backup_run", runs, "Backup service, job log since 2025-09-01"),
        TableExport("backup_config", settings, "Backup service, settings and their changes"),
        TableExport("backup_lag", [], "Backup service, replicas (none)", ("plan", "observed_at", "lag_minutes")),
        TableExport(
            "backup_report", [], "Reports of providers (none)", ("id", "plan", "period_from", "period_to", "result")
        ),
        TableExport("run_pause", [], "Schedulers, pauses", ("activity", "plan", "starts_at", "ends_before")),
        TableExport("run_followup", followups, "Operations log, failures and what was done"),
    ]


def _sundays() -> list[date]:
    days, day = [], IN_USE_SINCE
    while local(day, _CLOCK) < EXTRACTED_AT:
        days.append(day)
        day += timedelta(days=7)
    return days


def _run(system: str, day: date) -> Row:
    started_at = local(day, _CLOCK) + 5 * MINUTE
    return {
        "id": f"run-{system}-{day:%Y%m%d}",
        "plan": f"weekly-{system}",
        "started_at": started_at,
        "ended_at": started_at + 40 * MINUTE,
        "status": "success",
    }


def _fail(world: World, runs: list[Row]) -> Row:
    """Let a run fail that nobody repeats; the note about it names no ticket."""
    system, day = _FAILED
    next(run for run in runs if run["id"] == f"run-{system}-{day:%Y%m%d}")["status"] = "failed"
    why = "The backup failed; the next good one came a week later."
    world.key.plant(_item(system, day), {"A": "failed"}, why)
    return {"id": "fu-1", "activity": "backup", "plan": f"weekly-{system}", "slot_at": local(day, _CLOCK), "ticket": ""}


def _leave_out(world: World, restores: RestoreBook) -> None:
    """Let a run not come, so that there is no backup of that Sunday either."""
    system, day = _ABSENT
    world.key.plant(_item(system, day), {"A": "absent"}, "No backup was made on that Sunday.")
    backup = f"bk-{system}-{day:%Y%m%d}"
    if not any(test["backup"] == backup for test in restores.tests):
        restores.backups = [each for each in restores.backups if each["id"] != backup]


def _item(system: str, day: date) -> KeyItem:
    at = local(day, _CLOCK)
    return KeyItem("T-21", f"weekly-{system}/{slot_text(at)}", (system,), at)


def slot_text(at: datetime) -> str:
    """Return a slot as items name it: the local time with its offset, to the minute."""
    return at.astimezone(ZONE).isoformat(timespec="minutes")
