"""The two charts of the estimate, as shapes with places: the template draws them as SVG and escapes every text.

All places are whole numbers, so the same estimate gives the same bytes. Nothing is told by colour alone: every shape
has its text beside it, and the tables below say the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from twofold.engagement.cost.estimate import Swing
from twofold.engagement.cost.timeline import Step, add_months

WIDTH = 1000
_LEFT = 330
_ROW = 26
_TOP = 34
_MOST_TICKS = 14


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a chart: its text, and the places of what is drawn. width 0 with `day`: a mark at x.

    late: end of the late end where a range is known. happened: x and width of what happened, None where nothing did.
    open: the end is not known.
    """

    text: str
    says: str
    y: int
    x: int
    width: int
    late: int
    day: bool
    open: bool
    happened: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: its size, rows, and grid lines as (x, label)."""

    width: int
    height: int
    left: int
    bars: tuple[Bar, ...]
    heads: tuple[tuple[int, str], ...]
    ticks: tuple[tuple[int, str], ...]


def gantt(steps: Sequence[Step]) -> Chart | None:
    """Place the steps below a scale of months; None where there is no step."""
    if not steps:
        return None
    days = [day for step in steps for day in (step.starts, step.ends, step.latest, *(step.happened or ())) if day]
    first, last = min(days).replace(day=1), add_months(max(days).replace(day=1), 1)
    span = (last - first).days

    def place(day: date) -> int:
        return int(_LEFT + (WIDTH - _LEFT - 40) * (day - first).days // span)

    bars: list[Bar] = []
    heads: list[tuple[int, str]] = []
    y = _TOP
    for number, step in enumerate(steps):
        if number == 0 or step.engagement_id != steps[number - 1].engagement_id:
            heads.append((y + 18, f"{step.engagement_id} ({step.kind})"))
            y += _ROW
        ends, latest = step.ends or step.starts, step.latest or step.starts
        happened = None
        if step.happened:
            begin = place(step.happened[0])
            happened = (begin, max(4, place(step.happened[1]) - begin))
        bars.append(
            Bar(
                text=step.title,
                says=_says(step),
                y=y,
                x=place(step.starts),
                width=max(3, place(ends) - place(step.starts)),
                late=max(0, place(latest) - place(ends)),
                day=step.is_day,
                open=bool(step.missing),
                happened=happened,
            )
        )
        y += _ROW
    months = (last.year - first.year) * 12 + last.month - first.month
    every = next(each for each in (1, 2, 3, 6, 12, 24, 48, 120) if months // each <= _MOST_TICKS)
    ticks = [add_months(first, number) for number in range(0, months + 1, every)]
    return Chart(WIDTH, y + 10, _LEFT, tuple(bars), tuple(heads), tuple((place(day), f"{day:%Y-%m}") for day in ticks))


def bars(swings: Sequence[Swing], likely: Mapping[str, Fraction]) -> list[tuple[Swing, int, int, int]]:
    """Return each swing with the places of its bar in 0 to 100, start, length and the likely total, per currency."""
    found = []
    for swing in swings:
        same = [each for each in swings if each.currency == swing.currency]
        low, high = min(each.at_low for each in same), max(each.at_high for each in same)
        span = high - low or Fraction(1)
        start, end, middle = (
            round((each - low) * 100 / span) for each in (swing.at_low, swing.at_high, likely[swing.currency])
        )
        found.append((swing, start, max(1, end - start), middle))
    return found


def _says(step: Step) -> str:
    if step.missing:
        return f"{step.title}: from {step.starts}; no figure: give {step.missing}"
    late = f" or {step.latest}" if step.latest != step.ends else ""
    planned = str(step.starts) if step.is_day else f"{step.starts} to {step.ends}{late}"
    happened = f"; in fact {step.happened[0]} to {step.happened[1]}" if step.happened else ""
    return f"{step.title}: {planned}{happened}"
