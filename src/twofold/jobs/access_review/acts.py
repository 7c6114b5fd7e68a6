"""Route pairs to another reviewer, complete a review, record removals and looks at the use of wrong access."""

from collections.abc import Sequence
from datetime import date, datetime

from twofold.engagement.access_review import Pair, Review, ReviewAct
from twofold.jobs.access_review.capturing import REASON, ActDone, one_at_a_time, record, review_for
from twofold.jobs.access_review.people import is_own, known_person, may_review, named, nobody_for, reviewer_accounts
from twofold.jobs.access_review.tables import ReviewTables, review_tables
from twofold.model.instant import parse_instant, zone_named
from twofold.model.problem import Problem, UserError
from twofold.records.acts.people import need_reason
from twofold.records.workspace import Workspace
from twofold.vault.entry import instant_text


@one_at_a_time
def route_pairs(  # noqa: PLR0913  which pairs go to whom, and why
    workspace: Workspace,
    review_id: str,
    *,
    to: str,
    of_reviewer: str | None,
    account: str | None,
    right_id: str | None,
    reason: str,
    decided: bool = False,
    actor: str,
    at: datetime,
) -> ActDone:
    """Give undecided pairs to another reviewer: those of a reviewer, of an account, of a right, or all of them.

    decided: give decided ones too, to be decided anew; the earlier decision stays in the vault and is shown as taken
    back. Raises UserError where no such pair is meant, the new reviewer may not decide on one of them, or a decision
    would be taken back by nobody known, by the person whose access it is about, or without saying on what.
    """
    why = need_reason(reason, why="why somebody else decides, such as own access or a reviewer who left")
    if decided and not (of_reviewer or account or right_id):
        found = "no reviewer, account or right is named"
        expected = "on what the decisions are taken back"
        raise UserError(Problem("--decided", found, expected, "name it with --from, --account or --right"))
    with review_tables(workspace) as tables:
        review = review_for(tables, review_id, ReviewAct.ROUTE, at)
        (reviewer,) = reviewer_accounts(tables, [to], at=at, where="--to")
        items = [
            item
            for pair, item in sorted(review.items.items())
            if (item.reviewer != reviewer if item.decision is None else decided)
            and of_reviewer in {None, item.reviewer}
            and account in {None, pair[0]}
            and right_id in {None, pair[1]}
        ]
        if not items:
            found = f"no {'' if decided else 'undecided '}pair is meant that is not with {reviewer} already"
            remedy = f"see 'twofold review show {review_id}'; decided pairs are routed with --decided"
            raise UserError(Problem("REVIEW", found, "pairs of the review", remedy))
        pairs = [item.pair for item in items]
        may = may_review(tables, reviewer, review.system, pairs, at=at)
        if left := [pair for pair in pairs if pair not in may]:
            raise UserError(nobody_for(left, [reviewer], "name another reviewer with --to"))
        anew = [item.pair for item in items if item.decision is not None]
        _not_own(tables, anew, actor, at)
    lines = [{"campaign": review_id, "account": a, "right_id": r, "reviewer": reviewer} for a, r in pairs]
    said = f"{len(lines)} pairs of access review {review_id} routed to {reviewer}: {why}"
    if anew:
        said += f"; {len(anew)} of them were decided, and are decided anew"
    return record(workspace, review, {"review_item": lines}, said=said, actor=actor, at=at, parameters={REASON: why})


def _not_own(tables: ReviewTables, decided: Sequence[Pair], actor: str, at: datetime) -> None:
    """Raise UserError where somebody would take back a decision on their own access, or may, being nobody known."""
    if not decided:
        return
    person = known_person(tables, actor, at, where="who routes")
    hands = tables.hands([account for account, _ in decided], at)
    if own := [pair for pair in decided if is_own(pair[0], hands[pair[0]], reviewer=actor, person=person)]:
        found = f"{named(own)} is the acting person's own access, and it is decided on"
        raise UserError(Problem("ACCOUNT RIGHT", found, "somebody else who routes it", "ask who holds the review"))


@one_at_a_time
def complete_review(workspace: Workspace, review_id: str, *, actor: str, at: datetime) -> ActDone:
    """Complete a review; raises UserError while a pair is undecided, since silence is no approval."""
    with review_tables(workspace) as tables:
        review = tables.review(review_id)
        if review.held_here and review.completed_at is None and review.undecided:
            found = f"{len(review.undecided)} pairs are undecided: {named(review.undecided)}"
            remedy = f"see 'twofold review show {review_id}'; nobody's silence is an approval"
            raise UserError(Problem("REVIEW", found, "a decision on every pair", remedy))
        review = review_for(tables, review_id, ReviewAct.COMPLETE, at)
    line = {
        "id": review_id,
        "system": review.system,
        "snapshot": review.snapshot,
        "started_at": instant_text(review.started_at),
        "completed_at": instant_text(at),
    }
    said = f"Access review {review_id} of {review.system}, completed by {actor}"
    return record(workspace, review, {"campaign": [line]}, said=said, actor=actor, at=at)


@one_at_a_time
def record_removal(  # noqa: PLR0913  which removal, in whose words
    workspace: Workspace,
    review_id: str,
    pair: Pair,
    *,
    ticket: str,
    executed_at: str,
    reason: str = "",
    actor: str,
    at: datetime,
) -> ActDone:
    """Record that access judged wrong was removed. A later snapshot has to show it gone; this record does not.

    executed_at: ISO 8601 time with offset, "" = now. reason: why there is a further record where there is one; all of
    them stay, and the one that the system proves first counts. Raises UserError for a pair that was not judged
    wrong, without a ticket, for a time before the decision or after now, and for a further record without a reason.
    """
    if not ticket.strip():
        raise UserError(Problem("--ticket", "no ticket is named", "the record of the removal", "name it"))
    with review_tables(workspace) as tables:
        review = review_for(tables, review_id, ReviewAct.REVOKED, at)
        executed = _executed(review, pair, executed_at, at)
    if (known := review.removals.get(pair)) and not reason.strip():
        when = f" at {instant_text(known.executed_at)}" if known.executed_at else ""
        found = f"the removal is recorded already: {known.ticket or 'no ticket'}{when} ({known.evidence})"
        expected = "why there is a further record; the first one stays"
        remedy = "say it with --reason, such as: removed once more, since a snapshot still showed it"
        raise UserError(Problem("ACCOUNT RIGHT", found, expected, remedy))
    line = {
        "campaign": review_id,
        "account": pair[0],
        "right_id": pair[1],
        "ticket": ticket.strip(),
        "executed_at": instant_text(executed),
    }
    said = f"Removal of {pair[1]} from {pair[0]}, decided in access review {review_id}: {ticket.strip()}"
    because = {REASON: reason.strip()} if known else {}
    if known:
        said += f"; a further record, since {reason.strip()}"
    return record(workspace, review, {"revoke": [line]}, said=said, actor=actor, at=at, parameters=because)


@one_at_a_time
def record_look(
    workspace: Workspace, review_id: str, pair: Pair, *, looked_from: date, result: str, actor: str, at: datetime
) -> ActDone:
    """Record a look at what access judged wrong was used for, from a local day on. A pair may be looked at again.

    Raises UserError for a pair that was not judged wrong, without a result, for a day that has not come, where the
    person is nobody known or would look at the use of their own account, and where they said the same before.
    """
    zone = zone_named(workspace.settings.reporting_zone)
    today = at.astimezone(zone).date()
    if looked_from > today:
        raise UserError(Problem("--from", f"{looked_from} has not come", f"a day up to {today}", "correct the day"))
    if not result.strip():
        raise UserError(
            Problem("--result", "no result is given", "what the access was used for", "say it in a sentence")
        )
    with review_tables(workspace) as tables:
        review = review_for(tables, review_id, ReviewAct.LOOK, at)
        _judged_wrong(review, pair)
        person = known_person(tables, actor, at, where="who looks")
        if is_own(pair[0], tables.hands([pair[0]], at)[pair[0]], reviewer=actor, person=person):
            found = f"{pair[0]} is the acting person's own account"
            raise UserError(
                Problem("ACCOUNT", found, "somebody else who looks", "ask somebody else to look and record")
            )
        for each in review.looks.get(pair, ()):
            began = each.looked_from.astimezone(zone).date() if each.looked_from else None
            if (each.by, began, each.result) == (person, looked_from, result.strip()):
                found = f"this look is recorded already ({each.evidence})"
                raise UserError(Problem("ACCOUNT RIGHT", found, "a look that says something else"))
    line = {
        "campaign": review_id,
        "account": pair[0],
        "right_id": pair[1],
        "reviewed_at": instant_text(at),
        "reviewed_by": person,
        "looked_from": looked_from.isoformat(),
        "result": result.strip(),
    }
    said = f"Look at the use of {pair[1]} by {pair[0]}, judged wrong in access review {review_id}"
    return record(workspace, review, {"impact_review": [line]}, said=said, actor=actor, at=at)


def _executed(review: Review, pair: Pair, text: str, at: datetime) -> datetime:
    item_time = _judged_wrong(review, pair)
    try:
        executed = parse_instant(text).earliest if text else at
        exact = not text or parse_instant(text).is_exact
    except ValueError as error:
        raise UserError(Problem("--executed-at", str(error), "a time such as 2026-04-09T11:30:00Z")) from error
    if not exact or not item_time <= executed <= at:
        found = f"{text or instant_text(executed)}"
        expected = f"a time with an offset from {instant_text(item_time)} (the decision) to now"
        raise UserError(Problem("--executed-at", found, expected))
    return executed


def _judged_wrong(review: Review, pair: Pair) -> datetime:
    """Return the time of the decision; raises UserError for a pair that was not judged wrong."""
    known = {item.pair: item for item in review.judged_wrong}
    if pair not in known:
        expected = "one of " + named(list(known)) if known else "a pair that was decided as revoke or modify"
        found = f"{pair[0]} {pair[1]} was not judged wrong in {review.review_id}"
        raise UserError(Problem("ACCOUNT RIGHT", found, expected, f"see 'twofold review show {review.review_id}'"))
    return known[pair].decided_at or review.started_at
