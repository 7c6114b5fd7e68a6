"""T-14 Branch protection, from audit-domain T-14, the rule's README and the heads of the steps that it reads."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from twofold.controltests.rule import ParameterValue

from .changes import changes
from .records import Record, Records, Span
from .steps import (
    AMBIGUOUS,
    BOT,
    EVER,
    NEVER,
    SHARED_ACCOUNT,
    TICK,
    UNLINKED,
    asks_review,
    current_name,
    hand,
    has_gap,
    human_of,
)
from .timeline import KNOWN, Change, Look, Stretch, gaps_of, months, timeline
from .world import A_DAY, START, World

CONTROL_TEST = "T-14"
OUTCOME_ONLY: frozenset[str] = frozenset()
STATES = {
    "conflict": 11,
    "contradiction": 12,
    "time_unclear": 13,
    "source_gap": 14,
    "not_observed": 15,
    "actor_unlinked": 16,
}
REASONS = {grade: state for state, grade in STATES.items()}
BAD, JUSTIFIED, GOOD = 0, 19, 20
DEMANDS = ("required_reviews", "required_checks", "allow_force_pushes", "allow_deletions")
FRESH = ("dismiss_stale_reviews", "require_last_push_approval")
VALUES = {
    "required_reviews": ("1", "2", "0", None, "no"),
    "required_checks": ("ci", "ci;unit", None, "ci"),
    "allow_force_pushes": ("false", "false", "true", None),
    "allow_deletions": ("false", "false", "true", None),
    "enforce_admins": ("true", "true", "false", None),
    "protected": ("true", "true", "false", None),
    "dismiss_stale_reviews": ("true", "true", "false", None),
    "require_last_push_approval": ("false", "true", "true", None),
    "bypass_reviews": (None, "app:bot", "team:oncall", "app:bot;team:oncall", "user:ana", "team:oncall;user:ben"),
}


def shared(world: World) -> None:
    """A calendar, and gaps of every system."""
    if world.chance(50):
        world.add("calendar", id="default", zone=world.pick(("UTC", "America/New_York", "Asia/Tokyo")))
    if world.chance(15):
        _gap(world, "*")
    _people(world)


def _people(world: World) -> None:
    """Accounts of the code host: of x or of somebody before, of y, of nobody, of a robot, and a shared one."""
    changed = START + world.number_in(-30, 60) * A_DAY
    before = world.pick((None, "x", "y"))
    if before:
        world.add("account_link", account="github:ana", person=before, valid_to=changed)
    if world.chance(70):
        world.add("account_link", account="github:ana", person=world.pick(("x", "x2")), valid_from=changed)
    if world.chance(60):
        world.add("account_link", account="github:ben", person=world.pick(("y", "x")))
    if world.chance(20):
        world.add("account", id="github:ben", system="github", kind=world.pick(("bot", "shared")))
    world.add("account", id="github:rel", system="github", kind="bot")
    world.add("account", id="github:desk", system="github", kind="shared")
    if world.chance(50):
        world.add("engagement", id="first", person="x", type="contractor")
        world.add("engagement", id="second", person="x2", type="employee", follows="first")


def populate(world: World) -> None:
    """One repository, perhaps renamed, its release branches and their protection, releases and bypasses."""
    system, name, old = world.key("erp"), world.key("pay"), world.key("old")
    renamed = START + world.number_in(-20, 60) * A_DAY + timedelta(hours=9)
    names = [name, old] if world.chance(25) else [name]
    if len(names) > 1:
        _event(world, old, "renamed", renamed, new_name=name)
    if world.chance(30):
        _merges(world, system, world.pick(names))
    if world.chance(25):
        at = START + world.number_in(-30, 60) * A_DAY + timedelta(hours=7)
        for kind in world.pick((("created",), ("archived",), ("archived", "unarchived"), ("deleted", "created"))):
            _event(world, world.pick(names), kind, at)
            at += world.pick((timedelta(minutes=10), A_DAY, 40 * A_DAY))
    for branch in ("main", "hotfix")[: world.pick((1, 1, 2))]:
        start = START + world.number_in(-20, 50) * A_DAY
        if world.chance(70):
            world.add(
                "release_branch",
                system=system,
                repository=world.pick(names),
                branch=branch,
                valid_from=start,
                valid_to=world.maybe(70, start + world.pick((1, 20, 60)) * A_DAY),
            )
        for _ in range(world.pick((0, 0, 1, 2))):
            _release(world, system, world.pick(names), branch)
        if world.chance(75):
            _protection(world, names, branch, "")
            if world.chance(30):
                _protection(world, names, branch, "ruleset:strict:")
        for _ in range(world.pick((0, 0, 0, 1))):
            _bypass(world, world.pick(names), branch)
        for actor in world.some(("app:bot", "team:oncall", "user:Ana", "user:ben"), percent=50):
            _justified(world, world.pick(names), branch, actor)
    for _ in range(world.pick((0, 0, 0, 1, 2))):
        _gap(world, system)


def _event(world: World, repository: str, kind: str, at: datetime, *, new_name: str | None = None) -> None:
    event, seen = world.id("repository"), world.instant(at, coarse=10)
    for actor in ("root", "admin")[: 2 if world.chance(4) else 1]:
        world.add(
            "repository_event",
            id=event,
            repository=repository,
            kind=kind,
            new_name=new_name,
            occurred_at=seen,
            actor=actor,
        )


def _release(world: World, system: str, repository: str, branch: str) -> None:
    at = world.moment()
    world.add(
        "deployment",
        id=world.id("deploy"),
        system=system,
        environment=world.pick(("production",) * 5 + ("test",)),
        repository=repository,
        branch=world.pick((branch,) * 5 + (None,)),
        commit_sha=world.id("sha"),
        started_at=world.maybe(80, world.instant(at)),
        completed_at=world.instant(at + timedelta(hours=1)),
        status=world.pick(("success",) * 5 + ("failure", "inactive")),
    )


def _merges(world: World, system: str, repository: str) -> None:
    """Add a pull request, perhaps stacked below another one, and a deployment that carried one of them or both."""
    numbers = world.key("pull#1"), world.key("pull#2")
    first, second, merges = world.id("sha"), world.id("sha"), [world.moment(), world.moment()]
    for name, sha, at in zip(numbers, (first, second), sorted(merges), strict=True):
        world.add(
            "pull_request",
            id=name,
            repository=repository,
            base_ref=world.pick(("feature", "feature", "main", None) if sha == first else ("main", "main", "feature")),
            head_sha=first if sha == second and world.chance(20) else None,
            merge_sha=world.maybe(90, sha),
            merged_at=world.maybe(93, world.instant(at)),
        )
    if world.chance(75):
        world.add("pull_request_commit", pull_request=numbers[1], sha=first)
    deployment, at = world.id("deploy"), world.near(max(merges), days=3)
    world.add(
        "deployment",
        id=deployment,
        system=system,
        environment="production",
        repository=repository,
        commit_sha=second,
        started_at=world.maybe(95, world.instant(at)),
        completed_at=world.instant(at + timedelta(hours=1)),
        status=world.pick(("success",) * 7 + ("failure",)),
    )
    for sha in world.some((first, second), percent=80):
        world.add("change_set", deployment=deployment, repository=repository, sha=sha)


def _protection(world: World, names: Sequence[str], branch: str, prefix: str) -> None:
    first, log = START + world.number_in(-50, 40) * A_DAY + timedelta(hours=9), world.chance(70)
    missing = world.pick((0, 0, 0, 1)) if not prefix else 3
    chosen = [name for name in VALUES if world.number_in(0, 9) >= missing]
    for name in chosen:
        at, value = first, VALUES[name][0]
        for _ in range(world.pick((1, 1, 1, 1, 2, 3)) if log else 1):
            where = {"repository": world.pick(names), "branch": branch, "setting": prefix + name}
            seen = world.instant(at, coarse=8)
            if at == first or world.chance(25):
                told = value if world.chance(96) else world.pick(VALUES[name])
                for _ in range(2 if world.chance(1) else 1):
                    world.add("branch_rule", **where, value=told, observed_at=seen)
                    told = told if world.chance(70) else VALUES[name][2]
            else:
                event, before = world.id("event"), world.pick((value, value, None))
                value = world.pick(VALUES[name])
                for _ in range(2 if world.chance(3) else 1):
                    world.add(
                        "branch_rule_event",
                        id=event,
                        **where,
                        old_value=before,
                        new_value=value if world.chance(97) else VALUES[name][2],
                        occurred_at=seen,
                    )
            at += world.pick((timedelta(0), timedelta(minutes=10), A_DAY, 20 * A_DAY))


def _bypass(world: World, repository: str, branch: str) -> None:
    event, at = world.id("bypass"), world.instant(world.moment())
    for _ in range(2 if world.chance(15) else 1):
        world.add(
            "bypass_event",
            id=event,
            repository=repository,
            branch=branch,
            occurred_at=at,
            actor=world.pick(("github:ana", "github:ana", "github:ben", "github:rel", "github:desk", None)),
            reason=world.pick(("night", "night", "night", "fix", None)),
        )


def _justified(world: World, repository: str, branch: str, actor: str) -> None:
    start = START + world.number_in(-30, 50) * A_DAY
    begins = world.maybe(40, start)
    for number in range(2 if world.chance(5) else 1):
        world.add(
            "bypass_justification",
            repository=repository,
            branch=branch,
            actor=actor,
            reason=f"reason {number}",
            approved_by=world.pick(("x", "x", "x2", "y")),
            valid_from=begins,
            valid_to=world.maybe(30, start + 30 * A_DAY),
        )


def _gap(world: World, system: str) -> None:
    start = START + world.number_in(-60, 60) * A_DAY + timedelta(hours=world.pick((0, 9)))
    world.add(
        "source_gap",
        table_name=world.pick(("branch_rule_event", "branch_rule", "bypass_event", "repository_event")),
        system=system if world.chance(90) else "crm",
        starts_at=world.maybe(80, start),
        ends_before=world.maybe(80, start + world.pick((timedelta(seconds=1), A_DAY, 40 * A_DAY))),
        reason="not_extracted",
    )


@dataclass(frozen=True, slots=True)
class Branch:
    """A release branch of one system, by the name of its repository now, and when it was in use; half open."""

    system: str
    repository: str
    branch: str
    used: Span

    def is_of(self, records: Records, row: Record) -> bool:
        """Return whether a row speaks of this branch."""
        return (current_name(records, row["repository"]), row["branch"]) == (self.repository, self.branch)


def _branches(records: Records) -> Iterator[Branch]:
    used: dict[tuple[str, str, str], list[Span]] = {}
    for row in records["release_branch"]:
        span = row["valid_from"] or EVER, row["valid_to"] or NEVER
        used.setdefault((row["system"], current_name(records, row["repository"]), row["branch"]), []).append(span)
    for row in records["deployment"]:
        at = row["started_at"] or row["completed_at"]
        if row["environment"] == "production" and row["status"] != "failure" and row["branch"] and at:
            key = row["system"], current_name(records, row["repository"]), row["branch"]
            used.setdefault(key, []).append((at[0], at[1] + TICK))
    passed_on = _merged_into(records, used)
    for (system, repository, branch), spans in used.items():
        if (system, repository, branch) in passed_on:
            continue
        yield Branch(system, repository, branch, (min(each[0] for each in spans), max(each[1] for each in spans)))


def _merged_into(records: Records, used: dict[tuple[str, str, str], list[Span]]) -> set[tuple[str, str, str]]:
    """Add when releases were merged into which branch; return the branches of which each merge went on into another."""
    known = set(used)
    passed: set[tuple[str, str, str]] = set()
    direct: set[tuple[str, str, str]] = set()
    carried = list(changes(records))
    shas = {(row["deployment"], row["repository"], row["sha"]) for row in records["change_set"]}
    for change in carried:
        request = change.pull_request
        if request is None or not request["base_ref"] or not request["merged_at"] or change.excuse == "never_served":
            continue
        key = change.deployment["system"], current_name(records, request["repository"]), request["base_ref"]
        used.setdefault(key, []).append((request["merged_at"][0], request["merged_at"][1] + TICK))
        others = [
            other.pull_request
            for other in carried
            if other.deployment is change.deployment and other.pull_request is not None
        ]
        into_another = any(
            _holds(records, other, request["merge_sha"])
            and other["base_ref"] not in {None, request["base_ref"]}
            and (change.deployment["id"], other["repository"], other["merge_sha"]) in shas
            for other in others
        )
        (passed if into_another else direct).add(key)
    return passed - direct - known


def _holds(records: Records, request: Record, sha: str | None) -> bool:
    """Return whether a merged pull request held a commit, by its list or as its head."""
    listed = {row["sha"] for row in records["pull_request_commit"] if row["pull_request"] == request["id"]}
    return sha is not None and request["merged_at"] is not None and sha in {*listed, request["head_sha"]}


def outcomes(records: Records, clock: datetime, _: Mapping[str, ParameterValue]) -> dict[str, dict[str, str]]:
    """Judge every release branch month by month."""
    found = {}
    for branch in _branches(records):
        lines = _lines(records, branch)
        for month in months(records, clock):
            end = min(month.ends_before, branch.used[1])
            window = max(month.starts_at, branch.used[0]), min(end, clock)
            if window[0] < window[1]:
                item = f"{branch.system}/{branch.repository}@{branch.branch}/{month.name}"
                found[item] = _judged(records, branch, lines, window, is_open=end > clock)
    return found


Lines = Mapping[tuple[str, str], Sequence[Stretch]]
"""Rule set (empty for the classic settings) and setting -> what it was."""


def _lines(records: Records, branch: Branch) -> Lines:
    seen: dict[tuple[str, datetime], list[Record]] = {}
    looks: dict[str, list[Look]] = {}
    changes: dict[str, list[Change]] = {}
    for row in records["branch_rule"]:
        if branch.is_of(records, row):
            seen.setdefault((row["setting"], row["observed_at"][0]), []).append(row)
    for (setting, at), rows in seen.items():
        doubtful = any(row["conflicted"] for row in rows) or len({row["value"] or "" for row in rows}) > 1
        at_latest = max(row["observed_at"][1] for row in rows)
        looks.setdefault(setting, []).append(Look((at, at_latest), rows[0]["value"], doubtful))
    for row in records["branch_rule_event"]:
        if branch.is_of(records, row):
            change = Change(row["id"], row["occurred_at"], row["old_value"], row["new_value"], row["conflicted"])
            changes.setdefault(row["setting"], []).append(change)
    gaps = gaps_of(records, "branch_rule_event", branch.system)
    found = {}
    for setting in {*looks, *changes}:
        rule, _, name = setting.rpartition(":")
        found[rule, name] = timeline(looks.get(setting, ()), changes.get(setting, ()), gaps)
    return found


def _judged(records: Records, branch: Branch, lines: Lines, window: Span, *, is_open: bool) -> dict[str, str]:
    events = [
        row
        for row in records["bypass_event"]
        if branch.is_of(records, row) and window[0] <= row["occurred_at"][0] < window[1]
    ]
    silent = any(not row["conflicted"] and not row["reason"] for row in events)
    if not lines:
        beside = [row for table in ("branch_rule", "branch_rule_event") for row in records[table]]
        other = any(current_name(records, row["repository"]) == branch.repository for row in beside)
        if other and not has_gap(records, ["branch_rule"], branch.system, *window):
            return {"A": "exception:not_the_protected_branch", "B": "na:not_protected", "C": "na:not_protected"}
        unseen = "cannot_test:not_observed"
        return {"A": unseen, "B": unseen, "C": "exception:silent_bypass" if silent else unseen}
    grades = [_grades(records, branch, lines, moment) for moment in _moments(records, branch, lines, window)]
    if not grades:
        dead = _not_live(records, branch, window)
        return {"A": dead, "B": dead, "C": "exception:silent_bypass" if silent else dead}
    guarded, fresh, closed = (min(each[place] for each in grades) for place in range(3))
    codes = {
        "A": _code(guarded, "bad_interval", is_open=is_open),
        "B": _code(fresh, "stale_approval_kept", is_open=is_open),
        "C": _code(closed, "bypass_not_justified", is_open=is_open),
    }
    if silent:
        codes["C"] = "exception:silent_bypass"
    elif closed != BAD and any(_own_use(records, branch, row) for row in events):
        codes["C"] = "exception:self_justified"
    elif closed != BAD and any(row["conflicted"] for row in events):
        codes["C"] = "cannot_test:conflict"
    elif closed >= JUSTIFIED and any(_used_by_unknown(records, branch, row) for row in events):
        codes["C"] = "cannot_test:actor_unlinked"
    elif closed == JUSTIFIED and has_gap(records, ["bypass_event"], branch.system, *window):
        codes["C"] = "cannot_test:bypass_log_gap"
    return codes


def _code(grade: int, reason: str, *, is_open: bool) -> str:
    if grade in REASONS:
        return f"cannot_test:{REASONS[grade]}"
    if grade == BAD:
        return f"exception:{reason}"
    return "cannot_test:pending" if is_open else "pass"


def _moments(records: Records, branch: Branch, lines: Lines, window: Span) -> list[datetime]:
    """Return a moment of each stretch of the window in which nothing changed and the repository could be pushed to."""
    dead = _dead(records, branch)
    edges = {window[0]} | {edge for span in dead for edge in span}
    edges |= {edge for line in lines.values() for each in line for edge in (each.start, each.end)}
    for row in records["bypass_justification"]:
        edges |= {row["valid_from"] or EVER, row["valid_to"] or NEVER}
    inside = sorted(edge for edge in edges if window[0] <= edge < window[1])
    return [edge for edge in inside if not any(span[0] <= edge < span[1] for span in dead)]


def _not_live(records: Records, branch: Branch, window: Span) -> str:
    """Return what is said of a month in which, as far as is known, nobody could push."""
    events = [
        row
        for row in records["repository_event"]
        if current_name(records, row["repository"]) == branch.repository
        and row["kind"] in {"created", "deleted", "archived", "unarchived"}
        and row["occurred_at"][0] < window[1]
    ]
    if any(row["conflicted"] for row in events):
        return "cannot_test:conflict"
    closed = max((row["occurred_at"][1] for row in events if row["kind"] in {"deleted", "archived"}), default=None)
    missing = closed is not None and any(
        row["table_name"] == "repository_event"
        and row["system"] in {branch.system, "*"}
        and (row["starts_at"] is None or row["starts_at"] < window[1])
        and (row["ends_before"] is None or row["ends_before"] > closed)
        for row in records["source_gap"]
    )
    return "cannot_test:source_gap" if missing else "na:not_live"


def _dead(records: Records, branch: Branch) -> list[Span]:
    """Return when nobody could push to a repository."""
    events = sorted(
        (row["occurred_at"], row["kind"])
        for row in records["repository_event"]
        if current_name(records, row["repository"]) == branch.repository
        and row["kind"] in {"created", "deleted", "archived", "unarchived"}
    )
    found = [(EVER, at[0]) for at, kind in events[:1] if kind == "created"]
    for at, kind in events:
        if kind in {"deleted", "archived"}:
            opened = [start[0] for start, each in events if each in {"created", "unarchived"} and start[0] > at[1]]
            found.append((at[1], min(opened, default=NEVER)))
    return found


def _grades(records: Records, branch: Branch, lines: Lines, at: datetime) -> tuple[int, int, int]:
    """Return how well the branch was guarded, fresh and closed at a moment."""
    rules = sorted({"", *(rule for rule, _ in lines)})

    def grade(rule: str, setting: str) -> int:
        line = lines.get((rule, setting))
        if line is None:
            implied = setting == "protected" or (rule and setting == "enforce_admins")
            unsaid = STATES["not_observed"] if not rule or setting == "bypass_reviews" else BAD
            return GOOD if implied else unsaid
        return min(
            (_value(records, branch, setting, each, at) for each in line if each.start <= at < each.end),
            default=STATES["not_observed"],
        )

    def demanded(rule: str, setting: str) -> int:
        return min(grade(rule, setting), grade(rule, "protected"), grade(rule, "enforce_admins"))

    guarded = min(max(demanded(rule, setting) for rule in rules) for setting in DEMANDS)
    told = {rule: [setting for setting in FRESH if (rule, setting) in lines] or FRESH for rule in rules}
    fresh = max(demanded(rule, setting) for rule in rules for setting in told[rule])
    reviews = {rule: demanded(rule, "required_reviews") for rule in rules}
    closed = max(min(reviews[rule], grade(rule, "bypass_reviews")) for rule in rules)
    return guarded, fresh, GOOD if max(reviews.values()) == BAD else closed


def _value(records: Records, branch: Branch, setting: str, stretch: Stretch, at: datetime) -> int:
    if stretch.state != KNOWN:
        return STATES[stretch.state]
    value = stretch.value or ""
    if setting == "bypass_reviews":
        names = [name for name in value.split(";") if name]
        if not names:
            return GOOD
        told = [_justified_at(records, branch, name, at) for name in names]
        return min(told, key=(BAD, STATES["actor_unlinked"], STATES["conflict"], JUSTIFIED).index)
    if setting == "required_reviews":
        return GOOD if asks_review(value) else BAD
    if setting == "required_checks":
        return GOOD if value else BAD
    return GOOD if value == ("false" if setting.startswith("allow_") else "true") else BAD


def _justified_at(records: Records, branch: Branch, name: str, at: datetime) -> int:
    """Return how well a name on the list was justified; the best justification in force counts."""
    order = (JUSTIFIED, STATES["conflict"], STATES["actor_unlinked"], BAD)
    found = [
        STATES["conflict"] if row["conflicted"] else _agreed_by(records, row)
        for row in _in_force(records, branch, at)
        if row["actor"].lower() == name
    ]
    return min(found, key=order.index, default=BAD)


def _in_force(records: Records, branch: Branch, at: datetime) -> list[Record]:
    return [
        row
        for row in records["bypass_justification"]
        if branch.is_of(records, row)
        and (row["valid_from"] or EVER) <= at
        and (row["conflicted"] or at < (row["valid_to"] or NEVER))
    ]


def _agreed_by(records: Records, row: Record) -> int:
    """Return whether somebody else agreed than the one who may pass by, at any time of the justification."""
    if not row["actor"].lower().startswith("user:"):
        return JUSTIFIED
    account, span = f"github:{row['actor'].lower()[5:]}", (row["valid_from"] or EVER, row["valid_to"] or NEVER)
    edges = {span[0]}
    for link in records["account_link"]:
        edges |= {link["valid_from"] or EVER, link["valid_to"] or NEVER}
    hands = [hand(records, account, at) for at in edges if span[0] <= at < span[1]]
    if any(each.person and human_of(records, each.person) == human_of(records, row["approved_by"]) for each in hands):
        return BAD
    return JUSTIFIED if any(each.person or each.state == BOT for each in hands) else STATES["actor_unlinked"]


def _own_use(records: Records, branch: Branch, event: Record) -> bool:
    """Return whether whoever passed by had agreed to each justification in force then."""
    at = event["occurred_at"][0]
    agreed = {human_of(records, row["approved_by"]) for row in _in_force(records, branch, at) if not row["conflicted"]}
    return agreed == {human_of(records, hand(records, event["actor"], at).person)}


def _used_by_unknown(records: Records, branch: Branch, event: Record) -> bool:
    """Return whether somebody passed by under a justification of whom nobody knows who it was."""
    at = event["occurred_at"][0]
    unknown = hand(records, event["actor"], at).state in {UNLINKED, AMBIGUOUS, SHARED_ACCOUNT}
    return unknown and any(not row["conflicted"] for row in _in_force(records, branch, at))
