"""Measure the log at ten million entries and a million evidence records: `tools/bench/log.py [FOLDER]`.

Figures are CPU time of this process, beside a floor taken in the same run: the frontier append of RFC 6962 with
hashlib alone. Needs 3 GB of disk. These machines are noisy; read the ratios. Ends with 1 when an append, a proof or
a check takes a millisecond or more.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from twofold.model.evidence import EvidenceRef, Provenance
from twofold.vault import evidence_index
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.evidence import body_of, evidence_id_of, evidence_of
from twofold.vault.evidence_index import EvidenceFilter
from twofold.vault.log import Log
from twofold.vault.tree.merkle import leaf_hash, verify_consistency, verify_inclusion
from twofold.vault.tree.tiles import leaf_in, rows_of, tiles_of, verify_tiles

ENTRIES = 10_000_000
RECORDS = 1_000_000
TRIALS = 2_000
BATCH = 500_000
AT = datetime(2026, 7, 15, 6, tzinfo=UTC)
LIMIT = 0.001
"""Seconds of CPU."""


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def cpu(work: Callable[[], object], times: int = 1) -> float:
    """Return CPU seconds of one call, on average."""
    start = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - start) / times


def peak() -> float:
    """Return the most memory that this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def floor(count: int) -> float:
    """Return CPU seconds per leaf of a bare frontier append: hash the leaf, merge complete subtrees."""
    leaf = b"\x00" + bytes(245)
    frontier: list[bytes] = []
    start = time.process_time()
    for index in range(count):
        digest, at = sha256(leaf).digest(), index
        while at & 1:
            digest = sha256(b"\x01" + frontier.pop() + digest).digest()
            at >>= 1
        frontier.append(digest)
    return (time.process_time() - start) / count


def fill(log: Log, count: int) -> None:
    """Append small acts, half a million in a transaction."""
    while log.size < count:
        with log.writing() as writer:
            for number in range(min(BATCH, count - writer.size)):
                writer.append(kind="run", actor="p-0001", at=AT, body={"number": number, "test": "T-10"})


def drawn(number: int) -> int:
    """Return an entry far from the one before: the same ones in every run."""
    return int.from_bytes(sha256(b"entry %d" % number).digest()[:8], "big") % ENTRIES


def one_append(log: Log) -> None:
    """Append one act in a transaction of its own."""
    with log.writing() as writer:
        writer.append(kind="run", actor="p-0001", at=AT, body={"number": 0, "test": "T-10"})


def measure_log(folder: Path, base: float) -> bool:
    """Fill a log and measure single appends, proofs and checks on it."""
    log = Log.create(folder / "log.sqlite3")
    seconds = cpu(lambda: fill(log, ENTRIES)) / ENTRIES
    say(f"fill, batches of {BATCH:,}      {seconds * 1e6:9.1f} us an entry   {seconds / base:7.1f} x floor")
    say(f"database                   {(folder / 'log.sqlite3').stat().st_size / 1e9:9.2f} GB")
    indexes = [drawn(number) for number in range(TRIALS)]
    size, root = log.head()
    rows_of.cache_clear()
    picked = iter(indexes)
    taken = {"inclusion proof": cpu(lambda: log.inclusion_proof(next(picked)), TRIALS)}
    fresh = iter(indexes)

    def cold() -> None:
        rows_of.cache_clear()
        log.inclusion_proof(next(fresh))

    taken["  the same, nothing cached"] = cpu(cold, 200)
    proofs = [(index, leaf_hash(log.raw(index) or b""), log.inclusion_proof(index)) for index in indexes]
    each = iter(proofs)

    def check() -> None:
        index, leaf, proof = next(each)
        verify_inclusion(leaf=leaf, index=index, end=size, proof=proof, root=root)

    taken["check of an inclusion proof"] = cpu(check, TRIALS)
    olds = [drawn(number) + 1 for number in range(TRIALS)]
    picked_olds = iter(olds)
    taken["consistency proof"] = cpu(lambda: log.consistency_proof(next(picked_olds)), TRIALS)
    paths = iter([(old, log.root(old), log.consistency_proof(old)) for old in olds])

    def check_path() -> None:
        old, old_root, path = next(paths)
        verify_consistency(old_size=old, size=size, old_root=old_root, root=root, proof=path)

    taken["check of a consistency proof"] = cpu(check_path, TRIALS)
    taken["append, a commit each"] = cpu(lambda: one_append(log), TRIALS)
    log.close()
    held = True
    for name, seconds in taken.items():
        held &= seconds < LIMIT
        say(f"{name:<30}{seconds * 1e6:6.0f} us   {seconds / base:9.1f} x floor   {'' if seconds < LIMIT else 'OVER'}")
    seconds = cpu(lambda: Log.open(folder / "log.sqlite3").close())
    say(f"open, newest entries hashed   {seconds * 1e3:6.0f} ms")
    return held


def record(number: int) -> EvidenceRef:
    """Make a record such as captures give: a thousand names, two sources."""
    provenance = Provenance(
        source=("github", "jira")[number % 2], kind="tickets", run_by="svc", run_at=AT, query="GET /tickets"
    )
    return EvidenceRef(
        evidence_id=evidence_id_of(number),
        sha256=sha256(b"%d" % number).hexdigest(),
        size=1_000,
        name=f"ticket {number % 1_000}.json",
        media_type="application/json",
        captured_at=AT,
        captured_by="p-0001",
        provenance=provenance,
        version=number // 1_000 + 1,
        replaces=None,
        same_bytes_as=(),
    )


def fill_records(log: Log) -> None:
    """Write capture entries with their rows of the index."""
    while log.size < RECORDS:
        with log.writing() as writer:
            rows = []
            for _ in range(min(100_000, RECORDS - writer.size)):
                body = body_of(record(writer.size))
                entry = writer.append(kind=EntryKind.CAPTURE, actor="p-0001", at=AT, body=body)
                rows.append(evidence_index.row_of(evidence_of(entry)))
            evidence_index.add_rows(writer.database, rows)


def walk(log: Log, wanted: EvidenceFilter) -> int:
    """Go through all records that match, and count them."""
    return sum(1 for _ in evidence_index.each_matching(log, wanted))


def verify_records(log: Log) -> int:
    """Check each record against the root through the tiles, which are 32 MB; return how many there are."""
    size, root = log.head()
    tiles = {tile: log.tile(tile.level, tile.position) for tile in tiles_of(size)}
    verify_tiles(tiles, size=size, root=root)
    return sum(leaf_hash(raw) == leaf_in(tiles, index, size) for index, raw in log.raws())


def measure_records(folder: Path) -> None:
    """List, filter and verify a million records; memory is that of the whole process."""
    log = Log.create(folder / "records.sqlite3")
    before = peak()
    seconds = cpu(lambda: fill_records(log))
    say(f"write {RECORDS:,} records   {seconds:8.1f} s    peak {peak():6.0f} MiB (before {before:.0f})")
    nobody, half = EvidenceFilter(), EvidenceFilter(source="jira")
    one = EvidenceFilter(source="github", kind="tickets", name="ticket 500.json")
    pages: dict[str, Callable[[], list[Entry]]] = {
        "first page of 50": lambda: evidence_index.matching(log, nobody, limit=50),
        "page of 50 at 900,000": lambda: evidence_index.matching(log, nobody, after=900_000, limit=50),
        "the same, one source": lambda: evidence_index.matching(log, half, after=900_000, limit=50),
        "one name, all versions": lambda: evidence_index.matching(log, one),
        "newest only, page at 998,000": lambda: evidence_index.matching(
            log, nobody, after=998_000, limit=50, newest_only=True
        ),
        "by hash": lambda: evidence_index.matching(log, EvidenceFilter(sha256=sha256(b"777").hexdigest())),
    }
    for name, work in pages.items():
        say(f"{name:<30}{cpu(work, 20) * 1e3:8.2f} ms   {len(work()):,} records")
    walks = {"walk through all": lambda: walk(log, nobody), "walk through one source": lambda: walk(log, half)}
    for name, through in walks.items():
        say(f"{name:<30}{cpu(through):8.1f} s    peak {peak():6.0f} MiB")
    say(f"verify all against the root   {cpu(lambda: verify_records(log)):8.1f} s    peak {peak():6.0f} MiB")
    log.close()


def main() -> int:
    """Measure both and say whether the limits hold."""
    into = sys.argv[1] if len(sys.argv) > 1 else None
    base = floor(1_000_000)
    say(f"floor, frontier append     {base * 1e6:9.2f} us an entry")
    with tempfile.TemporaryDirectory(prefix="twofold-bench-", dir=into) as name:
        measure_records(Path(name))
    with tempfile.TemporaryDirectory(prefix="twofold-bench-", dir=into) as name:
        held = measure_log(Path(name), base)
    say("held: append, proof and check under 1 ms of CPU each" if held else "NOT HELD")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
