"""The picture of what happened to an item: a lane per stage, a numbered dot per moment, drawn on the server as SVG.

The same facts stand in a list below it under the same numbers. Distances grow more slowly than time, so that a week of
waiting and the minutes around a release can both be seen; the days and times stand on the axis.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise

from twofold.jobs.item_timeline import CHANGE_STAGES, ItemEvent
from twofold.model.instant import zone_named

WIDTH = 1000
_LEFT = 118
_RIGHT = 22
_TOP = 46
_LANE = 36
_NEAREST = 2.0
"""The least distance of two moments, beside what their distance in time adds: log(1 + minutes)."""
_LABEL = 46
"""The least distance of two times that are written on the axis."""


@dataclass(frozen=True, slots=True)
class Dot:
    """One moment of one stage: its number in the list, its place, and what happened, as one or more events."""

    number: int
    stage: str
    at: datetime
    x: int
    y: int
    after: bool
    events: tuple[ItemEvent, ...]

    @property
    def who(self) -> tuple[str, ...]:
        """Everybody who is named, once."""
        return tuple(dict.fromkeys(each.who for each in self.events if each.who))

    @property
    def places(self) -> tuple[tuple[str, str], ...]:
        """Evidence and record of what says so, once each."""
        return tuple(dict.fromkeys((each.evidence, each.record) for each in self.events if each.evidence))


@dataclass(frozen=True, slots=True)
class Tick:
    """One line on the axis; `day` stands where a new day begins, `time` where there is room for it."""

    x: int
    day: str
    time: str


@dataclass(frozen=True, slots=True)
class TimelinePicture:
    """Everything that the template draws. release: (x, width) of the deployment, None where there is none."""

    lanes: tuple[tuple[str, int], ...]
    dots: tuple[Dot, ...]
    ticks: tuple[Tick, ...]
    release: tuple[int, int] | None
    height: int
    told: str


def timeline_picture(events: Sequence[ItemEvent], zone: str) -> TimelinePicture | None:
    """Place the events, which are in order of time; None where there are none. Times on the axis are of `zone`."""
    if not events:
        return None
    moments = sorted({each.at for each in events})
    places = dict(zip(moments, _places(moments), strict=True))
    stages = {each.stage for each in events}
    order = [each for each in CHANGE_STAGES if each in stages] or list(dict.fromkeys(each.stage for each in events))
    lanes = {stage: _TOP + _LANE * number + _LANE // 2 for number, stage in enumerate(order)}
    released = [each.at for each in events if each.stage == "deployment"]
    grouped = groupby(events, key=lambda each: (each.at, each.stage))
    dots = tuple(
        Dot(number, stage, at, places[at], lanes[stage], bool(released) and at > released[-1], tuple(group))
        for number, ((at, stage), group) in enumerate(grouped, 1)
    )
    release = (places[released[0]], places[released[-1]] - places[released[0]]) if released else None
    return TimelinePicture(
        lanes=tuple(lanes.items()),
        dots=dots,
        ticks=tuple(_ticks(places, zone)),
        release=release,
        height=_TOP + _LANE * len(lanes) + 8,
        told=", then ".join(dict.fromkeys(each.stage for each in events)),
    )


def _places(moments: Sequence[datetime]) -> list[int]:
    """Return where each moment lies, from the left; one alone lies in the middle."""
    steps = [_NEAREST + math.log1p((later - earlier).total_seconds() / 60) for earlier, later in pairwise(moments)]
    whole, wide = sum(steps), WIDTH - _LEFT - _RIGHT - 20
    if not steps:
        return [_LEFT + wide // 2]
    found, gone = [_LEFT + 12], 0.0
    for step in steps:
        gone += step
        found.append(_LEFT + 12 + round(wide * gone / whole))
    return found


def _ticks(places: dict[datetime, int], zone: str) -> list[Tick]:
    local = zone_named(zone)
    found: list[Tick] = []
    day, free_day, free_time = "", 0, 0
    for at, x in places.items():
        here = at.astimezone(local)
        new_day, time = f"{here:%d %b %Y}", ""
        shown_day = ""
        if new_day != day and x >= free_day:
            day, shown_day, free_day = new_day, new_day, x + 86
        if x >= free_time:
            time, free_time = f"{here:%H:%M}", x + _LABEL
        found.append(Tick(x, shown_day, time))
    return found
