from time import monotonic

import pytest

from twofold.populations.query_lint import LintRule, lint_query, lint_rules, page_sizes


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


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ("GET /rest/api/3/search?jql=status%20%21%3D%20Done&maxResults=100", "excludes_a_status"),
        ("filter=status+eq+%22ACTIVE%22", "keeps_one_status"),
        ("SELECT * FROM t WHERE status\n  /* not the old ones */ <> 'closed'", "excludes_a_status"),
        ("SELECT * FROM t WHERE user NOT -- bots\n  IN ('svc')", "excludes_by_list"),
        ("SELECT * FROM a\n  INNER JOIN b\n  ON a.x = b.x", "inner_join"),
        (r"{\"filter\": \"Status != Done\"}", "excludes_a_status"),
    ],
)
def test_a_filter_is_found_however_it_is_written(query: str, rule: str) -> None:
    assert rule in {each.rule for each in lint_query(query)}


def test_each_filter_of_a_kind_is_named() -> None:
    found = [each.excerpt for each in lint_query("type <> 'x' AND actor <> 'ceo' AND type <> 'y'")]
    assert found == ["type <>", "actor <>"]


def test_an_outer_join_over_two_lines_is_no_inner_join() -> None:
    assert "inner_join" not in {each.rule for each in lint_query("SELECT * FROM d LEFT\n  JOIN t ON t.id = d.t")}


@pytest.mark.parametrize("text", ["a.", "get /", "https:/", "join ", "not ", "a ", '"', "/*", "%20", "status ", "= "])
def test_a_text_that_repeats_itself_is_read_in_no_time(text: str) -> None:
    begun = monotonic()
    list(lint_query(text * 20_000))
    assert monotonic() - begun < 5


@pytest.mark.parametrize(
    ("query", "parameters", "sizes"),
    [
        ("GET /repos/acme/billing/pulls?state=all&per_page=100", "{}", {100}),
        ("GET /api/v1/users%3Flimit%3D200", "{}", {200}),
        ("SELECT * FROM change ORDER BY id LIMIT 500", "{}", {500}),
        ("SELECT TOP (250) * FROM change", "{}", {250}),
        ("SELECT * FROM t FETCH FIRST 75 ROWS ONLY", "{}", {75}),
        ("?$top=50&sysparm_limit=60", "{}", {50, 60}),
        ("pullRequests(first: 100) { reviews(first: 20) }", "{}", {20, 100}),
        ("project = OPS", '{"maxResults": "50"}', {50}),
        ("gh pr list --limit 300", "{}", {300}),
        ("/scim/v2/Users?startIndex=1&count=40", '{"page_size": "0"}', {40}),
        ("the first 3 months, limited to releases; opened >= 2026-01-01; count of rows: 7", '{"page": "2"}', set()),
        ("SELECT id FROM t WHERE n = 100 OFFSET 1000", "{}", set()),
    ],
)
def test_the_page_size_or_limit_that_a_query_names_is_read(query: str, parameters: str, sizes: set[int]) -> None:
    assert page_sizes(query, parameters) == sizes
