"""Faults in changes (T-10, T-11): each function alters one clean change and writes what must be said about it.

Every change here is released alone on its day, so that nothing else can explain an outcome.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from twofold.jobs.demonstration.authority import RosterEntry
from twofold.jobs.demonstration.changes import MINUTE, Change, Commit, Deployment, Review, Slot, push_event_id
from twofold.jobs.demonstration.tickets import Ticket
from twofold.jobs.demonstration.timeline import local_day, working_day_on_or_after
from twofold.jobs.demonstration.world import World

SOX = ("sox",)


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a fault is planted: a function, a system, and the first day on which it may be."""

    plant: Callable[[World, Change], None]
    system: str
    day: date
    clock: str = "11:00"
    direct: bool = False

    @property
    def slot(self) -> Slot:
        """The slot that the fault needs."""
        return Slot(working_day_on_or_after(self.day), self.clock)


def no_ticket(world: World, change: Change) -> None:
    """Nothing in title, branch or body names a ticket."""
    change.ticket = None
    world.key.exception(("T-10", change.item, "A"), "no_ticket", "The pull request names no ticket.")
    why = "Without a ticket nothing says whether the change is functional."
    world.key.cannot_test(("T-10", change.item, "I"), "functional_unknown", why, lenses=SOX)
    world.key.cannot_test(("T-15", change.item, "E"), "functional_unknown", why, lenses=SOX)
    for letter in "ABC":
        why = "Without a ticket nothing says whether the change needs a way back."
        world.key.cannot_test(("T-16", change.item, letter), "type_unknown", why)
    why = "The release carries a change that no ticket explains."
    world.key.exception(("T-13", change.release.id, "A"), "unmatched", why)


def authorised_late(world: World, change: Change) -> None:
    """The ticket reached Approved three hours after the release started."""
    ticket = ticket_of(change)
    ticket.transition_to("Approved").at = change.release.started_at + timedelta(hours=3)
    ticket.transition_to("Released").at = change.release.started_at + timedelta(hours=4)
    world.key.exception(
        ("T-10", change.item, "A"), "authorised_late", "The ticket was authorised after the release had started."
    )


def check_failed(world: World, change: Change) -> None:
    """The integration tests of the released commit failed, and it was released all the same."""
    for check in change.checks:
        if check.name == "integration":
            check.conclusion = "failure"
    why = "The required check integration failed on the released commit."
    for test in ("T-10", "T-15"):
        world.key.exception((test, change.item, "B"), "check_failed", why)


def check_missing(world: World, change: Change) -> None:
    """The integration tests never ran on the released commit."""
    change.checks = [check for check in change.checks if check.name != "integration"]
    why = "The required check integration has no run on the released commit."
    world.key.exception(("T-10", change.item, "B"), "check_missing", why)
    world.key.exception(("T-15", change.item, "A"), "check_missing", why)


def own_approval(world: World, change: Change) -> None:
    """The only approver also pushed a commit to the branch."""
    pushed = change.commits[-1]
    pushed.author = pushed.committer = change.reviews[0].reviewer
    why = "The only approver wrote the last commit of the branch."
    world.key.exception(("T-10", change.item, "C"), "not_independent", why)
    world.key.exception(("T-11", change.item, "A"), "approver_is_contributor", why)


def stale_approval(world: World, change: Change) -> None:
    """The author pushed code after the approval, which GitHub did not dismiss."""
    pushed = _push(world, change)
    change.reviews[0].at = pushed.at - 4 * MINUTE
    world.stale_kept.append(change)
    world.key.exception(
        ("T-10", change.item, "C"), "stale_approval", "A commit was pushed after the approval and nobody looked again."
    )


def approved_late(world: World, change: Change) -> None:
    """The review was given two hours after the release."""
    change.reviews[0].at = change.release.completed_at + timedelta(hours=2)
    world.key.exception(
        ("T-10", change.item, "C"), "no_live_approval", "No approval was live when the release started."
    )
    world.key.exception(("T-10", change.item, "D"), "approved_late", "The approval came two hours after the release.")


def authority_ended(world: World, change: Change) -> None:
    """The approver's place on the roster had ended the day before."""
    staff = world.staff.in_role("Senior Engineer", "Site Reliability Engineer")
    holders = world.authority.holders(change.system, "release")
    former = next(x for x in reversed(staff) if x not in holders and x is not change.author and x.github)
    ended = local_day(change.reviews[0].at) - timedelta(days=1)
    world.authority.add(RosterEntry(change.system, "release", former, until=ended))
    change.reviews[0].reviewer = former.github
    change.merged_by = change.author_login
    why = "The approver had left the release roster before deciding."
    world.key.exception(("T-10", change.item, "C"), "no_authority", why)
    world.key.exception(("T-10", change.item, "G"), "no_authority", why, lenses=SOX)


def unlinked_approver(world: World, change: Change) -> None:
    """The approving account belongs to nobody that the company can name."""
    login = f"dev-contract-{len(world.unknown_logins) + 1}"
    world.unknown_logins.append(login)
    change.reviews[0].reviewer = login
    change.merged_by = change.author_login
    why = "The approving account is not linked to a person."
    world.key.cannot_test(("T-10", change.item, "C"), "approver_unlinked", why)
    world.key.cannot_test(("T-10", change.item, "G"), "approver_unlinked", why, lenses=SOX)
    world.key.cannot_test(("T-10", change.item, "H"), "approver_unlinked", why, lenses=SOX)
    world.key.cannot_test(("T-11", change.item, "A"), "approver_unlinked", why)


def edited_after_approval(world: World, change: Change) -> None:
    """The description of the ticket was rewritten after its approval and before the release."""
    ticket = ticket_of(change)
    at = change.release.started_at - 30 * MINUTE
    ticket.edit(
        "description", "Round invoice lines to cents.", "Round invoices and change the tax rate.", at, change.author
    )
    world.key.exception(
        ("T-10", change.item, "F"), "material_edit", "The description was rewritten after the ticket was approved."
    )


def changes_requested(world: World, change: Change) -> None:
    """The reviewer approved, then asked for changes, and the merge went ahead."""
    given = change.reviews[0]
    change.reviews.append(Review(given.reviewer, "CHANGES_REQUESTED", given.at + 3 * MINUTE, given.sha))
    change.merged_by = change.author_login
    world.key.exception(
        ("T-10", change.item, "C"), "changes_requested", "The approver had asked for changes, and nobody resolved it."
    )


def other_digest(world: World, change: Change) -> None:
    """The deployed artefact was built from another commit than the approved one."""
    release = change.release
    other = next(x for x in world.repositories[change.system].changes if x.release.completed_at < release.started_at)
    row = next(row for row in world.artefacts if row["digest"] == release.digest)
    row["commit_sha"] = other.head.sha
    world.key.exception(
        ("T-10", change.item, "E"),
        "other_commit",
        "The deployed artefact was built from a commit nobody approved here.",
    )


def no_acceptance(world: World, change: Change) -> None:
    """A functional change went out without the acceptance of a business user; only SOX asks for it."""
    ticket = ticket_of(change)
    change.functional, ticket.type = True, "Change"
    for edit in [edit for edit in ticket.edits if edit.field == "uat"]:
        ticket.drop(edit)
    why = "A functional change has no acceptance by a business user."
    world.key.exception(("T-10", change.item, "I"), "no_uat", why, lenses=SOX)


def approver_deploys(world: World, change: Change) -> None:
    """The approver released it by hand; SOC 2 does not mind."""
    change.release.actor = change.reviews[0].reviewer
    why = "The only approver released the change by hand."
    world.key.exception(("T-10", change.item, "H"), "approver_is_deployer", why, lenses=SOX)


def author_deploys(world: World, change: Change) -> None:
    """The author released it by hand; SOC 2 asks only for an independent approver."""
    change.release.actor = change.author_login
    why = "The author released the change by hand, outside the pipeline."
    world.key.exception(("T-11", change.item, "B"), "deployer_is_contributor", why, lenses=SOX)


def bot_fixed_and_approved(world: World, change: Change) -> None:
    """A bot opened the pull request; one person pushed a fix to it and approved it."""
    approver = change.reviews[0].reviewer
    change.author_login = "brightwater-bumper[bot]"
    first = change.commits[0]
    first.author = first.committer = change.author_login
    fix = _push(world, change)
    fix.author = fix.committer = approver
    change.merge.author = change.author_login
    change.reviews[0].sha, change.reviews[0].at = fix.sha, fix.at + MINUTE
    change.merged_by = approver
    why = "The bot's pull request was fixed and approved by the same person."
    world.key.exception(("T-10", change.item, "C"), "not_independent", why)
    world.key.exception(("T-11", change.item, "A"), "approver_is_contributor", why)


def two_accounts(world: World, change: Change) -> None:
    """The author used a second account, and approved with the first."""
    approver = next(
        x for x in world.authority.holders(change.system, "release") if x.github == change.reviews[0].reviewer
    )
    login = f"{approver.github}-dev"
    world.second_logins[login] = approver
    change.author_login = change.merge.author = login
    for commit in change.commits:
        commit.author = commit.committer = login
    why = "Author and approver are two accounts of one person."
    world.key.exception(("T-10", change.item, "C"), "not_independent", why)
    world.key.exception(("T-11", change.item, "A"), "approver_is_contributor", why)


def failed_first(world: World, change: Change) -> None:
    """The first deployment failed and never served; the second one, twenty minutes later, did."""
    release = change.release
    failed = Deployment(
        release.number - 1, release.system, release.sha, release.actor, release.started_at - 8 * MINUTE, [change],
        state="failure", digest=release.digest,
    )  # fmt: skip
    deployments = world.repositories[change.system].deployments
    deployments.insert(deployments.index(release), failed)


def pushed_directly(world: World, change: Change) -> None:
    """The author pushed to the release branch without a pull request, and it was released."""
    change.merge.committer = change.author_login
    change.merge.parents = change.merge.parents[:1]
    change.reviews, change.merged_by, change.commits = [], "", [change.merge]
    push = push_event_id(change)
    world.key.item("T-13", push, change.system, change.merge.at)
    why = "The commit reached the release branch without a pull request."
    world.key.exception(("T-10", change.item, "C"), "no_pull_request", why)
    world.key.exception(("T-10", change.item, "D"), "no_approval", why)
    world.key.exception(("T-11", change.item, "A"), "no_approver", why)
    why = "Protection is known per branch that a pull request names, and this change has none."
    world.key.cannot_test(("T-11", change.item, "C"), "rights_not_tested", why, lenses=SOX)
    why = "A push to the release branch outside pull requests."
    world.key.exception(("T-13", push, "A"), "unmatched", why)


def _push(world: World, change: Change) -> Commit:
    """Add a commit of the author two minutes before the merge, which then holds its content."""
    draw = world.draw(f"push/{change.item}")
    at = change.merge.at - 2 * MINUTE
    pushed = Commit(
        draw.sha1(),
        draw.sha1(),
        [change.head.sha],
        change.author_login,
        change.author_login,
        at,
        "Handle the empty case",
    )
    change.commits.append(pushed)
    change.merge.tree = pushed.tree
    if len(change.merge.parents) > 1:
        change.merge.parents[1] = pushed.sha
    return pushed


def ticket_of(change: Change) -> Ticket:
    """Return the ticket of a change that has one."""
    if change.ticket is None:
        msg = f"{change.pull_request} has no ticket to alter"
        raise ValueError(msg)
    return change.ticket


def day_named(text: str) -> date:
    """Read an ISO day."""
    return date.fromisoformat(text)


PLANS: tuple[Plan, ...] = (
    Plan(no_ticket, "billing", day_named("2025-10-14")),
    Plan(no_ticket, "portal", day_named("2026-02-10")),
    Plan(no_ticket, "analytics", day_named("2026-05-12")),
    Plan(authorised_late, "ledger", day_named("2025-12-09")),
    Plan(authorised_late, "portal", day_named("2026-10-14")),
    Plan(check_failed, "billing", day_named("2025-12-16")),
    Plan(check_failed, "analytics", day_named("2026-02-24")),
    Plan(check_missing, "payments", day_named("2026-03-10")),
    Plan(check_missing, "portal", day_named("2026-06-16")),
    Plan(own_approval, "billing", day_named("2026-01-13")),
    Plan(own_approval, "portal", day_named("2026-10-07")),
    Plan(stale_approval, "ledger", day_named("2025-10-21")),
    Plan(stale_approval, "payments", day_named("2026-04-14")),
    Plan(stale_approval, "portal", day_named("2026-07-14")),
    Plan(approved_late, "billing", day_named("2026-02-03")),
    Plan(approved_late, "analytics", day_named("2026-02-10")),
    Plan(authority_ended, "payments", day_named("2026-05-19")),
    Plan(authority_ended, "portal", day_named("2026-08-11")),
    Plan(unlinked_approver, "ledger", day_named("2026-06-09")),
    Plan(unlinked_approver, "portal", day_named("2025-11-18")),
    Plan(edited_after_approval, "billing", day_named("2026-03-24")),
    Plan(edited_after_approval, "payments", day_named("2026-10-20")),
    Plan(changes_requested, "ledger", day_named("2026-07-21")),
    Plan(changes_requested, "analytics", day_named("2026-08-18")),
    Plan(other_digest, "billing", day_named("2026-04-21")),
    Plan(other_digest, "payments", day_named("2025-11-11")),
    Plan(no_acceptance, "billing", day_named("2026-05-05")),
    Plan(no_acceptance, "ledger", day_named("2025-10-28")),
    Plan(no_acceptance, "portal", day_named("2026-05-12")),
    Plan(no_acceptance, "analytics", day_named("2026-01-20")),
    Plan(approver_deploys, "payments", day_named("2026-06-23")),
    Plan(approver_deploys, "portal", day_named("2026-06-23")),
    Plan(author_deploys, "ledger", day_named("2026-08-04")),
    Plan(author_deploys, "portal", day_named("2026-03-03")),
    Plan(bot_fixed_and_approved, "billing", day_named("2026-07-07")),
    Plan(bot_fixed_and_approved, "portal", day_named("2026-04-07")),
    Plan(two_accounts, "payments", day_named("2026-02-17")),
    Plan(failed_first, "billing", day_named("2026-08-25")),
    Plan(failed_first, "portal", day_named("2026-01-27")),
    Plan(pushed_directly, "ledger", day_named("2026-09-15"), direct=True),
    Plan(pushed_directly, "portal", day_named("2026-09-22"), direct=True),
)
