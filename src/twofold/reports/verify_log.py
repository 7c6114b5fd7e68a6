"""Steps 6 to 10 of the check: signatures, tiles, records and the history of the key."""

import base64
from collections import Counter

from twofold.reports.bag import DATA, INFO, TAG_MANIFEST, TAG_NOTE, TAG_SIGNATURE, identifier_of, package_statement
from twofold.reports.log_files import ALLOWED_SIGNERS, CHECKPOINT, FOLDER, KEY, PRINCIPAL, RECORDS
from twofold.reports.under_check import INDEX, UNREADABLE, CheckedStep, UnderCheck
from twofold.vault.entry import EntryKind, read_entry
from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.key_history import key_history
from twofold.vault.signing.note import NoteError, Verifier, read_note, verify_note
from twofold.vault.signing.signed_checkpoint import verify_checkpoint
from twofold.vault.signing.sshsig import (
    CHECKPOINT_NAMESPACE,
    PACKAGE_NAMESPACE,
    SshSignatureError,
    allowed_signers_line,
    sshsig_verify,
)
from twofold.vault.tree.merkle import HASH_SIZE, ProofError, leaf_hash
from twofold.vault.tree.tiles import Tile, edge_tiles, leaf_in, parse_tile_path, tile_path, verify_tiles

LOG = f"{DATA}/{FOLDER}"
RECORDS_PLACE = f"{LOG}/{RECORDS}"
CHECKPOINT_PLACE = f"{LOG}/{CHECKPOINT}"
KEY_PLACE = f"{LOG}/{KEY}"
_WIDTH = 70
"""Characters of base64 in a line of an SSH signature."""


def check_package_signature(bag: UnderCheck) -> list[str]:
    """Step 6: the key of the package signed its tag manifest, as a note and as an SSH signature."""
    try:
        key = _key(bag)
    except UNREADABLE:
        unchecked = [f"{place}: there is no key to check it with" for place in (TAG_NOTE, TAG_SIGNATURE)]
        return [f"{KEY_PLACE}: it is missing, or is no verifier key", *unchecked]
    faults = []
    try:
        text = verify_note(read_note(bag.read(TAG_NOTE)), [key]).text
        if text != package_statement(identifier_of(bag.text(INFO)), bag.read(TAG_MANIFEST)):
            faults.append(f"{TAG_NOTE}: it was signed for another package or another {TAG_MANIFEST}")
    except (NoteError, OSError) as error:
        faults.append(f"{TAG_NOTE}: {error}")
    faults += _ssh_faults(bag, TAG_SIGNATURE, TAG_MANIFEST, key, PACKAGE_NAMESPACE)
    return faults + _identifier_faults(bag)


def _identifier_faults(bag: UnderCheck) -> list[str]:
    """Compare the package id of index and bag; an index that is changed to something else must not hide a signature."""
    try:
        same = bag.index["package_id"] == identifier_of(bag.text(INFO))
    except (ValueError, KeyError, TypeError) as error:
        return [f"{INDEX}: it does not have the form of a package ({error!r})"]
    return [] if same else [f"{INDEX}: it names another package than {INFO}"]


def check_checkpoint_signature(bag: UnderCheck) -> list[str]:
    """Step 7: the key of the package signed the checkpoint of the log that the key is named after."""
    key = _key(bag)
    faults = []
    try:
        verify_checkpoint(read_note(bag.read(CHECKPOINT_PLACE)), key)
    except (ValueError, OSError) as error:
        faults.append(f"{CHECKPOINT_PLACE}: {error}")
    signers = f"{LOG}/{ALLOWED_SIGNERS}"
    if bag.text(signers) != allowed_signers_line(PRINCIPAL, key.vkey, (CHECKPOINT_NAMESPACE, PACKAGE_NAMESPACE)):
        faults.append(f"{signers}: it names another key than {KEY_PLACE}")
    return faults + _ssh_faults(bag, f"{CHECKPOINT_PLACE}.sig", CHECKPOINT_PLACE, key, CHECKPOINT_NAMESPACE)


def check_tiles(bag: UnderCheck) -> list[str]:
    """Step 8: every tile belongs to the tree of the checkpoint."""
    checkpoint, tiles = checkpoint_of(bag), _tiles(bag)
    edge = list(edge_tiles(checkpoint.size))
    faults = [f"{LOG}/{tile_path(tile)}: it is missing" for tile in edge if tile not in tiles]
    for tile, hashes in tiles.items():
        if len(hashes) != HASH_SIZE * tile.width:
            faults.append(f"{LOG}/{tile_path(tile)}: it has {len(hashes)} bytes, not {HASH_SIZE * tile.width}")
    if faults:
        return faults
    try:
        verify_tiles(tiles, size=checkpoint.size, root=checkpoint.root)
    except (ProofError, ValueError) as error:
        right_edge = ", ".join(f"{LOG}/{tile_path(tile)}" for tile in edge)
        return [f"{LOG}/{error}; the right edge is {right_edge}"]
    return []


def check_records(bag: UnderCheck) -> list[str]:
    """Step 9: each record is, byte for byte, the entry of the log at its index; package.json counts them."""
    size, tiles = checkpoint_of(bag).size, _tiles(bag)
    lines = bag.read(RECORDS_PLACE).split(b"\n")
    faults = [] if lines.pop() == b"" else [f"{RECORDS_PLACE}: the last line is cut off"]
    previous = -1
    for number, raw in enumerate(lines, 1):
        where = f"{RECORDS_PLACE}: line {number}"
        try:
            entry = read_entry(raw)
            if not previous < entry.index < size:
                return [*faults, f"{where} is entry {entry.index}, out of order or beyond the checkpoint"]
            if leaf_in(tiles, entry.index, size) != leaf_hash(raw):
                faults.append(f"{where} is not entry {entry.index} of the log; it was changed")
        except ProofError as error:
            return [*faults, f"{LOG}/{error}, and {where} needs it"]
        except ValueError as error:
            return [*faults, f"{where}: {error}"]
        previous = entry.index
        bag.records.append(entry)
    return faults + _count_faults(bag, size)


def check_key(bag: UnderCheck) -> list[str]:
    """Step 10: entry 0 names the log and its first key; each change of key was signed by the key before."""
    first = bag.records[0] if bag.records else None
    if first is None or first.kind != EntryKind.LOG or first.body.get("origin") != checkpoint_of(bag).origin:
        return [f"{RECORDS_PLACE}: entry 0, which names the log, is missing or names another"]
    try:
        bag.history = key_history(bag.records)
    except ValueError as error:
        return [f"{RECORDS_PLACE}: {error}"]
    if bag.history.current.vkey != _key(bag).vkey:
        return [f"{KEY_PLACE}: it is not the key that the log names"]
    bag.notes.append(f"signed by the key {bag.history.current.vkey}")
    return []


def checkpoint_of(bag: UnderCheck) -> Checkpoint:
    """Return the checkpoint of the package without a look at its signatures; raises ValueError."""
    return Checkpoint.parse(read_note(bag.read(CHECKPOINT_PLACE)).rpartition("\n\n")[0] + "\n")


def _key(bag: UnderCheck) -> Verifier:
    """Return the key in the package; raises ValueError that names the file."""
    text = bag.text(KEY_PLACE)
    try:
        return Verifier.parse(text.removesuffix("\n"))
    except NoteError as error:
        msg = f"{KEY_PLACE}: {error}"
        raise ValueError(msg) from error


def _ssh_faults(bag: UnderCheck, place: str, of: str, key: Verifier, namespace: str) -> list[str]:
    """Check an SSH signature in its one spelling, as ssh-keygen writes it."""
    try:
        armored = bag.text(place)
        sshsig_verify(armored, bag.read(of), key, namespace)
    except (SshSignatureError, ValueError, OSError) as error:
        return [f"{place}: {error}"]
    first, *lines, last, _ = armored.split("\n")
    again = base64.b64encode(base64.b64decode("".join(lines))).decode()
    wrapped = [again[at : at + _WIDTH] for at in range(0, len(again), _WIDTH)]
    return [] if armored == "\n".join((first, *wrapped, last, "")) else [f"{place}: it is not in its one spelling"]


def _tiles(bag: UnderCheck) -> dict[Tile, bytes]:
    start = f"{LOG}/"
    places = [place for place in bag.places if place.startswith(f"{LOG}/tile/")]
    return {parse_tile_path(place.removeprefix(start)): bag.read(place) for place in places}


def _count_faults(bag: UnderCheck, size: int) -> list[str]:
    try:
        entries = bag.index["log"]["entries"]
        said = {kind: each["here"] for kind, each in entries.items() if each["here"]}
        total = sum(each["in_log"] for each in entries.values())
    except UNREADABLE as error:
        return [f"{INDEX}: it does not say how many entries are here ({error!r})"]
    faults = []
    if said != Counter(entry.kind for entry in bag.records):
        faults.append(f"{INDEX}: the records that are here are not as many as it says")
    if total != size:
        faults.append(f"{INDEX}: the log has {size} entries, and it says otherwise")
    log, here = bag.index["log"], checkpoint_of(bag)
    right = {"origin": here.origin, "size": size, "root": here.root.hex(), "key": _key(bag).vkey}
    faults += [
        f"{INDEX}: {name} of the log is not that of the signed checkpoint"
        for name, value in right.items()
        if log.get(name) != value
    ]
    bag.unshown.append(f"{size - len(bag.records)} of {size} entries of the log are seen only as hashes")
    return faults


LOG_STEPS: tuple[CheckedStep, ...] = (
    ("the package is signed", check_package_signature),
    ("the checkpoint of the log is signed", check_checkpoint_signature),
    ("the tiles give the root of the checkpoint", check_tiles),
    ("each record is the log's own entry", check_records),
    ("the key is the one that the log names", check_key),
)
