"""T-01 Access given on approval, from audit-domain T-01, the rule's README and the heads of its steps."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from twofold.controltests.rule import ParameterValue

from .hands import add_last_day
from .records import Record, Records, Span
from .rights import delete_rights, given_back, inside, opened_again
from .steps import (
    AMBIGUOUS,
    BOT,
    EVER,
    LINKED,
    NEVER,
    SHARED_ACCOUNT,
    UNLINKED,
    Hand,
    Mandate,
    days,
    engagements_of_human,
    hand,
    has_gap,
    human_of,
    humans_of,
    jobs_held,
    mandates,
    title_mandates,
)
from .world import A_DAY, World

CONTROL_TEST = "T-01"
OUTCOME_ONLY: frozenset[str] = frozenset()
Parameters = Mapping[str, ParameterValue]
Codes = dict[str, str]
_CLOSING = {"disable", "delete"}


@dataclass(frozen=True, slots=True)
class Item:
    """A right that was given, or an account that was opened again with all its rights."""

    name: str
    system: str
    row: Record
    account: str
    right: str | None
    rights: frozenset[str]
    classes: frozenset[str]
    settled: str | None
    at: Span
    owner: Hand
    human: str | None

    @property
    def hand(self) -> str:
        """The human, whichever HR id the account is linked to, or the account where nobody is known."""
        return self.human or self.account


@dataclass(frozen=True, slots=True)
class Case:
    """What the items of a world are judged by."""

    records: Records
    parameters: Parameters
    items: Sequence[Item]
    mandates: Sequence[Mandate]


def outcomes(records: Records, clock: datetime, parameters: Parameters) -> dict[str, Codes]:
    """Return the reason codes of each item."""
    del clock
    case = Case(records, parameters, list(_items(records)), mandates(records))
    return {item.name: _judged(case, item) for item in case.items}


def _items(records: Records) -> Iterator[Item]:
    accounts = {row["id"]: row for row in records["account"]}
    rights = {row["id"]: row for row in records["access_right"]}
    grants = {row["id"] for row in records["grant_event"]}
    for row in records["grant_event"]:
        if row["action"] == "add":
            account, right = accounts.get(row["account"]), rights.get(row["right_id"])
            system = right["system"] if right else account["system"] if account else f"unmapped:{row['right_id']}"
            excuse = None
            if row["bulk_load"]:
                excuse = "na:bulk_load"
            elif row["net_change"] is False:
                excuse = "na:no_net_change"
            elif right and right["is_default"]:
                excuse = "na:default_right"
            yield _item(records, row["id"], system, row, row["right_id"], frozenset({row["right_id"]}), excuse)
    for row in records["account_event"]:
        if opened_again(records, row):
            account = accounts.get(row["account"])
            held = frozenset(given_back(records, row))
            name = f"account_event:{row['id']}" if row["id"] in grants else row["id"]
            system = account["system"] if account else f"unmapped:{row['account']}"
            yield _item(records, name, system, row, None, held, None)


def _item(
    records: Records,
    name: str,
    system: str,
    row: Record,
    right: str | None,
    rights: frozenset[str],
    excuse: str | None,
) -> Item:
    at = row["occurred_at"] or (EVER, EVER)
    machine = any(each["id"] == row["account"] and each["kind"] in {"service", "bot"} for each in records["account"])
    settled = "na:service_account" if machine else excuse
    if settled is None and row["conflicted"]:
        settled = "cannot_test:conflict"
    if settled is None and row["occurred_at"] is None:
        settled = "cannot_test:no_grant_time"
    if settled is None and not rights:
        settled = "cannot_test:source_gap" if has_gap(records, ["grant_event"], system, None, at[0]) else "na:no_rights"
    owner = hand(records, row["account"], at[0])
    human = human_of(records, owner.person)
    return Item(name, system, row, row["account"], right, rights, _classes(records, rights), settled, at, owner, human)


def _classes(records: Records, rights: frozenset[str]) -> frozenset[str]:
    """The classes of the rights themselves, and what is special among the rights that they nest."""
    stated = {row["id"]: row["class"] or "normal" for row in records["access_right"]}
    nested = {stated.get(each, "normal") for right in rights for each in inside(records, right)}
    return frozenset({stated.get(each, "normal") for each in rights} | (nested - {"normal"}))


def _judged(case: Case, item: Item) -> Codes:
    if item.settled:
        return dict.fromkeys("ABCDEFG", item.settled)
    birthright = _birthright(case, item)
    request, used = _request(case, item)
    codes = {"A": _a(case, item, request, birthright=birthright, used=used)}
    if birthright:
        return codes | dict.fromkeys("BCD", "pass") | dict.fromkeys("EFG", "na:birthright")
    if request is None or used:
        return codes | dict.fromkeys("BCDEFG", "na:no_request")
    extent = _extent(case, item, request)
    approvals = _approvals(case, request)
    if approvals:
        best = [min((_graded(case, item, each, row) for row in approvals), key=_rank)[1] for each in item.classes]
        own = {letter: _worst([codes[letter] for codes in best]) for letter in "BCEFG"}
        return codes | own | {"D": extent, "F": _f(own["F"])}
    if _gap(case, item, "approval"):
        missing = "cannot_test:source_gap"
        return codes | dict.fromkeys("BCEFG", missing) | {"D": missing if extent == "pass" else extent}
    missing = "exception:no_approval"
    return (
        codes
        | dict.fromkeys("BC", missing)
        | {"D": missing if extent == "pass" else extent}
        | dict.fromkeys("EFG", "na:no_approval")
    )


def _worst(codes: Sequence[str]) -> str:
    for outcome in ("exception", "cannot_test"):
        alike = [code for code in codes if code.startswith(outcome)]
        if alike:
            return max(alike)
    return "pass"


def _f(code: str) -> str:
    return "exception:not_on_roster" if code.startswith("exception") else code


def _gap(case: Case, item: Item, table: str) -> bool:
    start = item.at[0] - days(case.parameters["approval_ttl_days"])
    return has_gap(case.records, [table], item.system, start, item.at[1] + timedelta(microseconds=1))


def _a(case: Case, item: Item, request: Record | None, *, birthright: bool, used: bool) -> str:
    engaged = _engaged(case, item)
    if engaged:
        return engaged
    if birthright:
        return "pass"
    if request and request["conflicted"]:
        return "cannot_test:conflict"
    if request and not used:
        return "pass" if request["created_at"][1] <= item.at[0] else "cannot_test:time_order_unclear"
    if item.owner.state in {UNLINKED, AMBIGUOUS}:
        return "cannot_test:account_unlinked"
    if _gap(case, item, "access_request"):
        return "cannot_test:source_gap"
    return "exception:request_used" if request else "exception:no_request"


def _engaged(case: Case, item: Item) -> str | None:
    """Why the person did not work for the company; None where it did, or HR has no record of it."""
    rows = engagements_of_human(case.records, item.owner.person)
    at = item.at
    if not rows or any(
        (row["started_at"] or (EVER,))[0] <= at[1]
        and (row["effective_end"] or row["last_day"] or (NEVER, NEVER))[1] >= at[0]
        for row in rows
    ):
        return None
    ended = [left[1] for row in rows if (left := row["effective_end"] or row["last_day"]) and left[1] < at[0]]
    missing = has_gap(
        case.records, ["engagement"], item.system, max(ended, default=None), at[1] + timedelta(microseconds=1)
    )
    gone = "cannot_test:source_gap" if missing else "exception:not_engaged"
    soon = at[0] + days(case.parameters["pre_hire_days"])
    if not any(row["started_at"] and at[1] < row["started_at"][0] <= soon for row in rows):
        return gone
    jobs = [each.row for each in jobs_held(case.records, _persons(case, item)) if each.end > at[1]]
    coming = [row for row in rows if row["started_at"] and row["started_at"][0] > at[1] and row["entered_at"]]
    entries = [row["entered_at"] for row in [*jobs, *coming]]
    if any(entry and entry[1] <= at[0] for entry in entries):
        return None
    unknown = not entries or any(entry is None or (entry[0] <= at[1] and entry[1] > at[0]) for entry in entries)
    return "cannot_test:hr_entry_time_unknown" if unknown else gone


def _persons(case: Case, item: Item) -> set[str]:
    """The HR ids of the human whose account it is."""
    humans, person = humans_of(case.records), item.owner.person
    return {each for each, human in humans.items() if person and human == humans.get(person)}


def _birthright(case: Case, item: Item) -> bool:
    jobs, at = jobs_held(case.records, _persons(case, item)), item.at
    now = any(each.start <= at[0] < each.end for each in jobs)
    soon = at[0] + days(case.parameters["pre_hire_days"])
    roles = set()
    for each in jobs:
        entered = each.row["entered_at"]
        coming = not now and each.start <= soon and entered and entered[1] <= at[0]
        if not each.row["conflicted"] and at[1] < each.end and (each.start <= at[0] or coming):
            roles.add(each.role)
    given = {
        row["right_id"]
        for row in case.records["birthright"]
        if row["role"] in roles
        and row["approved_by"]
        and (row["valid_from"] or EVER) <= at[0]
        and at[1] < (row["valid_to"] or NEVER)
    }
    return item.rights <= given


def _request(case: Case, item: Item) -> tuple[Record | None, bool]:
    """The request that an item is judged by, and whether an earlier grant has used it up."""
    oldest = item.at[0] - days(case.parameters["approval_ttl_days"])
    found = []
    for row in case.records["access_request"]:
        person = hand(case.records, row["beneficiary"], row["created_at"][0]).person or row["beneficiary"]
        if item.account != row["beneficiary"] and item.human != human_of(case.records, person):
            continue
        covers = _covers(case, item, row)
        if row["created_at"][0] > item.at[1] or not (
            covers or (row["system"] == item.system and row["created_at"][0] >= oldest)
        ):
            continue
        approved = any(
            each["decided_at"][0] <= item.at[0]
            and (each["withdrawn_at"] is None or each["withdrawn_at"][0] > item.at[1])
            for each in _approvals(case, row)
        )
        named = item.row.get("cause") == row["id"]
        used = _used(case, item, row)
        found.append((not used, covers, named, approved, row["created_at"][0], row["id"], row, used))
    best = max(found, key=lambda each: each[:6], default=None)
    return (best[6], best[7]) if best else (None, False)


def _covers(case: Case, item: Item, request: Record) -> bool:
    listed = set(request["rights"]).union(*(inside(case.records, right) for right in request["rights"]))
    nested = {right: inside(case.records, right) for right in item.rights}
    return all(right in listed or (nested[right] and nested[right] <= listed) for right in item.rights)


def _used(case: Case, item: Item, request: Record) -> bool:
    asked = request["created_at"][0]
    for other in case.items:
        earlier = other.at[0] < item.at[0] or (other.at[0] == item.at[0] and other.name < item.name)
        same = (other.right or other.account) == (item.right or item.account) and (other.right is None) == (
            item.right is None
        )
        if (
            other.settled is None
            and other.hand == item.hand
            and same
            and other.at[0] >= asked
            and earlier
            and not _birthright(case, other)
        ):
            return True
    return item.right is None and any(_served_before(case, item, other, asked) for other in case.items)


def _served_before(case: Case, item: Item, other: Item, asked: datetime) -> bool:
    """Whether a request gave an account a right that it had before it was closed and opened again."""
    return (
        other.account == item.account
        and other.right in item.rights
        and other.settled is None
        and other.at[0] >= asked
        and not _birthright(case, other)
        and any(
            row["account"] == item.account
            and row["kind"] in _CLOSING
            and row["occurred_at"]
            and other.at[0] <= row["occurred_at"][0] <= item.at[0]
            for row in case.records["account_event"]
        )
    )


def _extent(case: Case, item: Item, request: Record) -> str:
    if _covers(case, item, request):
        return "pass"
    if request["rights"]:
        return "exception:beyond_approved"
    return "exception:same_as_unlisted" if request["same_as"] else "exception:no_rights_listed"


def _approvals(case: Case, request: Record) -> list[Record]:
    return [
        row
        for row in case.records["approval"]
        if row["subject"] == request["id"] and row["decision"] == "approve" and row["duty"] in {"access", "authorise"}
    ]


def _graded(case: Case, item: Item, right_class: str, row: Record) -> tuple[Record, Codes]:
    """Judge an approval as that of the rights of one class."""
    approver = hand(case.records, row["approver"], row["decided_at"][0])
    roster = _roster(case, item, right_class, row, approver)
    authority = roster
    if roster == "cannot_test:no_roster" and case.parameters["allow_role_title"]:
        authority = _title(case, item, row, approver)
    return row, {
        "B": authority,
        "C": _time(case, item, row),
        "E": _self(case, item, row, approver),
        "F": roster,
        "G": _granter(case, item, row, approver),
    }


def _rank(graded: tuple[Record, Codes]) -> tuple[int, int, float, tuple[int, ...]]:
    row, codes = graded
    weight = {letter: 0 if code == "pass" else 1 if code.startswith("cannot") else 4 for letter, code in codes.items()}
    latest = -(row["decided_at"][0] - EVER).total_seconds()
    return (
        weight["C"] + weight["B"] + weight["E"],
        weight["F"] + weight["G"],
        latest,
        tuple(-ord(letter) for letter in row["id"]),
    )


def _time(case: Case, item: Item, row: Record) -> str:
    (first, last), at = row["decided_at"], item.at
    skew = timedelta(seconds=int(str(case.parameters["clock_skew_seconds"])))
    oldest = days(case.parameters["approval_ttl_days"])
    gone: Span | None = row["withdrawn_at"]
    refusals = [
        each["decided_at"]
        for each in case.records["approval"]
        if each["subject"] == row["subject"] and each["decision"] == "reject"
    ]
    one_txn = (first, last) == at and bool(row["txn"]) and row["txn"] == item.row["txn"]
    by_day = bool(case.parameters["day_grained"]) and (first < last or at[0] < at[1])
    order = (
        ("cannot_test:conflict", row["conflicted"]),
        ("exception:withdrawn", gone is not None and gone[1] < at[0]),
        ("cannot_test:time_order_unclear", gone is not None and gone[0] <= at[1]),
        ("exception:rejected", any(no[0] > last and no[1] < at[0] for no in refusals)),
        ("cannot_test:time_order_unclear", any(no[1] >= first and no[0] <= at[1] for no in refusals)),
        ("exception:approval_too_old", last < at[0] - oldest),
        ("exception:approved_after_grant", first > at[1] + skew),
        ("cannot_test:time_order_unclear", first < at[1] - oldest),
        ("pass", last < at[0] or (bool(skew) and last <= at[0] + skew) or one_txn or by_day),
    )
    return next((code for code, holds in order if holds), "cannot_test:time_order_unclear")


def _approver(approver: Hand) -> str | None:
    codes = {SHARED_ACCOUNT: "exception:shared_approver", BOT: "exception:bot_approver", LINKED: None}
    return codes.get(approver.state, "cannot_test:approver_unlinked")


def _roster(case: Case, item: Item, right_class: str, row: Record, approver: Hand) -> str:
    unnamed = _approver(approver)
    if unnamed:
        return unnamed
    first, last = row["decided_at"]
    duties, scopes = {"access", row["duty"]}, {item.system, "*"}
    own = [
        each
        for each in case.mandates
        if each.person == approver.person
        and each.duty in duties
        and each.scope in scopes
        and each.right_class in {None, right_class}
    ]
    if any(each.surely((first, last)) for each in own):
        return "pass"
    if any(each.perhaps((first, last)) for each in own):
        return "cannot_test:time_order_unclear"
    dated = any(
        each["duty"] in duties and each["scope"] in scopes and (each["valid_from"] or EVER) <= first
        for each in case.records["roster"]
    )
    return "exception:not_authorised" if dated else "cannot_test:no_roster"


def _title(case: Case, item: Item, row: Record, approver: Hand) -> str:
    duties, scopes = {"access", row["duty"]}, {item.system, "*"}
    if not any(each["duty"] in duties and each["scope"] in scopes for each in case.records["role_authority"]):
        return "cannot_test:no_roster"
    held = [
        each
        for each in title_mandates(case.records)
        if each.person == approver.person and each.duty in duties and each.scope in scopes
    ]
    if not any(each.perhaps(row["decided_at"]) for each in held):
        return "exception:not_authorised"
    rostered = any(
        each["duty"] in duties and each["scope"] in scopes and (each["valid_from"] or EVER) <= row["decided_at"][1]
        for each in case.records["roster"]
    )
    if not rostered and any(each.surely(row["decided_at"]) for each in held):
        return "pass"
    return "cannot_test:time_order_unclear"


def _self(case: Case, item: Item, row: Record, approver: Hand) -> str:
    if row["approver"] == item.account or (approver.person and human_of(case.records, approver.person) == item.human):
        return "exception:self_approved"
    if approver.state != LINKED:
        return "cannot_test:approver_unlinked"
    codes = {LINKED: "pass", SHARED_ACCOUNT: "cannot_test:account_shared"}
    return codes.get(item.owner.state, "cannot_test:account_unlinked")


def _granter(case: Case, item: Item, row: Record, approver: Hand) -> str:
    actor = item.row["actor"]
    granter = hand(case.records, actor, item.at[0])
    if (actor and row["approver"] == actor) or (
        approver.person and human_of(case.records, approver.person) == human_of(case.records, granter.person)
    ):
        return "exception:approver_granted"
    if approver.state != LINKED:
        return "cannot_test:approver_unlinked"
    if actor is None:
        return "cannot_test:granter_unknown"
    if granter.state == BOT:
        return "pass" if item.row.get("cause") else "cannot_test:trigger_unknown"
    codes = {LINKED: "pass", SHARED_ACCOUNT: "cannot_test:granter_shared"}
    return codes.get(granter.state, "cannot_test:granter_unlinked")


def shared(world: World) -> None:
    """Titles that carry the duty for every system."""
    if world.chance(30):
        world.add("role_authority", scope="*", duty="access", role="boss")


def parameters(world: World) -> Parameters:
    """Every parameter at two values."""
    return {
        "approval_ttl_days": world.pick((5, 30)),
        "pre_hire_days": world.pick((0, 14)),
        "allow_role_title": world.chance(60),
        "day_grained": world.chance(30),
        "clock_skew_seconds": world.pick((0, 0, 60)),
    }


def populate(world: World) -> None:
    """Grants and accounts opened again, requests, approvals, rosters and titles, jobs and engagements."""
    erp = world.key("erp")
    names = [world.key(f"erp:{name}") for name in ("pay", "view", "clerk", "all")]
    for place, right in enumerate(names):
        if world.chance(93):
            content = [names[:2], [], names[:1], []][3 - place] or None
            kind = world.pick((None, "privileged", "sensitive"))
            default = world.maybe(8, value=True)
            world.add("access_right", id=right, system=erp, contains=content, is_default=default, **{"class": kind})
    accounts = [world.key(f"erp:{name}") for name in ("ana", "ben", "cy", "team", "robot", "free")]
    people = [world.key(name) for name in ("p1", "p2", "p3")]
    for place, account in enumerate(accounts):
        kind = {3: "shared", 4: world.pick(("bot", "service"))}.get(place)
        if world.chance(95):
            trigger = world.pick(accounts[:2]) if place == 4 and world.chance(25) else None
            world.add("account", id=account, system=erp, kind=kind, triggered_by=trigger)
        if place < 3 and world.chance(95):
            start = world.maybe(8, world.moment(last_day=20))
            world.add(
                "account_link",
                account=account,
                person=people[place],
                valid_from=start,
                valid_to=world.maybe(8, world.moment()),
            )
            if world.chance(4):
                world.add("account_link", account=account, person=people[place - 1], valid_from=world.moment())
    at = world.moment(first_day=10)
    _hr(world, people, names, at)
    _authority(world, people, at)
    requests = [world.id("request") for _ in range(world.pick((0, 1, 1, 2, 3)))]
    for request in requests:
        _asked(world, request, names, accounts, people, at)
    for _ in range(world.number_in(1, 3)):
        _given(world, names, accounts, requests, at)
    for _ in range(world.number_in(1, 3) if world.chance(30) else 0):
        kind = world.pick(("disable", "delete", "enable", "enable", "activate", "create"))
        for event in [world.id("event")] * (2 if world.chance(3) else 1):
            world.add(
                "account_event",
                id=event,
                account=accounts[0],
                kind=kind,
                occurred_at=world.maybe(95, world.instant(world.near(at, days=8))),
                actor=world.pick([*accounts, None]),
                txn=world.maybe(30, "t1"),
            )
    if world.chance(25):
        table = world.pick(("access_request", "approval", "grant_event", "engagement", "engagement"))
        start, end = world.maybe(60, world.moment()), world.maybe(60, world.moment())
        world.add("source_gap", table_name=table, system=erp, starts_at=start, ends_before=end, reason="not_extracted")
    if world.chance(20):
        _of_several_classes(world, at)
    add_last_day(world, "approval", "approver", "decided_at", scope=erp, duty="access", role="boss")
    delete_rights(world)


def _of_several_classes(world: World, at: datetime) -> None:
    """A group, or an account that is opened again, with rights of several classes, and approvers for some of these."""
    erp, classes = world.key("erp"), (None, "normal", "privileged", "sensitive")
    names = [world.key(f"erp:{name}") for name in ("new", "head", "deputy")]
    for name in names:
        world.add("account", id=name, system=erp)
        world.add("account_link", account=name, person=f"{name}-person")
    parts = [world.id("part") for _ in range(world.pick((2, 2, 3)))]
    for place, part in enumerate(parts):
        inner = [world.id("inner")] if place == 0 and world.chance(40) else None
        for right in inner or ():
            world.add("access_right", id=right, system=erp, **{"class": world.pick(classes)})
        world.add("access_right", id=part, system=erp, contains=inner, **{"class": world.pick(classes)})
    given = parts
    if world.chance(40):
        given = [world.id("group")]
        world.add("access_right", id=given[0], system=erp, contains=parts, **{"class": world.pick(classes)})
    again = given == parts or world.chance(20)
    for right in given:
        world.add(
            "grant_event",
            id=world.id("part-given"),
            account=names[0],
            right_id=right,
            action="add",
            occurred_at=world.instant(at - 9 * A_DAY if again else at, coarse=0),
            actor=world.pick((*names[1:], names[0])),
        )
    for kind, when in (("disable", at - 5 * A_DAY), ("enable", at)) if again else ():
        exact = world.instant(when, coarse=0)
        world.add(
            "account_event", id=world.id("part-life"), account=names[0], kind=kind, occurred_at=exact, actor=names[1]
        )
    request, made = world.id("part-asked"), world.instant(at - 3 * A_DAY, coarse=0)
    world.add("access_request", id=request, system=erp, beneficiary=names[0], rights=given, created_at=made)
    for approver in world.some((names[1], names[1], names[2], names[2]), percent=60):
        world.add(
            "approval",
            id=world.id("part-approved"),
            subject=request,
            approver=approver,
            duty="access",
            decision="approve",
            decided_at=world.instant(at + world.pick((-2, -2, -1, -40, 1)) * A_DAY),
            withdrawn_at=world.maybe(8, world.instant(at - A_DAY)),
        )
    for name in world.some(names, percent=85):
        for kind in world.some(classes[1:], percent=60):
            start = world.maybe(25, world.near(at - 2 * A_DAY))
            world.add("roster", scope=erp, duty="access", right_class=kind, person=f"{name}-person", valid_from=start)


def _hr(world: World, people: Sequence[str], rights: Sequence[str], at: datetime) -> None:
    works: list[str] = []
    for person in people:
        for _ in range(world.pick((0, 0, 0, 0, 1, 1, 2))):
            start = world.maybe(
                70, world.instant(world.near(at, days=16) if world.chance(50) else world.moment(last_day=9))
            )
            ended = world.maybe(25, world.instant(world.near(at, days=16)))
            last = world.maybe(20, world.instant(world.near(at, days=16)))
            entered = world.maybe(60, world.instant(world.near(at, days=16)))
            name = world.id("work")
            world.add(
                "engagement",
                id=name,
                person=person,
                type="employee",
                follows=world.pick(works) if works and world.chance(30) else None,
                started_at=start,
                effective_end=ended,
                last_day=last,
                entered_at=entered,
            )
            works.append(name)
        for _ in range(world.pick((0, 1, 1, 2))):
            begins = world.maybe(60, world.near(at, days=16))
            for _ in range(2 if world.chance(3) else 1):
                entered = world.maybe(60, world.instant(world.near(at, days=16)))
                world.add(
                    "job",
                    person=person,
                    role=world.pick(("boss", "clerk")),
                    valid_from=begins,
                    valid_to=world.maybe(20, world.near(at, days=16)),
                    entered_at=entered,
                    temporary=world.maybe(10, value=True),
                )
    for role in ("boss", "clerk"):
        if world.chance(20):
            world.add(
                "birthright",
                role=role,
                right_id=world.pick(rights),
                approved_by=world.maybe(85, "hr"),
                valid_from=world.maybe(30, world.near(at, days=10)),
                valid_to=world.maybe(20, world.near(at, days=10)),
            )


def _authority(world: World, people: Sequence[str], at: datetime) -> None:
    erp = world.key("erp")
    for person in people if world.chance(60) else ():
        if world.chance(60):
            kind = world.pick((None, None, "privileged", "normal"))
            start, end = world.maybe(40, world.near(at, days=12)), world.maybe(20, world.near(at, days=12))
            world.add(
                "roster",
                scope=erp,
                duty=world.pick(("access", "access", "authorise")),
                right_class=kind,
                person=person,
                valid_from=start,
                valid_to=end,
            )
    if world.chance(20):
        world.add(
            "delegation",
            from_person=people[1],
            to_person=people[2],
            duty=world.maybe(50, "access"),
            valid_from=world.maybe(50, world.near(at, days=9)),
            valid_to=world.maybe(30, world.near(at, days=9)),
            recorded_at=world.instant(world.near(at, days=9)),
        )
    if world.chance(35):
        world.add("role_authority", scope=erp, duty="access", role=world.pick(("boss", "clerk")))


def _asked(
    world: World, request: str, rights: Sequence[str], accounts: Sequence[str], people: Sequence[str], at: datetime
) -> None:
    for _ in range(2 if world.chance(3) else 1):
        listed = None if world.chance(12) else world.some(rights, percent=70) or None
        made = world.instant(world.near(at, days=12) if world.chance(40) else at - world.number_in(0, 6) * A_DAY)
        same = world.maybe(40, accounts[1]) if listed is None else None
        world.add(
            "access_request",
            id=request,
            beneficiary=world.pick(
                (people[0], people[0], people[0], accounts[0], accounts[0], people[1], accounts[3], accounts[5])
            ),
            system=world.pick((world.key("erp"), world.key("erp"), world.key("crm"))),
            rights=listed,
            created_at=made,
            same_as=same,
        )
    approvers = [accounts[1], accounts[2], accounts[1], accounts[2], *accounts]
    for _ in range(world.pick((0, 1, 1, 1, 2, 3))):
        decided = at - world.pick((0, 1, 2, 5, 30)) * A_DAY + timedelta(seconds=world.pick((0, 0, 0, 1, 60, -1)))
        for name in [world.id("decision")] * (2 if world.chance(3) else 1):
            gone = world.maybe(7, world.instant(world.near(at)))
            decision = world.pick(("approve", "approve", "approve", "approve", "reject"))
            world.add(
                "approval",
                id=name,
                subject=request,
                approver=world.pick(approvers),
                duty=world.pick(("access", "access", "authorise", "release")),
                decision=decision,
                decided_at=world.instant(decided),
                withdrawn_at=gone,
                txn=world.maybe(30, "t1"),
            )


def _given(world: World, rights: Sequence[str], accounts: Sequence[str], requests: Sequence[str], at: datetime) -> None:
    given = at if world.chance(70) else world.near(at, days=10)
    account, right = world.pick([*[accounts[0]] * 6, *accounts]), world.pick(rights)
    for event in [world.id("grant")] * (2 if world.chance(3) else 1):
        world.add(
            "grant_event",
            id=event,
            account=account,
            right_id=right,
            action=world.pick(("add", "add", "add", "remove")),
            occurred_at=world.maybe(96, world.instant(given)),
            actor=world.pick([*accounts, accounts[2], accounts[4], None]),
            cause=world.maybe(50, world.pick([*requests, "rule"])),
            net_change=world.maybe(5, value=False),
            bulk_load=world.maybe(4, "load"),
            txn=world.maybe(30, "t1"),
        )
