"""The evaluation of one deficiency: stages 0 to 4 in order, with the path that led to the class."""

from dataclasses import dataclass

from twofold.findings.deficiency.case import Case
from twofold.findings.deficiency.exception import is_deficiency, is_escalated
from twofold.findings.deficiency.inputs import Judgements
from twofold.findings.deficiency.objective import objective_met
from twofold.findings.deficiency.path import Missing, Path, Step
from twofold.findings.deficiency.raises import raised
from twofold.findings.deficiency.reliance import of_reliance
from twofold.findings.deficiency.severity import UNRESOLVED, Severity, Span

_DEFICIENCY = Span.of(Severity.DEFICIENCY)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result. span: classes still possible; blockers: what has to be done first; missing: what has to be judged.

    kind: design or operating, "" for an exception only. escalated: an exception is override, concealment or fraud.
    """

    case: Case
    span: Span
    kind: str
    escalated: bool
    steps: tuple[Step, ...]
    missing: tuple[Missing, ...]
    blockers: tuple[str, ...]

    @property
    def severity(self) -> Severity | None:
        """The class, None while it is unresolved."""
        return self.span.low if self.span.certain and not self.blockers else None

    @property
    def word(self) -> str:
        """The class in words, or that it is unresolved."""
        return UNRESOLVED if self.severity is None else self.severity.title

    @property
    def provisional(self) -> Severity:
        """The highest class that is still possible; the class itself once it is decided."""
        return self.span.high

    @property
    def is_open(self) -> bool:
        """Whether it is open on the last day of the fiscal year, as far as is known."""
        return self.case.at_year_end.open

    @property
    def wanted(self) -> list[str]:
        """What would resolve it: what blocks, then what nobody judged yet."""
        return [*self.blockers, *(each.text for each in self.missing)]


def evaluate(case: Case, judgements: Judgements) -> Evaluation:
    """Evaluate one deficiency; the same facts and judgements give the same result."""
    path = Path(case.deficiency_id, judgements)
    first, kind = is_deficiency(case, path)
    escalated = is_escalated(path)
    if first.high is Severity.EXCEPTION:
        return _result(case, first, kind, path, escalated=escalated)
    met = objective_met(case, path)
    if met:
        found = _DEFICIENCY
    else:
        found = of_reliance(case, path)
        found = found if met is False else Span(Severity.DEFICIENCY, found.high)
    found = raised(found, path)
    if first.low is Severity.EXCEPTION:
        found = Span(Severity.EXCEPTION, found.high)
    path.steps += [Step(step, "How does it stand at year end?", text) for step, text in case.at_year_end.steps]
    return _result(case, found, kind, path, escalated=escalated)


def _result(case: Case, span: Span, kind: str, path: Path, *, escalated: bool) -> Evaluation:
    # What could only matter where several classes are possible is not asked once one is left.
    missing = () if span.certain and not path.blockers else tuple(path.missing)
    return Evaluation(case, span, kind, escalated, tuple(path.steps), missing, tuple(path.blockers))
