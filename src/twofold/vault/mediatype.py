"""The media type of a file, told from its first bytes. A name only chooses between readings that the bytes allow."""

import re

HEAD_SIZE = 8_192
"""Bytes that are looked at."""

_MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x1f\x8b", "application/gzip"),
    (b"PAR1", "application/vnd.apache.parquet"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
_PACKED = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_TEXT = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".md": "text/markdown",
    ".toml": "application/toml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
_LINES_OF_JSON = (".jsonl", ".ndjson")
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def media_type_of(name: str, head: bytes) -> str:
    """Return the media type of a file that starts with `head` (its first `HEAD_SIZE` bytes, or all of it).

    Text in any encoding without control bytes is text; whether it is valid UTF-8 is for its reader to say.

    >>> media_type_of("people.csv", b"%PDF-1.7")
    'application/pdf'
    """
    suffix = name[name.rfind(".") :].lower() if "." in name else ""
    if not head:
        return "application/x-empty"
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _PACKED.get(suffix, "application/zip")
    if head.startswith(_UTF16):
        return _TEXT.get(suffix, "text/plain")
    if _NOT_TEXT.search(head):
        return "application/octet-stream"
    return _text_type(suffix, head.removeprefix(b"\xef\xbb\xbf").lstrip().lower())


def _text_type(suffix: str, start: bytes) -> str:
    if start.startswith((b"{", b"[")) and suffix not in _TEXT:
        return "application/jsonl" if suffix in _LINES_OF_JSON else "application/json"
    if start.startswith((b"<!doctype html", b"<html")):
        return "text/html"
    if start.startswith(b"<?xml"):
        return "application/xml"
    return _TEXT.get(suffix, "text/plain")
