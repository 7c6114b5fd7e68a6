"""The plan of a proposal as its page shows it: kept with the proposal, made anew when what it rests on has moved."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import orjson

from twofold.jobs.scope_change import PlannedChange, ScopeChange, base_of, plan_change
from twofold.jobs.scope_reach import Reached, reached
from twofold.model.problem import UserError
from twofold.scope.plan import ScopePlan
from twofold.scope.plan_text import HELD, attention_lines, plan_lines
from twofold.scope.stretches import stretch_text
from twofold.web.company.scope_change.models import ScopeProposal
from twofold.web.problems import told
from twofold.web.workspace_access import Current


def planned(now: Current, change: ScopeChange, *, at: datetime) -> tuple[ScopeProposal, bool]:
    """Return a proposal with its plan, not saved, and whether it would change anything; raises UserError."""
    made = plan_change(now.workspace, change, at=at)
    shown = _shown(now, made.plan, made.by_hand, at)
    proposal = ScopeProposal.of(change)
    proposal.proposed_at = at
    proposal.proposed = shown["lines"]
    _keep(now, proposal, made, shown, at)
    return proposal, made.plan.changes or made.plan.first


def renew(now: Current, proposal: ScopeProposal, *, at: datetime) -> None:
    """Make the plan of a proposal that waits anew, if the scope or the day has moved since it was made."""
    change = proposal.change
    if proposal.base == base_of(now.workspace, change) and proposal.planned_on == _day(now, at):
        return
    try:
        made = plan_change(now.workspace, change, at=at)
    except UserError as error:
        proposal.plan = {**_EMPTY, "problems": list(told(error))}
        proposal.base, proposal.planned_on = base_of(now.workspace, change), _day(now, at)
    else:
        _keep(now, proposal, made, _shown(now, made.plan, made.by_hand, at), at)
    proposal.save(update_fields=["plan", "base", "planned_on"])


def applied_plan(now: Current, plan: ScopePlan, at: datetime) -> dict[str, Any]:
    """Return what is kept of the plan that was carried out."""
    return _shown(now, plan, (), at)


def shown_plan(proposal: ScopeProposal) -> dict[str, Any]:
    """Return the plan of a proposal with all its parts, also where it was kept before a part was thought of."""
    return {**_EMPTY, **proposal.plan}


_PARTS_OF_PLAN = ("lines", "changed", "held", "attention", "by_hand", "reached", "problems")
_EMPTY: dict[str, Any] = {name: [] for name in _PARTS_OF_PLAN}
IN_TABLES = ("Systems: ~ ", f"{HELD}: ")
"""How lines begin whose content the page shows as tables: `changed` and `held`."""


def _keep(now: Current, proposal: ScopeProposal, made: PlannedChange, shown: dict[str, Any], at: datetime) -> None:
    proposal.plan, proposal.base, proposal.planned_on = shown, made.base, _day(now, at)


def _shown(now: Current, plan: ScopePlan, by_hand: Sequence[str], at: datetime) -> dict[str, Any]:
    scope = now.scope.scope if now.scope else None
    found = reached(plan, judged=now.judged, catalog=now.catalog, scope=scope, at=at)
    return {
        **_EMPTY,
        "lines": plan_lines(plan),
        "attention": attention_lines(plan),
        "changed": [list(_changed(*each)) for each in plan.systems_changed],
        "held": _held(now, plan),
        "by_hand": list(by_hand),
        "reached": _rows(found),
    }


def _held(now: Current, plan: ScopePlan) -> list[dict[str, Any]]:
    """Return one row per control and stretch that others have; items: of its population today, None without one."""
    status = {row.control_id: row for row in now.status.rows}
    titles = {str(control_id): each.title for control_id, each in now.catalog.controls.items()}
    return [
        {
            "control_id": each.control_id,
            "title": titles.get(each.control_id, ""),
            "systems": list(each.systems),
            "parts": [list(part) for part in each.parts],
            "days": stretch_text(each.stretch, zone=plan.reporting_zone),
            "state": "begins" if each.began else "ends" if each.ended else "",
            "back_dated": each.back_dated,
            "items": status[each.control_id].population if each.control_id in status else None,
        }
        for each in plan.held
    ]


def _rows(found: Sequence[Reached]) -> list[dict[str, Any]]:
    """Return one row per control, system and direction, with the lenses under which it moves."""
    rows: dict[tuple[str, bool, str], dict[str, Any]] = {}
    for each in sorted(found, key=lambda one: (one.system, one.control_id, one.lens)):
        row = rows.setdefault(
            (each.system, each.gained, each.control_id),
            {
                "lenses": [],
                "system": each.system,
                "gained": each.gained,
                "control_id": each.control_id,
                "title": each.title,
                "tests": [list(test) for test in each.tests],
                "owner": each.owner,
            },
        )
        row["lenses"].append(each.lens)
    return list(rows.values())


def _changed(system: str, key: str, before: str, after: str) -> tuple[str, str, list[str], list[str]]:
    """Return system, key, and what stands there before and after; of lists only the entries that differ."""
    was, now = _entries(before), _entries(after)
    return system, key, [each for each in was if each not in now], [each for each in now if each not in was]


def _entries(text: str) -> list[str]:
    value = orjson.loads(text) if text else []
    return [_said(each) for each in (value if isinstance(value, list) else [value])]


def _said(value: Any) -> str:
    """Say a value of a scope file in a line: `name: unit, from: 2025-01-01`."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_said(part)}" for key, part in value.items())
    if isinstance(value, list):
        return ", ".join(_said(part) for part in value)
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _day(now: Current, at: datetime) -> date:
    return now.day_of(at)
