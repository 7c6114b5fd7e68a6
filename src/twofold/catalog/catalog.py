"""The loaded catalog and its look-ups, both ways across the crosswalk.

A catalog exists only with every reference checked (see `load`). It knows no company: which controls a
company runs, and on which systems, is in the scope files.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from twofold.catalog.entries import (
    Category,
    Control,
    Criterion,
    Family,
    Frequency,
    ItgcDomain,
    KnownControlTest,
    Principle,
    Series,
)
from twofold.catalog.toml_table import suggestion
from twofold.model.ids import ControlId, ControlTestId, CriterionId
from twofold.model.problem import Problem, UserError

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything by id, in the order of the files; controls by family, then id."""

    categories: Mapping[str, Category]
    series: Mapping[str, Series]
    criteria: Mapping[CriterionId, Criterion]
    principles: Mapping[int, Principle]
    domains: Mapping[str, ItgcDomain]
    families: Mapping[str, Family]
    control_tests: Mapping[ControlTestId, KnownControlTest]
    controls: Mapping[ControlId, Control]

    def control(self, control_id: str) -> Control:
        """Return a control; raises UserError that names the nearest id when there is none."""
        return _found(self.controls.get(ControlId(control_id)), control_id, self.controls, "control")

    def criterion(self, criterion_id: str) -> Criterion:
        """Return a criterion; raises UserError that names the nearest id when there is none."""
        return _found(self.criteria.get(CriterionId(criterion_id)), criterion_id, self.criteria, "criterion")

    def domain(self, domain_id: str) -> ItgcDomain:
        """Return an ITGC domain; raises UserError that names the nearest id when there is none."""
        return _found(self.domains.get(domain_id), domain_id, self.domains, "ITGC domain")

    def criteria_for(self, categories: Iterable[str]) -> tuple[Criterion, ...]:
        """Return the criteria of an examination with these categories; Security is always among them.

        Raises UserError for an unknown category.
        """
        wanted = {category.category_id for category in self.categories.values() if category.always}
        for name in categories:
            wanted.add(_found(self.categories.get(name), name, self.categories, "category").category_id)
        return tuple(criterion for criterion in self.criteria.values() if criterion.category in wanted)

    def controls_for_criterion(self, criterion_id: str, *, lens: str = "") -> tuple[Control, ...]:
        """Return the controls mapped to a criterion, with `lens` only those that the lens judges."""
        criterion = self.criterion(criterion_id)
        return tuple(
            control
            for control in self.controls.values()
            if criterion.criterion_id in control.criteria and (not lens or lens in control.lenses)
        )

    def controls_for_domain(self, domain_id: str) -> tuple[Control, ...]:
        """Return the controls with any role in an ITGC domain."""
        domain = self.domain(domain_id)
        return tuple(control for control in self.controls.values() if domain.domain_id in control.domains)

    def controls_for_test(self, control_test_id: str) -> tuple[Control, ...]:
        """Return the controls that a control test serves; raises UserError for an unknown id."""
        known = self.control_tests.get(ControlTestId(control_test_id))
        test = _found(known, control_test_id, self.control_tests, "control test")
        return tuple(control for control in self.controls.values() if test.control_test_id in control.control_tests)

    @property
    def automated_controls(self) -> frozenset[ControlId]:
        """The controls that a system runs by its configuration, of which one instance is tested."""
        return frozenset(
            control.control_id for control in self.controls.values() if control.frequency is Frequency.AUTOMATED
        )

    def criteria_for_domain(self, domain_id: str) -> tuple[Criterion, ...]:
        """Return the criteria that share a control with an ITGC domain: SOX evidence that SOC 2 can reuse."""
        shared = {criterion for control in self.controls_for_domain(domain_id) for criterion in control.criteria}
        return tuple(criterion for criterion in self.criteria.values() if criterion.criterion_id in shared)

    def domains_for_criterion(self, criterion_id: str) -> tuple[ItgcDomain, ...]:
        """Return the ITGC domains that share a control with a criterion; the other way of `criteria_for_domain`."""
        shared = {domain for control in self.controls_for_criterion(criterion_id) for domain in control.domains}
        return tuple(domain for domain in self.domains.values() if domain.domain_id in shared)

    def criteria_without_control(self, categories: Iterable[str]) -> tuple[Criterion, ...]:
        """Return criteria in scope that no control judged under SOC 2 maps to: the company adds its own."""
        return tuple(
            criterion
            for criterion in self.criteria_for(categories)
            if not self.controls_for_criterion(criterion.criterion_id, lens="soc2")
        )


def _found(entry: Entry | None, wanted: str, valid: Iterable[str], noun: str) -> Entry:
    if entry is None:
        raise UserError(
            Problem(
                f"{noun} {wanted!r}",
                f"the catalog has no {noun} {wanted!r}",
                f"an id of the catalog, for example {next(iter(valid), '')}",
                suggestion(wanted, valid),
            )
        )
    return entry
