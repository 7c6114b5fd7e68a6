"""Step 23 of the check: each sample is what follows from the log, the frozen lines and the verdicts (sample.md)."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import duckdb
import orjson

from twofold.engagement.sample import Sample, rebuild
from twofold.engagement.sample_doubts import doubts
from twofold.model.outcome import Outcome
from twofold.model.problem import UserError
from twofold.populations.samples.frozen import FrozenPopulation, read_frozen, unit_line
from twofold.reports.bag import DATA
from twofold.reports.sample_words import FOLDER, sample_place
from twofold.reports.samples import (
    DRAW_FILE,
    EVALUATION_FILE,
    FILES,
    POPULATION_FILE,
    draw_record,
    evaluation_record,
    sample_index,
)
from twofold.reports.under_check import INDEX, CheckedStep, UnderCheck
from twofold.reports.verify_log import RECORDS_PLACE
from twofold.reports.verify_sample_acts import SampleUnderCheck, Verdicts, act_faults
from twofold.vault.entry import Entry, EntryKind

_NAMED = 5


def check_samples(bag: UnderCheck) -> list[str]:
    """Step 23: every sample that the log freezes is here, was frozen before it was drawn, and follows from the log."""
    freezes = bag.of_kind(EntryKind.SAMPLE_FREEZE)
    frozen = [next(iter(rebuild([entry]).by_id.values())) for entry in freezes]
    faults = []
    if bag.index.get("samples", []) != [sample_index(each) for each in frozen]:
        faults.append(f"{INDEX}: it names other samples than the log freezes")
    expected = {f"{DATA}/{sample_place(each.sample_id)}/{name}" for each in frozen for name in FILES}
    held = {place for place in bag.places if place.startswith(f"{DATA}/{FOLDER}/")}
    faults += [f"{place}: the log freezes no sample with this file" for place in sorted(held - expected)]
    faults += [f"{place}: it is missing" for place in sorted(expected - held - bag.left_out)]
    faults += [f"{RECORDS_PLACE}: {fault}" for fault in rebuild(bag.records).faults]
    for freeze, sample in zip(freezes, frozen, strict=True):
        faults += _sample_faults(bag, freeze, sample)
    known = rebuild(bag.records).by_id.values()
    bag.notes += [f"{each.sample_id}: {doubt}" for each in known for doubt in doubts(each, known)]
    _note_hidden(bag)
    return faults


def _sample_faults(bag: UnderCheck, freeze: Entry, frozen: Sample) -> Iterator[str]:
    """Check one sample; of one whose files are not here, what the log says of it."""
    yield from _judgement_faults(bag, frozen)
    folder = f"{DATA}/{sample_place(frozen.sample_id)}"
    checked = SampleUnderCheck(frozen, freeze, None, None)
    if not all(bag.has(f"{folder}/{name}") for name in FILES):
        bag.unshown.append(f"that the units of {frozen.sample_id} follow from its seed: its files are not here")
        yield from act_faults(bag, checked)
        return
    place = f"{folder}/{POPULATION_FILE}"
    try:
        population = read_frozen(bag.read(place), where=place)
    except UserError:
        yield f"{place}: its lines are not sorted, or one stands twice"
        return
    if (population.root.hex(), len(population.lines)) != (frozen.root, frozen.units):
        yield f"{place}: it does not give the root and the units that entry {frozen.entry} froze"
        return
    checked = SampleUnderCheck(frozen, freeze, population, _verdicts(bag, frozen))
    yield from _unit_faults(bag, checked, population, place)
    yield from act_faults(bag, checked)
    sample = rebuild([freeze, *checked.acts(bag)]).by_id[frozen.sample_id]
    if any(each.position not in range(len(population.lines)) for each in sample.chosen):
        return  # said already
    results = checked.verdicts.results if checked.verdicts else None
    right = {
        DRAW_FILE: draw_record(sample, population),
        EVALUATION_FILE: evaluation_record(sample, population, bag.records, results),
    }
    for name, record in right.items():
        said = orjson.loads(bag.read(f"{folder}/{name}"))
        wanted: dict[str, Any] = orjson.loads(orjson.dumps(record))
        for field in sorted(said.keys() | wanted.keys()):
            if field not in said or field not in wanted or said[field] != wanted[field]:
                yield f"{folder}/{name}: {field} is not what follows from the log and the frozen lines"


def _judgement_faults(bag: UnderCheck, frozen: Sample) -> Iterator[str]:
    """Find a judgement that does not come before the freeze, or does not rest on the run that the freeze names."""
    judgement = _judgement(bag, frozen)
    runs = judgement.body["runs"] if judgement else []
    if (frozen.control_test, frozen.run_id) not in {(test, run) for test, run, _ in runs}:
        yield (
            f"{RECORDS_PLACE}: entry {frozen.entry} freezes items of {frozen.run_id}; no judgement before rests on it"
        )


def _unit_faults(bag: UnderCheck, checked: SampleUnderCheck, population: FrozenPopulation, place: str) -> Iterator[str]:
    """Compare the frozen lines with the items that count in the judgement of the freeze, if its verdicts are here."""
    frozen, judgement = checked.frozen, _judgement(bag, checked.frozen)
    if judgement is None:
        return
    verdicts = checked.verdicts_of(judgement)
    if verdicts is None:
        bag.unshown.append(
            f"that the lines of {frozen.sample_id} are the items that counted: their verdicts are not here"
        )
        return
    starts_at, ends_before = (
        datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
        for text in (frozen.starts_at, frozen.ends_before)
    )
    counted, left = set[bytes](), Counter[str]()
    for item, system, at, verdict, reason in verdicts.rows:
        if verdict == Outcome.NOT_APPLICABLE:
            left[reason if reason in {"scope", "period"} else "not applicable"] += 1
        elif at is not None and not starts_at <= at < ends_before:
            left["slice"] += 1
        else:
            counted.add(unit_line(item, system, at))
    lines = set(population.lines)
    for words, wrong in (("it lacks", counted - lines), ("by no verdict count", lines - counted)):
        if wrong:
            named = ", ".join(line.decode() for line in sorted(wrong)[:_NAMED])
            yield f"{place}: {words} {len(wrong)} items, such as {named}"
    if tuple(sorted(left.items())) != frozen.left_out:
        yield f"{RECORDS_PLACE}: entry {frozen.entry} counts other items as no units than the verdicts do"


def _verdicts(bag: UnderCheck, sample: Sample) -> Verdicts | None:
    """Return the verdict file of the package for a sample's control test; None where none is here that can be read."""
    about = (sample.control, sample.control_test)
    tests = [each for each in bag.index["control_tests"] if (each["control_id"], each["control_test"]) == about]
    names = [f"{DATA}/{each['folder']}/{each['verdicts'].get(sample.engagement)}" for each in tests]
    place = next(filter(bag.has, names), None)
    if place is None:
        return None
    bag.reading = place
    query = "SELECT item, system, operating_at, verdict, COALESCE(reason, '') FROM read_parquet(?)"
    try:
        rows = bag.session.execute(query, [str(bag.folder / place)]).fetchall()
    except duckdb.Error:
        return None  # steps 12 and 20 say so
    return Verdicts(rows, bag.hash_of(place))


def _judgement(bag: UnderCheck, frozen: Sample) -> Entry | None:
    """Return the judgement that a freeze names, None where none of its engagement came before."""
    before = (each for each in bag.of_kind(EntryKind.JUDGEMENT) if each.index < frozen.entry)
    wanted = (frozen.judgement, frozen.engagement)
    return next((each for each in before if (each.index, each.body["engagement"]) == wanted), None)


def _note_hidden(bag: UnderCheck) -> None:
    """Say how many entries about samples are not here: of other engagements, or left out."""
    for kind, counts in bag.index["log"]["entries"].items():
        if kind.startswith("sample_") and counts["here"] < counts["in_log"]:
            hidden = counts["in_log"] - counts["here"]
            bag.unshown.append(f"what {hidden} of {counts['in_log']} {kind} entries of the log say")


SAMPLE_STEPS: tuple[CheckedStep, ...] = (("each sample is the one that the log froze and drew", check_samples),)
