"""Who held which right and function when, and where two functions met: right_interval, function_held, duty_overlap."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import duckdb

Opened = Callable[..., AbstractContextManager[duckdb.DuckDBPyConnection]]
Rows = dict[str, list[dict[str, str]]]
EVER = "0001-01-01 00:00:00"
STILL = "9999-12-31 00:00:00"


def grant(number: str, action: str, at: str, *, right: str = "erp:pay", account: str = "erp:ana") -> dict[str, str]:
    event = {"id": number, "account": account, "right_id": right, "action": action}
    return {**event, "occurred_at": at} if at else event


def life(number: str, kind: str, at: str) -> dict[str, str]:
    event = {"id": number, "account": "erp:ana", "kind": kind}
    return {**event, "occurred_at": at} if at else event


def day(number: int) -> str:
    return f"2026-03-{number:02d}T00:00:00Z"


def moment(number: int) -> str:
    return f"2026-03-{number:02d} 00:00:00"


def intervals(stepped: Opened, rows: Mapping[str, list[dict[str, str]]]) -> list[tuple[str | None, ...]]:
    """Return (right, via, wide from, wide to, sure from, sure to) of every stretch."""
    with stepped(rows, "right_interval") as session:
        return session.execute(
            """
            SELECT right_id, via, CAST(valid_from AS VARCHAR), CAST(valid_to AS VARCHAR),
                CAST(sure_from AS VARCHAR), CAST(sure_to AS VARCHAR)
            FROM right_interval ORDER BY ALL
            """
        ).fetchall()


def one(stepped: Opened, rows: Rows) -> tuple[str | None, ...]:
    """Return the four limits of the only stretch."""
    (found,) = intervals(stepped, rows)
    return found[2:]


def test_a_right_lasts_from_its_addition_to_its_removal(stepped: Opened) -> None:
    rows = {"grant_event": [grant("g1", "add", day(1)), grant("g2", "remove", day(5)), grant("g3", "add", day(7))]}
    assert [found[2:] for found in intervals(stepped, rows)] == [
        (moment(1), moment(5), moment(1), moment(5)),
        (moment(7), STILL, moment(7), STILL),
    ]


def test_a_second_addition_changes_nothing_and_a_second_removal_ends_nothing(stepped: Opened) -> None:
    events = [("add", 1), ("add", 2), ("remove", 5), ("remove", 6)]
    rows = {"grant_event": [grant(f"g{number}", action, day(at)) for number, (action, at) in enumerate(events)]}
    assert one(stepped, rows) == (moment(1), moment(5), moment(1), moment(5))


def test_a_removal_shows_that_the_right_was_held_before_and_not_since_when(stepped: Opened) -> None:
    assert one(stepped, {"grant_event": [grant("g1", "remove", day(5))]}) == (EVER, moment(5), None, None)


def test_a_coarse_time_makes_the_wide_stretch_wider_and_the_sure_one_narrower(stepped: Opened) -> None:
    rows = {"grant_event": [grant("g1", "add", "2026-03-01"), grant("g2", "remove", "2026-03-05")]}
    wide_from, wide_to, sure_from, sure_to = one(stepped, rows)
    assert (wide_from, sure_to) == (moment(1), moment(5))
    assert (wide_to, sure_from) == ("2026-03-05 23:59:59.999999", "2026-03-01 23:59:59.999999")


def test_events_without_a_time_leave_the_stretch_open_and_nothing_sure(stepped: Opened) -> None:
    assert one(stepped, {"grant_event": [grant("g1", "add", "")]}) == (EVER, STILL, None, None)
    assert one(stepped, {"grant_event": [grant("g1", "add", day(1)), grant("g2", "remove", "")]}) == (
        moment(1),
        STILL,
        None,
        None,
    )


def test_a_conflicted_event_proves_nothing(stepped: Opened) -> None:
    rows = {"grant_event": [grant("g1", "add", day(1)), grant("g1", "add", day(2))]}
    assert one(stepped, rows)[2:] == (None, None)


def deleted(number: str, at: str) -> dict[str, str]:
    event = {"id": number, "right_id": "erp:pay", "kind": "delete"}
    return {**event, "occurred_at": at} if at else event


def removals(stepped: Opened, rows: Mapping[str, list[dict[str, str]]]) -> list[tuple[str, str, str]]:
    """Return (id, account, time) of every removal by the deletion of a right."""
    with stepped(rows, "grant_change") as session:
        return session.execute(
            """
            SELECT id, account, CAST(occurred_at AS VARCHAR) FROM grant_change
            WHERE table_name = 'right_event' ORDER BY ALL
            """
        ).fetchall()


def test_a_right_ends_with_its_deletion_for_everybody_who_held_it(stepped: Opened) -> None:
    events = [
        grant("g1", "add", day(1)),
        grant("g2", "add", day(2), account="erp:bo"),
        grant("g3", "remove", day(3), account="erp:bo"),
        grant("g4", "add", day(9), account="erp:cy"),
    ]
    rows = {"grant_event": events, "right_event": [deleted("d1", day(5))]}
    assert removals(stepped, rows) == [("right_event:d1/erp:ana", "erp:ana", moment(5))]
    assert [found[2:4] for found in intervals(stepped, rows)] == [
        (moment(1), moment(5)),
        (moment(2), moment(3)),
        (moment(9), STILL),
    ]


def test_each_deletion_of_a_right_takes_it_from_who_held_it_then(stepped: Opened) -> None:
    rows = {
        "grant_event": [grant("g1", "add", day(1)), grant("g2", "add", day(6), account="erp:bo")],
        "right_event": [deleted("d1", day(5)), deleted("d2", day(8))],
    }
    assert [found[:2] for found in removals(stepped, rows)] == [
        ("right_event:d1/erp:ana", "erp:ana"),
        ("right_event:d2/erp:bo", "erp:bo"),
    ]
    assert [found[2:4] for found in intervals(stepped, rows)] == [(moment(1), moment(5)), (moment(6), moment(8))]


def test_a_deletion_at_an_unknown_time_leaves_nothing_sure(stepped: Opened) -> None:
    rows = {"grant_event": [grant("g1", "add", day(1))], "right_event": [deleted("d1", "")]}
    assert one(stepped, rows) == (moment(1), STILL, None, None)


def test_nested_rights_are_held_through_their_group(stepped: Opened) -> None:
    rights = [
        {"id": "erp:clerk", "system": "erp", "contains": "erp:pay"},
        {"id": "erp:chief", "system": "erp", "contains": "erp:clerk"},
    ]
    rows = {"grant_event": [grant("g1", "add", day(1), right="erp:chief")], "access_right": rights}
    assert [found[:2] for found in intervals(stepped, rows)] == [
        ("erp:chief", "erp:chief"),
        ("erp:clerk", "erp:chief"),
        ("erp:pay", "erp:chief"),
    ]


def test_a_right_rests_while_its_account_is_closed(stepped: Opened) -> None:
    rows = {
        "grant_event": [grant("g1", "add", day(1))],
        "account_event": [life("v1", "disable", day(3)), life("v2", "enable", day(6)), life("v3", "delete", day(9))],
    }
    assert [found[2:] for found in intervals(stepped, rows)] == [
        (moment(1), moment(3), moment(1), moment(3)),
        (moment(6), moment(9), moment(6), moment(9)),
    ]


def test_a_right_begins_with_its_account(stepped: Opened) -> None:
    rows = {"grant_event": [grant("g1", "add", day(1))], "account_event": [life("v1", "activate", day(3))]}
    assert one(stepped, rows) == (moment(3), STILL, moment(3), STILL)


def test_an_account_disabled_at_an_unknown_time_proves_nothing(stepped: Opened) -> None:
    disabled = [{"id": "erp:ana", "system": "erp", "status": "disabled"}]
    rows = {"grant_event": [grant("g1", "add", day(1))], "account": disabled}
    assert one(stepped, rows) == (moment(1), STILL, None, None)
    opened: Rows = {**rows, "account_event": [life("v1", "create", day(1))]}
    assert one(stepped, opened) == (moment(1), STILL, None, None)
    closed: Rows = {**rows, "account_event": [life("v1", "disable", "")]}
    assert one(stepped, closed) == (moment(1), STILL, None, None)


def shown(at: str, *, origin: str = "system") -> Rows:
    return {
        "snapshot": [{"id": "s1", "system": "erp", "taken_at": at, "origin": origin}],
        "snapshot_row": [{"snapshot": "s1", "account": "erp:ana", "right_id": "erp:pay"}],
    }


def test_a_snapshot_proves_a_right_from_then_on_and_until_its_removal(stepped: Opened) -> None:
    assert one(stepped, shown(day(5))) == (EVER, STILL, moment(5), STILL)
    removed: Rows = {**shown(day(5)), "grant_event": [grant("g1", "remove", day(2)), grant("g2", "remove", day(8))]}
    assert [found[2:] for found in intervals(stepped, removed)] == [
        (EVER, moment(2), None, None),
        (moment(2), moment(8), moment(5), moment(8)),
    ]


def test_a_snapshot_adds_nothing_to_what_the_log_explains_and_a_typed_list_proves_nothing(stepped: Opened) -> None:
    assert one(stepped, {**shown(day(5)), "grant_event": [grant("g1", "add", day(1))]})[0] == moment(1)
    assert intervals(stepped, shown(day(5), origin="spreadsheet")) == []


def test_nobody_knows_of_a_removal_in_a_gap_of_the_log(stepped: Opened) -> None:
    gap = [{"table_name": "grant_event", "system": "erp", "starts_at": day(4), "ends_before": day(6), "reason": "x"}]
    account = [{"id": "erp:ana", "system": "erp"}]
    before: Rows = {"grant_event": [grant("g1", "add", day(1))], "source_gap": gap, "account": account}
    assert one(stepped, before) == (moment(1), STILL, moment(1), moment(4))
    inside: Rows = {**before, "grant_event": [grant("g1", "add", day(5))]}
    assert one(stepped, inside) == (moment(5), STILL, moment(5), "2026-03-05 00:00:00.000001")
    after: Rows = {**before, "grant_event": [grant("g1", "add", day(6))]}
    assert one(stepped, after) == (moment(6), STILL, moment(6), STILL)


def test_an_elevation_is_a_right_for_as_long_as_it_lasts(stepped: Opened) -> None:
    session = {"id": "x1", "account": "erp:ana", "right_id": "erp:pay", "started_at": day(1), "ended_at": day(2)}
    assert one(stepped, {"elevation": [session]}) == (moment(1), moment(2), moment(1), moment(2))


RULE = {"id": "vp", "function_a": "create", "function_b": "release"}
MAP = [{"right_id": "erp:vendor", "function": "create"}, {"right_id": "erp:pay", "function": "release"}]


def test_a_function_belongs_to_the_person_behind_the_account_at_that_time(stepped: Opened) -> None:
    links = [
        {"account": "erp:ana", "person": "p1", "valid_from": day(3), "valid_to": day(5)},
        {"account": "erp:ana", "person": "p2", "valid_from": day(5), "valid_to": day(7)},
    ]
    rows = {
        "grant_event": [grant("g1", "add", day(1))],
        "account_link": links,
        "sod_rule": [RULE],
        "right_function": MAP,
    }
    with stepped(rows, "function_held") as session:
        found = session.execute(
            "SELECT holder, state, CAST(valid_from AS VARCHAR) FROM function_held ORDER BY valid_from"
        ).fetchall()
    assert found == [
        ("erp:ana", "unlinked", moment(1)),
        ("p1", "linked", moment(3)),
        ("p2", "linked", moment(5)),
        ("erp:ana", "unlinked", moment(7)),
    ]


def test_a_super_user_right_carries_every_function_and_a_right_that_reads_none(stepped: Opened) -> None:
    rows = {
        "grant_event": [grant("g1", "add", day(1)), grant("g2", "add", day(1), right="erp:super")],
        "sod_rule": [RULE],
        "right_function": [*MAP, {"right_id": "erp:super", "function": "*"}],
        "access_right": [{"id": "erp:pay", "system": "erp", "read_only": "true"}],
    }
    with stepped(rows, "function_held") as session:
        found = session.execute("SELECT right_id, function FROM function_held ORDER BY ALL").fetchall()
    assert found == [("erp:super", "create"), ("erp:super", "release")]


def test_a_map_recorded_in_two_ways_proves_no_function(stepped: Opened) -> None:
    twice = [{**MAP[1], "valid_to": day(9)}, {**MAP[1], "valid_to": day(8)}]
    rows = {"grant_event": [grant("g1", "add", day(1))], "sod_rule": [RULE], "right_function": twice}
    with stepped(rows, "function_held") as session:
        assert session.execute("SELECT DISTINCT sure_from, sure_to FROM function_held").fetchall() == [(None, None)]


def test_functions_of_one_holder_meet_and_those_of_two_people_do_not(stepped: Opened) -> None:
    links = [{"account": account, "person": person} for account, person in (("erp:ana", "p1"), ("erp:bo", "p2"))]
    mine = grant("g1", "add", day(1), right="erp:vendor")
    theirs = grant("g2", "add", day(3), account="erp:bo")
    rows: Rows = {
        "grant_event": [mine, theirs],
        "account_link": links,
        "sod_rule": [RULE],
        "right_function": MAP,
    }
    with stepped(rows, "duty_overlap") as session:
        assert session.execute("SELECT * FROM duty_overlap").fetchall() == []
    rows["grant_event"] = [mine, theirs, grant("g3", "add", day(5)), grant("g4", "remove", day(6))]
    with stepped(rows, "duty_overlap") as session:
        found = session.execute(
            "SELECT holder, certain, CAST(valid_from AS VARCHAR), CAST(sure_to AS VARCHAR) FROM duty_overlap"
        ).fetchall()
    assert found == [("p1", True, moment(5), moment(6))]


def test_an_unlinked_account_with_one_side_may_be_whoever_has_the_other(stepped: Opened) -> None:
    rows = {
        "grant_event": [grant("g1", "add", day(1), right="erp:vendor"), grant("g2", "add", day(3), account="erp:bo")],
        "account_link": [{"account": "erp:bo", "person": "p2"}],
        "sod_rule": [RULE],
        "right_function": MAP,
    }
    with stepped(rows, "duty_overlap") as session:
        found = session.execute(
            "SELECT holder, certain, CAST(valid_from AS VARCHAR), sure_from FROM duty_overlap"
        ).fetchall()
    assert found == [("erp:ana", False, moment(3), None)]


def test_functions_under_two_hr_ids_of_one_human_meet_under_the_first_of_them(stepped: Opened) -> None:
    engagements = [
        {"id": "e2", "person": "p2", "type": "contractor"},
        {"id": "e1", "person": "p1", "type": "employee", "follows": "e2"},
    ]
    links = [{"account": account, "person": person} for account, person in (("erp:ana", "p1"), ("erp:bo", "p2"))]
    rows: Rows = {
        "engagement": engagements,
        "grant_event": [grant("g1", "add", day(1), right="erp:vendor"), grant("g2", "add", day(3), account="erp:bo")],
        "account_link": links,
        "sod_rule": [RULE],
        "right_function": MAP,
    }
    with stepped(rows, "duty_overlap") as session:
        found = session.execute(
            "SELECT holder, state, account_a, account_b, CAST(valid_from AS VARCHAR) FROM duty_overlap"
        ).fetchall()
    assert found == [("p2", "linked", "erp:ana", "erp:bo", moment(3))]
