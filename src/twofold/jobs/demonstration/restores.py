"""Restore tests (T-22): one per due time and store, from a scheduled backup, then altered by a planned fault."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from twofold.jobs.demonstration.draw import Draw
from twofold.jobs.demonstration.systems import SYSTEMS, System
from twofold.jobs.demonstration.timeline import EXTRACTED_AT, FIRST_DAY, before_working_days, local
from twofold.jobs.demonstration.world import Row, World

A_DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SOX = ("sox",)
_DUE = {
    "quarterly": (date(2025, 12, 31), date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30)),
    "half_yearly": (date(2025, 12, 31), date(2026, 6, 30)),
}


def store_of(system: str) -> str:
    """Return the id of a system's data store."""
    return f"{system}-data"


@dataclass(slots=True)
class RestoreBook:
    """Backups and restore tests of the year; moments are times."""

    backups: list[Row] = field(default_factory=list)
    tests: list[Row] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class DueTest:
    """A due time and the test that met it."""

    item: str
    due: date
    system: System
    test: Row


Fault = Callable[[World, RestoreBook, DueTest], None]


def test_restores(world: World, draw: Draw) -> RestoreBook:
    """Back up every store each Sunday, restore at every due time, and plant the faults."""
    book = RestoreBook()
    for system in SYSTEMS:
        if not system.restores:
            continue
        _back_up(book, system)
        for due in _DUE[system.restores]:
            meant = _restore(world, draw, book, system, due)
            world.key.item("T-22", meant.item, system.id, local(due, "23:59"))
            if meant.item in FAULTS:
                FAULTS[meant.item](world, book, meant)
    return book


def _back_up(book: RestoreBook, system: System) -> None:
    day = FIRST_DAY - 3 * A_DAY
    while (taken_at := local(day, "03:00")) < EXTRACTED_AT:
        backup_id = f"bk-{system.id}-{day:%Y%m%d}"
        book.backups.append({"id": backup_id, "store": store_of(system.id), "taken_at": taken_at, "origin": "schedule"})
        day += 7 * A_DAY


def _restore(world: World, draw: Draw, book: RestoreBook, system: System, due: date) -> DueTest:
    started_at = local(before_working_days(due, draw.whole(8, 20)), "10:00")
    backup = max((b for b in _backups(book, system) if b["taken_at"] < started_at), key=_taken_at)
    engineers = world.staff.in_role("Site Reliability Engineer")
    operator = draw.one_of(engineers)
    signer = draw.one_of(world.staff.in_role("Engineering Manager"))
    minutes = draw.whole(45, 100)
    completed_at = started_at + minutes * MINUTE + 30 * MINUTE
    test: Row = {
        "id": f"rt-{system.id}-{due:%Y%m}",
        "system": system.id,
        "store": store_of(system.id),
        "backup": backup["id"],
        "started_at": started_at,
        "completed_at": completed_at,
        "verification": draw.one_of(("counts", "checksum", "application")),
        "result": "pass",
        "recovery_minutes": minutes,
        "loss_minutes": draw.whole(5, 50),
        "operator": f"okta:{operator.okta}",
        "signed_by": f"okta:{signer.okta}",
        "signed_at": completed_at + A_DAY,
        "retest_of": "",
        "stands_for": "",
        "stands_for_reason": "",
    }
    book.tests.append(test)
    return DueTest(f"{system.id}/{due.isoformat()}", due, system, test)


def _backups(book: RestoreBook, system: System) -> list[Row]:
    return [backup for backup in book.backups if backup["store"] == store_of(system.id)]


def _taken_at(backup: Row) -> datetime:
    taken_at: datetime = backup["taken_at"]
    return taken_at


def late(world: World, _: RestoreBook, meant: DueTest) -> None:
    """The test began in the last hours of the due day and ended after midnight."""
    shift = local(meant.due, "22:30") - meant.test["started_at"]
    for name in ("started_at", "completed_at", "signed_at"):
        meant.test[name] += shift
    meant.test["completed_at"] += 3 * HOUR
    why = "The restore test began in the last hours of the due day and ended after it."
    world.key.exception(("T-22", meant.item, "A"), "late", why)


def absent(world: World, book: RestoreBook, meant: DueTest) -> None:
    """No test was done at all."""
    book.tests.remove(meant.test)
    world.key.exception(("T-22", meant.item, "A"), "absent", "No restore test was done.")


def made_for_the_test(world: World, book: RestoreBook, meant: DueTest) -> None:
    """The operator made a snapshot half an hour before, and restored that."""
    taken_at = meant.test["started_at"] - 30 * MINUTE
    meant.test["backup"] = f"bk-{meant.system.id}-manual-{taken_at:%Y%m%d}"
    book.backups.append(
        {"id": meant.test["backup"], "store": meant.test["store"], "taken_at": taken_at, "origin": "manual"}
    )
    why = "What was restored is a snapshot made for the test, not a scheduled backup."
    world.key.exception(("T-22", meant.item, "B"), "made_for_test", why)


def not_verified(world: World, _: RestoreBook, meant: DueTest) -> None:
    """Nobody checked the restored data."""
    meant.test["verification"] = ""
    world.key.exception(("T-22", meant.item, "C"), "not_verified", "The restored data was not checked.")


def target_missed(world: World, _: RestoreBook, meant: DueTest) -> None:
    """Recovery took twice as long as the target."""
    meant.test["recovery_minutes"] = meant.system.rto_minutes * 2
    meant.test["completed_at"] = meant.test["started_at"] + (meant.system.rto_minutes * 2 + 30) * MINUTE
    world.key.exception(("T-22", meant.item, "D"), "target_missed", "Recovery took twice the target time.")


def failed_without_retest(world: World, _: RestoreBook, meant: DueTest) -> None:
    """The test failed and nobody tried again."""
    meant.test["result"] = "fail"
    world.key.exception(("T-22", meant.item, "E"), "no_retest", "The test failed and was not repeated.")


def failed_until_next_quarter(world: World, _: RestoreBook, meant: DueTest) -> None:
    """The test failed, and only the test of the next quarter went well."""
    meant.test["result"] = "fail"
    why = "The test failed and was repeated with success only in the next quarter."
    world.key.exception(("T-22", meant.item, "E"), "no_retest", why)


def failed_and_repeated(_: World, book: RestoreBook, meant: DueTest) -> None:
    """The test failed and was repeated well before the due day: in order."""
    repeated = dict(meant.test)
    for name in ("started_at", "completed_at", "signed_at"):
        repeated[name] += 3 * A_DAY
    repeated |= {"id": f"{meant.test['id']}-2", "retest_of": meant.test["id"]}
    meant.test["result"] = "fail"
    book.tests.append(repeated)


def signed_by_operator(world: World, _: RestoreBook, meant: DueTest) -> None:
    """The operator signed their own test; only SOX minds."""
    meant.test["signed_by"] = meant.test["operator"]
    why = "The person who ran the test signed it off."
    world.key.exception(("T-22", meant.item, "F"), "signed_by_operator", why, lenses=SOX)


FAULTS: dict[str, Fault] = {
    "billing/2025-12-31": late,
    "portal/2026-06-30": absent,
    "ledger/2026-03-31": made_for_the_test,
    "payments/2026-06-30": not_verified,
    "billing-db/2026-06-30": target_missed,
    "erp/2026-03-31": failed_until_next_quarter,
    "billing/2026-09-30": failed_without_retest,
    "ledger/2026-09-30": failed_and_repeated,
    "payments/2025-12-31": signed_by_operator,
    "portal/2025-12-31": signed_by_operator,
}
