"""The acts on a sample, done again for step 23: draw, replacement, extension, named units, evaluation (sample.md)."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from hashlib import sha256
from typing import Any

from twofold.engagement.sample import ENTRY_KINDS, Sample, SampleAct, act_of, plan_in, rebuild
from twofold.model.outcome import Outcome
from twofold.model.problem import UserError
from twofold.populations.samples.evaluation import evaluate
from twofold.populations.samples.frozen import FrozenPopulation
from twofold.populations.samples.selection import draw, next_units, seed_of, units_by_stratum
from twofold.reports.sample_words import Results
from twofold.reports.under_check import UnderCheck
from twofold.reports.verify_log import RECORDS_PLACE
from twofold.vault.entry import Entry, EntryKind

_PERCENT = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,6})?")
_DEVIATES = frozenset({Outcome.EXCEPTION, Outcome.CANNOT_TEST, None})
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Verdicts:
    """A verdict file: rows of item, system, operating_at (naive UTC), verdict and reason, and its hash."""

    rows: Sequence[tuple[str, str, datetime | None, str, str]]
    sha256: str

    @property
    def results(self) -> Results:
        """Verdict and reason by item."""
        return {item: (verdict, reason) for item, _, _, verdict, reason in self.rows}


@dataclass(frozen=True, slots=True)
class SampleUnderCheck:
    """A sample as it was frozen, the entry of the freeze, and what is here of lines and verdicts."""

    frozen: Sample
    freeze: Entry
    population: FrozenPopulation | None
    verdicts: Verdicts | None

    def acts(self, bag: UnderCheck) -> list[Entry]:
        """Return the entries of the sample after its freeze."""
        later = (each for each in bag.records if each.kind in ENTRY_KINDS and each.index > self.frozen.entry)
        return [each for each in later if each.body.get("sample") == self.frozen.sample_id]

    def verdicts_of(self, judgement: Entry) -> Verdicts | None:
        """Return the verdicts if they are those that a judgement recorded."""
        recorded = dict(judgement.body["verdicts"]).get(f"{self.frozen.control}-{self.frozen.control_test}")
        return self.verdicts if self.verdicts and self.verdicts.sha256 == recorded else None


def act_faults(bag: UnderCheck, checked: SampleUnderCheck) -> Iterator[str]:
    """Do each act again on the sample as it was before it; what no state allows changes nothing and is named apart."""
    before = [checked.freeze]
    for entry in checked.acts(bag):
        if rebuild([*before, entry]).faults:
            continue
        sample = rebuild(before).by_id[checked.frozen.sample_id]
        match act_of(entry):
            case SampleAct.DRAW:
                found = _draw_faults(bag, checked, sample, entry)
            case SampleAct.EVALUATE:
                found = _result_faults(bag, checked, sample, entry)
            case _:
                found = _change_faults(bag, checked, sample, entry)
        yield from (f"{RECORDS_PLACE}: entry {entry.index}: {fault}" for fault in found)
        before.append(entry)


def _draw_faults(bag: UnderCheck, checked: SampleUnderCheck, sample: Sample, entry: Entry) -> Iterator[str]:
    body = entry.body
    seed = seed_of(
        engagement=sample.engagement,
        control=sample.control,
        control_test=sample.control_test,
        root=bytes.fromhex(sample.root),
        nonce=body["nonce"],
    )
    if sample.nonce_sha256 not in {None, sha256(body["nonce"].encode()).hexdigest()}:
        yield f"the nonce of {sample.sample_id} is not the one whose hash was given before the freeze"
    if body["seed"] != seed.hex():
        yield f"the seed of {sample.sample_id} does not follow from root and nonce"
    earlier = (each for each in bag.of_kind(EntryKind.SAMPLE_DRAW) if each.index < sample.entry)
    if any(each.body["nonce"] == body["nonce"] for each in earlier):
        yield f"the nonce of {sample.sample_id} was used in a draw before the freeze"
    agreement = _agreement(bag, sample, entry.index)
    if body["agreement"] != (agreement.index if agreement else None):
        yield f"the agreement of {sample.sample_id} is not the newest before the draw"
    plan = plan_in(body)
    if sample.frozen_plan != plan:
        yield f"{sample.sample_id} is drawn by another plan than the freeze says"
    yield from _position_faults(checked, body, lambda population: draw(population, seed, plan))


def _change_faults(bag: UnderCheck, checked: SampleUnderCheck, sample: Sample, entry: Entry) -> Iterator[str]:
    body, act, plan = entry.body, act_of(entry), sample.plan
    if act == SampleAct.TARGET or plan is None:
        if not all(each in range(sample.units) for each in body["positions"]):
            yield f"it names a unit that {sample.sample_id} does not have"
        return
    like, count = None, len(body["positions"])
    if act == SampleAct.REPLACE:
        like, count = body["replaced"], 1
        if like not in {each.position for each in sample.projected}:
            yield f"the unit that it replaces is none that counts in {sample.sample_id}"
            return
    else:
        newest = _agreement(bag, sample, entry.index)
        planned = newest.body["extension"] if newest and newest.index == sample.agreement else 0
        if sample.extended:
            yield f"{sample.sample_id} was extended already"
        if count > planned and not body["evidence"]:
            yield f"{sample.sample_id} is extended by more units than were agreed, without evidence"

    def follow(population: FrozenPopulation) -> list[int]:
        seed = bytes.fromhex(sample.seed)
        return next_units(population, seed, plan, taken=sample.taken, count=count, like=like)

    yield from _position_faults(checked, body, follow)


def _position_faults(
    checked: SampleUnderCheck, body: Mapping[str, Any], follow: Callable[[FrozenPopulation], list[int]]
) -> Iterator[str]:
    if checked.population is None:
        return
    try:
        right = follow(checked.population)
    except UserError:
        right = []
    if body["positions"] != right:
        yield f"the units of {checked.frozen.sample_id} do not follow from its seed"


def _result_faults(bag: UnderCheck, checked: SampleUnderCheck, sample: Sample, entry: Entry) -> Iterator[str]:
    body = entry.body
    counted = {each.position for each in sample.projected}
    deviating = set(body["deviations"])
    if body["units"] != len(counted) or not deviating <= counted or len(deviating) != len(body["deviations"]):
        yield f"it evaluates other units than those that count in {sample.sample_id}"
        return
    by_people = set(body["further"])
    if not counted & sample.found_by_people <= by_people <= deviating:
        yield f"it leaves out deviations of {sample.sample_id} that a person found"
    replaced = set(body["replaced"])
    if not sample.left & sample.found_by_people <= replaced <= sample.left or len(replaced) != len(body["replaced"]):
        yield f"what it says of replaced units of {sample.sample_id} is not what left the sample"
        return
    yield from _limit_faults(bag, checked, sample, body)
    judgement = next((each for each in bag.of_kind(EntryKind.JUDGEMENT) if each.index == body["judgement"]), None)
    if judgement is None or judgement.index > entry.index or judgement.body["engagement"] != sample.engagement:
        yield f"entry {body['judgement']}, whose verdicts were read, is no judgement of {sample.engagement} before it"
        return
    verdicts = checked.verdicts_of(judgement)
    if verdicts is None or checked.population is None:
        bag.unshown.append(f"that no deviation of {sample.sample_id} was left out: the verdicts are not here")
        return
    results = verdicts.results
    unnamed = (counted - deviating) | (sample.left - replaced)
    left = [checked.population.unit(position).item for position in sorted(unnamed)]
    missed = [item for item in left if results.get(item, (None, ""))[0] in _DEVIATES]
    if missed:
        yield f"it leaves out deviations of {sample.sample_id}: {', '.join(missed[:_NAMED])}"
    units = (checked.population.unit(position).item for position in sorted(counted))
    idle = [item for item in units if results.get(item, (None, ""))[0] == Outcome.NOT_APPLICABLE]
    if idle:
        yield f"it counts units of {sample.sample_id} that do not apply: {', '.join(idle[:_NAMED])}"


def _limit_faults(bag: UnderCheck, checked: SampleUnderCheck, sample: Sample, body: Mapping[str, Any]) -> Iterator[str]:
    """Compute the limits again, without the replaced units that deviate and with them."""
    plan = sample.plan
    if plan is None or (plan.by is not None and checked.population is None):
        bag.unshown.append(f"that the limit of {sample.sample_id} follows: the lines that give its strata are not here")
        return
    for more, ending in ((), ""), (body["replaced"], "_with_replaced"):
        positions = {*(each.position for each in sample.projected), *more}
        found = evaluate(
            size=len(positions),
            deviations=len(body["deviations"]) + len(more),
            population=sample.units,
            risk=1 - _rate(body["confidence"]),
            tolerable=_rate(body["tolerable"]),
            strata=units_by_stratum(checked.population, plan, positions) if checked.population else (),
        )
        limit, items, supports = (body[f"{name}{ending}"] for name in ("limit", "limit_items", "supports"))
        if (_rate(limit), items, supports) != (found.limit, found.limit_items, found.supports):
            yield f"limit{ending} of {sample.sample_id} does not follow from its deviations"


def _rate(percent: str) -> Fraction:
    """Read a percent as decimal text; raises ValueError."""
    if not _PERCENT.fullmatch(percent):
        msg = f"{percent!r} is no percent"
        raise ValueError(msg)
    return Fraction(percent) / 100


def _agreement(bag: UnderCheck, sample: Sample, index: int) -> Entry | None:
    """Return the newest agreement about the control of a sample before an entry."""
    about = (sample.engagement, sample.control)
    agreed = (each for each in bag.of_kind(EntryKind.SAMPLE_AGREEMENT) if each.index < index)
    found = [each for each in agreed if (each.body["engagement"], each.body["control"]) == about]
    return found[-1] if found else None
