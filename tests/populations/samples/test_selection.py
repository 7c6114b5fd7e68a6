from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.model.problem import UserError
from twofold.populations.samples.frozen import FrozenPopulation, freeze, read_frozen, unit_line
from twofold.populations.samples.selection import (
    Method,
    Plan,
    Stratum,
    draw,
    least_even_size,
    next_units,
    seed_of,
    share_out,
    short_stratum,
    strata,
    systematic,
)
from twofold.vault.tree.merkle import ProofError, leaf_hash, verify_inclusion

SEED = sha256(b"seed").digest()
UNITS = st.lists(
    st.tuples(st.text(max_size=8), st.sampled_from("abc"), st.integers(1, 6)),
    min_size=1,
    max_size=60,
    unique_by=lambda unit: unit[0],
)


def population(count: int, *, systems: str = "ab") -> FrozenPopulation:
    return freeze(
        unit_line(f"item-{number:03d}", systems[number % len(systems)], datetime(2026, 1 + number % 6, 3, tzinfo=UTC))
        for number in range(count)
    )


def test_a_line_says_item_system_and_time() -> None:
    assert unit_line("a/1", "erp", datetime(2026, 3, 1, 9)) == b'["a/1","erp","2026-03-01T09:00:00.000000Z"]'  # noqa: DTZ001  as Parquet gives it
    assert unit_line("ü\n", "erp", None) == '["ü\\n","erp",null]'.encode()


@given(UNITS)
def test_the_order_of_the_items_does_not_matter(units: list[tuple[str, str, int]]) -> None:
    lines = [unit_line(item, system, datetime(2026, month, 1, tzinfo=UTC)) for item, system, month in units]
    one, other = freeze(lines), freeze(reversed(lines))
    assert one.root == other.root
    assert draw(one, SEED, Plan(Method.RANDOM, 1)) == draw(other, SEED, Plan(Method.RANDOM, 1))
    assert read_frozen(one.as_text(), where="file").root == one.root


@given(UNITS)
def test_every_unit_has_its_proof(units: list[tuple[str, str, int]]) -> None:
    frozen = freeze(unit_line(item, system, None) for item, system, _ in units)
    for position, line in enumerate(frozen.lines):
        shown = {"index": position, "end": len(units), "proof": frozen.proof(position), "root": frozen.root}
        verify_inclusion(leaf=leaf_hash(line), **shown)  # type: ignore[arg-type]
        with pytest.raises(ProofError, match="leads to another root"):
            verify_inclusion(leaf=leaf_hash(line + b" "), **shown)  # type: ignore[arg-type]


def test_an_item_that_stands_twice_is_refused() -> None:
    with pytest.raises(UserError, match="stands twice"):
        freeze([unit_line("a", "erp", None), unit_line("a", "erp", None)])


@pytest.mark.parametrize("text", [b"b\na\n", b"a\na\n", b"a"])
def test_a_changed_file_is_refused(text: bytes) -> None:
    with pytest.raises(UserError, match="no frozen population"):
        read_frozen(text, where="file")


@given(units=UNITS, data=st.data())
def test_a_draw_gives_as_many_different_units_as_asked(units: list[tuple[str, str, int]], data: st.DataObject) -> None:
    frozen = freeze(unit_line(item, system, datetime(2026, month, 1, tzinfo=UTC)) for item, system, month in units)
    size = data.draw(st.integers(1, len(units)))
    for plan in (
        Plan(Method.RANDOM, size),
        Plan(Method.SYSTEMATIC, size),
        Plan(Method.STRATIFIED, size, Stratum.MONTH),
    ):
        chosen = draw(frozen, SEED, plan)
        assert len(set(chosen)) == len(chosen) == size
        assert all(0 <= position < len(units) for position in chosen)


def test_a_larger_random_sample_begins_with_the_smaller_one() -> None:
    frozen = population(100)
    small, large = (draw(frozen, SEED, Plan(Method.RANDOM, size)) for size in (25, 40))
    assert large[:25] == small
    assert next_units(frozen, SEED, Plan(Method.RANDOM, 25), taken=small, count=15) == large[25:]


def test_another_nonce_gives_another_draw_and_so_does_every_other_input() -> None:
    given_: dict[str, Any] = {
        "engagement": "sox",
        "control": "CM-01",
        "control_test": "T-10",
        "root": b"\x01" * 32,
        "nonce": "n",
    }
    seeds = {
        seed_of(**(given_ | change))
        for change in (
            {},
            {"nonce": "m"},
            {"control": "CM-02"},
            {"engagement": "x"},
            {"control_test": "T-11"},
            {"root": b"\x02" * 32},
        )
    }
    assert len(seeds) == 6


@pytest.mark.parametrize(("units", "size"), [(10, 3), (97, 25), (7, 7), (1, 1)])
def test_each_unit_has_the_same_chance_in_a_systematic_sample(units: int, size: int) -> None:
    times = [0] * units
    for start in range(units):
        for position in systematic(units, size, start=start):
            times[position] += 1
    assert set(times) == {size}


def test_a_random_draw_is_even() -> None:
    frozen = population(20)
    times = [0] * 20
    for number in range(2_000):
        for position in draw(frozen, sha256(str(number).encode()).digest(), Plan(Method.RANDOM, 5)):
            times[position] += 1
    assert min(times) > 430, "500 each are expected, with a standard deviation of 19"
    assert max(times) < 570


def test_strata_get_their_shares_and_each_at_least_one() -> None:
    assert share_out(10, {"erp": 90, "crm": 9, "hr": 1}) == {"crm": 1, "erp": 8, "hr": 1}
    assert share_out(2, {"erp": 90, "crm": 9, "hr": 1}) == {"crm": 0, "erp": 2, "hr": 0}
    assert share_out(200, {"erp": 90, "crm": 9}) == {"crm": 9, "erp": 90}
    assert share_out(60, {"interim": 300, "roll-forward": 100}) == {"interim": 45, "roll-forward": 15}


@pytest.mark.parametrize(
    ("counts", "size"),
    [
        ({"a": 990, **{f"s{at}": 1 for at in range(10)}}, 20),
        ({"a": 500, "b": 500, "y": 1, "z": 1}, 6),  # 4 would do, 5 would not
        ({"a": 5, "b": 5, "c": 5}, 3),
        ({"a": 3}, 1),
    ],
    ids=["ten of one", "not each size before", "even", "one"],
)
def test_from_which_size_on_no_stratum_falls_short(counts: dict[str, int], size: int) -> None:
    assert least_even_size(counts) == size


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 60), min_size=1))
def test_each_size_from_the_named_one_on_gives_each_stratum_half_its_share(counts: dict[str, int]) -> None:
    named = least_even_size(counts)
    fits = [short_stratum(counts, share_out(size, counts)) is None for size in range(1, sum(counts.values()) + 1)]
    assert all(fits[named - 1 :])
    assert named == 1 or not fits[named - 2]


def test_a_replacement_in_a_stratified_sample_comes_from_the_same_stratum() -> None:
    frozen = population(40)
    plan = Plan(Method.STRATIFIED, 10, Stratum.SYSTEM)
    chosen = draw(frozen, SEED, plan)
    for position in chosen:
        (fresh,) = next_units(frozen, SEED, plan, taken=chosen, count=1, like=position)
        assert fresh not in chosen
        assert frozen.unit(fresh).system == frozen.unit(position).system
    assert sum(len(units) for units in strata(frozen, Stratum.SYSTEM).values()) == 40


def test_a_unit_whose_stratum_has_no_other_leaves_without_replacement() -> None:
    frozen = freeze(unit_line(f"item-{number}", "ab"[number > 0], None) for number in range(9))
    plan = Plan(Method.STRATIFIED, 3, Stratum.SYSTEM)
    chosen = draw(frozen, SEED, plan)
    assert next_units(frozen, SEED, plan, taken=chosen, count=1, like=0) == []
    assert len(next_units(frozen, SEED, plan, taken=chosen, count=1, like=chosen[-1])) == 1


def test_asking_for_too_many_is_refused() -> None:
    frozen = population(5)
    with pytest.raises(UserError, match="1 to 5"):
        draw(frozen, SEED, Plan(Method.RANDOM, 6))
    with pytest.raises(UserError, match="1 units are left"):
        next_units(frozen, SEED, Plan(Method.RANDOM, 4), taken=[0, 1, 2, 3], count=2)
    with pytest.raises(UserError, match="stratified, and only there"):
        draw(frozen, SEED, Plan(Method.RANDOM, 2, Stratum.MONTH))
