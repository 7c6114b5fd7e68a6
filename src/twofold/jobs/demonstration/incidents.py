"""Incidents (T-19): the tracker, its history, its follow-ups, and the pager as second source.

An incident is first made in good order, then altered by the fault planned for it. Severe incidents keep away from the
days of planted changes, so that an open incident never explains a change by accident.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from twofold.jobs.demonstration.draw import Draw
from twofold.jobs.demonstration.systems import REPOSITORIES, in_scope
from twofold.jobs.demonstration.timeline import EXTRACTED_AT, FIRST_DAY, LAST_DAY, local, working_days
from twofold.jobs.demonstration.world import Outage, Row, World

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
A_DAY = timedelta(days=1)
RESPONSE = {"sev1": 30 * MINUTE, "sev2": 60 * MINUTE, "sev3": 8 * HOUR, "sev4": 24 * HOUR}
SEVERE = ("sev1", "sev2")
_ALL = "ABCDEFG"
SOX = ("sox",)


@dataclass(slots=True, eq=False)
class Incident:
    """One incident; `row` is its line in the tracker, with moments as times."""

    system: str
    severity: str
    opened_at: datetime
    row: Row
    history: list[Row]
    action: Row | None = None
    id: str = ""


@dataclass(slots=True)
class IncidentBook:
    """All incidents of the year."""

    incidents: list[Incident] = field(default_factory=list)


Fault = Callable[[World, IncidentBook, Incident], None]


def have_incidents(world: World, draw: Draw) -> IncidentBook:
    """Invent the year's incidents: those that emergencies need, a few each month, and the planted ones."""
    book = IncidentBook()
    for outage in world.outages:
        book.incidents.append(_of_outage(world, draw, outage))
    for day in working_days(FIRST_DAY, LAST_DAY)[2:-8:3]:
        severity = draw.one_of(("sev2", "sev3", "sev3", "sev4", "sev4"))
        free = [system for system in REPOSITORIES if _is_quiet(world, system, severity, day)]
        if not free:
            continue
        system = draw.one_of(free)
        opened_at = local(day, "08:00") + draw.minutes(0, 480)
        book.incidents.append(_incident(world, draw, system, severity, opened_at))
    planted: list[tuple[Fault, Incident]] = []
    for fault, system, severity, day in PLANS:
        if not _is_quiet(world, system, severity, day):
            msg = f"an incident of {system} on {day} would be open during a planted change"
            raise ValueError(msg)
        incident = _incident(world, draw, system, severity, local(day, "13:00") + draw.minutes(0, 50))
        book.incidents.append(incident)
        planted.append((fault, incident))
    book.incidents.sort(key=lambda incident: incident.opened_at)
    for number, incident in enumerate(book.incidents, 1):
        incident.id = incident.row["id"] = f"INC-{number}"
        world.key.item("T-19", incident.id, incident.system, incident.opened_at)
    for fault, incident in planted:
        fault(world, book, incident)
    return book


def _is_quiet(world: World, system: str, severity: str, day: date) -> bool:
    """Whether no planted change of the system falls into the days on which such an incident would be open."""
    open_days = 8 if severity in SEVERE else 3
    return not any((system, day + A_DAY * offset) in world.quiet_days for offset in range(open_days))


def _of_outage(world: World, draw: Draw, outage: Outage) -> Incident:
    incident = _incident(world, draw, outage.system, "sev1", outage.opened_at)
    incident.row["contained_at"], incident.row["recovered_at"] = outage.recovered_at - 20 * MINUTE, outage.recovered_at
    return incident


def _incident(world: World, draw: Draw, system: str, severity: str, opened_at: datetime) -> Incident:
    responder = draw.one_of(world.authority.holders(system, "incident"))
    severe = severity in SEVERE
    recovered_at = opened_at + draw.minutes(100, 240)
    closed_at = recovered_at + (6 * A_DAY if severe else A_DAY)
    detected_at = opened_at - 4 * MINUTE
    row: Row = {
        "id": "",
        "severity": severity,
        "systems": [system],
        "detected_at": detected_at,
        "reported_at": opened_at,
        "opened_at": opened_at,
        "responded_at": detected_at + draw.minutes(6, 25),
        "contained_at": recovered_at - 30 * MINUTE,
        "recovered_at": recovered_at,
        "closed_at": closed_at,
        "reopened_at": None,
        "duplicate_of": "",
        "false_alarm_reason": "",
        "false_alarm_by": "",
        "cause": draw.one_of(("Exhausted connections", "Expired certificate", "Slow query", "Wrong configuration")),
        "cause_at": recovered_at + (4 * A_DAY if severe else HOUR),
        "notice_decision": "not_required",
        "notice_decided_at": recovered_at + 2 * HOUR,
        "finance_effect": "",
        "finance_by": "",
        "finance_at": None,
    }
    if in_scope(system, "sox", opened_at):
        judge = world.authority.holders(system, "finance")[1]
        row |= {"finance_effect": "no", "finance_by": f"okta:{judge.okta}", "finance_at": recovered_at + 20 * HOUR}
    history: list[Row] = [
        {
            "field": "severity",
            "old_value": "",
            "new_value": severity,
            "occurred_at": opened_at + 2 * MINUTE,
            "actor": f"okta:{responder.okta}",
        }
    ]
    incident = Incident(system, severity, opened_at, row, history)
    if severe:
        incident.action = {"owner": responder.id, "due_at": closed_at + 20 * A_DAY, "closed_at": closed_at + 12 * A_DAY}
        if incident.action["closed_at"] > EXTRACTED_AT:
            incident.action["closed_at"] = None
    return incident


def no_severity(world: World, _: IncidentBook, incident: Incident) -> None:
    """Nobody ever set a severity."""
    incident.row["severity"], incident.history = "", []
    world.key.exception(("T-19", incident.id, "A"), "no_severity", "The incident has no severity.")


def slow_response(world: World, _: IncidentBook, incident: Incident) -> None:
    """The first response came an hour after its limit."""
    incident.row["responded_at"] = incident.row["detected_at"] + RESPONSE[incident.severity] + HOUR
    incident.row["contained_at"] = incident.row["responded_at"] + 20 * MINUTE
    incident.row["recovered_at"] = incident.row["contained_at"] + HOUR
    world.key.exception(("T-19", incident.id, "B"), "slow_response", "The first response came an hour too late.")


def lowered_before_breach(world: World, _: IncidentBook, incident: Incident) -> None:
    """The severity was lowered five minutes before the limit of the old one, and nobody had responded."""
    row = incident.row
    lowered_at = row["detected_at"] + RESPONSE["sev2"] - 5 * MINUTE
    actor = incident.history[0]["actor"]
    incident.history.append(
        {"field": "severity", "old_value": "sev2", "new_value": "sev3", "occurred_at": lowered_at, "actor": actor}
    )
    row["severity"], row["responded_at"] = "sev3", row["detected_at"] + 90 * MINUTE
    row["contained_at"], row["recovered_at"] = row["detected_at"] + 2 * HOUR, row["detected_at"] + 3 * HOUR
    why = "The severity was lowered to sev3 five minutes before the sev2 response was due; it came half an hour late."
    world.key.exception(("T-19", incident.id, "B"), "severity_lowered", why)


def out_of_order(world: World, _: IncidentBook, incident: Incident) -> None:
    """It was recovered before it was contained."""
    incident.row["contained_at"] = incident.row["recovered_at"] + HOUR
    world.key.exception(("T-19", incident.id, "C"), "out_of_order", "Recovered is dated before contained.")


def no_cause(world: World, _: IncidentBook, incident: Incident) -> None:
    """The cause was written down three weeks later; ten days are allowed."""
    incident.row["cause_at"] = incident.row["opened_at"] + 21 * A_DAY
    incident.row["closed_at"] = incident.row["opened_at"] + 22 * A_DAY
    world.key.exception(("T-19", incident.id, "D"), "late_cause", "The cause was written down after 21 days.")


def overdue_action(world: World, _: IncidentBook, incident: Incident) -> None:
    """A follow-up is still open, long after its date."""
    if incident.action is None:
        msg = f"{incident.id} has no follow-up"
        raise ValueError(msg)
    incident.action["closed_at"] = None
    world.key.exception(("T-19", incident.id, "E"), "action_overdue", "A follow-up is open after its due date.")


def no_notice(world: World, _: IncidentBook, incident: Incident) -> None:
    """Nobody decided whether customers must be told."""
    incident.row["notice_decision"], incident.row["notice_decided_at"] = "", None
    world.key.exception(("T-19", incident.id, "F"), "notice_undecided", "Nobody decided whether to notify anyone.")


def no_finance_effect(world: World, _: IncidentBook, incident: Incident) -> None:
    """Finance never said whether figures were affected; only SOX asks."""
    incident.row |= {"finance_effect": "", "finance_by": "", "finance_at": None}
    why = "Nobody in finance judged whether figures were affected."
    world.key.exception(("T-19", incident.id, "G"), "finance_effect_missing", why, lenses=SOX)


def false_alarm(world: World, _: IncidentBook, incident: Incident) -> None:
    """A monitor misfired; the responder confirmed it."""
    incident.row |= {"false_alarm_reason": "A test alert was sent on purpose.", "notice_decision": ""}
    incident.row["false_alarm_by"] = incident.history[0]["actor"]
    world.key.excuse("T-19", incident.id, _ALL, "false_alarm", "A confirmed false alarm.")


def duplicate(world: World, book: IncidentBook, incident: Incident) -> None:
    """The same outage was reported twice; the record was merged into the first."""
    earlier = [x for x in book.incidents if x.system == incident.system and x.opened_at < incident.opened_at]
    incident.row["duplicate_of"] = earlier[-1].id
    world.key.excuse("T-19", incident.id, _ALL, "duplicate", "Merged into another incident, which is tested.")


def _day(text: str) -> date:
    return date.fromisoformat(text)


PLANS: tuple[tuple[Fault, str, str, date], ...] = (
    (no_severity, "billing", "sev4", _day("2025-10-09")),
    (no_severity, "portal", "sev4", _day("2026-10-21")),
    (slow_response, "ledger", "sev3", _day("2026-01-15")),
    (slow_response, "portal", "sev3", _day("2026-06-25")),
    (lowered_before_breach, "payments", "sev2", _day("2026-07-23")),
    (out_of_order, "analytics", "sev3", _day("2026-05-21")),
    (no_cause, "billing", "sev2", _day("2026-06-18")),
    (no_cause, "portal", "sev2", _day("2026-04-16")),
    (overdue_action, "payments", "sev2", _day("2026-03-19")),
    (no_notice, "billing", "sev3", _day("2026-08-13")),
    (no_notice, "analytics", "sev4", _day("2026-02-12")),
    (no_finance_effect, "ledger", "sev3", _day("2026-05-14")),
    (no_finance_effect, "billing", "sev4", _day("2025-10-23")),
    (false_alarm, "portal", "sev4", _day("2026-02-19")),
    (false_alarm, "billing", "sev3", _day("2026-09-10")),
    (duplicate, "payments", "sev3", _day("2026-06-18")),
)
