"""Hours that a change brings, from the company's own figures: what is counted times what the company says it takes.

Nothing is invented: a figure that the company has not given is named as missing, and its line has no hours.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

from twofold.catalog.catalog import Catalog
from twofold.jobs.what_if.states import Computed
from twofold.populations.samples.profiles import profile_sizes
from twofold.reports.what_if import ControlGained, HourLine, Hours, ItemChange, OwnerMissing, PopulationMoved, Reuse
from twofold.scope import what_if
from twofold.tables.schema import canonical_tables
from twofold.tables.store import TableSet, open_session

_LINES_FILE = Path(what_if.__file__).with_name("hours.toml")
_TABLE = "cost_figure"
_PROFILE = "common"
_IN_MINUTES = {"minutes": 1, "hours": 60}
Figures = Mapping[tuple[str, str], tuple[Decimal, Decimal, Decimal]]
"""(figure, what it applies to) -> minutes: low, likely, high."""


@dataclass(frozen=True, slots=True)
class _Line:
    figure: str
    counts: str
    title: str
    source: str
    as_of: date


@dataclass(frozen=True, slots=True)
class Brings:
    """What a change brings, as far as hours depend on it."""

    items: tuple[ItemChange, ...]
    populations: tuple[PopulationMoved, ...]
    controls: tuple[ControlGained, ...]
    owners: tuple[OwnerMissing, ...]
    reuse: tuple[Reuse, ...]


def hours(catalog: Catalog, computed: Computed, brings: Brings) -> Hours:
    """Return the hours of everything that can be counted and has a figure."""
    figures = _figures(computed)
    counted = _counted(catalog, computed, brings)
    lines: list[HourLine] = []
    missing: list[str] = []
    for line in _lines():
        for control, count in sorted(counted.get(line.counts, Counter()).items()):
            found = _figure(figures, line.figure, control, catalog)
            if found is None:
                missing.append(line.figure)
                continue
            name, minutes = found
            low, likely, high = (float(each * count / 60) for each in minutes)
            lines.append(HourLine(line.title, control, count, name, low, likely, high, line.source, line.as_of))
    return Hours(tuple(lines), tuple(dict.fromkeys(missing)))


@cache
def _lines() -> tuple[_Line, ...]:
    raw = tomllib.loads(_LINES_FILE.read_text(encoding="utf-8"))
    return tuple(_Line(**each) for each in raw["line"])


def _figures(computed: Computed) -> Figures:
    """Read the company's figures from its evidence; {} where it gave none."""
    if _TABLE not in canonical_tables():
        return {}
    with open_session(TableSet(computed.after.tables, {}), wanted={_TABLE}) as session:
        rows = session.execute(
            "SELECT figure, applies_to, low, likely, high, unit FROM cost_figure WHERE NOT conflicted ORDER BY ALL"
        ).fetchall()
    found = {}
    for figure, applies_to, *values, unit in rows:
        try:
            low, likely, high = (Decimal(value) * _IN_MINUTES[unit] for value in values)
        except (InvalidOperation, KeyError):
            continue  # no figure in minutes or hours
        found[(figure, applies_to or "")] = (low, likely, high)
    return found


def _figure(
    figures: Figures, figure: str, control: str, catalog: Catalog
) -> tuple[str, tuple[Decimal, Decimal, Decimal]] | None:
    """Return the figure for a control: its own, else that of its frequency, else the general one."""
    known = {str(each): entry.frequency.value for each, entry in catalog.controls.items()}
    for applies_to in (control, known.get(control, ""), ""):
        if (figure, applies_to) in figures:
            return (f"{figure} of {applies_to}" if applies_to else figure), figures[(figure, applies_to)]
    return None


def _counted(catalog: Catalog, computed: Computed, brings: Brings) -> dict[str, Counter[str]]:
    """Return what is counted -> control -> how many."""
    counted: dict[str, Counter[str]] = {}
    for kind, control, count in (*_items(computed, brings), *_occurrences(catalog, brings), *_once(brings)):
        counted.setdefault(kind, Counter())[control] += count
    return counted


def _items(computed: Computed, brings: Brings) -> Iterator[tuple[str, str, int]]:
    """Yield the items that an auditor would choose of those gained: per engagement and control, by the usual range."""
    items = [each for each in brings.items if each.change == "gained"]
    gained = Counter((each.engagement, each.control_id, each.control_test) for each in items)
    for (_, control, test), count in gained.items():
        size = next(each.range for each in profile_sizes(occurrences=count) if each.profile.name == _PROFILE)
        sources = {computed.pieces[each].provenance.source for each in computed.after.evidence.get(test, ())}
        kind = "items_by_hand" if sources <= {"csvtable"} else "items_by_connector"
        yield kind, control, min(count, size.high if size else count)


def _occurrences(catalog: Catalog, brings: Brings) -> Iterator[tuple[str, str, int]]:
    """Yield the items that come into being, as due reviews do; an item that was there is performed already."""
    for moved in brings.populations:
        tests = set(moved.control_tests)
        controls = [each.control_id for each in catalog.controls.values() if tests & set(map(str, each.control_tests))]
        if moved.gained and controls:
            yield "occurrences", str(controls[0]), len(moved.gained)


def _once(brings: Brings) -> Iterator[tuple[str, str, int]]:
    for control in brings.controls:
        if control.gained:
            yield "controls", control.control_id, 1
            if control.lens == "sox":
                yield "sox_controls", control.control_id, 1
    for name in sorted({each.control_id for each in brings.owners if each.control_id}):
        yield "controls_without_owner", name, 1
    missing = {table for each in brings.reuse for table, _ in each.missing}
    if missing:
        yield "exports", "", len(missing)
