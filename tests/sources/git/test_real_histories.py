"""Whole public histories: who reviewed whom, counted from our rows and compared with SOURCE.md beside the data."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twofold.tables.rows import Row, SetAside, Unused

ReadHistory = Callable[..., list[Row | SetAside | Unused]]
DATA = Path(__file__).parents[3] / ".." / "shared" / "data" / "git-histories"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the git histories are not in ../shared/data")


@pytest.mark.parametrize(
    ("name", "repository", "expected"),
    [
        (
            "golang--crypto",
            "golang/crypto",
            {
                "commits": 1348,
                "merges": 0,
                "reviewed": 1110,
                "reviewed by the author": 39,
                "by the author alone": 14,
                "author differs from committer": 786,
            },
        ),
        (
            "nodejs--llnode",
            "nodejs/llnode",
            {
                "commits": 407,
                "merges": 10,
                "reviewed": 157,
                "reviewed by the author": 1,
                "by the author alone": 1,
                "author differs from committer": 142,
            },
        ),
    ],
)
def test_counts_agree_with_the_source(
    read_history: ReadHistory, name: str, repository: str, expected: dict[str, int]
) -> None:
    found = read_history(DATA / f"{name}.jsonl.gz", repo=repository)
    assert not [row for row in found if not isinstance(row, Row)]
    commits: list[Any] = [row.values for row in found if isinstance(row, Row) and row.table == "code_commit"]
    names = {
        row.values["id"]: row.values["username"] for row in found if isinstance(row, Row) and row.table == "account"
    }
    ordinary = [commit for commit in commits if len(commit["parents"]) < 2]
    reviewed = [commit for commit in ordinary if commit["reviewed_by"]]

    def same(left: str, right: str) -> bool:
        return left == right or names[left] == names[right]

    assert {
        "commits": len(commits),
        "merges": len(commits) - len(ordinary),
        "reviewed": len(reviewed),
        "reviewed by the author": sum(commit["author"] in commit["reviewed_by"] for commit in reviewed),
        "by the author alone": sum(
            all(same(reviewer, commit["author"]) for reviewer in commit["reviewed_by"]) for commit in reviewed
        ),
        "author differs from committer": sum(commit["author"] != commit["committer"] for commit in ordinary),
    } == expected
