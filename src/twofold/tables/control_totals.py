"""Sums over the records of an export, beside the totals that its source showed.

Source: audit-domain 2.7 (IPE: row count, control totals, hash) and 4.0, *Completeness per population*. A field is that
of the source's own records: a column of CSV, or a member of JSON objects, with a dot for each step down
(`price.amount`). Sums are exact: every number is taken as the file writes it, in decimals.
"""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from pathlib import Path
from typing import Any

from twofold.model.problem import UserError
from twofold.tables.csv_records import read_csv
from twofold.tables.json_records import read_records
from twofold.tables.rows import SetAside

_NUMBER = re.compile(r"[+-]?[0-9]{1,60}(?:\.[0-9]{1,60})?(?:[eE][+-]?[0-9]{1,2})?")
_EXACT = Context(prec=400, traps=[Inexact])
"""Digits enough for every sum of such numbers; a sum that would have to be rounded is a fault of the program."""
_LIST = re.compile(r"#((?:/[A-Za-z_.]+)+)/[0-9]+$")
_JSON_STARTS = (b"{", b"[", b"\x1f\x8b")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """What the source said of the sum of a field, and the sum over the records that were read, as decimals.

    `read` is "" where there is no sum; `fault` then says why.
    """

    field: str
    stated: str
    read: str
    agrees: bool
    fault: str = ""

    @property
    def words(self) -> str:
        """Return what was found as part of a sentence."""
        return f"{self.fault or f'{self.read} in the records read'}, the source said {self.stated}"


def control_totals(path: Path, stated: Mapping[str, str], *, records: Collection[str]) -> tuple[ControlTotal, ...]:
    """Sum each stated field over these records of a captured file, given by their places (`line 34`, `#/12`).

    A field that no record has, one that holds no number, and a record without fields are faults of the total. An empty
    cell, null and a member that a record lacks add nothing. Without a stated total nothing is read again.
    """
    if not stated:
        return ()
    try:
        held = dict(_records(path, records))
    except UserError as error:
        fault = "; ".join(problem.found for problem in error.problems)
        return tuple(ControlTotal(field, said, "", agrees=False, fault=fault) for field, said in sorted(stated.items()))
    return tuple(_total(field, total, held, records) for field, total in sorted(stated.items()))


def _total(field: str, stated: str, held: Mapping[str, Mapping[str, Any]], records: Collection[str]) -> ControlTotal:
    try:
        read = _sum(field, held, records)
    except ValueError as error:
        return ControlTotal(field, stated, "", agrees=False, fault=str(error))
    return ControlTotal(field, stated, f"{read:f}", agrees=read == Decimal(stated))


def _sum(field: str, held: Mapping[str, Mapping[str, Any]], records: Collection[str]) -> Decimal:
    """Return the exact sum; raises ValueError that says where there is none."""
    read, known = Decimal(0), not records
    for place in sorted(records):
        if place not in held:
            msg = f"{place} has no fields"
            raise ValueError(msg)
        found, value = _member(held[place], field)
        known = known or found
        if value is None or value == "":
            continue
        if not _NUMBER.fullmatch(str(value)):
            msg = f"{place}: {field} holds {str(value)[:_SHOWN]!r}, which is no number such as 1234.50"
            raise ValueError(msg)
        read = _EXACT.add(read, Decimal(str(value)))
    if not known:
        names = sorted({name for record in held.values() for name in record})
        near = difflib.get_close_matches(field, names, 1)
        meant = f" (did you mean {near[0]!r}?)" if near else ""
        msg = f"no record has the field {field!r}{meant}"
        raise ValueError(msg)
    return read


def _member(record: Mapping[str, Any], field: str) -> tuple[bool, Any]:
    """Return whether the record has the field, and its value; the whole name goes before one with steps down."""
    if field in record:
        return True, record[field]
    found: Any = record
    for step in field.split("."):
        if not isinstance(found, Mapping) or step not in found:
            return False, None
        found = found[step]
    return True, found


def _records(path: Path, places: Collection[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each record that stands at one of the places, numbers as the file writes them; raises UserError."""
    if not places:
        return
    with path.open("rb") as stream:
        is_json = stream.read(1024).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_JSON_STARTS)
    # Where a list stands inside an object is known from the places, which the source's own reader gave.
    lists = sorted({match[1][1:].replace("/", ".") for place in places if (match := _LIST.search(place))})
    read = read_records(path, list_keys=lists, exact=True) if is_json else read_csv(path, required=())
    for found in read:
        if not isinstance(found, SetAside) and found[0] in places:
            yield found
