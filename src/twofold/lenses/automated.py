"""Automated controls: a test of one reaches over the period only while changes are controlled (audit-domain 4.3, end).

Whether the configuration changed is in the control test itself, from the log of the configuration. Whether anybody
could have changed the logic behind it unseen is what the change tests say about the same system. Carrying an older
test forward (benchmarking) stands under the same condition. So each judgement names the looks that it rests on, and
what the change tests say; a look that is older than agreed is told as a doubt, and changes no conclusion.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from twofold.lenses.conclusion import Conclusion, ControlJudgement, ControlTestResult, exceeds_tolerable
from twofold.lenses.looks import doubt_about_age, looks_told
from twofold.lenses.settings import LensSettings


def limit_automated(
    settings: LensSettings, judged: Mapping[str, ControlJudgement], *, automated: Collection[str]
) -> dict[str, ControlJudgement]:
    """Return the judgements, those of automated controls with their looks and limited by the tests of changes.

    An automated control that is proposed as effective is not concluded where a change test (`settings.change_tests`) of
    another control fails for one of its systems, or was stopped, or where no other control has a change test at all.
    Where no change test speaks for a system, since nothing was released there, that is an open point; so are change
    tests that no control of the engagement judges.
    """
    found = dict(judged)
    for control_id in judged.keys() & set(automated):
        others = [
            result
            for other_id, other in judged.items()
            if other_id != control_id
            for result in other.results
            if result.control_test in settings.change_tests
        ]
        found[control_id] = _with_looks(settings, _limited(settings, judged[control_id], others), others)
    return found


def _limited(settings: LensSettings, judgement: ControlJudgement, others: list[ControlTestResult]) -> ControlJudgement:
    systems, own = _systems(judgement), _tests(judgement)
    if judgement.conclusion is not Conclusion.EFFECTIVE:
        return judgement
    failing = [*_without_counts(others, own)]
    if not others:
        failing.append("no change test is judged, so nothing shows that changes were controlled")
    failing += [
        f"changes of {system} are not shown to be controlled: {test} {deviates}"
        for system in systems
        for test, deviates in _failing(settings, system, others, own).items()
    ]
    silent = [system for system in systems if not any(system in result.by_system for result in others)]
    points = list(judgement.open_points)
    missing = [test for test in settings.change_tests if test not in own | {each.control_test for each in others}]
    if missing and others:
        points.append(
            f"no control of the engagement judges {', '.join(missing)}, which would show that changes were controlled"
        )
    if silent:
        points.append(
            f"no change test speaks for {', '.join(silent)}: the log of settings alone shows that nothing changed there"
        )
    if not failing:
        return replace(judgement, open_points=tuple(points))
    reasons = (*judgement.reasons, "a test of one configuration does not reach over the period", *failing)
    return replace(judgement, conclusion=Conclusion.NOT_CONCLUDED, reasons=reasons, open_points=tuple(points))


def _with_looks(
    settings: LensSettings, judgement: ControlJudgement, others: list[ControlTestResult]
) -> ControlJudgement:
    """Return the judgement with the looks that it rests on, and a doubt for each test whose oldest look is too old."""
    looks = [(result.control_test, result.looks) for result in judgement.results if result.looks is not None]
    told = [sentence for test, seen in looks for sentence in looks_told(test, seen)]
    if not told:
        return judgement
    doubts = [doubt for test, seen in looks if (doubt := doubt_about_age(test, seen, years=settings.benchmark_years))]
    under = "; ".join(_controlled(settings, _systems(judgement), others, _tests(judgement)))
    return replace(
        judgement,
        looks=(*told, f"a look is carried while changes are controlled: {under}"),
        open_points=(*judgement.open_points, *doubts),
    )


def _controlled(
    settings: LensSettings, systems: list[str], others: list[ControlTestResult], own: Collection[str]
) -> Iterator[str]:
    """Yield what the change tests say: for which systems changes are controlled, for which not, for which nothing."""
    if not others:
        yield "no change test is judged"
        return
    yield from _without_counts(others, own)
    found: dict[str, list[str]] = {}
    for system in systems:
        failing = ", ".join(_failing(settings, system, others, own))
        speaking = ", ".join(sorted({each.control_test for each in others if system in each.by_system} - set(own)))
        said = f"{speaking} held" if speaking else "no change test speaks"
        found.setdefault(f"{failing} did not hold" if failing else said, []).append(system)
    for said, of in found.items():
        yield f"{said} for {', '.join(of)}"


def _systems(judgement: ControlJudgement) -> list[str]:
    return sorted({system for result in judgement.results for system in result.by_system})


def _tests(judgement: ControlJudgement) -> set[str]:
    return {result.control_test for result in judgement.results}


def _without_counts(results: list[ControlTestResult], own: Collection[str]) -> list[str]:
    """Return a reason for each change test that was stopped or not run: it shows nothing of any system."""
    silent = {each.control_test for each in results if each.counts is None and each.control_test not in own}
    return [f"{test} gave no result, so nothing shows that changes were controlled" for test in sorted(silent)]


def _failing(
    settings: LensSettings, system: str, results: list[ControlTestResult], own: Collection[str]
) -> dict[str, str]:
    """Return the change tests that deviate for the system by more than is tolerable, in order, each with how much."""
    found = {}
    for result in results:
        counts = result.by_system.get(system)
        if counts is not None and result.control_test not in own and exceeds_tolerable(settings, counts):
            deviations = counts.exceptions + counts.cannot_test
            found[result.control_test] = f"deviates in {deviations} of {counts.applicable}"
    return dict(sorted(found.items()))
