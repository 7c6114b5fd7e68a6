"""The catalog that comes with Twofold, held against an independent transcription of the crosswalk."""

import re

import pytest

from twofold.catalog.catalog import Catalog
from twofold.catalog.entries import DomainRole, SoxUse
from twofold.catalog.load import load_catalog
from twofold.model.problem import UserError

CROSSWALK = """
AC-01 CC6.2 CC6.3 | APD key
AC-02 CC6.2 CC6.3 | APD key
AC-03 CC6.2 | APD key
AC-04 CC6.1 CC6.3 | APD key
AC-05 CC6.2 CC6.3 CC4.1 | APD key
AC-06 CC6.1 CC6.6 | APD supporting
AC-07 CC6.1 | APD key
AC-08 CC6.1 CC6.3 | APD key
AC-09 CC6.3 CC5.1 | APD key
AC-10 CC6.1 CC6.3 | APD key
AC-11 CC6.4 | APD rare
CM-01 CC8.1 | PC key
CM-02 CC8.1 CC6.3 CC5.1 | PC key
CM-03 CC8.1 CC7.4 | PC key
CM-04 CC8.1 CC7.1 | PC key
CM-05 CC8.1 CC6.8 | PC supporting
CM-06 CC8.1 PI1.3 | PC key
CM-07 CC8.1 A1.2 | PC rare
CM-08 CC8.1 CC6.7 | PC key
PD-01 CC8.1 CC3.4 | PD key
PD-02 PI1.2 PI1.5 | PD key
OP-01 CC7.2 CC7.1 | CO supporting APD supporting
OP-02 CC7.3 CC7.4 CC7.5 | CO key
OP-03 CC7.1 CC6.8 | soc2_only
OP-04 A1.2 PI1.5 | CO key
OP-05 A1.2 A1.3 CC7.5 | CO key
OP-06 PI1.3 A1.1 | CO key
OP-07 PI1.2 PI1.3 PI1.4 | CO key
OP-08 PI1.4 CC2.1 | PC reliance APD reliance
OP-09 PI1.3 CC8.1 | PC key APD key
VD-01 CC9.2 CC3.2 | soc2_only
VD-02 CC9.2 CC2.3 | APD key PC key PD key CO key
HR-01 CC1.4 CC2.2 | soc2_only
HR-02 CC1.1 CC1.4 CC1.5 | soc2_only
HR-03 CC6.2 CC6.5 | APD supporting
EP-01 CC6.1 CC6.7 CC6.8 | soc2_only
GV-01 CC5.3 CC1.1 CC2.2 | soc2_only
GV-02 CC3.1 CC3.2 CC3.3 CC3.4 CC9.1 | entity_level
GV-03 CC4.1 CC4.2 | entity_level
GV-04 CC1.2 CC1.3 | entity_level
BC-01 A1.3 CC9.1 CC7.5 | CO rare
BC-02 A1.1 | soc2_only
PV-01 P5.1 P5.2 P6.7 P8.1 | soc2_only
PV-02 P1.1 P2.1 P3.1 P3.2 P4.1 P6.1 P6.2 P6.3 P6.4 P6.5 P6.6 | soc2_only
PV-03 C1.1 C1.2 P4.2 P4.3 CC6.5 | soc2_only
NW-01 CC6.1 CC6.6 CC6.7 | soc2_only
"""
REQUIRED = """
AC-01 T-01 ABCDE ABCDEFG
AC-03 T-03 ABCD ABCD
AC-05 T-05 ABCDEG ABCDEFG
CM-01 T-10 ABCDEF ABCDEFGHI
CM-02 T-11 A ABC
CM-03 T-12 ABCDE ABCDE
CM-04 T-13 A A
OP-02 T-19 ABCDEF ABCDEFG
OP-05 T-22 ABCDE ABCDEF
BC-01 T-30 ABCD ABCD
"""


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.mark.parametrize(
    ("categories", "count"),
    [
        ([], 33),
        (["security"], 33),
        (["security", "availability"], 36),
        (["availability", "confidentiality"], 38),
        (["availability", "confidentiality", "processing_integrity"], 43),
        (["availability", "confidentiality", "processing_integrity", "privacy"], 61),
    ],
)
def test_number_of_criteria_in_scope(catalog: Catalog, categories: list[str], count: int) -> None:
    assert len(catalog.criteria_for(categories)) == count


def test_number_of_criteria_per_series(catalog: Catalog) -> None:
    counted = {
        name: sum(criterion.series == name for criterion in catalog.criteria.values()) for name in catalog.series
    }

    expected = (
        "CC1 5, CC2 3, CC3 4, CC4 2, CC5 3, CC6 8, CC7 5, CC8 1, CC9 2, A1 3, C1 2, PI1 5, P1 1, P2 1, P3 2, P4 3"
    )
    assert ", ".join(f"{name} {count}" for name, count in counted.items()) == f"{expected}, P5 2, P6 7, P7 1, P8 1"


def test_criteria_relate_to_coso_principles(catalog: Catalog) -> None:
    criteria = catalog.criteria
    own = {criterion.principle for criterion in criteria.values() if criterion.principle is not None}
    beyond = [name for name, criterion in criteria.items() if criterion.adds_to_principle]

    assert own == set(catalog.principles) == set(range(1, 18))
    assert catalog.criterion("CC2.1").principle == 13
    assert {catalog.criteria[name].principle for name in beyond} == {12}
    assert {catalog.criteria[name].series for name in beyond} == {"CC6", "CC7", "CC8", "CC9"}
    assert catalog.criterion("A1.1").principle is None


def test_domains_and_control_tests(catalog: Catalog) -> None:
    assert list(catalog.domains) == ["APD", "PC", "PD", "CO"]
    assert catalog.domain("CO").question == "Does processing run fully and recover?"
    assert list(catalog.control_tests) == [f"T-{number:02}" for number in range(1, 35)]


def test_every_control_maps_as_the_crosswalk_says(catalog: Catalog) -> None:
    expected = {}
    for line in CROSSWALK.split("\n")[1:-1]:
        criteria, itgc = line.split(" | ")
        control_id, *ids = criteria.split()
        words = itgc.split()
        domains = dict(zip(words[::2], words[1::2], strict=True)) if len(words) > 1 else {}
        expected[control_id] = (ids, domains, words[0] if len(words) == 1 else "itgc")

    assert len(expected) == 46
    assert {
        control_id: (list(control.criteria), {**control.domains}, control.sox_use)
        for control_id, control in catalog.controls.items()
    } == expected


@pytest.mark.parametrize("line", REQUIRED.split("\n")[1:-1])
def test_letters_each_lens_requires(catalog: Catalog, line: str) -> None:
    control_id, control_test, soc2, sox = line.split()
    control = catalog.control(control_id)

    assert control.control_tests == (control_test,)
    assert "".join(control.required_attributes(lens="soc2", control_test_id=control_test)) == soc2
    assert "".join(control.required_attributes(lens="sox", control_test_id=control_test)) == sox
    assert set(sox) <= set(control.attributes)


def test_every_control_test_serves_a_control(catalog: Catalog) -> None:
    assert [test for test in catalog.control_tests if not catalog.controls_for_test(test)] == []
    assert [control.control_id for control in catalog.controls_for_test("T-10")] == ["CM-01"]
    assert [control.control_id for control in catalog.controls_for_test("T-23")] == ["OP-06", "OP-07"]


def test_a_control_without_rule_says_why_and_is_tested_by_hand(catalog: Catalog) -> None:
    by_hand = [control for control in catalog.controls.values() if not control.control_tests]

    assert {control.control_id for control in by_hand} == {
        *("AC-10", "AC-11", "CM-08", "PV-02", "PV-03"),
    }
    for control in by_hand:
        assert control.by_hand_because
        assert not control.required
        assert tuple(control.required_by_hand) == control.lenses


def test_soc2_only_controls_are_not_judged_under_sox(catalog: Catalog) -> None:
    for control in catalog.controls.values():
        assert ("sox" in control.lenses) == (control.sox_use is SoxUse.ITGC) == bool(control.domains)
        if control.sox_use is not SoxUse.SOC2_ONLY:
            assert control.risk.financial_reporting
    assert {control.control_id for control in catalog.controls.values() if "soc2" not in control.lenses} == {
        *("OP-08", "OP-09"),
    }


def test_every_family_has_controls_in_order(catalog: Catalog) -> None:
    families = [control.family for control in catalog.controls.values()]

    assert list(dict.fromkeys(families)) == list(catalog.families)
    assert [families.count(family) for family in catalog.families] == [11, 10, 9, 16]


def test_prose_is_there_and_belongs_to_one_control(catalog: Catalog) -> None:
    controls = catalog.controls.values()
    for field in ("title", "statement", "narrative"):
        texts = [getattr(control, field) for control in controls]
        assert all(texts)
        assert len(set(texts)) == 46
    for control in controls:
        assert "\n" not in control.narrative
        assert "SOC 2" in control.narrative
        assert "SOX" in control.narrative
        assert 2 <= len(re.findall(r"[.?](?: |$)", control.narrative)) <= 4, control.control_id


def test_a_narrative_names_only_criteria_that_the_control_maps_to(catalog: Catalog) -> None:
    for control in catalog.controls.values():
        named = set(re.findall(r"\b(?:CC|A|C|PI|P)\d\.\d\b", control.narrative))
        assert named <= set(control.criteria), control.control_id


def test_change_controls_map_to_change_criterion(catalog: Catalog) -> None:
    change = [control for control_id, control in catalog.controls.items() if control_id.startswith("CM-")]

    assert len(change) == 8
    assert all("CC8.1" in control.criteria for control in change)


def test_crosswalk_is_the_same_both_ways(catalog: Catalog) -> None:
    for criterion_id in catalog.criteria:
        for control in catalog.controls_for_criterion(criterion_id):
            assert criterion_id in control.criteria
    for control in catalog.controls.values():
        for criterion_id in control.criteria:
            assert control in catalog.controls_for_criterion(criterion_id)
        for domain in control.domains:
            assert control in catalog.controls_for_domain(domain)
    for criterion_id in catalog.criteria:
        for domain_id in catalog.domains:
            shared = catalog.criteria[criterion_id] in catalog.criteria_for_domain(domain_id)
            assert shared == (catalog.domains[domain_id] in catalog.domains_for_criterion(criterion_id))


def test_lookups_across(catalog: Catalog) -> None:
    assert [control.control_id for control in catalog.controls_for_criterion("CC8.1")] == [
        *(f"CM-0{number}" for number in range(1, 9)),
        *("PD-01", "OP-09"),
    ]
    assert "OP-09" not in {control.control_id for control in catalog.controls_for_criterion("CC8.1", lens="soc2")}
    assert {control.control_id for control in catalog.controls_for_domain("PD")} == {"PD-01", "PD-02", "VD-02"}
    assert catalog.control("OP-08").domains["PC"] is DomainRole.RELIANCE


def test_criteria_that_need_a_control_of_the_company(catalog: Catalog) -> None:
    missing = [criterion.criterion_id for criterion in catalog.criteria_without_control(catalog.categories)]

    assert missing == ["CC2.1", "CC5.2", "PI1.1", "P7.1"]


def test_unknown_id_names_the_nearest(catalog: Catalog) -> None:
    with pytest.raises(UserError, match=r"no control 'AC-3'[^?]*did you mean AC-03\?"):
        catalog.control("AC-3")
    with pytest.raises(UserError, match=r"no category 'avail'"):
        catalog.criteria_for(["avail"])
