"""Privileged rights (T-04): the second approval, the roles that may hold them, and what reviews left out.

The faults are those of grants (T-01) and of reviews (T-05), as they show in what is powerful.
"""

from datetime import date, datetime, timedelta

from twofold.jobs.demonstration.access import POWERFUL, AccessBook, Holding
from twofold.jobs.demonstration.answer_key import KeyItem
from twofold.jobs.demonstration.reviews import DUE_DAYS, Campaign
from twofold.jobs.demonstration.rights import RIGHTS, Right
from twofold.jobs.demonstration.systems import BY_ID
from twofold.jobs.demonstration.tickets import Ticket
from twofold.jobs.demonstration.timeline import A_DAY, midnight
from twofold.jobs.demonstration.world import Row, TableExport, World

_ROLES = (*POWERFUL, "Product Manager", "Revenue Accountant", "Finance Analyst", "Controller")
_SHOWS_AS = {
    "no_request": ("no_approval", "Nobody approved the privileged right."),
    "not_authorised": ("no_owner_approval", "Security approved, and nobody who answers for the system."),
    "self_approved": ("no_owner_approval", "Besides security, only the one who got it approved."),
    "beyond_approved": ("no_approval", "The owner and security had approved reading only, and never saw this right."),
    "request_used": ("request_used", "The request had already served an earlier grant."),
}
"""Reason of T-01 -> reason of T-04, attribute A."""


def limit_power(world: World, book: AccessBook, campaigns: list[Campaign]) -> None:
    """Let security approve each request for a privileged right, and export who may hold one."""
    roles: list[Row] = [
        {"right_id": right.id, "role": role, "valid_from": midnight(date(2025, 1, 1))}
        for right in RIGHTS.values()
        if right.kind == "privileged"
        for role in _ROLES
    ]
    asked = [ticket for ticket in book.requests if _asks_for_power(ticket)]
    officer = world.staff.by_id("p-0003")
    approvals: list[Row] = [
        {
            "id": f"sec-{ticket.key}",
            "subject": ticket.key,
            "approver": f"okta:{officer.okta}",
            "duty": "access",
            "decision": "approve",
            "decided_at": ticket.transition_to("Approved").at - timedelta(minutes=10),
        }
        for ticket in asked
    ]
    world.tables += [
        TableExport("privileged_role", roles, "Access policy, annex of roles"),
        TableExport("approval", approvals, "Security desk, decisions on privileged rights", name="security_approval"),
        TableExport("privileged_right", [], "Access policy, annex of rights", ("right_id", "valid_from", "reason")),
        TableExport("elevation", [], "Okta, rights raised for a while", ("id", "account", "right_id", "started_at")),
        TableExport("break_glass_review", [], "Security desk, uses of emergency accounts", ("sign_in", "reviewer")),
    ]
    _judge_grants(world, book)
    _judge_holders(world, book, campaigns)


def _asks_for_power(ticket: Ticket) -> bool:
    rights: list[str] = ticket.custom["rights"]
    return any(RIGHTS[right].kind == "privileged" for right in rights if right in RIGHTS)


def _judge_grants(world: World, book: AccessBook) -> None:
    for event in book.grants:
        if event.right.kind != "privileged" or event.action != "add" or not event.net_change:
            continue
        for line in world.key.lines_of("T-01", event.id):
            if line.reason in _SHOWS_AS:
                reason, why = _SHOWS_AS[line.reason]
                item = KeyItem("T-04", f"grant:{event.id}", (event.right.system,), event.at)
                world.key.plant(item, {"A": reason}, why)


def _judge_holders(world: World, book: AccessBook, campaigns: list[Campaign]) -> None:
    """Name who held a privileged right all through a quarter and was not decided on in its review."""
    decided = {
        (campaign.due, decision.holding.account, decision.holding.right.id)
        for campaign in campaigns
        for decision in campaign.decisions
        if decision.decision
    }
    for number, due in enumerate(DUE_DAYS):
        starts_at = midnight(DUE_DAYS[number - 1] + A_DAY if number else date(2025, 10, 1))
        ends_at = midnight(due + A_DAY)
        for holding in book.holdings:
            known = (due, holding.account, holding.right.id) in decided
            if not known and _held_throughout(holding, starts_at, ends_at):
                last = ends_at - timedelta(microseconds=1)
                name = f"holder:{holding.account}/{holding.right.id}@{last:%Y-%m-%dT%H:%M:%S.%f}"
                item = KeyItem("T-04", name, (holding.right.system,), last)
                why = "No review of the quarter decided about a holder of a privileged right."
                world.key.plant(item, {"D": "not_reviewed"}, why)


def _held_throughout(holding: Holding, starts_at: datetime, ends_at: datetime) -> bool:
    right: Right = holding.right
    begins_before = holding.since is None or holding.since < starts_at
    reviewed = right.kind == "privileged" and BY_ID[right.system].reviews
    return reviewed and begins_before and (holding.until is None or holding.until >= ends_at)
