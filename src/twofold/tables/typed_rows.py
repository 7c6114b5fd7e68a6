"""Turn the values of a `Row` into the typed cells of its canonical table, or say why that cannot be done."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from twofold.model.instant import Instant, parse_boundary, parse_instant
from twofold.tables.rows import Row, Value
from twofold.tables.schema import Column, ColumnType, Table, canonical_tables

_TRUE = {"true": True, "false": False}
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_INTEGER_LIMIT = 2**63
_SHOWN = 80
Cell = str | int | bool | datetime
"""A physical cell: times are aware UTC."""
_DIGEST = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z


class CellError(ValueError):
    """A row does not fit its table; the message names the column, what stood there and what is expected."""


@dataclass(frozen=True, slots=True)
class TypedRow:
    """A row that fits its table.

    `cells` are the physical cells that have a value; `lists` the values of list columns, sorted, each once.
    """

    table: Table
    record: str
    cells: Mapping[str, Cell]
    lists: Mapping[str, Sequence[str]]

    @property
    def digest(self) -> str:
        """SHA-256 over the row's own values."""
        return row_digest(self.table, self.cells, self.lists)


def row_digest(table: Table, cells: Mapping[str, Cell], lists: Mapping[str, Sequence[str]]) -> str:
    """Return the SHA-256 over a row's own values.

    How a time was spelled is left out, so that two connectors' copies of one row compare equal.
    """
    spelled = {f"{column.name}_text" for column in table.columns if column.type is ColumnType.INSTANT}
    own = {name: value for name, value in cells.items() if name not in spelled}
    return hashlib.sha256(orjson.dumps([own, lists], option=_DIGEST)).hexdigest()


def typed_row(row: Row, *, zone: str) -> TypedRow:
    """Fit a row to its canonical table.

    `zone` is the IANA zone of times without one ("" = unknown). Raises CellError for an unknown table or column,
    a missing required value, or a value of the wrong form.
    """
    table = canonical_tables().get(row.table)
    if table is None:
        msg = f"{row.table!r} is no canonical table"
        raise CellError(msg)
    columns = table.column_named
    cells: dict[str, Cell] = {}
    lists: dict[str, Sequence[str]] = {}
    for name, value in row.values.items():
        column = columns.get(name)
        if column is None:
            msg = f"{table.name} has no column {name}"
            raise CellError(msg)
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        try:
            _put(column, value, zone, cells, lists)
        except ValueError as error:
            msg = f"{table.name}.{name}: {error}"
            raise CellError(msg) from error
    for name in table.required:
        if name not in cells and name not in lists:
            msg = f"{table.name}.{name} is empty, and every row needs one"
            raise CellError(msg)
    return TypedRow(table, row.record, cells, lists)


def _put(column: Column, value: Value, zone: str, cells: dict[str, Cell], lists: dict[str, Sequence[str]]) -> None:
    name = column.name
    match column.type:
        case ColumnType.TEXT:
            cells[name] = value if isinstance(value, str) else str(value)
        case ColumnType.WORD:
            cells[name] = str(value).strip().lower()
        case ColumnType.INSTANT:
            moment = value if isinstance(value, Instant) else parse_instant(str(value), zone=zone)
            cells[name], cells[f"{name}_latest"], cells[f"{name}_text"] = moment.earliest, moment.latest, moment.text
        case ColumnType.LIST:
            lists[name] = _list(value)
        case ColumnType.BOUNDARY:
            cells[name] = _boundary(value, zone)
        case ColumnType.INTEGER:
            cells[name] = _integer(value)
        case ColumnType.BOOLEAN:
            cells[name] = _boolean(value)


def _boundary(value: Value, zone: str) -> datetime:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            msg = f"{value} has no zone"  # the machine's own zone must never decide
            raise ValueError(msg)
        return value.astimezone(UTC)
    if isinstance(value, Instant):
        return value.earliest
    return parse_boundary(str(value), zone=zone or "UTC")


def _integer(value: Value) -> int:
    text = str(value).strip()
    if not _INTEGER.fullmatch(text) or abs(int(text)) >= _INTEGER_LIMIT:
        msg = f"{text[:_SHOWN]!r} is no whole number of at most 64 bits"
        raise ValueError(msg)
    return int(text)


def _boolean(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    try:
        return _TRUE[str(value).strip().lower()]
    except KeyError as error:
        msg = f"{str(value)[:_SHOWN]!r} is neither true nor false"
        raise ValueError(msg) from error


def _list(value: Value) -> list[str]:
    parts = value if isinstance(value, list) else str(value).split(";")
    return sorted({part.strip() for part in parts if part.strip()})
