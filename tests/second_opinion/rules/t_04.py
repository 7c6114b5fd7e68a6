"""T-04 Privileged access, from audit-domain T-04, the rule's README and the heads of its population and steps."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from twofold.controltests.rule import ParameterValue

from .hands import add_last_day, add_second_hr_id
from .records import Record, Records, Span
from .rights import TICK, delete_rights, given_back, inside, met, opened_again, right_intervals
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
    acted_as,
    days,
    hand,
    has_gap,
    human_of,
    humans_of,
    jobs_held,
    mandates,
)
from .world import A_DAY, START, World

CONTROL_TEST = "T-04"
OUTCOME_ONLY: frozenset[str] = frozenset()
Parameters = Mapping[str, ParameterValue]
GRANT, AGAIN, HOLDER = "grant", "reactivation", "holder"
SESSION, KEY, EMERGENCY = "elevation", "key", "break_glass"
_DUTIES = ("access", "security")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  naive UTC, as the tables hold them


@dataclass(frozen=True, slots=True)
class Item:
    """One way in which somebody got, held or used privileged power."""

    kind: str
    system: str
    account: str
    right: str | None
    at: Span | None
    row: Record | None
    conflicted: bool
    cycle: Record | None = None
    held_from: datetime = EVER


@dataclass(frozen=True, slots=True)
class Case:
    """What an item is judged by."""

    records: Records
    clock: datetime
    parameters: Parameters
    item: Item
    at: Span
    owner: Hand

    @property
    def human(self) -> str | None:
        """The human whose hand the account was, whichever HR id it was linked to."""
        return human_of(self.records, self.owner.person)


def outcomes(records: Records, clock: datetime, parameters: Parameters) -> dict[str, dict[str, str]]:
    """Return the reason codes of each item."""
    found = {}
    for name, item in _items(records, clock):
        if item.conflicted:
            found[name] = dict.fromkeys("ABCDEF", "cannot_test:conflict")
        elif item.at is None:
            found[name] = dict.fromkeys("ABCDEF", "cannot_test:no_time")
        else:
            case = Case(records, clock, parameters, item, item.at, hand(records, item.account, item.at[1]))
            found[name] = {"A": _a(case), "B": _b(case), "C": _c(case), "D": _d(case), "E": _e(case), "F": _f(case)}
    return found


def _powers(records: Records, right: str) -> list[tuple[str, Span]]:
    """The privileged rights that a right is or nests, each with when it counts as such."""
    always = {row["id"] for row in records["access_right"] if row["class"] == "privileged" or row["grants_rights"]}
    found = []
    for each in sorted({right} | inside(records, right)):
        if each in always:
            found.append((each, (EVER, NEVER)))
        found += [
            (each, (row["valid_from"] or EVER, row["valid_to"] or NEVER))
            for row in records["privileged_right"]
            if row["right_id"] == each
        ]
    return found


def _privileged(records: Records, right: str, at: Span | None) -> bool:
    return any(at is None or span[0] <= at[0] < span[1] for _, span in _powers(records, right))


def _system(records: Records, account: str, right: str) -> str:
    rights = [row["system"] for row in records["access_right"] if row["id"] == right]
    accounts = [row["system"] for row in records["account"] if row["id"] == account]
    return str([*rights, *accounts, f"unmapped:{right}"][0])


def _items(records: Records, clock: datetime) -> Iterator[tuple[str, Item]]:
    yield from _given(records)
    yield from _others(records, clock)


def _given(records: Records) -> Iterator[tuple[str, Item]]:
    for row in records["grant_event"]:
        added = row["action"] == "add" and row["net_change"] is not False
        if added and _privileged(records, row["right_id"], row["occurred_at"]):
            yield f"grant:{row['id']}", _logged(records, GRANT, row, row["occurred_at"])
    for row in records["account_event"]:
        for right in sorted(given_back(records, row)) if opened_again(records, row) else ():
            if _privileged(records, right, row["occurred_at"]):
                system, at = _system(records, row["account"], right), row["occurred_at"]
                item = Item(AGAIN, system, row["account"], right, at, row, row["conflicted"])
                yield f"reactivation:{row['id']}/{right}", item


def _others(records: Records, clock: datetime) -> Iterator[tuple[str, Item]]:
    for row in records["elevation"]:
        if _privileged(records, row["right_id"], row["started_at"]):
            yield f"elevation:{row['id']}", _logged(records, SESSION, row, row["started_at"])
    held = _held(records)
    yield from _holders(records, clock, held)
    for row in records["credential"]:
        made: Span | None = row["created_at"]
        here = [
            right
            for account, right, _, span in held
            if account == row["account"] and (made is None or span[0] <= made[0] < span[1])
        ]
        if row["kind"] in {"token", "key"} and here:
            yield f"key:{row['id']}", Item(KEY, row["system"], row["account"], min(here), made, row, row["conflicted"])
    emergency = {row["id"] for row in records["account"] if row["break_glass"]}
    for row in records["sign_in"]:
        if row["account"] in emergency and row["result"] == "success":
            item = Item(EMERGENCY, row["system"], row["account"], None, row["occurred_at"], row, row["conflicted"])
            yield f"break_glass:{row['id']}", item


def _logged(records: Records, kind: str, row: Record, at: Span | None) -> Item:
    system = _system(records, row["account"], row["right_id"])
    return Item(kind, system, row["account"], row["right_id"], at, row, row["conflicted"])


def _held(records: Records) -> list[tuple[str, str, str, Span]]:
    """Account, right that was given, system, and the stretch in which it carried privileged power."""
    return [
        (each.account, each.via, each.system, wide)
        for each in right_intervals(records)
        if each.basis != "elevation"
        for power, span in _powers(records, each.right)
        if power == each.right and (wide := met(each.wide, span))
    ]


def _holders(
    records: Records, clock: datetime, held: Sequence[tuple[str, str, str, Span]]
) -> Iterator[tuple[str, Item]]:
    for account, right, system in sorted({each[:3] for each in held}):
        spans = [each[3] for each in held if each[:3] == (account, right, system)]
        name = right if system == _system(records, account, right) else f"{right}/{system}"
        cycles = [
            row for row in records["due_occurrence"] if row["activity"] == "access_review" and row["system"] == system
        ]
        for row in cycles:
            reaching = [
                _since(records, account, right, span[0], spans, row)
                for span in spans
                if span[0] < row["due_at"] <= span[1]
            ]
            if row["due_at"] <= clock and reaching:
                last = row["due_at"] - TICK
                item = Item(HOLDER, system, account, right, (last, last), None, row["conflicted"], row, min(reaching))
                yield f"holder:{account}/{name}@{last.isoformat()}", item
        begun = [span for span in spans if span[0] < clock]
        if not cycles and begun:
            at = max(min(span[0] for span in begun), _EPOCH), min(max(span[1] for span in begun), clock) - TICK
            yield (
                f"holder:{account}/{name}@unscheduled",
                Item(HOLDER, system, account, right, at, None, conflicted=False),
            )


def _since(
    records: Records, account: str, right: str, start: datetime, spans: Sequence[Span], cycle: Record
) -> datetime:
    """Since when a right was held whose stretch began at `start`: a rest of the account alone makes it no new one.

    It does where nothing was held when the cycle began, and the opening is judged as a grant; or where the right was
    given in the log between the closing and the end of the cycle.
    """
    openings = [
        row
        for row in records["account_event"]
        if row["account"] == account
        and row["kind"] in {"create", "activate", "enable"}
        and row["occurred_at"]
        and row["occurred_at"][0] == start
    ]
    judged = bool(openings) and all(
        opened_again(records, row) and right in given_back(records, row) for row in openings
    )
    said: list[Span] = [
        row["occurred_at"]
        for row in records["grant_event"]
        if (row["account"], row["right_id"]) == (account, right)
        and row["action"] == "add"
        and row["net_change"] is not False
        and row["occurred_at"]
        and row["occurred_at"][0] < cycle["due_at"]
    ]
    earlier = [
        span[0]
        for span in spans
        if span[0] < cycle["starts_at"]
        and not any(first > span[1] for first, _ in said)
        and (span[1] > cycle["starts_at"] or not judged)
    ]
    return min([start, *earlier]) if openings else start


def _a(case: Case) -> str:
    if case.item.kind in {HOLDER, KEY}:
        return "na:approved_as_grant"
    if case.item.kind == EMERGENCY:
        return _a_emergency(case)
    subjects = _subjects(case)
    decisions = [
        each for subject, doubtful in subjects.items() for each in _decisions(case, subject, doubtful=doubtful)
    ]
    stands = {stand for stand, _, _ in decisions}
    named: dict[str, set[str]] = {duty: set() for duty in _DUTIES}
    possible: dict[str, set[str]] = {duty: set() for duty in _DUTIES}
    for stand, person, at in decisions:
        human = str(human_of(case.records, person))
        for duty in _DUTIES:
            held = _entitled(case, person, duty) if stand == "in_time" and person else ()
            if person and any(each.surely(at) for each in held):
                named[duty].add(human)
            if person and any(each.perhaps(at) for each in held):
                possible[duty].add(human)
    owners, guards = named["access"], named["security"]
    first = min((at[0] for stand, _, at in decisions if stand == "in_time"), default=EVER)
    rosters = [
        any(
            row["duty"] == duty and row["scope"] in {case.item.system, "*"} and (row["valid_from"] or EVER) <= first
            for row in case.records["roster"]
        )
        for duty in _DUTIES
    ]
    single = case.item.kind == SESSION
    lack = not any(rosters) if single else not all(rosters)
    enough = _enough(owners, guards, single=single)
    perhaps = _enough(possible["access"], possible["security"], single=single)
    order = (
        ("cannot_test:account_shared", enough and case.owner.state == SHARED_ACCOUNT),
        ("cannot_test:account_unlinked", enough and case.owner.state in {UNLINKED, AMBIGUOUS}),
        ("pass", enough),
        ("cannot_test:conflict", "conflict" in stands),
        ("cannot_test:approver_unlinked", "unlinked" in stands),
        ("cannot_test:time_order_unclear", "unclear" in stands or perhaps),
        ("cannot_test:no_roster", "in_time" in stands and lack),
        ("cannot_test:source_gap", _gap(case, "access_request", "approval", "review")),
        ("exception:one_person", bool(owners and guards)),
        ("exception:no_security_approval", bool(owners)),
        ("exception:no_owner_approval", bool(guards)),
        ("exception:not_authorised", "in_time" in stands),
        ("exception:approved_late", "late" in stands),
        ("exception:taken_back", "ended" in stands),
        ("exception:request_used", any(_used_up(case, subject) for subject in _subjects(case, used=True))),
    )
    return next((code for code, holds in order if holds), "exception:no_approval")


def _enough(owners: set[str], guards: set[str], *, single: bool) -> bool:
    return bool(owners | guards) if single else any(one != two for one in owners for two in guards)


def _entitled(case: Case, person: str, duty: str) -> list[Mandate]:
    return [
        each
        for each in mandates(case.records)
        if each.person == person
        and each.duty == duty
        and each.scope in {case.item.system, "*"}
        and each.right_class in {None, "privileged"}
    ]


def _subjects(case: Case, *, used: bool = False) -> dict[str, bool]:
    """What was decided about: the ticket or code change that the log names, and requests for this human and right.

    A request counts for what it lists and nests, and for a group of which it lists all that it nests. True marks one
    of which two contents are known. A request that an earlier grant used up counts only if `used`.
    """
    row = case.item.row or {}
    reference = row.get("cause") or row.get("request")
    requests = {asked["id"]: asked for asked in case.records["access_request"]}
    found = {}
    if reference and reference not in requests:
        found[reference] = False
    for name, asked in requests.items():
        person = hand(case.records, asked["beneficiary"], asked["created_at"][0]).person or asked["beneficiary"]
        theirs = asked["beneficiary"] == case.item.account or human_of(case.records, person) == case.human
        if theirs and _covers(case.records, asked["rights"], str(case.item.right)):
            found[name] = asked["conflicted"]
        if name == reference and asked["conflicted"]:
            found[name] = True
    return {name: doubtful for name, doubtful in found.items() if used or not _used_up(case, name)}


def _covers(records: Records, rights: Sequence[str], right: str) -> bool:
    given = set(rights).union(*(inside(records, each) for each in rights))
    nested = inside(records, right)
    return right in given or (bool(nested) and nested <= given)


def _used_up(case: Case, subject: str) -> bool:
    """Whether an earlier privileged grant of the same right to the same hand came after the request."""
    asked = next((row for row in case.records["access_request"] if row["id"] == subject), None)
    mine = case.item.row or {}
    if asked is None or case.item.kind not in {GRANT, AGAIN}:
        return False
    if case.item.kind == AGAIN:
        return _used_up_before_opening(case, asked)
    for row in case.records["grant_event"]:
        at: Span | None = row["occurred_at"]
        if row["right_id"] != case.item.right or row["action"] != "add" or row["net_change"] is False or at is None:
            continue
        holder = acted_as(case.records, row["account"], (at[1], at[1]))
        if (
            holder == (case.human or case.item.account)
            and _privileged(case.records, row["right_id"], at)
            and at[0] >= asked["created_at"][0]
            and (at[0], f"grant:{row['id']}") < (case.at[0], f"grant:{mine['id']}")
        ):
            return True
    return False


def _used_up_before_opening(case: Case, asked: Record) -> bool:
    """Whether a request gave the right before: to the hand by another account, or to this one before it was closed."""
    mine = case.item.row or {}
    name = f"reactivation:{mine['id']}/{case.item.right}"
    closings = [
        row["occurred_at"][0]
        for row in case.records["account_event"]
        if row["account"] == case.item.account and row["kind"] in {"disable", "delete"} and row["occurred_at"]
    ]
    for other, item in _given(case.records):
        if item.right != case.item.right or item.at is None or item.at[0] < asked["created_at"][0]:
            continue
        same_hand = acted_as(case.records, item.account, (item.at[1], item.at[1])) == (case.human or case.item.account)
        closed = any(item.at[0] <= at <= case.at[0] for at in closings)
        mattered = item.kind == AGAIN or item.account != case.item.account or closed
        if same_hand and mattered and (item.at[0], other) < (case.at[0], name):
            return True
    return False


def _decisions(case: Case, subject: str, *, doubtful: bool) -> Iterator[tuple[str, str | None, Span]]:
    """How each approval of a grant or session stands, by whom and when."""
    for each in case.records["approval"]:
        if each["subject"] != subject:
            continue
        refusals = [
            (row["decided_at"], row["conflicted"])
            for row in case.records["approval"]
            if row["subject"] == subject
            and row["id"] != each["id"]
            and (row["decision"] == "reject" or row["conflicted"])
        ]
        if each["decision"] == "approve" or each["conflicted"]:
            unsure = doubtful or each["conflicted"]
            yield _stand(case, each["approver"], each["decided_at"], each["withdrawn_at"], refusals, conflicted=unsure)
    for each in case.records["review"]:
        if each["pull_request"] != subject or not (each["state"] in {"approved", "dismissed"} or each["conflicted"]):
            continue
        owner = acted_as(case.records, each["reviewer"], each["submitted_at"])
        refusals = [
            (row["submitted_at"], row["conflicted"])
            for row in case.records["review"]
            if row["pull_request"] == subject
            and row["id"] != each["id"]
            and (row["state"] == "changes_requested" or row["conflicted"])
            and acted_as(case.records, row["reviewer"], row["submitted_at"]) == owner
        ]
        ended: Span | None = each["dismissed_at"]
        if each["state"] == "dismissed":
            ended = EVER, ended[1] if ended else NEVER
        yield _stand(case, each["reviewer"], each["submitted_at"], ended, refusals, conflicted=each["conflicted"])


def _stand(
    case: Case,
    account: str,
    at: Span,
    ended: Span | None,
    refusals: Sequence[tuple[Span, bool]],
    *,
    conflicted: bool,
) -> tuple[str, str | None, Span]:
    oldest = days(case.parameters["approval_ttl_days"])
    approver = hand(case.records, account, at[0])
    nobody = approver.state in {SHARED_ACCOUNT, BOT} or account == case.item.account
    near = [(when, doubtful) for when, doubtful in refusals if when[1] >= at[0] and when[0] <= case.at[1]]
    refused = any(when[0] > at[1] and when[1] < case.at[0] for when, doubtful in near if not doubtful)
    if not conflicted and (refused or (ended is not None and ended[1] < case.at[0])):
        stand = "ended"
    elif at[0] > case.at[1] or at[1] < case.at[0] - oldest:
        stand = "late"
    elif nobody or (approver.person is not None and human_of(case.records, approver.person) == case.human):
        stand = "nobody"
    elif conflicted or any(doubtful for _, doubtful in near):
        stand = "conflict"
    elif approver.state != LINKED:
        stand = "unlinked"
    elif near or (ended is not None and ended[0] <= case.at[1]) or at[1] >= case.at[0] or at[0] < case.at[1] - oldest:
        stand = "unclear"
    else:
        stand = "in_time"
    return stand, approver.person, at


def _look(case: Case) -> Record | None:
    """The look at an emergency use."""
    sign_in = case.item.row or {}
    return next((row for row in case.records["break_glass_review"] if row["sign_in"] == sign_in.get("id")), None)


def _gap(case: Case, *tables: str) -> bool:
    first = case.item.cycle["starts_at"] if case.item.cycle else case.at[0]
    start = first - days(case.parameters["approval_ttl_days"])
    end = case.at[1] + days(case.parameters["break_glass_review_days"]) + TICK
    return has_gap(case.records, tables, case.item.system, start, end)


def _a_emergency(case: Case) -> str:
    look = _look(case)
    if look and look["conflicted"]:
        return "cannot_test:conflict"
    known = {row["key"] for row in case.records["ticket"]} | {row["id"] for row in case.records["incident"]}
    if look and look["reference"] in known:
        return "pass"
    sources = ["break_glass_review", "ticket", "incident"] if look and look["reference"] else ["break_glass_review"]
    return "cannot_test:source_gap" if _gap(case, *sources) else "exception:no_ticket"


def _b(case: Case) -> str:
    if case.item.kind == EMERGENCY:
        return "na:break_glass"
    if case.owner.state in {SHARED_ACCOUNT, BOT}:
        return "na:no_person"
    if case.owner.person is None:
        return "cannot_test:account_unlinked"
    at, right = case.at[1], str(case.item.right)
    humans = humans_of(case.records)
    ids = {each for each, human in humans.items() if human == humans.get(case.owner.person)}
    jobs = [
        each.row
        for each in jobs_held(case.records, ids)
        if each.start <= at and (each.row["conflicted"] or at < each.end)
    ]
    sure_roles = {row["role"] for row in jobs if not row["conflicted"]}
    lines = [
        [row for row in case.records["privileged_role"] if row["right_id"] in {power, right} and _perhaps_at(row, at)]
        for power, span in _powers(case.records, right)
        if span[0] <= at < span[1]
    ]
    any_role = any(row["conflicted"] for row in jobs)
    sure = [any(not row["conflicted"] and row["role"] in sure_roles for row in each) for each in lines]
    maybe = [any(any_role or row["role"] in {job["role"] for job in jobs} for row in each) for each in lines]
    order = (
        ("pass", bool(lines) and all(sure)),
        ("cannot_test:conflict", bool(lines) and all(maybe)),
        ("cannot_test:source_gap", has_gap(case.records, ("job", "privileged_role"), case.item.system, *_moment(case))),
        (
            "exception:role_not_allowed",
            bool(lines) and all(any(not row["conflicted"] for row in each) for each in lines),
        ),
    )
    return next((code for code, holds in order if holds), "cannot_test:no_role_list")


def _perhaps_at(row: Record, at: datetime) -> bool:
    """Whether a row holds at a moment; of one in conflict only the beginning is known."""
    return (row["valid_from"] or EVER) <= at and (row["conflicted"] or at < (row["valid_to"] or NEVER))


def _moment(case: Case) -> tuple[datetime, datetime]:
    return case.at[0], case.at[1] + TICK


def _c(case: Case) -> str:
    if case.item.kind == EMERGENCY:
        look = _look(case)
        if look and look["conflicted"]:
            return "cannot_test:conflict"
        if look and look["used_by"]:
            return "pass"
        return "cannot_test:source_gap" if _gap(case, "break_glass_review") else "exception:user_unknown"
    codes = {SHARED_ACCOUNT: "exception:shared_account", BOT: "na:machine", LINKED: "pass"}
    return codes.get(case.owner.state, "cannot_test:account_unlinked")


def _d(case: Case) -> str:
    match case.item.kind:
        case "grant" | "reactivation":
            return "na:judged_as_holder"
        case "holder":
            return _d_holder(case)
        case "elevation":
            hours = timedelta(hours=int(str(case.parameters["elevation_hours"])))
            return _ended(case, "ended_at", hours, "exception:too_long", "exception:not_ended")
        case "key":
            return _ended(
                case, "revoked_at", days(case.parameters["key_days"]), "exception:key_too_old", "exception:key_too_old"
            )
        case _:
            return _d_emergency(case)


def _ended(case: Case, column: str, allowed: timedelta, late: str, never: str) -> str:
    ended: Span | None = case.item.row[column] if case.item.row else None
    if ended is None:
        return "cannot_test:pending" if case.at[1] + allowed >= case.clock else never
    if ended[1] <= case.at[0] + allowed:
        return "pass"
    return late if ended[0] > case.at[1] + allowed else "cannot_test:time_order_unclear"


def _d_holder(case: Case) -> str:
    cycle, right = case.item.cycle, str(case.item.right)
    if cycle is None:
        return "exception:no_review_due"
    end = cycle["due_at"] + days(case.parameters["review_grace_days"])
    campaigns = {row["id"]: row for row in case.records["campaign"] if row["system"] == case.item.system}
    powers = {right} | {power for power, _ in _powers(case.records, right)}
    looks = [
        row
        for row in case.records["review_item"]
        if row["campaign"] in campaigns and row["account"] == case.item.account and row["right_id"] in powers
    ]
    others = [
        (row["starts_at"], row["due_at"])
        for row in case.records["due_occurrence"]
        if row["activity"] == "access_review" and row["system"] == case.item.system
    ]

    def may_count(look: Record) -> bool:
        """Whether a look lies in the cycle, or in the grace while no cycle is left without one of its own."""
        at = campaigns[look["campaign"]]["started_at"][0]
        if not cycle["starts_at"] <= at < end:
            return False
        there = [span for span in others if span[0] <= at < span[1]]
        return (
            at < cycle["due_at"]
            or not there
            or any(
                other["decision"]
                and other["campaign"] != look["campaign"]
                and span[0] <= campaigns[other["campaign"]]["started_at"][0] < span[1]
                for other in looks
                for span in there
            )
        )

    items = [row for row in looks if may_count(row)]
    if any(row["conflicted"] or campaigns[row["campaign"]]["conflicted"] for row in items):
        return "cannot_test:conflict"
    if any(row["decision"] for row in items):
        return "pass"
    if case.item.held_from >= cycle["starts_at"]:
        return "na:new_in_cycle"
    if end > case.clock:
        return "cannot_test:pending"
    return "cannot_test:source_gap" if _gap(case, "campaign", "review_item") else "exception:not_reviewed"


def _d_emergency(case: Case) -> str:
    look = _look(case)
    end = case.at[1] + days(case.parameters["break_glass_review_days"])
    if look and look["conflicted"]:
        return "cannot_test:conflict"
    if look is None or not look["reviewer"] or look["reviewed_at"] is None:
        if end >= case.clock:
            return "cannot_test:pending"
        return "cannot_test:source_gap" if _gap(case, "break_glass_review") else "exception:use_not_reviewed"
    first, last = look["reviewed_at"]
    reviewer = hand(case.records, look["reviewer"], first)
    limit = days(case.parameters["break_glass_review_days"])
    itself = human_of(case.records, reviewer.person) == human_of(case.records, look["used_by"])
    order = (
        ("exception:reviewed_by_no_person", reviewer.state in {SHARED_ACCOUNT, BOT}),
        ("exception:self_reviewed", reviewer.person is not None and itself),
        ("exception:reviewed_late", first > case.at[1] + limit),
        ("exception:reviewed_before", last < case.at[0]),
        ("cannot_test:user_unknown", not look["used_by"]),
        ("cannot_test:reviewer_unlinked", reviewer.state != LINKED),
        ("pass", first >= case.at[1] and last <= case.at[0] + limit),
    )
    return next((code for code, holds in order if holds), "cannot_test:time_order_unclear")


def _e(case: Case) -> str:
    here = [row for row in case.records["log_source"] if row["system"] == case.item.system]
    if any(not row["conflicted"] and _all_of(row, case.at) for row in here):
        return "pass"
    if any(row["conflicted"] and (row["valid_from"] or EVER) <= case.at[0] for row in here):
        return "cannot_test:conflict"
    return "cannot_test:source_gap" if _gap(case, "log_source") else "exception:not_logged"


def _all_of(row: Record, at: Span) -> bool:
    """Whether the dates of a row hold in every moment of a span."""
    return (row["valid_from"] or EVER) <= at[0] and at[1] < (row["valid_to"] or NEVER)


def _agreed_to_by_oneself(case: Case, mitigation: Record) -> bool:
    """Whether the holder agreed to a mitigation; the account is looked up at the item where no time is told."""
    at = mitigation["approved_at"][0] if mitigation["approved_at"] else case.at[0]
    return human_of(case.records, hand(case.records, mitigation["approved_by"], at).person) == case.human


def _f(case: Case) -> str:
    if case.item.kind not in {GRANT, AGAIN, HOLDER}:
        return "na:time_limited"
    if any(row["id"] == case.item.right and row["read_only"] for row in case.records["access_right"]):
        return "na:read_only"
    if case.owner.state in {SHARED_ACCOUNT, BOT}:
        return "na:no_person"
    if case.owner.person is None:
        return "cannot_test:account_unlinked"
    mine = [
        row
        for row in case.records["mitigation"]
        if human_of(case.records, row["person"]) == case.human and row["rule"] == case.parameters["developer_rule"]
    ]
    usable = [
        row
        for row in mine
        if row["conflicted"]
        or (row["control"] and row["approved_by"] and _all_of(row, case.at) and not _agreed_to_by_oneself(case, row))
    ]
    results = [
        (row, each)
        for row in usable
        for each in case.records["control_result"]
        if each["control"] == row["control"]
        and (each["valid_from"] or EVER) <= case.at[0]
        and (each["conflicted"] or case.at[1] < (each["valid_to"] or NEVER))
    ]
    if any(not row["conflicted"] and not each["conflicted"] and each["result"] == "effective" for row, each in results):
        return "pass"
    system, near = case.item.system, days(case.parameters["developer_days"])
    writers = _writers(case)
    if case.human in writers:
        untested = bool(usable) and has_gap(case.records, ("control_result",), system, *_moment(case))
        order = (
            (
                "cannot_test:conflict",
                any(row["conflicted"] for row in usable) or any(row["conflicted"] for _, row in results),
            ),
            ("cannot_test:source_gap", untested or has_gap(case.records, ("mitigation",), system, *_moment(case))),
            ("exception:mitigation_not_tested", bool(usable)),
        )
        return next((code for code, holds in order if holds), "exception:developer")
    if None in writers:
        return "cannot_test:contributor_unlinked"
    # Released code of the days after the last export is not known yet, and exports of one night end hours apart.
    known_to = max(case.at[1] + TICK, case.clock - A_DAY)
    first, last = case.at[0] - near, min(case.at[1] + near + TICK, known_to)
    holes = [
        row
        for row in case.records["source_gap"]
        if row["table_name"] in {"deployment", "code_commit"}
        and row["system"] in {system, "*"}
        # Nor is anything known of the days before the first export.
        and (row["starts_at"] or (row["ends_before"] or NEVER) > case.at[0])
        and (row["starts_at"] or EVER) < last
        and (row["ends_before"] or NEVER) > first
    ]
    return "cannot_test:source_gap" if holes else "pass"


def _writers(case: Case) -> set[str | None]:
    """The humans who wrote what was released on the system around then, None for one unknown; one commit a release."""
    near = days(case.parameters["developer_days"])
    found: set[str | None] = set()
    for row in case.records["deployment"]:
        at = (row["started_at"] or row["completed_at"])[0]
        if row["system"] != case.item.system or not case.at[0] - near <= at <= case.at[1] + near:
            continue
        commits = [each for each in case.records["code_commit"] if each["sha"] == row["commit_sha"]]
        if not commits:
            found.add(None)
        for commit in commits:
            writer = hand(case.records, commit["author"], commit["committed_at"][0])
            if writer.state in {LINKED, UNLINKED, AMBIGUOUS}:
                found.add(human_of(case.records, writer.person))
    return found


def shared(world: World) -> None:
    """Rosters for every system."""
    for person in ("w", "v"):
        world.add("person", id=person)
    if world.chance(20):
        world.add("roster", scope="*", duty=world.pick(_DUTIES), person="w")


def parameters(world: World) -> Parameters:
    """Limits of a few lengths."""
    return {
        "approval_ttl_days": world.pick((5, 30)),
        "elevation_hours": world.pick((1, 8, 24)),
        "key_days": world.pick((5, 30)),
        "break_glass_review_days": world.pick((0, 3)),
        "review_grace_days": world.pick((0, 15)),
        "developer_days": world.pick((0, 10, 90)),
    }


def populate(world: World) -> None:
    """Rights of two systems, their holders, sessions, keys and emergency uses, and what was decided about them."""
    aws, erp = world.key("aws"), world.key("erp")
    rights = _rights(world, aws, erp)
    accounts = [world.key(f"aws:{name}") for name in ("ana", "bo", "cy", "desk", "robot", "free")]
    people = [world.key(name) for name in ("p1", "p2", "p3")]
    for place, account in enumerate(accounts):
        kind = {3: "shared", 4: world.pick(("bot", "service"))}.get(place)
        world.add(
            "account",
            id=account,
            system=aws,
            kind=kind,
            triggered_by=accounts[0] if place == 4 and world.chance(20) else None,
        )
        if place < 3 and world.chance(95):
            start = world.maybe(10, world.moment(last_day=20))
            world.add(
                "account_link",
                account=account,
                person=people[place],
                valid_from=start,
                valid_to=world.maybe(10, world.moment()),
            )
    for person in people:
        start = world.maybe(30, world.moment(last_day=40))
        for _ in range(2 if world.chance(5) else 1):
            world.add(
                "job",
                person=person,
                role=world.pick(("sre", "dba")),
                valid_from=start,
                valid_to=world.maybe(20, world.moment()),
            )
        if world.chance(30):
            next_one, role = world.moment(), world.pick(("sre", "dba", "clerk"))
            world.add("job", person=person, role=role, valid_from=next_one, temporary=world.maybe(20, value=True))
    for duty in _DUTIES:
        for person in world.some(people, percent=55):
            scope, kind = world.pick((aws, aws, erp)), world.pick((None, None, "privileged", "normal"))
            start = world.maybe(30, world.moment(last_day=30))
            world.add(
                "roster",
                scope=scope,
                duty=duty,
                right_class=kind,
                person=person,
                valid_from=start,
                valid_to=world.maybe(15, world.moment()),
            )
    for system in (aws, erp):
        for start in world.some((None, START, START + 28 * A_DAY), percent=60):
            if start:
                for _ in range(2 if world.chance(4) else 1):
                    begins = start - world.number_in(0, 1) * A_DAY
                    world.add(
                        "due_occurrence",
                        activity="access_review",
                        system=system,
                        starts_at=begins,
                        due_at=start + 28 * A_DAY,
                    )
        if world.chance(75):
            start, log = world.maybe(30, world.moment()), world.id("log")
            for _ in range(2 if world.chance(8) else 1):
                world.add(
                    "log_source",
                    id=log,
                    system=system,
                    valid_from=start,
                    valid_to=world.maybe(20, world.moment()),
                )
    _used(world, aws, rights, accounts)
    _closed(world, aws, accounts)
    _emergency(world, aws, accounts, people)
    _reviews(world, (aws, erp), rights, accounts)
    _developers(world, aws, accounts, people)
    for _ in range(world.number_in(0, 2) if world.chance(40) else 0):
        table = world.pick(
            (
                "access_request",
                "approval",
                "campaign",
                "review_item",
                "break_glass_review",
                "log_source",
                "ticket",
                "incident",
                "job",
                "privileged_role",
                "deployment",
                "code_commit",
                "mitigation",
                "control_result",
            )
        )
        start, end = world.maybe(60, world.moment()), world.maybe(50, world.moment())
        world.add(
            "source_gap",
            table_name=table,
            system=world.pick((aws, aws, erp)),
            starts_at=start,
            ends_before=end,
            reason="not_extracted",
        )
    add_second_hr_id(world, people)
    add_last_day(world, "approval", "approver", "decided_at", scope=aws, duty=world.pick(_DUTIES))
    delete_rights(world)


def _rights(world: World, aws: str, erp: str) -> list[str]:
    names = [world.key(f"aws:{name}") for name in ("admin", "iam", "team", "reader", "audit", "named")]
    admin, iam, team, reader, audit, named = names
    world.add("access_right", id=admin, system=aws, **{"class": "privileged"})
    world.add("access_right", id=iam, system=world.pick((aws, erp)), grants_rights=True)
    world.add("access_right", id=team, system=aws, contains=world.some([admin, iam, reader, named], percent=50) or None)
    world.add("access_right", id=reader, system=aws)
    world.add("access_right", id=audit, system=aws, read_only=True, **{"class": "privileged"})
    if world.chance(80):
        start = world.maybe(50, world.moment())
        end = world.maybe(30, (start or START) + world.number_in(1, 40) * A_DAY)
        world.add("privileged_right", right_id=named, valid_from=start, valid_to=end)
    for right in names:
        for role in world.some(("sre", "dba"), percent=60):
            start = world.maybe(20, world.moment())
            for _ in range(2 if world.chance(3) else 1):
                world.add(
                    "privileged_role",
                    right_id=right,
                    role=role,
                    valid_from=start,
                    valid_to=world.maybe(15, world.moment()),
                )
    return names


def _used(world: World, aws: str, rights: Sequence[str], accounts: Sequence[str]) -> None:
    holders = [accounts[0], accounts[0], accounts[0], accounts[1], *accounts]
    for _ in range(world.number_in(1, 4)):
        account, right, at = world.pick(holders), world.pick(rights), world.moment()
        if world.chance(60):
            cause = world.id("cause") if world.chance(70) else None
            for event in [world.id("grant")] * (2 if world.chance(4) else 1):
                shown = world.maybe(95, world.instant(at))
                world.add(
                    "grant_event",
                    id=event,
                    account=account,
                    right_id=right,
                    action="add",
                    occurred_at=shown,
                    cause=cause,
                    net_change=world.maybe(8, value=False),
                )
            if world.chance(30):
                world.add(
                    "grant_event",
                    id=world.id("grant"),
                    account=account,
                    right_id=right,
                    action="remove",
                    occurred_at=world.instant(world.near(at, days=30)),
                )
        else:
            cause = world.id("cause") if world.chance(70) else None
            for event in [world.id("session")] * (2 if world.chance(4) else 1):
                ended = at + timedelta(hours=world.pick((1, 8, 24)), seconds=world.pick((0, 0, 1)))
                world.add(
                    "elevation",
                    id=event,
                    account=account,
                    right_id=right,
                    started_at=world.maybe(95, world.instant(at)),
                    ended_at=world.maybe(75, world.instant(ended)),
                    request=cause,
                )
        _decided(world, aws, cause, account, right, at, accounts)
    for _ in range(world.number_in(0, 2)):
        at = world.moment()
        ended = at + world.pick((5, 30)) * A_DAY + timedelta(seconds=world.pick((0, 0, 1)))
        for name in [world.id("key")] * (2 if world.chance(4) else 1):
            world.add(
                "credential",
                id=name,
                account=world.pick(holders),
                system=aws,
                kind=world.pick(("key", "token", "session")),
                created_at=world.maybe(95, world.instant(at)),
                revoked_at=world.maybe(60, world.instant(ended)),
            )
    if world.chance(15):
        world.add("snapshot", id=world.key("s"), system=aws, taken_at=world.instant(world.moment()), origin="system")
        world.add("snapshot_row", snapshot=world.key("s"), account=accounts[0], right_id=world.pick(rights))


def _closed(world: World, aws: str, accounts: Sequence[str]) -> None:
    """Close accounts that were given something, and open them again, often on a decision."""
    given = [row.values for row in world.rows if row.table == "grant_event" and row.values["action"] == "add"]
    if not given or not world.chance(60):
        return
    for _ in range(world.number_in(1, 2)):
        grant = world.pick(given)
        account, right = str(grant["account"]), str(grant["right_id"])
        shut = world.near(world.pick((world.moment(), START, START + 28 * A_DAY)))
        opened = shut + world.pick((0, 1, 5, 20)) * A_DAY + timedelta(hours=world.pick((0, 1)))
        kind = world.pick(("enable", "enable", "enable", "activate", "create"))
        for name, what, at in (
            (world.id("life"), world.pick(("disable", "delete")), shut),
            (world.id("life"), kind, opened),
        ):
            for _ in range(2 if world.chance(3) else 1):
                shown = world.maybe(97, world.instant(at, coarse=8))
                world.add("account_event", id=name, account=account, kind=what, occurred_at=shown)
        if world.chance(15):
            between = shut + world.pick((0, 1, 2)) * A_DAY
            for action, at in (("remove", between), ("add", world.near(opened))):
                world.add(
                    "grant_event",
                    id=world.id("grant"),
                    account=account,
                    right_id=right,
                    action=action,
                    occurred_at=world.instant(at),
                    net_change=world.maybe(8, value=False),
                )
        if world.chance(60):
            _decided(world, aws, None, account, right, opened, accounts)
        if world.chance(10):
            world.add(
                "account_event", id=world.id("life"), account=account, kind="enable", occurred_at=world.instant(opened)
            )


def _decided(
    world: World, aws: str, cause: str | None, account: str, right: str, at: datetime, accounts: Sequence[str]
) -> None:
    approvers = [accounts[1], accounts[2], accounts[1], accounts[2], *accounts]
    subject = cause or world.id("asked")
    if world.chance(20):
        for _ in range(world.number_in(1, 2)):
            dismissed = world.maybe(15, world.instant(world.near(at)))
            world.add(
                "review",
                id=world.id("look"),
                pull_request=subject,
                reviewer=world.pick(approvers),
                state=world.pick(("approved", "approved", "approved", "commented", "changes_requested", "dismissed")),
                submitted_at=world.instant(at - world.number_in(0, 6) * A_DAY),
                dismissed_at=dismissed,
            )
        return
    if cause is None or world.chance(40):
        person = world.pick((world.key("p1"), account, account, accounts[0], world.key("p2")))
        created = world.instant(at - world.pick((0, 3, 8)) * A_DAY)
        others = [world.key(f"aws:{name}") for name in ("admin", "iam", "team", "reader", "named")]
        for _ in range(2 if world.chance(4) else 1):
            rights = [*([right] if world.chance(85) else []), *world.some(others, percent=15)]
            world.add(
                "access_request",
                id=subject,
                beneficiary=world.pick((person, person, account)),
                system=aws,
                rights=rights or None,
                created_at=created,
            )
        if world.chance(20):
            world.add(
                "grant_event",
                id=world.id("grant"),
                account=world.pick((account, accounts[0])),
                right_id=right,
                action="add",
                occurred_at=world.instant(world.near(at, days=9)),
                cause=world.maybe(60, subject),
            )
    for _ in range(world.number_in(0, 3)):
        for name in [world.id("yes")] * (2 if world.chance(3) else 1):
            decided = at - world.pick((0, 1, 2, 5, 30)) * A_DAY + timedelta(seconds=world.pick((0, 0, 0, 1, -1)))
            world.add(
                "approval",
                id=name,
                subject=subject,
                approver=world.pick(approvers),
                duty="access",
                decision=world.pick(("approve", "approve", "approve", "reject")),
                decided_at=world.instant(decided, coarse=8),
                withdrawn_at=world.maybe(8, world.instant(world.near(at))),
            )


def _emergency(world: World, aws: str, accounts: Sequence[str], people: Sequence[str]) -> None:
    root = world.key("aws:root")
    world.add("account", id=root, system=aws, kind="shared", break_glass=True)
    world.add("ticket", key=world.key("T-1"), type="change")
    world.add("incident", id=world.key("I-1"), opened_at=world.instant(world.moment()))
    for _ in range(world.number_in(0, 2)):
        use, at = world.id("use"), world.moment()
        for _ in range(2 if world.chance(3) else 1):
            world.add(
                "sign_in",
                id=use,
                account=root,
                system=aws,
                occurred_at=world.instant(at),
                result=world.pick(("success", "success", "failure")),
            )
        for _ in range((2 if world.chance(4) else 1) if world.chance(80) else 0):
            looked = at + world.pick((0, 1, 3, 3, -1)) * A_DAY + timedelta(seconds=world.pick((0, 0, 1)))
            world.add(
                "break_glass_review",
                sign_in=use,
                reference=world.pick((world.key("T-1"), world.key("I-1"), "nothing", None)),
                used_by=world.maybe(85, people[0]),
                reviewer=world.maybe(92, world.pick([accounts[1], accounts[2], *accounts])),
                reviewed_at=world.maybe(92, world.instant(looked)),
            )


def _reviews(world: World, systems: Sequence[str], rights: Sequence[str], accounts: Sequence[str]) -> None:
    for _ in range(world.number_in(0, 2)):
        campaign = world.id("campaign")
        for _ in range(2 if world.chance(4) else 1):
            at = world.pick((START, START + 28 * A_DAY, START + 43 * A_DAY, START + 56 * A_DAY, world.moment()))
            started = at + timedelta(seconds=world.pick((0, 0, 1, -1)))
            world.add(
                "campaign",
                id=campaign,
                system=world.pick((systems[0], *systems)),
                started_at=world.instant(started, coarse=5),
            )
        for right in rights:
            for account in world.some(accounts[:2], percent=50):
                for _ in range(2 if world.chance(3) else 1):
                    world.add(
                        "review_item",
                        campaign=campaign,
                        account=account,
                        right_id=right,
                        decision=world.pick(("approve", "revoke", None)),
                    )


def _developers(world: World, aws: str, accounts: Sequence[str], people: Sequence[str]) -> None:
    for _ in range(world.pick((0, 1, 1, 2))):
        repository, sha, at = world.id("repository"), world.id("sha"), world.moment()
        if world.chance(85):
            world.add(
                "code_commit",
                repository=repository,
                sha=sha,
                author=world.pick([*accounts[:3], *accounts]),
                committed_at=world.instant(at, coarse=0),
            )
        world.add(
            "deployment",
            id=world.id("release"),
            system=aws,
            environment="production",
            repository=repository,
            commit_sha=sha,
            status="success",
            completed_at=world.instant(world.near(at), coarse=0),
        )
    control = world.key("PC-9")
    if world.chance(60):
        start, name = world.maybe(40, world.moment(last_day=30)), world.id("m")
        person, rule = world.pick(people[:2]), world.pick(("develop-release", "develop-release", "other"))
        for _ in range(2 if world.chance(5) else 1):
            world.add(
                "mitigation",
                id=name,
                person=person,
                rule=rule,
                control=world.maybe(85, control),
                approved_by=world.maybe(85, world.pick((accounts[2], accounts[2], *accounts))),
                approved_at=world.maybe(50, world.instant(world.moment())),
                valid_from=start,
                valid_to=world.maybe(25, world.moment()),
            )
    if world.chance(60):
        start = world.maybe(40, world.moment(last_day=30))
        for _ in range(2 if world.chance(5) else 1):
            world.add(
                "control_result",
                control=control,
                valid_from=start,
                valid_to=world.maybe(25, world.moment()),
                result=world.pick(("effective", "effective", "not_effective")),
            )
