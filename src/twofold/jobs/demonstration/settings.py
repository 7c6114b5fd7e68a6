"""Sign-in policies and second factors (T-06), and settings of systems against the company's standard (T-07).

A look at the beginning and one at the end, with a log of changes between them, prove every setting of the year.
"""

from datetime import date, timedelta

from twofold.jobs.demonstration.answer_key import KeyItem
from twofold.jobs.demonstration.people import Person
from twofold.jobs.demonstration.timeline import FIRST_DAY, INTRODUCED_ON, local
from twofold.jobs.demonstration.world import Row, TableExport, World

HOUR = timedelta(hours=1)
_LOOKS = (date(2025, 9, 5), date(2026, 11, 10))
_STANDARD = (
    ("erp", "local log-in", "password_min_length", "password", "at_least", "12", "14"),
    ("erp", "local log-in", "session_idle_minutes", "session", "at_most", "30", "15"),
    ("okta", "default policy", "session_idle_minutes", "session", "at_most", "120", "60"),
    ("payments", "edge firewall", "admin_port_open", "network", "equals", "false", "false"),
    ("billing-db", "invoice volume", "encrypted_at_rest", "encryption", "equals", "true", "true"),
)
"""System, object, setting, topic, comparison and value of the standard, value found."""
_LENGTHENED, _OPENED = local(date(2026, 2, 18), "10:20"), local(date(2026, 6, 11), "09:30")
_OVER_IMAP, _EXEMPT_FROM = local(date(2026, 3, 10), "08:12"), date(2026, 4, 6)


def keep_settings(world: World) -> None:
    """Export what the policies and settings were, what the standard asks, and who enrolled a factor."""
    states: list[Row] = []
    for look in _LOOKS:
        looked_at = {"observed_at": local(look, "07:00")}
        for system, what in (("okta", "default policy"), ("erp", "local log-in")):
            states.append({"system": system, "object": what, "setting": "mfa_required", "value": "true", **looked_at})
        for system, what, setting, *_, value in _STANDARD:
            later = look > _LENGTHENED.date() and setting == "password_min_length"
            states.append(
                {"system": system, "object": what, "setting": setting, "value": "16" if later else value, **looked_at}
            )
    standard: list[Row] = [
        {"scope": x[0], "setting": x[2], "topic": x[3], "comparison": x[4], "value": x[5], "valid_from": FIRST_DAY}
        for x in _STANDARD
    ]
    world.tables += [
        TableExport("setting_state", states, "Configuration collector, GET of each policy and rule"),
        TableExport("setting_standard", standard, "Security standard 3.1, table of settings"),
    ]
    _change_settings(world)
    _enrol(world)
    _exempt(world)


def _change_settings(world: World) -> None:
    administrator = world.staff.in_role("IT Administrator")[1]
    steps = (
        ("erp", "local log-in", "password_min_length", "14", "16", _LENGTHENED),
        ("payments", "edge firewall", "admin_port_open", "false", "true", _OPENED),
        ("payments", "edge firewall", "admin_port_open", "true", "false", _OPENED + 2 * HOUR),
    )
    events: list[Row] = [
        {
            "id": f"cfg-{number}",
            "system": system,
            "object": what,
            "setting": setting,
            "old_value": old,
            "new_value": new,
            "occurred_at": at,
            "actor": f"okta:{administrator.okta}",
        }
        for number, (system, what, setting, old, new, at) in enumerate(steps, 1)
    ]
    world.tables.append(TableExport("setting_event", events, "Configuration logs, all changes since 2025-09-01"))
    item = KeyItem("T-07", "erp/local log-in/password_min_length/2026-02", ("erp",), _LENGTHENED)
    world.key.plant(item, {"C": "no_ticket"}, "The shortest password was changed, and the change names no ticket.")
    item = KeyItem("T-07", "payments/edge firewall/admin_port_open/2026-06", ("payments",), _OPENED)
    world.key.plant(
        item, {"E": "bad_interval"}, "The port of administration stood open for two hours.", lenses=("soc2",)
    )


def _enrol(world: World) -> None:
    """Enrol a second factor for each account on its first day."""
    factors: list[Row] = []
    for person in world.staff.people:
        names = {f"okta:{person.okta}": "push", f"erp:{person.erp}": "token:software:totp"}
        factors += [
            {
                "id": f"f-{account}",
                "account": account,
                "type": kind,
                "status": "active",
                "enrolled_at": local(max(person.first_day, INTRODUCED_ON), "14:00"),
            }
            for account, kind in names.items()
            if not account.endswith(":")
        ]
    world.tables.append(TableExport("factor", factors, "Okta and ERP, list of factors of each user"))


def _exempt(world: World) -> None:
    """Exempt somebody whose phone broke, two days before anybody agreed; and let a mail client in on a password."""
    leads = world.staff.in_role("Support Lead")
    owner = world.staff.in_role("IT Administrator")[0]
    exemption: Row = {
        "account": f"okta:{leads[0].okta}",
        "valid_from": _EXEMPT_FROM,
        "valid_to": _EXEMPT_FROM + timedelta(days=14),
        "reason": "Lost phone",
        "approved_by": "p-0003",
        "approved_at": local(_EXEMPT_FROM + timedelta(days=2), "16:00"),
        "owner": owner.id,
    }
    why = "The exemption from the second factor was approved two days after it began."
    world.key.plant(_month(leads[0], _EXEMPT_FROM), {"C": "approved_late"}, why)
    by_mail: Row = {
        "id": "imap-1",
        "account": f"okta:{leads[1].okta}",
        "system": "okta",
        "occurred_at": _OVER_IMAP,
        "result": "success",
        "method": "interactive",
        "factors": "password",
    }
    why = "A mail client came in with nothing but a password."
    world.key.plant(_month(leads[1], _OVER_IMAP.date()), {"D": "single_factor"}, why)
    columns = ("sign_in", "reviewed_at", "reviewer")
    world.tables += [
        TableExport("mfa_exemption", [exemption], "Register of exemptions from the second factor"),
        TableExport("sign_in", [by_mail], "Mail gateway, log of log-ins over IMAP", name="imap_sign_in"),
        TableExport("sign_in_review", [], "Reviews of emergency accounts, all rows", columns),
    ]


def _month(person: Person, day: date) -> KeyItem:
    return KeyItem("T-06", f"okta:{person.okta}/{day:%Y-%m}", ("okta",), local(day, "12:00"))
