"""Steps 6 to 9 of the check: evidence, its records, the log and its Merkle root (RFC 9162)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from twofold.controltests.run_record import COMPLETENESS_FILE
from twofold.reports.bag import DATA, file_hash
from twofold.reports.evidence_files import RecordLine, record_lines
from twofold.vault.checkpoint import Checkpoint
from twofold.vault.entry import read_entry
from twofold.vault.evidence import index_of
from twofold.vault.merkle import fold, grow, leaf_hash

RECORDS = f"{DATA}/evidence/records.jsonl"
ENTRIES = f"{DATA}/log/entries.jsonl"
CHECKPOINT = f"{DATA}/log/checkpoint"
ROOT = f"{DATA}/log/root"


def json_lines(path: Path) -> Iterator[bytes]:
    """Give the lines of a file without their newlines."""
    with path.open("rb") as stream:
        for line in stream:
            yield line.removesuffix(b"\n")


def check_evidence(bag: Path) -> list[str]:
    """Step 6: each record's payload is there with its hash and size, and each payload has a record."""
    faults = []
    lines, bad = _record_lines(bag)
    if bad:
        return bad
    for each in lines:
        path = bag / DATA / "evidence" / each.file
        if not path.is_file():
            faults.append(f"{DATA}/evidence/{each.file}: a record speaks of it, and it is missing")
        elif path.stat().st_size != each.size or file_hash(path) != each.sha256:
            faults.append(f"{DATA}/evidence/{each.file}: its bytes are not those that were captured")
    named = {each.file for each in lines} | {"records.jsonl"}
    present = sorted(path.name for path in (bag / DATA / "evidence").iterdir())
    faults += [f"{DATA}/evidence/{name}: no record speaks of it" for name in present if name not in named]
    return list(dict.fromkeys(faults))


def check_records(bag: Path) -> list[str]:
    """Step 7: each record is, byte for byte, what the log's own entry says."""
    entries = list(json_lines(bag / ENTRIES)) if (bag / ENTRIES).is_file() else []
    faults = []
    raws = []
    shown = list(json_lines(bag / RECORDS)) if (bag / RECORDS).is_file() else []
    for number, line in enumerate(shown, 1):
        index = _index(line)
        if index is None or index >= len(entries):
            faults.append(f"{RECORDS}: line {number} names an evidence id that the log does not have")
        else:
            raws.append(entries[index])
    if faults:
        return faults
    try:
        expected = [each.line.removesuffix(b"\n") for each in record_lines(raws)]
    except ValueError as error:
        return [f"{RECORDS}: it speaks of an entry that is no capture: {error}"]
    for number, (line, right) in enumerate(zip(shown, expected, strict=True), 1):
        if line != right:
            faults.append(f"{RECORDS}: line {number} says something else than the log entry of the capture")
    return faults


def check_log(bag: Path) -> list[str]:
    """Step 8: the entries stand in order and give the root of the checkpoint."""
    for name in (ENTRIES, CHECKPOINT, ROOT):
        if not (bag / name).is_file():
            return [f"{name}: it is missing"]
    frontier: list[bytes] = []
    count = 0
    for raw in json_lines(bag / ENTRIES):
        try:
            entry = read_entry(raw)
        except ValueError as error:
            return [f"{ENTRIES}: line {count + 1}: {error}"]
        if entry.index != count:
            return [f"{ENTRIES}: line {count + 1} is entry {entry.index}; the log has a gap or was reordered"]
        grow(frontier, count, leaf_hash(raw))
        count += 1
    root = fold(frontier)
    try:
        checkpoint = Checkpoint.parse((bag / CHECKPOINT).read_bytes().decode("utf-8", "replace"))
    except ValueError as error:
        return [f"{CHECKPOINT}: {error}"]
    faults = []
    if checkpoint.size != count:
        faults.append(f"{CHECKPOINT}: it speaks of {checkpoint.size} entries; the package has {count}")
    if checkpoint.root != root:
        faults.append(
            f"{ENTRIES}: the entries do not give the root that {CHECKPOINT} names; one of the two was changed"
        )
    if (bag / ROOT).read_bytes() != f"{root.hex()}\n".encode():
        faults.append(f"{ROOT}: it is not the root of the entries")
    return faults


def check_population_evidence(bag: Path) -> list[str]:
    """Step 9: every export that a population rests on is in the package, with the hash that the population names."""
    lines, bad = _record_lines(bag)
    if bad:
        return bad
    held = {_id(each.line): each.sha256 for each in lines}
    faults = []
    for path in sorted((bag / DATA / "controls").rglob(COMPLETENESS_FILE)):
        place = path.relative_to(bag).as_posix()
        for each in _extractions(path):
            if each is None:
                faults.append(f"{place}: it cannot be read as a completeness record")
            elif each[0] not in held:
                faults.append(f"{place}: it rests on {each[0]}, which is not in the package")
            elif held[each[0]] != each[1]:
                faults.append(f"{place}: it names another hash for {each[0]} than the record")
    return faults


def _record_lines(bag: Path) -> tuple[list[RecordLine], list[str]]:
    if not (bag / RECORDS).is_file():
        return [], [f"{RECORDS}: it is missing"]
    try:
        raws = [
            orjson.dumps(orjson.loads(line)["entry"], option=orjson.OPT_SORT_KEYS) for line in json_lines(bag / RECORDS)
        ]
        return list(record_lines(raws)), []
    except (ValueError, KeyError, TypeError) as error:
        return [], [f"{RECORDS}: a line is no record: {error}"]


def _index(line: bytes) -> int | None:
    try:
        return index_of(_id(line))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _id(line: bytes) -> str:
    body: dict[str, Any] = orjson.loads(line)
    return str(body["evidence_id"])


def _extractions(path: Path) -> Iterator[tuple[str, str] | None]:
    try:
        for each in orjson.loads(path.read_bytes())["extractions"]:
            yield str(each["evidence_id"]), str(each["file_hash"])
    except (ValueError, KeyError, TypeError):
        yield None


EVIDENCE_STEPS: tuple[tuple[str, Callable[[Path], list[str]]], ...] = (
    ("each evidence file is the one its record speaks of", check_evidence),
    ("each record is what the log says", check_records),
    ("the log entries give the root of the checkpoint", check_log),
    ("the evidence of every population is here", check_population_evidence),
)
