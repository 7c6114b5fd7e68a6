"""The crosswalk as rows for reports: control by criterion by ITGC domain, and the same as a matrix.

It shows mappings only. A mapping is no result: whether a criterion is met is for the lenses.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from twofold.catalog.catalog import Catalog
from twofold.catalog.entries import Control, SoxUse
from twofold.model.ids import ControlId, CriterionId

MAPPED = "x"


@dataclass(frozen=True, slots=True)
class CrosswalkRow:
    """One mapping. `domain_id` and `role` are "" for a control that is no ITGC; `sox_use` says why."""

    control_id: ControlId
    control_title: str
    family_title: str
    criterion_id: CriterionId
    criterion_title: str
    domain_id: str
    role: str
    sox_use: SoxUse


@dataclass(frozen=True, slots=True)
class CrosswalkMatrix:
    """A row per control; after the control's id and title come a column per criterion and one per domain."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def crosswalk_rows(catalog: Catalog, *, categories: Iterable[str] | None = None) -> tuple[CrosswalkRow, ...]:
    """Return each control, criterion and domain that belong together, in catalog order.

    categories: those of the examination; None means all 61 criteria. Raises UserError for an unknown one.
    """
    criteria = {criterion.criterion_id: criterion for criterion in catalog.criteria_for(_chosen(catalog, categories))}
    return tuple(
        CrosswalkRow(
            control_id=control.control_id,
            control_title=control.title,
            family_title=catalog.families[control.family].title,
            criterion_id=criterion_id,
            criterion_title=criteria[criterion_id].title,
            domain_id=domain_id,
            role=role,
            sox_use=control.sox_use,
        )
        for control in catalog.controls.values()
        for criterion_id in control.criteria
        if criterion_id in criteria
        for domain_id, role in _domains(control)
    )


def crosswalk_matrix(catalog: Catalog, *, categories: Iterable[str] | None = None) -> CrosswalkMatrix:
    """Return the matrix: "x" where a control maps to a criterion, its role where it serves a domain.

    A control with no criterion in the chosen categories is shown all the same when it is an ITGC.
    Raises UserError for an unknown category.
    """
    criteria = [criterion.criterion_id for criterion in catalog.criteria_for(_chosen(catalog, categories))]
    rows = tuple(
        (
            control.control_id,
            control.title,
            *(MAPPED if criterion in control.criteria else "" for criterion in criteria),
            *(str(control.domains.get(domain, "")) for domain in catalog.domains),
        )
        for control in catalog.controls.values()
        if control.domains or not set(criteria).isdisjoint(control.criteria)
    )
    return CrosswalkMatrix(("Control", "Title", *criteria, *catalog.domains), rows)


def _chosen(catalog: Catalog, categories: Iterable[str] | None) -> Iterable[str]:
    return catalog.categories if categories is None else categories


def _domains(control: Control) -> Iterable[tuple[str, str]]:
    return [(domain, str(role)) for domain, role in control.domains.items()] or [("", "")]
