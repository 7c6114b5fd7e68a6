"""Checks a whole vault from what is stored, in numbered steps. It reads every byte and changes none.

(1) Entries are numbered 0, 1, 2 and so on, and each says its own number.
(2) The entries hash to the stored root.
(3) The stored Merkle tree is the one that the entries give.
(4) The log still begins with the entries of a checkpoint that was kept elsewhere, if one is given.
(5) The bytes of every capture are there, in their recorded size.
(6) The bytes of every capture hash to what was recorded.
(7) The index is what the log gives.
(8) What no entry names is listed; it does no harm.
"""

import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from twofold.model.problem import UserError
from twofold.vault.checkpoint import Checkpoint
from twofold.vault.entry import EntryKind, read_entry
from twofold.vault.evidence import evidence_of
from twofold.vault.evidence_index import row_of
from twofold.vault.merkle import fold, grow, leaf_hash
from twofold.vault.store import Vault


@dataclass(frozen=True, slots=True)
class Check:
    """One step: what it looked at, and what it found wrong. `notes` are worth knowing and no fault."""

    step: int
    title: str
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing was wrong."""
        return not self.faults


@dataclass(slots=True)
class _Reading:
    """What one pass over the entries gives to the steps."""

    size: int = 0
    numbering: list[str] = field(default_factory=list)
    frontier: list[bytes] = field(default_factory=list)
    tree: list[str] = field(default_factory=list)
    held_root: bytes | None = None
    kinds: list[tuple[str, int]] = field(default_factory=list)
    rows: list[tuple[object, ...]] = field(default_factory=list)
    blobs: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Hash -> recorded size and the first entry that names it."""


def verify_vault(vault: Vault, *, held: Checkpoint | None = None) -> list[Check]:
    """Run all steps and return them; `held` is an earlier checkpoint that somebody kept outside the vault."""
    vault.log.connection.execute("BEGIN")  # one view of the log, while others may append
    try:
        reading = _read_entries(vault, held)
        checks = [
            Check(1, "Entries are numbered without a gap", tuple(reading.numbering)),
            Check(2, "The entries hash to the stored root", tuple(_root_faults(vault, reading))),
            Check(3, "The stored Merkle tree is the one that the entries give", tuple(reading.tree)),
            Check(4, "The log still begins as a kept checkpoint says", tuple(_held_faults(vault, reading, held))),
            Check(5, "The bytes of every capture are there", tuple(_size_faults(vault, reading))),
            Check(6, "The bytes of every capture are unchanged", tuple(_hash_faults(vault, reading))),
            Check(7, "The index is what the log gives", tuple(_index_faults(vault, reading))),
            Check(8, "What no entry names", notes=tuple(_extras(vault, reading))),
        ]
    finally:
        vault.log.connection.execute("ROLLBACK")
    return checks


def _read_entries(vault: Vault, held: Checkpoint | None) -> _Reading:
    reading = _Reading()
    if held is not None and held.size == 0:
        reading.held_root = fold([])
    try:
        for index, raw in vault.log.raws():
            if index != reading.size:
                reading.numbering.append(f"Entry {reading.size} is missing; the next one is {index}.")
            _read_one(reading, index, raw)
            for level, position, digest in grow(reading.frontier, reading.size, leaf_hash(raw)):
                if _node(vault, level, position) != digest:
                    reading.tree.append(f"Node ({level}, {position}) of the tree is missing or wrong.")
            reading.size += 1
            if held is not None and held.size == reading.size:
                reading.held_root = fold(reading.frontier)
    except sqlite3.DatabaseError as error:
        reading.numbering.append(f"The log cannot be read past entry {reading.size - 1}: {error}.")
    return reading


def _read_one(reading: _Reading, index: int, raw: bytes) -> None:
    try:
        entry = read_entry(raw)
        if entry.index != index:
            reading.numbering.append(f"Entry {index} says that it is entry {entry.index}.")
        reading.kinds.append((entry.kind, index))
        if entry.kind == EntryKind.CAPTURE:
            evidence = evidence_of(entry)
            reading.rows.append(tuple(row_of(evidence)))
            reading.blobs.setdefault(evidence.sha256, (evidence.size, index))
    except ValueError as error:
        reading.numbering.append(f"Entry {index} cannot be read: {error}.")


def _node(vault: Vault, level: int, position: int) -> bytes | None:
    try:
        return vault.log.node(level, position)
    except UserError:
        return None


def _root_faults(vault: Vault, reading: _Reading) -> Iterator[str]:
    size, root = vault.log.head()
    if size != reading.size:
        yield f"The log should hold {size} entries and holds {reading.size}."
    if root != fold(reading.frontier):
        yield f"The entries hash to {fold(reading.frontier).hex()}; the stored root is {root.hex()}."


def _held_faults(vault: Vault, reading: _Reading, held: Checkpoint | None) -> Iterator[str]:
    if held is None:
        return
    if held.origin != vault.origin:
        yield f"The checkpoint is of the log {held.origin!r}, and this is {vault.origin!r}."
    elif reading.held_root is None:
        yield f"The checkpoint counts {held.size} entries, and the log holds only {reading.size}."
    elif reading.held_root != held.root:
        yield f"The first {held.size} entries are not those that the checkpoint was made over."


def _size_faults(vault: Vault, reading: _Reading) -> Iterator[str]:
    for sha256, (size, index) in reading.blobs.items():
        actual = vault.blobs.size(sha256)
        if actual is None:
            yield f"The bytes {sha256} of entry {index} are missing."
        elif actual != size:
            yield f"The bytes {sha256} of entry {index} are {actual:,} long; {size:,} were captured."


def _hash_faults(vault: Vault, reading: _Reading) -> Iterator[str]:
    def fault(sha256: str) -> str:
        try:
            vault.blobs.open_verified(sha256).close()
        except UserError as error:
            return f"Entry {reading.blobs[sha256][1]}: {error.problems[0].found} ({error.problems[0].where})."
        return ""

    present = [sha256 for sha256 in reading.blobs if vault.blobs.size(sha256) is not None]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from filter(None, pool.map(fault, present))


def _index_faults(vault: Vault, reading: _Reading) -> Iterator[str]:
    remedy = "It can be made again from the log; no evidence is affected."
    stored = "SELECT idx, sha256, source, kind, name, version FROM evidence ORDER BY idx"
    try:
        if vault.log.connection.execute(stored).fetchall() != reading.rows:
            yield f"The index of evidence differs from the capture entries. {remedy}"
        kinds = vault.log.connection.execute("SELECT kind, idx FROM entry_kind ORDER BY idx").fetchall()
        if kinds != reading.kinds:
            yield f"The index of kinds differs from the entries. {remedy}"
    except sqlite3.DatabaseError as error:
        yield f"The index cannot be read: {error}. {remedy}"


def _extras(vault: Vault, reading: _Reading) -> Iterator[str]:
    yield from (
        f"Bytes {sha256} are stored and no entry names them."
        for sha256 in vault.blobs.all()
        if sha256 not in reading.blobs
    )
    yield from (
        f"{place} is no stored blob; it may be the rest of a copy that was cut off." for place in vault.blobs.strays()
    )
