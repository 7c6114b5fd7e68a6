"""T-05 Access review, from audit-domain T-05 and the rule's README."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations, product

from twofold.controltests.rule import ParameterValue
from twofold.model.instant import Instant

from .hands import add_hands, add_last_day, add_second_hr_id
from .programme import due_periods, first
from .records import Record, Records, Span
from .rights import delete_rights, grant_changes, inside, opened_again
from .steps import (
    AMBIGUOUS,
    BOT,
    EVER,
    LINKED,
    NEVER,
    SHARED_ACCOUNT,
    TICK,
    UNLINKED,
    days,
    hand,
    has_gap,
    human_of,
    mandates,
    title_mandates,
)
from .world import A_DAY, START, World

CONTROL_TEST = "T-05"
OUTCOME_ONLY: frozenset[str] = frozenset()
Parameters = Mapping[str, ParameterValue]
_PERIOD = 20 * A_DAY
_DECISIONS = {"approve", "revoke", "modify"}
_WRONG = {"revoke", "modify"}


def shared(world: World) -> None:
    """Sometimes a calendar, which names the last days of periods, and a roster of every system."""
    if world.chance(40):
        world.add("calendar", id="default", zone="UTC")
    if world.chance(25):
        world.add("roster", scope="*", duty="review", person="boss", valid_from=world.moment())


def parameters(world: World) -> Parameters:
    """Short times, so that limits lie inside the worlds."""
    return {
        "grace_days": world.pick((0, 5, 5, 31)),
        "max_snapshot_age_days": world.pick((0, 3, 14)),
        "revoke_sla_days": world.pick((1, 10)),
        "regrant_watch_days": world.pick((5, 30)),
        "allow_role_title": world.chance(50),
        "day_grained": world.chance(30),
    }


_WITH_GAPS = [
    "campaign",
    "snapshot",
    "snapshot_row",
    "review_item",
    "revoke",
    "impact_review",
    "access_request",
    "approval",
]


def populate(world: World) -> None:
    """A system with two or three due periods, snapshots, campaigns of its pairs, removals and looks."""
    system = world.key("erp")
    hands = [*add_hands(world, "git"), world.key("git:cem")]
    world.add("account_link", account=hands[-1], person=world.key("z"))
    rights = [f"{system}:{name}" for name in ("read", "admin", "all", "team")]
    for right in world.some(rights, percent=90):
        world.add(
            "access_right",
            id=right,
            system=system,
            **{"class": world.pick((None, "normal", "privileged"))},
            contains=[rights[0]] if right in rights[2:] and world.chance(80) else [],
        )
    pairs = [(account, right) for account in world.some(hands, percent=25) or hands[:1] for right in rights[:2]]
    pairs += [(hands[0], rights[2])] if world.chance(30) else []
    first_day = START + world.pick((0, 0, 15, 30)) * A_DAY + timedelta(hours=world.pick((0, 5)))
    for number in range(world.pick((1, 2, 2, 3))):
        start = first_day + number * _PERIOD
        for _ in range(2 if world.chance(2) else 1):
            due = start + _PERIOD if world.chance(99) else start + _PERIOD - A_DAY
            world.add("due_occurrence", activity="access_review", system=system, starts_at=start, due_at=due)
        for _ in range(world.pick((0, 1, 1, 1, 1, 2))):
            _campaign(world, system, start, pairs, hands)
    _people(world, system, pairs)
    for _ in range(world.pick((0, 0, 1, 2))):
        _later_list(world, system, pairs)
    for _ in range(world.pick((0, 0, 0, 1, 2))):
        start = START + world.number_in(0, 60) * A_DAY
        world.add(
            "source_gap",
            table_name=world.pick(_WITH_GAPS),
            system=world.pick((system, system, world.key("crm"))),
            starts_at=world.maybe(70, start),
            ends_before=world.maybe(70, start + world.pick((1, 30)) * A_DAY),
            reason="not_extracted",
        )
    add_second_hr_id(world, [world.key(name) for name in ("x", "y", "z")])
    add_last_day(world, "review_item", "reviewer", "decided_at", scope=system, duty="review", role="owner")
    delete_rights(world)


def _later_list(world: World, system: str, pairs: Sequence[tuple[str, str]]) -> None:
    """Add a list of the system that belongs to no campaign, without some of the pairs, and perhaps not complete."""
    name, taken = world.id("snapshot"), START + world.pick((21, 30, 45, 75)) * A_DAY
    seen, flat = world.instant(taken, coarse=8), world.pick((None, None, False))
    world.add("snapshot", id=name, system=system, taken_at=seen, origin="system", expands_nested=flat)
    for account, right in pairs:
        if world.chance(25):
            world.add("snapshot_row", snapshot=name, account=account, right_id=right)
    if world.chance(25):
        world.add("snapshot_row", snapshot=name, account=world.pick(pairs)[0], right_id=f"{system}:all")
    if world.chance(30):
        world.add(
            "source_gap",
            table_name=world.pick(("snapshot", "snapshot_row")),
            system=world.pick((system, "*")),
            starts_at=world.maybe(90, taken),
            ends_before=world.maybe(90, taken + world.pick((0, 1)) * A_DAY),
            reason="row_count",
        )


def _people(world: World, system: str, pairs: Sequence[tuple[str, str]]) -> None:
    has_roster = world.chance(75)
    decided = [row.values["decided_at"] for row in world.rows if row.table == "review_item"]
    moments = [at.earliest for at in decided if isinstance(at, Instant)] or [START]
    for name in ("x", "y", "z"):
        person, start = world.key(name), world.near(world.pick(moments), days=9) + timedelta(hours=world.pick((0, 9)))
        if has_roster and world.chance(85 if name != "x" else 20):
            world.add(
                "roster",
                scope=system,
                duty="review",
                right_class=world.pick((None, None, None, "normal", "privileged")),
                person=person,
                valid_from=world.maybe(25, start),
                valid_to=world.maybe(15, start + 30 * A_DAY),
            )
        if world.chance(40):
            world.add(
                "job",
                person=person,
                role=world.pick(("owner", "clerk")),
                valid_from=world.maybe(30, start),
                valid_to=world.maybe(15, start + 30 * A_DAY),
            )
        if world.chance(30):
            world.add(
                "engagement",
                id=world.id("engagement"),
                person=person,
                type="employee",
                started_at=world.maybe(50, world.instant(START - world.pick((-10, 90)) * A_DAY)),
                last_day=world.maybe(40, world.instant(START + 30 * A_DAY)),
                effective_end=world.maybe(20, world.instant(START + 40 * A_DAY)),
            )
    if world.chance(40):
        world.add("role_authority", scope=system, duty="review", role="owner")
    for account, right in world.some(pairs, percent=25):
        given = f"{system}:all" if world.chance(20) else right
        _log(world, account, given)
        if world.chance(20):
            _log(world, account, right)
        if world.chance(10):
            _log(world, account, f"{system}:team")
        if world.chance(50):
            _new_request(world, system, account, world.pick((given, right)))
    for account, right in world.some(pairs, percent=15):
        _life(world, account)
        if world.chance(40):
            _log(world, account, world.pick((right, f"{system}:all", f"{system}:team")))
        if world.chance(30):
            _new_request(world, system, account, right)


def _life(world: World, account: str) -> None:
    """Delete or close an account, and perhaps open it again, now and then in two ways."""
    at = START + world.number_in(5, 60) * A_DAY
    steps = [(world.pick(("delete", "delete", "disable")), at)]
    if world.chance(50):
        steps.append((world.pick(("enable", "activate", "create")), world.near(at + world.pick((0, 1, 5, 20)) * A_DAY)))
    for kind, moment in steps:
        name = world.id("life")
        for _ in range(2 if world.chance(6) else 1):
            shown = world.maybe(95, world.instant(world.near(moment, days=1)))
            world.add("account_event", id=name, account=account, kind=kind, occurred_at=shown)


def _log(world: World, account: str, right: str) -> None:
    """Add what the log tells of a pair, now and then in two ways."""
    for _ in range(world.pick((1, 2, 2, 3))):
        name, at = world.id("grant"), START + world.number_in(5, 60) * A_DAY
        for _ in range(2 if world.chance(15) else 1):
            world.add(
                "grant_event",
                id=name,
                account=account,
                right_id=right,
                action=world.pick(("remove", "remove", "add")),
                occurred_at=world.maybe(95, world.instant(world.near(at, days=1))),
                net_change=world.pick((None,) * 9 + (False,)),
            )


def _new_request(world: World, system: str, account: str, right: str) -> None:
    """Add a request for a right and decisions on it, now and then told in two ways."""
    request, asked = world.id("request"), START + world.number_in(5, 60) * A_DAY
    for _ in range(2 if world.chance(10) else 1):
        world.add(
            "access_request",
            id=request,
            beneficiary=world.pick((account, world.key("x"), world.key("y"))),
            system=system,
            rights=[right],
            created_at=world.instant(asked),
        )
    for _ in range(world.pick((1, 1, 1, 2))):
        name = world.id("approval")
        for _ in range(2 if world.chance(20) else 1):
            world.add(
                "approval",
                id=name,
                subject=request,
                approver=world.key("git:ben"),
                duty="access",
                decision=world.pick(("approve", "approve", "approve", "reject")),
                decided_at=world.instant(asked + world.pick((0, 1, 9)) * A_DAY),
                withdrawn_at=world.maybe(8, world.instant(asked + 9 * A_DAY)),
            )


def _campaign(
    world: World, system: str, start: datetime, pairs: Sequence[tuple[str, str]], hands: Sequence[str]
) -> None:
    taken = start + world.pick((-1, 0, 1, 10, 15, 19, 20, 22)) * A_DAY
    began = taken + world.pick((0, 1, 1, 1, 3, 5)) * A_DAY
    done = began + world.pick((1, 2, 5, 5, 20)) * A_DAY
    name, snapshot = world.id("campaign"), world.id("snapshot")
    ended, status = world.maybe(88, world.instant(done, coarse=25)), world.pick((None, None, None, False))
    origin = world.pick(("system",) * 9 + ("roster",))
    if world.chance(94):
        of = world.pick((system,) * 19 + (world.key("crm"),))
        for _ in range(2 if world.chance(4) else 1):
            world.add(
                "snapshot",
                id=snapshot,
                system=of,
                taken_at=world.instant(taken, coarse=8),
                origin=origin,
                expands_nested=status,
            )
            origin = "roster" if world.chance(50) else origin
            taken += world.pick((0, 0, 1, 9)) * A_DAY
    for _ in range(2 if world.chance(2) else 1):
        world.add(
            "campaign",
            id=name,
            system=system,
            snapshot=world.maybe(96, snapshot),
            started_at=world.instant(began, coarse=8),
            completed_at=ended,
        )
        ended = world.instant(done + A_DAY)
    whole = world.chance(80)
    for account, right in pairs:
        if whole or world.chance(85):
            world.add("snapshot_row", snapshot=snapshot, account=account, right_id=right)
        if whole or world.chance(85):
            _pair(world, name, account, right, began, done, hands)


def _pair(
    world: World, campaign: str, account: str, right: str, began: datetime, done: datetime, hands: Sequence[str]
) -> None:
    key = {"campaign": campaign, "account": account, "right_id": right}
    at = world.pick(
        (began, done - timedelta(hours=1), done - timedelta(hours=1), done, done + A_DAY, began - 2 * A_DAY)
    )
    at = at if world.chance(25) else done - timedelta(hours=1)
    decision = world.pick(("approve",) * 5 + ("revoke", "revoke", "Modify", None))
    decided, reviewer = (
        world.maybe(95, world.instant(at, coarse=20)),
        world.pick((hands[-1],) * 8 + tuple(hands) + (None,)),
    )
    for _ in range(2 if world.chance(5) else 1):
        world.add("review_item", **key, reviewer=reviewer, decision=decision, decided_at=decided)
        decision = world.pick(("approve", "revoke"))
    if world.chance(30):
        executed = at + world.pick((0, 1, 1, 5, 10, 12)) * A_DAY
        for ticket in ("T-1", "T-2")[: 2 if world.chance(3) else 1]:
            world.add("revoke", **key, ticket=ticket, executed_at=world.maybe(85, world.instant(executed)))
    for number in range(world.pick((0, 0, 0, 0, 0, 1, 1, 2))):
        world.add(
            "impact_review",
            **key,
            reviewed_at=world.instant(done + (number + 1) * A_DAY),
            reviewed_by=world.pick((world.key("z"), world.key("z"), world.key("x"), world.key("y"))),
            looked_from=world.maybe(80, START + world.pick((-90, 5, 25)) * A_DAY),
        )


def outcomes(records: Records, clock: datetime, parameters: Parameters) -> Mapping[str, Mapping[str, str]]:
    """Return item -> letter -> reason code of each due review."""
    schedule = Schedule(records, days(parameters["grace_days"]))
    found = {}
    for due in due_periods(records, ["access_review"]):
        review = Review(records, clock, parameters, due.row, schedule.judged(due.row))
        found[f"{due.system}/{due.day}"] = review.codes()
    return found


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign with its snapshot, and when it was held: when the snapshot was taken, without one when it began."""

    row: Record
    snapshot: Record | None

    @property
    def held_at(self) -> datetime:
        """Earliest moment of it."""
        at: Span = self.snapshot["taken_at"] if self.snapshot is not None else self.row["started_at"]
        return at[0]

    @property
    def completed(self) -> Span | None:
        """Time of its completion."""
        at: Span | None = self.row["completed_at"]
        return at

    def done_before(self, moment: datetime) -> bool:
        """Return whether it was surely completed before a moment."""
        return self.completed is not None and self.completed[1] < moment


class Schedule:
    """Which campaign answers which due period."""

    def __init__(self, records: Records, grace: timedelta) -> None:
        snapshots = {row["id"]: row for row in records["snapshot"]}
        self.grace = grace
        self.campaigns = [Campaign(row, snapshots.get(row["snapshot"])) for row in records["campaign"]]
        self.periods = [row for row in records["due_occurrence"] if row["activity"] == "access_review"]

    def own(self, due: Record) -> list[Campaign]:
        """Return the campaigns that lie in a period."""
        return [
            each
            for each in self.campaigns
            if each.row["system"] == due["system"] and due["starts_at"] <= each.held_at < due["due_at"]
        ]

    def good(self, due: Record) -> int:
        """Return how many campaigns of a period were completed in time."""
        return sum(each.done_before(due["due_at"] + self.grace) for each in self.own(due))

    def home(self, campaign: Campaign) -> Record | None:
        """Return the first period in which a campaign lies, None where it lies in none."""
        homes = [due for due in self.periods if any(each is campaign for each in self.own(due))]
        return min(homes, key=lambda due: due["due_at"], default=None)

    def could_take(self, due: Record, campaign: Campaign) -> bool:
        """Return whether a period without a good one might take a campaign: from its grace, or on an older snapshot."""
        deadline, began = due["due_at"] + self.grace, campaign.row["started_at"][0]
        in_grace = due["due_at"] <= campaign.held_at < deadline
        older = campaign.held_at < due["starts_at"] <= began < due["due_at"]
        same = campaign.row["system"] == due["system"]
        return same and not self.good(due) and campaign.done_before(deadline) and (in_grace or older)

    def lent(self) -> list[tuple[Record, Campaign]]:
        """Return each period that takes a campaign, with it; the earlier due are served first."""
        found: list[tuple[Record, Campaign]] = []
        offers: list[tuple[Record, Campaign]] = []
        served: dict[str, set[datetime]] = {}
        for due in sorted(self.periods, key=lambda each: each["due_at"]):
            chosen = []
            for each in self.campaigns:
                spoken_for = any(each is other and due is not taker for taker, other in offers)
                if not self.could_take(due, each) or spoken_for:
                    continue
                home = self.home(each)
                offers.append((due, each))
                if home is not None:
                    takers = served.setdefault(f"{home['system']} {home['due_at']}", set())
                    takers.add(due["due_at"])
                    if len(takers) >= self.good(home):
                        continue
                chosen.append((each.held_at, each.row["id"], each))
            if chosen:
                found.append((due, min(chosen, key=lambda each: each[:2])[2]))
        return found

    def judged(self, due: Record) -> Campaign | None:
        """Return the campaign that is judged for a period."""
        deadline = due["due_at"] + self.grace
        lent = self.lent()
        found = [each for each in self.own(due) if not any(each is other for _, other in lent)]
        found += [each for taker, each in lent if taker is due]
        found += [
            each
            for each in self.campaigns
            if each.row["system"] == due["system"]
            and due["due_at"] <= each.held_at < deadline
            and not each.done_before(deadline)
            and self.home(each) is None
        ]
        order = sorted(
            found,
            key=lambda each: (
                not each.done_before(deadline),
                each.completed is None,
                each.held_at,
                each.row["id"],
            ),
        )
        return order[0] if order else None


_ORDER_OF_C = (
    "exception:self_review",
    "exception:no_authority",
    "exception:no_reviewer",
    "exception:shared_reviewer",
    "exception:bot_reviewer",
    "cannot_test:conflict",
    "cannot_test:no_decision_time",
    "cannot_test:reviewer_unlinked",
    "cannot_test:account_shared",
    "cannot_test:account_unlinked",
    "cannot_test:time_order_unclear",
    "cannot_test:no_roster",
    "pass",
)
_ORDER_OF_LOOKS = (
    "pass",
    "exception:look_too_short",
    "exception:looked_at_own_use",
    "cannot_test:conflict",
    "cannot_test:look_start_unknown",
)
"""Of several looks at a pair the one that answers best counts."""
_ORDER_OF_E = (
    "exception:revoke_not_executed",
    "exception:still_present",
    "exception:regranted",
    "exception:revoke_late",
    "cannot_test:conflict",
    "cannot_test:no_decision_time",
    "cannot_test:source_gap",
    "cannot_test:time_order_unclear",
    "cannot_test:pending",
    "pass",
)
_ORDER_OF_F = (
    "exception:impact_not_judged",
    "exception:look_too_short",
    "exception:looked_at_own_use",
    "cannot_test:conflict",
    "cannot_test:look_start_unknown",
    "cannot_test:source_gap",
    "cannot_test:pending",
    "pass",
)
_ORDER_OF_G = (
    "exception:decided_before_snapshot",
    "exception:decided_after_completion",
    "cannot_test:conflict",
    "cannot_test:no_decision_time",
    "cannot_test:no_snapshot",
    "cannot_test:time_order_unclear",
    "cannot_test:pending",
    "cannot_test:not_completed",
    "pass",
)


@dataclass(frozen=True, slots=True)
class Ending:
    """An event of the log that ended a pair; `taken` where the right and not the account ended."""

    name: str
    at: Span | None
    conflicted: bool
    taken: bool


class Review:
    """One due period and the campaign that is judged for it."""

    def __init__(
        self, records: Records, clock: datetime, parameters: Parameters, due: Record, campaign: Campaign | None
    ) -> None:
        self.records, self.clock, self.parameters, self.due, self.campaign = records, clock, parameters, due, campaign
        self.system = due["system"]
        self.deadline = due["due_at"] + days(parameters["grace_days"])
        self.sla = days(parameters["revoke_sla_days"])
        self.lines = [
            row for row in records["review_item"] if campaign is not None and row["campaign"] == campaign.row["id"]
        ]
        self.running = campaign is not None and campaign.completed is None and clock < self.deadline
        self.conflicted = due["conflicted"] or (
            campaign is not None
            and (campaign.row["conflicted"] or (campaign.snapshot is not None and campaign.snapshot["conflicted"]))
        )

    def gap(self, tables: Sequence[str], start: datetime | None, end: datetime) -> bool:
        """Return whether tables are not proven complete from one moment to another, both included."""
        return has_gap(self.records, tables, self.system, start, end + TICK)

    def _list_gap(self, at: datetime) -> bool:
        """Return whether lists taken at a moment are not proven complete; a gap that begins with the list is none."""
        return has_gap(self.records, ["snapshot", "snapshot_row"], self.system, at, at)

    def codes(self) -> Mapping[str, str]:
        """Return letter -> reason code."""
        nothing = self._nothing()
        if nothing or self.campaign is None:
            return {"A": self._held(), **dict.fromkeys("BCDEFG", nothing or "")}
        return {
            "A": self._held(),
            "B": self._complete(self.campaign),
            "C": self._reviewers(),
            "D": self._decided(),
            "E": self._followed([self._removal(self.campaign, row) for row in self._wrong()], _ORDER_OF_E),
            "F": self._followed([self._look(self.campaign, row) for row in self._wrong()], _ORDER_OF_F),
            "G": self._orders(self.campaign),
        }

    def _nothing(self) -> str | None:
        if self.conflicted:
            return "cannot_test:conflict"
        if self.campaign is not None:
            return None
        if self.clock < self.deadline:
            return "cannot_test:pending"
        return "cannot_test:source_gap" if self._campaign_gap() else "na:no_campaign"

    def _campaign_gap(self) -> bool:
        return has_gap(self.records, ["campaign"], self.system, self.due["starts_at"], self.deadline)

    # A

    def _held(self) -> str:
        done = self.campaign.completed if self.campaign is not None else None
        reasons = (
            (self.conflicted, "cannot_test:conflict"),
            (done is not None and done[1] < self.deadline, "pass"),
            (self.clock < self.deadline, "cannot_test:pending"),
            (done is not None and done[0] >= self.deadline, "exception:late"),
            (done is not None, "cannot_test:time_order_unclear"),
            (self.campaign is not None, "exception:not_completed"),
            (self._campaign_gap(), "cannot_test:source_gap"),
        )
        return next((code for holds, code in reasons if holds), "exception:absent")

    # B

    def _complete(self, campaign: Campaign) -> str:
        records, snapshot, began = self.records, campaign.snapshot, campaign.row["started_at"]
        done = campaign.completed[0] if campaign.completed else self.deadline
        no_list = self._list_gap(campaign.held_at)
        no_pairs = self.gap(["review_item"], began[0], done)
        if snapshot is None:
            return "cannot_test:source_gap" if no_list else "cannot_test:no_snapshot"
        limit = days(self.parameters["max_snapshot_age_days"])
        shown = {
            (row["account"], row["right_id"]) for row in records["snapshot_row"] if row["snapshot"] == snapshot["id"]
        }
        asked = {(row["account"], row["right_id"]) for row in self.lines}
        missing, extra = bool(shown - asked), bool(asked - shown)
        nested = {(account, each) for account, right in shown for each in inside(records, right)}
        flat = snapshot["expands_nested"] is not False
        reasons = (
            (snapshot["origin"] != "system", "exception:not_from_system"),
            (snapshot["system"] != self.system, "exception:other_system"),
            (began[0] > snapshot["taken_at"][1] + limit, "exception:snapshot_too_old"),
            (self.running and (missing or extra), "cannot_test:pending"),
            (missing and not no_pairs, "exception:missing_pair"),
            (extra and not no_list, "exception:extra_pair"),
            (not flat and bool(nested - shown), "exception:nested_hidden"),
            (missing or extra or no_list, "cannot_test:source_gap"),
            (not flat and not nested, "cannot_test:nested_unknown"),
            (began[1] > snapshot["taken_at"][0] + limit, "cannot_test:time_order_unclear"),
        )
        return next((code for holds, code in reasons if holds), "pass")

    # C

    def _reviewers(self) -> str:
        decided = [row for row in self.lines if _decision(row)]
        return first((self._reviewer(row) for row in decided), _ORDER_OF_C) or "na:nothing_decided"

    def _reviewer(self, row: Record) -> str:
        at, reviewer = row["decided_at"], row["reviewer"]
        if row["conflicted"]:
            return "cannot_test:conflict"
        if reviewer is None:
            return "exception:no_reviewer"
        if at is None:
            return "exception:self_review" if reviewer == row["account"] else "cannot_test:no_decision_time"
        who, owner = hand(self.records, reviewer, at[0]), hand(self.records, row["account"], at[0])
        shown = self._authority(row, who.person, at)
        same = who.person is not None and human_of(self.records, who.person) == human_of(self.records, owner.person)
        reasons = (
            (reviewer == row["account"] or same, "exception:self_review"),
            (who.state == SHARED_ACCOUNT, "exception:shared_reviewer"),
            (who.state == BOT, "exception:bot_reviewer"),
            (who.state != LINKED, "cannot_test:reviewer_unlinked"),
            (bool(shown), shown),
            (owner.state == SHARED_ACCOUNT, "cannot_test:account_shared"),
            (owner.state in {UNLINKED, AMBIGUOUS}, "cannot_test:account_unlinked"),
        )
        return next((code for holds, code in reasons if holds), "pass")

    def _authority(self, row: Record, person: str | None, at: Span) -> str:
        """Return what speaks against the authority of a reviewer at a decision, or an empty text."""
        scopes = {self.system, "*"}
        kinds = {each["id"]: each["class"] or "normal" for each in self.records["access_right"]}
        held = [
            each
            for each in mandates(self.records)
            if (each.person, each.duty) == (person, "review")
            and each.scope in scopes
            and each.right_class in {None, kinds.get(row["right_id"], "normal")}
            and each.perhaps(at)
        ]
        if held:
            return "" if any(each.surely(at) for each in held) else "cannot_test:time_order_unclear"
        roster = [each for each in self.records["roster"] if each["duty"] == "review" and each["scope"] in scopes]
        begins_at = min((each["valid_from"] or EVER for each in roster), default=NEVER)
        if begins_at <= at[0]:
            return "exception:no_authority"
        titles = [
            each for each in self.records["role_authority"] if each["duty"] == "review" and each["scope"] in scopes
        ]
        if not titles or not self.parameters["allow_role_title"]:
            return "cannot_test:no_roster"
        held = [
            each
            for each in title_mandates(self.records)
            if (each.person, each.duty) == (person, "review") and each.scope in scopes
        ]
        if not any(each.perhaps(at) for each in held):
            return "exception:no_authority"
        surely = at[1] < begins_at and any(each.surely(at) for each in held)
        return "" if surely else "cannot_test:time_order_unclear"

    # D

    def _decided(self) -> str:
        undecided = any(not _decision(row) and not row["conflicted"] for row in self.lines)
        reasons = (
            (self.running and (undecided or not self.lines), "cannot_test:pending"),
            (undecided, "exception:undecided"),
            (any(row["conflicted"] for row in self.lines), "cannot_test:conflict"),
            (not self.lines, "na:no_items"),
        )
        return next((code for holds, code in reasons if holds), "pass")

    # E and F

    def _wrong(self) -> list[Record]:
        return [row for row in self.lines if _decision(row) in _WRONG]

    def _followed(self, codes: Sequence[str], order: Sequence[str]) -> str:
        worst = first(codes, order)
        if worst in {None, "pass"} and self.running:
            return "cannot_test:pending"
        if worst in {None, "pass"} and any(row["conflicted"] for row in self.lines):
            return "cannot_test:conflict"
        return worst or "na:nothing_revoked"

    def _same(self, table: str, row: Record) -> list[Record]:
        key = row["campaign"], row["account"], row["right_id"]
        return [each for each in self.records[table] if (each["campaign"], each["account"], each["right_id"]) == key]

    def _late_gap(self, campaign: Campaign, table: str) -> bool:
        return self.gap([table], campaign.row["started_at"][0], self.deadline + self.sla)

    def _removal(self, campaign: Campaign, row: Record) -> str:
        """Judge the pair once for everything that the records in conflict may mean."""
        told = self._same("revoke", row)
        if row["conflicted"] or any(each["conflicted"] for each in told):
            return "cannot_test:conflict"
        if row["decided_at"] is None:
            return "cannot_test:no_decision_time"
        endings = list(self._endings(row))
        recorded: Span | None = next((each["executed_at"] for each in told if each["executed_at"]), None)
        approvals = self._approvals_again(row)
        giving = [
            each
            for each in self.records["grant_event"]
            if each["account"] == row["account"] and self._gives(each["right_id"], row["right_id"])
        ]
        openings = [
            each
            for each in self.records["account_event"]
            if each["account"] == row["account"] and each["occurred_at"] and opened_again(self.records, each)
        ]
        all_grants = tuple(f"right {each['id']}" for each in giving if each["conflicted"])
        all_grants += tuple(f"account {each['id']}" for each in openings if each["conflicted"])
        all_removals = tuple(each.name for each in endings if each.conflicted)
        all_approvals = tuple(name for name, _, sure in approvals if not sure)

        def codes(readings: Iterable[tuple[tuple[str, ...], tuple[str, ...]]]) -> set[str]:
            return {
                self._removal_read(
                    campaign,
                    row,
                    done=recorded or _earliest(_removed(read, row["decided_at"])),
                    undated=any(each.at is None for each in read),
                    grants=[each for each in giving if _plain_grant(each) or f"right {each['id']}" in grants]
                    + [
                        each
                        for each in openings
                        if (not each["conflicted"] or f"account {each['id']}" in grants)
                        and _brings_back(each, recorded, _removed(read, row["decided_at"], taken_only=True))
                    ],
                    approved=_earliest([at for name, at, sure in approvals if sure or name in approving]),
                    lists=lists,
                )
                for grants, approving in readings
                for removal in (None, *all_removals)
                for read in [[each for each in endings if each.name == removal or not each.conflicted]]
                for lists in (False, True)
            }

        every = codes(product(_subsets(all_grants), _subsets(all_approvals)))
        if len(every) > 1 and not all(code.startswith("exception:") for code in every):
            return "cannot_test:conflict"
        # Which exception it is, the rule's README says by the two extremes alone.
        return first(codes([(all_grants, ()), ((), all_approvals)]), _ORDER_OF_E) or ""

    def _removal_read(
        self,
        campaign: Campaign,
        row: Record,
        *,
        done: Span | None,
        undated: bool,
        grants: Sequence[Record],
        approved: Span | None,
        lists: bool,
    ) -> str:
        at: Span = row["decided_at"]
        if done is None:
            if self.clock < at[1] + self.sla:
                return "cannot_test:pending"
            if self._late_gap(campaign, "revoke"):
                return "cannot_test:source_gap"
            return "cannot_test:time_order_unclear" if undated else "exception:revoke_not_executed"
        watch = done[0] + days(self.parameters["regrant_watch_days"])
        times = [each["occurred_at"] for each in grants if each["occurred_at"] and each["occurred_at"][0] < watch]
        surely = _earliest([time for time in times if time[0] > done[1]])
        perhaps = _earliest([time for time in times if time[1] > done[0]])
        given = self._later_snapshots(row, done, lists=lists)
        later = [(taken, shown) for taken, shown, whole in given if shown or whole]
        shows = [taken for place, (taken, shown) in enumerate(later) if shown and (place == 0 or taken[0] < watch)]
        seen = _earliest(shows)
        there = [time[1] for time in (surely, seen) if time is not None]
        unproven = bool(there) and self.gap(["access_request", "approval"], at[0], max(there))
        silent = _silent(surely, approved) or _silent(seen, approved)
        reasons = (
            (bool(later) and later[0][1] and not surely and silent, "exception:still_present"),
            (silent and unproven, "cannot_test:source_gap"),
            (silent, "exception:regranted"),
            (done[0] >= at[1] + self.sla, "exception:revoke_late"),
            (done[1] >= at[0] + self.sla, "cannot_test:time_order_unclear"),
            (_perhaps_silent(perhaps, approved) or _perhaps_silent(seen, approved), "cannot_test:time_order_unclear"),
            (bool(given) and not later, "cannot_test:source_gap"),
            (not later, "cannot_test:pending"),
        )
        return next((code for holds, code in reasons if holds), "pass")

    def _endings(self, row: Record) -> Iterator[Ending]:
        """What the log shows of the end of a pair: the right removed, its last group left, or the account deleted."""
        account, right = row["account"], row["right_id"]
        for each in grant_changes(self.records):
            ends = each["conflicted"] or each["action"] == "remove"
            if each["account"] != account or not ends or not self._gives(each["right_id"], right):
                continue
            if each["right_id"] == right or not self._held_otherwise(each, right):
                yield Ending(f"right {each['id']}", each["occurred_at"], each["conflicted"], taken=True)
        for each in self.records["account_event"]:
            if each["account"] == account and each["kind"] == "delete":
                yield Ending(f"account {each['id']}", each["occurred_at"], each["conflicted"], taken=False)

    def _held_otherwise(self, left: Record, right: str) -> bool:
        """Whether the account held a right in another way, by the log, when it left a group that nests it."""
        if left["occurred_at"] is None:
            return False
        first, last = left["occurred_at"]
        ways: dict[str, list[Record]] = {}
        for each in grant_changes(self.records):
            known = each["occurred_at"] and not each["conflicted"] and each["account"] == left["account"]
            if known and each["right_id"] != left["right_id"] and self._gives(each["right_id"], right):
                ways.setdefault(each["right_id"], []).append(each)
        for events in ways.values():
            events.sort(key=lambda each: (each["occurred_at"][0], each["id"]))
            if any(
                each["action"] == "add"
                and each["occurred_at"][0] <= last
                and (after is None or after["occurred_at"][0] > first)
                for each, after in zip(events, [*events[1:], None], strict=True)
            ):
                return True
            if events[0]["action"] == "remove" and events[0]["occurred_at"][0] > first:
                return True
        return False

    def _gives(self, given: str, right: str) -> bool:
        """Whether what is given is the right, or a group that nests it."""
        return given == right or right in inside(self.records, given)

    def _later_snapshots(self, row: Record, done: Span, *, lists: bool) -> list[tuple[Span, bool, bool]]:
        """Return later snapshots of the system itself in order, whether each still shows the pair, and is complete.

        Those in conflict count where `lists` says so.
        """
        grouped = {each["id"] for each in self.records["snapshot"] if each["expands_nested"] is False}
        rows = {
            each["snapshot"]
            for each in self.records["snapshot_row"]
            if each["account"] == row["account"]
            and (
                each["right_id"] == row["right_id"]
                or (each["snapshot"] in grouped and self._gives(each["right_id"], row["right_id"]))
            )
        }
        found = sorted(
            (each["taken_at"][0], each["id"], each["taken_at"][1])
            for each in self.records["snapshot"]
            if each["system"] == self.system
            and each["taken_at"][0] > done[1]
            and (lists if each["conflicted"] else each["origin"] == "system")
        )
        return [((taken, latest), name in rows, not self._list_gap(taken)) for taken, name, latest in found]

    def _approvals_again(self, row: Record) -> list[tuple[str, Span, bool]]:
        """Return id and time of each decision on a request made after the decision, and whether it surely approves.

        A decision that surely approves nothing is left out.
        """
        at: Span = row["decided_at"]
        human = human_of(self.records, hand(self.records, row["account"], at[0]).person)
        requests = {
            each["id"]: each["conflicted"]
            for each in self.records["access_request"]
            if any(self._gives(right, row["right_id"]) for right in each["rights"])
            and (each["beneficiary"] == row["account"] or human_of(self.records, each["beneficiary"]) == human)
            and each["created_at"][0] > at[0]
        }
        return [
            (each["id"], each["decided_at"], not doubtful)
            for each in self.records["approval"]
            if each["subject"] in requests
            for doubtful in [each["conflicted"] or requests[each["subject"]]]
            if doubtful or (each["decision"] == "approve" and each["withdrawn_at"] is None)
        ]

    def _look(self, campaign: Campaign, row: Record) -> str:
        if row["conflicted"] or any(each["conflicted"] for each in self._same("revoke", row)):
            return "cannot_test:conflict"
        at = row["decided_at"]
        looks = [self._look_told(campaign, row, look) for look in self._same("impact_review", row)]
        if looks:
            return first(looks, _ORDER_OF_LOOKS) or ""
        if at is not None and self.clock < at[1] + self.sla:
            return "cannot_test:pending"
        gap = self._late_gap(campaign, "impact_review")
        return "cannot_test:source_gap" if gap else "exception:impact_not_judged"

    def _look_told(self, campaign: Campaign, row: Record, look: Record) -> str:
        at = row["decided_at"]
        owner = human_of(self.records, hand(self.records, row["account"], at[0]).person) if at else None
        goods = {self._last_good(campaign, row, doubtful=doubtful) for doubtful in (False, True)}
        short = {good is not None and bool(look["looked_from"]) and look["looked_from"] > good for good in goods}
        reasons = (
            (look["conflicted"], "cannot_test:conflict"),
            (owner is not None and human_of(self.records, look["reviewed_by"]) == owner, "exception:looked_at_own_use"),
            (look["looked_from"] is None, "cannot_test:look_start_unknown"),
            (short == {True}, "exception:look_too_short"),
            (len(short) > 1, "cannot_test:conflict"),
        )
        return next((code for holds, code in reasons if holds), "pass")

    def _last_good(self, campaign: Campaign, row: Record, *, doubtful: bool) -> datetime | None:
        """Return when the last review was completed, before this one began, that found the pair good.

        Where `doubtful` says so, what is told in two ways counts as a good review.
        """
        good = {
            each["campaign"]
            for each in self.records["review_item"]
            if (each["account"], each["right_id"]) == (row["account"], row["right_id"])
            and (doubtful if each["conflicted"] else _decision(each) == "approve")
        }
        done = [
            each["completed_at"][0]
            for each in self.records["campaign"]
            if each["id"] in good
            and each["system"] == self.system
            and each["completed_at"]
            and each["completed_at"][0] < campaign.row["started_at"][0]
            and (doubtful or not each["conflicted"])
        ]
        return max(done, default=None)

    # G

    def _orders(self, campaign: Campaign) -> str:
        decided = [row for row in self.lines if _decision(row)]
        return first((self._order(campaign, row) for row in decided), _ORDER_OF_G) or "na:nothing_decided"

    def _order(self, campaign: Campaign, row: Record) -> str:
        at, done = row["decided_at"], campaign.completed
        taken: Span | None = campaign.snapshot["taken_at"] if campaign.snapshot is not None else None
        if row["conflicted"]:
            return "cannot_test:conflict"
        if at is None:
            return "cannot_test:no_decision_time"
        reasons = (
            (taken is not None and at[1] < taken[0], "exception:decided_before_snapshot"),
            (done is not None and at[0] > done[1], "exception:decided_after_completion"),
            (taken is None, "cannot_test:no_snapshot"),
            (self.running, "cannot_test:pending"),
            (done is None, "cannot_test:not_completed"),
            (bool(self.parameters["day_grained"]), "pass"),
            (taken is not None and at[0] < taken[1], "cannot_test:time_order_unclear"),
            (done is not None and at[1] > done[0], "cannot_test:time_order_unclear"),
        )
        return next((code for holds, code in reasons if holds), "pass")


def _decision(row: Record) -> str | None:
    word = (row["decision"] or "").lower()
    return word if word in _DECISIONS else None


def _plain_grant(event: Record) -> bool:
    return event["action"] == "add" and event["net_change"] is not False and not event["conflicted"]


def _removed(read: Sequence[Ending], decided: Span, *, taken_only: bool = False) -> list[Span]:
    """Return when the log shows an end of a pair, not surely before the decision; `taken_only`: not by its account."""
    return [each.at for each in read if each.at and each.at[1] >= decided[0] and (each.taken or not taken_only)]


def _brings_back(opening: Record, recorded: Span | None, taken: Sequence[Span]) -> bool:
    """Return whether an account opened again still had the right: nobody had taken it from the account by then."""
    at: Span = opening["occurred_at"]
    return not any(each[0] <= at[0] for each in ([recorded] if recorded else taken))


def _earliest(times: Sequence[Span]) -> Span | None:
    """Return the moments that the first of some instants may be."""
    return (min(each[0] for each in times), min(each[1] for each in times)) if times else None


def _silent(given: Span | None, approved: Span | None) -> bool:
    """Return whether something was given that was surely not approved by then."""
    return given is not None and (approved is None or approved[0] > given[1])


def _perhaps_silent(given: Span | None, approved: Span | None) -> bool:
    """Return whether something was perhaps given that was perhaps not approved by then."""
    return given is not None and (approved is None or approved[1] > given[0])


def _subsets(names: Sequence[str]) -> list[tuple[str, ...]]:
    return [chosen for size in range(len(names) + 1) for chosen in combinations(names, size)]
