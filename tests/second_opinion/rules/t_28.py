"""T-28 Policies, from audit-domain T-28 and the rule's README."""

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from twofold.controltests.rule import ParameterValue

from .hands import add_last_day
from .programme import plain, words
from .records import Record, Records
from .steps import (
    BOT,
    EVER,
    LINKED,
    NEVER,
    SHARED_ACCOUNT,
    Hand,
    engagements_of_human,
    hand,
    has_gap,
    human_of,
    humans_of,
    lasted,
    mandates,
    title_mandates,
)
from .world import A_DAY, START, World

CONTROL_TEST = "T-28"
TICK = timedelta(microseconds=1)
OUTCOME_ONLY: frozenset[str] = frozenset()
_ORDER = {
    "A": (
        "exception:no_version",
        "exception:two_versions",
        "exception:not_approved",
        "exception:approved_late",
        "exception:shared_account",
        "exception:not_a_person",
        "exception:not_authorised",
        "cannot_test:conflict",
        "cannot_test:source_gap",
        "cannot_test:no_approval_time",
        "cannot_test:time_order_unclear",
        "cannot_test:approver_unlinked",
        "cannot_test:no_roster",
    ),
    "B": (
        "exception:never_reviewed",
        "exception:review_overdue",
        "cannot_test:conflict",
        "cannot_test:source_gap",
        "cannot_test:time_order_unclear",
    ),
    "C": (
        "exception:documents_disagree",
        "exception:practice_differs",
        "exception:not_measured",
        "cannot_test:conflict",
        "cannot_test:source_gap",
        "cannot_test:units_differ",
        "cannot_test:pending",
    ),
    "D": (
        "exception:not_signed",
        "exception:signed_late",
        "cannot_test:conflict",
        "cannot_test:source_gap",
        "cannot_test:no_signing_time",
        "cannot_test:time_order_unclear",
        "cannot_test:nobody_known",
        "cannot_test:pending",
    ),
}
_MONTHS = 36
_PEOPLE = ("ann", "bob", "cleo")
_ROLES = ("cto", "clerk")


def shared(world: World) -> None:
    """The people of the company, who must all sign, the calendar, and gaps of lists that speak of the company."""
    if world.chance(70):
        world.add("calendar", id="default", zone=world.pick(("UTC", "Europe/Berlin")))
    if world.chance(40):
        world.add("roster", scope="*", duty="policy", person="ann", valid_from=world.maybe(70, _edge(world)))
    if world.chance(40):
        world.add("role_authority", scope="*", duty="policy", role=_ROLES[0])
    world.add("job", person="ann", role=world.pick(_ROLES), valid_from=_edge(world))
    for person in _PEOPLE if world.chance(85) else ():
        if world.chance(70):
            started = world.instant(world.moment(first_day=-60, last_day=30))
            end = _edge(world) if world.chance(70) else world.moment(first_day=10)
            ended = world.maybe(50, world.instant(end, coarse=70))
            last_day = world.maybe(15, world.instant(end, coarse=70))
            for _ in range(2 if world.chance(10) else 1):
                world.add(
                    "engagement",
                    id=f"e-{person}",
                    person=person,
                    type="employee",
                    started_at=started,
                    effective_end=ended,
                    last_day=last_day,
                    site=world.pick(("x", "x", "y")),
                )
            if world.chance(75):
                world.add(
                    "engagement",
                    id=f"next-{person}",
                    person=world.pick((person, f"{person}-new")),
                    type="contractor",
                    follows=world.maybe(70, f"e-{person}"),
                    started_at=world.instant(end + world.pick((-3, 0, 0, 0, 1)) * A_DAY, coarse=40),
                )
    for table in (
        "policy_version",
        "policy_review",
        "policy_number",
        "measured_value",
        "acknowledgement",
        "engagement",
    ):
        if world.chance(15):
            starts, ends = world.maybe(70, world.moment(first_day=-60)), world.maybe(70, world.moment())
            world.add(
                "source_gap",
                table_name=table,
                system=world.pick(("company", "*")),
                starts_at=starts,
                ends_before=ends,
                reason="not_extracted",
            )


def parameters(world: World) -> Mapping[str, ParameterValue]:
    """Every parameter at its default or at another value."""
    return {
        "review_months": world.pick((12, 2, 1)),
        "categories": world.pick(("", "privacy", "availability; Pri vacy")),
        "day_grained": world.chance(60),
        "role_titles": world.chance(60),
    }


def populate(world: World) -> None:
    """One or two policies, their versions, numbers and readers, and who approved them."""
    system = world.key("erp")
    policies = [world.key("access"), world.key("backup")][: world.number_in(1, 2)]
    people = [world.key("p"), world.key("q"), "ann"]
    accounts = [world.key(f"idp:{name}") for name in "abc"]
    for account in accounts[: world.number_in(1, 3)]:
        if world.chance(40):
            world.add("account", id=account, system="idp", kind=world.pick((None, "human", "shared", "bot")))
        for _ in range(world.pick((0, 1, 1, 1, 1, 2))):
            world.add(
                "account_link",
                account=account,
                person=world.pick(people),
                valid_from=world.maybe(20, _edge(world)),
                valid_to=world.maybe(10, _edge(world)),
            )
    _authority(world, system, people)
    for policy in policies:
        _policy(world, policy, system, accounts)
    for _ in range(world.number_in(0, 3)):
        measured = world.id("value")
        for _ in range(2 if world.chance(5) else 1):
            start = world.moment(first_day=-30)
            world.add(
                "measured_value",
                id=measured,
                measure=world.key(world.pick(("removal", "removal", "length"))),
                system=world.pick((None, system, system, world.key("crm"), "company")),
                value=world.pick((1, 2, 2, 3)),
                unit=world.pick(("day", "day", "day", "hour")),
                holds_from=start,
                holds_to=world.maybe(60, start + world.number_in(0, 40) * A_DAY),
            )
    if world.chance(30):
        table = world.pick(
            ("policy_version", "policy_review", "policy_number", "measured_value", "acknowledgement", "engagement")
        )
        world.add(
            "source_gap",
            table_name=table,
            system=system,
            starts_at=world.maybe(70, world.moment(first_day=-60)),
            ends_before=world.maybe(70, world.moment()),
            reason="retention",
        )


def alone(world: World) -> None:
    """As populate, with an approver who left on the day of an approval, and who must sign like everybody."""
    populate(world)
    columns = ("policy_version", "approved_by", "approved_at")
    add_last_day(world, *columns, scope=world.key("erp"), duty="policy", role=_ROLES[0])


def _edge(world: World) -> datetime:
    """Return one of few moments, so that approvals and limits of authority meet."""
    return (
        START
        + world.pick((-40, -5, -4, -4, 0, 26, 27, 40, 54, 55)) * A_DAY
        + world.pick((0, 0, 12)) * timedelta(hours=1)
    )


def _authority(world: World, system: str, people: Sequence[str]) -> None:
    for person in people[:2]:
        if world.chance(75):
            world.add(
                "roster",
                scope=world.pick((system, system, world.key("crm"))),
                duty=world.pick(("policy", "policy", "policy", "risk")),
                person=person,
                valid_from=world.maybe(50, _edge(world)),
                valid_to=world.maybe(15, _edge(world)),
            )
        if world.chance(50):
            world.add(
                "job",
                person=person,
                role=world.pick(_ROLES),
                valid_from=_edge(world),
                valid_to=world.maybe(20, _edge(world)),
            )
    if world.chance(60):
        world.add(
            "role_authority",
            scope=world.pick((system, system, world.key("crm"))),
            duty=world.pick(("policy", "policy", "risk")),
            role=_ROLES[0],
        )
    if world.chance(15):
        world.add(
            "delegation",
            from_person=people[0],
            to_person=people[1],
            duty=world.maybe(70, "policy"),
            valid_from=world.maybe(60, _edge(world)),
            valid_to=world.maybe(40, _edge(world)),
            recorded_at=world.instant(_edge(world)),
        )


def _policy(world: World, policy: str, system: str, accounts: Sequence[str]) -> None:
    limit = world.pick((None, 7, 14, 30))
    if world.chance(85):
        needed = world.moment(first_day=-20, last_day=75)
        for _ in range(2 if world.chance(4) else 1):
            world.add(
                "policy",
                id=policy,
                title=world.pick(("one", "two")),
                system=world.pick((None, system, system, world.key("crm"), world.key("crm"))),
                categories=world.maybe(30, world.pick((["privacy"], ["availability", "security"], ["security"]))),
                needed_from=needed,
                needed_to=world.maybe(15, needed + world.number_in(0, 60) * A_DAY),
                review_months=world.pick((None, None, 1, 2)),
                acknowledge_days=limit,
            )
    for version in [str(number) for number in range(1, world.pick((0, 1, 1, 2, 2, 3)) + 1)]:
        _version(world, policy, version, accounts, limit or 7)
    for _ in range(world.pick((0, 0, 1, 2))):
        reviewed = world.instant(world.moment(first_day=-60))
        for _ in range(2 if world.chance(10) else 1):
            world.add(
                "policy_review",
                policy=policy,
                version="1",
                reviewed_at=reviewed,
                reviewed_by=world.pick([*accounts, accounts[0], None]),
            )


def _version(world: World, policy: str, version: str, accounts: Sequence[str], limit: int) -> None:
    effective = world.moment(first_day=-40) if world.chance(40) else _edge(world)
    shown = world.maybe(90, effective)
    for _ in range(2 if world.chance(4) else 1):
        approved = world.near(effective, days=20) if world.chance(60) else _edge(world)
        world.add(
            "policy_version",
            policy=policy,
            version=version,
            approved_by=world.maybe(92, world.pick([*accounts, accounts[0], accounts[0]])),
            approved_at=world.maybe(92, world.instant(approved, coarse=25)),
            effective_at=shown,
            withdrawn_at=world.maybe(15, effective + world.number_in(0, 50) * A_DAY),
            next_review_at=world.maybe(25, world.moment()),
        )
    for measure in ("removal", "length"):
        for document in (None, "handbook"):
            if world.chance(25):
                for _ in range(2 if world.chance(4) else 1):
                    world.add(
                        "policy_number",
                        policy=policy,
                        version=version,
                        document=document,
                        measure=world.key(measure),
                        bound=world.pick((None, "at_most", "at_least", "exactly")) if world.chance(40) else None,
                        value=world.pick((2, 2, 2, 2, 3)),
                        unit=world.pick(("day", "day", "day", "day", "hour")),
                    )
    signed = effective + limit * A_DAY
    for person in _PEOPLE:
        for _ in range(world.pick((0, 1, 1, 1, 2))):
            signature = world.id("ack")
            for _ in range(2 if world.chance(4) else 1):
                moment = world.near(signed, days=6) if world.chance(50) else signed - 5 * A_DAY
                world.add(
                    "acknowledgement",
                    id=signature,
                    person=world.pick((person, person, f"{person}-new")),
                    policy=policy,
                    version=version,
                    signed_at=world.maybe(95, world.instant(moment)),
                )


class _Item:
    """One policy and one stretch of a month, with the versions that rule in the part of it that the data reach."""

    def __init__(
        self, records: Records, policy: str, register: Record | None, start: datetime, end: datetime, clock: datetime
    ) -> None:
        self.policy, self.register = policy, register
        self.system = (register and register["system"]) or "company"
        self.start, self.end, self.clock = start, end, clock
        self.seen_to = min(end, clock)
        self.is_over = end <= clock
        self.versions = [row for row in records["policy_version"] if row["policy"] == policy]
        self.ruling = [
            (row, max(begins, start), min(ends, self.seen_to))
            for row, begins, ends in _reigns(self.versions)
            if max(begins, start) < min(ends, self.seen_to)
        ]


def _reigns(versions: Sequence[Record]) -> Iterator[tuple[Record, datetime, datetime]]:
    """Yield from when to when each version rules; a draft never does, nor one withdrawn before it took effect."""
    dated = [
        row
        for row in versions
        if row["effective_at"] is not None and row["effective_at"] < (row["withdrawn_at"] or NEVER)
    ]
    for row in dated:
        later = [other["effective_at"] for other in dated if other["effective_at"] > row["effective_at"]]
        yield row, row["effective_at"], min([*later, row["withdrawn_at"] or NEVER])


def outcomes(records: Records, clock: datetime, parameters: Mapping[str, ParameterValue]) -> dict[str, dict[str, str]]:
    """Return the codes of every policy and month."""
    found: dict[str, dict[str, str]] = {}
    registered = {row["id"]: row for row in records["policy"]}
    for policy in sorted({*registered, *(row["policy"] for row in records["policy_version"])}):
        register = registered.get(policy)
        if register is None:
            effective = [
                row["effective_at"]
                for row in records["policy_version"]
                if row["policy"] == policy and row["effective_at"]
            ]
            if not effective:
                continue
            needed = min(effective), NEVER
        else:
            needed = register["needed_from"] or EVER, register["needed_to"] or NEVER
        for name, month_start, month_end in _months(records, clock):
            start, end = max(month_start, needed[0]), min(month_end, needed[1])
            if start < end:
                item = _Item(records, policy, register, start, end, clock)
                found[f"{policy}/{name}"] = _judged(records, item, parameters)
    return found


def _months(records: Records, clock: datetime) -> Iterator[tuple[str, datetime, datetime]]:
    """Yield the running month and the 35 before it, with their first moments in the zone of the calendar default."""
    zone = next((ZoneInfo(row["zone"]) for row in records["calendar"] if row["id"] == "default"), UTC)
    for back in range(_MONTHS):
        number = clock.year * 12 + clock.month - 1 - back
        edges = [
            datetime(each // 12, each % 12 + 1, 1, tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
            for each in (number, number + 1)
        ]
        yield f"{number // 12}-{number % 12 + 1:02}", edges[0], edges[1]


def _judged(records: Records, item: _Item, parameters: Mapping[str, ParameterValue]) -> dict[str, str]:
    chosen = words(parameters["categories"])
    categories = {plain(each) for each in item.register["categories"]} if item.register else set()
    if item.register and item.register["conflicted"]:
        every = "cannot_test:conflict"
    elif categories and chosen and not categories & chosen:
        every = "na:not_needed"
    elif item.start >= item.clock:
        every = "cannot_test:pending"
    else:
        return {
            "A": _approved(records, item, parameters),
            "B": _reviewed(records, item, parameters),
            "C": _true(records, item),
            "D": _signed(records, item),
        }
    return dict.fromkeys("ABCD", every)


def _first(letter: str, codes: set[str], item: _Item) -> str:
    """Return the first code by the order of the attribute; nothing wrong is a pass, or pending while the month runs."""
    for code in _ORDER[letter]:
        if code in codes:
            return code
    return "pass" if item.is_over else "cannot_test:pending"


def _approved(records: Records, item: _Item, parameters: Mapping[str, ParameterValue]) -> str:
    codes = set()
    at = item.start
    for _, begins, ends in sorted(item.ruling, key=lambda each: each[1:]):
        if begins > at:
            break
        at = max(at, ends)
    if at < item.seen_to:
        gap = has_gap(records, ["policy_version"], item.system, None, item.seen_to, data_end=at + TICK)
        codes.add("cannot_test:source_gap" if gap else "exception:no_version")
    for version, begins, _ in item.ruling:
        codes.add(_approval(records, item, version, begins, parameters))
    return _first("A", codes, item)


def _approval(
    records: Records, item: _Item, version: Record, first: datetime, parameters: Mapping[str, ParameterValue]
) -> str:
    approved, effective = version["approved_at"], version["effective_at"]
    if version["conflicted"]:
        return "cannot_test:conflict"
    if any(row is not version and begins == effective for row, begins, _ in _reigns(item.versions)):
        return "exception:two_versions"
    if version["approved_by"] is None:
        return "exception:not_approved"
    if approved is None:
        return "cannot_test:no_approval_time"
    limit = effective + A_DAY if parameters["day_grained"] else effective
    late = approved[0] > first and (approved[0] >= limit if parameters["day_grained"] else approved[0] > limit)
    if late:
        return "exception:approved_late"
    who = hand(records, version["approved_by"], approved[0])
    if who.state == SHARED_ACCOUNT:
        return "exception:shared_account"
    if who.state == BOT:
        return "exception:not_a_person"
    if who.state != LINKED:
        return "cannot_test:approver_unlinked"
    authority = _authorised(records, item.system, who, approved, parameters)
    if authority.startswith("exception") or authority == "cannot_test:no_roster":
        return authority
    in_time = approved[1] < limit or approved[1] <= first
    return authority if in_time else "cannot_test:time_order_unclear"


def _authorised(
    records: Records, system: str, who: Hand, at: tuple[datetime, datetime], parameters: Mapping[str, ParameterValue]
) -> str:
    scopes = {system, "*"}
    own = [
        each
        for each in mandates(records)
        if each.duty == "policy" and each.scope in scopes and each.person == who.person
    ]
    if any(each.surely(at) for each in own):
        return "pass"
    if any(each.perhaps(at) for each in own):
        return "cannot_test:time_order_unclear"
    starts = [
        row["valid_from"] or EVER for row in records["roster"] if row["duty"] == "policy" and row["scope"] in scopes
    ]
    begun = {min(starts, default=NEVER) <= moment for moment in at}
    answers = {
        "exception:not_authorised" if rostered else _titled(records, scopes, who, at, parameters) for rostered in begun
    }
    return answers.pop() if len(answers) == 1 else "cannot_test:time_order_unclear"


def _titled(
    records: Records,
    scopes: set[str],
    who: Hand,
    at: tuple[datetime, datetime],
    parameters: Mapping[str, ParameterValue],
) -> str:
    titles = [row for row in records["role_authority"] if row["duty"] == "policy" and row["scope"] in scopes]
    if not parameters["role_titles"] or not titles:
        return "cannot_test:no_roster"
    held = [
        each
        for each in title_mandates(records)
        if each.duty == "policy" and each.scope in scopes and each.person == who.person
    ]
    if any(each.surely(at) for each in held):
        return "pass"
    if any(each.perhaps(at) for each in held):
        return "cannot_test:time_order_unclear"
    return "exception:not_authorised"


def _reviewed(records: Records, item: _Item, parameters: Mapping[str, ParameterValue]) -> str:
    if not item.ruling:
        return "na:no_version"
    months = int(str((item.register and item.register["review_months"]) or parameters["review_months"]))
    grace = A_DAY if parameters["day_grained"] else timedelta(0)
    looks = [(row, row["approved_by"], row["approved_at"], row["next_review_at"]) for row in item.versions]
    looks += [
        (row, row["reviewed_by"], row["reviewed_at"], None)
        for row in records["policy_review"]
        if row["policy"] == item.policy
    ]
    looks = [look for look in looks if look[2] is not None and look[1] is not None]
    looks = [look for look in looks if hand(records, look[1], look[2][0]).state not in {BOT, SHARED_ACCOUNT}]
    doubtful = [at for row, _, at, _ in looks if row["conflicted"]]
    sure = sorted([(at, promised or NEVER) for row, _, at, promised in looks if not row["conflicted"]])
    codes: set[str] = set()
    for version, begins, ends in item.ruling:
        tolerated = version["effective_at"] + grace
        faults = [("exception:never_reviewed", EVER, (tolerated, tolerated), sure[0][0] if sure else (NEVER, NEVER))]
        for place, (at, promised) in enumerate(sure):
            old = [max(moment, min(_months_later(moment, months) + grace, promised)) for moment in at]
            after = sure[place + 1][0] if place + 1 < len(sure) else (NEVER, NEVER)
            faults.append(("exception:review_overdue", at[0], (old[0], old[1]), after))
        for fault, since, bad_from, bad_to in faults:
            first = max(begins, bad_from[1])
            if first < min(ends, bad_to[0]):
                if any(since < at[1] and at[0] <= first for at in doubtful):
                    codes.add("cannot_test:conflict")
                elif has_gap(records, ["policy_review"], item.system, since, first):
                    codes.add("cannot_test:source_gap")
                else:
                    codes.add(fault)
            elif max(begins, bad_from[0]) < min(ends, bad_to[1]):
                codes.add("cannot_test:time_order_unclear")
    return _first("B", codes, item)


def _months_later(moment: datetime, months: int) -> datetime:
    """Return the same day of a later month, or its last day where it is shorter."""
    number = moment.year * 12 + moment.month - 1 + months
    year, month = number // 12, number % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))


def _true(records: Records, item: _Item) -> str:
    if not item.ruling:
        return "na:no_version"
    reigns = [reign for versions in records.by("policy_version", "policy").values() for reign in _reigns(versions)]
    numbers = [
        (number, begins, ends)
        for version, begins, ends in item.ruling
        for number in records["policy_number"]
        if (number["policy"], number["version"]) == (item.policy, version["version"])
    ]
    if not numbers:
        gap = has_gap(records, ["policy_number"], item.system, None, item.seen_to)
        return "cannot_test:source_gap" if gap else "na:no_number"
    codes: set[str] = set()
    for number, begins, ends in numbers:
        if number["conflicted"]:
            codes.add("cannot_test:conflict")
            continue
        codes |= set(_disagreements(records, number, begins, ends, reigns))
        codes |= set(_practice(records, item, number, begins, ends))
    return _first("C", codes, item)


def _disagreements(
    records: Records,
    number: Record,
    begins: datetime,
    ends: datetime,
    reigns: Sequence[tuple[Record, datetime, datetime]],
) -> Iterator[str]:
    """Yield what other documents in force at the same time say of the same measure."""
    for other in records["policy_number"]:
        if other is number or other["measure"] != number["measure"]:
            continue
        systems = {_system_of(records, each["policy"]) for each in (number, other)}
        if len(systems - {"company"}) > 1:
            continue
        together = any(
            (row["policy"], row["version"]) == (other["policy"], other["version"]) and start < ends and begins < end
            for row, start, end in reigns
        )
        if together and other["conflicted"]:
            yield "cannot_test:conflict"
        elif together and _promise(other) != _promise(number):
            yield "exception:documents_disagree"


def _system_of(records: Records, policy: str) -> str:
    """Return the system that a policy rules, company where it names none."""
    return next((row["system"] for row in records["policy"] if row["id"] == policy and row["system"]), "company")


def _promise(number: Record) -> tuple[str, int, str]:
    return number["bound"] or "at_most", number["value"], number["unit"]


def _practice(records: Records, item: _Item, number: Record, begins: datetime, ends: datetime) -> Iterator[str]:
    """Yield what speaks against a number among the values measured for the days on which its version rules."""
    bound, promised, unit = _promise(number)
    measured = [
        row
        for row in records["measured_value"]
        if row["measure"] == number["measure"]
        and (item.system == "company" or row["system"] in {None, "company", item.system})
        and row["holds_from"] < ends
        and (row["holds_to"] or NEVER) > begins
    ]
    for row in measured:
        value = row["value"]
        kept = {"at_most": value <= promised, "at_least": value >= promised, "exactly": value == promised}[bound]
        if row["conflicted"]:
            yield "cannot_test:conflict"
        elif row["unit"] != unit:
            yield "cannot_test:units_differ"
        elif not kept:
            yield "exception:practice_differs"
    if not measured:
        if has_gap(records, ["measured_value"], item.system, begins, ends):
            yield "cannot_test:source_gap"
        else:
            yield "exception:not_measured" if item.is_over else "cannot_test:pending"


def _signed(records: Records, item: _Item) -> str:
    limit = item.register["acknowledge_days"] if item.register else None
    if limit is None:
        return "na:not_asked"
    due = [
        (version, begins, begins + limit * A_DAY)
        for version, begins, ends in _reigns(item.versions)
        if item.start <= begins + limit * A_DAY < item.end and ends > begins + limit * A_DAY
    ]
    if not due:
        return "na:nothing_due"
    codes: set[str] = set()
    for version, effective, deadline in due:
        if version["conflicted"]:
            codes.add("cannot_test:conflict")
            continue
        humans = humans_of(records)
        there = [
            human
            for human in {humans[row["person"]] for row in records["engagement"]}
            if any(start <= effective and deadline < end for start, end in _worked(records, human))
        ]
        for human in there:
            codes.add(_signature(records, item, version, human, effective, deadline))
        if not there:
            codes.add("cannot_test:nobody_known")
    people_missing = any(
        has_gap(records, ["engagement"], item.system, effective, deadline, data_end=effective + TICK)
        for _, effective, deadline in due
    )
    passed = "cannot_test:source_gap" if people_missing else "pass"
    return next((code for code in _ORDER["D"] if code in codes), passed)


def _worked(records: Records, human: str) -> list[tuple[datetime, datetime]]:
    """Return when a human surely worked, one stretch for engagements without a break between them."""
    stretches: list[tuple[datetime, datetime]] = []
    for start, end, _ in sorted(map(lasted, engagements_of_human(records, human))):
        if stretches and start <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(stretches[-1][1], end))
        else:
            stretches.append((start, end))
    return stretches


def _signature(
    records: Records, item: _Item, version: Record, human: str, effective: datetime, deadline: datetime
) -> str:
    signed = [
        row
        for row in records["acknowledgement"]
        if (row["policy"], row["version"]) == (item.policy, version["version"])
        and human_of(records, row["person"]) == human
    ]
    if not signed:
        if deadline > item.clock:
            return "cannot_test:pending"
        gap = has_gap(records, ["acknowledgement"], item.system, effective, deadline)
        return "cannot_test:source_gap" if gap else "exception:not_signed"
    sure = [row["signed_at"] for row in signed if not row["conflicted"] and row["signed_at"] is not None]
    if any(at[1] < deadline for at in sure):
        return "pass"
    if any(row["conflicted"] for row in signed):
        return "cannot_test:conflict"
    if any(row["signed_at"] is None for row in signed):
        return "cannot_test:no_signing_time"
    return "exception:signed_late" if all(at[0] >= deadline for at in sure) else "cannot_test:time_order_unclear"
