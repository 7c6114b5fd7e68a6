"""Stage 0: are the exceptions a deficiency at all? (audit-domain 2.6, 0.1 to 0.6)."""

from twofold.findings.deficiency.case import Case, FindingFact, SampleFact
from twofold.findings.deficiency.inputs import NO, YES
from twofold.findings.deficiency.path import Path, Step
from twofold.findings.deficiency.severity import Severity, Span

_IS = Span.of(Severity.DEFICIENCY)
_IS_NONE = Span.of(Severity.EXCEPTION)
_OPEN = Span(Severity.EXCEPTION, Severity.DEFICIENCY)


def is_marker(pattern: str) -> bool:
    """Whether a finding's pattern is a concentration, not a remark that there is none."""
    return pattern.startswith("all ") or " of " in pattern


def is_deficiency(case: Case, path: Path) -> tuple[Span, str]:
    """Return exception, deficiency or both as still possible, and its kind: design, operating or "".

    The steps run in the order of the rule; the first that decides ends the stage.
    """
    design = path.known("J_design")
    if design is not None and design.value == YES:
        path.ask("0.1", "J_design")
        return _IS, "design deficiency"
    override = path.known("J_override")
    if override is not None and override.value == YES:
        path.ask("0.2", "J_override")
        return _IS, "operating deficiency, escalated: override, concealment or fraud"
    if _too_many(case, path):
        return _IS, "operating deficiency"
    spans = [_of_markers(case, path), *(_of_sample(each, path) for each in case.samples)]
    if _IS not in spans:
        asked = (("0.1", "J_design"), ("0.2", "J_override"))
        spans += [_IS_NONE if path.ask(step, name) else _OPEN for step, name in asked]
    found = next((each for each in (_IS, _OPEN) if each in spans), _IS_NONE)
    if found is _IS_NONE:
        path.computed("0.5", "What is left?", "an exception only: documented, its cause known, no deficiency")
    return found, "" if found is _IS_NONE else "operating deficiency"


def is_escalated(path: Path) -> bool:
    """Whether a person said that an exception is an override, concealment or fraud (0.2)."""
    given = path.known("J_override")
    return given is not None and given.value == YES


def _too_many(case: Case, path: Path) -> bool:
    """Say rate by rate whether more deviates than is tolerable (0.3, 0.6)."""
    over = [each for each in case.rates if each.exceeds(case.tolerable)]
    told = [f"{each.control_test}: {each.deviations:,} of {each.applicable:,} items deviate" for each in case.rates]
    verdict = "more than is tolerable" if over else "within what is tolerable"
    limit = f"{case.tolerable}% is tolerable ({case.tolerable_source})"
    asked = "Do more items deviate than is tolerable? What cannot be tested counts as a deviation (0.6)."
    given = case.tolerable_given
    answer = f"{'; '.join(told) or 'nothing was counted'}: {verdict}. {limit}"
    path.steps.append(Step("0.3", asked, answer, given, "J_tolerable_rate" if given else ""))
    return bool(over)


def _of_markers(case: Case, path: Path) -> Span:
    """Look for a systematic marker: a concentration, or a cause that is unknown (0.3, 0.5)."""
    unknown = [each for each in case.findings if not each.answered]
    if unknown:
        named = ", ".join(each.finding_id for each in unknown[:3]) + (" and more" if len(unknown) > 3 else "")  # noqa: PLR2004  as many as a line holds
        asked = "Is the cause of each finding known?"
        path.computed("0.3", asked, f"no: nobody stated the cause of {named}; unknown causes count as systematic")
        return _IS
    marked = [each for each in case.findings if is_marker(each.pattern)]
    if not marked:
        path.computed("0.3", "Is there a systematic marker?", "no: the causes are stated and nothing concentrates")
        return _IS_NONE
    isolated = path.ask("0.3", "J_isolated", noun=_marks(marked))
    if isolated is None:
        return _OPEN
    return _IS if isolated.value == NO else _IS_NONE


def _marks(marked: list[FindingFact]) -> str:
    return "; ".join(f"{each.finding_id}, {each.pattern}" for each in marked)


def _of_sample(sample: SampleFact, path: Path) -> Span:
    """Compare a sample with its plan; it is extended once where the plan allows it and the misses are isolated.

    A unit that deviates and was replaced on a person's word alone counts as a deviation, too (0.6).
    """
    for doubt in sample.doubts:
        path.computed("0.4", f"What is to be asked about the sample {sample.sample_id}?", doubt)
    asked = "Does the sample hold more deviations than planned?"
    if not sample.evaluated:
        path.computed("0.4", asked, f"not known: {sample.sample_id} was changed after its evaluation")
        path.blockers.append(f"evaluate the sample {sample.sample_id} again")
        return _OPEN
    told = f"{sample.sample_id}: {sample.deviations} of {sample.size} units deviate, {sample.planned} are planned"
    deviations = sample.deviations + sample.replaced
    if sample.replaced:
        told += f"; {deviations} of {sample.size + sample.replaced} with the units that were replaced and deviate"
    if deviations <= sample.planned:
        path.computed("0.4", asked, f"no. {told}")
        return _IS_NONE
    if sample.extended or not sample.extension_allowed:
        why = "it was extended already" if sample.extended else "its plan allows no extension"
        path.computed("0.4", asked, f"yes, and {why}. {told}")
        return _IS
    isolated = path.ask("0.4", "J_isolated", noun=told)
    if isolated is None:
        return _OPEN
    if isolated.value == NO:
        return _IS
    path.computed("0.4", "Was the sample extended, as the plan allows?", "not yet: extend it, then evaluate it again")
    path.blockers.append(f"extend the sample {sample.sample_id} and evaluate it again")
    return _OPEN
