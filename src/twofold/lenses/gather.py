"""Gather control judgements under a heading: a criterion for SOC 2, an ITGC domain for SOX."""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.lenses.conclusion import Conclusion, ControlJudgement


@dataclass(frozen=True, slots=True)
class GatheredJudgement:
    """What a lens proposes for a criterion or an ITGC domain, from the controls that serve it."""

    id: str
    title: str
    conclusion: Conclusion
    controls: tuple[str, ...]
    reasons: tuple[str, ...]


def gather(heading: str, title: str, controls: Sequence[ControlJudgement]) -> GatheredJudgement:
    """Propose a conclusion for a heading from its controls; never by counting them (audit-domain 1).

    One control that is not effective makes the proposal not effective: whether other controls still meet the heading
    is for a named person to say. A control without a result leaves it not concluded.
    """
    named = {
        conclusion: [control.control_id for control in controls if control.conclusion is conclusion]
        for conclusion in Conclusion
    }
    reasons = tuple(
        f"{conclusion.value}: {', '.join(ids)}"
        for conclusion, ids in named.items()
        if ids and conclusion is not Conclusion.EFFECTIVE
    )
    if not controls:
        conclusion, reasons = Conclusion.NOT_CONCLUDED, ("no control of the company serves it",)
    elif named[Conclusion.NOT_EFFECTIVE]:
        conclusion = Conclusion.NOT_EFFECTIVE
    elif named[Conclusion.NOT_CONCLUDED]:
        conclusion = Conclusion.NOT_CONCLUDED
    elif named[Conclusion.EFFECTIVE]:
        conclusion = Conclusion.EFFECTIVE
    else:
        conclusion = Conclusion.DID_NOT_OCCUR
    return GatheredJudgement(heading, title, conclusion, tuple(control.control_id for control in controls), reasons)
