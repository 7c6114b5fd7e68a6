"""Which rights a request covers: request_coverage."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

import duckdb
import pytest

Opened = Callable[..., AbstractContextManager[duckdb.DuckDBPyConnection]]
REQUEST = {"system": "erp", "beneficiary": "p1", "created_at": "2026-03-01T00:00:00Z"}
NESTS = {"staff": ["read", "team"], "team": ["pay", "post"], "audit": ["read"], "read": [], "pay": [], "post": []}


@pytest.mark.parametrize(
    ("listed", "covered"),
    [
        (["pay"], ["pay"]),
        (["read"], ["audit", "read"]),
        (["pay", "read"], ["audit", "pay", "read"]),
        (["pay", "post"], ["pay", "post", "team"]),
        (["team"], ["pay", "post", "team"]),
        (["team", "read"], ["audit", "pay", "post", "read", "staff", "team"]),
        (["pay", "post", "read"], ["audit", "pay", "post", "read", "team"]),
        (["staff"], ["audit", "pay", "post", "read", "staff", "team"]),
        (["unheard"], ["unheard"]),
    ],
)
def test_a_request_covers_what_it_lists_nests_and_completes(
    stepped: Opened, listed: Sequence[str], covered: Sequence[str]
) -> None:
    """A group that nests another one is there only where that one is listed or nested, not where its content is."""
    assert coverage(stepped, {"r1": listed}) == {"r1": covered}


def test_two_requests_complete_no_group_together(stepped: Opened) -> None:
    assert coverage(stepped, {"r1": ["pay"], "r2": ["post"]}) == {"r1": ["pay"], "r2": ["post"]}


def coverage(stepped: Opened, requests: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return request -> covered rights, in order."""
    rows = {
        "access_right": [{"id": right, "system": "erp", "contains": ";".join(held)} for right, held in NESTS.items()],
        "access_request": [
            {**REQUEST, "id": request, "rights": ";".join(rights)} for request, rights in requests.items()
        ],
    }
    with stepped(rows, "request_coverage") as session:
        found = session.execute(
            "SELECT request, list(right_id ORDER BY right_id) FROM request_coverage GROUP BY request"
        ).fetchall()
    return dict(found)
