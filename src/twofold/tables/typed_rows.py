"""Turn the values of a `Row` into the typed cells of its canonical table, or say why that cannot be done."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

from twofold.model.instant import Instant, parse_boundary, parse_instant
from twofold.tables.rows import Value
from twofold.tables.schema import Column, ColumnType, Table

_TRUE = {"true": True, "false": False}
_INTEGER_LIMIT = 2**63
Cell = str | int | bool | datetime | None
"""A physical cell: times are aware UTC."""


class CellError(ValueError):
    """A row does not fit its table; the message names the column, what stood there and what is expected."""


def typed_row(table: Table, values: Mapping[str, Value], *, zone: str) -> tuple[dict[str, Cell], dict[str, list[str]]]:
    """Return the physical cells of the row and the values of its list columns.

    `zone` is the IANA zone of times without one ("" = unknown). Raises CellError for an unknown column,
    a missing required value, or a value of the wrong form.
    """
    columns = table.column_named
    if unknown := sorted(set(values) - set(columns)):
        msg = f"{table.name} has no column {', '.join(unknown)}"
        raise CellError(msg)
    cells: dict[str, Cell] = {}
    lists: dict[str, list[str]] = {}
    for column in table.columns:
        value = values.get(column.name)
        if isinstance(value, str) and not value.strip():
            value = None
        if value is None and column.required:
            msg = f"{table.name}.{column.name} is empty"
            raise CellError(msg)
        try:
            if column.type is ColumnType.LIST:
                lists[column.name] = _list(value)
            else:
                cells.update(_cells(column, value, zone))
        except ValueError as error:
            msg = f"{table.name}.{column.name}: {error}"
            raise CellError(msg) from error
    return cells, lists


def row_digest(cells: Mapping[str, Cell], lists: Mapping[str, list[str]]) -> str:
    """SHA-256 over the canonical JSON of a row's own values, so that two connectors' copies compare equal."""
    own = {name: value for name, value in cells.items() if not name.endswith("_text")}
    return hashlib.sha256(orjson.dumps([own, lists], option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)).hexdigest()


def _cells(column: Column, value: Value, zone: str) -> dict[str, Cell]:
    name = column.name
    match column.type:
        case ColumnType.INSTANT:
            if value is None:
                return {name: None, f"{name}_latest": None, f"{name}_text": None}
            moment = value if isinstance(value, Instant) else parse_instant(str(value), zone=zone)
            return {name: moment.earliest, f"{name}_latest": moment.latest, f"{name}_text": moment.text}
        case ColumnType.BOUNDARY:
            return {name: _boundary(value, zone)}
        case ColumnType.INTEGER:
            return {name: _integer(value)}
        case ColumnType.BOOLEAN:
            return {name: _boolean(value)}
        case _:
            return {name: None if value is None else str(value)}


def _boundary(value: Value, zone: str) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, Instant):
        return value.earliest
    return parse_boundary(str(value), zone=zone or "UTC")


def _integer(value: Value) -> int | None:
    if value is None:
        return None
    number = int(str(value))
    if abs(number) >= _INTEGER_LIMIT:
        msg = f"{number} does not fit 64 bits"
        raise ValueError(msg)
    return number


def _boolean(value: Value) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    try:
        return _TRUE[str(value).strip().lower()]
    except KeyError as error:
        msg = f"{value!r} is neither true nor false"
        raise ValueError(msg) from error


def _list(value: Value) -> list[str]:
    if value is None:
        return []
    parts = value if isinstance(value, list) else str(value).split(";")
    return sorted({part.strip() for part in parts if part.strip()})
