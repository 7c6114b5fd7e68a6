"""Where two runs of one control test differ: items that are new or gone, and attributes that came out otherwise.

The system and the operating date of an item decide under which lens it counts, so they are compared like attributes.
It compares outcome files and says nothing of causes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from twofold.model.session import sql_session
from twofold.model.sql_path import one_file

Codes = Mapping[str, str]
"""Attribute letter -> reason code; `system` and `operating_at` -> what they are."""

_PLACE = ("system", "operating_at")


@dataclass(frozen=True, slots=True)
class ItemDifference:
    """One item: its codes before and now; None where the population did not hold it."""

    item: str
    system: str
    before: Codes | None
    now: Codes | None

    @property
    def letters(self) -> tuple[str, ...]:
        """What came out otherwise: attributes, system, operating date; every attribute of an item new or gone."""
        before, now = self.before or {}, self.now or {}
        return tuple(letter for letter in sorted({*before, *now}) if before.get(letter) != now.get(letter))


@dataclass(frozen=True, slots=True)
class RunDifference:
    """Counts of items, and the items that differ, by id. same + new + gone + changed covers both populations."""

    same: int
    new: tuple[ItemDifference, ...]
    gone: tuple[ItemDifference, ...]
    changed: tuple[ItemDifference, ...]

    @property
    def items(self) -> tuple[ItemDifference, ...]:
        """Every item that differs, by id."""
        return tuple(sorted((*self.new, *self.gone, *self.changed), key=lambda each: each.item))


def run_difference(older: Path, newer: Path) -> RunDifference:
    """Compare two outcome files; the attributes may differ, too."""
    before, now = outcome_codes(older), outcome_codes(newer)
    items = sorted({*before, *now})
    differing = [_item(item, before.get(item), now.get(item)) for item in items if before.get(item) != now.get(item)]
    return RunDifference(
        same=len(items) - len(differing),
        new=tuple(each for each in differing if each.before is None),
        gone=tuple(each for each in differing if each.now is None),
        changed=tuple(each for each in differing if each.before is not None and each.now is not None),
    )


def _item(item: str, before: Codes | None, now: Codes | None) -> ItemDifference:
    """Leave out the system and the operating date where they are the same, or the item is new or gone."""
    moved = {name for name in _PLACE if before and now and before[name] != now[name]}
    shown = [
        None if codes is None else {name: code for name, code in codes.items() if name not in _PLACE or name in moved}
        for codes in (before, now)
    ]
    return ItemDifference(item, (now or before or {})["system"], *shown)


def outcome_codes(file: Path) -> dict[str, Codes]:
    """Return item -> letter -> reason code of an outcome file, with the item's system and operating date."""
    with sql_session() as session:
        letters = _letters(session, file)
        chosen = ", ".join(["item", *letters])
        rows = session.execute(
            f"""
            SELECT coalesce(system, '-'), coalesce(CAST(operating_at AS VARCHAR), 'unknown')
                || CASE WHEN operating_at_latest > operating_at THEN ' to ' || operating_at_latest ELSE '' END, {chosen}
            FROM read_parquet(?)
            """,  # noqa: S608  letters of a rule
            [one_file(file)],
        ).fetchall()
    return {
        item: dict(zip((*_PLACE, *letters), (system, operating, *codes), strict=True))
        for system, operating, item, *codes in rows
    }


def _letters(session: duckdb.DuckDBPyConnection, file: Path) -> list[str]:
    described = session.execute("DESCRIBE SELECT * FROM read_parquet(?)", [one_file(file)]).fetchall()
    return [str(name) for name, *_ in described if len(str(name)) == 1]
