"""SOC 2 against SOX in numbers and words, from verdicts that are given here."""

import pytest

from twofold.catalog.load import load_catalog
from twofold.controltests.rule import known_rules
from twofold.lenses.conclusion import Conclusion, ControlJudgement, ControlTestResult
from twofold.lenses.verdict import Counts
from twofold.model.ids import ControlTestId
from twofold.reports.framework_comparison import (
    Comparison,
    ControlCompared,
    LensPart,
    PairCount,
    SystemDays,
    differences,
    kind_of,
    kinds,
    same_verdict,
    sharing,
)
from twofold.reports.framework_comparison_page import comparison_page
from twofold.reports.framework_comparison_text import introduction, told

NA = "NOT_APPLICABLE"
PAIRS = (
    PairCount("T-11", "PASS", "", "PASS", "", 5),
    PairCount("T-11", "PASS", "", "EXCEPTION", "B:worked_on_it", 2),
    PairCount("T-11", "PASS", "", NA, "scope", 3),
    PairCount("T-11", "EXCEPTION", "A:self", NA, "period", 1),
    PairCount("T-11", NA, "period", "PASS", "", 4),
    PairCount("T-11", NA, "scope", NA, "scope", 6),
)


def part(lens: str, counts: Counts, *, signed: str = "") -> LensPart:
    result = ControlTestResult("T-11", "run-1", ("A",), counts, completeness_signed_by=signed)
    judgement = ControlJudgement("CM-02", "Author", (result,), Conclusion.EFFECTIVE, ("T-11: few",), ())
    return LensPart(lens, f"{lens}-2026", "2026-01-01 to 2026-12-31", (SystemDays("a", ""),), judgement, ("CC8.1",))


def compared() -> ControlCompared:
    control = load_catalog().control("CM-02")
    attributes = (("T-11", "A", "one approver", True, True), ("T-11", "B", "deployer differs", False, True))
    parts = {
        "soc2": part("soc2", Counts(21, 10, 1, 0, 10)),
        "sox": part("sox", Counts(21, 9, 2, 0, 10), signed="p-1"),
    }
    return ControlCompared(control, parts, attributes, PAIRS, ("run-1",), ("ev-1", "ev-2"))


def comparison(*, relevant: bool = True) -> Comparison:
    engagements = {"soc2": "soc2-2026", "sox": "sox-2026"}
    return Comparison("Acme <b>", "UTC", "2026-07-10T00:00:00+00:00", relevant, (compared(),), engagements, ("a", "b"))


def test_the_items_close() -> None:
    assert sharing(PAIRS) == {"both": 7, "soc2": 4, "sox": 4, "neither": 6}
    assert sum(sharing(PAIRS).values()) == sum(pair.items for pair in PAIRS)
    assert same_verdict(PAIRS) == 5


def test_each_difference_has_its_reason() -> None:
    assert [(each.kind, each.items) for each in differences(compared())] == [
        ("period", 4),
        ("scope", 3),
        ("independence", 2),
        ("period", 1),
    ]
    assert "Exceptions for SOX alone, by B of T-11 (deployer differs)" in {
        each.text for each in differences(compared())
    }


def test_every_attribute_that_only_sox_requires_of_a_shared_test_has_a_kind() -> None:
    for control in load_catalog().controls.values():
        for test in set(control.required.get("soc2", {})) & set(control.required.get("sox", {})):
            soc2, sox = (set(control.required_attributes(lens=lens, control_test_id=test)) for lens in ("soc2", "sox"))
            for letter in sox - soc2:
                assert kind_of(str(test), letter) != "other", (control.control_id, test, letter)


def test_every_kind_names_attributes_that_a_rule_has() -> None:
    for _, _, names in kinds().values():
        for name in names:
            test, letter = name.split()
            known_rules()[ControlTestId(test)].attribute(letter)


def test_a_control_in_words() -> None:
    words = told(comparison(), compared())
    text = " ".join(each.text for side in words.sides.values() for each in side)

    assert "Systems that count, all of the period: a." in text
    assert "T-11: 11 of 21 items count. Pass 10, exceptions 1, cannot be tested 0." in text
    assert "completeness record is signed by p-1" in text
    shared = " ".join(each.text for each in words.shared)
    assert "SOX asks for more: B of T-11." in shared
    assert "Items that count under both: 7, of them with the same verdict 5" in shared
    assert "2 pieces of evidence, captured once, used twice." in shared
    assert all(
        each.rule.source and each.data for each in (*words.shared, *words.sides["soc2"], *introduction(comparison()))
    )


def test_without_a_relevant_system_sox_says_what_would_make_it_appear() -> None:
    words = told(comparison(relevant=False), compared())

    (said,) = words.sides["sox"]
    assert "No system is financially relevant" in said.text
    assert "financially_relevant" in said.text
    assert said.data == ("scope: systems/a", "scope: systems/b")


def test_the_page_escapes_and_repeats() -> None:
    page = comparison_page(comparison())

    assert "Acme &lt;b&gt;" in page
    assert "<script" not in page
    assert '"Segoe UI"' in page, "the style is not escaped, or its fonts are lost"
    assert "Not an audit opinion" in page
    assert page == comparison_page(comparison())


@pytest.mark.parametrize("lens", ["soc2", "sox"])
def test_a_control_that_a_lens_does_not_ask_for_says_so(lens: str) -> None:
    control = load_catalog().control("OP-08" if lens == "soc2" else "OP-03")
    parts = {each: LensPart(each, "e", "", (), None, ()) for each in ("soc2", "sox")}

    words = told(comparison(), ControlCompared(control, parts, (), (), (), ()))

    assert words.sides[lens][0].text.endswith("does not ask for this control.")
