"""Controls: the list with its state under each lens, and one control with its wording, mappings, people and results."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from twofold.catalog.entries import Control
from twofold.findings.finding import Finding
from twofold.lenses.conclusion import ControlJudgement
from twofold.lenses.judgement import EngagementJudgement
from twofold.records.acts.sign_off import sign_offs
from twofold.reports.summary import StatusRow
from twofold.scope.engagement import ControlAssignment
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.workspace_access import Current, current


@dataclass(frozen=True, slots=True)
class ControlRow:
    """One control as the list shows it; `status` None before the first judgement."""

    control: Control
    family: str
    owners: tuple[str, ...]
    status: StatusRow | None


@dataclass(frozen=True, slots=True)
class JudgedControl:
    """One control in one engagement."""

    judgement: EngagementJudgement
    control: ControlJudgement


@require_safe
@needs("see_controls")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with the controls. The query may narrow by family, conclusion, owner and words."""
    now = current()
    asked = {name: request.GET.get(name, "").strip() for name in ("family", "conclusion", "owner", "words")}
    rows = _rows(now)
    values = {
        "asked": asked,
        "families": now.catalog.families.values(),
        "owners": sorted({owner for row in rows for owner in row.owners}),
        "rows": [row for row in rows if _matches(row, asked)],
        "total": len(rows),
        "titles": {each.judgement.engagement_id: each.judgement.lens_title for each in now.judged},
    }
    return page(request, "controls.html", values, at="controls", title="Controls")


@require_safe
@needs("see_controls")
def show(request: HttpRequest, control_id: str) -> HttpResponse:
    """Answer with one control."""
    now = current()
    control = now.catalog.controls.get(control_id)  # type: ignore[call-overload]  # an id from outside
    if control is None:
        raise Http404
    values = {
        "assignments": _assignments(now, control_id),
        "catalog": now.catalog,
        "control": control,
        "family": now.catalog.families[control.family].title,
        "findings": _findings(now, control_id),
        "judged": [
            JudgedControl(each.judgement, one)
            for each in now.judged
            for one in each.judgement.controls
            if one.control_id == control_id
        ],
        "signed": [each for each in sign_offs(now.workspace.vault) if each.control == control_id],
    }
    return page(request, "control.html", values, at="controls", title=f"{control_id} {control.title}")


def _rows(now: Current) -> list[ControlRow]:
    status = {row.control_id: row for row in now.status.rows}
    return [
        ControlRow(
            control,
            now.catalog.families[control.family].title,
            tuple(sorted({each.owner for each in _assignments(now, control_id) if each.owner})),
            status.get(control_id),
        )
        for control_id, control in now.catalog.controls.items()
    ]


def _matches(row: ControlRow, asked: dict[str, str]) -> bool:
    if asked["family"] and row.control.family != asked["family"]:
        return False
    if asked["owner"] and asked["owner"] not in row.owners:
        return False
    found = {cell.conclusion.value for cell in row.status.lenses} if row.status else set()
    if asked["conclusion"] and asked["conclusion"] not in found:
        return False
    text = f"{row.control.control_id} {row.control.title} {row.control.statement}".lower()
    return all(word in text for word in asked["words"].lower().split())


def _assignments(now: Current, control_id: str) -> list[ControlAssignment]:
    return [each for each in now.scope.scope.controls if each.id == control_id] if now.scope else []


def _findings(now: Current, control_id: str) -> list[tuple[str, Finding]]:
    return [
        (each.judgement.lens_title, finding)
        for each in now.judged
        for finding in each.findings
        if finding.control_id == control_id
    ]
