"""The documented HR files: a roster (one line per engagement) and a job history (one line per stretch of a role).

A line that cannot be read is set aside whole: half a leaver is worse than none that is counted.
"""

from collections.abc import Iterator
from typing import NoReturn

from twofold.sources.hr.dates import boundary, boundary_after, dates_of
from twofold.tables.csv_records import read_csv
from twofold.tables.rows import NormaliseContext, Row, SetAside, SourceFile, Value

ROSTER_REQUIRED = ("person_id", "engagement_id", "type", "start_date")
ROSTER_OPTIONAL = (
    "name",
    "email",
    "role",
    "unit",
    "manager_id",
    "site",
    "last_day",
    "effective_end",
    "end_entered_at",
    "involuntary",
    "policy_date",
    "follows",
)
HISTORY_REQUIRED = ("person_id", "role", "from")
HISTORY_OPTIONAL = ("unit", "manager_id", "to", "entered_at")
_INVOLUNTARY: dict[str, Value] = {"": None, "true": True, "yes": True, "false": False, "no": False}
_EXCERPT = 120


def roster(file: SourceFile, context: NormaliseContext) -> Iterator[Row | SetAside]:
    """Joiners, leavers and contractors: person, engagement, and job unless a job history was captured apart."""
    dates = dates_of(file, context)
    with_jobs = not jobs_apart(file)
    for found in read_csv(file.path, required=ROSTER_REQUIRED, optional=ROSTER_OPTIONAL):
        if isinstance(found, SetAside):
            yield found
            continue
        record, line = found
        cell = {name: line.get(name, "") for name in (*ROSTER_REQUIRED, *ROSTER_OPTIONAL)}
        site, kind = cell["site"], cell["type"].lower()
        try:
            _check(cell, kind)
            started = dates.instant(cell["start_date"], site=site) or _refuse("a line needs a start_date")
            last_day = dates.instant(cell["last_day"], site=site)
            ended = dates.instant(cell["effective_end"], site=site) or last_day
            entered = dates.instant(cell["end_entered_at"], site=site)
            policy = dates.instant(cell["policy_date"], site=site)
        except ValueError as error:
            yield SetAside(record, str(error), ",".join(line.values())[:_EXCERPT])
            continue
        person = cell["person_id"]
        yield Row("person", record, {"id": person, "name": cell["name"], "email": cell["email"]})
        engagement: dict[str, Value] = {
            "id": cell["engagement_id"],
            "person": person,
            "type": kind,
            "site": site,
            "started_at": started,
            "last_day": last_day,
            "effective_end": ended,
            "entered_at": entered,
            "involuntary": _INVOLUNTARY[cell["involuntary"].lower()],
            "policy_date": policy,
            "follows": cell["follows"],
        }
        yield Row("engagement", record, engagement)
        if with_jobs and cell["role"]:
            job: dict[str, Value] = {
                "person": person,
                "role": cell["role"],
                "unit": cell["unit"],
                "manager": cell["manager_id"],
                "valid_from": boundary(started),
                "valid_to": boundary_after(ended),
            }
            yield Row("job", record, job)


def job_history(file: SourceFile, context: NormaliseContext) -> Iterator[Row | SetAside]:
    """Movers: job, one row for each stretch. `to` is exclusive: the first day or moment in which the role is over."""
    dates = dates_of(file, context)
    for found in read_csv(file.path, required=HISTORY_REQUIRED, optional=HISTORY_OPTIONAL):
        if isinstance(found, SetAside):
            yield found
            continue
        record, line = found
        try:
            if not line["person_id"] or not line["role"]:
                _refuse("a job needs person_id and role")
            starts, ends = dates.instant(line["from"]), dates.instant(line.get("to", ""))
            entered = dates.instant(line.get("entered_at", ""))
        except ValueError as error:
            yield SetAside(record, str(error), ",".join(line.values())[:_EXCERPT])
            continue
        job: dict[str, Value] = {
            "person": line["person_id"],
            "role": line["role"],
            "unit": line.get("unit", ""),
            "manager": line.get("manager_id", ""),
            "valid_from": boundary(starts),
            "valid_to": boundary(ends),
            "entered_at": entered,
        }
        yield Row("job", record, job)


def jobs_apart(file: SourceFile) -> bool:
    """Whether the roles come from a job history, so that today's role is not dated back to the first day."""
    return file.evidence.provenance.parameters.get("job_history") == "separate"


def _check(cell: dict[str, str], kind: str) -> None:
    if not cell["person_id"] or not cell["engagement_id"]:
        _refuse("a line needs person_id and engagement_id")
    if kind not in {"employee", "contractor"}:
        _refuse(f"type {cell['type']!r} is neither employee nor contractor")
    if cell["involuntary"].lower() not in _INVOLUNTARY:
        _refuse(f"involuntary {cell['involuntary']!r} is neither true nor false")


def _refuse(message: str) -> NoReturn:
    raise ValueError(message)
