"""T-27 Endpoints, from audit-domain T-27 and the rule's README.

All worlds of a batch share the calendar and the gaps of `company`. Days are dates, found from a midnight by adding 13.5
hours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from twofold.controltests.rule import ParameterValue

from .records import Record, Records
from .steps import EVER, NEVER, has_gap
from .world import A_DAY, START, World

CONTROL_TEST = "T-27"
OUTCOME_ONLY: frozenset[str] = frozenset()
Parameters = Mapping[str, ParameterValue]
Days = tuple[date, date]
"""A half-open stretch of days."""
_HOUR = timedelta(hours=1)


def shared(world: World) -> None:
    """A calendar, and what is not proven complete of it."""
    if world.chance(70):
        world.add("calendar", id="default", zone=world.pick(("UTC", "Europe/Berlin", "America/New_York")))
    for table in ("device", "device_state"):
        for _ in range(world.number_in(1, 2)):
            start = world.maybe(90, START + world.number_in(-20, 60) * A_DAY)
            end = world.maybe(90, (start or START) + world.number_in(1, 30) * A_DAY)
            system = world.pick(("company", "company", "*", "elsewhere"))
            world.add(
                "source_gap", table_name=table, system=system, starts_at=start, ends_before=end, reason="retention"
            )


def parameters(world: World) -> Parameters:
    """Every parameter at its default or at another value."""
    return {
        "patch_days": world.pick((30, 10)),
        "grace_days": world.pick((3, 3, 0, 40)),
        "unseen_days": world.pick((14, 5, 0)),
    }


def populate(world: World) -> None:
    """One or two devices, who had them, what they reported, and sign-ins."""
    systems = [world.key("erp"), world.key("wiki")]
    world.add(
        "system_label",
        system=systems[0],
        label=world.pick(("soc2", "fin_relevant")),
        valid_from=world.maybe(30, world.moment()),
    )
    world.add(
        "system_label",
        system=systems[1],
        label=world.pick(("sso_only", "soc2")),
        valid_to=world.maybe(60, world.moment()),
    )
    zone = world.pick((0, 0, -1, 5)) * _HOUR
    for device in [world.key("laptop"), world.key("phone")][: world.number_in(1, 2)]:
        if world.chance(88):
            _held(world, device, zone)
            _reports(world, device, zone)
        for _ in range(world.pick((0, 0, 1, 2))):
            world.add(
                "sign_in",
                id=world.id("sign-in"),
                account=world.key("erp:ana"),
                system=world.pick(systems),
                occurred_at=world.instant(world.moment()),
                result=world.pick(("success", "success", "success", "failure")),
                device=world.pick((device, device, device, None)),
            )


def _held(world: World, device: str, zone: timedelta) -> None:
    start = START + world.number_in(-20, 60) * A_DAY + zone
    kind = world.pick(("laptop", "laptop", "phone", "virtual_desktop"))
    for _ in range(world.pick((1, 1, 2))):
        if start > START + 68 * A_DAY:
            break
        end = world.pick((None, start + world.number_in(1, 40) * A_DAY))
        person, again = world.pick((world.key("x"), None)), world.chance(4)
        for managed in (None, False)[: 2 if again else 1]:
            world.add(
                "device",
                id=device,
                person=person,
                kind=kind if world.chance(85) else "laptop",
                mail_only=world.pick((None, None, False, True)),
                managed=managed if again else world.pick((None, None, None, True, True, False)),
                valid_from=start,
                valid_to=end,
                retired_at=world.maybe(12, world.instant(start + world.number_in(0, 40) * A_DAY + 9 * _HOUR)),
            )
        start = (end or start + 20 * A_DAY) + world.pick((0, 0, 1, 10)) * A_DAY


def _reports(world: World, device: str, zone: timedelta) -> None:
    day, good = START + world.number_in(-20, 30) * A_DAY + zone, True
    while day < START + 69 * A_DAY and world.chance(97):
        if world.chance(25):
            good = not good
        seen = world.pick((None, True, True, True, False))
        for _ in range(2 if world.chance(5) else 1):
            world.add(
                "device_state",
                device=device,
                day=day,
                encrypted=world.pick((good, good, good, None)),
                protected=world.pick((good, good, True, None)),
                patch_age_days=world.pick((0, 10, 30, 11 if good else 31, 29 if good else 40, None)),
                seen=seen,
            )
        day += world.pick((1, 1, 2, 3, 4, 5, 6, 14, 15, 16)) * A_DAY


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the calendar: its days, and its first and last moment."""

    days: Days
    starts_at: datetime
    ends_before: datetime

    @property
    def name(self) -> str:
        """The month as 2026-03."""
        return f"{self.days[0]:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Item:
    """A device in a month: its rows then, those with a tested day, and the stretches in which somebody had it."""

    records: Records
    device: str
    month: Month
    rows: Sequence[Record]
    tested: Sequence[Record]
    stretches: Sequence[Days]
    parameters: Parameters
    today: date

    def signed_in(self) -> bool:
        """Whether a sign-in shows that it reached a labelled system in the month."""
        return any(_counts(self.records, row, self.device, self.month) for row in self.records["sign_in"])

    def stray(self) -> bool:
        """Whether it reached a labelled system while nobody had it, or after it was retired."""
        rows = [row for row in self.records["device"] if row["id"] == self.device]
        return any(
            not any(_had_at(row, sign_in["occurred_at"]) for row in rows)
            for sign_in in self.records["sign_in"]
            if _counts(self.records, sign_in, self.device, self.month)
        )

    def gap(self, table: str) -> bool:
        """Whether a table is not proven complete in the month."""
        end = min(self.month.ends_before, datetime(self.today.year, self.today.month, self.today.day))  # noqa: DTZ001
        return has_gap(self.records, [table], "company", self.month.starts_at, end)

    def shown(self) -> list[tuple[date, Record]]:
        """Return what device management showed of the device on which day, in order."""
        rows = (row for row in self.records["device_state"] if row["device"] == self.device)
        return sorted(((_day(row["day"]), row) for row in rows), key=lambda each: each[0])


def outcomes(records: Records, clock: datetime, parameters: Parameters) -> dict[str, dict[str, str]]:
    """Return item -> letter -> reason code."""
    names = {row["id"] for row in records["device"]} | {row["device"] for row in records["sign_in"] if row["device"]}
    found: dict[str, dict[str, str]] = {}
    for device in names:
        for month in _months(records):
            rows = [row for row in records["device"] if row["id"] == device and _held_in(row, month, clock)]
            tested = [
                (row, days)
                for row in records["device"]
                if row["id"] == device and _meet(days := _stretch(row, clock), month.days)
            ]
            stretches = [days for _, days in tested]
            item = Item(records, device, month, rows, [row for row, _ in tested], stretches, parameters, clock.date())
            if rows or item.signed_in():
                found[f"{device}/{month.name}"] = _judged(item)
    return found


def _months(records: Records) -> list[Month]:
    firsts = [date(2025, 12, 1), *(date(2026, month, 1) for month in range(1, 7))]
    midnights = {row["day"]: row["starts_at"] for row in records["calendar_day"] if row["calendar"] == "default"}
    starts = [
        midnights.get(
            str(first), midnights.get(first, datetime(first.year, first.month, 1, tzinfo=UTC).replace(tzinfo=None))
        )
        for first in firsts
    ]
    return [Month((firsts[at], firsts[at + 1]), starts[at], starts[at + 1]) for at in range(len(firsts) - 1)]


def _day(moment: datetime) -> date:
    return (moment + timedelta(hours=13, minutes=30)).date()


def _held_in(row: Record, month: Month, clock: datetime) -> bool:
    ends = [row["valid_to"] or NEVER, clock, *([row["retired_at"][0]] if row["retired_at"] else [])]
    if row["conflicted"]:
        ends = [clock]
    return bool(row["valid_from"] < month.ends_before and month.starts_at < min(ends))


def _had_at(row: Record, at: tuple[datetime, datetime]) -> bool:
    """Whether somebody perhaps had the device at that time by this row."""
    last = row["retired_at"][1] if row["retired_at"] else NEVER
    return bool(row["valid_from"] <= at[1] and at[0] < (row["valid_to"] or NEVER) and at[0] <= last)


def _stretch(row: Record, clock: datetime) -> Days:
    ends = [clock.date()]
    if row["valid_to"]:
        ends.append(_day(row["valid_to"]))
    if row["retired_at"]:
        ends.append(row["retired_at"][0].date())
    return _day(row["valid_from"]), min(ends)


def _meet(left: Days, right: Days) -> bool:
    return max(left[0], right[0]) < min(left[1], right[1])


def _counts(records: Records, row: Record, device: str, month: Month) -> bool:
    at = row["occurred_at"][0]
    return (
        row["device"] == device
        and row["result"] == "success"
        and month.starts_at <= at < month.ends_before
        and any(
            label["system"] == row["system"]
            and label["label"] in {"soc2", "fin_relevant"}
            and (label["valid_from"] or EVER) <= at < (label["valid_to"] or NEVER)
            for label in records["system_label"]
        )
    )


def _judged(item: Item) -> dict[str, str]:
    if any(row["conflicted"] for row in item.rows):
        return dict.fromkeys("ABCD", "cannot_test:conflict")
    if item.tested and all(row["mail_only"] for row in item.tested) and not item.signed_in():
        return dict.fromkeys("ABCD", "na:mail_only")
    if not item.stretches and not item.stray():
        return dict.fromkeys("ABCD", "na:day_not_over")
    virtual = bool(item.tested) and all(row["kind"] == "virtual_desktop" for row in item.tested)
    unmanaged = any(row["managed"] is False for row in item.tested)
    unknown = not item.stretches or item.stray()
    if unknown and not unmanaged and item.gap("device"):
        codes = dict.fromkeys("ABCD", "cannot_test:source_gap")
    elif unknown or unmanaged:
        codes = {**dict.fromkeys("ABC", "cannot_test:not_managed"), "D": "exception:not_managed"}
    else:
        codes = {letter: _state(item, letter, virtual=virtual) for letter in "ABC"}
        codes["D"] = "na:virtual_desktop" if virtual else _seen(item)
    return {**codes, "A": "na:virtual_desktop"} if virtual else codes


def _state(item: Item, letter: str, *, virtual: bool) -> str:
    reason = {"A": "not_encrypted", "B": "not_protected", "C": "not_patched"}[letter]
    shown = [(day, good) for day, row in item.shown() if (good := _good(row, letter, item.parameters)) is not None]
    for torn in (day for day, row in item.shown() if row["conflicted"]):
        lasts = min((day for day, _ in shown if day > torn), default=date.max)
        if _meet((torn, lasts), item.month.days):
            return "cannot_test:conflict"
    runs = [run for stretch in item.stretches for run in _bad_runs(shown, stretch)]
    grace = timedelta(days=int(item.parameters["grace_days"]))
    if any(_meet((start + grace, end), item.month.days) for start, end in runs):
        return f"exception:{reason}"
    unknown = not all(any(day < min(stretch[1], item.month.days[1]) for day, _ in shown) for stretch in item.stretches)
    unseen = not virtual and bool(_silences(item))
    untold = _untold(item, letter, virtual=virtual)
    if (unknown or unseen or untold) and item.gap("device_state"):
        return "cannot_test:source_gap"
    if unknown:
        return "cannot_test:not_reported"
    if unseen:
        return "cannot_test:not_seen"
    if untold:
        return "cannot_test:not_reported"
    now = item.today <= item.month.days[1]
    running = now and any(end == item.today and _meet((start, end), item.month.days) for start, end in runs)
    return "cannot_test:pending" if running else "pass"


def _within(day: date, days: Days) -> bool:
    return days[0] <= day < days[1]


def _good(row: Record, letter: str, parameters: Parameters) -> bool | None:
    if letter == "C":
        return None if row["patch_age_days"] is None else row["patch_age_days"] <= int(parameters["patch_days"])
    good: bool | None = row["encrypted" if letter == "A" else "protected"]
    return good


def _bad_runs(shown: Sequence[tuple[date, bool]], stretch: Days) -> list[Days]:
    """Return the runs of bad days in a stretch; what was known before it holds until the next report."""
    before = [good for day, good in shown if day <= stretch[0]]
    start = stretch[0] if before and not before[-1] else None
    runs: list[Days] = []
    for day, good in shown:
        if not stretch[0] < day < stretch[1]:
            continue
        if good and start:
            runs.append((start, day))
        start = None if good else start or day
    return [*runs, (start, stretch[1])] if start else runs


def _untold(item: Item, letter: str, *, virtual: bool) -> bool:
    """Return whether the last word on a letter was too old; of a virtual desktop on a day on which it was there."""
    silences = _silences(item, letter, whole=True)
    if not virtual:
        return bool(silences)
    limit = timedelta(days=int(item.parameters["unseen_days"]))
    there = [day for day in _seen_on(item) if _within(day, item.month.days)]
    return any(start + limit <= day < end for day in there for start, end in silences)


def _seen_on(item: Item, letter: str = "") -> list[date]:
    """Return the days on which a device reported, and said something of the letter."""
    return [
        day
        for day, row in item.shown()
        if row["seen"] is not False
        and not row["conflicted"]
        and not (letter and _good(row, letter, item.parameters) is None)
    ]


def _silences(item: Item, letter: str = "", *, whole: bool = False) -> list[Days]:
    """Return the silences that are too long, with a day too many in the month; cut to the month, or `whole`.

    Of the device, or of one letter of it.
    """
    limit = timedelta(days=int(item.parameters["unseen_days"]))
    found = []
    for stretch in item.stretches:
        seen = [day for day in _seen_on(item, letter) if _within(day, stretch)]
        starts = [stretch[0], *(day + A_DAY for day in seen)]
        for start, end in zip(starts, [*seen, stretch[1]], strict=True):
            if _meet((start + limit, end), item.month.days):
                cut = (max(start, item.month.days[0]), min(end, item.month.days[1]))
                found.append((start, end) if whole else cut)
    return found


def _seen(item: Item) -> str:
    silences = _silences(item)
    if not silences:
        return "pass"
    torn = [day for day, row in item.shown() if row["conflicted"]]
    if any(_within(day, silence) for day in torn for silence in _silences(item, whole=True)):
        return "cannot_test:conflict"
    if item.gap("device_state"):
        return "cannot_test:source_gap"
    used = any(
        row["device"] == item.device and row["result"] == "success" and _within(row["occurred_at"][0].date(), silence)
        for row in item.records["sign_in"]
        for silence in silences
    )
    return "exception:used_while_not_seen" if used else "cannot_test:not_seen"
