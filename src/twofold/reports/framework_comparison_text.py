"""The comparison of SOC 2 and SOX as sentences, each bound to its rule and data: for text, JSON and page alike."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from twofold.model.statement import Statement
from twofold.reports.framework_comparison import (
    LENSES,
    Comparison,
    ControlCompared,
    LensPart,
    about,
    appears,
    differences,
    kinds,
    rule,
    same_verdict,
    sharing,
)

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Told:
    """A control in words: what each lens says of it, and what the two have in common and do not."""

    control_id: str
    title: str
    statement: str
    sides: Mapping[str, tuple[Statement, ...]]
    shared: tuple[Statement, ...]


def told(comparison: Comparison, compared: ControlCompared) -> Told:
    """Return a control in words."""
    return Told(
        compared.control.control_id,
        compared.control.title,
        compared.control.statement,
        {lens: tuple(_side(comparison, compared, lens)) for lens in LENSES},
        tuple(_shared(comparison, compared)),
    )


def introduction(comparison: Comparison) -> tuple[Statement, ...]:
    """Return what the two are, and what all controls together show."""
    return tuple(_introduction(comparison))


def _introduction(comparison: Comparison) -> Iterator[Statement]:
    for lens in LENSES:
        framework = about(lens)
        data = [f"engagement: {comparison.engagements[lens]}"] if lens in comparison.engagements else ["lens: " + lens]
        text = f"{framework.name} is {framework.standard}, for {framework.reader}. It asks: {framework.asks}"
        yield Statement(text, framework.rule, tuple(data))
        text = f"Under {framework.name} what decides is the {framework.decides}."
        yield Statement(text, framework.rule, tuple(data))
    if not comparison.relevant:
        yield no_sox(comparison)
    both = [each for each in comparison.controls if each.lenses == len(LENSES)]
    pieces = {piece for each in comparison.controls for piece in each.evidence}
    twice = {piece for each in both for piece in each.evidence}
    if pieces:
        text = (
            f"{len(both)} of {len(comparison.controls)} controls count under both. {len(pieces)} pieces of evidence"
            f" were captured once for all controls shown, and {len(twice)} of these are used twice."
        )
        yield Statement(text, rule("evidence"), _controls(both or comparison.controls))
    differ = [str(each.control.control_id) for each in both if _conclusions_differ(each)]
    if both:
        text = f"The proposed conclusion differs for {len(differ)} of these {len(both)}: {_named(differ)}."
        if not differ:
            text = "The proposed conclusion is the same under both, for each control that counts under both."
        yield Statement(text, rule("conclusion"), _controls(both))


def no_sox(comparison: Comparison) -> Statement:
    """Say why there is no SOX here, and what would make it appear."""
    what, source = appears()
    text = (
        f"No system is financially relevant, so SOX asks nothing here. It would appear with {what}: label it"
        " financially_relevant in the scope files and add an engagement with the lens sox."
    )
    return Statement(
        text, source, tuple(f"scope: systems/{name}" for name in comparison.systems) or ("scope: systems",)
    )


def _side(comparison: Comparison, compared: ControlCompared, lens: str) -> Iterator[Statement]:
    framework, part, control = about(lens), compared.parts[lens], compared.control
    engagement = f"engagement: {part.engagement}"
    if lens == "sox" and not comparison.relevant:
        yield no_sox(comparison)
        return
    if lens not in control.lenses:
        text = f"{framework.name} does not ask for this control."
        yield Statement(text, rule("attributes"), (f"control: {control.control_id}",))
        return
    if part.judgement is None:
        text = f"The company does not run this control in {part.engagement}, as the scope files say."
        if not part.engagement:
            text = (
                f"Nothing was judged for {framework.name}: add an engagement with the lens {lens}, then twofold judge."
            )
        yield Statement(text, rule("conclusion"), (f"control: {control.control_id}",))
        return
    noun = "criteria" if lens == "soc2" else "ITGC domains"
    headings = _named(part.headings) or f"no {noun} in this engagement"
    yield Statement(f"Serves {headings}.", rule("attributes"), (f"control: {control.control_id}",))
    yield Statement(f"Period: {part.period}.", rule("period"), (engagement,))
    whole = [each.system for each in part.systems if not each.days]
    partly = [f"{each.system} ({each.days})" for each in part.systems if each.days]
    days = [f"all of the period: {', '.join(whole)}"] if whole else []
    days += [f"part of it: {', '.join(partly)}"] if partly else []
    data = tuple(f"scope: systems/{each.system}" for each in part.systems) or (engagement,)
    yield Statement(f"Systems that count, {'; '.join(days) or 'none in the period'}.", rule("systems"), data)
    yield from _results(part, framework.name, control.control_id)


def _results(part: LensPart, name: str, control_id: str) -> Iterator[Statement]:
    if part.judgement is None:
        return
    engagement = f"engagement: {part.engagement}"
    for result in part.judgement.results:
        data = (engagement, f"run: {result.run_id}") if result.run_id else (engagement,)
        found = result.counts
        if found is None:
            text = f"{result.control_test}: no result; {'; '.join(result.stops) or 'it has not been run'}."
        else:
            text = (
                f"{result.control_test}: {found.applicable:,} of {found.population:,} items count."
                f" Pass {found.passed:,}, exceptions {found.exceptions:,}, cannot be tested {found.cannot_test:,}."
            )
        yield Statement(text, rule("verdicts"), data)
        if part.lens == "sox" and found is not None:
            signed = result.completeness_signed_by
            proof = f"is signed by {signed}" if signed else "is not signed by a named person yet, and SOX asks for it"
            yield Statement(f"{result.control_test}: the completeness record {proof}.", rule("proof"), data)
    reasons = "; ".join(part.judgement.reasons[:_SHOWN])
    text = f"Proposed for {name}: {part.judgement.conclusion.value}{f' ({reasons})' if reasons else ''}."
    yield Statement(text, rule("conclusion"), (engagement, f"control: {control_id}"))


def _shared(comparison: Comparison, compared: ControlCompared) -> Iterator[Statement]:
    control = compared.control
    data = tuple(f"run: {run}" for run in compared.runs) or (f"control: {control.control_id}",)
    only = {
        lens: [f"{letter} of {test}" for test, letter, _, *asked in compared.attributes if asked == _only(lens)]
        for lens in LENSES
    }
    for lens in LENSES:
        if only[lens] and set(control.lenses) == set(LENSES):
            text = f"{about(lens).name} asks for more: {_named(only[lens])}."
            yield Statement(text, rule("attributes"), (f"control: {control.control_id}",))
    if control.lens_difference:
        text = " ".join(control.lens_difference.split())
        yield Statement(text, rule("attributes"), (f"control: {control.control_id}",))
    shared = sharing(compared.pairs)
    if comparison.relevant and shared["both"]:
        same = same_verdict(compared.pairs)
        text = (
            f"Items that count under both: {shared['both']:,}, of them with the same verdict {same:,}; for SOC 2 only"
            f" {shared['soc2']:,}, for SOX only {shared['sox']:,}, for neither {shared['neither']:,}."
        )
        yield Statement(text, rule("verdicts"), data)
    if comparison.relevant:
        of_kind = kinds()
        for each in differences(compared)[:_SHOWN]:
            source = of_kind[each.kind][1] if each.kind in of_kind else rule("verdicts")
            items = f"{each.items:,} {'item' if each.items == 1 else 'items'}"
            yield Statement(f"{each.text}: {items}.", source, data)
    if compared.evidence:
        pieces = len(compared.evidence)
        noun = "piece" if pieces == 1 else "pieces"
        text = f"{pieces:,} {noun} of evidence, captured once, used {_times(compared.lenses)}."
        yield Statement(text, rule("evidence"), tuple(f"evidence: {each}" for each in compared.evidence[:_SHOWN]))


def _only(lens: str) -> list[bool]:
    return [lens == "soc2", lens == "sox"]


def _conclusions_differ(compared: ControlCompared) -> bool:
    judged = [part.judgement.conclusion for part in compared.parts.values() if part.judgement]
    return len(set(judged)) > 1


def _times(number: int) -> str:
    return {0: "not yet", 1: "once", 2: "twice"}[number]


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown


def _controls(compared: Sequence[ControlCompared]) -> tuple[str, ...]:
    return tuple(f"control: {each.control.control_id}" for each in compared)
