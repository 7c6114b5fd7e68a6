"""Faults in granting access (T-01): each function makes one grant and writes what must be said about it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from twofold.jobs.demonstration.access import HOUR, POWERFUL, Administrator, GrantEvent
from twofold.jobs.demonstration.authority import RosterEntry
from twofold.jobs.demonstration.people import Person
from twofold.jobs.demonstration.rights import RIGHTS, Right, group
from twofold.jobs.demonstration.timeline import (
    after_working_days,
    before_working_days,
    local,
    working_day_on_or_after,
)

SOX = ("sox",)


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a fault is planted: a function, the right granted, the day of the grant."""

    plant: Callable[[Administrator, Person, Right, date], GrantEvent]
    right: Right
    day: date


def no_request(it: Administrator, person: Person, right: Right, day: date) -> GrantEvent:
    """An administrator granted it without any request."""
    event = it.grant(person, right, local(day, "15:00"), request=None)
    it.world.key.exception(("T-01", event.id, "A"), "no_request", "No request asks for this right for this person.")
    return event


def approved_after_grant(it: Administrator, person: Person, right: Right, day: date) -> GrantEvent:
    """The approval came a day after the grant."""
    ticket = it.request(person, right, before_working_days(day, 1))
    event = it.grant(person, right, ticket.transition_to("Approved").at - HOUR, request=ticket)
    ticket.transition_to("Approved").at += timedelta(days=1)
    ticket.transition_to("Done").at += timedelta(days=1)
    it.world.key.exception(("T-01", event.id, "C"), "approved_after_grant", "The approval came a day after the grant.")
    return event


def approver_not_rostered(it: Administrator, person: Person, right: Right, day: date) -> GrantEvent:
    """Somebody approved who never was on the roster."""
    outsider = it.world.staff.in_role("Support Lead")[0]
    ticket = it.request(person, right, before_working_days(day, 1), approver=outsider)
    event = it.grant(person, right, ticket.transition_to("Approved").at + HOUR, request=ticket)
    why = "The approver was never on the access roster."
    it.world.key.exception(("T-01", event.id, "B"), "not_authorised", why)
    it.world.key.exception(("T-01", event.id, "F"), "not_on_roster", why, lenses=SOX)
    return event


def roster_ended(it: Administrator, person: Person, right: Right, day: date) -> GrantEvent:
    """The approver had been on the roster until a week before."""
    former = it.world.staff.in_role("Support Lead")[1]
    it.world.authority.add(RosterEntry(right.system, "access", former, until=day - timedelta(days=7)))
    ticket = it.request(person, right, before_working_days(day, 1), approver=former)
    event = it.grant(person, right, ticket.transition_to("Approved").at + HOUR, request=ticket)
    why = "The approver had left the access roster before deciding."
    it.world.key.exception(("T-01", event.id, "B"), "not_authorised", why)
    it.world.key.exception(("T-01", event.id, "F"), "not_on_roster", why, lenses=SOX)
    return event


def own_approval(it: Administrator, _: Person, right: Right, day: date) -> GrantEvent:
    """A rostered approver approved a right for themselves."""
    owner = it.world.authority.holders(right.system, "access")[0]
    ticket = it.request(owner, right, before_working_days(day, 1), approver=owner)
    event = it.grant(owner, right, ticket.transition_to("Approved").at + HOUR, request=ticket)
    it.world.key.exception(("T-01", event.id, "E"), "self_approved", "The approver is the one who got it.")
    return event


def beyond_approved(it: Administrator, person: Person, right: Right, day: date) -> GrantEvent:
    """The request asked for reading; the administrator granted administration."""
    smaller = group(f"{right.system}-read")
    ticket = it.request(person, smaller, before_working_days(day, 1))
    event = it.grant(person, right, ticket.transition_to("Approved").at + HOUR, request=ticket)
    it.world.key.exception(
        ("T-01", event.id, "D"), "beyond_approved", f"The request asked for {smaller.id}; {right.id} was granted."
    )
    return event


def same_as(it: Administrator, person: Person, right: Right, day: date) -> GrantEvent:
    """The request said "same as" a colleague and listed no right."""
    ticket = it.request(person, right, before_working_days(day, 1))
    colleague = it.world.staff.in_role("Senior Engineer")[-1]
    ticket.custom["rights"] = []
    ticket.custom["same_as"] = colleague.id
    event = it.grant(person, right, ticket.transition_to("Approved").at + HOUR, request=ticket)
    it.world.key.exception(
        ("T-01", event.id, "D"), "same_as_unlisted", "The request copies a colleague's access and lists no right."
    )
    return event


def reused_request(it: Administrator, person: Person, right: Right, day: date) -> GrantEvent:
    """One request served twice: granted, removed a month later, granted again without asking."""
    first_day = before_working_days(day, 25)
    first = it.granted_on_request(person, right, first_day)
    held = next(x for x in it.book.holdings if x.person is person and x.right is right)
    it.remove(held, local(before_working_days(day, 10), "12:00"))
    event = it.grant(person, right, local(day, "11:00"), request=first.request)
    it.world.key.exception(("T-01", event.id, "A"), "request_used", "The request had already served an earlier grant.")
    return event


def approval_expired(it: Administrator, person: Person, right: Right, day: date) -> GrantEvent:
    """The approval was older than thirty days."""
    ticket = it.request(person, right, before_working_days(day, 30))
    event = it.grant(person, right, local(day, "16:00"), request=ticket)
    ticket.transition_to("Done").at = event.at + HOUR
    it.world.key.exception(
        ("T-01", event.id, "C"), "approval_too_old", "The approval was more than thirty days old at the grant."
    )
    return event


def approver_grants(it: Administrator, person: Person, right: Right, day: date) -> GrantEvent:
    """The approver granted the right with their own hands; only SOX minds."""
    ticket = it.request(person, right, before_working_days(day, 1))
    event = it.grant(person, right, ticket.transition_to("Approved").at + HOUR, request=ticket)
    event.actor = f"okta:{ticket.transition_to('Approved').actor.okta}"
    it.world.key.exception(
        ("T-01", event.id, "G"), "approver_granted", "Approver and granter are the same person.", lenses=SOX
    )
    return event


def resynchronised(it: Administrator, _: Person, right: Right, day: date) -> GrantEvent:
    """The ERP wrote a role again that the person already had."""
    at = local(day, "02:00")
    held = next(holding for holding in it.book.holders(right.system, at) if holding.right is right)
    event = it.write_again(held, at)
    it.world.key.excuse("T-01", event.id, "ABCDEFG", "no_net_change", "A re-sync wrote a role that was there already.")
    return event


def clean(it: Administrator, person: Person, right: Right, day: date) -> GrantEvent:
    """A grant in good order, in the ERP's own log."""
    return it.granted_on_request(person, right, after_working_days(day, 0))


def plant_access(it: Administrator) -> None:
    """Make every planned grant, each for a person who does not hold the right."""
    people = [x for x in it.world.staff.steady() if x.role in {"Engineer", "Senior Engineer"}]
    powerful = it.world.staff.in_role(*POWERFUL)
    finance = [x for x in it.world.staff.steady() if x.erp]
    for index, plan in enumerate(PLANS):
        pool = people if plan.right.in_okta else finance
        pool = powerful if plan.right.in_okta and plan.right.kind == "privileged" else pool
        taken = {
            holding.person.id
            for holding in it.book.holdings
            if holding.right is plan.right or _stand_apart(holding.right, plan.right)
        }
        free = [person for person in pool if person.id not in taken]
        person = free[(index * 7) % len(free)]
        plan.plant(it, person, plan.right, working_day_on_or_after(plan.day))


def _stand_apart(held: Right, planned: Right) -> bool:
    """Whether a holder of one right gets no planted other: of reading rights on a system, and of powers in the ERP."""
    if held.system != planned.system:
        return False
    return planned.kind == "normal" if planned.in_okta else held.kind != "normal" and planned.kind != "normal"


def _day(text: str) -> date:
    return date.fromisoformat(text)


PLANS: tuple[Plan, ...] = (
    Plan(no_request, group("billing-admin"), _day("2025-10-16")),
    Plan(no_request, group("portal-admin"), _day("2026-03-18")),
    Plan(approved_after_grant, group("ledger-read"), _day("2026-02-11")),
    Plan(approved_after_grant, group("portal-read"), _day("2026-10-08")),
    Plan(approver_not_rostered, group("payments-admin"), _day("2026-01-21")),
    Plan(roster_ended, group("billing-read"), _day("2026-06-10")),
    Plan(own_approval, group("billing-db-admin"), _day("2026-05-13")),
    Plan(own_approval, group("analytics-admin"), _day("2025-12-10")),
    Plan(beyond_approved, group("ledger-admin"), _day("2026-04-15")),
    Plan(beyond_approved, group("portal-admin"), _day("2026-08-19")),
    Plan(same_as, group("payments-read"), _day("2026-07-15")),
    Plan(reused_request, group("billing-admin"), _day("2026-08-12")),
    Plan(approval_expired, group("analytics-read"), _day("2026-05-20")),
    Plan(approver_grants, group("ledger-admin"), _day("2026-09-09")),
    Plan(approver_grants, group("portal-admin"), _day("2026-09-16")),
    Plan(resynchronised, RIGHTS["erp:role:inquiry"], _day("2026-03-25")),
    Plan(clean, RIGHTS["erp:role:journal-entry"], _day("2026-02-18")),
    Plan(clean, RIGHTS["erp:role:period-close"], _day("2026-06-17")),
)
