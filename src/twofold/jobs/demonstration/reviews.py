"""Access reviews (T-05): each quarter, each reviewed system; first in good order, then altered by a planned fault.

Snapshots come from the holdings at the moment of the launch, so that they agree with the grants of the year.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from twofold.jobs.demonstration.access import AccessBook, Administrator, Holding
from twofold.jobs.demonstration.people import Person
from twofold.jobs.demonstration.rights import DEFAULT_GROUP
from twofold.jobs.demonstration.systems import SYSTEMS
from twofold.jobs.demonstration.timeline import before_working_days, iso, local
from twofold.jobs.demonstration.world import Row

A_DAY = timedelta(days=1)
DUE_DAYS = (date(2025, 12, 31), date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30))
IN_OKTA = ("billing", "payments", "portal")
"""Reviewed as Okta campaigns; the others are reviewed in a tool that gives the documented CSV files."""


@dataclass(slots=True, eq=False)
class Decision:
    """One pair before a reviewer."""

    holding: Holding
    reviewer: Person
    decision: str
    decided_at: datetime | None
    executed_at: datetime | None = None


@dataclass(slots=True, eq=False)
class Campaign:
    """One review of one system."""

    system: str
    due: date
    started_at: datetime
    completed_at: datetime
    launch: list[Holding]
    decisions: list[Decision] = field(default_factory=list)
    still_there: list[Holding] = field(default_factory=list)
    """Pairs that the snapshot at completion shows although their removal is recorded."""
    judged: bool = True
    """Whether the use of access judged wrong was looked at."""

    @property
    def item(self) -> str:
        """Identifier of the due occurrence."""
        return f"{self.system}/{self.due.isoformat()}"

    @property
    def id(self) -> str:
        """Identifier of the campaign in its tool."""
        quarter = f"{self.due.year}q{(self.due.month + 2) // 3}"
        return f"ici{quarter}{self.system}" if self.system in IN_OKTA else f"{self.system}-{quarter}"

    @property
    def revoked(self) -> list[Decision]:
        """Decisions that ask for a removal."""
        return [decision for decision in self.decisions if decision.decision == "revoke"]

    def completion(self, book: AccessBook) -> list[Holding]:
        """Return the pairs that exist at completion."""
        return sorted(
            {*book.holders(self.system, self.completed_at), *self.still_there}, key=lambda x: (x.account, x.right.id)
        )


Fault = Callable[[Administrator, Campaign], None]


def review_access(it: Administrator, faults: dict[str, Fault], absent: dict[str, str]) -> list[Campaign]:
    """Hold every review of the year in order, with the fault planned for its item; skip the absent ones."""
    campaigns = []
    for due in DUE_DAYS:
        for system in (system for system in SYSTEMS if system.reviews):
            item = f"{system.id}/{due.isoformat()}"
            it.world.key.item("T-05", item, system.id, local(due, "23:59"))
            if item in absent:
                it.world.key.exception(("T-05", item, "A"), "absent", absent[item])
                continue
            campaign = _hold_review(it, system.id, due)
            if item in faults:
                faults[item](it, campaign)
            campaigns.append(campaign)
    return campaigns


def _hold_review(it: Administrator, system: str, due: date) -> Campaign:
    started_at = local(before_working_days(due, 15), "09:00")
    completed_at = local(before_working_days(due, 3), "16:00")
    campaign = Campaign(system, due, started_at, completed_at, it.book.holders(system, started_at))
    reviewers = it.world.authority.holders(system, "review")
    for index, holding in enumerate(campaign.launch):
        able = [person for person in reviewers if person is not holding.person]
        decided_at = started_at + A_DAY + it.draw.minutes(0, 6 * 24 * 60)
        campaign.decisions.append(Decision(holding, able[index % len(able)], "approve", decided_at))
    removable = [
        x
        for x in campaign.decisions
        if x.holding.until is None and not x.holding.stays and x.holding.right.id != f"okta:group:{DEFAULT_GROUP}"
    ]
    for decision in it.draw.some_of(removable, min(2, max(0, len(removable) - 1))):
        revoke(it, decision)
    return campaign


def revoke(it: Administrator, decision: Decision) -> None:
    """Decide that a pair must go, and take it away the next day."""
    if decision.decided_at is None:
        msg = f"{decision.holding.account} has no decision to turn into a removal"
        raise ValueError(msg)
    decision.decision, decision.executed_at = "revoke", decision.decided_at + A_DAY
    it.remove(decision.holding, decision.executed_at)


def impact_rows(campaigns: list[Campaign], lookers: list[Person]) -> list[Row]:
    """Return canonical `impact_review` rows: someone looked at what revoked access was used for."""
    return [
        {
            "campaign": campaign_id(campaign),
            "account": decision.holding.account,
            "right_id": decision.holding.right.id,
            "reviewed_at": iso(campaign.completed_at - timedelta(hours=20)),
            "reviewed_by": next(x.id for x in lookers if x is not decision.holding.person),
            "looked_from": iso(campaign.started_at - 400 * A_DAY),
            "result": "no use found",
        }
        for campaign in campaigns
        if campaign.judged
        for decision in campaign.revoked
    ]


def campaign_id(campaign: Campaign) -> str:
    """Return the identifier that the line gives the campaign: Okta's may cover several systems."""
    return f"{campaign.id}:{campaign.system}" if campaign.system in IN_OKTA else campaign.id
