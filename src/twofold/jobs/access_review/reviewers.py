"""Reviewers as people: a task that reminds one, and giving one's own undecided pairs to somebody else."""

from datetime import datetime, timedelta

from twofold.engagement.task import AboutKind, Task
from twofold.jobs.access_review.acts import route_pairs
from twofold.jobs.access_review.capturing import ActDone
from twofold.jobs.access_review.people import person_of
from twofold.jobs.access_review.tables import review_tables
from twofold.jobs.tasks import open_task
from twofold.model.instant import zone_named
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace

REMINDER_DAYS = 7
"""Days that a reminded reviewer gets."""


def remind_reviewer(workspace: Workspace, review_id: str, reviewer: str, *, actor: str, at: datetime) -> Task:
    """Open a task for the person behind a reviewer's account, due in a week; raises UserError where nothing waits."""
    with review_tables(workspace) as tables:
        review = tables.review(review_id)
        left = sum(1 for pair in review.undecided if review.items[pair].reviewer == reviewer)
        person = person_of(tables, reviewer, at)
    if not left:
        found = f"{reviewer or 'nobody'} has no undecided pair in {review_id}"
        raise UserError(Problem("reviewer", found, "a reviewer with undecided pairs"))
    due = (at + timedelta(days=REMINDER_DAYS)).astimezone(zone_named(workspace.settings.reporting_zone))
    return open_task(
        workspace,
        what=f"Decide {left:,} pairs of access review {review_id}",
        assigned_to=person,
        due_on=due.date(),
        about_kind=AboutKind.SYSTEM,
        about=review.system,
        actor=actor,
        at=at,
    )


def delegate_pairs(
    workspace: Workspace, review_id: str, *, to: str, account: str | None, reason: str, actor: str, at: datetime
) -> ActDone:
    """Route the undecided pairs of the acting person's own accounts; raises UserError where none waits for them.

    Pairs of other reviewers are routed by who holds the review. `to` must be able to review, as `route_pairs` asks.
    """
    with review_tables(workspace) as tables:
        review = tables.review(review_id)
        person = person_of(tables, actor, at)
        waiting = {review.items[pair].reviewer for pair in review.undecided if account in {None, pair[0]}}
        hands = tables.hands(sorted(waiting), at)
    own = sorted(name for name in waiting if name == actor or hands[name].person == person)
    if not own:
        found = f"no undecided pair of {review_id} waits for {actor}"
        raise UserError(Problem("REVIEW", found, "pairs that are routed to you", "ask who holds the review"))
    if len(own) > 1:
        found = f"pairs wait for {actor} under {', '.join(own)}"
        raise UserError(Problem("REVIEW", found, "one account", "ask who holds the review to route them"))
    return route_pairs(
        workspace,
        review_id,
        to=to,
        of_reviewer=own[0],
        account=account,
        right_id=None,
        reason=f"delegated: {reason.strip()}" if reason.strip() else "",
        actor=actor,
        at=at,
    )
