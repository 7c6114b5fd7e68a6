"""T-30 Recovery exercises, from audit-domain T-30 and the rule's README.

The company's own exercise needs every system of the recovery plan, so it is tried in worlds alone in their tables.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

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
from .steps import EVER, NEVER
from .world import A_DAY, World

CONTROL_TEST = "T-30"
OUTCOME_ONLY: frozenset[str] = frozenset()
_ACTIVITY, _COMPANY = "recovery_exercise", "company"
_TICK = timedelta(microseconds=1)
_BEST = (
    "pass",
    "cannot_test:time_order_unclear",
    "cannot_test:conflict",
    "exception:late",
    "exception:early",
    "exception:scenario_reused",
    "exception:reused",
    "exception:no_results",
    "exception:no_participants",
    "exception:not_exercised",
)
_HELD = set(_BEST[:2]) | set(_BEST[3:6])
_BEST_MEASURE = (
    "pass",
    "cannot_test:no_target",
    "cannot_test:conflict",
    "exception:target_missed",
    "exception:not_measured",
)
_WORST_SYSTEM = (
    "exception:not_measured",
    "exception:target_missed",
    "cannot_test:conflict",
    "cannot_test:source_gap",
    "cannot_test:no_target",
    "pass",
)


def shared(world: World) -> None:
    """A calendar in some batches, so that the last day of a period is named both ways."""
    if world.chance(60):
        world.add("calendar", id="default", zone=world.pick(("UTC", "Europe/Berlin")))


def parameters(world: World) -> Mapping[str, ParameterValue]:
    """The forms that count, at the default or fewer."""
    return {"exercise_forms": world.pick(("live;simulation;tabletop", "Live; tabletop; dry run"))}


def populate(world: World) -> None:
    """Two systems with schedules of their own."""
    systems = [world.key("erp"), world.key("crm")]
    _fill(world, systems, systems[: world.number_in(1, 2)])


def alone(world: World) -> None:
    """The company's schedule beside that of a system."""
    systems = [world.key("erp"), world.key("crm")]
    _fill(world, systems, [_COMPANY, *world.some(systems[:1], percent=50)])


def _fill(world: World, systems: Sequence[str], scheduled: Sequence[str]) -> None:
    for system in systems:
        for _ in range(world.pick((0, 1, 1, 2))):
            start = world.pick((None, world.moment()))
            for _ in range(2 if world.chance(4) else 1):
                world.add(
                    "recovery_target",
                    system=system,
                    rto_minutes=world.maybe(90, world.pick((60, 90))),
                    rpo_minutes=world.maybe(90, 30),
                    valid_from=start,
                    valid_to=world.maybe(15, world.moment()),
                )
    for system in scheduled:
        periods = add_schedule(world, _ACTIVITY, system)
        made: list[str] = []
        for _ in range(world.pick((0, 1, 1, 2, 3))):
            _exercise(world, system, systems, world.pick(periods), made)
        add_actions(world, _ACTIVITY, system, made)
    add_gap(world, scheduled, ("activity_record", "programme_action", "exercise_result", "action_due_change"))


def _exercise(
    world: World, system: str, systems: Sequence[str], period: tuple[datetime, datetime], made: list[str]
) -> None:
    exercise, inside = world.id("exercise"), period[0] + world.number_in(1, 13) * A_DAY
    completed = inside if world.chance(65) else world.near(world.pick(period), days=8)
    form = world.pick(("live", "Simulation", "tabletop", "tabletop", "Tabletop", "Dry run", "document_edit", None))
    digest, scenario = world.pick((None, "a" * 64, "b" * 64)), world.pick((None, "fire", "flood"))
    recorded_for = system if world.chance(80) else world.pick(systems)
    for _ in range(2 if world.chance(5) else 1):
        world.add(
            "activity_record",
            id=exercise,
            activity=_ACTIVITY if world.chance(97) else "capacity_review",
            system=recorded_for,
            held_for=world.pick((None, None, last_day(period[1]), "2026-01-31", last_day(inside))),
            form=form,
            completed_at=world.instant(completed),
            participants=world.maybe(92, [world.key("p")]),
            systems=world.some(systems, percent=60),
            scenario=scenario,
            results=world.maybe(92, "report"),
            results_hash=digest,
            needs_action=world.pick((None, True, False)),
        )
    made.append(exercise)
    for measured in systems:
        if world.chance(70):
            for _ in range(2 if world.chance(5) else 1):
                world.add(
                    "exercise_result",
                    activity_record=exercise,
                    system=measured,
                    recovery_minutes=world.pick((59, 60, 60, 61, None)),
                    loss_minutes=world.pick((29, 30, 30, 31, None)),
                )


def outcomes(records: Records, clock: datetime, parameters: Mapping[str, ParameterValue]) -> dict[str, dict[str, str]]:
    """Return the codes of every due period."""
    periods = list(due_periods(records, [_ACTIVITY]))
    return {
        f"{due.system}/{due.day}": _judged(
            records,
            due,
            periods,
            clock,
            words(parameters["exercise_forms"]),
        )
        for due in periods
    }


def _judged(records: Records, due: Due, periods: Sequence[Due], clock: datetime, forms: set[str]) -> dict[str, str]:
    exercises = [row for row in records["activity_record"] if row["activity"] == _ACTIVITY]
    answering = _answers(exercises, due, periods)
    answers = {row["id"] for each in periods for row in _answers(exercises, each, periods)}
    code_of = {row["id"]: _held(exercises, due, row, forms) for row in answering}
    held = [row for row in answering if code_of[row["id"]] in _HELD]
    done = done_code(records, due, first(code_of.values(), _BEST), clock)
    actions = [action_code(records, row, clock) for row in actions_of(records, due, answering, answers)]
    systems, targets = _systems(records, due, held, done), _targets(records, due, held, done)
    if systems == "exception:system_left_out":
        systems = due.lacks(records, "activity_record", clock, systems)
    if held and (targets.startswith("exception") or targets == "cannot_test:source_gap"):
        targets = due.lacks(records, None, clock, targets)
    return {
        "A": done,
        "B": systems,
        "C": targets,
        "D": over_actions(records, due, done, held, actions, ACTION_ORDER, clock),
    }


def _answers(exercises: Sequence[Record], due: Due, periods: Sequence[Due]) -> list[Record]:
    """Return the exercises that answer the due date."""
    own_days = {each.day for each in periods if each.system == due.system}
    return [
        row
        for row in exercises
        if due.system in _spoken_for(row)
        and (
            due.is_completed_in(row)
            if row["system"] != due.system and row["held_for"] not in own_days
            else due.is_answered_by(row)
        )
    ]


def _spoken_for(exercise: Record) -> set[str]:
    return {exercise["system"], *exercise["systems"]}


def _held(exercises: Sequence[Record], due: Due, exercise: Record, forms: set[str]) -> str:
    same = [row for row in exercises if row["system"] == exercise["system"]]
    form, digest, scenario = plain(exercise["form"]), exercise["results_hash"], exercise["scenario"]
    if exercise["conflicted"]:
        return "cannot_test:conflict"
    if form not in forms:
        return "exception:not_exercised"
    if not exercise["participants"]:
        return "exception:no_participants"
    if exercise["results"] is None:
        return "exception:no_results"
    if digest is not None and shows_earlier(same, exercise, lambda other: other["results_hash"] == digest):
        return "exception:reused"
    time = due.holds(exercise["completed_at"])
    tabletops = [row for row in same if (row["form"] or "").lower() == "tabletop"]
    played = scenario is not None and shows_earlier(tabletops, exercise, lambda other: other["scenario"] == scenario)
    return "exception:scenario_reused" if form == "tabletop" and played and not time.startswith("exception") else time


def _targets_in_force(records: Records, due: Due) -> list[Record]:
    at = due.due_at - _TICK
    return [row for row in records["recovery_target"] if (row["valid_from"] or EVER) <= at < (row["valid_to"] or NEVER)]


def _needed(records: Records, due: Due) -> set[str]:
    if due.system == _COMPANY:
        return {row["system"] for row in _targets_in_force(records, due)}
    return {due.system}


def _systems(records: Records, due: Due, held: Sequence[Record], done: str) -> str:
    if due.row["conflicted"]:
        return "cannot_test:conflict"
    if not held:
        return without_held(done)
    needed = _needed(records, due)
    if not needed:
        return "cannot_test:no_needed_system"
    return "pass" if needed <= set().union(*map(_spoken_for, held)) else "exception:system_left_out"


def _targets(records: Records, due: Due, held: Sequence[Record], done: str) -> str:
    if due.row["conflicted"]:
        return "cannot_test:conflict"
    if not held:
        return without_held(done)
    exercised = _needed(records, due) & set().union(*map(_spoken_for, held))
    if not exercised:
        return "na:nothing_recovered"
    ids = {row["id"] for row in held}
    codes = set()
    for system in exercised:
        measures = [
            row for row in records["exercise_result"] if row["activity_record"] in ids and row["system"] == system
        ]
        targets = [row for row in _targets_in_force(records, due) if row["system"] == system]
        best = first([_measure(row, targets) for row in measures], _BEST_MEASURE)
        if best is None:
            best = "cannot_test:source_gap" if due.has_gap(records, "exercise_result") else "exception:not_measured"
        codes.add(best)
    return first(codes, _WORST_SYSTEM) or "pass"


def _measure(measure: Record, targets: Sequence[Record]) -> str:
    if measure["conflicted"] or any(row["conflicted"] for row in targets):
        return "cannot_test:conflict"
    pairs = [
        (measure[minutes], min((row[target] for row in targets if row[target] is not None), default=None))
        for minutes, target in (("recovery_minutes", "rto_minutes"), ("loss_minutes", "rpo_minutes"))
    ]
    if any(minutes is not None and target is not None and minutes > target for minutes, target in pairs):
        return "exception:target_missed"
    if any(minutes is None for minutes, _ in pairs):
        return "exception:not_measured"
    return "cannot_test:no_target" if any(target is None for _, target in pairs) else "pass"
