"""Samples of several slices of one period, such as interim and roll-forward: which belong together, and what they show.

Each slice has its own frozen population and its own draw, so the slices are strata of the period.
"""

from collections.abc import Iterable
from fractions import Fraction

from twofold.engagement.sample import Sample
from twofold.populations.samples.attribute_sizes import supports_reliance, upper_limit
from twofold.populations.samples.evaluation import percent


def same_subject(sample: Sample, samples: Iterable[Sample]) -> list[Sample]:
    """Return the samples of the same engagement, control and control test, itself among them."""
    return [each for each in samples if _about(each) == _about(sample)]


def overlap(one: Sample, other: Sample) -> bool:
    """Whether two slices share a moment. Instants of the log are texts of one form, so they compare as text."""
    return one.starts_at < other.ends_before and other.starts_at < one.ends_before


def slices_of(sample: Sample, about: Iterable[Sample]) -> list[Sample]:
    """Return a sample and those of other slices, none of which overlap; evaluated before drawn, newest before older."""
    taken = [sample]
    for each in sorted(about, key=lambda each: (each.result is None, each.plan is None, -each.entry)):
        if not any(overlap(each, one) for one in taken):
            taken.append(each)
    return taken


def with_other_slices(sample: Sample, samples: Iterable[Sample]) -> str:
    """Say what a sample and the evaluated ones of other slices show together, "" where nothing can be put together.

    The limit holds however unevenly the slices deviate: they are strata, and one with fewer units than its share makes
    it higher. Units that a person replaced and that deviate count as deviations. Slices that are evaluated by other
    rates, or that are stratified in themselves, are left out. samples: all of the log, in order of freezing.
    """
    own = sample.result
    if own is None or own.by is not None:
        return ""
    slices = sorted(slices_of(sample, same_subject(sample, samples)), key=lambda each: each.starts_at)
    alike = (own.confidence, own.tolerable, None)
    results = [
        (each, found)
        for each in slices
        if (found := each.result) is not None and (found.confidence, found.tolerable, found.by) == alike
    ]
    if len(results) < 2:  # noqa: PLR2004  itself, and another
        return ""
    strata = [(each.units, result.units + len(result.replaced)) for each, result in results]
    deviations = sum(len(result.deviations) + len(result.replaced) for _, result in results)
    items, units = (sum(column) for column in zip(*strata, strict=True))
    risk, tolerable = 1 - Fraction(own.confidence) / 100, Fraction(own.tolerable) / 100
    limit = upper_limit(deviations, units, risk, strata=strata)
    verdict = supports_reliance(deviations, units, risk=risk, tolerable=tolerable, strata=strata)
    replaced = sum(len(result.replaced) for _, result in results)
    told = f", {replaced:,} of them replaced by a person" if replaced else ""
    names = ", ".join(each.sample_id for each, _ in results)
    return (
        f"All evaluated slices together ({names}): {deviations:,} of {units:,} units deviate{told}. With "
        f"{own.confidence}% confidence at most {percent(limit)} of their {items:,} items deviate, however the slices "
        f"differ; tolerable are {own.tolerable}%. Together they {'support' if verdict else 'do not support'} reliance."
    )


def _about(sample: Sample) -> tuple[str, str, str]:
    return sample.engagement, sample.control, sample.control_test
