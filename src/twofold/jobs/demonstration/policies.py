"""Four policies with their versions, reviews and promises (T-28)."""

from datetime import date

from twofold.jobs.demonstration.answer_key import KeyItem
from twofold.jobs.demonstration.programme import CONDUCT
from twofold.jobs.demonstration.systems import COMPANY_WIDE
from twofold.jobs.demonstration.timeline import FIRST_DAY, local, midnight
from twofold.jobs.demonstration.world import Row, TableExport, World

_POLICIES = (
    ("access", "Access policy", "leaver_removal", 1, "day", 1),
    ("change", "Change policy", "emergency_approval", 2, "day", 2),
    ("incident", "Incident policy", "sev1_response", 30, "minute", 21),
    (CONDUCT, "Code of conduct", "gift_limit", 100, "dollar", 60),
)
"""Id, title, what it promises at most, unit, what practice was."""
_NOT_REVIEWED, _NOT_KEPT = "incident", "change"
_OVERDUE_IN = (date(2026, 9, 20), date(2026, 10, 15), date(2026, 11, 15))
_SLOW_FROM, _SLOW_TO = date(2026, 6, 1), date(2026, 7, 1)
_LONG_AGO = date(2024, 1, 1)


def keep_policies(world: World) -> None:
    """Export policies, versions, reviews and numbers; one policy was not reviewed and one promise not kept."""
    officer = f"okta:{world.staff.by_id('p-0003').okta}"
    policies: list[Row] = [
        {"id": name, "title": title, "needed_from": midnight(FIRST_DAY)} for name, title, *_ in _POLICIES
    ]
    versions: list[Row] = [
        {
            "policy": name,
            "version": "3",
            "approved_by": officer,
            "approved_at": local(date(2025, 9, 15), "11:00"),
            "effective_at": midnight(date(2025, 9, 20)),
        }
        for name, *_ in _POLICIES
    ]
    reviews: list[Row] = [
        {"policy": name, "version": "3", "reviewed_at": local(date(2026, 9, 1), "13:00"), "reviewed_by": officer}
        for name, *_ in _POLICIES
        if name != _NOT_REVIEWED
    ]
    numbers: list[Row] = [
        {"policy": name, "version": "3", "measure": measure, "bound": "at_most", "value": value, "unit": unit}
        for name, _, measure, value, unit, _ in _POLICIES
    ]
    world.tables += [
        TableExport("policy", policies, "Policy portal, register", since=_LONG_AGO),
        TableExport("policy_version", versions, "Policy portal, all versions", since=_LONG_AGO),
        TableExport("policy_review", reviews, "Policy portal, reviews", since=_LONG_AGO),
        TableExport("policy_number", numbers, "Policy portal, numbers in the texts", since=_LONG_AGO),
        TableExport("measured_value", _measured(), "Compliance, monthly measures", since=_LONG_AGO),
    ]
    for day in _OVERDUE_IN:
        item = KeyItem("T-28", f"{_NOT_REVIEWED}/{day:%Y-%m}", (COMPANY_WIDE,), local(day, "12:00"))
        why = "Nobody had looked the policy through for more than twelve months."
        world.key.plant(item, {"B": "review_overdue"}, why, lenses=("soc2",))
    item = KeyItem("T-28", f"{_NOT_KEPT}/{_SLOW_FROM:%Y-%m}", (COMPANY_WIDE,), local(_SLOW_FROM, "12:00"))
    why = "Emergency changes waited five days for their approval; the policy promises two."
    world.key.plant(item, {"C": "practice_differs"}, why, lenses=("soc2",))


def _measured() -> list[Row]:
    rows: list[Row] = [
        {
            "id": f"mv-{name}",
            "measure": measure,
            "value": practice,
            "unit": unit,
            "holds_from": midnight(FIRST_DAY),
            "holds_to": None,
        }
        for name, _, measure, _, unit, practice in _POLICIES
    ]
    slow = next(row for row in rows if row["id"] == f"mv-{_NOT_KEPT}")
    stretch = {"holds_from": midnight(_SLOW_FROM), "holds_to": midnight(_SLOW_TO)}
    rows.append({**slow, "id": "mv-slow", "value": 5, **stretch})
    return rows
