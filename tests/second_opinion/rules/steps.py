"""The shared steps of the rules once more, in plain Python, from audit-domain 4.0: persons, authority, gaps, days.

Everything is looked up row by row; nothing is shared with the SQL but the canonical tables.
"""

from calendar import monthrange
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .records import Record, Records, Span

EVER, NEVER = datetime(1, 1, 1), datetime(9999, 12, 31)  # noqa: DTZ001  naive UTC, as the tables hold them
TICK = timedelta(microseconds=1)
UNLINKED, LINKED, AMBIGUOUS, SHARED_ACCOUNT, BOT = "unlinked", "linked", "ambiguous", "shared", "bot"


@dataclass(frozen=True, slots=True)
class Hand:
    """Whose hand an account was at a moment: its state, and the person where it is linked to exactly one."""

    state: str
    person: str | None = None


def hand(records: Records, account: str | None, at: datetime) -> Hand:
    """Return whose hand an account was at a moment (audit-domain 4.0, Identity)."""
    known = {row["id"]: row for row in records["account"]}
    row = known.get(account)
    linked = [link for link in records["account_link"] if link["account"] == account]
    if account is None or (row is None and not linked):
        return Hand(UNLINKED)
    kind = (row and row["kind"]) or "human"
    name = account
    if row is not None and kind in {"service", "bot"}:
        name = row["triggered_by"] or account
        if name in known and known[name]["kind"] == "shared":
            return Hand(SHARED_ACCOUNT)
    if kind == "shared":
        return Hand(SHARED_ACCOUNT)
    links = list(_links(records, name))
    here = [(person, doubtful) for person, start, end, doubtful in links if start <= at < end]
    if here:
        persons = {person for person, _ in here}
        if len(persons) > 1 or any(doubtful for _, doubtful in here):
            return Hand(AMBIGUOUS)
        return Hand(LINKED, persons.pop())
    if kind in {"service", "bot"} and not links:
        return Hand(BOT)
    return Hand(UNLINKED)


def humans_of(records: Records) -> dict[str, str]:
    """Return each HR id and the first HR id of the human behind it."""
    engagements = {row["id"]: row for row in records["engagement"]}
    persons = {row["person"] for row in [*records["engagement"], *records["job"]]}
    found = {}
    for person in persons:
        firsts, seen, left = set(), {person}, [person]
        while left:
            each = left.pop()
            follows = [row["follows"] for row in records["engagement"] if row["person"] == each]
            earlier = {engagements[name]["person"] for name in follows if name in engagements} - {each}
            if not earlier:
                firsts.add(each)
            left += sorted(earlier - seen)
            seen |= earlier
        found[person] = min(firsts, default=person)
    return found


def human_of(records: Records, person: str | None) -> str | None:
    """Return the human behind a HR id: where HR says nothing, the id itself; None for nobody."""
    return person and humans_of(records).get(person, person)


def acted_as(records: Records, account: str, at: Span) -> str:
    """Return the human whose hand an account was then, or the account where nobody is known."""
    return human_of(records, hand(records, account, at[0]).person) or account


def _links(records: Records, account: str) -> Iterator[tuple[str, datetime, datetime, bool]]:
    links = [row for row in records["account_link"] if row["account"] == account]
    for row in links:
        start = row["valid_from"] or EVER
        end = NEVER if row["conflicted"] else row["valid_to"] or NEVER
        if start < end:
            yield row["person"], start, end, row["conflicted"]
    if not links:
        for row in records["account"]:
            if row["id"] == account and row["email"]:
                for person in records["person"]:
                    if person["email"] and person["email"].lower() == row["email"].lower():
                        yield person["id"], EVER, NEVER, row["conflicted"] or person["conflicted"]


@dataclass(frozen=True, slots=True)
class Mandate:
    """A stretch in which a person could use a duty in a scope; half open, and perhaps longer than surely."""

    scope: str
    duty: str
    right_class: str | None
    person: str
    valid_from: datetime
    valid_to: datetime
    valid_to_latest: datetime

    def surely(self, at: Span) -> bool:
        """Return whether it held whenever within `at` the moment was."""
        return self.valid_from <= at[0] and at[1] < self.valid_to

    def perhaps(self, at: Span) -> bool:
        """Return whether it may have held at the moment."""
        return self.valid_from <= at[1] and at[0] < self.valid_to_latest


def mandates(records: Records) -> list[Mandate]:
    """Return who could use which duty when: the dated roster while employed, and delegations once recorded."""
    own = [
        Mandate(
            row["scope"],
            row["duty"],
            row["right_class"],
            row["person"],
            max(row["valid_from"] or EVER, start),
            min(row["valid_to"] or NEVER, end),
            min(row["valid_to"] or NEVER, over),
        )
        for row in records["roster"]
        for start, end, over in engagements(records, row["person"])
    ]
    lent = [
        Mandate(
            given.scope,
            given.duty,
            given.right_class,
            row["to_person"],
            max(given.valid_from, row["valid_from"] or EVER, row["recorded_at"][1], start),
            min(given.valid_to, row["valid_to"] or NEVER, end),
            min(given.valid_to_latest, row["valid_to"] or NEVER, over),
        )
        for row in records["delegation"]
        for given in own
        if given.person == row["from_person"] and row["duty"] in {None, given.duty}
        for start, end, over in engagements(records, row["to_person"])
    ]
    return [each for each in own + lent if each.valid_from < each.valid_to_latest]


def title_mandates(records: Records) -> list[Mandate]:
    """Return whose job title carried which duty when: the time of the job while employed."""
    held = [
        Mandate(
            row["scope"],
            row["duty"],
            None,
            job.row["person"],
            max(job.start, start),
            min(job.end, end),
            min(job.end, over),
        )
        for row in records["role_authority"]
        for job in every_job(records)
        if job.role == row["role"] and not job.row["conflicted"]
        for start, end, over in engagements(records, job.row["person"])
    ]
    return [each for each in held if each.valid_from < each.valid_to_latest]


def engagements(records: Records, person: str) -> Sequence[tuple[datetime, datetime, datetime]]:
    """Return when each engagement of a person began, until when it surely lasted, and when it was surely over."""
    return [lasted(row) for row in records["engagement"] if row["person"] == person] or [(EVER, NEVER, NEVER)]


def lasted(row: Record) -> tuple[datetime, datetime, datetime]:
    """Return when an engagement began, until when it surely lasted, and when it was surely over."""
    end = row["effective_end"]
    worked = row["last_day"][1] + TICK if row["last_day"] else None
    surely = over = worked or NEVER
    if end:
        over = end[1] + TICK if end[0] < end[1] else end[1]
        surely = min(worked, over) if worked and worked > end[0] else end[0]
    return row["started_at"][0] if row["started_at"] else EVER, surely, over


def engagements_of_human(records: Records, person: str | None) -> list[Record]:
    """Return the engagements of the human behind a HR id, under whichever HR id."""
    humans = humans_of(records)
    human = humans.get(str(person), person)
    return [row for row in records["engagement"] if humans[row["person"]] == human]


@dataclass(frozen=True, slots=True)
class Job:
    """A job held by a human, half open."""

    row: Record
    role: str
    start: datetime
    end: datetime


def jobs_held(records: Records, persons: Collection[str]) -> list[Job]:
    """Return the jobs of HR ids of one human: an open one ends where the next begins, a covered one goes on."""
    rows = [row for row in records["job"] if row["person"] in persons]
    ends = []
    for row in rows:
        start = row["valid_from"] or EVER
        later = [each["valid_from"] or EVER for each in rows if not each["temporary"]]
        end = row["valid_to"] or min((each for each in later if each > start), default=NEVER)
        ends.append((row, start, end))
    found = []
    for row, start, end in ends:
        covers = [
            _cover_end(each["role"], until, ends)
            for each, begins, until in ends
            if each["temporary"] and not row["temporary"] and begins == end and begins < until
        ]
        found.append(Job(row, row["role"], start, max(covers, default=end)))
    return found


def every_job(records: Records) -> list[Job]:
    """Return the jobs of everybody, as they were held."""
    humans = humans_of(records)
    persons: dict[str, set[str]] = {}
    for row in records["job"]:
        persons.setdefault(humans[row["person"]], set()).add(row["person"])
    return [job for ids in persons.values() for job in jobs_held(records, ids)]


def _cover_end(role: str, end: datetime, rows: Sequence[tuple[Record, datetime, datetime]]) -> datetime:
    """Return the end of a cover, however many rows of the same role follow on each other or overlap."""
    while longer := [
        until
        for each, begins, until in rows
        if each["temporary"] and each["role"] == role and begins < until and begins <= end < until
    ]:
        end = max(longer)
    return end


def superiors(records: Records, person: str, at: datetime) -> set[str]:
    """Return the humans who stood above the human behind a HR id at a moment, three levels up."""
    humans = humans_of(records)
    lines = {
        (humans[job.row["person"]], humans.get(str(job.row["manager"]), str(job.row["manager"])))
        for job in every_job(records)
        if job.row["manager"] and job.start <= at < job.end
    }
    above: set[str] = set()
    level = {humans.get(person, person)}
    for _ in range(3):
        level = {boss for human, boss in lines if human in level and boss != human}
        above |= level
    return above


def has_gap(
    records: Records,
    tables: Sequence[str],
    system: str,
    start: datetime | None,
    end: datetime | None,
    *,
    data_end: datetime | None = None,
) -> bool:
    """Return whether one of the tables has a gap for the system somewhere in [start, end); None is open.

    data_end: what begins then or later and does not end is the end of the data, and no gap.
    """
    return any(
        row["table_name"] in tables
        and row["system"] in {system, "*"}
        and (row["starts_at"] is None or end is None or row["starts_at"] < end)
        and (row["ends_before"] is None or start is None or row["ends_before"] > start)
        and (data_end is None or row["ends_before"] or row["starts_at"] is None or row["starts_at"] < data_end)
        for row in records["source_gap"]
    )


def business_deadline(
    records: Records, calendar: str, at: datetime, days: int, *, whole_day: bool = False
) -> datetime | None:
    """Return the end of the business day that lies `days` business days after the day a moment counts as.

    An event after closing time or on a day without work counts as the next business day; as a whole day (a bare day,
    which has no hour) it counts as that day if people work on it. None where the calendar does not reach.
    """
    every = sorted((row for row in records["calendar_day"] if row["calendar"] == calendar), key=lambda row: row["day"])
    found = [place for place, row in enumerate(every) if row["starts_at"] <= at < row["ends_before"]]
    if not found:
        return None
    today = every[found[0]]
    counts_today = today["is_business"] and (whole_day or at < today["closes_at"])
    working = [row for row in every[found[0] + (0 if counts_today else 1) :] if row["is_business"]]
    return working[days]["ends_before"] if days < len(working) else None


def surely_before(left: Span | None, right: Span | None) -> bool:
    """Return whether every moment that left may be lies before every moment that right may be."""
    return left is not None and right is not None and left[1] < right[0]


def current_name(records: Records, name: str) -> str:
    """Return the name that a repository has now (step repository_now)."""
    for _ in range(3):
        moves = [row for row in records["repository_event"] if row["repository"] == name and row["new_name"]]
        if not moves:
            break
        name = max(moves, key=lambda row: row["occurred_at"])["new_name"]
    return name


def asks_review(value: str | None) -> bool:
    """Return whether a value of required_reviews demands one: it is a number of at least 1."""
    return value is not None and value.isdigit() and int(value) > 0


def days(count: object) -> timedelta:
    """Return a parameter in days as a length of time."""
    return timedelta(days=int(str(count)))


def months_later(moment: datetime, months: int) -> datetime:
    """Return the same day and hour some months later, or earlier; the last day where the month is shorter."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def uncovered(
    start: datetime, end: datetime, stretches: Iterable[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    """Return what half-open stretches leave of [start, end), in order."""
    left, reached = [], start
    for begins, ends in sorted(stretches):
        if reached < min(begins, end):
            left.append((reached, min(begins, end)))
        reached = max(reached, ends)
    return [*left, (reached, end)] if reached < end else left


def joined(stretches: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Return half-open stretches with those that follow on each other or overlap made one, in order."""
    found: list[tuple[datetime, datetime]] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def only(rows: Sequence[Record]) -> Record | None:
    """Return the one row, None when there is none."""
    return rows[0] if rows else None


def allowed_access(records: Records, subject: str, used: Span, *, system: str, valid_days: int) -> str:
    """Return whether only those allowed could change an object, by its last listing before a use (T-32 D, T-33 A)."""
    listings: dict[datetime, list[Record]] = {}
    for row in records["access_listing"]:
        if row["object"] == subject:
            listings.setdefault(row["listed_at"][0], []).append(row)
    earlier = [at for at, rows in listings.items() if all(row["listed_at"][1] <= used[0] for row in rows)]
    if not earlier or max(earlier) + days(valid_days) <= used[0]:
        if has_gap(records, ["access_listing"], system, used[0] - days(valid_days), used[1] + TICK):
            return "cannot_test:source_gap"
        if any(at not in earlier and at <= used[1] for at in listings):
            return "cannot_test:time_order_unclear"
        return "exception:listing_too_old" if earlier else "exception:access_not_listed"
    last = listings[max(earlier)]
    permissions = [row for row in records["access_allowed"] if row["object"] == subject]
    declared = any(_overlaps(row, each["listed_at"]) for row in permissions for each in last)
    found = {_one_access(records, each, permissions) if declared else "cannot_test:nobody_declared" for each in last}
    worst = (
        "exception:access_too_wide",
        "exception:shared_account",
        "cannot_test:account_unlinked",
        "cannot_test:nobody_declared",
        "cannot_test:time_order_unclear",
    )
    return next((code for code in worst if code in found), "pass")


def _one_access(records: Records, listed: Record, permissions: Sequence[Record]) -> str:
    at, account = listed["listed_at"], listed["account"]
    who = hand(records, account, at[0])
    human = human_of(records, who.person)
    theirs = [row for row in permissions if row["who"] == account or human_of(records, row["who"]) == human]
    rows = [row for row in theirs if _overlaps(row, at)]
    sure = [row for row in rows if not row["conflicted"]]
    if any((row["valid_from"] or EVER) <= at[0] and at[1] < (row["valid_to"] or NEVER) for row in sure):
        return "pass"
    if rows:
        return "cannot_test:time_order_unclear"
    if who.state == SHARED_ACCOUNT:
        return "exception:shared_account"
    if who.state in {UNLINKED, AMBIGUOUS}:
        return "cannot_test:account_unlinked"
    return "exception:access_too_wide"


def _overlaps(row: Record, at: Span) -> bool:
    """Return whether the dates of a row hold in some moment of a span; two ends in conflict may both be past it."""
    end = NEVER if row["conflicted"] else row["valid_to"] or NEVER
    return (row["valid_from"] or EVER) <= at[1] and at[0] < end


def longer_engagements(records: Records, row: Record, ended: Span) -> Iterator[Record]:
    """Yield the engagements of the human that began no later and surely last beyond this end."""
    for each in engagements_of_human(records, row["person"]):
        begun, start = each["started_at"], row["started_at"]
        before = begun is None or (start is not None and begun[0] <= start[0])
        if each["id"] == row["id"] or not before:
            continue
        end = day_there(records, each, each["effective_end"]) or day_there(records, each, each["last_day"])
        continued = any(
            other["follows"] == each["id"] and (other["started_at"] is None or other["started_at"][0] <= ended[1])
            for other in records["engagement"]
        )
        if (end is None and not continued) or (end is not None and end[0] > ended[1]):
            yield each


def day_there(records: Records, row: Record, seen: Span | None) -> Span | None:
    """Return a bare day of HR as the day at the place of work, where its calendar covers it."""
    known = {each["id"] for each in records["calendar"]}
    calendar = row["site"] if row["site"] in known else "default"
    if seen is None or seen[1] - seen[0] != timedelta(days=1) - TICK:
        return seen
    day = seen[0].date().isoformat()
    local = [each for each in records["calendar_day"] if each["calendar"] == calendar and each["day"] == day]
    return (local[0]["starts_at"], local[0]["ends_before"] - TICK) if local else seen
