"""Evidence in a package: the file name of a payload and the line that records a capture.

A payload is stored once under its hash; original names are data in the records. A page of HTML is named .txt, so that
opening it runs nothing.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import orjson

from twofold.vault.entry import read_entry
from twofold.vault.evidence import evidence_id_of

FALLBACK = "bin"
_SHA256 = re.compile("[0-9a-f]{64}")
_BY_TYPE = {
    "application/json": "json",
    "application/jsonl": "jsonl",
    "application/pdf": "pdf",
    "application/gzip": "gz",
    "application/zip": "zip",
    "application/xml": "xml",
    "application/toml": "toml",
    "application/yaml": "yaml",
    "application/vnd.apache.parquet": "parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "image/jpeg": "jpg",
    "image/png": "png",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "text/markdown": "md",
    "text/html": "txt",
    "text/plain": "txt",
}


def payload_name(sha256: str, media_type: str) -> str:
    """Return `<sha256>.<extension>`, the name of a payload below evidence/.

    >>> payload_name("ab12", "text/html")
    'ab12.txt'
    """
    return f"{sha256}.{_BY_TYPE.get(media_type, FALLBACK)}"


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A line of records.jsonl and the payload it speaks of."""

    line: bytes
    sha256: str
    size: int
    file: str
    """Name below evidence/; where captures of the same bytes differ in type, the first names the file."""


def record_lines(captures: Iterable[bytes]) -> Iterator[RecordLine]:
    """Give the lines of records.jsonl for raw capture entries in order: id, file and all that the entry says.

    Raises ValueError when the bytes are no capture.
    """
    files: dict[str, str] = {}
    for raw in captures:
        entry = read_entry(raw)
        sha256, media_type, size = (entry.body.get(name) for name in ("sha256", "media_type", "size"))
        if not (
            isinstance(sha256, str)
            and _SHA256.fullmatch(sha256)
            and isinstance(media_type, str)
            and isinstance(size, int)
        ):
            msg = f"entry {entry.index} is no capture"
            raise ValueError(msg)
        file = files.setdefault(sha256, payload_name(sha256, media_type))
        shown = {
            "entry": orjson.loads(raw),
            "evidence_id": evidence_id_of(entry.index),
            "file": f"data/evidence/{file}",
        }
        yield RecordLine(orjson.dumps(shown, option=orjson.OPT_SORT_KEYS) + b"\n", sha256, size, file)
