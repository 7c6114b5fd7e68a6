"""What holds of every evaluation, whatever the facts and answers are."""

from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.findings.deficiency.case import Case, FindingFact, Rate
from twofold.findings.deficiency.dependents import Window
from twofold.findings.deficiency.evaluate import Evaluation, evaluate
from twofold.findings.deficiency.groups import groups_of
from twofold.findings.deficiency.inputs import Judgements

from .deficiency_cases import COMPENSATING, ENGAGEMENT, SAME, a_test, case, dependent, judged

WEIGHT = {
    "J_design": ("no", "yes"),
    "J_override": ("no", "yes"),
    "J_isolated": ("yes", "no"),
    "J_same_objective": ("AC-04", "none"),
    "J_caused_by_itgc D-1": ("no", "yes"),
    "J_caused_by_itgc D-2": ("no", "yes"),
    "J_reasonably_possible D-1": ("no", "yes"),
    "J_reasonably_possible D-2": ("no", "yes"),
    "J_max_exposure D-1": ("0 USD", "999999.99 USD", "1000000 USD"),
    "J_max_exposure D-2": ("0 USD", "999999.99 USD", "1000000 USD"),
    "J_precision K-1": ("5 USD", "2000000 USD", "no"),
    "J_merits_attention D-1": ("no", "yes"),
    "J_merits_attention D-2": ("no", "yes"),
    "J_prudent_official": ("satisfied", "not_satisfied"),
    "J_rebuttal prudent_official": ("yes", "no"),
    "J_indicator": ("none", "restatement"),
    "J_uncorrected": ("no", "yes"),
}
"""Input -> its answers from the lightest to the gravest."""
MATERIALITY = {"J_materiality": "1000000 USD"}
TESTS = st.sampled_from(
    [(a_test(),), (a_test(effective=False),), (), (a_test(window=Window(date(2026, 3, 1), date(2026, 4, 1))),)]
)
PATTERNS = st.sampled_from(["all on erp", "spread over 2 systems and 3 months", "too few items to show a pattern"])


@st.composite
def cases(draw: st.DrawFn) -> Case:
    findings = draw(st.lists(st.tuples(PATTERNS, st.booleans()), min_size=1, max_size=3))
    return case(
        findings=tuple(
            FindingFact(f"f-{number}", "t", 2, pattern, answered=answered)
            for number, (pattern, answered) in enumerate(findings)
        ),
        rates=(Rate("T-05", draw(st.integers(0, 6)), 100),),
        candidates=draw(st.sampled_from([(), (SAME,)])),
        dependents=tuple(dependent(f"D-{number}", *draw(TESTS)) for number in range(1, draw(st.integers(1, 3)))),
        compensating=draw(st.sampled_from([(), (COMPENSATING,)])),
        unrecorded=draw(st.sampled_from([(), ("erp",)])),
        conclusion_on=draw(st.sampled_from([None, date(2026, 11, 1)])),
    )


@st.composite
def answers(draw: st.DrawFn, *, complete: bool = False) -> dict[str, str]:
    places = {name: draw(st.integers(0 if complete else -1, len(words) - 1)) for name, words in WEIGHT.items()}
    return {name: WEIGHT[name][place] for name, place in places.items() if place >= 0}


def evaluated(facts: Case, said: dict[str, str]) -> Evaluation:
    return evaluate(facts, judged({**said, **MATERIALITY}))


@settings(max_examples=150)
@given(cases(), answers(), st.sampled_from(sorted(WEIGHT)))
def test_raising_an_answer_never_lowers_the_class(facts: Case, said: dict[str, str], name: str) -> None:
    words = WEIGHT[name]
    if name not in said or said[name] == words[-1]:
        return
    graver = {**said, name: words[words.index(said[name]) + 1]}

    before, after = evaluated(facts, said), evaluated(facts, graver)

    assert after.span.low >= before.span.low
    assert after.span.high >= before.span.high


@settings(max_examples=150)
@given(cases(), answers(), st.sampled_from(sorted({*WEIGHT} - {"J_rebuttal prudent_official"})), st.data())
def test_an_answer_stays_within_what_was_still_possible(
    facts: Case, said: dict[str, str], name: str, data: st.DataObject
) -> None:
    """A rebuttal is apart: it fills no gap, it argues against what is presumed."""
    without = {key: value for key, value in said.items() if key != name}
    answered = {**without, name: data.draw(st.sampled_from(WEIGHT[name]))}

    before, after = evaluated(facts, without), evaluated(facts, answered)

    assert before.span.low <= after.span.low
    assert after.span.high <= before.span.high


@settings(max_examples=100)
@given(cases(), answers(complete=True))
def test_with_every_answer_nothing_is_unresolved_for_lack_of_one(facts: Case, said: dict[str, str]) -> None:
    found = evaluated(facts, said)

    assert found.missing == ()
    assert found.span.certain or found.blockers
    assert (found.severity is None) is bool(found.blockers)


@settings(max_examples=60)
@given(cases(), answers())
def test_the_order_of_facts_makes_no_difference(facts: Case, said: dict[str, str]) -> None:
    turned = replace(facts, findings=facts.findings[::-1], dependents=facts.dependents[::-1])

    assert evaluated(turned, said).span == evaluated(facts, said).span


@settings(max_examples=60)
@given(st.lists(st.tuples(cases(), answers()), min_size=2, max_size=4), answers())
def test_a_group_is_never_below_its_worst_member(
    members: list[tuple[Case, dict[str, str]]], said: dict[str, str]
) -> None:
    found = [
        evaluate(replace(facts, deficiency_id=name), judged({**each, **MATERIALITY}, subject=name))
        for number, (facts, each) in enumerate(members)
        for name in [f"{ENGAGEMENT}/C-{number}"]
    ]
    for group in groups_of(found, Judgements(judged({**said, **MATERIALITY}).given)):
        assert group.span.low >= max(each.span.low for each in group.members)
        assert group.span.high >= max(each.span.high for each in group.members)
