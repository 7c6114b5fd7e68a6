"""The files of rules and questions: everything is dated, has a source, and is used."""

import tomllib
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from twofold.catalog.load import load_catalog
from twofold.scope import advice
from twofold.scope.advice import stage_items
from twofold.scope.advice.filer import filer_rules, rules_in_force
from twofold.scope.advice.questions import questions
from twofold.scope.advice.reply import ASKED_WHEN
from twofold.scope.advice.worded import worded_rules
from twofold.scope.system import Schedule

FOLDER = Path(advice.__file__).parent
CODE = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py"))
BY_LIST = ("stage_items.", "reply.ask_")
"""Rules that code finds by their file and list, not by name."""


def test_each_rule_has_source_day_and_words() -> None:
    for name, worded in worded_rules().items():
        assert worded.says.endswith((".", "?", "}")), name
        assert worded.rule.as_of <= date(2026, 11, 30), name
        assert len(worded.rule.source) > 10, name


def test_each_rule_is_used() -> None:
    patterns = ("stage.early", "stage.growth", "stage.pre_ipo", "categories.for_", "window.type")
    unused = [
        name
        for name in worded_rules()
        if f'"{name}"' not in CODE and not name.startswith((*BY_LIST, *patterns)) and name.split(".")[1] not in CODE
    ]
    assert unused == []


def test_each_item_has_a_condition_that_exists_and_each_condition_an_item() -> None:
    items = {name: each for name, each in worded_rules().items() if name.startswith("stage_items.")}
    assert {each.settings["when"] for each in items.values()} == set(stage_items.CONDITIONS)
    assert {each.settings["list"] for each in items.values()} == {"do_first", "do_not_build", "warning"}
    asked = {each.settings["when"] for each in worded_rules().values() if each.settings.get("list") == "ask"}
    assert asked == set(ASKED_WHEN)


def test_each_schedule_serves_a_control_of_the_catalog_that_a_test_reads() -> None:
    served = worded_rules()["window.activities"].settings
    activity = Schedule.model_fields["activity"].annotation
    assert set(served) == set(get_args(activity))
    for controls in served.values():
        for name in controls:
            assert load_catalog().control(name).control_tests


def test_questions_are_asked_after_what_they_depend_on() -> None:
    seen: set[str] = set()
    for name, question in questions().items():
        assert set(question.only_if) <= seen, name
        for other, allowed in question.only_if.items():
            assert set(allowed) <= set(questions()[other].choices), name
        assert question.asks.endswith("?")
        seen.add(name)


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("reporting_company", " Yes ", "yes"),
        ("reporting_company", "FALSE", "no"),
        ("float_usd", "75,000,000", "75000000"),
        ("float_usd", "75_000_000", "75000000"),
        ("fiscal_year_end", "02-29", "02-29"),
        ("money_near", "payments; billing", "billing;payments"),
        ("money_near", "none", "none"),
        ("ipo_day", "2028-02-29", "2028-02-29"),
        ("privacy_role", "we_do", "we_do"),
    ],
)
def test_answers_have_one_spelling(name: str, text: str, read: str) -> None:
    assert questions()[name].read(text) == read
    assert questions()[name].read(read) == read


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("reporting_company", "maybe"),
        ("float_usd", "75M"),
        ("float_usd", "-1"),
        ("float_usd", "7,5"),
        ("fiscal_year_end", "02-30"),
        ("fiscal_year_end", "13-01"),
        ("fiscal_year_end", "1231"),
        ("money_near", "none;billing"),
        ("money_near", "gold"),
        ("money_near", ";"),
        ("ipo_day", "2027-02-29"),
        ("ipo_day", "1066-10-14"),
        ("privacy_role", "we_do;both"),
    ],
)
def test_what_is_no_answer_is_refused_with_what_is_allowed(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"is no answer to {name}: "):
        questions()[name].read(text)


def test_filer_rules_are_dated() -> None:
    assert rules_in_force(date(2026, 11, 20)).name == "sec_2020"
    assert [each.state for each in filer_rules("proposed")] == ["proposed"]
    with pytest.raises(LookupError, match="no filer rules are known for 2020-04-26"):
        rules_in_force(date(2020, 4, 26))
    assert tomllib.loads((FOLDER / "filer.toml").read_text(encoding="utf-8"))["emerging_growth"]["years"] == 5
