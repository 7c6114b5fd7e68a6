from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from twofold.model.evidence import EvidenceRef, Provenance
from twofold.model.ids import EvidenceId
from twofold.sources.git.normalise import KINDS
from twofold.tables.rows import NormaliseContext, Row, SetAside, SourceFile, Unused
from twofold.tables.typed_rows import typed_row

ReadHistory = Callable[..., list[Row | SetAside | Unused]]


@pytest.fixture
def read_history() -> ReadHistory:
    """Read a file as a captured history; every row must fit its canonical table."""

    def run(path: Path, **parameters: str) -> list[Row | SetAside | Unused]:
        run_at = datetime(2026, 11, 20, 6, tzinfo=UTC)
        provenance = Provenance("git", "history", "svc-collector", run_at, "git log", parameters)
        evidence = EvidenceRef(EvidenceId("ev-1"), "0" * 64, 1, path.name, "text/plain", run_at, "ana", provenance)
        found = list(KINDS["history"](SourceFile(evidence, path), NormaliseContext()))
        for row in found:
            if isinstance(row, Row):
                typed_row(row, zone="")
        return found

    return run
