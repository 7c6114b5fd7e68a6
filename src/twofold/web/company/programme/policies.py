"""Policies: versions with who approved them and by which authority, next review, acknowledgements, promises kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from twofold.jobs.programme import practice as promises
from twofold.jobs.programme.telling import acknowledge
from twofold.model.problem import Problem, UserError
from twofold.readiness.check import CheckResult
from twofold.web.accounts.member import person_of
from twofold.web.company.programme.control_tests import control_tests_reading, items_about, parameter
from twofold.web.company.programme.history import versions
from twofold.web.company.programme.personal import may_see_people
from twofold.web.company.programme.reading import PAGE, Reading, Row, first_page, kept_place, reading, remembered
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.workspace_access import Current, current

_APPROVED = """
SELECT v.*, p.system, h.person AS approver, h.state AS hand,
    EXISTS (
        SELECT 1 FROM authority AS a
        WHERE a.person = h.person AND a.duty = 'policy' AND a.scope IN (COALESCE(p.system, '*'), '*')
            AND a.valid_from <= v.approved_at AND v.approved_at < a.valid_to
    ) AS on_roster,
    lead(v.effective_at) OVER (PARTITION BY v.policy ORDER BY v.effective_at, v.version) AS next_at
FROM policy_version AS v
LEFT JOIN policy AS p ON p.id = v.policy
LEFT JOIN person_account AS h ON h.account = v.approved_by
    AND (h.valid_from IS NULL OR h.valid_from <= v.approved_at) AND (h.valid_to IS NULL OR v.approved_at < h.valid_to)
"""
"""Each version with the hand behind the account that approved it, and whether that person was on the roster then."""
_LIST = """
WITH known AS (
    SELECT id, title, system, review_months, acknowledge_days, needed_from, needed_to FROM policy
    UNION ALL SELECT DISTINCT policy, NULL, NULL, NULL, NULL, NULL, NULL FROM policy_version
    WHERE policy NOT IN (SELECT id FROM policy)
), looked AS (
    SELECT policy, max(moment) AS looked_at FROM (
        SELECT policy, approved_at AS moment FROM policy_version WHERE approved_by IS NOT NULL
        UNION ALL SELECT policy, reviewed_at FROM policy_review WHERE reviewed_by IS NOT NULL
    ) GROUP BY policy
)
SELECT k.*, a.version, a.approver, a.approved_by, a.approved_at, a.on_roster, a.effective_at, a.next_review_at,
    l.looked_at AS looked_at,
    least(
        l.looked_at + to_months(COALESCE(k.review_months, {months})::INTEGER),
        CASE WHEN a.next_review_at > l.looked_at THEN a.next_review_at END
    ) AS due_at,
    (SELECT count(*) FROM policy_number AS n WHERE n.policy = k.id AND n.version = a.version) AS promises,
    (SELECT count(*) FROM must_sign AS m WHERE m.policy = k.id) AS must,
    (SELECT count(*) FROM must_sign AS m WHERE m.policy = k.id AND m.signed_at IS NOT NULL) AS signed
FROM known AS k
LEFT JOIN in_force AS f ON f.policy = k.id
LEFT JOIN ({approved}) AS a ON a.policy = k.id AND a.version = f.version
LEFT JOIN looked AS l ON l.policy = k.id
"""
_REVIEWS = """
SELECT r.*, h.person AS hand FROM policy_review AS r
LEFT JOIN person_account AS h ON h.account = r.reviewed_by
    AND (h.valid_from IS NULL OR h.valid_from <= r.reviewed_at) AND (h.valid_to IS NULL OR r.reviewed_at < h.valid_to)
WHERE r.policy = ? ORDER BY r.reviewed_at DESC
"""
_VERSIONS = """
SELECT * FROM ({approved}) WHERE policy = ? ORDER BY effective_at DESC NULLS FIRST, version DESC
"""
_SAID = ("policy_version", "policy_review", "policy_number", "signing_duty")


def _list(now: Current) -> str:
    """Return the query that gives a row for each policy."""
    return _LIST.format(approved=_APPROVED, months=parameter(now, "T-28", "review_months"))


def reviews_due(tables: Reading, now: Current) -> list[Row]:
    """Return `id`, `title` and `due_at` of each policy that is needed today and whose next review has a day."""
    return tables.rows(
        f"""
        SELECT id, title, due_at FROM ({_list(now)})
        WHERE due_at IS NOT NULL AND (needed_to IS NULL OR needed_to > ?) ORDER BY id
        """,  # noqa: S608  text of ours
        timezone.now(),
    )


@require_safe
@needs("see_programme")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with a page of policies, by id."""
    now, at = current(), timezone.now()
    asked = {name: request.GET.get(name, "").strip() for name in ("words", "after")}
    with reading(now) as tables:
        rows, after = first_page(rows_of_policies(tables, now, words=asked["words"], after=asked["after"]), "id")
    values = {
        "after": after,
        "asked": asked,
        "at": at,
        "rows": rows,
        "tests": control_tests_reading(now, ("policy_version",)),
    }
    return page(request, "programme/policies.html", values, at="policies", title="Policies")


def rows_of_policies(tables: Reading, now: Current, *, words: str, after: str) -> list[Row]:
    """Return one page of policies and one more, by id."""
    where = "k.id > ? AND (? = '' OR contains(lower(concat_ws(' ', k.id, k.title)), lower(?)))"
    return tables.rows(f"{_list(now)} WHERE {where} ORDER BY k.id LIMIT {PAGE + 1}", after, words, words)


def row_of_policy(tables: Reading, now: Current, policy_id: str) -> Row:
    """Return a policy with its version in force and its counts; raises Http404 for an unknown one."""
    found = tables.one(f"{_list(now)} WHERE k.id = ?", policy_id)
    if found is None:
        raise Http404
    return found


def details_of_policy(tables: Reading, now: Current, policy: Row, at: datetime) -> dict[str, Any]:
    """Return versions, reviews, duties to sign, promises with what practice says, and the history of a policy."""
    name = policy["id"]
    return {
        "duties": tables.rows("SELECT * FROM signing_duty WHERE policy = ? ORDER BY valid_from", name),
        "history": versions(tables, {"policy": ("id = ?", name)} | dict.fromkeys(_SAID, ("policy = ?", name))),
        "numbers": _numbers(tables, policy, remembered(now, "practice", lambda: _practice(tables, now, at))),
        "reviews": tables.rows(_REVIEWS, name),
        "versions": tables.rows(_VERSIONS.format(approved=_APPROVED), name),
    }


@require_safe
@needs("see_programme")
def show(request: HttpRequest, policy_id: str) -> HttpResponse:
    """Answer with one policy. `after` pages through who has not signed; names need the right to see people."""
    now, at = current(), timezone.now()
    own = person_of(request.user)
    after = request.GET.get("after", "").strip()
    with reading(now) as tables:
        policy = row_of_policy(tables, now, policy_id)
        missing = who_has_not_signed(tables, policy_id, after) if may_see_people(request) else []
        rows, after = first_page(missing, "person")
        values = {
            "after": after,
            "asked": {},
            "at": at,
            **details_of_policy(tables, now, policy, at),
            "missing": rows,
            "mine": tables.one("SELECT * FROM must_sign WHERE policy = ? AND person = ?", policy_id, own)
            if own
            else None,
            "own": own,
            "personal": may_see_people(request),
            "policy": policy,
        }
    found = items_about(now, "T-28", [f"{policy_id}/"])
    values |= {
        "items": [found] if found else [],
        "tests": control_tests_reading(now, ("policy_version", "signing_duty")),
    }
    return page(request, "programme/policy.html", values, at="policies", title=policy["title"] or policy_id)


@require_POST
@needs("acknowledge")
def sign(request: HttpRequest, policy_id: str) -> HttpResponse:
    """Capture that the person of the account read and accepted the version that the form showed them."""
    try:
        evidence = acknowledge_policy(request, policy_id, request.POST.get("version", ""))
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
    else:
        messages.success(request, f"Your acknowledgement is captured as {evidence}.")
    return redirect("policy", policy_id)


def acknowledge_policy(request: HttpRequest, policy_id: str, version: str) -> str:
    """Capture that the person of the account read and accepted a version; return the id of the evidence.

    Raises PermissionDenied for an account that is linked to no person, Http404 for a policy without a version in force,
    UserError where another version is in force, or where they did so before.
    """
    now, person = current(), person_of(request.user)
    if not person:
        raise PermissionDenied
    with reading(now) as tables:
        held = tables.one("SELECT version FROM in_force WHERE policy = ?", policy_id)
    if held is None:
        raise Http404
    if held["version"] != version:
        found = f"Version {held['version']} is in force now, and the page showed {version!r}: read it."
        raise UserError(Problem("version", found, ""))
    kept, at = kept_place(now.workspace), timezone.now()
    return acknowledge(now.workspace, policy_id, version, person=person, kept=kept, at=at).evidence.evidence_id


def who_has_not_signed(tables: Reading, policy: str, after: str) -> list[Row]:
    """Return who must sign and has not, by person, one page and one more."""
    return tables.rows(
        f"""
        SELECT m.*, p.name, j.role FROM must_sign AS m
        LEFT JOIN person AS p ON p.id = m.person
        LEFT JOIN job_now AS j ON j.person = m.person
        WHERE m.policy = ? AND m.signed_at IS NULL AND m.person > ? ORDER BY m.person LIMIT {PAGE + 1}
        """,  # noqa: S608  a number of ours
        policy,
        after,
    )


def _practice(tables: Reading, now: Current, at: datetime) -> list[CheckResult]:
    return promises.practice(tables.session, at=at, zone=now.workspace.settings.reporting_zone)


def _numbers(tables: Reading, policy: Row, checked: Sequence[CheckResult]) -> list[Row]:
    """Return the promises of the version in force, each with what the checks of the readiness review say of it."""
    kept, agreed = checked
    begins = f"{policy['id']} promises "
    found: list[Row] = []
    for row in tables.rows(
        "SELECT * FROM policy_number WHERE policy = ? AND version = ? ORDER BY measure, document",
        policy["id"],
        policy["version"],
    ):
        measured = next(
            (each for each in kept.lines if each.item == row["measure"] and each.text.startswith(begins)), None
        )
        differs = [each.text for each in agreed.lines if each.item == row["measure"] and each.state == "gap"]
        found.append({**row, "practice": measured, "differs": differs})
    return found
