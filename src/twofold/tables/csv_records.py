"""Read a CSV file of people or machines as text records, with a line for everything that is wrong.

Used by the documented CSV formats and by the case folders. It judges no values: it only finds the rows.
"""

import csv
import io
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from twofold.model.problem import Problem, UserError
from twofold.tables.rows import SetAside

FIELD_LIMIT = 1024 * 1024
"""Characters in one cell; a longer one is a broken quote, not data."""
LINE_LIMIT = 64 * 1024 * 1024
"""Bytes of one line; a longer one is no text, and is not read into memory as a whole."""
_EXCERPT = 80


def read_csv(
    path: Path, *, required: Sequence[str], optional: Sequence[str] | None = None
) -> Iterator[tuple[str, dict[str, str]] | SetAside]:
    """Yield `("line 34", {column: cell})` for each row, or a SetAside for a row that has other cells than the header.

    Text is UTF-8, with or without a byte order mark; the separator is a comma. `optional` None allows any
    further column. Cells are kept as they are, stripped of surrounding spaces. Raises UserError for a file that is
    empty, not UTF-8 (with the byte), has a duplicate, unknown or missing column.
    """
    csv.field_size_limit(FIELD_LIMIT)
    header: list[str] | None = None
    with closing(_lines(path)) as lines:
        reader = csv.reader(lines, strict=True)
        line = 1
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise UserError(
                    Problem(f"{path.name}:{line}", f"the row cannot be read ({error})", "rows of comma-separated cells")
                ) from error
            if cells is None:
                break
            if header is None:
                header = [cell.strip() for cell in cells]
                _check_header(path, header, required=required, optional=optional)
            elif not cells or (len(cells) == 1 and not cells[0].strip()):
                continue
            elif len(cells) != len(header):
                yield SetAside(
                    f"line {line}", f"{len(cells)} cells under {len(header)} columns", ",".join(cells)[:_EXCERPT]
                )
            else:
                yield f"line {line}", {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    if header is None:
        raise UserError(
            Problem(path.name, "the file is empty", "a header line: " + ",".join(required), "export it again")
        )


def _lines(path: Path) -> Generator[str]:
    offset = 0
    try:
        with path.open("rb") as stream:
            while raw := stream.readline(LINE_LIMIT):
                if len(raw) == LINE_LIMIT:
                    where = f"{path.name}, byte {offset}"
                    raise UserError(Problem(where, f"a line of more than {LINE_LIMIT:,} bytes", "lines of text"))
                if b"\0" in raw:
                    raise UserError(
                        Problem(
                            f"{path.name}, byte {offset + raw.index(0)}",
                            "a zero byte",
                            "UTF-8 text",
                            "export as UTF-8 CSV",
                        )
                    )
                # No byte of a longer character is a line feed, so each line can be read on its own.
                text = raw.decode("utf-8")
                yield from io.StringIO(text.removeprefix("\ufeff") if offset == 0 else text, newline="")
                offset += len(raw)
    except UnicodeDecodeError as error:
        raise UserError(
            Problem(
                f"{path.name}, byte {offset + error.start}",
                f"bytes that are not UTF-8 ({error.object[error.start : error.start + 4].hex(' ')})",
                "UTF-8 text",
                "export the file as UTF-8 CSV",
            )
        ) from error


def _check_header(path: Path, header: list[str], *, required: Sequence[str], optional: Sequence[str] | None) -> None:
    where = f"{path.name}:1"
    problems = [
        Problem(where, f"the column {name!r} stands twice", "each column once")
        for name in sorted({name for name in header if header.count(name) > 1})
    ]
    problems += [
        Problem(where, f"the column {name!r} is missing", "columns " + ",".join(required), "add it to the export")
        for name in required
        if name not in header
    ]
    if optional is not None:
        known = [*required, *optional]
        problems += [
            Problem(where, f"unknown column {name!r}", "one of " + ", ".join(known), "rename or remove it")
            for name in header
            if name not in known
        ]
    if problems:
        raise UserError(problems)
