"""What changed between two lists of accounts and rights, and what became of the decisions on the first.

Source: audit-domain T-05 (E, and the trap "revoked then silently re-granted") and 9 (complaint 6). Every pair of either
list has exactly one kind, so the counts close: earlier = same + changed + revoked_yet_present + granted_again + gone,
and later = same + changed + revoked_yet_present + granted_again + new.
"""

from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from twofold.engagement.access_review import Decision, Pair


class Change(StrEnum):
    """What became of a pair."""

    SAME = "same"
    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"
    """In both lists, and decided on differently."""
    REVOKED_YET_PRESENT = "revoked_yet_present"
    """Judged wrong, and nothing shows that it was ever away."""
    GRANTED_AGAIN = "granted_again"
    """Judged wrong, away for a while, and back."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision and its time (aware UTC, None where the source gives none)."""

    decision: Decision
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class PairList:
    """The pairs of a system at one moment, with what was decided on them; no decisions for a bare snapshot.

    `conflicted`: pairs of which records of one age say different things; `decisions` has one of these.
    """

    name: str
    as_of: datetime
    pairs: AbstractSet[Pair]
    decisions: Mapping[Pair, Decided] = field(default_factory=dict)
    conflicted: AbstractSet[Pair] = frozenset()


@dataclass(frozen=True, slots=True)
class Difference:
    """One pair with its kind and both decisions (None = none, or not in that list).

    `conflicted`: a decision on it is told in two ways, of which one is shown, so its kind may be another one.
    """

    account: str
    right_id: str
    change: Change
    earlier: Decided | None
    later: Decided | None
    conflicted: bool = False

    @property
    def is_shown(self) -> bool:
        """Whether it differs, or may: what is the same in one reading of a conflict may differ in the other."""
        return self.change is not Change.SAME or self.conflicted


def diff(earlier: PairList, later: PairList, *, away: AbstractSet[Pair]) -> list[Difference]:
    """Return one difference for each pair of either list, in order.

    `away`: pairs that the data shows absent at some moment between the decision on the earlier list and the later list.
    """
    return [
        Difference(
            *pair,
            _change(pair, earlier, later, away),
            earlier.decisions.get(pair),
            later.decisions.get(pair),
            pair in earlier.conflicted or pair in later.conflicted,
        )
        for pair in sorted(earlier.pairs | later.pairs)
    ]


def counts(differences: list[Difference]) -> dict[Change, int]:
    """Return how many pairs there are of each kind, also of those with none."""
    found = Counter(each.change for each in differences)
    return {kind: found[kind] for kind in Change}


def _change(pair: Pair, earlier: PairList, later: PairList, away: AbstractSet[Pair]) -> Change:
    if pair not in later.pairs:
        return Change.GONE
    if pair not in earlier.pairs:
        return Change.NEW
    before, after = earlier.decisions.get(pair), later.decisions.get(pair)
    if before is not None and before.decision.judges_wrong and _was_known(before, later):
        return Change.GRANTED_AGAIN if pair in away else Change.REVOKED_YET_PRESENT
    if before is not None and after is not None and before.decision is not after.decision:
        return Change.CHANGED
    return Change.SAME


def _was_known(before: Decided, later: PairList) -> bool:
    """Whether the decision came before the later list; one without a time counts, since the review is the older one."""
    return before.decided_at is None or before.decided_at < later.as_of
