"""Three people of support went to sales (T-02): one in good order, one kept a right, one was never reviewed."""

from datetime import date, datetime, timedelta

from twofold.jobs.demonstration.access import AccessBook, Administrator
from twofold.jobs.demonstration.answer_key import KeyItem
from twofold.jobs.demonstration.people import Person
from twofold.jobs.demonstration.rights import ROLE_GROUPS, group
from twofold.jobs.demonstration.timeline import after_working_days, local, midnight
from twofold.jobs.demonstration.world import Row, TableExport, World

_FORMER, _NEW = "Support Agent", "Account Executive"
_RIGHT = group(ROLE_GROUPS[_FORMER])
_MOVED_ON = (date(2026, 2, 2), date(2026, 5, 4), date(2026, 8, 3))
_KEEPS, _NOT_REVIEWED = date(2026, 5, 4), date(2026, 8, 3)


def change_jobs(it: Administrator) -> None:
    """Move three people and take the right of the former job away from two of them."""
    agents = [x for x in it.world.staff.steady() if x.role == _FORMER and x.engagements[-1].type == "employee"]
    for person, day in zip(agents, _MOVED_ON, strict=False):
        person.former_role, person.role, person.unit, person.moved_on = person.role, _NEW, "Sales", day
        held = next(x for x in it.book.holdings if x.person is person and x.right is _RIGHT)
        if day == _KEEPS:
            held.stays = True
        else:
            it.remove(held, local(after_working_days(day, 2), "11:00"))


def review_moves(world: World, book: AccessBook) -> None:
    """Export the map of roles and the looks at those who moved, and write what is missing into the key."""
    moved = [person for person in world.staff.people if person.moved_on is not None]
    manager = world.staff.by_id("p-0002")
    since = midnight(date(2025, 1, 1))
    roles: list[Row] = [
        {"role": role, "right_id": right, "valid_from": since}
        for role, right in ((_FORMER, _RIGHT.id), (_NEW, group("okta-users").id))
    ]
    looks: list[Row] = [
        {
            "id": f"jr-{person.id}",
            "person": person.id,
            "job_from": _moment(person),
            "reviewer": f"okta:{manager.okta}",
            "reviewed_at": _moment(person) + timedelta(hours=34),
        }
        for person in moved
        if person.moved_on != _NOT_REVIEWED
    ]
    columns = ("id", "person", "right_id", "approved_by", "approved_at", "expires_at")
    world.tables += [
        TableExport("role_right", roles, "Map of roles and rights, all versions"),
        TableExport("job_review", looks, "HR workflow, reviews of access"),
        TableExport("retained_access", [], "HR workflow, rights kept for a while", columns),
    ]
    for person in moved:
        if person.moved_on == _KEEPS:
            why = "The right of the former job was still there after the deadline."
            world.key.plant(_item(person, _RIGHT.system), {"B": "not_removed"}, why)
        if person.moved_on == _NOT_REVIEWED:
            for system in sorted(_systems(book, person)):
                why = "Nobody looked at the access of the person who moved."
                world.key.plant(_item(person, system), {"A": "not_reviewed"}, why)


def _moment(person: Person) -> datetime:
    if person.moved_on is None:
        msg = f"{person.id} did not change job"
        raise ValueError(msg)
    return midnight(person.moved_on)


def _systems(book: AccessBook, person: Person) -> set[str]:
    """Return the systems on which the person held a right at the move or in the thirty days after it."""
    begins, ends = _moment(person), _moment(person) + timedelta(days=30)
    return {
        x.right.system
        for x in book.holdings
        if x.person is person and (x.since is None or x.since < ends) and (x.until is None or x.until > begins)
    }


def _item(person: Person, system: str) -> KeyItem:
    at = _moment(person)
    return KeyItem("T-02", f"{person.id}/{at:%Y-%m-%dT%H:%M:%S}@{system}", (system,), at)
