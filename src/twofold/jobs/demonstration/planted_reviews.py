"""Faults in access reviews: what was altered, and the line of the key that says so."""

from datetime import timedelta

from twofold.jobs.demonstration.access import Administrator
from twofold.jobs.demonstration.reviews import A_DAY, Campaign, Fault
from twofold.jobs.demonstration.timeline import local

SOX = ("sox",)


def late(it: Administrator, campaign: Campaign) -> None:
    """It was completed 20 days after the quarter; 15 are tolerated."""
    campaign.completed_at = local(campaign.due + 20 * A_DAY, "16:00")
    why = "The review was completed 20 days after the quarter; 15 are tolerated."
    it.world.key.exception(("T-05", campaign.item, "A"), "late", why)


def missing_pair(it: Administrator, campaign: Campaign) -> None:
    """One pair of the snapshot never came before a reviewer."""
    approved = next(decision for decision in campaign.decisions if decision.decision == "approve")
    campaign.decisions.remove(approved)
    why = f"The pair {approved.holding.account}, {approved.holding.right.id} of the snapshot was not reviewed."
    it.world.key.exception(("T-05", campaign.item, "B"), "missing_pair", why)


def self_review(it: Administrator, campaign: Campaign) -> None:
    """A rostered reviewer judged their own access."""
    reviewers = it.world.authority.holders(campaign.system, "review")
    own = next((d for d in campaign.decisions if d.holding.person in reviewers), None)
    if own is None:
        msg = f"no reviewer of {campaign.system} has access to it"
        raise ValueError(msg)
    own.reviewer = own.holding.person
    it.world.key.exception(("T-05", campaign.item, "C"), "self_review", "A reviewer decided on their own access.")


def not_rostered(it: Administrator, campaign: Campaign) -> None:
    """Somebody reviewed who was not on the roster."""
    outsider = it.world.staff.in_role("Support Lead")[2]
    next(x for x in campaign.decisions if x.holding.person is not outsider).reviewer = outsider
    why = "A decision was made by somebody who is not on the review roster."
    it.world.key.exception(("T-05", campaign.item, "C"), "no_authority", why)


def undecided(it: Administrator, campaign: Campaign) -> None:
    """One pair was left without a decision."""
    left = next(decision for decision in campaign.decisions if decision.decision == "approve")
    left.decision, left.decided_at = "", None
    it.world.key.exception(("T-05", campaign.item, "D"), "undecided", "One pair was left without a decision.")


def not_executed(it: Administrator, campaign: Campaign) -> None:
    """A removal was decided and never done."""
    decision = campaign.revoked[0]
    event = next(e for e in it.book.grants if e.action == "remove" and e.at == decision.executed_at)
    it.book.grants.remove(event)
    decision.executed_at, decision.holding.until, decision.holding.stays = None, None, True
    it.world.key.exception(("T-05", campaign.item, "E"), "revoke_not_executed", "A decided removal was never done.")


def still_present(it: Administrator, campaign: Campaign) -> None:
    """A removal is recorded as done, and the later snapshot still shows the pair."""
    decision = campaign.revoked[0]
    event = next(e for e in it.book.grants if e.action == "remove" and e.at == decision.executed_at)
    it.book.grants.remove(event)
    decision.holding.until, decision.holding.stays = None, True
    campaign.still_there.append(decision.holding)
    why = "A removal is recorded as done, but the access is still there in the later snapshot."
    it.world.key.exception(("T-05", campaign.item, "E"), "still_present", why)


def not_judged(it: Administrator, campaign: Campaign) -> None:
    """Nobody looked at what the wrong access had been used for; only SOX asks."""
    campaign.judged = False
    why = "Nobody looked at what the access judged wrong had been used for."
    it.world.key.exception(("T-05", campaign.item, "F"), "impact_not_judged", why, lenses=SOX)


def decided_after_completion(it: Administrator, campaign: Campaign) -> None:
    """One decision is dated after the campaign was completed."""
    approved = next(decision for decision in campaign.decisions if decision.decision == "approve")
    approved.decided_at = campaign.completed_at + timedelta(hours=3)
    why = "One decision was made three hours after the campaign was completed."
    it.world.key.exception(("T-05", campaign.item, "G"), "decided_after_completion", why)


FAULTS: dict[str, Fault] = {
    "billing/2025-12-31": late,
    "ledger/2026-03-31": missing_pair,
    "portal/2026-03-31": undecided,
    "billing/2026-06-30": self_review,
    "portal/2025-12-31": not_rostered,
    "payments/2026-03-31": not_executed,
    "erp/2026-06-30": still_present,
    "erp/2025-12-31": not_judged,
    "portal/2026-06-30": not_judged,
    "payments/2026-09-30": decided_after_completion,
}
ABSENT = {
    "ledger/2026-06-30": "No review of the quarter was held.",
    "portal/2026-09-30": "No review of the quarter was held.",
}
