"""Scheduled activities once more, in plain Python, from audit-domain T-29 and T-30: due periods, records and actions.

T-29 and T-30 speak of the same tables with the same words, so their second opinions share this.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from .records import Record, Records
from .steps import has_gap
from .world import A_DAY, START, World

ACTION_ORDER = (
    "exception:action_overdue",
    "exception:due_date_moved",
    "exception:action_late",
    "exception:action_undated",
    "cannot_test:conflict",
    "cannot_test:contradiction",
    "cannot_test:source_gap",
    "cannot_test:time_order_unclear",
    "pass",
)
_AN_HOUR = timedelta(hours=1)
_TO_LAST_DAY = timedelta(hours=10, minutes=30)


@dataclass(frozen=True, slots=True)
class Due:
    """One due period of a schedule, and its last local day."""

    row: Record
    day: str

    @property
    def system(self) -> str:
        """The system that the activity is due for."""
        return str(self.row["system"])

    @property
    def starts_at(self) -> datetime:
        """First moment of the period."""
        return self.row["starts_at"]  # type: ignore[no-any-return]

    @property
    def due_at(self) -> datetime:
        """First moment after the period."""
        return self.row["due_at"]  # type: ignore[no-any-return]

    def has_gap(self, records: Records, table: str) -> bool:
        """Return whether a list is not complete for the due period."""
        return has_gap(records, [table], self.system, self.starts_at, self.due_at)

    def lacks(self, records: Records, table: str | None, clock: datetime, missing: str) -> str:
        """Return what it means that something is missing: pending while the period runs, a gap, or `missing`."""
        if self.due_at > clock:
            return "cannot_test:pending"
        return "cannot_test:source_gap" if table and self.has_gap(records, table) else missing

    def holds(self, at: tuple[datetime, datetime]) -> str:
        """Return where a time lies: late, early, pass (in the period) or unclear."""
        if at[0] >= self.due_at:
            return "exception:late"
        if at[1] < self.starts_at:
            return "exception:early"
        return "pass" if at[0] >= self.starts_at and at[1] < self.due_at else "cannot_test:time_order_unclear"

    def is_answered_by(self, record: Record) -> bool:
        """Return whether a record was held for this due date, or names none and was perhaps completed in the period."""
        if record["held_for"] is not None:
            return bool(record["held_for"] == self.day)
        return self.is_completed_in(record)

    def is_completed_in(self, record: Record) -> bool:
        """Return whether a record was perhaps completed in the period."""
        return bool(record["completed_at"][0] < self.due_at and record["completed_at"][1] >= self.starts_at)


def due_periods(records: Records, activities: Sequence[str]) -> Iterator[Due]:
    """Yield the due periods of some activities."""
    zones = [ZoneInfo(row["zone"]) for row in records["calendar"] if row["id"] == "default"]
    for row in records["due_occurrence"]:
        if row["activity"] in activities:
            day = last_day(row["due_at"])
            for zone in zones:
                local = row["due_at"].replace(tzinfo=UTC).astimezone(zone)
                if (local.hour, local.minute) == (0, 0):
                    day = (local.date() - A_DAY).isoformat()
            yield Due(row, day)


def first(codes: Iterable[str], order: Sequence[str]) -> str | None:
    """Return the first code of the order that is there, None when none is."""
    found = set(codes)
    return next((code for code in order if code in found), None)


def shows_earlier(records: Iterable[Record], record: Record, same: Callable[[Record], bool]) -> bool:
    """Return whether an earlier record (equal times: smaller id) shows the same."""
    return any(
        (other["completed_at"][0], other["id"]) < (record["completed_at"][0], record["id"]) and same(other)
        for other in records
    )


def done_code(records: Records, due: Due, best: str | None, clock: datetime) -> str:
    """Return whether the activity was done: the schedule row, then the best record, then what its absence means."""
    if due.row["conflicted"]:
        return "cannot_test:conflict"
    if best is not None and not best.startswith("exception"):
        return best
    return due.lacks(records, "activity_record", clock, best or "exception:absent")


def last_day(due_at: datetime) -> str:
    """Return the last local day of a period, for zones from UTC-10:30 to UTC+13:30."""
    return (due_at - _TO_LAST_DAY).date().isoformat()


def without_held(done: str) -> str:
    """Return the code of an attribute that has nothing to look at."""
    return "na:not_done" if done.startswith("exception") or done == "pass" else done


def actions_of(records: Records, due: Due, answering: Sequence[Record], answers: set[str]) -> list[Record]:
    """Return the actions that came out of the records, and those opened in the period that came out of no known record.

    A record counts as unknown that is among the `answers` to no due date and names one in the time of the schedule.
    """
    schedule = due.row["activity"], due.system
    periods = [row["starts_at"] for row in records["due_occurrence"] if (row["activity"], row["system"]) == schedule]
    known = {
        row["id"]
        for row in records["activity_record"]
        if row["id"] in answers
        or (row["activity"], row["system"]) != schedule
        or (row["held_for"] or "") <= last_day(min(periods))
    }
    own = {row["id"] for row in answering}
    return [
        row
        for row in records["programme_action"]
        if row["activity_record"] in own
        or (
            row["activity_record"] not in known
            and (row["activity"], row["system"]) == schedule
            and due.starts_at <= row["opened_at"][0] < due.due_at
        )
    ]


def action_code(records: Records, action: Record, clock: datetime) -> str:
    """Return whether one action was closed by the earliest due date that it ever had."""
    changes = [row for row in records["action_due_change"] if row["action"] == action["id"]]
    if action["conflicted"] or any(row["conflicted"] for row in changes):
        return "cannot_test:conflict"
    dates = [action["due_at"], *(row[name] for row in changes for name in ("old_due_at", "new_due_at"))]
    limit = min((date[1] for date in dates if date is not None), default=None)
    present = action["due_at"] and action["due_at"][1]
    closed = action["closed_at"]
    if closed is None and limit is None:
        return "exception:action_undated"
    if limit is not None:
        if closed is None and clock > limit:
            return "exception:due_date_moved" if present and clock <= present else "exception:action_overdue"
        if closed is not None and closed[0] > limit:
            return "exception:due_date_moved" if present and closed[0] <= present else "exception:action_late"
    if closed is not None and closed[1] < action["opened_at"][0]:
        return "cannot_test:contradiction"
    if limit is not None and closed is not None and closed[1] > limit:
        return "cannot_test:time_order_unclear"
    end = clock if closed is None else closed[1]
    gap = has_gap(records, ["action_due_change"], action["system"], action["opened_at"][0], end, data_end=clock - A_DAY)
    return "cannot_test:source_gap" if gap else "pass"


def over_actions(
    records: Records,
    due: Due,
    done: str,
    held: Sequence[Record],
    codes: Iterable[str],
    order: Sequence[str],
    clock: datetime,
    *,
    asked: bool = True,
) -> str:
    """Return the code over all actions; `asked` where the absence of any may be an exception."""
    worst = first(codes, order)
    if due.row["conflicted"]:
        return "cannot_test:conflict"
    if worst is not None and worst.startswith("exception"):
        return worst
    if due.has_gap(records, "programme_action"):
        return due.lacks(records, "programme_action", clock, "")
    if worst is not None:
        return worst
    if not held:
        return without_held(done)
    said = {row["needs_action"] for row in held}
    if asked and True in said:
        return due.lacks(records, None, clock, "exception:no_action")
    if due.row["activity"] == "capacity_review" and said == {None}:
        return due.lacks(records, None, clock, "exception:need_undecided")
    return "na:no_action"


def add_schedule(world: World, activity: str, system: str) -> Sequence[tuple[datetime, datetime]]:
    """Add up to three due periods of two to four weeks and return them."""
    start, periods = START + world.number_in(0, 3) * 7 * A_DAY, []
    for _ in range(world.pick((1, 1, 2, 2, 3))):
        due = start + world.number_in(2, 4) * 7 * A_DAY + world.pick((0, 0, 0, -1, -11, 1)) * _AN_HOUR
        for _ in range(2 if world.chance(4) else 1):
            world.add(
                "due_occurrence",
                activity=activity,
                system=system,
                starts_at=start + world.pick((0, 0, 12, 24)) * _AN_HOUR,
                due_at=due,
            )
        periods.append((start, due))
        start = due
    return periods


def add_actions(world: World, activity: str, system: str, made: Sequence[str]) -> None:
    """Add actions of the records, of no record and of an unknown one, with moves of their due dates."""
    for _ in range(world.pick((0, 0, 1, 1, 2))):
        action, opened = world.id("action"), world.moment(last_day=50)
        due = opened + world.number_in(1, 30) * A_DAY
        record = world.pick([*made, *made, None, world.key("unknown")])
        shown = world.maybe(85, world.instant(due))
        closed = world.maybe(75, world.instant(world.near(due) if world.chance(50) else world.moment(first_day=20)))
        for _ in range(2 if world.chance(5) else 1):
            world.add(
                "programme_action",
                id=action,
                activity=activity,
                system=system,
                activity_record=record,
                opened_at=world.instant(opened),
                reported_at=world.maybe(80, world.instant(opened + world.pick((0, 3, 7, 7, 8, 20)) * A_DAY)),
                owner=world.maybe(80, world.key("p")),
                due_at=shown,
                closed_at=closed if world.chance(95) else None,
            )
        for _ in range(world.pick((0, 0, 0, 1, 2))):
            change = world.id("move")
            for _ in range(2 if world.chance(8) else 1):
                old, new = world.near(due, days=8), world.near(due, days=20)
                world.add(
                    "action_due_change",
                    id=change,
                    action=action,
                    old_due_at=world.maybe(70, world.instant(old)),
                    new_due_at=world.maybe(80, world.instant(new)),
                    changed_at=world.instant(world.moment()),
                )


def add_gap(world: World, systems: Sequence[str], tables: Sequence[str]) -> None:
    """Add a gap of one of the tables in some worlds."""
    if world.chance(35):
        near_the_end = START + 69 * A_DAY + world.pick((-1, 0, 10 * 3600)) * timedelta(seconds=1)
        world.add(
            "source_gap",
            table_name=world.pick(tables),
            system=world.pick(systems),
            starts_at=world.maybe(70, near_the_end if world.chance(30) else world.moment()),
            ends_before=world.maybe(70, world.moment()),
            reason="not_extracted",
        )


def words(text: object) -> set[str]:
    """Return the words of a list parameter, without blanks and in small letters."""
    return {plain(each) for each in str(text).split(";") if plain(each)}


def plain(word: str | None) -> str:
    """Return a word as lists compare it: without blanks, in small letters; "" for none."""
    return (word or "").replace(" ", "").lower()
