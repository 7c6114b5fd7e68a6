"""A sample as a person reads it: its units with the verdicts of the newest judgement, and what is to be asked.

The lines of the units are fetched by position, since a frozen population may have millions. That they have the frozen
root is for the export and the package to see, which read all of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from twofold.engagement.sample import Chosen, Sample, Why, acts_on
from twofold.jobs.sample import frozen_file, verdict_file
from twofold.model.problem import Problem, UserError
from twofold.populations.samples.frozen import Unit, units_at
from twofold.records.acts.sample import sample_entries
from twofold.records.acts.sign_off import newest_judgement
from twofold.records.workspace import Workspace
from twofold.reports.sample_words import Results, SampleShown, shown_sample, verdicts_of
from twofold.vault.entry import Entry, EntryKind


@dataclass(frozen=True, slots=True)
class ReadUnit:
    """One unit, and what the newest judgement says of it; verdict: "" where it says nothing.

    number: its place in the sample, from 1; units that chance gave come before those that a person named.
    found_by_person: an evaluation says that it deviates because a person found so.
    """

    number: int
    chosen: Chosen
    unit: Unit
    verdict: str
    reason: str
    found_by_person: bool


@dataclass(frozen=True, slots=True)
class ReadSample:
    """One sample: the words for it, its units, and its entries in order of the log.

    problems: why units or verdicts are not here; then those that need them are left out.
    """

    sample: Sample
    shown: SampleShown
    units: Sequence[ReadUnit]
    acts: Sequence[Entry]
    problems: Sequence[Problem]


def read_sample(workspace: Workspace, sample: Sample, known: Sequence[Sample]) -> ReadSample:
    """Read one sample. known: all samples of the log, in order of freezing."""
    entries = list(sample_entries(workspace.vault))
    problems: list[Problem] = []
    units: Mapping[int, Unit] = {}
    results: Results | None = None
    try:
        units = _units(workspace, sample)
        results = _results(workspace, sample, units.values()) if units else None
    except UserError as error:
        problems += error.problems
    items = {position: unit.item for position, unit in units.items()}
    return ReadSample(
        sample=sample,
        shown=shown_sample(sample, items, entries, results, known),
        units=_read_units(sample, units, results or {}),
        acts=acts_on(sample, entries),
        problems=problems,
    )


def judged_anew(workspace: Workspace, samples: Iterable[Sample]) -> frozenset[str]:
    """Return the ids of evaluated samples whose control test has got other verdicts since the evaluation."""
    newest = {str(each.body["engagement"]): each for each in workspace.vault.entries(kind=EntryKind.JUDGEMENT)}
    found = set()
    for sample in samples:
        if sample.result is not None:
            before, after = workspace.vault.entry(sample.result.judgement), newest[sample.engagement]
            if _verdict_hash(before, sample) != _verdict_hash(after, sample):
                found.add(sample.sample_id)
    return frozenset(found)


def _verdict_hash(judgement: Entry, sample: Sample) -> str | None:
    return dict(judgement.body["verdicts"]).get(f"{sample.control}-{sample.control_test}")


def _units(workspace: Workspace, sample: Sample) -> dict[int, Unit]:
    file = frozen_file(workspace, sample)
    with file.open("rb") as lines:
        return units_at(lines, (each.position for each in sample.chosen), where=str(file))


def _results(workspace: Workspace, sample: Sample, units: Iterable[Unit]) -> Results:
    judgement = newest_judgement(workspace.vault, sample.engagement)
    file = verdict_file(workspace, judgement, sample.control, sample.control_test)
    return verdicts_of(file, {unit.item for unit in units})


def _read_units(sample: Sample, units: Mapping[int, Unit], results: Results) -> list[ReadUnit]:
    by_chance_first = sorted(sample.chosen, key=lambda each: each.why is Why.TARGETED)
    return [
        ReadUnit(
            number,
            each,
            units[each.position],
            *results.get(units[each.position].item, ("", "")),
            found_by_person=each.position in sample.found_by_people,
        )
        for number, each in enumerate(by_chance_first, 1)
        if each.position in units
    ]
