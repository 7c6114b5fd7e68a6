"""Measure the check of a package against the floor, in one run: `python tools/bench/package.py [GIGABYTES]`.

The package is made here from random evidence (2 GB by default). Floor: hashlib over the same files, on every core with
big reads, and nothing else. Beside it `sha256sum -c`, which is what an auditor has. Files are in the page cache for all
alike. These machines are noisy: rounds are interleaved, the best of each is compared, and CPU seconds stand beside.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from twofold.catalog.crosswalk import crosswalk_matrix
from twofold.catalog.load import load_catalog
from twofold.model.evidence import Provenance
from twofold.reports.contents import PackageContents, PackagedEvidence, PackagedLog
from twofold.reports.log_files import kinds_in, proving_tiles
from twofold.reports.package import write_package
from twofold.reports.verify import verify_package
from twofold.vault.evidence import CaptureItem
from twofold.vault.signing.keys import SigningKey
from twofold.vault.store import Vault

ROUNDS = 5
AT = datetime(2026, 11, 25, tzinfo=UTC)
_BUFFER = 1 << 20
_BIG = 128 << 20
_SMALL, _SMALL_SIZE = 2_000, 20_000


def make_package(scratch: Path, size: int) -> Path:
    """Capture random files, most bytes in files of 128 MiB and 2,000 files of 20 kB beside, and package them."""
    key = SigningKey.generate("example.com/bench")
    vault = Vault.create(scratch / "vault", origin=key.name, log_id="bench", key=key.vkey, actor="bench", at=AT)
    exports = scratch / "exports"
    exports.mkdir()
    sizes = [_SMALL_SIZE] * _SMALL + [_BIG] * max(1, (size - _SMALL * _SMALL_SIZE) // _BIG)
    for number, length in enumerate(sizes):
        (exports / f"{number}.bin").write_bytes(os.urandom(length))
    provenance = Provenance(source="bench", kind="random", run_by="bench", run_at=AT, query="random bytes")
    with vault:
        items = [CaptureItem(path, path.name, provenance) for path in sorted(exports.iterdir())]
        refs = vault.capture_batch(items, captured_by="bench", at=AT)
        checkpoint = vault.checkpoint()
        shown = range(checkpoint.size)
        contents = PackageContents(
            company="Bench",
            reporting_zone="UTC",
            software="twofold",
            clock=AT,
            engagements=(),
            package_id="bench",
            scope_json=b"{}",
            matrix=crosswalk_matrix(load_catalog(), categories=["security"]),
            evidence=[PackagedEvidence(ref, vault.blob_path(ref.sha256)) for ref in refs],
            log=PackagedLog(
                checkpoint=checkpoint,
                records=list(vault.log.raws()),
                tiles=proving_tiles(vault.log.tile, shown, checkpoint.size),
                in_log=kinds_in(vault.log, checkpoint.size),
            ),
        )
        return write_package(contents, scratch / "package", key=key).folder


def floor(package: Path) -> None:
    """Hash every file once, on every core, and do nothing else."""
    files = sorted((path for path in package.rglob("*") if path.is_file()), key=lambda path: -path.stat().st_size)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(_hashed, files))


def _hashed(path: Path) -> str:
    digest, buffer = hashlib.sha256(), bytearray(_BUFFER)
    with path.open("rb", buffering=0) as stream:
        while count := stream.readinto(buffer):
            digest.update(memoryview(buffer)[:count])
    return digest.hexdigest()


def _worked() -> float:
    """Return the CPU seconds of this process and of those that it waited for."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _call(*command: str, within: Path) -> None:
    subprocess.run(command, cwd=within, stdout=subprocess.DEVNULL, check=True)  # noqa: S603  fixed commands


def main() -> int:
    """Print time and ratio to the floor of each way to check; exit 1 when verify is below 85% of hashlib."""
    size = int(float(sys.argv[1]) * 10**9) if len(sys.argv) > 1 else 2 * 10**9
    with tempfile.TemporaryDirectory(prefix="twofold-bench-") as scratch:
        package = make_package(Path(scratch), size)
        total = sum(path.stat().st_size for path in package.rglob("*") if path.is_file())
        count = sum(1 for path in package.rglob("*") if path.is_file())
        ways: dict[str, Callable[[], object]] = {
            "hashlib, every core": lambda: floor(package),
            "twofold verify": lambda: verify_package(package),
            "check.py": lambda: _call(sys.executable, "-I", "data/check.py", ".", within=package),
            "sha256sum -c": lambda: _call("sha256sum", "-c", "--quiet", "manifest-sha256.txt", within=package),
        }
        if not verify_package(package).whole:
            sys.stdout.write("the package is not whole\n")
            return 1
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                started, worked = time.perf_counter(), _worked()
                way()
                times[name].append((time.perf_counter() - started, _worked() - worked))
    best = {name: min(wall for wall, _ in taken) for name, taken in times.items()}
    cpu = {name: min(worked for _, worked in taken) for name, taken in times.items()}
    bottom = best["hashlib, every core"]
    sys.stdout.write(f"{total:,} bytes in {count:,} files, {os.cpu_count()} cores, best of {ROUNDS}\n")
    sys.stdout.write(f"{'':<22}{'wall':>8}   {'rate':>12} {'of floor':>9} {'CPU':>9} {'of floor':>9}\n")
    for name, seconds in best.items():
        rate, ratio, work = total / seconds / 1e6, bottom / seconds, cpu[name]
        of_floor = cpu["hashlib, every core"] / work
        sys.stdout.write(
            f"{name:<22}{seconds:>8.2f} s {rate:>7,.0f} MB/s {ratio:>9.0%} {work:>7.2f} s {of_floor:>9.0%}\n"
        )
    return 0 if bottom / best["twofold verify"] >= 0.85 else 1  # noqa: PLR2004  the bound of the issue


if __name__ == "__main__":
    sys.exit(main())
