import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twofold.model.problem import UserError
from twofold.sources.git.export import git_history
from twofold.tables.rows import Row, SetAside, Unused

ReadHistory = Callable[..., list[Row | SetAside | Unused]]
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ana Lima",
    "GIT_AUTHOR_EMAIL": "ana@example.com",
    "GIT_AUTHOR_DATE": "2026-01-05T10:00:00-05:00",
    "GIT_COMMITTER_NAME": "Ben",
    "GIT_COMMITTER_EMAIL": "ben@example.com",
    "GIT_COMMITTER_DATE": "2026-01-05T11:00:00-05:00",
}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, env=ENVIRONMENT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    for message in (
        "first",
        'PAY-7: "quoted"\n\nsecond paragraph\n\nReviewed-by: Cy <cy@example.com>',
        "tab\there \u2713",
    ):
        git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return folder


def lines(folder: Path, rev: str = "HEAD") -> list[dict[str, Any]]:
    return [json.loads(line) for line in git_history(folder, rev)]


def test_each_commit_once_parents_first(repository: Path) -> None:
    first, second, third = lines(repository)
    assert first["parents"] == []
    assert (second["parents"], third["parents"]) == ([first["sha"]], [second["sha"]])
    assert third["sha"] == git(repository, "rev-parse", "HEAD")
    assert third["tree"] == git(repository, "rev-parse", "HEAD^{tree}")
    assert third["message"] == "tab\there \u2713"
    assert second["message"].startswith('PAY-7: "quoted"\n\nsecond')
    assert (first["author_email"], first["author_date"]) == ("ana@example.com", "2026-01-05T10:00:00-05:00")
    assert len(lines(repository, "HEAD~1")) == 2


def test_what_is_exported_can_be_read(repository: Path, tmp_path: Path, read_history: ReadHistory) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(b"".join(git_history(repository)))
    rows = [row for row in read_history(path, repo="acme/billing") if isinstance(row, Row)]
    assert [row.table for row in rows].count("code_commit") == 3
    assert rows[1].values["reviewed_by"] == ["git:cy@example.com"]


def test_nothing_that_the_repository_brings_is_run_or_believed(repository: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    script = tmp_path / "run.sh"
    script.write_text(f"#!/bin/sh\ntouch {trap}\n")
    script.chmod(0o755)
    for name in ("core.fsmonitor", "core.pager", "pager.log", "gpg.program", "alias.log"):
        git(repository, "config", name, str(script))
    git(repository, "config", "log.showSignature", "true")
    before = lines(repository)
    assert not trap.exists()
    git(repository, "replace", before[1]["sha"], before[0]["sha"])
    (repository / ".git" / "info" / "grafts").write_text(f"{before[2]['sha']}\n")
    (repository / ".mailmap").write_text("Ana Lima <someone@example.com> <ana@example.com>\n")
    assert lines(repository) == before


def test_a_shallow_clone_is_refused(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "shallow")
    with pytest.raises(UserError, match=r"shallow[\s\S]*git fetch --unshallow"):
        lines(tmp_path / "shallow")


@pytest.mark.parametrize("rev", ["", "--output=/tmp/x", "-n1"])
def test_an_option_is_no_revision(repository: Path, rev: str) -> None:
    with pytest.raises(UserError, match="is no revision"):
        lines(repository, rev)


def test_an_unknown_revision_or_folder_is_told_in_gits_own_words(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere"):
        lines(repository, "nowhere")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(UserError, match="not a git repository"):
        lines(empty)
    with pytest.raises(UserError, match="absent"):
        lines(tmp_path / "absent")
