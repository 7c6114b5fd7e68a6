"""T-10 Authorised, tested and approved before release, from audit-domain T-10 and the rule's README."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from twofold.controltests.rule import ParameterValue

from .approvals import (
    Approval,
    Authorisation,
    agreed,
    authorisations,
    authority,
    change_approvals,
    content_seen,
    contributors,
    emergency_flag,
    independence,
    put_back,
    taken_back,
)
from .changes import Change, Releases, add_releases, changes, tickets_named
from .hands import add_hands
from .records import Record, Records, Span
from .retyped import tickets_then
from .steps import BOT, EVER, NEVER, TICK, acted_as, hand, has_gap, human_of, mandates, superiors
from .tickets import add_leaver, add_people, add_reviews, add_ticket, add_types
from .world import World

CONTROL_TEST = "T-10"
OUTCOME_ONLY: frozenset[str] = frozenset()
LETTERS = "ABCDEFGHI"


def shared(world: World) -> None:
    """Types of tickets, sometimes none; a check and a roster of every system, sometimes."""
    add_types(world)
    if world.chance(25):
        world.add("check_requirement", scope="*", name="scan", valid_from=world.moment())


def parameters(world: World) -> Mapping[str, ParameterValue]:
    """Each parameter under each of its meanings."""
    return {
        "approvals_needed": world.pick((1, 1, 2)),
        "allow_role_title": world.chance(50),
        "accept_review_trailers": world.chance(50),
        "seen_tests_where_none_named": world.chance(75),
        "subordinate": world.pick(("exception", "cannot_test")),
        "material_fields": world.pick(("description;systems", "Risk")),
        "tests_may_follow_emergency": world.chance(50),
        "clock_skew_seconds": world.pick((0, 0, 1, 300)),
        "day_grained": world.chance(30),
    }


def populate(world: World) -> None:
    """Releases of changes with their tickets, reviews, checks, rosters and people."""
    hands = add_hands(world, "git")
    tickets = [world.key("CHG-1"), world.key("CHG-2")]
    made = add_releases(world, hands, tickets)
    hands = add_people(world, made, hands)
    for ticket in world.some(tickets, percent=90):
        add_ticket(world, made, ticket, hands)
    add_reviews(world, made, hands)
    for check in world.some(("unit", "scan"), percent=60):
        begins = world.maybe(60, world.near(world.pick(made.starts), days=20))
        for _ in range(world.pick((0, 1, 1))):
            world.add(
                "check_requirement",
                scope=made.system,
                name=check,
                valid_from=begins,
                valid_to=world.maybe(15, world.near(world.pick(made.starts))),
            )
        for sha in world.some(made.commits, percent=60):
            _runs(world, made, sha, check)
    for _ in range(world.pick((0, 0, 0, 1, 2))):
        world.add(
            "source_gap",
            table_name=world.pick(
                ("ticket", "approval", "pull_request", "code_commit", "review", "check_run", "artefact", "roster")
            ),
            system=world.pick((made.system, made.system, made.system, world.key("crm"))),
            starts_at=world.maybe(70, world.near(world.pick(made.starts))),
            ends_before=world.maybe(50, world.near(world.pick(made.merges))),
            reason="not_extracted",
        )
    add_leaver(world, made)


def _runs(world: World, made: Releases, sha: str, check: str) -> None:
    for _ in range(world.pick((1, 1, 1, 2))):
        run, moment = world.id("run"), world.pick([*made.starts, *made.merges])
        at = world.pick((moment - timedelta(hours=2), moment - timedelta(days=2), world.near(moment)))
        conclusion = world.pick(("success",) * 6 + ("failure", "skipped", "neutral", None))
        for _ in range(2 if world.chance(3) else 1):
            world.add(
                "check_run",
                id=run,
                repository=world.pick((made.repository, made.repository, None, world.key("lib"))),
                sha=sha,
                name=check,
                conclusion=conclusion,
                completed_at=world.maybe(90, world.instant(at)),
            )
            conclusion = world.pick(("success", "failure"))


Parameters = Mapping[str, ParameterValue]


def outcomes(
    records: Records,
    clock: datetime,  # noqa: ARG001  nothing of this rule is pending
    parameters: Parameters,
) -> Mapping[str, Mapping[str, str]]:
    """Return item -> letter -> reason code."""
    return {change.item: _judged(records, change, parameters) for change in changes(records)}


def _judged(records: Records, change: Change, parameters: Parameters) -> Mapping[str, str]:
    settled = (change.excuse and f"na:{change.excuse}") or (change.unknown and f"cannot_test:{change.unknown}")
    if settled:
        return dict.fromkeys(LETTERS, settled)
    flag = emergency_flag(records, change)
    emergency = flag is not None and flag.opens_the_way(change.start)
    codes = {"E": _artefact(records, change)}
    if change.start is None:
        codes |= dict.fromkeys("ABCDFGHI", "cannot_test:start_unknown")
    else:
        order = Order(change.start, parameters)
        found = list(_authorised(records, change, order))
        codes |= _ticket_codes(records, change, order, found)
        codes["B"] = _tested(records, change, order, emergency=emergency)
        codes["I"] = _accepted(records, change, order, emergency=emergency)
        codes |= _approval_codes(records, change, order)
    if emergency:
        codes |= dict.fromkeys("ACDGH", "na:emergency_tested_by_t12")
    return codes


class Order:
    """How moments lie to the start of the release, by the company's rules about clocks and days."""

    def __init__(self, start: Span, parameters: Parameters) -> None:
        self.start, self.parameters = start, parameters
        self._skew = timedelta(seconds=int(str(parameters["clock_skew_seconds"])))

    def came(self, at: Span, *, by_day: bool = True) -> str:
        """Return before, after or unclear; what overlaps the start is before it where policy counts in days."""
        if at[1] < self.start[0] + self._skew:
            return "before"
        if at[0] > self.start[1] + self._skew:
            return "after"
        return "before" if by_day and self.parameters["day_grained"] else "unclear"

    def held(self, ended: Span | None) -> str:
        """Return whether something held at the start in spite of its end: yes, no or unclear; an end at it is no."""
        if ended is None or ended[0] > self.start[1]:
            return "yes"
        return "no" if ended[1] <= self.start[0] else "unclear"


def _gap(records: Records, change: Change, *tables: str) -> bool:
    """Return whether tables are not proven complete between the first trace of a change and its release."""
    first = _begins(change)
    until = change.start and change.start[1] + TICK
    return has_gap(records, tables, change.deployment["system"], first and first[0], until)


def _begins(change: Change) -> Span | None:
    if change.pull_request is not None:
        opened: Span | None = change.pull_request["created_at"]
        return opened
    if change.commit is not None:
        made: Span | None = change.commit["committed_at"] or change.commit["authored_at"]
        return made
    return None


# A and F: tickets.


def _authorised(
    records: Records, change: Change, order: Order
) -> Iterator[tuple[str, Record | None, Authorisation | None]]:
    """Yield what each ticket named, and each event that authorised it, says: a code with ticket and event."""
    known = tickets_then(records, change)
    types = {row["id"]: row for row in records["change_type"]}
    for key in tickets_named(records, change):
        ticket = known.get(key)
        kind = types.get(ticket["type"]) if ticket else None
        events = list(authorisations(records, ticket)) if ticket else []
        if ticket is None:
            yield "exception:ticket_not_found", None, None
        elif ticket["conflicted"]:
            yield "cannot_test:conflict", ticket, None
        elif kind is None and types:
            yield "cannot_test:type_unknown", ticket, None
        elif kind is not None and not kind["is_change"]:
            yield "exception:wrong_ticket_type", ticket, None
        elif not events:
            yield "exception:not_authorised", ticket, None
        else:
            yield from ((_event(event, order), ticket, event) for event in events)


def _event(event: Authorisation, order: Order) -> str:
    if event.conflicted:
        return "cannot_test:conflict"
    if event.migrated:
        return "cannot_test:migrated_history"
    if order.came(event.at) == "after":
        return "exception:authorised_late"
    held = order.held(event.ended)
    if held == "no":
        return "exception:authorisation_withdrawn"
    if held == "unclear":
        return "cannot_test:time_order_unclear"
    if event.doubt is not None and event.doubt <= order.start[1]:
        return "cannot_test:conflict"
    return "pass" if order.came(event.at) == "before" else "cannot_test:time_order_unclear"


Found = Sequence[tuple[str, Record | None, Authorisation | None]]
_BEST_OF_A = (
    "pass",
    "cannot_test:migrated_history",
    "cannot_test:conflict",
    "cannot_test:time_order_unclear",
    "cannot_test:type_unknown",
    "exception:authorised_late",
    "exception:authorisation_withdrawn",
    "exception:not_authorised",
    "exception:wrong_ticket_type",
    "exception:ticket_not_found",
)


def _ticket_codes(records: Records, change: Change, order: Order, found: Found) -> Mapping[str, str]:
    best = min((code for code, _, _ in found), key=_BEST_OF_A.index, default=None)
    gap = _gap(records, change, "ticket", "ticket_event", "approval")
    if best is None:
        links = _gap(records, change, "pull_request", "code_commit")
        a = "cannot_test:source_gap" if links else "exception:no_ticket"
    else:
        hidden = gap or _ticket_in_a_gap(records, change)
        a = "cannot_test:source_gap" if best.startswith("exception") and hidden else best
    edits = {code for code in _edits(records, order, found) if code}
    order_of_f = ("exception:material_edit", "cannot_test:conflict", "cannot_test:time_order_unclear")
    worst = next((code for code in order_of_f if code in edits), None)
    if worst:
        f = worst
    elif best == "pass":
        f = "cannot_test:source_gap" if gap or _edit_in_a_gap(records, change, found) else "pass"
    elif best is not None and best.startswith("cannot_test") and best != "cannot_test:type_unknown":
        f = best
    else:
        f = "na:nothing_authorised"
    return {"A": a, "F": f}


def _ticket_in_a_gap(records: Records, change: Change) -> bool:
    """Tell whether a ticket named may have been raised in a gap, or authorised in one since it was raised."""
    system, until = change.deployment["system"], change.start and change.start[1] + TICK
    known = tickets_then(records, change)
    types = {row["id"]: row["is_change"] for row in records["change_type"]}
    for key in tickets_named(records, change):
        ticket = known.get(key)
        if ticket is None:
            hidden = has_gap(records, ["ticket"], system, None, until)
        else:
            raised = ticket["created_at"]
            hidden = has_gap(records, ["ticket_event", "approval"], system, raised and raised[0], until)
            hidden = hidden and types.get(ticket["type"]) is not False
        if hidden:
            return True
    return False


def _edit_in_a_gap(records: Records, change: Change, found: Found) -> bool:
    """Tell whether a ticket may have been edited in a gap since its last authorisation in force."""
    system, until = change.deployment["system"], change.start and change.start[1] + TICK
    last: dict[str, datetime] = {}
    for code, ticket, event in found:
        if code == "pass" and ticket and event:
            last[ticket["key"]] = max(last.get(ticket["key"], EVER), event.at[0])
    first = _begins(change)
    return first is not None and any(
        has_gap(records, ["ticket_event"], system, at, until) for at in last.values() if at < first[0]
    )


def _edits(records: Records, order: Order, found: Found) -> Iterator[str | None]:
    """Yield what each edit of a material field after the last authorisation in force says."""
    own = {row["id"]: row["material_fields"] for row in records["change_type"]}
    named = str(order.parameters["material_fields"]).split(";")
    by_ticket: dict[str, tuple[Record, list[Authorisation]]] = {}
    for code, ticket, event in found:
        if code == "pass" and ticket and event:
            by_ticket.setdefault(ticket["key"], (ticket, []))[1].append(event)
    for ticket, events in by_ticket.values():
        last = max(event.at[0] for event in events), max(event.at[1] for event in events)
        saves = {event.txn for event in events if event.at[0] == last[0] and event.txn}
        material = {name.lower() for name in own.get(ticket["type"]) or named}
        for row in records["ticket_event"]:
            at = row["occurred_at"]
            if row["ticket"] != ticket["key"] or row["field"].lower() not in material or row["txn"] in saves:
                continue
            if at[1] < last[0] or at[0] > order.start[1]:
                continue
            if row["conflicted"]:
                yield "cannot_test:conflict"
            elif _plain(row["old_value"]) != _plain(row["new_value"]):
                sure = last[1] < at[0] and at[1] < order.start[0]
                yield "exception:material_edit" if sure else "cannot_test:time_order_unclear"


def _plain(text: str | None) -> str:
    return "".join(letter for letter in (text or "").lower() if letter not in " .,-'")


# B: tests.


def _tested(records: Records, change: Change, order: Order, *, emergency: bool) -> str:
    system, at = change.deployment["system"], order.start[0]
    asked = [row for row in records["check_requirement"] if row["scope"] in {system, "*"}]
    runs = _runs_on(records, change)
    assumed = not asked
    if assumed:
        names = {row["name"] for row in runs} if order.parameters["seen_tests_where_none_named"] else set()
    else:
        names = {row["name"] for row in asked if (row["valid_from"] or EVER) <= at < (row["valid_to"] or NEVER)}
    found = [
        _result([row for row in runs if row["name"] == name], order, emergency=emergency) for name in sorted(names)
    ]
    gap = _gap(records, change, "check_run")
    if not found:
        return "cannot_test:no_required_checks"
    if assumed and gap:
        return "cannot_test:source_gap"
    if assumed and "pass" in found and set(found) != {"pass"}:
        return "cannot_test:no_required_checks"
    absent = {"exception:check_missing", "exception:check_late"}
    worst = (
        "exception:check_failed",
        "exception:check_skipped",
        "exception:check_missing",
        "exception:check_late",
        "cannot_test:conflict",
        "cannot_test:check_time_unknown",
        "cannot_test:time_order_unclear",
        "pass",
    )
    code = min(found, key=worst.index)
    return "cannot_test:source_gap" if gap and code in absent else code


def _runs_on(records: Records, change: Change) -> list[Record]:
    """Return the runs on the deployed content: the deployed commit, or one of the repository with an equal tree."""
    trees = {row["sha"]: row["tree_sha"] for row in records["code_commit"] if row["repository"] == change.repository}
    tree = trees.get(change.released or "")
    shas = {change.released} | {sha for sha, each in trees.items() if tree is not None and each == tree}
    return [
        row for row in records["check_run"] if row["sha"] in shas and row["repository"] in {change.repository, None}
    ]


def _result(runs: Sequence[Record], order: Order, *, emergency: bool) -> str:
    """Return what the last run of a check before the start says."""
    finished = [row for row in runs if row["conclusion"] is not None or row["conflicted"]]
    dated = [(row, order.came(row["completed_at"], by_day=False)) for row in finished if row["completed_at"]]
    sure = [row for row, came in dated if came == "before"]
    perhaps = [row for row, came in dated if came == "unclear"]
    timeless = [row for row in finished if not row["completed_at"]]
    if not sure:
        if perhaps:
            return "cannot_test:time_order_unclear"
        if timeless:
            return "cannot_test:check_time_unknown"
        late = [row for row, came in dated if came == "after"]
        if not late:
            return "exception:check_missing"
        may_follow = emergency and order.parameters["tests_may_follow_emergency"]
        return "pass" if may_follow and _last_kinds(late, late) == {"pass"} else "exception:check_late"
    kinds = _last_kinds(sure, [*sure, *perhaps])
    if len(kinds) > 1:
        return "cannot_test:conflict" if "cannot_test:conflict" in kinds else "cannot_test:time_order_unclear"
    if {_kind(row) for row in timeless} - kinds:
        return "cannot_test:check_time_unknown"
    return kinds.pop()


def _last_kinds(sure: Sequence[Record], runs: Sequence[Record]) -> set[str]:
    """Return the results of the runs that may be the last, since none that surely counts came surely later."""
    ends = max(row["completed_at"][0] for row in sure)
    return {_kind(row) for row in runs if row["completed_at"][1] >= ends}


def _kind(run: Record) -> str:
    if run["conflicted"]:
        return "cannot_test:conflict"
    if run["conclusion"] in {"skipped", "neutral"}:
        return "exception:check_skipped"
    return "pass" if run["conclusion"] == "success" else "exception:check_failed"


# C, D, G, H: approvals.

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
    "exception:changes_requested",
    "exception:stale_approval",
    "exception:no_authority",
    "exception:not_independent",
    "exception:approval_withdrawn",
    "exception:no_live_approval",
    "exception:approver_not_a_person",
)
"""What an approval says, the best first."""
_BEST_OF_D = ("pass", "cannot_test:time_order_unclear", "exception:approved_late")
_BEST_OF_G = (
    "pass",
    "cannot_test:conflict",
    "cannot_test:approver_unlinked",
    "cannot_test:time_order_unclear",
    "cannot_test:no_roster",
    "cannot_test:dismissal_time_unknown",
    "exception:no_authority",
)
_BEST_OF_H = (
    "pass",
    "cannot_test:approver_unlinked",
    "cannot_test:deployer_unlinked",
    "cannot_test:subordinate_approved",
    "exception:subordinate_approved",
    "exception:approver_is_deployer",
)


def _approval_codes(records: Records, change: Change, order: Order) -> Mapping[str, str]:
    by_hand: dict[str, list[Mapping[str, str]]] = {}
    for each in change_approvals(records, change):
        if each.duty == "release":
            name = each.human(records) or each.account
            by_hand.setdefault(name, []).append(_one_approval(records, change, order, each))
    needed = int(str(order.parameters["approvals_needed"]))

    def best(letter: str, codes: Sequence[str]) -> list[str]:
        """Return the best code of each person, of those that have one."""
        given = [[each[letter] for each in found if each[letter]] for found in by_hand.values()]
        return [min(each, key=codes.index) for each in given if each]

    gap = "cannot_test:source_gap" if _gap(records, change, "review") else ""
    nobody = "exception:no_approval" if change.pull_request is not None else "exception:no_pull_request"
    counted = best("C", _BEST_OF_C)
    possible = [code for code in counted if not code.startswith("exception")]
    c = _enough(counted, needed, _BEST_OF_C) or gap
    if not c:
        few = "exception:too_few_approvals" if possible else min(counted, key=_BEST_OF_C.index, default=nobody)
        c = few
    timely = best("D", _BEST_OF_D)
    d = _enough(timely, needed, _BEST_OF_D)
    if not d and len(timely) >= needed:
        d = "exception:approved_late"
    if not d:
        d = "na:no_counting_approval" if by_hand else gap or "exception:no_approval"
    codes = {"C": c, "D": d}
    for letter, order_of in (("G", _BEST_OF_G), ("H", _BEST_OF_H)):
        found = best(letter, order_of)
        failed = [code for code in found if code.startswith("exception")]
        codes[letter] = _enough(found, needed, order_of) or min(
            failed, key=order_of.index, default="na:no_counting_approval"
        )
    return codes


def _enough(codes: Sequence[str], needed: int, order_of: Sequence[str]) -> str:
    """Return pass where enough people surely do, the best other reason where enough may, else an empty text."""
    if codes.count("pass") >= needed:
        return "pass"
    doubtful = [code for code in codes if code.startswith("cannot_test")]
    if codes.count("pass") + len(doubtful) >= needed:
        return min(doubtful, key=order_of.index)
    return ""


def _one_approval(records: Records, change: Change, order: Order, approval: Approval) -> Mapping[str, str]:
    """Return what one approval says per letter; an empty text where it is not asked."""
    came = order.came(approval.given)
    shown = authority(records, change, approval, "release")
    fact = _fact(records, change, order, approval, shown)
    in_force = _in_force(order, approval, came)
    counts = max(fact, in_force, key=_BEST_OF_C.index)
    codes = {"C": counts, "D": "", "G": "", "H": ""}
    if not fact.startswith("exception"):
        before = {"before": "pass", "unclear": "cannot_test:time_order_unclear", "after": "exception:approved_late"}
        codes["D"] = before[came]
    if not in_force.startswith("exception") and (fact == "exception:no_authority" or not fact.startswith("exception")):
        by_roster = {
            "roster": "pass",
            "unlinked": "cannot_test:approver_unlinked",
            "unclear": "cannot_test:time_order_unclear",
            "none": "exception:no_authority",
        }.get(shown, "cannot_test:no_roster")
        if in_force == "pass":
            codes["G"] = by_roster
        else:
            codes["G"] = max(by_roster, in_force, key=_BEST_OF_G.index)
    if not counts.startswith("exception"):
        codes["H"] = _apart(records, change, order, approval)
    return codes


def _fact(records: Records, change: Change, order: Order, approval: Approval, shown: str) -> str:
    """Return whether an approval is one that counts, whenever it came."""
    if approval.conflicted:
        return "cannot_test:conflict"
    who, content = independence(records, change, approval), content_seen(records, change, approval)
    parameters = order.parameters
    if shown.startswith("title") and not parameters["allow_role_title"]:
        shown = "no_roster"
    reasons = (
        (who == "bot", "exception:approver_not_a_person"),
        (who == "contributor", "exception:not_independent"),
        (content == "stale", "exception:stale_approval"),
        (shown == "none", "exception:no_authority"),
        (who == "unlinked", "cannot_test:approver_unlinked"),
        (who == "shared", "cannot_test:shared_account"),
        (who == "contributor_unlinked", "cannot_test:contributor_unlinked"),
        (who == "no_contributor", "cannot_test:contributor_unknown"),
        (content == "unknown", "cannot_test:content_unknown"),
        (shown in {"unclear", "title_unclear"}, "cannot_test:time_order_unclear"),
        (shown == "no_roster", "cannot_test:no_roster"),
        (approval.basis == "trailer" and not parameters["accept_review_trailers"], "cannot_test:trailer_only"),
    )
    return next((code for holds, code in reasons if holds), "pass")


def _in_force(order: Order, approval: Approval, came: str) -> str:
    held = "yes" if approval.conflicted else order.held(approval.ended)
    doubt = approval.doubt is not None and approval.doubt <= order.start[1] and not approval.conflicted
    reasons = (
        (came == "after", "exception:no_live_approval"),
        (held == "no" and approval.refused, "exception:changes_requested"),
        (held == "no", "exception:approval_withdrawn"),
        (doubt, "cannot_test:conflict"),
        (came == "unclear" or (held == "unclear" and not approval.ended_unknown), "cannot_test:time_order_unclear"),
        (approval.ended_unknown and not approval.conflicted, "cannot_test:dismissal_time_unknown"),
    )
    return next((code for holds, code in reasons if holds), "pass")


def _apart(records: Records, change: Change, order: Order, approval: Approval) -> str:
    """Return whether an approver neither released the change nor reports to an author."""
    person = approval.who(records).person
    deployer, known = _deployer(records, change, order.start[0])
    if person is not None and human_of(records, person) == human_of(records, deployer):
        return "exception:approver_is_deployer"
    authors = {each.human for each in contributors(records, change) if each.wrote}
    if person is not None and superiors(records, person, approval.given[0]) & authors:
        return f"{order.parameters['subordinate']}:subordinate_approved"
    if person is None:
        return "cannot_test:approver_unlinked"
    return "pass" if known else "cannot_test:deployer_unlinked"


def _deployer(records: Records, change: Change, at: datetime) -> tuple[str | None, bool]:
    """Return who released, and whether that is known: a bot, or a pipeline without an account, is nobody."""
    row = change.deployment
    if row["by_pipeline"] and agreed(records, row["system"], at):
        return None, True
    who = hand(records, row["actor"], at)
    nobody = who.state == BOT or (bool(row["by_pipeline"]) and row["actor"] is None)
    return who.person, who.person is not None or nobody


# E: the artefact.


def _artefact(records: Records, change: Change) -> str:
    digest, released = change.deployment["digest"], change.released
    trees = {row["sha"]: row["tree_sha"] for row in records["code_commit"] if row["repository"] == change.repository}
    built = [row for row in records["artefact"] if digest is not None and row["digest"] == digest]
    if any(row["conflicted"] for row in built):
        return "cannot_test:conflict"
    if any(not _equal(trees, row["commit_sha"], released) for row in built):
        return "exception:other_commit"
    request = change.pull_request
    head = request["head_sha"] if request is not None else change.sha
    brought = {
        row["sha"]
        for row in records["change_set"]
        if row["deployment"] == change.deployment["id"] and row["repository"] == change.repository
    }
    in_it = any(head is not None and _equal(trees, head, sha) for sha in brought)
    if not in_it and not (request is not None and request["merge_sha"] in brought):
        return "cannot_test:head_unknown" if head is None else "exception:head_not_deployed"
    if digest is not None and not built:
        return "cannot_test:source_gap" if _gap(records, change, "artefact") else "exception:artefact_unknown"
    if digest is None and change.deployment["by_pipeline"] is False:
        return "cannot_test:no_digest"
    return "pass"


def _equal(trees: Mapping[str, str | None], one: str, other: str | None) -> bool:
    """Return whether two commits are one or have one content."""
    return one == other or (trees.get(one) is not None and trees.get(one) == trees.get(other or ""))


# I: acceptance by the business.

_BEST_OF_I = (
    "pass",
    "cannot_test:conflict",
    "cannot_test:acceptor_unlinked",
    "cannot_test:contributor_unknown",
    "cannot_test:time_order_unclear",
    "exception:accepted_by_contributor",
    "exception:acceptor_not_business",
    "exception:acceptance_withdrawn",
    "exception:accepted_too_early",
    "exception:accepted_late",
)


def _accepted(records: Records, change: Change, order: Order, *, emergency: bool) -> str:
    known = tickets_then(records, change)
    types = {row["id"]: row for row in records["change_type"]}
    named = tickets_named(records, change)
    tickets = [known[key] for key in named if key in known]
    sure = [types[row["type"]] for row in tickets if row["type"] in types and not row["conflicted"]]
    functional = any(kind["functional"] for kind in sure)
    said = any(kind["is_change"] and kind["functional"] is not None for kind in sure)
    unsaid = any(kind["is_change"] and kind["functional"] is None for kind in sure)
    unsaid = unsaid or any(row["type_unclear"] for row in tickets)
    if not functional and said and not unsaid and not any(row["conflicted"] for row in tickets):
        return "na:not_functional"
    rows = [
        row
        for row in records["approval"]
        if row["subject"] in named and row["duty"] == "uat" and (row["decision"] == "approve" or row["conflicted"])
    ]
    best = min(
        (_acceptance(records, change, order, row, emergency=emergency) for row in rows),
        key=_BEST_OF_I.index,
        default="exception:no_uat",
    )
    if best == "pass":
        return best
    if not functional:
        return "cannot_test:functional_unknown"
    tables = ["ticket", "ticket_event", "approval"]
    if best == "exception:accepted_too_early":
        tables += ["pull_request", "code_commit"]
    if best.startswith("exception") and _gap(records, change, *tables):
        return "cannot_test:source_gap"
    return best


def _first_trace(records: Records, change: Change) -> Span | None:
    """Return when the first of a change was written, pushed or proposed; None where a commit of it is not known."""
    request, shas, found = change.pull_request, {change.sha}, []
    if request is not None:
        shas = {row["sha"] for row in records["pull_request_commit"] if row["pull_request"] == request["id"]}
        found = [request["created_at"]]
    if not shas:
        return None
    for sha in shas:
        times = [
            row[name]
            for row in records["code_commit"]
            for name in ("authored_at", "committed_at", "pushed_at")
            if (row["repository"], row["sha"]) == (change.repository, sha) and row[name] is not None
        ]
        if not times:
            return None
        found += times
    known = [each for each in found if each is not None]
    return min(each[0] for each in known), min(each[1] for each in known)


def _is_too_early(first: Span | None, at: Span, order: Order) -> str:
    """Return whether an acceptance was given before anything of the change was there: yes, no or unclear."""
    skew = timedelta(seconds=int(str(order.parameters["clock_skew_seconds"])))
    if first is None or first[1] < at[0] + skew:
        return "no"
    if first[0] > at[1] + skew:
        return "yes"
    return "no" if order.parameters["day_grained"] else "unclear"


def _acceptance(records: Records, change: Change, order: Order, row: Record, *, emergency: bool) -> str:
    if row["conflicted"]:
        return "cannot_test:conflict"
    at = row["decided_at"]
    person = hand(records, row["approver"], at[0]).person
    made_by = contributors(records, change)
    may_follow = emergency and order.parameters["tests_may_follow_emergency"]
    came = "before" if may_follow else order.came(at)
    others = [
        (each, each["decided_at"])
        for each in records["approval"]
        if each is not row
        and (each["subject"], each["duty"]) == (row["subject"], "uat")
        and (each["decision"] == "reject" or each["conflicted"])
        and acted_as(records, each["approver"], each["decided_at"]) == acted_as(records, row["approver"], at)
    ]
    ended, _, doubt = taken_back(at, row["withdrawn_at"], [*others, *put_back(records, row["subject"])])
    held = order.held(ended)
    business = _business(records, change, order, person, at)
    early = _is_too_early(_first_trace(records, change), at, order)
    reasons = (
        (
            any(each.is_same(row["approver"], human_of(records, person)) for each in made_by),
            "exception:accepted_by_contributor",
        ),
        (held == "no", "exception:acceptance_withdrawn"),
        (early == "yes", "exception:accepted_too_early"),
        (came == "after", "exception:accepted_late"),
        (person is None, "cannot_test:acceptor_unlinked"),
        (business == "no", "exception:acceptor_not_business"),
        (doubt is not None and doubt <= order.start[1], "cannot_test:conflict"),
        (not made_by or any(each.is_unknown for each in made_by), "cannot_test:contributor_unknown"),
        ("unclear" in {came, held, business, early}, "cannot_test:time_order_unclear"),
    )
    return next((code for holds, code in reasons if holds), "pass")


def _business(records: Records, change: Change, order: Order, person: str | None, at: Span) -> str:
    """Return whether somebody was on the roster for acceptance or in a business unit: yes, no or unclear."""
    units = str(order.parameters["business_units"]).lower().split(";")
    held = [
        each
        for each in mandates(records)
        if each.person == person and each.duty == "uat" and each.scope in {change.deployment["system"], "*"}
    ]
    jobs = [
        (row["valid_from"] or EVER, row["valid_to"] or NEVER)
        for row in records["job"]
        if row["person"] == person and (row["unit"] or "").lower() in units
    ]
    if any(each.surely(at) for each in held) or any(start <= at[0] and at[1] < end for start, end in jobs):
        return "yes"
    if any(each.perhaps(at) for each in held) or any(start <= at[1] and at[0] < end for start, end in jobs):
        return "unclear"
    return "no"
