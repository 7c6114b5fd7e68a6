"""T-18 Alerts, from audit-domain T-18 and the rule's README."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from twofold.controltests.rule import ParameterValue

from .hands import add_hands, pick_hand
from .records import Record, Records, Span
from .steps import BOT, EVER, LINKED, NEVER, SHARED_ACCOUNT, hand, has_gap, uncovered
from .world import A_DAY, World

CONTROL_TEST = "T-18"
OUTCOME_ONLY: frozenset[str] = frozenset()
SEVERITIES = ("critical", "high", "medium", "low")


def shared(world: World) -> None:
    """Nothing that all worlds see."""


def parameters(world: World) -> Mapping[str, ParameterValue]:
    """Limits that fall on the hours of the worlds."""
    return {
        "lowest_severity": world.pick(SEVERITIES),
        "acknowledge_minutes": world.pick((60, 1440)),
        "close_hours": world.pick((1, 24, 72)),
    }


def populate(world: World) -> None:
    """A system or two, alerts handled by hand or by rule, rules, and what watches privileged activity."""
    systems = [world.key("erp"), world.key("crm")]
    hands = add_hands(world, "mon")
    for system in systems:
        world.add("system", id=system, zone=world.pick((None, "UTC", "America/New_York")))
        if world.chance(60):
            start = world.moment(first_day=20)
            ends = world.maybe(40, start + world.pick((3, 20, 40)) * A_DAY)
            world.add("system_label", system=system, label="fin_relevant", valid_from=start, valid_to=ends)
            _watch(world, system, start)
    rules = [world.key("mute"), world.key("close")]
    for rule in rules:
        for _ in range(world.number_in(0, 2)):
            _rule(world, rule, hands)
    for _ in range(world.number_in(1, 4)):
        _alert(world, systems, rules, hands)
    if world.chance(35):
        start = world.moment()
        world.add(
            "source_gap",
            table_name=world.pick(("alert_handling", "alert_watch")),
            system=world.pick([*systems, systems[0]]),
            starts_at=world.maybe(70, start),
            ends_before=world.maybe(70, start + 9 * A_DAY),
            reason="not_extracted",
        )


def _watch(world: World, system: str, start: datetime) -> None:
    at = start - world.pick((0, 0, 1, 30)) * A_DAY
    for number in range(world.number_in(0, 3)):
        ends = world.maybe(75, at + world.pick((1, 10, 31, 60)) * A_DAY)
        for _ in range(2 if world.chance(4) else 1):
            world.add(
                "alert_watch",
                id=world.key(f"watch{number}"),
                system=system,
                watches=world.pick(("privileged",) * 7 + ("malware",)),
                valid_from=at if world.chance(90) else None,
                valid_to=world.pick((ends, ends, None)) if world.chance(10) else ends,
            )
        if ends is None:
            return
        at = ends + world.pick((0, 0, 0, 1)) * A_DAY - world.pick((0, 0, 2)) * A_DAY


def _rule(world: World, rule: str, hands: list[str]) -> None:
    start = world.moment(last_day=40)
    valid_from, valid_to = world.maybe(70, start), world.maybe(50, start + world.number_in(1, 40) * A_DAY)
    for again in range(2 if world.chance(10) else 1):
        world.add(
            "alert_handling",
            id=rule,
            approved_by=pick_hand(world, hands),
            approved_at=world.maybe(90, world.instant(world.near(start, days=20), coarse=25)),
            valid_from=valid_from,
            valid_to=world.pick((valid_to, start + A_DAY)) if again else valid_to,
        )


def _alert(world: World, systems: list[str], rules: list[str], hands: list[str]) -> None:
    alert, raised = world.id("alert"), world.moment()
    acknowledged = raised + world.pick((timedelta(minutes=60), timedelta(minutes=61), A_DAY, timedelta(0)))
    closed = raised + world.pick((timedelta(hours=1), timedelta(hours=24), timedelta(hours=72), timedelta(hours=73)))
    early = timedelta(seconds=-1)
    if world.chance(6):
        acknowledged, closed = raised + world.pick((early, A_DAY)), raised + world.pick((early, -A_DAY, timedelta(0)))
    done, by_rule = world.chance(80), world.chance(40)
    for _ in range(2 if world.chance(5) else 1):
        world.add(
            "alert",
            id=alert,
            system=world.pick(systems),
            severity=world.pick((*SEVERITIES, "critical", "critical", "Critical", "sev1")),
            raised_at=world.instant(raised, coarse=25),
            acknowledged_at=world.maybe(85, world.instant(acknowledged, coarse=10)),
            acknowledged_by=pick_hand(world, hands),
            closed_at=world.instant(closed, coarse=10) if done else None,
            closed_by=pick_hand(world, hands) if done else None,
            disposition=world.maybe(85, world.pick(("false_positive", "incident", " "))),
            rule=world.pick([*rules, *rules, world.key("gone")]) if by_rule else None,
            suppressed=world.pick((None, False, True) if by_rule else (None, None, False, False, False, True)),
        )


def outcomes(records: Records, clock: datetime, parameters: Mapping[str, ParameterValue]) -> dict[str, dict[str, str]]:
    """Judge every alert by C and every month to be watched by D."""
    found = {
        str(alert["id"]): {"C": _handled(records, alert, clock, parameters), "D": "na:no_watch"}
        for alert in records["alert"]
    }
    for month in records["expected_run"]:
        if month["activity"] == "watch":
            item = f"{month['plan']}/watch/{month['slot']}"
            found[item] = {"C": "na:no_alert", "D": _watched(records, month, clock)}
    return found


def _handled(records: Records, alert: Record, clock: datetime, parameters: Mapping[str, ParameterValue]) -> str:
    if alert["conflicted"]:
        return "cannot_test:conflict"
    severity = alert["severity"].lower()
    if severity not in SEVERITIES:
        return "cannot_test:unknown_severity"
    if SEVERITIES.index(severity) > SEVERITIES.index(str(parameters["lowest_severity"])):
        return "na:below_severity"
    if alert["suppressed"]:
        return _by_rule(records, alert)
    raised: Span = alert["raised_at"]
    minutes = timedelta(minutes=int(str(parameters["acknowledge_minutes"])))
    hours = timedelta(hours=int(str(parameters["close_hours"])))
    closing = _in_time(raised, alert["closed_at"], hours, clock, late="closed_late", missing="not_closed")
    acknowledged: Span | None = alert["acknowledged_at"]
    taken_up = _worst(
        [
            _in_time(raised, acknowledged, minutes, clock, late="acknowledged_late", missing="not_acknowledged"),
            _person(records, alert["acknowledged_by"], acknowledged),
        ]
    )
    if alert["rule"] is not None and alert["closed_at"] is not None:
        return _worst([closing, _by_rule(records, alert), _taken_up(alert, taken_up, minutes)])
    codes = [taken_up, closing, _person(records, alert["closed_by"], alert["closed_at"])]
    if alert["closed_at"] is not None and not (alert["disposition"] or "").strip():
        codes.append("exception:no_reason")
    return _worst(codes)


def _taken_up(alert: Record, code: str, minutes: timedelta) -> str:
    """Return what the acknowledgement is to an alert that a rule closed: nothing, if that came before it was due."""
    raised, closed = alert["raised_at"], alert["closed_at"]
    if closed[1] <= raised[0] + minutes:
        return "pass"
    perhaps = closed[0] <= raised[1] + minutes and code.startswith("exception")
    return "cannot_test:time_order_unclear" if perhaps else code


def _worst(codes: Sequence[str]) -> str:
    for prefix in ("exception:", "cannot_test:"):
        bad = sorted(code for code in codes if code.startswith(prefix))
        if bad:
            return bad[0]
    return "pass"


def _in_time(raised: Span, done: Span | None, limit: timedelta, clock: datetime, *, late: str, missing: str) -> str:
    if done is None:
        return f"exception:{missing}" if clock > raised[1] + limit else "cannot_test:pending"
    if done[1] < raised[0]:
        return "cannot_test:contradiction"
    if done[1] <= raised[0] + limit:
        return "pass"
    return f"exception:{late}" if done[0] > raised[1] + limit else "cannot_test:time_order_unclear"


def _person(records: Records, account: str | None, at: Span | None) -> str:
    if at is None:
        return "pass"
    state = hand(records, account, at[0]).state
    return {LINKED: "pass", SHARED_ACCOUNT: "exception:shared_account", BOT: "exception:not_a_person"}.get(
        state, "cannot_test:handler_unlinked"
    )


def _by_rule(records: Records, alert: Record) -> str:
    acts: Span = alert["raised_at"] if alert["suppressed"] else alert["closed_at"]
    if alert["rule"] is None:
        return "exception:rule_not_approved"
    rows = [
        row
        for row in records["alert_handling"]
        if row["id"] == alert["rule"]
        and (row["valid_from"] or EVER) <= acts[0]
        and (row["conflicted"] or acts[1] < (row["valid_to"] or NEVER))
    ]
    if not rows:
        gap = has_gap(records, ["alert_handling"], alert["system"], acts[0], acts[1] + timedelta(microseconds=1))
        return "cannot_test:source_gap" if gap else "exception:rule_not_approved"
    codes = [_approved(records, row, acts) for row in rows]
    return min(codes, key=lambda code: (not code.startswith("pass"), code.startswith("exception"), code))


def _approved(records: Records, row: Record, acts: Span) -> str:
    approved: Span | None = row["approved_at"]
    if row["conflicted"]:
        return "cannot_test:conflict"
    if row["approved_by"] is None or approved is None or approved[0] >= acts[1]:
        return "exception:rule_not_approved"
    state = hand(records, row["approved_by"], approved[0]).state
    if state in {SHARED_ACCOUNT, BOT}:
        return "exception:rule_not_approved"
    if state != LINKED:
        return "cannot_test:approver_unlinked"
    return "pass" if approved[1] < acts[0] else "cannot_test:time_order_unclear"


def _watched(records: Records, month: Record, clock: datetime) -> str:
    end = min(month["ends_before"], clock)
    near = [
        row
        for row in records["alert_watch"]
        if row["system"] == month["plan"]
        and (row["valid_from"] or EVER) < end
        and (row["conflicted"] or (row["valid_to"] or NEVER) > month["starts_at"])
    ]
    rows = [row for row in near if row["watches"] == "privileged" and not row["conflicted"]]
    spans: Sequence[tuple[datetime, datetime]] = [(row["valid_from"] or EVER, row["valid_to"] or NEVER) for row in rows]
    breaks = uncovered(month["starts_at"], end, spans)
    if breaks and any(row["conflicted"] for row in near):
        return "cannot_test:conflict"
    if breaks:
        gap = has_gap(records, ["alert_watch"], month["plan"], month["starts_at"], end)
        return "cannot_test:source_gap" if gap else "exception:not_watched"
    return "cannot_test:pending" if month["ends_before"] > clock else "pass"
