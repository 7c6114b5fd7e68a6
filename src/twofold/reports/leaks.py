"""Find withheld values in the files of a package, wherever they may stand: text, Parquet, workbooks, zipped evidence.

A value is looked for as it is and as JSON, HTML, CSV and Markdown write it. Values of less than four characters are not
looked for: they stand everywhere and say nothing by themselves.
"""

import html
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from gzip import GzipFile
from io import BytesIO
from pathlib import Path

import duckdb

from twofold.reports.committed_table import open_table
from twofold.reports.markdown_text import markdown_text

SHORTEST = 4
_TOKEN = re.compile(rb"[0-9A-Za-z]+")
"""What every spelling of a value has in common."""


class Leaks:
    """Looks for a set of values in one file after the other."""

    def __init__(self, values: Iterable[str]) -> None:
        self._by_token: dict[bytes, list[str]] = {}
        for value in values:
            if len(value) >= SHORTEST:
                tokens = _TOKEN.findall(value.encode())
                self._by_token.setdefault(max(tokens, key=len, default=b""), []).append(value)

    def found_in(self, path: Path) -> set[str]:
        """Return the values that stand in the file."""
        return {value for content in _contents(path) for value in self._in(content)}

    def _in(self, content: bytes) -> Iterator[str]:
        tokens = set(_TOKEN.findall(content))
        joined = b"\n".join(sorted(tokens))
        for token, values in self._by_token.items():
            if token in tokens or token in joined:
                yield from (value for value in values if any(form in content for form in spellings(value)))


def spellings(value: str) -> set[bytes]:
    """Return how a value may stand in a file: as it is, and as JSON, HTML, CSV and Markdown write it."""
    forms = {value, html.escape(value), html.escape(value, quote=False), value.replace('"', '""')}
    forms |= {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    forms |= {html.escape(value).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"), markdown_text(value)}
    return {form.encode() for form in forms}


def _contents(path: Path) -> Iterator[bytes]:
    data = path.read_bytes()
    yield data
    if data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(BytesIO(data)) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    elif data[:2] == b"\x1f\x8b":
        with GzipFile(fileobj=BytesIO(data)) as stream:
            yield stream.read()
    elif data[:4] == b"PAR1":
        yield _parquet_text(path)


def _parquet_text(path: Path) -> bytes:
    try:
        with open_table(path, is_csv=False) as table:
            return "\n".join("\n".join(filter(None, row)) for row in table.rows).encode()
    except duckdb.Error:
        return b""
