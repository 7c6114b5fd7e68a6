"""T-23 Jobs and interfaces, from audit-domain T-23, the rule's README and the head of the population job_and_transfer.

No world has events of a ticket's status: the authorisations of a ticket are its approvals. A is never `rows_unknown`:
such a run began, surely or perhaps, which A asks first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from twofold.controltests.rule import ParameterValue

from .approvals import taken_back
from .hands import add_hands, add_second_hr_id, pick_hand
from .records import Record, Records, Span
from .retyped import as_it_was
from .steps import BOT, EVER, LINKED, NEVER, SHARED_ACCOUNT, TICK, days, hand, has_gap, human_of
from .world import A_DAY, World

CONTROL_TEST = "T-23"
OUTCOME_ONLY: frozenset[str] = frozenset()
Parameters = Mapping[str, ParameterValue]
AN_HOUR = timedelta(hours=1)
NOTHING = {
    **dict.fromkeys("ABC", "na:no_run_due"),
    "D": "na:no_change",
    **dict.fromkeys("EFGH", "na:no_transfer"),
}


def shared(world: World) -> None:
    """The types of tickets, or none."""
    if world.chance(70):
        world.add("change_type", id="change", is_change=True)
        world.add("change_type", id="incident", is_change=False)


def parameters(world: World) -> Parameters:
    """Limits that fall on the hours of the worlds."""
    return {
        "solve_minutes": world.pick((60, 720)),
        "clear_hours": world.pick((12, 24, 72)),
        "review_hours": world.pick((12, 24, 72)),
        "ticket_days": world.pick((1, 10)),
    }


def populate(world: World) -> None:
    """A job and an interface of a few days, their runs, changes of schedule and transfers, pauses and what was told."""
    system = world.key("erp")
    world.add("system", id=system, zone=world.pick((None, "UTC")))
    hands = add_hands(world, "ops")
    add_second_hr_id(world, [world.key("x"), world.key("y")])
    start = world.pick(
        (world.moment(first_day=20, last_day=60), world.moment(first_day=20), world.moment(first_day=67))
    )
    if world.chance(60):
        _job(world, system, start, hands)
    if world.chance(60):
        _interface(world, system, start, hands)
    for _ in range(world.pick((0, 0, 1))):
        begins = start + world.pick((-3, -1, 0, 1)) * A_DAY
        world.add(
            "source_gap",
            table_name=world.pick(
                ("job_run", "job_run", "run_followup", "ticket", "approval", "ticket_event", "transfer")
            ),
            system=world.pick((system, system, world.key("crm"))),
            starts_at=world.maybe(50, begins),
            ends_before=world.maybe(50, begins + world.pick((1, 2, 60)) * A_DAY),
            reason="not_extracted",
        )


def _job(world: World, system: str, start: datetime, hands: list[str]) -> None:
    job, begins = world.key("close"), start
    for _ in range(world.pick((1, 1, 2))):
        ends = begins + world.pick((1, 2)) * A_DAY
        window = world.pick((None, 60, 720))
        for _ in range(2 if world.chance(3) else 1):
            world.add(
                "batch_job",
                id=job,
                system=system,
                is_key=world.chance(85),
                schedule=world.pick(("daily 00:00", "daily 12:00", "daily 09:00,17:00")),
                zone="UTC",
                valid_from=begins,
                valid_to=ends,
                window_minutes=window,
                solve_minutes=world.pick((None, 300)),
                may_be_empty=world.pick((None, True)) if world.chance(30) else None,
                repeatable=world.pick((None, False, True)),
            )
        day = begins.replace(hour=0)
        while day < ends:
            slot = day + world.pick((0, 9, 12, 17)) * AN_HOUR
            for _ in range(world.pick((0, 1, 1, 2))):
                _run(world, job, slot)
            if world.chance(35):
                told, about = world.id("told"), world.instant(slot, coarse=60)
                for _ in range(2 if world.chance(8) else 1):
                    world.add(
                        "run_followup",
                        id=told,
                        activity=world.pick(("job", "job", "job", "backup")),
                        plan=job,
                        slot_at=about,
                        finance_told_at=world.maybe(80, world.instant(slot + world.pick((1, 5, 13, -4)) * AN_HOUR)),
                    )
            day += A_DAY
        begins = ends + world.pick((0, 0, 1)) * A_DAY
    if world.chance(45):
        _pause(world, "job", job, start, hands)
    for _ in range(world.pick((0, 1, 1))):
        _change(world, job, start, hands)


def _run(world: World, job: str, slot: datetime) -> None:
    name = world.id("run")
    started = slot + world.pick((0, 0, 1, 5)) * AN_HOUR
    ended = started + world.pick((1, 1, 7, 12)) * AN_HOUR
    status = world.pick(("success", "success", "success", "success", "warning", "failed", "running", "skipped"))
    placed = world.instant(slot, coarse=0) if world.chance(40) else None
    for _ in range(2 if world.chance(2) else 1):
        world.add(
            "job_run",
            id=name,
            job=job,
            slot_at=placed,
            started_at=None if status == "skipped" else world.instant(started, coarse=8),
            ended_at=None if status in {"running", "skipped"} else world.maybe(95, world.instant(ended, coarse=8)),
            status=status,
            rows=world.pick((7, 7, 7, 7, 0, None)),
        )


def _pause(world: World, activity: str, plan: str, begins: datetime, hands: list[str]) -> None:
    starts = begins + world.pick((-1, 0, 1)) * A_DAY
    of = world.pick((activity, activity, activity, "backup"))
    for _ in range(2 if world.chance(10) else 1):
        world.add(
            "run_pause",
            activity=of,
            plan=plan,
            starts_at=starts,
            ends_before=world.maybe(70, starts + world.pick((1, 2)) * A_DAY),
            approved_by=world.pick((pick_hand(world, hands), world.pick(hands))),
            approved_at=world.maybe(90, world.instant(starts + world.pick((-2, -1, 0, 1)) * A_DAY)),
        )


def _change(world: World, job: str, start: datetime, hands: list[str]) -> None:
    name, at = world.id("edit"), start + world.pick((-1, 0, 1)) * A_DAY
    ticket = world.key("C-1")
    for _ in range(2 if world.chance(3) else 1):
        world.add(
            "schedule_event",
            id=name,
            job=job,
            occurred_at=world.instant(at, coarse=20),
            actor=world.pick((pick_hand(world, hands), hands[1])),
            ticket=world.pick((ticket, ticket, ticket, ticket, world.key("C-9"), None)),
        )
    if world.chance(10) or name != world.key("edit1"):
        return
    for _ in range(2 if world.chance(3) else 1):
        kind = world.pick(("change", "change", "incident", "task"))
        moved = world.instant(at - A_DAY) if world.chance(10) else None
        world.add("ticket", key=ticket, type=kind, migrated_at=moved)
    for _ in range(world.pick((0, 0, 0, 1, 1, 2))):
        world.add(
            "ticket_event",
            id=world.id("retyped"),
            ticket=ticket,
            field="type",
            old_value=world.maybe(90, world.pick(("change", "incident"))),
            new_value=world.pick(("change", "incident", "task")),
            occurred_at=world.instant(at + world.pick((-1, 0, 0, 1)) * A_DAY, coarse=20),
        )
    for _ in range(world.pick((0, 1, 1, 2))):
        approval, decided = world.id("approval"), at - world.pick((0, 1, 1, 2)) * A_DAY
        late = decided + 3 * A_DAY if world.chance(15) else decided
        for _ in range(2 if world.chance(3) else 1):
            world.add(
                "approval",
                id=approval,
                subject=ticket,
                approver=world.pick((pick_hand(world, hands) or hands[0], *hands[1:3])),
                duty=world.pick(("authorise", "authorise", "authorise", "authorise", "release")),
                decision=world.pick(("approve", "approve", "approve", "approve", "reject")),
                decided_at=world.instant(late, coarse=20),
                withdrawn_at=world.maybe(10, world.instant(late + world.pick((0, 1, 2)) * A_DAY, coarse=20)),
            )


def _interface(world: World, system: str, start: datetime, hands: list[str]) -> None:
    name, begins = world.key("bank"), start
    if world.chance(95):
        for _ in range(world.pick((1, 1, 2))):
            ends = begins + world.pick((1, 2)) * A_DAY
            window, schedule = world.pick((None, 60, 720)), world.pick(("daily 00:00", "daily 12:00", None))
            for _ in range(2 if world.chance(3) else 1):
                world.add(
                    "interface",
                    id=name,
                    system=system,
                    schedule=schedule,
                    zone="UTC",
                    valid_from=begins,
                    valid_to=ends,
                    window_minutes=window,
                    may_be_empty=world.pick((None, True)),
                    no_amounts=world.pick((None, None, True)),
                    repeatable=world.pick((None, None, True)),
                )
            begins = ends + world.pick((0, 0, 1)) * A_DAY
    if world.chance(45):
        _pause(world, "transfer", name, start, hands)
    for _ in range(world.pick((0, 1, 2, 3))):
        _transfer(world, name, start + world.number_in(0, 3) * A_DAY, hands)


def _transfer(world: World, interface: str, day: datetime, hands: list[str]) -> None:
    name, at = world.id("t"), world.pick((day, day.replace(hour=0), day.replace(hour=12)))
    sent, rejects = world.pick((7, 7, 7, 0, None)), world.pick((0, 0, 2, 2, None))
    total, refused = world.pick((70, 70, None)), world.pick((20, 20, None))
    for _ in range(2 if world.chance(6) else 1):
        world.add(
            "transfer",
            id=name,
            interface=interface,
            slot_at=world.maybe(30, world.instant(at, coarse=0)),
            transferred_at=world.instant(at + world.pick((0, 0, 1)) * AN_HOUR, coarse=12),
            status=world.pick(("success",) * 8 + ("failed",)),
            source_count=sent,
            target_count=world.pick((sent and sent - (rejects or 0), sent and sent - (rejects or 0), 6, None)),
            source_sum=total,
            target_sum=world.pick((70, 50, 50, 51, None)),
            rejects=rejects,
            reject_sum=refused,
            cleared_at=world.maybe(
                70, world.instant(at + world.pick((-24, -1, 0, 1, 12, 24, 72, 73)) * AN_HOUR, coarse=20)
            ),
            reviewed_by=pick_hand(world, hands),
            reviewed_at=world.maybe(80, world.instant(at + world.pick((-24, 1, 12, 24, 72, 73)) * AN_HOUR, coarse=20)),
        )


def outcomes(records: Records, clock: datetime, parameters: Parameters) -> dict[str, dict[str, str]]:
    """Judge every slot of a key job, every change of its schedule, every transfer and every slot of an interface."""
    found = {}
    for slot in records["expected_run"]:
        if slot["activity"] in {"job", "transfer"}:
            table = "batch_job" if slot["activity"] == "job" else "interface"
            plan = next(r for r in records[table] if r["id"] == slot["plan"] and r["valid_from"] == slot["valid_from"])
            due = Due(records, slot, plan, clock, parameters)
            codes = _job_slot(due) if slot["activity"] == "job" else {"E": _transferred(due)}
            found[f"{plan['id']}/{slot['slot']}"] = NOTHING | codes
    for event in records["schedule_event"]:
        rows = [row for row in records["batch_job"] if row["id"] == event["job"] and row["is_key"]]
        then = [row for row in records["batch_job"] if row["id"] == event["job"] and _is_of(row, event["occurred_at"])]
        if rows and (not then or any(row["is_key"] for row in then)):
            conflicted = event["conflicted"] or any(row["conflicted"] for row in rows)
            code = "cannot_test:conflict" if conflicted else _changed(records, event, rows[0]["system"], parameters)
            found[f"{event['job']}/schedule/{event['id']}"] = NOTHING | {"D": code}
    for row in records["transfer"]:
        found[f"{row['interface']}/transfer/{row['id']}"] = NOTHING | _transfer_codes(records, row, clock, parameters)
    return found


def _is_of(row: Record, at: Span) -> bool:
    """Return whether a row of a job speaks of a time, up to the very moment at which it ends."""
    return bool((row["valid_from"] or EVER) <= at[1] and at[0] <= (row["valid_to"] or NEVER))


@dataclass(frozen=True, slots=True)
class Due:
    """One slot of a job or an interface, with the row that it comes from."""

    records: Records
    slot: Record
    plan: Record
    clock: datetime
    parameters: Parameters

    def attempts(self) -> list[tuple[Record, bool]]:
        """Return the runs or transfers of the slot, each with whether it belongs to it surely."""
        table, column, name = (
            ("job_run", "started_at", "job")
            if self.slot["activity"] == "job"
            else ("transfer", "transferred_at", "interface")
        )
        found = []
        for row in self.records[table]:
            at: Span | None = row["slot_at"] or row[column]
            if (
                row[name] == self.plan["id"]
                and at
                and at[0] < self.slot["ends_before"]
                and at[1] >= self.slot["starts_at"]
            ):
                found.append((row, self.slot["starts_at"] <= at[0] and at[1] < self.slot["ends_before"]))
        return found

    def has_gap(self, table: str, start: datetime, end: datetime) -> bool:
        """Return whether a table is not proven in [start, end)."""
        return has_gap(self.records, [table], self.plan["system"], start, end)

    def paused(self) -> str | None:
        """Return the best that the pauses at the slot say; None without one."""
        at = self.slot["starts_at"]
        codes = {
            self._allowed(row, at)
            for row in self.records["run_pause"]
            if row["activity"] == self.slot["activity"]
            and row["plan"] == self.plan["id"]
            and row["starts_at"] <= at
            and (row["ends_before"] is None or at < row["ends_before"] or row["conflicted"])
        }
        order = ("na:paused", "cannot_test:conflict", "cannot_test:approver_unlinked", "exception:paused")
        return next((code for code in order if code in codes), None)

    def _allowed(self, row: Record, at: datetime) -> str:
        if row["conflicted"]:
            return "cannot_test:conflict"
        if row["approved_by"] is None or row["approved_at"] is None or row["approved_at"][1] >= at:
            return "exception:paused"
        state = hand(self.records, row["approved_by"], row["approved_at"][0]).state
        if state == LINKED:
            return "na:paused"
        return "exception:paused" if state in {SHARED_ACCOUNT, BOT} else "cannot_test:approver_unlinked"


def _result(row: Record, plan: Record) -> str:
    if row["status"] != "success":
        return "bad"
    if plan["may_be_empty"] or (row["rows"] or 0) > 0:
        return "good"
    return "unknown" if row["rows"] is None else "empty"


def _job_slot(due: Due) -> dict[str, str]:
    runs = due.attempts()
    if due.plan["conflicted"] or any(row["conflicted"] for row, _ in runs):
        return dict.fromkeys("ABC", "cannot_test:conflict")
    solved = _solved(due, runs)
    return {"A": _ran(due, runs, solved), "B": solved, "C": _once(due, runs)}


def _ran(due: Due, runs: Sequence[tuple[Record, bool]], solved: str) -> str:
    begun = [sure for row, sure in runs if row["status"] != "skipped"]
    if any(begun) or solved == "pass":
        return "pass"
    if begun:
        return "cannot_test:time_order_unclear"
    if solved.startswith("cannot_test") or solved == "na:paused":
        return solved
    if runs:
        return "exception:skipped"
    return "exception:paused" if due.paused() else "exception:absent"


def _solved(due: Due, runs: Sequence[tuple[Record, bool]]) -> str:
    """Attribute B."""
    due_at, starts = due.slot["due_at"], due.slot["starts_at"]
    good = [(row["ended_at"], sure) for row, sure in runs if _result(row, due.plan) == "good"]
    if any(sure and at and at[1] <= due_at for at, sure in good):
        return "na:no_failure"
    if any(at is None or at[0] <= due_at for at, _ in good):
        return "cannot_test:time_order_unclear"
    if any(_result(row, due.plan) == "unknown" for row, _ in runs):
        return "cannot_test:rows_unknown"
    if due.clock < due_at:
        return "cannot_test:pending"
    if due.has_gap("job_run", starts, due_at):
        return "cannot_test:source_gap"
    if not runs and due.paused() not in {None, "exception:paused"}:
        return str(due.paused())
    failures = [
        row["ended_at"] or row["started_at"] or row["slot_at"]
        for row, _ in runs
        if _result(row, due.plan) in {"bad", "empty"}
    ]
    failed = (min(at[0] for at in failures), min(at[1] for at in failures)) if failures else (due_at, due_at)
    minutes = due.plan["solve_minutes"] or int(str(due.parameters["solve_minutes"]))
    limit = failed[0] + timedelta(minutes=minutes), failed[1] + timedelta(minutes=minutes)
    if any(sure and at[1] <= limit[0] for at, sure in good):
        return _told(due, limit)
    if any(at[0] <= limit[1] for at, _ in good):
        return "cannot_test:time_order_unclear"
    if due.clock < limit[1]:
        return "cannot_test:pending"
    if due.has_gap("job_run", starts, limit[1]):
        return "cannot_test:source_gap"
    if good:
        return "exception:solved_late"
    empty = any(_result(row, due.plan) == "empty" for row, _ in runs)
    return "exception:no_rows" if empty else "exception:not_solved"


def _told(due: Due, limit: Span) -> str:
    at = due.slot["starts_at"]
    rows = [
        row
        for row in due.records["run_followup"]
        if row["activity"] == "job" and row["plan"] == due.plan["id"] and row["slot_at"][0] <= at <= row["slot_at"][1]
    ]
    words = [row["finance_told_at"] for row in rows if row["finance_told_at"] and not row["conflicted"]]
    told = [word for word in words if word[1] >= at]
    if told and min(at[1] for at in told) <= limit[0]:
        return "pass"
    if any(row["conflicted"] for row in rows):
        return "cannot_test:conflict"
    if told:
        first = min(at[0] for at in told), min(at[1] for at in told)
        return "exception:told_late" if first[0] > limit[1] else "cannot_test:time_order_unclear"
    if due.clock < limit[1]:
        return "cannot_test:pending"
    return "cannot_test:source_gap" if due.has_gap("run_followup", at, limit[1]) else "exception:finance_not_told"


def _once(due: Due, runs: Sequence[tuple[Record, bool]]) -> str:
    begun = [(row, sure) for row, sure in runs if row["status"] != "skipped"]
    good = sum(_result(row, due.plan) in {"good", "unknown"} for row, _ in begun)
    if due.plan["repeatable"]:
        if len(begun) > 1 and good:
            return "pass"
    elif (
        good < 2
        and due.slot["due_at"] <= due.clock
        and due.has_gap("job_run", due.slot["starts_at"], due.slot["due_at"])
    ):
        return "cannot_test:source_gap"
    if len(begun) < 2:
        return "na:no_rerun"
    if not all(sure for _, sure in begun):
        return "cannot_test:time_order_unclear"
    return ("na:not_solved", "pass", "exception:ran_twice")[min(good, 2)]


def _changed(records: Records, event: Record, system: str, parameters: Parameters) -> str:
    """Attribute D."""
    at: Span = event["occurred_at"]

    def gap(*tables: str) -> bool:
        return has_gap(records, tables, system, at[0] - days(parameters["ticket_days"]), at[1] + TICK)

    if event["ticket"] is None:
        return "exception:no_ticket"
    ticket = next((row for row in records["ticket"] if row["key"] == event["ticket"]), None)
    if ticket is None:
        return "cannot_test:source_gap" if gap("ticket") else "exception:unknown_ticket"
    ticket = as_it_was(records, ticket, at)
    if ticket["conflicted"]:
        return "cannot_test:conflict"
    types = {row["id"]: row["is_change"] for row in records["change_type"]}
    if types and ticket["type"] not in types:
        return "cannot_test:type_not_declared"
    if types and not types[ticket["type"]]:
        return "exception:not_a_change_ticket"
    codes = {
        _authorised(records, event, ticket, row)
        for row in records["approval"]
        if row["subject"] == ticket["key"]
        and row["duty"] == "authorise"
        and (row["decision"] == "approve" or row["conflicted"])
    }
    unclear = sorted(code for code in codes if code.startswith("cannot_test"))
    if "pass" in codes or unclear:
        return "pass" if "pass" in codes else unclear[0]
    if gap("approval", "ticket_event"):
        return "cannot_test:source_gap"
    order = ("exception:self_approved", "exception:not_approved", "exception:approved_late")
    return next((code for code in order if code in codes), "exception:not_approved")


def _authorised(records: Records, event: Record, ticket: Record, row: Record) -> str:
    if row["conflicted"]:
        return "cannot_test:conflict"
    at, given = event["occurred_at"], row["decided_at"]
    refused = [
        (each, each["decided_at"])
        for each in records["approval"]
        if (each["subject"], each["duty"]) == (row["subject"], "authorise")
        and (each["decision"] == "reject" or each["conflicted"])
        and each is not row
    ]
    ended, _, doubt = taken_back(given, row["withdrawn_at"], refused)
    if given[0] > at[1]:
        return "exception:approved_late"
    if ended and ended[1] <= at[0]:
        return "exception:not_approved"
    if doubt is not None and doubt <= at[1]:
        return "cannot_test:conflict"
    moved = ticket["migrated_at"]
    if (moved and moved[0] <= given[1] and given[0] <= moved[1]) or given[1] >= at[0] or (ended and ended[0] <= at[1]):
        return "cannot_test:time_order_unclear"
    who, actor = hand(records, row["approver"], given[0]), hand(records, event["actor"], at[0])
    if who.state in {SHARED_ACCOUNT, BOT}:
        return "exception:not_approved"
    if who.state != LINKED:
        return "cannot_test:approver_unlinked"
    if human_of(records, who.person) == human_of(records, actor.person):
        return "exception:self_approved"
    return "pass" if actor.state in {LINKED, BOT} else "cannot_test:actor_unlinked"


def _transferred(due: Due) -> str:
    """Attribute E of a slot of an interface."""
    found = due.attempts()
    if due.plan["conflicted"]:
        return "cannot_test:conflict"
    if any(sure for _, sure in found):
        return "na:transferred"
    if found:
        return "cannot_test:time_order_unclear"
    if due.clock < due.slot["due_at"]:
        return "cannot_test:pending"
    if due.has_gap("transfer", due.slot["starts_at"], due.slot["due_at"]):
        return "cannot_test:source_gap"
    return due.paused() or "exception:absent"


def _transfer_codes(records: Records, row: Record, clock: datetime, parameters: Parameters) -> dict[str, str]:
    plans = [
        each
        for each in records["interface"]
        if each["id"] == row["interface"] and (each["valid_from"] or EVER) <= row["transferred_at"][0]
    ]
    plan = max(plans, key=lambda each: each["valid_from"] or EVER, default=None)
    if row["conflicted"] or (plan and plan["conflicted"]):
        return dict.fromkeys("EFGH", "cannot_test:conflict")
    if row["status"] != "success":
        return {"E": "exception:failed", **dict.fromkeys("FGH", "na:not_transferred")}
    return {
        "E": _whole(records, row, plan),
        "F": _sums(row, plan),
        "G": _cleared(row, clock, int(str(parameters["clear_hours"]))),
        "H": _reviewed(records, row, clock, int(str(parameters["review_hours"]))),
    }


def _whole(records: Records, row: Record, plan: Record | None) -> str:
    once = not (plan and plan["repeatable"])
    slots = _slots_of(records, row)
    rivals = [
        (other, any(_slots_of(records, other)[slot] for slot in shared))
        for other in records["transfer"]
        if other is not row
        and other["interface"] == row["interface"]
        and (other["status"] == "success" or other["conflicted"])
        and (shared := slots.keys() & _slots_of(records, other).keys())
    ]
    sure = any(slots.values())
    if once and any(
        _place(other) < _place(row) and surely and sure and not other["conflicted"] for other, surely in rivals
    ):
        return "exception:sent_twice"
    if row["source_count"] is None or row["target_count"] is None:
        return "cannot_test:counts_unknown"
    if row["source_count"] != row["target_count"] + (row["rejects"] or 0):
        return "exception:counts_differ"
    empty = row["source_count"] == 0 and not (plan and plan["may_be_empty"])
    if empty:
        return "exception:no_rows"
    if once and any(other["conflicted"] and _place(other) < _place(row) for other, _ in rivals):
        return "cannot_test:conflict"
    if once and not sure and any(not other["conflicted"] for other, _ in rivals):
        return "cannot_test:time_order_unclear"
    return "pass"


def _place(row: Record) -> tuple[datetime, str]:
    return row["transferred_at"][0], row["id"]


def _slots_of(records: Records, row: Record) -> dict[datetime, bool]:
    """Return the slots that a transfer may belong to, each with whether it surely does."""
    at: Span = row["slot_at"] or row["transferred_at"]
    return {
        slot["starts_at"]: slot["starts_at"] <= at[0] and at[1] < slot["ends_before"]
        for slot in records["expected_run"]
        if slot["activity"] == "transfer"
        and slot["plan"] == row["interface"]
        and at[0] < slot["ends_before"]
        and slot["starts_at"] <= at[1]
    }


def _sums(row: Record, plan: Record | None) -> str:
    if plan and plan["no_amounts"]:
        return "na:no_amounts"
    refused = row["reject_sum"] if row["rejects"] else (row["reject_sum"] or 0)
    if row["source_sum"] is None or row["target_sum"] is None or refused is None:
        return "cannot_test:sums_unknown"
    return "pass" if row["source_sum"] == row["target_sum"] + refused else "exception:sums_differ"


def _cleared(row: Record, clock: datetime, hours: int) -> str:
    if row["rejects"] is None:
        return "cannot_test:rejects_unknown"
    if row["rejects"] == 0:
        return "na:no_rejects"
    early, late = (at + hours * AN_HOUR for at in row["transferred_at"])
    cleared = row["cleared_at"]
    if cleared is None:
        return "cannot_test:pending" if clock < late else "exception:not_cleared"
    if cleared[1] < row["transferred_at"][0]:
        return "cannot_test:contradiction"
    if cleared[1] <= early:
        return "pass"
    return "exception:cleared_late" if cleared[0] > late else "cannot_test:time_order_unclear"


def _reviewed(records: Records, row: Record, clock: datetime, hours: int) -> str:
    came: Span = row["transferred_at"]
    early, late = (at + hours * AN_HOUR for at in came)
    seen = row["reviewed_at"]
    if seen is None:
        return "cannot_test:pending" if clock < late else "exception:not_reviewed"
    if seen[1] < came[0]:
        return "exception:reviewed_before"
    if seen[0] > late:
        return "exception:reviewed_late"
    state = hand(records, row["reviewed_by"], seen[0]).state
    codes = {SHARED_ACCOUNT: "exception:shared_account", BOT: "exception:not_a_person", LINKED: ""}
    code = codes.get(state, "cannot_test:reviewer_unlinked")
    if code:
        return code
    return "pass" if seen[0] >= came[1] and seen[1] <= early else "cannot_test:time_order_unclear"
