"""Route pairs to another reviewer, complete a review, record removals and looks at the use of wrong access."""

from datetime import date, datetime

from twofold.engagement.access_review import Pair, Review, ReviewAct
from twofold.jobs.access_review.capturing import ActDone, record, review_for
from twofold.jobs.access_review.people import is_own, known_person, may_review, named, nobody_for, reviewer_accounts
from twofold.jobs.access_review.tables import review_tables
from twofold.model.instant import parse_instant, zone_named
from twofold.model.problem import Problem, UserError
from twofold.records.acts.people import need_reason
from twofold.records.workspace import Workspace
from twofold.vault.entry import instant_text


def route_pairs(  # noqa: PLR0913  which pairs go to whom, and why
    workspace: Workspace,
    review_id: str,
    *,
    to: str,
    of_reviewer: str | None,
    account: str | None,
    right_id: str | None,
    reason: str,
    actor: str,
    at: datetime,
) -> ActDone:
    """Give undecided pairs to another reviewer: those of a reviewer, of an account, of a right, or all of them.

    Raises UserError where no undecided pair is meant, or the new reviewer may not decide on one of them.
    """
    why = need_reason(reason, why="why somebody else decides, such as own access or a reviewer who left")
    with review_tables(workspace) as tables:
        review = review_for(tables, review_id, ReviewAct.ROUTE, at)
        items = [
            review.items[pair]
            for pair in review.undecided
            if of_reviewer in {None, review.items[pair].reviewer}
            and account in {None, pair[0]}
            and right_id in {None, pair[1]}
        ]
        if not items:
            found = "no undecided pair is meant"
            raise UserError(Problem("REVIEW", found, "undecided pairs", f"see 'twofold review show {review_id}'"))
        (reviewer,) = reviewer_accounts(tables, [to], at=at, where="--to")
        pairs = [item.pair for item in items]
        may = may_review(tables, reviewer, review.system, pairs, at=at)
        if left := [pair for pair in pairs if pair not in may]:
            raise UserError(nobody_for(left, [reviewer], "name another reviewer with --to"))
    lines = [{"campaign": review_id, "account": a, "right_id": r, "reviewer": reviewer} for a, r in pairs]
    said = f"{len(lines)} pairs of access review {review_id} routed to {reviewer}: {why}"
    return record(workspace, review, {"review_item": lines}, said=said, actor=actor, at=at)


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


def record_removal(
    workspace: Workspace, review_id: str, pair: Pair, *, ticket: str, executed_at: str, actor: str, at: datetime
) -> ActDone:
    """Record that access judged wrong was removed. A later snapshot has to show it gone; this record does not.

    executed_at: ISO 8601 time with offset, "" = now. Raises UserError for a pair that was not judged wrong, without a
    ticket, and for a time before the decision or after now.
    """
    if not ticket.strip():
        raise UserError(Problem("--ticket", "no ticket is named", "the record of the removal", "name it"))
    with review_tables(workspace) as tables:
        review = review_for(tables, review_id, ReviewAct.REVOKED, at)
        executed = _executed(review, pair, executed_at, at)
    line = {
        "campaign": review_id,
        "account": pair[0],
        "right_id": pair[1],
        "ticket": ticket.strip(),
        "executed_at": instant_text(executed),
    }
    said = f"Removal of {pair[1]} from {pair[0]}, decided in access review {review_id}: {ticket.strip()}"
    return record(workspace, review, {"revoke": [line]}, said=said, actor=actor, at=at)


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
