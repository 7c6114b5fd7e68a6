"""Activities of the programme on their schedules (T-29), and recovery exercises (T-30), for the company as a whole."""

import hashlib
from datetime import date, datetime, timedelta

from twofold.jobs.demonstration.answer_key import KeyItem
from twofold.jobs.demonstration.systems import COMPANY_WIDE
from twofold.jobs.demonstration.timeline import FIRST_DAY, before_working_days, local, midnight
from twofold.jobs.demonstration.world import Row, TableExport, World

ACTIVITIES = {
    "risk_assessment": "half_yearly",
    "control_monitoring": "quarterly",
    "board_meeting": "quarterly",
    "capacity_review": "half_yearly",
    "recovery_exercise": "half_yearly",
}
"""Activity -> cadence."""
SOC2 = ("soc2",)
_DUE = {
    "quarterly": (date(2025, 12, 31), date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30)),
    "half_yearly": (date(2025, 12, 31), date(2026, 6, 30)),
}
_LONG_AGO = date(2025, 1, 1)
_TOPICS = {"risk_assessment": ("fraud", "change"), "board_meeting": ("internal_control",)}
_ABSENT = "board_meeting", date(2026, 6, 30)
_RECOVERED = ("billing", "payments", "erp")
_TARGET, _MISSED = 240, ("payments", date(2026, 6, 30))


def hold_activities(world: World) -> None:
    """Hold every activity but one meeting of the board; leave a risk without owner and an action undone."""
    records = [_record(what, due) for what in ACTIVITIES for due in _due(what) if (what, due) != _ABSENT]
    risks: list[Row] = [
        {"activity_record": _id("risk_assessment", due), "id": f"R-{number}", "title": title, "owner": owner}
        for due in _due("risk_assessment")
        for number, title, owner in (
            (1, "A region of the cloud fails", "p-0001"),
            (2, "Invoices are wrong", "" if due == date(2026, 6, 30) else "p-0002"),
        )
    ]
    world.tables += [
        TableExport("activity_record", records, "Compliance calendar, all records", since=_LONG_AGO),
        TableExport("assessed_risk", risks, "Risk register, each assessment", since=_LONG_AGO),
        TableExport("programme_action", _actions(), "Tracker, actions of the programme", since=_LONG_AGO),
        TableExport(
            "action_due_change", [], "Tracker, history of dates", ("id", "action", "changed_at"), since=_LONG_AGO
        ),
    ]
    item = _item("T-29", f"{_ABSENT[0]}/{COMPANY_WIDE}", _ABSENT[1])
    why = "The board did not meet in the second quarter."
    world.key.plant(item, {"I": "absent"}, why, lenses=SOC2)
    item = _item("T-29", f"risk_assessment/{COMPANY_WIDE}", date(2026, 6, 30))
    world.key.plant(item, {"C": "no_owner"}, "A risk of the assessment has no owner.", lenses=SOC2)
    item = _item("T-29", f"control_monitoring/{COMPANY_WIDE}", date(2026, 3, 31))
    world.key.plant(item, {"H": "action_overdue"}, "What the look at the controls asked for is overdue.", lenses=SOC2)


def _due(activity: str) -> tuple[date, ...]:
    return _DUE[ACTIVITIES[activity]]


def _id(activity: str, due: date) -> str:
    return f"{activity}-{due:%Y%m}"


def _record(activity: str, due: date) -> Row:
    name = _id(activity, due)
    exercise = activity == "recovery_exercise"
    return {
        "id": name,
        "activity": activity,
        "system": COMPANY_WIDE,
        "held_for": due.isoformat(),
        "form": "live" if exercise else "meeting",
        "completed_at": local(before_working_days(due, 15), "16:00"),
        "participants": ("p-0001", "p-0002", "p-0005"),
        "topics": _TOPICS.get(activity, ()),
        "systems": _RECOVERED if exercise else (),
        "scenario": f"Loss of a region, {due:%Y-%m}" if exercise else "",
        "results": f"Minutes of {name}",
        "results_hash": hashlib.sha256(name.encode()).hexdigest(),
        "needs_action": activity == "control_monitoring",
    }


def _actions() -> list[Row]:
    """Return an action per look at the controls; that of the first quarter of 2026 is still open."""
    actions: list[Row] = []
    for number, due in enumerate(_due("control_monitoring"), 1):
        opened_at: datetime = local(before_working_days(due, 15), "16:30")
        undone = due == date(2026, 3, 31)
        actions.append(
            {
                "id": f"PA-{number}",
                "activity": "control_monitoring",
                "system": COMPANY_WIDE,
                "activity_record": _id("control_monitoring", due),
                "opened_at": opened_at,
                "reported_at": opened_at + timedelta(days=7),
                "owner": "p-0003",
                "due_at": opened_at + timedelta(days=60),
                "closed_at": None if undone else opened_at + timedelta(days=45),
            }
        )
    return actions


def exercise_recovery(world: World) -> None:
    """Measure what each exercise recovered; payments took too long once."""
    targets: list[Row] = [
        {"system": system, "rto_minutes": _TARGET, "rpo_minutes": 60, "valid_from": midnight(FIRST_DAY)}
        for system in _RECOVERED
    ]
    measures: list[Row] = [
        {
            "activity_record": _id("recovery_exercise", due),
            "system": system,
            "recovery_minutes": 400 if (system, due) == _MISSED else 150,
            "loss_minutes": 20,
        }
        for due in _due("recovery_exercise")
        for system in _RECOVERED
    ]
    world.tables += [
        TableExport("recovery_target", targets, "Recovery plan, table of targets"),
        TableExport("exercise_result", measures, "Recovery exercises, measures", since=_LONG_AGO),
    ]
    why = "It took 400 minutes to bring payments back; 240 are the target."
    world.key.plant(_item("T-30", COMPANY_WIDE, _MISSED[1]), {"C": "target_missed"}, why)


def _item(control_test: str, prefix: str, due: date) -> KeyItem:
    return KeyItem(control_test, f"{prefix}/{due}", (COMPANY_WIDE,), local(due, "23:59"))
