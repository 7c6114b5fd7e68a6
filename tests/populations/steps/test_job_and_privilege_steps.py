"""Jobs of a human under all HR ids, and rights that carry privileged power: same_human, job_held, privileged_hold."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import duckdb

from twofold.populations.completeness import RECONCILIATIONS_FOLDER

Opened = Callable[..., AbstractContextManager[duckdb.DuckDBPyConnection]]


def job(
    role: str, valid_from: str, valid_to: str = "", *, person: str = "p1", temporary: bool = False
) -> dict[str, str]:
    row = {"person": person, "role": role, "valid_from": f"{valid_from}T00:00:00Z"}
    if valid_to:
        row["valid_to"] = f"{valid_to}T00:00:00Z"
    return {**row, "temporary": "true"} if temporary else row


def jobs(
    stepped: Opened, *rows: dict[str, str], engagements: list[dict[str, str]] | None = None
) -> list[tuple[str, ...]]:
    """Return (human, role, from day, to day) of every job."""
    with stepped({"job": list(rows), "engagement": engagements or []}, "job_held") as session:
        return session.execute(
            """
            SELECT human, role, CAST(CAST(valid_from AS DATE) AS VARCHAR), CAST(CAST(valid_to AS DATE) AS VARCHAR)
            FROM job_held ORDER BY valid_from, role
            """
        ).fetchall()


def test_a_job_without_an_end_ends_with_the_next_one_that_is_no_cover(stepped: Opened) -> None:
    found = jobs(
        stepped,
        job("buyer", "2026-01-01"),
        job("cover", "2026-02-01", "2026-03-01", temporary=True),
        job("payer", "2026-05-01"),
    )
    assert found == [
        ("p1", "buyer", "2026-01-01", "2026-05-01"),
        ("p1", "cover", "2026-02-01", "2026-03-01"),
        ("p1", "payer", "2026-05-01", "9999-12-31"),
    ]


def test_a_job_that_ends_where_a_cover_begins_goes_on_behind_it(stepped: Opened) -> None:
    found = jobs(
        stepped,
        job("clerk", "2025-01-01", "2026-01-01"),
        job("buyer", "2026-01-01", "2026-02-01"),
        job("cover", "2026-02-01", "2026-03-01", temporary=True),
    )
    assert found == [
        ("p1", "clerk", "2025-01-01", "2026-01-01"),
        ("p1", "buyer", "2026-01-01", "2026-03-01"),
        ("p1", "cover", "2026-02-01", "2026-03-01"),
    ]


def test_rows_of_one_cover_that_adjoin_or_overlap_are_one_and_a_gap_ends_it(stepped: Opened) -> None:
    found = jobs(
        stepped,
        job("buyer", "2026-01-01", "2026-02-01"),
        job("cover", "2026-02-01", "2026-03-01", temporary=True),
        job("cover", "2026-02-15", "2026-04-01", temporary=True),
        job("cover", "2026-04-01", "2026-05-01", temporary=True),
        job("cover", "2026-05-02", "2026-06-01", temporary=True),
        job("cover", "2026-02-01", "2026-12-01", person="p2", temporary=True),
    )
    assert [row[3] for row in found if row[1] == "buyer"] == ["2026-05-01"]


def test_engagements_that_continue_each_other_are_one_human_over_any_number_of_ids(stepped: Opened) -> None:
    engagements = [
        {"id": "e1", "person": "p1", "type": "contractor"},
        {"id": "e2", "person": "p2", "type": "employee", "follows": "e1"},
        {"id": "e3", "person": "p3", "type": "employee", "follows": "e2"},
        {"id": "e4", "person": "p4", "type": "employee"},
        {"id": "e5", "person": "p4", "type": "employee", "follows": "e4"},
    ]
    found = jobs(stepped, job("buyer", "2026-01-01", person="p3"), engagements=engagements)
    assert found == [("p1", "buyer", "2026-01-01", "9999-12-31")]
    with stepped({"engagement": engagements}, "same_human") as session:
        assert session.execute("SELECT person, human FROM same_human ORDER BY person").fetchall() == [
            ("p1", "p1"),
            ("p2", "p1"),
            ("p3", "p1"),
            ("p4", "p4"),
        ]


def test_privileged_is_what_catalogue_class_or_power_to_give_rights_say_and_each_group_that_holds_it(
    stepped: Opened,
) -> None:
    rows = {
        "access_right": [
            {"id": "a:admin", "system": "a", "class": "privileged"},
            {"id": "a:iam", "system": "a", "grants_rights": "true"},
            {"id": "a:db", "system": "a"},
            {"id": "a:view", "system": "a", "class": "normal"},
            {"id": "a:owners", "system": "a", "contains": "a:db;a:view"},
        ],
        "privileged_right": [{"right_id": "a:db", "valid_from": "2026-03-01T00:00:00Z", "reason": "database owner"}],
    }
    with stepped(rows, "privileged_hold") as session:
        found = session.execute(
            "SELECT right_id, power, CAST(CAST(valid_from AS DATE) AS VARCHAR) FROM privileged_hold ORDER BY ALL"
        ).fetchall()
    assert found == [
        ("a:admin", "a:admin", "0001-01-01"),
        ("a:db", "a:db", "2026-03-01"),
        ("a:iam", "a:iam", "0001-01-01"),
        ("a:owners", "a:db", "2026-03-01"),
    ]


def test_a_right_in_use_that_the_map_of_functions_does_not_hold_is_a_difference(stepped: Opened) -> None:
    rows = {
        "access_right": [
            {"id": "erp:pay", "system": "erp"},
            {"id": "erp:new", "system": "erp"},
            {"id": "erp:view", "system": "erp", "read_only": "true"},
            {"id": "erp:team", "system": "erp", "contains": "erp:pay"},
            {"id": "chat:post", "system": "chat"},
        ],
        "right_function": [{"right_id": "erp:pay", "function": "release"}],
        "grant_event": [
            {
                "id": f"g{number}",
                "account": "erp:ana",
                "right_id": right,
                "action": "add",
                "occurred_at": "2026-01-01T00:00:00Z",
            }
            for number, right in enumerate(["erp:pay", "erp:new", "erp:view", "erp:team", "chat:post"])
        ],
    }
    with stepped(rows, "right_interval") as session:
        found = session.execute((RECONCILIATIONS_FOLDER / "sod_conflict.sql").read_text(encoding="utf-8")).fetchall()
    assert [difference[0] for difference in found] == ["erp:new"]


def humans(stepped: Opened, follows: dict[int, int]) -> dict[str, str]:
    """Return the human of each person; `follows`: engagement -> the one before, engagement n being of person n."""
    numbers = sorted({*follows, *follows.values()})
    rows = [
        {"id": f"e{number}", "person": f"p{number}", "type": "employee"}
        | ({"follows": f"e{follows[number]}"} if number in follows else {})
        for number in numbers
    ]
    with stepped({"engagement": rows}, "same_human") as session:
        return dict(session.execute("SELECT person, human FROM same_human").fetchall())


def test_a_long_chain_of_engagements_is_one_human(stepped: Opened) -> None:
    follows = {number: number - 1 for number in range(2, 92)}
    assert set(humans(stepped, follows).values()) == {"p1"}


def test_a_circle_of_engagements_ends_and_joins_nobody(stepped: Opened) -> None:
    assert humans(stepped, {1: 3, 2: 1, 3: 2, 4: 1}) == {f"p{number}": f"p{number}" for number in (1, 2, 3, 4)}


def unexplained(stepped: Opened, *engagements: dict[str, str]) -> list[str]:
    """Return the accounts whose closing on 1 April no end explains; the account is linked to p1."""
    rows = {
        "system": [{"id": "okta", "layer": "identity"}],
        "account": [{"id": "okta:ana", "system": "okta"}],
        "account_link": [{"account": "okta:ana", "person": "p1"}],
        "account_event": [
            {"id": "v1", "account": "okta:ana", "kind": "disable", "occurred_at": "2026-04-01T09:00:00Z"}
        ],
        "engagement": [{"type": "employee", **row} for row in engagements],
    }
    with stepped(rows, "identity", "same_human") as session:
        found = session.execute((RECONCILIATIONS_FOLDER / "engagement_end.sql").read_text(encoding="utf-8")).fetchall()
    return [difference[0] for difference in found]


def test_an_end_under_another_hr_id_of_the_human_explains_a_closing(stepped: Opened) -> None:
    first = {"id": "e1", "person": "p1"}
    ended = {"id": "e2", "person": "p2", "effective_end": "2026-03-31T16:00:00Z"}
    assert unexplained(stepped, first, {**ended, "follows": "e1"}) == []
    assert unexplained(stepped, first, ended) == ["okta:ana"]


def test_an_end_explains_nothing_once_the_human_has_gone_on_under_another_hr_id(stepped: Opened) -> None:
    ended = {"id": "e1", "person": "p1", "effective_end": "2026-03-31T16:00:00Z"}
    begun = {"id": "e2", "person": "p2", "started_at": "2026-04-01T08:00:00Z"}
    assert unexplained(stepped, ended, {**begun, "follows": "e1"}) == ["okta:ana"]
    assert unexplained(stepped, ended, begun) == []
