"""A vault with a fixed name and time, and provenance to capture with."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from twofold.model.evidence import Provenance
from twofold.vault.store import Vault

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)

FileMaker = Callable[[str, bytes], Path]


@pytest.fixture
def provenance() -> Provenance:
    return Provenance(source="github", kind="pull_requests", run_by="svc-collector", run_at=AT, query="GET /pulls")


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    folder = tmp_path / "vault"
    with Vault.create(folder, origin="example.com/evidence", log_id="5d1c", actor="p-0001", at=AT) as made:
        yield made


@pytest.fixture
def make_file(tmp_path: Path) -> FileMaker:
    def make(name: str, content: bytes) -> Path:
        path = tmp_path / "given" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return make
