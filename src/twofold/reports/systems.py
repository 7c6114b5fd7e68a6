"""The systems of a scope as readers see them: each with its labels and their days, own and inherited."""

from collections.abc import Sequence

from twofold.reports.contents import DatedLabel, ShownSystem
from twofold.scope.labels import EffectiveLabel, effective_labels
from twofold.scope.register import Scope
from twofold.scope.stretches import moment_text

LABEL_WORDS = {"soc2": "SOC 2 scope", "fin_relevant": "financially relevant", "sso_only": "single sign-on only"}
SYSTEM_COLUMNS = (
    "system",
    "name",
    "layer",
    "owner",
    "label",
    "from",
    "to",
    "reason",
    "approver",
    "relied on by",
    "inherited",
)


def shown_systems(scope: Scope) -> tuple[ShownSystem, ...]:
    """Return every system by id with the labels that hold for it."""
    labels: dict[str, list[DatedLabel]] = {}
    for label in effective_labels(scope):
        labels.setdefault(label.system, []).append(_shown(label, scope.reporting_zone))
    return tuple(
        ShownSystem(
            system.id,
            system.name or "",
            system.layer,
            str(system.owner or ""),
            tuple(labels.get(system.id, ())),
        )
        for system in sorted(scope.systems, key=lambda each: each.id)
    )


def system_rows(systems: Sequence[ShownSystem]) -> list[tuple[str, ...]]:
    """Return a row per system and label under `SYSTEM_COLUMNS`; a system without a label has one row all the same."""
    rows: list[tuple[str, ...]] = []
    for system in systems:
        head = (system.id, system.name, system.layer, system.owner)
        rows += [
            (
                *head,
                LABEL_WORDS.get(label.label, label.label),
                label.starts_on,
                label.ends_on,
                label.reason,
                label.approver,
                label.dependents,
                "yes" if label.inherited else "no",
            )
            for label in system.labels
        ] or [(*head, "none", "", "", "", "", "", "")]
    return rows


def _shown(label: EffectiveLabel, zone: str) -> DatedLabel:
    if label.label != "fin_relevant":
        dependents = ""
    elif label.dependents is None:
        dependents = "not recorded, so counted in"
    else:
        dependents = "; ".join(sorted(label.dependents)) or "nothing, so not in SOX"
    return DatedLabel(
        label=label.label,
        starts_on=moment_text(label.stretch.first, zone=zone) if label.stretch.first else "",
        ends_on=moment_text(label.stretch.last, zone=zone, inclusive=True) if label.stretch.last else "",
        reason=label.reason,
        approver=label.approver,
        dependents=dependents,
        inherited=label.inherited,
    )
