"""T-22 Restore tests, from audit-domain T-22 and the rule's README."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from twofold.controltests.rule import ParameterValue

from .records import Record, Records
from .steps import BOT, EVER, LINKED, NEVER, SHARED_ACCOUNT, Hand, days, hand, has_gap
from .world import A_DAY, START, World

CONTROL_TEST = "T-22"
OUTCOME_ONLY: frozenset[str] = frozenset()
EXCEPTION, CANNOT, PASS, NOT_APPLICABLE = range(4)
_TICK = timedelta(microseconds=1)
_VERIFIED = {"counts", "checksum", "application"}


def shared(world: World) -> None:
    """A calendar, so that items are named by local days."""
    world.add("calendar", id="default", zone="UTC")


def parameters(world: World) -> Mapping[str, ParameterValue]:
    """Every parameter at its default or at another value."""
    return {"every_store": world.chance(30), "backup_kept_days": world.pick((1, 7, 35))}


def populate(world: World) -> None:
    """Two systems with due periods of two to four weeks, their stores, backups, tests and hands."""
    systems = [world.key("erp"), world.key("crm")]
    for system in systems:
        if world.chance(70):
            world.add(
                "system_label",
                system=system,
                label=world.pick(("soc2", "fin_relevant")),
                valid_from=None,
                dependents=world.pick((None, 0, 2)),
            )
        start = START + world.number_in(0, 3) * 7 * A_DAY
        for _ in range(world.number_in(1, 2)):
            due = start + world.number_in(2, 4) * 7 * A_DAY
            world.add("due_occurrence", activity="restore_test", system=system, starts_at=start, due_at=due)
            start = due
    stores = [world.id("store") for _ in range(world.number_in(1, 3))]
    for store in stores[: world.number_in(0, 3)]:
        target = world.maybe(80, 60)
        world.add("store", id=store, system=world.pick(systems), rto_minutes=target, rpo_minutes=world.maybe(80, 30))
    backups = [world.id("backup") for _ in range(world.number_in(0, 3))]
    for backup in backups:
        origin = world.pick(("schedule", "schedule", "schedule", "manual"))
        for _ in range(2 if world.chance(5) else 1):
            taken = world.instant(world.moment(last_day=30))
            world.add("backup", id=backup, store=world.pick(stores), taken_at=taken, origin=origin)
    accounts = [world.key("ops:a"), world.key("ops:b"), world.key("ops:c")]
    for account in accounts:
        world.add(
            "account",
            id=account,
            system="ops",
            kind=world.pick((None, "human", "shared", "bot")),
            triggered_by=world.pick([None, *accounts]),
        )
        if world.chance(80):
            world.add(
                "account_link",
                account=account,
                person=world.key(world.pick("xy")),
                valid_from=world.maybe(30, world.moment()),
            )
    made: list[str] = []
    for _ in range(world.number_in(0, 4)):
        _restore_test(world, systems, stores, backups, accounts, made)
    if world.chance(20):
        world.add(
            "source_gap",
            table_name=world.pick(("restore_test", "backup")),
            system=world.pick(systems),
            starts_at=world.maybe(70, world.moment()),
            ends_before=world.maybe(70, world.moment()),
            reason="not_extracted",
        )


def _restore_test(
    world: World, systems: list[str], stores: list[str], backups: list[str], accounts: list[str], made: list[str]
) -> None:
    test, completed, system = world.id("test"), world.moment(first_day=14), world.pick(systems)
    for _ in range(2 if world.chance(5) else 1):
        world.add(
            "restore_test",
            id=test,
            system=system,
            store=world.maybe(60, world.pick(stores)),
            backup=world.pick([*backups, None, world.key("unknown")])
            if world.chance(50)
            else world.pick([*backups, None]),
            started_at=world.maybe(70, world.instant(completed - world.number_in(0, 2) * timedelta(hours=3))),
            completed_at=world.instant(completed),
            verification=world.pick(("counts", "Checksum", "application", "looked at it", None)),
            result=world.pick(("pass", "pass", "pass", "fail")),
            recovery_minutes=world.pick((59, 60, 61, None)),
            loss_minutes=world.pick((29, 30, 31, None)),
            operator=world.pick([*accounts, accounts[0], None]),
            signed_by=world.pick([*accounts, accounts[1], None, world.key("ops:nobody")]),
            signed_at=world.maybe(80, world.instant(world.near(completed))),
            retest_of=world.pick(made) if made and world.chance(40) else None,
            stands_for=world.maybe(20, [world.pick(systems)]),
            stands_for_reason=world.maybe(60, "same platform"),
        )
    made.append(test)


def outcomes(records, clock, parameters):
    return {}
