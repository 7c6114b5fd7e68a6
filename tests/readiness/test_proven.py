"""Whether a table is proven for a window."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from twofold.populations.source_gaps import Extraction
from twofold.readiness.proven import prove

END = datetime(2026, 11, 20, tzinfo=UTC)
START = END - timedelta(days=90)
MIDDLE = START + timedelta(days=40)
WHOLE = Extraction("ev-1", "sign_in", 5, 5, None, True, 0, END, START, END, None, frozenset())


@pytest.mark.parametrize(
    ("found", "proven"),
    [
        ([WHOLE], True),
        ([], False),
        ([replace(WHOLE, claimed_rows=6)], False),
        ([replace(WHOLE, set_aside=1)], False),
        ([replace(WHOLE, run_at=END - timedelta(days=31))], True),
        ([replace(WHOLE, run_at=END - timedelta(days=32))], False),
        ([replace(WHOLE, period_from=START + timedelta(days=32))], False),
        ([replace(WHOLE, oldest_available=START + timedelta(days=32))], False),
        ([replace(WHOLE, period_to=MIDDLE), replace(WHOLE, period_from=MIDDLE)], True),
        ([replace(WHOLE, table="account", period_from=END - timedelta(days=1))], True),
    ],
    ids=[
        "whole", "none", "wrong count", "unread", "a month old", "older", "begins late", "deleted", "two halves",
        "state",
    ],
)  # fmt: skip
def test_events_cover_the_window_and_states_reach_its_end(found: list[Extraction], proven: bool) -> None:
    proofs = prove(found, window_from=START, window_to=END, reach_days=31)

    assert any(each.proven for each in proofs.values()) is proven
    assert all(each.proven or each.why for each in proofs.values())
