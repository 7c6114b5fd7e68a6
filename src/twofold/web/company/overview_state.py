"""The state of the programme as the overview shows it: criteria by series, domains, families, what to do next."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from twofold.lenses.conclusion import Conclusion
from twofold.lenses.gather import GatheredJudgement
from twofold.lenses.judgement import EngagementJudgement
from twofold.reports.summary import Effect, NextStep
from twofold.web.workspace_access import Current

EFFECT_WORDS = {
    Effect.STOPPED: ("open", "Population not proven"),
    Effect.NOT_EFFECTIVE: ("bad", "Not effective"),
    Effect.CANNOT_TEST: ("open", "Cannot be tested"),
    Effect.UNSIGNED: ("open", "Completeness not signed"),
    Effect.UNANSWERED: ("open", "Finding without an answer"),
    Effect.NOT_TESTED: ("none", "Tested by hand"),
}
"""Effect -> (style, words), the gravest first."""


_FIRST = 6
"""Steps of an effect that are shown at once."""


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """One series of criteria: how many have which conclusion, and each criterion."""

    series_id: str
    title: str
    category: str
    tally: Mapping[str, int]
    criteria: tuple[GatheredJudgement, ...]


@dataclass(frozen=True, slots=True)
class FamilyLens:
    """What one engagement says of a family: controls by conclusion, and exceptions over all of them."""

    title: str
    tally: Mapping[str, int]
    exceptions: int
    cannot_test: int


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """One family of controls."""

    family_id: str
    title: str
    controls: int
    by_hand: int
    lenses: tuple[FamilyLens, ...]


@dataclass(frozen=True, slots=True)
class StepGroup:
    """What is to do for one effect: its style and words, the first steps, and the rest."""

    style: str
    words: str
    first: tuple[NextStep, ...]
    rest: tuple[NextStep, ...]


def series_rows(now: Current, judgement: EngagementJudgement) -> list[SeriesRow]:
    """Return the series of criteria that the judgement has, in the order of the catalog."""
    catalog = now.catalog
    found: dict[str, list[GatheredJudgement]] = {}
    for each in judgement.gathered:
        found.setdefault(catalog.criterion(each.id).series, []).append(each)
    return [
        SeriesRow(
            series_id,
            series.title,
            catalog.categories[series.category].title,
            _tally(each.conclusion for each in found[series_id]),
            tuple(found[series_id]),
        )
        for series_id, series in catalog.series.items()
        if series_id in found
    ]


def family_rows(now: Current) -> list[FamilyRow]:
    """Return each family with what each engagement says of its controls."""
    catalog = now.catalog
    rows = []
    for family_id, family in catalog.families.items():
        controls = {str(each.control_id) for each in catalog.controls.values() if each.family == family_id}
        lenses = []
        for judgement in (each.judgement for each in now.judged):
            judged = [each for each in judgement.controls if each.control_id in controls and each.results]
            counts = [result.counts for each in judged for result in each.results if result.counts]
            lenses.append(
                FamilyLens(
                    judgement.lens_title,
                    _tally(each.conclusion for each in judged),
                    sum(each.exceptions for each in counts),
                    sum(each.cannot_test for each in counts),
                )
            )
        by_hand = sum(1 for each in controls if not catalog.control(each).control_tests)
        rows.append(FamilyRow(family_id, family.title, len(controls), by_hand, tuple(lenses)))
    return rows


def step_groups(now: Current) -> list[StepGroup]:
    """Return what to do, by effect, the gravest first; within it by how many items of the control deviate."""
    deviating = {
        row.control_id: sum((each.exceptions or 0) + (each.cannot_test or 0) for each in row.lenses)
        for row in now.status.rows
    }
    found: dict[Effect, list[NextStep]] = {}
    for each in sorted(now.status.steps, key=lambda step: -deviating.get(step.control_id, 0)):
        found.setdefault(each.effect, []).append(each)
    return [
        StepGroup(*EFFECT_WORDS[effect], tuple(found[effect][:_FIRST]), tuple(found[effect][_FIRST:]))
        for effect in sorted(found)
    ]


def _tally(conclusions: Iterable[Conclusion]) -> dict[str, int]:
    counted = Counter(conclusions)
    return {each.value: counted[each] for each in Conclusion if counted[each]}
