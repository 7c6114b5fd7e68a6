"""BambooHR's custom report (JSON): people, hire and termination dates.

The report names managers by display name only, so no manager is taken from it: a name is a suggestion, not a link
(audit-domain 4.0, *Identity*). It shows one engagement per person.
"""

from collections.abc import Iterator
from typing import Any

from twofold.model.instant import Instant
from twofold.sources.hr.dates import HrDates, boundary, boundary_after, dates_of
from twofold.sources.hr.roster import jobs_apart
from twofold.tables.json_records import read_records
from twofold.tables.rows import NormaliseContext, Row, SetAside, SourceFile, Value

_CONTRACTORS = "Contractor;Contract;Consultant;Freelancer"
_EXCERPT = 120


def report(file: SourceFile, context: NormaliseContext) -> Iterator[Row | SetAside]:
    """POST /reports/custom?format=json&onlyCurrent=false: person, engagement, job."""
    parameters = file.evidence.provenance.parameters
    dates = dates_of(file, context)
    told = parameters.get("contractor_statuses") or _CONTRACTORS
    contractors = frozenset(part.strip().lower() for part in told.split(";"))
    id_field = parameters.get("id_field") or "id"
    for found in read_records(file.path, list_keys=("employees",)):
        if isinstance(found, SetAside):
            yield found
            continue
        record, employee = found
        person = _text(employee, id_field)
        try:
            started, ended = _stretch(employee, person, dates)
        except ValueError as error:
            yield SetAside(record, str(error), repr(employee)[:_EXCERPT])
            continue
        yield Row(
            "person",
            record,
            {"id": person, "name": _text(employee, "displayName"), "email": _text(employee, "workEmail")},
        )
        contractor = _text(employee, "employmentHistoryStatus").lower() in contractors
        engagement: dict[str, Value] = {
            "id": f"{person}:{_text(employee, 'hireDate')}",
            "person": person,
            "type": "contractor" if contractor else "employee",
            "site": _text(employee, "location"),
            "started_at": started,
            "last_day": ended,
            "effective_end": ended,
        }
        yield Row("engagement", record, engagement)
        if _text(employee, "jobTitle") and not jobs_apart(file):
            job: dict[str, Value] = {
                "person": person,
                "role": _text(employee, "jobTitle"),
                "unit": _text(employee, "department"),
                "valid_from": boundary(started),
                "valid_to": boundary_after(ended),
            }
            yield Row("job", record, job)


def _stretch(employee: dict[str, Any], person: str, dates: HrDates) -> tuple[Instant | None, Instant | None]:
    """Return first and last day; raises ValueError where the report leaves open whether the person still works."""
    site = _text(employee, "location")
    started = dates.instant(_text(employee, "hireDate"), site=site)
    ended = dates.instant(_text(employee, "terminationDate"), site=site)
    problem = ""
    if not person or started is None:
        problem = "an employee needs an id and a hireDate"
    elif "status" not in employee or "terminationDate" not in employee:
        problem = "the report lacks status or terminationDate: add both fields and export again"
    elif _text(employee, "status").lower() == "inactive" and ended is None:
        problem = "inactive without a termination date: when the engagement ended is not known"
    if problem:
        raise ValueError(problem)
    return started, ended


def _text(employee: dict[str, Any], field: str) -> str:
    value = employee.get(field)
    return "" if value is None else str(value).strip()
