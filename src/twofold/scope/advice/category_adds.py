"""What a category adds to a report: criteria, controls, kinds of evidence, and items and exceptions from the runs."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from twofold.catalog.catalog import Catalog
from twofold.catalog.entries import Control, Criterion
from twofold.model.statement import Statement
from twofold.scope.advice.measured import ControlMeasure, Measured
from twofold.scope.advice.worded import listed, number, say, setting

DAYS: int = setting("categories.against_exceptions", "days")
"""Days before the data's clock that are looked at."""


@dataclass(frozen=True, slots=True)
class Adds:
    """What a category adds beside the other categories of the report.

    populations: units of the added controls, such as "each backup"; evidence: kinds that the rest does not ask for.
    controls: judged only because of it; shared: judged anyway and serve it too. open_criteria: no control serves them.
    items, exceptions, cannot_test: of the added controls in the last days; None where none of them has a result.
    shared_exceptions: of the shared ones.
    """

    criteria: tuple[str, ...]
    controls: tuple[str, ...]
    shared: tuple[str, ...]
    evidence: tuple[str, ...]
    populations: tuple[str, ...]
    control_tests: tuple[str, ...]
    open_criteria: tuple[str, ...]
    items: int | None
    exceptions: int | None
    cannot_test: int | None
    shared_exceptions: int
    statements: tuple[Statement, ...]


def category_adds(
    catalog: Catalog, category: str, *, beside: Collection[str], run_by_company: Collection[str], measured: Measured
) -> Adds:
    """Return what `category` adds to a report on Security and `beside`.

    run_by_company: ids of the controls that the scope names; empty = all of the catalog.
    """
    own = [each for each in catalog.criteria_for([category]) if each.category == category]
    rest = catalog.criteria_for([name for name in beside if name != category])
    serving, others = _serving(catalog, own, run_by_company), _serving(catalog, rest, run_by_company)
    added = [each for each in serving if each not in others]
    shared = [each for each in serving if each in others]
    known = {kind for each in others for kind in each.evidence}
    units = {each.population_unit for each in others}
    served = {criterion for each in serving for criterion in each.criteria}
    tests = tuple(dict.fromkeys(test for each in added for test in each.control_tests))
    own_tests = [each for control in added for each in measured.of(control.control_id)]
    shared_tests = [each for control in shared for each in measured.of(control.control_id)]
    counted = [each for each in own_tests if each.state in {"tested", "did_not_occur"}]
    seen = measured.clock is not None and (bool(counted) or not added)
    adds = Adds(
        criteria=tuple(each.criterion_id for each in own),
        controls=tuple(each.control_id for each in added),
        shared=tuple(each.control_id for each in shared),
        evidence=tuple(sorted({kind for each in added for kind in each.evidence} - known)),
        populations=tuple(dict.fromkeys(each.population_unit for each in added if each.population_unit not in units)),
        control_tests=tests,
        open_criteria=tuple(each.criterion_id for each in own if each.criterion_id not in served),
        items=sum(each.recent_items for each in counted) if seen else None,
        exceptions=sum(each.recent_exceptions for each in counted) if seen else None,
        cannot_test=sum(each.recent_cannot_test for each in counted) if seen else None,
        shared_exceptions=sum(each.recent_exceptions for each in shared_tests),
        statements=(),
    )
    said = tuple(_statements(catalog.categories[category].title, category, adds, measured, own_tests, shared_tests))
    return replace(adds, statements=said)


def _serving(catalog: Catalog, criteria: Collection[Criterion], run_by_company: Collection[str]) -> list[Control]:
    wanted = {each.criterion_id for each in criteria}
    return [
        each
        for each in catalog.controls.values()
        if "soc2" in each.lenses
        and not wanted.isdisjoint(each.criteria)
        and (not run_by_company or each.control_id in run_by_company)
    ]


def _statements(
    title: str,
    category: str,
    adds: Adds,
    measured: Measured,
    own_tests: Sequence[ControlMeasure],
    shared_tests: Sequence[ControlMeasure],
) -> Iterator[Statement]:
    yield say(
        "categories.adds",
        (f"catalog: {category}", *(f"catalog: {each}" for each in adds.controls)),
        title=title,
        criteria=_counted(len(adds.criteria), "criterion", "criteria"),
        controls=number(len(adds.controls), "control"),
        names=f" ({listed(adds.controls)})" if adds.controls else "",
        evidence=_counted(len(adds.evidence), "further kind of evidence", "further kinds of evidence"),
        tests=f"{number(len(adds.control_tests), 'control test')}"
        + (f" ({listed(adds.control_tests)})" if adds.control_tests else ""),
        shared=number(len(adds.shared), "control"),
    )
    if adds.populations:
        data = tuple(f"catalog: {each}" for each in adds.controls)
        populations, evidence = "; ".join(adds.populations), listed(adds.evidence, len(adds.evidence))
        yield say("categories.adds_populations", data, populations=populations, evidence=evidence)
    if adds.open_criteria:
        data = tuple(f"catalog: {each}" for each in adds.open_criteria)
        yield say("categories.adds_open_criteria", data, names=listed(adds.open_criteria))
    stopped = [each for each in own_tests if each.state == "stopped"]
    if stopped:
        why = f"the population of {listed(each.control_test for each in stopped)} is not proven"
        yield say("categories.adds_unknown", [each.data for each in stopped], why=why)
    elif adds.items is None:
        nothing_run = measured.clock is None
        why = "no control test was run yet (twofold test)" if nothing_run else "none of its tests has a result"
        yield say("categories.adds_unknown", (f"catalog: {category}",), why=why)
    if adds.items is not None and (own_tests or shared_tests):
        yield say(
            "categories.adds_items",
            [each.data for each in (*own_tests, *shared_tests)],
            days=DAYS,
            clock=measured.clock,
            items=number(adds.items, "item"),
            controls=number(len(adds.controls), "control"),
            exceptions=number(adds.exceptions or 0, "exception"),
            cannot_test=adds.cannot_test,
            shared=number(adds.shared_exceptions, "exception"),
        )


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
