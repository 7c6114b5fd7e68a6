"""The clause of a rule that gave a reason code."""

import pytest

from twofold.controltests.rule import known_rules
from twofold.jobs.clause import clause_of

SQL = """\
WITH step AS (
    SELECT item, CASE WHEN x = 1 THEN 'exception:early' ELSE 'pass' END AS code FROM population
)
SELECT
    p.item AS item,
    CASE
        WHEN p.lost THEN 'cannot_test:lost'
        WHEN EXISTS (
            SELECT 1 FROM gap AS g
            WHERE g.item = p.item
        ) THEN 'cannot_test:gap'
        WHEN p.many THEN
            CASE p.best
                WHEN 2 THEN 'cannot_test:unlinked'
                ELSE 'exception:late'
            END
        ELSE 'pass'
    END AS a,
    CASE
        WHEN p.lost THEN 'cannot_test:lost'
        ELSE s.code
    END AS b,
    COALESCE(s.code, 'na:none') AS c
FROM population AS p
JOIN step AS s ON s.item = p.item
"""


@pytest.mark.parametrize(
    ("letter", "code", "lines"),
    [
        ("A", "cannot_test:lost", ["rule.sql:7    WHEN p.lost THEN 'cannot_test:lost'"]),
        (
            "A",
            "cannot_test:gap",
            [
                "rule.sql:8    WHEN EXISTS (",
                "rule.sql:9        SELECT 1 FROM gap AS g",
                "rule.sql:10       WHERE g.item = p.item",
                "rule.sql:11   ) THEN 'cannot_test:gap'",
            ],
        ),
        ("A", "pass", ["rule.sql:17   ELSE 'pass'"]),
        ("B", "cannot_test:lost", ["rule.sql:20   WHEN p.lost THEN 'cannot_test:lost'"]),
        ("C", "na:none", ["rule.sql:23   COALESCE(s.code, 'na:none') AS c"]),
    ],
)
def test_the_attributes_own_expression_counts_first(letter: str, code: str, lines: list[str]) -> None:
    assert list(clause_of(SQL, letter=letter, code=code)) == lines


def test_a_nested_case_is_shown_with_the_branch_it_stands_in() -> None:
    shown = clause_of(SQL, letter="A", code="exception:late")

    assert [line.split(maxsplit=1)[1] for line in shown] == [
        "WHEN p.many THEN",
        "CASE p.best",
        "ELSE 'exception:late'",
    ]


def test_a_code_from_an_earlier_step_is_found_there() -> None:
    assert clause_of(SQL, letter="B", code="exception:early")[0].startswith("rule.sql:2 ")


def test_a_pass_from_an_earlier_step_shows_the_expression() -> None:
    assert [line.split(maxsplit=1)[1] for line in clause_of(SQL, letter="B", code="pass")] == [
        "CASE",
        "WHEN p.lost THEN 'cannot_test:lost'",
        "ELSE s.code",
        "END AS b,",
    ]


def test_every_code_of_every_rule_has_a_clause() -> None:
    for rule in known_rules().values():
        for attribute in rule.attributes:
            for code in ("pass", *attribute.reasons):
                shown = clause_of(rule.sql, letter=attribute.letter, code=code)
                assert shown, (rule.control_test, attribute.letter, code)
                assert all(line.startswith("rule.sql:") for line in shown)
