"""Facts of the scope in force, and what each apply of the scope brought."""

from collections.abc import Sequence
from datetime import datetime

from twofold.catalog.load import load_catalog
from twofold.model.problem import UserError
from twofold.readiness.anti_patterns.facts import (
    SOX,
    AssignmentFact,
    ControlFact,
    EngagementFact,
    LabelFact,
    ScheduleFact,
    ScopeFact,
)
from twofold.records.workspace import Workspace
from twofold.scope.labels import FIN_RELEVANT, SSO_ONLY, effective_labels
from twofold.scope.load import read_scope
from twofold.scope.register import Scope
from twofold.vault.entry import EntryKind


def label_facts(scope: Scope) -> list[LabelFact]:
    """Return every label that brings a system into a lens, with those that nothing relies on."""
    return [
        LabelFact(
            system=each.system,
            lens=SOX if each.label == FIN_RELEVANT else each.label,
            starts_at=each.stretch.first,
            ends_before=each.stretch.last,
            reason=each.reason,
            dependents=each.dependents,
            inherited=each.inherited,
        )
        for each in effective_labels(scope)
        if each.label != SSO_ONLY
    ]


def engagement_facts(scope: Scope) -> list[EngagementFact]:
    """Return every engagement with its period."""
    return [EngagementFact(x.id, x.lens, x.period.starts_at, x.period.ends_before) for x in scope.engagements]


def control_facts(scope: Scope) -> list[ControlFact]:
    """Return the controls that the company runs (all of the catalog where the scope names none), with the lenses."""
    lenses = {engagement.lens for engagement in scope.engagements}
    chosen = {assignment.control_id for assignment in scope.controls}
    return [
        ControlFact(
            control_id=control.control_id,
            title=control.title,
            lenses=frozenset(lenses.intersection(control.lenses)),
            assignments=tuple(
                AssignmentFact(x.control_id, x.owner or "", tuple(x.systems), x.stretch.first, x.stretch.last)
                for x in scope.controls
                if x.control_id == control.control_id
            ),
        )
        for control in load_catalog().controls.values()
        if not chosen or control.control_id in chosen
    ]


def schedule_facts(scope: Scope) -> list[ScheduleFact]:
    """Return what is due on each system and how often."""
    return [
        ScheduleFact(system.id, each.activity, each.cadence) for system in scope.systems for each in system.schedules
    ]


def finance_rosters(scope: Scope) -> frozenset[str]:
    """Return the systems for which somebody of finance is on a roster; `*` for all."""
    return frozenset(each.scope for each in scope.rosters if each.duty == "finance")


def applied_scopes(workspace: Workspace) -> list[ScopeFact]:
    """Return what each apply of the scope said, oldest first; one whose files were deleted since is left out."""
    found = []
    for entry in workspace.vault.entries(kind=EntryKind.SCOPE_APPLY):
        try:
            contents = {name: workspace.read_evidence(evidence) for name, evidence in entry.body["files"]}
            scope = read_scope(contents, reporting_zone=entry.body["reporting_zone"])
        except UserError:
            continue
        found.append(_scope_fact(scope, entry=entry.index, at=entry.at, reason=entry.body["reason"]))
    return found


def _scope_fact(scope: Scope, *, entry: int, at: datetime, reason: str) -> ScopeFact:
    labels: Sequence[LabelFact] = label_facts(scope)
    return ScopeFact(
        entry=entry,
        at=at,
        reason=reason,
        engagements=frozenset(each.id for each in scope.engagements),
        labels=frozenset((each.system, each.lens, each.starts_at) for each in labels),
        controls=frozenset(each.control_id for each in scope.controls),
    )
