"""The approver roster: who may approve what on which system from when to when, and who could on a day gone by.

The roster is part of the scope, so this page shows it and a change goes through the scope. Who could act on a day is
asked of the step `authority`, as every control test asks it: roster and delegations, cut to the time of employment.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from twofold.model.instant import zone_named
from twofold.scope.stretches import Stretch, without
from twofold.web.company.programme.control_tests import control_tests_reading
from twofold.web.company.programme.personal import may_see_people
from twofold.web.company.programme.reading import PAGE, Reading, Row, first_page, reading, remembered
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.workspace_access import Current, current

DUTIES = {
    "authorise": "let a change be built",
    "release": "approve a change before its release",
    "access": "approve access",
    "review": "review access",
    "emergency": "approve an emergency change",
    "uat": "accept a change as its user",
    "incident": "handle incidents",
    "vendor": "review reports of vendors",
    "finance": "approve in finance",
    "policy": "approve a policy",
    "risk": "accept a weakness",
    "logs": "delete records of a log",
    "security": "second approval of privileged rights",
}
_YEARS = (1970, 2200)
"""A day outside of them was mistyped."""
_KEY = """concat_ws(
    '|', r.duty, r.scope, COALESCE(r.right_class, ''), r.person, COALESCE(CAST(r.valid_from AS VARCHAR), '')
)"""
_ON_THE_DAY = """
SELECT a.*, j.role, p.name
FROM authority AS a
LEFT JOIN person AS p ON p.id = a.person
LEFT JOIN (
    SELECT person, arg_max(role, valid_from) AS role FROM job WHERE valid_from <= ? GROUP BY person
) AS j ON j.person = a.person
WHERE a.duty = ? AND a.scope IN (?, '*') AND (? = '' OR a.right_class IS NULL OR a.right_class = ?)
    AND a.valid_from < ? AND a.valid_to > greatest(a.valid_from, ?)
ORDER BY a.basis DESC, a.person, a.valid_from
"""
_BY_TITLE = """
SELECT DISTINCT a.person, p.name, a.role
FROM authority_by_title AS a
LEFT JOIN person AS p ON p.id = a.person
WHERE a.duty = ? AND a.scope IN (?, '*') AND a.valid_from < ? AND a.valid_to > greatest(a.valid_from, ?)
    AND NOT EXISTS (
        SELECT 1 FROM roster AS x WHERE x.duty = a.duty AND x.scope IN (?, '*')
            AND COALESCE(x.valid_from, TIMESTAMP '0001-01-01') < ?
    )
ORDER BY a.person, a.role
"""
_OVERLAPS = """
WITH line AS (
    SELECT person, duty, scope, right_class, COALESCE(valid_from, TIMESTAMP '1900-01-01') AS first,
        COALESCE(valid_to, TIMESTAMP '9999-12-31') AS last
    FROM roster
)
SELECT a.person, a.duty, a.scope, b.scope AS other_scope, greatest(a.first, b.first) AS first,
    nullif(least(a.last, b.last), TIMESTAMP '9999-12-31') AS last
FROM line AS a
JOIN line AS b ON b.person = a.person AND b.duty = a.duty AND b.right_class IS NOT DISTINCT FROM a.right_class
    AND b.first < a.last AND a.first < b.last
WHERE (b.scope = a.scope AND b.first > a.first) OR (b.scope = '*' AND a.scope <> '*')
ORDER BY ALL LIMIT 100
"""
_OUTLIVED = """
SELECT r.person, p.name, r.duty, r.scope, r.valid_to, w.works_to
FROM roster AS r
JOIN (
    SELECT person, max(COALESCE(effective_end, last_day_latest)) AS works_to FROM engagement
    GROUP BY person HAVING bool_and(COALESCE(effective_end, last_day_latest) IS NOT NULL)
) AS w ON w.person = r.person AND w.works_to < COALESCE(r.valid_to, TIMESTAMP '9999-12-31')
LEFT JOIN person AS p ON p.id = r.person
WHERE w.works_to <= ?
ORDER BY w.works_to DESC, r.person, r.duty LIMIT 100
"""


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch in which nobody could act; `last` None = until now and on."""

    duty: str
    scope: str
    first: datetime
    last: datetime | None


@require_safe
@needs("see_programme")
def show(request: HttpRequest) -> HttpResponse:
    """Answer with the roster, its gaps and overlaps, and who could act on the day that the query names."""
    now, at = current(), timezone.now()
    zone = zone_named(now.workspace.settings.reporting_zone)
    asked = {name: request.GET.get(name, "").strip() for name in ("system", "duty", "class", "on", "person", "after")}
    day, odd_day = day_asked(asked["on"])
    with reading(now) as tables:
        systems = [row["id"] for row in tables.rows("SELECT id FROM system ORDER BY id")]
        rows, after = first_page(rows_of_roster(tables, asked), "key")
        answer = who_could(tables, asked, day, zone) if day and asked["duty"] and asked["system"] else None
        values = {
            "after": after,
            "answer": answer,
            "asked": asked,
            "at": at,
            "day": day,
            "duties": DUTIES,
            **looked_at(tables, now, at),
            "odd_day": odd_day,
            "personal": may_see_people(request),
            "rows": rows,
            "systems": systems,
        }
    values["tests"] = control_tests_reading(now, ("roster",), through_steps=True)
    return page(request, "programme/roster.html", values, at="roster", title="Approver roster")


def looked_at(tables: Reading, now: Current, at: datetime) -> dict[str, Any]:
    """Return what is beside the roster: delegations, titles, and its holes, overlaps and duties of who has left."""
    return {
        "delegations": tables.rows("SELECT * FROM delegation ORDER BY valid_from DESC LIMIT 100"),
        "holes": remembered(now, "holes", lambda: list(_holes(tables, at))),
        "outlived": remembered(now, "outlived", lambda: tables.rows(_OUTLIVED, at)),
        "overlaps": remembered(now, "overlaps", lambda: tables.rows(_OVERLAPS)),
        "titles": tables.rows("SELECT * FROM role_authority ORDER BY duty, scope, role"),
    }


def day_asked(text: str) -> tuple[date | None, str]:
    """Return the day that was asked for, or why it is none."""
    if not text:
        return None, ""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None, f"{text[:40]!r} is no day; a day such as 2026-03-14 is expected"
    if not _YEARS[0] <= day.year <= _YEARS[1]:
        return None, f"{day} lies outside of the years {_YEARS[0]} to {_YEARS[1]}"
    return day, ""


def rows_of_roster(tables: Reading, asked: dict[str, str]) -> list[Row]:
    """Return one page of the roster and one more, by `key`. asked: system, duty, person, after."""
    where, given = [f"{_KEY} > ?"], [asked["after"]]
    for name, column in (("system", "scope"), ("duty", "duty"), ("person", "person")):
        if asked[name]:
            where.append(f"r.{column} IN (?, '*')" if name == "system" else f"r.{column} = ?")
            given.append(asked[name])
    query = f"""
        SELECT r.*, {_KEY} AS key, p.name FROM roster AS r LEFT JOIN person AS p ON p.id = r.person
        WHERE {" AND ".join(where)} ORDER BY key LIMIT {PAGE + 1}
    """  # noqa: S608  names of ours
    return tables.rows(query, *given)


def who_could(tables: Reading, asked: dict[str, str], day: date, zone: object) -> dict[str, Sequence[Row]]:
    """Return who could act on a local day, by roster and delegation, or by title where no dated roster had begun."""
    starts = datetime.combine(day, time.min, zone).astimezone(UTC)  # type: ignore[arg-type]  # a zone of ours
    ends = datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC)  # type: ignore[arg-type]
    duty, system, right = asked["duty"], asked["system"], asked["class"]
    found = tables.rows(_ON_THE_DAY, ends, duty, system, right, right, ends, starts)
    named = [
        {
            **row,
            "all_day": row["valid_from"] <= starts and row["valid_to"] >= ends,
            "lent_by": _lenders(tables, row) if row["basis"] == "delegation" else [],
        }
        for row in found
    ]
    return {"named": named, "by_title": tables.rows(_BY_TITLE, duty, system, ends, starts, system, ends)}


def _lenders(tables: Reading, row: Row) -> list[Row]:
    return tables.rows(
        """
        SELECT d.from_person, d.recorded_at FROM delegation AS d
        WHERE d.to_person = ? AND (d.duty IS NULL OR d.duty = ?) AND COALESCE(d.valid_to, TIMESTAMP '9999-12-31') > ?
            AND greatest(COALESCE(d.valid_from, TIMESTAMP '0001-01-01'), d.recorded_at_latest) < ?
        """,
        row["person"],
        row["duty"],
        row["valid_from"],
        row["valid_to"],
    )


def _holes(tables: Reading, at: datetime) -> Iterator[Hole]:
    """Yield, for each duty and system that a roster ever named, the stretches since then in which nobody could act."""
    found: dict[tuple[str, str], list[Stretch]] = {}
    for row in tables.rows("SELECT duty, scope, valid_from, valid_to FROM authority"):
        found.setdefault((row["duty"], row["scope"]), []).append(Stretch(row["valid_from"], row["valid_to"]))
    listed = tables.rows(
        """
        SELECT duty, scope, min(COALESCE(valid_from, TIMESTAMP '1990-01-01')) AS first
        FROM roster GROUP BY ALL ORDER BY ALL
        """
    )
    for row in listed:
        held = [*found.get((row["duty"], row["scope"]), []), *found.get((row["duty"], "*"), [])]
        if row["first"] < at:
            for part in without(Stretch(row["first"], at), held):
                yield Hole(
                    row["duty"], row["scope"], part.starts_at, None if part.ends_before == at else part.ends_before
                )
