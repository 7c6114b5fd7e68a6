"""T-29 Scheduled activities of the programme, from audit-domain T-29 and the rule's README."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from twofold.controltests.rule import ParameterValue

from .programme import (
    ACTION_ORDER,
    Due,
    action_code,
    actions_of,
    add_actions,
    add_gap,
    add_schedule,
    done_code,
    due_periods,
    first,
    last_day,
    over_actions,
    plain,
    shows_earlier,
    without_held,
    words,
)
from .records import Record, Records
from .steps import days
from .world import A_DAY, World

CONTROL_TEST = "T-29"
OUTCOME_ONLY: frozenset[str] = frozenset()
_LETTERS = {"risk_assessment": "ABCD", "control_monitoring": "EFGH", "board_meeting": "IJ", "capacity_review": "KL"}
_BEST = (
    "pass",
    "cannot_test:time_order_unclear",
    "cannot_test:conflict",
    "exception:late",
    "exception:early",
    "exception:reused",
    "exception:no_results",
    "exception:no_participants",
    "exception:not_held",
)
_HELD = {"pass", "cannot_test:time_order_unclear", "exception:late", "exception:early"}
_REPORTS = (
    "exception:not_reported",
    "exception:reported_late",
    "cannot_test:conflict",
    "cannot_test:time_order_unclear",
    "cannot_test:pending",
    "pass",
)


def shared(world: World) -> None:
    """A calendar in some batches, so that the last day of a period is named both ways."""
    if world.chance(60):
        world.add("calendar", id="default", zone=world.pick(("UTC", "Europe/Berlin")))


def parameters(world: World) -> Mapping[str, ParameterValue]:
    """Every parameter at its default or at another value."""
    return {
        "risk_topics": world.pick(("fraud;change", "fraud; Change ;cloud", "")),
        "board_topics": world.pick(("internal_control", "fraud")),
        "report_days": world.pick((30, 7)),
    }


def populate(world: World) -> None:
    """Each activity of one of two systems, what is on record of them, and what came out of it."""
    systems = [world.key("erp"), world.key("crm")]
    for activity in _LETTERS:
        system = world.pick(systems)
        periods = add_schedule(world, activity, system)
        made: list[str] = []
        for _ in range(world.pick((0, 1, 1, 2, 3))):
            _record(world, activity, system if world.chance(92) else systems[1], world.pick(periods), made)
        add_actions(world, activity, system, made)
    add_gap(world, systems, ("activity_record", "programme_action", "assessed_risk", "action_due_change"))


def _record(world: World, activity: str, system: str, period: tuple[datetime, datetime], made: list[str]) -> None:
    record = world.id("record")
    inside = period[0] + world.number_in(1, 13) * A_DAY
    completed = inside if world.chance(60) else world.near(world.pick(period), days=8)
    day = last_day(period[1])
    form, digest = (
        world.pick(("meeting", "workshop", None, "document_edit", "Document_Edit", "meeting")),
        world.pick((None, "a" * 64, "b" * 64)),
    )
    for _ in range(2 if world.chance(5) else 1):
        world.add(
            "activity_record",
            id=record,
            activity=activity,
            system=system,
            held_for=world.pick((None, None, day, day, "2026-01-31", last_day(inside))),
            form=form,
            completed_at=world.instant(completed),
            participants=world.maybe(92, [world.key("p")]),
            topics=world.some(("Fraud", "change", "cloud", " internal_control"), percent=75),
            results=world.maybe(92, "minutes"),
            results_hash=digest,
            needs_action=world.pick((None, True, False)),
        )
    made.append(record)
    for number in range(world.pick((0, 1, 2)) if activity == "risk_assessment" else 0):
        for _ in range(2 if world.chance(4) else 1):
            world.add(
                "assessed_risk",
                activity_record=record,
                id=f"k{number}",
                title=world.pick("xy"),
                owner=world.maybe(88, world.key("p")),
            )


def outcomes(records: Records, clock: datetime, parameters: Mapping[str, ParameterValue]) -> dict[str, dict[str, str]]:
    """Return the codes of every due period."""
    found = {}
    periods = list(due_periods(records, list(_LETTERS)))
    for due in periods:
        activity = due.row["activity"]
        codes = dict.fromkeys("ABCDEFGHIJKL", "na:other_activity")
        codes.update(zip(_LETTERS[activity], _judged(records, due, periods, clock, parameters), strict=True))
        found[f"{activity}/{due.system}/{due.day}"] = codes
    return found


def _answers(records: Records, due: Due) -> list[Record]:
    """Return the records of the activity and system that answer the due date."""
    return [
        row
        for row in records["activity_record"]
        if (row["activity"], row["system"]) == (due.row["activity"], due.system) and due.is_answered_by(row)
    ]


def _judged(
    records: Records, due: Due, periods: Sequence[Due], clock: datetime, parameters: Mapping[str, ParameterValue]
) -> Sequence[str]:
    """Return the codes of the letters that the activity has, in their order."""
    activity = due.row["activity"]
    same = [row for row in records["activity_record"] if (row["activity"], row["system"]) == (activity, due.system)]
    answering = _answers(records, due)
    code_of = {row["id"]: _held(same, due, row) for row in answering}
    held = [row for row in answering if code_of[row["id"]] in _HELD]
    done = done_code(records, due, first(code_of.values(), _BEST), clock)
    actions = actions_of(records, due, answering, {row["id"] for each in periods for row in _answers(records, each)})
    closed = over_actions(
        records, due, done, held, [action_code(records, row, clock) for row in actions], ACTION_ORDER, clock
    )
    if activity in {"risk_assessment", "board_meeting"}:
        asked = parameters["risk_topics" if activity == "risk_assessment" else "board_topics"]
        topics = _topics(due, held, done, asked)
        if topics == "exception:topic_missing":
            topics = due.lacks(records, "activity_record", clock, topics)
        if activity == "board_meeting":
            return done, topics
        return done, topics, _risks(records, due, held, done, clock), closed
    if activity == "capacity_review":
        return done, closed
    reported = [_reported(row, clock, parameters) for row in actions]
    owned = [
        "cannot_test:conflict" if row["conflicted"] else "pass" if row["owner"] else "exception:no_owner"
        for row in actions
    ]
    return (
        done,
        over_actions(records, due, done, held, reported, _REPORTS, clock, asked=False),
        over_actions(
            records, due, done, held, owned, ("exception:no_owner", "cannot_test:conflict", "pass"), clock, asked=False
        ),
        closed,
    )


def _held(same: Sequence[Record], due: Due, record: Record) -> str:
    if record["conflicted"]:
        return "cannot_test:conflict"
    if (record["form"] or "").lower() == "document_edit":
        return "exception:not_held"
    if not record["participants"]:
        return "exception:no_participants"
    if record["results"] is None:
        return "exception:no_results"
    digest = record["results_hash"]
    if digest is not None and shows_earlier(same, record, lambda other: other["results_hash"] == digest):
        return "exception:reused"
    return due.holds(record["completed_at"])


def _topics(due: Due, held: Sequence[Record], done: str, asked: object) -> str:
    if due.row["conflicted"]:
        return "cannot_test:conflict"
    if not held:
        return without_held(done)
    covered = {plain(topic) for row in held for topic in row["topics"]}
    return "pass" if words(asked) <= covered else "exception:topic_missing"


def _risks(records: Records, due: Due, held: Sequence[Record], done: str, clock: datetime) -> str:
    if due.row["conflicted"]:
        return "cannot_test:conflict"
    if not held:
        return without_held(done)
    ids = {row["id"] for row in held}
    risks = [row for row in records["assessed_risk"] if row["activity_record"] in ids]
    if any(row["owner"] is None and not row["conflicted"] for row in risks):
        return "exception:no_owner"
    if due.has_gap(records, "assessed_risk"):
        return due.lacks(records, "assessed_risk", clock, "")
    if any(row["conflicted"] for row in risks):
        return "cannot_test:conflict"
    return "pass" if risks else due.lacks(records, None, clock, "exception:no_risk")


def _reported(action: Record, clock: datetime, parameters: Mapping[str, ParameterValue]) -> str:
    allowed, reported = days(parameters["report_days"]), action["reported_at"]
    opened = action["opened_at"]
    if action["conflicted"]:
        return "cannot_test:conflict"
    if reported is None:
        return "cannot_test:pending" if clock < opened[1] + allowed else "exception:not_reported"
    if reported[0] >= opened[1] + allowed:
        return "exception:reported_late"
    return "pass" if reported[1] < opened[0] + allowed else "cannot_test:time_order_unclear"
