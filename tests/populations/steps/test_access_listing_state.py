"""Whether only the people allowed could change an object when its access was listed: access_listing_state."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import duckdb

Opened = Callable[..., AbstractContextManager[duckdb.DuckDBPyConnection]]
TOO_WIDE, SHARED, UNLINKED, NOT_DECLARED, UNCLEAR, LIMITED = 1, 2, 4, 5, 6, 7
ACCOUNTS = [{"id": f"ad:{name}", "system": "ad", "kind": kind} for name, kind in (("bot", "bot"), ("team", "shared"))]
LINKS = [
    {"account": "ad:ana", "person": "p-ana", "proof": "hr"},
    {"account": "ad:bob", "person": "p-bob", "proof": "hr"},
]
ANA_ALLOWED = {"object": "aging", "who": "p-ana"}


def state(
    stepped: Opened,
    *accounts: str,
    allowed: list[dict[str, str]],
    listed_at: str = "2026-03-31T09:00:00Z",
) -> int:
    """Return the state of the only listing, of the object `aging`."""
    listing = [{"object": "aging", "listed_at": listed_at, "account": account} for account in accounts]
    rows = {"access_listing": listing, "access_allowed": allowed, "account": ACCOUNTS, "account_link": LINKS}
    with stepped(rows, "access_listing_state") as session:
        ((found,),) = session.execute("SELECT state FROM access_listing_state").fetchall()
    assert isinstance(found, int)
    return found


def test_the_worst_account_decides(stepped: Opened) -> None:
    assert state(stepped, "ad:ana", allowed=[ANA_ALLOWED]) == LIMITED
    assert state(stepped, "ad:ana", "ad:who", allowed=[ANA_ALLOWED]) == UNLINKED
    assert state(stepped, "ad:ana", "ad:who", "ad:team", allowed=[ANA_ALLOWED]) == SHARED
    assert state(stepped, "ad:ana", "ad:who", "ad:team", "ad:bob", allowed=[ANA_ALLOWED]) == TOO_WIDE


def test_an_account_without_a_person_is_allowed_by_its_own_name_only(stepped: Opened) -> None:
    assert state(stepped, "ad:bot", allowed=[ANA_ALLOWED]) == TOO_WIDE
    assert state(stepped, "ad:bot", allowed=[{"object": "aging", "who": "ad:bot"}]) == LIMITED
    assert state(stepped, "ad:team", allowed=[{"object": "aging", "who": "ad:team"}]) == LIMITED


def test_a_limit_holds_for_its_object_and_its_time(stepped: Opened) -> None:
    assert state(stepped, "ad:ana", allowed=[{"object": "sales", "who": "p-ana"}]) == NOT_DECLARED
    ended = {**ANA_ALLOWED, "valid_to": "2026-03-31T09:00:00Z"}
    assert state(stepped, "ad:ana", allowed=[ended]) == NOT_DECLARED
    assert state(stepped, "ad:ana", allowed=[ended, {"object": "aging", "who": "p-bob"}]) == TOO_WIDE
    assert state(stepped, "ad:ana", allowed=[{**ANA_ALLOWED, "valid_from": "2026-03-31T09:00:00Z"}]) == LIMITED


def test_a_limit_that_begins_inside_the_time_of_the_listing_is_unclear(stepped: Opened) -> None:
    begun = {**ANA_ALLOWED, "valid_from": "2026-03-31T12:00:00Z"}
    found = state(stepped, "ad:ana", allowed=[begun], listed_at="2026-03-31")
    assert found == UNCLEAR
