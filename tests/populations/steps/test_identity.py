from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Opened = Callable[..., AbstractContextManager[duckdb.DuckDBPyConnection]]
FROM, TO = "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z"
ANA, BO = {"id": "p-ana", "email": "ana@example.com"}, {"id": "p-bo", "email": "bo@example.com"}


def account(number: str, **more: str) -> dict[str, str]:
    return {"id": number, "system": number.partition(":")[0], **more}


def link(number: str, person: str, **more: str) -> dict[str, str]:
    return {"account": number, "person": person, "proof": "register", **more}


def hand(session: duckdb.DuckDBPyConnection, number: str, at: str = "2026-03-01") -> tuple[Any, ...]:
    rows = session.execute(
        """
        SELECT state, person FROM identity
        WHERE account = ? AND valid_from <= CAST(? AS TIMESTAMP) AND CAST(? AS TIMESTAMP) < valid_to
        """,
        [number, at, at],
    ).fetchall()
    assert len(rows) <= 1
    return rows[0] if rows else ("unlinked", None)


def test_a_link_of_the_register_names_the_person(stepped: Opened) -> None:
    rows = {
        "account": [account("github:ana")],
        "account_link": [link("github:ana", "p-ana"), link("git:ana@x", "p-ana")],
    }
    with stepped(rows, "identity") as session:
        assert hand(session, "github:ana") == ("linked", "p-ana")
        assert hand(session, "git:ana@x") == ("linked", "p-ana"), "the account itself was never extracted"
        assert hand(session, "github:bo") == ("unlinked", None)


def test_a_dated_link_is_half_open(stepped: Opened) -> None:
    rows = {"account_link": [link("github:ana", "p-ana", valid_from=FROM, valid_to=TO)]}
    with stepped(rows, "identity") as session:
        assert hand(session, "github:ana", "2025-12-31 23:59:59.999999") == ("unlinked", None)
        assert hand(session, "github:ana", "2026-01-01") == ("linked", "p-ana")
        assert hand(session, "github:ana", "2026-05-31 23:59:59.999999") == ("linked", "p-ana")
        assert hand(session, "github:ana", "2026-06-01") == ("unlinked", None)


def test_an_account_handed_over_belongs_to_each_in_turn(stepped: Opened) -> None:
    rows = {"account_link": [link("github:x", "p-ana", valid_to=TO), link("github:x", "p-bo", valid_from=TO)]}
    with stepped(rows, "identity") as session:
        assert hand(session, "github:x", "2026-05-31 23:59:59") == ("linked", "p-ana")
        assert hand(session, "github:x", "2026-06-01") == ("linked", "p-bo")


def test_overlapping_links_name_nobody_while_they_overlap(stepped: Opened) -> None:
    rows = {"account_link": [link("github:x", "p-ana", valid_to=TO), link("github:x", "p-bo", valid_from=FROM)]}
    with stepped(rows, "identity") as session:
        assert hand(session, "github:x", "2025-12-31") == ("linked", "p-ana")
        assert hand(session, "github:x", "2026-01-01") == ("ambiguous", None)
        assert hand(session, "github:x", "2026-06-01") == ("linked", "p-bo")


def test_two_overlapping_links_to_one_person_are_no_doubt(stepped: Opened) -> None:
    rows = {"account_link": [link("github:x", "p-ana"), link("github:x", "p-ana", valid_from=FROM)]}
    with stepped(rows, "identity") as session:
        assert hand(session, "github:x") == ("linked", "p-ana")


def test_a_link_recorded_with_two_ends_proves_nothing(stepped: Opened) -> None:
    rows = {
        "account_link": [
            link("github:x", "p-ana", valid_from=FROM, valid_to=TO),
            link("github:x", "p-ana", valid_from=FROM),
        ]
    }
    with stepped(rows, "identity") as session:
        assert hand(session, "github:x") == ("ambiguous", None)
        assert hand(session, "github:x", "2027-01-01") == ("ambiguous", None)


def test_a_verified_e_mail_links_whatever_its_case(stepped: Opened) -> None:
    rows = {"person": [ANA, BO], "account": [account("okta:1", email="Ana@Example.com"), account("okta:2", email="")]}
    with stepped(rows, "identity") as session:
        assert hand(session, "okta:1") == ("linked", "p-ana")
        assert hand(session, "okta:2") == ("unlinked", None)


def test_an_e_mail_of_two_people_names_nobody(stepped: Opened) -> None:
    rows = {"person": [ANA, {**BO, "email": ANA["email"]}], "account": [account("okta:1", email=ANA["email"])]}
    with stepped(rows, "identity") as session:
        assert hand(session, "okta:1") == ("ambiguous", None)


def test_an_e_mail_of_an_account_in_conflict_proves_nothing(stepped: Opened) -> None:
    accounts = [account("okta:1", email=ANA["email"]), account("okta:1", email=BO["email"])]
    with stepped({"person": [ANA, BO], "account": accounts}, "identity") as session:
        assert hand(session, "okta:1") == ("ambiguous", None)


def test_a_recorded_link_outweighs_the_e_mail_also_outside_its_dates(stepped: Opened) -> None:
    rows = {
        "person": [ANA, BO],
        "account": [account("okta:1", email=ANA["email"])],
        "account_link": [link("okta:1", "p-bo", valid_from=FROM)],
    }
    with stepped(rows, "identity") as session:
        assert hand(session, "okta:1") == ("linked", "p-bo")
        assert hand(session, "okta:1", "2025-01-01") == ("unlinked", None)


def test_a_shared_account_names_nobody_at_any_time_whatever_links_exist(stepped: Opened) -> None:
    rows = {
        "account": [account("erp:till", kind="shared"), account("erp:desk", kind="shared")],
        "account_link": [link("erp:till", "p-ana", valid_from=FROM, valid_to=TO)],
    }
    with stepped(rows, "identity") as session:
        for at in ("2025-01-01", "2026-03-01", "2026-07-01"):
            assert hand(session, "erp:till", at) == ("shared", None)
        assert hand(session, "erp:desk") == ("shared", None)


@pytest.mark.parametrize("kind", ["bot", "service"])
def test_a_bot_is_the_human_whom_the_log_names_or_nobody(stepped: Opened, kind: str) -> None:
    rows = {
        "account": [
            account("github:bot", kind=kind, triggered_by="github:ana"),
            account("github:lone", kind=kind),
            account("github:lost", kind=kind, triggered_by="github:nobody"),
            account("github:till-bot", kind=kind, triggered_by="github:till"),
            account("github:till", kind="shared"),
        ],
        "account_link": [link("github:ana", "p-ana", valid_from=FROM), link("github:till", "p-bo")],
    }
    with stepped(rows, "identity") as session:
        assert hand(session, "github:bot") == ("linked", "p-ana")
        assert hand(session, "github:bot", "2025-12-31") == ("unlinked", None)
        assert hand(session, "github:lone") == ("bot", None)
        assert hand(session, "github:lost") == ("bot", None)
        assert hand(session, "github:till-bot") == ("shared", None)


days = st.sampled_from(["", "2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"])
links = st.lists(
    st.tuples(st.sampled_from(["github:a", "github:b", "github:bot"]), st.sampled_from(["p-ana", "p-bo"]), days, days),
    max_size=7,
)
kinds = st.sampled_from(["", "human", "shared", "bot", "service"])


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    given_links=links, kind=kinds, bot=kinds, trigger=st.sampled_from(["", "github:a", "github:b"]), mail=st.booleans()
)
def test_there_are_never_two_rows_for_one_account_and_moment(
    stepped: Opened, given_links: Sequence[tuple[str, str, str, str]], kind: str, bot: str, trigger: str, mail: bool
) -> None:
    rows = {
        "person": [ANA, BO, {"id": "p-cy", "email": ANA["email"]}],
        "account": [
            account("github:a", kind=kind, email=ANA["email"] if mail else ""),
            account("github:bot", kind=bot, triggered_by=trigger),
        ],
        "account_link": [
            link(name, person, valid_from=start, valid_to=end) for name, person, start, end in given_links
        ],
    }
    with stepped(rows, "identity") as session:
        overlapping = session.execute(
            """
            SELECT a.account FROM identity AS a JOIN identity AS b
                ON a.account = b.account AND a.valid_from < b.valid_to AND b.valid_from < a.valid_to
                AND (a.valid_from, a.valid_to, a.state) IS DISTINCT FROM (b.valid_from, b.valid_to, b.state)
            """
        ).fetchall()
        doubled = session.execute(
            "SELECT account FROM identity GROUP BY account, valid_from HAVING count(*) > 1"
        ).fetchall()
        states = session.execute("SELECT DISTINCT state, person IS NULL FROM identity").fetchall()
    assert overlapping == doubled == []
    assert set(states) <= {("linked", False), ("ambiguous", True), ("shared", True), ("bot", True)}
