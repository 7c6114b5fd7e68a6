"""What was done with a pair of an access review, act by act: no act hides an earlier one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from twofold.engagement.access_review import Decision, ReviewAct


@dataclass(frozen=True, slots=True)
class PairAct:
    """One captured act on one pair. `at` is when it was captured and `executed_at` when it was removed, aware UTC.

    `act`: route (the first one put it before a reviewer), decide, revoked or look. `reviewer` is the account it waits
    for from then on. `reason`: why, or what a look found.
    """

    act: ReviewAct
    at: datetime
    by: str
    evidence: str
    reviewer: str = ""
    decision: Decision | None = None
    reason: str = ""
    ticket: str = ""
    executed_at: datetime | None = None


def overtaken_by(acts: Sequence[PairAct], decided: PairAct) -> PairAct | None:
    """Return the act that corrected a decision or took it back, None for one that stands and for any other act."""
    if decided.act is not ReviewAct.DECIDE:
        return None
    after = acts[acts.index(decided) + 1 :]
    return next((each for each in after if each.act in {ReviewAct.DECIDE, ReviewAct.ROUTE}), None)


def was_changed(acts: Sequence[PairAct]) -> bool:
    """Whether more was done with a pair than to put it before a reviewer, who decided: so that a reader should look."""
    return sum(each.act in {ReviewAct.ROUTE, ReviewAct.DECIDE} for each in acts) > 2  # noqa: PLR2004  put before, decided
