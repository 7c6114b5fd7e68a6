"""Changes in releases, for the tests of changes: random releases, and the change items in plain Python.

From audit-domain 4.2 (Unit, Change set) and the heads of the steps change_unit, change_link and change_ticket.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .hands import pick_hand
from .records import Record, Records, Span
from .steps import TICK, has_gap
from .world import World

SERVED = {"success", "inactive"}


@dataclass(slots=True)
class Releases:
    """The keys of what `add_releases` made."""

    system: str
    repository: str
    has_commits: bool
    starts: list[datetime] = field(default_factory=list)
    merges: list[datetime] = field(default_factory=list)
    pull_requests: list[str] = field(default_factory=list)
    commits: list[str] = field(default_factory=list)
    """Every commit, and one that nothing names."""
    unseen: set[str] = field(default_factory=set)
    """Those that are not in the data."""


def add_releases(world: World, hands: list[str], tickets: list[str]) -> Releases:
    """Add one or two pull requests with their commits, perhaps a loose commit, and deployments that carried them."""
    made = Releases(world.key("erp"), world.key("app"), has_commits=world.chance(90))
    carried = [_pull_request(world, made, number, hands, tickets) for number in range(world.pick((1, 1, 2)))]
    if len(carried) > 1 and world.chance(25):
        world.add("pull_request_commit", pull_request=made.pull_requests[1], sha=carried[0][-1])
    if world.chance(20):
        loose = world.key("loose")
        _commit(
            world,
            made,
            loose,
            "loose",
            world.near(made.merges[0]),
            tickets,
            [*hands[:1] * 9, *hands],
            base_merge=world.chance(30),
        )
        carried.append([loose])
    served: tuple[str | None, str | None] = None, None
    for number in range(world.pick((1, 1, 1, 2, 3))):
        deployment, moment = world.id("deploy"), world.near(world.pick(made.merges) + timedelta(days=2))
        made.starts.append(moment)
        chosen = world.pick(carried)
        known = world.chance(93)
        digest = world.pick((None, None, "g1", "g2"))
        commit = chosen[-1] if known else world.pick((None, world.key("nowhere")))
        back = number > 0 and world.chance(15)
        if back:
            commit, digest = served
        served = commit, digest
        actor, by_pipeline = pick_hand(world, hands), world.pick((None, None, True, False))
        for _ in range(2 if world.chance(2) else 1):
            world.add(
                "deployment",
                id=deployment,
                actor=actor,
                by_pipeline=by_pipeline,
                system=made.system,
                environment=world.pick(("production",) * 9 + ("test",)),
                repository=made.repository,
                commit_sha=commit,
                digest=world.key(digest) if digest else None,
                started_at=world.maybe(95, world.instant(moment + number * timedelta(seconds=7), coarse=10)),
                completed_at=world.instant(moment + timedelta(hours=1), coarse=0),
                status=world.pick(("success",) * 9 + ("failure", "inactive")),
                kind="rollback" if back else world.pick((None,) * 9 + ("rerun", "rollback", "vendor")),
            )
        brought = [chosen, *world.some(carried, percent=40)] if known or world.chance(50) else []
        listed = [sha for shas in brought for sha in world.some(shas, percent=80) or shas[-1:]]
        if known and chosen[-1] in made.unseen:
            listed = chosen[-1:]
        for sha in listed if world.chance(93) else []:
            if sha not in made.unseen or listed == chosen[-1:]:
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
    authors = [*hands[:1] * 9, *hands]
    _commit(world, made, first, f"{number}a", merged - timedelta(days=2), tickets, authors)
    _commit(world, made, head, f"{number}b", merged - timedelta(days=1), tickets, authors, parents=[first])
    has_merge = world.chance(75)
    if has_merge:
        parents = world.pick(([], [first], [first, head]))
        _commit(world, made, merge, f"{number}{world.pick('bbbc')}", merged, [], authors, parents=parents)
    for _ in range(2 if world.chance(2) else 1):
        world.add(
            "pull_request",
            id=name,
            repository=made.repository,
            author=world.maybe(95, world.pick(authors)),
            base_ref=world.maybe(90, "main"),
            head_sha=world.maybe(93, head),
            merge_sha=merge if has_merge else None,
            created_at=world.instant(merged - timedelta(days=2), coarse=0),
            merged_at=world.maybe(95, world.instant(merged, coarse=25)),
            merged_by=world.pick(hands),
            tickets=world.some([*tickets, world.key("UTF-8")], percent=60),
        )
    world.add("pull_request_commit", pull_request=name, sha=first)
    return [first, head, merge] if has_merge else [first, head]


def _commit(
    world: World,
    made: Releases,
    sha: str,
    tree: str,
    moment: datetime,
    tickets: list[str],
    authors: list[str],
    *,
    parents: Sequence[str] = (),
    base_merge: bool = False,
) -> None:
    made.commits.append(sha)
    if not made.has_commits or world.chance(4):
        made.unseen.add(sha)
        return
    author = world.pick(authors)
    for _ in range(2 if world.chance(1) else 1):
        world.add(
            "code_commit",
            repository=made.repository,
            sha=sha,
            parents=list(parents),
            author=author,
            committer=world.pick((author, author, "github:web-flow", world.pick(authors))),
            coauthors=world.some(authors[-2:], percent=4),
            reviewed_by=world.some(authors[-6:-5] + authors[-1:], percent=30),
            pushed_by=world.pick((None, None, author, world.pick(authors))),
            authored_at=world.maybe(15, world.instant(world.near(moment), coarse=25)),
            committed_at=world.maybe(95, world.instant(moment, coarse=0)),
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
            for name in _before(row, owners.get((each["repository"], each["sha"]), [""]), requests)
        }
        excuse = _excuse(row, production, sha_of)
        if not carried or _carries_more(records, row, sha_of[row["id"]], commits):
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


def _before(row: Record, names: Sequence[str], requests: Mapping[str, Record]) -> Sequence[str]:
    """Leave out pull requests merged surely after a deployment, where another one brought the same commit before."""

    def came_later(name: str) -> bool:
        merged = requests[name]["merged_at"] if name else None
        return bool(merged and row["started_at"] and row["started_at"][1] < merged[0])

    return [name for name in names if not came_later(name)] or names


def _carries_more(
    records: Records, row: Record, deployed: str | None, commits: Mapping[tuple[str, str], Record]
) -> bool:
    """Return whether a deployment may have carried more than its commit, which only a pull request names."""
    listed = {(each["repository"], each["sha"]) for each in records["change_set"] if each["deployment"] == row["id"]}
    if len(listed) != 1 or listed & set(commits) or {sha for _, sha in listed} != {deployed}:
        return False
    read = any(repository == name for repository, _ in commits for name, _ in listed)
    return read or has_gap(
        records, ["code_commit"], row["system"], None, row["started_at"] and row["started_at"][1] + TICK
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
        and row["by_pipeline"] is not False
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
