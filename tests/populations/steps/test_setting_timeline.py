from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import duckdb
import pytest

Opened = Callable[..., AbstractContextManager[duckdb.DuckDBPyConnection]]
Rows = Mapping[str, Sequence[Mapping[str, str]]]
JAN, FEB, MAR, APR = ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
NO_LOG = [{"table_name": "setting_event", "system": "*", "reason": "not_extracted"}]


def seen(at: str, value: str, **more: str) -> dict[str, str]:
    return {"system": "okta", "object": "default", "setting": "mfa", "value": value, "observed_at": at, **more}


def changed(number: str, at: str, old: str, new: str, **more: str) -> dict[str, str]:
    return {
        "id": number,
        "system": "okta",
        "object": "default",
        "setting": "mfa",
        "old_value": old,
        "new_value": new,
        "occurred_at": at,
        **more,
    }


def at(session: duckdb.DuckDBPyConnection, moment: str, obj: str = "default") -> list[tuple[Any, ...]]:
    return session.execute(
        """
        SELECT state, value FROM setting_timeline
        WHERE object = ? AND valid_from <= CAST(? AS TIMESTAMP) AND CAST(? AS TIMESTAMP) < valid_to ORDER BY ALL
        """,
        [obj, moment, moment],
    ).fetchall()


def test_one_look_with_a_log_without_gaps_proves_all_time(stepped: Opened) -> None:
    with stepped({"setting_state": [seen(FEB, "on")]}, "setting_timeline") as session:
        for moment in ("2020-01-01", "2026-02-01", "2026-02-01 00:00:00.000001", "2030-01-01"):
            assert at(session, moment) == [("known", "on")]


def test_without_a_log_only_the_moment_is_proven(stepped: Opened) -> None:
    rows = {"setting_state": [seen(FEB, "on"), seen(MAR, "on")], "source_gap": NO_LOG}
    with stepped(rows, "setting_timeline") as session:
        assert at(session, "2026-02-01") == at(session, "2026-03-01") == [("known", "on")]
        for moment in ("2026-01-31 23:59:59.999999", "2026-02-01 00:00:00.000001", "2026-02-15", "2026-03-02"):
            assert at(session, moment) == [("source_gap", None)]


def test_a_change_is_half_open_and_tells_the_value_before(stepped: Opened) -> None:
    with stepped({"setting_event": [changed("e1", FEB, "on", "off")]}, "setting_timeline") as session:
        assert at(session, "2026-01-31 23:59:59.999999") == [("known", "on")]
        assert at(session, "2026-02-01") == at(session, "2027-01-01") == [("known", "off")]


def test_a_change_that_names_no_old_value_says_nothing_of_before(stepped: Opened) -> None:
    with stepped({"setting_event": [changed("e1", FEB, "", "off")]}, "setting_timeline") as session:
        assert at(session, "2026-01-15") == [("not_observed", None)]


def test_a_gap_ends_what_is_known_and_the_next_look_begins_it_again(stepped: Opened) -> None:
    gap = {"table_name": "setting_event", "system": "okta", "reason": "retention"}
    rows = {
        "setting_state": [seen(JAN, "on"), seen(APR, "off")],
        "source_gap": [{**gap, "starts_at": FEB, "ends_before": MAR}],
    }
    with stepped(rows, "setting_timeline") as session:
        assert at(session, "2026-01-31 23:59:59") == [("known", "on")]
        assert at(session, "2026-02-01") == at(session, "2026-02-28 23:59:59") == [("source_gap", None)]
        assert at(session, "2026-03-01") == [("known", "off")]


def test_a_gap_of_another_system_or_table_is_none_of_its_business(stepped: Opened) -> None:
    gaps = [
        {"table_name": "setting_event", "system": "aws", "reason": "retention"},
        {"table_name": "branch_rule_event", "system": "*", "reason": "retention"},
    ]
    with stepped({"setting_state": [seen(FEB, "on")], "source_gap": gaps}, "setting_timeline") as session:
        assert at(session, "2026-01-01") == [("known", "on")]


def test_a_log_that_does_not_fit_what_was_seen_proves_nothing_between(stepped: Opened) -> None:
    rows = {"setting_state": [seen(JAN, "on"), seen(MAR, "off")], "setting_event": [changed("e1", APR, "OFF", "on")]}
    with stepped(rows, "setting_timeline") as session:
        assert at(session, "2026-01-01") == [("known", "on")]
        assert at(session, "2026-02-01") == [("contradiction", None)]
        assert at(session, "2026-03-15") == [("known", "off")], "upper and lower case are one"


def test_two_records_of_one_change_leave_what_follows_open_until_the_next_look(stepped: Opened) -> None:
    changes = [changed("e1", FEB, "on", "off"), changed("e1", FEB, "on", "on")]
    with stepped({"setting_event": changes}, "setting_timeline") as session:
        assert at(session, "2026-02-02") == [("conflict", None)]
        assert at(session, "2026-01-02") == [("not_observed", None)]
    with stepped({"setting_event": changes, "setting_state": [seen(MAR, "on")]}, "setting_timeline") as session:
        assert at(session, "2026-02-02") == [("known", "on")]


def test_two_contents_of_one_look_prove_nothing(stepped: Opened) -> None:
    rows = {"setting_state": [seen(FEB, "on"), seen(FEB, "off")]}
    with stepped(rows, "setting_timeline") as session:
        assert ("conflict", None) in at(session, "2026-02-01")
        assert at(session, "2026-03-01") == [("not_observed", None)]


def test_a_change_known_by_its_day_leaves_that_day_open(stepped: Opened) -> None:
    with stepped({"setting_event": [changed("e1", "2026-02-01", "on", "off")]}, "setting_timeline") as session:
        assert at(session, "2026-01-31 23:59:59") == [("known", "on")]
        assert at(session, "2026-02-01 12:00:00") == [("time_unclear", None)]
        assert at(session, "2026-02-02") == [("known", "off")]


def test_a_look_within_a_day_of_change_proves_its_moment_only(stepped: Opened) -> None:
    rows = {
        "setting_state": [seen("2026-02-01T10:00:00Z", "off")],
        "setting_event": [changed("e1", "2026-02-01", "on", "off")],
    }
    with stepped(rows, "setting_timeline") as session:
        assert at(session, "2026-02-01 10:00:00") == [("known", "off"), ("time_unclear", None)]
        assert at(session, "2026-02-01 10:00:01") == [("time_unclear", None)]


def test_a_look_at_the_moment_of_a_change_contradicts_nothing(stepped: Opened) -> None:
    rows = {"setting_state": [seen(FEB, "on")], "setting_event": [changed("e1", FEB, "on", "off")]}
    with stepped(rows, "setting_timeline") as session:
        assert at(session, "2026-01-01") == [("known", "on")]
        assert at(session, "2026-02-01") == at(session, "2026-02-01 00:00:01") == [("known", "off")]


def test_off_and_on_in_one_moment_leaves_no_stretch_of_off(stepped: Opened) -> None:
    rows = {"setting_event": [changed("e1", FEB, "on", "off"), changed("e2", FEB, "off", "on")]}
    with stepped(rows, "setting_timeline") as session:
        assert session.execute("SELECT COUNT(*) FROM setting_timeline WHERE value = 'off'").fetchone() == (0,)
        assert at(session, "2026-02-01") == [("known", "on")]


def test_what_a_change_says_in_a_gap_is_proven_for_its_moment(stepped: Opened) -> None:
    rows = {"setting_event": [changed("e1", FEB, "on", "off")], "source_gap": NO_LOG}
    with stepped(rows, "setting_timeline") as session:
        assert at(session, "2026-02-01") == [("known", "off")]
        assert at(session, "2026-02-02") == [("source_gap", None)]


@pytest.fixture
def branch_rows() -> dict[str, list[dict[str, str]]]:
    rule = {"branch": "main", "setting": "required_reviews"}
    return {
        "release_branch": [
            {"system": "billing", "repository": "acme/pay", "branch": "main"},
            {"system": "portal", "repository": "acme/pay", "branch": "main"},
        ],
        "branch_rule": [{**rule, "repository": "acme/old", "value": "1", "observed_at": JAN}],
        "branch_rule_event": [
            {**rule, "id": "b1", "repository": "acme/pay", "old_value": "1", "new_value": "0", "occurred_at": MAR}
        ],
        "repository_event": [
            {"id": "r1", "repository": "acme/old", "kind": "renamed", "new_name": "acme/pay", "occurred_at": FEB}
        ],
        "source_gap": [{"table_name": "branch_rule_event", "system": "portal", "reason": "retention"}],
    }


def test_a_branch_keeps_its_timeline_over_a_rename_per_system(stepped: Opened, branch_rows: Rows) -> None:
    with stepped(branch_rows, "setting_timeline") as session:
        assert at(session, "2026-02-15", "acme/pay@main") == [("known", "1"), ("source_gap", None)]
        assert at(session, "2026-03-15", "acme/pay@main") == [("known", "0"), ("source_gap", None)]


def test_membership_of_a_group_follows_grants_and_lists_of_members(stepped: Opened) -> None:
    grant = {"account": "okta:ana", "right_id": "okta:group:no-mfa"}
    rows = {
        "account": [{"id": "okta:ana", "system": "okta"}, {"id": "okta:bo", "system": "okta"}],
        "mfa_scope": [{"system": "okta", "policy": "default", "right_id": "okta:group:no-mfa", "effect": "excludes"}],
        "grant_event": [
            {**grant, "id": "g1", "action": "add", "occurred_at": FEB},
            {**grant, "id": "g2", "action": "remove", "occurred_at": MAR},
            {**grant, "id": "g3", "action": "add", "occurred_at": APR, "net_change": False},
        ],
        "snapshot": [{"id": "s", "system": "okta", "taken_at": "2026-02-10T00:00:00Z", "origin": "system"}],
        "snapshot_row": [{"snapshot": "s", "account": "okta:ana", "right_id": "okta:group:no-mfa"}],
    }
    with stepped(rows, "setting_timeline") as session:
        assert at(session, "2026-01-15", "okta:ana") == [("known", "false")]
        assert at(session, "2026-02-15", "okta:ana") == [("known", "true")]
        assert at(session, "2026-03-15", "okta:ana") == at(session, "2026-05-01", "okta:ana") == [("known", "false")]
        assert at(session, "2026-02-15", "okta:bo") == [("known", "false")]


def test_what_a_person_reads_joins_neighbours_of_one_value(stepped: Opened) -> None:
    rows = {"setting_state": [seen(JAN, "on"), seen(MAR, "off")], "setting_event": [changed("e1", FEB, "on", "off")]}
    with stepped(rows, "setting_stretch") as session:
        found = session.execute(
            "SELECT value, CAST(valid_from AS VARCHAR), CAST(valid_to AS VARCHAR) FROM setting_stretch ORDER BY 2"
        )
        assert found.fetchall() == [
            ("on", "0001-01-01 00:00:00", "2026-02-01 00:00:00"),
            ("off", "2026-02-01 00:00:00", "9999-12-31 00:00:00"),
        ]


def test_the_name_of_a_branch_setting_says_its_rule_set(stepped: Opened) -> None:
    seen = {"repository": "acme/billing", "branch": "main", "observed_at": "2026-03-01T09:00:00Z", "value": "1"}
    names = ["required_reviews", "ruleset:release gate:required_reviews", "ruleset:a:bypass_reviews"]
    change = {"repository": "acme/billing", "branch": "main", "occurred_at": "2026-03-01T09:00:00Z"}
    rows = {
        "branch_rule": [{**seen, "setting": name} for name in names],
        "branch_rule_event": [
            {**change, "id": f"e{number}", "setting": name}
            for number, name in enumerate([names[0], "ruleset:b:required_reviews"])
        ],
    }
    with stepped(rows, "branch_setting") as session:
        found = session.execute("SELECT name, origin, setting FROM branch_setting ORDER BY name").fetchall()
    assert found == [
        ("required_reviews", "", "required_reviews"),
        ("ruleset:a:bypass_reviews", "a", "bypass_reviews"),
        ("ruleset:b:required_reviews", "b", "required_reviews"),
        ("ruleset:release gate:required_reviews", "release gate", "required_reviews"),
    ]


def looks(session: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return session.execute(
        """
        SELECT object, COALESCE(left(CAST(seen_at AS VARCHAR), 10), ''), left(CAST(valid_from AS VARCHAR), 10),
            left(CAST(valid_to AS VARCHAR), 10)
        FROM setting_look ORDER BY ALL
        """
    ).fetchall()


def test_a_look_is_carried_to_the_next_gap_and_the_next_other_value(stepped: Opened) -> None:
    rows = {
        "setting_state": [seen(JAN, "on"), seen("2026-01-20T00:00:00Z", "on"), seen(MAR, "off")],
        "setting_event": [changed("e1", FEB, "on", "off"), changed("e2", "2026-05-01T00:00:00Z", "off", "on")],
        "source_gap": [
            {
                "table_name": "setting_event",
                "system": "okta",
                "reason": "retention",
                "starts_at": APR,
                "ends_before": "2026-04-02",
            }
        ],
    }
    with stepped(rows, "setting_look") as session:
        assert looks(session) == [
            ("default", "", "2026-04-02", "2026-05-01"),
            ("default", "", "2026-05-01", "9999-12-31"),
            ("default", "2026-01-01", "0001-01-01", "2026-02-01"),
            ("default", "2026-01-20", "0001-01-01", "2026-02-01"),
            ("default", "2026-03-01", "2026-02-01", "2026-04-01"),
        ]


def test_membership_of_a_group_is_no_configuration_and_has_no_looks(stepped: Opened) -> None:
    rows = {
        "account": [{"id": "okta:ana", "system": "okta", "kind": "human"}],
        "mfa_scope": [{"system": "okta", "policy": "p", "right_id": "okta:group:no-mfa", "effect": "excludes"}],
        "snapshot": [{"id": "s", "system": "okta", "taken_at": FEB, "origin": "system"}],
    }
    with stepped(rows, "setting_look") as session:
        assert session.execute("SELECT count(*) FROM setting_timeline WHERE is_look").fetchone() == (1,)
        assert looks(session) == []


def test_what_is_seen_in_two_ways_or_at_a_change_is_a_look_only_where_it_counts(stepped: Opened) -> None:
    rows = {
        "setting_state": [
            seen(JAN, "on"),
            seen(MAR, "off"),
            seen("2026-02-10T12:00:00Z", "on"),
            seen(APR, "off", object="other"),
            seen(APR, "on", object="other"),
        ],
        "setting_event": [changed("e1", "2026-02-10", "on", "off")],
    }
    with stepped(rows, "setting_timeline") as session:
        found = session.execute(
            "SELECT object, left(CAST(valid_from AS VARCHAR), 10) FROM setting_timeline WHERE is_look ORDER BY ALL"
        ).fetchall()
    assert found == [("default", "2026-01-01"), ("default", "2026-02-10"), ("default", "2026-03-01")]
