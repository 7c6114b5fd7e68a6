"""T-16 Rollback plan, from audit-domain T-16 and the rule's README."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from twofold.controltests.rule import ParameterValue

from .approvals import authorisations, change_approvals, stood_at
from .changes import Change, Releases, add_releases, changes, tickets_named
from .hands import add_hands
from .records import Record, Records, Span
from .retyped import tickets_then
from .steps import EVER, NEVER, TICK, has_gap, surely_before
from .tickets import add_retyping
from .world import World

CONTROL_TEST = "T-16"
OUTCOME_ONLY: frozenset[str] = frozenset()
LETTERS = "ABC"
_PLAN = "Put back build 41"
_BLANK = re.compile(r"[\s.,:/_-]")


def shared(world: World) -> None:
    """The template of the field."""
    world.add("field_template", field="rollback_plan", text="How to go back:")


def parameters(world: World) -> Mapping[str, ParameterValue]:
    """The field under its usual name, in capitals too."""
    return {"rollback_field": world.pick(("rollback_plan", "Rollback_Plan"))}


def populate(world: World) -> None:
    """Releases of changes that name tickets, whose field for the way back has a history."""
    hands = add_hands(world, "git")
    tickets = [world.key("CHG-1"), world.key("CHG-2")]
    made = add_releases(world, hands[:4], tickets)
    types = [world.key(word) for word in ("normal", "small", "story", "other")]
    for name, needs, is_change in zip(
        types, (True, False, world.pick((True, None)), None), (True, True, False, True), strict=True
    ):
        for _ in range(1 if world.chance(95) else 0):
            world.add("change_type", id=name, is_change=is_change, needs_rollback=needs)
    for ticket in world.some(tickets, percent=90):
        _ticket(world, made, ticket, world.pick([types[0], types[0], types[0], *types]), hands)
        add_retyping(world, made, ticket, types)
    for request in made.pull_requests:
        for _ in range(world.pick((0, 1, 1, 2))):
            _review(world, made, request, hands)
    if world.chance(12):
        proven = world.instant(world.near(world.pick(made.starts)))
        starts, ends = (
            world.maybe(20, world.near(world.pick(made.starts))),
            world.maybe(20, world.near(world.pick(made.starts))),
        )
        system = world.pick((made.system, made.system, world.key("crm")))
        for proof in ("drill", "drill", "record")[: 3 if world.chance(10) else 1]:
            world.add(
                "pipeline_rollback",
                system=system,
                proven_at=proven,
                proof=proof,
                valid_from=starts,
                valid_to=ends if proof == "drill" else None,
            )
    for _ in range(world.pick((0, 0, 0, 1))):
        world.add(
            "source_gap",
            table_name=world.pick(("ticket_event", "ticket_event", "approval", "review")),
            system=world.pick((made.system, made.system, made.system, world.key("crm"))),
            starts_at=world.maybe(70, world.near(world.pick(made.starts))),
            ends_before=world.maybe(50, world.near(world.pick(made.starts))),
            reason="not_extracted",
        )


def _ticket(world: World, made: Releases, ticket: str, kind: str, hands: list[str]) -> None:
    created = world.pick(made.merges) - timedelta(days=2)
    texts = (_PLAN, _PLAN, _PLAN, _PLAN, None, "how to go back", "N/A", " - ")
    migrated = world.maybe(15, world.instant(world.near(world.pick([created, *made.merges]), days=1), coarse=40))
    for _ in range(2 if world.chance(3) else 1):
        world.add(
            "ticket",
            key=ticket,
            type=kind,
            created_at=world.maybe(85, world.instant(created)),
            rollback_plan=world.pick(texts),
            migrated_at=migrated,
        )
    for _ in range(world.pick((0, 1, 1, 2))):
        event = world.id("event")
        for _ in range(2 if world.chance(3) else 1):
            world.add(
                "ticket_event",
                id=event,
                ticket=ticket,
                field=world.pick(("rollback_plan", "Rollback_plan", "risk")),
                old_value=world.pick(texts),
                new_value=world.pick(texts),
                occurred_at=world.instant(world.near(world.pick([created, *made.merges, *made.starts]))),
                txn=world.pick((None, None, "x1")),
            )
    for _ in range(world.pick((0, 0, 1))):
        decision = world.pick(("approve",) * 6 + ("reject",))
        approval, decided = world.id("approval"), world.near(world.pick(made.starts) - timedelta(days=1), days=2)
        for _ in range(2 if world.chance(4) else 1):
            world.add(
                "approval",
                id=approval,
                subject=ticket,
                approver=world.pick(hands),
                duty=world.pick(("release", "authorise", "authorise")),
                decision=decision,
                decided_at=world.instant(decided),
                withdrawn_at=world.maybe(8, world.instant(world.near(decided))),
                txn=world.pick((None, "x1")),
            )
        if world.chance(50):
            _put_back(world, ticket, decided + timedelta(hours=world.pick((-2, 0, 1, 2, 20))))


def _put_back(world: World, ticket: str, moment: datetime) -> None:
    event, at = world.id("event"), world.instant(moment, coarse=20)
    states = ("Reopened", "Reopened", "Rejected", "In review")
    for state in (world.pick(states), "Done")[: 2 if world.chance(6) else 1]:
        world.add(
            "ticket_event",
            id=event,
            ticket=ticket,
            field=world.pick(("status", "Status")),
            old_value="Approved",
            new_value=state,
            occurred_at=at,
        )


def _review(world: World, made: Releases, request: str, hands: list[str]) -> None:
    state = world.pick(("approved",) * 7 + ("dismissed", "changes_requested", "commented"))
    review, at = world.id("review"), world.near(world.pick(made.merges), days=2)
    for _ in range(2 if world.chance(3) else 1):
        world.add(
            "review",
            id=review,
            pull_request=request,
            reviewer=world.pick(hands[:4]),
            state=state,
            submitted_at=world.instant(at),
            dismissed_at=world.maybe(8, world.instant(world.near(world.pick(made.starts)))),
        )


def outcomes(
    records: Records,
    clock: datetime,  # noqa: ARG001  nothing of this rule is pending
    parameters: Mapping[str, ParameterValue],
) -> Mapping[str, Mapping[str, str]]:
    """Return item -> letter -> reason code."""
    return {change.item: _judged(records, change, parameters) for change in changes(records)}


def _judged(records: Records, change: Change, parameters: Mapping[str, ParameterValue]) -> Mapping[str, str]:
    settled = (change.excuse and f"na:{change.excuse}") or (change.unknown and f"cannot_test:{change.unknown}")
    start = change.start
    if settled or start is None:
        return dict.fromkeys(LETTERS, settled or "cannot_test:start_unknown")
    known = tickets_then(records, change)
    types = {row["id"]: row for row in records["change_type"]}
    rows = [known[key] for key in tickets_named(records, change) if key in known]
    rows = [row for row in rows if types.get(row["type"], {}).get("is_change") is not False]
    needs = [types.get(row["type"], {}).get("needs_rollback") for row in rows]
    needed = [row for row, need in zip(rows, needs, strict=True) if need and not row["conflicted"]]
    if not needed:
        if any(row["conflicted"] for row in rows):
            return dict.fromkeys(LETTERS, "cannot_test:conflict")
        code = "cannot_test:type_unknown" if not rows or None in needs else "na:type_needs_none"
        return dict.fromkeys(LETTERS, code)
    pipeline = _pipeline(records, change.deployment["system"], start)
    if pipeline == "sure":
        return {"A": "pass", "B": "na:built_in", "C": "na:built_in"}
    found = [_of_ticket(records, change, row, start, parameters) for row in needed]
    worst = {letter: min((each[letter] for each in found), key=_rank) for letter in LETTERS}
    doubt = {"perhaps": "proof_time_unclear", "in conflict": "conflict"}.get(pipeline)
    return {letter: code if code == "pass" or not doubt else f"cannot_test:{doubt}" for letter, code in worst.items()}


def _rank(code: str) -> int:
    """Return the place of a code among those of several tickets, the worst first."""
    order = (
        "exception:template_text",
        "exception",
        "cannot_test:conflict",
        "cannot_test:migrated_history",
        "cannot_test:time_order_unclear",
        "cannot_test:source_gap",
        "cannot_test:edit_time_unknown",
        "pass",
        "na:no_approval",
        "na",
    )
    return next(place for place, start in enumerate(order) if code.startswith(start))


def _pipeline(records: Records, system: str, start: Span) -> str:
    found = "no"
    for row in records["pipeline_rollback"]:
        begins, ends = row["valid_from"] or EVER, row["valid_to"] or NEVER
        if row["system"] not in {system, "*"}:
            continue
        if row["conflicted"]:
            if found == "no" and not surely_before(start, row["proven_at"]):
                found = "in conflict"
            continue
        if surely_before(row["proven_at"], start) and begins <= start[0] and start[1] < ends:
            return "sure"
        if not surely_before(start, row["proven_at"]) and begins <= start[1] and start[0] < ends:
            found = "perhaps"
    return found


def _of_ticket(
    records: Records, change: Change, ticket: Record, start: Span, parameters: Mapping[str, ParameterValue]
) -> Mapping[str, str]:
    name = str(parameters["rollback_field"]).lower()
    events = [row for row in records["ticket_event"] if row["ticket"] == ticket["key"] and row["field"].lower() == name]
    before = [row for row in events if not surely_before(start, row["occurred_at"])]
    last = [
        row for row in before if not any(surely_before(row["occurred_at"], other["occurred_at"]) for other in before)
    ]
    for holds, code in (
        (any(row["conflicted"] for row in before), "conflict"),
        (any(_overlap(row["occurred_at"], ticket["migrated_at"]) for row in before), "migrated_history"),
        (len(last) > 1 or any(not surely_before(row["occurred_at"], start) for row in before), "time_order_unclear"),
    ):
        if holds:
            return dict.fromkeys(LETTERS, f"cannot_test:{code}")
    later = sorted((row for row in events if row not in before), key=lambda row: row["occurred_at"][0])
    soon = [row for row in later if not any(surely_before(each["occurred_at"], row["occurred_at"]) for each in later)]
    if not last and len(soon) > 1:
        return dict.fromkeys(LETTERS, "cannot_test:time_order_unclear")
    text = last[0]["new_value"] if last else later[0]["old_value"] if later else ticket["rollback_plan"]
    edited = last[0]["occurred_at"] if last else ticket["created_at"]
    system = change.deployment["system"]
    since = ticket["created_at"] and ticket["created_at"][0]
    gap = has_gap(records, ["ticket_event"], system, since, start[1] + TICK)
    if gap and not (last and (text or "").strip()):
        return dict.fromkeys(LETTERS, "cannot_test:source_gap")
    if not (text or "").strip():
        return {"A": "exception:no_plan", "B": "na:no_plan", "C": "na:no_plan"}
    return {
        "A": "pass",
        "B": _approved_after(records, change, ticket, edited, last, start, gap=gap),
        "C": _says(records, text or "", name, parameters),
    }


def _overlap(one: Span, other: Span | None) -> bool:
    return other is not None and one[0] <= other[1] and other[0] <= one[1]


def _says(records: Records, text: str, name: str, parameters: Mapping[str, ParameterValue]) -> str:
    plain = _BLANK.sub("", text.lower())
    if plain in {
        _BLANK.sub("", row["text"].lower()) for row in records["field_template"] if row["field"].lower() == name
    }:
        return "exception:template_text"
    empty = {_BLANK.sub("", word.lower()) for word in str(parameters["empty_words"]).split(";")}
    return "exception:says_nothing" if plain in empty or not plain else "pass"


def _approved_after(
    records: Records,
    change: Change,
    ticket: Record,
    edited: Span | None,
    last: Sequence[Record],
    start: Span,
    *,
    gap: bool,
) -> str:
    if edited is None:
        return "cannot_test:edit_time_unknown"
    approvals = [each for each in change_approvals(records, change) if each.duty == "release" and stood_at(each, start)]
    standing = [
        ("conflict" if each.conflicted else _against(each.given, edited, start, same=False)) for each in approvals
    ]
    if not standing:
        standing = list(_authorisations(records, ticket, edited, last, start))
    order = ("pass", "conflict", "migrated_history", "time_order_unclear", "late")
    best = min(standing, key=order.index, default=None)
    if best == "pass":
        return "cannot_test:source_gap" if gap else "pass"
    if best in {None, "late"}:
        if gap or has_gap(
            records,
            ["approval", "review"],
            change.deployment["system"],
            ticket["created_at"] and ticket["created_at"][0],
            start[1] + TICK,
        ):
            return "cannot_test:source_gap"
        return "na:no_approval" if best is None else "exception:edited_after_approval"
    return f"cannot_test:{best}"


def _against(given: Span, edited: Span, start: Span, *, same: bool) -> str:
    if (same or surely_before(edited, given)) and surely_before(given, start):
        return "pass"
    return "late" if surely_before(given, edited) else "time_order_unclear"


def _authorisations(
    records: Records, ticket: Record, edited: Span, last: Sequence[Record], start: Span
) -> Iterator[str]:
    """Yield what each authorisation of a ticket that stood when the release started says."""
    for row in authorisations(records, ticket):
        if surely_before(start, row.at) or (row.ended is not None and not surely_before(start, row.ended)):
            continue
        if row.conflicted:
            yield "conflict"
        elif row.migrated:
            yield "migrated_history"
        else:
            yield _against(row.at, edited, start, same=any(row.txn and row.txn == each["txn"] for each in last))
