"""Recordings of Okta's own test suite: every answer is read, and the life of a user comes out in order."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from twofold.sources.okta.normalise import KINDS

USERS = "test_users_it/TestUsersResource."
COUNTS = {"users": 85, "groups": 38, "apps": 4, "factors": 8}
"""Objects in the cassettes, counted by their own fields."""


def exchanges(cassette: Path) -> Iterator[tuple[str, str, Any]]:
    """Yield (method, path, answer) of each recorded call that succeeded with JSON."""
    for call in YAML(typ="safe").load(cassette.read_text(encoding="utf-8"))["interactions"]:
        body = call["response"]["body"].get("string")
        if call["response"]["status"]["code"] < 300 and body:
            path = call["request"]["uri"].partition("/api/v1")[2].partition("?")[0]
            yield call["request"]["method"], path, json.loads(body)


def test_the_life_of_a_user_in_order(normalised: Callable[..., Any], recorded: Callable[[str], Path]) -> None:
    cassette = recorded("okta-sdk-python") / f"{USERS}test_comprehensive_user_lifecycle.yaml"
    seen = []
    for _, _, answer in exchanges(cassette):
        if isinstance(answer, dict) and "status" in answer:
            done = normalised(KINDS["users"], answer)
            assert done.aside == []
            seen.append((answer["status"], done.table("account")[0]["status"]))
    assert seen == [("STAGED", "disabled"), ("ACTIVE", "active"), ("SUSPENDED", "disabled")]


def test_every_recorded_user_group_app_and_factor(
    normalised: Callable[..., Any], recorded: Callable[[str], Path]
) -> None:
    counts = dict.fromkeys(("users", "groups", "apps", "factors"), 0)
    for cassette in sorted(recorded("okta-sdk-python").rglob("*.yaml")):
        for _, path, answer in exchanges(cassette):
            listed = answer if isinstance(answer, list) else [answer]
            kind = kind_of(path, listed)
            if kind is None:
                continue
            done = normalised(KINDS[kind], answer)
            assert done.aside == [], (cassette.name, path)
            assert len(done.rows) == len(listed)
            counts[kind] += len(listed)
    assert counts == COUNTS


def test_members_of_a_recorded_group(normalised: Callable[..., Any], recorded: Callable[[str], Path]) -> None:
    cassette = recorded("okta-sdk-python") / "test_groups_it/TestGroupsResource.test_group_users_operations.yaml"
    sizes = []
    for method, path, answer in exchanges(cassette):
        if method == "GET" and path.endswith("/users"):
            done = normalised(KINDS["group_members"], {"group": "Group-Members-Test", "users": answer})
            assert len(done.table("snapshot")) == 1
            sizes.append(len(done.table("snapshot_row")))
    assert sizes == [1, 0]


def kind_of(path: str, listed: list[Any]) -> str | None:
    """Return the kind that an answer would be captured as."""
    if not listed or not isinstance(listed[0], dict):
        return None
    keys = listed[0].keys()
    if {"factorType", "provider"} <= keys:
        return "factors"
    if {"status", "profile", "credentials"} <= keys and path.split("/")[1] in {"users", "groups"}:
        return "users"
    if "objectClass" in keys:
        return "groups"
    return "apps" if "signOnMode" in keys else None
