"""Changes in releases, for the opinions about T-15 and T-16: random releases, and the change items in plain Python.

From audit-domain 4.2 (Unit, Change set) and the heads of the steps change_unit, change_link, change_ticket and
change_approval.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .records import Record, Records, Span
from .steps import hand, surely_before
from .world import World

SERVED = {"success", "inactive"}


@dataclass(slots=True)
class Releases:
    """The keys of what `add_releases` made."""

    system: str
    repository: str
    starts: list[datetime] = field(default_factory=list)
    merges: list[datetime] = field(default_factory=list)
    pull_requests: list[str] = field(default_factory=list)
    commits: list[str] = field(default_factory=list)
    """Every commit in the data, and one that is not."""


def add_releases(world: World, hands: list[str], tickets: list[str]) -> Releases:
    """Add one or two pull requests with their commits, perhaps a loose commit, and deployments that carried them."""
    made = Releases(world.key("erp"), world.key("app"))
    carried = [_pull_request(world, made, number, hands, tickets) for number in range(world.pick((1, 1, 2)))]
    if world.chance(20):
        loose = world.key("loose")
        _commit(world, made, loose, "loose", world.moment(), tickets, base_merge=world.chance(30))
        carried.append([loose])
    for number in range(world.pick((1, 1, 1, 2, 3))):
        deployment, moment = world.id("deploy"), world.near(world.pick(made.merges) + timedelta(days=2))
        made.starts.append(moment)
        chosen = world.pick(carried)
        known = world.chance(93)
        digest = world.pick((None, None, "g1", "g2"))
        for _ in range(2 if world.chance(2) else 1):
            world.add(
                "deployment",
                id=deployment,
                system=made.system,
                environment=world.pick(("production",) * 9 + ("test",)),
                repository=made.repository,
                commit_sha=chosen[-1] if known else world.pick((None, world.key("nowhere"))),
                digest=world.key(digest) if digest else None,
                started_at=world.maybe(95, world.instant(moment + number * timedelta(seconds=7), coarse=10)),
                completed_at=world.instant(moment + timedelta(hours=1), coarse=0),
                status=world.pick(("success",) * 9 + ("failure", "inactive")),
                kind=world.pick((None,) * 9 + ("rerun", "rollback", "vendor")),
            )
        if known or world.chance(50):
            for shas in [chosen, *world.some(carried, percent=40)] if world.chance(93) else []:
                for sha in world.some(shas, percent=80) or shas[-1:]:
                    world.add("change_set", deployment=deployment, repository=made.repository, sha=sha)
    if world.chance(20):
        world.add("artefact", digest=world.key("g1"), commit_sha=world.pick(made.commits))
    made.commits.append(world.key("nowhere"))
    return made


def _pull_request(world: World, made: Releases, number: int, hands: list[str], tickets: list[str]) -> list[str]:
    merged = world.moment(first_day=3, last_day=60)
    made.merges.append(merged)
    name = world.key(f"app#{number}")
    made.pull_requests.append(name)
    head, first, merge = (world.key(f"{word}{number}") for word in ("head", "first", "merge"))
    _commit(world, made, first, f"{number}a", merged - timedelta(days=2), tickets)
    _commit(world, made, head, f"{number}b", merged - timedelta(days=1), tickets)
    has_merge = world.chance(75)
    if has_merge:
        _commit(world, made, merge, f"{number}{world.pick('bbbc')}", merged, [])
    for _ in range(2 if world.chance(2) else 1):
        world.add(
            "pull_request",
            id=name,
            repository=made.repository,
            author=world.pick(hands),
            head_sha=head,
            merge_sha=merge if has_merge else None,
            created_at=world.instant(merged - timedelta(days=2), coarse=0),
            merged_at=world.maybe(95, world.instant(merged, coarse=25)),
            tickets=world.some([*tickets, world.key("UTF-8")], percent=60),
        )
    world.add("pull_request_commit", pull_request=name, sha=first)
    return [first, head, merge] if has_merge else [first, head]


def _commit(
    world: World, made: Releases, sha: str, tree: str, moment: datetime, tickets: list[str], *, base_merge: bool = False
) -> None:
    made.commits.append(sha)
    for _ in range(2 if world.chance(1) else 1):
        world.add(
            "code_commit",
            repository=made.repository,
            sha=sha,
            committed_at=world.instant(moment, coarse=0),
            pushed_at=world.maybe(30, world.instant(moment)),
            tree_sha=world.maybe(90, world.key(tree)),
            tickets=world.some(tickets, percent=10),
            base_merge=base_merge or world.maybe(10, value=True),
        )


@dataclass(frozen=True, slots=True)
class Change:
    """One change item: what it is, or the code that settles it for every attribute."""

    item: str
    deployment: Record
    released: str | None
    """Commit that was deployed."""
    repository: str | None
    pull_request: Record | None
    sha: str | None
    """The commit of an item without pull request."""
    commit: Record | None
    """The same, where it is in the data."""
    excuse: str | None
    unknown: str | None

    @property
    def start(self) -> Span | None:
        """Start of the release."""
        found: Span | None = self.deployment["started_at"]
        return found


def changes(records: Records) -> Iterator[Change]:
    """Return every change item of the production deployments."""
    built = {row["digest"]: row["commit_sha"] for row in records["artefact"]}
    production = [row for row in records["deployment"] if row["environment"] == "production"]
    sha_of = {row["id"]: row["commit_sha"] or built.get(row["digest"]) for row in production}
    commits = {(row["repository"], row["sha"]): row for row in records["code_commit"]}
    requests = {row["id"]: row for row in records["pull_request"]}
    owners = commit_owners(records)
    for row in production:
        carried = {
            (name, None) if name else (None, (each["repository"], each["sha"]))
            for each in records["change_set"]
            if each["deployment"] == row["id"]
            for name in owners.get((each["repository"], each["sha"]), [""])
        }
        excuse = _excuse(row, production, sha_of)
        if not carried:
            found = (row["repository"], sha_of[row["id"]]) in commits
            unknown = "conflict" if row["conflicted"] else "no_new_commit" if found else "change_set_unknown"
            yield Change(row["id"], row, sha_of[row["id"]], row["repository"], None, None, None, excuse, unknown)
        for name, key in carried:
            request, commit = requests.get(name) if name else None, commits.get(key) if key else None
            own = request or commit
            clean = commit is not None and commit["base_merge"] and not commit["conflicted"]
            yield Change(
                f"{row['id']}/{name or (key and key[1])}",
                row,
                sha_of[row["id"]],
                key[0] if key else requests[name or ""]["repository"],
                request,
                key and key[1],
                commit,
                excuse or ("content_free" if clean else None),
                "conflict" if row["conflicted"] or (own and own["conflicted"]) else None,
            )


def commit_owners(records: Records) -> dict[tuple[str, str], list[str]]:
    """Return (repository, sha) -> the pull requests that brought it, by key or content; merged ones before others."""
    requests = records["pull_request"]
    listed: dict[tuple[str, str], set[str]] = {}
    merges: dict[tuple[str, str], set[str]] = {}
    by_id = {row["id"]: row for row in requests}
    for row in records["pull_request_commit"]:
        if row["pull_request"] in by_id:
            listed.setdefault((by_id[row["pull_request"]]["repository"], row["sha"]), set()).add(row["pull_request"])
    for row in requests:
        if row["head_sha"]:
            listed.setdefault((row["repository"], row["head_sha"]), set()).add(row["id"])
        if row["merge_sha"]:
            merges.setdefault((row["repository"], row["merge_sha"]), set()).add(row["id"])
    found = {key: listed.get(key, set()) | merges.get(key, set()) for key in [*listed, *merges]}
    for row in records["code_commit"]:
        key = (row["repository"], row["sha"])
        if key not in found and row["tree_sha"] is not None and row["committed_at"] is not None:
            same = [
                each
                for each in records["code_commit"]
                if (each["repository"], each["tree_sha"]) == (key[0], row["tree_sha"]) and each["sha"] != key[1]
            ]
            names = {name for each in same for name in listed.get((each["repository"], each["sha"]), ())}
            open_then = {name for name in names if _open_at(by_id[name], row["committed_at"])}
            if open_then:
                found[key] = open_then
    merged = {
        key: [name for name in sorted(names) if by_id[name]["merged_at"] is not None] for key, names in found.items()
    }
    return {key: merged[key] or sorted(names) for key, names in found.items()}


def _open_at(request: Record, made: Span) -> bool:
    merged, created = request["merged_at"], request["created_at"]
    return merged is not None and made[0] <= merged[1] and (created is None or made[1] >= created[0])


def _excuse(row: Record, production: Sequence[Record], sha_of: dict[str, str | None]) -> str | None:
    if row["status"] == "failure":
        return "never_served"
    if row["kind"] == "vendor":
        return "vendor_update"
    line = sorted(
        (each for each in production if (each["system"], each["repository"]) == (row["system"], row["repository"])),
        key=lambda each: (each["started_at"] is None, each["started_at"] or (), each["id"]),
    )
    before = [each for each in line[: line.index(row)] if each["status"] in SERVED]
    if before:
        last = before[-1]
        same_digest = row["digest"] is not None and row["digest"] == last["digest"]
        no_digest = row["digest"] is None or last["digest"] is None
        same_commit = sha_of[row["id"]] is not None and sha_of[row["id"]] == sha_of[last["id"]]
        if same_digest or (row["kind"] == "rerun" and no_digest and same_commit):
            return "rerun"
    content = row["digest"] or sha_of[row["id"]]
    earlier = [
        each
        for each in production
        if each["system"] == row["system"]
        and each["status"] in SERVED
        and each["started_at"] is not None
        and row["started_at"] is not None
        and each["started_at"][0] < row["started_at"][0]
    ]
    if (
        row["kind"] == "rollback"
        and content
        and any((each["digest"] or sha_of[each["id"]]) == content for each in earlier)
    ):
        return "automatic_rollback"
    return None


def tickets_named(records: Records, change: Change) -> list[str]:
    """Return the ticket keys that a change names, in the pull request or in the message of one of its commits."""
    owners = commit_owners(records)
    names: set[str] = set()
    if change.pull_request is not None:
        names |= set(change.pull_request["tickets"])
        own = [
            row
            for row in records["code_commit"]
            if change.pull_request["id"] in owners.get((row["repository"], row["sha"]), ())
        ]
        names |= {ticket for row in own for ticket in row["tickets"]}
    if change.commit is not None:
        names |= set(change.commit["tickets"])
    return sorted(names)


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval of a change for release: when it was given, and when it stopped to hold, if it did."""

    given: Span
    ended: Span | None
    ended_unknown: bool
    conflicted: bool


def release_approvals(records: Records, change: Change) -> Iterator[Approval]:
    """Return reviews of the pull request and approvals of its tickets for release (no trailers: no world has them)."""
    request = change.pull_request
    for row in records["review"]:
        if (
            request is not None
            and row["pull_request"] == request["id"]
            and (row["state"] in {"approved", "dismissed"} or row["conflicted"])
        ):
            refusals = [
                each["submitted_at"]
                for each in records["review"]
                if each["pull_request"] == request["id"]
                and each["state"] == "changes_requested"
                and _who(records, each["reviewer"], each["submitted_at"])
                == _who(records, row["reviewer"], row["submitted_at"])
            ]
            unknown = row["state"] == "dismissed" and row["dismissed_at"] is None
            yield Approval(
                row["submitted_at"],
                _ended(row["dismissed_at"], row["submitted_at"], refusals),
                unknown,
                row["conflicted"],
            )
    tickets = tickets_named(records, change)
    for row in records["approval"]:
        if (
            row["subject"] in tickets
            and row["duty"] == "release"
            and (row["decision"] == "approve" or row["conflicted"])
        ):
            refusals = [
                each["decided_at"]
                for each in records["approval"]
                if (each["subject"], each["duty"], each["decision"]) == (row["subject"], row["duty"], "reject")
                and _who(records, each["approver"], each["decided_at"])
                == _who(records, row["approver"], row["decided_at"])
            ]
            yield Approval(
                row["decided_at"], _ended(row["withdrawn_at"], row["decided_at"], refusals), False, row["conflicted"]
            )


def _who(records: Records, account: str, at: Span) -> str:
    return hand(records, account, at[0]).person or account


def _ended(ended: Span | None, given: Span, refusals: Sequence[Span]) -> Span | None:
    ends = [at for at in [*refusals] if at[0] > given[0]]
    return min([*ends, *([ended] if ended else [])], default=None)


def stood_at(approval: Approval, start: Span) -> bool:
    """Return whether an approval was given not surely after a start, and had surely not ended by then."""
    if approval.ended_unknown or surely_before(start, approval.given):
        return False
    return approval.ended is None or surely_before(start, approval.ended)
