"""Measures the blob store against what the disk and SHA-256 give, in one run: read the ratios.

    python tools/bench/stores.py [--gib 1] [--files 100000] [--big-gib 3] [--folder DIR]

1. Memory: the growth of the peak while a sparse file of several GiB is captured, against a file of 64 MiB.
2. Many small files in one batch through `Vault.capture_batch`, durable when it returns.
3. One large file through `Vault.capture_batch`, against one pass of hashlib SHA-256 + write + fsync: the median of
   `ROUNDS`, floor and capture in turn.

ext4 creates files several times more slowly for five minutes after many were deleted, since it does not give out
the numbers of deleted files again so soon. So wait before a second run; the rate of bare creation is shown.
"""

import argparse
import hashlib
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from twofold.model.evidence import Provenance
from twofold.vault.evidence import CaptureItem
from twofold.vault.store import Vault

ROUNDS = 3
MIB, GIB = 1024**2, 1024**3
AT = datetime(2026, 7, 15, 6, tzinfo=UTC)
PROVENANCE = Provenance(source="bench", kind="export", run_by="bench", run_at=AT, query="")


def _new_vault(folder: Path) -> Vault:
    return Vault.create(folder, origin="bench/stores", log_id="bench", actor="bench", at=AT)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _write_random(path: Path, size: int) -> None:
    block = os.urandom(MIB)
    with path.open("wb") as file:
        for number in range(size // MIB):
            file.write(number.to_bytes(8, "big") + block[8:])
        os.fsync(file.fileno())


def _floor(source: Path, target: Path) -> None:
    """Read, hash and write a file in chunks of 8 MiB, then fsync: one pass, one thread."""
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(8 * MIB))
    with source.open("rb", buffering=0) as read, target.open("wb", buffering=0) as write:
        while count := read.readinto(buffer):
            digest.update(buffer[:count])
            write.write(buffer[:count])
        os.fsync(write.fileno())


def _captured_in(folder: Path, source: Path) -> float:
    """Capture a file in a vault of its own and return the seconds that it took."""
    with _new_vault(folder) as vault:
        item = CaptureItem(source, source.name, PROVENANCE)
        seconds = _seconds(lambda: vault.capture_batch([item], captured_by="bench", at=AT))
    shutil.rmtree(folder)
    return seconds


def one_large_file(folder: Path, size: int) -> None:
    """Compare the capture of one file with the floor."""
    source = folder / "large"
    _write_random(source, size)
    floors, captures = [], []
    for number in range(ROUNDS):
        floors.append(_seconds(lambda: _floor(source, folder / "floor")))
        (folder / "floor").unlink()
        captures.append(_captured_in(folder / f"large-{number}", source))
    source.unlink()
    floor, capture = sorted(floors)[ROUNDS // 2], sorted(captures)[ROUNDS // 2]
    _say(
        f"large file, {size / GIB:g} GiB: floor {floor:.2f} s, capture {capture:.2f} s,"
        f" {floor / capture:.0%} of the floor's speed (asked: at least 70%)"
    )


def many_small_files(folder: Path, count: int) -> None:
    """Capture files of 200 to 2,200 bytes as one batch."""
    given = folder / "given"
    given.mkdir()
    items = []
    for number in range(count):
        path = given / f"{number:06d}.json"
        path.write_bytes(b'{"number":%d,"text":"%s"}' % (number, b"x" * (180 + number % 2_000)))
        items.append(CaptureItem(path, path.name, PROVENANCE))
    os.sync()
    created = count / _seconds(lambda: _create(folder / "created", count))
    with _new_vault(folder / "small") as vault:
        begun, cpu = time.perf_counter(), time.process_time()
        vault.capture_batch(items, captured_by="bench", at=AT)
        taken, cpu = time.perf_counter() - begun, time.process_time() - cpu
    _say(
        f"{count:,} small files: {taken:.1f} s ({cpu:.1f} s CPU), {count / taken:,.0f} a second"
        f" (asked: at least 3,000); the system only creates and writes {created:,.0f} a second, not durable"
    )


def _create(folder: Path, count: int) -> None:
    """Create and write files of 1,000 bytes in one folder, and nothing else."""
    folder.mkdir()
    for number in range(count):
        handle = os.open(f"{folder}/{number}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
        os.write(handle, b"x" * 1_000)
        os.close(handle)


def memory_of_a_big_file(folder: Path, size: int) -> None:
    """Say how far the peak of memory grows from a file of 64 MiB to one of several GiB."""
    peaks = []
    for bytes_of_file in (64 * MIB, size):
        source = folder / "sparse"
        with source.open("wb") as file:
            file.truncate(bytes_of_file)
        _captured_in(folder / "big", source)
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        source.unlink()
    _say(f"memory: peak {peaks[0]:.0f} MiB after 64 MiB, {peaks[1]:.0f} MiB after {size / GIB:g} GiB (sparse source)")


def main() -> int:
    """Run all three."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--gib", type=float, default=1.0)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--big-gib", type=float, default=3.0)
    parser.add_argument("--folder", help="where to write; default: the folder of temporary files")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="twofold-bench-", dir=asked.folder) as name:
        folder = Path(name)
        memory_of_a_big_file(folder, int(asked.big_gib * GIB))
        many_small_files(folder, asked.files)
        one_large_file(folder, int(asked.gib * GIB))
    return 0


if __name__ == "__main__":
    sys.exit(main())
