"""Change sets by graph walk, against the definition taken literally."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.populations.change_sets import change_set_rows
from twofold.tables.rows import Row, Value
from twofold.tables.store import Lineage, TableWriter, open_session
from twofold.tables.typed_rows import typed_row

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LINEAGE = Lineage("case", "case", "case", START)
Rows = Sequence[Mapping[str, Value]]


def change_sets(tables: Mapping[str, Rows]) -> dict[str, set[str]]:
    with TemporaryDirectory() as folder:
        with TableWriter(Path(folder) / "tables") as writer:
            for name, rows in tables.items():
                for row in rows:
                    writer.add(typed_row(Row(name, "", row), zone="UTC"), lineage=LINEAGE)
            written = writer.finish()
        found: dict[str, set[str]] = {}
        with open_session(written) as session:
            for row in change_set_rows(session):
                assert row["sha"] not in found.setdefault(row["deployment"], set())
                found[row["deployment"]].add(row["sha"])
    return found


def commits(history: Mapping[str, Sequence[str]], *, days_before: int = 0) -> Rows:
    made_at = (START - timedelta(days=days_before)).isoformat()
    return [
        {"repository": "acme/billing", "sha": sha, "parents": list(parents), "committed_at": made_at}
        for sha, parents in history.items()
    ]


def deployments(*shas: str, **more: str) -> Rows:
    return [
        {
            "id": f"d{number}",
            "system": "billing",
            "environment": "production",
            "repository": "acme/billing",
            "commit_sha": sha,
            "started_at": (START + timedelta(hours=number)).isoformat(),
            "status": "success",
            **more,
        }
        for number, sha in enumerate(shas, 1)
    ]


LINE = {"a": (), "b": ("a",), "c": ("b",), "d": ("c",)}


def test_each_deployment_carries_what_came_since_the_one_before() -> None:
    found = change_sets({"code_commit": commits(LINE), "deployment": deployments("a", "c", "d")})
    assert found == {"d1": {"a"}, "d2": {"b", "c"}, "d3": {"d"}}


def test_a_merge_brings_the_whole_branch() -> None:
    history = {"a": (), "b": ("a",), "x": ("a",), "y": ("x",), "m": ("b", "y")}
    found = change_sets({"code_commit": commits(history), "deployment": deployments("a", "b", "m")})
    assert found["d3"] == {"x", "y", "m"}


def test_a_rollback_carries_nothing_and_the_next_release_carries_it_again() -> None:
    found = change_sets({"code_commit": commits(LINE), "deployment": deployments("a", "c", "a", "d")})
    assert found == {"d1": {"a"}, "d2": {"b", "c"}, "d4": {"b", "c", "d"}}


def test_a_release_branch_carries_its_own_commits_only() -> None:
    history = {**LINE, "fix": ("b",)}
    found = change_sets({"code_commit": commits(history), "deployment": deployments("b", "fix", "d")})
    assert found == {"d1": {"a", "b"}, "d2": {"fix"}, "d3": {"c", "d"}}


def test_a_failed_deployment_changes_nothing_live() -> None:
    failed = [{**row, "status": "failure"} for row in deployments("a", "b")[1:]]
    rows = [*deployments("a"), *failed, {**deployments("a", "b", "c")[2]}]
    found = change_sets({"code_commit": commits(LINE), "deployment": rows})
    assert found == {"d1": {"a"}, "d2": {"b"}, "d3": {"b", "c"}}


def test_a_recorded_predecessor_counts_before_the_order_of_deployments() -> None:
    rows = [deployments("a")[0], {**deployments("a", "d")[1], "previous_sha": "b"}]
    found = change_sets({"code_commit": commits(LINE), "deployment": rows})
    assert found["d2"] == {"c", "d"}


def test_what_an_unknown_commit_carried_turns_up_in_the_next_known_deployment() -> None:
    found = change_sets({"code_commit": commits(LINE), "deployment": deployments("a", "lost", "d")})
    assert found == {"d1": {"a"}, "d3": {"b", "c", "d"}}


def test_a_digest_leads_to_its_commit() -> None:
    rows = [*deployments("a"), {**deployments("a", "")[1], "digest": "sha256:1"}]
    built = [{"digest": "sha256:1", "commit_sha": "b"}]
    found = change_sets({"code_commit": commits(LINE), "deployment": rows, "artefact": built})
    assert found["d2"] == {"b"}


def test_the_first_deployment_leaves_out_what_is_older_than_the_deployment_log() -> None:
    spoken_for: dict[str, Value] = {
        "id": "ev-1",
        "table_name": "deployment",
        "query": "all",
        "run_at": "2026-02-01",
        "period_from": START,
    }
    old: Rows = commits({"a": (), "b": ("a",)}, days_before=30)
    new = commits({"c": ("b",)})
    tables: dict[str, Rows] = {"code_commit": [*old, *new], "deployment": deployments("c"), "extraction": [spoken_for]}
    assert change_sets(tables) == {"d1": {"c"}}


def test_environments_and_systems_do_not_mix() -> None:
    staging = [{**deployments("d")[0], "id": "s1", "environment": "staging"}]
    other = [{**deployments("d")[0], "id": "o1", "system": "ledger"}]
    rows = [*staging, *other, *deployments("a", "d")]
    found = change_sets({"code_commit": commits(LINE), "deployment": rows})
    assert found["s1"] == found["o1"] == {"a", "b", "c", "d"}
    assert found["d2"] == {"b", "c", "d"}


@pytest.mark.parametrize("release_branch", [False, True])
def test_a_long_chain_takes_near_linear_time(release_branch: bool) -> None:
    history: dict[str, Sequence[str]] = {"c0": ()}
    order = ["c0"]
    for number in range(1, 3000):
        history[f"c{number}"] = (f"c{number - 1}",)
        order.append(f"c{number}")
        if release_branch and number % 2:
            history[f"f{number}"] = (f"c{number - 1}",)
            order.append(f"f{number}")
    tables: dict[str, Rows] = {"code_commit": commits(history), "deployment": deployments(*order)}
    started = time.monotonic()
    found = change_sets(tables)
    # A walk of the whole history for each deployment would take minutes.
    assert time.monotonic() - started < 10
    assert found["d3000"]
    assert sum(map(len, found.values())) >= 3000


def naive(history: Mapping[str, Sequence[str]], sha: str) -> set[str]:
    return {sha}.union(*(naive(history, parent) for parent in history[sha]))


@st.composite
def releases(draw: st.DrawFn) -> tuple[dict[str, list[str]], list[str]]:
    size = draw(st.integers(1, 9))
    history: dict[str, list[str]] = {}
    for number in range(size):
        parents = draw(st.lists(st.sampled_from(sorted(history)), max_size=2, unique=True)) if history else []
        history[f"c{number}"] = parents
    return history, draw(st.lists(st.sampled_from(sorted(history)), min_size=1, max_size=7))


@settings(max_examples=15)
@given(releases())
def test_the_walk_equals_the_difference_of_reachable_commits(drawn: tuple[dict[str, list[str]], list[str]]) -> None:
    history, order = drawn
    found = change_sets({"code_commit": commits(history), "deployment": deployments(*order)})
    before: set[str] = set()
    for number, sha in enumerate(order, 1):
        reachable = naive(history, sha)
        assert found.get(f"d{number}", set()) == reachable - before
        before = reachable
