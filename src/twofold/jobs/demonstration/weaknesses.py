"""Scans of three targets each month, and the weaknesses that they found (T-20)."""

from datetime import date, timedelta

from twofold.jobs.demonstration.answer_key import KeyItem
from twofold.jobs.demonstration.backups import slot_text
from twofold.jobs.demonstration.timeline import FIRST_DAY, ZONE_NAME, iso, local, midnight
from twofold.jobs.demonstration.world import Row, TableExport, World

TOOL = "scanner"
SOC2 = ("soc2",)
_MONTHS = tuple(date(2025 + month // 12, month % 12 + 1, 1) for month in range(9, 23))
_TARGETS = {"img-billing": "billing", "host-erp-gateway": "erp", "db-billing": "billing-db"}
_NOT_SCANNED = "host-erp-gateway", date(2026, 5, 1)
_WEAKNESSES = (
    ("W-1", "img-billing", "CVE-2026-1001", "high", date(2026, 2, 1), date(2026, 2, 1)),
    ("W-2", "img-billing", "CVE-2026-1002", "critical", date(2026, 4, 1), date(2026, 4, 1)),
    ("W-3", "db-billing", "CVE-2025-1003", "medium", date(2025, 12, 1), date(2026, 1, 1)),
    ("W-4", "host-erp-gateway", "CVE-2026-1004", "high", date(2026, 6, 1), date(2026, 9, 1)),
    ("W-5", "img-billing", "CVE-2026-1005", "high", date(2026, 7, 1), date(2026, 8, 1)),
)
"""Id, target, weakness, severity, first and last scan that saw it."""


def scan_for_weaknesses(world: World) -> None:
    """Export targets, scans, weaknesses and what was accepted, with three faults."""
    targets: list[Row] = [
        {
            "id": target,
            "system": system,
            "schedule": "monthly 1 02:00",
            "zone": ZONE_NAME,
            "valid_from": midnight(FIRST_DAY),
        }
        for target, system in _TARGETS.items()
    ]
    scans: list[Row] = [
        {
            "id": f"scan-{target}-{day:%Y%m}",
            "target": target,
            "tool": TOOL,
            "scanned_at": local(day, "02:10"),
            "authenticated": True,
            "ok": True,
        }
        for target in _TARGETS
        for day in _MONTHS
        if (target, day) != _NOT_SCANNED
    ]
    weaknesses: list[Row] = [
        {
            "id": name,
            "target": target,
            "vulnerability": weakness,
            "tool": TOOL,
            "severity": severity,
            "first_seen": local(first, "02:10"),
            "last_seen": local(last, "02:10"),
        }
        for name, target, weakness, severity, first, last in _WEAKNESSES
    ]
    columns = ("id", "weakness", "old_severity", "new_severity", "occurred_at", "reason")
    world.tables += [
        TableExport("scan_target", targets, "Asset register, machines and images"),
        TableExport("scan", scans, "Scanner, all scans since 2025-09-01"),
        TableExport("weakness", weaknesses, "Scanner, all records, closed ones too"),
        TableExport("weakness_event", [], "Scanner, history of severities", columns),
        TableExport("risk_acceptance", _accept(world), "Risk register, accepted weaknesses"),
    ]
    _write_key(world)


def _accept(world: World) -> list[Row]:
    """Accept two weaknesses: one by whoever may, one by a manager who may not."""
    officer, manager = world.staff.by_id("p-0003"), world.staff.in_role("Engineering Manager")[0]
    accepted = (("A-1", 3, officer, date(2026, 6, 20)), ("A-2", 4, manager, date(2026, 7, 10)))
    return [
        {
            "id": name,
            "target": _WEAKNESSES[index][1],
            "vulnerability": _WEAKNESSES[index][2],
            "approver": f"okta:{person.okta}",
            "approved_at": local(day, "15:00"),
            "expires_at": midnight(day + timedelta(days=180)),
        }
        for name, index, person, day in accepted
    ]


def _write_key(world: World) -> None:
    target, day = _NOT_SCANNED
    slot = slot_text(local(day, "02:00"))
    item = KeyItem("T-20", f"{target}/{slot}", (_TARGETS[target],), local(day, "02:00"))
    world.key.plant(item, {"C": "not_scanned"}, "The scan of May did not come.", lenses=SOC2)
    late = {"A": "late"}
    why = "A critical weakness was gone after thirty days; fifteen are allowed."
    world.key.plant(_item(1), late, why, lenses=SOC2)
    why = "Somebody accepted the weakness who may not, and it was fixed too late."
    world.key.plant(_item(4), {**late, "B": "not_authorised"}, why, lenses=SOC2)


def _item(index: int) -> KeyItem:
    _, target, weakness, _, first, _ = _WEAKNESSES[index]
    at = local(first, "02:10")
    return KeyItem("T-20", f"{target}/{weakness}/{iso(at)[:10]}", (_TARGETS[target],), at)
