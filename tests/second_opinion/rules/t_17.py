"""T-17 Logging, from audit-domain T-17 and the rule's README."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from twofold.controltests.rule import ParameterValue

from .hands import add_hands, add_last_day
from .records import Record, Records, Span
from .steps import BOT, EVER, LINKED, NEVER, SHARED_ACCOUNT, days, hand, has_gap, joined, mandates, uncovered
from .world import A_DAY, World

CONTROL_TEST = "T-17"
OUTCOME_ONLY: frozenset[str] = frozenset()
AN_HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


def shared(world: World) -> None:
    """Nothing that all worlds see."""


def parameters(world: World) -> Mapping[str, ParameterValue]:
    """Limits in whole hours and few days, as the worlds have them."""
    return {
        "silence_minutes": world.pick((60, 720, 1440)),
        "keep_days": world.pick((1, 10, 40)),
        "look_days": world.pick((1, 7, 30)),
    }


def populate(world: World) -> None:
    """A system in scope, a log or two of a few days, their heartbeats, and looks at what is kept."""
    system = world.key("erp")
    world.add("system", id=system, zone=world.pick((None, "UTC", "America/New_York")))
    start = world.moment(first_day=30, last_day=66)
    for label in world.some(("soc2", "fin_relevant"), percent=70):
        begins = start + world.pick((0, 0, 1, 3)) * A_DAY
        world.add(
            "system_label",
            system=system,
            label=label,
            valid_from=world.maybe(95, begins),
            valid_to=world.maybe(70, begins + world.pick((1, 2, 4, 90, 90, 0, -1)) * A_DAY),
            dependents=world.pick((None, 0, 2)),
        )
    hands = add_hands(world, "siem")
    for name in ("audit", "auth")[: world.number_in(0, 2)]:
        source = world.key(name)
        begins = start + world.pick((0, 0, 1)) * A_DAY
        for _ in range(world.pick((1, 1, 1, 2))):
            ends = begins + world.pick((1, 2, 3, 1, 2, 3, 0, -2) if world.chance(30) else (1, 2, 3)) * A_DAY
            for _ in range(2 if world.chance(5) else 1):
                world.add(
                    "log_source",
                    id=source,
                    system=system,
                    valid_from=begins,
                    valid_to=ends,
                    silence_minutes=world.pick((None, 60, 720, 1440)),
                    keep_days=world.pick((None, 1, 10)),
                )
            _heartbeats(world, source, begins, ends)
            begins = max(begins + A_DAY, ends) + world.pick((0, 0, 1)) * A_DAY
        for _ in range(world.number_in(0, 2)):
            _look(world, source, begins, hands)
    if world.chance(50):
        duty = {"scope": world.pick((system, "erp2")), "duty": "logs"}
        begins = start + world.pick((timedelta(0), timedelta(0), A_DAY, 12 * AN_HOUR))
        world.add("roster", **duty, person=world.key(world.pick("xy")), valid_from=world.maybe(60, begins))
    if world.chance(20):
        world.add(
            "delegation",
            from_person=world.key("x"),
            to_person=world.key("y"),
            duty=world.pick((None, "logs")),
            valid_from=start,
            recorded_at=world.instant(start),
        )
    if world.chance(40):
        at = start + world.pick((0, 1, 2)) * A_DAY + world.pick((0, 0, 6, 13)) * AN_HOUR
        world.add(
            "source_gap",
            table_name=world.pick(("heartbeat", "log_source")),
            system=system,
            starts_at=world.maybe(50, at),
            ends_before=world.maybe(50, at + world.pick((timedelta(hours=1), A_DAY, 60 * A_DAY))),
            reason="not_extracted",
        )
    add_last_day(world, "log_keeping", "may_delete", "observed_at", scope=system, duty="logs")


def _heartbeats(world: World, source: str, begins: datetime, ends: datetime) -> None:
    step = world.pick((AN_HOUR * 12, AN_HOUR * 12, AN_HOUR * 24, AN_HOUR * 6))
    at = begins - world.pick((0, 1)) * step
    while at < ends + step:
        if world.chance(92):
            for _ in range(2 if world.chance(2) else 1):
                world.add(
                    "heartbeat",
                    source_id=source,
                    seen_at=world.instant(at + world.pick((0, 0, 0, 1)) * timedelta(seconds=1), coarse=6),
                    records=world.pick((7, 7, 7, 7, 7, 0, None)) if world.chance(30) else 7,
                )
        at += step


def _look(world: World, source: str, near: datetime, hands: list[str]) -> None:
    at = near + world.pick((0, 1, 7)) * A_DAY
    seen = world.instant(at, coarse=20)
    oldest = at - world.pick((1, 2, 10, 40)) * A_DAY
    for _ in range(2 if world.chance(5) else 1):
        world.add(
            "log_keeping",
            source_id=source,
            observed_at=seen,
            oldest_record_at=world.maybe(85, world.instant(oldest, coarse=20)),
            may_delete=world.pick(
                ([], ["nobody"], ["Nobody"], world.some(hands, percent=25), [world.pick(hands)], hands[:3])
            ),
        )


def outcomes(records: Records, clock: datetime, parameters: Mapping[str, ParameterValue]) -> dict[str, dict[str, str]]:
    """Judge every day of every log, and every stretch in which a system in scope had none."""
    found = {}
    for day in records["expected_run"]:
        if day["activity"] != "log":
            continue
        source = next(
            row for row in records["log_source"] if row["id"] == day["plan"] and row["valid_from"] == day["valid_from"]
        )
        found[f"{day['plan']}/{day['slot']}"] = {
            "A": _flow(records, source, day, clock, parameters),
            "B": _kept(records, source, day, parameters),
            "E": _deleters(records, source, day, parameters),
        }
    for system, start, end in _without_source(records):
        item = f"{system}/no-source/{'ever' if start == EVER else start}"
        found[item] = {"A": _no_source(records, system, start, end, clock), "B": "na:no_source", "E": "na:no_source"}
    return found


def _without_source(records: Records) -> Iterator[tuple[str, datetime, datetime]]:
    labels: dict[str, list[tuple[datetime, datetime]]] = {}
    for row in records["system_label"]:
        if row["label"] in {"soc2", "fin_relevant"} and row["dependents"] != 0 and _held(row):
            labels.setdefault(row["system"], []).append(_held(row)[0])
    for system, stretches in labels.items():
        sources = [life for row in records["log_source"] if row["system"] == system for life in _held(row)]
        for start, end in joined(stretches):
            for hole in uncovered(start, end, sources):
                yield system, *hole


def _no_source(records: Records, system: str, start: datetime, end: datetime, clock: datetime) -> str:
    if start >= clock:
        return "cannot_test:pending"
    end = min(end, clock)
    for gap in records["source_gap"]:
        inside = (gap["starts_at"] is None or gap["starts_at"] <= start) and (
            gap["ends_before"] is None or gap["ends_before"] >= end
        )
        if gap["table_name"] == "log_source" and gap["system"] in {system, "*"} and inside:
            return "cannot_test:source_gap"
    return "exception:no_source"


def _flow(
    records: Records, source: Record, day: Record, clock: datetime, parameters: Mapping[str, ParameterValue]
) -> str:
    starts, ends = day["starts_at"], day["ends_before"]
    beats = [row for row in records["heartbeat"] if row["source_id"] == source["id"]]
    of_day = [row for row in beats if starts <= row["seen_at"][0] < ends]
    if source["conflicted"] or any(row["conflicted"] for row in of_day):
        return "cannot_test:conflict"
    minutes = source["silence_minutes"]
    limit = timedelta(minutes=int(str(parameters["silence_minutes"] if minutes is None else minutes)))
    life = next(
        (life for life in _lives(records, source["id"]) if life[0] <= starts < life[1]),
        (starts, ends),
    )

    day_of, gaps = (starts, ends), _unproven(records, source["id"])
    with_records = [row["seen_at"] for row in beats if row["records"] and row["records"] > 0 and not row["conflicted"]]
    perhaps = [row["seen_at"] for row in beats if row["records"] is None or row["records"] > 0 or row["conflicted"]]
    if not _perhaps_silent(with_records, day_of, life, limit, clock):
        return "cannot_test:pending" if ends > clock else "pass"
    here = has_gap(records, ["heartbeat"], source["system"], starts, ends)
    order = (
        ("exception:gap", _surely_silent([*(row["seen_at"] for row in beats), *gaps], day_of, life, limit, clock)),
        ("exception:source_silent", _surely_silent([*perhaps, *gaps], day_of, life, limit, clock)),
        ("cannot_test:source_gap", here or _surely_silent(perhaps, day_of, life, limit, clock)),
        ("cannot_test:time_order_unclear", _perhaps_silent(perhaps, day_of, life, limit, clock)),
    )
    return next((code for code, holds in order if holds), "cannot_test:records_unknown")


def _unproven(records: Records, source: str) -> list[Span]:
    """Where heartbeats of a source may be missing: gaps of its system while it belonged to that system."""
    found = []
    for row in records["log_source"]:
        if row["id"] != source:
            continue
        for gap in records["source_gap"]:
            if gap["table_name"] == "heartbeat" and gap["system"] in {row["system"], "*"}:
                first = max(gap["starts_at"] or EVER, row["valid_from"] or EVER)
                last = min(gap["ends_before"] or NEVER, row["valid_to"] or NEVER)
                if first < last:
                    found.append((first, last))
    return found


def _lives(records: Records, source: str) -> list[tuple[datetime, datetime]]:
    return joined(life for row in records["log_source"] if row["id"] == source for life in _held(row))


def _held(row: Record) -> list[Span]:
    """Return the time of a dated row; nothing where it ends no later than it begins."""
    starts, ends = row["valid_from"] or EVER, row["valid_to"] or NEVER
    return [(starts, ends)] if starts < ends else []


def _signs(seen: Sequence[Span], life: Span, clock: datetime) -> list[Span]:
    ends = min(life[1], clock)
    spans: list[Span] = [(life[0], life[0]), (ends, ends)]
    spans += [(max(one, life[0]), min(other, ends)) for one, other in seen if other >= life[0] and one <= ends]
    return sorted(spans)


def _perhaps_silent(seen: Sequence[Span], day: Span, life: Span, limit: timedelta, clock: datetime) -> bool:
    """Return whether a silence that may touch the day may be too long."""
    return any(
        other[1] - one[0] > limit and one[0] < day[1] and other[1] > day[0]
        for one, other in pairwise(_signs(seen, life, clock))
    )


def _surely_silent(seen: Sequence[Span], day: Span, life: Span, limit: timedelta, clock: datetime) -> bool:
    """Return whether a stretch in which no sign can lie touches the day and is too long."""
    reached = life[0]
    for one, other in _signs(seen, life, clock):
        if one - reached > limit and reached + TICK < day[1] and one > day[0]:
            return True
        reached = max(reached, other)
    return False


def _look_after(
    records: Records, source: Record, day: Record, parameters: Mapping[str, ParameterValue]
) -> Record | None:
    ends = day["ends_before"]
    looks = [
        row
        for row in records["log_keeping"]
        if row["source_id"] == source["id"] and ends <= row["observed_at"][0] < ends + days(parameters["look_days"])
    ]
    return min(looks, key=lambda row: row["observed_at"]) if looks else None


def _kept(records: Records, source: Record, day: Record, parameters: Mapping[str, ParameterValue]) -> str:
    look = _look_after(records, source, day, parameters)
    if source["conflicted"] or look is None or look["conflicted"]:
        return "cannot_test:not_observed" if look is None and not source["conflicted"] else "cannot_test:conflict"
    oldest: Span | None = look["oldest_record_at"]
    if oldest is None:
        return "cannot_test:oldest_unknown"
    term = days(parameters["keep_days"] if source["keep_days"] is None else source["keep_days"])
    born = min(life[0] for life in _lives(records, source["id"]))
    seen: Span = look["observed_at"]
    if oldest[1] <= max(seen[0] - term, born):
        return "pass"
    return "cannot_test:time_order_unclear" if oldest[0] <= max(seen[1] - term, born) else "exception:kept_too_short"


def _deleters(records: Records, source: Record, day: Record, parameters: Mapping[str, ParameterValue]) -> str:
    look = _look_after(records, source, day, parameters)
    if source["conflicted"] or (look is not None and look["conflicted"]):
        return "cannot_test:conflict"
    if look is None or not look["may_delete"]:
        return "cannot_test:not_observed"
    codes = [
        _deleter(records, source["system"], account, look["observed_at"])
        for account in look["may_delete"]
        if account.lower() != "nobody"
    ]
    for prefix in ("exception:", "cannot_test:"):
        bad = sorted(code for code in codes if code.startswith(prefix))
        if bad:
            return bad[0]
    return "pass"


def _deleter(records: Records, system: str, account: str, seen: Span) -> str:
    who = hand(records, account, seen[0])
    if who.state in {SHARED_ACCOUNT, BOT}:
        return "exception:shared_account" if who.state == SHARED_ACCOUNT else "exception:not_a_person"
    if who.state != LINKED:
        return "cannot_test:holder_unlinked"
    mine = [
        each
        for each in mandates(records)
        if each.person == who.person and each.duty == "logs" and each.scope in {system, "*"}
    ]
    if any(each.surely(seen) for each in mine):
        return "pass"
    if any(each.perhaps(seen) for each in mine):
        return "cannot_test:time_order_unclear"
    begun = any(
        row["duty"] == "logs" and row["scope"] in {system, "*"} and (row["valid_from"] or EVER) <= seen[0]
        for row in records["roster"]
    )
    return "exception:not_authorised" if begun else "cannot_test:no_roster"
