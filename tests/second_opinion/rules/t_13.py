"""T-13 Release without ticket, from audit-domain T-13 and the rule's README.

Standard changes and answers to findings are those of the whole company, so every world of a batch shares them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from twofold.controltests.rule import ParameterValue

from .changes import Change, Releases, add_releases, changes, tickets_named
from .hands import add_hands, pick_hand
from .records import Record, Records, Span
from .retyped import as_it_was, type_events
from .steps import BOT, EVER, NEVER, TICK, UNLINKED, days, hand, has_gap, surely_before
from .tickets import add_ticket, add_types
from .world import A_DAY, START, World

CONTROL_TEST = "T-13"
OUTCOME_ONLY: frozenset[str] = frozenset()
Parameters = Mapping[str, ParameterValue]
_STANDARDS = ("STD-1", "STD-2", "STD-3")
_OF_CHANGE = ("pull_request", "pull_request_commit", "code_commit")


def shared(world: World) -> None:
    """Types of tickets, the catalogue of standard changes, and answers to findings."""
    add_types(world)
    for name in _STANDARDS:
        starts = world.maybe(60, world.moment(last_day=30))
        for number in range(world.pick((1, 1, 2))):
            for _ in range(2 if world.chance(4) else 1):
                world.add(
                    "standard_change",
                    id=name,
                    systems=world.pick((["*"], ["*"], ["*"], ["crm"], [])),
                    kinds=world.some(("deployment", "autoscaling", "patch", "console", "dml"), percent=60),
                    object_pattern=world.pick((None, "node_", "%app", "n%")),
                    approved_by=world.maybe(80, "boss"),
                    valid_from=starts,
                    valid_to=world.maybe(40, world.moment(first_day=30)),
                )
            starts = START + (31 + number) * A_DAY
    for reason in world.some(("unmatched", "ticket_after", "unknown_ticket"), percent=40):
        at = world.instant(world.moment())
        for text in ("Talked to the team", "Other words")[: 2 if world.chance(10) else 1]:
            world.add(
                "finding_response",
                finding=f"CM-04/T-13/A/{reason}",
                cause="haste",
                response=text,
                owner="boss",
                due_on="2026-04-01",
                given_by="boss",
                given_at=at,
            )


def parameters(world: World) -> Parameters:
    """Short times and long ones, and clocks that may differ."""
    return {
        "explain_days": world.pick((1, 5)),
        "correct_days": world.pick((1, 30)),
        "clock_skew_seconds": world.pick((0, 0, 1, 300)),
    }


def populate(world: World) -> None:
    """Releases of changes with their tickets, other events in production, and what people said about them."""
    hands = add_hands(world, "git")
    tickets = [world.key("CHG-1"), world.key("CHG-2")]
    made = add_releases(world, hands, [*tickets, world.pick(_STANDARDS)])
    for ticket in world.some(tickets, percent=85):
        add_ticket(world, made, ticket, hands)
        _type_by_import(world, made, ticket)
    for _ in range(world.pick((1, 2, 3))):
        _event(world, made, hands, tickets)
    for item in world.some([world.key("deploy1"), world.key("prod1"), world.key("prod2")], percent=35):
        at = world.instant(world.near(world.pick(made.starts), days=6))
        for text in ("A drill", "No drill")[: 2 if world.chance(6) else 1]:
            world.add(
                "difference_explanation",
                population=world.pick(("release_event",) * 5 + ("change_item",)),
                difference_key=item,
                reason=text,
                explained_at=at,
                explained_by="boss",
            )
    for ticket in world.some(tickets, percent=30):
        at = world.instant(world.near(world.pick(made.starts), days=9))
        for runs in ("runs 1 to 4", "other runs")[: 2 if world.chance(10) else 1]:
            world.add("post_review", ticket=ticket, reviewed_at=at, test_evidence=runs)
    for _ in range(world.pick((0, 0, 1, 2))):
        world.add(
            "source_gap",
            table_name=world.pick((*_OF_CHANGE, "ticket", "artefact", "difference_explanation", "post_review")),
            system=world.pick((made.system, made.system, made.system, world.key("crm"))),
            starts_at=world.maybe(70, world.near(world.pick(made.starts), days=9)),
            ends_before=world.maybe(50, world.near(world.pick(made.starts), days=9)),
            reason="not_extracted",
        )


def _type_by_import(world: World, made: Releases, ticket: str) -> None:
    """Let an import name the type of some tickets first, after an event that names them; some histories have a hole."""
    if not world.chance(20):
        return
    at = world.pick(made.starts) + world.pick((2, 6, 9)) * A_DAY
    moved = world.instant(at)
    for number, row in enumerate(world.rows):
        if row.values.get("key") == ticket:
            world.rows[number] = replace(row, values={**row.values, "migrated_at": moved})
    before = world.pick(made.merges) - world.pick((3, 10)) * A_DAY
    world.add(
        "prod_event",
        id=world.id("prod"),
        system=made.system,
        kind="console",
        occurred_at=world.instant(before),
        reference=ticket,
    )
    kinds = (world.pick((None, None, "Question")), "Change", world.pick(("Question", "Question", "Story")))
    if world.chance(30):  # nothing says when it was made a change
        kinds = ("Story", "Question", "Question")
    for number in range(world.pick((1, 2, 2))):
        world.add(
            "ticket_event",
            id=world.id("event"),
            ticket=ticket,
            field="type",
            old_value="Change" if number and kinds[0] == "Story" else kinds[number],
            new_value=kinds[number + 1],
            occurred_at=world.instant(at + 3 * A_DAY) if number else moved,
        )


def _event(world: World, made: Releases, hands: list[str], tickets: list[str]) -> None:
    event, at = world.id("prod"), world.instant(world.near(world.pick(made.starts), days=9))
    kind, actor = world.pick(("console", "dml", "autoscaling", "patch", "push")), pick_hand(world, hands)
    names = (None, None, None, *tickets, *tickets, *made.pull_requests, *_STANDARDS, world.key("NOPE-1"))
    reference = world.pick(names)
    for _ in range(2 if world.chance(4) else 1):
        world.add(
            "prod_event",
            id=event,
            system=made.system,
            kind=kind,
            occurred_at=at,
            actor=actor,
            object=world.pick(("node7", "node7", "table", None)),
            reference=reference,
        )


def outcomes(records: Records, clock: datetime, parameters: Parameters) -> Mapping[str, Mapping[str, str]]:
    """Return item -> letter -> reason code of each deployment to production and each other event there."""
    company = Company(records, clock, parameters)
    parts: dict[str, list[str]] = {}
    found: dict[str, Event] = {}
    for change in changes(records):
        row = change.deployment
        happened = row["started_at"] or row["completed_at"]
        event = Event(row, "deployment", row["repository"], happened, tickets_named(records, change))
        parts.setdefault(row["id"], []).append(company.change(change, event))
        found[row["id"]] = Event(row, "deployment", None, row["completed_at"] or row["started_at"], ())
    for row in records["prod_event"]:
        event = Event(row, row["kind"], row["object"], row["occurred_at"], company.keys(row["reference"]))
        parts[row["id"]] = ["cannot_test:conflict" if row["conflicted"] else company.event(event)]
        found[row["id"]] = event
    return {item: company.codes(found[item], min(codes, key=_worst)) for item, codes in parts.items()}


@dataclass(frozen=True, slots=True)
class Event:
    """A deployment, or another event of production, with the keys that it names."""

    row: Record
    kind: str
    object: str | None
    happened: Span | None
    keys: Sequence[str]


_BEST = (
    "pass",
    "cannot_test:actor_unknown",
    "cannot_test:source_gap",
    "cannot_test:object_unknown",
    "cannot_test:time_order_unclear",
    "cannot_test:type_not_declared",
    "cannot_test:conflict",
    "exception:standard_not_approved",
    "exception:outside_template",
    "exception:ticket_after",
    "exception:not_a_change_ticket",
    "exception:unknown_ticket",
    "exception:unmatched",
)
"""What one key leads to, the best first."""


def _worst(code: str) -> tuple[int, int | str]:
    """Return the place of the code of one change among those of a deployment, the worst first."""
    if code == "na:content_free":
        return 5, ""
    if code.startswith("na:"):
        return 0, code
    if code.startswith("exception"):
        return 1, -_BEST.index(code)
    if code in {"cannot_test:change_set_unknown", "cannot_test:no_new_commit"}:
        return 2, code
    return (4, 0) if code == "pass" else (3, -_BEST.index(code))


class Company:
    """What is asked of each event, by the records of the company."""

    def __init__(self, records: Records, clock: datetime, parameters: Parameters) -> None:
        self.records, self.clock, self.parameters = records, clock, parameters
        self.tickets = {row["key"]: row for row in records["ticket"]}
        self.types = {row["id"]: row["is_change"] for row in records["change_type"]}
        self.skew = timedelta(seconds=int(str(parameters["clock_skew_seconds"])))

    def keys(self, reference: str | None) -> Sequence[str]:
        """Return the keys that an event names: its reference, or those of the pull request that it refers to."""
        for row in self.records["pull_request"]:
            if row["id"] == reference:
                return list(row["tickets"])
        return [reference] if reference is not None else []

    # A

    def change(self, change: Change, event: Event) -> str:
        """Return whether one change of a deployment is matched."""
        row, happened = change.deployment, event.happened
        until = happened and happened[1] + TICK
        if change.excuse:
            return f"na:{change.excuse}"
        if row["conflicted"]:
            return "cannot_test:conflict"
        if change.unknown == "change_set_unknown" and not self._is_traced(change.released):
            tables = _OF_CHANGE if change.released else ("artefact",)
            if change.released or row["digest"]:
                gap = has_gap(self.records, tables, row["system"], None, until)
                return "cannot_test:source_gap" if gap else "exception:unmatched"
        if change.unknown:
            return f"cannot_test:{change.unknown}"
        request, commit = change.pull_request, change.commit
        first: Span | None = None
        if request is not None:
            first = request["created_at"]
        elif commit is not None:
            first = commit["committed_at"] or commit["authored_at"]
        first = first or happened
        found = [self._key(event, key) for key in event.keys]
        if found:
            return min(found, key=_BEST.index)
        gap = has_gap(self.records, _OF_CHANGE, row["system"], first and first[0], until)
        return "cannot_test:source_gap" if gap else "exception:unmatched"

    def _is_traced(self, sha: str | None) -> bool:
        known = {row["sha"] for row in self.records["code_commit"]}
        for row in self.records["pull_request"]:
            known |= {row["head_sha"], row["merge_sha"]}
        return sha is not None and sha in known

    def event(self, event: Event) -> str:
        """Return whether another event of production is matched, by key or by the template of automation."""
        found = [self._key(event, key) for key in event.keys]
        if found:
            return min(found, key=_BEST.index)
        covered = [
            self._template(event, row) for row in self.records["standard_change"] if self._offers(row["id"], event.kind)
        ]
        if not covered or event.happened is None:
            return "exception:unmatched"
        best = min(covered, key=_BEST.index)
        actor = event.row["actor"]
        state = hand(self.records, actor, event.happened[0]).state
        kinds = {row["id"]: row["kind"] or "human" for row in self.records["account"]}
        by_itself = state == UNLINKED and event.kind == "autoscaling" and kinds.get(actor) != "human"
        if state == BOT or by_itself:
            return best
        perhaps = state == UNLINKED and kinds.get(actor) != "human" and not best.startswith("exception")
        return "cannot_test:actor_unknown" if perhaps else "exception:unmatched"

    def _offers(self, standard: str, kind: str) -> bool:
        """Return whether some version of a standard change is for a kind of event."""
        return any(row["id"] == standard and kind in row["kinds"] for row in self.records["standard_change"])

    def _key(self, event: Event, key: str) -> str:
        """Return what one key leads to."""
        ticket, happened = self.tickets.get(key), event.happened
        standards = [row for row in self.records["standard_change"] if row["id"] == key]
        if ticket is None and standards:
            return min((self._template(event, row) for row in standards), key=_BEST.index)
        if ticket is None:
            gap = has_gap(self.records, ["ticket"], event.row["system"], None, happened and happened[1] + TICK)
            return "cannot_test:source_gap" if gap else "exception:unknown_ticket"
        ticket = as_it_was(self.records, ticket, happened)
        if ticket["conflicted"] and (self.types or self.tickets[key]["conflicted"]):
            return "cannot_test:conflict"
        is_change = self.types.get(ticket["type"])
        if is_change is None and self.types:
            return "cannot_test:type_not_declared"
        if is_change is False:
            return "exception:not_a_change_ticket"
        if event.kind == "deployment" or happened is None:
            return "pass"
        raised, moved = ticket["created_at"], ticket["migrated_at"]
        if raised is None:
            return "cannot_test:time_order_unclear"
        if raised[1] < happened[0] + self.skew:
            return "pass"
        imported = moved is not None and moved[0] <= raised[1] and raised[0] <= moved[1]
        late = raised[0] > happened[1] + self.skew and not imported
        return "exception:ticket_after" if late else "cannot_test:time_order_unclear"

    def _template(self, event: Event, row: Record) -> str:
        """Return whether one version of a standard change covers an event."""
        at = event.happened
        if row["conflicted"]:
            return "cannot_test:conflict"
        if event.kind not in row["kinds"] or not {event.row["system"], "*"} & set(row["systems"]):
            return "exception:outside_template"
        if at is None:
            return "cannot_test:time_order_unclear"
        starts, ends = row["valid_from"] or EVER, row["valid_to"] or NEVER
        if ends <= at[0] or starts > at[1]:
            return "exception:outside_template"
        if ends <= at[1] or starts > at[0]:
            return "cannot_test:time_order_unclear"
        if row["object_pattern"] is not None and event.object is None:
            return "cannot_test:object_unknown"
        if row["object_pattern"] is not None and not _like(event.object or "", row["object_pattern"]):
            return "exception:outside_template"
        return "pass" if row["approved_by"] is not None else "exception:standard_not_approved"

    # B and C

    def codes(self, event: Event, code: str) -> Mapping[str, str]:
        """Return all letters of an item, by whether it is matched."""
        if code == "pass":
            follow = "na:matched"
        elif code.startswith("na:"):
            follow = code
        elif code.startswith("cannot_test"):
            follow = "cannot_test:match_unclear"
        elif event.happened is None:
            follow = "cannot_test:time_order_unclear"
        else:
            return {"A": code, "B": self._explained(event, event.happened), "C": self._corrected(event, code)}
        return {"A": code, "B": follow, "C": follow}

    def _explained(self, event: Event, at: Span) -> str:
        rows = [
            (row, row["explained_at"])
            for row in self.records["difference_explanation"]
            if (row["population"], row["difference_key"]) == ("release_event", event.row["id"])
        ]
        if event.kind != "deployment":
            named = [self.tickets[key] for key in event.keys if key in self.tickets]
            rows += [each for row in named for each in self._raised(row)]
        wait = days(self.parameters["explain_days"])
        found = {self._one_explanation(row, said, at, wait) for row, said in rows}
        for code in ("pass", "cannot_test:conflict", "cannot_test:time_order_unclear"):
            if code in found:
                return code
        if not found and self.clock < at[1] + wait:
            return "cannot_test:pending"
        if has_gap(self.records, ["difference_explanation"], event.row["system"], at[0], at[1] + wait):
            return "cannot_test:source_gap"
        return "exception:explained_late" if found else "exception:not_explained"

    def _raised(self, ticket: Record) -> Iterator[tuple[Record, Span | None]]:
        """Yield since when a ticket may explain an event: its creation, or a change to a type that may."""
        events = type_events(self.records, ticket)
        if not events or not self.types:
            if self.types.get(ticket["type"], not self.types):
                yield ticket, ticket["created_at"]
            return
        for row, made in events:
            doubt = {"conflicted": ticket["conflicted"] or row["conflicted"]}
            if self.types.get(row["new_value"]) or row["conflicted"]:
                yield doubt, made
            first = not any(other[1] < made[0] for _, other in events)
            if first and (self.types.get(row["old_value"]) or row["conflicted"]):
                yield doubt, ticket["created_at"]
            if not first and self.types.get(row["old_value"]) and not row["conflicted"]:
                since = max(other[0] for _, other in events if other[1] < made[0])
                yield from self._since_nobody_knows(row["old_value"], (since, made[1]), doubt, events)
        if self.types.get(ticket["type"]):
            last = max(made[0] for _, made in events)
            yield from self._since_nobody_knows(
                ticket["type"], (last, NEVER), {"conflicted": ticket["conflicted"]}, events
            )

    @staticmethod
    def _since_nobody_knows(
        kind: str, during: Span, doubt: Record, events: Sequence[tuple[Record, Span]]
    ) -> Iterator[tuple[Record, Span]]:
        """Yield the time in which a ticket was of a type, unless an event by then gave it that type."""
        if not any(row["new_value"] == kind and made[0] <= during[1] for row, made in events):
            yield doubt, during

    @staticmethod
    def _one_explanation(row: Record, said: Span | None, at: Span, wait: timedelta) -> str:
        if row["conflicted"]:
            return "cannot_test:conflict"
        if said is not None and said[1] < at[0] + wait:
            return "pass"
        late = said is not None and said[0] >= at[1] + wait
        return "exception:explained_late" if late else "cannot_test:time_order_unclear"

    def _corrected(self, event: Event, code: str) -> str:
        at = event.happened or (EVER, NEVER)
        acts = [
            (row, row["given_at"])
            for row in self.records["finding_response"]
            if row["finding"].partition("/T-13/")[2] == f"A/{code.partition(':')[2]}"
        ]
        acts += [(row, row["reviewed_at"]) for row in self.records["post_review"] if row["ticket"] in event.keys]
        acts = [(row, done) for row, done in acts if not surely_before(done, at)]
        if any(not row["conflicted"] and surely_before(at, done) for row, done in acts):
            return "pass"
        if acts:
            return f"cannot_test:{'conflict' if any(row['conflicted'] for row, _ in acts) else 'time_order_unclear'}"
        wait = days(self.parameters["correct_days"])
        if self.clock < at[1] + wait:
            return "cannot_test:pending"
        gap = has_gap(self.records, ["finding_response", "post_review"], event.row["system"], at[0], at[1] + wait)
        return "cannot_test:source_gap" if gap else "exception:no_corrective_act"


def _like(text: str, pattern: str) -> bool:
    """Return whether a text fits a SQL LIKE pattern: % is any text, _ one character."""
    parts = (re.escape(part).replace("_", ".") for part in pattern.split("%"))
    return re.fullmatch(".*".join(parts), text, re.DOTALL) is not None
