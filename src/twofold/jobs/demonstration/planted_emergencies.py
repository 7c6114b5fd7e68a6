"""Emergency changes (T-12): each is first made whole, then altered by its fault.

A whole emergency answers an open sev1 incident in the evening, is flagged before the release, is released by the
engineer on call, approved the next morning and looked back at with its tests.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from twofold.jobs.demonstration.changes import EVENING, MINUTE, Change
from twofold.jobs.demonstration.planted_changes import Plan, day_named, ticket_of
from twofold.jobs.demonstration.tickets import Edit
from twofold.jobs.demonstration.timeline import after_working_days, iso, local, local_day
from twofold.jobs.demonstration.world import Outage, World

HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Emergency:
    """The pieces of an emergency that a fault can move or take away."""

    change: Change
    flag: Edit
    outage: Outage | None
    on_call: bool = True
    reviewed: bool = True

    @property
    def item(self) -> str:
        """Identifier of the change item."""
        return self.change.item

    def approve_at(self, moment: datetime) -> None:
        """Move the late approval."""
        self.change.reviews[0].at = moment


def make_emergency(world: World, change: Change) -> Emergency:
    """Turn a clean change into a clean emergency change."""
    ticket = ticket_of(change)
    approver = world.authority.holders(change.system, "emergency")[0]
    if change.author is approver:
        change.author = world.authority.holders(change.system, "release")[-1]
    for edit in list(ticket.edits):
        ticket.drop(edit)
    ticket.type, ticket.created_at, change.functional = "Technical change", change.slot_at - 20 * MINUTE, False
    ticket.summary = f"Emergency: {ticket.summary}"
    flag = ticket.edit("emergency", "", "Yes", change.slot_at - 15 * MINUTE, ticket.reporter)
    ticket.move("To Do", "Released", change.release.completed_at + 5 * MINUTE, change.author)
    day = local_day(change.release.completed_at)
    next_morning = local(after_working_days(day, 1), "10:00")
    change.reviews[0].reviewer, change.reviews[0].at = approver.github, next_morning
    change.merged_by = change.author_login
    outage = Outage(change.system, change.slot_at - 40 * MINUTE, change.release.completed_at + 30 * MINUTE)
    return Emergency(change, flag, outage)


def record_emergency(world: World, emergency: Emergency) -> None:
    """Write down the on-call entry, the look back and the incident, where the fault left them in place."""
    change = emergency.change
    world.emergencies.append(change)
    if emergency.outage is not None:
        world.outages.append(emergency.outage)
    day = local_day(change.slot_at)
    if emergency.on_call:
        world.oncall.append(
            {
                "system": change.system,
                "person": change.author.id,
                "valid_from": iso(local(day - timedelta(days=day.weekday()), "08:00")),
                "valid_to": iso(local(day + timedelta(days=7 - day.weekday()), "08:00")),
                "recorded_at": iso(local(day - timedelta(days=day.weekday() + 5), "15:00")),
            }
        )
    if emergency.reviewed:
        reviewer = world.authority.holders(change.system, "emergency")[1]
        look_back = {
            "reviewed_at": iso(local(after_working_days(day, 3), "11:00")),
            "reviewer": f"jira:{reviewer.jira}",
            "test_evidence": f"Check run integration on {change.merge.sha[:12]}",
        }
        world.post_reviews.append((ticket_of(change), look_back))


def whole(world: World, change: Change) -> None:
    """A clean emergency."""
    record_emergency(world, make_emergency(world, change))


def flagged_late(world: World, change: Change) -> None:
    """The flag was set two hours after the release, so the change also lacked a normal approval."""
    emergency = make_emergency(world, change)
    emergency.flag.at = change.release.completed_at + 2 * HOUR
    record_emergency(world, emergency)
    why = "The emergency flag was set two hours after the release."
    world.key.exception(("T-12", emergency.item, "E"), "flagged_late", why)
    why = "Flagged too late, so the normal rules hold: the ticket was not authorised before the release."
    world.key.exception(("T-10", emergency.item, "A"), "not_authorised", why)
    why = "Flagged too late, so the normal rules hold: no approval was live at the release."
    world.key.exception(("T-10", emergency.item, "C"), "no_live_approval", why)
    world.key.exception(("T-10", emergency.item, "D"), "approved_late", why)


def no_incident(world: World, change: Change) -> None:
    """No incident was open."""
    emergency = make_emergency(world, change)
    emergency.outage = None
    record_emergency(world, emergency)
    why = "No incident of a qualifying severity was open when the release started."
    world.key.exception(("T-12", emergency.item, "A"), "no_open_incident", why)


def not_on_call(world: World, change: Change) -> None:
    """Nobody with recorded emergency authority acted."""
    emergency = make_emergency(world, change)
    emergency.on_call = False
    record_emergency(world, emergency)
    why = "The engineer who released it had no recorded emergency authority at the time."
    world.key.exception(("T-12", emergency.item, "B"), "no_emergency_authority", why)


def approved_too_late(world: World, change: Change) -> None:
    """The approval came on the fifth business day; the limit is two."""
    emergency = make_emergency(world, change)
    emergency.approve_at(local(after_working_days(local_day(change.release.completed_at), 5), "10:00"))
    record_emergency(world, emergency)
    why = "The late approval came on the fifth business day after the release; two are allowed."
    world.key.exception(("T-12", emergency.item, "C"), "approved_late", why)


def no_look_back(world: World, change: Change) -> None:
    """Nobody looked back at the change."""
    emergency = make_emergency(world, change)
    emergency.reviewed = False
    record_emergency(world, emergency)
    world.key.exception(("T-12", emergency.item, "D"), "no_post_review", "Nobody looked back at the emergency change.")


PLANS: tuple[Plan, ...] = (
    Plan(whole, "billing", day_named("2025-11-05"), EVENING),
    Plan(whole, "portal", day_named("2026-01-07"), EVENING),
    Plan(whole, "payments", day_named("2026-04-29"), EVENING),
    Plan(whole, "ledger", day_named("2026-08-12"), EVENING),
    Plan(flagged_late, "billing", day_named("2026-02-25"), EVENING),
    Plan(flagged_late, "portal", day_named("2026-07-29"), EVENING),
    Plan(no_incident, "payments", day_named("2025-12-03"), EVENING),
    Plan(no_incident, "portal", day_named("2026-05-27"), EVENING),
    Plan(not_on_call, "ledger", day_named("2026-03-04"), EVENING),
    Plan(approved_too_late, "billing", day_named("2026-06-03"), EVENING),
    Plan(approved_too_late, "analytics", day_named("2026-03-11"), EVENING),
    Plan(no_look_back, "payments", day_named("2026-09-02"), EVENING),
    Plan(no_look_back, "portal", day_named("2025-10-15"), EVENING),
)
