"""Who may do what on the site: one table. A page names one right; a right that a role does not have is refused.

`own`: only on objects that the person owns (a control of which they are owner, performer or deputy), and never where
separation of duties forbids it: nobody reviews their own test, access or exception.
"""

from enum import StrEnum


class Role(StrEnum):
    """What an account is on the site. Each account has one."""

    ADMINISTRATOR = "administrator"
    COMPLIANCE = "compliance"
    OWNER = "owner"
    TESTER = "tester"
    EXECUTIVE = "executive"
    VIEWER = "viewer"


ROLE_TITLES = {
    Role.ADMINISTRATOR: "Administrator",
    Role.COMPLIANCE: "Compliance manager",
    Role.OWNER: "Control owner",
    Role.TESTER: "Tester",
    Role.EXECUTIVE: "Executive",
    Role.VIEWER: "Viewer",
}


class Grant(StrEnum):
    """What the table says of a role and a right."""

    YES = "yes"
    OWN = "own"
    NO = "-"


TABLE = """
right                  administrator  compliance  owner  tester  executive  viewer
see_overview           yes            yes         yes    yes     yes        yes
see_scope              yes            yes         yes    yes     yes        yes
propose_scope          -              yes         own    -       -          -
approve_scope          -              yes         -      -       yes        -
see_controls           yes            yes         yes    yes     yes        yes
see_evidence           yes            yes         yes    yes     yes        yes
open_evidence          -              yes         own    yes     -          -
see_results            yes            yes         yes    yes     yes        yes
see_findings           yes            yes         yes    yes     yes        yes
answer_findings        -              yes         own    -       -          -
judge_deficiencies     -              yes         -      -       yes        -
keep_tasks             -              yes         yes    yes     -          -
renew_results          -              yes         -      yes     -          -
dispose_items          -              yes         -      yes     -          -
agree_with             -              yes         -      yes     yes        -
sign_completeness      -              yes         -      yes     -          -
sign_off               -              yes         -      -       yes        -
see_preparation        yes            yes         -      -       yes        -
answer_interview       -              yes         -      -       yes        -
ask_what_if            -              yes         -      -       yes        -
see_questionnaires     -              yes         yes    yes     yes        yes
answer_questionnaires  -              yes         yes    -       -          -
approve_answers        -              yes         -      -       yes        -
manage_trust_page      -              yes         -      -       -          -
choose_auditor         -              yes         -      -       yes        -
see_requests           yes            yes         yes    yes     yes        yes
manage_requests        -              yes         -      -       -          -
answer_requests        -              yes         own    -       -          -
upload_evidence        -              yes         yes    yes     -          -
see_reviews            yes            yes         yes    yes     yes        yes
hold_reviews           -              yes         -      -       -          -
decide_access          -              yes         yes    yes     yes        -
record_removal         -              yes         yes    -       -          -
see_programme          yes            yes         yes    yes     yes        yes
see_people             -              yes         -      yes     yes        -
tell_facts             -              yes         -      -       -          -
acknowledge            yes            yes         yes    yes     yes        yes
manage_accounts        yes            -           -      -       -          -
manage_sign_on         yes            -           -      -       -          -
see_account_log        yes            yes         -      -       -          -
keep_own_account       yes            yes         yes    yes     yes        yes
use_api                yes            yes         yes    yes     yes        yes
"""


def _read(table: str) -> dict[str, dict[Role, Grant]]:
    head, *lines = [line.split() for line in table.strip().splitlines()]
    roles = [Role(each) for each in head[1:]]
    return {name: dict(zip(roles, map(Grant, grants), strict=True)) for name, *grants in lines}


RIGHTS = _read(TABLE)
"""Right -> role -> grant."""


def grant_of(right: str, role: Role | None) -> Grant:
    """Return what a role may; NO without a role. Raises KeyError for a right that is not in the table."""
    grants = RIGHTS[right]
    return Grant.NO if role is None else grants[role]
