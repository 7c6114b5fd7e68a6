"""A key job and an interface, both once a month (T-23), with a failure, a bad count and a change nobody asked for."""

from datetime import date, datetime, timedelta

from twofold.jobs.demonstration.answer_key import KeyItem
from twofold.jobs.demonstration.backups import slot_text
from twofold.jobs.demonstration.planted_changes import ticket_of
from twofold.jobs.demonstration.timeline import FIRST_DAY, ZONE_NAME, local, midnight
from twofold.jobs.demonstration.world import Row, TableExport, World

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
_JOB, _FEED = "revenue-load", "ledger-to-erp"
_MONTHS = tuple((2025 + month // 12, month % 12 + 1) for month in range(9, 23))
_FAILED, _MISCOUNTED, _NOT_REVIEWED = date(2026, 6, 2), date(2026, 4, 3), date(2026, 9, 3)
_CHANGED_AT = local(date(2026, 8, 20), "16:30")


def run_jobs(world: World) -> None:
    """Export job and interface with their runs, transfers and changes of schedule."""
    lasting = {"zone": ZONE_NAME, "valid_from": midnight(FIRST_DAY), "window_minutes": 240}
    job: Row = {"id": _JOB, "system": "ledger", "is_key": True, "schedule": "monthly 2 05:00", **lasting}
    feed: Row = {"id": _FEED, "system": "erp", "sender": "ledger", "schedule": "monthly 3 06:00", **lasting}
    world.tables += [
        TableExport("batch_job", [job], "Scheduler, jobs with their history"),
        TableExport("job_run", _runs(world), "Scheduler, log of runs since 2025-09-01"),
        TableExport("schedule_event", _changes(world), "Scheduler, audit log of schedules"),
        TableExport("interface", [feed], "Register of interfaces"),
        TableExport(
            "transfer",
            _transfers(world),
            "ERP, import log with control totals",
            totalled=("source_sum", "target_sum"),
        ),
    ]


def _runs(world: World) -> list[Row]:
    runs: list[Row] = []
    for year, month in _MONTHS:
        slot = local(date(year, month, 2), "05:00")
        failed = slot == local(_FAILED, "05:00")
        runs.append(
            {
                "id": f"jr-{year}{month:02d}",
                "job": _JOB,
                "started_at": slot + MINUTE,
                "ended_at": slot + 50 * MINUTE,
                "status": "failed" if failed else "success",
                "rows": 0 if failed else 1200 + month,
            }
        )
    at = local(_FAILED, "05:00")
    item = KeyItem("T-23", f"{_JOB}/{slot_text(at)}", ("ledger",), at)
    world.key.plant(item, {"B": "not_solved"}, "The job failed, and nobody ran it again.")
    return runs


def _changes(world: World) -> list[Row]:
    """Change the schedule twice: with the ticket of an authorised change, and without any."""
    administrator = world.staff.in_role("IT Administrator")[2]
    authorised = next(
        change
        for change in world.repositories["ledger"].changes
        if not change.alone and change.slot_at > local(date(2026, 1, 12), "09:00")
    )
    steps: tuple[tuple[str, datetime, str], ...] = (
        ("sch-1", authorised.slot_at, ticket_of(authorised).key),
        ("sch-2", _CHANGED_AT, ""),
    )
    item = KeyItem("T-23", f"{_JOB}/schedule/sch-2", ("ledger",), _CHANGED_AT)
    world.key.plant(item, {"D": "no_ticket"}, "The schedule of a key job was changed, and nobody had asked for it.")
    return [
        {
            "id": name,
            "job": _JOB,
            "old_value": "priority 5",
            "new_value": "priority 4",
            "occurred_at": at,
            "actor": f"okta:{administrator.okta}",
            "ticket": ticket,
        }
        for name, at, ticket in steps
    ]


def _transfers(world: World) -> list[Row]:
    accountant = world.staff.in_role("Revenue Accountant")[0]
    transfers: list[Row] = []
    for year, month in _MONTHS:
        day = date(year, month, 3)
        at, count = local(day, "06:20"), 1200 + month
        transfers.append(
            {
                "id": f"tr-{year}{month:02d}",
                "interface": _FEED,
                "transferred_at": at,
                "status": "success",
                "source_count": count,
                "target_count": count - 1 if day == _MISCOUNTED else count,
                "source_sum": count * 9_900,
                "target_sum": count * 9_900,
                "rejects": 0,
                "reject_sum": 0,
                "reviewed_by": "" if day == _NOT_REVIEWED else f"okta:{accountant.okta}",
                "reviewed_at": None if day == _NOT_REVIEWED else at + 26 * HOUR,
            }
        )
    for day, letter, reason, why in (
        (_MISCOUNTED, "E", "counts_differ", "The ERP took over one record fewer than was sent."),
        (_NOT_REVIEWED, "H", "not_reviewed", "Nobody looked at the comparison of the totals."),
    ):
        item = KeyItem("T-23", f"{_FEED}/transfer/tr-{day:%Y%m}", ("erp",), local(day, "06:20"))
        world.key.plant(item, {letter: reason}, why)
    return transfers
