"""What a sample leaves to be asked: plain facts of the log that a reader cannot see from the sample alone.

None is a verdict. A population may be frozen again for a good reason, and fewer units than agreed may be right; the log
does not say so, and somebody should. The rules stand in docs/formats/sample.md, so that others find the same doubts.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import ceil

from twofold.engagement.sample import Sample
from twofold.engagement.sample_slices import overlap, same_subject, slices_of
from twofold.populations.samples.profiles import profile_sizes

_SLICE = "slice"
"""Reason of an item that is no unit because the slice leaves it out."""


def doubts(sample: Sample, samples: Iterable[Sample]) -> list[str]:
    """Return a sentence for each doubt about a sample. samples: all of the log, in order of freezing."""
    about = same_subject(sample, samples)
    same = [each for each in about if overlap(each, sample)]
    slices = slices_of(sample, about)
    return [
        *_frozen_again(sample, same),
        *_forgotten(sample, same),
        *_smaller_than_agreed(sample, slices),
        *_by_other_rates(sample),
    ]


def below_every_convention(sample: Sample) -> str | None:
    """Say that a plan about which nothing was agreed is smaller than each source has it for so many items."""
    least = min(each.range.low for each in profile_sizes(occurrences=sample.units) if each.range is not None)
    if sample.agreed is not None or sample.frozen_plan.size >= least:
        return None
    return (
        f"Nothing was agreed with an auditor, and the plan has {_units(sample.frozen_plan.size)}: no convention for "
        f"{sample.units:,} items says less than {least}."
    )


def _items(sample: Sample) -> int:
    """Return how many items of the whole period count, as far as the freeze knew."""
    return sample.units + dict(sample.left_out).get(_SLICE, 0)


def _frozen_again(sample: Sample, same: Sequence[Sample]) -> Iterable[str]:
    before = [each for each in same if sample.draw_entry is None or each.entry < sample.draw_entry]
    if len(before) < 2:  # noqa: PLR2004  itself, and another
        return
    plans = ", ".join(f"{each.sample_id} ({_plan(each, sample)})" for each in before)
    drawn = ", ".join(each.sample_id for each in before if each.plan) or "none"
    when = "before the nonce" if sample.plan else "so far"
    yield f"This population was frozen {len(before)} times {when}; plans: {plans}; drawn: {drawn}."


def _plan(each: Sample, sample: Sample) -> str:
    told = f"{_units(each.frozen_plan.size)}, {each.frozen_plan.how}"
    return told if each.root == sample.root else f"{told}, of other items"


def _forgotten(sample: Sample, same: Sequence[Sample]) -> Iterable[str]:
    for each in same:
        if each.plan is not None and not each.evaluated_once and each.sample_id != sample.sample_id:
            other = f"{each.sample_id}, another freeze of the same"
            yield f"A nonce was given for {other}, and its draw was never evaluated."


def _smaller_than_agreed(sample: Sample, slices: Sequence[Sample]) -> Iterable[str]:
    agreed = sample.agreed
    if agreed is None:
        return
    asked = min(agreed.size, _items(sample))
    said = f"{agreed.size:,} were agreed with {agreed.agreed_with} ({agreed.at:%Y-%m-%d}, entry {agreed.entry})"
    if asked < agreed.size:
        said += f", and the period has {asked:,} items"
    planned = sum(each.frozen_plan.size for each in slices)
    if planned < asked:
        yield f"The plan has {_units(sample.frozen_plan.size)}{_in_all(planned, slices)}; {said}."
    evaluated = sum(each.result.units for each in slices if each.result)
    if sample.result is not None and evaluated < asked:
        yield f"The evaluation is of {_units(sample.result.units)}{_in_all(evaluated, slices)}; {said}."


def _by_other_rates(sample: Sample) -> Iterable[str]:
    """Say that the units are evaluated by a measure that was not agreed before anybody knew them."""
    agreed, result = sample.measure, sample.result
    if result is None:
        return
    if agreed is None:
        told = _rates(result.confidence, result.tolerable, result.planned)
        yield f"The evaluation is by {told}; no rates were agreed before the draw."
        return
    most = ceil(Fraction(agreed.expected) * result.units / 100)
    same = (result.confidence, result.tolerable) == (agreed.confidence, agreed.tolerable)
    if not same or result.planned > most:
        yield (
            f"The evaluation is by {_rates(result.confidence, result.tolerable, result.planned)}; agreed before the "
            f"draw: {_rates(agreed.confidence, agreed.tolerable, most)} ({agreed.at:%Y-%m-%d}, entry {agreed.entry})."
        )


def _rates(confidence: str, tolerable: str, planned: int) -> str:
    return f"{confidence}% confidence, {tolerable}% tolerable, at most {planned:,} planned"


def _in_all(units: int, slices: Sequence[Sample]) -> str:
    return f", with the other slices {units:,}" if len(slices) > 1 else ""


def _units(count: int) -> str:
    return f"{count:,} unit" if count == 1 else f"{count:,} units"
