"""The list of controls: its rows, and what it can be narrowed to."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils import timezone

from twofold.catalog.entries import Control
from twofold.reports.summary import StatusRow
from twofold.scope.engagement import ControlAssignment
from twofold.web.workspace_access import Current

_FILTERS = ("words", "family", "conclusion", "owner", "criterion", "system", "tested")


@dataclass(frozen=True, slots=True)
class ControlRow:
    """One control as the list shows it; `status` None before the first judgement, no systems = all of them."""

    control: Control
    family: str
    owners: tuple[str, ...]
    systems: tuple[str, ...]
    status: StatusRow | None


def asked_in(request: HttpRequest) -> dict[str, str]:
    """Return what the query asks of the list, a value per filter, "" for none."""
    return {name: request.GET.get(name, "").strip()[:200] for name in _FILTERS}


def narrowed(now: Current, asked: Mapping[str, str]) -> list[ControlRow]:
    """Return the controls that the list shows for what is asked of it."""
    return [row for row in control_rows(now) if _matches(row, asked)]


def control_rows(now: Current) -> list[ControlRow]:
    """Return every control of the catalog, with who owns it now and what was judged last."""
    at = timezone.now()
    status = {row.control_id: row for row in now.status.rows}
    held: dict[str, list[ControlAssignment]] = {}
    for each in now.scope.scope.controls if now.scope else ():
        if at in each.stretch:
            held.setdefault(each.id, []).append(each)
    return [
        ControlRow(
            control,
            now.catalog.families[control.family].title,
            tuple(sorted({each.owner for each in held.get(control_id, ()) if each.owner})),
            tuple(sorted({system for each in held.get(control_id, ()) for system in each.systems})),
            status.get(control_id),
        )
        for control_id, control in now.catalog.controls.items()
    ]


def _matches(row: ControlRow, asked: Mapping[str, str]) -> bool:
    """Whether a control is what each filter asks; one without systems is for all of them."""
    control = row.control
    has = {
        "family": (control.family,),
        "owner": row.owners or ("nobody",),
        "criterion": (*control.criteria, *control.domains),
        "system": row.systems or (asked["system"],),
        "tested": ("rule" if control.control_tests else "hand",),
        "conclusion": tuple(cell.conclusion.value for cell in row.status.lenses) if row.status else (),
    }
    if any(asked[name] and asked[name] not in values for name, values in has.items()):
        return False
    text = f"{control.control_id} {control.title} {control.statement} {' '.join(control.control_tests)}".lower()
    return all(word in text for word in asked["words"].lower().split())
