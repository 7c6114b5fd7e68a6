"""Evidence asked for by kind: the same as all evidence in force, narrowed afterwards, and the same clock."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.jobs import evidence_by_kind as subject
from twofold.jobs.evidence_by_kind import CLOCKS_FILE, clock_now, evidence_of_kinds, evidence_state
from twofold.jobs.normalise import clock_of, evidence_to_read
from twofold.jobs.source_registry import SOURCES, feeds, kinds_feeding
from twofold.jobs.tables_read import tables_read
from twofold.model.evidence import EvidenceRef
from twofold.records.workspace import Workspace
from twofold.vault.entry import EntryKind
from twofold.vault.evidence_index import CapturesOfKind, EvidenceFilter

from .conftest import put
from .made_evidence import AT, captures

KINDS = [
    ("hr", "people"),
    ("okta", "users"),
    ("csvtable", "incident"),
    ("csvtable", "finding_response"),
    ("nobody", "knows"),
    ("scope", "file"),
]
TABLES = st.sets(st.sampled_from(["person", "account", "incident", "finding_response", "ticket"]), min_size=1)


class FakeVault:
    """What evidence is read by, over records in memory. Each example has a log of its own."""

    def __init__(self, evidence: list[EvidenceRef], deleted: list[int]) -> None:
        self.evidence, self.deleted, self.log, self.log_id = evidence, deleted, self, uuid4().hex

    def list_evidence(self) -> list[EvidenceRef]:
        return self.evidence

    def each_evidence(self, wanted: EvidenceFilter) -> Iterator[EvidenceRef]:
        kind = (wanted.source, wanted.kind)
        return (each for each in self.evidence if (each.provenance.source, each.provenance.kind) == kind)

    def entry(self, number: int) -> Any:
        return SimpleNamespace(raw=b"%d" % number)

    def captures_by_kind(self) -> dict[tuple[str, str], CapturesOfKind]:
        found: dict[tuple[str, str], CapturesOfKind] = {}
        for number, each in enumerate(self.evidence):
            kind = (each.provenance.source, each.provenance.kind)
            found[kind] = CapturesOfKind(found[kind].captures + 1 if kind in found else 1, number)
        return found

    def count(self, kind: str) -> int:
        assert kind == EntryKind.DELETION
        return len(self.deleted)

    def entries(self, *, kind: str) -> Iterator[Any]:
        assert kind == EntryKind.DELETION
        for number in self.deleted:
            body = dict.fromkeys(("sha256", "reason", "authority", "second_person"), "") | {"evidence": f"ev-{number}"}
            yield SimpleNamespace(index=0, actor="", at=AT, body=body)


@st.composite
def vaults(draw: st.DrawFn) -> Any:
    made = draw(captures(KINDS))
    deleted = draw(st.lists(st.integers(0, len(made) - 1), max_size=2, unique=True)) if made else []
    nowhere = Path("/dev/null/nowhere")
    return SimpleNamespace(root=nowhere, readings_folder=nowhere, vault=FakeVault(made, deleted))


@given(vaults(), TABLES)
def test_what_feeds_some_tables_is_found_among_its_own_kinds(workspace: Any, wanted: set[str]) -> None:
    whole = evidence_to_read(workspace)

    assert evidence_of_kinds(workspace, kinds_feeding(wanted)) == [
        each for each in whole if wanted & set(feeds(each.provenance))
    ]


@given(vaults())
def test_the_clock_is_that_of_all_evidence(workspace: Any) -> None:
    assert clock_now(workspace, evidence_state(workspace), None) == clock_of(evidence_to_read(workspace), None)
    applied: Any = SimpleNamespace(applied_at=AT - timedelta(days=400))
    assert clock_now(workspace, evidence_state(workspace), applied) == clock_of(evidence_to_read(workspace), applied)


def test_each_kind_is_found_by_the_tables_that_it_feeds() -> None:
    for name, source in SOURCES.items():
        for kind, fed in source.feeds.items():
            assert all((name, kind) in kinds_feeding({table}) for table in fed)
    assert kinds_feeding(()) == frozenset()


def test_a_later_extraction_of_another_kind_moves_the_clock(workspace: Workspace) -> None:
    put(workspace, "one.csv", run_at="2026-07-10T06:00:00Z")
    state = evidence_state(workspace)
    assert state == evidence_state(workspace)
    assert clock_now(workspace, state, workspace.applied_scope()) == datetime(2026, 7, 10, 6, tzinfo=UTC)

    put(workspace, "others.csv", "id,incident\nA-1,INC-1\n", kind="incident_action", run_at="2026-07-11T06:00:00Z")
    assert evidence_state(workspace) != state
    with tables_read(workspace, frozenset({"incident"})) as session:
        assert session.execute("SELECT id FROM incident").fetchall() == [("INC-1",)]
    clock = clock_now(workspace, evidence_state(workspace), workspace.applied_scope())
    assert clock == clock_of(evidence_to_read(workspace), workspace.applied_scope())
    assert clock == datetime(2026, 7, 11, 6, tzinfo=UTC)


def test_a_clock_is_found_once_for_all_processes(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    put(workspace, "one.csv")
    put(workspace, "others.csv", "id,incident\nA-1,INC-1\n", kind="incident_action", run_at="2026-07-11T06:00:00Z")
    state = evidence_state(workspace)
    clock = clock_now(workspace, state, None)
    read: list[str] = []

    def reading(_: Workspace, kinds: list[tuple[str, str]]) -> list[EvidenceRef]:
        read.extend(kind for _, kind in kinds)
        return evidence_of_kinds(workspace, kinds)

    monkeypatch.setattr(subject, "evidence_of_kinds", reading)
    for damage, expected in (
        (None, []),
        (b"{", ["incident", "incident_action"]),
        (b"[]", ["incident", "incident_action"]),
    ):
        monkeypatch.setattr(subject, "_LAST", {})
        if damage is not None:
            (workspace.readings_folder / CLOCKS_FILE).write_bytes(damage)
        read.clear()
        assert clock_now(workspace, state, None) == clock
        assert read == expected

    monkeypatch.setattr(subject, "_LAST", {})
    put(workspace, "two.csv", run_at="2026-07-12T06:00:00Z")
    read.clear()
    assert clock_now(workspace, evidence_state(workspace), None) == datetime(2026, 7, 12, 6, tzinfo=UTC)
    assert read == ["incident"]
