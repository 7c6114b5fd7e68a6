"""Stage 4: what raises the class, and never lowers it (audit-domain 2.6, 4.1 to 4.3)."""

from twofold.findings.deficiency.inputs import INDICATORS, PRUDENT, YES, Given, indicators_of
from twofold.findings.deficiency.path import Path
from twofold.findings.deficiency.severity import Severity, Span

_TWO = 2


def raised(span: Span, path: Path) -> Span:
    """Return the span after the careful official, the indicators and what was reported before."""
    prudent = path.ask("4.1", "J_prudent_official")
    if prudent is None:
        span = span.up_to(Severity.MATERIAL)
    elif prudent.value == "not_satisfied":
        span = span.at_least(_argued(path, "4.1", PRUDENT, "a careful official is not satisfied", persons=1))
    named = path.ask("4.2", "J_indicator")
    if named is None:
        span = span.up_to(Severity.MATERIAL)
    else:
        for each in indicators_of(named.value):
            span = span.at_least(_argued(path, "4.2", each, INDICATORS[each], persons=_TWO))
    uncorrected = path.ask("4.3", "J_uncorrected")
    if uncorrected is None:
        return span.up_to(Severity.SIGNIFICANT)
    return span.at_least(Severity.SIGNIFICANT) if uncorrected.value == YES else span


def _argued(path: Path, step: str, about: str, noun: str, *, persons: int) -> Severity:
    """Return the floor: a material weakness is presumed until it is argued against by so many persons."""
    against = arguing(path, about)
    if len(against) >= persons:
        told = f"argued against by {' and '.join(each.given_by for each in against)}: at least a significant deficiency"
        path.computed(step, f"{noun}: is it a material weakness?", told)
        return Severity.SIGNIFICANT
    needs = "a second person has to argue it, too" if against else f"J_rebuttal on {about} would argue against it"
    if persons == _TWO and not against:
        needs += ", by two persons"
    told = f"presumed, since nobody argued against it; {needs}"
    if against:
        told = f"presumed, though {against[0].given_by} argued against it; {needs}"
    path.computed(step, f"{noun}: is it a material weakness?", told)
    return Severity.MATERIAL


def arguing(path: Path, about: str) -> list[Given]:
    """Return the newest rebuttal of each person who still argues against it, the newest first."""
    newest: list[Given] = []
    for each in path.judgements.every("J_rebuttal", path.subject, about):
        if not each.why_not and not any(
            each.is_of(name) for other in newest for name in {other.given_by, *other.names}
        ):
            newest.append(each)
    return [each for each in newest if each.value == YES]
