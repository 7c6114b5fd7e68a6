import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twofold.model.problem import UserError
from twofold.tables.rows import Row, SetAside, Unused

ReadHistory = Callable[..., list[Row | SetAside | Unused]]


def commit(**changes: Any) -> dict[str, Any]:
    return {
        "sha": "a" * 40,
        "parents": ["b" * 40],
        "author_name": "Ana Lima",
        "author_email": "Ana@Example.com",
        "author_date": "2026-01-05T10:00:00-05:00",
        "committer_name": "Ben",
        "committer_email": "ben@example.com",
        "commit_date": "2026-01-05T11:00:00-05:00",
        "message": "PAY-7: round",
    } | changes


def written(tmp_path: Path, *records: dict[str, Any]) -> Path:
    path = tmp_path / "history.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_a_commit_and_its_people(tmp_path: Path, read_history: ReadHistory) -> None:
    message = "PAY-7: round\n\nReviewed-By: Cy <CY@example.com>\nCo-authored-by: Di\nSigned-off-by: Ed <ed@example.com>"
    found = read_history(written(tmp_path, commit(message=message, tree="c" * 40)), repo="acme/billing")
    first = found[0]
    assert isinstance(first, Row)
    assert (first.table, first.record, first.values["repository"]) == ("code_commit", "#", "acme/billing")
    assert (first.values["author"], first.values["committer"]) == ("git:ana@example.com", "git:ben@example.com")
    assert first.values["reviewed_by"] == ["git:cy@example.com"]
    assert first.values["coauthors"] == ["git:Di"]
    assert (first.values["tickets"], first.values["tree_sha"]) == (["PAY-7"], "c" * 40)
    accounts = {row.values["id"]: row.values for row in found[1:] if isinstance(row, Row)}
    assert list(accounts) == ["git:Di", "git:ana@example.com", "git:ben@example.com", "git:cy@example.com"]
    assert accounts["git:ana@example.com"]["email"] == ""


def test_an_e_mail_is_verified_only_where_the_capture_says_so(tmp_path: Path, read_history: ReadHistory) -> None:
    found = read_history(written(tmp_path, commit()), repo="acme/billing", verified_emails="true")
    assert [row.values["email"] for row in found if isinstance(row, Row) and row.table == "account"] == [
        "ana@example.com",
        "ben@example.com",
    ]


def test_one_e_mail_is_one_account_under_its_last_name(tmp_path: Path, read_history: ReadHistory) -> None:
    later = commit(sha="d" * 40, author_name="Ana de Lima", author_email="ana@example.com")
    found = read_history(written(tmp_path, commit(), later), repo="acme/billing")
    names = {
        row.values["id"]: row.values["username"] for row in found if isinstance(row, Row) and row.table == "account"
    }
    assert names["git:ana@example.com"] == "Ana de Lima"


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"author_date": "1970-01-01T00:00:00Z"}, "author_date: '1970-01-01T00:00:00Z' lies before 1990"),
        ({"commit_date": "soon"}, "commit_date: 'soon' is no ISO 8601"),
        ({"parents": "b"}, "parents holds 'b'"),
        ({"sha": ""}, "sha is empty"),
        ({"message": None}, "message holds None"),
    ],
)
def test_a_commit_that_cannot_be_read_is_set_aside(
    tmp_path: Path, read_history: ReadHistory, changes: dict[str, Any], part: str
) -> None:
    found = read_history(written(tmp_path, commit(), commit(**changes)), repo="acme/billing")
    aside = [row for row in found if isinstance(row, SetAside)]
    assert [(row.record, part in row.reason) for row in aside] == [("line 2", True)]


def test_a_history_needs_its_repository(tmp_path: Path, read_history: ReadHistory) -> None:
    with pytest.raises(UserError, match="which repository"):
        read_history(written(tmp_path, commit()))


def test_a_cut_line_is_set_aside_and_a_cut_archive_refused(tmp_path: Path, read_history: ReadHistory) -> None:
    path = written(tmp_path, commit(), commit(sha="d" * 40))
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    found = read_history(path, repo="acme/billing")
    assert [row.record for row in found if isinstance(row, SetAside)] == ["line 2"]
    path.write_bytes(gzip.compress(whole)[:-9])
    with pytest.raises(UserError, match="gzip data is broken"):
        read_history(path, repo="acme/billing")
