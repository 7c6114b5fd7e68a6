"""Tickets with their histories, reviews, rosters and people, for the random worlds of the tests of changes."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from .changes import Releases
from .hands import add_last_day
from .world import A_DAY, World

_TYPES = ("Change", "Change", "Change", "Feature", "Feature", "Story", "Question", "Unheard", "Emergency change")
_TEXTS = ("Pay the bill", "pay the bill.", "Delete all", None)


def add_types(world: World) -> None:
    """Add the types of tickets that every world of a batch shares; in some batches nobody declared any."""
    if world.chance(12):
        return
    world.add("change_type", id="Change", is_change=True, functional=False)
    world.add(
        "change_type",
        id="Feature",
        is_change=True,
        functional=True,
        authorised_states=["Go", "Approved"],
        material_fields=["Description", "amount"],
    )
    world.add("change_type", id="Story", is_change=True)
    world.add("change_type", id="Emergency change", is_change=True, functional=False)
    world.add("change_type", id="Question", is_change=False, functional=world.pick((None, True, False)))


def add_people(world: World, made: Releases, hands: list[str]) -> list[str]:
    """Add two more persons, z and w, with rosters, jobs and employments of all four; return all accounts."""
    more = [world.key("git:cem"), world.key("git:dee")]
    for account, person in zip(more, ("z", "w"), strict=True):
        world.add("account_link", account=account, person=world.key(person))
    moments = [*made.starts, *made.merges]
    has_roster = world.chance(75)
    for name in ("x", "y", "z", "w"):
        person = world.key(name)
        for duty in world.some(("release", "emergency", "uat"), percent=60) if has_roster else ():
            world.add(
                "roster",
                scope=made.system,
                duty=duty,
                right_class=world.pick((None, None, None, None, "privileged")) if duty != "uat" else None,
                person=person,
                valid_from=world.maybe(40, world.near(world.pick(moments), days=20)),
                valid_to=world.maybe(12, world.near(world.pick(moments))),
            )
        if world.chance(40):
            world.add(
                "job",
                person=person,
                role=world.pick(("lead", "engineer")),
                unit=world.pick(("Finance", "finance", "Platform", None)),
                manager=world.maybe(60, world.key(world.pick(("x", "y", "z")))),
                valid_from=world.maybe(40, world.near(world.pick(moments), days=20)),
                valid_to=world.maybe(12, world.near(world.pick(moments))),
            )
        if world.chance(25):
            left = world.near(world.pick(moments))
            world.add(
                "engagement",
                id=world.id("engagement"),
                person=person,
                type="employee",
                started_at=world.maybe(50, world.instant(world.pick(moments) - world.pick((2, 90)) * A_DAY)),
                last_day=world.maybe(30, world.instant(left, coarse=60)),
                effective_end=world.maybe(30, world.instant(left, coarse=40)),
            )
    if world.chance(25):
        # One of them goes on, or went on before, under the HR id of another.
        earlier, later = world.pick((("x", "y"), ("y", "x"), ("z", "x"), ("x", "z"), ("z", "w"), ("w", "y")))
        paper = world.id("engagement")
        world.add("engagement", id=paper, person=world.key(earlier), type="contractor")
        world.add("engagement", id=world.id("engagement"), person=world.key(later), type="employee", follows=paper)
        if world.chance(50):
            # HR keeps a job under one of the two, with a manager whom it may know under another HR id.
            below, above = world.pick((earlier, later)), world.pick(("x", "y", "z"))
            world.add("job", person=world.key(below), role="engineer", manager=world.key(above))
    for duty in world.some(("release", "emergency"), percent=40):
        world.add("role_authority", scope=made.system, duty=duty, role="lead")
    if world.chance(25):
        agreed = world.near(world.pick(made.starts), days=20)
        world.add(
            "pipeline_agreement",
            system=made.system,
            agreed_by="Example CPA",
            agreed_at=world.maybe(70, world.instant(agreed)),
            valid_from=world.maybe(50, agreed),
            valid_to=world.maybe(20, world.near(world.pick(made.starts))),
        )
    return [*hands, *more]


def approvers(hands: list[str]) -> list[str]:
    """Return accounts to pick an approver from: mostly those of persons who wrote nothing."""
    return [*(hands[2], hands[-1], hands[-2]) * 6, *hands]


def add_reviews(world: World, made: Releases, hands: list[str]) -> None:
    """Add reviews of the pull requests, mostly good ones, on one of the last two commits."""
    for number, request in enumerate(made.pull_requests):
        for _ in range(world.pick((0, 1, 1, 1, 2, 3))):
            review, at = world.id("review"), made.merges[number] - timedelta(hours=3)
            at = world.pick((at, at, world.near(world.pick([*made.merges, *made.starts]), days=2)))
            state = world.pick(("approved",) * 9 + ("dismissed", "changes_requested", "commented"))
            dismissed = world.instant(world.near(world.pick(made.starts))) if world.chance(8) else None
            seen = world.pick((world.key(f"head{number}"),) * 5 + (world.key(f"first{number}"), None))
            reviewer = world.pick(approvers(hands))
            for _ in range(2 if world.chance(5) else 1):
                world.add(
                    "review",
                    id=review,
                    pull_request=request,
                    reviewer=reviewer,
                    state=state,
                    submitted_at=world.instant(at),
                    commit_sha=seen,
                    dismissed_at=dismissed,
                )
                state = world.pick(("approved", "commented", "changes_requested"))
            if world.chance(8):
                asked = world.instant(at + timedelta(hours=world.pick((0, 1, 30))))
                world.add(
                    "review",
                    id=world.id("review"),
                    pull_request=request,
                    reviewer=reviewer,
                    state="changes_requested",
                    submitted_at=asked,
                )


def add_ticket(world: World, made: Releases, ticket: str, hands: list[str]) -> None:
    """Add a ticket, its history and the decisions on it."""
    created = world.pick(made.merges) - world.pick((2, 2, 9)) * A_DAY
    moments = [created, *made.merges, *made.starts]
    migrated = world.maybe(8, world.instant(world.near(world.pick(moments), days=1), coarse=40))
    kind = world.pick(_TYPES)
    for _ in range(2 if world.chance(3) else 1):
        world.add(
            "ticket", key=ticket, type=kind, created_at=world.maybe(85, world.instant(created)), migrated_at=migrated
        )
        kind = world.pick(_TYPES)
    if world.chance(70):
        _event(
            world,
            ticket,
            "status",
            world.pick(("Open", "Open", "In review")),
            world.pick(("Approved",) * 4 + ("Go",)),
            created + timedelta(hours=5),
        )
    for _ in range(world.pick((0, 0, 1, 2))):
        old = world.pick(("Open", "Done", "In review"))
        new = world.pick(("Approved", "approved", "Go", "Reopened", "Rejected", "In Progress", "Done", "In Review"))
        _event(world, ticket, "Status", old, new, world.near(world.pick(moments), days=2))
    for _ in range(world.pick((0, 0, 1))):
        field = world.pick(("description", "Description", "risk", "systems", "note"))
        _event(
            world, ticket, field, world.pick(_TEXTS), world.pick(_TEXTS), world.near(world.pick(made.starts), days=2)
        )
    for _ in range(world.pick((0, 0, 0, 1, 2))):
        field, before, after = world.pick(
            (
                ("emergency", None, "yes"),
                ("Emergency", "yes", "no"),
                ("type", "Change", "Emergency change"),
                ("type", "Emergency change", "Change"),
            )
        )
        _event(world, ticket, field, before, after, world.near(world.pick(made.starts), days=1))
    add_retyping(world, made, ticket, _TYPES, created=created)
    for duty in world.some(("authorise", "release", "emergency", "uat", "uat"), percent=30):
        _decision(world, made, ticket, duty, hands)


def add_retyping(
    world: World, made: Releases, ticket: str, types: Sequence[str], *, created: datetime | None = None
) -> None:
    """In some worlds, let the type of a ticket have been another one, mostly before or after a release."""
    now = next((row.values["type"] for row in world.rows if row.values.get("key") == ticket), None)
    after = str(now) if now else None
    moments = [*made.starts, *made.starts, *([created + timedelta(hours=5), created] if created else ())]
    for _ in range(world.pick((0, 0, 0, 0, 1, 1, 2))):
        before = world.pick((*types, None))
        at = world.near(world.pick(moments), days=2)
        _event(world, ticket, world.pick(("type", "issuetype", "Type")), before, world.pick((after, after, *types)), at)
        after = before


def _event(world: World, ticket: str, field: str, old: str | None, new: str | None, at: datetime) -> None:
    event, txn = world.id("event"), world.pick((None, None, "s1"))
    seen = world.instant(at)
    for _ in range(2 if world.chance(4) else 1):
        world.add(
            "ticket_event",
            id=event,
            ticket=ticket,
            field=field,
            old_value=old,
            new_value=new,
            occurred_at=seen,
            txn=txn,
        )
        new = world.pick((new, "Done", "Delete all"))


def _decision(world: World, made: Releases, ticket: str, duty: str, hands: list[str]) -> None:
    approver = world.pick(approvers(hands))
    for number in range(world.pick((1, 1, 1, 2))):
        approval = world.id("approval")
        moment = world.pick([*made.starts, *made.merges])
        at = world.pick((moment - timedelta(hours=2), world.near(moment, days=2)))
        if duty == "uat" and world.chance(25):
            at = world.near(world.pick(made.merges) - 2 * A_DAY, days=2)
        decision = "approve" if number == 0 and world.chance(95) else world.pick(("approve", "reject"))
        for _ in range(2 if world.chance(4) else 1):
            world.add(
                "approval",
                id=approval,
                subject=ticket,
                approver=approver,
                duty=duty,
                decision=decision,
                decided_at=world.instant(at),
                withdrawn_at=world.maybe(6, world.instant(world.near(world.pick(made.starts)))),
                txn=world.pick((None, "s1")),
            )
            decision = world.pick(("approve", "reject"))


def add_leaver(world: World, made: Releases) -> None:
    """In some worlds, let somebody who approved or released leave on that very day."""
    choices = (("review", "reviewer", "submitted_at"), ("approval", "approver", "decided_at"))
    decided = world.pick((*choices, ("deployment", "actor", "started_at")))
    add_last_day(
        world, *decided, scope=made.system, duty=world.pick(("release", "release", "emergency", "uat")), role="lead"
    )
