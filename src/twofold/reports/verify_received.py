"""Steps 14 to 16 of the check: what others hold about this log, and what was received apart."""

from collections.abc import Iterator
from datetime import datetime

from twofold.reports.log_files import CHAIN, TIMESTAMPS, WITNESS, WITNESS_KEYS
from twofold.reports.under_check import INDEX, CheckedStep, UnderCheck
from twofold.reports.verify_log import CHECKPOINT_PLACE, KEY_PLACE, LOG, checkpoint_of
from twofold.vault.entry import EntryKind
from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.cosignature import follows, verify_cosignature
from twofold.vault.signing.note import COSIGNATURE, ED25519, NoteError, Verifier, read_note
from twofold.vault.signing.signed_checkpoint import verify_checkpoint
from twofold.vault.timestamps.timestamp import judge_answer
from twofold.vault.tree.merkle import tree_root
from twofold.vault.tree.proof_lines import parse_proof
from twofold.vault.tree.tiles import TileNodes, tile_at, tile_path

_END = ".checkpoint"


def check_witnesses(bag: UnderCheck) -> list[str]:
    """Step 14: each cosigned checkpoint is a beginning of this log, and its cosignature is good."""
    keys_place = f"{LOG}/{WITNESS}/{WITNESS_KEYS}"
    vkeys = bag.text(keys_place).split("\n")[:-1] if bag.has(keys_place) else []
    witnesses = [Verifier.parse(vkey) for vkey in vkeys]
    faults = []
    for place, checkpoint in _earlier(bag, WITNESS):
        faults += _history_faults(bag, WITNESS, place)
        seen = list(_cosigned(bag, place, witnesses, faults))
        if not seen:
            faults.append(f"{place}: no witness whose key is in {keys_place} cosigned it")
        for witness, at in seen:
            bag.notes.append(f"{witness.vkey} saw the log with {checkpoint.size} entries at {at.isoformat()}")
            if witness.vkey not in bag.received.keys:
                bag.unshown.append(f"that {witness.vkey} is a witness's key: compare it with the witness")
    faults += _dropped(bag)
    if bag.index["log"]["witnessed"] != [checkpoint.size for _, checkpoint in _earlier(bag, WITNESS)]:
        faults.append(f"{INDEX}: it names other witnessed checkpoints than are here")
    if not _earlier(bag, WITNESS):
        bag.unshown.append("that anybody else saw the log: no witness cosigned it")
    return faults


def check_timestamps(bag: UnderCheck) -> list[str]:
    """Step 15: each timestamp is over the checkpoint beside it, a beginning of this log."""
    faults = []
    chain_place = f"{LOG}/{TIMESTAMPS}/{CHAIN}"
    for place, checkpoint in _earlier(bag, TIMESTAMPS):
        faults += _history_faults(bag, TIMESTAMPS, place)
        start, note = place.removesuffix(_END), read_note(bag.read(place))
        request, answer = bag.read(f"{start}.tsq"), bag.read(f"{start}.tsr")
        judged = judge_answer(answer, request=request, note=note, chain=bag.read(chain_place))
        if judged.problem or judged.at is None:
            faults.append(f"{start}.tsr: {judged.problem}")
            continue
        bag.notes.append(f"an authority dated the log with {checkpoint.size} entries: {judged.at.isoformat()}")
        bag.unshown.append(f"that {chain_place} is the authority's: compare it with the certificate that it publishes")
    told = [each["size"] for each in bag.index["log"]["timestamps"]]
    if told != [checkpoint.size for _, checkpoint in _earlier(bag, TIMESTAMPS)]:
        faults.append(f"{INDEX}: it names other dated checkpoints than are here")
    if not _earlier(bag, TIMESTAMPS):
        bag.unshown.append("that the company's clock was right: no authority dated the log")
    return faults


def check_received(bag: UnderCheck) -> list[str]:
    """Step 16: key and checkpoint are those that were received apart."""
    faults = []
    keys = [vkey for vkey in bag.received.keys if Verifier.parse(vkey).kind == ED25519]
    known = [term.verifier.vkey for term in bag.history.terms] if bag.history else []
    faults += [f"{KEY_PLACE}: neither it nor a key before it is {key}, as received" for key in keys if key not in known]
    faults += _silent_witnesses(bag)
    if not keys:
        bag.unshown.append(f"that {KEY_PLACE} is the company's key: compare it with one received another way (--key)")
    if not bag.received.checkpoint:
        bag.unshown.append("that the log was not written anew: give a checkpoint received earlier (--checkpoint)")
        return faults
    mine, here = _body(bag.received.checkpoint), checkpoint_of(bag)
    if mine.origin != here.origin:
        faults.append(f"{CHECKPOINT_PLACE}: it is of the log {here.origin}; the one received is of {mine.origin}")
    elif mine.size > here.size:
        faults.append(f"{CHECKPOINT_PLACE}: it has {here.size} entries; the one received has {mine.size}")
    else:
        faults += _root_faults(bag, mine, here.size)
    return faults


def _silent_witnesses(bag: UnderCheck) -> Iterator[str]:
    """Find keys of witnesses that were received and cosigned nothing here: it was left out, or is another log."""
    places = [place for place, _ in _earlier(bag, WITNESS)]
    for witness in map(Verifier.parse, bag.received.keys):
        if witness.kind == COSIGNATURE and not any(list(_cosigned(bag, place, [witness], [])) for place in places):
            yield f"{LOG}/{WITNESS}: nothing there is cosigned by {witness.vkey}, as received"


def _body(text: str) -> Checkpoint:
    """Read a checkpoint with or without signatures."""
    return Checkpoint.parse(text.rpartition("\n\n")[0] + "\n" if "\n\n" in text else text)


def _root_faults(bag: UnderCheck, mine: Checkpoint, size: int) -> Iterator[str]:
    """Compare the root of an earlier checkpoint with the one that the tiles give for its size."""

    def read(level: int, position: int) -> bytes:
        return bag.read(f"{LOG}/{tile_path(tile_at(level, position, size))}")

    try:
        root = tree_root(mine.size, TileNodes(read))
    except OSError:
        yield (
            f"{LOG}/tile: the tiles here do not reach back to the checkpoint received, of {mine.size} entries;"
            " ask for a package that holds them"
        )
        return
    if root != mine.root:
        yield f"{CHECKPOINT_PLACE}: its first {mine.size} entries are not those of the checkpoint received"


def _earlier(bag: UnderCheck, folder: str) -> list[tuple[str, Checkpoint]]:
    """Return place and body of the checkpoints in a folder of the log, smallest first."""
    start = f"{LOG}/{folder}/"
    places = [place for place in bag.places if place.startswith(start) and place.endswith(_END)]
    found = [(place, _body(read_note(bag.read(place)))) for place in places]
    return sorted(found, key=lambda each: each[1].size)


def _dropped(bag: UnderCheck) -> Iterator[str]:
    """Find checkpoints that a record says were cosigned, and that are not here, or are others."""
    here = {checkpoint.size: checkpoint.root.hex() for _, checkpoint in _earlier(bag, WITNESS)}
    for record in bag.of_kind(EntryKind.WITNESS):
        size = record.body["size"]
        if here.get(size) != record.body["root"]:
            place = f"{LOG}/{WITNESS}/{size}{_END}"
            yield f"{place}: by entry {record.index} a witness cosigned it; it is not here"


def _history_faults(bag: UnderCheck, folder: str, place: str) -> list[str]:
    """Check the log's signature, and the proof that this checkpoint is a beginning of the next bigger one."""
    chain = [*_earlier(bag, folder), (CHECKPOINT_PLACE, checkpoint_of(bag))]
    at = [each for each, _ in chain].index(place)
    (_, earlier), (following, later) = chain[at], chain[at + 1]
    proof_place = f"{place.removesuffix(_END)}.consistency"
    try:
        follows(earlier, later, parse_proof(bag.text(proof_place)))
        if bag.history is not None:
            verify_checkpoint(read_note(bag.read(place)), bag.history.key_for(earlier.size))
    except NoteError as error:
        return [f"{place}: {error}"]
    except (ValueError, OSError) as error:
        return [f"{proof_place}: it does not lead from {place} to {following}: {error}"]
    return []


def _cosigned(
    bag: UnderCheck, place: str, witnesses: list[Verifier], faults: list[str]
) -> Iterator[tuple[Verifier, datetime]]:
    note = read_note(bag.read(place))
    for witness in witnesses:
        if witness.kind == COSIGNATURE and f"\n— {witness.name} " in note:
            try:
                yield witness, verify_cosignature(note, witness)
            except NoteError as error:
                faults.append(f"{place}: {error}")


RECEIVED_STEPS: tuple[CheckedStep, ...] = (
    ("cosignatures are of this log", check_witnesses),
    ("timestamps are of this log", check_timestamps),
    ("nothing received apart contradicts it", check_received),
)
