"""T-03 Access of people who left, from audit-domain T-03, the rule's README and the heads of its steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from twofold.controltests.rule import ParameterValue
from twofold.model.instant import Instant

from .records import Record, Records, Span
from .rights import delete_rights, grant_changes, hands
from .steps import (
    AMBIGUOUS,
    BOT,
    EVER,
    LINKED,
    NEVER,
    Hand,
    business_deadline,
    day_there,
    days,
    hand,
    has_gap,
    humans_of,
    joined,
    longer_engagements,
)
from .world import A_DAY, START, World

CONTROL_TEST = "T-03"
OUTCOME_ONLY: frozenset[str] = frozenset()
Parameters = Mapping[str, ParameterValue]
OWN, DOUBTFUL, ENTRUSTED = "own", "ambiguous", "entrusted"
_CLOSING = {"disable", "delete"}
_A = (
    "exception:reenabled",
    "exception:app_account_open",
    "exception:not_removed",
    "exception:kept_without_approval",
    "exception:late",
    "cannot_test:account_ambiguous",
    "cannot_test:conflict",
    "cannot_test:no_calendar",
    "cannot_test:source_gap",
    "cannot_test:time_order_unclear",
    "cannot_test:no_close_time",
    "cannot_test:provider_unnamed",
    "cannot_test:pending",
    "pass",
)
"""Of several accounts the first of these decides."""
_C = (
    "exception:credential_live",
    "exception:credential_late",
    "cannot_test:conflict",
    "cannot_test:no_calendar",
    "cannot_test:time_order_unclear",
    "cannot_test:no_secret_record",
    "cannot_test:pending",
    "pass",
)


@dataclass(frozen=True, slots=True)
class Leaving:
    """An ended engagement: its end, the start of the clock, and of the next engagement under any HR id of the human."""

    row: Record
    persons: frozenset[str]
    ended: Span
    clock: Span
    horizon: datetime | None
    calendar: str
    due: Span | None
    notice: Span | None
    longer: bool | None

    def mine(self, records: Records, account: str, at: datetime) -> bool:
        """Whether the account was not somebody else's at a moment, under whichever HR id."""
        return hand(records, account, at).person in {None, *self.persons}


@dataclass(frozen=True, slots=True)
class Access:
    """An account of a leaver."""

    account: str
    system: str
    layer: str | None
    basis: str
    conflicted: bool
    closed: Span | None
    untimed: bool
    reopened: bool
    rights_gone: Span | None
    rights_known: bool
    active: bool
    disabled: bool

    @property
    def shut(self) -> Span | None:
        """When it was first closed or without any right, None where the system showed it open after that."""
        gone = self.rights_gone if self.rights_known else None
        closed = None if self.active else self.closed
        if gone is None or closed is None:
            return gone or closed
        return min(gone[0], closed[0]), min(gone[1], closed[1])


def outcomes(records: Records, clock: datetime, parameters: Parameters) -> dict[str, dict[str, str]]:
    """Return the reason codes of each item."""
    found = {}
    for row in records["engagement"]:
        if row["effective_end"] or row["last_day"]:
            left = _leaving(records, parameters, row)
            every = _accesses(records, left)
            for system in sorted({each.system for each in every}):
                found[f"{row['id']}@{system}"] = _judged(records, clock, parameters, left, every, system)
            if not every:
                found[row["id"]] = dict.fromkeys("ABCD", "na:no_account")
    return found


def _leaving(records: Records, parameters: Parameters, row: Record) -> Leaving:
    known = {each["id"] for each in records["calendar"]}
    calendar = row["site"] if row["site"] in known else "default"

    def there(seen: Span | None) -> Span | None:
        return day_there(records, row, seen)

    ended = there(row["effective_end"]) or there(row["last_day"]) or (EVER, EVER)
    clock = there(row["policy_date"]) or ended
    humans = humans_of(records)
    persons = frozenset(each for each, human in humans.items() if human == humans[row["person"]])
    later = [
        each["started_at"][0]
        for each in records["engagement"]
        if each["person"] in persons
        and each["id"] != row["id"]
        and each["started_at"]
        and (row["started_at"] is None or each["started_at"][0] > row["started_at"][0])
        and ((each["effective_end"] or each["last_day"] or (NEVER,))[0] > ended[0])
    ]
    due = _deadline(records, calendar, clock, int(str(parameters["sla_business_days"])))
    hours = int(str(parameters["sla_hours"]))
    if row["involuntary"] and hours:
        due = clock[0] + timedelta(hours=hours), clock[1] + timedelta(hours=hours)
    notice = _deadline(records, calendar, ended, int(str(parameters["notice_business_days"])))
    longer = {each["conflicted"] for each in longer_engagements(records, row, ended)}
    doubtful = None if longer == {True} else bool(longer)
    return Leaving(row, persons, ended, clock, min(later, default=None), calendar, due, notice, doubtful)


def _deadline(records: Records, calendar: str, at: Span, count: int) -> Span | None:
    whole = at[0] != at[1]
    first, last = (business_deadline(records, calendar, moment, count, whole_day=whole) for moment in at)
    return None if first is None or last is None else (first, last)


def _accesses(records: Records, left: Leaving) -> list[Access]:
    accounts = {row["id"]: row for row in records["account"]}
    names = sorted({*accounts, *(row["account"] for row in records["account_link"])})
    found = []
    for name in names:
        row = accounts.get(name)
        basis = _basis(records, left, name, row)
        if basis:
            each = _access(records, left, name, row, basis)
            opened = [
                event["occurred_at"][0]
                for event in _events(records, left, name)
                if _opens(event) and event["occurred_at"]
            ]
            made = row["created_at"][0] if row and row["created_at"] else min(opened, default=None)
            begun = left.row["started_at"][0] if left.row["started_at"] else None
            for_next = left.horizon is not None and made is not None and made >= left.horizon
            gone = each.closed is not None and begun is not None and each.closed[1] < begun
            if not for_next and not gone:
                found.append(each)
    return found


def _basis(records: Records, left: Leaving, name: str, row: Record | None) -> str | None:
    human = row is None or row["kind"] in {None, "human"}
    end = left.ended[0]
    until = left.horizon or NEVER
    if human and any(
        owner.state == LINKED and owner.person in left.persons and span[1] >= end and span[0] < until
        for span, owner in hands(records, name)
    ):
        return OWN
    links = [each for each in records["account_link"] if each["account"] == name]
    listed = any(
        each["person"] in left.persons and (each["valid_from"] or EVER) <= end <= (each["valid_to"] or NEVER)
        for each in links
    )
    if not links and row and row["email"]:
        listed = any(
            person["id"] in left.persons and (person["email"] or "").lower() == row["email"].lower()
            for person in records["person"]
        )
    if not listed:
        return None
    if not human:
        return ENTRUSTED
    return DOUBTFUL if hand(records, name, end).state == AMBIGUOUS else None


def _events(records: Records, left: Leaving, name: str) -> list[Record]:
    """What happened to the account before the next engagement, while it was not somebody else's."""
    return [
        row
        for row in records["account_event"]
        if row["account"] == name
        and row["kind"] in {"create", "activate", "enable", *_CLOSING}
        and (left.horizon is None or row["occurred_at"] is None or row["occurred_at"][0] < left.horizon)
        and (row["occurred_at"] is None or left.mine(records, name, row["occurred_at"][0]))
    ]


def _opens(event: Record) -> bool:
    return event["kind"] not in _CLOSING


def _access(records: Records, left: Leaving, name: str, row: Record | None, basis: str) -> Access:
    events = _events(records, left, name)
    opened = [each["occurred_at"][0] for each in events if _opens(each) and each["occurred_at"]]
    closings = [each for each in events if not _opens(each)]
    times = [each["occurred_at"] for each in closings if each["occurred_at"]]
    last = max(opened, default=EVER)
    after = [at for at in times if not opened or at[0] > last]
    closed = (min(at[0] for at in after), min(at[1] for at in after)) if after else None
    reopened = bool(opened and times) and last > left.clock[1] and min(at[0] for at in times) < last
    gone = _rights_gone(records, left, name)
    system = row["system"] if row else name.partition(":")[0]
    known = gone is not None and not has_gap(records, ["grant_event"], system, None, gone[0])
    shown = row is not None and left.horizon is None and left.mine(records, name, row["extracted_at"])
    status = row["status"] if row is not None and shown else None
    extracted = row["extracted_at"] if row else EVER
    layer = next((each["layer"] for each in records["system"] if each["id"] == system), None)
    return Access(
        name,
        system,
        layer,
        basis,
        (row is not None and row["conflicted"]) or any(each["conflicted"] for each in closings),
        closed,
        closed is None and any(each["occurred_at"] is None for each in closings),
        reopened,
        gone,
        known,
        status == "active" and (closed is None or extracted > closed[1]),
        status == "disabled",
    )


def _rights_gone(records: Records, left: Leaving, name: str) -> Span | None:
    """When the last of all rights was removed, None while one is held."""
    newest: dict[str, Record] = {}
    for row in grant_changes(records):
        if (
            row["account"] == name
            and row["occurred_at"]
            and (left.horizon is None or row["occurred_at"][0] < left.horizon)
        ):
            other = newest.get(row["right_id"])
            if other is None or (row["occurred_at"][0], row["id"]) > (other["occurred_at"][0], other["id"]):
                newest[row["right_id"]] = row
    rows = list(newest.values())
    if not rows or any(row["action"] != "remove" for row in rows):
        return None
    return max(row["occurred_at"][0] for row in rows), max(row["occurred_at"][1] for row in rows)


def _judged(
    records: Records, clock: datetime, parameters: Parameters, left: Leaving, every: Sequence[Access], system: str
) -> dict[str, str]:
    if left.row["conflicted"]:
        return dict.fromkeys("ABCD", "cannot_test:conflict")
    if left.longer is not False:
        return dict.fromkeys("ABCD", "na:still_engaged" if left.longer else "cannot_test:conflict")
    hands = _approved_again(records, parameters, left, system)
    if any(each.person for each in hands):
        return dict.fromkeys("ABCD", "na:continued")
    here = [each for each in every if each.system == system]
    judged = {each.account: _a(records, clock, left, every, each) for each in here if each.basis != ENTRUSTED}
    worst = min(judged.values(), key=_A.index, default="na:entrusted_only")
    shut = _shut(records, left, every, here, judged)
    codes = {
        "A": worst,
        "B": _b(records, clock, parameters, left, every, system, worst, shut),
        "C": _c(records, clock, left, every, system),
        "D": _d(left),
    }
    if hands:
        excuse = "cannot_test:reapprover_unlinked"
    elif _perhaps_continued(records, clock, parameters, left, system):
        excuse = "cannot_test:source_gap"
    else:
        return codes
    return {letter: excuse if code.startswith("exception:") else code for letter, code in codes.items()}


def _perhaps_continued(records: Records, clock: datetime, parameters: Parameters, left: Leaving, system: str) -> bool:
    """Return whether nobody can tell that the access was not approved again for a next engagement."""
    gap = days(parameters["continuity_days"])
    if left.horizon is None or left.horizon > left.ended[0] + gap:
        return False
    since = left.ended[0] - days(parameters["reapproval_days"])
    return has_gap(records, ["access_request", "approval"], system, since, min(left.horizon + gap, clock))


def _approved_again(records: Records, parameters: Parameters, left: Leaving, system: str) -> list[Hand]:
    """Return the hands that may be another human's and approved the access again for the next engagement."""
    gap = days(parameters["continuity_days"])
    if left.horizon is None or left.horizon > left.ended[0] + gap:
        return []
    asked = {
        row["id"]
        for row in records["access_request"]
        if row["system"] == system
        and not row["conflicted"]
        and left.persons & {row["beneficiary"], hand(records, row["beneficiary"], row["created_at"][0]).person}
    }
    hands = [
        hand(records, row["approver"], row["decided_at"][0])
        for row in records["approval"]
        if row["subject"] in asked
        and row["decision"] == "approve"
        and row["withdrawn_at"] is None
        and not row["conflicted"]
        and row["decided_at"][0] >= left.ended[0] - days(parameters["reapproval_days"])
        and row["decided_at"][1] <= left.horizon + gap
    ]
    return [each for each in hands if each.state != BOT and each.person not in left.persons]


def _provider(every: Sequence[Access]) -> Span | None:
    """When the last account of the identity provider was closed."""
    rows = [each for each in every if each.basis == OWN and each.layer == "identity"]
    times = [each.closed for each in rows if each.closed and not each.active and not each.conflicted]
    if not rows or len(times) < len(rows):
        return None
    return max(at[0] for at in times), max(at[1] for at in times)


def _only_sso(records: Records, clock: datetime, left: Leaving, access: Access) -> bool:
    until = access.shut[0] if access.shut else left.horizon or clock
    lines = [
        (row["valid_from"] or EVER, row["valid_to"] or NEVER)
        for row in records["system_label"]
        if row["system"] == access.system and row["label"] == "sso_only"
    ]
    labelled = any(start <= left.clock[0] and end >= until for start, end in joined(lines))
    password = any(
        row["account"] == access.account
        and row["method"] == "local_password"
        and row["result"] == "success"
        and row["occurred_at"][0] < (left.horizon or NEVER)
        for row in records["sign_in"]
    )
    live = any(
        row["account"] == access.account
        and row["system"] == access.system
        and (row["created_at"] is None or row["created_at"][0] < (left.horizon or NEVER))
        and (row["revoked_at"] is None or (left.due is not None and row["revoked_at"][1] >= left.due[0]))
        for row in records["credential"]
    )
    return labelled and not password and not live


def _a(records: Records, clock: datetime, left: Leaving, every: Sequence[Access], access: Access) -> str:
    shut, due = access.shut, left.due
    if access.basis == DOUBTFUL:
        return "cannot_test:account_ambiguous"
    if access.conflicted:
        return "cannot_test:conflict"
    if shut and shut[1] < left.clock[0]:
        return "pass"
    if due is None:
        return "cannot_test:no_calendar"
    if shut and shut[1] < due[0]:
        return "pass"
    provider = None if access.layer == "identity" else _provider(every)
    by_provider = provider is not None and provider[1] < due[0]
    if _only_sso(records, clock, left, access):
        if by_provider:
            gap = has_gap(records, ["sign_in", "credential"], access.system, left.clock[0], due[1])
            return "cannot_test:source_gap" if gap else "pass"
        if _provider_unnamed(records, due, every, access):
            return "cannot_test:provider_unnamed"
    if clock < due[1] and shut is None:
        return "cannot_test:pending"
    return _open_too_long(records, left, access, due, by_provider=by_provider)


def _provider_unnamed(records: Records, due: Span, every: Sequence[Access], access: Access) -> bool:
    if any(row["layer"] == "identity" for row in records["system"]):
        return False
    return any(
        each.basis == OWN
        and each.system != access.system
        and each.layer is None
        and each.closed is not None
        and each.closed[1] < due[0]
        and not each.active
        and not each.conflicted
        for each in every
    )


def _open_too_long(records: Records, left: Leaving, access: Access, due: Span, *, by_provider: bool) -> str:
    shut = access.shut
    perhaps = shut is None and (access.disabled or access.untimed)
    log_gap = has_gap(records, ["account_event", "account"], access.system, left.clock[0], due[1])
    order = (
        ("exception:reenabled", access.reopened),
        ("exception:app_account_open", by_provider and (shut is None or shut[0] >= due[1]) and not perhaps),
        ("exception:late", shut is not None and shut[0] >= due[1]),
        ("cannot_test:time_order_unclear", shut is not None),
        ("cannot_test:no_close_time", perhaps),
        ("cannot_test:source_gap", access.rights_gone is not None and not access.rights_known),
        ("exception:not_removed", access.active),
        ("cannot_test:source_gap", log_gap),
        ("exception:kept_without_approval", left.horizon is not None and left.horizon < due[0]),
    )
    return next((code for code, holds in order if holds), "exception:not_removed")


def _shut(
    records: Records, left: Leaving, every: Sequence[Access], here: Sequence[Access], judged: Mapping[str, str]
) -> datetime | None:
    """When the person could no longer get in, None while an account is open."""
    del records, left
    provider = _provider(every)
    times = []
    for each in here:
        if each.account in judged:
            if each.shut is None and judged[each.account] != "pass":
                return None
            at = each.shut or provider
            if at:
                times.append(at[1])
    return max(times, default=None)


def _b(
    records: Records,
    clock: datetime,
    parameters: Parameters,
    left: Leaving,
    every: Sequence[Access],
    system: str,
    worst: str,
    shut: datetime | None,
) -> str:
    own = {each.account: each.system for each in every if each.basis == OWN}
    bases = {each.basis for each in every if each.system == system}
    uses = [
        row
        for row in records["sign_in"]
        if row["account"] in own
        and row["result"] == "success"
        and system in {row["system"], own[row["account"]]}
        and row["occurred_at"][1] > left.clock[0]
        and row["occurred_at"][0] < (left.horizon or NEVER)
        and left.mine(records, row["account"], row["occurred_at"][0])
    ]
    surely = [row for row in uses if row["occurred_at"][0] > left.clock[1]]
    end = shut or left.horizon or clock
    gap = left.clock[0] < end and has_gap(records, ["sign_in"], system, left.clock[0], end)
    order = (
        ("cannot_test:conflict", any(row["conflicted"] for row in uses)),
        ("exception:token_used_after_end", any(row["method"] == "token" for row in surely)),
        ("exception:used_after_end", bool(surely)),
        ("cannot_test:account_ambiguous", DOUBTFUL in bases),
        ("na:entrusted_only", OWN not in bases),
        ("cannot_test:time_order_unclear", bool(uses) and not parameters["day_grained"]),
        ("cannot_test:pending", worst == "cannot_test:pending"),
        ("cannot_test:source_gap", gap),
    )
    return next((code for code, holds in order if holds), "pass")


def _c(records: Records, clock: datetime, left: Leaving, every: Sequence[Access], system: str) -> str:
    codes = set()
    for each in every:
        rows = [row for row in records["credential"] if row["account"] == each.account]
        if each.basis == ENTRUSTED and each.system == system and not rows:
            codes.add("cannot_test:no_secret_record")
        for row in rows:
            if each.basis != DOUBTFUL and system in {row["system"], each.system} and _theirs(records, left, each, row):
                codes.add(_credential(clock, left, row))
    worst = min(codes, key=_C.index, default="na:no_credential")
    if worst.startswith("exception"):
        return worst
    if any(each.basis == DOUBTFUL for each in every if each.system == system):
        return "cannot_test:account_ambiguous"
    return "cannot_test:source_gap" if _credential_gap(records, left, system) else worst


def _credential_gap(records: Records, left: Leaving, system: str) -> bool:
    return any(
        row["table_name"] == "credential"
        and row["system"] in {system, "*"}
        and (row["starts_at"] or EVER) < left.clock[1]
        and (row["ends_before"] or NEVER) > left.clock[0]
        for row in records["source_gap"]
    )


def _theirs(records: Records, left: Leaving, access: Access, row: Record) -> bool:
    made: Span | None = row["created_at"]
    if made is None:
        return True
    if made[0] >= (left.horizon or NEVER):
        return False
    if access.basis == ENTRUSTED:
        return made[0] <= left.clock[1]
    return left.mine(records, access.account, made[0])


def _credential(clock: datetime, left: Leaving, row: Record) -> str:
    revoked, due = row["revoked_at"], left.due
    if row["conflicted"]:
        return "cannot_test:conflict"
    if revoked and revoked[1] < left.clock[0]:
        return "pass"
    if due is None:
        return "cannot_test:no_calendar"
    if revoked is None:
        return "cannot_test:pending" if clock < due[1] else "exception:credential_live"
    if revoked[1] < due[0]:
        return "pass"
    return "exception:credential_late" if revoked[0] >= due[1] else "cannot_test:time_order_unclear"


def _d(left: Leaving) -> str:
    entered, notice = left.row["entered_at"], left.notice
    if entered is None:
        return "cannot_test:no_entry_time"
    if entered[1] < left.ended[0]:
        return "pass"
    if notice is None:
        return "cannot_test:no_calendar"
    if entered[1] < notice[0]:
        return "pass"
    return "exception:late_notice" if entered[0] >= notice[1] else "cannot_test:time_order_unclear"


def shared(world: World) -> None:
    """Calendars of two places of work, and an identity provider.

    Whether any system is named as one is asked of the whole register, so of all worlds of a batch: that none is named
    (provider_unnamed) is left to the case folders.
    """
    world.add("system", id="sso", layer="identity")
    if world.chance(70):
        world.add("calendar", id="default", zone="UTC", holidays=["2026-01-20"])
    world.add("calendar", id="tokyo", zone="Asia/Tokyo")


def parameters(world: World) -> Parameters:
    """Deadlines of a few lengths."""
    return {
        "sla_business_days": world.pick((0, 1, 5)),
        "sla_hours": world.pick((0, 0, 4, 24)),
        "notice_business_days": world.pick((0, 1, 5)),
        "continuity_days": world.pick((0, 5)),
        "reapproval_days": world.pick((5, 30)),
        "day_grained": world.chance(30),
    }


def populate(world: World) -> None:
    """One or two leavers with accounts of every kind on three systems, and what happened to these."""
    people = [world.key("p1"), world.key("p2")]
    systems = [world.key(name) for name in ("idp", "erp", "crm")]
    for system, layer in zip(systems, ("identity", "application", None), strict=True):
        if world.chance(75):
            world.add("system", id=system, layer=layer)
        if world.chance(40):
            start = world.maybe(20, world.moment(last_day=30))
            world.add(
                "system_label",
                system=system,
                label="sso_only",
                valid_from=start,
                valid_to=(ended := world.maybe(40, world.moment())),
            )
            if ended and world.chance(60):
                again = ended + world.pick((0, 0, 1)) * A_DAY
                world.add("system_label", system=system, label="sso_only", valid_from=again)
    ends = []
    for person in people:
        world.add("person", id=person, email=f"{person}@acme.test")
        ends += _engagements(world, person)
    end = world.pick(ends) if ends else world.moment()
    accounts = _accounts(world, people, systems)
    for account in accounts:
        _life(world, account, systems, end)
    if world.chance(75):
        world.add("account_link", account=world.key("erp:boss"), person=world.key("boss"))
    for _ in range(world.number_in(0, 2)):
        request = world.id("request")
        for _ in range(2 if world.chance(5) else 1):
            asked = world.instant(world.near(end, days=10))
            world.add(
                "access_request",
                id=request,
                beneficiary=world.pick([*people, f"{people[0]}n", accounts[0]]),
                system=world.pick(systems),
                created_at=asked,
            )
        for name in [world.id("yes")] * (2 if world.chance(5) else 1):
            decision = world.pick(("approve", "approve", "approve", "reject"))
            decided = world.instant(world.near(end, days=10))
            world.add(
                "approval",
                id=name,
                subject=request,
                approver=world.pick((world.key("erp:boss"), world.key("erp:boss"), *accounts)),
                duty="access",
                decision=decision,
                decided_at=decided,
                withdrawn_at=world.maybe(8, decided),
            )
    for _ in range(world.number_in(0, 2) if world.chance(40) else 0):
        table = world.pick(
            ("account_event", "account", "grant_event", "sign_in", "credential", "access_request", "approval")
        )
        start, until = world.maybe(60, world.near(end, days=5)), world.maybe(60, world.near(end, days=9))
        world.add(
            "source_gap",
            table_name=table,
            system=world.pick(systems),
            starts_at=start,
            ends_before=until,
            reason="not_extracted",
        )
    delete_rights(world)


def _engagements(world: World, person: str) -> list[datetime]:
    ends = []
    start: datetime | None = None
    before: str | None = None
    for _ in range(world.pick((1, 1, 2))):
        another = before is not None and world.chance(40)
        end = world.moment(first_day=15) if world.chance(75) else world.moment(first_day=60)
        begun = (
            world.maybe(90, world.instant(start, coarse=30))
            if start
            else world.maybe(50, world.instant(world.moment(last_day=14)))
        )
        name = world.id("work")
        for _ in range(2 if world.chance(3) else 1):
            world.add(
                "engagement",
                id=name,
                person=f"{person}n" if another else person,
                type="employee",
                follows=before if world.chance(60) else None,
                site=world.pick((None, "tokyo", "elsewhere")),
                started_at=begun,
                last_day=world.maybe(25, world.instant(world.near(end), coarse=70)),
                effective_end=world.maybe(85, world.instant(end, coarse=40)),
                policy_date=world.maybe(12, world.instant(world.near(end, days=5), coarse=50)),
                entered_at=world.maybe(92, world.instant(world.near(end, days=6))),
                involuntary=world.maybe(30, value=True),
            )
        ends.append(end)
        if world.chance(25):
            _inner_engagement(world, person, begun, end, name)
        before = name
        start = end + world.number_in(0, 7) * A_DAY
    return ends


def _inner_engagement(world: World, person: str, begun: Instant | None, end: datetime, name: str) -> None:
    """Add a second contract that begins and ends about as the first one does, or earlier."""
    start = begun.earliest if begun else START
    inner = world.id("work")
    for _ in range(2 if world.chance(4) else 1):
        world.add(
            "engagement",
            id=inner,
            person=world.pick((person, person, f"{person}n")),
            type="contractor",
            follows=world.maybe(70, name),
            site=world.pick((None, "tokyo")),
            started_at=world.maybe(90, world.instant(world.near(start, days=5), coarse=30)),
            effective_end=world.maybe(80, world.instant(end + world.pick((-9, -2, 0, 0, 1)) * A_DAY, coarse=40)),
            last_day=world.maybe(30, world.instant(world.near(end), coarse=70)),
            entered_at=world.instant(world.near(end, days=6)),
        )


def _accounts(world: World, people: Sequence[str], systems: Sequence[str]) -> list[str]:
    names = []
    for word in ("idp:ana", "erp:ana", "erp:ana2", "crm:ana", "erp:team", "crm:bot", "crm:ben"):
        if world.chance(35):
            continue
        name = world.key(word)
        names.append(name)
        kind = {"erp:team": "shared", "crm:bot": world.pick(("bot", "service"))}.get(word)
        owner = people[1] if word == "crm:ben" else people[0]
        by_email = world.chance(40)
        if world.chance(92):
            system = systems[("idp", "erp", "crm").index(word.partition(":")[0])]
            for _ in range(2 if world.chance(3) else 1):
                made = world.maybe(25, world.instant(world.moment()))
                status = world.pick((None, None, "active", "disabled"))
                world.add(
                    "account",
                    id=name,
                    system=system,
                    kind=kind,
                    status=status,
                    email=f"{owner}@acme.test" if by_email else None,
                    created_at=made,
                )
        if not by_email:
            cut = world.maybe(15, world.moment())
            world.add("account_link", account=name, person=owner, valid_to=cut)
            if world.chance(20):
                world.add(
                    "account_link",
                    account=name,
                    person=world.pick((people[1] if owner == people[0] else people[0], f"{owner}n")),
                    valid_from=cut if cut and world.chance(70) else world.moment(),
                )
    return names or [world.key("erp:none")]


def _life(world: World, account: str, systems: Sequence[str], end: datetime) -> None:
    if world.chance(65):
        for event in [world.id("event")] * (2 if world.chance(3) else 1):
            at = world.maybe(92, world.instant(world.near(end, days=4)))
            world.add(
                "account_event",
                id=event,
                account=account,
                kind=world.pick(("disable", "disable", "delete")),
                occurred_at=at,
            )
    for _ in range(world.number_in(1, 2) if world.chance(25) else 0):
        kind = world.pick(("create", "activate", "enable", "disable", "key_create"))
        moment = world.near(end, days=12) if world.chance(70) else world.moment()
        world.add(
            "account_event",
            id=world.id("event"),
            account=account,
            kind=kind,
            occurred_at=world.maybe(95, world.instant(moment)),
        )
    for _ in range(world.number_in(1, 3) if world.chance(30) else 0):
        action = world.pick(("add", "remove", "remove"))
        world.add(
            "grant_event",
            id=world.id("grant"),
            account=account,
            right_id=world.key(world.pick(("r1", "r2"))),
            action=action,
            occurred_at=world.instant(world.near(end, days=5)),
        )
    for _ in range(world.number_in(1, 2) if world.chance(30) else 0):
        for name in [world.id("secret")] * (2 if world.chance(4) else 1):
            made, gone = (
                world.maybe(60, world.instant(world.moment())),
                world.maybe(70, world.instant(world.near(end, days=5))),
            )
            world.add(
                "credential",
                id=name,
                account=account,
                system=world.pick(systems),
                kind="token",
                created_at=made,
                revoked_at=gone,
            )
    for _ in range(world.number_in(1, 2) if world.chance(30) else 0):
        for name in [world.id("use")] * (2 if world.chance(4) else 1):
            method = world.pick(("interactive", "token", "local_password"))
            result = world.pick(("success", "success", "failure"))
            at = world.instant(world.near(end, days=6) if world.chance(60) else world.moment(last_day=20), coarse=20)
            world.add(
                "sign_in",
                id=name,
                account=account,
                system=world.pick(systems),
                occurred_at=at,
                result=result,
                method=method,
            )
