"""Everything that an estimate shows, as one record: for the screen, for JSON and for the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from twofold.engagement.cost.compare import Comparison
from twofold.engagement.cost.counting import CompanyNumbers
from twofold.engagement.cost.estimate import RATE, Estimate, Line, Money, Swing, money_of, range_text
from twofold.engagement.cost.figures import Figure, PublishedRange, figure_kinds
from twofold.engagement.cost.quantities import Range, decimal_text, total
from twofold.engagement.cost.timeline import Step
from twofold.model.problem import Problem
from twofold.model.statement import NOT_AN_OPINION, AdviceRule, Statement

HOW_RANGES_ADD = (
    "Low ends are added to low ends and high ends to high ends: outer limits, as if every figure erred the same way."
)


@dataclass(frozen=True, slots=True)
class CostReport:
    """One estimate. as_of: day of the newest extraction in the reporting zone. engagements: ids.

    captured: pieces of evidence that the log holds, by hand and through a connector. published: pages that speak of
    these engagements. set_aside: rows that somebody told and that do not fit.
    """

    company: str
    as_of: date
    engagements: tuple[str, ...]
    numbers: CompanyNumbers
    estimate: Estimate
    by_hand: Mapping[str, Range]
    swings: Sequence[Swing]
    comparisons: Sequence[Comparison]
    captured: Mapping[str, int]
    steps: Sequence[Step]
    published: Sequence[PublishedRange]
    set_aside: Sequence[Problem]

    @property
    def saved(self) -> list[Line]:
        """The lines that say what reuse saves."""
        return [line for line in self.estimate.lines if line.kind.name.startswith("saved_")]

    @property
    def choices(self) -> list[Line]:
        """The lines that are a choice and stand in no total."""
        return [line for line in self.estimate.lines if not line.kind.counted and line not in self.saved]

    @property
    def wanted(self) -> list[tuple[str, str, str]]:
        """Figures that are missing: name, unit, and what they mean."""
        kinds = figure_kinds()
        missing = [*self.estimate.missing, *dict.fromkeys(step.missing for step in self.steps if step.missing)]
        return [(name, kinds[name].unit, kinds[name].about) for name in missing]

    @property
    def statements(self) -> list[Statement]:
        """Every sentence of the estimate, each bound to its rule and data."""
        found = [line.statement for line in self.estimate.lines]
        if self.estimate.sox:
            data = tuple(dict.fromkeys(item for line in self.estimate.sox for item in line.statement.data))
            text = f"SOX adds every year: {money_text(lines_money(self.estimate.sox))}, {hours_text(self.estimate.sox)}"
            found.append(Statement(f"{text}{_open(self.estimate.sox)}.", self.estimate.sox[0].kind.rule, data))
        found += [
            Statement(
                f"{each.publisher} says: {each.says}. A page of a vendor and no survey; it is not added here.",
                AdviceRule(f"published.{each.name}", each.source, each.as_of),
                (f"published: {each.name}",),
            )
            for each in self.published
        ]
        return found

    def as_json(self) -> dict[str, Any]:
        """Return plain values. Amounts are decimal texts, rounded half to even; everything before is exact."""
        return {
            "company": self.company,
            "as_of": self.as_of,
            "engagements": self.engagements,
            "note": NOT_AN_OPINION,
            "how_ranges_add": HOW_RANGES_ADD,
            "buckets": [
                {
                    "bucket": each.bucket,
                    "hours": _range(each.hours),
                    "money": _money(each.money),
                    "missing": each.missing,
                    "lines": [_line(line) for line in each.lines],
                }
                for each in self.estimate.buckets
            ],
            "total": {"hours": _range(self.estimate.hours), "money": _money(self.estimate.money)},
            "sox_adds_every_year": {
                "hours": _range(lines_hours(self.estimate.sox)),
                "money": _money(lines_money(self.estimate.sox)),
                "lines": [line.kind.name for line in self.estimate.sox],
            },
            "saved_by_reuse": [_line(line) for line in self.saved],
            "choices": [_line(line) for line in self.choices],
            "by_hand_and_by_connector": {name: _range(each, 0) for name, each in self.by_hand.items()},
            "captured": self.captured,
            "sensitivity": [
                {
                    "figure": each.figure,
                    "currency": each.currency,
                    "total_at_low": decimal_text(each.at_low, 2),
                    "total_at_high": decimal_text(each.at_high, 2),
                    "moves": decimal_text(each.width, 2),
                }
                for each in self.swings
            ],
            "compared": [
                {
                    "bucket": each.bucket,
                    "unit": each.unit,
                    "estimated": None if each.estimated is None else _range(each.estimated),
                    "parts_missing": each.open,
                    "spent": decimal_text(each.spent, 2),
                    "rows": each.rows,
                    "result": each.result,
                }
                for each in self.comparisons
            ],
            "timeline": [
                {
                    "engagement": each.engagement_id,
                    "step": each.title,
                    "starts": each.starts,
                    "ends": each.ends,
                    "latest": each.latest,
                    "missing": each.missing,
                    "happened": each.happened,
                    "rule": each.rule,
                }
                for each in self.steps
            ],
            "set_aside": self.set_aside,
            "figures": [_figure(each) for each in self.estimate.figures],
            "figures_wanted": [{"figure": name, "unit": unit, "about": about} for name, unit, about in self.wanted],
            "statements": self.statements,
        }


def lines_money(lines: Sequence[Line]) -> Money:
    """Return what lines come to by currency."""
    return money_of(part for line in lines for part in line.parts)


def lines_hours(lines: Sequence[Line]) -> Range:
    """Return the hours of lines, as far as they are known."""
    return total(line.hours for line in lines if line.hours is not None)


def money_text(money: Money) -> str:
    """Write amounts, each with its currency; currencies stay apart."""
    return " and ".join(f"{range_text(amount, 0)} {each}" for each, amount in money.items()) or "no amount yet"


def hours_text(lines: Sequence[Line]) -> str:
    """Write the hours of lines, as far as they are known."""
    known = any(line.hours is not None for line in lines)
    return f"{range_text(lines_hours(lines), 0)} hours" if known else "no hours yet"


def missing_text(names: Sequence[str]) -> str:
    """Say which figures are wanted, "" where none is; the rate is named where nothing else is missing.

    >>> missing_text(["audit_fee", "count"]), missing_text(["hours_per_gap", "hourly_rate"])
    ('no figure: give audit_fee; not all is counted yet', 'no figure: give hours_per_gap')
    """
    figures = [name for name in names if name != "count"]
    figures = [name for name in figures if name != RATE] or figures
    told = [f"no figure: give {', '.join(figures)}"] if figures else []
    return "; ".join(told + (["not all is counted yet"] if "count" in names else []))


def _open(lines: Sequence[Line]) -> str:
    names = list(dict.fromkeys(name for line in lines for name in line.missing))
    return f" ({missing_text(names)})" if names else ""


def _range(value: Range, places: int = 2) -> dict[str, str]:
    return {end: decimal_text(getattr(value, end), places) for end in ("low", "likely", "high")}


def _money(money: Money) -> dict[str, dict[str, str]]:
    return {currency: _range(amount) for currency, amount in money.items()}


def _line(line: Line) -> dict[str, Any]:
    return {
        "line": line.kind.name,
        "title": line.kind.title,
        "yearly": line.kind.yearly,
        "sox": line.kind.sox,
        "figure": line.kind.figure,
        "count": _range(line.quantity),
        "hours": None if line.hours is None else _range(line.hours),
        "money": _money(line.money),
        "missing": line.missing,
        "parts": [
            {
                "what": part.counted.what,
                "count": None if part.counted.quantity is None else _range(part.counted.quantity),
                "basis": part.counted.basis,
                "figure": None if part.figure is None else part.figure.key,
                "rate": None if part.rate is None else part.rate.key,
                "hours": None if part.hours is None else _range(part.hours),
                "money": None if part.money is None else {part.money[0]: _range(part.money[1])},
                "missing": part.missing,
                "data": part.counted.data,
            }
            for part in line.parts
        ],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "figure": figure.name,
        "applies_to": figure.applies_to,
        **_range(figure.value),
        "unit": figure.unit,
        "origin": figure.origin,
        "as_of": figure.as_of,
        "where": figure.where,
        "published": figure.published,
    }
