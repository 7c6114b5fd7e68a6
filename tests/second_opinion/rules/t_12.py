"""T-12 Emergency change, from audit-domain T-12 and the rule's README.

An item that stands for what nobody knows of a deployment (change_set_unknown, no_new_commit) names no ticket, so it
carries no flag and the population leaves it to change_item: the two reasons cannot come up.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from twofold.controltests.rule import ParameterValue
from twofold.model.instant import Instant
from twofold.tables.rows import Row

from .approvals import (
    Approval,
    Contributor,
    authority,
    change_approvals,
    content_seen,
    contributors,
    emergency_flag,
    independence,
)
from .changes import Change, Releases, add_releases, changes, tickets_named
from .hands import add_hands
from .records import Record, Records, Span
from .steps import (
    AMBIGUOUS,
    BOT,
    NEVER,
    SHARED_ACCOUNT,
    TICK,
    UNLINKED,
    business_deadline,
    days,
    hand,
    has_gap,
    human_of,
    mandates,
    surely_before,
)
from .tickets import add_leaver, add_people, add_reviews, add_ticket, add_types
from .world import A_DAY, World

CONTROL_TEST = "T-12"
OUTCOME_ONLY: frozenset[str] = frozenset()
LETTERS = "ABCDE"
Parameters = Mapping[str, ParameterValue]


def shared(world: World) -> None:
    """Types of tickets, and no calendar, one, or two of which none is the named one."""
    add_types(world)
    for name in world.pick((("default",), ("default",), ("office",), ("office", "mill"), ())):
        world.add("calendar", id=name, zone="UTC", holidays=["2026-01-20"])


def parameters(world: World) -> Parameters:
    """Few days or many, clocks that differ, and policies that differ."""
    return {
        "approval_business_days": world.pick((0, 2, 5, 10)),
        "lookback_days": world.pick((0, 7)),
        "qualifying_severities": world.pick(("sev1;sev2", "sev1", "Sev1")),
        "allow_role_title": world.chance(50),
        "clock_skew_seconds": world.pick((0, 0, 1, 300)),
        "day_grained": world.chance(30),
    }


def populate(world: World) -> None:
    """Releases of changes with their tickets, incidents, people on call, approvals and looks back."""
    hands = add_hands(world, "git")
    tickets = [world.key("CHG-1"), world.key("INC-1")]
    made = add_releases(world, hands, tickets)
    _coarse_completions(world)
    hands = add_people(world, made, hands)
    for ticket in tickets:
        add_ticket(world, made, ticket, hands)
    add_reviews(world, made, hands)
    for name in world.some(("INC-1", "INC-2"), percent=80):
        _incident(world, made, world.key(name))
    for person in world.some(("x", "y", "z", "w"), percent=35):
        start = world.near(world.pick(made.starts), days=5)
        recorded = world.pick((start, start - A_DAY, world.near(world.pick(made.starts))))
        for number in range(2 if world.chance(4) else 1):
            world.add(
                "oncall",
                system=made.system,
                person=world.key(person),
                valid_from=start,
                valid_to=world.maybe(60, start + (5 + number) * A_DAY),
                recorded_at=world.instant(recorded),
            )
    for ticket in world.some(tickets, percent=50):
        at = world.instant(world.near(world.pick(made.starts) + world.pick((0, 1, 5)) * A_DAY))
        evidence = world.maybe(75, "runs 1 to 4")
        for _ in range(2 if world.chance(4) else 1):
            reviewer = world.pick([*hands, *hands[-2:], *hands[-2:], None])
            world.add("post_review", ticket=ticket, reviewed_at=at, reviewer=reviewer, test_evidence=evidence)
            evidence = "other runs"
    for _ in range(world.pick((0, 0, 0, 1, 2))):
        world.add(
            "source_gap",
            table_name=world.pick(
                ("incident", "incident_event", "oncall", "post_review", "review", "approval", "ticket_event")
            ),
            system=world.pick((made.system, made.system, made.system, world.key("crm"))),
            starts_at=world.maybe(70, world.near(world.pick(made.starts), days=9)),
            ends_before=world.maybe(50, world.near(world.pick(made.starts), days=9)),
            reason="not_extracted",
        )
    add_leaver(world, made)


def _coarse_completions(world: World) -> None:
    """Show some releases as completed on a day only."""
    for place, row in enumerate(world.rows):
        done = row.values.get("completed_at")
        if row.table == "deployment" and isinstance(done, Instant) and world.chance(20):
            values = {**row.values, "completed_at": world.instant(done.earliest, coarse=100)}
            world.rows[place] = Row(row.table, row.record, values)


def _incident(world: World, made: Releases, name: str) -> None:
    opened = world.pick(made.starts) - world.pick((timedelta(hours=3), A_DAY, -A_DAY, timedelta(0)))
    closed = world.maybe(50, world.near(world.pick(made.starts), days=2))
    reopened = closed + world.pick((timedelta(hours=2), A_DAY, -A_DAY)) if closed and world.chance(30) else None
    severities = ("sev1", "SEV1", "Sev2", "sev2", "sev3", None)
    severity = world.pick(severities)
    for _ in range(2 if world.chance(4) else 1):
        world.add(
            "incident",
            id=name,
            severity=severity,
            systems=world.some([made.system], percent=90),
            opened_at=world.instant(opened),
            closed_at=closed and world.instant(closed),
            reopened_at=reopened and world.instant(reopened),
            false_alarm_reason=world.maybe(6, "a test"),
        )
    for _ in range(world.pick((0, 0, 1, 2))):
        event, at = world.id("event"), world.instant(world.near(world.pick(made.starts), days=1))
        old, new = world.pick(severities), world.pick(severities)
        for _ in range(2 if world.chance(4) else 1):
            world.add(
                "incident_event",
                id=event,
                incident=name,
                field=world.pick(("severity", "severity", "severity", "status")),
                old_value=old,
                new_value=new,
                occurred_at=at,
            )
            new = world.pick(severities)


def outcomes(records: Records, clock: datetime, parameters: Parameters) -> Mapping[str, Mapping[str, str]]:
    """Return item -> letter -> reason code of each change that was flagged, or released unapproved in an incident."""
    return {
        change.item: _judged(records, change, clock, parameters)
        for change in changes(records)
        if emergency_flag(records, change) is not None or _in_incident(records, change)
    }


def _in_incident(records: Records, change: Change) -> bool:
    """Return whether a change was released without any approval while an incident of its system was open."""
    start = change.start
    if start is None or change.excuse or change.unknown:
        return False
    if any(each.given[0] <= start[1] for each in change_approvals(records, change)):
        return False
    return any(
        row["opened_at"][0] <= start[1]
        and (
            row["closed_at"] is None
            or row["closed_at"][1] > start[0]
            or (
                row["reopened_at"] and row["reopened_at"][1] > row["closed_at"][0] and row["reopened_at"][0] <= start[1]
            )
        )
        for row in records["incident"]
        if change.deployment["system"] in row["systems"]
    )


def _judged(records: Records, change: Change, clock: datetime, parameters: Parameters) -> Mapping[str, str]:
    settled = (change.excuse and f"na:{change.excuse}") or (change.unknown and f"cannot_test:{change.unknown}")
    if settled or change.start is None:
        return dict.fromkeys(LETTERS, settled or "cannot_test:start_unknown")
    case = Release(records, change, change.start, clock, parameters)
    return {
        "A": case.incident(),
        "B": case.on_duty(),
        "C": case.approved(),
        "D": case.looked_back(),
        "E": case.flagged(),
    }


_BEST_OF_D = (
    "pass",
    "cannot_test:conflict",
    "cannot_test:reviewer_unlinked",
    "cannot_test:shared_account",
    "cannot_test:maker_unknown",
    "cannot_test:time_order_unclear",
    "exception:no_test_evidence",
    "exception:not_independent",
    "exception:reviewer_not_a_person",
)
_BEST_OF_A = (
    "pass",
    "cannot_test:conflict",
    "cannot_test:time_order_unclear",
    "cannot_test:severity_unknown",
    "cannot_test:source_gap",
    "cannot_test:false_alarm",
    "exception:severity_too_low",
    "exception:no_open_incident",
)
_BEST_OF_C = (
    "pass",
    "cannot_test:conflict",
    "cannot_test:approver_unlinked",
    "cannot_test:shared_account",
    "cannot_test:contributor_unlinked",
    "cannot_test:contributor_unknown",
    "cannot_test:content_unknown",
    "cannot_test:time_order_unclear",
    "cannot_test:no_roster",
    "cannot_test:trailer_only",
    "cannot_test:dismissal_time_unknown",
    "cannot_test:no_calendar",
    "exception:approved_late",
    "exception:stale_approval",
    "exception:no_authority",
    "exception:changes_requested",
    "exception:not_independent",
    "exception:approval_withdrawn",
    "exception:approver_not_a_person",
)


class Release:
    """One change in one release, with what the letters ask of it."""

    def __init__(self, records: Records, change: Change, start: Span, clock: datetime, parameters: Parameters) -> None:
        self.records, self.change, self.start, self.clock, self.parameters = records, change, start, clock, parameters
        self.system = change.deployment["system"]
        self.tickets = tickets_named(records, change)
        self.skew = timedelta(seconds=int(str(parameters["clock_skew_seconds"])))
        count = int(str(parameters["approval_business_days"]))
        done: Span = change.deployment["completed_at"] or start
        calendar = _calendar(records, str(parameters["calendar"]))
        self.deadline = (
            business_deadline(records, calendar, done[0], count, whole_day=done[0] < done[1]) if calendar else None
        )
        latest = business_deadline(records, calendar, done[1], count) if calendar else None
        self.in_time_before = self.deadline or done[0] + count * A_DAY
        self.late_from = latest or done[1] + (count + 4) * 7 * A_DAY

    def gap(self, *tables: str) -> bool:
        """Return whether tables are not proven complete from some days before the start until the time is over."""
        since = self.start[0] - days(self.parameters["lookback_days"])
        return has_gap(self.records, tables, self.system, since, self.late_from + TICK)

    # A

    def incident(self) -> str:
        """Return whether an incident that qualifies was open at the start."""
        found = [
            self._one_incident(row)
            for row in self.records["incident"]
            if self.system in row["systems"] or row["id"] in self.tickets
        ]
        best = min(found, key=_BEST_OF_A.index, default="exception:no_open_incident")
        return "cannot_test:source_gap" if best.startswith("exception") and self.gap("incident") else best

    def _one_incident(self, row: Record) -> str:
        opened, closed, reopened = row["opened_at"], row["closed_at"], row["reopened_at"]
        again = reopened and not surely_before(self.start, reopened) and not surely_before(reopened, closed)
        if opened[0] > self.start[1] + self.skew or (surely_before(closed, self.start) and not again):
            return "exception:no_open_incident"
        if row["conflicted"]:
            return "cannot_test:conflict"
        severity = self._severity(row)
        if self._severity_may_be_missing(row) and severity != "cannot_test:conflict":
            return "cannot_test:source_gap"
        if severity:
            return severity
        if row["false_alarm_reason"] is not None:
            return "cannot_test:false_alarm"
        still = closed is None or surely_before(self.start, closed)
        still = still or (surely_before(closed, reopened) and surely_before(reopened, self.start))
        sure = opened[1] < self.start[0] + self.skew and still
        return "pass" if sure else "cannot_test:time_order_unclear"

    def _severity_may_be_missing(self, row: Record) -> bool:
        """Return whether a change of severity that would decide may be missing."""
        told = any(
            (each["incident"], each["field"]) == (row["id"], "severity") and each["occurred_at"][1] <= self.start[0]
            for each in self.records["incident_event"]
        )
        since, tables = self.start[0] - days(self.parameters["lookback_days"]), ("incident_event",)
        before = has_gap(self.records, tables, self.system, since, min(self.start[1] + TICK, self.clock))
        after = has_gap(self.records, tables, self.system, max(since, self.start[0]), self.clock)
        return before or (after and not told)

    def _severity(self, row: Record) -> str:
        """Return what speaks against the severity as it stood at the start, or an empty text."""
        events = [
            each
            for each in self.records["incident_event"]
            if (each["incident"], each["field"]) == (row["id"], "severity")
        ]
        qualifying = str(self.parameters["qualifying_severities"]).lower().split(";")
        before = [each for each in events if each["occurred_at"][1] <= self.start[0]]
        perhaps = [each for each in events if each not in before and each["occurred_at"][0] <= self.start[1]]
        told = [*_last(before), *perhaps]
        first = [] if before else _first(events)
        if any(each["conflicted"] for each in [*told, *first]):
            return "cannot_test:conflict"
        values: set[str | None] = {each["new_value"] for each in told} | {each["old_value"] for each in first}
        if not events:
            values = {row["severity"]}
        good = {(value or "").lower() in qualifying for value in values}
        if None in values:
            return "cannot_test:severity_unknown"
        if len(good) > 1:
            return "cannot_test:time_order_unclear"
        return "" if True in good else "exception:severity_too_low"

    # B

    def on_duty(self) -> str:
        """Return whether somebody who acted was on call or on the roster for emergencies."""
        row, request = self.change.deployment, self.change.pull_request
        accounts = {row["actor"], request and request["merged_by"]}
        made_by = contributors(self.records, self.change)
        accounts |= {each.account for each in made_by}
        accounts |= {
            each.account
            for each in change_approvals(self.records, self.change)
            if each.duty == "emergency" and each.given[1] <= self.start[0]
        }
        hands = [hand(self.records, name, self.start[0]) for name in accounts if name and name != "github:web-flow"]
        found = {code for each in hands if each.person for code in self._duty_of(each.person)}
        unlinked = any(each.state in {UNLINKED, AMBIGUOUS, SHARED_ACCOUNT} for each in hands)
        unlinked = unlinked or any(each.account is None for each in made_by)
        reasons = (
            ("pass" in found, "pass"),
            ("conflict" in found, "cannot_test:conflict"),
            ("unclear" in found, "cannot_test:time_order_unclear"),
            (row["actor"] is None, "cannot_test:actor_unknown"),
            (unlinked, "cannot_test:actor_unlinked"),
            (self.gap("oncall"), "cannot_test:source_gap"),
            ("late" in found, "exception:authority_recorded_late"),
            (not self._list_known(), "cannot_test:no_roster"),
        )
        return next((code for holds, code in reasons if holds), "exception:no_emergency_authority")

    def _duty_of(self, person: str) -> Iterator[str]:
        start = self.start
        for row in self.records["oncall"]:
            if row["person"] != person or row["system"] not in {self.system, "*"}:
                continue
            covers = _covers(row["valid_from"], row["valid_to"] or NEVER, start)
            recorded: Span = row["recorded_at"]
            if covers == "no":
                continue
            if row["conflicted"]:
                yield "conflict"
            elif surely_before(start, recorded):
                yield "late"
            else:
                yield "pass" if covers == "yes" and recorded[1] <= start[0] else "unclear"
        for each in mandates(self.records):
            entitled = (each.person, each.duty) == (person, "emergency") and each.scope in {self.system, "*"}
            if entitled and each.perhaps(start):
                yield "pass" if each.surely(start) else "unclear"

    def _list_known(self) -> bool:
        if any(row["system"] in {self.system, "*"} for row in self.records["oncall"]):
            return True
        return any(
            row["duty"] == "emergency"
            and row["scope"] in {self.system, "*"}
            and (row["valid_from"] is None or row["valid_from"] <= self.start[0])
            for row in self.records["roster"]
        )

    # C

    def approved(self) -> str:
        """Return whether an independent person with authority approved in time."""
        found = [self._one_approval(each) for each in change_approvals(self.records, self.change)]
        best = min(found, key=_BEST_OF_C.index, default="exception:no_late_approval")
        return self._still_open(best, "review", "approval")

    def _still_open(self, code: str, *tables: str, since_start: bool = False) -> str:
        """Return an exception only when the time allowed is over and the tables have no gap."""
        if not code.startswith("exception"):
            return code
        if self.clock < self.late_from:
            return "cannot_test:pending" if self.deadline else "cannot_test:no_calendar"
        if since_start:
            since = max(self.start[0], self.start[0] - days(self.parameters["lookback_days"]))
            gap = has_gap(self.records, tables, self.system, since, self.late_from + TICK)
            return "cannot_test:source_gap" if gap else code
        return "cannot_test:source_gap" if self.gap(*tables) else code

    def _one_approval(self, approval: Approval) -> str:
        if approval.conflicted:
            return "cannot_test:conflict"
        records, change, given = self.records, self.change, approval.given
        who, content = independence(records, change, approval), content_seen(records, change, approval)
        shown = {authority(records, change, approval, duty) for duty in ("release", "emergency")}
        by_title = self.parameters["allow_role_title"]
        unclear = "unclear" in shown or ("title_unclear" in shown and by_title)
        sure_end = approval.ended is not None and approval.ended[1] < self.in_time_before
        perhaps_ended = approval.ended is not None and approval.ended[0] < self.late_from
        reasons = (
            (who == "bot", "exception:approver_not_a_person"),
            (who == "contributor", "exception:not_independent"),
            (content == "stale", "exception:stale_approval"),
            ("none" in shown and not shown & {"roster", "unclear", "title", "title_unclear"}, "exception:no_authority"),
            (sure_end and approval.refused, "exception:changes_requested"),
            (sure_end, "exception:approval_withdrawn"),
            (given[0] >= self.late_from, "exception:approved_late"),
            (approval.doubt is not None and approval.doubt < self.late_from, "cannot_test:conflict"),
            (who == "unlinked", "cannot_test:approver_unlinked"),
            (who == "shared", "cannot_test:shared_account"),
            (who == "contributor_unlinked", "cannot_test:contributor_unlinked"),
            (who == "no_contributor", "cannot_test:contributor_unknown"),
            (content == "unknown" and given[0] <= self.start[1], "cannot_test:content_unknown"),
            (perhaps_ended, "cannot_test:time_order_unclear"),
            ("roster" in shown or ("title" in shown and by_title), ""),
            (unclear, "cannot_test:time_order_unclear"),
            (True, "cannot_test:no_roster"),
        )
        code = next(code for holds, code in reasons if holds)
        if code:
            return code
        if approval.ended_unknown:
            return "cannot_test:dismissal_time_unknown"
        if approval.basis == "trailer":
            return "cannot_test:trailer_only"
        if given[1] < self.in_time_before:
            return "pass"
        return "cannot_test:time_order_unclear" if self.deadline else "cannot_test:no_calendar"

    # D

    def looked_back(self) -> str:
        """Return whether somebody looked back after the start, and at tests."""
        found = {
            self._one_look(row)
            for row in self.records["post_review"]
            if row["ticket"] in self.tickets and not surely_before(row["reviewed_at"], self.start)
        }
        best = min(found, key=_BEST_OF_D.index, default="exception:no_post_review")
        return self._still_open(best, "post_review", since_start=True)

    def _one_look(self, row: Record) -> str:
        if row["conflicted"]:
            return "cannot_test:conflict"
        if row["test_evidence"] is None:
            return "exception:no_test_evidence"
        doubt = self._doubt_about(row["reviewer"], row["reviewed_at"][0])
        if doubt:
            return doubt
        sure = surely_before(self.start, row["reviewed_at"]) or self.parameters["day_grained"]
        return "pass" if sure else "cannot_test:time_order_unclear"

    def _doubt_about(self, reviewer: str | None, at: datetime) -> str:
        """Return why a look back is not surely that of somebody else than the makers and the deployer; "" if it is."""
        who, deployer = hand(self.records, reviewer, at), self.change.deployment["actor"]
        released = hand(self.records, deployer, self.start[0])
        makers = contributors(self.records, self.change)
        makers.append(Contributor(deployer, released, human_of(self.records, released.person), wrote=False))
        own = any(each.is_same(reviewer, human_of(self.records, who.person)) for each in makers)
        reasons = (
            (who.state == BOT, "exception:reviewer_not_a_person"),
            (own, "exception:not_independent"),
            (who.state == SHARED_ACCOUNT, "cannot_test:shared_account"),
            (who.person is None, "cannot_test:reviewer_unlinked"),
            (len(makers) == 1 or any(each.is_unknown for each in makers), "cannot_test:maker_unknown"),
        )
        return next((code for holds, code in reasons if holds), "")

    # E

    def flagged(self) -> str:
        """Return whether the flag was set before the start and still stood."""
        flag = emergency_flag(self.records, self.change)
        if flag is None:
            return "cannot_test:source_gap" if self.gap("ticket_event") else "exception:not_flagged"
        if flag.conflicted or flag.migrated:
            return f"cannot_test:{'conflict' if flag.conflicted else 'migrated_history'}"
        if flag.cleared:
            return "exception:not_flagged"
        if flag.at is None:
            return "cannot_test:time_order_unclear"
        if flag.at[0] > self.start[1] + self.skew:
            return "exception:flagged_late"
        sure = flag.at[1] < self.start[0] + self.skew or self.parameters["day_grained"]
        return "pass" if sure else "cannot_test:time_order_unclear"


def _covers(starts: datetime, ends: datetime, at: Span) -> str:
    """Return whether a half-open stretch covers an instant: yes, no or unclear."""
    if starts <= at[0] and at[1] < ends:
        return "yes"
    return "unclear" if starts <= at[1] and at[0] < ends else "no"


def _last(events: Sequence[Record]) -> list[Record]:
    """Return the events that none surely followed."""
    return [each for each in events if not any(surely_before(each["occurred_at"], o["occurred_at"]) for o in events)]


def _first(events: Sequence[Record]) -> list[Record]:
    """Return the events that none surely preceded."""
    return [each for each in events if not any(surely_before(o["occurred_at"], each["occurred_at"]) for o in events)]


def _calendar(records: Records, named: str) -> str | None:
    """Return the calendar that policy names; where it says nothing, the default or the only one that there is."""
    known = {row["calendar"] for row in records["calendar_day"]}
    if named in known:
        return named
    return known.pop() if named == "default" and len(known) == 1 else None
