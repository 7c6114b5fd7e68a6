"""Stage 2: what relied on the control, and did it hold? The reliance chain (audit-domain 2.6, 2.1 and 2.2 a to e)."""

from collections.abc import Sequence

from twofold.findings.deficiency.case import Case
from twofold.findings.deficiency.dependents import Dependent, State, state_in, uncovered
from twofold.findings.deficiency.exposure import Asked, severity
from twofold.findings.deficiency.inputs import NO
from twofold.findings.deficiency.path import Path
from twofold.findings.deficiency.severity import Severity, Span, gravest

REMEDIES = (
    "re-perform the logic, compare the code with the baseline, run analytics over these days, or review the activity "
    "of whoever could have used the access, and hand that in as a reliance_test"
)
"""What resolves dependents that nobody validated (2.2a)."""
_DEFICIENCY = Span.of(Severity.DEFICIENCY)


def of_reliance(case: Case, path: Path) -> Span:
    """Return the classes that are still possible. What is not validated before the conclusion date blocks."""
    if case.unrecorded:
        named = ", ".join(case.unrecorded)
        path.computed("2.1", "What relies on the systems?", f"nobody recorded what relies on {named}")
        path.blockers.append(f"record what of financial reporting relies on {named}, in the register of reliance")
    elif not case.dependents:
        told = "nothing. So why is the system in scope? Its label says that it is financially relevant"
        path.computed("2.1", "What relies on the systems?", told)
        return _DEFICIENCY
    if case.dependents:
        named = ", ".join(each.title for each in case.dependents)
        path.computed("2.1", "What relies on the systems?", named)
    states = {each.id: state_in(each, case.window) for each in case.dependents}
    open_ones = [each for each in case.dependents if states[each.id] is State.NOT_VALIDATED]
    failed = [each for each in case.dependents if states[each.id] is State.FAILED]
    spans = [_not_validated(case, each, path) for each in open_ones]
    if open_ones and not case.concluded:
        path.blockers += _blocking(case, open_ones)
    spans += [_failed(case, each, path) for each in failed]
    if case.unrecorded:
        spans.append(Span(Severity.DEFICIENCY, Severity.MATERIAL))
    if case.dependents and not open_ones and not failed:
        path.computed("2.2e", "Did each of them hold?", f"yes, all were tested effective over {case.window}")
    return gravest(spans)


def _days(case: Case, dependent: Dependent) -> str:
    return ", ".join(map(str, uncovered(dependent, case.window)))


def _blocking(case: Case, dependents: Sequence[Dependent]) -> list[str]:
    """Say what nobody validated, those with the same days together."""
    by_days: dict[str, list[str]] = {}
    for each in dependents:
        by_days.setdefault(_days(case, each), []).append(each.title)
    return [f"{', '.join(names)}: not validated for {days}. So {REMEDIES}" for days, names in by_days.items()]


def _not_validated(case: Case, dependent: Dependent, path: Path) -> Span:
    """Count it as failed and related, gross: for good once the conclusion date is reached, provisionally before.

    Before that nobody is asked how severe it would be: it is to be validated. What was judged already is used.
    """
    asked = f"{dependent.title}: was it validated over {case.window}?"
    told = f"no, not for {_days(case, dependent)}"
    if case.concluded:
        reached = f"the conclusion date {case.conclusion_on} is reached, so it counts as failed and related"
        path.computed("2.2b", asked, f"{told}; {reached}")
        return _severity(case, dependent, path, compensating=())
    path.computed("2.2a", asked, f"{told}: the class is unresolved until it is")
    trial = Path(path.subject, path.judgements)
    found = _severity(case, dependent, trial, compensating=())
    path.steps += [each for each in trial.steps if not each.open]
    words = found.low.title if found.certain else f"between {found.low.title} and {found.high.title}"
    path.computed("2.2b", f"{dependent.title}: provisionally, as if it failed?", words)
    return found


def _failed(case: Case, dependent: Dependent, path: Path) -> Span:
    """Evaluate one that failed; for another reason it is a deficiency of its own and sets no class here."""
    path.computed("2.2", f"{dependent.title}: was it tested effective over {case.window}?", "no, it failed")
    caused = path.ask("2.2c", "J_caused_by_itgc", about=dependent.id, noun=dependent.title)
    if caused is not None and caused.value == NO:
        told = "it failed for another reason: a deficiency of its own, evaluated apart"
        path.computed("2.2d", f"{dependent.title}: does it set the class?", told)
        return _DEFICIENCY
    found = _severity(case, dependent, path, compensating=case.compensating)
    return found if caused is not None else Span(Severity.DEFICIENCY, found.high)


def _severity(case: Case, dependent: Dependent, path: Path, *, compensating: Sequence[Dependent]) -> Span:
    touching = [each for each in compensating if each.account and each.account == dependent.account]
    asked = Asked(case.engagement_id, dependent.id, dependent.title, "J_max_exposure", case.window, touching)
    return severity(asked, path)
