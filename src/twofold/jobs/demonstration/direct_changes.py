"""Changes in production that no deployment shows (T-13): consoles, databases, flags, settings of the ERP.

Most follow a pre-approved standard change; some carry the ticket of a change that was released the same day. The
planted ones follow nothing, or leave the limits of their standard change.
"""

from datetime import date, datetime

from twofold.jobs.demonstration.draw import Draw
from twofold.jobs.demonstration.people import Person
from twofold.jobs.demonstration.timeline import FIRST_DAY, LAST_DAY, local, working_days
from twofold.jobs.demonstration.world import Row, World

STANDARD_CHANGES: tuple[Row, ...] = (
    {"id": "STD-DB-INDEX", "systems": ["billing-db"], "kinds": ["ddl"], "object_pattern": "index %"},
    {"id": "STD-ERP-PERIOD", "systems": ["erp"], "kinds": ["config"], "object_pattern": "period %"},
    {"id": "STD-SCALE", "systems": ["portal", "payments"], "kinds": ["autoscaling"], "object_pattern": "group %"},
    {"id": "STD-ROTATE", "systems": ["*"], "kinds": ["credential_rotation"], "object_pattern": ""},
    {"id": "STD-PATCH", "systems": ["billing-db", "erp"], "kinds": ["patch"], "object_pattern": "", "to": "2026-07-01"},
)
_CLEAN = (
    ("billing-db", "ddl", "STD-DB-INDEX", "index invoice_by_customer"),
    ("erp", "config", "STD-ERP-PERIOD", "period closed"),
    ("portal", "autoscaling", "STD-SCALE", "group portal-web"),
    ("payments", "autoscaling", "STD-SCALE", "group payments-api"),
    ("billing", "credential_rotation", "STD-ROTATE", "key of the mail service"),
    ("ledger", "credential_rotation", "STD-ROTATE", "password of the ERP interface"),
)


def change_directly(world: World, draw: Draw) -> None:
    """Record the year's direct changes: about one every second working day, and the planted ones."""
    engineers = world.staff.in_role("Site Reliability Engineer")
    for day in working_days(FIRST_DAY, LAST_DAY)[1::2]:
        system, kind, reference, what = draw.one_of(_CLEAN)
        _record(
            world, draw.one_of(engineers), (system, kind, reference, what), local(day, "08:00") + draw.minutes(0, 500)
        )
    for day, system, kind, reference, what, why in _PLANTED:
        event = _record(world, draw.one_of(engineers), (system, kind, reference, what), local(day, "18:30"))
        if why:
            reason = "outside_template" if reference else "unmatched"
            world.key.exception(("T-13", event["id"], "A"), reason, why)


def _record(world: World, actor: Person, what: tuple[str, str, str, str], at: datetime) -> Row:
    system, kind, reference, changed = what
    event: Row = {
        "id": f"pe-{len(world.prod_events) + 1:04d}",
        "system": system,
        "kind": kind,
        "occurred_at": at,
        "actor": f"okta:{actor.okta}",
        "object": changed,
        "reference": reference,
        "session": "",
    }
    world.prod_events.append(event)
    world.key.item("T-13", event["id"], system, at)
    return event


def _day(text: str) -> date:
    return date.fromisoformat(text)


_PLANTED: tuple[tuple[date, str, str, str, str, str], ...] = (
    (_day("2026-02-05"), "payments", "console", "", "queue purge", "A console change without any ticket."),
    (_day("2026-10-22"), "portal", "console", "", "cache flush", "A console change without any ticket."),
    (
        _day("2025-10-30"), "billing-db", "dml", "", "update invoice set status",
        "A person changed data in the database without any ticket.",
    ),
    (
        _day("2026-04-30"), "erp", "config", "STD-ERP-PERIOD", "approval limit of journals",
        "The standard change allows closing periods; this raised an approval limit.",
    ),
    (
        _day("2026-08-06"), "billing-db", "patch", "STD-PATCH", "engine 14.9 to 14.12",
        "The standard change for patches had ended on 1 July 2026.",
    ),
    (_day("2026-06-04"), "billing-db", "patch", "STD-PATCH", "engine 14.8 to 14.9", ""),
)  # fmt: skip
