"""The steps of each engagement on days of the reporting zone, and when they happened in fact. Steps: timeline.toml.

A step whose length nobody gave has a start and no end; nothing is filled in for it.
"""

import tomllib
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any

from twofold.engagement.cost.figures import Figures
from twofold.model.statement import AdviceRule

TIMELINE_FILE = Path(__file__).with_name("timeline.toml")
BEFORE_TYPE2 = "before_type2"
_YEAR = 12


@dataclass(frozen=True, slots=True)
class Span:
    """An engagement for the timeline: kind type1, type2 or sox; first and last day, both included."""

    engagement_id: str
    kind: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Step:
    """One step on days, both included. latest: the late end where a figure is a range. ends None: `missing` is asked.

    happened: first and last day of the acts that show it, None where there is none or none is looked for.
    """

    engagement_id: str
    kind: str
    title: str
    starts: date
    ends: date | None
    latest: date | None
    missing: str
    happened: tuple[date, date] | None
    rule: AdviceRule

    @property
    def is_day(self) -> bool:
        """Whether it is one day, such as a latest start."""
        return self.starts == self.ends == self.latest


Acts = Mapping[str, Sequence[tuple[date, str]]]
"""Kind of log entry -> the day of each, with the engagement that it names, "" where it names none."""


def timeline(spans: Iterable[Span], figures: Figures, acts: Acts) -> list[Step]:
    """Return every step in the order of engagements and of the file."""
    ordered = sorted(spans, key=lambda each: (each.first, each.last, each.engagement_id))
    with_type1 = any(each.kind == "type1" for each in ordered)
    first_type2 = next((each for each in ordered if each.kind == "type2"), None)
    steps: list[Step] = []
    for span in ordered:
        kinds = {span.kind} | ({BEFORE_TYPE2} if span is first_type2 and not with_type1 else set())
        steps += [_step(body, span, figures, acts) for body in _steps() if kinds & set(body["kinds"])]
    return steps


def _step(body: Mapping[str, Any], span: Span, figures: Figures, acts: Acts) -> Step:
    starts = _day(body["from"], span)
    ends: date | None = _day(body["to"], span)
    latest, missing = ends, ""
    if name := body["to"].get("figure", ""):
        figure = figures.closest(name, (span.engagement_id, span.kind))
        if figure is None:
            ends, latest, missing = None, None, name
        else:
            ends, latest = (
                span.last + timedelta(days=ceil(weeks * 7)) for weeks in (figure.value.low, figure.value.high)
            )
    days = sorted(
        day
        for kind in body.get("acts", ())
        for day, engagement in acts.get(kind, ())
        if engagement in {"", span.engagement_id}
    )
    return Step(
        engagement_id=span.engagement_id,
        kind=span.kind,
        title=body["title"],
        starts=starts,
        ends=ends,
        latest=latest,
        missing=missing,
        happened=(days[0], days[-1]) if days else None,
        rule=AdviceRule(f"timeline.{body['title']}", body["source"], date.fromisoformat(body["as_of"])),
    )


def _day(offset: Mapping[str, Any], span: Span) -> date:
    day = span.first if offset["anchor"] == "start" else span.last
    return add_months(day, offset.get("months", 0)) + timedelta(days=offset.get("days", 0))


def add_months(day: date, months: int) -> date:
    """Return the day so many months on; the last day of a month stays the last one.

    >>> add_months(date(2026, 9, 30), -7)
    datetime.date(2026, 2, 28)
    """
    number = day.year * _YEAR + day.month - 1 + months
    year, month = divmod(number, _YEAR)
    length = monthrange(year, month + 1)[1]
    was_last = day.day == monthrange(day.year, day.month)[1]
    return date(year, month + 1, length if was_last else min(day.day, length))


@cache
def _steps() -> tuple[Mapping[str, Any], ...]:
    return tuple(tomllib.loads(TIMELINE_FILE.read_text(encoding="utf-8"))["step"])
