"""Accounts of every kind for the random worlds (linked, unlinked, shared, bots), and listings of their access."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from twofold.model.instant import Instant
from twofold.tables.rows import Value

from .world import A_DAY, World


def add_hands(world: World, system: str) -> list[str]:
    """Add the accounts of two persons, x and y, and those of nobody; return their names, people's first."""
    names = [world.key(f"{system}:{word}") for word in ("ana", "ana2", "ben", "free", "both", "robot", "agent", "team")]
    ana, second, ben, _, both, robot, agent, team = names
    world.add("account", id=robot, system=system, kind=world.pick(("bot", "service")))
    world.add("account", id=agent, system=system, kind="bot", triggered_by=world.pick((ana, ben, team, robot)))
    world.add("account", id=team, system=system, kind="shared")
    start = world.maybe(15, world.moment())
    world.add("account_link", account=ana, person=world.key("x"), valid_from=start)
    world.add("account_link", account=second, person=world.key("x"), valid_to=world.maybe(15, world.moment()))
    world.add("account_link", account=ben, person=world.key("y"))
    for person in ("x", "y"):
        world.add("account_link", account=both, person=world.key(person))
    return names


def pick_hand(world: World, names: list[str]) -> str | None:
    """Return an account, more often one of a person, or None."""
    return world.pick([*names[:3], *names[:3], *names[:3], *names, None])


def add_access(world: World, subject: str, moments: Sequence[datetime], hands: list[str]) -> None:
    """Listings of who could change a report or a file, close to its uses, and who was allowed to."""
    listed = [
        world.near(world.pick(moments) - world.pick((1, 1, 14, 92)) * A_DAY) for _ in range(world.number_in(0, 2))
    ]
    for moment in listed:
        seen = world.instant(moment, coarse=30)
        for account in world.some(hands, percent=world.pick((20, 35))) or hands[:1]:
            world.add("access_listing", object=subject, listed_at=seen, account=account)
    for who in world.some([world.key("x"), world.key("y"), *hands[3:]], percent=world.pick((0, 50, 90, 90))):
        moment = world.near(world.pick([*listed, *moments]), days=1)
        for _ in range(2 if world.chance(3) else 1):
            ends = world.maybe(15, moment + world.pick((1, 5)) * A_DAY)
            world.add("access_allowed", object=subject, who=who, valid_from=world.maybe(15, moment), valid_to=ends)


def add_second_hr_id(world: World, persons: Sequence[str]) -> None:
    """In some worlds, let one of the persons go on under the HR id of another, so that both are one human."""
    if not world.chance(30):
        return
    earlier = world.pick(persons)
    later = world.pick([each for each in persons if each != earlier])
    paper = world.id("contract")
    world.add("engagement", id=paper, person=earlier, type="contractor")
    world.add("engagement", id=world.id("contract"), person=later, type="employee", follows=paper)


def add_last_day(
    world: World, table: str, who: str, when: str, *, scope: str = "*", duty: str = "", role: str = ""
) -> None:
    """In some worlds, let somebody who decided leave on that very day, of which HR often knows no hour.

    `who` and `when` are the columns of the table that say whose account decided and when. The person is on the
    roster for the duty, or holds a job that HR never closed. In other worlds the person stays in that job, and a roster
    of somebody else begins on that day.
    """
    decided = [
        (row.values[who], at)
        for row in world.rows
        if row.table == table and isinstance(at := row.values.get(when), Instant)
    ]
    persons = [
        (person, at)
        for accounts, at in decided
        for account in (accounts if isinstance(accounts, list) else [accounts])
        for person in _persons_of(world, account)
        if person.startswith(world.key(""))
    ]
    if not persons or not world.chance(45):
        return
    by_day = [(person, at) for person, at in persons if not at.is_exact]
    if role and duty and by_day and world.chance(25):
        _add_first_roster(world, *world.pick(by_day), scope=scope, duty=duty, role=role)
        return
    person, at = world.pick(persons)
    left = at.earliest + world.pick((0, 0, 0, 1)) * timedelta(hours=3)
    world.rows = [row for row in world.rows if row.table != "engagement" or row.values["person"] != person]
    world.add(
        "engagement",
        id=world.id("left"),
        person=person,
        type="employee",
        effective_end=world.maybe(90, world.instant(left, coarse=80)),
        last_day=world.maybe(45, world.instant(left - world.pick((0, 0, 2)) * timedelta(hours=3), coarse=50)),
    )
    if duty and world.chance(60):
        world.add("roster", scope=scope, duty=duty, person=person)
    elif role:
        world.add("job", person=person, role=role)


def _add_first_roster(world: World, person: str, at: Instant, *, scope: str, duty: str, role: str) -> None:
    """Let the person hold a job that carries the duty, until a roster of somebody else begins about that day."""
    keys = {"engagement": ("person", person), "roster": ("duty", duty)}
    world.rows = [
        row for row in world.rows if row.table not in keys or row.values[keys[row.table][0]] != keys[row.table][1]
    ]
    world.add("role_authority", scope=scope, duty=duty, role=role)
    world.add("job", person=person, role=role)
    begins_at = world.pick((at.earliest, at.earliest + timedelta(hours=3), at.earliest + timedelta(hours=3), at.latest))
    world.add("roster", scope=scope, duty=duty, person=world.key("other"), valid_from=begins_at)


def _persons_of(world: World, account: Value) -> list[str]:
    """Return whose an account is: by its links, or by its company e-mail."""
    rows = [(row.table, row.values) for row in world.rows]
    linked = [row["person"] for table, row in rows if table == "account_link" and row["account"] == account]
    mails = [row["email"] for table, row in rows if table == "account" and row["id"] == account and row.get("email")]
    mailed = [row["id"] for table, row in rows if table == "person" and row.get("email") in mails]
    return [str(person) for person in (*linked, *mailed)]
