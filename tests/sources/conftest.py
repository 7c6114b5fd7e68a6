"""Runs one normaliser over given bytes and checks every row against the canonical schema."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from twofold.model.evidence import EvidenceRef, Provenance
from twofold.model.ids import EvidenceId
from twofold.tables.rows import NormaliseContext, Normaliser, Row, SetAside, SourceFile, Unused
from twofold.tables.typed_rows import typed_row

RUN_AT = datetime(2026, 7, 15, 6, tzinfo=UTC)


@dataclass(frozen=True)
class Normalised:
    rows: list[Row]
    aside: list[SetAside]
    unused: list[Unused]

    def table(self, name: str) -> list[Mapping[str, Any]]:
        return [row.values for row in self.rows if row.table == name]

    def tables(self) -> set[str]:
        return {row.table for row in self.rows}


@pytest.fixture
def normalised(tmp_path: Path) -> Callable[..., Normalised]:
    def run(
        normaliser: Normaliser,
        content: Any,
        *,
        parameters: dict[str, str] | None = None,
        context: NormaliseContext | None = None,
    ) -> Normalised:
        data = content if isinstance(content, bytes) else content.encode() if isinstance(content, str) else None
        path = tmp_path / "export.dat"
        path.write_bytes(json.dumps(content).encode() if data is None else data)
        provenance = Provenance("test", "kind", "svc", RUN_AT, "GET /", parameters=parameters or {})
        evidence = EvidenceRef(EvidenceId("ev-1"), "0" * 64, 1, "export.dat", "", RUN_AT, "svc", provenance)
        known = context or NormaliseContext()
        found = list(normaliser(SourceFile(evidence, path), known))
        rows = [one for one in found if isinstance(one, Row)]
        for row in rows:
            assert row.record
            typed_row(row, zone=known.zone)
        return Normalised(
            rows,
            [one for one in found if isinstance(one, SetAside)],
            [one for one in found if isinstance(one, Unused)],
        )

    return run


@pytest.fixture
def recorded() -> Callable[[str], Path]:
    """Finds a folder of recordings by others; skips the test where they are not beside the repository."""

    def find(folder: str) -> Path:
        path = Path(__file__).parents[2] / ".." / "shared" / "data" / folder
        if not path.is_dir():
            pytest.skip(f"the recordings {folder} are not beside the repository")
        return path

    return find
