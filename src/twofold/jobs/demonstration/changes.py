"""Clean changes of the demonstration company: ticket, pull request, review, checks, merge, deployment.

Each repository works through slots of two hours on working days, so one change is merged before the next begins and
the history is a line. `planted_changes` reserves slots of its own and alters what is built here.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from twofold.jobs.demonstration.authority import Authority
from twofold.jobs.demonstration.draw import Draw
from twofold.jobs.demonstration.people import Person, Staff
from twofold.jobs.demonstration.systems import BY_ID, REPOSITORIES
from twofold.jobs.demonstration.tickets import Ticket
from twofold.jobs.demonstration.timeline import FIRST_DAY, LAST_DAY, before_working_days, local, working_days

SLOTS = ("09:00", "11:00", "13:00", "15:00")
EVENING = "19:00"
"""Emergency changes happen in the evening, after the day's last release."""
PIPELINE = "brightwater-deploy[bot]"
WEB_FLOW = "web-flow"
CHECKS = ("unit", "integration")
MINUTE = timedelta(minutes=1)
_TOPICS = ("invoice rounding", "retry queue", "tax table", "export layout", "rate limit", "login form", "audit log")
_VERBS = ("Correct", "Extend", "Speed up", "Replace", "Simplify")


@dataclass(slots=True, eq=False)
class Commit:
    """A commit; author and committer are GitHub logins."""

    sha: str
    tree: str
    parents: list[str]
    author: str
    committer: str
    at: datetime
    message: str
    coauthors: list[Person] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Review:
    """A review as GitHub records it; the reviewer is a login."""

    reviewer: str
    state: str
    at: datetime
    sha: str


@dataclass(slots=True, eq=False)
class Check:
    """A check run on a commit."""

    name: str
    sha: str
    conclusion: str
    started_at: datetime


@dataclass(slots=True, eq=False)
class Deployment:
    """A release to production; the actor is a login."""

    number: int
    system: str
    sha: str
    actor: str
    started_at: datetime
    changes: list["Change"]
    state: str = "success"
    digest: str = ""

    @property
    def id(self) -> str:
        """Identifier that the line gives it."""
        return f"{BY_ID[self.system].repository}/deployments/{self.number}"

    @property
    def completed_at(self) -> datetime:
        """When production ran it."""
        return self.started_at + 5 * MINUTE


@dataclass(slots=True, eq=False)
class Change:
    """One pull request with its ticket. `author` is a person; `author_login` the account that opened it."""

    system: str
    slot: "Slot"
    slot_at: datetime
    number: int
    author: Person
    author_login: str
    approver: Person
    ticket: Ticket | None
    commits: list[Commit]
    reviews: list[Review]
    checks: list[Check]
    merge: Commit
    functional: bool
    alone: bool = False
    merged_by: str = ""
    deployment: Deployment | None = None
    direct: bool = False
    """Pushed to the release branch without a pull request; only `merge` exists then."""

    @property
    def head(self) -> Commit:
        """Last commit of the branch."""
        return self.commits[-1]

    @property
    def pull_request(self) -> str:
        """Identifier that the line gives the pull request."""
        return f"{BY_ID[self.system].repository}#{self.number}"

    @property
    def release(self) -> Deployment:
        """The deployment that carried it; there is one once `build_repository` has run."""
        if self.deployment is None:
            msg = f"{self.pull_request} was never deployed"
            raise ValueError(msg)
        return self.deployment

    @property
    def item(self) -> str:
        """Identifier of the change item: deployment and pull request, or deployment and commit where there is none."""
        return f"{self.release.id}/{self.merge.sha if self.direct else self.pull_request}"


@dataclass(slots=True)
class Repository:
    """Everything that happened in one repository."""

    system: str
    root: Commit
    """What the branch held before the year, older than the deployment log."""
    changes: list[Change] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A place in the working year of a repository."""

    day: date
    clock: str


def push_event_id(change: Change) -> str:
    """Return the identifier that the line gives the push of a change to the release branch."""
    return f"github:activity:{activity_number(change.merge)}"


def activity_number(commit: Commit) -> int:
    """Return GitHub's number of the push that brought a commit."""
    return 5_000_000_000 + int(commit.sha[:8], 16)


def build_repositories(
    draw: Draw, staff: Staff, authority: Authority, *, changes: int, reserved: dict[str, dict[Slot, bool]]
) -> dict[str, Repository]:
    """Build all repositories with `changes` clean changes; a reserved slot gives a change that is released alone.

    `reserved` says per system and slot whether the change there is pushed without a pull request.
    Raises ValueError when the number of changes does not fit the year.
    """
    days = working_days(FIRST_DAY, LAST_DAY)
    built = {}
    for index, system in enumerate(REPOSITORIES):
        share = changes // len(REPOSITORIES) + (index < changes % len(REPOSITORIES))
        free = [slot for day in days for slot in (Slot(day, clock) for clock in SLOTS) if slot not in reserved[system]]
        wanted = share - len(reserved[system])
        if not 0 <= wanted <= len(free):
            most = len(REPOSITORIES) * (len(free) + len(reserved[system]))
            msg = f"{changes} changes do not fit: at most {most} have room"
            raise ValueError(msg)
        slots = sorted({*draw.some_of(free, wanted), *reserved[system]})
        built[system] = _build_repository(draw, staff, authority, system=system, slots=slots, alone=reserved[system])
    return built


def _build_repository(
    draw: Draw, staff: Staff, authority: Authority, *, system: str, slots: list[Slot], alone: dict[Slot, bool]
) -> Repository:
    authors = [person for person in staff.in_role("Engineer", "Senior Engineer") if person.github]
    number = 21_000_000 + REPOSITORIES.index(system) * 1_000_000
    made_at = local(date(2025, 8, 20), "18:00")
    root = Commit(draw.sha1(), draw.sha1(), [], authors[0].github, authors[0].github, made_at, "Import the history")
    repository = Repository(system, root)
    tip, waiting, pull_number = root, list[Change](), 400
    for index, slot in enumerate(slots):
        author = draw.one_of(authors)
        approver = draw.one_of([person for person in authority.holders(system, "release") if person is not author])
        change = _build_change(draw, authority, slot=slot, system=system, author=author, approver=approver, tip=tip)
        change.number, change.alone, change.direct = pull_number, slot in alone, alone.get(slot, False)
        pull_number += not change.direct
        repository.changes.append(change)
        tip = change.merge
        waiting.append(change)
        following = slots[index + 1] if index + 1 < len(slots) else None
        last_today = following is None or following.day != slot.day
        if last_today or change.alone or following in alone or draw.chance(0.5):
            number += draw.whole(3, 40)
            repository.deployments.append(_deploy(draw, number, waiting))
            waiting = []
    return repository


def _build_change(
    draw: Draw, authority: Authority, *, slot: Slot, system: str, author: Person, approver: Person, tip: Commit
) -> Change:
    at = local(slot.day, slot.clock) + draw.minutes(0, 12)
    functional = draw.chance(0.55)
    summary = f"{draw.one_of(_VERBS)} {draw.one_of(_TOPICS)} in {system}"
    ticket = _build_ticket(draw, authority, slot=slot, system=system, summary=summary, functional=functional)
    commits, parent = list[Commit](), tip.sha
    for step in range(1 + draw.chance(0.25)):
        made_at = at + step * 6 * MINUTE
        commits.append(Commit(draw.sha1(), draw.sha1(), [parent], author.github, author.github, made_at, summary))
        parent = commits[-1].sha
    head = commits[-1]
    review = Review(approver.github, "APPROVED", at + 20 * MINUTE + draw.minutes(0, 20), head.sha)
    merged_at = at + 45 * MINUTE
    # The portal merges with a merge commit, the others squash; branches are up to date, so the content is equal.
    parents = [tip.sha, head.sha] if system == "portal" else [tip.sha]
    merge = Commit(draw.sha1(), head.tree, parents, author.github, WEB_FLOW, merged_at, summary)
    checks = [Check("unit", head.sha, "success", at + 15 * MINUTE)]
    checks += [Check(name, merge.sha, "success", merged_at + 2 * MINUTE) for name in CHECKS]
    if functional:
        ticket.edit("uat", "", "Passed", at + 42 * MINUTE, draw.one_of(authority.holders(system, "uat")))
    merged_by = approver.github if draw.chance(0.5) else author.github
    return Change(
        system, slot, at, 0, author, author.github, approver, ticket, commits, [review], checks, merge, functional,
        merged_by=merged_by,
    )  # fmt: skip


def _build_ticket(
    draw: Draw, authority: Authority, *, slot: Slot, system: str, summary: str, functional: bool
) -> Ticket:
    reporter = draw.one_of(authority.holders(system, "authorise"))
    created_at = local(before_working_days(slot.day, draw.whole(3, 8)), "10:00") + draw.minutes(0, 360)
    authorised_at = local(before_working_days(slot.day, draw.whole(1, 2)), "14:00") + draw.minutes(0, 150)
    ticket = Ticket("Change" if functional else "Technical change", system, summary, created_at, reporter)
    ticket.custom["risk"] = {"value": draw.one_of(("Low", "Low", "Medium", "High"))}
    ticket.move("To Do", "Approved", authorised_at, draw.one_of(authority.holders(system, "authorise")))
    return ticket


def _deploy(draw: Draw, number: int, changes: list[Change]) -> Deployment:
    last = changes[-1]
    started_at = last.merge.at + 10 * MINUTE + draw.minutes(0, 8)
    deployment = Deployment(number, last.system, last.merge.sha, PIPELINE, started_at, changes)
    for change in changes:
        change.deployment = deployment
        if change.ticket is not None:
            released_at = deployment.completed_at + 5 * MINUTE
            change.ticket.move("Approved", "Released", released_at, change.author)
    return deployment
