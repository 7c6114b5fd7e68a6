"""Access reviews as people work on them: who has decided what, and what may be done next.

Rule 1: a state is never stored; it follows from the rows of campaign, review_item and revoke as they were captured.
Rule 2: what may be done in a state stands in `ALLOWED`. Rule 3: silence is no approval (audit-domain T-05), so a review
with an open pair cannot be completed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

Pair = tuple[str, str]
"""An account and a right that it holds."""


class Decision(StrEnum):
    """What a reviewer says of a pair."""

    APPROVE = "approve"
    REVOKE = "revoke"
    MODIFY = "modify"

    @property
    def judges_wrong(self) -> bool:
        """Whether the access has to go: modify means that it is replaced by another right."""
        return self is not Decision.APPROVE


class ReviewState(StrEnum):
    """Where a review stands."""

    OPEN = "open"
    DECIDED = "decided"
    COMPLETED = "completed"


class ReviewAct(StrEnum):
    """What people do with a review."""

    ROUTE = "route"
    DECIDE = "decide"
    COMPLETE = "complete"
    REVOKED = "revoked"
    LOOK = "look"


ALLOWED: Mapping[ReviewState, tuple[ReviewAct, ...]] = {
    ReviewState.OPEN: (ReviewAct.ROUTE, ReviewAct.DECIDE, ReviewAct.REVOKED, ReviewAct.LOOK),
    ReviewState.DECIDED: (
        ReviewAct.ROUTE,
        ReviewAct.DECIDE,
        ReviewAct.COMPLETE,
        ReviewAct.REVOKED,
        ReviewAct.LOOK,
    ),
    ReviewState.COMPLETED: (ReviewAct.REVOKED, ReviewAct.LOOK),
}
"""What is not here is refused. Until completion a decision may be corrected, and a decided pair routed to be decided
anew. Removals may be recorded at any time: their clock runs from the decision."""


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One pair put before a reviewer (an account). Times are aware UTC; without a decision they are None.

    `to_the_second`: whether the time of the decision is known so well; a bare day is not. `conflicted`: records of
    one age say different things of it, and this is one of them. `evidence`: the id of what says it.
    """

    account: str
    right_id: str
    reviewer: str
    decision: Decision | None = None
    decided_at: datetime | None = None
    reason: str = ""
    to_the_second: bool = True
    conflicted: bool = False
    evidence: str = ""

    @property
    def pair(self) -> Pair:
        """Account and right."""
        return self.account, self.right_id


@dataclass(frozen=True, slots=True)
class Removal:
    """What is recorded about the removal of a pair; `executed_at` None = not carried out.

    Of several records the one that counts: that which the system itself proves first, else the first.
    """

    ticket: str
    executed_at: datetime | None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """A look at what access judged wrong was used for, by a person. Times are aware UTC, None where nobody says."""

    by: str
    at: datetime
    looked_from: datetime | None
    result: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """One review of one system. `held_here`: its acts were captured by us, not exported from another tool.

    `last_act` is the time of the newest act that was captured, aware UTC.
    """

    review_id: str
    system: str
    snapshot: str
    started_at: datetime
    completed_at: datetime | None
    held_here: bool
    last_act: datetime
    items: Mapping[Pair, ReviewItem] = field(default_factory=dict)
    removals: Mapping[Pair, Removal] = field(default_factory=dict)
    looks: Mapping[Pair, Sequence[Look]] = field(default_factory=dict)
    """Of each pair whose use somebody looked at, the looks in order of time."""

    @property
    def state(self) -> ReviewState:
        """Where it stands."""
        if self.completed_at is not None:
            return ReviewState.COMPLETED
        return ReviewState.OPEN if self.undecided or not self.items else ReviewState.DECIDED

    @property
    def undecided(self) -> tuple[Pair, ...]:
        """Pairs without a decision, in order."""
        return tuple(sorted(pair for pair, item in self.items.items() if item.decision is None))

    @property
    def judged_wrong(self) -> tuple[ReviewItem, ...]:
        """Items whose access has to go, in order."""
        return tuple(
            item for _, item in sorted(self.items.items()) if item.decision is not None and item.decision.judges_wrong
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of one reviewer, or of all: pairs = approve + revoke + modify + undecided."""

    reviewer: str
    pairs: int
    approve: int
    revoke: int
    modify: int
    undecided: int


def progress(reviewer: str, items: Iterable[ReviewItem]) -> Progress:
    """Count the items; the caller chooses whose."""
    said = [item.decision for item in items]
    return Progress(
        reviewer,
        len(said),
        said.count(Decision.APPROVE),
        said.count(Decision.REVOKE),
        said.count(Decision.MODIFY),
        said.count(None),
    )


def progress_by_reviewer(review: Review) -> list[Progress]:
    """Return the counts of each reviewer, by name."""
    names = sorted({item.reviewer for item in review.items.values()})
    return [progress(name, (each for each in review.items.values() if each.reviewer == name)) for name in names]


def pairs_sha256(pairs: Iterable[Pair]) -> str:
    """Return the hash of a list of pairs, whatever its order: what goes out to a reviewer must come back.

    >>> pairs_sha256([("a", "x"), ("b", "y")]) == pairs_sha256([("b", "y"), ("a", "x")])
    True
    """
    lines = sorted(f"{account}\t{right}\n" for account, right in set(pairs))
    return sha256("".join(lines).encode()).hexdigest()


def assign(
    pairs: Sequence[Pair], reviewers: Sequence[str], *, may_review: Mapping[str, frozenset[Pair]]
) -> tuple[dict[Pair, str], list[Pair]]:
    """Give each pair the first reviewer who may decide on it; return also the pairs that nobody may decide on."""
    given: dict[Pair, str] = {}
    for pair in pairs:
        able = next((name for name in reviewers if pair in may_review[name]), None)
        if able is not None:
            given[pair] = able
    return given, [pair for pair in pairs if pair not in given]
