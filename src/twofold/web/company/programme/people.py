"""People: who works here from when to when, with which accounts, duties, training and acknowledgements.

Names and roles are for everybody; the rest is personal data and shown by the right `see_people`, and to the person.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from twofold.web.company.programme.control_tests import control_tests_reading, items_about
from twofold.web.company.programme.history import versions
from twofold.web.company.programme.personal import may_see_people, may_see_person
from twofold.web.company.programme.reading import PAGE, Reading, Row, first_page, reading, remembered
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.workspace_access import Current, current

STATES = {"works": "works here", "joined": "joined in 90 days", "left": "left", "reached": "left, access seen after"}
_NARROWED = {
    "works": "w.started_at <= $at AND (w.works_to IS NULL OR w.works_to > $at)",
    "joined": "w.started_at > $at - INTERVAL 90 DAY AND w.started_at <= $at",
    "left": "w.works_to <= $at",
    "reached": "w.works_to <= $at AND EXISTS (SELECT 1 FROM person_account AS x WHERE x.person = p.id"
    " AND x.last_seen > w.works_to)",
}
_PEOPLE = """
SELECT p.id, p.name, w.works_from, w.works_to, w.started_at, w.type, w.engagements, j.role, j.unit, j.manager
FROM (
    SELECT id, name FROM person
    UNION ALL SELECT DISTINCT person, NULL FROM engagement WHERE person NOT IN (SELECT id FROM person)
) AS p
LEFT JOIN working AS w ON w.person = p.id
LEFT JOIN job_now AS j ON j.person = p.id
"""
_COUNTED = """
SELECT p.id,
    (SELECT count(*) FROM person_account AS a WHERE a.person = p.id AND (a.valid_to IS NULL OR a.valid_to > ?))
        AS accounts,
    (SELECT max(a.last_seen) FROM person_account AS a WHERE a.person = p.id) AS last_seen,
    t.last_at AS trained_at, t.due_at AS training_due_at, t.is_first, t.away,
    (SELECT count(*) FROM must_sign AS m WHERE m.person = p.id) AS must_sign,
    (SELECT count(*) FROM must_sign AS m WHERE m.person = p.id AND m.signed_at IS NOT NULL) AS signed
FROM (SELECT unnest(?) AS id) AS p
LEFT JOIN trained AS t ON t.person = p.id
"""
_SUMS = """
SELECT
    count(*) FILTER (started_at <= ? AND (works_to IS NULL OR works_to > ?)) AS working,
    count(*) FILTER (started_at > ?::TIMESTAMP - INTERVAL 90 DAY AND works_to IS NULL) AS joined,
    count(*) FILTER (works_to <= ?) AS gone,
    count(*) FILTER (works_to <= ? AND EXISTS (
        SELECT 1 FROM person_account AS a WHERE a.person = working.person AND a.last_seen > working.works_to
    )) AS reached
FROM working
"""
_UNITS = "SELECT DISTINCT unit FROM job_now WHERE unit <> '' ORDER BY unit"
_SAID = ("engagement", "job", "leave", "training", "acknowledgement")
"""Tables whose rows about a person have a history on the page."""


@require_safe
@needs("see_programme")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with a page of people by id, narrowed by words, unit and state. Only names and roles without the right."""
    now, at, personal = current(), timezone.now(), may_see_people(request)
    asked = {name: request.GET.get(name, "").strip() for name in ("words", "unit", "state", "after")}
    with reading(now) as tables:
        rows, after = first_page(rows_of_people(tables, asked, at, personal=personal), "id")
        units = remembered(now, "units", lambda: [row["unit"] for row in tables.rows(_UNITS)])
        sums = remembered(now, "people", lambda: tables.one(_SUMS, at, at, at, at, at)) if personal else None
        counted = counted_of_people(tables, [row["id"] for row in rows], at) if personal else {}
    values = {
        "after": after,
        "asked": asked,
        "at": at,
        "counted": counted,
        "personal": personal,
        "rows": rows,
        "states": STATES,
        "sums": sums,
        "units": units,
    }
    return page(request, "programme/people.html", values, at="people", title="People")


def rows_of_people(tables: Reading, asked: dict[str, str], at: datetime, *, personal: bool) -> list[Row]:
    """Return one page of people and one more, by id. asked: words, unit, state, and `after`, the last id before."""
    where, given = ["p.id > ?"], [asked["after"]]
    if asked["words"]:
        where.append("contains(lower(concat_ws(' ', p.id, p.name, j.role)), lower(?))")
        given.append(asked["words"])
    if personal and asked["unit"]:
        where.append("j.unit = ?")
        given.append(asked["unit"])
    if personal and asked["state"] in _NARROWED:
        moment = f"TIMESTAMP '{at.replace(tzinfo=None).isoformat()}'"
        where.append(_NARROWED[asked["state"]].replace("$at", moment))
    query = f"{_PEOPLE} WHERE {' AND '.join(where)} ORDER BY p.id LIMIT {PAGE + 1}"
    return tables.rows(query, *given)


def counted_of_people(tables: Reading, ids: list[str], at: datetime) -> dict[str, Row]:
    """Return accounts, last sign-in, training and acknowledgements of the people of one page."""
    return {row["id"]: row for row in tables.rows(_COUNTED, at, ids)}


@require_safe
@needs("see_programme")
def show(request: HttpRequest, person_id: str) -> HttpResponse:
    """Answer with one person; without the right to see people only with name and role."""
    now, at = current(), timezone.now()
    personal = may_see_person(request, person_id)
    with reading(now) as tables:
        person = row_of_person(tables, person_id)
        values: dict[str, Any] = {"at": at, "personal": personal, "who": person, "parts": parts_of(now, person_id)}
        if personal:
            values |= details_of_person(tables, person_id)
    if personal:
        engagements = [row["id"] for row in values["engagements"]]
        about = (items_about(now, test, engagements) for test in ("T-03", "T-25", "T-26"))
        values |= {
            "items": [each for each in about if each],
            "tests": control_tests_reading(now, ("engagement", "job")),
        }
    return page(request, "programme/person.html", values, at="people", title=person["name"] or person_id)


def row_of_person(tables: Reading, person: str) -> Row:
    """Return name, job and time of employment of a person; raises Http404 for an unknown one."""
    found = tables.one(f"{_PEOPLE} WHERE p.id = ?", person)
    if found is None:
        raise Http404
    return found


def details_of_person(tables: Reading, person: str) -> dict[str, Any]:
    """Return the personal data of a person: accounts, jobs, leave, duties, training, what they must sign."""
    return {
        "accounts": tables.rows(
            "SELECT * FROM person_account WHERE person = ? ORDER BY system, account, valid_from LIMIT 200", person
        ),
        "delegations": tables.rows(
            "SELECT * FROM delegation WHERE from_person = ? OR to_person = ? ORDER BY valid_from DESC", person, person
        ),
        "engagements": tables.rows("SELECT * FROM engagement WHERE person = ? ORDER BY started_at DESC", person),
        "history": versions(tables, dict.fromkeys(_SAID, ("person = ?", person))),
        "jobs": tables.rows("SELECT * FROM job WHERE person = ? ORDER BY valid_from DESC", person),
        "leaves": tables.rows("SELECT * FROM leave WHERE person = ? ORDER BY valid_from DESC", person),
        "rosters": tables.rows("SELECT * FROM roster WHERE person = ? ORDER BY duty, scope, valid_from", person),
        "signing": tables.rows("SELECT * FROM must_sign WHERE person = ? ORDER BY policy", person),
        "trained": tables.one("SELECT * FROM trained WHERE person = ?", person),
        "trainings": tables.rows(
            "SELECT * FROM completed WHERE person = ? ORDER BY completed_at DESC LIMIT 50", person
        ),
    }


def parts_of(now: Current, person: str) -> list[Row]:
    """Return the parts that a person has in controls, now or at another time."""
    return list(_parts(now, person))


def _parts(now: Current, person: str) -> Iterator[Row]:
    if now.scope is None:
        return
    for entry in now.scope.scope.controls:
        held = [name for name in ("owner", "performer", "evidence_owner", "deputy") if getattr(entry, name) == person]
        if held:
            yield {
                "control_id": entry.control_id,
                "parts": ", ".join(each.replace("_", " ") for each in held),
                "first": entry.stretch.first,
                "last": entry.stretch.last,
                "systems": ", ".join(entry.systems),
            }
