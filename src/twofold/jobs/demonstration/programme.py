"""Security training (T-25), and what is done when somebody joins or leaves (T-26)."""

from datetime import date, timedelta

from twofold.jobs.demonstration.access import AccessBook
from twofold.jobs.demonstration.answer_key import KeyItem
from twofold.jobs.demonstration.people import Engagement, Person
from twofold.jobs.demonstration.systems import COMPANY_WIDE
from twofold.jobs.demonstration.timeline import FIRST_DAY, LAST_DAY, local, midnight
from twofold.jobs.demonstration.world import Row, TableExport, World

CONDUCT = "code-of-conduct"
SOC2 = ("soc2",)
_COURSE = "Security awareness"
_FIRST_ROUND, _SECOND_ROUND, _TOO_LATE = date(2025, 9, 10), date(2026, 9, 1), date(2026, 9, 24)
_LONG_AGO = date(2023, 1, 1)
_GRACE, _LATENESS = timedelta(days=30), timedelta(days=6)
"""How long a joiner may wait for the first training, and how much longer one of them waited."""


def train(world: World) -> None:
    """Train everybody in September and whoever joins in the first days; one joiner and one manager are late."""
    punctual = {x.id for x in world.staff.joiners if _quarter_end(_due(x)) != _quarter_end(_due(x) + _LATENESS)}
    slow = next(x for x in world.staff.joiners if x.id not in punctual and _due(x) < _SECOND_ROUND)
    forgot = world.staff.in_role("Product Manager")[2]
    completed: list[tuple[Person, date]] = []
    for person in world.staff.people:
        for engagement in person.engagements:
            first = max(
                _FIRST_ROUND, engagement.started_on + (_GRACE + _LATENESS if person is slow else timedelta(days=10))
            )
            rounds = {first, _TOO_LATE if person is forgot else _SECOND_ROUND}
            last_day = engagement.last_day or LAST_DAY
            completed += [(person, day) for day in sorted(rounds) if engagement.started_on <= day <= last_day]
    rows: list[Row] = [
        {"id": f"tr-{number}", "person": person.id, "course": _COURSE, "completed_at": local(day, "15:00")}
        for number, (person, day) in enumerate(completed, 1)
    ]
    columns = ("person", "valid_from", "valid_to", "kind")
    world.tables += [
        TableExport("training", rows, "Learning platform, completions", since=_LONG_AGO),
        TableExport("leave", [], "HR, long leaves", columns, since=_LONG_AGO),
    ]
    item = _trained(slow, _quarter_end(_due(slow)))
    why = "The first training came thirty-six days after the first day; thirty are allowed."
    world.key.plant(item, {"A": "late", "B": "ran_out"}, why, lenses=SOC2)
    why = "The training of the year before had run out for two weeks."
    world.key.plant(_trained(forgot, date(2026, 9, 30)), {"B": "ran_out"}, why, lenses=SOC2)


def _due(person: Person) -> date:
    return person.first_day + _GRACE


def _quarter_end(day: date) -> date:
    """Return the last day of the quarter."""
    quarter = (day.month - 1) // 3
    following = date(day.year + quarter // 3, (quarter * 3 + 3) % 12 + 1, 1)
    return following - timedelta(days=1)


def _trained(person: Person, last_day: date) -> KeyItem:
    name = f"{person.engagements[0].id}@{COMPANY_WIDE}/{last_day}"
    return KeyItem("T-25", name, (COMPANY_WIDE,), local(last_day, "12:00"))


def see_in_and_out(world: World, book: AccessBook) -> None:
    """Work through a list for whoever joins and leaves; one screening is late and one laptop stays away."""
    joined = [(x, e) for x in world.staff.people for e in x.engagements if e.started_on >= FIRST_DAY]
    left = [(x, e) for x in world.staff.people for e in x.engagements if e.last_day is not None]
    unscreened = next(engagement for person, engagement in joined if person in world.staff.joiners)
    kept = next(e for person, e in left if person in world.staff.leavers and _day(e) >= date(2026, 3, 1))
    screened = [_screen(e, late=e is unscreened) for _, e in joined]
    screened += [_screen(x.engagements[0], late=False) for x, e in joined if e.follows]
    lists = [_list(e, "joining", e.started_on + timedelta(days=10)) for _, e in joined]
    lists += [_list(e, "leaving", _day(e) + timedelta(days=3)) for _, e in left]
    world.tables += [
        TableExport("screening", screened, "Screening agency, all results"),
        TableExport("acknowledgement", [_sign(x, e) for x, e in joined], "Policy portal, signatures"),
        TableExport("checklist", lists, "Service desk, joining and leaving lists"),
        TableExport("asset", [_laptop(e, returned=e is not kept) for _, e in left], "Asset register, laptops"),
        TableExport(
            "signing_duty", [{"policy": CONDUCT, "valid_from": midnight(FIRST_DAY)}], "Policy portal, who signs"
        ),
    ]
    granted = [(event.person.id, event.at) for event in book.grants if event.action == "add" and event.net_change]
    for person, engagement in joined:
        others = [each for each in person.engagements if each.id not in {engagement.id, engagement.follows}]
        ended = [local(_day(each), "23:59") for each in others if each.last_day is not None]
        if not any(who == person.id and all(at > end for end in ended) for who, at in granted):
            item = KeyItem("T-26", f"{engagement.id}/joining", (COMPANY_WIDE,), local(engagement.started_on, "12:00"))
            world.key.name(item)
            why = "The person's rights are older than the log, which does not say when the first was given."
            world.key.cannot_test(("T-26", item.item, "A"), "source_gap", why, lenses=SOC2)
    item = KeyItem("T-26", f"{unscreened.id}/joining", (COMPANY_WIDE,), local(unscreened.started_on, "12:00"))
    world.key.plant(item, {"A": "after_access"}, "The screening came back after the first access.", lenses=SOC2)
    item = KeyItem("T-26", f"{kept.id}/leaving", (COMPANY_WIDE,), local(_day(kept), "17:00"))
    world.key.plant(item, {"E": "not_returned"}, "The laptop was never given back.", lenses=SOC2)


def _day(engagement: Engagement) -> date:
    if engagement.last_day is None:
        msg = f"{engagement.id} has no end"
        raise ValueError(msg)
    return engagement.last_day


def _screen(engagement: Engagement, *, late: bool) -> Row:
    day = engagement.started_on + timedelta(days=5 if late else -7)
    return {
        "id": f"sc-{engagement.id}",
        "engagement": engagement.id,
        "result": "clear",
        "result_at": local(day, "12:00"),
    }


def _sign(person: Person, engagement: Engagement) -> Row:
    day = engagement.started_on + timedelta(days=2)
    signed = {"policy": CONDUCT, "version": "3", "signed_at": local(day, "10:00")}
    return {"id": f"ack-{engagement.id}", "person": person.id, **signed}


def _list(engagement: Engagement, kind: str, day: date) -> Row:
    done = {"steps": 6, "steps_done": 6, "completed_at": local(day, "16:00")}
    return {"id": f"{kind}-{engagement.id}", "engagement": engagement.id, "kind": kind, **done}


def _laptop(engagement: Engagement, *, returned: bool) -> Row:
    return {
        "id": f"laptop-{engagement.id}",
        "engagement": engagement.id,
        "kind": "laptop",
        "handed_out_at": local(engagement.started_on, "09:00"),
        "returned_at": local(_day(engagement) + timedelta(days=2), "11:00") if returned else None,
    }
