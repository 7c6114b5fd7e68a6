"""Look at a review: each pair as a reviewer has to see it, what became of removals, and how it differs from others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from twofold.engagement.access_review import Look, Pair, Review, ReviewAct, ReviewItem
from twofold.engagement.access_review_diff import Decided, Difference, PairList, diff
from twofold.engagement.access_review_history import PairAct
from twofold.jobs.access_review.history import History, history_of
from twofold.jobs.access_review.tables import ReviewTables, review_tables
from twofold.model.problem import Problem, UserError
from twofold.populations.access_lists import AccessLists
from twofold.records.workspace import Workspace

TODAY = "today"


@dataclass(frozen=True, slots=True)
class PairShown:
    """One item with what a reviewer has to know: class and nested rights of the right, whose account, its status.

    `history`: every act on it, in order, where the review is held here.
    """

    item: ReviewItem
    right_class: str
    holds: tuple[str, ...]
    belongs_to: str
    status: str
    history: Sequence[PairAct] = ()

    def as_line(self) -> dict[str, str]:
        """Return it as a line of the file for a reviewer."""
        return {
            "account": self.item.account,
            "right_id": self.item.right_id,
            "class": self.right_class,
            "holds": "; ".join(self.holds),
            "belongs_to": self.belongs_to,
            "status": self.status,
            "reviewer": self.item.reviewer,
            "decision": str(self.item.decision or ""),
            "reason": self.item.reason,
            "decided_in": self.item.evidence if self.item.decision else "",
        }


@dataclass(frozen=True, slots=True)
class RemovalShown:
    """What became of access judged wrong: its record, and the first later snapshot of the system itself.

    `gone`: whether that snapshot shows it gone; None where no later one was captured, or where the pair is not in it
    and it may not be whole. `doubts`: why it may not be. `back_in`: the first snapshot after it that holds the pair
    again, "" = none, or never gone. A new approval may be behind it, which T-05 E asks for. `evidence`: of the record
    that counts, "" = none; `records`: all of them, in order, where the review is held here. `looks`: at its use.
    """

    item: ReviewItem
    ticket: str
    executed_at: datetime | None
    seen_in: str
    seen_at: datetime | None
    gone: bool | None
    doubts: tuple[str, ...] = ()
    back_in: str = ""
    evidence: str = ""
    records: Sequence[PairAct] = ()
    looks: Sequence[Look] = ()

    @property
    def looked_at(self) -> bool:
        """Whether somebody looked at its use."""
        return bool(self.looks)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two lists, the older one first, and what differs. `doubts`: why one of them may not be whole."""

    earlier: PairList
    later: PairList
    differences: list[Difference]
    doubts: tuple[str, ...] = ()


def all_reviews(workspace: Workspace) -> list[Review]:
    """Return every review, those of other tools too, in order of beginning."""
    with review_tables(workspace) as tables:
        return list(tables.reviews().values())


def review_shown(
    workspace: Workspace, review_id: str, *, at: datetime
) -> tuple[Review, list[PairShown], list[RemovalShown]]:
    """Return a review, its pairs by reviewer, and its removals; raises UserError for an unknown one."""
    with review_tables(workspace) as tables:
        review = tables.review(review_id)
        history = history_of(workspace, review)
        return review, _pairs_shown(tables, review, at, history), _removals_shown(tables, review, history)


def removals_shown(workspace: Workspace, review_id: str) -> list[RemovalShown]:
    """Return what became of the access judged wrong in a review; raises UserError for an unknown one."""
    with review_tables(workspace) as tables:
        review = tables.review(review_id)
        return _removals_shown(tables, review, history_of(workspace, review))


def compare(workspace: Workspace, review_id: str, *, other: str | None) -> Comparison:
    """Compare a review with another one, with `today` (the newest snapshot), or with the one before where None.

    Raises UserError where there is nothing to compare with, or the other review is of another system.
    """
    with review_tables(workspace) as tables:
        review = tables.review(review_id)
        mine = _list_of(tables, review)
        if other == TODAY:
            theirs = _today(tables, review, mine)
            taken_from = theirs.name
        else:
            against = _other(tables, review, other)
            theirs, taken_from = _list_of(tables, against), against.snapshot
        earlier, later = sorted((mine, theirs), key=lambda each: (each.as_of, each.name))
        found = diff(earlier, later, away=_away(tables, review.system, earlier, later))
        doubts = {doubt for name in (review.snapshot, taken_from) for doubt in _doubts_of(tables, name)}
        return Comparison(earlier, later, found, tuple(sorted(doubts)))


def _pairs_shown(tables: ReviewTables, review: Review, at: datetime, history: History) -> list[PairShown]:
    items = sorted(review.items.values(), key=lambda each: (each.reviewer, each.pair))
    accounts = [each.account for each in items]
    hands, statuses = tables.hands(accounts, at), tables.statuses(accounts)
    rights = tables.rights([each.right_id for each in items])
    return [
        PairShown(
            item=each,
            right_class=rights[each.right_id].right_class,
            holds=rights[each.right_id].holds,
            belongs_to=hands[each.account].person or hands[each.account].state,
            status=statuses[each.account],
            history=history.get(each.pair, ()),
        )
        for each in items
    ]


def _removals_shown(tables: ReviewTables, review: Review, history: History) -> list[RemovalShown]:
    found = []
    proof = AccessLists(tables.session, review.system)
    for item in review.judged_wrong:
        removal = review.removals.get(item.pair)
        executed_at = removal.executed_at if removal else None
        name, taken, gone = proof.first_that_tells(item.pair, after=executed_at or item.decided_at or review.started_at)
        found.append(
            RemovalShown(
                item=item,
                ticket=removal.ticket if removal else "",
                executed_at=executed_at,
                seen_in=name,
                seen_at=taken,
                gone=gone,
                doubts=proof.doubts(name) if name and gone is None else (),
                back_in=proof.back_in(item.pair, after=taken) if taken and gone else "",
                evidence=removal.evidence if removal else "",
                records=[each for each in history.get(item.pair, ()) if each.act is ReviewAct.REVOKED],
                looks=review.looks.get(item.pair, ()),
            )
        )
    return found


def _other(tables: ReviewTables, review: Review, other: str | None) -> Review:
    if other is not None:
        found = tables.review(other)
        if found.system != review.system or found.review_id == review.review_id:
            what = "the review itself" if found.review_id == review.review_id else f"a review of {found.system}"
            expected = f"another review of {review.system}, or {TODAY}"
            raise UserError(Problem("--with", f"{other} is {what}", expected, "run 'twofold review list'"))
        return found
    before = [
        each
        for each in tables.reviews().values()
        if each.system == review.system and each.started_at < review.started_at
    ]
    if not before:
        found_text = f"{review.review_id} is the first review of {review.system}"
        raise UserError(Problem("--with", found_text, "an earlier review", f"compare with '--with {TODAY}'"))
    return max(before, key=lambda each: (each.started_at, each.review_id))


def _list_of(tables: ReviewTables, review: Review) -> PairList:
    """Return what was put before the reviewers, with anything else that the snapshot holds."""
    snapshot = tables.snapshot(review.snapshot)
    decisions = {
        pair: Decided(item.decision, item.decided_at)
        for pair, item in review.items.items()
        if item.decision is not None
    }
    return PairList(
        review.review_id,
        snapshot.taken_at if snapshot else review.started_at,
        frozenset(review.items) | frozenset(snapshot.pairs if snapshot else ()),
        decisions,
        frozenset(pair for pair, item in review.items.items() if item.conflicted),
    )


def _doubts_of(tables: ReviewTables, snapshot_id: str) -> tuple[str, ...]:
    """Return why what a review was built from may not be known as a whole."""
    if tables.snapshot(snapshot_id) is None:
        return (f"{snapshot_id or 'a snapshot without an id'}: not in the evidence",)
    return tables.doubts_of(snapshot_id)


def _today(tables: ReviewTables, review: Review, mine: PairList) -> PairList:
    later = [(name, taken) for name, taken in tables.snapshots_of(review.system) if taken > mine.as_of]
    if not later:
        found = f"no snapshot of {review.system} was captured after that of {review.review_id}"
        raise UserError(Problem("--with", found, "a later snapshot", "take one of the system and capture it"))
    name, taken = later[-1]
    return PairList(name, taken, tables.pairs_of(name))


def _away(tables: ReviewTables, system: str, earlier: PairList, later: PairList) -> frozenset[Pair]:
    """Return the pairs judged wrong that the data shows absent between the decision and the later list.

    Either a whole snapshot of the system in between does not hold them, or its log shows that they were taken away or
    given.
    """
    judged = {pair: said for pair, said in earlier.decisions.items() if said.decision.judges_wrong}
    proof = AccessLists(tables.session, system)
    between = [(name, taken) for name, taken in proof.lists if earlier.as_of < taken < later.as_of]
    logged = tables.changes_of(sorted(judged), after=earlier.as_of, before=later.as_of)
    return frozenset(
        pair
        for pair, said in judged.items()
        if any(taken > (said.decided_at or earlier.as_of) and proof.shows_gone(name, pair) for name, taken in between)
        or any(moment > (said.decided_at or earlier.as_of) for moment in logged.get(pair, ()))
    )
