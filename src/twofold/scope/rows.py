"""Rows of the canonical fact tables that the scope files give, each with the place it came from.

The tables are described in `twofold/tables/schema/`, which lies above this package and is not imported: rows are
plain values under its column names. Boundaries are aware UTC times, instants are `Instant`, lists are lists of text.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import holidays

from twofold.model.instant import Instant, zone_named
from twofold.scope.due import due_occurrences
from twofold.scope.entry import Dated
from twofold.scope.labels import FIN_RELEVANT, effective_labels
from twofold.scope.people import Calendar
from twofold.scope.register import Scope
from twofold.scope.system import System

FactValue = str | int | bool | datetime | Instant | list[str] | None


@dataclass(frozen=True, slots=True)
class FactRow:
    """One row for a canonical table; `record` is for example `systems.yaml:12`."""

    table: str
    record: str
    values: dict[str, FactValue] = field(default_factory=dict)


def scope_rows(scope: Scope, *, horizon: datetime | None = None) -> Iterator[FactRow]:
    """Yield the rows of all fact tables, table by table.

    horizon: due occurrences before it are given; None takes the day after the last engagement ends, and none are
    given where there is no engagement.
    """
    for system in scope.systems:
        yield from _system(system)
    for label in effective_labels(scope):
        values: dict[str, FactValue] = {
            "system": label.system,
            "label": label.label,
            "valid_from": label.stretch.first,
            "valid_to": label.stretch.last,
            "reason": label.reason,
            "approver": label.approver,
        }
        if label.label == FIN_RELEVANT:
            values["dependents"] = None if label.dependents is None else len(label.dependents)
        yield FactRow("system_label", label.record, values)
    yield from _people(scope)
    yield from _changes(scope)
    limit = horizon or scope.horizon()
    for due in due_occurrences(scope, horizon=limit) if limit else ():
        yield FactRow(
            "due_occurrence",
            due.record,
            {"activity": due.activity, "system": due.system, "starts_at": due.starts_at, "due_at": due.due_at},
        )


def _system(system: System) -> Iterator[FactRow]:
    yield FactRow(
        "system",
        system.record,
        {
            "id": system.id,
            "name": system.name,
            "layer": system.layer,
            "zone": system.zone,
            "log_retention_days": system.log_retention_days,
            "owner": system.owner,
        },
    )
    for check in system.required_checks:
        yield FactRow("check_requirement", check.record, {"scope": system.id, "name": check.name, **_dates(check)})
    for store in system.stores:
        yield FactRow(
            "store",
            store.record,
            {
                "id": store.id,
                "system": system.id,
                "rto_minutes": store.rto_minutes,
                "rpo_minutes": store.rpo_minutes,
                **_dates(store),
            },
        )


def _people(scope: Scope) -> Iterator[FactRow]:
    for person in scope.people:
        yield FactRow("person", person.record, {"id": person.id, "name": person.name, "email": person.email})
    for entry in scope.rosters:
        values: dict[str, FactValue] = {"scope": entry.scope, "duty": entry.duty, "right_class": entry.right_class}
        yield FactRow("roster", entry.record, {**values, "person": entry.person, **_dates(entry)})
    for role in scope.role_authority:
        yield FactRow("role_authority", role.record, {"scope": role.scope, "duty": role.duty, "role": role.role})
    for delegation in scope.delegations:
        yield FactRow(
            "delegation",
            delegation.record,
            {
                "from_person": delegation.from_person,
                "to_person": delegation.to_person,
                "duty": delegation.duty,
                **_dates(delegation),
                "recorded_at": delegation.recorded_at,
            },
        )
    for link in scope.account_links:
        values = {"account": link.account, "person": link.person, **_dates(link), "proof": link.proof}
        yield FactRow("account_link", link.record, values)
    for right in scope.birthrights:
        values = {"role": right.role, "right_id": right.right_id, "approved_by": right.approved_by, **_dates(right)}
        yield FactRow("birthright", right.record, values)
    for calendar in scope.calendars:
        yield FactRow(
            "calendar",
            calendar.record,
            {
                "id": calendar.id,
                "zone": calendar.zone,
                "opens": calendar.opens,
                "closes": calendar.closes,
                "weekend": list(calendar.weekend),
                "holidays": _holidays(calendar, scope),
            },
        )


def _changes(scope: Scope) -> Iterator[FactRow]:
    for kind in scope.change_types:
        yield FactRow(
            "change_type",
            kind.record,
            {
                "id": kind.id,
                "is_change": kind.is_change,
                "functional": kind.functional,
                "needs_rollback": kind.needs_rollback,
                "material_fields": list(kind.material_fields),
                "authorised_states": list(kind.authorised_states),
            },
        )
    for standing in scope.standard_changes:
        yield FactRow(
            "standard_change",
            standing.record,
            {
                "id": standing.id,
                "systems": list(standing.systems),
                "kinds": list(standing.kinds),
                "object_pattern": standing.object_pattern,
                "approved_by": standing.approved_by,
                **_dates(standing),
            },
        )
    for agreement in scope.pipeline_agreements:
        yield FactRow(
            "pipeline_agreement",
            agreement.record,
            {
                "system": agreement.system,
                "agreed_by": agreement.agreed_by,
                "agreed_at": agreement.agreed_at,
                **_dates(agreement),
            },
        )


def _dates(entry: Dated) -> dict[str, FactValue]:
    return {"valid_from": entry.stretch.first, "valid_to": entry.stretch.last}


def _holidays(calendar: Calendar, scope: Scope) -> list[str]:
    """Return the days without work: those written, and the country's for the years of the engagements and around."""
    days = set(calendar.holidays)
    if calendar.country and scope.engagements:
        zone = zone_named(scope.reporting_zone)
        local = [
            moment.astimezone(zone).year
            for engagement in scope.engagements
            for moment in (engagement.period.starts_at, engagement.period.ends_before)
        ]
        country, _, part = calendar.country.partition("-")
        years = range(min(local) - 1, max(local) + 2)
        days.update(day.isoformat() for day in holidays.country_holidays(country, subdiv=part or None, years=years))
    return sorted(days)
