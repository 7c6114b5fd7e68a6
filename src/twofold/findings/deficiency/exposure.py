"""Stage 3: how severe is a failed dependent, or a group? (audit-domain 2.6, 3.1 to 3.5)."""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.findings.deficiency.dependents import Dependent, State, Window, state_in, uncovered
from twofold.findings.deficiency.inputs import NO, YES, money_of
from twofold.findings.deficiency.money import Money
from twofold.findings.deficiency.path import Path
from twofold.findings.deficiency.severity import Severity, Span


@dataclass(frozen=True, slots=True)
class Asked:
    """Of what severity is asked. exposure: the input that says how large it could be. compensating: what may reduce it.

    engagement: whose materiality counts. subject: of the inputs, "" = that of the path.
    """

    engagement: str
    about: str
    noun: str
    exposure: str
    window: Window
    compensating: Sequence[Dependent] = ()


def severity(asked: Asked, path: Path) -> Span:
    """Return the classes that are still possible."""
    possible = path.ask("3.1", "J_reasonably_possible", about=asked.about, noun=asked.noun)
    if possible is not None and possible.value == NO:
        return Span.of(Severity.DEFICIENCY)
    found = _by_amount(asked, path)
    return found if possible is not None else Span(Severity.DEFICIENCY, found.high)


def _by_amount(asked: Asked, path: Path) -> Span:
    """Compare the exposure with materiality (3.2, 3.3), then ask whether it merits attention (3.4, 3.5)."""
    gross = money_of(path.ask("3.2", asked.exposure, about=asked.about, noun=asked.noun))
    material = money_of(path.ask("3.3", "J_materiality", subject=asked.engagement))
    if gross is None or material is None:
        return Span(_if_below(asked, path).low, Severity.MATERIAL)
    if gross.currency != material.currency:
        told = f"the exposure is in {gross.currency} and materiality in {material.currency}: give both in one currency"
        path.computed("3.3", "Can they be compared?", f"no: {told}")
        path.blockers.append(f"{asked.noun}: {told}")
        return Span(_if_below(asked, path).low, Severity.MATERIAL)
    net, may_lower = _reduced(asked, path, gross, material)
    if net.amount >= material.amount:
        verdict = f"{net} is not below materiality of {material}"
        if may_lower:
            path.computed("3.3", "Is the exposure material?", f"{verdict}, unless a compensating control is precise")
            return Span(_if_below(asked, path).low, Severity.MATERIAL)
        path.computed("3.3", "Is the exposure material?", f"yes: {verdict}")
        return Span.of(Severity.MATERIAL)
    path.computed("3.3", "Is the exposure material?", f"no: {net} is below materiality of {material}")
    merits = path.ask("3.4", "J_merits_attention", about=asked.about, noun=asked.noun)
    if merits is None:
        return Span(Severity.DEFICIENCY, Severity.SIGNIFICANT)
    return Span.of(Severity.SIGNIFICANT if merits.value == YES else Severity.DEFICIENCY)


def _if_below(asked: Asked, path: Path) -> Span:
    """Return the class if the exposure were below materiality, from what is known of the attention that it merits."""
    merits = path.known("J_merits_attention", asked.about)
    known = merits is not None and merits.value == YES
    return Span.of(Severity.SIGNIFICANT if known else Severity.DEFICIENCY)


def _reduced(asked: Asked, path: Path, gross: Money, material: Money) -> tuple[Money, bool]:
    """Return the exposure after compensating controls, and whether one that nobody judged yet might still lower it."""
    net, may_lower = gross, False
    for each in asked.compensating:
        noun = each.title
        state = state_in(each, asked.window)
        if state is not State.EFFECTIVE:
            gaps = ", ".join(map(str, uncovered(each, asked.window)))
            told = "it failed" if state is State.FAILED else f"no effective test covers {gaps}"
            path.computed("3.2", f"{noun}: does it reduce the exposure?", f"no: {told}")
            continue
        if net.amount < material.amount and path.known("J_precision", each.id) is None:
            continue
        given = path.ask("3.2", "J_precision", about=each.id, noun=noun)
        precise = money_of(given)
        may_lower = may_lower or given is None
        if precise is None:
            continue
        if precise.currency != gross.currency:
            told = f"its precision is in {precise.currency} and the exposure in {gross.currency}"
            path.computed("3.2", f"{noun}: does it reduce the exposure?", f"no: {told}")
        elif precise.amount < net.amount:
            path.computed("3.2", f"{noun}: does it reduce the exposure?", f"yes, from {net} to {precise}")
            net = precise
    return net, may_lower and net.amount >= material.amount
