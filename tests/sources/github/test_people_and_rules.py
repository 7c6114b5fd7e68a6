from collections.abc import Callable
from typing import Any

import pytest

from twofold.model.problem import UserError
from twofold.tables.rows import Row, SetAside, Unused

Normalise = Callable[..., list[Row | SetAside | Unused]]


def test_members(normalise: Normalise) -> None:
    records = [
        {"login": "ana", "type": "User", "email": "ana@acme.example", "created_at": "2020-01-01T00:00:00Z"},
        {"login": "ci[bot]", "type": "Bot"},
        {"login": "old", "type": "User", "suspended_at": "2026-01-01T00:00:00Z"},
    ]
    rows = [row for row in normalise("members", records, {"github:acme": "github"}, org="acme") if isinstance(row, Row)]
    assert [(row.values["id"], row.values["kind"], row.values["status"]) for row in rows] == [
        ("github:ana", "human", "active"),
        ("github:ci[bot]", "bot", "active"),
        ("github:old", "human", "disabled"),
    ]
    assert rows[0].values["email"] == "ana@acme.example"
    assert {row.values["system"] for row in rows} == {"github"}
    with pytest.raises(UserError, match="org"):
        normalise("members", records)


def test_saml_identities_link_only_where_the_capture_says_what_the_name_id_is(normalise: Normalise) -> None:
    nodes: list[dict[str, Any]] = [
        {"node": {"samlIdentity": {"nameId": "ana@acme.example"}, "user": {"login": "ana"}}},
        {"node": {"samlIdentity": {"nameId": "ben@acme.example"}, "user": None}},
    ]
    page = {"data": {"organization": {"samlIdentityProvider": {"externalIdentities": {"edges": nodes}}}}}
    account, unlinked = normalise("saml_identities", page, org="acme")
    assert isinstance(account, Row)
    assert account.values["email"] == "ana@acme.example"
    assert isinstance(unlinked, SetAside)
    assert "linked to no GitHub user" in unlinked.reason

    nodes[0]["node"]["samlIdentity"]["nameId"] = "p-0001"
    _, link, _ = normalise("saml_identities", page, org="acme", name_id="person")
    assert isinstance(link, Row)
    assert link.values == {"account": "github:ana", "person": "p-0001", "proof": "saml"}


def test_the_list_of_branches_shows_which_are_unprotected(normalise: Normalise) -> None:
    url = "https://api.github.com/repos/acme/billing/branches/release%2F2/protection"
    (row,) = normalise("branch_protection", [{"name": "release/2", "protected": False, "protection_url": url}])
    assert isinstance(row, Row)
    assert {key: row.values[key] for key in ("repository", "branch", "setting", "value")} == {
        "repository": "acme/billing",
        "branch": "release/2",
        "setting": "protected",
        "value": "false",
    }


def test_a_setting_that_is_neither_on_nor_off_sets_the_branch_aside(normalise: Normalise) -> None:
    (found,) = normalise("branch_protection", [{"enforce_admins": {}}], repo="acme/billing", branch="main")
    assert isinstance(found, SetAside)
    assert "None, true or false is expected" in found.reason
