"""Accounts of every kind for the random worlds: linked, linked twice, unlinked, shared, bots with and without a human."""

from .world import World


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
