"""Samples and their states: what was frozen, drawn, changed and found, rebuilt from the log.

Rule 1: everything that affects the state of a sample stands in `TRANSITIONS`. Rule 2: a state is never stored; it is
rebuilt from the entries, in order of the log. Rule 3: an act that the table does not know is refused before it is
written; one that stands in a log nevertheless changes nothing and is reported.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from twofold.populations.samples.selection import Method, Plan, Stratum
from twofold.vault.entry import Entry, EntryKind

_PREFIX = "sm-"


class SampleState(StrEnum):
    """Where a sample stands."""

    FROZEN = "frozen"
    DRAWN = "drawn"
    EVALUATED = "evaluated"


class SampleAct(StrEnum):
    """What people do with a frozen population."""

    DRAW = "draw"
    REPLACE = "replace"
    EXTEND = "extend"
    TARGET = "target"
    EVALUATE = "evaluate"


TRANSITIONS: Mapping[tuple[SampleState, SampleAct], SampleState] = {
    (SampleState.FROZEN, SampleAct.DRAW): SampleState.DRAWN,
    (SampleState.FROZEN, SampleAct.TARGET): SampleState.FROZEN,
    (SampleState.DRAWN, SampleAct.TARGET): SampleState.DRAWN,
    (SampleState.EVALUATED, SampleAct.TARGET): SampleState.EVALUATED,
    (SampleState.DRAWN, SampleAct.REPLACE): SampleState.DRAWN,
    (SampleState.EVALUATED, SampleAct.REPLACE): SampleState.DRAWN,
    (SampleState.DRAWN, SampleAct.EXTEND): SampleState.DRAWN,
    (SampleState.EVALUATED, SampleAct.EXTEND): SampleState.DRAWN,
    (SampleState.DRAWN, SampleAct.EVALUATE): SampleState.EVALUATED,
    (SampleState.EVALUATED, SampleAct.EVALUATE): SampleState.EVALUATED,
}
"""A population is drawn from once: whoever wants another draw freezes again, which the log shows."""

ENTRY_KINDS = (
    EntryKind.SAMPLE_FREEZE,
    EntryKind.SAMPLE_DRAW,
    EntryKind.SAMPLE_CHANGE,
    EntryKind.SAMPLE_RESULT,
)


class Why(StrEnum):
    """How a unit came into the sample."""

    DRAWN = "drawn"
    REPLACEMENT = "replacement"
    EXTENSION = "extension"
    TARGETED = "targeted"


@dataclass(frozen=True, slots=True)
class Agreed:
    """How many units were agreed with an auditor, by which rates, and the entry that says so. Rates are percents."""

    entry: int
    size: int
    agreed_with: str
    at: datetime
    confidence: str
    tolerable: str
    expected: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """One unit of a sample. `left_because`: why it was replaced, "" while it counts."""

    position: int
    why: Why
    reason: str = ""
    left_because: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One evaluation: the entry, who, when, the deviating positions, and the figures as the entry has them."""

    entry: int
    judgement: int
    given_by: str
    given_at: datetime
    units: int
    deviations: tuple[int, ...]
    further: tuple[int, ...]
    """Of the deviations those that a person found."""
    planned: int
    confidence: str
    tolerable: str
    limit: str
    limit_items: int
    supports: bool
    note: str
    replaced: tuple[int, ...]
    """Positions of units that a person took out and that deviate nevertheless."""
    limit_with_replaced: str
    """This figure and the two below: with each unit in `replaced` counted, as one that deviates."""
    limit_items_with_replaced: int
    supports_with_replaced: bool
    by: Stratum | None
    """Strata of the sample: its limits hold however these differ, so they may be above those of a random one."""

    @property
    def sentence(self) -> str:
        """Say it as a workpaper does, both ways where units that were replaced deviate, with what the person added."""
        verdict = _verdict(self.supports)
        strata = f", however the strata by {self.by} differ" if self.by else ""
        return (
            f"{len(self.deviations)} of {self.units} units deviate, {self.planned} were planned. With "
            f"{self.confidence}% confidence at most {self.limit}% of the population deviate "
            f"({self.limit_items:,} items{strata}); tolerable are {self.tolerable}%. The sample {verdict} reliance. "
            f"{self._with_replaced}{self.note}"
        ).strip()

    @property
    def depends(self) -> bool:
        """Whether it supports reliance only without the units that were replaced."""
        return self.supports and not self.supports_with_replaced

    @property
    def _with_replaced(self) -> str:
        if not self.replaced:
            return ""
        more = len(self.replaced)
        told = "1 unit that a person replaced deviates" if more == 1 else f"{more} units that a person replaced deviate"
        verdict = _verdict(self.supports_with_replaced)
        return (
            f"{told} nevertheless. Counted as well, {len(self.deviations) + more} of "
            f"{self.units + more} units deviate, at most {self.limit_with_replaced}% of the population "
            f"({self.limit_items_with_replaced:,} items), and the sample {verdict} reliance. "
        )


def _verdict(supports: bool) -> str:
    return "supports" if supports else "does not support"


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample as the log gives it. Times are aware UTC; `root` and `seed` are hex."""

    sample_id: str
    entry: int
    engagement: str
    control: str
    control_test: str
    run_id: str
    judgement: int
    starts_at: str
    ends_before: str
    root: str
    units: int
    left_out: tuple[tuple[str, int], ...]
    nonce_sha256: str | None
    frozen_by: str
    frozen_at: datetime
    frozen_plan: Plan
    """What is to be drawn, as said at the freeze; `plan` is what the draw says, None before it."""
    agreed: Agreed | None = None
    """The newest agreement before the draw, or one after it about more units: no later one makes fewer enough."""
    state: SampleState = SampleState.FROZEN
    draw_entry: int | None = None
    plan: Plan | None = None
    nonce: str = ""
    seed: str = ""
    agreement: int | None = None
    measure: Agreed | None = None
    """The newest agreement before the draw: by its rates the units are evaluated, unless somebody gives others."""
    chosen: tuple[Chosen, ...] = ()
    extended: bool = False
    result: Result | None = None
    """The newest evaluation; None again once a unit was replaced or added."""
    evaluated_once: bool = False
    found_by_people: frozenset[int] = frozenset()
    """Positions of units that deviate as a person found in any evaluation: a later one cannot forget them."""

    @property
    def projected(self) -> tuple[Chosen, ...]:
        """The units whose results speak for the population: drawn by chance and not replaced."""
        return tuple(each for each in self.chosen if each.why is not Why.TARGETED and not each.left_because)

    @property
    def left(self) -> frozenset[int]:
        """The positions of the units that were replaced."""
        return frozenset(each.position for each in self.chosen if each.left_because)

    @property
    def taken(self) -> tuple[int, ...]:
        """The positions that chance gave, replaced or not: no draw gives them again."""
        return tuple(each.position for each in self.chosen if each.why is not Why.TARGETED)


@dataclass(frozen=True, slots=True)
class Samples:
    """All samples by id, in order of freezing, and a sentence for each entry that no state allows."""

    by_id: Mapping[str, Sample]
    faults: tuple[str, ...] = ()


def sample_id_of(index: int) -> str:
    """Return the id of the sample whose population entry `index` froze."""
    return f"{_PREFIX}{index}"


def next_state(state: SampleState, act: SampleAct) -> SampleState | None:
    """Return the state after an act, None where the act is not allowed."""
    return TRANSITIONS.get((state, act))


def allowed_acts(state: SampleState) -> tuple[SampleAct, ...]:
    """Return what may be done with a sample in this state."""
    return tuple(act for act in SampleAct if (state, act) in TRANSITIONS)


def rebuild(entries: Iterable[Entry]) -> Samples:
    """Rebuild all samples from entries in order of the log; kinds that are not of samples are passed over."""
    found: dict[str, Sample] = {}
    agreed: dict[tuple[str, str], Agreed] = {}
    faults: list[str] = []
    for entry in entries:
        if entry.kind == EntryKind.SAMPLE_FREEZE:
            sample = _frozen(entry)
            found[sample.sample_id] = replace(sample, agreed=agreed.get((sample.engagement, sample.control)))
        elif entry.kind == EntryKind.SAMPLE_AGREEMENT:
            about = (entry.body["engagement"], entry.body["control"])
            agreed[about] = _agreement(entry)
            found = {name: _agreed(each, about, agreed[about]) for name, each in found.items()}
        elif entry.kind in ENTRY_KINDS:
            name = str(entry.body["sample"])
            after = _after(found.get(name), entry)
            if after is None:
                state = found[name].state if name in found else "unknown"
                faults.append(f"Entry {entry.index} ({act_of(entry)}) cannot follow: the sample {name} is {state}.")
            else:
                found[name] = after
    return Samples(found, tuple(faults))


def act_of(entry: Entry) -> str:
    """Return what an entry of a sample did: "freeze", or an act; a change names its own."""
    if entry.kind == EntryKind.SAMPLE_CHANGE:
        return str(entry.body["act"])
    named = {EntryKind.SAMPLE_FREEZE: "freeze", EntryKind.SAMPLE_DRAW: SampleAct.DRAW}
    return str(named.get(EntryKind(entry.kind), SampleAct.EVALUATE))


def acts_on(sample: Sample, entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries that froze a sample and that followed on it, in the order in which they are given."""
    acts = (entry for entry in entries if entry.kind in ENTRY_KINDS and entry.index >= sample.entry)
    return [entry for entry in acts if entry.index == sample.entry or entry.body.get("sample") == sample.sample_id]


def plan_in(body: Mapping[str, Any]) -> Plan:
    """Return the plan that a freeze or a draw recorded; raises ValueError for a method or strata that are none."""
    return Plan(Method(body["method"]), body["size"], Stratum(body["by"]) if body["by"] else None)


def _frozen(entry: Entry) -> Sample:
    body = entry.body
    return Sample(
        sample_id=sample_id_of(entry.index),
        entry=entry.index,
        engagement=body["engagement"],
        control=body["control"],
        control_test=body["control_test"],
        run_id=body["run_id"],
        judgement=body["judgement"],
        starts_at=body["starts_at"],
        ends_before=body["ends_before"],
        root=body["root"],
        units=body["units"],
        left_out=tuple((reason, count) for reason, count in body["left_out"]),
        nonce_sha256=body["nonce_sha256"],
        frozen_by=entry.actor,
        frozen_at=entry.at,
        frozen_plan=plan_in(body),
    )


def _agreement(entry: Entry) -> Agreed:
    body = entry.body
    rates = {name: body[name] for name in ("confidence", "tolerable", "expected")}
    return Agreed(entry.index, body["size"], body["agreed_with"], entry.at, **rates)


def _agreed(sample: Sample, about: tuple[str, str], agreed: Agreed) -> Sample:
    """Return the sample with an agreement, where it is about the sample and counts for it."""
    counts = sample.plan is None or sample.agreed is None or agreed.size > sample.agreed.size
    return replace(sample, agreed=agreed) if about == (sample.engagement, sample.control) and counts else sample


def _after(sample: Sample | None, entry: Entry) -> Sample | None:
    """Return the sample after the act of an entry, None where no transition allows it."""
    act = act_of(entry)
    if sample is None or act not in set(SampleAct):
        return None
    state = next_state(sample.state, SampleAct(act))
    if state is None:
        return None
    changed = replace(sample, state=state)
    match entry.kind:
        case EntryKind.SAMPLE_DRAW:
            return _drawn(changed, entry)
        case EntryKind.SAMPLE_CHANGE:
            return _changed(changed, entry, SampleAct(act))
        case _:
            result = _result(entry, sample.plan)
            found = changed.found_by_people.union(result.further)
            return replace(changed, result=result, evaluated_once=True, found_by_people=found)


def _drawn(sample: Sample, entry: Entry) -> Sample:
    body = entry.body
    return replace(
        sample,
        draw_entry=entry.index,
        plan=plan_in(body),
        nonce=body["nonce"],
        seed=body["seed"],
        agreement=body["agreement"],
        measure=sample.agreed,
        chosen=(*sample.chosen, *(Chosen(position, Why.DRAWN) for position in body["positions"])),
    )


def _changed(sample: Sample, entry: Entry, act: SampleAct) -> Sample:
    reason, positions = str(entry.body["reason"]), entry.body["positions"]
    why = {SampleAct.REPLACE: Why.REPLACEMENT, SampleAct.EXTEND: Why.EXTENSION, SampleAct.TARGET: Why.TARGETED}[act]
    gone = entry.body["replaced"]
    kept = (
        replace(each, left_because=reason) if each.position == gone and each.why is not Why.TARGETED else each
        for each in sample.chosen
    )
    fresh = (Chosen(position, why, reason) for position in positions)
    return replace(
        sample,
        chosen=(*kept, *fresh),
        extended=sample.extended or act is SampleAct.EXTEND,
        result=sample.result if act is SampleAct.TARGET else None,
    )


def _result(entry: Entry, plan: Plan | None) -> Result:
    body = entry.body
    return Result(
        entry=entry.index,
        judgement=body["judgement"],
        given_by=entry.actor,
        given_at=entry.at,
        units=body["units"],
        deviations=tuple(body["deviations"]),
        further=tuple(body["further"]),
        planned=body["planned"],
        confidence=body["confidence"],
        tolerable=body["tolerable"],
        limit=body["limit"],
        limit_items=body["limit_items"],
        supports=body["supports"],
        note=body["note"],
        replaced=tuple(body["replaced"]),
        limit_with_replaced=body["limit_with_replaced"],
        limit_items_with_replaced=body["limit_items_with_replaced"],
        supports_with_replaced=body["supports_with_replaced"],
        by=plan.by if plan else None,
    )
