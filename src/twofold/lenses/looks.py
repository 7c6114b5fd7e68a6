"""The looks that results about settings rest on, and how far each is carried (audit-domain 4.3, end: benchmarking).

A population of settings says of each item which configuration it is about, when somebody last looked at that, and since
when its value is known without a gap in the log of changes (head of `populations/definitions/setting_month.sql`). Here
the items of a period become one look per configuration: the oldest that an item rests on, since a conclusion is as old
as that. No result changes by it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from twofold.model.period import ReviewPeriod
from twofold.model.session import sql_session
from twofold.model.sql_path import one_file

NAMED = 3
"""Of more configurations than these, the one that was looked at longest ago stands for the others of its place."""


class Place(StrEnum):
    """Where the look at a configuration lies, the weakest ground first."""

    NEVER = "never"
    """No look is carried to any item, and no log says the value."""
    LOG = "log"
    """The log of changes alone says the value: nobody looked since the change."""
    BEFORE = "before"
    """Before the period: a benchmark, carried forward."""
    AFTER = "after"
    """After the period, carried back."""
    WITHIN = "within"


@dataclass(frozen=True, slots=True)
class Look:
    """One configuration. Times are ISO texts in UTC, "" where there is none; numbers are items of the period.

    looked_at: the oldest look that an item rests on. carried_from, carried_to: the log of changes shows no gap and no
    change from the one to the other, the look among them. newest_at: the newest look that an item rests on. later:
    items that rest on a later look than the oldest. without: items to which no look is carried. log_alone: items at
    whose end the log of changes alone says the value.
    """

    configuration: str
    place: Place
    looked_at: str
    carried_from: str
    carried_to: str
    newest_at: str
    items: int
    later: int
    without: int
    log_alone: int


@dataclass(frozen=True, slots=True)
class Looks:
    """The looks that one result rests on.

    until: the end of the period or of the data, an ISO text in UTC. configurations: place -> how many. older: how many
    rest on a look from more than the agreed years before `until`. named: of each place all, if there are few, else the
    one that was looked at longest ago.
    """

    until: str
    configurations: Mapping[str, int]
    older: int
    named: tuple[Look, ...]


def looks_of(population: Path, verdicts: Path, *, period: ReviewPeriod, clock: datetime, years: int) -> Looks | None:
    """Return the looks behind the verdicts of a run, from its population; None where that is not about settings.

    clock: the newest extraction of the run. Items that do not apply under the lens are left out. Raises duckdb.Error,
    TypeError or ValueError where the population of another party has columns of these names and other contents.
    """
    until = min(period.ends_before, clock)
    with sql_session() as session:
        files = {"population": one_file(population), "verdicts": one_file(verdicts)}
        told = session.execute("FROM read_parquet(?) LIMIT 0", [files["population"]])
        if "configuration" not in {column[0] for column in told.description}:
            return None
        rows = session.execute(_OLDEST_LOOKS, files).fetchall()
    looks = sorted((_look(row, period) for row in rows), key=lambda each: (each.looked_at, each.configuration))
    by_place = {place: [each for each in looks if each.place is place] for place in Place}
    return Looks(
        until=until.isoformat(),
        configurations={place.value: len(found) for place, found in by_place.items() if found},
        older=sum(_is_older(each, years, until) for each in looks),
        named=tuple(each for found in by_place.values() for each in (found if len(found) <= NAMED else found[:1])),
    )


_OLDEST_LOOKS = """
    WITH item AS (
        SELECT CAST(p.configuration AS VARCHAR) AS configuration, CAST(p.looked_at AS TIMESTAMP) AS looked_at,
            CAST(p.held_from AS TIMESTAMP) AS held_from, CAST(p.log_alone AS BOOLEAN) AS log_alone,
            CAST(p.window_from AS TIMESTAMP) AS window_from, CAST(p.window_to AS TIMESTAMP) AS window_to
        FROM read_parquet($population) AS p
        JOIN read_parquet($verdicts) AS v ON v.item = p.item
        WHERE v.verdict <> 'NOT_APPLICABLE' AND p.configuration IS NOT NULL
    ), oldest AS (
        SELECT configuration, min(looked_at) AS looked_at, max(looked_at) AS newest_at FROM item GROUP BY configuration
    ), carried AS (
        -- The items to the end of whose window the log carries this look.
        SELECT i.configuration, min(i.held_from) AS held_from, max(i.window_to) AS window_to
        FROM item AS i
        JOIN oldest AS o ON o.configuration = i.configuration AND o.looked_at = i.looked_at
        WHERE o.looked_at < i.window_from OR o.looked_at >= i.held_from
        GROUP BY i.configuration
    )
    SELECT i.configuration, o.looked_at, least(o.looked_at, c.held_from), greatest(o.looked_at, c.window_to),
        o.newest_at, count(*), count(*) FILTER (i.looked_at > o.looked_at),
        count(*) FILTER (i.looked_at IS NULL AND NOT i.log_alone), count(*) FILTER (i.log_alone)
    FROM item AS i
    JOIN oldest AS o ON o.configuration = i.configuration
    LEFT JOIN carried AS c ON c.configuration = i.configuration
    GROUP BY i.configuration, o.looked_at, o.newest_at, c.held_from, c.window_to
"""


def _look(row: Sequence[Any], period: ReviewPeriod) -> Look:
    configuration, looked_at, carried_from, carried_to, newest_at, items, later, without, log_alone = row
    place = Place.WITHIN
    if looked_at is None:
        place = Place.LOG if log_alone else Place.NEVER
    elif _utc(looked_at) < period.starts_at:
        place = Place.BEFORE
    elif _utc(looked_at) >= period.ends_before:
        place = Place.AFTER
    return Look(
        configuration=configuration,
        place=place,
        looked_at=_text(looked_at),
        # Where the log carries the look to no item, `least` and `greatest` gave the look itself.
        carried_from=_text(carried_from),
        carried_to=_text(carried_to),
        newest_at=_text(newest_at),
        items=items,
        later=later,
        without=without,
        log_alone=log_alone,
    )


def _utc(naive: datetime) -> datetime:
    return naive.replace(tzinfo=UTC)


def _text(naive: datetime | None) -> str:
    return "" if naive is None else _utc(naive).isoformat()


def _is_older(look: Look, years: int, until: datetime) -> bool:
    """Return whether the look lies more than so many years before; by the calendar, to the microsecond."""
    if not look.looked_at:
        return False
    return _years_on(datetime.fromisoformat(look.looked_at), years) < _years_on(until, 0)


def _years_on(moment: datetime, years: int) -> tuple[int, ...]:
    """Return the parts of the moment so many years on: in that year there may be no 29th of February."""
    return (moment.year + years, *moment.utctimetuple()[1:6], moment.microsecond)


def looks_told(test: str, looks: Looks) -> Iterator[str]:
    """Yield a sentence on all configurations of a control test, if there are several, and one on each that is named."""
    count = sum(looks.configurations.values())
    if count > 1:
        counted = ((place, looks.configurations.get(place.value, 0)) for place in Place)
        parts = ", ".join(f"{number} {_PLACES[place]}" for place, number in counted if number)
        yield f"{test}: {count} configurations: {parts}"
    for look in looks.named:
        others = looks.configurations[look.place] - sum(each.place is look.place for each in looks.named)
        more = f"; {others} more like it: see column looked_at in the workbook of {test}" if others else ""
        yield f"{test}: {_told(look)}{more}"


def doubt_about_age(test: str, looks: Looks, *, years: int) -> str:
    """Return the doubt that a look is too old to be carried on, "" where none is."""
    if not looks.older:
        return ""
    oldest = min((each for each in looks.named if each.looked_at), key=lambda each: each.looked_at)
    others = f" ({looks.older - 1} more like it)" if looks.older > 1 else ""
    return (
        f"{test}: {oldest.configuration} rests on a look of {_day(oldest.looked_at)}, older than {years} years on "
        f"{_day(looks.until)}{others}: look again or agree with your auditor"
    )


_PLACES = {
    Place.NEVER: "not looked at",
    Place.LOG: "known from the log of changes alone",
    Place.BEFORE: "carried forward from a look before the period (benchmark)",
    Place.AFTER: "carried back from a look after the period",
    Place.WITHIN: "looked at in the period",
}


_WHERE = {
    Place.BEFORE: "before the period (benchmark)",
    Place.AFTER: "after the period",
    Place.WITHIN: "in the period",
}


def _told(look: Look) -> str:
    if look.place is Place.NEVER:
        return f"{look.configuration}: no look says what it was in the period"
    if look.place is Place.LOG:
        return f"{look.configuration}: nobody looked since it was changed, so the log of changes alone says what it was"
    parts = [f"looked at on {_moment(look.looked_at)}, {_WHERE[look.place]}"]
    if look.carried_from < look.carried_to:
        since, until = (
            "then" if moment == look.looked_at else _moment(moment) for moment in (look.carried_from, look.carried_to)
        )
        parts.append(f"the log of changes shows no gap and no change from {since} to {until}")
    if look.later:
        parts.append(f"{look.later} of {look.items} items rest on later looks, up to {_moment(look.newest_at)}")
    if look.log_alone:
        parts.append(f"{look.log_alone} of {look.items} items rest on the log of changes alone")
    if look.without:
        parts.append(f"{look.without} of {look.items} items rest on no look")
    return f"{look.configuration}: {'; '.join(parts)}"


def _day(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d}"


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M} UTC"
