"""Laws: a missing answer never makes a result firmer, a flip really changes it, order does not matter."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.catalog.load import load_catalog
from twofold.scope.advice import filer
from twofold.scope.advice.answers import Answers, Outcomes
from twofold.scope.advice.buyers import BuyerRequest
from twofold.scope.advice.categories import FACTS, Told, Verdict, category_advice
from twofold.scope.advice.measured import Measured
from twofold.scope.advice.questions import Form, questions
from twofold.scope.advice.scope_facts import ScopeFacts
from twofold.scope.advice.stage import INPUTS, StageResult, stage_result
from twofold.scope.advice.stage_items import Situation, StageItems, stage_items
from twofold.scope.advice.window import TYPE_INPUTS, ReportType, window_advice
from twofold.scope.advice.window_plan import Wanted

ON = date(2026, 11, 20)
NO_SCOPE = ScopeFacts(applied=False)
DAYS = [
    f"{year}-{day}" for year in (2020, 2021, 2025, 2026, 2027, 2028) for day in ("01-01", "05-20", "05-21", "11-20")
]


def answers_to(name: str) -> st.SearchStrategy[str]:
    question = questions()[name]
    if question.form is Form.DAY:
        return st.sampled_from(DAYS)
    if question.form is Form.YEAR_END:
        return st.sampled_from(["02-29", "06-30", "12-31"])
    if name == "annual_reports":
        return st.sampled_from(["0", "1", "7"])
    if question.form is Form.WHOLE:
        return st.sampled_from(["0", "59999999", "60000000", "99999999", "80000000", "560000000", "2000000000"])
    return st.sampled_from(question.choices)


WHOLE = st.fixed_dictionaries({name: answers_to(name) for name in questions()})
HIDDEN = st.sets(st.sampled_from([*INPUTS, *filer.INPUTS]), max_size=4)


def decided(values: dict[str, str]) -> tuple[StageResult, StageItems]:
    answers = Answers(values)
    result = stage_result(answers, on=ON)
    return result, stage_items(Situation(answers, NO_SCOPE, (), result, load_catalog(), ON))


def without(values: dict[str, str], hidden: set[str]) -> dict[str, str]:
    return {name: text for name, text in values.items() if name not in hidden}


def names(items: StageItems) -> tuple[set[str], set[str], set[str]]:
    said = ({each.rule.rule for each in part} for part in (items.do_first, items.do_not_build))
    first, not_yet = said
    return first, not_yet, {each.warning for each in items.warnings}


@settings(max_examples=25)
@given(WHOLE, HIDDEN)
def test_a_missing_answer_never_makes_a_result_firmer(values: dict[str, str], hidden: set[str]) -> None:
    full, full_items = decided(values)
    less, less_items = decided(without(values, hidden))

    assert full.stages.known is not None
    assert full.duties.known is not None
    assert full.missing == ()
    assert full.stages.possible <= less.stages.possible
    assert full.duties.possible <= less.duties.possible
    assert set(less.missing) <= hidden
    for fewer, more in zip(names(less_items), names(full_items), strict=True):
        assert fewer <= more


@settings(max_examples=20)
@given(WHOLE, HIDDEN)
def test_what_would_change_the_answer_really_changes_it(values: dict[str, str], hidden: set[str]) -> None:
    known = without(values, hidden)
    now = stage_result(Answers(known), on=ON)

    for flip in now.changed:
        assert flip.other != flip.today
        assert (known.get(flip.question) or "") == flip.today
        then = stage_result(Answers({**known, flip.question: flip.other}), on=ON)
        assert (then.stages.possible, then.duties.possible) != (now.stages.possible, now.duties.possible)


@settings(max_examples=20)
@given(WHOLE)
def test_an_answer_that_changes_the_stage_is_found(values: dict[str, str]) -> None:
    """Every yes-no question of which the other answer gives another stage stands among the flips."""
    now = stage_result(Answers(values), on=ON)
    flipped = {each.question for each in now.changed}

    for name in INPUTS:
        if questions()[name].form is Form.YES_NO:
            other = {**values, name: "no" if values[name] == "yes" else "yes"}
            pointless = Answers(values).get(name) is None
            if stage_result(Answers(other), on=ON).stages.possible != now.stages.possible and not pointless:
                assert name in flipped


@settings(max_examples=20)
@given(WHOLE, HIDDEN, st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter(values: dict[str, str], hidden: set[str], shuffle: object) -> None:
    known = list(without(values, hidden).items())
    straight = decided(dict(known))
    shuffle.shuffle(known)  # type: ignore[attr-defined]

    assert decided(dict(known)) == straight


@settings(max_examples=40)
@given(WHOLE, st.sets(st.sampled_from([name for _, asked in FACTS.values() for name in asked])))
def test_a_missing_product_fact_leaves_a_category_open_or_as_it_was(values: dict[str, str], hidden: set[str]) -> None:
    def verdicts(known: dict[str, str]) -> list[Verdict]:
        told = Told(Answers(known), (), ())
        return [each.verdict for each in category_advice(told, NO_SCOPE, load_catalog(), Measured(), on=ON)]

    for full, less in zip(verdicts(values), verdicts(without(values, hidden)), strict=True):
        assert full is not Verdict.OPEN
        assert less in {full, Verdict.OPEN}


@settings(max_examples=40)
@given(WHOLE, st.sets(st.sampled_from(TYPE_INPUTS)), st.sampled_from([(), ("type1",), ("type1", "type2")]))
def test_a_missing_answer_never_makes_the_type_firmer(
    values: dict[str, str], hidden: set[str], asks: tuple[str, ...]
) -> None:
    requests = [BuyerRequest("r-1", "Northwind", frozenset(asks))] if asks else []

    def types(known: dict[str, str]) -> Outcomes[ReportType]:
        return window_advice(Wanted(Answers(known), requests, NO_SCOPE, None, ()), on=ON).types

    full, less = types(values), types(without(values, hidden))
    assert full.known is not None
    assert full.possible <= less.possible
    assert set(less.missing) <= hidden


def test_a_proposed_rule_is_shown_and_never_applied() -> None:
    values = {
        "reporting_company": "yes", "first_sale_day": "2019-06-03", "annual_reports": "6", "float_usd": "800000000",
        "revenue_usd": "2000000000", "src_eligible": "no", "filer_status_before": "large_accelerated",
        "debt_over_limit": "no", "fiscal_year_end": "12-31",
    }  # fmt: skip
    result = stage_result(Answers(values), on=ON)

    assert result.duties.known is not None
    assert result.duties.known.attested
    applied, proposed = result.duty_statements
    assert applied.rule.rule == "filer.duties"
    assert proposed.rule.rule == "filer.sec_33_11419"
    assert "not in force" in proposed.text
    assert "no 404(b) opinion" in proposed.text


def test_a_flip_names_the_nearest_class_of_answers() -> None:
    values = {
        "reporting_company": "yes", "first_sale_day": "2024-06-12", "annual_reports": "2", "float_usd": "410000000",
        "revenue_usd": "152000000", "src_eligible": "no", "filer_status_before": "non_accelerated",
        "debt_over_limit": "no", "fiscal_year_end": "09-30",
    }  # fmt: skip
    said = {(each.question, each.other): each.statement.text for each in stage_result(Answers(values), on=ON).changed}

    assert "were 60,000,000 to under 75,000,000 (now: 410,000,000)" in said["float_usd", "60000000"]
    assert "were 700,000,000 to under 2,000,000,000" in said["float_usd", "700000000"]
    assert "were 1,235,000,000 or more (now: 152,000,000)" in said["revenue_usd", "1235000000"]
    assert "were 2022-09-30 (now: 2024-06-12)" in said["first_sale_day", "2022-09-30"]
    assert "were 0 (now: 2)" in said["annual_reports", "0"]


def test_an_answer_made_pointless_does_not_count() -> None:
    answers = Answers({"ipo_planned": "no", "ipo_day": "2026-12-01", "reporting_company": "no"})

    assert answers.get("ipo_day") is None
    assert answers.having("ipo_planned", "yes").day("ipo_day") == date(2026, 12, 1)
    assert "ipo_day" not in answers.unanswered
    assert "answer: ipo_day not given" in answers.data("ipo_day")
