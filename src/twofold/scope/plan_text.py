"""Shows a scope plan: as text for a terminal and a pull request, and as plain values for `--json`.

Both are made from the plan alone, in one order, so that the same plan gives the same bytes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

import orjson

from twofold.scope.edits.edit import PARTS
from twofold.scope.held import HeldChange
from twofold.scope.plan import EntryChange, LabelChange, ScopePlan
from twofold.scope.stretches import moment_text, stretch_text

_LENS_NAMES = {"soc2": "SOC 2", "sox": "SOX", "sso_only": "single sign-on only"}
_SECTION_NAMES = {
    "people": "People",
    "calendars": "Calendars",
    "rosters": "Rosters",
    "role_authority": "Roles with authority",
    "delegations": "Delegations",
    "account_links": "Account links",
    "birthrights": "Birthrights",
    "change_types": "Change types",
    "standard_changes": "Standard changes",
    "pipeline_agreements": "Pipeline agreements",
    "engagements": "Engagements",
    "controls": "Who has controls, in other words",
    "parameters": "Parameters",
}

HELD = "Who has controls"
"""How the block begins that says who has which control otherwise."""


def plan_text(plan: ScopePlan) -> str:
    """Return the plan as lines: `+` is gained, `-` is lost, `~` is changed, `!` wants attention."""
    if plan.changes:
        head = "First scope: applying would record it." if plan.first else "Applying would change:"
    else:
        head = "No change: the files say what was applied."
    return "\n".join([head, *_changes(plan), *_open_points(plan)]) + "\n"


def plan_lines(plan: ScopePlan) -> list[str]:
    """Return each change as one line that says its kind: `In scope for SOX: + billing  from 2026-04-01`."""
    lines: list[str] = []
    title = ""
    for line in _changes(replace(plan, populations=())):
        if line.startswith("  "):
            lines.append(f"{title}: {' '.join(line.split())}")
        else:
            title = line
    return lines


def system_lines(plan: ScopePlan, system: str) -> list[str]:
    """Return the changes of one system itself, as `plan_lines` says them: what it is, and its labels."""
    own = replace(
        plan,
        systems_added=tuple(each for each in plan.systems_added if each == system),
        systems_removed=tuple(each for each in plan.systems_removed if each == system),
        systems_changed=tuple(each for each in plan.systems_changed if each[0] == system),
        labels=tuple(each for each in plan.labels if each.system == system),
        entries=(),
        held=(),
        controls_chosen=(),
        controls_given_up=(),
        due=(),
    )
    return plan_lines(own)


def control_lines(plan: ScopePlan, control_id: str, people: Mapping[str, str]) -> list[str]:
    """Return the changes of who has one control, a line each. people: HR id -> name, which then stands for the id."""
    own = (each for each in plan.held if each.control_id == control_id)
    return [" ".join(_held_text(each, plan.reporting_zone, people).split()) for each in own]


def attention_lines(plan: ScopePlan) -> list[str]:
    """Return what wants attention, a line each: back-dated changes, missing owners, warnings."""
    return [line.strip().removeprefix("! ") for line in _open_points(plan) if line.startswith("  ")]


def plan_dict(plan: ScopePlan) -> dict[str, Any]:
    """Return the plan as plain values; times in UTC, days as people read them in the reporting zone."""
    return {
        "changes": plan.changes,
        "first": plan.first,
        "reporting_zone": plan.reporting_zone,
        "sox": plan.sox,
        "systems": {
            "added": list(plan.systems_added),
            "removed": list(plan.systems_removed),
            "changed": [
                {"system": system, "key": key, "before": _loaded(before), "after": _loaded(after)}
                for system, key, before, after in plan.systems_changed
            ],
            "without_owner": list(plan.systems_without_owner),
        },
        "labels": [_label_dict(label, plan.reporting_zone) for label in plan.labels],
        "entries": [
            {
                "section": entry.section,
                "change": _word(gained=entry.gained),
                "values": _loaded(entry.values),
                "back_dated": entry.back_dated,
            }
            for entry in plan.entries
        ],
        "due_occurrences": [
            {
                "system": due.system,
                "activity": due.activity,
                "due_at": due.due_at.isoformat(),
                "change": _word(gained=due.gained),
            }
            for due in plan.due
        ],
        "controls": {
            "chosen": list(plan.controls_chosen),
            "given_up": list(plan.controls_given_up),
            "held": [_held_dict(each, plan.reporting_zone) for each in plan.held],
            "losing_owner": list(plan.controls_losing_owner),
            "without_owner": list(plan.controls_without_owner),
        },
        "populations": [
            {"population": each.population, "items_before": each.items_before, "items_after": each.items_after}
            for each in plan.populations
        ],
        "warnings": list(plan.warnings),
    }


def _held_dict(change: HeldChange, zone: str) -> dict[str, Any]:
    return {
        "control": change.control_id,
        "systems": list(change.systems),
        "changes": {part: {"before": before, "after": after} for part, before, after in change.parts},
        "starts_at": change.stretch.first.isoformat() if change.stretch.first else None,
        "ends_before": change.stretch.last.isoformat() if change.stretch.last else None,
        "days": stretch_text(change.stretch, zone=zone),
        "back_dated": change.back_dated,
    }


def _label_dict(label: LabelChange, zone: str) -> dict[str, Any]:
    return {
        "lens": label.lens,
        "system": label.system,
        "change": _word(gained=label.gained),
        "starts_at": label.stretch.first.isoformat() if label.stretch.first else None,
        "ends_before": label.stretch.last.isoformat() if label.stretch.last else None,
        "days": stretch_text(label.stretch, zone=zone),
        "back_dated": label.back_dated,
    }


def _changes(plan: ScopePlan) -> Iterator[str]:
    zone = plan.reporting_zone
    moved = plan.systems_changed
    systems = [
        *(f"+ {system}" for system in plan.systems_added),
        *(f"- {system}" for system in plan.systems_removed),
        *(f"~ {system}: {key} {was or 'nothing'} -> {now or 'nothing'}" for system, key, was, now in moved),
    ]
    yield from _block("Systems", systems)
    for lens, labels in groupby(plan.labels, key=lambda label: label.lens):
        lines = (
            f"{_sign(gained=it.gained)} {it.system}  {stretch_text(it.stretch, zone=zone)}{_back(it)}" for it in labels
        )
        yield from _block(f"In scope for {_LENS_NAMES[lens]}" if lens != "sso_only" else "Single sign-on only", lines)
    yield from _block("Controls judged", _judged(plan))
    yield from _block(HELD, _held_lines(plan))
    for section, entries in groupby(_not_told(plan), key=lambda entry: entry.section):
        lines = (f"{_sign(gained=it.gained)} {_entry_text(it.values)}{_back(it)}" for it in entries)
        yield from _block(_SECTION_NAMES[section], lines)
    due = (
        f"{_sign(gained=it.gained)} {it.system}  {it.activity} by {moment_text(it.due_at, zone=zone, inclusive=True)}"
        for it in plan.due
    )
    yield from _block("Due occurrences", due)
    populations = (f"~ {it.population}  {it.items_before} -> {it.items_after} items" for it in plan.populations)
    yield from _block("Populations", populations)


def _not_told(plan: ScopePlan) -> Iterator[EntryChange]:
    """Yield the entries but those whose control `held` tells of."""
    told = {each.control_id for each in plan.held}
    for each in plan.entries:
        if each.section != "controls" or orjson.loads(each.values)["id"] not in told:
            yield each


def _judged(plan: ScopePlan) -> Iterator[str]:
    yield from (f"+ {each}" for each in plan.controls_chosen)
    yield from (f"- {each}" for each in plan.controls_given_up)


def _held_lines(plan: ScopePlan) -> Iterator[str]:
    """Say who has controls otherwise; controls that change in the same way share a line."""
    alike: dict[HeldChange, list[str]] = {}
    for each in plan.held:
        alike.setdefault(replace(each, control_id=""), []).append(each.control_id)
    for change, controls in alike.items():
        yield _held_text(replace(change, control_id=", ".join(controls)), plan.reporting_zone, {})


def _held_text(change: HeldChange, zone: str, people: Mapping[str, str]) -> str:
    """Say who has a control otherwise: `~ AC-01  owner p-1 -> p-2  from 2026-04-01`; `+` begins, `-` ends."""
    sign = "+" if change.began else "-" if change.ended else "~"
    systems = f" for {', '.join(change.systems)}" if change.systems else ""
    named = [(PARTS[part], *(people.get(each, each) for each in moved)) for part, *moved in change.parts]
    parts = [
        f"{part} {before or 'nobody'} -> {after or 'nobody'}" if sign == "~" else f"{part} {before or after}"
        for part, before, after in named
    ]
    days = stretch_text(change.stretch, zone=zone)
    return f"{sign} {change.control_id}{systems}  {', '.join(parts) or 'nobody named'}  {days}{_back(change)}"


def _open_points(plan: ScopePlan) -> Iterator[str]:
    points: list[str] = []
    if plan.back_dated:
        points.append(
            f"! {len(plan.back_dated)} of these reach before today (back-dated). Conclusions about the past may "
            "change: give the reason when you apply."
        )
    if plan.controls_losing_owner:
        points.append(f"! Controls that lose their owner: {', '.join(plan.controls_losing_owner)}")
    lacking = [control for control in plan.controls_without_owner if control not in plan.controls_losing_owner]
    if lacking:
        points.append(f"! Controls without an owner ({len(lacking)}): {', '.join(lacking)}")
    if plan.systems_without_owner:
        points.append(f"! Systems without an owner: {', '.join(plan.systems_without_owner)}")
    points.extend(f"! {warning}" for warning in plan.warnings)
    yield from _block("Please look at", points)


def _block(title: str, lines: Iterable[str]) -> Iterator[str]:
    present = list(lines)
    if present:
        yield ""
        yield title
        yield from (f"  {line}" for line in present)


def _entry_text(values: str) -> str:
    return ", ".join(f"{key}: {_short(value)}" for key, value in orjson.loads(values).items())


def _short(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _back(change: LabelChange | EntryChange | HeldChange) -> str:
    return "  (back-dated)" if change.back_dated else ""


def _sign(*, gained: bool) -> str:
    return "+" if gained else "-"


def _word(*, gained: bool) -> str:
    return "gained" if gained else "lost"


def _loaded(value: str) -> object:
    return orjson.loads(value) if value else None
