"""Where two runs of one control test differ: items that are new or gone, and attributes that came out otherwise.

It compares outcome files and says nothing of causes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from twofold.model.session import sql_session
from twofold.model.sql_path import one_file

Codes = Mapping[str, str]
"""Attribute letter -> reason code."""


@dataclass(frozen=True, slots=True)
class ItemDifference:
    """One item: its codes before and now; None where the population did not hold it."""

    item: str
    system: str
    before: Codes | None
    now: Codes | None

    @property
    def letters(self) -> tuple[str, ...]:
        """The attributes that came out otherwise; all of them for an item that is new or gone."""
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
    with sql_session() as session:
        letters = [_letters(session, file) for file in (older, newer)]
        before, now = (_codes(session, file, each) for file, each in zip((older, newer), letters, strict=True))
    differing = [
        ItemDifference(item, system, before.get(item, (None, None))[1], now.get(item, (None, None))[1])
        for item, system in sorted({item: system for item, (system, _) in {**before, **now}.items()}.items())
        if before.get(item) != now.get(item)
    ]
    return RunDifference(
        same=len({*before, *now}) - len(differing),
        new=tuple(each for each in differing if each.before is None),
        gone=tuple(each for each in differing if each.now is None),
        changed=tuple(each for each in differing if each.before is not None and each.now is not None),
    )


def outcome_codes(file: Path) -> dict[str, Codes]:
    """Return item -> letter -> reason code of an outcome file."""
    with sql_session() as session:
        return {item: codes for item, (_, codes) in _codes(session, file, _letters(session, file)).items()}


def _letters(session: duckdb.DuckDBPyConnection, file: Path) -> list[str]:
    described = session.execute("DESCRIBE SELECT * FROM read_parquet(?)", [one_file(file)]).fetchall()
    return [str(name) for name, *_ in described if len(str(name)) == 1]


def _codes(
    session: duckdb.DuckDBPyConnection, file: Path, letters: Sequence[str]
) -> dict[str, tuple[str, dict[str, str]]]:
    chosen = ", ".join(["item", "system", *letters])
    rows = session.execute(f"SELECT {chosen} FROM read_parquet(?)", [one_file(file)]).fetchall()  # noqa: S608  letters of a rule
    return {item: (system, dict(zip(letters, codes, strict=True))) for item, system, *codes in rows}
