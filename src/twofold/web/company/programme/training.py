"""Training: the courses that count, who must, who did and when, who is overdue, and the limits of who joined lately."""

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from twofold.web.company.programme.control_tests import control_tests_reading, parameter
from twofold.web.company.programme.history import versions
from twofold.web.company.programme.personal import may_see_people
from twofold.web.company.programme.reading import PAGE, Reading, Row, first_page, reading, remembered
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.workspace_access import Current, current

STATES = {
    "overdue": "overdue",
    "soon": "due in 30 days",
    "joiner": "first training open",
    "stands": "stands",
    "away": "on leave",
}
_STATE = """
CASE
    WHEN away THEN 'away' WHEN due_at <= ? THEN 'overdue' WHEN is_first THEN 'joiner'
    WHEN due_at <= ?::TIMESTAMP + INTERVAL 30 DAY THEN 'soon' ELSE 'stands'
END
"""
_COURSES = """
SELECT c.course, min(c.completed_at) AS first_at, max(c.completed_at) AS last_at,
    count(DISTINCT c.person) AS people,
    count(DISTINCT c.person) FILTER (c.completed_at + to_months({months}) > ?) AS standing,
    bool_or(c.counts) AS counts
FROM completed AS c GROUP BY c.course
UNION ALL
SELECT r.course, NULL, NULL, 0, 0, TRUE FROM required_course AS r
WHERE NOT EXISTS (SELECT 1 FROM completed AS c WHERE c.course = r.course) GROUP BY r.course
ORDER BY 1
"""
_YEARS = """
SELECT starts_at, due_at, (
    SELECT count(DISTINCT c.person) FROM completed AS c
    WHERE c.counts AND c.completed_at >= d.starts_at AND c.completed_at < d.due_at
) AS people
FROM due_occurrence AS d WHERE activity = 'training' ORDER BY starts_at DESC
"""


@require_safe
@needs("see_programme")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with the courses, the counts by state, and a page of people, the longest overdue first."""
    now, at, personal = current(), timezone.now(), may_see_people(request)
    months = parameter(now, "T-25", "valid_months")
    asked = {name: request.GET.get(name, "").strip() for name in ("state", "after")}
    with reading(now) as tables:
        rows, after = first_page(rows_of_training(tables, asked, at), "key") if personal else ([], "")
        values = {
            "after": after,
            "asked": asked,
            "at": at,
            "counts": people_by_state(tables, now, at),
            "courses": courses_of(tables, now, at),
            "joiner_days": parameter(now, "T-25", "joiner_days"),
            "months": months,
            "personal": personal,
            "required": tables.rows("SELECT * FROM required_course ORDER BY course, valid_from"),
            "rows": rows,
            "states": STATES,
            "years": remembered(now, "years", lambda: tables.rows(_YEARS)),
        }
    values["tests"] = control_tests_reading(now, ("training", "required_course"))
    return page(request, "programme/training.html", values, at="training", title="Training")


@require_safe
@needs("see_programme")
def course(request: HttpRequest) -> HttpResponse:
    """Answer with one course: who completed it and when, the newest first, and how it counts."""
    now, at, name = current(), timezone.now(), request.GET.get("name", "")
    after = request.GET.get("after", "").strip()
    months = parameter(now, "T-25", "valid_months")
    with reading(now) as tables:
        known = [row for row in courses_of(tables, now, at) if row["course"] == name]
        if not known:
            raise Http404
        personal = may_see_people(request)
        rows, after = first_page(completions_of(tables, name, after), "key") if personal else ([], "")
        values = {
            "after": after,
            "asked": {"name": name},
            "course": known[0],
            "history": versions(tables, {"required_course": ("course = ?", name)}),
            "months": months,
            "personal": personal,
            "required": tables.rows("SELECT * FROM required_course WHERE course = ? ORDER BY valid_from", name),
            "rows": rows,
        }
    values["tests"] = control_tests_reading(now, ("training", "required_course"))
    return page(request, "programme/course.html", values, at="training", title=name)


def people_by_state(tables: Reading, now: Current, at: datetime) -> dict[str, int]:
    """Return how many people are in each of STATES."""
    query = f"SELECT {_STATE} AS state, count(*) AS people FROM trained GROUP BY 1"  # noqa: S608  text of ours
    counted = remembered(now, "trained", lambda: tables.rows(query, at, at))
    states = {row["state"]: row["people"] for row in counted}
    return {state: states.get(state, 0) for state in STATES}


def courses_of(tables: Reading, now: Current, at: datetime) -> list[Row]:
    """Return every course that somebody completed or must, with how many did and for how many it stands."""
    months = parameter(now, "T-25", "valid_months")
    return remembered(now, "courses", lambda: tables.rows(_COURSES.format(months=months), at))


def rows_of_training(tables: Reading, asked: dict[str, str], at: datetime) -> list[Row]:
    """Return one page of people and one more by `key`, the longest overdue first. asked: state, after."""
    query = f"""
        SELECT * FROM (
            SELECT t.*, p.name, j.role, j.unit, {_STATE} AS state,
                strftime(t.due_at, '%Y-%m-%dT%H:%M:%S') || '|' || t.person AS key
            FROM trained AS t
            LEFT JOIN person AS p ON p.id = t.person
            LEFT JOIN job_now AS j ON j.person = t.person
        ) WHERE key > ? AND (? = '' OR state = ?) ORDER BY key LIMIT {PAGE + 1}
    """  # noqa: S608  text of ours
    return tables.rows(query, at, at, asked["after"], asked["state"], asked["state"])


def completions_of(tables: Reading, name: str, after: str) -> list[Row]:
    """Return one page of who completed a course and one more by `key`, the newest first."""
    query = f"""
        SELECT * FROM (
            SELECT c.*, p.name, COALESCE(strftime(c.completed_at, '%Y-%m-%dT%H:%M:%S'), '') || '|' || c.id AS key
            FROM completed AS c LEFT JOIN person AS p ON p.id = c.person WHERE c.course = ?
        ) WHERE ? = '' OR key < ? ORDER BY key DESC LIMIT {PAGE + 1}
    """  # noqa: S608  a number of ours
    return tables.rows(query, name, after, after)
