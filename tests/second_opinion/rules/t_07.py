"""T-07 Settings, from audit-domain T-07, the rule's README and the head of the step setting_timeline.

No world has events of a ticket's status: the opinion about T-10 asks about those. not_observed of a setting that was
seen cannot come up beside a look, since one look speaks for all the time without a change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from twofold.controltests.rule import ParameterValue

from .approvals import Authorisation, authorisations
from .records import Record, Records, Span
from .steps import EVER, NEVER, TICK, days, has_gap, surely_before, uncovered
from .timeline import KNOWN, Change, Look, Month, Stretch, gaps_of, months, timeline
from .world import A_DAY, START, World

CONTROL_TEST = "T-07"
OUTCOME_ONLY: frozenset[str] = frozenset()
GOOD, BELOW, NOT_COMPARABLE = "good", "below", "not_comparable"
WORST_FIRST = (
    BELOW,
    "conflict",
    "contradiction",
    "time_unclear",
    "source_gap",
    "not_observed",
    NOT_COMPARABLE,
    GOOD,
)
SETTINGS = (
    ("length", "password", "at_least", ("9", "12", "12 ")),
    ("timeout", "session", "at_most", ("12", "15", "100")),
    ("cipher", "encryption", "one_of", ("AES|chacha", "aes")),
    ("mfa", "sso", "equals", ("on", "ON")),
)
VALUES = {
    "length": ("9", "12", "12", "14", "14", "many", None),
    "timeout": ("9", "12", "12.5", "15", "100", "", None),
    "cipher": ("aes", "AES", "chacha", "rc4", None),
    "mfa": ("on", "On", "on", "off", None),
}


def shared(world: World) -> None:
    """A calendar, a line of the standard for every system, and gaps of every system."""
    if world.chance(50):
        world.add("calendar", id="default", zone=world.pick(("UTC", "America/New_York", "Asia/Tokyo")))
    if world.chance(50):
        _line(world, "*", world.pick(SETTINGS), world.moment(last_day=40))
    if world.chance(20):
        _gap(world, "*")


def parameters(world: World) -> Mapping[str, ParameterValue]:
    """Few days, so that gaps lie on both sides of the limit."""
    return {"approval_days": world.pick((1, 10, 90))}


def populate(world: World) -> None:
    """One or two systems with a standard, what was seen of their settings, changes and tickets."""
    systems = [world.key("okta"), world.key("erp")][: world.pick((1, 1, 2))]
    tickets = [world.key("CHG-1"), world.key("CHG-2")]
    for ticket in tickets:
        _ticket(world, ticket)
    for system in systems:
        if world.chance(80):
            world.add("system", id=system)
        for label in world.some(("sso_only", "sso_only", "soc2"), percent=25):
            start = world.moment(first_day=-10, last_day=40)
            ends = world.pick((None, start + world.number_in(1, 60) * A_DAY))
            world.add("system_label", system=system, label=label, valid_from=world.maybe(70, start), valid_to=ends)
        for setting in world.some(SETTINGS, percent=35) or [SETTINGS[0]]:
            at = START + world.number_in(-40, 60) * A_DAY
            for _ in range(world.pick((0, 1, 1, 1, 2))):
                at = _line(world, system, setting, at)
            for thing in ("default", "admins")[: world.pick((0, 1, 1, 1, 2))]:
                _setting(world, system, thing, setting[0], tickets)
        for _ in range(world.pick((0, 0, 1, 2))):
            _gap(world, system)


def _line(world: World, scope: str, setting: tuple[str, str, str, tuple[str, ...]], start: datetime) -> datetime:
    name, topic, comparison, values = setting
    end = start + world.pick((1, 5, 31, 50)) * A_DAY + timedelta(hours=world.pick((0, 0, 7)))
    comparison, begins, ends = world.pick((comparison,) * 12 + ("like",)), world.maybe(85, start), world.maybe(80, end)
    for _ in range(2 if world.chance(4) else 1):
        world.add(
            "setting_standard",
            scope=scope,
            setting=name,
            topic=topic,
            comparison=comparison,
            value=world.pick(values),
            valid_from=begins,
            valid_to=ends,
        )
    return end + world.pick((0, 0, 0, -1, 2)) * A_DAY


def _setting(world: World, system: str, thing: str, name: str, tickets: Sequence[str]) -> None:
    where: dict[str, str] = {"system": system, "object": thing, "setting": name}
    good = VALUES[name][1:4]
    value, at = world.pick(good), START + world.number_in(-50, 40) * A_DAY + timedelta(hours=9)
    for _ in range(world.pick((0, 1, 2, 3, 4, 5))):
        seen = world.instant(at, coarse=20)
        if world.chance(50):
            for _ in range(2 if world.chance(4) else 1):
                told = value if world.chance(93) else world.pick(VALUES[name])
                world.add("setting_state", **where, value=told, observed_at=seen)
        else:
            event, old = world.id("event"), world.pick((value, value, value, None, *VALUES[name][:1]))
            value = world.pick(good if world.chance(75) else VALUES[name])
            reference = world.pick((*tickets, *tickets, *tickets, world.key("CHG-9"), None))
            for _ in range(2 if world.chance(5) else 1):
                world.add(
                    "setting_event",
                    id=event,
                    **where,
                    old_value=old,
                    new_value=value if world.chance(95) else world.pick(VALUES[name]),
                    occurred_at=seen,
                    reference=reference,
                )
        at += world.pick((timedelta(0), timedelta(minutes=10), timedelta(hours=9), A_DAY, 9 * A_DAY, 20 * A_DAY))


def _ticket(world: World, ticket: str) -> None:
    decided = START + world.number_in(-40, 50) * A_DAY + timedelta(hours=9)
    imported = world.instant(world.pick((decided, decided, world.near(decided))))
    if world.chance(95):
        for _ in range(2 if world.chance(4) else 1):
            world.add("ticket", key=ticket, type="change", risk=world.pick("ab"), migrated_at=world.maybe(8, imported))
    for _ in range(world.pick((0, 1, 1, 1, 1, 2))):
        approval, at = world.id("approval"), world.instant(decided, coarse=20)
        for _ in range(2 if world.chance(8) else 1):
            world.add(
                "approval",
                id=approval,
                subject=ticket,
                approver=world.key("jira:bo"),
                duty=world.pick(("authorise",) * 7 + ("release",)),
                decision=world.pick(("approve",) * 6 + ("reject",)),
                decided_at=at,
                withdrawn_at=world.maybe(20, world.instant(decided + world.number_in(0, 30) * A_DAY)),
            )
        decided += world.number_in(0, 9) * A_DAY


def _gap(world: World, system: str) -> None:
    start = START + world.number_in(-60, 60) * A_DAY + timedelta(hours=world.pick((0, 9)))
    world.add(
        "source_gap",
        table_name=world.pick(("setting_event", "setting_event", "ticket", "ticket_event", "approval")),
        system=world.pick((system, system, system, "*" if system == "*" else world.key("jira"))),
        starts_at=world.maybe(80, start),
        ends_before=world.maybe(80, start + world.pick((timedelta(seconds=1), A_DAY, 30 * A_DAY))),
        reason="not_extracted",
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the standard for one system; half open."""

    span: Span
    topic: str
    comparison: str
    value: str
    doubtful: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One setting of one object in one month: the lines of the standard in it, and its first and last moment."""

    system: str
    object: str
    setting: str
    month: Month
    lines: Sequence[Line]
    window: Span

    def asked(self, at: datetime) -> list[Line]:
        """Return the lines in force at a moment of the window."""
        inside = self.window[0] <= at < self.window[1]
        return [line for line in self.lines if inside and line.span[0] <= at < line.span[1]]

    def goes_on(self, clock: datetime) -> bool:
        """Return whether month and standard go on after the clock of the data."""
        return min(self.month.ends_before, max(line.span[1] for line in self.lines)) > clock

    def names(self, row: Record) -> bool:
        """Return whether a row speaks of this setting."""
        return (row["system"], row["object"], row["setting"]) == (self.system, self.object, self.setting)


def outcomes(records: Records, clock: datetime, parameters: Mapping[str, ParameterValue]) -> dict[str, dict[str, str]]:
    """Judge every setting of every month that the standard speaks of."""
    found: dict[str, dict[str, str]] = {}
    lines = _standard(records)
    for (system, setting), asked in lines.items():
        objects = {
            row["object"]
            for table in ("setting_state", "setting_event")
            for row in records[table]
            if (row["system"], row["setting"]) == (system, setting)
        } or {"-"}
        for month in months(records, clock):
            here = [line for line in asked if line.span[0] < month.ends_before and line.span[1] > month.starts_at]
            start = max(month.starts_at, min((line.span[0] for line in here), default=clock))
            if start >= clock:
                continue
            begun = [line.span[1] for line in here if line.span[0] < clock]
            window = start, min(month.ends_before, clock, max(begun))
            for thing in objects:
                item = Item(system, thing, setting, month, here, window)
                found[f"{system}/{thing}/{setting}/{month.name}"] = _judged(records, item, clock, parameters)
    return found


def _standard(records: Records) -> dict[tuple[str, str], list[Line]]:
    own = {(row["scope"], row["setting"]) for row in records["setting_standard"]}
    found: dict[tuple[str, str], list[Line]] = {}
    for row in records["setting_standard"]:
        scopes = [row["scope"]]
        if row["scope"] == "*":
            scopes = [each["id"] for each in records["system"] if (each["id"], row["setting"]) not in own]
        span = row["valid_from"] or EVER, row["valid_to"] or NEVER
        line = Line(span, row["topic"], row["comparison"], row["value"], row["conflicted"])
        for scope in scopes:
            found.setdefault((scope, row["setting"]), []).append(line)
    return found


def _judged(records: Records, item: Item, clock: datetime, parameters: Mapping[str, ParameterValue]) -> dict[str, str]:
    looked, always = _looked(records, item), _always(records, item, clock)
    if item.lines[0].topic in {"network", "encryption"}:
        return {**dict.fromkeys("ABC", "na:other_topic"), "D": looked, "E": always}
    codes = dict.fromkeys("DE", "na:other_topic")
    if item.lines[0].topic == "password" and _single_sign_on(records, item):
        return {**codes, **dict.fromkeys("ABC", "na:sso_only")}
    return {**codes, "A": looked, "B": always, "C": _approved(records, item, clock, parameters)}


def _single_sign_on(records: Records, item: Item) -> bool:
    spans = [
        (row["valid_from"] or EVER, row["valid_to"] or NEVER)
        for row in records["system_label"]
        if row["system"] == item.system and row["label"] == "sso_only"
    ]
    return not uncovered(*item.window, spans)


def _stretches(records: Records, item: Item) -> list[Stretch]:
    """Return what is known of the setting; nothing of one that was never seen, whatever the standard says."""
    looks = [
        Look(row["observed_at"], row["value"], row["conflicted"]) for row in records["setting_state"] if item.names(row)
    ]
    changes = [
        Change(row["id"], row["occurred_at"], row["old_value"], row["new_value"], row["conflicted"])
        for row in records["setting_event"]
        if item.names(row)
    ]
    if not looks and not changes:
        return []
    return timeline(looks, changes, gaps_of(records, "setting_event", item.system))


def _grade(state: str, value: str | None, line: Line) -> str:
    if state == KNOWN and value is None:
        return "conflict" if line.doubtful else BELOW
    if line.doubtful:
        return "conflict"
    return _met(str(value), line) if state == KNOWN else state


def _met(value: str, line: Line) -> str:
    if line.comparison in {"at_least", "at_most"}:
        try:
            seen, asked = float(value), float(line.value)
        except ValueError:
            return NOT_COMPARABLE
        return GOOD if (seen >= asked if line.comparison == "at_least" else seen <= asked) else BELOW
    if line.comparison not in {"equals", "one_of"}:
        return NOT_COMPARABLE
    allowed = line.value.split("|") if line.comparison == "one_of" else [line.value]
    return GOOD if value in allowed else BELOW


def _worst(grades: Sequence[str]) -> str:
    return min(grades, key=WORST_FIRST.index, default="not_observed")


def _looked(records: Records, item: Item) -> str:
    stretches = _stretches(records, item)
    moments = {row["observed_at"][0] for row in records["setting_state"] if item.names(row)}
    seen = [(each, at) for each in stretches for at in moments if each.start == at]
    last = item.window[1] - TICK
    grades = [
        [_grade(each.state, each.value, line) for each, at in chosen for line in item.asked(at)]
        for chosen in (seen, [(each, last) for each in stretches if each.start <= last < each.end])
    ]
    worst = _worst(grades[0] or grades[1])
    return {GOOD: "pass", BELOW: "exception:below_standard"}.get(worst, f"cannot_test:{worst}")


def _always(records: Records, item: Item, clock: datetime) -> str:
    worst = _worst(
        [
            _grade(each.state, each.value, line)
            for each in _stretches(records, item)
            for line in item.lines
            if max(each.start, line.span[0], item.window[0]) < min(each.end, line.span[1], item.window[1])
        ]
    )
    if worst == GOOD:
        return "cannot_test:pending" if item.goes_on(clock) else "pass"
    return "exception:bad_interval" if worst == BELOW else f"cannot_test:{worst}"


def _approved(records: Records, item: Item, clock: datetime, parameters: Mapping[str, ParameterValue]) -> str:
    codes = {
        _change(records, row)
        for row in records["setting_event"]
        if item.names(row) and item.window[0] <= row["occurred_at"][0] < item.window[1]
    }
    since = item.window[0] - days(parameters["approval_days"])
    unproven = has_gap(records, ["ticket", "ticket_event", "approval"], item.system, since, item.window[1])
    for code in ("no_ticket", "unknown_ticket", "not_approved", "not_approved_then"):
        if code in codes:
            return "cannot_test:approvals_gap" if unproven and code != "no_ticket" else f"exception:{code}"
    for code in ("conflict", "time_unclear"):
        if code in codes:
            return f"cannot_test:{code}"
    if has_gap(records, ["setting_event"], item.system, *item.window):
        return "cannot_test:source_gap"
    if item.goes_on(clock):
        return "cannot_test:pending"
    return "pass" if codes else "na:no_change"


def _change(records: Records, row: Record) -> str:
    if row["conflicted"]:
        return "conflict"
    if row["reference"] is None:
        return "no_ticket"
    ticket = next((each for each in records["ticket"] if each["key"] == row["reference"]), None)
    if ticket is None:
        return "unknown_ticket"
    if ticket["conflicted"]:
        return "conflict"
    order = ("pass", "time_unclear", "conflict", "not_approved_then")
    found = [_stood(each, row["occurred_at"]) for each in authorisations(records, ticket)]
    return min(found, key=order.index, default="not_approved")


def _stood(given: Authorisation, change: Span) -> str:
    """Return whether an authorisation came before a change and still held then: pass, or else a reason."""
    if given.conflicted:
        return "conflict"
    if given.migrated:
        return "time_unclear"
    if surely_before(change, given.at) or (given.ended is not None and surely_before(given.ended, change)):
        return "not_approved_then"
    if given.doubt is not None and given.doubt <= change[1]:
        return "conflict"
    held = given.ended is None or surely_before(change, given.ended)
    return "pass" if surely_before(given.at, change) and held else "time_unclear"
