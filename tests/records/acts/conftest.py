"""A vault with three captures, a run over two of them, and a judgement; each later act is one call."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from twofold.model.evidence import EvidenceRef, Provenance
from twofold.records.acts.recording import record
from twofold.vault.canonical import Json
from twofold.vault.entry import Entry, EntryKind, instant_text
from twofold.vault.evidence import CaptureItem
from twofold.vault.evidence_list import evidence_fields
from twofold.vault.signing.keys import SigningKey
from twofold.vault.store import Vault

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
SHA = "ab" * 32


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    folder = tmp_path / "vault"
    origin = "example.com/evidence"
    key = SigningKey.generate(origin).vkey
    with Vault.create(folder, origin=origin, log_id="5d1c", actor="p-0001", at=AT, key=key) as made:
        yield made


@pytest.fixture
def evidence(vault: Vault, tmp_path: Path) -> list[EvidenceRef]:
    return [captured(vault, tmp_path, f"{number}.csv", b"content %d" % number) for number in range(3)]


def captured(
    vault: Vault, folder: Path, name: str, content: bytes, *, at: datetime = AT, run_at: datetime = AT
) -> EvidenceRef:
    path = folder / name
    path.write_bytes(content)
    provenance = Provenance(source="hr", kind="roster", run_by="p-0007", run_at=run_at, query="all")
    return vault.capture_batch([CaptureItem(path, name, provenance)], captured_by="p-0007", at=at)[0]


def ran(vault: Vault, evidence: Sequence[str], *, run_id: str = "run-1", at: datetime = AT, **changed: Any) -> Entry:
    body = {
        "control_test": "T-10",
        "normalise": 0,
        "outcomes_sha256": SHA,
        "population": 0,
        "population_sha256": SHA,
        "rule_sha256": SHA,
        "run_id": run_id,
        "run_sha256": SHA,
        "state": "tested",
        **evidence_fields(evidence),
        **changed,
    }
    return record(vault, EntryKind.RUN, body=body, acting_user="p-0001", at=at)


def judged(vault: Vault, run: Entry, *, at: datetime = AT, **changed: Any) -> Entry:
    body = {
        "controls": [["CM-01", "effective"], ["CM-02", "not effective"]],
        "ends_before": instant_text(datetime(2026, 7, 1, tzinfo=UTC)),
        "engagement": "sox",
        "findings_sha256": SHA,
        "judgement_sha256": SHA,
        "lens": "sox",
        "runs": [["T-10", run.body["run_id"], run.index]],
        "scope": 0,
        "starts_at": instant_text(datetime(2026, 1, 1, tzinfo=UTC)),
        "verdicts": [],
        **evidence_fields([]),
        **changed,
    }
    if body["scope"] == 0:
        scope: dict[str, Json] = {"files": [], "reason": "r", "reporting_zone": "UTC", "scope_sha256": SHA}
        scope["second_person"] = None
        body["scope"] = record(vault, EntryKind.SCOPE_APPLY, body=scope, acting_user="p-0001", at=at).index
    return record(vault, EntryKind.JUDGEMENT, body=body, acting_user="p-0001", at=at)


@pytest.fixture
def run(vault: Vault, evidence: list[EvidenceRef]) -> Entry:
    return ran(vault, [each.evidence_id for each in evidence[:2]])


@pytest.fixture
def judgement(vault: Vault, run: Entry) -> Entry:
    return judged(vault, run)
