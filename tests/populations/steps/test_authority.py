from collections.abc import Callable
from contextlib import AbstractContextManager

import duckdb

Opened = Callable[..., AbstractContextManager[duckdb.DuckDBPyConnection]]


def roster(person: str = "p-ana", **more: str) -> dict[str, str]:
    return {"scope": "billing", "duty": "release", "person": person, **more}


def engaged(number: str, person: str = "p-ana", **more: str) -> dict[str, str]:
    return {"id": number, "person": person, "type": "employee", **more}


def lent(**more: str) -> dict[str, str]:
    return {"from_person": "p-ana", "to_person": "p-bo", "recorded_at": "2026-01-10T10:00:00Z", **more}


def could(
    session: duckdb.DuckDBPyConnection,
    at: str,
    *,
    person: str = "p-ana",
    duty: str = "release",
    until: str = "valid_to",
) -> bool:
    query = f"""
        SELECT count(*) FROM authority WHERE scope = 'billing' AND duty = ? AND person = ?
        AND valid_from <= CAST(? AS TIMESTAMP) AND CAST(? AS TIMESTAMP) < {until}
    """  # noqa: S608  the name of a column
    row = session.execute(query, [duty, person, at, at]).fetchone()
    assert row is not None
    return bool(row[0])


def perhaps(session: duckdb.DuckDBPyConnection, at: str, *, person: str = "p-ana") -> bool:
    return could(session, at, person=person, until="valid_to_latest")


def test_golden_04_a_roster_entry_ends_before_its_end(stepped: Opened) -> None:
    rows = {"roster": [roster(valid_from="2026-01-01T00:00:00Z", valid_to="2026-06-01T00:00:00Z")]}
    with stepped(rows, "authority") as session:
        assert not could(session, "2025-12-31 23:59:59.999999")
        assert could(session, "2026-01-01")
        assert could(session, "2026-05-31 23:59:59.999999")
        assert not could(session, "2026-06-01")
        assert not could(session, "2026-03-01", duty="authorise")
        assert not could(session, "2026-03-01", person="p-bo")


def test_nobody_has_authority_outside_employment(stepped: Opened) -> None:
    rows = {
        "roster": [roster()],
        "engagement": [engaged("e1", started_at="2026-02-01T00:00:00Z", effective_end="2026-04-01T00:00:00Z")],
    }
    with stepped(rows, "authority") as session:
        assert not could(session, "2026-01-31 23:59:59")
        assert could(session, "2026-02-01")
        assert not could(session, "2026-04-01")


def test_employment_that_ends_on_a_bare_day_may_have_ended_at_any_hour_of_it(stepped: Opened) -> None:
    rows = {"roster": [roster()], "engagement": [engaged("e1", effective_end="2026-04-01")]}
    with stepped(rows, "authority") as session:
        assert could(session, "2026-03-31 23:59:59")
        assert not could(session, "2026-04-01")
        assert perhaps(session, "2026-04-01")
        assert perhaps(session, "2026-04-01 23:59:59")
        assert not perhaps(session, "2026-04-02")


def test_who_worked_on_the_day_had_the_authority_on_it(stepped: Opened) -> None:
    ends = {"same": "2026-04-01", "noon": "2026-04-01T12:00:00Z", "before": "2026-03-30", "after": "2026-04-05"}
    rows = {
        "roster": [roster(f"p-{name}") for name in ends],
        "engagement": [
            engaged(name, f"p-{name}", effective_end="2026-04-01", last_day=day) for name, day in ends.items()
        ],
    }
    hours = ("2026-03-31 23:59:59", "2026-04-01 09:00:00", "2026-04-01 23:59:59.999999", "2026-04-02")
    with stepped(rows, "authority") as session:
        surely = {name: [could(session, at, person=f"p-{name}") for at in hours] for name in ends}
        may = {name: [perhaps(session, at, person=f"p-{name}") for at in hours] for name in ends}
    assert surely == {
        "same": [True, True, True, False],
        "noon": [True, True, False, False],
        "before": [True, False, False, False],
        "after": [True, True, True, False],
    }
    assert may == {name: [True, True, True, False] for name in ends}


def test_a_known_hour_leaves_nothing_open(stepped: Opened) -> None:
    rows = {
        "roster": [roster()],
        "engagement": [engaged("e1", effective_end="2026-04-01T16:00:00Z", last_day="2026-04-01")],
    }
    with stepped(rows, "authority") as session:
        assert could(session, "2026-04-01 15:59:59")
        assert not perhaps(session, "2026-04-01 16:00:00")


def test_a_roster_or_delegation_that_ends_first_ends_the_doubt_too(stepped: Opened) -> None:
    rows = {
        "roster": [roster(valid_to="2026-04-01T12:00:00Z"), roster("p-cy", valid_from="2026-04-01T08:00:00Z")],
        "delegation": [
            lent(valid_to="2026-04-01T10:00:00Z"),
            lent(to_person="p-dan", valid_from="2026-04-01T08:00:00Z"),
        ],
        "engagement": [engaged("e1", effective_end="2026-04-01"), engaged("e2", "p-cy", effective_end="2026-04-01")],
    }
    with stepped(rows, "authority") as session:
        assert perhaps(session, "2026-04-01 11:59:59")
        assert not perhaps(session, "2026-04-01 12:00:00")
        assert perhaps(session, "2026-04-01 09:59:59", person="p-bo"), "the lender may still have been employed"
        assert not perhaps(session, "2026-04-01 10:00:00", person="p-bo")
        assert not perhaps(session, "2026-04-01 07:59:59", person="p-cy")
        assert perhaps(session, "2026-04-01 09:00:00", person="p-cy"), "a stretch of which nothing is sure is there"
        assert perhaps(session, "2026-04-01 09:00:00", person="p-dan"), "and one that was lent"


def test_a_rehire_brings_authority_back_and_the_time_between_has_none(stepped: Opened) -> None:
    rows = {
        "roster": [roster(valid_to="2026-09-01")],
        "engagement": [
            engaged("e1", effective_end="2026-03-01T00:00:00Z"),
            engaged("e2", started_at="2026-05-01T00:00:00Z"),
        ],
    }
    with stepped(rows, "authority") as session:
        assert [could(session, day) for day in ("2026-02-28", "2026-04-01", "2026-05-01", "2026-09-01")] == [
            True,
            False,
            True,
            False,
        ]


def test_a_person_without_a_record_of_employment_is_judged_by_the_roster_alone(stepped: Opened) -> None:
    with stepped({"roster": [roster()], "engagement": [engaged("e9", "p-other")]}, "authority") as session:
        assert could(session, "2026-02-01")


def test_a_delegation_counts_from_its_recording_and_not_before(stepped: Opened) -> None:
    rows = {
        "roster": [roster()],
        "delegation": [lent(valid_from="2026-01-01T00:00:00Z", valid_to="2026-02-01T00:00:00Z")],
    }
    with stepped(rows, "authority") as session:
        assert not could(session, "2026-01-05", person="p-bo"), "it was written down five days later"
        assert could(session, "2026-01-10 10:00:00", person="p-bo")
        assert not could(session, "2026-02-01", person="p-bo")
        assert could(session, "2026-01-05", person="p-ana")


def test_a_delegation_recorded_on_a_day_counts_from_the_end_of_that_day(stepped: Opened) -> None:
    with stepped({"roster": [roster()], "delegation": [lent(recorded_at="2026-01-10")]}, "authority") as session:
        assert not could(session, "2026-01-10 23:59:59", person="p-bo")
        assert could(session, "2026-01-11", person="p-bo")


def test_nobody_can_lend_what_they_do_not_hold(stepped: Opened) -> None:
    rows = {
        "roster": [roster(valid_to="2026-02-01T00:00:00Z"), roster(duty="access", valid_from="2026-03-01T00:00:00Z")],
        "delegation": [lent(duty="release"), lent(from_person="p-cy", valid_from="2026-01-01")],
    }
    with stepped(rows, "authority") as session:
        assert could(session, "2026-01-20", person="p-bo")
        assert not could(session, "2026-02-01", person="p-bo"), "the lender's own entry has ended"
        assert not could(session, "2026-04-01", person="p-bo", duty="access"), "another duty was lent"


def test_what_is_borrowed_is_not_lent_on(stepped: Opened) -> None:
    chain = [lent(), lent(from_person="p-bo", to_person="p-cy")]
    with stepped({"roster": [roster()], "delegation": chain}, "authority") as session:
        assert could(session, "2026-02-01", person="p-bo")
        assert not could(session, "2026-02-01", person="p-cy")


def test_a_delegation_needs_both_to_be_employed(stepped: Opened) -> None:
    rows = {
        "roster": [roster()],
        "delegation": [lent()],
        "engagement": [
            engaged("e1", effective_end="2026-05-01T00:00:00Z"),
            engaged("e2", "p-bo", started_at="2026-02-01T00:00:00Z"),
        ],
    }
    with stepped(rows, "authority") as session:
        assert not could(session, "2026-01-20", person="p-bo")
        assert could(session, "2026-02-01", person="p-bo")
        assert not could(session, "2026-05-01", person="p-bo")


def test_no_stretch_is_empty_and_its_basis_is_told(stepped: Opened) -> None:
    rows = {
        "roster": [roster(), roster("p-cy", valid_from="2026-05-01", valid_to="2026-05-01")],
        "delegation": [lent()],
    }
    with stepped(rows, "authority") as session:
        found = session.execute("SELECT person, basis, valid_from < valid_to FROM authority ORDER BY 1").fetchall()
    assert found == [("p-ana", "roster", True), ("p-bo", "delegation", True)]


def test_a_roster_begins_with_its_first_entry_per_scope_and_duty(stepped: Opened) -> None:
    rows = {
        "roster": [
            roster(valid_from="2026-03-01T00:00:00Z"),
            roster("p-bo", valid_from="2026-01-01T00:00:00Z", valid_to="2026-02-01T00:00:00Z"),
            roster(duty="access"),
            roster(scope="*", valid_from="2026-05-01T00:00:00Z"),
        ]
    }
    with stepped(rows, "roster_start") as session:
        found = session.execute(
            "SELECT scope, duty, CAST(begins_at AS DATE)::VARCHAR FROM roster_start ORDER BY ALL"
        ).fetchall()
    assert found == [
        ("*", "release", "2026-05-01"),
        ("billing", "access", "0001-01-01"),
        ("billing", "release", "2026-01-01"),
    ]
