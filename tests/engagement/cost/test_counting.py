"""Counts from the company's own numbers: people times occurrences, items by convention, rounds, what reuse saves."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from twofold.catalog.entries import Frequency
from twofold.engagement.cost.counting import (
    CompanyNumbers,
    ControlNumbers,
    EngagementNumbers,
    ExportNumbers,
    count,
    hand_and_connector,
    sample_range,
)
from twofold.engagement.cost.lines import Counts
from twofold.engagement.cost.quantities import Range

BOTH = frozenset({"soc2", "sox"})


def control(control_id: str = "AC-01", **changed: Any) -> ControlNumbers:
    base = ControlNumbers(
        control_id=control_id,
        title="Title",
        frequency=Frequency.EVERY_EVENT,
        unit="each grant",
        lenses=BOTH,
        performers=("p-1", "p-2"),
        owned=True,
        items_a_year=Fraction(100),
        by_hand=True,
        tested=True,
        conclusions={"soc2": "effective", "sox": "effective"},
        data=(f"catalog: {control_id}",),
    )
    return replace(base, **changed)


SOC2 = EngagementNumbers("soc2-2026", "soc2", "type2", 365, 33, 4, {})
SOX = EngagementNumbers("sox-2026", "sox", "sox", 365, 0, 2, {})


def numbers(*controls: ControlNumbers, engagements: tuple[EngagementNumbers, ...] = (SOC2, SOX)) -> CompanyNumbers:
    return CompanyNumbers(
        controls=controls,
        engagements=engagements,
        exports=(),
        connectors=("github",),
        tables_by_hand=(),
        policies=(),
        shared_tests=("T-01",),
        scope="scope: applied",
    )


def totals(counts: Counts) -> Mapping[str, Fraction | None]:
    found: dict[str, Fraction | None] = {}
    for name, held in counts.items():
        known = [each.quantity.likely for each in held if each.quantity is not None]
        found[name] = sum(known, Fraction()) if len(known) == len(held) else None
    return found


def test_people_times_occurrences_a_year() -> None:
    assert totals(count(numbers(control()), tools=()))["perform_controls"] == 200


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"performers": ()}, 100),
        ({"frequency": Frequency.AUTOMATED}, 0),
        ({"frequency": Frequency.CONTINUOUS, "items_a_year": None}, 0),
        ({"frequency": Frequency.QUARTERLY, "items_a_year": None}, 8),
        ({"items_a_year": None}, None),
        ({"items_a_year": Fraction(365, 2)}, 365),
    ],
)
def test_occurrences_are_measured_else_those_of_the_catalog_else_not_counted(
    changed: dict[str, Any], expected: int | None
) -> None:
    assert totals(count(numbers(control(**changed)), tools=()))["perform_controls"] == expected


def test_nothing_of_sox_is_counted_without_a_sox_year() -> None:
    found = count(numbers(control(lenses=frozenset({"soc2"})), engagements=(SOC2,)), tools=())
    assert not [name for name in found if name.startswith(("sox_", "perform_sox"))]


def test_what_sox_adds_every_year() -> None:
    late = control("AC-02", conclusions={"soc2": "effective", "sox": "not effective"})
    found = totals(count(numbers(control(), late, control("OP-08", lenses=frozenset({"sox"}))), tools=()))
    assert found["sox_walkthroughs"] == 3
    assert found["sox_tests"] == 6
    assert found["sox_sign_offs"] == 6
    assert found["sox_certifications"] == 4
    assert found["sox_remediation"] == 1
    assert found["perform_sox_controls"] == 200
    assert found["perform_controls"] == 400
    assert found["sox_retests"] == Fraction(45, 2)


def test_a_gap_under_both_lenses_is_corrected_once() -> None:
    gap = control(conclusions={"soc2": "not concluded", "sox": "not effective"})
    found = totals(count(numbers(gap, control("AC-02")), tools=()))
    assert found["close_gaps"] == 1
    assert "sox_remediation" not in found


def test_gaps_are_not_counted_before_anything_was_judged() -> None:
    assert totals(count(numbers(control(conclusions={})), tools=()))["close_gaps"] is None


def test_a_control_without_owner_is_readiness() -> None:
    assert totals(count(numbers(control(owned=False), control("AC-02")), tools=()))["find_owners"] == 1


@pytest.mark.parametrize(
    ("changed", "engagement", "expected"),
    [
        ({}, SOC2, (20, 40)),
        ({"items_a_year": Fraction(1000)}, SOC2, (25, 60)),
        ({"items_a_year": Fraction(3)}, SOC2, (2, 2)),
        ({"items_a_year": Fraction(1)}, SOC2, (1, 1)),
        ({"items_a_year": Fraction(0)}, SOC2, (0, 0)),
        ({"frequency": Frequency.AUTOMATED}, SOX, (1, 1)),
        ({}, replace(SOC2, kind="type1"), (1, 1)),
        ({}, replace(SOC2, agreed={"AC-01": 17}), (17, 17)),
        ({"items_a_year": None}, SOC2, None),
        ({"items_a_year": None, "frequency": Frequency.MONTHLY}, SOC2, (2, 5)),
    ],
)
def test_items_follow_the_agreement_else_the_convention(
    changed: dict[str, Any], engagement: EngagementNumbers, expected: tuple[int, int] | None
) -> None:
    found = sample_range(control(**changed), engagement)
    assert found == (Range.between(*expected) if expected else None)


def test_items_and_exports_are_told_by_hand_and_by_connector() -> None:
    held = numbers(control(by_hand=True), control("AC-02", by_hand=False), engagements=(SOC2,))
    exports = (
        ExportNumbers("ev-1", by_hand=True, lenses=BOTH),
        ExportNumbers("ev-2", by_hand=True, lenses=frozenset({"soc2"})),
        ExportNumbers("ev-3", by_hand=False, lenses=frozenset({"sox"})),
        ExportNumbers("ev-4", by_hand=False, lenses=frozenset()),
    )
    counts = count(replace(held, exports=exports), tools=())
    found = hand_and_connector(counts)
    assert found["exports_by_hand"] == Range.exactly(4)
    assert found["exports_by_connector"] == Range.exactly(3)
    assert found["items_by_hand"] == found["items_by_connector"]
    assert totals(counts)["saved_by_hand"] == 1
    assert "saved_by_connector" not in counts


def test_the_drivers_of_a_fee_stand_beside_it() -> None:
    (fee,) = count(numbers(control()), tools=())["audit_fees"]
    assert fee.basis.startswith("type2, 365 days; 33 criteria; 4 systems; 1 controls; about 20 to 40 items")
    assert fee.applies_to == ("soc2-2026", "type2")
