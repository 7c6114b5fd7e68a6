"""The log in a package: the records that are shown, the tiles that prove them, the signed checkpoint, and keys.

Entries that are not shown appear only as hashes in the tiles. Form: docs/formats/package.md, "The log".
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from twofold.model.problem import Problem
from twofold.reports.contents import EarlierCheckpoint, PackageContents, PackagedLog
from twofold.vault.entry import Entry, EntryKind, read_entry
from twofold.vault.evidence import body_of, index_of
from twofold.vault.log import Log
from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.keys import SigningKey
from twofold.vault.signing.signed_checkpoint import signed_checkpoint
from twofold.vault.signing.sshsig import CHECKPOINT_NAMESPACE, PACKAGE_NAMESPACE, allowed_signers_line, sshsig_sign
from twofold.vault.tree.merkle import ProofError, leaf_hash
from twofold.vault.tree.proof_lines import proof_text
from twofold.vault.tree.tiles import TileReader, leaf_in, parse_tile_path, tile_path, tiles_to_prove, verify_tiles

FOLDER = "log"
RECORDS = "records.jsonl"
CHECKPOINT = "checkpoint"
KEY = "key.vkey"
ALLOWED_SIGNERS = "allowed_signers"
WITNESS = "witness"
WITNESS_KEYS = "keys"
TIMESTAMPS = "timestamps"
CHAIN = "chain.pem"
PRINCIPAL = "twofold"
"""Who signs, in the file of allowed signers: a fixed word, since an origin may hold what is a pattern there."""


def proving_tiles(read: TileReader, indexes: Iterable[int], size: int) -> dict[str, bytes]:
    """Return path -> hashes of the tiles that prove these entries to the root of a log of `size` entries.

    `read` may give more hashes than the tile had at this size; those are left out.
    """
    return {
        tile_path(tile): read(tile.level, tile.position)[: 32 * tile.width]
        for tile in sorted(tiles_to_prove(indexes, size))
    }


def kinds_in(log: Log, size: int) -> dict[str, int]:
    """Return kind -> number of entries among the first `size`."""
    rows = log.database.execute("SELECT kind, COUNT(*) FROM entry_kind WHERE idx < ? GROUP BY kind", (size,))
    return {str(kind): int(count) for kind, count in rows}


def records_here(log: PackagedLog) -> dict[str, int]:
    """Return kind -> number of entries that the package shows."""
    return dict(Counter(read_entry(raw).kind for _, raw in log.records))


def log_index(log: PackagedLog, key: SigningKey) -> dict[str, object]:
    """Return what package.json says about the log."""
    here = records_here(log)
    return {
        "origin": log.checkpoint.origin,
        "size": log.checkpoint.size,
        "root": log.checkpoint.root.hex(),
        "key": key.vkey,
        "entries": {
            kind: {"here": here.get(kind, 0), "in_log": count} for kind, count in sorted(log.in_log.items()) if count
        },
        "witnessed": [each.size for each in log.witnessed],
        "timestamps": [
            {
                "size": each.checkpoint.size,
                "at": each.at.isoformat(),
                "attime": int(each.at.timestamp()),
                "authority": each.authority,
            }
            for each in log.stamped
        ],
    }


def write_log(folder: Path, log: PackagedLog, key: SigningKey) -> None:
    """Write the folder log/ of a package."""
    folder.mkdir()
    (folder / RECORDS).write_bytes(b"".join(raw + b"\n" for _, raw in log.records))
    for place, hashes in log.tiles.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes(hashes)
    note = signed_checkpoint(log.checkpoint, key).encode()
    (folder / CHECKPOINT).write_bytes(note)
    (folder / f"{CHECKPOINT}.sig").write_bytes(sshsig_sign(key, note, CHECKPOINT_NAMESPACE).encode())
    (folder / KEY).write_bytes(f"{key.vkey}\n".encode())
    namespaces = (CHECKPOINT_NAMESPACE, PACKAGE_NAMESPACE)
    (folder / ALLOWED_SIGNERS).write_bytes(allowed_signers_line(PRINCIPAL, key.vkey, namespaces).encode())
    if log.witnessed:
        _write_earlier(folder / WITNESS, log.witnessed)
        (folder / WITNESS / WITNESS_KEYS).write_bytes("".join(f"{each}\n" for each in log.witness_keys).encode())
    if log.stamped:
        _write_earlier(folder / TIMESTAMPS, [each.checkpoint for each in log.stamped])
        for each in log.stamped:
            (folder / TIMESTAMPS / f"{each.checkpoint.size}.tsq").write_bytes(each.request)
            (folder / TIMESTAMPS / f"{each.checkpoint.size}.tsr").write_bytes(each.response)
        (folder / TIMESTAMPS / CHAIN).write_bytes(log.chain)


def _write_earlier(folder: Path, checkpoints: Sequence[EarlierCheckpoint]) -> None:
    folder.mkdir()
    for each in checkpoints:
        (folder / f"{each.size}.checkpoint").write_bytes(each.note.encode())
        (folder / f"{each.size}.consistency").write_bytes(proof_text(each.proof).encode())


# What does not fit together is found before anything is written.


def log_problems(contents: PackageContents, key: SigningKey) -> list[Problem]:
    """Find what keeps the records from being proven to the checkpoint, and evidence that they do not record."""
    log = contents.log
    try:
        _prove(log)
    except (ProofError, ValueError) as error:
        remedy = "run 'twofold verify' on the workspace"
        return [Problem("log", f"its records and tiles do not give the checkpoint: {error}", "a whole log", remedy)]
    entries = {index: read_entry(raw) for index, raw in log.records}
    problems = _key_problems(entries, log.checkpoint, key)
    for each in contents.evidence:
        entry = entries.get(index_of(each.record.evidence_id) or 0)
        if entry is None or entry.kind != EntryKind.CAPTURE or entry.body != body_of(each.record):
            problems.append(Problem(each.record.evidence_id, "the log has no such capture", "a record of this vault"))
    held = {each.record.sha256 for each in contents.evidence} | {each.sha256 for each in contents.withheld}
    problems += [
        Problem(f"ev-{index}", "its bytes are neither among the contents nor withheld", "the payload of each record")
        for index, entry in entries.items()
        if entry.kind == EntryKind.CAPTURE and entry.body["sha256"] not in held
    ]
    return problems


def _prove(log: PackagedLog) -> None:
    tiles = {parse_tile_path(place): hashes for place, hashes in log.tiles.items()}
    verify_tiles(tiles, size=log.checkpoint.size, root=log.checkpoint.root)
    for index, raw in log.records:
        if leaf_in(tiles, index, log.checkpoint.size) != leaf_hash(raw):
            msg = f"entry {index} is not the leaf of the log"
            raise ProofError(msg)
    if sum(log.in_log.values()) != log.checkpoint.size:
        msg = f"its kinds are counted as {sum(log.in_log.values())} entries, not {log.checkpoint.size}"
        raise ProofError(msg)


def _key_problems(entries: Mapping[int, Entry], checkpoint: Checkpoint, key: SigningKey) -> list[Problem]:
    first = entries.get(0)
    if first is None or first.body.get("origin") != checkpoint.origin or key.name != checkpoint.origin:
        return [Problem("log", "entry 0, which names the log and its key, is missing or of another log", "entry 0")]
    return []
