"""The figures that the company gave, read and checked; the register of those that an estimate can use (figures.toml).

A figure may stand for everything (`applies_to` empty) or for one control, frequency, engagement or tool; the closest
one wins. What nobody gave stays missing: it is named, with what it would be multiplied by.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType

from twofold.engagement.cost.quantities import CURRENCY, Range, parse_decimal
from twofold.model.problem import Problem

FIGURES_FILE = Path(__file__).with_name("figures.toml")
PUBLISHED_FILE = Path(__file__).with_name("published.toml")


class Form(StrEnum):
    """What kind of number a figure is."""

    MINUTES = "minutes"
    HOURS = "hours"
    WEEKS = "weeks"
    MONEY = "money"
    MONEY_PER_HOUR = "money_per_hour"
    MONEY_PER_YEAR = "money_per_year"


_AFTER_CURRENCY = {Form.MONEY: "", Form.MONEY_PER_HOUR: " per hour", Form.MONEY_PER_YEAR: " per year"}


@dataclass(frozen=True, slots=True)
class FigureKind:
    """One figure of the register: what it means, and what `applies_to` may name."""

    name: str
    form: Form
    per: tuple[str, ...]
    about: str

    @property
    def unit(self) -> str:
        """The unit as a row writes it, with CUR for a currency."""
        return f"CUR{_AFTER_CURRENCY[self.form]}" if self.form in _AFTER_CURRENCY else str(self.form)

    def currency_of(self, unit: str) -> str | None:
        """Return the currency of a unit, "" where the figure is no money, None where the unit does not fit."""
        after = _AFTER_CURRENCY.get(self.form)
        if after is None:
            return "" if unit == self.form else None
        currency = unit.removesuffix(after) if unit.endswith(after) else ""
        return currency if CURRENCY.fullmatch(currency) else None


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One row of cost_figure as text; `where` names evidence and record, or the file and its line."""

    figure: str
    applies_to: str
    low: str
    likely: str
    high: str
    unit: str
    origin: str
    as_of: str
    where: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `currency` is "" for time. `published`: it is a page's range and not the company's own."""

    name: str
    applies_to: str
    value: Range
    unit: str
    currency: str
    origin: str
    as_of: date
    where: str
    published: bool = False

    @property
    def key(self) -> str:
        """How the figure is named in a table: `hourly_rate`, or `minutes_perform of AC-05`."""
        return f"{self.name} of {self.applies_to}" if self.applies_to else self.name


@dataclass(frozen=True, slots=True)
class PublishedRange:
    """What one page says of audit prices. kinds: engagements it may stand for; () = orientation only."""

    name: str
    publisher: str
    says: str
    kinds: tuple[str, ...]
    value: Range
    currency: str
    source: str
    as_of: date
    open: bool


@cache
def figure_kinds() -> Mapping[str, FigureKind]:
    """Return every figure of the register by name."""
    raw = tomllib.loads(FIGURES_FILE.read_text(encoding="utf-8"))
    return MappingProxyType(
        {name: FigureKind(name, Form(body["form"]), tuple(body["per"]), body["about"]) for name, body in raw.items()}
    )


@cache
def published_ranges() -> Mapping[str, PublishedRange]:
    """Return every published range by name. Where a page gives no likely value, the middle of its ends stands in."""
    raw = tomllib.loads(PUBLISHED_FILE.read_text(encoding="utf-8"))
    found = {}
    for name, body in raw.items():
        low, high = parse_decimal(body["low"]), parse_decimal(body["high"])
        value = Range(low, parse_decimal(body["likely"]), high) if "likely" in body else Range.between(low, high)
        found[name] = PublishedRange(
            name=name,
            publisher=body["publisher"],
            says=body["says"],
            kinds=tuple(body["kinds"]),
            value=value,
            currency=body["currency"],
            source=body["source"],
            as_of=date.fromisoformat(body["as_of"]),
            open=body.get("open", False),
        )
    return MappingProxyType(found)


class Figures:
    """All figures in force, looked up by name and by what they should apply to."""

    def __init__(self, figures: Iterable[Figure]) -> None:
        self._by_key = {(each.name, each.applies_to): each for each in figures}

    def __iter__(self) -> Iterator[Figure]:
        return iter(self._by_key[key] for key in sorted(self._by_key))

    def named(self, name: str) -> list[Figure]:
        """Return every figure of a name, in order."""
        return [each for each in self if each.name == name]

    def closest(self, name: str, applies_to: Sequence[str]) -> Figure | None:
        """Return the figure for the first of `applies_to` that has one, else the general one, else None."""
        for each in (*applies_to, ""):
            if (name, each) in self._by_key:
                return self._by_key[name, each]
        return None


def read_figures(
    rows: Iterable[FigureRow], *, known: Mapping[str, frozenset[str]]
) -> tuple[list[Figure], list[Problem]]:
    """Return the figures of the rows that fit, and every problem of those that do not.

    known: what `per` may name, for example `control` -> ids. A row may fit no more because the scope changed since.
    """
    problems: list[Problem] = []
    found: dict[tuple[str, str], Figure] = {}
    for row in rows:
        wrong = [*_problems(row, known)]
        if (row.figure, row.applies_to) in found:
            wrong.append(Problem(row.where, f"{row.figure} {row.applies_to} stands twice", "each figure once"))
        problems += wrong
        if not wrong:
            found[row.figure, row.applies_to] = _figure(row)
    return list(found.values()), problems


def _figure(row: FigureRow) -> Figure:
    return Figure(
        name=row.figure,
        applies_to=row.applies_to,
        value=Range(*(parse_decimal(text) for text in (row.low, row.likely, row.high))),
        unit=row.unit,
        currency=figure_kinds()[row.figure].currency_of(row.unit) or "",
        origin=row.origin,
        as_of=date.fromisoformat(row.as_of),
        where=row.where,
    )


def _problems(row: FigureRow, known: Mapping[str, frozenset[str]]) -> Iterator[Problem]:
    kind = figure_kinds().get(row.figure)
    if kind is None:
        names = ", ".join(figure_kinds())
        yield Problem(row.where, f"unknown figure {row.figure!r}", f"one of {names}", "take its name from --template")
        return
    if kind.currency_of(row.unit) is None:
        yield Problem(row.where, f"{row.figure} in {row.unit!r}", kind.unit.replace("CUR", "a currency such as USD"))
    if not row.origin.strip():
        yield Problem(row.where, f"{row.figure} has no origin", "where it comes from", "name who or what says so")
    try:
        date.fromisoformat(row.as_of)
    except ValueError:
        yield Problem(row.where, f"as_of {row.as_of!r} is no day", "an ISO day such as 2026-11-25")
    try:
        Range(*(parse_decimal(text) for text in (row.low, row.likely, row.high)))
    except ValueError as error:
        yield Problem(row.where, f"{row.figure}: {error}", "low <= likely <= high, plain numbers", "correct the row")
    yield from _applies(row, kind, known)


def _applies(row: FigureRow, kind: FigureKind, known: Mapping[str, frozenset[str]]) -> Iterator[Problem]:
    if not row.applies_to:
        if "tool" in kind.per:
            yield Problem(row.where, f"{row.figure} names no tool", "the tool in applies_to", "one line for each tool")
        return
    if "tool" in kind.per:
        return
    allowed = sorted(frozenset().union(*(known[each] for each in kind.per)))
    if row.applies_to not in allowed:
        expected = "empty" + (f", or one of {', '.join(allowed)}" if allowed else "")
        yield Problem(row.where, f"{row.figure} applies to {row.applies_to!r}", expected, "correct applies_to")
