"""The answer key: what was planted and what a right line must say about it.

Each fault writes its own lines here at the moment it changes the data. No rule of Twofold is
run to make the key, and no module of the line is imported. Items without a line are clean.
"""

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from twofold.jobs.demonstration.systems import in_scope
from twofold.jobs.demonstration.timeline import in_period

LENSES = ("soc2", "sox")
SILENT_ON = frozenset({("T-13", "B"), ("T-13", "C")})
"""What people say in Twofold after a finding; no export holds it and no lens asks for it, so the key is silent."""
_PRECEDENCE = ("EXCEPTION", "CANNOT_TEST", "PASS", "NOT_APPLICABLE")


@dataclass(frozen=True, slots=True, order=True)
class KeyLine:
    """One attribute of one item that is not a plain pass. `lenses` are those that ask for the attribute."""

    control_test: str
    item: str
    attribute: str
    outcome: str
    reason: str
    why: str
    lenses: tuple[str, ...] = LENSES


@dataclass(frozen=True, slots=True)
class KeyItem:
    """An item of a population: the systems it touches and the moment that decides its period."""

    control_test: str
    item: str
    systems: tuple[str, ...]
    operating_at: datetime


@dataclass
class AnswerKey:
    """All items and all lines that are not a plain pass."""

    items: dict[tuple[str, str], KeyItem] = field(default_factory=dict)
    lines: list[KeyLine] = field(default_factory=list)
    not_applicable: set[tuple[str, str]] = field(default_factory=set)
    uncounted: set[str] = field(default_factory=set)
    """Control tests of whose population only the faulty items are named; there are no totals of them."""

    def item(self, control_test: str, item: str, systems: str | Iterable[str], operating_at: datetime) -> None:
        """Count an item of the population of a control test."""
        named = (systems,) if isinstance(systems, str) else tuple(systems)
        self.items[control_test, item] = KeyItem(control_test, item, named, operating_at)

    def exception(
        self, where: tuple[str, str, str], reason: str, why: str, *, lenses: tuple[str, ...] = LENSES
    ) -> None:
        """Record a planted exception at (control test, item, attribute)."""
        self.lines.append(KeyLine(*where, "EXCEPTION", reason, why, lenses))

    def name(self, named: KeyItem) -> None:
        """Name an item of a population that is not counted here."""
        self.uncounted.add(named.control_test)
        self.items[named.control_test, named.item] = named

    def plant(
        self,
        named: KeyItem,
        reasons: Mapping[str, str],
        why: str,
        *,
        lenses: tuple[str, ...] = LENSES,
    ) -> None:
        """Record exceptions, attribute -> reason, of such an item."""
        self.name(named)
        for attribute, reason in reasons.items():
            self.exception((named.control_test, named.item, attribute), reason, why, lenses=lenses)

    def cannot_test(
        self, where: tuple[str, str, str], reason: str, why: str, *, lenses: tuple[str, ...] = LENSES
    ) -> None:
        """Record planted evidence that cannot decide the attribute."""
        self.lines.append(KeyLine(*where, "CANNOT_TEST", reason, why, lenses))

    def excuse(self, control_test: str, item: str, attributes: Collection[str], reason: str, why: str) -> None:
        """Record an item that the control does not ask for: every attribute is not applicable."""
        self.not_applicable.add((control_test, item))
        self.lines += [KeyLine(control_test, item, letter, "NOT_APPLICABLE", reason, why) for letter in attributes]

    def verdict(self, control_test: str, item: str, lens: str) -> str:
        """Return what the lens must say about the item, from scope, period and the planted lines."""
        known = self.items[control_test, item]
        if not any(in_scope(system, lens, known.operating_at) for system in known.systems):
            return "NOT_APPLICABLE"
        if not in_period(lens, known.operating_at):
            return "NOT_APPLICABLE"
        if (control_test, item) in self.not_applicable:
            return "NOT_APPLICABLE"
        found = {line.outcome for line in self.lines_of(control_test, item) if lens in line.lenses}
        return next((outcome for outcome in _PRECEDENCE[:2] if outcome in found), "PASS")

    def lines_of(self, control_test: str, item: str) -> list[KeyLine]:
        """Return the lines of one item."""
        return [line for line in self.lines if (line.control_test, line.item) == (control_test, item)]

    def totals(self) -> Iterator[tuple[str, str, int, dict[str, int]]]:
        """Yield control test, lens, population size and the count of each verdict."""
        faulty = {(line.control_test, line.item) for line in self.lines}
        for test in sorted({test for test, _ in self.items} - self.uncounted):
            for lens in LENSES:
                counts = dict.fromkeys(_PRECEDENCE, 0)
                keys = [key for key in self.items if key[0] == test]
                for key in keys:
                    counts[self.verdict(*key, lens) if key in faulty else self._clean(self.items[key], lens)] += 1
                yield test, lens, len(keys), counts

    @staticmethod
    def _clean(item: KeyItem, lens: str) -> str:
        inside = any(in_scope(system, lens, item.operating_at) for system in item.systems)
        return "PASS" if inside and in_period(lens, item.operating_at) else "NOT_APPLICABLE"

    def write(self, folder: Path) -> None:
        """Write answer_key.csv, answer_key_verdicts.csv and answer_key_totals.csv."""
        lines = sorted(self.lines)
        _write_csv(
            folder / "answer_key.csv",
            ("control_test", "item", "attribute", "outcome", "reason", "lenses", "why"),
            [(x.control_test, x.item, x.attribute, x.outcome, x.reason, ";".join(x.lenses), x.why) for x in lines],
        )
        faulty = sorted({(line.control_test, line.item) for line in lines})
        _write_csv(
            folder / "answer_key_verdicts.csv",
            ("control_test", "item", "soc2", "sox"),
            [(*key, self.verdict(*key, "soc2"), self.verdict(*key, "sox")) for key in faulty],
        )
        _write_csv(
            folder / "answer_key_totals.csv",
            ("control_test", "lens", "population", "pass", "exception", "cannot_test", "not_applicable"),
            [
                (test, lens, size, c["PASS"], c["EXCEPTION"], c["CANNOT_TEST"], c["NOT_APPLICABLE"])
                for test, lens, size, c in self.totals()
            ],
        )


def write_stops(folder: Path, stops: Iterable[tuple[str, str, str]]) -> None:
    """Write answer_key_stops.csv: populations whose test must stop, the code of the check, why."""
    _write_csv(folder / "answer_key_stops.csv", ("population", "check", "why"), sorted(stops))


def _write_csv(path: Path, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
