"""What stands beside the log, compared with what the log says of it: checkpoints, cosignatures, timestamps, table keys.

Every row of these tables has an entry that vouches for it:

checkpoint         the entry `checkpoint` right before its size, with its time; and the signature of the log's key
cosignature        the entry `witness` that holds the line
timestamp_request  the newest entry `timestamp` of its number, which holds the hash of the row
table_key          the entry `row_commitment`, which holds the hash of the key
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from twofold.vault.care.fault import Fault, Repair, extra, lost, repairable
from twofold.vault.database.database import Database
from twofold.vault.entry import Entry, EntryKind, instant_text
from twofold.vault.signing.key_history import BrokenKeyHistoryError, KeyHistory, key_history
from twofold.vault.signing.signed_checkpoint import verify_checkpoint
from twofold.vault.timestamps.timestamp_entries import row_sha256, timestamp_columns


@dataclass(slots=True)
class Expected:
    """What the entries say stands beside the log. It grows with these acts, not with the captures."""

    key_entries: list[Entry] = field(default_factory=list)
    checkpoints: dict[int, str] = field(default_factory=dict)
    """Size -> time."""
    cosignatures: dict[tuple[int, str], str] = field(default_factory=dict)
    """Size and line -> time of receipt."""
    timestamps: dict[int, str] = field(default_factory=dict)
    """Number of the request -> hash of its row."""
    keys: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Commitment -> hash of its key, and of the bytes that it is over."""

    @property
    def names_a_key(self) -> bool:
        """Whether entry 0 names a key to sign with; the log of a workspace does."""
        return any(entry.body.get("key") for entry in self.key_entries[:1])

    def take(self, entry: Entry) -> None:
        """Take the next entry; raises KeyError or TypeError for a body that lacks what it should hold."""
        body = entry.body
        if entry.kind in {EntryKind.LOG, EntryKind.KEY_ROTATION}:
            self.key_entries.append(entry)
        elif entry.kind == EntryKind.CHECKPOINT:
            self.checkpoints[entry.index + 1] = instant_text(entry.at)
        elif entry.kind == EntryKind.WITNESS:
            for line in body["lines"]:
                self.cosignatures.setdefault((body["size"], line), instant_text(entry.at))
        elif entry.kind == EntryKind.TIMESTAMP:
            self.timestamps[body["request"]] = body["row_sha256"]
        elif entry.kind == EntryKind.ROW_COMMITMENT:
            self.keys[body["commitment"]] = (body["key_sha256"], body["sha256"])


def checkpoint_sizes(database: Database) -> set[int]:
    """Return the sizes whose roots are needed."""
    return {size for (size,) in database.execute("SELECT DISTINCT size FROM checkpoint") if isinstance(size, int)}


def checkpoint_faults(database: Database, expected: Expected, roots: Mapping[int, bytes]) -> Iterator[Fault]:
    """Give the faults of table checkpoint. `roots`: size -> root that the entries give."""
    if not expected.names_a_key and not expected.checkpoints:
        ((count,),) = database.execute("SELECT COUNT(*) FROM checkpoint")
        if count:
            yield extra(f"Table checkpoint holds {count} rows, and the log names no key.", _ROWS)
        return
    try:
        history = key_history(expected.key_entries)
    except BrokenKeyHistoryError as error:
        yield lost(f"The keys of the log cannot be followed: {error} (table entry).")
        return
    seen: set[int] = set()
    good, bad = 0, list[int]()
    for size, note, made_at in database.execute("SELECT size, note, made_at FROM checkpoint ORDER BY size, note"):
        fault, root = _fault_of_note(size, note, history)
        if fault:
            yield repairable(f"The checkpoint of {size!r} in table checkpoint is not one of this log: {fault}.", _ROWS)
        elif roots.get(size) != root:
            bad.append(size)
        elif made_at != expected.checkpoints.get(size):
            yield lost(f"The checkpoint of {size} in table checkpoint has another time than its entry {size - 1}.")
            seen.add(size)
        else:
            good = max(good, size)
            seen.add(size)
    yield from _rewritten(good, bad, roots)
    for size in sorted(set(expected.checkpoints) - seen - set(bad)):
        yield lost(f"The checkpoint of {size} is missing in table checkpoint; entry {size - 1} says that it was made.")


_ROWS = Repair.STATEMENTS


def statement_faults(database: Database, expected: Expected, deleted: Mapping[str, object]) -> Iterator[Fault]:
    """Give the faults of tables cosignature, timestamp_request and table_key."""
    yield from _cosignature_faults(database, expected)
    yield from _timestamp_faults(database, expected)
    yield from _key_faults(database, expected, deleted)


def note_fault(size: object, note: object, expected: Expected) -> str:
    """Say why a kept note is no checkpoint of this log and size, "" when it is one."""
    if not expected.names_a_key:
        return "the log names no key"
    return _fault_of_note(size, note, key_history(expected.key_entries))[0]


def _fault_of_note(size: object, note: object, history: KeyHistory) -> tuple[str, bytes]:
    if not isinstance(size, int) or not isinstance(note, str) or size < 1:
        return "it is no text and number", b""
    try:
        signed = verify_checkpoint(note, history.key_for(size))
    except ValueError as error:
        return str(error), b""
    if signed.checkpoint.size != size:
        return f"the note counts {signed.checkpoint.size} entries", b""
    if len(signed.signed.verified) + len(signed.signed.others) != 1 or signed.checkpoint.extensions:
        return "the note was given out with one signature", b""
    return "", signed.checkpoint.root


def _rewritten(good: int, bad: list[int], roots: Mapping[int, bytes]) -> Iterator[Fault]:
    present = [size for size in bad if size in roots]
    if present:
        first = min(present)
        if first > good:
            place = f"an entry from {good} to {first - 1} was changed"
        else:
            place = f"its entries before {first} were changed"
        yield lost(f"The entries are not those of the signed checkpoint of {first}: {place} (table entry).")
    for size in sorted(set(bad) - set(present)):
        yield lost(f"A signed checkpoint counts {size} entries, and the log holds fewer (table entry).")


def _cosignature_faults(database: Database, expected: Expected) -> Iterator[Fault]:
    left = dict(expected.cosignatures)
    for size, line, received_at in database.execute("SELECT size, line, received_at FROM cosignature"):
        said = left.pop((size, line), None)
        if said is None:
            yield extra(f"A cosignature of {size!r} in table cosignature is in no entry.", _ROWS)
        elif said != received_at:
            yield repairable(f"A cosignature of {size} in table cosignature has another time than its entry.", _ROWS)
    for size, _ in left:
        yield repairable(f"A cosignature of {size} is missing in table cosignature; an entry holds it.", _ROWS)


def _timestamp_faults(database: Database, expected: Expected) -> Iterator[Fault]:
    left = dict(expected.timestamps)
    for row in timestamp_columns(database):
        number = row["id"]
        said = left.pop(number, None) if isinstance(number, int) else None
        if said is None:
            yield extra(f"The request {number!r} in table timestamp_request is in no entry.", _ROWS)
        elif said != row_sha256(row):
            yield lost(f"The request {number} in table timestamp_request is not the row that the log records.")
    for number in left:
        yield lost(f"The request {number} is missing in table timestamp_request.")


def _key_faults(database: Database, expected: Expected, deleted: Mapping[str, object]) -> Iterator[Fault]:
    left = dict(expected.keys)
    for commitment, key in database.execute("SELECT commitment, key FROM table_key"):
        key_sha256, _ = left.pop(commitment, ("", ""))
        shown = f"{commitment!s:.16}"
        if not key_sha256:
            yield extra(f"The key of {shown} in table table_key belongs to no committed table.", _ROWS)
        elif not isinstance(key, bytes | memoryview) or sha256(key).hexdigest() != key_sha256:
            yield lost(f"The key of {shown} in table table_key is not the one that the log records.")
    for commitment, (_, over) in left.items():
        if over not in deleted:
            yield lost(f"The key of {commitment:.16} is missing in table table_key; what it covers was not deleted.")
