"""T-02 Change of job, from audit-domain T-02, the rule's README and the heads of its population and steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from twofold.controltests.rule import ParameterValue

from .records import Record, Records, Span
from .rights import Function, Held, delete_rights, functions_held, hands, inside, met, right_intervals
from .steps import (
    BOT,
    EVER,
    LINKED,
    NEVER,
    SHARED_ACCOUNT,
    Job,
    business_deadline,
    days,
    hand,
    has_gap,
    humans_of,
    jobs_held,
)
from .world import A_DAY, World

CONTROL_TEST = "T-02"
OUTCOME_ONLY: frozenset[str] = frozenset()
Parameters = Mapping[str, ParameterValue]
_FINE = "fine"
_REVIEWS = (
    "pass",
    "cannot_test:reviewer_unlinked",
    "cannot_test:conflict",
    "cannot_test:time_order_unclear",
    "cannot_test:pending",
    "exception:reviewed_late",
    "cannot_test:source_gap",
    "exception:not_a_person",
    "exception:not_reviewed",
    "exception:self_reviewed",
    "exception:reviewed_too_early",
)
_KEPT = (
    _FINE,
    "cannot_test:approver_unlinked",
    "cannot_test:conflict",
    "cannot_test:time_order_unclear",
    "exception:retention_expired",
    "exception:retention_without_end",
    "exception:retained_late",
    "exception:retained_by_other",
    "exception:retained_by_no_person",
    "exception:retained_by_mover",
    "exception:not_removed",
)
"""Approvals to keep a right, best first."""
_FATES = (
    _FINE,
    "cannot_test:pending",
    "cannot_test:source_gap",
    "cannot_test:time_order_unclear",
    "cannot_test:conflict",
    "cannot_test:approver_unlinked",
    *_KEPT[4:],
)
"""What became of a right that had to go, worst last."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the jobs of one human, with the deadline as an interval; None without a calendar."""

    human: str
    persons: frozenset[str]
    at: datetime
    before: Sequence[Job]
    after: Sequence[Job]
    due: Span | None


def outcomes(records: Records, clock: datetime, parameters: Parameters) -> dict[str, dict[str, str]]:
    """Return the reason codes of each item."""
    found = {}
    held = right_intervals(records)
    for change in _changes(records, clock, parameters):
        end = change.at + days(parameters["new_access_days"])
        own = [part for each in held for part in _own(records, change, each)]
        for system in sorted({each.system for each in own if met(each.wide, (change.at, end))}):
            codes = _judged(records, clock, parameters, change, system, own)
            found[f"{change.human}/{change.at.isoformat()}@{system}"] = codes
    return found


def _own(records: Records, change: Change, held: Held) -> list[Held]:
    """The stretches of a right in which its account was the human's."""
    parts = []
    for stretch, owner in hands(records, held.account):
        wide = met(held.wide, stretch)
        if owner.person in change.persons and wide:
            parts.append(replace(held, wide=wide))
    return parts


def _changes(records: Records, clock: datetime, parameters: Parameters) -> list[Change]:
    humans = humans_of(records)
    found = []
    for human in sorted(set(humans.values())):
        persons = frozenset(person for person, first in humans.items() if first == human)
        jobs = jobs_held(records, persons)
        for at in sorted({moment for job in jobs for moment in (job.start, job.end)}):
            after = [job for job in jobs if job.start <= at < job.end]
            former = [job for job in jobs if job.start < at]
            last = max((min(job.end, at) for job in former), default=at)
            before = [job for job in former if job.end >= last]
            if after and before and at < clock:
                due = _due(records, parameters, persons, at, after)
                found.append(Change(human, persons, at, before, after, due))
    return found


def _due(
    records: Records, parameters: Parameters, persons: frozenset[str], at: datetime, after: Sequence[Job]
) -> Span | None:
    entries = [job.row["entered_at"] for job in after if job.start == at and job.row["entered_at"]]
    earliest = max([at, *(entry[0] for entry in entries)])
    latest = max([at, *(entry[1] for entry in entries)])
    calendars = {row["id"] for row in records["calendar"]}
    sites = [
        row["site"]
        for row in records["engagement"]
        if row["person"] in persons
        and row["site"] in calendars
        and (row["started_at"] is None or row["started_at"][0] <= at)
        and (row["effective_end"] is None or row["effective_end"][0] > at)
    ]
    calendar, count = min(sites, default="default"), int(str(parameters["sla_business_days"]))
    whole = earliest != latest
    due = [business_deadline(records, calendar, moment, count, whole_day=whole) for moment in (earliest, latest)]
    return None if due[0] is None or due[1] is None else (due[0], due[1])


def _judged(
    records: Records, clock: datetime, parameters: Parameters, change: Change, system: str, own: Sequence[Held]
) -> dict[str, str]:
    if any(job.row["conflicted"] for job in change.after):
        return dict.fromkeys("ABCDE", "cannot_test:conflict")
    former, new = {job.role for job in change.before}, {job.role for job in change.after}
    if former == new:
        return dict.fromkeys("ABCDE", "na:same_role")
    codes = {"C": _c(records, parameters, change, system)}
    settled = _settled(records, change, former, new)
    if settled:
        codes |= dict.fromkeys("BDE", settled)
    if change.due is None:
        codes = dict.fromkeys("ABD", "cannot_test:no_calendar") | codes
    if change.due is not None:
        codes["A"] = _a(records, clock, parameters, change, system, change.due)
    going = _going(records, change, system, own, former, new)
    if "B" not in codes and change.due:
        codes["B"] = _b(records, clock, change, system, going, change.due)
    if settled:
        return codes
    if not records["sod_rule"]:
        return codes | dict.fromkeys("DE", "cannot_test:no_conflict_rules")
    overlaps = _overlaps(records, clock, change, going)
    codes["E"] = _e(records, change, overlaps)
    if change.due:
        codes["D"] = _d(records, clock, change, change.due, overlaps)
    return codes


def _map(records: Records, role: str, at: datetime, tables: Sequence[str] = ("role_right", "birthright")) -> set[str]:
    """The rights that a role justifies at a moment, by the map or as birthright, without what they nest."""
    return {
        row["right_id"]
        for table in tables
        for row in records[table]
        if row["role"] == role
        and not row["conflicted"]
        and (table == "role_right" or row["approved_by"])
        and (row["valid_from"] or EVER) <= at < (row["valid_to"] or NEVER)
    }


def _settled(records: Records, change: Change, former: set[str], new: set[str]) -> str | None:
    if former <= new:
        return "na:old_job_kept"
    if any(not _map(records, role, change.at) for role in former | new):
        return "cannot_test:no_role_map"
    return None


def _going(
    records: Records, change: Change, system: str, own: Sequence[Held], former: set[str], new: set[str]
) -> dict[tuple[str, str], list[Held]]:
    """The rights, by account, that only the former jobs justified and that were held at the change."""

    def justified(roles: set[str]) -> set[str]:
        mapped = {right for role in roles for right in _map(records, role, change.at)}
        return mapped.union(*(inside(records, right) for right in mapped))

    only_old = justified(former) - justified(new)
    here = {(each.account, each.right) for each in own if each.wide[0] <= change.at < each.wide[1]}
    found: dict[tuple[str, str], list[Held]] = {}
    for each in right_intervals(records):
        name = each.account, each.right
        covers = each.wide[0] <= change.at < each.wide[1]
        if name in here and each.system == system and each.right in only_old and covers:
            found.setdefault(name, []).append(each)
    return found


def _a(records: Records, clock: datetime, parameters: Parameters, change: Change, system: str, due: Span) -> str:
    lead = change.at - days(parameters["review_lead_days"])
    found = {
        _review(records, row, change, due, lead)
        for row in records["job_review"]
        if row["person"] in change.persons and row["job_from"] == change.at
    }
    if due[1] > clock:
        found.add("cannot_test:pending")
    if has_gap(records, ["job_review"], system, change.at, min(due[1], clock)):
        found.add("cannot_test:source_gap")
    return next((code for code in _REVIEWS if code in found), "exception:not_reviewed")


def _review(records: Records, row: Record, change: Change, due: Span, lead: datetime) -> str:
    if row["conflicted"]:
        return "cannot_test:conflict"
    if not row["reviewer"] or not row["reviewed_at"]:
        return "exception:not_reviewed"
    first, last = row["reviewed_at"]
    reviewer = hand(records, row["reviewer"], first)
    if reviewer.state in {SHARED_ACCOUNT, BOT}:
        return "exception:not_a_person"
    if reviewer.person in change.persons:
        return "exception:self_reviewed"
    if first > due[1]:
        return "exception:reviewed_late"
    if reviewer.state != LINKED:
        return "cannot_test:reviewer_unlinked"
    if first >= lead and last <= due[0]:
        return "pass"
    return "exception:reviewed_too_early" if last < lead else "cannot_test:time_order_unclear"


def _b(
    records: Records, clock: datetime, change: Change, system: str, going: dict[tuple[str, str], list[Held]], due: Span
) -> str:
    fates = [_fate(records, clock, change, system, name, rows, due) for name, rows in going.items()]
    worst = max(map(_FATES.index, fates), default=0)
    return "pass" if worst == 0 else _FATES[worst]


def _fate(
    records: Records,
    clock: datetime,
    change: Change,
    system: str,
    name: tuple[str, str],
    rows: Sequence[Held],
    due: Span,
) -> str:
    wide_end = max(each.wide[1] for each in rows)
    sure_end = max((each.sure[1] for each in rows if each.sure), default=EVER)
    decisions = [
        _keeping(records, clock, change, system, row, wide_end, sure_end, due)
        for row in records["retained_access"]
        if row["person"] in change.persons
        and (row["right_id"] == name[1] or name[1] in inside(records, row["right_id"]))
    ]
    best = min(decisions, key=_KEPT.index, default=None)
    until = min(due[1], clock)
    if wide_end <= due[0] or best == _FINE:
        return _FINE
    if due[1] > clock:
        return "cannot_test:pending"
    if sure_end <= due[1]:
        gap = has_gap(records, ["grant_event"], system, change.at, until)
        return "cannot_test:source_gap" if gap else "cannot_test:time_order_unclear"
    if best:
        return best
    gap = has_gap(records, ["retained_access"], system, change.at, until)
    return "cannot_test:source_gap" if gap else "exception:not_removed"


def _keeping(
    records: Records,
    clock: datetime,
    change: Change,
    system: str,
    row: Record,
    wide_end: datetime,
    sure_end: datetime,
    due: Span,
) -> str:
    if row["conflicted"]:
        return "cannot_test:conflict"
    if not row["approved_by"] or not row["approved_at"]:
        return "exception:not_removed"
    first, last = row["approved_at"]
    approver = hand(records, row["approved_by"], first)
    if approver.state in {SHARED_ACCOUNT, BOT}:
        return "exception:retained_by_no_person"
    if approver.person in change.persons:
        return "exception:retained_by_mover"
    if first > due[1]:
        return "exception:retained_late"
    if approver.state != LINKED:
        return "cannot_test:approver_unlinked"
    humans = humans_of(records)
    named = {job.row["manager"] for job in change.after} | {
        each["owner"] for each in records["system"] if each["id"] == system
    }
    if humans.get(str(approver.person), approver.person) not in {humans.get(each, each) for each in named if each}:
        return "exception:retained_by_other"
    expires = row["expires_at"]
    if expires is None:
        return "exception:retention_without_end"
    if expires < min(sure_end, clock):
        return "exception:retention_expired"
    return "cannot_test:time_order_unclear" if expires < min(wide_end, clock) or last > due[0] else _FINE


def _c(records: Records, parameters: Parameters, change: Change, system: str) -> str:
    first = change.at - days(parameters["new_access_lead_days"])
    last = change.at + days(parameters["new_access_days"])
    gained = {
        (each.account, each.right, each.wide[0], (each.sure or each.wide)[0])
        for each in right_intervals(records)
        if each.system == system
        and each.basis == "grant"
        and each.via == each.right
        and first <= each.wide[0] < last
        and hand(records, each.account, each.wide[0]).person in change.persons
        and not _needs_no_approval(records, each)
    }
    if not gained:
        return "na:no_new_access"
    new = {job.role for job in change.after}
    birthright = {right for role in new for right in _map(records, role, change.at, ("birthright",))}
    until = NEVER if change.due is None else change.due[1]
    gap = has_gap(records, ["access_request", "approval"], system, change.at, until)
    order = ("pass", "cannot_test:time_order_unclear", "cannot_test:approver_unlinked", "cannot_test:source_gap")
    worst = 0
    for _, right, at, latest in gained:
        found = {"pass"} if right in birthright else set()
        found |= {
            code for row in _requests(records, change, right) if (code := _approved(records, change, row, at, latest))
        }
        if gap:
            found.add("cannot_test:source_gap")
        worst = max(worst, next((place for place, code in enumerate(order) if code in found), 4))
    return (*order, "exception:new_access_not_approved")[worst]


def _needs_no_approval(records: Records, held: Held) -> bool:
    """Whether T-01 asks no approval of what gave the right: a default right, a re-sync, a data conversion."""
    if any(row["id"] == held.right and row["is_default"] for row in records["access_right"]):
        return True
    given = [
        row
        for row in records["grant_event"]
        if (row["account"], row["right_id"], row["action"]) == (held.account, held.right, "add")
        and row["occurred_at"]
        and row["occurred_at"][0] == held.wide[0]
    ]
    return bool(given) and all(row["net_change"] is False or row["bulk_load"] is not None for row in given)


def _requests(records: Records, change: Change, right: str) -> list[Record]:
    """The approvals of requests for this human that list the right, a right that nests it, or all that it nests."""
    names = set(change.persons)
    for row in records["account"]:
        if any(owner.person in change.persons for _, owner in hands(records, row["id"])):
            names.add(row["id"])
    nested = inside(records, right)
    subjects = set()
    for row in records["access_request"]:
        asked = {*row["rights"]}.union(*(inside(records, each) for each in row["rights"]))
        if row["beneficiary"] in names and (right in asked or (nested and nested <= asked)):
            subjects.add(row["id"])
    return [
        row
        for row in records["approval"]
        if row["subject"] in subjects and row["decision"] == "approve" and row["withdrawn_at"] is None
    ]


def _approved(records: Records, change: Change, row: Record, at: datetime, latest: datetime) -> str | None:
    first, last = row["decided_at"]
    approver = hand(records, row["approver"], first)
    if approver.person in change.persons or first > latest:
        return None
    refused = [
        each["decided_at"]
        for each in records["approval"]
        if (each["subject"], each["decision"]) == (row["subject"], "reject")
    ]
    if any(last < when[0] and when[1] < at for when in refused):
        return None
    if approver.person is None:
        return "cannot_test:approver_unlinked"
    if any(when[1] >= first and when[0] <= latest for when in refused):
        return "cannot_test:time_order_unclear"
    return "pass" if last < at else "cannot_test:time_order_unclear"


@dataclass(frozen=True, slots=True)
class Overlap:
    """A stretch after the change in which a right of a former job met another one in conflicting duties."""

    rule: str
    span: Span
    sure: Span | None


def _overlaps(
    records: Records, clock: datetime, change: Change, going: dict[tuple[str, str], list[Held]]
) -> list[Overlap]:
    held = [each for each in functions_held(records) if each.holder == change.human]
    found = []
    for row in records["sod_rule"]:
        version = row["valid_from"] or EVER, row["valid_to"] or NEVER
        for one in held:
            for two in held:
                if (one.function, two.function) != (row["function_a"], row["function_b"]):
                    continue
                wide = met(met(one.wide, two.wide), version)
                old = [each for each in (one, two) if _goes(each, going)]
                if wide is None or len(old) != 1 or wide[1] <= change.at:
                    continue
                end = max(each.wide[1] for each in going[old[0].account, old[0].right])
                if wide[0] < end:
                    sure = met(met(one.sure, two.sure), version)
                    found.append(Overlap(row["id"], (max(wide[0], change.at), min(wide[1], clock)), sure))
    return found


def _goes(each: Function, going: dict[tuple[str, str], list[Held]]) -> bool:
    return (each.account, each.right) in going


def _mitigated(records: Records, change: Change, overlap: Overlap, span: Span, limit: Span) -> str:
    """Whether a control watches the human over a stretch, agreed to by another human by a limit: yes, perhaps or no.

    Both ends of the stretch are included in so far as they are moments.
    """
    found = set()
    for row in records["mitigation"]:
        if (
            not row["control"]
            or not row["approved_by"]
            or not row["approved_at"]
            or row["person"] not in change.persons
            or row["rule"] != overlap.rule
            or (row["valid_from"] or EVER) > span[0]
            or span[1] > (row["valid_to"] or NEVER)
            or row["approved_at"][0] > limit[1]
        ):
            continue
        who = hand(records, row["approved_by"], row["approved_at"][0])
        if who.state in {SHARED_ACCOUNT, BOT} or who.person in change.persons:
            continue
        sure = who.state == LINKED and not row["conflicted"] and row["approved_at"][1] <= limit[0]
        found.add("yes" if sure else "perhaps")
    return next((answer for answer in ("yes", "perhaps") if answer in found), "no")


def _d(records: Records, clock: datetime, change: Change, due: Span, overlaps: Sequence[Overlap]) -> str:
    if due[1] > clock:
        return "cannot_test:pending"
    found = set()
    for each in overlaps:
        watched = _mitigated(records, change, each, (due[0], due[1] + timedelta(microseconds=1)), due)
        if each.span[0] > due[1] or each.span[1] <= due[0] or watched == "yes":
            continue
        surely = each.sure is not None and each.sure[0] <= due[0] and each.sure[1] > due[1]
        found.add(_left(watched, "exception:conflict_left", surely=surely))
    return _first_of("exception:conflict_left", found)


def _e(records: Records, change: Change, overlaps: Sequence[Overlap]) -> str:
    found = set()
    for each in overlaps:
        begins = max(each.sure[0] if each.sure else each.span[1], each.span[0])
        watched = _mitigated(records, change, each, each.span, (each.span[0], begins))
        if watched != "yes":
            surely = each.sure is not None and each.sure[1] > change.at
            found.add(_left(watched, "exception:conflict_days", surely=surely))
    return _first_of("exception:conflict_days", found)


def _left(watched: str, code: str, *, surely: bool) -> str:
    if not surely:
        return "cannot_test:overlap_unclear"
    return "cannot_test:mitigation_unclear" if watched == "perhaps" else code


def _first_of(code: str, found: set[str]) -> str:
    order = (code, "cannot_test:mitigation_unclear", "cannot_test:overlap_unclear")
    return next((each for each in order if each in found), "pass")


def shared(world: World) -> None:
    """The calendars and the conflict rules, of every world."""
    if world.chance(85):
        for start in (None, world.moment())[: world.number_in(1, 2)]:
            world.add(
                "sod_rule",
                id="vp",
                function_a="vendor",
                function_b="pay",
                valid_from=start,
                valid_to=world.maybe(20, world.moment()),
            )
    if world.chance(75):
        world.add("calendar", id="default", zone="UTC", holidays=["2026-01-20"])
    if world.chance(70):
        world.add("calendar", id="mill", zone="UTC", weekend=["Fri", "Sat"])


def parameters(world: World) -> Parameters:
    """Deadlines and leads of a few lengths."""
    return {
        "sla_business_days": world.pick((0, 2, 5)),
        "review_lead_days": world.pick((0, 10, 30)),
        "new_access_lead_days": world.pick((0, 14)),
        "new_access_days": world.pick((5, 30)),
    }


def populate(world: World) -> None:
    """Two HR ids that may be one human, their jobs, rights, reviews, approvals to keep and requests."""
    erp = world.key("erp")
    people = [world.key(name) for name in ("p1", "p2", "p3")]
    rights = [world.key(f"erp:{name}") for name in ("vendor", "pay", "clerk", "view")]
    for right in rights:
        world.add(
            "access_right",
            id=right,
            system=world.key("crm") if right == rights[3] else erp,
            contains=world.pick(([rights[0]], rights[:2])) if right == rights[2] else None,
            is_default=world.maybe(6, value=True),
        )
    if world.chance(60):
        world.add("system", id=erp, owner=world.maybe(80, people[2]))
    roles = [world.key(name) for name in ("buyer", "payer", "clerk")]
    _role_map(world, roles, rights)
    moments = _jobs_and_people(world, people, roles)
    accounts = [world.key(name) for name in ("erp:a", "erp:b", "erp:c", "erp:team", "erp:free")]
    for account, owner in zip(accounts, (people[0], people[1], people[2], None, None), strict=True):
        kind = world.pick(("shared", "bot")) if account == accounts[3] else None
        world.add("account", id=account, system=erp, kind=kind, status=world.maybe(10, "disabled"))
        if owner and world.chance(95):
            start = world.maybe(10, world.moment(last_day=20))
            world.add(
                "account_link",
                account=account,
                person=owner,
                valid_from=start,
                valid_to=world.maybe(10, world.moment()),
            )
    _rights_and_rules(world, rights, people, accounts, moments)
    for _ in range(world.number_in(0, 3)):
        name = world.id("review")
        for _ in range(2 if world.chance(5) else 1):
            job_from = world.pick(moments)
            at = job_from if world.chance(85) else world.pick(moments)
            world.add(
                "job_review",
                id=name,
                person=world.pick(people[:2]),
                job_from=job_from,
                reviewer=world.pick([*accounts, accounts[2], accounts[2], None]),
                reviewed_at=world.maybe(92, world.instant(world.near(at, days=12), coarse=30)),
            )
    for _ in range(world.number_in(0, 5)):
        _retained(world, people, rights, accounts, moments)
    for _ in range(world.number_in(0, 2)):
        _request(world, people, rights, accounts, moments)
    if world.chance(25):
        table = world.pick(("job_review", "retained_access", "grant_event", "access_request", "approval"))
        start, end = world.maybe(70, world.moment()), world.maybe(60, world.moment())
        world.add("source_gap", table_name=table, system=erp, starts_at=start, ends_before=end, reason="not_extracted")
    delete_rights(world)


def _role_map(world: World, roles: Sequence[str], rights: Sequence[str]) -> None:
    for role, right in zip(roles, rights, strict=False):
        for _ in range(2 if world.chance(3) else 1):
            if world.chance(90):
                end = world.maybe(8, world.moment())
                world.add(
                    "role_right", role=role, right_id=right, valid_from=world.maybe(8, world.moment()), valid_to=end
                )
        if world.chance(25):
            approved = world.maybe(80, world.key("p3"))
            world.add(
                "birthright",
                role=role,
                right_id=world.pick(rights),
                approved_by=approved,
                valid_from=world.maybe(15, world.moment()),
            )


def _jobs_and_people(world: World, people: Sequence[str], roles: Sequence[str]) -> list[datetime]:
    follows = world.chance(40)
    for place, person in enumerate(people[:2]):
        world.add("person", id=person)
        site = world.pick((None, "mill", "elsewhere"))
        left = world.maybe(10, world.instant(world.moment()))
        prior = world.key("e0") if place and follows else None
        world.add(
            "engagement",
            id=world.key(f"e{place}"),
            person=person,
            type="employee",
            site=site,
            effective_end=left,
            follows=prior,
        )
    moments = [world.moment(first_day=5, last_day=66) for _ in range(3)]
    for person in people[:2]:
        if world.chance(25):
            _covers(world, person, roles, sorted(moments))
            continue
        edges = sorted({None, *world.some(moments, percent=70)}, key=lambda each: (each is not None, each))
        for start, end in zip(edges, [*edges[1:], None], strict=True):
            for _ in range(2 if world.chance(2) else 1):
                entered = world.near(start, days=9) if start else None
                world.add(
                    "job",
                    person=person,
                    role=world.pick(roles),
                    manager=world.pick((people[2], people[2], people[1], None)),
                    valid_from=start,
                    valid_to=end if world.chance(60) else world.maybe(15, world.pick(moments)),
                    entered_at=world.maybe(60, world.instant(entered)) if entered else None,
                    temporary=world.maybe(15, value=True),
                )
    return moments


def _covers(world: World, person: str, roles: Sequence[str], moments: Sequence[datetime]) -> None:
    """Add a job that is closed for a cover of several rows, which adjoin, overlap or leave a gap, and one after it."""
    start = world.pick(moments)
    own, covered = world.pick(roles), world.pick(roles)
    world.add("job", person=person, role=own, valid_to=world.pick((start, start, None)))
    for _ in range(world.pick((1, 2, 2, 3))):
        end = start + world.pick((5, 10)) * A_DAY
        world.add(
            "job",
            person=person,
            role=covered if world.chance(85) else world.pick(roles),
            valid_from=start,
            valid_to=world.maybe(90, end),
            temporary=True,
        )
        start = end + world.pick((0, 0, 0, 1, -1)) * A_DAY
    if world.chance(60):
        world.add("job", person=person, role=own, valid_from=start)


def _rights_and_rules(
    world: World, rights: Sequence[str], people: Sequence[str], accounts: Sequence[str], moments: Sequence[datetime]
) -> None:
    vendor, pay = "vendor", "pay"
    for right in rights:
        at = world.moment(last_day=10) if world.chance(60) else world.near(world.pick(moments), days=12)
        account = world.pick((accounts[0], accounts[0], accounts[1]))
        if world.chance(75):
            world.add(
                "grant_event",
                id=world.id("g"),
                account=account,
                right_id=right,
                action="add",
                occurred_at=world.maybe(95, world.instant(at)),
                net_change=world.maybe(8, value=False),
                bulk_load=world.maybe(5, "conversion-1"),
            )
        if world.chance(45):
            end = world.near(world.pick(moments), days=10)
            world.add(
                "grant_event",
                id=world.id("g"),
                account=account,
                right_id=right,
                action="remove",
                occurred_at=world.maybe(95, world.instant(end)),
            )
    if world.chance(20):
        world.add(
            "snapshot",
            id=world.key("s"),
            system=world.key("erp"),
            taken_at=world.instant(world.moment()),
            origin="system",
        )
        world.add("snapshot_row", snapshot=world.key("s"), account=accounts[0], right_id=world.pick(rights))
    world.add("right_function", right_id=rights[0], function=vendor)
    world.add("right_function", right_id=rights[1], function=pay)
    world.add(
        "right_function",
        right_id=rights[3],
        function=world.pick((vendor, pay)),
        valid_from=world.maybe(30, world.moment()),
    )
    for _ in range(world.number_in(0, 1)):
        world.add(
            "mitigation",
            id=world.id("m"),
            person=world.pick(people[:2]),
            rule="vp",
            control=world.maybe(85, "FIN-1"),
            approved_by=world.maybe(92, world.pick([*accounts, accounts[2], accounts[2], accounts[2]])),
            approved_at=world.maybe(92, world.instant(world.near(world.pick(moments), days=9), coarse=20)),
            valid_from=world.maybe(50, world.moment()),
            valid_to=world.maybe(40, world.moment()),
        )


def _retained(
    world: World, people: Sequence[str], rights: Sequence[str], accounts: Sequence[str], moments: Sequence[datetime]
) -> None:
    name, person, right = world.id("keep"), world.pick((people[0], people[0], people[1])), world.pick(rights)
    for _ in range(2 if world.chance(5) else 1):
        expires = world.near(world.pick(moments), days=30) + 20 * A_DAY
        world.add(
            "retained_access",
            id=name,
            person=person,
            right_id=right,
            approved_by=world.pick([*accounts, accounts[2], accounts[2], accounts[2], None]),
            approved_at=world.maybe(93, world.instant(world.near(world.pick(moments), days=8))),
            expires_at=world.maybe(85, expires),
        )


def _request(
    world: World, people: Sequence[str], rights: Sequence[str], accounts: Sequence[str], moments: Sequence[datetime]
) -> None:
    name = world.id("request")
    asked = world.instant(world.moment())
    world.add(
        "access_request",
        id=name,
        beneficiary=world.pick([*people[:2], accounts[0]]),
        system=world.key("erp"),
        rights=world.some(rights, percent=60) or None,
        created_at=asked,
    )
    for _ in range(world.number_in(0, 2)):
        approver = world.pick([*accounts, accounts[2], accounts[2]])
        decided = world.near(world.pick(moments), days=15)
        decisions = [(world.pick(("approve", "approve", "approve", "reject")), decided)]
        if world.chance(30):
            # Somebody rejects it before, at that moment or soon after.
            decisions.append(("reject", decided + world.pick((-A_DAY, timedelta(0), A_DAY, 5 * A_DAY))))
        for decision, at in decisions:
            world.add(
                "approval",
                id=world.id("yes"),
                subject=name,
                approver=approver,
                duty="access",
                decision=decision,
                decided_at=world.instant(at),
                withdrawn_at=world.maybe(10, world.instant(world.moment())),
            )
