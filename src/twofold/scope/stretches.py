"""Half-open stretches of time, and what is common to two of them or left of one.

Pure arithmetic on aware UTC times; a side without limit is `BEGINNING` or `END`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from twofold.model.instant import zone_named

BEGINNING = datetime.min.replace(tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """The time from `starts_at` until `ends_before`."""

    starts_at: datetime = BEGINNING
    ends_before: datetime = END

    @classmethod
    def of(cls, starts_at: datetime | None, ends_before: datetime | None) -> Self:
        """Build a stretch; None is a side without limit."""
        return cls(starts_at or BEGINNING, ends_before or END)

    @property
    def first(self) -> datetime | None:
        """Start, None where it has none."""
        return None if self.starts_at == BEGINNING else self.starts_at

    @property
    def last(self) -> datetime | None:
        """End (exclusive), None where it has none."""
        return None if self.ends_before == END else self.ends_before

    def __contains__(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_before

    def common(self, other: "Stretch") -> "Stretch | None":
        """Return what lies in both, None if nothing does."""
        starts_at = max(self.starts_at, other.starts_at)
        ends_before = min(self.ends_before, other.ends_before)
        return Stretch(starts_at, ends_before) if starts_at < ends_before else None


def without(stretch: Stretch, taken: Iterable[Stretch]) -> list[Stretch]:
    """Return the parts of `stretch` that lie in none of `taken`, in order.

    >>> day = [datetime(2026, 1, number, tzinfo=UTC) for number in range(1, 6)]
    >>> parts = without(Stretch(day[0], day[4]), [Stretch(day[1], day[2])])
    >>> [(part.starts_at.day, part.ends_before.day) for part in parts]
    [(1, 2), (3, 5)]
    """
    left = [stretch]
    for other in taken:
        remaining: list[Stretch] = []
        for part in left:
            if part.common(other) is None:
                remaining.append(part)
                continue
            if part.starts_at < other.starts_at:
                remaining.append(Stretch(part.starts_at, other.starts_at))
            if other.ends_before < part.ends_before:
                remaining.append(Stretch(other.ends_before, part.ends_before))
        left = remaining
    return sorted(left)


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Return the same time as stretches that neither overlap nor touch, in order."""
    whole: list[Stretch] = []
    for stretch in sorted(stretches):
        if whole and stretch.starts_at <= whole[-1].ends_before:
            whole[-1] = Stretch(whole[-1].starts_at, max(whole[-1].ends_before, stretch.ends_before))
        else:
            whole.append(stretch)
    return whole


def stretch_text(stretch: Stretch, *, zone: str) -> str:
    """Say a stretch with both days, as people read it in `zone`: `from 2026-04-01`, `2025-01-01 to 2025-12-31`."""
    first = moment_text(stretch.first, zone=zone) if stretch.first else ""
    last = moment_text(stretch.last, zone=zone, inclusive=True) if stretch.last else ""
    if first and last:
        return first if first == last else f"{first} to {last}"
    if first:
        return f"from {first}"
    return f"until {last}" if last else "always"


def moment_text(moment: datetime, *, zone: str, inclusive: bool = False) -> str:
    """Say a moment as a local day, with the time where it is not midnight.

    inclusive: the moment is an exclusive end, so a midnight is said as the day before it.
    """
    local = moment.astimezone(zone_named(zone))
    if (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0):
        return (local.date() - timedelta(days=1) if inclusive else local.date()).isoformat()
    return local.isoformat(timespec="seconds")
