"""A sentence of advice cannot be made without its rule, the rule's source, and the data behind it."""

from datetime import date

import pytest

from twofold.model.statement import AdviceRule, Statement

RULE = AdviceRule("stage.early", "audit-domain 8", date(2026, 11, 1))


def test_a_statement_with_its_rule_and_data() -> None:
    said = Statement("SOC 2 first.", RULE, ("answer: public_or_filing", "scope: systems/product"))
    assert said.rule.source == "audit-domain 8"


@pytest.mark.parametrize(("rule", "source"), [("", "a source"), ("stage.early", " ")])
def test_a_rule_without_name_or_source_is_refused(rule: str, source: str) -> None:
    with pytest.raises(ValueError, match="has a name and a source"):
        AdviceRule(rule, source, date(2026, 11, 1))


@pytest.mark.parametrize(
    ("text", "data"), [(" ", ("scope: x",)), ("A.", ()), ("A.", ("scope",)), ("A.", ("scope: x", ""))]
)
def test_a_statement_without_text_or_data_is_refused(text: str, data: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="statement"):
        Statement(text, RULE, data)
