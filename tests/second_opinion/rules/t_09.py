"""T-09 Conflicts of duties, from audit-domain T-09, the rule's README and the heads of its population and steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from twofold.controltests.rule import ParameterValue

from .hands import add_last_day
from .records import Record, Records, Span
from .rights import Function, delete_rights, functions_held, met
from .steps import (
    BOT,
    EVER,
    LINKED,
    NEVER,
    SHARED_ACCOUNT,
    UNLINKED,
    hand,
    has_gap,
    human_of,
    lasted,
    superiors,
)
from .world import A_DAY, World

CONTROL_TEST = "T-09"
TICK = timedelta(microseconds=1)
OUTCOME_ONLY: frozenset[str] = frozenset()
Codes = dict[str, str]
_CONFLICT = "cannot_test:conflict"


@dataclass(frozen=True, slots=True)
class Both:
    """A stretch in which a holder had both functions; not `certain` where it may be two people."""

    holder: str
    state: str
    rule: str
    certain: bool
    systems: frozenset[str]
    wide: Span
    sure: Span | None


@dataclass(frozen=True, slots=True)
class Item:
    """A stretch of a conflict on a system."""

    holder: str
    state: str
    rule: str
    system: str
    systems: frozenset[str]
    """Where one of the two functions was held in this stretch."""
    certain: bool
    proven: bool
    span: Span
    conflict_from: datetime
    conflict_sure_from: datetime | None
    """First moment at which the conflict is proven, None where it never is."""
    earlier: Sequence[Span]
    """The stretches of the same conflict before this one."""

    @property
    def name(self) -> str:
        """The id of the item."""
        start = "unknown" if self.span[0] == EVER else self.span[0].isoformat()
        return f"{self.holder}/{self.rule}@{self.system}/{start}"


def shared(world: World) -> None:
    """Nothing is common to all worlds."""


def populate(world: World) -> None:
    """Two systems, their rights and functions, three people with accounts, mitigations, results and uses.

    A super-user right carries the functions of all rules, so of all worlds of a batch; the case super-user holds it.
    """
    rights = [world.key(f"erp:{name}") for name in ("vendor", "pay", "both", "view", "clerk")] + [
        world.key("bank:release")
    ]
    _rights(world, rights)
    people = [world.key(name) for name in ("p1", "p2", "p3")]
    accounts = [world.key(name) for name in ("erp:a", "erp:b", "erp:c", "bank:a", "erp:d")]
    _people(world, people, accounts)
    rules = [world.key("vp"), world.key("pv")][: 2 if world.chance(15) else 1]
    for rule in rules:
        _rule(world, rule, people)
    _held(world, rights, accounts[:4])
    controls = [world.key("FIN-1"), world.key("FIN-2")]
    for _ in range(world.pick((0, 1, 1, 2, 3))):
        _mitigation(world, rules, people, accounts, controls)
    _tests_and_uses(world, controls, accounts)
    add_last_day(world, "mitigation", "approved_by", "approved_at")
    delete_rights(world)


def _rights(world: World, rights: Sequence[str]) -> None:
    erp, bank, vendor, pay = map(world.key, ("erp", "bank", "vendor", "pay"))
    for right in rights:
        if world.chance(90):
            name = right.rpartition(":")[2]
            content = [rights[0]] if name == "clerk" else [rights[4]] if name == "both" and world.chance(30) else None
            world.add(
                "access_right",
                id=right,
                system=bank if name == "release" else erp,
                read_only=name == "view",
                contains=content,
            )
    for right, function in zip(rights, (vendor, pay, pay, pay, "", pay), strict=True):
        for each in sorted({function, vendor}) if right == rights[2] else [function] * bool(function):
            if world.chance(90):
                start = world.maybe(20, world.moment())
                world.add(
                    "right_function",
                    right_id=right,
                    function=each,
                    valid_from=start,
                    valid_to=world.maybe(15, world.moment()),
                )


def _tests_and_uses(world: World, controls: Sequence[str], accounts: Sequence[str]) -> None:
    erp, bank, vendor, pay = map(world.key, ("erp", "bank", "vendor", "pay"))
    for control in controls:
        for start in (None, world.moment())[: world.number_in(0, 2)]:
            for _ in range(2 if world.chance(5) else 1):
                result = world.pick(("effective", "effective", "not_effective"))
                world.add(
                    "control_result",
                    control=control,
                    valid_from=start,
                    valid_to=world.maybe(40, world.moment()),
                    result=result,
                )
    for _ in range(world.number_in(0, 4)):
        use = world.id("use")
        for _ in range(2 if world.chance(4) else 1):
            world.add(
                "function_use",
                id=use,
                account=world.pick(accounts),
                function=world.pick((vendor, pay)),
                occurred_at=world.instant(world.moment()),
            )
    for _ in range(world.number_in(1, 2) if world.chance(30) else 0):
        table = world.pick(("grant_event", "mitigation", "control_result", "function_use", "engagement", "engagement"))
        start, end = world.maybe(70, world.moment()), world.maybe(60, world.moment())
        world.add(
            "source_gap",
            table_name=table,
            system=world.pick((erp, bank)),
            starts_at=start,
            ends_before=end,
            reason="not_extracted",
        )


def _people(world: World, people: Sequence[str], accounts: Sequence[str]) -> None:
    for person in people:
        world.add("person", id=person, email=f"{person}@acme.test")
        if world.chance(30):
            ended = world.maybe(50, world.instant(world.moment()))
            last = world.maybe(50, world.instant(world.moment()))
            begun = world.maybe(50, world.instant(world.moment(last_day=20)))
            work = world.id("work")
            for _ in range(2 if world.chance(10) else 1):
                world.add(
                    "engagement",
                    id=work,
                    person=person,
                    type="employee",
                    started_at=begun,
                    last_day=last,
                    effective_end=ended,
                )
                last = world.maybe(50, world.instant(world.moment()))
        if world.chance(50):
            for _ in range(world.number_in(1, 2)):
                start = world.maybe(50, world.moment())
                world.add(
                    "job",
                    person=person,
                    role="clerk",
                    manager=world.pick([people[0], *people]),
                    valid_from=start,
                    valid_to=world.maybe(30, world.moment()),
                )
    if world.chance(30):
        _goes_on(world, world.pick([(first, second) for first in people for second in people if first != second]))
    owners = (people[0], people[1], people[2], people[0], None)
    for account, owner in zip(accounts, owners, strict=True):
        kind = world.pick((None, None, None, None, "human", "shared", "bot", "service"))
        email = f"{owner}@acme.test" if owner and world.chance(85) else None
        status = world.pick((None, "active", "disabled"))
        world.add(
            "account",
            id=account,
            system=account.partition(":")[0],
            kind=kind,
            email=email,
            status=status,
            triggered_by=world.maybe(30, accounts[0]) if kind == "bot" else None,
        )
        for _ in range(world.number_in(1, 2) if world.chance(20) else 0):
            start = world.maybe(60, world.moment())
            world.add(
                "account_link",
                account=account,
                person=world.pick(people),
                valid_from=start,
                valid_to=world.maybe(40, world.moment()),
            )


def _goes_on(world: World, ids: tuple[str, str]) -> None:
    """Somebody goes on under another HR id: one human, who may have been away between."""
    earlier, later = world.id("work"), world.id("work")
    at = world.moment()
    world.add(
        "engagement",
        id=earlier,
        person=ids[0],
        type="contractor",
        effective_end=world.maybe(80, world.instant(at)),
    )
    world.add(
        "engagement",
        id=later,
        person=ids[1],
        type="employee",
        started_at=world.maybe(80, world.instant(at + world.number_in(0, 5) * A_DAY)),
        effective_end=world.maybe(30, world.instant(world.near(at, days=40))),
        follows=earlier,
    )


def _rule(world: World, rule: str, people: Sequence[str]) -> None:
    cuts = [None, world.moment()] if world.chance(30) else [world.maybe(30, world.moment())]
    for place, start in enumerate(cuts):
        for _ in range(2 if world.chance(3) else 1):
            end = cuts[place + 1] if place + 1 < len(cuts) else world.maybe(15, world.moment())
            owner = world.pick((people[1], people[1], people[1], people[1], people[2], None))
            world.add(
                "sod_rule",
                id=rule,
                function_a=world.key("vendor"),
                function_b=world.key("pay"),
                level="high",
                risk_owner=owner,
                valid_from=start,
                valid_to=end,
            )


def _held(world: World, rights: Sequence[str], accounts: Sequence[str]) -> None:
    for _ in range(world.number_in(1, 6)):
        account, right = world.pick([accounts[0], *accounts]), world.pick([*rights, rights[0], rights[1]])
        at = world.moment()
        for action in ("add", "remove")[: 2 if world.chance(35) else 1]:
            for event in [world.id("grant")] * (2 if world.chance(3) else 1):
                shown = world.maybe(95, world.instant(at))
                world.add(
                    "grant_event",
                    id=event,
                    account=account,
                    right_id=right,
                    action=action if world.chance(93) else "remove",
                    occurred_at=shown,
                )
                at = world.near(at, days=20) if action == "add" else at
    for _ in range(world.number_in(0, 2)):
        start = world.moment()
        ended = world.maybe(80, world.instant(start + world.number_in(0, 5) * A_DAY))
        world.add(
            "elevation",
            id=world.id("raised"),
            account=world.pick(accounts),
            right_id=world.pick(rights),
            started_at=world.maybe(95, world.instant(start)),
            ended_at=ended,
        )
    for _ in range(world.number_in(0, 1)):
        snapshot = world.id("snapshot")
        world.add(
            "snapshot",
            id=snapshot,
            system=world.key("erp"),
            taken_at=world.instant(world.moment()),
            origin=world.pick(("system", "system", "spreadsheet")),
        )
        for account in accounts:
            for right in world.some(rights, percent=30):
                world.add("snapshot_row", snapshot=snapshot, account=account, right_id=right)
    for _ in range(world.number_in(0, 3) if world.chance(30) else 0):
        kind = world.pick(("create", "activate", "enable", "disable", "delete", "key_create"))
        world.add(
            "account_event",
            id=world.id("event"),
            account=world.pick(accounts),
            kind=kind,
            occurred_at=world.maybe(90, world.instant(world.moment())),
        )


def _mitigation(
    world: World, rules: Sequence[str], people: Sequence[str], accounts: Sequence[str], controls: Sequence[str]
) -> None:
    name, start, holder = (
        world.id("mitigation"),
        world.maybe(50, world.moment()),
        world.pick((people[0], people[0], people[0], people[1], accounts[0])),
    )
    for _ in range(2 if world.chance(4) else 1):
        at = world.near(start) if start and world.chance(50) else world.moment(last_day=30)
        world.add(
            "mitigation",
            id=name,
            person=holder,
            rule=world.pick(rules),
            control=world.maybe(85, world.pick(controls)),
            approved_by=world.pick([accounts[1], accounts[1], accounts[2], *accounts, None]),
            approved_at=world.maybe(90, world.instant(at)),
            valid_from=start,
            valid_to=world.maybe(40, start + world.number_in(5, 40) * A_DAY if start else world.moment()),
        )


def outcomes(records: Records, clock: datetime, parameters: Mapping[str, ParameterValue]) -> dict[str, Codes]:
    """Return the reason codes of each item; the rule has no parameters."""
    del parameters
    return {item.name: _judged(records, clock, item) for item in _items(records, clock)}


def _judged(records: Records, clock: datetime, item: Item) -> Codes:
    versions = [row for row in records["sod_rule"] if row["id"] == item.rule]
    if any(row["conflicted"] for row in versions):
        return dict.fromkeys("ABCDE", _CONFLICT)
    doubt = _doubt(records, item)
    codes = {"A": _a(records, item, doubt), "D": _d(records, item, versions)}
    judged = []
    for row in _mitigations(records, item):
        if row["control"] or row["conflicted"]:
            own = {
                "B": _b(records, item, row, versions),
                "C": _c(records, clock, item, row),
                "E": _e(records, item, row),
            }
            exceptions = sum(own[letter].startswith("exception") for letter in "BC")
            open_questions = sum(own[letter].startswith("cannot_test") for letter in "BC")
            fault = own["E"].startswith("exception")
            judged.append((exceptions, open_questions, fault, row["id"], own))
    best: Codes = min(judged, key=lambda each: each[:4])[4] if judged else dict.fromkeys("BCE", "na:no_mitigation")
    for letter, code in best.items():
        codes[letter] = doubt if doubt and code.startswith("exception") else code
    return codes


def _doubt(records: Records, item: Item) -> str | None:
    """What stands for an exception where nobody can say that there was a conflict."""
    if not item.certain:
        return "cannot_test:account_unlinked"
    if item.proven:
        return None
    if any(has_gap(records, ["grant_event"], system, *item.span) for system in item.systems):
        return "cannot_test:source_gap"
    return "cannot_test:start_unknown" if item.span[0] == EVER else "cannot_test:time_order_unclear"


def _mitigations(records: Records, item: Item) -> list[Record]:
    return [
        row
        for row in records["mitigation"]
        if _watches(records, row, item.holder, item.rule) and (row["conflicted"] or _covers(row, item.span))
    ]


def _watches(records: Records, row: Record, holder: str, rule: str) -> bool:
    """Return whether a mitigation is one of a holder and rule, whichever HR id of the holder it names."""
    return human_of(records, row["person"]) == holder and row["rule"] == rule


def _covers(row: Record, span: Span) -> bool:
    return (row["valid_from"] or EVER) <= span[0] and span[1] <= (row["valid_to"] or NEVER)


def _a(records: Records, item: Item, doubt: str | None) -> str:
    mitigations = _mitigations(records, item)
    if any(row["control"] and not row["conflicted"] for row in mitigations):
        return "pass"
    if any(row["conflicted"] for row in mitigations):
        return _CONFLICT
    if doubt:
        return doubt
    if has_gap(records, ["mitigation"], item.system, *item.span):
        return "cannot_test:source_gap"
    return "exception:no_control" if mitigations else "exception:unmitigated"


def _b(records: Records, item: Item, row: Record, versions: Sequence[Record]) -> str:
    if row["conflicted"]:
        return _CONFLICT
    if not row["approved_by"] or not row["approved_at"]:
        return "exception:not_approved"
    first, last = row["approved_at"]
    approver = hand(records, row["approved_by"], first)
    named = {SHARED_ACCOUNT: "exception:shared_approver", BOT: "exception:bot_approver"}
    if approver.state in named:
        return named[approver.state]
    human = human_of(records, approver.person)
    if item.holder in {row["approved_by"], human}:
        return "exception:self_approved"
    if human is None:
        return "cannot_test:approver_unlinked"
    owners = {human_of(records, owner) for owner in _risk_owners(versions, first)}
    if not owners:
        return "cannot_test:no_risk_owner"
    if human not in owners:
        return "exception:not_risk_owner"
    employed = _employed(records, human, (first, last))
    hr_gap = employed == "no" and has_gap(
        records, ["engagement"], item.system, _last_end(records, human, first), first + TICK
    )
    if employed == "no" and not hr_gap:
        return "exception:not_employed"
    limit: datetime = item.conflict_from
    sure_limit: datetime = item.conflict_sure_from or item.span[1]
    if _renewal(records, item, row):
        limit, sure_limit = row["valid_from"], max(row["valid_from"], sure_limit)
    if first > sure_limit:
        return "exception:approved_late"
    if employed == "conflict":
        return _CONFLICT
    if employed == "perhaps":
        return "cannot_test:time_order_unclear"
    if hr_gap:
        return "cannot_test:source_gap"
    if item.state != LINKED:
        return "cannot_test:account_shared" if item.state == SHARED_ACCOUNT else "cannot_test:account_unlinked"
    if last <= limit:
        return "pass"
    return "cannot_test:start_unknown" if limit == EVER else "cannot_test:time_order_unclear"


def _renewal(records: Records, item: Item, row: Record) -> bool:
    """Whether a mitigation follows on others that covered the whole conflict before it."""
    start = row["valid_from"]
    if start is None or start <= item.conflict_from:
        return False
    controls = [
        each
        for each in records["mitigation"]
        if _watches(records, each, item.holder, item.rule) and (each["control"] or each["conflicted"])
    ]
    return all(
        any(each["conflicted"] or _covers(each, span) for each in controls) for span in item.earlier if span[0] < start
    )


def _risk_owners(versions: Sequence[Record], at: datetime) -> set[str]:
    here = [row for row in versions if (row["valid_from"] or EVER) <= at < (row["valid_to"] or NEVER)]
    first = min(versions, key=lambda row: row["valid_from"] or EVER)
    if not here and at < (first["valid_from"] or EVER):
        here = [first]
    return {row["risk_owner"] for row in here if row["risk_owner"]}


def _last_end(records: Records, human: str, at: datetime) -> datetime | None:
    """Return when the last engagement of a human was over that was surely over by a moment."""
    overs = [lasted(row)[2] for row in records["engagement"] if human_of(records, row["person"]) == human]
    return max((over for over in overs if over <= at), default=None)


def _employed(records: Records, human: str, at: Span) -> str:
    """Return whether a human worked here: yes, no, perhaps, or conflict where that hangs on a record in conflict."""
    rows = [row for row in records["engagement"] if human_of(records, row["person"]) == human]
    found = {"yes"} if not rows else {"conflict"} if any(row["conflicted"] for row in rows) else set()
    for start, end, over in (lasted(row) for row in rows if not row["conflicted"]):
        if start <= at[0] and at[1] < end:
            found.add("yes")
        if start <= at[1] and at[0] < over:
            found.add("perhaps")
    return next((word for word in ("yes", "conflict", "perhaps") if word in found), "no")


def _c(records: Records, clock: datetime, item: Item, row: Record) -> str:
    tests = [each for each in records["control_result"] if each["control"] == row["control"]]
    results = [each for each in tests if _covers(each, item.span)]
    begun = [each for each in tests if each["conflicted"] and (each["valid_from"] or EVER) <= item.span[0]]
    if row["conflicted"] or any(each["conflicted"] for each in results) or (begun and not results):
        return _CONFLICT
    said = {each["result"] for each in results}
    if said - {"effective"}:
        return "exception:control_failed"
    if said:
        return "pass"
    if has_gap(records, ["control_result"], item.system, *item.span):
        return "cannot_test:source_gap"
    return "cannot_test:pending" if item.span[1] >= clock else "exception:not_tested"


def _d(records: Records, item: Item, versions: Sequence[Record]) -> str:
    if not item.certain:
        return "cannot_test:account_unlinked"
    used = set()
    for row in records["function_use"]:
        seen: Span = row["occurred_at"]
        owner = hand(records, row["account"], seen[0])
        holder = human_of(records, owner.person) or row["account"]
        if item.holder == holder and seen[1] >= item.span[0] and seen[0] < item.span[1]:
            used.add(row["function"])
    if any({row["function_a"], row["function_b"]} <= used for row in versions):
        return "exception:both_used"
    gap = any(has_gap(records, ["function_use"], system, *item.span) for system in item.systems)
    return "cannot_test:source_gap" if gap else "pass"


def _e(records: Records, item: Item, row: Record) -> str:
    if row["conflicted"]:
        return _CONFLICT
    if not row["approved_by"] or not row["approved_at"]:
        return "na:no_approver"
    at = row["approved_at"][0]
    approver = hand(records, row["approved_by"], at)
    if approver.person is None:
        return "na:no_approver"
    if item.state != LINKED:
        return "cannot_test:account_unlinked"
    return "exception:approved_by_subordinate" if item.holder in superiors(records, approver.person, at) else "pass"


def _items(records: Records, clock: datetime) -> list[Item]:
    overlaps = [each for each in _overlaps(records) if each.wide[0] < clock]
    found: list[Item] = []
    for holder, rule, system in sorted(
        {(each.holder, each.rule, system) for each in overlaps for system in each.systems}
    ):
        rows = sorted(
            (each for each in overlaps if (each.holder, each.rule) == (holder, rule) and system in each.systems),
            key=lambda each: each.wide,
        )
        islands: list[list[Both]] = []
        for each in rows:
            if islands and each.wide[0] <= max(other.wide[1] for other in islands[-1]):
                islands[-1].append(each)
            else:
                islands.append([each])
        for island in islands:
            found += _pieces(records, clock, system, island, overlaps)
    return found


def _pieces(
    records: Records, clock: datetime, system: str, island: Sequence[Both], overlaps: Sequence[Both]
) -> list[Item]:
    start, end = island[0].wide[0], min(clock, max(each.wide[1] for each in island))
    holder, rule = island[0].holder, island[0].rule
    sures = [sure for each in island if (sure := met(each.sure, (EVER, clock)))]
    sure_from = min((sure[0] for sure in sures), default=None)
    certain = [each.wide for each in island if each.certain]
    cuts = {moment for span in certain for moment in span if _edge(moment, certain)}
    if start == EVER and sure_from:
        cuts.add(sure_from)
    for row in records["mitigation"]:
        if _watches(records, row, holder, rule):
            tests = [each for each in records["control_result"] if each["control"] == row["control"]]
            cuts |= {moment for each in (row, *tests) for moment in (each["valid_from"], each["valid_to"]) if moment}
    edges = sorted({start, end} | {moment for moment in cuts if start < moment < end})
    spans = list(pairwise(edges))
    found = []
    for place, span in enumerate(spans):
        here = [each for each in overlaps if (each.holder, each.rule) == (holder, rule) and met(each.wide, span)]
        systems = frozenset(each for both in here for each in both.systems)
        proven = any(met(sure, span) for sure in sures)
        sure_here = any(met(each, span) for each in certain)
        state = min(each.state for each in island)
        found.append(
            Item(holder, state, rule, system, systems, sure_here, proven, span, start, sure_from, spans[:place])
        )
    return found


def _edge(moment: datetime, spans: Sequence[Span]) -> bool:
    """Whether stretches together begin or end at a moment."""
    before = any(span[0] < moment <= span[1] for span in spans)
    after = any(span[0] <= moment < span[1] for span in spans)
    return before != after


def _overlaps(records: Records) -> list[Both]:
    held = functions_held(records)
    found = []
    for row in records["sod_rule"]:
        version = row["valid_from"] or EVER, row["valid_to"] or NEVER
        own: list[Both] = []
        for one in held:
            for two in held:
                if one.holder == two.holder and one.function == row["function_a"] and two.function == row["function_b"]:
                    wide = met(met(one.wide, two.wide), version)
                    if wide:
                        sure = met(met(one.sure, two.sure), version)
                        own.append(
                            Both(
                                one.holder,
                                max(one.state, two.state),
                                row["id"],
                                True,
                                frozenset({one.system, two.system}),
                                wide,
                                sure,
                            )
                        )
        found += own
        found += _perhaps(held, row, version)
    return found


def _perhaps(held: Sequence[Function], row: Record, version: Span) -> list[Both]:
    """An unlinked account with one side while anybody else has the other: the two may be one person."""
    found = []
    for one in held:
        for side, other in (("function_a", "function_b"), ("function_b", "function_a")):
            if one.state == UNLINKED and one.function == row[side]:
                for two in held:
                    wide = met(met(one.wide, two.wide), version)
                    if two.holder != one.holder and two.function == row[other] and wide:
                        found.append(Both(one.holder, UNLINKED, row["id"], False, frozenset({one.system}), wide, None))
    return found
