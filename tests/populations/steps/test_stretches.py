"""Steps that say from when to when something held: months, employment, accounts, branches, lines of the standard."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import duckdb

Opened = Callable[..., AbstractContextManager[duckdb.DuckDBPyConnection]]


def test_months_follow_one_another_without_a_gap(stepped: Opened) -> None:
    with stepped({}, "review_month") as session:
        assert session.execute("SELECT COUNT(*), MIN(month), MAX(month) FROM review_month").fetchone() == (
            1200,
            "2000-01",
            "2099-12",
        )
        broken = session.execute(
            """
            SELECT COUNT(*) FROM review_month AS m JOIN review_month AS n ON n.starts_at > m.starts_at
            WHERE n.starts_at < m.ends_before
            """
        )
        assert broken.fetchone() == (0,)
        march = session.execute(
            "SELECT CAST(starts_at AS VARCHAR), CAST(ends_before AS VARCHAR) FROM review_month WHERE month = '2026-03'"
        )
        assert march.fetchone() == ("2026-03-01 00:00:00", "2026-04-01 00:00:00")


def test_months_begin_at_the_midnight_of_the_default_calendar_where_it_is_laid_out(stepped: Opened) -> None:
    day = {"calendar": "default", "is_business": True, "business_number": 1}
    rows = {
        "calendar_day": [
            {
                **day,
                "day": "2026-04-01",
                "starts_at": "2026-03-31T22:00:00Z",
                "ends_before": "2026-04-01T22:00:00Z",
            },
            {
                **day,
                "calendar": "paris",
                "day": "2026-03-01",
                "starts_at": "2026-02-28T23:00:00Z",
                "ends_before": "2026-03-01T23:00:00Z",
            },
        ]
    }
    with stepped(rows, "review_month") as session:
        found = session.execute(
            """
            SELECT CAST(starts_at AS VARCHAR), CAST(ends_before AS VARCHAR) FROM review_month
            WHERE month IN ('2026-03', '2026-04') ORDER BY month
            """
        )
        assert found.fetchall() == [
            ("2026-03-01 00:00:00", "2026-03-31 22:00:00"),
            ("2026-03-31 22:00:00", "2026-05-01 00:00:00"),
        ]


def test_employment_joins_engagements_of_a_human_that_touch_and_no_others(stepped: Opened) -> None:
    work = {"person": "p-ana", "type": "employee"}
    rows = {
        "engagement": [
            {**work, "id": "1", "started_at": "2025-01-01T00:00:00Z", "effective_end": "2025-06-01T00:00:00Z"},
            {**work, "id": "2", "started_at": "2025-06-01T00:00:00Z", "effective_end": "2025-09-01T00:00:00Z"},
            {**work, "id": "3", "started_at": "2025-07-01T00:00:00Z", "effective_end": "2025-08-01T00:00:00Z"},
            {**work, "id": "4", "started_at": "2025-09-01T00:00:01Z"},
            {**work, "id": "5", "person": "p-bo", "started_at": "2025-02-01T00:00:00Z"},
            {**work, "id": "6", "person": "p-cy-c", "effective_end": "2025-03-01T00:00:00Z"},
            {**work, "id": "7", "person": "p-cy", "started_at": "2025-03-01T00:00:00Z", "follows": "6"},
        ]
    }
    with stepped(rows, "employed_stretch") as session:
        found = session.execute(
            """
            SELECT human, CAST(valid_from AS VARCHAR), CAST(valid_to AS VARCHAR) FROM employed_stretch ORDER BY ALL
            """
        )
        assert found.fetchall() == [
            ("p-ana", "2025-01-01 00:00:00", "2025-09-01 00:00:00"),
            ("p-ana", "2025-09-01 00:00:01", "9999-12-31 00:00:00"),
            ("p-bo", "2025-02-01 00:00:00", "9999-12-31 00:00:00"),
            ("p-cy-c", "0001-01-01 00:00:00", "9999-12-31 00:00:00"),
        ]


def test_employment_that_ends_on_a_bare_day_lasts_perhaps_to_its_end(stepped: Opened) -> None:
    work = {"person": "p-ana", "type": "employee"}
    rows = {
        "engagement": [
            {**work, "id": "1", "started_at": "2025-01-01T00:00:00Z", "effective_end": "2025-03-01"},
            {**work, "id": "2", "started_at": "2025-03-01", "last_day": "2025-04-30", "effective_end": "2025-04-30"},
            {**work, "id": "3", "started_at": "2025-05-01", "last_day": "2025-05-31"},
            {**work, "id": "4", "started_at": "2025-07-01", "effective_end": "2025-07-01"},
        ]
    }
    with stepped(rows, "employed_stretch") as session:
        found = session.execute(
            """
            SELECT CAST(valid_from AS VARCHAR), CAST(valid_to AS VARCHAR), CAST(valid_to_latest AS VARCHAR)
            FROM employed_stretch ORDER BY ALL
            """
        )
        assert found.fetchall() == [
            ("2025-01-01 00:00:00", "2025-06-01 00:00:00", "2025-06-01 00:00:00"),
            ("2025-07-01 00:00:00", "2025-07-01 00:00:00", "2025-07-02 00:00:00"),
        ]


def test_an_account_is_open_until_the_last_closing_that_nobody_undid(stepped: Opened) -> None:
    account = {"system": "okta", "created_at": "2025-01-01T00:00:00Z"}
    event = {"kind": "disable", "occurred_at": "2025-03-01T00:00:00Z"}
    rows = {
        "account": [
            {**account, "id": "okta:open"},
            {**account, "id": "okta:closed", "status": "disabled"},
            {**account, "id": "okta:again"},
            {**account, "id": "okta:lost", "status": "disabled"},
        ],
        "account_event": [
            {**event, "id": "1", "account": "okta:closed"},
            {**event, "id": "2", "account": "okta:again"},
            {"id": "3", "account": "okta:again", "kind": "enable", "occurred_at": "2025-04-01T00:00:00Z"},
        ],
        "sign_in": [
            {
                "id": "s",
                "account": "erp:ghost",
                "system": "erp",
                "occurred_at": "2025-05-01T00:00:00Z",
                "result": "success",
            }
        ],
    }
    with stepped(rows, "account_life") as session:
        found = session.execute(
            "SELECT account, CAST(used_to AS VARCHAR), closing_unknown, kind FROM account_life ORDER BY ALL"
        )
        assert found.fetchall() == [
            ("erp:ghost", "9999-12-31 00:00:00", False, "human"),
            ("okta:again", "9999-12-31 00:00:00", False, "human"),
            ("okta:closed", "2025-03-01 00:00:00", False, "human"),
            ("okta:lost", "9999-12-31 00:00:00", True, "human"),
            ("okta:open", "9999-12-31 00:00:00", False, "human"),
        ]


def test_a_branch_is_in_use_from_its_first_to_its_last_release(stepped: Opened) -> None:
    released = {
        "system": "pay",
        "environment": "production",
        "repository": "acme/old",
        "branch": "hotfix",
        "status": "success",
    }
    rows = {
        "deployment": [
            {**released, "id": "1", "started_at": "2025-03-01T00:00:00Z"},
            {**released, "id": "2", "started_at": "2025-05-01T00:00:00Z"},
            {**released, "id": "3", "started_at": "2025-07-01T00:00:00Z", "status": "failure"},
            {**released, "id": "4", "started_at": "2025-07-01T00:00:00Z", "environment": "staging"},
        ],
        "repository_event": [
            {
                "id": "1",
                "repository": "acme/old",
                "kind": "renamed",
                "new_name": "acme/pay",
                "occurred_at": "2025-04-01T00:00:00Z",
            }
        ],
    }
    with stepped(rows, "branch_in_use") as session:
        found = session.execute(
            "SELECT system, repository, branch, CAST(used_from AS VARCHAR), CAST(used_to AS VARCHAR) FROM branch_in_use"
        )
        assert found.fetchall() == [
            ("pay", "acme/pay", "hotfix", "2025-03-01 00:00:00", "2025-05-01 00:00:00.000001"),
        ]


def test_a_line_of_a_system_takes_the_place_of_the_line_for_all(stepped: Opened) -> None:
    line = {"setting": "length", "topic": "password", "comparison": "At_Least"}
    rows = {
        "system": [{"id": "okta"}, {"id": "vault"}],
        "setting_standard": [{**line, "scope": "*", "value": "12"}, {**line, "scope": "vault", "value": "20"}],
    }
    with stepped(rows, "setting_demand") as session:
        found = session.execute("SELECT system, comparison, value FROM setting_demand ORDER BY ALL").fetchall()
        assert found == [("okta", "at_least", "12"), ("vault", "at_least", "20")]


def test_a_branch_is_graded_by_the_best_rule_for_each_demand(stepped: Opened) -> None:
    seen = {"repository": "acme/pay", "branch": "main", "observed_at": "2026-03-01T00:00:00Z"}
    settings = {
        "protected": "true",
        "enforce_admins": "true",
        "required_reviews": "1",
        "required_checks": "",
        "allow_force_pushes": "false",
        "allow_deletions": "false",
        "dismiss_stale_reviews": "false",
        "bypass_reviews": "",
        "ruleset:extra:required_checks": "ci",
    }
    rows = {
        "release_branch": [{"system": "pay", "repository": "acme/pay", "branch": "main"}],
        "branch_rule": [{**seen, "setting": name, "value": value} for name, value in settings.items()],
        "branch_rule_event": [
            {
                "id": "e",
                "repository": "acme/pay",
                "branch": "main",
                "setting": "ruleset:extra:required_checks",
                "old_value": "ci",
                "occurred_at": "2026-04-01T00:00:00Z",
            }
        ],
    }
    with stepped(rows, "branch_protection") as session:
        found = session.execute(
            "SELECT CAST(valid_from AS VARCHAR), guarded, fresh, closed FROM branch_protection ORDER BY valid_from"
        )
        assert found.fetchall() == [("0001-01-01 00:00:00", 20, 0, 20), ("2026-04-01 00:00:00", 0, 0, 20)]
