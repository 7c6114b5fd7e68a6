"""Vendors that the company relies on, and the reports on their controls (T-24)."""

from datetime import date

from twofold.jobs.demonstration.answer_key import KeyItem
from twofold.jobs.demonstration.systems import COMPANY_WIDE
from twofold.jobs.demonstration.timeline import A_DAY, PERIOD_DAYS, local, midnight
from twofold.jobs.demonstration.world import Row, TableExport, World

_LONG_AGO = date(2024, 1, 1)
_VENDORS = (
    ("cumulus", "Cumulus Cloud", COMPANY_WIDE, "critical", ("hosting",), ""),
    ("paylane", "Paylane", "payments", "critical", ("card payments",), ""),
    ("bookwell", "Bookwell", "erp", "critical", ("ledger service",), ""),
    ("inkstone", "Inkstone Letters", "portal", "low", ("newsletters",), "It holds addresses only."),
)
"""Id, name, system that relies on it, tier, services, why no report is asked of it."""
_WITHOUT_LETTER, _WITHOUT_OWNER = "paylane", "bookwell"


def rely_on_vendors(world: World) -> None:
    """Export the register, the reports and what was made of them; one letter and one owner are missing."""
    vendors: list[Row] = [
        {
            "id": name,
            "name": title,
            "system": system,
            "tier": tier,
            "relied_from": midnight(_LONG_AGO),
            "services": services,
            "no_report_reason": reason,
        }
        for name, title, system, tier, services, reason in _VENDORS
    ]
    stretches: list[Row] = [
        {
            "system": COMPANY_WIDE,
            "starts_at": midnight(first),
            "ends_before": midnight(last + A_DAY),
            "relied_at": midnight(date(2026, 11, 10)),
        }
        for first, last in PERIOD_DAYS.values()
    ]
    reporting = [vendor[0] for vendor in _VENDORS if not vendor[5]]
    world.tables += [
        TableExport("vendor", vendors, "Register of vendors, all versions"),
        TableExport("reliance_period", stretches, "Audit calendar"),
        TableExport("soc_report", [_report(world, name) for name in reporting], "Folder of vendors' reports, index"),
        TableExport("bridge", [_letter(x) for x in reporting if x != _WITHOUT_LETTER], "Folder of letters, index"),
        TableExport("cuec", [_duty(name) for name in reporting], "Mapping of duties left to users"),
        TableExport("report_exception", [], "Exceptions in vendors' reports", ("report", "id", "control", "judgement")),
        TableExport("subservice", [], "Providers of vendors", ("report", "provider", "method", "followed_as")),
    ]
    _look_at_vendors(world)
    _write_key(world)


def _look_at_vendors(world: World) -> None:
    compliance = f"okta:{world.staff.by_id('p-0005').okta}"
    reviews: list[Row] = [
        {
            "id": f"vr-{vendor[0]}-{day:%Y}",
            "vendor": vendor[0],
            "reviewed_at": local(day, "14:00"),
            "reviewed_by": compliance,
            "conclusion": "approved",
        }
        for vendor in _VENDORS
        for day in (date(2025, 9, 20), date(2026, 9, 10))
    ]
    contracts: list[Row] = [
        {"id": f"ct-{vendor[0]}", "vendor": vendor[0], "valid_from": midnight(_LONG_AGO), "security_terms": True}
        for vendor in _VENDORS
    ]
    issue: Row = {
        "id": "vi-1",
        "vendor": "cumulus",
        "raised_at": local(date(2026, 2, 3), "10:00"),
        "owner": "p-0005",
        "due_at": local(date(2026, 4, 30), "17:00"),
        "closed_at": local(date(2026, 4, 14), "11:00"),
    }
    world.tables += [
        TableExport("vendor_review", reviews, "Register of vendor reviews", since=_LONG_AGO),
        TableExport("vendor_contract", contracts, "Contract archive, vendors", since=_LONG_AGO),
        TableExport("vendor_issue", [issue], "Tracker, vendor issues"),
    ]


def _report(world: World, vendor: str) -> Row:
    return {
        "id": f"soc1-{vendor}",
        "vendor": vendor,
        "kind": "soc1",
        "type": 2,
        "products": next(x[4] for x in _VENDORS if x[0] == vendor),
        "starts_at": midnight(date(2025, 10, 1)),
        "ends_before": midnight(date(2026, 8, 1)),
        "opinion": "unqualified",
        "received_at": local(date(2026, 9, 10), "09:00"),
        "reviewed_at": local(date(2026, 9, 21), "15:00"),
        "reviewed_by": f"okta:{world.staff.by_id('p-0005').okta}",
        "exceptions_listed": 0,
        "cuecs_listed": 1,
        "subservices_listed": 0,
    }


def _letter(vendor: str) -> Row:
    return {
        "id": f"letter-{vendor}",
        "vendor": vendor,
        "starts_at": midnight(date(2026, 8, 1)),
        "ends_before": midnight(date(2026, 11, 1)),
        "signed_by": "Head of Trust",
        "signer_role": "management",
        "signed_at": local(date(2026, 11, 4), "10:00"),
    }


def _duty(vendor: str) -> Row:
    own = "" if vendor == _WITHOUT_OWNER else "AC-03"
    return {
        "report": f"soc1-{vendor}",
        "id": "CUEC-1",
        "own_control": own,
        "own_result": "effective" if own else "",
    }


def _write_key(world: World) -> None:
    for vendor, letter, reason, why in (
        (_WITHOUT_LETTER, "C", "no_bridge", "No letter speaks for the months after the report."),
        (_WITHOUT_OWNER, "E", "unowned", "Nobody owns the duty that the report leaves to its users."),
    ):
        system = next(x[2] for x in _VENDORS if x[0] == vendor)
        for first, last in PERIOD_DAYS.values():
            item = KeyItem("T-24", f"{vendor}@{system}/{first}/{last}", (system,), local(last, "12:00"))
            world.key.plant(item, {letter: reason}, why)
