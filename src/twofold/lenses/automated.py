"""Automated controls: a test of one reaches over the period only while changes are controlled (audit-domain 4.3, end).

Whether the configuration changed is in the control test itself, from the log of the configuration. Whether anybody
could have changed the logic behind it unseen is what the change tests say about the same system. Carrying an older
test forward (benchmarking) stands under the same condition.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from twofold.lenses.conclusion import Conclusion, ControlJudgement, ControlTestResult, exceeds_tolerable
from twofold.lenses.settings import LensSettings


def limit_automated(
    settings: LensSettings, judged: Mapping[str, ControlJudgement], *, automated: Collection[str]
) -> dict[str, ControlJudgement]:
    """Return the judgements, those of automated controls limited by the change tests of their systems.

    An automated control that is proposed as effective is not concluded where a change test (`settings.change_tests`) of
    another control fails for one of its systems, or was stopped, or where no other control has a change test at all.
    Where no change test speaks for a system, since nothing was released there, that is an open point; so are change
    tests that no control of the engagement judges.
    """
    return {
        control_id: _limited(settings, judgement, judged) if control_id in automated else judgement
        for control_id, judgement in judged.items()
    }


def _limited(
    settings: LensSettings, judgement: ControlJudgement, judged: Mapping[str, ControlJudgement]
) -> ControlJudgement:
    systems = sorted({system for result in judgement.results for system in result.by_system})
    others = [
        result
        for control_id, other in judged.items()
        if control_id != judgement.control_id
        for result in other.results
        if result.control_test in settings.change_tests
    ]
    own = {result.control_test for result in judgement.results}
    if judgement.conclusion is not Conclusion.EFFECTIVE or not systems:
        return judgement
    failing = [*_without_counts(others, own)]
    if not others:
        failing.append("no change test is judged, so nothing shows that changes were controlled")
    failing += [reason for system in systems for reason in _failing(settings, system, others, own)]
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


def _without_counts(results: list[ControlTestResult], own: Collection[str]) -> list[str]:
    """Return a reason for each change test that was stopped or not run: it shows nothing of any system."""
    silent = {each.control_test for each in results if each.counts is None and each.control_test not in own}
    return [f"{test} gave no result, so nothing shows that changes were controlled" for test in sorted(silent)]


def _failing(settings: LensSettings, system: str, results: list[ControlTestResult], own: Collection[str]) -> list[str]:
    found = {}
    for result in results:
        counts = result.by_system.get(system)
        if counts is not None and result.control_test not in own and exceeds_tolerable(settings, counts):
            deviations = counts.exceptions + counts.cannot_test
            found[result.control_test] = (
                f"changes of {system} are not shown to be controlled: {result.control_test} deviates in "
                f"{deviations} of {counts.applicable}"
            )
    return [found[test] for test in sorted(found)]
