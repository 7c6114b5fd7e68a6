"""T-25 Security training, from audit-domain T-25 and the rule's README.

All worlds of a batch share what belongs to no single person: years of training, required courses, gaps, and completions
under accounts of nobody known, which may be anybody's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from twofold.controltests.rule import ParameterValue

from .records import Record, Records, Span
from .steps import (
    AMBIGUOUS,
    EVER,
    LINKED,
    NEVER,
    UNLINKED,
    days,
    engagements_of_human,
    hand,
    human_of,
    months_later,
    uncovered,
)
from .world import A_DAY, START, World

CONTROL_TEST = "T-25"
OUTCOME_ONLY: frozenset[str] = frozenset()
Parameters = Mapping[str, ParameterValue]
SYSTEMS = ("company", "north", "south", "east")
_YEAR = datetime(2025, 1, 1, tzinfo=UTC)


def shared(world: World) -> None:
    """Years of training of four parts of the company, required courses, gaps, completions of nobody known."""
    for number, system in enumerate(SYSTEMS):
        start = _YEAR + timedelta(days=world.pick((0, 0, 59, 120)), hours=world.pick((0, 0, -1, 12)))
        for _ in range(world.number_in(1, 2)):
            due = start + world.pick((365, 365, 200, 380)) * A_DAY
            for _ in range(2 if world.chance(8) else 1):
                world.add("due_occurrence", activity="training", system=system, starts_at=start, due_at=due)
                start -= A_DAY
            start = due
        if number % 2:
            _gap(world, "training", system)
        elif world.chance(20):
            _gap(world, world.pick(("training", "leave")), world.pick((system, system, "*")))
    world.add("due_occurrence", activity="access_review", system="company", starts_at=_YEAR, due_at=_YEAR + 90 * A_DAY)
    if world.chance(80):
        turn = _moment(world, 0, 400)
        world.add("required_course", course="security", version="1", valid_from=world.maybe(30, _YEAR), valid_to=turn)
        world.add(
            "required_course",
            course="security",
            version="2",
            valid_from=turn,
            valid_to=world.maybe(20, turn + 200 * A_DAY),
        )
        world.add("required_course", course="basics", version=None, valid_from=None, valid_to=world.maybe(50, turn))
    if world.chance(5):
        world.add("training", id=world.id("done"), account=world.pick(("lms:nobody", "lms:both")), course="security")
    for person in ("p8", "p9"):
        world.add("account_link", account="lms:both", person=person)
    for account in world.some(("lms:nobody", "lms:both", "lms:nobody"), percent=20):
        at = world.instant(_YEAR + world.pick((-250, -200, 420)) * A_DAY)
        world.add(
            "training",
            id=world.id("done"),
            account=account,
            course="security",
            version=world.pick("12"),
            completed_at=at,
        )


def _gap(world: World, table: str, system: str) -> None:
    start = world.maybe(70, _moment(world, -300, 430))
    end = world.maybe(70, (start or _YEAR) + world.number_in(1, 200) * A_DAY)
    world.add("source_gap", table_name=table, system=system, starts_at=start, ends_before=end, reason="not_extracted")


def parameters(world: World) -> Parameters:
    """Every parameter at its default or at another value."""
    return {
        "joiner_days": world.pick((30, 30, 10, 0)),
        "valid_months": world.pick((12, 12, 6)),
        "by_year": world.chance(35),
        "day_grained": world.chance(60),
        "pre_start_days": world.pick((30, 30, 5)),
    }


def _moment(world: World, first: int, last: int) -> datetime:
    return _YEAR + timedelta(days=world.number_in(first, last), hours=world.pick((0, 0, 0, 12, -1)))


def populate(world: World) -> None:
    """One or two persons with one or two engagements each, their accounts, completions and leaves."""
    accounts = _accounts(world)
    for person in (world.key("x"), world.key("y"))[: world.pick((1, 1, 2))]:
        world.add("person", id=person)
        start = _moment(world, -200, 425)
        earlier, who = None, person
        for _ in range(world.pick((1, 1, 2))):
            if earlier and world.chance(40):
                who = f"{person}2"
            end = world.pick((None, start + world.pick((10, 30, 29, 100, 300)) * A_DAY))
            earlier = _engagement(world, who, start, end, earlier)
            for _ in range(world.pick((0, 1, 1, 2, 3))):
                at = _completion(world, world.pick((person, who)), accounts, start)
                if world.chance(30):
                    _done(world, who, accounts, world.near(months_later(at, world.pick((6, 12))), days=1))
            if world.chance(35):
                _leave(world, world.pick((person, who)), start)
            start = (end or start + 300 * A_DAY) + world.pick((0, 0, 20, 40, 120)) * A_DAY


def _accounts(world: World) -> list[str]:
    """Add accounts of x, of x and then y, of nobody in particular, of a bot and of the bot of somebody."""
    ana, moved, team, robot, agent = (world.key(f"lms:{word}") for word in ("ana", "moved", "team", "robot", "agent"))
    turn = _moment(world, -100, 400)
    world.add("account_link", account=ana, person=world.key("x"))
    world.add("account_link", account=moved, person=world.key("x"), valid_to=turn)
    world.add("account_link", account=moved, person=world.key("y"), valid_from=turn)
    world.add("account", id=team, system="lms", kind="shared")
    world.add("account", id=robot, system="lms", kind="bot")
    world.add("account", id=agent, system="lms", kind="bot", triggered_by=world.pick((ana, team)))
    return [ana, moved, ana, moved, team, robot, agent]


def _engagement(world: World, person: str, start: datetime, end: datetime | None, earlier: str | None) -> str:
    name = world.id("e")
    for _ in range(2 if world.chance(4) else 1):
        world.add(
            "engagement",
            id=name,
            person=person,
            type=world.pick(("employee", "contractor")),
            started_at=world.maybe(93, world.instant(start, coarse=40)),
            last_day=world.maybe(30, world.instant(end)) if end else None,
            effective_end=world.maybe(80, world.instant(end, coarse=40)) if end else None,
            follows=world.pick((earlier, earlier, world.key("elsewhere"))) if earlier or world.chance(8) else None,
        )
    return name


def _completion(world: World, person: str, accounts: Sequence[str], start: datetime) -> datetime:
    at = world.pick(
        (
            world.near(start + world.pick((0, 10, 30)) * A_DAY),
            world.near(start + world.pick((0, 10, 30)) * A_DAY),
            world.near(months_later(start, world.pick((6, 12)))),
            start - world.pick((5, 6, 29, 30, 31)) * A_DAY,
            _moment(world, -250, 430),
            world.near(_YEAR + world.pick((0, 59, 365)) * A_DAY),
        )
    )
    _done(world, person, accounts, at)
    return at


def _done(world: World, person: str, accounts: Sequence[str], at: datetime) -> None:
    name, account = world.id("done"), world.maybe(25, world.pick(accounts))
    dated = account == accounts[1] or world.chance(95)
    for _ in range(2 if world.chance(4) else 1):
        world.add(
            "training",
            id=name,
            person=None if account else person,
            account=account,
            course=world.pick(("security", "security", "security", "security", "basics", "cooking")),
            version=world.pick(("1", "1", "2", "2", "2", None)),
            completed_at=world.instant(min(at, START + 69 * A_DAY), coarse=40) if dated else None,
            employer=world.maybe(6, "an old employer"),
        )


def _leave(world: World, person: str, start: datetime) -> None:
    begins = world.pick((start + world.pick((1, 5, 20, 29, 30)) * A_DAY, _moment(world, -20, 400)))
    length = world.pick(
        (None, world.pick((10, 60, 200, 400)) * A_DAY, start + world.pick((10, 20, 30)) * A_DAY - begins)
    )
    ends = None if length is None else begins + max(length, A_DAY)
    for _ in range(2 if world.chance(6) else 1):
        world.add("leave", person=person, valid_from=begins, valid_to=ends, kind=world.pick(("parental", "sick")))


@dataclass(slots=True)
class Known:
    """What the records say of a person's training: completions that count, and why others do not."""

    counted: list[Span] = field(default_factory=list)
    others: list[tuple[str, Span | None]] = field(default_factory=list)

    def reasons(self, start: datetime, end: datetime, months: int) -> set[str]:
        """Return why records do not count that may reach into a time."""
        return {
            why for why, span in self.others if why == "conflict" or span is None or _reaches(span, start, end, months)
        }


def _reaches(span: Span, start: datetime, end: datetime, months: int) -> bool:
    return span[0] < end and start < months_later(span[1], months)


@dataclass(frozen=True, slots=True)
class Tested:
    """One engagement in one year of training."""

    engagement: Record
    year: Record
    due: datetime
    start: datetime
    end: datetime
    until: datetime
    known: Known
    leaves: Sequence[Record]
    gaps: Sequence[datetime]
    """When each gap began that reaches into the time in which a training would still stand."""


def outcomes(records: Records, clock: datetime, parameters: Parameters) -> dict[str, dict[str, str]]:
    """Return item -> letter -> reason code."""
    found: dict[str, dict[str, str]] = {}
    months = int(parameters["valid_months"])
    for row in records["engagement"]:
        years = [
            year
            for year in records["due_occurrence"]
            if year["activity"] == "training" and year["starts_at"] < _end(row) and _start(row) < year["due_at"]
        ]
        if not years:
            code = "cannot_test:conflict" if row["conflicted"] else "exception:not_scheduled"
            found[row["id"]] = {"A": code, "B": code}
        for year in years:
            item = f"{row['id']}@{year['system']}/{(year['due_at'] - timedelta(hours=10, minutes=30)).date()}"
            if row["conflicted"] or year["conflicted"]:
                found[item] = dict.fromkeys("AB", "cannot_test:conflict")
                continue
            due = _first_due(records, row, parameters)
            start, end = max(due, year["starts_at"], _start(row)), min(year["due_at"], _end(row))
            tested = Tested(
                row,
                year,
                due,
                start,
                end,
                min(end, clock),
                _known(records, row["person"], parameters),
                [leave for leave in records["leave"] if _is_one(records, leave["person"], row["person"])],
                [
                    row["starts_at"] or EVER
                    for row in records["source_gap"]
                    if row["table_name"] == "training"
                    and row["system"] in {year["system"], "*"}
                    and (row["ends_before"] is None or row["ends_before"] > months_later(start, -months))
                ],
            )
            found[item] = {
                "A": next(_joined(tested, clock, parameters)),
                "B": next(_stood(tested, clock, parameters)),
            }
    return found


def _start(row: Record) -> datetime:
    return row["started_at"][0] if row["started_at"] else EVER


def _end(row: Record) -> datetime:
    end: Span | None = row["effective_end"] or row["last_day"]
    return NEVER if end is None else end[1]


def _first_due(records: Records, row: Record, parameters: Parameters) -> datetime:
    """Return when the first training is due; the start of time where HR knows no first day."""
    joined = [each for each in records["engagement"] if each["id"] == (row["follows"] or row["id"])]
    if not joined or joined[0]["started_at"] is None:
        return EVER
    first_day: Span = joined[0]["started_at"]
    return first_day[1] + days(parameters["joiner_days"])


def _known(records: Records, person: str, parameters: Parameters) -> Known:
    known = Known()
    for row in records["training"]:
        span = row["completed_at"]
        why = next(_why_not(records, row, person, parameters), "")
        if why == "":
            known.counted.append(span)
        elif why != "nothing":
            known.others.append((why, span))
    return known


def _why_not(records: Records, row: Record, person: str, parameters: Parameters) -> Iterator[str]:
    """Give why a record does not count for a person, `nothing` where it says nothing of them."""
    owner = row["person"] or _owner(records, row)
    if owner != UNLINKED and not _is_one(records, owner, person):
        yield "nothing"
    asked = [each for each in records["required_course"] if each["course"] == row["course"]]
    if records["required_course"] and not asked:
        yield "nothing"
    if row["conflicted"]:
        yield "conflict"
    if row["employer"]:
        yield "nothing" if owner == UNLINKED else "other_employer"
    if asked and not any(_asked_for(each, row) for each in asked):
        yield "nothing" if owner == UNLINKED else "old_version"
    if owner == UNLINKED:
        yield "account_unlinked"
    if row["completed_at"] is None:
        yield "no_date"
        return
    before = days(parameters["pre_start_days"])
    engaged = engagements_of_human(records, person)
    if not any(
        _start(each) <= row["completed_at"][0] + before and row["completed_at"][0] <= _end(each) for each in engaged
    ):
        yield "other_employer"


def _is_one(records: Records, person: str, other: str) -> bool:
    """Return whether two HR ids are one human."""
    return human_of(records, person) == human_of(records, other)


def _owner(records: Records, row: Record) -> str:
    """Return the person behind a completion, UNLINKED, or an empty text for a machine or a shared account."""
    moments = [row["completed_at"][0]] if row["completed_at"] else _moments(records)
    seen = [hand(records, row["account"], at) for at in moments]
    states = {each.state for each in seen}
    if states & {UNLINKED, AMBIGUOUS} or len({each.person for each in seen}) > 1:
        return UNLINKED
    return str(seen[0].person) if states == {LINKED} else ""


def _moments(records: Records) -> list[datetime]:
    """Return moments in every stretch of an account's links, for a completion without a date."""
    limits = [row[name] for row in records["account_link"] for name in ("valid_from", "valid_to") if row[name]]
    return [EVER, *limits]


def _asked_for(course: Record, row: Record) -> bool:
    at = row["completed_at"]
    in_time = at is None or (course["valid_from"] or EVER) <= at[0] < (course["valid_to"] or NEVER)
    return in_time and course["version"] in {None, row["version"]}


def _away(leave: Record, parameters: Parameters) -> tuple[datetime, datetime]:
    return leave["valid_from"], leave["valid_to"] + days(parameters["joiner_days"]) if leave["valid_to"] else NEVER


def _joined(tested: Tested, clock: datetime, parameters: Parameters) -> Iterator[str]:
    """A: who joined was trained in time."""
    due, months = tested.due, int(parameters["valid_months"])
    if tested.engagement["follows"]:
        yield "na:continued"
    if tested.engagement["started_at"] is None:
        yield "cannot_test:start_unknown"
    if _end(tested.engagement) < due:
        yield "na:short_engagement"
    if not tested.year["starts_at"] <= due < tested.year["due_at"]:
        yield "na:due_in_another_year"
    if any(_within(due, _away(leave, parameters)) and not leave["conflicted"] for leave in tested.leaves):
        yield "na:long_leave"
    if any(span[1] <= due < months_later(span[0], months) for span in tested.known.counted):
        yield "pass"
    if any(span[0] <= due < months_later(span[1], months) for span in tested.known.counted):
        yield "cannot_test:time_order_unclear"
    if due > clock:
        yield "cannot_test:pending"
    yield from _open(tested, parameters, until=due)
    if any(span[0] > due for span in tested.known.counted):
        yield "exception:late"
    yield from _shortcomings(tested, months)
    yield "exception:absent"


def _within(moment: datetime, stretch: tuple[datetime, datetime]) -> bool:
    return stretch[0] <= moment < stretch[1]


def _open(tested: Tested, parameters: Parameters, *, until: datetime) -> Iterator[str]:
    """Give what leaves open whether the person was trained, in order; a training after `until` helps no more."""
    why = tested.known.reasons(tested.start, tested.end, int(parameters["valid_months"]))
    if "conflict" in why or any(leave["conflicted"] for leave in tested.leaves):
        yield "cannot_test:conflict"
    for reason in ("no_date", "account_unlinked"):
        if reason in why:
            yield f"cannot_test:{reason}"
    if any(began <= until for began in tested.gaps):
        yield "cannot_test:source_gap"


def _shortcomings(tested: Tested, months: int) -> Iterator[str]:
    why = tested.known.reasons(tested.start, tested.end, months)
    for reason in ("old_version", "other_employer"):
        if reason in why:
            yield f"exception:{reason}"


def _stood(tested: Tested, clock: datetime, parameters: Parameters) -> Iterator[str]:
    """B: on each day the last training is young enough."""
    months, by_year = int(parameters["valid_months"]), bool(parameters["by_year"])
    away = [_away(leave, parameters) for leave in tested.leaves if not leave["conflicted"]]
    if tested.start >= tested.end:
        yield "na:not_due"
    if any(start <= tested.start and tested.end <= end for start, end in away):
        yield "na:long_leave"
    sure, wide = (_covered(tested, parameters, sure=each) for each in (True, False))
    left = bool(uncovered(tested.start, tested.until, [*away, *sure]))
    if by_year and left and _end(tested.engagement) < tested.year["due_at"]:
        yield "na:left_in_the_year"
    if not left:
        yield "cannot_test:pending" if tested.end > clock else "pass"
    open_days = uncovered(tested.start, tested.until, [*away, *wide])
    if not open_days:
        yield "cannot_test:time_order_unclear"
    if by_year and tested.year["due_at"] > clock:
        yield "cannot_test:pending"
    yield from _open(tested, parameters, until=tested.year["due_at"] if by_year else open_days[0][0])
    yield from _shortcomings(tested, months)
    reached = any(_reaches(span, tested.start, tested.end, months) for span in tested.known.counted)
    yield "exception:ran_out" if reached else "exception:absent"


def _covered(tested: Tested, parameters: Parameters, *, sure: bool) -> list[tuple[datetime, datetime]]:
    """Return what completions cover: surely, or by the wider reading."""
    if parameters["by_year"]:
        start, end = tested.year["starts_at"], tested.year["due_at"]
        inside = (
            start <= early and late < end if sure else early < end and start <= late
            for early, late in tested.known.counted
        )
        return [(start, end)] if any(inside) else []
    months = int(parameters["valid_months"])
    narrow = sure and not parameters["day_grained"]
    stretches = ((late, early) if narrow else (early, late) for early, late in tested.known.counted)
    return [(start, months_later(end, months)) for start, end in stretches]
