"""T-20 Vulnerabilities, from audit-domain T-20, the rule's README and the head of the population weakness_seen."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from twofold.controltests.rule import ParameterValue

from .hands import add_hands, add_last_day, pick_hand
from .records import Record, Records, Span
from .steps import BOT, EVER, LINKED, NEVER, SHARED_ACCOUNT, TICK, hand, has_gap, mandates, title_mandates
from .world import A_DAY, World

CONTROL_TEST = "T-20"
OUTCOME_ONLY: frozenset[str] = frozenset()
SEVERITIES = ("critical", "high", "medium", "low")
Parameters = Mapping[str, ParameterValue]


def shared(world: World) -> None:
    """A calendar whose clock changes while the worlds last, or none."""
    if world.chance(60):
        world.add("calendar", id="default", zone=world.pick(("UTC", "America/New_York")))


def parameters(world: World) -> Parameters:
    """Few days, so that the deadlines of all severities lie within the worlds."""
    names = ("critical_days", "high_days", "medium_days", "low_days")
    chosen = world.pick(((2, 5, 10, 20), (0, 3, 3, 40), (5, 7, 30, 60)))
    return {**dict(zip(names, chosen, strict=True)), "reappear_days": world.pick((0, 3, 10))}


def populate(world: World) -> None:
    """A target or two, some known to the register, their scans, weaknesses with a history, and acceptances of them."""
    system = world.key("erp")
    world.add("system", id=system, zone=world.pick((None, "UTC", "America/New_York")))
    hands = add_hands(world, "grc")
    _authority(world, system)
    start = world.moment(first_day=2, last_day=40)
    for word in ("web", "db")[: world.pick((1, 1, 2))]:
        target = world.key(word)
        _target(world, target, system, start)
        _scans(world, target, start)
        for weakness in ("CVE-1", "CVE-2")[: world.pick((0, 1, 1, 1, 2))]:
            _weaknesses(world, target, weakness, start)
            for _ in range(world.pick((0, 0, 1, 2, 3))):
                _acceptance(world, target, weakness, start, hands)
    if world.chance(40):
        begins = start + world.pick((-9, -1, 0, 3)) * A_DAY
        world.add(
            "source_gap",
            table_name=world.pick(("scan", "weakness", "weakness", "weakness_event", "risk_acceptance")),
            system=world.pick((system, system, system, world.key("crm"))),
            starts_at=world.maybe(60, begins),
            ends_before=world.maybe(60, begins + world.pick((1, 4, 60)) * A_DAY),
            reason="not_extracted",
        )
    add_last_day(world, "risk_acceptance", "approver", "approved_at", scope=system, duty="risk", role="lead")


def _authority(world: World, system: str) -> None:
    for person in ("x", "y"):
        if world.chance(60):
            starts = world.maybe(40, world.moment())
            world.add(
                "roster",
                scope=world.pick((system, system, world.key("crm"))),
                duty=world.pick(("risk", "risk", "risk", "release")),
                person=world.key(person),
                valid_from=starts,
                valid_to=world.maybe(15, world.moment()),
            )
        if world.chance(50):
            world.add(
                "job",
                person=world.key(person),
                role=world.pick(("lead", "lead", "clerk")),
                valid_from=world.maybe(15, world.moment()),
                valid_to=world.maybe(15, world.moment()),
            )
    if world.chance(50):
        scope = world.pick((system, system, world.key("crm")))
        world.add("role_authority", scope=scope, duty=world.pick(("risk", "risk", "release")), role="lead")
    if world.chance(15):
        world.add(
            "delegation",
            from_person=world.key("x"),
            to_person=world.key("y"),
            duty=world.pick((None, "risk")),
            recorded_at=world.instant(world.moment(last_day=30)),
        )


def _target(world: World, target: str, system: str, start: datetime) -> None:
    if world.chance(8):
        return
    used_from, used_to = world.near(start, days=9), world.near(start, days=20)
    schedule = world.pick(("weekly Mon 00:00", "daily 12:00", "monthly 1 00:00", "weekly Mon,Thu 09:00", None))
    zone = world.maybe(50, world.pick(("UTC", "America/New_York")))
    begins = world.pick((used_from, start - 30 * A_DAY, start + 90 * A_DAY if world.chance(20) else start, None))
    ends = world.maybe(30, max(used_to, (begins or start) + A_DAY))
    for _ in range(2 if world.chance(3) else 1):
        chosen = world.pick((schedule,) * 4 + ("daily 09:00",)) if schedule else None
        world.add("scan_target", id=target, system=system, schedule=chosen, zone=zone, valid_from=begins, valid_to=ends)


def _scans(world: World, target: str, start: datetime) -> None:
    for _ in range(world.pick((0, 1, 2, 4, 7))):
        scan = world.id("scan")
        day = start + world.pick((-5, -1, 0, 1, 2, 3, 5, 7, 10, 20)) * A_DAY
        moment = world.pick((world.near(day), world.near(day), start + world.number_in(-3, 20) * A_DAY))
        tool = world.pick(("nessus", "nessus", "trivy"))
        authenticated, ok = world.pick((None, True, True, False)), world.chance(85)
        for _ in range(2 if world.chance(3) else 1):
            world.add(
                "scan",
                id=scan,
                target=target,
                tool=tool,
                scanned_at=world.instant(moment, coarse=12),
                authenticated=authenticated,
                ok=ok if world.chance(98) else not ok,
            )


def _weaknesses(world: World, target: str, weakness: str, start: datetime) -> None:
    begins = start + world.pick((0, 0, 1)) * A_DAY
    for _ in range(world.pick((1, 1, 2, 3))):
        name = world.id("w")
        last = begins + world.pick((0, 1, 2, 6, -1 if world.chance(30) else 1)) * A_DAY
        gone = world.maybe(30, world.instant(last + world.pick((0, 1, 3)) * A_DAY))
        severity = world.pick((*SEVERITIES, "critical", "critical", "High", "none"))
        seen = world.instant(begins, coarse=15)
        tool = world.pick(("nessus", "nessus", "trivy"))
        for _ in range(2 if world.chance(3) else 1):
            world.add(
                "weakness",
                id=name,
                target=target,
                vulnerability=world.pick((weakness, weakness, f" {weakness.lower()}")),
                tool=tool,
                severity=severity,
                first_seen=seen,
                last_seen=world.instant(last, coarse=15),
                fixed_at=gone,
            )
        at = begins
        for _ in range(world.pick((0, 0, 1, 1, 2))):
            at += world.pick((0, 1, 2, 3, 5)) * A_DAY
            event = world.id("e")
            old = severity if world.chance(30) else world.pick(SEVERITIES)
            severity = world.pick((*SEVERITIES, "none"))
            for _ in range(2 if world.chance(3) else 1):
                world.add(
                    "weakness_event",
                    id=event,
                    weakness=name,
                    old_severity=old,
                    new_severity=severity,
                    occurred_at=world.instant(at, coarse=15),
                    reason=world.maybe(80, world.pick(("not reachable", "not reachable", " "))),
                )
        last = max(begins, last)
        begins = world.pick((begins, last, last + A_DAY, last + 3 * A_DAY, last + 10 * A_DAY, last + 14 * A_DAY))


def _acceptance(world: World, target: str, weakness: str, start: datetime, hands: list[str]) -> None:
    name = world.id("accepted")
    at = start + world.pick((0, 1, 2, 3, 5, 7, 10, 20)) * A_DAY - world.pick((0, 0, 1)) * timedelta(seconds=1)
    ends = at + world.pick((1, 3, 5, 30, 90)) * A_DAY
    for _ in range(2 if world.chance(3) else 1):
        world.add(
            "risk_acceptance",
            id=name,
            target=target,
            vulnerability=world.pick((weakness, weakness, f"{weakness.lower()} ")),
            approver=world.pick((hands[0], hands[0], pick_hand(world, hands) or hands[0], world.pick(hands))),
            approved_at=world.instant(at, coarse=15),
            expires_at=world.maybe(90, ends),
        )


@dataclass(slots=True)
class Stretch:
    """One stretch of one weakness on one target: what all tools recorded, and the scan that shows its fix."""

    target: str
    weakness: str
    rows: list[Record]
    fix: Span | None = None
    continues: "Stretch | None" = None
    continued: bool = False

    @property
    def first(self) -> Span:
        """First sight."""
        return min(_first(row) for row in self.rows), min(row["first_seen"][1] for row in self.rows)

    @property
    def last(self) -> datetime:
        """The latest moment of the last sight."""
        return max(_last(row) for row in self.rows)

    @property
    def chain(self) -> "list[Stretch]":
        """The stretches whose clock this one has, the first of them first."""
        return [*(self.continues.chain if self.continues else ()), self]

    @property
    def item(self) -> str:
        """Item id."""
        return f"{self.target}/{self.weakness}/{self.first[0].date()}"


class Finding:
    """Everything that one weakness is judged by."""

    def __init__(self, records: Records, stretch: Stretch, clock: datetime, parameters: Parameters) -> None:
        self.records, self.clock, self.parameters = records, clock, parameters
        self.stretch, self.fix, self.origin = stretch, stretch.fix, stretch.chain[0]
        self.start = self.origin.first
        self.place = next((row for row in records["scan_target"] if row["id"] == stretch.target), None)
        self.system = self.place["system"] if self.place else "-"
        self.conflicted = any(row["conflicted"] for row in stretch.rows) or bool(
            self.place and self.place["conflicted"]
        )
        found = [_detected(records, row) for row in self.origin.rows]
        self.detected = min(found)
        self.deadline = self.due(self.detected)
        self.lowered = self.due(self._last_lower(approved=False)) if self.detected else self.deadline
        if self.detected:
            self.deadline = self.due(self._last_lower(approved=True))

    def due(self, level: int) -> Span:
        """Return the deadline of a severity."""
        if not level:
            return NEVER, NEVER
        name = f"{SEVERITIES[level - 1]}_days"
        early, late = (_days_later(self.records, at, int(str(self.parameters[name]))) for at in self.start)
        return early, late

    def _last_lower(self, *, approved: bool) -> int:
        """Return the last severity of the history: with `approved` only where each step down is in order."""
        limit = self.due(self.detected)
        levels = []
        for row in self.stretch.rows:
            events = _history(self.records, row)
            down = [each for each in events if _is_down(each)]
            fine = all((each["reason"] or "").strip() and each["occurred_at"][1] <= limit[0] for each in down)
            levels.append(_level(events[-1]["new_severity"]) if events and (fine or not approved) else self.detected)
        return max(self.detected, min(levels))

    def fixed_by(self, limit: Span) -> str:
        """Return whether the fix came by a deadline: yes, perhaps or no."""
        if self.fix is None or self.fix[0] > limit[1]:
            return "no"
        return "yes" if self.fix[1] <= limit[0] else "perhaps"

    def has_gap(self, table: str, start: datetime, end: datetime) -> bool:
        """Return whether a table is not proven from start to before end."""
        return has_gap(self.records, [table], self.system, start, end)

    def chain_conflicts(self) -> bool:
        """Return whether a record of the chain, or a change of its severity, is in conflict."""
        rows = [row for each in self.stretch.chain for row in each.rows]
        events = [event for row in rows for event in _history(self.records, row)]
        return any(row["conflicted"] for row in [*rows, *events])


def outcomes(records: Records, clock: datetime, parameters: Parameters) -> dict[str, dict[str, str]]:
    """Judge each weakness, each slot of scans and each target without a schedule."""
    found = {}
    for stretch in _stretches(records, parameters):
        finding = Finding(records, stretch, clock, parameters)
        accepted = _accepted(finding)
        found[stretch.item] = {"A": _fixed(finding, accepted), "B": accepted, "C": _scans_meanwhile(finding)}
    for slot, row in _slots(records):
        found[f"{row['id']}/{slot['slot']}"] = {
            "A": "na:no_finding",
            "B": "na:no_finding",
            "C": _scanned(records, row, slot, clock),
        }
    for row in records["scan_target"]:
        if row["schedule"] is None:
            used_from = row["valid_from"] or EVER
            code = "cannot_test:pending" if used_from > clock else "exception:no_schedule"
            code = "cannot_test:conflict" if row["conflicted"] else code
            found[f"{row['id']}/no-schedule"] = {"A": "na:no_finding", "B": "na:no_finding", "C": code}
    return found


def _level(severity: str) -> int:
    word = severity.lower()
    return SEVERITIES.index(word) + 1 if word in SEVERITIES else 0


def _is_down(event: Record) -> bool:
    old, new = _level(event["old_severity"]), _level(event["new_severity"])
    return not old or not new or new > old


def _history(records: Records, row: Record) -> list[Record]:
    events = [each for each in records["weakness_event"] if each["weakness"] == row["id"]]
    return sorted(events, key=lambda each: (each["occurred_at"][0], each["id"]))


def _detected(records: Records, row: Record) -> int:
    events = _history(records, row)
    return _level(events[0]["old_severity"] if events else row["severity"])


def _days_later(records: Records, at: datetime, count: int) -> datetime:
    zone = next((ZoneInfo(row["zone"]) for row in records["calendar"] if row["id"] == "default"), UTC)
    local = at.replace(tzinfo=UTC).astimezone(zone)
    midnight = datetime(local.year, local.month, local.day, tzinfo=zone)
    return _utc(midnight + count * A_DAY) + (at - _utc(midnight))


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _stretches(records: Records, parameters: Parameters) -> Iterator[Stretch]:
    by_weakness: dict[tuple[str, str], list[Record]] = {}
    for row in records["weakness"]:
        by_weakness.setdefault((row["target"], row["vulnerability"].strip().upper()), []).append(row)
    for (target, weakness), rows in by_weakness.items():
        found: list[Stretch] = []
        reached = EVER
        for row in sorted(rows, key=lambda row: (_first(row), _end(row))):
            if found and _first(row).date() <= reached.date():
                found[-1].rows.append(row)
            else:
                found.append(Stretch(target, weakness, [row]))
            reached = max(reached, _end(row))
        for place, stretch in enumerate(found):
            stretch.fix = _fix(records, stretch)
            before = found[place - 1] if place else None
            if before is not None and _goes_on(before, stretch, int(str(parameters["reappear_days"]))):
                stretch.continues, before.continued = before, True
        yield from found


def _end(row: Record) -> datetime:
    ends: list[datetime] = [_last(row), *([row["fixed_at"][1]] if row["fixed_at"] else [])]
    return max(ends)


def _turned(row: Record) -> bool:
    """Return whether the last sight surely lies before the first one, so that they stand in the wrong order."""
    return bool(row["last_seen"][1] < row["first_seen"][0])


def _first(row: Record) -> datetime:
    at: datetime = (row["last_seen"] if _turned(row) else row["first_seen"])[0]
    return at


def _last(row: Record) -> datetime:
    at: datetime = (row["first_seen"] if _turned(row) else row["last_seen"])[1]
    return at


def _fix(records: Records, stretch: Stretch) -> Span | None:
    shown = []
    for tool in {row["tool"] for row in stretch.rows}:
        scans = [row for row in records["scan"] if row["target"] == stretch.target and row["tool"] == tool]
        logged_in = any(row["authenticated"] and row["scanned_at"][0] <= stretch.last for row in scans if _is_good(row))
        shown += [
            row["scanned_at"]
            for row in scans
            if _is_good(row) and row["scanned_at"][0] > stretch.last and (row["authenticated"] or not logged_in)
        ]
    return (min(at[0] for at in shown), min(at[1] for at in shown)) if shown else None


def _is_good(scan: Record) -> bool:
    return bool(scan["ok"]) and not scan["conflicted"]


def _goes_on(before: Stretch, after: Stretch, reappear: int) -> bool:
    return before.fix is None or after.first[0] <= before.fix[1] + reappear * A_DAY


def _stopped(finding: Finding) -> str | None:
    if finding.conflicted:
        return "cannot_test:conflict"
    if finding.stretch.continued:
        return "na:continued"
    if finding.chain_conflicts():
        return "cannot_test:conflict"
    return None if finding.detected else "cannot_test:unknown_severity"


def _gone(finding: Finding) -> datetime:
    """Return when the target was retired, after which nothing is left to accept; never where it is seen after that."""
    ends: datetime = (finding.place and finding.place["valid_to"]) or NEVER
    last = max((row["first_seen"] if _turned(row) else row["last_seen"])[0] for row in finding.stretch.rows)
    return NEVER if last >= ends else ends


def _retired(finding: Finding) -> bool:
    return _gone(finding) <= min(finding.deadline[0], finding.clock)


def _fixed(finding: Finding, accepted: str) -> str:
    """Attribute A."""
    stopped = _stopped(finding)
    if stopped:
        return stopped
    in_time = finding.fixed_by(finding.deadline)
    if in_time == "yes":
        return _good(finding)
    if _retired(finding):
        return "na:retired"
    if accepted == "pass":
        return _good(finding)
    if in_time == "perhaps":
        return "cannot_test:time_order_unclear"
    if finding.clock <= finding.deadline[1]:
        return "cannot_test:pending"
    if accepted.startswith("cannot_test") and accepted != "cannot_test:source_gap":
        return "cannot_test:acceptance_unclear"
    if finding.has_gap("risk_acceptance", finding.start[0], finding.deadline[1]) or (
        finding.fix is None and finding.has_gap("scan", finding.stretch.last, finding.deadline[1] + TICK)
    ):
        return "cannot_test:source_gap"
    if finding.fixed_by(finding.lowered) != "no" or (finding.fix is None and finding.clock <= finding.lowered[1]):
        return "exception:severity_lowered"
    if finding.fix is not None:
        return "exception:late"
    says_gone = any(row["fixed_at"] for row in finding.stretch.rows)
    return "exception:fix_not_verified" if says_gone else "exception:overdue"


def _good(finding: Finding) -> str:
    origin, start = finding.origin, finding.start
    tools = {row["tool"] for row in origin.rows}
    scanned = any(
        row["target"] == origin.target and row["tool"] in tools and _is_good(row) and row["scanned_at"][1] < start[0]
        for row in finding.records["scan"]
    )
    before = start[0] - int(str(finding.parameters["reappear_days"])) * A_DAY
    if not scanned and has_gap(finding.records, ["weakness"], finding.system, before, start[0]):
        return "cannot_test:history_lost"
    until = finding.fix[1] if finding.fix else finding.deadline[1]
    if finding.fixed_by(finding.due(1)) != "yes" and finding.has_gap("weakness_event", start[0], until):
        return "cannot_test:source_gap"
    return "pass"


def _accepted(finding: Finding) -> str:
    """Attribute B."""
    stopped = _stopped(finding)
    if stopped:
        return stopped
    if finding.fixed_by(finding.deadline) == "yes" or _retired(finding):
        return "na:not_needed"
    if finding.clock <= finding.deadline[1]:
        return "na:not_needed"
    rows = [
        row
        for row in finding.records["risk_acceptance"]
        if row["target"] == finding.stretch.target and row["vulnerability"].strip().upper() == finding.stretch.weakness
    ]
    if not rows:
        gap = finding.has_gap("risk_acceptance", finding.start[0], finding.deadline[1])
        return "cannot_test:source_gap" if gap else "na:no_acceptance"
    codes = {row["id"]: _valid(finding, row) for row in rows}
    valid = [row for row in rows if codes[row["id"]] == "pass"]
    order = _in_order(finding, valid)
    ends = max((row["expires_at"] for row in valid), default=EVER)
    lasts = ends > (finding.clock if finding.fix is None else finding.fix[1]) or ends >= _gone(finding)
    if order == "pass" and lasts:
        return "pass"
    unclear = sorted(code for code in codes.values() if code.startswith("cannot_test"))
    if unclear:
        return unclear[0]
    if order == "pass":
        return "exception:expired"
    return order or min(codes.values())


def _in_order(finding: Finding, valid: Sequence[Record]) -> str | None:
    """Return whether the valid acceptances follow each other without a break; None when there is none."""
    if not valid:
        return None
    limit = finding.deadline
    found = []
    for place, row in enumerate(sorted(valid, key=lambda row: (row["approved_at"][0], row["id"]))):
        at = row["approved_at"]
        if at[1] >= limit[0]:
            late = "exception:renewed_late" if place else "exception:approved_late"
            found.append(late if at[0] >= limit[1] else "cannot_test:time_order_unclear")
        limit = max(limit[0], row["expires_at"]), max(limit[1], row["expires_at"])
    order = ("cannot_test:time_order_unclear", "exception:approved_late", "exception:renewed_late")
    return next((code for code in order if code in found), "pass")


def _valid(finding: Finding, row: Record) -> str:
    if row["conflicted"]:
        return "cannot_test:conflict"
    at: Span = row["approved_at"]
    who = hand(finding.records, row["approver"], at[0])
    if who.state in {SHARED_ACCOUNT, BOT}:
        return "exception:shared_account" if who.state == SHARED_ACCOUNT else "exception:not_a_person"
    if who.state != LINKED or who.person is None:
        return "cannot_test:approver_unlinked"
    allowed = _authorised(finding, who.person, at)
    if allowed != "pass":
        return allowed
    return "pass" if row["expires_at"] else "exception:no_expiry"


def _authorised(finding: Finding, person: str, at: Span) -> str:
    records, scopes = finding.records, {finding.system, "*"}
    held = [
        each for each in mandates(records) if each.person == person and each.duty == "risk" and each.scope in scopes
    ]
    if any(each.surely(at) for each in held):
        return "pass"
    if any(each.perhaps(at) for each in held):
        return "cannot_test:time_order_unclear"
    roster = [row for row in records["roster"] if row["duty"] == "risk" and row["scope"] in scopes]
    begins_at = min((row["valid_from"] or EVER for row in roster), default=NEVER)
    if begins_at <= at[0]:
        return "exception:not_authorised"
    titled = at[1] < begins_at and any(
        each.person == person and each.duty == "risk" and each.scope in scopes and each.surely(at)
        for each in title_mandates(records)
    )
    return "pass" if titled else "cannot_test:no_roster"


def _slots(records: Records) -> Iterator[tuple[Record, Record]]:
    places = {row["id"]: row for row in records["scan_target"]}
    for slot in records["expected_run"]:
        if slot["activity"] == "scan" and slot["plan"] in places:
            yield slot, places[slot["plan"]]


def _scanned(records: Records, target: Record, slot: Record, clock: datetime) -> str:
    """Attribute C of a slot."""
    starts, ends = slot["starts_at"], slot["ends_before"]
    scans = [
        row
        for row in records["scan"]
        if row["target"] == target["id"] and row["scanned_at"][0] < ends and row["scanned_at"][1] >= starts
    ]
    good = [row["scanned_at"] for row in scans if _is_good(row)]
    if target["conflicted"]:
        return "cannot_test:conflict"
    if any(at[0] >= starts and at[1] < ends for at in good):
        return "pass"
    if good:
        return "cannot_test:time_order_unclear"
    if any(row["conflicted"] for row in scans):
        return "cannot_test:conflict"
    if ends > clock:
        return "cannot_test:pending"
    if has_gap(records, ["scan"], target["system"], starts, ends):
        return "cannot_test:source_gap"
    if not scans and slot["first_day"]:
        return "na:first_day"
    return "exception:scan_failed" if scans else "exception:not_scanned"


def _scans_meanwhile(finding: Finding) -> str:
    """Attribute C of a weakness."""
    stretch, place = finding.stretch, finding.place
    if finding.conflicted:
        return "cannot_test:conflict"
    if place is None:
        return "exception:target_not_registered"
    if place["schedule"] is None:
        return "exception:no_schedule"
    until = finding.fix[1] if finding.fix else finding.clock
    codes = {
        _scanned(finding.records, place, slot, finding.clock)
        for slot, row in _slots(finding.records)
        if row["id"] == stretch.target and stretch.first[0] <= slot["starts_at"] < until
    }
    return _worst(codes - {"cannot_test:pending"})


def _worst(codes: Iterable[str]) -> str:
    found = set(codes)
    if any(code.startswith("exception") for code in found):
        return "exception:scan_missed"
    unclear = sorted(code for code in found if code.startswith("cannot_test"))
    if unclear:
        return unclear[0]
    return "pass" if "pass" in found else "na:no_scan_due"
