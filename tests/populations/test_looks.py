"""Which look each month of a setting, a branch and a sign-in policy rests on (README of T-07, Benchmarking)."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from twofold.controltests.engine import set_parameters
from twofold.controltests.rule import rule_named
from twofold.populations.define import define_population, definition_text
from twofold.populations.steps import steps_needed

Rows = Mapping[str, Sequence[Mapping[str, str]]]
Stepped = Callable[..., AbstractContextManager[duckdb.DuckDBPyConnection]]
CLOCK = datetime(2026, 5, 20, tzinfo=UTC)
OLD, IN_MARCH, LATE = "2023-05-10T08:00:00Z", "2026-03-10T08:00:00Z", "2026-05-15T08:00:00Z"
Month = tuple[str, str, str, bool]
"""Month, and the days of looked_at and held_from, "" where there is none; and log_alone."""


def months(stepped: Stepped, folder: Path, test: str, rows: Rows, configuration: str) -> list[Month]:
    rule = rule_named(test, where="test")
    with stepped(rows, *steps_needed(definition_text(rule.population))) as session:
        set_parameters(session, rule.parameter_values({}, where="defaults"), extracted_at=CLOCK)
        define_population(session, rule.population, into=folder)
        return session.execute(
            """
            SELECT right(item, 7), COALESCE(left(CAST(looked_at AS VARCHAR), 10), ''),
                COALESCE(left(CAST(held_from AS VARCHAR), 10), ''), log_alone
            FROM population WHERE configuration = ? AND operating_at >= '2026-02-01' ORDER BY item
            """,
            [configuration],
        ).fetchall()


def seen(at: str, value: str = "14", setting: str = "length") -> dict[str, str]:
    return {"system": "okta", "object": "default", "setting": setting, "value": value, "observed_at": at}


def changed(number: int, at: str, old: str, new: str, setting: str = "length") -> dict[str, str]:
    where = {"system": "okta", "object": "default", "setting": setting}
    return {"id": f"e{number}", **where, "old_value": old, "new_value": new, "occurred_at": at}


def gap(since: str, until: str, table: str = "setting_event") -> dict[str, str]:
    return {"table_name": table, "system": "okta", "starts_at": since, "ends_before": until, "reason": "retention"}


STANDARD = {"scope": "okta", "setting": "length", "topic": "password", "comparison": "at_least", "value": "12"}


@pytest.mark.parametrize(
    ("looks", "changes", "gaps", "expected"),
    [
        (
            [OLD],
            [],
            [],
            [("2026-02", "2023-05-10", "2026-02-01"), ("2026-03", "2023-05-10", "2026-03-01")],
        ),
        (
            [OLD, IN_MARCH],
            [],
            [],
            [("2026-02", "2026-03-10", "2026-02-01"), ("2026-03", "2026-03-10", "2026-03-01")],
        ),
        (
            [IN_MARCH, LATE],
            [],
            [],
            [("2026-02", "2026-05-15", "2026-02-01"), ("2026-03", "2026-03-10", "2026-03-01")],
        ),
        (
            [OLD],
            [],
            [("2026-02-20", "2026-02-21")],
            [("2026-02", "", ""), ("2026-03", "", "")],
        ),
        (
            [OLD],
            [("2026-03-05T10:00:00Z", "14", "16")],
            [],
            [("2026-02", "2023-05-10", "2026-02-01"), ("2026-03", "", "2026-03-05", True)],
        ),
        (
            [IN_MARCH],
            [("2026-03-12T10:00:00Z", "14", "16")],
            [],
            [("2026-02", "2026-03-10", "2026-02-01"), ("2026-03", "2026-03-10", "2026-03-12", True)],
        ),
        ([], [], [], []),
    ],
    ids=["carried", "in-the-month", "newest", "gap", "changed-since", "changed-after-the-look", "never"],
)
def test_a_month_rests_on_its_own_look_else_on_the_newest_that_the_log_carries(
    stepped: Stepped,
    tmp_path: Path,
    looks: list[str],
    changes: list[tuple[str, str, str]],
    gaps: list[tuple[str, str]],
    expected: list[tuple[str, ...]],
) -> None:
    rows = {
        "system": [{"id": "okta"}],
        "setting_standard": [{**STANDARD, "valid_to": "2026-04-01"}],
        "setting_state": [seen(at, "16" if changes and at == LATE else "14") for at in looks],
        "setting_event": [changed(number, *each) for number, each in enumerate(changes)],
        "source_gap": [gap(*each) for each in gaps],
    }
    thing = "default" if looks else "-"
    found = months(stepped, tmp_path, "T-07", rows, f"okta/{thing}/length")
    wanted = [(*each, False)[:4] for each in expected] or [("2026-02", "", "", False), ("2026-03", "", "", False)]
    assert found == wanted


def test_a_look_that_is_told_in_two_ways_is_none(stepped: Stepped, tmp_path: Path) -> None:
    rows = {
        "setting_standard": [{**STANDARD, "valid_to": "2026-03-01"}],
        "setting_state": [seen(OLD), seen(IN_MARCH), seen(IN_MARCH, "15")],
    }
    assert months(stepped, tmp_path, "T-07", rows, "okta/default/length") == [
        ("2026-02", "2023-05-10", "2026-02-01", False)
    ]


def rule(at: str, setting: str, value: str, repository: str = "acme/pay") -> dict[str, str]:
    return {"repository": repository, "branch": "main", "setting": setting, "value": value, "observed_at": at}


def test_a_branch_rests_on_the_setting_that_was_looked_at_longest_ago(stepped: Stepped, tmp_path: Path) -> None:
    rows = {
        "release_branch": [
            {"system": "billing", "repository": "acme/pay", "branch": "main", "valid_to": "2026-04-01"},
            {"system": "billing", "repository": "acme/new", "branch": "main", "valid_to": "2026-04-01"},
        ],
        "branch_rule": [
            rule(OLD, "allow_deletions", "false"),
            rule(OLD, "required_reviews", "1"),
            rule("2026-02-10T08:00:00Z", "required_reviews", "1"),
        ],
        "branch_rule_event": [
            {
                "id": "e1",
                "repository": "acme/pay",
                "branch": "main",
                "setting": "required_reviews",
                "old_value": "1",
                "new_value": "2",
                "occurred_at": "2026-03-07T10:00:00Z",
            }
        ],
    }
    assert months(stepped, tmp_path, "T-14", rows, "billing/acme/pay@main") == [
        ("2026-02", "2023-05-10", "2026-02-01", False),
        ("2026-03", "2023-05-10", "2026-03-07", True),
    ]
    assert months(stepped, tmp_path, "T-14", rows, "billing/acme/new@main") == [
        ("2026-02", "", "", False),
        ("2026-03", "", "", False),
    ]


def test_a_sign_in_policy_rests_on_what_it_demands_and_neither_an_account_nor_no_policy_is_a_configuration(
    stepped: Stepped, tmp_path: Path
) -> None:
    account = {"id": "okta:ana", "system": "okta", "kind": "human", "created_at": "2026-04-01T00:00:00Z"}
    rows = {
        "account": [account, {**account, "id": "git:ana", "system": "git"}],
        "mfa_scope": [{"system": "okta", "policy": "default", "right_id": "okta:staff", "effect": "covers"}],
        "setting_state": [
            seen(IN_MARCH, "true", "mfa_required"),
            seen("2025-03-10T08:00:00Z", "blocked", "legacy_protocols"),
            seen(OLD, "false", "local_login"),
        ],
    }
    assert months(stepped, tmp_path, "T-06", rows, "okta/policy default") == [
        ("2026-04", "2025-03-10", "2026-04-01", False),
        ("2026-05", "2025-03-10", "2026-05-01", False),
    ]
    with stepped(rows, *steps_needed(definition_text("mfa_month"))) as session:
        parameters = rule_named("T-06", where="test").parameter_values({}, where="defaults")
        set_parameters(session, parameters, extracted_at=CLOCK)
        define_population(session, "mfa_month", into=tmp_path)
        found = session.execute(
            "SELECT DISTINCT configuration, looked_at FROM population WHERE system = 'git' OR kind = 'human'"
        )
        assert found.fetchall() == [(None, None)]
        without = session.execute("SELECT count(*) FROM population WHERE item LIKE 'git/policy -/%'").fetchone()
        assert without == (2,)


HOLE = {"starts_at": "2026-02-15T00:00:00Z", "ends_before": "2026-02-16T00:00:00Z", "reason": "retention"}


def test_a_branch_of_which_one_setting_is_not_known_rests_on_no_look(stepped: Stepped, tmp_path: Path) -> None:
    branch = {"system": "billing", "repository": "acme/pay", "branch": "main", "valid_to": "2026-04-01"}
    to_two = {"setting": "required_reviews", "old_value": "1", "new_value": "2", "occurred_at": "2026-03-07T10:00:00Z"}
    rows = {
        "release_branch": [branch, {**branch, "system": "crm"}, {**branch, "repository": "acme/other"}],
        "branch_rule": [
            rule(OLD, "allow_deletions", "false"),
            rule(OLD, "required_reviews", "1"),
            rule(IN_MARCH, "allow_deletions", "false", "acme/other"),
        ],
        "branch_rule_event": [{"id": "e1", "repository": "acme/pay", "branch": "main", **to_two}],
        "source_gap": [{"table_name": "branch_rule_event", "system": "billing", **HOLE}],
    }
    # In March the log alone says how many reviews, and nothing says whether the branch may be deleted.
    unknown = [("2026-02", "", "", False), ("2026-03", "", "", False)]
    assert months(stepped, tmp_path, "T-14", rows, "billing/acme/pay@main") == unknown
    assert months(stepped, tmp_path, "T-14", rows, "crm/acme/pay@main") == [
        ("2026-02", "2023-05-10", "2026-02-01", False),
        ("2026-03", "2023-05-10", "2026-03-07", True),
    ]


def test_what_was_seen_in_the_month_is_held_no_longer_than_the_setting_that_nobody_knows_at_its_end(
    stepped: Stepped, tmp_path: Path
) -> None:
    account = {"id": "okta:ana", "system": "okta", "kind": "human", "created_at": "2026-02-01T00:00:00Z"}
    required = [seen(at, "true", "mfa_required") for at in ("2026-02-10T08:00:00Z", "2026-02-20T08:00:00Z")]
    rows = {
        "account": [account],
        "setting_state": [
            *required,
            seen("2026-02-11T08:00:00Z", "blocked", "legacy_protocols"),
            {**seen("2026-02-21T08:00:00Z", "blocked", "legacy_protocols"), "object": "another"},
        ],
        "source_gap": [{"table_name": "setting_event", "system": "okta", **HOLE}],
    }
    assert months(stepped, tmp_path, "T-06", rows, "okta/policy default")[:2] == [
        ("2026-02", "2026-02-11", "", False),
        ("2026-03", "", "", False),
    ]
