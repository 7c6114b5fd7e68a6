"""Keep what reading a piece of evidence gave, so that it is read once and not again at every run.

A kept reading belongs to the evidence, to what the scope says for reading it, and to the code that read it: change any
of them and it is read anew. It holds nothing that reading the evidence again would not give, and may be deleted.
"""

import hashlib
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import orjson

import twofold
from twofold.model.evidence import EvidenceRef
from twofold.tables.control_totals import ControlTotal
from twofold.tables.rows import NormaliseContext

CODE_FOLDERS = ("model", "sources", "tables")
"""Folders of this package that decide what a reading gives."""
_SUMMARY = "reading.json"


@dataclass(frozen=True, slots=True)
class SetAsideRecord:
    """A record that could not be read, with the file it stood in."""

    evidence_id: str
    name: str
    record: str
    reason: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class FileReading:
    """What reading one file gave: records, rows per table, what was set aside, keys that the file gives twice.

    `totals`: of each field of which the source stated a total, that and the sum over the records.

    `staged` yields (table, JSON lines) as `TableWriter.add_lines` takes them.
    """

    evidence: EvidenceRef
    records: int
    unused: int
    row_counts: Mapping[str, int]
    totals: tuple[ControlTotal, ...]
    set_aside: tuple[SetAsideRecord, ...]
    conflicts: tuple[str, ...]
    staged: Callable[[], Iterator[tuple[str, bytes]]]


def reading_key(evidence: EvidenceRef, context: NormaliseContext) -> str:
    """Return the name under which a reading is kept: a hash of all that decides it."""
    decides = [evidence.evidence_id, evidence.sha256, evidence.provenance, context, code_digest()]
    return hashlib.sha256(orjson.dumps(decides, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


@cache
def code_digest() -> str:
    """Return a hash of the code and data files that decide what a reading gives."""
    root = Path(twofold.__file__).parent
    digest = hashlib.sha256()
    for folder in CODE_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in {".py", ".toml"}:
                digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


class ReadingCache:
    """Kept readings in a folder, one sub-folder each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, evidence: EvidenceRef, key: str) -> FileReading | None:
        """Return the kept reading, or None."""
        folder = self._folder / key
        try:
            body = orjson.loads((folder / _SUMMARY).read_bytes())
        except (FileNotFoundError, orjson.JSONDecodeError):
            return None
        return FileReading(
            evidence=evidence,
            records=body["records"],
            unused=body["unused"],
            row_counts=body["row_counts"],
            totals=tuple(ControlTotal(**each) for each in body["totals"]),
            set_aside=tuple(SetAsideRecord(**each) for each in body["set_aside"]),
            conflicts=tuple(body["conflicts"]),
            staged=lambda: _staged(folder),
        )

    def put(self, key: str, reading: FileReading) -> FileReading:
        """Keep a reading and return it as kept; a kill on the way leaves nothing that counts as kept."""
        building = self._folder / f".building-{key}"
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        lines: dict[str, bytearray] = {}
        for table, line in reading.staged():
            lines.setdefault(table, bytearray()).extend(line)
        for table, content in lines.items():
            (building / f"{table}.jsonl").write_bytes(content)
        body = {
            "records": reading.records,
            "unused": reading.unused,
            "row_counts": reading.row_counts,
            "totals": reading.totals,
            "set_aside": reading.set_aside,
            "conflicts": reading.conflicts,
        }
        (building / _SUMMARY).write_bytes(orjson.dumps(body))
        folder = self._folder / key
        shutil.rmtree(folder, ignore_errors=True)
        building.rename(folder)
        return replace(reading, staged=lambda: _staged(folder))

    def keep_only(self, keys: Collection[str]) -> None:
        """Remove every other reading."""
        if self._folder.exists():
            for folder in self._folder.iterdir():
                if folder.name not in keys:
                    shutil.rmtree(folder, ignore_errors=True)


def _staged(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.glob("*.jsonl")):
        yield path.stem, path.read_bytes()
