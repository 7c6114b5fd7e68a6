"""Check what a redacted package shows of a table: it belongs to the commitment in the log, and no row was dropped."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from twofold.reports.bag import DATA
from twofold.reports.redacted_data import FORM, WITHHELD_FILE
from twofold.reports.rows_as_text import csv_line
from twofold.reports.rows_files import ROWS, csv_rows, read_rows
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.row_commitment import verify_disclosure
from twofold.vault.table_keys import committed_table

_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OSError)


@dataclass(frozen=True, slots=True)
class WithheldTables:
    """What withheld.json says. tables: SHA-256 of each table of which a part is shown. left_out: places below data/."""

    tables: frozenset[str]
    left_out: frozenset[str]


def withheld_tables(bag: Path) -> WithheldTables:
    """Read withheld.json; nothing is withheld without it. Raises ValueError, KeyError or TypeError for another form."""
    path = bag / DATA / WITHHELD_FILE
    if not path.is_file():
        return WithheldTables(frozenset(), frozenset())
    body = orjson.loads(path.read_bytes())
    if body["form"] != FORM:
        msg = f"it has the form {body['form']!r}, not {FORM}"
        raise ValueError(msg)
    return WithheldTables(frozenset(each["sha256"] for each in body["tables"]), frozenset(body["left_out"]))


def check_rows(bag: Path, records: Mapping[int, Entry]) -> list[str]:
    """Say what is wrong with the shown parts of tables; `records` are the log's entries in the package, by index."""
    try:
        withheld = withheld_tables(bag)
    except _UNREADABLE as error:
        return [f"{DATA}/{WITHHELD_FILE}: it cannot be read: {error}"]
    present = {path.name for path in (bag / DATA / ROWS).glob("*")}
    expected = {f"{sha256}.{kind}" for sha256 in withheld.tables for kind in ("jsonl", "csv")}
    faults = [f"{DATA}/{ROWS}/{name}: {WITHHELD_FILE} does not speak of it" for name in sorted(present - expected)]
    faults += [f"{DATA}/{ROWS}/{name}: it is missing" for name in sorted(expected - present)]
    faults += [
        f"{DATA}/{place}: it is said to be left out, and is here"
        for place in sorted(withheld.left_out)
        if (bag / DATA / place).exists()
    ]
    for sha256 in sorted(withheld.tables):
        if {f"{sha256}.jsonl", f"{sha256}.csv"} <= present:
            faults += _faults(bag, sha256, records)
    return faults


def _faults(bag: Path, sha256: str, records: Mapping[int, Entry]) -> Iterator[str]:
    place = f"{DATA}/{ROWS}/{sha256}.jsonl"
    try:
        with (bag / place).open("rb") as lines:
            index, stream = read_rows(lines)
            parts = list(stream)
        entry = records.get(index)
        if entry is None or entry.kind != EntryKind.ROW_COMMITMENT:
            yield f"{place}: entry {index} of the log is no row commitment in this package"
            return
        table = committed_table(entry)
        if table.sha256 != sha256:
            yield f"{place}: entry {index} commits to another file"
            return
        verify_disclosure(table.columns, table.rows, table.root, parts)
    except _UNREADABLE as error:
        yield f"{place}: {error}"
        return
    shown = "".join(csv_line(row) for row in csv_rows(table.columns, parts)).encode()
    if (bag / place).with_suffix(".csv").read_bytes() != shown:
        yield f"{place.replace('.jsonl', '.csv')}: it shows other rows than the file that is checked"
