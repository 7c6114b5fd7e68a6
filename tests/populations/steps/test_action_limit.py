from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

import duckdb

Opened = Callable[..., AbstractContextManager[duckdb.DuckDBPyConnection]]


def action(**more: str) -> dict[str, str]:
    opened = "2026-02-10T10:00:00Z"
    return {"id": "a1", "activity": "risk_assessment", "system": "company", "opened_at": opened, **more}


def moved(number: str, **more: str) -> dict[str, str]:
    return {"id": number, "action": "a1", "changed_at": "2026-04-01T00:00:00Z", **more}


def limit(session: duckdb.DuckDBPyConnection) -> tuple[datetime | None, bool]:
    row = session.execute("SELECT due_at, conflicted FROM action_limit WHERE action = 'a1'").fetchone()
    assert row is not None
    return row[0], row[1]


def test_the_earliest_due_date_that_an_action_ever_had_is_its_limit(stepped: Opened) -> None:
    rows = {
        "programme_action": [action(due_at="2026-07-01T00:00:00Z")],
        "action_due_change": [
            moved("e1", new_due_at="2026-05-01T00:00:00Z"),
            moved("e2", old_due_at="2026-05-01T00:00:00Z", new_due_at="2026-06-01T00:00:00Z"),
            moved("e3", old_due_at="2026-06-01T00:00:00Z", new_due_at="2026-07-01T00:00:00Z"),
        ],
    }
    with stepped(rows, "action_limit") as session:
        assert limit(session) == (datetime(2026, 5, 1), False)  # noqa: DTZ001  a UTC column


def test_a_bare_day_lasts_to_its_end_and_no_date_is_no_limit(stepped: Opened) -> None:
    with stepped({"programme_action": [action(due_at="2026-05-01")]}, "action_limit") as session:
        assert limit(session) == (datetime(2026, 5, 1, 23, 59, 59, 999999), False)  # noqa: DTZ001  a UTC column
    with stepped({"programme_action": [action()]}, "action_limit") as session:
        assert limit(session) == (None, False)


def test_a_change_recorded_in_two_ways_is_a_conflict(stepped: Opened) -> None:
    changes = [moved("e1", new_due_at="2026-05-01T00:00:00Z"), moved("e1", new_due_at="2026-06-01T00:00:00Z")]
    with stepped({"programme_action": [action()], "action_due_change": changes}, "action_limit") as session:
        assert limit(session)[1]
