"""The samples of a package in words, for its page and its workpapers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from twofold.engagement.sample import Result, Sample, Why
from twofold.engagement.sample_doubts import doubts
from twofold.engagement.sample_slices import with_other_slices
from twofold.model.outcome import Outcome
from twofold.reports.contents import PackageContents, PackagedSample
from twofold.reports.rows_as_text import reading_session
from twofold.vault.entry import Entry, EntryKind, instant_text, read_entry

FOLDER = "samples"
Results = Mapping[str, tuple[str, str]]
"""Item -> verdict and reason."""


def sample_place(sample_id: str) -> str:
    """Return the folder of a sample inside data/."""
    return f"{FOLDER}/{sample_id}"


def records_of(contents: PackageContents) -> list[Entry]:
    """Return the records that a package shows, in order of the log."""
    return [read_entry(raw) for _, raw in contents.log.records]


def agreements_about(sample: Sample, records: Sequence[Entry]) -> list[Entry]:
    """Return what was agreed about samples of this engagement and control, in order of the log."""
    about = (sample.engagement, sample.control)
    agreed = (each for each in records if each.kind == EntryKind.SAMPLE_AGREEMENT)
    return [each for each in agreed if (each.body["engagement"], each.body["control"]) == about]


def results_of(contents: PackageContents, each: PackagedSample) -> Results | None:
    """Return the packaged verdicts of the chosen items, None where the package has no such verdict file."""
    sample = each.sample
    about = (sample.control, sample.control_test)
    runs = (run for run in contents.runs if (run.control.control_id, run.rule.control_test) == about)
    file = next((run.verdicts[sample.engagement] for run in runs if sample.engagement in run.verdicts), None)
    if file is None:
        return None
    return verdicts_of(file, items_of(each).values())


def verdicts_of(file: Path, items: Iterable[str]) -> Results:
    """Return what a verdict file says of these items."""
    query = (
        "SELECT item, verdict, COALESCE(reason, '') FROM read_parquet(?) WHERE item IN (SELECT unnest(?::VARCHAR[]))"
    )
    with reading_session() as session:
        rows = session.execute(query, [str(file), list(items)]).fetchall()
    return {item: (verdict, reason) for item, verdict, reason in rows}


def items_of(each: PackagedSample) -> dict[int, str]:
    """Return position -> item of the chosen units."""
    return {chosen.position: each.population.unit(chosen.position).item for chosen in each.sample.chosen}


@dataclass(frozen=True, slots=True)
class SampleShown:
    """A sample in words. mark: style and words of what the evaluation says. doubts: what is left to be asked."""

    sample_id: str
    engagement: str
    control_id: str
    control_test: str
    population: str
    drawn: str
    agreed: str
    result: str
    doubts: tuple[str, ...]
    mark: tuple[str, str]
    folder: str


def shown_samples(contents: PackageContents) -> list[SampleShown]:
    """Return the samples as pages and workpapers show them, in order of the log."""
    records = records_of(contents)
    known = [each.sample for each in contents.samples]
    return [
        shown_sample(each.sample, items_of(each), records, results_of(contents, each), known)
        for each in contents.samples
    ]


def shown_sample(
    sample: Sample,
    items: Mapping[int, str],
    records: Sequence[Entry],
    results: Results | None,
    known: Sequence[Sample],
) -> SampleShown:
    """Return a sample in words.

    items: position -> item of the chosen units. results: None where no verdicts are. known: all samples of the log.
    """
    result, unknown = sample.result, _not_evaluated(sample, items, results)
    agreed = agreements_about(sample, records)
    told = f"{result.sentence} {with_other_slices(sample, known)}".strip() if result else "not evaluated"
    if unknown:
        told = f"{unknown:,} more units deviate or do not apply by the newest verdicts: evaluate again. Before: {told}"
    return SampleShown(
        sample_id=sample.sample_id,
        engagement=sample.engagement,
        control_id=sample.control,
        control_test=sample.control_test,
        population=f"{sample.units:,} units, frozen {instant_text(sample.frozen_at)[:10]} by {sample.frozen_by} "
        f"(entry {sample.entry})",
        drawn=_drawn(sample) + _of_those_that_left(sample, items, results),
        agreed=_agreed(sample, agreed),
        result=told,
        doubts=tuple(doubts(sample, known)),
        mark=reliance_mark(None if unknown else result),
        folder=sample_place(sample.sample_id),
    )


def reliance_mark(result: Result | None) -> tuple[str, str]:
    """Return style and words of what an evaluation says; None before it, and where newer verdicts contradict it."""
    if result is None:
        return "none", "○ not evaluated"
    if result.depends:
        return "none", "○ supports reliance only without units that were replaced"
    return ("ok", "✓ supports reliance") if result.supports else ("bad", "✗ does not support reliance")


def _agreed(sample: Sample, agreed: Sequence[Entry]) -> str:
    """Tell what was agreed before the draw, and apart from it what came later; before a draw, the newest."""
    if sample.plan is None:
        return _agreement(agreed[-1]) if agreed else "nothing was agreed"
    before = [_agreement(each) for each in agreed if each.index == sample.agreement]
    later = [each for each in agreed if sample.agreement is None or each.index > sample.agreement]
    told = before[0] if before else "nothing was agreed before the draw" if later else "nothing was agreed"
    return f"{told}. After the draw: {_agreement(later[-1])}" if later else told


def _agreement(entry: Entry) -> str:
    body = entry.body
    return (
        f"{body['size']:,} units, extension {body['extension']:,}, agreed with {body['agreed_with']} "
        f"({entry.actor}, {instant_text(entry.at)[:10]}, entry {entry.index}), confidence {body['confidence']}%, "
        f"tolerable {body['tolerable']}%, expected {body['expected']}%: {body['reason']}"
    )


def _not_evaluated(sample: Sample, items: Mapping[int, str], results: Results | None) -> int:
    """Return how many units are no deviations of the evaluation, and not clean by the verdicts.

    They count, or they left and deviate.
    """
    if sample.result is None or results is None:
        return 0
    clean = {each.position for each in sample.projected}.difference(sample.result.deviations)
    left = _deviating_that_left(sample, items, results).difference(sample.result.replaced)
    return sum(results.get(items[position], ("", ""))[0] != Outcome.PASS for position in clean) + len(left)


def _deviating_that_left(sample: Sample, items: Mapping[int, str], results: Results) -> set[int]:
    """Return the units that a person took out and that deviate: missing evidence is no reason to replace one."""
    clean = {Outcome.PASS, Outcome.NOT_APPLICABLE}
    return {
        at for at in sample.left if at in sample.found_by_people or results.get(items[at], ("", ""))[0] not in clean
    }


def _of_those_that_left(sample: Sample, items: Mapping[int, str], results: Results | None) -> str:
    """Tell how many of the units that a person took out deviate."""
    if not sample.left or results is None:
        return ""
    deviate = len(_deviating_that_left(sample, items, results))
    found = (
        f"{deviate:,} of the units that left {'deviates' if deviate == 1 else 'deviate'}"
        if deviate
        else "none of the units that left deviates"
    )
    return f"; by the newest verdicts and what people found, {found}"


def _drawn(sample: Sample) -> str:
    planned = sample.frozen_plan
    if sample.plan is None:
        return f"not drawn; planned at the freeze: {planned.size:,} units, {planned.how}"
    method = f"{sample.plan.how}, {'planned' if planned == sample.plan else 'not planned'} at the freeze"
    counts = {why: sum(each.why is why for each in sample.chosen) for why in Why}
    more = {
        "replaced": counts[Why.REPLACEMENT],
        "left with none in its place": sum(bool(each.left_because) for each in sample.chosen) - counts[Why.REPLACEMENT],
        "more by extension": counts[Why.EXTENSION],
        "named by a person": counts[Why.TARGETED],
    }
    told = "".join(f", {count:,} {words}" for words, count in more.items() if count)
    return f"{counts[Why.DRAWN]:,} units, {method}{told}"
