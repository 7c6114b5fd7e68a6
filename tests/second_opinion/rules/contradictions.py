"""Random records that contradict another one: the same key, one other value."""

import random  # noqa: TID251  every contradiction is made from the seed of its batch
from collections.abc import Sequence
from datetime import datetime, timedelta

from twofold.model.instant import Instant
from twofold.tables.rows import Row, Value
from twofold.tables.schema import Column, ColumnType, canonical_tables
from twofold.tables.typed_rows import CellError, typed_row

_TRIES = 20
_STEPS = (timedelta(seconds=1), timedelta(hours=1), timedelta(days=1), timedelta(days=3), timedelta(days=20))


def contradicted(rows: Sequence[Row], draw: random.Random) -> tuple[Row, Row] | None:
    """Return one of the rows of a world and another row with its key; None where no such row was found.

    Every table is drawn as often as any other. None, too, where the world has a contradiction already, since two may
    hide each other.
    """
    if len({(row.table, repr(_key(row))) for row in rows}) < len(rows):
        return None
    table = draw.choice(sorted({row.table for row in rows}))
    candidates = [row for row in rows if row.table == table]
    row = draw.choice(candidates)
    columns = [each for each in canonical_tables()[table].columns if each.name not in canonical_tables()[table].key]
    for _ in range(_TRIES if columns else 0):
        column = draw.choice(columns)
        said = [found for each in candidates if (found := each.values.get(column.name))]
        other = Row(
            table, "other", {**row.values, column.name: _other(column, row.values.get(column.name), said, draw)}
        )
        if _fits(other) and typed_row(other, zone="UTC").digest != typed_row(row, zone="UTC").digest:
            return row, other
    return None


def _key(row: Row) -> list[Value]:
    return [row.values.get(name) for name in canonical_tables()[row.table].key]


def _fits(row: Row) -> bool:
    try:
        typed_row(row, zone="UTC")
    except CellError:
        return False
    return True


def _other(column: Column, value: Value, said: Sequence[Value], draw: random.Random) -> Value:
    """Return another value for a column: none, one moved a little, or one that a neighbour in the world has."""
    if not column.required and draw.random() < 1 / 5:
        return None
    match value:
        case bool():
            return not value
        case int():
            return value + draw.choice((-10, -1, 1, 10))
        case Instant() if draw.random() < 2 / 3:
            step = draw.choice(_STEPS) * draw.choice((1, -1))
            return Instant(value.earliest + step, value.latest + step, value.text)
        case datetime() if draw.random() < 2 / 3:
            return value + draw.choice(_STEPS) * draw.choice((1, -1))
        case list():
            return value[1:]
    if column.type is ColumnType.BOOLEAN:
        return draw.choice((True, False))
    return draw.choice(said) if said else None
