"""The samples of a package in words, for its page and its workpapers."""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.engagement.sample import Sample, Why
from twofold.reports.contents import PackageContents
from twofold.vault.entry import Entry, EntryKind, instant_text, read_entry

FOLDER = "samples"


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


@dataclass(frozen=True, slots=True)
class SampleShown:
    """A sample in words. supports: what the evaluation says, None before it."""

    sample_id: str
    engagement: str
    control_id: str
    control_test: str
    population: str
    drawn: str
    agreed: str
    result: str
    supports: bool | None
    folder: str


def shown_samples(contents: PackageContents) -> list[SampleShown]:
    """Return the samples as pages and workpapers show them, in order of the log."""
    records = records_of(contents)
    return [_shown(each.sample, records) for each in contents.samples]


def _shown(sample: Sample, records: Sequence[Entry]) -> SampleShown:
    agreed = [
        f"{each.body['size']:,} units, extension {each.body['extension']:,}, agreed with {each.body['agreed_with']} "
        f"({each.actor}, {instant_text(each.at)[:10]}, entry {each.index}): {each.body['reason']}"
        for each in agreements_about(sample, records)
    ]
    result = sample.result
    return SampleShown(
        sample_id=sample.sample_id,
        engagement=sample.engagement,
        control_id=sample.control,
        control_test=sample.control_test,
        population=f"{sample.units:,} units, frozen {instant_text(sample.frozen_at)[:10]} by {sample.frozen_by} "
        f"(entry {sample.entry})",
        drawn=_drawn(sample),
        agreed=agreed[-1] if agreed else "nothing was agreed",
        result=result.sentence if result else "not evaluated",
        supports=result.supports if result else None,
        folder=sample_place(sample.sample_id),
    )


def _drawn(sample: Sample) -> str:
    if sample.plan is None:
        return "not drawn"
    method = f"{sample.plan.method}{f' by {sample.plan.by}' if sample.plan.by else ''}"
    counts = {why: sum(each.why is why for each in sample.chosen) for why in Why}
    more = {
        "replaced": counts[Why.REPLACEMENT],
        "left with none in its place": sum(bool(each.left_because) for each in sample.chosen) - counts[Why.REPLACEMENT],
        "more by extension": counts[Why.EXTENSION],
        "named by a person": counts[Why.TARGETED],
    }
    told = "".join(f", {count:,} {words}" for words, count in more.items() if count)
    return f"{counts[Why.DRAWN]:,} units, {method}{told}"
