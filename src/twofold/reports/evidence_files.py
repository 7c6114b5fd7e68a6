"""Evidence in a package: the file name of a payload, and the table that says what each was called.

A payload is stored once under its hash; original names are data in the records. A page of HTML is named .txt, so that
opening it runs nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

from twofold.vault.entry import Entry, EntryKind, instant_text
from twofold.vault.evidence import evidence_of

FALLBACK = "bin"
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


EVIDENCE_HEADER = (
    "evidence_id",
    "file",
    "name",
    "source",
    "kind",
    "environment",
    "captured_at",
    "captured_by",
    "query",
    "size",
    "sha256",
)


def payload_files_of(records: Iterable[Entry]) -> dict[str, str]:
    """Return SHA-256 -> name below evidence/ of each capture; the first capture of equal bytes names the file."""
    files: dict[str, str] = {}
    for entry in records:
        if entry.kind == EntryKind.CAPTURE:
            files.setdefault(entry.body["sha256"], payload_name(entry.body["sha256"], entry.body["media_type"]))
    return files


def evidence_rows(records: Sequence[Entry], held: Collection[str]) -> Iterator[tuple[object, ...]]:
    """Give a row under `EVIDENCE_HEADER` per capture; `file` is empty where the bytes are not in the package."""
    files = payload_files_of(records)
    for entry in records:
        if entry.kind != EntryKind.CAPTURE:
            continue
        evidence = evidence_of(entry)
        provenance = evidence.provenance
        yield (
            evidence.evidence_id,
            f"evidence/{files[evidence.sha256]}" if evidence.sha256 in held else "",
            evidence.name,
            provenance.source,
            provenance.kind,
            provenance.environment,
            instant_text(evidence.captured_at),
            evidence.captured_by,
            provenance.query,
            evidence.size,
            evidence.sha256,
        )
