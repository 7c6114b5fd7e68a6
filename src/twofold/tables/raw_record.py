"""Show the raw record behind a row: the bytes that the locator of its lineage points to."""

import gzip
import io
import json
import re
from pathlib import Path
from typing import Any

_LINE = re.compile(r"line (\d+)")
_POINTER = re.compile(r"(?:page (\d+) )?#((?:/[^ ]*)?)")
_GZIP = b"\x1f\x8b"
_SHOWN = 4000
_LIMIT = 256 * 1024 * 1024


def raw_record(path: Path, record: str) -> str:
    """Return the text of one record (`line 34`, `#/12`), at most 4,000 characters; "" where it cannot be shown.

    It only shows: nothing is decided from it.
    """
    if path.stat().st_size > _LIMIT:
        return ""
    data = path.read_bytes()
    text = (gzip.decompress(data) if data.startswith(_GZIP) else data).decode("utf-8-sig", errors="replace")
    if match := _LINE.match(record):
        return _at_line(text, int(match[1]))[:_SHOWN]
    if match := _POINTER.match(record):
        return _at_pointer(text, match[2])[:_SHOWN]
    return ""


def _at_line(text: str, number: int) -> str:
    """Return the record that begins at the line, below the header where the file is a table.

    Lines end as the readers of CSV and JSON Lines see them; other separators of Unicode stand inside a line.
    """
    lines = [line.rstrip("\r\n") for line in io.StringIO(text, newline="")]
    if not 1 <= number <= len(lines):
        return ""
    if lines[0].lstrip().startswith("{") or "," not in lines[0]:
        return lines[number - 1]
    record = lines[number - 1]
    for line in lines[number:]:
        if record.count('"') % 2 == 0:  # outside quotes, so the record ends with its line
            break
        record += f"\n{line}"
    return record if number == 1 else f"{lines[0]}\n{record}"


def _at_pointer(text: str, pointer: str) -> str:
    try:
        found: Any = json.loads(text)
        for part in pointer.split("/")[1:]:
            if isinstance(found, list):
                found = found[int(part)]
            elif part in found:
                found = found[part]
            else:
                break
    except (ValueError, LookupError, TypeError):
        return ""
    return json.dumps(found, indent=1, ensure_ascii=False)
