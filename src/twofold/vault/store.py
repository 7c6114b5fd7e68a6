"""The vault: what callers use to capture evidence, to read it back, and to record acts.

Order of a capture: every byte is durable in the blob store first, then one transaction writes all entries. A
kill in between leaves blobs that no entry names, which is harmless, and never an entry without its blob.
A vault neither alters nor judges what it is given. Layout and entry form: docs/formats/vault.md.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from twofold.model.evidence import EvidenceRef, Provenance
from twofold.model.ids import EvidenceId
from twofold.model.problem import Problem, UserError
from twofold.vault import evidence_index
from twofold.vault.blobs.blobs import BlobStore, StoredBlob
from twofold.vault.blobs.durable import fsync_folder
from twofold.vault.blobs.open_blobs import create_blobs, open_blobs
from twofold.vault.blobs.steady_file import SteadyFile
from twofold.vault.canonical import Json
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.evidence import CaptureItem, body_of, evidence_id_of, evidence_of, index_of, item_problems
from twofold.vault.evidence_index import CapturesOfKind, CapturesSoFar, EvidenceFilter
from twofold.vault.log import Log, LogWriter
from twofold.vault.mediatype import HEAD_SIZE, media_type_of
from twofold.vault.opening.guards import mark_blobs, missing_log, require_own_blobs, require_same_history
from twofold.vault.opening.marks import NEWEST_FILE, Newest, write_newest
from twofold.vault.retention.deletions import deleted_fault
from twofold.vault.signing.checkpoint import Checkpoint

FORM = "twofold-log-2"
LOG_FILE = "log.sqlite3"
BLOB_FOLDER = "blobs"
CACHE_FOLDER = "cache"
"""Local copies of blobs that lie elsewhere; may be deleted at any time."""

_ORIGIN = re.compile(r"[!-*,-~]{1,200}")
_COPIED_TOGETHER = 64
"""Items that one thread copies in a row."""


class Vault:
    """An open vault. It belongs to one thread; other threads and processes open their own."""

    def __init__(self, path: Path, log: Log, blobs: BlobStore) -> None:
        self.path = path
        self.log = log
        self.blobs = blobs
        raw = log.raw(0)
        first = None if raw is None else log.read(raw)
        if first is None or first.kind != EntryKind.LOG or first.body.get("form") != FORM:
            log.close()
            remedy = "remove this folder if nothing was captured yet, and create the vault again"
            raise UserError(
                Problem(str(path), "the vault was never finished: its log does not say its name", "", remedy)
            )
        self.origin = str(first.body["origin"])
        self.log_id = str(first.body["log_id"])
        log.on_commit = self._mark_newest

    @classmethod
    def create(  # noqa: PLR0913 - a vault is made once, from all that it is made of
        cls,
        path: Path,
        *,
        origin: str,
        log_id: str,
        actor: str,
        at: datetime,
        key: str | None = None,
        database: str = "",
        blobs: str = "",
    ) -> "Vault":
        """Make a new vault in a folder that is empty or not there yet.

        origin: the log's name in checkpoints, such as example.com/evidence: visible ASCII without space or plus.
        log_id: a random text, so that two logs of one name differ from their first entry on.
        key: the public key that checkpoints will be signed with first, as a C2SP verifier key; None = none.
        database: where the log is kept, as a URL of PostgreSQL; "" = a SQLite file in the folder.
        blobs: where captured bytes are kept, as `open_blobs` reads it; "" = a folder beside the log.
        """
        if not _ORIGIN.fullmatch(origin):
            expected = "1 to 200 visible ASCII characters without space or plus, such as example.com/evidence"
            raise UserError(Problem("origin", f"{origin!r} cannot name a log", expected))
        try:
            path.mkdir(parents=True, exist_ok=True)
            if any(path.iterdir()):
                remedy = "open the vault that is there, or name another folder"
                raise UserError(Problem(str(path), "the folder is not empty", "an empty folder, or none", remedy))
            store = create_blobs(blobs, folder=path / BLOB_FOLDER, cache=path / CACHE_FOLDER)
            mark_blobs(store, log_id)
            log = Log.create(database or path / LOG_FILE)
        except OSError as error:
            raise UserError(Problem(str(path), f"no vault could be made here ({error.strerror or error})")) from error
        with log.writing() as writer:
            if writer.size:
                raise UserError(Problem(log.where, "someone else began this log just now", "an empty log"))
            body: dict[str, Json] = {"form": FORM, "key": key, "log_id": log_id, "origin": origin}
            writer.append(kind=EntryKind.LOG, actor=actor, at=at, body=body)
        vault = cls(path, log, store)
        vault._mark_newest(*log.head())
        fsync_folder(path)
        fsync_folder(path.absolute().parent)
        return vault

    @classmethod
    def open(cls, path: Path, *, database: str = "", blobs: str = "") -> "Vault":
        """Open a vault; raises UserError where there is none, or where log and entries do not agree.

        database, blobs: the same as for `create`.
        """
        if not database and not (path / LOG_FILE).is_file():
            raise _no_log(path)
        store = open_blobs(blobs, folder=path / BLOB_FOLDER, cache=path / CACHE_FOLDER)
        log = Log.open(database or path / LOG_FILE)
        try:
            vault = cls(path, log, store)
            require_same_history(path, log, vault.log_id)
            require_own_blobs(store, vault.log_id)
        except BaseException:
            log.close()
            raise
        return vault

    def close(self) -> None:
        """Release the log."""
        self.log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # Writing

    def capture(self, path: Path, *, provenance: Provenance, name: str, captured_by: str, at: datetime) -> EvidenceRef:
        """Capture one file; see `capture_batch`."""
        return self.capture_batch([CaptureItem(path, name, provenance)], captured_by=captured_by, at=at)[0]

    def capture_batch(self, items: Sequence[CaptureItem], *, captured_by: str, at: datetime) -> list[EvidenceRef]:
        """Capture files as one act: all are recorded, or none. Returns their records in the order of `items`.

        A capture is recorded even when its bytes, name and provenance are known: who and when are new.
        Raises UserError with every file that is no plain file, cannot be read, changes meanwhile, or whose name
        or provenance cannot be kept; ValueError for no items.
        """
        if not items:
            msg = "nothing to capture"
            raise ValueError(msg)
        problems = [problem for item in items for problem in item_problems(item)]
        if problems:
            raise UserError(problems)
        copies = self._copy_all(items)
        self.blobs.flush()
        with self.log.writing() as writer:
            self._put_back(items, copies)
            so_far = CapturesSoFar(
                writer.database,
                named=((item.name, item.provenance.kind, item.provenance.source) for item in items),
                blobs=(blob.sha256 for blob, _ in copies),
            )
            made = [
                _record(writer, so_far, item, copy, captured_by=captured_by, at=at)
                for item, copy in zip(items, copies, strict=True)
            ]
            so_far.flush()
            return made

    def append(self, kind: str, *, body: Mapping[str, Json], actor: str, at: datetime) -> Entry:
        """Record an act other than a capture; raises NotCanonicalError for a body that no entry can hold."""
        if kind in {EntryKind.LOG, EntryKind.CAPTURE}:
            msg = f"a {kind} entry is written by the vault itself"
            raise ValueError(msg)
        with self.log.writing() as writer:
            return writer.append(kind=kind, actor=actor, at=at, body=body)

    def rebuild_index(self) -> int:
        """Make the index tables from the log again; return the number of captures."""
        return evidence_index.rebuild(self.log)

    # Reading

    @property
    def size(self) -> int:
        """Number of entries in the log."""
        return self.log.size

    def root(self, size: int | None = None) -> bytes:
        """Return the Merkle root over the first `size` entries (all by default)."""
        return self.log.root(size)

    def checkpoint(self) -> Checkpoint:
        """Return name, size and root of the log as of now."""
        size, root = self.log.head()
        return Checkpoint(self.origin, size, root)

    def entries(self, *, kind: str | None = None, start: int = 0) -> Iterator[Entry]:
        """Give the entries in order, of one kind if asked, without holding them all in memory."""
        return self.log.entries(kind=kind, start=start)

    def entry(self, index: int) -> Entry:
        """Return one entry; raises UserError when the log is shorter."""
        raw = self.log.raw(index)
        if raw is None:
            raise UserError(Problem(str(self.path), f"there is no entry {index}", f"0 to {self.size - 1}"))
        return self.log.read(raw)

    def evidence(self, evidence_id: str) -> EvidenceRef:
        """Return one evidence record; raises UserError when there is none of this id."""
        index = index_of(evidence_id)
        raw = None if index is None else self.log.raw(index)
        if raw is None or (entry := self.log.read(raw)).kind != EntryKind.CAPTURE:
            remedy = "see the ids with 'twofold log show --kind capture'"
            raise UserError(Problem(str(self.path), f"there is no evidence {evidence_id!r}", "such as ev-12", remedy))
        return evidence_of(entry)

    def list_evidence(
        self, wanted: EvidenceFilter | None = None, *, after: EvidenceId | None = None, limit: int | None = None
    ) -> list[EvidenceRef]:
        """Return evidence records in order of capture; `after` and `limit` page through many."""
        return list(self.each_evidence(wanted, after=after, limit=limit))

    def current_evidence(self, wanted: EvidenceFilter | None = None) -> list[EvidenceRef]:
        """Return the newest capture of each (source, kind, name), in order of capture."""
        return list(self.each_evidence(wanted, newest_only=True))

    def each_evidence(
        self,
        wanted: EvidenceFilter | None = None,
        *,
        after: EvidenceId | None = None,
        limit: int | None = None,
        newest_only: bool = False,
    ) -> Iterator[EvidenceRef]:
        """Give evidence records in order of capture, at most `limit`, a page of them in memory at a time.

        newest_only: of each (source, kind, name) only the newest capture.
        """
        start = -1 if after is None else index_of(after)
        if start is None:
            msg = f"{after!r} is no evidence id"
            raise ValueError(msg)
        found = evidence_index.each_matching(
            self.log, wanted or EvidenceFilter(), after=start, limit=limit, newest_only=newest_only
        )
        return (evidence_of(entry) for entry in found)

    def captures_by_kind(self) -> dict[tuple[str, str], CapturesOfKind]:
        """Return (source, kind) -> how many captures there are and the entry of the newest."""
        return evidence_index.captures_by_kind(self.log.database)

    def records_of_blob(self, sha256: str) -> list[EvidenceRef]:
        """Return every record of these bytes, first capture first."""
        return self.list_evidence(EvidenceFilter(sha256=sha256))

    def blob_path(self, sha256: str) -> Path:
        """Return a file with these captured bytes, to be read only; UserError when it is missing or damaged."""
        try:
            return self.blobs.local_path(sha256)
        except UserError as error:
            raise self._why_gone(sha256, error) from error

    def open_verified(self, sha256: str) -> BinaryIO:
        """Open captured bytes that were hashed just now; UserError when they are missing or damaged."""
        try:
            return self.blobs.open_verified(sha256)
        except UserError as error:
            raise self._why_gone(sha256, error) from error

    def _mark_newest(self, size: int, root: bytes) -> None:
        write_newest(self.path, Newest(self.log_id, size, root.hex()))

    def _why_gone(self, sha256: str, error: UserError) -> UserError:
        """Say who deleted bytes that are not there, when and why; the store's own error where nobody did."""
        deleted = deleted_fault(self.log, sha256) if self.blobs.size(sha256) is None else None
        return deleted or error

    def _copy_all(self, items: Sequence[CaptureItem]) -> list[tuple[StoredBlob, str]]:
        stretches = [items[at : at + _COPIED_TOGETHER] for at in range(0, len(items), _COPIED_TOGETHER)]
        with ThreadPoolExecutor(self.blobs.copies_at_once) as pool:
            copies = list(chain.from_iterable(pool.map(lambda stretch: list(map(self._copy, stretch)), stretches)))
        problems = [problem for copy in copies if isinstance(copy, UserError) for problem in copy.problems]
        if problems:
            self.blobs.abandon()
            raise UserError(problems)
        return [copy for copy in copies if not isinstance(copy, UserError)]

    def _put_back(self, items: Sequence[CaptureItem], copies: Sequence[tuple[StoredBlob, str]]) -> None:
        """Copy again what was met in the store and deleted since. Deletions hold the log, and so does the caller."""
        gone = [at for at, (blob, _) in enumerate(copies) if blob.met and self.blobs.size(blob.sha256) is None]
        if gone and self._copy_all([items[at] for at in gone]) != [copies[at] for at in gone]:
            where = str(items[gone[0]].path)
            raise UserError(Problem(where, "the file changed while it was captured", "a file that nobody writes to"))
        if gone:
            self.blobs.flush()

    def _copy(self, item: CaptureItem) -> tuple[StoredBlob, str] | UserError:
        """Store the bytes of one item; give the fault back as a value, so that all faults are told together."""
        try:
            with SteadyFile(item.path) as source:
                media_type = media_type_of(item.name, source.head(HEAD_SIZE))
                return self.blobs.put(source), media_type
        except UserError as error:
            return error


def _record(
    writer: LogWriter,
    so_far: CapturesSoFar,
    item: CaptureItem,
    copy: tuple[StoredBlob, str],
    *,
    captured_by: str,
    at: datetime,
) -> EvidenceRef:
    """Write the entry and index row of one capture."""
    provenance = item.provenance
    blob, media_type = copy
    earlier = so_far.latest_named(name=item.name, kind=provenance.kind, source=provenance.source)
    is_new_version = earlier is not None and earlier.sha256 != blob.sha256
    same_bytes = so_far.first_and_latest_of_blob(blob.sha256)
    statement = EvidenceRef(
        evidence_id=evidence_id_of(writer.size),
        sha256=blob.sha256,
        size=blob.size,
        name=item.name,
        media_type=media_type,
        captured_at=at,
        captured_by=captured_by,
        provenance=provenance,
        version=1 if earlier is None else earlier.version + is_new_version,
        replaces=evidence_id_of(earlier.idx) if earlier is not None and is_new_version else None,
        same_bytes_as=tuple(evidence_id_of(index) for index in same_bytes),
    )
    entry = writer.append(kind=EntryKind.CAPTURE, actor=captured_by, at=at, body=body_of(statement))
    evidence = evidence_of(entry)
    so_far.add(evidence_index.row_of(evidence))
    return evidence


def _no_log(path: Path) -> UserError:
    blobs = path / BLOB_FOLDER
    if (path / NEWEST_FILE).exists() or (blobs.is_dir() and any(blobs.glob("??/*"))):
        return missing_log(path, str(path / LOG_FILE))
    found, expected = "there is no vault here", f"a folder with {LOG_FILE} and {BLOB_FOLDER}/"
    return UserError(Problem(str(path), found, expected, "create one first"))
