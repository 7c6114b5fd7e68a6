"""How far a vendor's reports and bridge letters reach over the time for which we must answer, to the day.

It shows the days; what they mean is for T-24. A report counts here if it is a SOC 1 or SOC 2 of type 2 with a period, a
letter if the vendor's management signed it (audit-domain 4, T-24; 6: a letter is from management, never the auditor).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from twofold.model.instant import zone_named
from twofold.scope.advice.fit import bridge
from twofold.scope.stretches import Stretch, without
from twofold.web.company.programme.reading import Row

_A_MOMENT = timedelta(microseconds=1)
_NOON = timedelta(hours=12)
KINDS = frozenset({"soc1", "soc2"})
_TYPE = 2


@dataclass(frozen=True, slots=True)
class Gap:
    """Time that no report speaks for. `bridged`: letters cover all of it; `left`: days that they leave open.

    advice: the sentence of `twofold advise bridge` about it, "" for a gap before any report.
    """

    first: datetime
    last: datetime
    days: int
    left: int
    advice: str

    @property
    def bridged(self) -> bool:
        """Whether letters of the vendor's management cover all of it."""
        return self.left == 0


@dataclass(frozen=True, slots=True)
class Cover:
    """One stretch to answer for, up to its end. days: of the stretch; open_days: in no report and no letter."""

    title: str
    first: datetime
    last: datetime
    days: int
    gaps: tuple[Gap, ...]

    @property
    def open_days(self) -> int:
        """Days that neither a report nor a letter speaks for."""
        return sum(each.left for each in self.gaps)

    @property
    def bridged_days(self) -> int:
        """Days that only a letter speaks for."""
        return sum(each.days - each.left for each in self.gaps)


def speaks(report: Row) -> bool:
    """Whether a report shows tests of controls over a period."""
    return bool(report["kind"] in KINDS and report["type"] == _TYPE and report["starts_at"] and report["ends_before"])


def signed_by_management(letter: Row) -> bool:
    """Whether a letter counts: the vendor's management signed it."""
    return bool(letter["signed_by"] and (letter["signer_role"] or "").strip().lower() == "management")


def cover(title: str, needed: Stretch, reports: Sequence[Row], letters: Sequence[Row], zone: str) -> Cover:
    """Return what is covered of a needed stretch."""
    told = [Stretch(each["starts_at"], each["ends_before"]) for each in reports if speaks(each)]
    held = [Stretch(each["starts_at"], each["ends_before"]) for each in letters if signed_by_management(each)]
    gaps = []
    for part in without(needed, sorted(told)):
        left = without(part, sorted(held))
        follows = any(each.ends_before == part.starts_at for each in told)
        gaps.append(
            Gap(
                part.starts_at,
                part.ends_before,
                days_in(part, zone),
                sum(days_in(each, zone) for each in left),
                _advice(part, zone) if follows else "",
            )
        )
    return Cover(title, needed.starts_at, needed.ends_before, days_in(needed, zone), tuple(gaps))


def days_in(stretch: Stretch, zone: str) -> int:
    """Return the whole local days of a stretch that begins and ends at a local midnight, as day counts go."""
    local = zone_named(zone)
    first = (stretch.starts_at.astimezone(local) + _NOON).date()
    last = (stretch.ends_before.astimezone(local) + _NOON).date()
    return (last - first).days


def _advice(part: Stretch, zone: str) -> str:
    local = zone_named(zone)
    last = (part.starts_at - _A_MOMENT).astimezone(local).date()
    ends = (part.ends_before - _A_MOMENT).astimezone(local).date()
    return bridge(last, ends).text
