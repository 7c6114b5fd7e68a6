"""Whole public histories as populations of changes: was each reviewed by somebody who did not make it?

The histories carry review trailers only, so the control test runs with `accept_review_trailers`. The expected counts
come from the raw file by a second, independent reading in this test.
"""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from twofold.controltests.engine import run_rule, set_parameters
from twofold.controltests.rule import rule_named
from twofold.model.evidence import EvidenceRef, Provenance
from twofold.model.ids import EvidenceId
from twofold.populations.define import define_population
from twofold.populations.derive import derive_tables
from twofold.populations.steps import register_steps
from twofold.sources.git.normalise import KINDS
from twofold.tables.rows import NormaliseContext, Row, SourceFile
from twofold.tables.store import Lineage, TableSet, TableWriter, open_session
from twofold.tables.typed_rows import typed_row

HISTORIES = Path(__file__).parents[2] / ".." / "shared" / "data" / "git-histories"
CLOCK = datetime(2026, 11, 1, tzinfo=UTC)
_TRAILER = re.compile(r"^(?:reviewed-by|reviewed_by):\s*(.*?)\s*<([^<>\s]+)>\s*$", re.IGNORECASE | re.MULTILINE)
_COAUTHOR = re.compile(r"^co-authored-by:\s*(.*?)\s*<([^<>\s]+)>\s*$", re.IGNORECASE | re.MULTILINE)
_LINEAGE = Lineage("ev-1", "git", "file", CLOCK)


def _commits(name: str) -> list[dict[str, Any]]:
    path = HISTORIES / name
    if not path.exists():
        pytest.skip(f"the recorded history {name} is not on this machine")
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def _rows(name: str, repository: str) -> Iterator[Row]:
    provenance = Provenance("git", "history", "test", CLOCK, "git log", parameters={"repo": repository})
    evidence = EvidenceRef(EvidenceId("ev-1"), "0" * 64, 1, name, "application/gzip", CLOCK, "test", provenance)
    for row in KINDS["history"](SourceFile(evidence, HISTORIES / name), NormaliseContext()):
        assert isinstance(row, Row), row
        yield row


def _tables(name: str, repository: str, head: str, folder: Path) -> TableSet:
    """Put the history, one release of its newest commit, and a register of people by e-mail into canonical tables."""
    with TableWriter(folder) as writer:
        accounts: dict[str, str] = {}
        for row in _rows(name, repository):
            writer.add(typed_row(row, zone=""), lineage=_LINEAGE)
            if row.table == "account":
                accounts[str(row.values["id"])] = str(row.values["id"])
        for account, person in sorted(accounts.items()):
            link = Row("account_link", "", {"account": account, "person": person, "proof": "register"})
            writer.add(typed_row(link, zone=""), lineage=_LINEAGE)
        release = {
            "id": "release",
            "system": "library",
            "environment": "production",
            "repository": repository,
            "commit_sha": head,
            "started_at": CLOCK.isoformat(),
            "completed_at": CLOCK.isoformat(),
            "status": "success",
        }
        writer.add(typed_row(Row("deployment", "", release), zone=""), lineage=_LINEAGE)
        return derive_tables(writer.finish(), clock=CLOCK)


def _people(pairs: list[tuple[str, str]]) -> set[str]:
    return {mail.lower() for _, mail in pairs}


def _expected(commit: dict[str, Any]) -> str:
    """Judge one commit by the letter of T-11 A: approvers minus author, committer and co-authors."""
    message = commit["message"]
    reviewers = _people(_TRAILER.findall(message))
    makers = {commit["author_email"].lower(), commit["committer_email"].lower()} | _people(_COAUTHOR.findall(message))
    if not reviewers:
        return "exception:no_approver"
    return "pass" if reviewers - makers else "exception:approver_is_contributor"


@pytest.mark.parametrize(
    ("name", "repository", "commits", "merges", "reviewed"),
    [
        ("golang--crypto.jsonl.gz", "golang/crypto", 1348, 0, 1110),
        ("nodejs--llnode.jsonl.gz", "nodejs/llnode", 407, 10, 157),
    ],
)
def test_every_commit_of_a_history_is_tested_for_independent_review(
    name: str, repository: str, commits: int, merges: int, reviewed: int, tmp_path: Path
) -> None:
    raw = _commits(name)
    plain = [commit for commit in raw if len(commit["parents"]) < 2]
    assert (len(raw), len(raw) - len(plain)) == (commits, merges)
    rule = rule_named("T-11", where="test")
    with open_session(_tables(name, repository, raw[-1]["sha"], tmp_path / "tables")) as session:
        register_steps(session)
        parameters = rule.parameter_values({"accept_review_trailers": True}, where="test")
        set_parameters(session, parameters, extracted_at=CLOCK)
        population = define_population(session, rule.population, into=tmp_path)
        run_rule(session, rule, into=tmp_path)
        found = dict(session.execute("SELECT item, A FROM outcome").fetchall())
    assert population.count == commits
    expected = {f"release/{commit['sha']}": _expected(commit) for commit in raw}
    differing = {item: (code, found.get(item)) for item, code in expected.items() if found.get(item) != code}
    assert not differing
    plain_counts = Counter(expected[f"release/{commit['sha']}"] for commit in plain)
    assert len(plain) - plain_counts["exception:no_approver"] == reviewed
