import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from twofold.model.evidence import EvidenceRef, Provenance
from twofold.model.ids import EvidenceId
from twofold.sources.github.normalise import KINDS
from twofold.tables.rows import NormaliseContext, Row, SetAside, SourceFile, Unused
from twofold.tables.typed_rows import typed_row

Normalise = Callable[..., list[Row | SetAside | Unused]]


@pytest.fixture
def normalise(tmp_path: Path) -> Normalise:
    """Read records as a captured file of the kind; every row must fit its canonical table."""

    def run(
        kind: str, records: Any, systems: dict[str, str] | None = None, **parameters: str
    ) -> list[Row | SetAside | Unused]:
        path = tmp_path / "export.json"
        path.write_bytes(records if isinstance(records, bytes) else json.dumps(records).encode())
        run_at = datetime(2026, 11, 20, 6, tzinfo=UTC)
        provenance = Provenance("github", kind, "svc-collector", run_at, "GET /", parameters)
        evidence = EvidenceRef(
            EvidenceId("ev-1"), "0" * 64, 1, path.name, "application/json", run_at, "ana", provenance
        )
        found = list(KINDS[kind](SourceFile(evidence, path), NormaliseContext(systems=systems or {})))
        for row in found:
            if isinstance(row, Row):
                typed_row(row, zone="")
        return found

    return run
