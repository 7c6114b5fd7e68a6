"""A whole vault whose bytes lie in a bucket: capture, read, check, and find what was done to the bucket."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from twofold.model.evidence import Provenance
from twofold.model.problem import UserError
from twofold.vault.care.fsck import fsck
from twofold.vault.evidence import CaptureItem
from twofold.vault.store import Vault

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)


def faults(vault: Vault) -> list[str]:
    return [str(fault) for check in fsck(vault) for fault in check.faults]


def test_a_vault_in_a_bucket_is_like_any_other(s3_location: str, tmp_path: Path) -> None:
    boto3 = pytest.importorskip("boto3")
    place = pytest.importorskip("twofold.vault.blobs.s3_bucket").read_location(s3_location)
    provenance = Provenance(source="hr", kind="roster", run_by="p", run_at=AT, query="")
    items = []
    for number in range(20):
        path = tmp_path / f"{number}.csv"
        path.write_bytes(b"id\n%d\n" % (number % 15))
        items.append(CaptureItem(path, path.name, provenance))
    vault = Vault.create(tmp_path / "v", origin="a", log_id="b", actor="p", at=AT, blobs=s3_location)
    made = vault.capture_batch(items, captured_by="p", at=AT)
    vault.close()
    with Vault.open(tmp_path / "v", blobs=s3_location) as again:
        assert again.list_evidence() == made
        assert again.blob_path(made[3].sha256).read_bytes() == b"id\n3\n"
        assert faults(again) == []
        key = f"{place.prefix}{made[3].sha256[:2]}/{made[3].sha256[2:]}"
        client = boto3.client("s3", endpoint_url=place.endpoint, region_name="us-east-1")
        client.put_object(Bucket=place.bucket, Key=key, Body=b"id\n4\n")
        # The local copy is still right. What is checked is the bucket.
        assert again.blob_path(made[3].sha256).read_bytes() == b"id\n3\n"
        found = faults(again)
        assert len(found) == 1
        assert key in found[0]


def test_bytes_that_were_deleted_while_they_were_captured_again_are_stored_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id\n1\n")
    provenance = Provenance(source="hr", kind="roster", run_by="p", run_at=AT, query="")
    with Vault.create(tmp_path / "v", origin="a", log_id="b", actor="p", at=AT) as vault:
        made = vault.capture(path, provenance=provenance, name="a", captured_by="p", at=AT)
        flush = vault.blobs.flush

        def flush_then_lose() -> None:
            flush()
            vault.blobs.delete(made.sha256, at=AT)
            monkeypatch.setattr(vault.blobs, "flush", flush)

        monkeypatch.setattr(vault.blobs, "flush", flush_then_lose)
        vault.capture(path, provenance=provenance, name="a", captured_by="p", at=AT)
        vault.blobs.check(made.sha256)
        assert faults(vault) == []


def test_a_location_that_cannot_be_used_leaves_no_vault(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="names no place"):
        Vault.create(tmp_path / "v", origin="a", log_id="b", actor="p", at=AT, blobs="not/absolute")
    Vault.create(tmp_path / "v", origin="a", log_id="b", actor="p", at=AT).close()
