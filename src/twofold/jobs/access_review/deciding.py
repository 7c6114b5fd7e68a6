"""Decide on pairs: one, or many from a file. Each is a line with its time and the account of the reviewer."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from twofold.engagement.access_review import Decision, Pair, Review, ReviewAct, ReviewItem, pairs_sha256
from twofold.jobs.access_review.capturing import ActDone, one_at_a_time, record, review_for
from twofold.jobs.access_review.decisions_file import FileDecisions, read_decisions
from twofold.jobs.access_review.people import is_own, may_review, person_of
from twofold.jobs.access_review.tables import ReviewTables, review_tables
from twofold.model.problem import Problem, UserError
from twofold.records.acts.people import need_reason
from twofold.records.workspace import Workspace
from twofold.vault.entry import instant_text

BULK = "decided_in_bulk"
"""Parameter of evidence whose decisions were given all at once; its value is their number."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of one pair, and where: the option, or the line of the file."""

    decision: Decision
    reason: str
    where: str


def decide(
    workspace: Workspace, review_id: str, pair: Pair, *, decision: Decision, reason: str, actor: str, at: datetime
) -> ActDone:
    """Decide on one pair. Until the review is completed its reviewer may correct it.

    The later decision counts; the earlier one stays in the vault, and is shown as corrected.

    Raises UserError for a pair that is not in the review, is routed to somebody else, or is own access; for a reviewer
    who has the duty no longer, or left; outside of the time between snapshot and completion; and without a reason.
    """
    return decide_pairs(workspace, review_id, {pair: (decision, reason)}, actor=actor, at=at)


@one_at_a_time
def decide_pairs(
    workspace: Workspace,
    review_id: str,
    pairs: Mapping[Pair, tuple[Decision, str]],
    *,
    actor: str,
    at: datetime,
    in_bulk: bool = False,
) -> ActDone:
    """Decide on several pairs as one act, each with its reason; raises UserError as `decide` does, for all of them.

    in_bulk: one decision and one reason were given for all of them at once. The evidence says so, for who reads the
    review later: it is an indicator, never a verdict.
    """
    why = "why the access is right or wrong"
    said = {
        pair: Said(decision, need_reason(reason, why=f"{why}: {pair[0]} {pair[1]}"), f"{pair[0]} {pair[1]}")
        for pair, (decision, reason) in pairs.items()
    }
    if not said:
        raise UserError(Problem("REVIEW", "no decision is given", "a decision on at least one pair"))
    with review_tables(workspace) as tables:
        review = review_for(tables, review_id, ReviewAct.DECIDE, at)
        _check(tables, review, said, actor=actor, at=at)
        said = _new(review, said)
    if not said:
        raise UserError(Problem("REVIEW", "it is decided so already, for this reason", "a decision that says more"))
    bulk = {BULK: str(len(said))} if in_bulk and len(said) > 1 else {}
    return _record(workspace, review, said, actor=actor, at=at, parameters=bulk)


@one_at_a_time
def decide_from_file(workspace: Workspace, review_id: str, path: Path, *, actor: str, at: datetime) -> ActDone:
    """Decide on the pairs of a file that `review show --into` wrote. A line without a decision stays undecided.

    The file must hold every pair that is routed to the person, and none that the snapshot does not have: a line that a
    spreadsheet lost would be a pair that nobody looked at. A line that would take back a decision made since the file
    was written is refused too. Raises UserError that names each such line, and as `decide`.
    """
    with review_tables(workspace) as tables:
        review = review_for(tables, review_id, ReviewAct.DECIDE, at)
        own = {item.pair for item in _routed_to(tables, review, actor, at)}
        file = read_decisions(path, review, must_hold=own)
        said = _new(review, {pair: Said(*line) for pair, line in file.decisions.items()})
        if not said:
            raise UserError(Problem(path.name, "it holds no new decision", "a decision in the column decision"))
        _check(tables, review, said, actor=actor, at=at)
    return _record(workspace, review, said, actor=actor, at=at, parameters=_hashes(file))


def _new(review: Review, said: Mapping[Pair, Said]) -> dict[Pair, Said]:
    """Leave out what is decided so already, for the same reason."""
    known = {pair: (item.decision, item.reason) for pair, item in review.items.items()}
    return {pair: each for pair, each in said.items() if known.get(pair) != (each.decision, each.reason)}


def _decided_at(item: ReviewItem, said: Said, at: datetime) -> datetime:
    """Return when a pair was decided so: neither a better reason nor modify for revoke starts its days anew."""
    same = item.decision is not None and item.decision.judges_wrong is said.decision.judges_wrong
    return item.decided_at if same and item.decided_at else at


def _record(
    workspace: Workspace,
    review: Review,
    said: Mapping[Pair, Said],
    *,
    actor: str,
    at: datetime,
    parameters: Mapping[str, str],
) -> ActDone:
    lines = [
        {
            "campaign": review.review_id,
            "account": pair[0],
            "right_id": pair[1],
            "reviewer": review.items[pair].reviewer,
            "decision": str(each.decision),
            "decided_at": instant_text(_decided_at(review.items[pair], each, at)),
            "reason": each.reason,
        }
        for pair, each in sorted(said.items())
    ]
    told = f"{len(lines)} decisions of {actor} in access review {review.review_id} of {review.system}"
    if earlier := sum(review.items[pair].decision is not None for pair in said):
        told += f"; {earlier} of them correct an earlier one"
    return record(workspace, review, {"review_item": lines}, said=told, actor=actor, at=at, parameters=parameters)


def _hashes(file: FileDecisions) -> dict[str, str]:
    return {"file": file.name, "file_sha256": file.sha256, "pairs_sha256": pairs_sha256(file.pairs)}


def _routed_to(tables: ReviewTables, review: Review, actor: str, at: datetime) -> Iterator[ReviewItem]:
    """Give the items whose reviewer is an account of the acting person."""
    person = person_of(tables, actor, at)
    hands = tables.hands([item.reviewer for item in review.items.values()], at)
    return (each for each in review.items.values() if each.reviewer == actor or hands[each.reviewer].person == person)


def _may_decide(tables: ReviewTables, review: Review, said: Iterable[Pair], at: datetime) -> set[Pair]:
    """Return the pairs whose reviewer may decide on them now, as it is asked when a pair is given to a reviewer."""
    routed: dict[str, list[Pair]] = {}
    for pair in said:
        if pair in review.items:
            routed.setdefault(review.items[pair].reviewer, []).append(pair)
    hands = tables.hands(list(routed), at)
    return {
        pair
        for reviewer, pairs in routed.items()
        if hands[reviewer].state == "linked"
        for pair in may_review(tables, reviewer, review.system, pairs, at=at)
    }


def _check(tables: ReviewTables, review: Review, said: Mapping[Pair, Said], *, actor: str, at: datetime) -> None:
    """Raise UserError with every pair that the acting person may not decide on, or not so."""
    person = person_of(tables, actor, at)
    reviewers = [item.reviewer for item in review.items.values()]
    hands = tables.hands([*reviewers, *(account for account, _ in said)], at)
    may = _may_decide(tables, review, said, at)
    problems: list[Problem] = []
    for pair, each in sorted(said.items()):
        item = review.items.get(pair)
        route = f"twofold review route {review.review_id} --account {pair[0]} --right {pair[1]} --to REVIEWER"
        if item is None:
            found = f"{pair[0]} {pair[1]} is not in {review.review_id}"
            problems.append(Problem(each.where, found, "a pair of the snapshot", "see 'twofold review show'"))
        elif is_own(pair[0], hands[pair[0]], reviewer=item.reviewer, person=person):
            found = f"{pair[0]} is an account of {person}, and nobody decides on their own access"
            problems.append(Problem(each.where, found, "another reviewer", f"run '{route}'"))
        elif item.reviewer != actor and hands[item.reviewer].person != person:
            found = f"{pair[0]} {pair[1]} is to be decided by {item.reviewer}, not by {actor}"
            problems.append(Problem(each.where, found, "the reviewer it is routed to", f"or run '{route}'"))
        elif pair not in may:
            found = f"{item.reviewer} has no duty to review {pair[0]} {pair[1]} now"
            expected = "a reviewer who is on the roster, employed, and linked to the account"
            remedy = f"run '{route}'" if item.decision is None else f"its decision stands; else run '{route} --decided'"
            problems.append(Problem(each.where, found, expected, remedy))
        elif not each.decision.judges_wrong and pair in review.removals:
            found = f"the removal of {pair[0]} {pair[1]} is recorded already"
            problems.append(Problem(each.where, found, "revoke or modify", "ask for the access anew if it is needed"))
    if problems:
        raise UserError(problems)
