from collections.abc import Callable
from fractions import Fraction
from hashlib import sha256
from typing import Any

import pytest

from twofold.engagement.sample import Sample, SampleState, Why
from twofold.model.evidence import EvidenceRef
from twofold.model.problem import UserError
from twofold.populations.samples.frozen import FrozenPopulation, freeze, unit_line
from twofold.populations.samples.selection import Method, Plan, Stratum
from twofold.records.acts import sample as acts
from twofold.records.acts.recording import record
from twofold.records.acts.sample import Frozen, VoidReason
from twofold.vault.canonical import Json
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.store import Vault

from .conftest import AT, HOUR

OF_25 = Plan(Method.RANDOM, 25)
BY: dict[str, Any] = {"acting_user": "p-0001", "at": AT}
RATES: dict[str, Any] = {"confidence": Fraction(90), "tolerable": Fraction(9), "expected": Fraction(0)}


@pytest.fixture
def population() -> FrozenPopulation:
    return freeze(unit_line(f"item-{number:03d}", "ab"[number % 2], None) for number in range(200))


def agreed(vault: Vault, **changed: Any) -> acts.Agreement:
    values: dict[str, Any] = {
        "engagement": "sox",
        "control": "CM-01",
        "agreed_with": "R. Auditor",
        "size": 25,
        "extension": 15,
        "reason": "planning",
        **RATES,
        **BY,
    }
    return acts.agree(vault, **(values | changed))


@pytest.fixture
def frozen(vault: Vault, judgement: Entry, population: FrozenPopulation) -> Sample:
    return frozen_with(vault, judgement, population)


def frozen_with(
    vault: Vault,
    judgement: Entry,
    population: FrozenPopulation,
    *,
    plan: Plan = OF_25,
    nonce_sha256: str | None = None,
) -> Sample:
    what = Frozen(population, "sox", "CM-01", "T-10", "run-1", judgement.index, AT, AT + HOUR, [("period", 3)])
    return acts.freeze(vault, what, plan=plan, nonce_sha256=nonce_sha256, acting_user="p-0001", at=AT)


@pytest.fixture
def drawn(vault: Vault, frozen: Sample, population: FrozenPopulation) -> Sample:
    agreed(vault)
    return draw(vault, frozen, population)


def draw(vault: Vault, frozen: Sample, population: FrozenPopulation, *, nonce: str = "dice") -> Sample:
    return acts.draw_sample(vault, frozen.sample_id, population, nonce=nonce, acting_user="p-0001", at=AT)


def test_a_sample_goes_through_its_states(vault: Vault, frozen: Sample, population: FrozenPopulation) -> None:
    assert (frozen.state, frozen.units, frozen.root) == (SampleState.FROZEN, 200, population.root.hex())
    agreement = agreed(vault)
    drawn = draw(vault, frozen, population)
    assert (drawn.state, len(drawn.projected), drawn.agreement) == (SampleState.DRAWN, 25, agreement.entry)
    done = acts.record_result(
        vault, drawn.sample_id, population, judgement=frozen.judgement, deviations=[], note="", **RATES, **BY
    )
    assert done.state is SampleState.EVALUATED
    assert done.result is not None
    assert (done.result.supports, done.result.limit, done.result.planned) == (True, "8.8", 0)


def test_one_deviation_is_too_many_and_the_plan_allows_one_extension(
    vault: Vault, drawn: Sample, population: FrozenPopulation
) -> None:
    bad = drawn.projected[3].position
    result = {"judgement": drawn.judgement, "deviations": [bad, 9_999], "note": "seen by hand", **RATES, **BY}
    first = acts.record_result(vault, drawn.sample_id, population, **result)
    assert first.result is not None
    assert (first.result.deviations, first.result.supports, first.result.limit) == ((bad,), False, "14.7")
    more = acts.extend(vault, drawn.sample_id, population, units=15, reason="plan", evidence=(), **BY)
    assert (more.state, len(more.projected), more.result) == (SampleState.DRAWN, 40, None)
    assert [each.position for each in more.projected][:25] == [each.position for each in drawn.projected]
    second = acts.record_result(vault, drawn.sample_id, population, **result)
    assert second.result is not None
    assert (second.result.units, second.result.limit) == (40, "9.4")
    with pytest.raises(UserError, match="extended already"):
        acts.extend(vault, drawn.sample_id, population, units=1, reason="again", evidence=(), **BY)


def missed(vault: Vault, drawn: Sample, population: FrozenPopulation) -> None:
    """Evaluate with one deviation where none is planned."""
    found: dict[str, Any] = {"deviations": [drawn.projected[0].position], "note": "", **RATES, **BY}
    acts.record_result(vault, drawn.sample_id, population, judgement=drawn.judgement, **found)


def test_a_sample_is_extended_where_an_evaluation_found_more_than_planned(
    vault: Vault, drawn: Sample, population: FrozenPopulation, evidence: list[EvidenceRef]
) -> None:
    asked: dict[str, Any] = {"units": 15, "reason": "plan", **BY}
    for shown in ((), [evidence[0].evidence_id]):
        with pytest.raises(UserError, match="was not evaluated since its units changed"):
            acts.extend(vault, drawn.sample_id, population, evidence=shown, **asked)
    clean: dict[str, Any] = {"judgement": drawn.judgement, "deviations": [], "note": "", **RATES, **BY}
    acts.record_result(vault, drawn.sample_id, population, **clean)
    with pytest.raises(UserError, match="0 of 25 units deviate, 0 were planned, and the sample supports reliance"):
        acts.extend(vault, drawn.sample_id, population, evidence=(), **asked)
    missed(vault, drawn, population)
    assert len(acts.extend(vault, drawn.sample_id, population, evidence=(), **asked).projected) == 40


def test_a_sample_is_extended_where_only_a_replaced_unit_deviates(
    vault: Vault, drawn: Sample, population: FrozenPopulation
) -> None:
    bad = drawn.projected[0].position
    void: dict[str, Any] = {"because": acts.VoidReason.VOID, "reason": "a test booking", **BY}
    acts.replace_unit(vault, drawn.sample_id, population, position=bad, **void)
    result: dict[str, Any] = {"judgement": drawn.judgement, "deviations": [bad], "note": "", **RATES, **BY}
    done = acts.record_result(vault, drawn.sample_id, population, **result).result
    assert done is not None
    assert (done.supports, done.deviations, done.planned, done.replaced) == (True, (), 0, (bad,))
    more = acts.extend(vault, drawn.sample_id, population, units=15, reason="plan", evidence=(), **BY)
    assert len(more.projected) == 40, "counted as well, more deviate than were planned, and the plan allows it"


def test_an_extension_that_was_not_planned_needs_evidence(
    vault: Vault, drawn: Sample, population: FrozenPopulation, evidence: list[EvidenceRef]
) -> None:
    missed(vault, drawn, population)
    with pytest.raises(UserError, match="15 were agreed before the draw"):
        acts.extend(vault, drawn.sample_id, population, units=16, reason="more", evidence=(), **BY)
    shown = [evidence[0].evidence_id]
    more = acts.extend(vault, drawn.sample_id, population, units=16, reason="isolated", evidence=shown, **BY)
    assert len(more.projected) == 41


def test_an_agreement_made_after_the_draw_plans_no_extension(
    vault: Vault, frozen: Sample, population: FrozenPopulation
) -> None:
    drawn = draw(vault, frozen, population)
    agreed(vault)
    missed(vault, drawn, population)
    with pytest.raises(UserError, match="of which 0 were agreed"):
        acts.extend(vault, drawn.sample_id, population, units=15, reason="plan", evidence=(), **BY)


def test_a_void_unit_gives_way_to_the_next_of_its_stratum(
    vault: Vault, judgement: Entry, population: FrozenPopulation
) -> None:
    frozen = frozen_with(vault, judgement, population, plan=Plan(Method.STRATIFIED, 10, Stratum.SYSTEM))
    drawn = draw(vault, frozen, population)
    gone = drawn.projected[0].position
    asked = {"position": gone, "because": VoidReason.VOID, "reason": "a test deployment", **BY}
    changed = acts.replace_unit(vault, drawn.sample_id, population, **asked)
    fresh = changed.projected[-1]
    assert (fresh.why, len(changed.projected)) == (Why.REPLACEMENT, 10)
    assert population.unit(fresh.position).system == population.unit(gone).system
    assert [each.left_because for each in changed.chosen if each.position == gone] == ["void: a test deployment"]
    with pytest.raises(UserError, match="no drawn unit"):
        acts.replace_unit(vault, drawn.sample_id, population, **asked)


@pytest.mark.parametrize(
    ("confidence", "tolerable", "expected", "planned"),
    [(95, 10, 3, 0), (90, 20, 4, 1), (90, 9, 8, 0), (90, 40, 39, 6)],
    ids=["too small", "as the rate expects", "near the tolerable rate", "as far as the limit reaches"],
)
def test_what_is_planned_is_what_the_drawn_size_allows(
    vault: Vault,
    drawn: Sample,
    population: FrozenPopulation,
    confidence: int,
    tolerable: int,
    expected: int,
    planned: int,
) -> None:
    """61 units plan 2 deviations at 95/10/3; 25 units allow none of them."""
    rates = {name: Fraction(rate) for name, rate in (("confidence", confidence), ("tolerable", tolerable))}
    measure: dict[str, Any] = {"judgement": drawn.judgement, "deviations": [], "note": "", **rates, **BY}
    done = acts.record_result(vault, drawn.sample_id, population, expected=Fraction(expected), **measure)
    assert done.result is not None
    assert done.result.planned == planned


def test_a_replaced_unit_that_deviates_is_told_both_ways(
    vault: Vault, drawn: Sample, population: FrozenPopulation
) -> None:
    void, fine = (each.position for each in drawn.projected[:2])
    for position in (void, fine):
        asked = {"position": position, "because": VoidReason.VOID, "reason": "a test deployment", **BY}
        acts.replace_unit(vault, drawn.sample_id, population, **asked)
    said: dict[str, Any] = {"judgement": drawn.judgement, "note": "so it is", **RATES, **BY}
    done = acts.record_result(vault, drawn.sample_id, population, deviations=[void], **said)
    result = done.result
    assert result is not None
    assert (result.deviations, result.limit, result.supports) == ((), "8.8", True)
    assert (result.replaced, result.limit_with_replaced, result.supports_with_replaced) == ((void,), "14.2", False)
    assert "The sample supports reliance. 1 unit that a person replaced deviates nevertheless. Counted as" in (
        result.sentence
    )
    assert "1 of 26 units deviate, at most 14.2% of the population (27 items), and the sample does not support" in (
        result.sentence
    )
    clean = acts.record_result(vault, drawn.sample_id, population, deviations=[], **said).result
    assert clean is not None
    assert (clean.replaced, clean.limit_with_replaced, clean.supports_with_replaced) == ((), "8.8", True)
    assert "replaced" not in clean.sentence


def test_what_a_person_found_in_a_unit_stays_with_it_when_it_is_replaced(
    vault: Vault, drawn: Sample, population: FrozenPopulation
) -> None:
    bad = drawn.projected[0].position
    said: dict[str, Any] = {"judgement": drawn.judgement, "deviations": [], "note": "", **RATES, **BY}
    acts.record_result(vault, drawn.sample_id, population, further=[bad], **said)
    asked = {"position": bad, "because": VoidReason.VOID, "reason": "a test deployment", **BY}
    acts.replace_unit(vault, drawn.sample_id, population, **asked)
    result = acts.record_result(vault, drawn.sample_id, population, **said).result
    assert result is not None
    assert (result.deviations, result.replaced) == ((), (bad,))


def test_the_limit_of_a_stratified_sample_holds_for_strata_of_unequal_rates(vault: Vault, judgement: Entry) -> None:
    """180 items of erp have 38 of 42 units, 20 of hr have 4: each of the latter counts 1.05 times."""
    items = freeze(unit_line(f"item-{at:03d}", "erp" if at % 10 else "hr", None) for at in range(200))
    drawn = draw(vault, frozen_with(vault, judgement, items, plan=Plan(Method.STRATIFIED, 42, Stratum.SYSTEM)), items)
    said: dict[str, Any] = {"judgement": drawn.judgement, "deviations": [], "note": "", **RATES, **BY}
    result = acts.record_result(vault, drawn.sample_id, items, **(said | {"expected": Fraction(1)})).result
    assert result is not None
    assert sum(items.unit(each.position).system == "hr" for each in drawn.projected) == 4
    assert (result.limit, result.limit_items, result.supports) == ("5.7", 11, True), "a random one: 5.4%, 9 items"
    assert result.planned == 0, "a random one: 1"
    assert "at most 5.7% of the population deviate (11 items, however the strata by system differ); tolerable" in (
        result.sentence
    )


def test_named_units_are_never_projected(vault: Vault, drawn: Sample, population: FrozenPopulation) -> None:
    named = next(at for at in range(200) if at not in drawn.taken)
    changed = acts.target(vault, drawn.sample_id, population, positions=[named], reason="largest", **BY)
    assert len(changed.projected) == 25
    done = acts.record_result(
        vault, drawn.sample_id, population, judgement=drawn.judgement, deviations=[named], note="", **RATES, **BY
    )
    assert done.result is not None
    assert done.result.deviations == ()


def test_a_nonce_that_was_known_at_the_freeze_draws_nothing(
    vault: Vault, judgement: Entry, drawn: Sample, population: FrozenPopulation
) -> None:
    later = frozen_with(vault, judgement, population)
    with pytest.raises(UserError, match=f"used this nonce before {later.sample_id} was frozen"):
        draw(vault, later, population, nonce=drawn.nonce)
    beside = frozen_with(vault, judgement, population)
    assert draw(vault, later, population, nonce="new dice").state is SampleState.DRAWN
    assert draw(vault, beside, population, nonce="new dice").state is SampleState.DRAWN, "frozen before it was said"


def test_no_stratum_is_left_without_a_chance(vault: Vault, judgement: Entry) -> None:
    months = freeze(unit_line(f"item-{at:03d}", "erp", AT.replace(month=1 + at % 12)) for at in range(120))
    with pytest.raises(UserError, match="11 units for 12 strata by month, so that some would get none"):
        frozen_with(vault, judgement, months, plan=Plan(Method.STRATIFIED, 11, Stratum.MONTH))
    drawn = draw(vault, frozen_with(vault, judgement, months, plan=Plan(Method.STRATIFIED, 12, Stratum.MONTH)), months)
    assert len({months.unit(each.position).month for each in drawn.projected}) == 12


def test_no_stratum_gets_less_than_half_its_share(vault: Vault, judgement: Entry) -> None:
    """11 units, one of each: the 990 of `erp` could deviate at nearly any rate behind ten strata of one item."""
    systems = ["erp"] * 990 + [f"app-{at}" for at in range(10)]
    items = freeze(unit_line(f"item-{at:03d}", system, None) for at, system in enumerate(systems))
    with pytest.raises(UserError, match="erp gets 1 of 11 units, less than half the share of its 990 items") as told:
        frozen_with(vault, judgement, items, plan=Plan(Method.STRATIFIED, 11, Stratum.SYSTEM))
    assert "from 20 units on" in str(told.value)
    with pytest.raises(UserError, match="erp gets 9 of 19 units"):
        frozen_with(vault, judgement, items, plan=Plan(Method.STRATIFIED, 19, Stratum.SYSTEM))
    frozen = frozen_with(vault, judgement, items, plan=Plan(Method.STRATIFIED, 20, Stratum.SYSTEM))
    assert len(draw(vault, frozen, items).projected) == 20


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (Plan(Method.RANDOM, 201), "1 to 200, the units of the population"),
        (Plan(Method.RANDOM, 0), "1 to 200, the units of the population"),
        (Plan(Method.STRATIFIED, 10), "no --by with stratified"),
        (Plan(Method.RANDOM, 10, Stratum.MONTH), "--by month with random"),
    ],
)
def test_a_plan_that_cannot_be_drawn_is_not_frozen(
    vault: Vault, judgement: Entry, population: FrozenPopulation, plan: Plan, message: str
) -> None:
    before = vault.size
    with pytest.raises(UserError, match=message):
        frozen_with(vault, judgement, population, plan=plan)
    assert vault.size == before


def test_the_largest_plan_can_be_drawn_and_a_larger_one_is_not_frozen(vault: Vault, judgement: Entry) -> None:
    whole = freeze(unit_line(f"item-{number:06d}", "erp", None) for number in range(100_000 + acts.MOST_UNITS))
    before = vault.size
    with pytest.raises(UserError, match="5,001 units are asked for"):
        frozen_with(vault, judgement, whole, plan=Plan(Method.RANDOM, acts.MOST_UNITS + 1))
    assert vault.size == before
    drawn = draw(vault, frozen_with(vault, judgement, whole, plan=Plan(Method.RANDOM, acts.MOST_UNITS)), whole)
    assert len(drawn.projected) == acts.MOST_UNITS


def test_the_plan_stands_in_the_freeze_before_the_nonce_is_said(
    vault: Vault, judgement: Entry, population: FrozenPopulation
) -> None:
    plan = Plan(Method.STRATIFIED, 10, Stratum.SYSTEM)
    frozen = frozen_with(vault, judgement, population, plan=plan)
    assert (frozen.frozen_plan, frozen.plan) == (plan, None)
    drawn = draw(vault, frozen, population)
    assert (drawn.plan, len(drawn.projected)) == (plan, 10)


def test_a_unit_is_named_once(vault: Vault, drawn: Sample, population: FrozenPopulation) -> None:
    with pytest.raises(UserError, match=f"is named twice in {drawn.sample_id}"):
        acts.target(vault, drawn.sample_id, population, positions=[3, 4, 3], reason="largest", **BY)
    acts.target(vault, drawn.sample_id, population, positions=[3, drawn.taken[0]], reason="largest", **BY)
    before = vault.size
    with pytest.raises(UserError, match="named twice"):
        acts.target(vault, drawn.sample_id, population, positions=[3], reason="again", **BY)
    assert vault.size == before


def test_a_nonce_that_was_promised_is_held_to(vault: Vault, judgement: Entry, population: FrozenPopulation) -> None:
    frozen = frozen_with(vault, judgement, population, nonce_sha256=sha256(b"dice").hexdigest())
    with pytest.raises(UserError, match="as given before the freeze"):
        draw(vault, frozen, population, nonce="other dice")
    assert draw(vault, frozen, population, nonce="dice").state is SampleState.DRAWN


def test_the_hash_of_a_nonce_may_be_in_capitals(vault: Vault, judgement: Entry, population: FrozenPopulation) -> None:
    frozen = frozen_with(vault, judgement, population, nonce_sha256=sha256(b"dice").hexdigest().upper())
    assert draw(vault, frozen, population, nonce="dice").state is SampleState.DRAWN


@pytest.mark.parametrize("said", ["", "dice", sha256(b"dice").hexdigest()[:-1], f"{sha256(b'dice').hexdigest()}  -"])
def test_what_is_no_hash_of_a_nonce_is_not_frozen(
    vault: Vault, judgement: Entry, population: FrozenPopulation, said: str
) -> None:
    before = vault.size
    with pytest.raises(UserError, match="is no SHA-256"):
        frozen_with(vault, judgement, population, nonce_sha256=said)
    assert vault.size == before


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (draw, "is drawn, so 'draw' is not allowed"),
        (
            lambda v, _, p: acts.draw_sample(v, "sm-0", p, nonce="n", **BY),
            "there is no sample 'sm-0'",
        ),
        (
            lambda v, d, _: acts.target(
                v, d.sample_id, freeze([unit_line("x", "a", None)]), positions=[0], reason="r", **BY
            ),
            "its root is",
        ),
        (lambda v, d, p: acts.target(v, d.sample_id, p, positions=[0], reason=" ", **BY), "no reason"),
        (
            lambda v, d, p: acts.record_result(
                v, d.sample_id, p, judgement=0, deviations=[], note="", **(RATES | {"tolerable": Fraction(0)}), **BY
            ),
            "between 0% and 100%",
        ),
        (lambda v, _, __: agreed(v, size=0), "a size of at least 1"),
        (lambda v, _, __: agreed(v, agreed_with=" "), "nobody is named"),
        (lambda v, _, __: agreed(v, confidence=Fraction(950)), "is not between 0% and 100%"),
        (lambda v, _, __: agreed(v, expected=Fraction(9)), "is not below the tolerable"),
        (lambda v, _, __: agreed(v, tolerable=Fraction(10, 3)), "10/3 percent cannot be written"),
        (
            lambda v, d, p: acts.record_result(
                v,
                d.sample_id,
                p,
                judgement=0,
                deviations=[],
                note="",
                **(RATES | {"confidence": Fraction("90.0000001")}),
                **BY,
            ),
            "cannot be written as a decimal",
        ),
    ],
    ids=range(11),
)
def test_refusals_leave_the_log_alone(
    vault: Vault,
    drawn: Sample,
    population: FrozenPopulation,
    act: Callable[[Vault, Sample, FrozenPopulation], object],
    message: str,
) -> None:
    before = vault.size
    with pytest.raises(UserError, match=message):
        act(vault, drawn, population)
    assert vault.size == before


@pytest.mark.parametrize("nonce", ["", "  ", "a\nb"])
def test_a_nonce_is_one_line(vault: Vault, frozen: Sample, population: FrozenPopulation, nonce: str) -> None:
    with pytest.raises(UserError, match="one line from the auditor"):
        draw(vault, frozen, population, nonce=nonce)


def test_a_population_without_units_is_not_frozen(vault: Vault, judgement: Entry) -> None:
    with pytest.raises(UserError, match="3 period"):
        frozen_with(vault, judgement, freeze([]))


def test_an_act_that_no_state_allows_changes_nothing(vault: Vault, drawn: Sample) -> None:
    body: dict[str, Json] = {
        "agreement": None,
        "by": None,
        "method": "random",
        "nonce": "n",
        "positions": [1],
        "sample": drawn.sample_id,
        "seed": "",
        "size": 1,
    }
    entry = record(vault, EntryKind.SAMPLE_DRAW, body=body, acting_user="p-0009", at=AT)
    found = acts.all_samples(vault)
    assert found.by_id[drawn.sample_id] == drawn
    assert found.faults == (f"Entry {entry.index} (draw) cannot follow: the sample {drawn.sample_id} is drawn.",)
