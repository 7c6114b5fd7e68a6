"""Tickets that say they were released, and no deployment carries them (audit-domain T-13, reverse check)."""

import pytest

from twofold.populations.completeness import population_register
from twofold.populations.steps import steps_needed
from twofold.tables.rows import Value

from .conftest import Stepped, TableRows

TYPES: list[dict[str, Value]] = [{"id": "change", "is_change": True}, {"id": "question", "is_change": False}]
RELEASED: dict[str, Value] = {
    "id": "h1",
    "ticket": "CHG-1",
    "field": "status",
    "new_value": "Released",
    "occurred_at": "2026-03-10T10:00:00Z",
}


def retyped(old: str | None, new: str, at: str) -> dict[str, Value]:
    """Return a change of the ticket's type."""
    return {"id": "h2", "ticket": "CHG-1", "field": "type", "old_value": old, "new_value": new, "occurred_at": at}


@pytest.mark.parametrize(
    ("today", "history", "missing"),
    [
        ("change", [], ["CHG-1"]),
        ("question", [], []),
        ("question", [retyped("change", "question", "2026-03-12T10:00:00Z")], ["CHG-1"]),
        ("question", [retyped("change", "question", "2026-03-08T10:00:00Z")], []),
        ("change", [retyped("question", "change", "2026-03-12T10:00:00Z")], []),
        ("change", [retyped("question", "change", "2026-03-08T10:00:00Z")], ["CHG-1"]),
        ("change", [retyped("question", "change", "2026-03-10")], ["CHG-1"]),
        ("question", [retyped("change", "question", "2026-03-10")], ["CHG-1"]),
    ],
)
def test_a_ticket_counts_by_the_type_that_it_had_or_perhaps_had_then(
    stepped: Stepped, today: str, history: list[dict[str, Value]], missing: list[str]
) -> None:
    text = population_register()["change_item"].reconciliation_text
    rows: TableRows = {
        "change_type": TYPES,
        "ticket": [{"key": "CHG-1", "type": today}],
        "ticket_event": [RELEASED, *history],
    }
    with stepped(rows, *steps_needed(text)) as session:
        assert [key for key, _, _ in session.execute(text).fetchall()] == missing
