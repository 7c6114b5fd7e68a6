"""Samples: agree on a size, freeze a population, draw, replace, extend, name units, evaluate. Each is one entry."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from hashlib import sha256
from heapq import merge

from twofold.engagement.sample import (
    ENTRY_KINDS,
    Sample,
    SampleAct,
    Samples,
    Why,
    allowed_acts,
    next_state,
    rebuild,
    sample_id_of,
)
from twofold.model.problem import Problem, UserError
from twofold.populations.samples.attribute_sizes import NoSizeError, check_rates, planned_deviations
from twofold.populations.samples.evaluation import evaluate
from twofold.populations.samples.frozen import FrozenPopulation
from twofold.populations.samples.selection import (
    Method,
    Plan,
    check_plan,
    draw,
    least_even_size,
    next_units,
    seed_of,
    share_out,
    short_stratum,
    strata,
    units_by_stratum,
)
from twofold.records.acts.people import need_reason
from twofold.records.acts.recording import recording
from twofold.vault.canonical import Json
from twofold.vault.entry import Entry, EntryKind, instant_text
from twofold.vault.store import Vault

_SHA256 = re.compile("[0-9a-f]{64}")
_DECIMALS = 6
MOST_UNITS = 5_000
"""Units of one sample: the entry of a draw names each, and an entry is at most 65,535 bytes long."""
_NO_PLAN = Plan(Method.RANDOM, 0)
"""Stands for the plan of a sample that is not drawn yet, of which only targeted units are asked."""


class VoidReason(StrEnum):
    """Why a unit may be replaced. Missing evidence is not among them: it is a deviation (audit-domain 5.3)."""

    VOID = "void"
    OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was agreed with an auditor about the sample of a control; percents as decimal texts."""

    entry: int
    engagement: str
    control: str
    agreed_with: str
    recorded_by: str
    recorded_at: datetime
    size: int
    extension: int
    confidence: str
    tolerable: str
    expected: str
    reason: str


@dataclass(frozen=True, slots=True)
class Frozen:
    """What is frozen: which items of which judged run, in which slice of the period, and why others are no units."""

    population: FrozenPopulation
    engagement: str
    control: str
    control_test: str
    run_id: str
    judgement: int
    starts_at: datetime
    ends_before: datetime
    left_out: Sequence[tuple[str, int]]


def all_samples(vault: Vault) -> Samples:
    """Return the samples with their states, rebuilt from the log."""
    return rebuild(sample_entries(vault))


def sample_entries(vault: Vault) -> Iterator[Entry]:
    """Give the entries about samples and what was agreed about them, in order of the log."""
    kinds = (EntryKind.SAMPLE_AGREEMENT, *ENTRY_KINDS)
    return merge(*(vault.entries(kind=kind) for kind in kinds), key=lambda entry: entry.index)


def agreements(vault: Vault) -> list[Agreement]:
    """Return every agreement, in order of the log; the newest of an engagement and control counts."""
    return [
        Agreement(
            entry=each.index,
            recorded_by=each.actor,
            recorded_at=each.at,
            **{name: value for name, value in each.body.items() if name in Agreement.__dataclass_fields__},
        )
        for each in vault.entries(kind=EntryKind.SAMPLE_AGREEMENT)
    ]


def agreement_for(vault: Vault, *, engagement: str, control: str) -> Agreement | None:
    """Return the agreement in force, None where nothing was agreed."""
    found = [each for each in agreements(vault) if (each.engagement, each.control) == (engagement, control)]
    return found[-1] if found else None


def sample_named(vault: Vault, sample_id: str, act: SampleAct | None = None) -> Sample:
    """Return the sample; raises UserError when there is none of this id, or its state does not allow the act."""
    known = all_samples(vault).by_id
    sample = known.get(sample_id)
    if sample is None:
        expected = "one of " + ", ".join(known) if known else "a frozen population"
        raise UserError(Problem("SAMPLE", f"there is no sample {sample_id!r}", expected, "run 'twofold sample list'"))
    if act is not None and next_state(sample.state, act) is None:
        allowed = ", ".join(allowed_acts(sample.state))
        found = f"{sample_id} is {sample.state}, so '{act}' is not allowed"
        raise UserError(
            Problem("SAMPLE", found, f"one of {allowed}", "a population is drawn from once: freeze it again")
        )
    return sample


def agree(  # noqa: PLR0913  what is agreed
    vault: Vault,
    *,
    engagement: str,
    control: str,
    agreed_with: str,
    size: int,
    extension: int,
    confidence: Fraction,
    tolerable: Fraction,
    expected: Fraction,
    reason: str,
    acting_user: str,
    at: datetime,
) -> Agreement:
    """Record what was agreed with an auditor; raises UserError without a name, reason, size or rates that make sense.

    confidence, tolerable and expected are percents.
    """
    said = need_reason(reason, why="what was agreed, and why so many")
    if not agreed_with.strip():
        raise UserError(Problem("--with", "nobody is named", "the auditor who agreed", "name the person"))
    if size < 1 or extension < 0:
        found = f"size {size}, extension {extension}"
        raise UserError(Problem("--size", found, "a size of at least 1, an extension of at least 0"))
    try:
        check_rates(1 - confidence / 100, tolerable / 100, expected / 100)
    except NoSizeError as error:
        raise UserError(
            Problem("--confidence, --tolerable, --expected", str(error), "rates that a sample can show")
        ) from error
    body: dict[str, Json] = {
        "agreed_with": agreed_with.strip(),
        "confidence": _decimal(confidence),
        "control": control,
        "engagement": engagement,
        "expected": _decimal(expected),
        "extension": extension,
        "reason": said,
        "size": size,
        "tolerable": _decimal(tolerable),
    }
    with recording(vault) as recorder:
        entry = recorder.append(EntryKind.SAMPLE_AGREEMENT, body=body, acting_user=acting_user, at=at)
    return next(each for each in agreements(vault) if each.entry == entry.index)


def freeze(
    vault: Vault, frozen: Frozen, *, plan: Plan, nonce_sha256: str | None, acting_user: str, at: datetime
) -> Sample:
    """Record the root of a population, and what is to be drawn, before the nonce is said.

    Raises UserError when the population has no unit, the plan does not fit it, it asks for more than `MOST_UNITS`, or
    a stratum would get no unit or less than half of its share.
    nonce_sha256: hash of the nonce that the auditor will say, in hex, where the auditor wants to be held to it; one
    that is no such hash is refused, since no nonce would ever fit it.
    """
    promised = None if nonce_sha256 is None else nonce_sha256.strip().lower()
    if promised is not None and not _SHA256.fullmatch(promised):
        expected = "64 hexadecimal digits"
        raise UserError(Problem("--nonce-sha256", f"{nonce_sha256!r} is no SHA-256", expected, "ask the auditor"))
    if not frozen.population.lines:
        left = ", ".join(f"{count} {reason}" for reason, count in frozen.left_out) or "the run has no item"
        raise UserError(Problem("population", f"it has no unit: {left}", "at least one item that applies"))
    check_plan(frozen.population, plan)
    if plan.size > MOST_UNITS:
        found, expected = f"{plan.size:,} units are asked for", f"at most {MOST_UNITS:,}, since a draw names each"
        raise UserError(Problem("--size", found, expected, "the control test looked at every item: rely on that"))
    _check_strata(frozen.population, plan)
    body: dict[str, Json] = {
        "by": str(plan.by) if plan.by else None,
        "control": frozen.control,
        "control_test": frozen.control_test,
        "ends_before": instant_text(frozen.ends_before),
        "engagement": frozen.engagement,
        "judgement": frozen.judgement,
        "left_out": [[reason, count] for reason, count in frozen.left_out],
        "method": str(plan.method),
        "nonce_sha256": promised,
        "root": frozen.population.root.hex(),
        "run_id": frozen.run_id,
        "size": plan.size,
        "starts_at": instant_text(frozen.starts_at),
        "units": len(frozen.population.lines),
    }
    with recording(vault) as recorder:
        entry = recorder.append(EntryKind.SAMPLE_FREEZE, body=body, acting_user=acting_user, at=at)
        return all_samples(vault).by_id[sample_id_of(entry.index)]


def draw_sample(
    vault: Vault,
    sample_id: str,
    population: FrozenPopulation,
    *,
    nonce: str,
    acting_user: str,
    at: datetime,
) -> Sample:
    """Draw from a frozen population with the auditor's nonce, by the plan of the freeze.

    Raises UserError when the sample was drawn already, the nonce is empty, not the one whose hash was given before,
    or known when the population was frozen, or the population is another one.
    """
    with recording(vault) as recorder:
        sample = sample_named(vault, sample_id, SampleAct.DRAW)
        _check_population(sample, population)
        _check_nonce(vault, sample, nonce)
        plan = sample.frozen_plan
        seed = seed_of(
            engagement=sample.engagement,
            control=sample.control,
            control_test=sample.control_test,
            root=population.root,
            nonce=nonce,
        )
        agreed = agreement_for(vault, engagement=sample.engagement, control=sample.control)
        body: dict[str, Json] = {
            "agreement": agreed.entry if agreed else None,
            "by": str(plan.by) if plan.by else None,
            "method": str(plan.method),
            "nonce": nonce,
            "positions": list(draw(population, seed, plan)),
            "sample": sample_id,
            "seed": seed.hex(),
            "size": plan.size,
        }
        recorder.append(EntryKind.SAMPLE_DRAW, body=body, acting_user=acting_user, at=at)
        return sample_named(vault, sample_id)


def replace_unit(  # noqa: PLR0913  which unit, why, and who says so
    vault: Vault,
    sample_id: str,
    population: FrozenPopulation,
    *,
    position: int,
    because: VoidReason,
    reason: str,
    acting_user: str,
    at: datetime,
) -> Sample:
    """Put the next unit of the draw in the place of one that is void or out of scope; where none is left, none comes.

    Raises UserError for a unit that is not in the sample, or without a reason.
    """
    said = need_reason(reason, why=f"what shows that the unit is {because}; missing evidence is a deviation")

    def fresh(sample: Sample, plan: Plan) -> list[int]:
        if position not in {each.position for each in sample.projected}:
            where = population.unit(position).item
            raise UserError(Problem("ITEM", f"{where!r} is no drawn unit of {sample_id}", "a unit that counts"))
        return next_units(population, bytes.fromhex(sample.seed), plan, taken=sample.taken, count=1, like=position)

    return _change(
        vault,
        sample_id,
        population,
        act=SampleAct.REPLACE,
        positions=fresh,
        replaced=position,
        reason=f"{because}: {said}",
        evidence=(),
        acting_user=acting_user,
        at=at,
    )


def extend(  # noqa: PLR0913  by how much, why, and who says so
    vault: Vault,
    sample_id: str,
    population: FrozenPopulation,
    *,
    units: int,
    reason: str,
    evidence: Sequence[str],
    acting_user: str,
    at: datetime,
) -> Sample:
    """Draw further units, once: by as many as was agreed, or with evidence that the miss is isolated.

    Raises UserError for a second extension, for one that is neither planned nor supported by evidence, and where no
    evaluation found more deviations than planned: testing until it comes out clean is not allowed (audit-domain 5.3).
    """
    said = need_reason(reason, why="why the sample is extended")
    for each in evidence:
        vault.evidence(each)

    def fresh(sample: Sample, plan: Plan) -> list[int]:
        if sample.extended:
            found = f"{sample_id} was extended already"
            raise UserError(
                Problem("SAMPLE", found, "one extension", "evaluate it as it is: the control may not be relied on")
            )
        _check_missed(sample)
        agreed = agreement_for(vault, engagement=sample.engagement, control=sample.control)
        planned = agreed.extension if agreed and agreed.entry == sample.agreement else 0
        if units > planned and not evidence:
            found = f"{units} further units, of which {planned} were agreed before the draw"
            raise UserError(
                Problem(
                    "--units", found, "a planned extension, or --evidence that the miss is isolated", "name evidence"
                )
            )
        return next_units(population, bytes.fromhex(sample.seed), plan, taken=sample.taken, count=units)

    return _change(
        vault,
        sample_id,
        population,
        act=SampleAct.EXTEND,
        positions=fresh,
        replaced=None,
        reason=said,
        evidence=evidence,
        acting_user=acting_user,
        at=at,
    )


def target(
    vault: Vault,
    sample_id: str,
    population: FrozenPopulation,
    *,
    positions: Sequence[int],
    reason: str,
    acting_user: str,
    at: datetime,
) -> Sample:
    """Name units beside the draw. They are looked at and never projected.

    Raises UserError without a reason, and for a unit that is named twice, now or before.
    """

    def fresh(sample: Sample, _plan: Plan) -> list[int]:
        named = [each.position for each in sample.chosen if each.why is Why.TARGETED]
        for place, position in enumerate(positions):
            if position in named or position in positions[:place]:
                told = f"{population.unit(position).item!r} is named twice in {sample_id}"
                raise UserError(Problem("ITEM", told, "each unit once"))
        return list(positions)

    return _change(
        vault,
        sample_id,
        population,
        act=SampleAct.TARGET,
        positions=fresh,
        replaced=None,
        reason=need_reason(reason, why="why these units"),
        evidence=(),
        acting_user=acting_user,
        at=at,
    )


def record_result(  # noqa: PLR0913  what was found, by which measure
    vault: Vault,
    sample_id: str,
    population: FrozenPopulation,
    *,
    judgement: int,
    deviations: Sequence[int],
    further: Sequence[int] = (),
    confidence: Fraction,
    tolerable: Fraction,
    expected: Fraction,
    note: str,
    acting_user: str,
    at: datetime,
) -> Sample:
    """Evaluate the drawn units and record it. The rates are percents.

    deviations: positions by verdict, also of units that were replaced. further: what a person found beside them; what
    one found in an earlier evaluation stays, so that no extension or second look forgets it.
    Raises UserError when nothing was drawn, the population is another one, or the rates make no sense.
    """
    with recording(vault) as recorder:
        sample = sample_named(vault, sample_id, SampleAct.EVALUATE)
        _check_population(sample, population)
        counted = {each.position for each in sample.projected}
        by_people = counted & sample.found_by_people.union(further)
        deviating = counted.intersection(deviations) | by_people
        replaced = sample.left & sample.found_by_people.union(deviations)
        rates = {"risk": 1 - confidence / 100, "tolerable": tolerable / 100}
        plan = sample.plan or _NO_PLAN
        try:
            planned = planned_deviations(
                len(counted), expected=expected / 100, strata=units_by_stratum(population, plan, counted), **rates
            )
        except NoSizeError as error:
            raise UserError(Problem("--tolerable", str(error), "rates that a sample can show")) from error
        found, with_replaced = (
            evaluate(
                size=len(counted | more),
                deviations=len(deviating | more),
                population=sample.units,
                strata=units_by_stratum(population, plan, counted | more),
                **rates,
            )
            for more in (set[int](), replaced)
        )
        body: dict[str, Json] = {
            "confidence": _decimal(confidence),
            "deviations": [*sorted(deviating)],
            "further": [*sorted(by_people)],
            "judgement": judgement,
            "limit": _decimal(found.limit * 100),
            "limit_items": found.limit_items,
            "limit_items_with_replaced": with_replaced.limit_items,
            "limit_with_replaced": _decimal(with_replaced.limit * 100),
            "note": note.strip(),
            "planned": planned,
            "replaced": [*sorted(replaced)],
            "sample": sample_id,
            "supports": found.supports,
            "supports_with_replaced": with_replaced.supports,
            "tolerable": _decimal(tolerable),
            "units": len(counted),
        }
        recorder.append(EntryKind.SAMPLE_RESULT, body=body, acting_user=acting_user, at=at)
        return sample_named(vault, sample_id)


def _change(  # noqa: PLR0913  one change of a sample
    vault: Vault,
    sample_id: str,
    population: FrozenPopulation,
    *,
    act: SampleAct,
    positions: Callable[[Sample, Plan], list[int]],
    replaced: int | None,
    reason: str,
    evidence: Sequence[str],
    acting_user: str,
    at: datetime,
) -> Sample:
    with recording(vault) as recorder:
        sample = sample_named(vault, sample_id, act)
        _check_population(sample, population)
        body: dict[str, Json] = {
            "act": str(act),
            "evidence": list(evidence),
            "positions": list(positions(sample, sample.plan or _NO_PLAN)),
            "reason": reason,
            "replaced": replaced,
            "sample": sample_id,
        }
        recorder.append(EntryKind.SAMPLE_CHANGE, body=body, acting_user=acting_user, at=at)
        return sample_named(vault, sample_id)


def _check_population(sample: Sample, population: FrozenPopulation) -> None:
    if population.root.hex() != sample.root:
        found = f"its root is {population.root.hex()}"
        raise UserError(Problem(f"population of {sample.sample_id}", found, sample.root, "restore the frozen file"))


def _check_missed(sample: Sample) -> None:
    """Refuse an extension that no evaluation asks for: one before it would thin out what the drawn units show.

    Units that were replaced and deviate count, as they do where the deficiency is evaluated.
    """
    result = sample.result
    if result is None:
        found = f"{sample.sample_id} was not evaluated since its units changed"
        expected = "an evaluation that found more deviations than planned"
        raise UserError(Problem("SAMPLE", found, expected, "run 'twofold sample evaluate' first"))
    deviations = len(result.deviations) + len(result.replaced)
    if result.supports_with_replaced and deviations <= result.planned:
        found = (
            f"{deviations} of {result.units + len(result.replaced)} units deviate, {result.planned} were planned, and "
            "the sample supports reliance"
        )
        raise UserError(Problem("SAMPLE", found, "more deviations than planned", "leave it as it is"))


def _check_strata(population: FrozenPopulation, plan: Plan) -> None:
    """Refuse a stratified plan with a stratum that has no chance, or less than half of its share of the units."""
    if plan.by is None:
        return
    counts = {name: len(units) for name, units in strata(population, plan.by).items()}
    given = share_out(plan.size, counts)
    short = short_stratum(counts, given)
    if short is None:
        return
    found = f"{short} gets {given[short]} of {plan.size} units, less than half the share of its {counts[short]:,} items"
    if plan.size < len(counts):
        found = f"{plan.size} units for {len(counts)} strata by {plan.by}, so that some would get none"
    expected = f"each stratum at least half its share, as from {least_even_size(counts)} units on"
    raise UserError(Problem("--size", found, expected, "draw more, or with the method random"))


def _check_nonce(vault: Vault, sample: Sample, nonce: str) -> None:
    if not nonce.strip() or "\n" in nonce:
        raise UserError(Problem("--nonce", "the nonce is empty or has a line break", "one line from the auditor"))
    if any("\ud800" <= each <= "\udfff" for each in nonce):
        raise UserError(Problem("--nonce", "the nonce is not UTF-8", "one line from the auditor"))
    said = sha256(nonce.encode()).hexdigest()
    if sample.nonce_sha256 not in {None, said}:
        found = f"the hash of this nonce is {said}"
        raise UserError(Problem("--nonce", found, f"{sample.nonce_sha256}, as given before the freeze"))
    drawn = vault.entries(kind=EntryKind.SAMPLE_DRAW)
    used = next((each.index for each in drawn if each.body["nonce"] == nonce and each.index < sample.entry), None)
    if used is not None:
        found = f"entry {used} used this nonce before {sample.sample_id} was frozen, so it was known by then"
        raise UserError(
            Problem("--nonce", found, "a nonce that nobody knew at the freeze", "ask the auditor for another")
        )


def _decimal(number: Fraction) -> str:
    """Write a percent as decimal text with at most six decimals, none of them lost; raises UserError where it has more.

    >>> _decimal(Fraction(13, 4))
    '3.25'
    """
    whole = number * 10**_DECIMALS
    if whole.denominator != 1:
        expected = f"at most {_DECIMALS} decimals"
        raise UserError(Problem("a rate", f"{number} percent cannot be written as a decimal", expected))
    return f"{Decimal(whole.numerator).scaleb(-_DECIMALS):f}".rstrip("0").rstrip(".")
