"""Who holds which right when: holdings before the year, requests and grants during it.

A holding is one stretch; grants and removals inside the year are also events of the system's own log. Access
reviews take their snapshots from the holdings.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from twofold.jobs.demonstration.draw import Draw
from twofold.jobs.demonstration.people import Person
from twofold.jobs.demonstration.rights import DEFAULT_GROUP, ERP_ROLES, GROUPS, ROLE_GROUPS, Right, group
from twofold.jobs.demonstration.tickets import Ticket
from twofold.jobs.demonstration.timeline import FIRST_DAY, LAST_DAY, after_working_days, local, working_days
from twofold.jobs.demonstration.world import World

HOUR = timedelta(hours=1)
HR_SYNC = "00usvchrsync00000000"
"""Okta's account of the HR workflow, which creates, places and deactivates people."""
POWERFUL = ("Site Reliability Engineer", "IT Administrator")
"""Roles that may hold privileged rights; they write no code that is released."""
GROUP_RULE = "0pr-birthright-groups"


@dataclass(slots=True, eq=False)
class Holding:
    """A person holds a right from a moment (None = before the year) until another (None = still)."""

    person: Person
    right: Right
    since: datetime | None = None
    until: datetime | None = None
    stays: bool = False
    """A fault needs it to stay, so no later review removes it."""

    @property
    def account(self) -> str:
        """The account that holds it."""
        return f"okta:{self.person.okta}" if self.right.in_okta else f"erp:{self.person.erp}"

    def at(self, moment: datetime) -> bool:
        """Return whether it is held at a moment."""
        return (self.since is None or self.since <= moment) and (self.until is None or moment < self.until)


@dataclass(slots=True, eq=False)
class GrantEvent:
    """A right added or removed, as the target system logged it. `actor` is an account id."""

    id: str
    person: Person
    right: Right
    action: str
    at: datetime
    actor: str
    request: Ticket | None = None
    rule: str = ""
    net_change: bool = True


@dataclass(slots=True, eq=False)
class AccountEvent:
    """Something that happened to an account itself."""

    id: str
    account: str
    kind: str
    at: datetime
    actor: str


@dataclass(slots=True)
class AccessBook:
    """All holdings, requests and events."""

    holdings: list[Holding] = field(default_factory=list)
    requests: list[Ticket] = field(default_factory=list)
    grants: list[GrantEvent] = field(default_factory=list)
    account_events: list[AccountEvent] = field(default_factory=list)

    def held_by(self, person: Person, moment: datetime) -> list[Holding]:
        """Return what a person holds at a moment."""
        return [holding for holding in self.holdings if holding.person is person and holding.at(moment)]

    def holders(self, system: str, moment: datetime) -> list[Holding]:
        """Return everything held on a system at a moment, by account and right."""
        found = [holding for holding in self.holdings if holding.right.system == system and holding.at(moment)]
        return sorted(found, key=lambda holding: (holding.account, holding.right.id))


class Administrator:
    """Does what Okta's and the ERP's administrators do: takes requests, grants, removes."""

    def __init__(self, world: World, book: AccessBook, draw: Draw) -> None:
        self.world = world
        self.book = book
        self.draw = draw
        self.admins = world.staff.in_role("IT Administrator")

    def request(self, person: Person, right: Right, day: date, *, approver: Person | None = None) -> Ticket:
        """Record a request made on a working day and approved the next one."""
        approvers = [x for x in self.world.authority.holders(right.system, "access") if x is not person]
        decided_by = approver or self.draw.one_of(approvers)
        created_at = local(day, "09:30") + self.draw.minutes(0, 240)
        ticket = Ticket("Access request", right.system, f"{person.name} needs {right.id}", created_at, person)
        ticket.custom = {
            "beneficiary": {"accountId": person.jira, "emailAddress": person.email, "displayName": person.name},
            "system": right.system,
            "rights": [right.id],
        }
        decided_at = local(after_working_days(day, 1), "10:00") + self.draw.minutes(0, 120)
        ticket.move("Open", "Approved", decided_at, decided_by)
        ticket.move("Approved", "Done", decided_at + 5 * HOUR, self.admins[0])
        self.book.requests.append(ticket)
        return ticket

    def grant(self, person: Person, right: Right, at: datetime, *, request: Ticket | None) -> GrantEvent:
        """Add a right by hand of an administrator."""
        actor = self.draw.one_of(self.admins)
        name = f"okta:{actor.okta}" if right.in_okta else f"erp:{actor.erp}"
        event = GrantEvent(self._event_id(), person, right, "add", at, name, request)
        self._hold(event)
        return event

    def place(self, person: Person, right: Right, at: datetime) -> GrantEvent:
        """Add a right by the group rule that gives roles their groups."""
        event = GrantEvent(self._event_id(), person, right, "add", at, f"okta:{HR_SYNC}", rule=GROUP_RULE)
        self._hold(event)
        return event

    def remove(self, holding: Holding, at: datetime) -> GrantEvent:
        """Take a right away."""
        holding.until = at
        actor = f"okta:{self.admins[0].okta}"
        event = GrantEvent(self._event_id(), holding.person, holding.right, "remove", at, actor)
        self.book.grants.append(event)
        return event

    def write_again(self, holding: Holding, at: datetime) -> GrantEvent:
        """Log a right that is there already, as a synchronisation does."""
        actor = "erp:sync"
        event = GrantEvent(self._event_id(), holding.person, holding.right, "add", at, actor, net_change=False)
        self.book.grants.append(event)
        self.world.key.item("T-01", event.id, event.right.system, event.at)
        return event

    def note(self, account: str, kind: str, at: datetime, actor: str = "") -> AccountEvent:
        """Record what happened to an account."""
        event = AccountEvent(self._event_id(), account, kind, at, actor or f"okta:{HR_SYNC}")
        self.book.account_events.append(event)
        return event

    def granted_on_request(self, person: Person, right: Right, day: date) -> GrantEvent:
        """Request, approve and grant a right in good order."""
        ticket = self.request(person, right, day)
        at = ticket.transition_to("Approved").at + HOUR + self.draw.minutes(0, 150)
        return self.grant(person, right, at, request=ticket)

    def _hold(self, event: GrantEvent) -> None:
        self.book.grants.append(event)
        self.book.holdings.append(Holding(event.person, event.right, since=event.at))
        self.world.key.item("T-01", event.id, event.right.system, event.at)

    def _event_id(self) -> str:
        text = self.draw.sha1()
        return f"{text[:8]}-{text[8:12]}-11f1-{text[12:16]}-{text[16:28]}"


def hold_before_the_year(world: World, book: AccessBook, draw: Draw) -> None:
    """Give everyone who is there at the start the rights of a normal company."""
    new = {person.id for person in world.staff.joiners}
    there = [person for person in world.staff.people if person.id not in new]
    for person in there:
        if person.role in ROLE_GROUPS:
            book.holdings.append(Holding(person, group(ROLE_GROUPS[person.role])))
        if person.erp:
            book.holdings.append(Holding(person, draw.one_of(ERP_ROLES[:2])))
    for reviewer in world.authority.holders("billing", "review"):
        book.holdings.append(Holding(reviewer, group("billing-read")))
    for right in GROUPS:
        if right.group in {DEFAULT_GROUP, "okta-users", *ROLE_GROUPS.values()}:
            continue
        pool = world.staff.in_role(*POWERFUL) if right.kind == "privileged" else there
        holding = {x.person.id for x in book.holdings if x.right is right}
        pool = [person for person in pool if person.id not in holding]
        for person in draw.some_of(pool, 3 if right.kind == "privileged" else min(28, len(pool))):
            book.holdings.append(Holding(person, right))


def welcome_joiners(administrator: Administrator) -> None:
    """Create the accounts of joiners, with the default group, the groups of their role and one requested right."""
    world, draw = administrator.world, administrator.draw
    for person in world.staff.joiners:
        welcome(administrator, person)
        if person.role == "Engineer":
            right = group(f"{draw.one_of(('billing', 'ledger', 'payments', 'portal'))}-read")
            administrator.granted_on_request(person, right, after_working_days(person.first_day, 2))


def welcome(administrator: Administrator, person: Person, day: date | None = None) -> None:
    """Create or reopen an Okta account on a first day, and let the group rule place it."""
    first_day = day or person.first_day
    at = local(first_day, "07:30") + administrator.draw.minutes(0, 30)
    if day is None:
        administrator.note(f"okta:{person.okta}", "create", at)
        _default_group(administrator, person, at + timedelta(minutes=1))
    opened = administrator.note(f"okta:{person.okta}", "activate", at + timedelta(minutes=2))
    if day is not None:
        gave_rights_back(administrator, opened)
    if person.role in ROLE_GROUPS:
        right = group(ROLE_GROUPS[person.role])
        administrator.place(person, right, at + timedelta(minutes=5))


def gave_rights_back(administrator: Administrator, opened: AccountEvent) -> None:
    """Write the key of an account that was opened again: it is a grant of all that it held, from before the log."""
    key = administrator.world.key
    key.item("T-01", opened.id, "okta", opened.at)
    for letter in "ABCDEFG":
        why = "An account was opened again; the rights that this gave back are older than the log."
        key.cannot_test(("T-01", opened.id, letter), "source_gap", why)


def _default_group(administrator: Administrator, person: Person, at: datetime) -> None:
    event = administrator.place(person, group(DEFAULT_GROUP), at)
    administrator.world.key.excuse("T-01", event.id, "ABCDEFG", "default_right", "Every user gets the group Everyone.")


def grant_through_the_year(administrator: Administrator) -> None:
    """Let people ask for rights that they do not hold, a few each week."""
    world, draw = administrator.world, administrator.draw
    wanted = [right for right in GROUPS if right.group not in {DEFAULT_GROUP, "okta-users", *ROLE_GROUPS.values()}]
    steady = world.staff.steady()
    for day in working_days(FIRST_DAY, LAST_DAY)[3:-4]:
        if not draw.chance(0.6):
            continue
        right = draw.one_of(wanted)
        pool = world.staff.in_role(*POWERFUL) if right.kind == "privileged" else steady
        person = draw.one_of(pool)
        if any(holding.right is right for holding in administrator.book.holdings if holding.person is person):
            continue
        administrator.granted_on_request(person, right, day)
