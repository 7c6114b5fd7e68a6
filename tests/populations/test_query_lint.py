import pytest

from twofold.populations.query_lint import LintRule, lint_query, lint_rules


@pytest.mark.parametrize("rule", lint_rules(), ids=lambda rule: rule.name)
def test_a_rule_finds_its_examples_and_no_others(rule: LintRule) -> None:
    assert rule.finds
    assert rule.passes
    assert [text for text in rule.finds if not rule.pattern.search(text)] == []
    assert [text for text in rule.passes if rule.pattern.search(text)] == []
    assert rule.sentence.endswith(".")


def test_query_and_parameters_are_read() -> None:
    found = list(lint_query("project = OPS AND status != Done", '{"maxResults": 50}'))
    assert [each.rule for each in found] == ["excludes_a_status", "limited"]
    assert found[0].excerpt == "status !="


def test_a_plain_question_has_no_suspicion() -> None:
    assert list(lint_query("all change tickets of project OPS, created 2026-01-01 to 2026-06-30")) == []


def test_a_long_hostile_text_is_read_in_no_time() -> None:
    assert list(lint_query("a" * 100_000 + " -" * 50_000 + "(" * 50_000)) == []
