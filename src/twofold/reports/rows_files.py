"""tables/rows/<sha256>.jsonl and .csv: what is shown of a table, with what it takes to check it.

The file is named by the SHA-256 of the whole table, which the run or the capture names. First line: the index of the
log entry with the commitment. Then a line per part, in order of the rows (docs/formats/row-commitments.md):

    {"commitment":12}
    {"cells":[["p-1","<salt>"],[null,"<salt>"],"<commitment>"],"row":0}
    {"hash":"<hash>","rows":[1,2]}          rows 1 and the one after: first row and how many

Salts, commitments and hashes are base64 of 32 bytes. The CSV has the shown rows for people, [withheld] for a cell that
is not shown.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from twofold.reports.rows_as_text import cell_text, write_csv
from twofold.vault.row_commitment import Part, ShownCell, ShownRow, WithheldRows

ROWS = "tables/rows"
"""Below data/."""
WITHHELD = "[withheld]"


def write_rows(folder: Path, sha256: str, *, entry: int, columns: Sequence[str], parts: Iterable[Part]) -> None:
    """Write both files."""
    held = list(parts)
    lines = [{"commitment": entry}, *map(_line, held)]
    (folder / f"{sha256}.jsonl").write_bytes(
        b"".join(orjson.dumps(line, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE) for line in lines)
    )
    write_csv(folder / f"{sha256}.csv", csv_rows(columns, held))


def read_rows(lines: Iterable[bytes]) -> tuple[int, Iterator[Part]]:
    """Return the index of the entry and the parts; raises ValueError, KeyError or TypeError for another form."""
    stream = iter(lines)
    first = orjson.loads(next(stream, b""))
    return int(first["commitment"]), (_part(orjson.loads(line)) for line in stream)


def csv_rows(columns: Sequence[str], parts: Iterable[Part]) -> Iterator[list[str]]:
    """Give the header and the rows that are shown, as the CSV has them."""
    yield [cell_text(name) for name in columns]
    for part in parts:
        if isinstance(part, ShownRow):
            yield [WITHHELD if isinstance(cell, bytes) else cell_text(cell.value) for cell in part.cells]


def _line(part: Part) -> dict[str, Any]:
    if isinstance(part, WithheldRows):
        return {"rows": [part.first, part.count], "hash": _text(part.hash)}
    cells = [_text(each) if isinstance(each, bytes) else [each.value, _text(each.salt)] for each in part.cells]
    return {"row": part.number, "cells": cells}


def _part(line: dict[str, Any]) -> Part:
    if "rows" in line:
        first, count = line["rows"]
        return WithheldRows(int(first), int(count), b64decode(line["hash"], validate=True))
    cells = (
        b64decode(each, validate=True)
        if isinstance(each, str)
        else ShownCell(_value(each[0]), b64decode(each[1], validate=True))
        for each in line["cells"]
    )
    return ShownRow(int(line["row"]), tuple(cells))


def _value(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        msg = "a cell is neither text nor missing"
        raise TypeError(msg)
    return value


def _text(data: bytes) -> str:
    return b64encode(data).decode()
