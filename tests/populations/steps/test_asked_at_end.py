"""Whose things are asked for when an engagement ends: asked_at_end."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import duckdb

Opened = Callable[..., AbstractContextManager[duckdb.DuckDBPyConnection]]


def engagement(name: str, start: str, end: str = "", *, follows: str = "") -> dict[str, str]:
    row = {
        "id": name,
        "person": "p1",
        "type": "employee",
        "started_at": start,
        "effective_end": end,
        "follows": follows,
    }
    return {column: value for column, value in row.items() if value}


def asked(stepped: Opened, rows: Sequence[dict[str, str]]) -> list[tuple[str, str]]:
    with stepped({"engagement": rows}, "asked_at_end") as session:
        return session.execute("SELECT ending, engagement FROM asked_at_end ORDER BY ALL").fetchall()


def test_an_end_asks_for_its_own_things_and_for_those_of_what_it_goes_on_from(stepped: Opened) -> None:
    rows = [
        engagement("e1", "2026-01-05", "2026-02-02"),
        engagement("e2", "2026-02-02", "2026-03-02", follows="e1"),
        engagement("e3", "2026-03-02", follows="e2"),
    ]
    assert asked(stepped, rows) == [("e1", "e1"), ("e2", "e1"), ("e2", "e2")]


def test_what_ended_within_a_longer_engagement_is_asked_for_at_the_end_of_that(stepped: Opened) -> None:
    rows = [
        engagement("outer", "2026-01-05", "2026-06-01"),
        engagement("inner", "2026-02-02", "2026-03-02"),
        engagement("later", "2026-07-01", "2026-08-03"),
    ]
    assert asked(stepped, rows) == [("inner", "inner"), ("later", "later"), ("outer", "inner"), ("outer", "outer")]
