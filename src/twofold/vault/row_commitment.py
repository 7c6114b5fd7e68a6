"""Commit to a table row by row, show a part of it, and check the part against the root. Pure: no storage, no clock.

    salt(row, column)   HMAC-SHA256(table key, row as 8 bytes || column as 4 bytes), both big-endian, from 0
    cell commitment     SHA-256(0x00 || salt || cell), cell = 0x00 for a missing value, 0x01 || UTF-8 text otherwise
    row leaf            RFC 9162 leaf hash over the cell commitments of the row, in order of the columns
    root                RFC 9162 Merkle root over the row leaves

A shown cell comes with its salt; a withheld cell as its commitment; withheld rows as the hash of their leaf or of a
complete subtree. Every cell has a salt of its own, so what is shown says nothing about what is not: not even that two
withheld cells are equal, or that one is short. Number of rows, names and order of columns stand in the statement.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from twofold.vault.tree.merkle import HASH_SIZE, fold, grow, leaf_hash, node_hash

FORM = "twofold-rows-1"
KEY_SIZE = 32
_BLOCK = 64
"""Bytes that SHA-256 takes at a time."""
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))

Cell = str | None
"""One value as text; None is a missing value, which is not the empty text."""


class RowProofError(ValueError):
    """What is shown does not belong to the commitment; the message says which row."""


@dataclass(frozen=True, slots=True)
class RowCommitment:
    """The commitment to one table: root over its rows, their number, and the names of the columns in order."""

    root: bytes
    count: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell that is shown, with its salt."""

    value: Cell
    salt: bytes


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of which something is shown. cells: in order of the columns; bytes = commitment of a withheld cell."""

    number: int
    cells: tuple[ShownCell | bytes, ...]


@dataclass(frozen=True, slots=True)
class WithheldRows:
    """Rows [first, first + count) of which nothing is shown: a complete subtree, count a power of two."""

    first: int
    count: int
    hash: bytes


Part = ShownRow | WithheldRows


def cell_bytes(value: Cell) -> bytes:
    r"""Return the canonical bytes of a cell.

    >>> cell_bytes(None), cell_bytes(""), cell_bytes("é")
    (b'\x00', b'\x01', b'\x01\xc3\xa9')
    """
    return b"\x00" if value is None else b"\x01" + value.encode()


def cell_salt(key: bytes, row: int, column: int) -> bytes:
    """Return the salt of one cell."""
    return tuple(_salts(key, row, column + 1))[column]


def cell_commitment(salt: bytes, value: Cell) -> bytes:
    """Return what stands for a cell in its row."""
    return sha256(b"\x00" + salt + cell_bytes(value)).digest()


def commit_rows(columns: Sequence[str], rows: Iterable[Sequence[Cell]], key: bytes) -> RowCommitment:
    """Commit to the rows; `key` is 32 random bytes for this table alone. Raises ValueError for a row of other width."""
    _check_key(key)
    frontier: list[bytes] = []
    count = 0
    for row in rows:
        grow(frontier, count, _leaf(key, count, row, len(columns)))
        count += 1
    return RowCommitment(fold(frontier), count, tuple(columns))


def disclose(
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    key: bytes,
    *,
    withheld_columns: Collection[int] = (),
    withheld_rows: Collection[int] = (),
) -> Iterator[Part]:
    """Give the parts that show everything but the withheld columns and rows, in order of the rows."""
    _check_key(key)
    withheld = frozenset(withheld_rows)
    start = 0
    while start < len(rows):
        if start not in withheld:
            yield _shown(key, start, rows[start], len(columns), withheld_columns)
            start += 1
            continue
        size = 1
        while start % (size * 2) == 0 and withheld.issuperset(range(start + size, start + 2 * size)):
            size *= 2
        yield WithheldRows(start, size, _subtree(key, rows, start, size, len(columns)))
        start += size


def verify_disclosure(columns: Sequence[str], count: int, root: bytes, parts: Iterable[Part]) -> int:
    """Check that the parts are those of the committed table and leave no row out; return how many rows are shown.

    Raises RowProofError for a changed, moved, dropped or added cell, row or column.
    """
    peaks: list[tuple[int, bytes]] = []
    at = shown = 0
    for part in parts:
        first, size, digest = _digest_of(part, len(columns))
        if first != at:
            msg = f"row {at} is missing or out of order: row {first} comes next"
            raise RowProofError(msg)
        if size < 1 or size & (size - 1) or first % size or len(digest) != HASH_SIZE:
            msg = f"row {first}: the withheld rows are no complete subtree"
            raise RowProofError(msg)
        at += size
        shown += isinstance(part, ShownRow)
        peaks.append((size, digest))
        while len(peaks) > 1 and peaks[-1][0] == peaks[-2][0]:
            (size, right), (_, left) = peaks.pop(), peaks.pop()
            peaks.append((2 * size, node_hash(left, right)))
    if at != count:
        msg = f"there are {at} rows; the commitment speaks of {count}"
        raise RowProofError(msg)
    if fold([digest for _, digest in peaks]) != root:
        msg = "the rows do not lead to the committed root: a cell, a row, or the place of one was changed"
        raise RowProofError(msg)
    return shown


def _salts(key: bytes, row: int, width: int) -> Iterator[bytes]:
    """Give the salts of a row: HMAC-SHA256 written out (RFC 2104), in a third of the time that `hmac.digest` takes."""
    padded = key.ljust(_BLOCK, b"\0")
    inner, outer = padded.translate(_INNER) + row.to_bytes(8, "big"), padded.translate(_OUTER)
    return (sha256(outer + sha256(inner + column).digest()).digest() for column in _numbers(width))


@cache
def _numbers(width: int) -> tuple[bytes, ...]:
    return tuple(column.to_bytes(4, "big") for column in range(width))


def _leaf(key: bytes, number: int, row: Sequence[Cell], width: int) -> bytes:
    if len(row) != width:
        raise _width_error(number, row, width)
    # One comprehension: this is where the time of a commitment goes.
    commitments = [
        sha256(b"\x00" + salt + (b"\x00" if value is None else b"\x01" + value.encode())).digest()
        for salt, value in zip(_salts(key, number, width), row, strict=True)
    ]
    return leaf_hash(b"".join(commitments))


def _shown(key: bytes, number: int, row: Sequence[Cell], width: int, withheld: Collection[int]) -> ShownRow:
    if len(row) != width:
        raise _width_error(number, row, width)
    cells = (
        cell_commitment(salt, value) if column in withheld else ShownCell(value, salt)
        for column, (salt, value) in enumerate(zip(_salts(key, number, width), row, strict=True))
    )
    return ShownRow(number, tuple(cells))


def _subtree(key: bytes, rows: Sequence[Sequence[Cell]], start: int, size: int, width: int) -> bytes:
    frontier: list[bytes] = []
    for number in range(size):
        grow(frontier, number, _leaf(key, start + number, rows[start + number], width))
    return fold(frontier)


def _digest_of(part: Part, width: int) -> tuple[int, int, bytes]:
    if isinstance(part, WithheldRows):
        return part.first, part.count, part.hash
    if len(part.cells) != width:
        msg = f"row {part.number} has {len(part.cells)} cells under {width} columns"
        raise RowProofError(msg)
    data = b""
    for cell in part.cells:
        if len(cell if isinstance(cell, bytes) else cell.salt) != HASH_SIZE:
            msg = f"row {part.number}: a salt or commitment is not {HASH_SIZE} bytes long"
            raise RowProofError(msg)
        data += cell if isinstance(cell, bytes) else cell_commitment(cell.salt, cell.value)
    return part.number, 1, leaf_hash(data)


def _width_error(number: int, row: Sequence[Cell], width: int) -> ValueError:
    return ValueError(f"row {number} has {len(row)} cells under {width} columns")


def _check_key(key: bytes) -> None:
    if len(key) != KEY_SIZE:
        msg = f"a table key has {KEY_SIZE} bytes, not {len(key)}"
        raise ValueError(msg)
