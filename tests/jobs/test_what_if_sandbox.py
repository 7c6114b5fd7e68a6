"""What a sandbox may do with evidence: read what is lent, keep its own, and leave the lender as it is."""

from datetime import UTC, datetime
from pathlib import Path

from twofold.jobs.what_if.lent_blobs import LentBlobs
from twofold.vault.blobs.blobs import BlobStore
from twofold.vault.blobs.folder_blobs import FolderBlobs
from twofold.vault.blobs.steady_file import SteadyFile

AT = datetime(2026, 7, 15, tzinfo=UTC)


def stored(store: BlobStore, folder: Path, content: bytes) -> str:
    path = folder / "given"
    path.write_bytes(content)
    with SteadyFile(path) as source:
        blob = store.put(source)
    store.flush()
    return blob.sha256


def test_it_reads_what_is_lent_and_the_lender_never_changes(tmp_path: Path) -> None:
    lender = FolderBlobs.create(tmp_path / "lender")
    lent = stored(lender, tmp_path, b"lent")
    blobs = LentBlobs(tmp_path / "own", lender)

    own = stored(blobs, tmp_path, b"own")
    blobs.hold(lent, on=True)
    blobs.retain(lent, datetime(2040, 1, 1, tzinfo=UTC))

    assert blobs.delete(lent, at=AT) is False
    with blobs.open_verified(lent) as one, blobs.open_verified(own) as other:
        assert (one.read(), other.read()) == (b"lent", b"own")
    assert blobs.local_path(own).read_bytes() == b"own"
    assert set(blobs.all()) == {lent, own}
    assert list(lender.all()) == [lent]
    assert not lender.locks(lent).held
    assert lender.locks(lent).retain_until is None
