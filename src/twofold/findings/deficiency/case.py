"""The facts of one deficiency, as the evidence gives them; judgements come apart."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from twofold.findings.deficiency.dependents import Dependent, Window
from twofold.findings.deficiency.inputs import Given


@dataclass(frozen=True, slots=True)
class Rate:
    """Deviations of one control test under the lens; items that cannot be tested count as deviations (0.6)."""

    control_test: str
    deviations: int
    applicable: int

    def exceeds(self, percent: Decimal) -> bool:
        """Whether more deviate than is tolerable, exactly."""
        return self.deviations * 100 > percent * self.applicable


@dataclass(frozen=True, slots=True)
class FindingFact:
    """What the evaluation needs of a finding. answered: a named person stated the cause."""

    finding_id: str
    title: str
    items: int
    pattern: str
    answered: bool


@dataclass(frozen=True, slots=True)
class SampleFact:
    """A sample of the control that was evaluated. planned: deviations that the plan allows.

    replaced: units beside `size` that a person took out as void and that deviate nevertheless.
    doubts: what is left to be asked about freezes, nonces and sizes; they decide nothing.
    evaluated: False where it was replaced from or extended since, so that its figures are not known.
    """

    sample_id: str
    size: int
    deviations: int
    planned: int
    extension_allowed: bool
    extended: bool
    evaluated: bool = True
    replaced: int = 0
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another IT general control, and whether it was tested effective for the same systems and window.

    same_objective: it serves the same ITGC domain, so software proposes it.
    """

    control_id: str
    title: str
    same_objective: bool
    effective: bool
    why: str


@dataclass(frozen=True, slots=True)
class AtYearEnd:
    """How it stands on the last day of the fiscal year (stage 6). steps: rule -> what it says."""

    open: bool
    text: str
    steps: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One deficiency: what the findings of one control of one SOX engagement are together.

    window: W, in which the control did not work. ends_on: last day of the fiscal year. as_of: day of the evaluation.
    unrecorded: systems of which nobody recorded what relies on them. domains, principles: of the control.
    facts: what software knows that moves severity.
    """

    deficiency_id: str
    engagement_id: str
    control_id: str
    control_title: str
    domains: tuple[str, ...]
    principles: tuple[int, ...]
    findings: tuple[FindingFact, ...]
    systems: tuple[str, ...]
    window: Window
    ends_on: date
    as_of: date
    rates: tuple[Rate, ...]
    tolerable: Decimal
    tolerable_source: str
    at_year_end: AtYearEnd
    tolerable_given: Given | None = None
    samples: tuple[SampleFact, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    dependents: tuple[Dependent, ...] = ()
    compensating: tuple[Dependent, ...] = ()
    unrecorded: tuple[str, ...] = ()
    conclusion_on: date | None = None
    facts: tuple[tuple[str, str], ...] = field(default=())

    @property
    def concluded(self) -> bool:
        """Whether the conclusion date is reached: what is not validated by now counts as failed."""
        return self.conclusion_on is not None and self.as_of >= self.conclusion_on
