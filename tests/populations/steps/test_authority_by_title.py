from collections.abc import Callable
from contextlib import AbstractContextManager

import duckdb

Opened = Callable[..., AbstractContextManager[duckdb.DuckDBPyConnection]]
TITLE = {"scope": "*", "duty": "release", "role": "lead"}


def job(role: str = "lead", person: str = "p-ana", **more: str) -> dict[str, str]:
    return {"person": person, "role": role, **more}


def engaged(number: str, **more: str) -> dict[str, str]:
    return {"id": number, "person": "p-ana", "type": "employee", **more}


def carried(session: duckdb.DuckDBPyConnection, at: str) -> tuple[bool, bool]:
    """Return whether a title of Ana's carried the duty at the moment, surely and perhaps."""
    row = session.execute(
        """
        SELECT COALESCE(bool_or(CAST($at AS TIMESTAMP) < valid_to), false), count(*) > 0 FROM authority_by_title
        WHERE person = 'p-ana' AND duty = 'release' AND scope = '*'
            AND valid_from <= CAST($at AS TIMESTAMP) AND CAST($at AS TIMESTAMP) < valid_to_latest
        """,
        {"at": at},
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def test_a_title_carries_the_duty_while_the_job_lasts(stepped: Opened) -> None:
    rows = {
        "role_authority": [TITLE],
        "job": [job(valid_from="2026-02-01", valid_to="2026-04-01"), job("clerk", valid_from="2026-04-01")],
    }
    with stepped(rows, "authority_by_title") as session:
        days = ("2026-01-31 23:59:59", "2026-02-01", "2026-03-31 23:59:59", "2026-04-01")
        assert [carried(session, day)[0] for day in days] == [False, True, True, False]


def test_a_job_outside_of_the_employment_carries_nothing(stepped: Opened) -> None:
    rows = {
        "role_authority": [TITLE],
        "job": [job()],
        "engagement": [
            engaged("e1", started_at="2026-01-10T00:00:00Z", effective_end="2026-02-01T00:00:00Z"),
            engaged("e2", started_at="2026-03-01T00:00:00Z"),
        ],
    }
    with stepped(rows, "authority_by_title") as session:
        days = ("2026-01-09", "2026-01-10", "2026-02-01", "2026-03-01")
        assert [carried(session, day) for day in days] == [(False,) * 2, (True,) * 2, (False,) * 2, (True,) * 2]


def test_on_a_bare_last_day_the_title_is_perhaps_there(stepped: Opened) -> None:
    rows = {"role_authority": [TITLE], "job": [job()], "engagement": [engaged("e1", effective_end="2026-04-01")]}
    with stepped(rows, "authority_by_title") as session:
        found = [carried(session, day) for day in ("2026-03-31 23:59:59", "2026-04-01 09:00:00", "2026-04-02")]
    assert found == [(True, True), (False, True), (False, False)]


def test_a_job_that_ends_first_ends_the_doubt_too(stepped: Opened) -> None:
    rows = {
        "role_authority": [TITLE],
        "job": [job(valid_to="2026-04-01T10:00:00Z")],
        "engagement": [engaged("e1", effective_end="2026-04-01")],
    }
    with stepped(rows, "authority_by_title") as session:
        assert carried(session, "2026-04-01 09:59:59") == (False, True)
        assert carried(session, "2026-04-01 10:00:00") == (False, False)


def test_a_job_that_began_after_the_employment_ended_is_no_row(stepped: Opened) -> None:
    rows = {
        "role_authority": [TITLE],
        "job": [job(valid_from="2026-05-01")],
        "engagement": [engaged("e1", effective_end="2026-04-01T00:00:00Z")],
    }
    with stepped(rows, "authority_by_title") as session:
        assert session.execute("SELECT count(*) FROM authority_by_title").fetchone() == (0,)


def test_each_title_of_a_person_is_named(stepped: Opened) -> None:
    rows = {
        "role_authority": [TITLE, {"scope": "billing", "duty": "access", "role": "owner"}],
        "job": [job(valid_to="2026-02-01"), job("owner", valid_from="2026-02-01")],
    }
    with stepped(rows, "authority_by_title") as session:
        found = session.execute("SELECT scope, duty, role FROM authority_by_title ORDER BY scope").fetchall()
    assert found == [("*", "release", "lead"), ("billing", "access", "owner")]


def test_a_job_in_conflict_carries_nothing(stepped: Opened) -> None:
    rows = {"role_authority": [TITLE], "job": [job(valid_from="2026-02-01"), job("clerk", valid_from="2026-02-01")]}
    with stepped(rows, "authority_by_title") as session:
        assert session.execute("SELECT count(*) FROM authority_by_title").fetchone() == (0,)
