"""The stretch of time that a request names in its words: Q1 2026, the quarter ended 31 March 2026, FY26, two days.

A fiscal year is read as the calendar year of its number, loosely: the list does not say when the year begins, so two
of them differ only by their number.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NO_YEAR = 1
_CENTURY = 2000
_MONTH = r"(?P<m{0}>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAY = r"(?:(?P<iso{0}>\d{{4}}-\d\d-\d\d)|(?P<d{0}>\d{{1,2}})(?:st|nd|rd|th)?\s+" + _MONTH + r",?\s+(?P<y{0}>20\d\d))"
_US_DAY = r"(?P<um{0}>\d{{1,2}})/(?P<ud{0}>\d{{1,2}})/(?P<uy{0}>(?:20)?\d\d)"
_ORDINAL = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
_YEAR = r"(?:fy|cy)?\s*'?(?P<{0}>20\d\d|\d\d)\b"
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<quarter_to>quarter|q\d?)\s+end(?:ed|ing)\s+(?:on\s+)?{_DAY.format('a')}",
        rf"(?:between|from)?\s*{_DAY.format('a')}\s*(?:and|to|until|through|-|\u2013)\s*{_DAY.format('b')}",
        rf"{_US_DAY.format('a')}\s*(?:and|to|until|through|-|\u2013)\s*{_US_DAY.format('b')}",
        rf"\bq(?P<q1>[1-4])\s*(?:of\s+|/|,)?\s*{_YEAR.format('qy1')}",
        rf"\b{_YEAR.format('qy2')}\s*[-/]?\s*q(?P<q2>[1-4])\b",
        rf"\b(?P<q3>first|second|third|fourth|1st|2nd|3rd|4th)\s+quarter(?:\s+(?:of\s+)?{_YEAR.format('qy3')})?",
        rf"\bh(?P<h1>[12])\s*(?:of\s+|/|,)?\s*{_YEAR.format('hy1')}",
        rf"\b{_YEAR.format('hy2')}\s*[-/]?\s*h(?P<h2>[12])\b",
        r"\bq(?P<q4>[1-4])\b",
        r"\bfy\s*'?(?P<fy>20\d\d|\d\d)\b",
        r"\bfiscal(?:\s+year)?\s+(?P<fy2>20\d\d)\b",
        rf"\b{_MONTH.format('s')}(?:\s+(?P<ys>20\d\d))?\s*(?:to|until|through|-|\u2013)\s*{_MONTH.format('t')}\s+(?P<yt>20\d\d)\b",
        rf"\b{_MONTH.format('x')}\s+(?P<yx>20\d\d)\b",
    )
)


class PeriodRelation(StrEnum):
    """How the stretches that two requests name lie to each other."""

    UNKNOWN = "unknown"
    SAME = "same"
    OVERLAP = "overlap"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class NamedPeriod:
    """Half open. Year 1 stands for "no year was named". `words` are those it was read from."""

    starts_on: date
    ends_before: date
    loose: bool
    words: str

    def relation(self, other: "NamedPeriod") -> PeriodRelation:
        """Compare two stretches."""
        first, second = self, other
        if _NO_YEAR in {first.starts_on.year, second.starts_on.year}:
            first, second = first.without_year(), second.without_year()
        if first.starts_on == second.starts_on and first.ends_before == second.ends_before:
            return PeriodRelation.SAME
        if first.starts_on < second.ends_before and second.starts_on < first.ends_before:
            return PeriodRelation.OVERLAP
        near = timedelta(days=366) if first.loose or second.loose else timedelta(0)
        apart = max(first.starts_on, second.starts_on) - min(first.ends_before, second.ends_before)
        both_loose = first.loose and second.loose
        return PeriodRelation.OVERLAP if apart < near and not both_loose else PeriodRelation.DIFFERENT

    def without_year(self) -> "NamedPeriod":
        """Return the stretch in the year that stands for none, to compare it with one that names no year."""
        years = self.starts_on.year - _NO_YEAR
        starts = self.starts_on.replace(year=_NO_YEAR, day=min(self.starts_on.day, 28))
        ends = self.ends_before.replace(year=self.ends_before.year - years, day=min(self.ends_before.day, 28))
        return NamedPeriod(starts, ends, self.loose, self.words)


def named_periods(text: str) -> tuple[tuple[NamedPeriod, ...], str]:
    """Return the stretches that a text names, in order, and the text without them."""
    left = text.lower()
    found: list[NamedPeriod] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(left):
            if read := _read(match):
                found.append(read)
                left = left[: match.start()] + " " * (match.end() - match.start()) + left[match.end() :]
    return tuple(found), left


def relation(first: tuple[NamedPeriod, ...], second: tuple[NamedPeriod, ...]) -> PeriodRelation:
    """Return how close the nearest stretches of two requests are."""
    if not first or not second:
        return PeriodRelation.UNKNOWN
    found = {one.relation(other) for one in first for other in second}
    order = (PeriodRelation.SAME, PeriodRelation.OVERLAP, PeriodRelation.DIFFERENT)
    return next(each for each in order if each in found)


def _read(match: re.Match[str]) -> NamedPeriod | None:
    said = {name: value for name, value in match.groupdict().items() if value is not None}
    words = " ".join(match.group().split())
    try:
        starts, ends, loose = next(_stretches(said))
    except (StopIteration, ValueError):
        return None
    return NamedPeriod(starts, ends, loose, words) if starts < ends else None


def _stretches(said: dict[str, str]) -> Iterator[tuple[date, date, bool]]:
    quarter = next((said[name] for name in ("q1", "q2", "q3", "q4") if name in said), None)
    half = said.get("h1") or said.get("h2")
    if "quarter_to" in said:
        end = _day(said, "a") + timedelta(days=1)
        yield _months_before(end, 3), end, False
    elif quarter:
        year = _year(said.get("qy1") or said.get("qy2") or said.get("qy3"))
        yield *_part(year, _ORDINAL.get(quarter) or int(quarter), 3), False
    elif half:
        yield *_part(_year(said.get("hy1") or said.get("hy2")), int(half), 6), False
    elif fiscal := said.get("fy") or said.get("fy2"):
        yield *_part(_year(fiscal), 1, 12), True
    elif "mt" in said:
        last = _part(int(said["yt"]), _MONTHS.index(said["mt"]) + 1, 1)
        yield date(int(said.get("ys", said["yt"])), _MONTHS.index(said["ms"]) + 1, 1), last[1], False
    elif "mx" in said:
        month = _MONTHS.index(said["mx"]) + 1
        yield *_part(int(said["yx"]), month, 1), False
    else:
        yield _day(said, "a"), _day(said, "b") + timedelta(days=1), False


def _day(said: dict[str, str], which: str) -> date:
    if iso := said.get(f"iso{which}"):
        return date.fromisoformat(iso)
    if american := said.get(f"um{which}"):
        return date(_year(said[f"uy{which}"]), int(american), int(said[f"ud{which}"]))
    return date(int(said[f"y{which}"]), _MONTHS.index(said[f"m{which}"]) + 1, int(said[f"d{which}"]))


def _part(year: int, number: int, months: int) -> tuple[date, date]:
    first = (number - 1) * months
    end = first + months
    return date(year, first + 1, 1), date(year + end // 12, end % 12 + 1, 1)


def _year(text: str | None) -> int:
    if text is None:
        return _NO_YEAR
    return int(text) if len(text) == len("2026") else _CENTURY + int(text)


def _months_before(day: date, months: int) -> date:
    before = day.year * 12 + day.month - 1 - months
    return date(before // 12, before % 12 + 1, min(day.day, 28))
