"""What changed between two judged periods: conclusions, counts, findings, and what was judged by other means.

Two periods have different items, so nothing is compared item by item; a finding of the same control, attribute and
reason that stands in both is one that came again, which raises a deficiency (audit-domain 2.6, 4.3).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from twofold.controltests.run_record import ControlTestRun, read_run
from twofold.jobs.judge import JudgedEngagement, judged_engagements
from twofold.lenses.conclusion import ControlJudgement
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ControlTestChange:
    """One control test: (applicable, exceptions, cannot test) before and now; None where it was not judged."""

    control_test: str
    before: tuple[int, int, int] | None
    now: tuple[int, int, int] | None


@dataclass(frozen=True, slots=True)
class ControlChange:
    """One control: its conclusions ("" = not judged), its tests, its systems, and what differs in means."""

    control_id: str
    before: str
    now: str
    tests: tuple[ControlTestChange, ...]
    systems_new: tuple[str, ...]
    systems_gone: tuple[str, ...]
    means: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComparedPeriods:
    """Two engagements under one lens: every control, and findings by whether they are new, gone or came again.

    reach: what the conclusions of either do not reach, as its engagement and a sentence.
    """

    older: str
    newer: str
    controls: tuple[ControlChange, ...]
    findings_new: tuple[str, ...]
    findings_gone: tuple[str, ...]
    findings_again: tuple[str, ...]
    reach: tuple[tuple[str, str], ...]


def compare_periods(workspace: Workspace, older: str, newer: str) -> ComparedPeriods:
    """Compare the newest judgements of two engagements; raises UserError if one is not judged, or the lenses differ."""
    judged = {each.judgement.engagement_id: each for each in judged_engagements(workspace)}
    missing = [name for name in (older, newer) if name not in judged]
    if missing:
        expected = "one of " + (", ".join(judged) or "(none was judged yet)")
        raise UserError(
            [Problem("ENGAGEMENT", f"{name!r} was not judged", expected, "twofold judge") for name in missing]
        )
    before, now = judged[older], judged[newer]
    if before.judgement.lens != now.judgement.lens:
        found = f"{older} is judged by {before.judgement.lens}, {newer} by {now.judgement.lens}"
        raise UserError(Problem("ENGAGEMENT", found, "two engagements of one lens"))
    controls = [{each.control_id: each for each in engagement.judgement.controls} for engagement in (before, now)]
    names = sorted({*controls[0], *controls[1]})
    findings = [{finding.finding_id for finding in engagement.findings} for engagement in (before, now)]
    return ComparedPeriods(
        older,
        newer,
        tuple(_control(workspace, name, controls[0].get(name), controls[1].get(name), (before, now)) for name in names),
        findings_new=tuple(sorted(findings[1] - findings[0])),
        findings_gone=tuple(sorted(findings[0] - findings[1])),
        findings_again=tuple(sorted(findings[0] & findings[1])),
        reach=tuple((each.judgement.engagement_id, told) for each in (before, now) for told in each.judgement.reach),
    )


def _control(
    workspace: Workspace,
    control_id: str,
    before: ControlJudgement | None,
    now: ControlJudgement | None,
    engagements: tuple[JudgedEngagement, JudgedEngagement],
) -> ControlChange:
    tests = [_counts(before), _counts(now)]
    counted = {name for name, found in tests[0].items() if found is not None and tests[1].get(name) is not None}
    systems = [_systems(before, counted), _systems(now, counted)]
    return ControlChange(
        control_id,
        before.conclusion.value if before else "",
        now.conclusion.value if now else "",
        tuple(
            ControlTestChange(name, tests[0].get(name), tests[1].get(name)) for name in sorted({*tests[0], *tests[1]})
        ),
        systems_new=tuple(sorted(systems[1] - systems[0])),
        systems_gone=tuple(sorted(systems[0] - systems[1])),
        means=tuple(_means(workspace, before, now, engagements)),
    )


def _counts(control: ControlJudgement | None) -> dict[str, tuple[int, int, int] | None]:
    return {
        result.control_test: None
        if result.counts is None
        else (result.counts.applicable, result.counts.exceptions, result.counts.cannot_test)
        for result in (control.results if control else ())
    }


def _systems(control: ControlJudgement | None, counted: Collection[str]) -> set[str]:
    """Return the systems with items that apply; a test without counts on either side tells of none."""
    results = control.results if control else ()
    return {system for result in results if result.control_test in counted for system in result.by_system}


def _means(
    workspace: Workspace,
    before: ControlJudgement | None,
    now: ControlJudgement | None,
    engagements: tuple[JudgedEngagement, JudgedEngagement],
) -> Iterator[str]:
    """Say what makes the two hard to compare: another rule, other parameters or attributes, another tolerable rate."""
    if before is None or now is None:
        return
    rates = [each.judgement.tolerable_percent for each in engagements]
    if rates[0] != rates[1]:
        yield f"tolerable was {rates[0]}%, is {rates[1]}%"
    older = {result.control_test: result for result in before.results}
    for result in now.results:
        was = older.get(result.control_test)
        if was is None:
            continue
        if was.required != result.required:
            yield f"{result.control_test} asked for {''.join(was.required)}, asks for {''.join(result.required)}"
        runs = [_run(workspace, each.run_id) for each in (was, result)]
        if runs[0] is not None and runs[1] is not None:
            yield from _run_means(result.control_test, runs[0], runs[1])


def _run_means(test: str, before: ControlTestRun, now: ControlTestRun) -> Iterator[str]:
    if before.rule_sha256 != now.rule_sha256:
        yield f"{test}: another text of the rule (version {before.rule_version}, now {now.rule_version})"
    if before.definition_sha256 != now.definition_sha256 or dict(before.steps) != dict(now.steps):
        yield f"{test}: another definition of its population or of a step"
    yield from (f"{test}: {each}" for each in _parameters(before.parameters, now.parameters))


def _parameters(before: Mapping[str, object], now: Mapping[str, object]) -> Sequence[str]:
    names = sorted({*before, *now})
    return [f"{name} was {before.get(name)}, is {now.get(name)}" for name in names if before.get(name) != now.get(name)]


def _run(workspace: Workspace, run_id: str) -> ControlTestRun | None:
    folder = workspace.runs_folder / run_id
    return read_run(folder) if run_id and folder.is_dir() else None
