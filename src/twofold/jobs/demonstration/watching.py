"""Logs that must flow (T-17), and alerts with the rules that raise them (T-18).

Most logs are shipped once a week; that of the ERP every day, and one day of it is missing.
"""

from datetime import date, datetime, timedelta

from twofold.jobs.demonstration.answer_key import KeyItem
from twofold.jobs.demonstration.systems import BY_ID, SYSTEMS, in_scope
from twofold.jobs.demonstration.timeline import A_DAY, EXTRACTED_AT, FIRST_DAY, LAST_DAY, local, midnight
from twofold.jobs.demonstration.world import Row, TableExport, World

HOUR = timedelta(hours=1)
SOX = ("sox",)
_STARTS_AT = midnight(FIRST_DAY)
_SILENT_ON = date(2026, 4, 12)
_LOOKED_ON = (date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1), date(2026, 11, 19))
_WEEKLY, _DAILY = 8 * 24 * 60, 26 * 60
"""Longest silence, in minutes, of logs that are shipped each week and each day."""
_UNWATCHED = local(date(2026, 3, 10), "09:00"), local(date(2026, 3, 12), "17:00")
_ALERTS_ON = ("billing", "okta", "payments", "portal", "erp")


def watch(world: World) -> None:
    """Export the logs of every system in scope, the alerts of the year and what raised them."""
    watched = [system.id for system in SYSTEMS if in_scope(system.id, "soc2", local(LAST_DAY, "12:00"))]
    sources: list[Row] = []
    beats: list[Row] = []
    looks: list[Row] = []
    for system in watched:
        daily = system == "erp"
        source = f"log-{system}"
        silence = _DAILY if daily else _WEEKLY
        sources.append({"id": source, "system": system, "valid_from": _STARTS_AT, "silence_minutes": silence})
        beats += _beats(source, A_DAY if daily else 7 * A_DAY)
        looks += [
            {
                "source_id": source,
                "observed_at": local(day, "12:00"),
                "oldest_record_at": _STARTS_AT,
                "may_delete": "nobody",
            }
            for day in _LOOKED_ON
        ]
    for day in (_SILENT_ON - A_DAY, _SILENT_ON, _SILENT_ON + A_DAY):
        item = KeyItem("T-17", f"log-erp/{day}T00:00+00:00", ("erp",), local(day, "12:00"))
        world.key.plant(item, {"A": "gap"}, "No record of the ERP's log arrived for two days.")
    world.tables += [
        TableExport("log_source", sources, "Log store, list of inputs with their history"),
        TableExport("heartbeat", beats, "Log store, records received per input and hour"),
        TableExport("log_keeping", looks, "Log store, settings of retention and roles"),
    ]
    _raise_alerts(world)
    _watch_privileged(world)


def _beats(source: str, step: timedelta) -> list[Row]:
    moments: list[datetime] = []
    at = _STARTS_AT + 2 * HOUR
    while at < EXTRACTED_AT:
        moments.append(at)
        at += step
    return [
        {"source_id": source, "seen_at": moment, "records": 5000}
        for moment in moments
        if not (source == "log-erp" and moment.date() == _SILENT_ON)
    ]


def _raise_alerts(world: World) -> None:
    engineers = world.staff.in_role("Site Reliability Engineer")
    alerts: list[Row] = []
    for number in range(1, 15):
        month = 8 + number
        raised_at = local(date(2025 + month // 12, month % 12 + 1, 14), "10:00")
        person = engineers[number % len(engineers)]
        alerts.append(
            {
                "id": f"AL-{number}",
                "system": _ALERTS_ON[number % len(_ALERTS_ON)],
                "severity": "high",
                "raised_at": raised_at,
                "acknowledged_at": raised_at + HOUR / 4,
                "acknowledged_by": f"okta:{person.okta}",
                "closed_at": raised_at + 5 * HOUR,
                "closed_by": f"okta:{person.okta}",
                "disposition": "false_positive",
            }
        )
    late, silent = alerts[3], alerts[9]
    late["acknowledged_at"] = late["raised_at"] + 3 * HOUR
    _plant(world, late, "acknowledged_late", "The alert was taken up after three hours; one is allowed.")
    silent["disposition"] = ""
    _plant(world, silent, "no_reason", "The alert was closed without a reason.")
    columns = ("id", "approved_by", "approved_at", "valid_from", "valid_to")
    world.tables += [
        TableExport("alert", alerts, "Monitoring, all alerts since 2025-09-01, suppressed ones too"),
        TableExport("alert_handling", [], "Monitoring, rules that close or suppress", columns),
    ]


def _plant(world: World, alert: Row, reason: str, why: str) -> None:
    item = KeyItem("T-18", alert["id"], (alert["system"],), alert["raised_at"])
    world.key.plant(item, {"C": reason}, why)


def _watch_privileged(world: World) -> None:
    """Keep a rule on each system that finance relies on; that of payments was off for two days."""
    rules: list[Row] = [
        {"id": f"privileged-{name}", "system": name, "watches": "privileged", "valid_from": _STARTS_AT, "valid_to": ""}
        for name in BY_ID
    ]
    off = next(rule for rule in rules if rule["system"] == "payments")
    rules.append({**off, "valid_from": _UNWATCHED[1]})
    off["valid_to"] = _UNWATCHED[0]
    item = KeyItem("T-18", "payments/watch/2026-03-01T00:00+00:00", ("payments",), _UNWATCHED[0])
    why = "For two days no rule watched privileged activity."
    world.key.plant(item, {"D": "not_watched"}, why, lenses=SOX)
    world.tables.append(TableExport("alert_watch", rules, "Monitoring, rules that raise alerts, all versions"))
