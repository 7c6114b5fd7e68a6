"""Staged rows once more, with the names of now: what names_now.py says, for files of any size."""

import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import orjson

from twofold.tables.names_now import Read, Staged, named_in, names_now, with_names_now
from twofold.tables.schema import canonical_tables, child_table

_MOST_AT_ONCE = 500_000
"""Rows of a table that are looked at together, some 1 KB of memory each."""


def put_names_now(folder: Path, rows_in: Mapping[str, int]) -> None:
    """Replace `<table>.jsonl` by one with the names of now, where something got another name.

    rows_in: how many rows are staged, by table and child table.
    """
    names = names_now(lambda name: _lines(folder / f"{name}.jsonl"))
    for name, table in canonical_tables().items():
        if not names or name not in rows_in or not named_in(table):
            continue
        children = (child_table(name, column.name) for column in table.list_columns)
        staged = {each: folder / f"{each}.jsonl" for each in (name, *children) if each in rows_in}
        with ExitStack() as every:
            again = {each: every.enter_context(file.with_suffix(".now").open("wb")) for each, file in staged.items()}
            for read in _in_parts(staged, 1 + rows_in[name] // _MOST_AT_ONCE):
                for each, row in with_names_now(table, read, names):
                    again[each].write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        for file in staged.values():
            file.with_suffix(".now").replace(file)


def _in_parts(staged: Mapping[str, Path], number: int) -> Iterator[Read]:
    """Yield what reads the rows of a table and its child tables, in so many parts; a row and its lists are in one."""
    if number > 1:
        for file in staged.values():
            _split(file, number)
    for part in range(number):
        files = {name: _part(file, part) if number > 1 else file for name, file in staged.items()}
        yield partial(_lines_of, files)
        if number > 1:
            for file in files.values():
                file.unlink()


def _split(file: Path, number: int) -> None:
    with ExitStack() as every, file.open("rb") as lines:
        into = [every.enter_context(_part(file, part).open("wb")) for part in range(number)]
        for line in lines:
            into[zlib.crc32(orjson.loads(line)["row_hash"].encode()) % number].write(line)


def _part(file: Path, part: int) -> Path:
    return file.with_suffix(f".part-{part}")


def _lines_of(files: Mapping[str, Path], name: str) -> Iterator[Staged]:
    return _lines(files[name]) if name in files else iter(())


def _lines(file: Path) -> Iterator[Staged]:
    """Read staged rows; none where there is no such file."""
    if file.exists():
        with file.open("rb") as lines:
            yield from map(orjson.loads, lines)
