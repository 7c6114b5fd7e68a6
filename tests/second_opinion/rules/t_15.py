"""T-15 Required checks, from audit-domain T-15 and the rule's README."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from twofold.controltests.rule import ParameterValue

from .changes import Change, Releases, add_releases, changes, tickets_named
from .hands import add_hands
from .records import Record, Records, Span
from .retyped import tickets_then
from .steps import EVER, NEVER, TICK, has_gap
from .tickets import add_retyping
from .world import World

CONTROL_TEST = "T-15"
OUTCOME_ONLY: frozenset[str] = frozenset()
_KINDS = {"success": "success", "skipped": "skip", "neutral": "skip"}
_TABLE_LETTERS = "ABCD"


def shared(world: World) -> None:
    """Sometimes a check that every system requires, and a path rule of every system."""
    if world.chance(25):
        world.add("check_requirement", scope="*", name="scan", valid_from=world.moment())
    if world.chance(25):
        world.add(
            "check_path_rule", scope="*", name="unit", path_pattern="docs/%", valid_from=world.maybe(50, world.moment())
        )


def parameters(world: World) -> Mapping[str, ParameterValue]:
    """Both answers, and clocks that may differ."""
    return {"seen_checks_where_none_named": world.chance(75), "clock_skew_seconds": world.pick((0, 1, 300))}


def populate(world: World) -> None:
    """Releases with runs of checks on their commits, requirements, path rules and links of tickets to checks."""
    hands, tickets = add_hands(world, "git"), [world.key("CHG-1"), world.key("CHG-2")]
    made = add_releases(world, hands[:4], tickets)
    checks = ("unit", "scan")
    types = [world.key(word) for word in ("new", "fix", "story", "other")]
    for name, functional, is_change in zip(
        types, (True, False, world.pick((True, False, None)), None), (True, True, False, True), strict=True
    ):
        world.add("change_type", id=name, is_change=is_change, functional=functional)
    for ticket in world.some(tickets, percent=90):
        for _ in range(2 if world.chance(3) else 1):
            world.add(
                "ticket",
                key=ticket,
                type=world.pick([*types, types[0], world.key("unheard")]),
                status=world.pick(("done", "open")),
            )
        add_retyping(world, made, ticket, types)
        for check in world.some((*checks, "never"), percent=35):
            world.add("requirement_test", requirement=ticket, check_name=check)
    whole = world.chance(65)
    for check in world.some(checks, percent=80) if world.chance(75) else []:
        for _ in range(world.pick((1, 1, 2))):
            begins = world.maybe(60, world.near(world.pick(made.merges), days=1))
            ends = world.maybe(20, world.near(world.pick(made.merges), days=1))
            scope = world.pick((made.system, made.system, made.system, world.key("crm")))
            world.add("check_requirement", scope=scope, name=check, valid_from=begins, valid_to=ends)
    for sha in made.commits:
        for check in world.some(checks, percent=70 if whole else 40):
            for _ in range(world.pick((1, 1, 1, 2))):
                _run(world, made, sha, check)
    for sha in world.some(made.commits, percent=80):
        for path in world.some(("docs/a.md", "src/b.py"), percent=world.pick((30, 60))):
            world.add("commit_path", repository=made.repository, sha=sha, path=path)
    for check in world.some(checks, percent=50):
        for pattern in world.some(("docs/%", "src/_.py", "%"), percent=40):
            begins, ends = (
                world.maybe(20, world.near(world.pick(made.merges))),
                world.maybe(20, world.near(world.pick(made.merges))),
            )
            scope = world.pick((made.system, made.system, made.system, world.key("crm")))
            world.add(
                "check_path_rule", scope=scope, name=check, path_pattern=pattern, valid_from=begins, valid_to=ends
            )
    for _ in range(world.pick((0, 0, 0, 1))):
        world.add(
            "source_gap",
            table_name=world.pick(("check_run", "check_run", "requirement_test")),
            system=world.pick((made.system, made.system, made.system, world.key("crm"))),
            starts_at=world.maybe(70, world.near(world.pick(made.merges))),
            ends_before=world.maybe(50, world.near(world.pick(made.merges))),
            reason="retention",
        )


def _run(world: World, made: Releases, sha: str, check: str) -> None:
    run = world.id("run")
    at = (
        world.near(world.pick(made.merges) - timedelta(hours=world.pick((0, 1, 5))), days=1)
        if world.chance(80)
        else world.near(world.pick(made.starts))
    )
    for _ in range(2 if world.chance(3) else 1):
        world.add(
            "check_run",
            id=run,
            repository=made.repository,
            sha=sha,
            name=check,
            conclusion=world.pick(("success",) * 7 + ("failure", "skipped", "skipped", "neutral", "cancelled", None)),
            completed_at=world.maybe(92, world.instant(at, coarse=10)),
        )


def outcomes(
    records: Records,
    clock: datetime,  # noqa: ARG001  nothing of this rule is pending
    parameters: Mapping[str, ParameterValue],
) -> Mapping[str, Mapping[str, str]]:
    """Return item -> letter -> reason code."""
    every = list(changes(records))
    return {change.item: _judged(records, change, every, parameters) for change in every}


def _judged(
    records: Records, change: Change, every: Sequence[Change], parameters: Mapping[str, ParameterValue]
) -> Mapping[str, str]:
    settled = (change.excuse and f"na:{change.excuse}") or (change.unknown and f"cannot_test:{change.unknown}")
    if not settled and change.start is None:
        settled = "cannot_test:start_unknown"
    if not settled and change.released is None:
        settled = "cannot_test:commit_unknown"
    if settled:
        return dict.fromkeys("ABCDE", settled)
    return {**_checks(records, change, every, parameters), "E": _requirements(records, change)}


def _equal_commits(records: Records, change: Change) -> set[str]:
    """Return the commits of the repository that have the content of the released one, without it."""
    trees = {row["sha"]: row["tree_sha"] for row in records["code_commit"] if row["repository"] == change.repository}
    tree = trees.get(change.released)
    return {sha for sha, other in trees.items() if tree is not None and other == tree and sha != change.released}


def _runs(records: Records, change: Change, shas: set[str | None]) -> list[Record]:
    return [
        row
        for row in records["check_run"]
        if row["repository"] == change.repository
        and row["sha"] in shas
        and (row["conclusion"] is not None or row["conflicted"])
    ]


def _since(change: Change) -> datetime | None:
    """Return the earliest trace of a change."""
    if change.pull_request is not None:
        seen = change.pull_request["created_at"]
    else:
        seen = change.commit and (change.commit["committed_at"] or change.commit["authored_at"])
    return seen[0] if seen else None


def _gap(records: Records, table: str, change: Change) -> bool:
    assert change.start is not None
    return has_gap(records, [table], change.deployment["system"], _since(change), change.start[1] + TICK)


def _asked_at(change: Change) -> Span:
    merged: Span | None = change.pull_request["merged_at"] if change.pull_request is not None else None
    assert change.start is not None
    return merged or change.start


def _validity(rows: Sequence[Record], at: Span) -> str:
    """Return whether one of the rows was in force at a moment: sure, perhaps or no."""
    spans = [(row["valid_from"] or EVER, row["valid_to"] or NEVER) for row in rows]
    if any(begins <= at[0] and at[1] < ends for begins, ends in spans):
        return "sure"
    return "perhaps" if any(begins <= at[1] and at[0] < ends for begins, ends in spans) else "no"


def _checks(
    records: Records, change: Change, every: Sequence[Change], parameters: Mapping[str, ParameterValue]
) -> Mapping[str, str]:
    scopes = {change.deployment["system"], "*"}
    named = [row for row in records["check_requirement"] if row["scope"] in scopes]
    if named:
        at = _asked_at(change)
        asked = {
            name: _validity([row for row in named if row["name"] == name], at)
            for name in {row["name"] for row in named}
        }
    else:
        seen = _runs(records, change, {change.released, *_equal_commits(records, change)})
        asked = {row["name"]: "sure" for row in seen} if parameters["seen_checks_where_none_named"] else {}
    found = [
        _check(records, change, every, name, force, parameters)
        for name, force in sorted(asked.items())
        if force != "no"
    ]
    if not found:
        return dict.fromkeys(_TABLE_LETTERS, "cannot_test:no_required_checks")
    answer = {letter: min((each[letter] for each in found), key=partial(_rank, letter)) for letter in _TABLE_LETTERS}
    if not named:
        if _gap(records, "check_run", change):
            answer["A"] = "cannot_test:source_gap"
        for letter in "BD":
            codes = [each[letter] for each in found]
            if "pass" in codes and any(code.startswith("exception") for code in codes):
                answer[letter] = "cannot_test:no_required_checks"
    return answer


def _rank(letter: str, code: str) -> int:
    orders = {
        "B": (
            "check_failed",
            "check_skipped",
            "conflict",
            "source_gap",
            "requirement_unclear",
            "paths_unknown",
            "time_order_unclear",
            "pass",
            "check_missing",
            "na",
        ),
        "D": (
            "check_late",
            "conflict",
            "source_gap",
            "requirement_unclear",
            "check_time_unknown",
            "time_order_unclear",
            "pass",
            "check_missing",
            "na",
        ),
    }
    order = orders.get(letter, ("exception", "source_gap", "requirement_unclear", "pass", "na"))
    prefix, _, word = code.partition(":")
    return next(place for place, each in enumerate(order) if each in {prefix, word})


def _check(
    records: Records,
    change: Change,
    every: Sequence[Change],
    name: str,
    force: str,
    parameters: Mapping[str, ParameterValue],
) -> Mapping[str, str]:
    equal = _equal_commits(records, change)
    runs = [row for row in _runs(records, change, {change.released, *equal}) if row["name"] == name]
    if runs:
        result = _result(change, runs, _last_merge(every, change), parameters)
        kinds = {"success": "pass", "failure": "exception:check_failed", "skip": ""}
        found = {
            "A": "pass",
            "B": kinds.get(result, f"cannot_test:{result}") or _skipped(records, change, name),
            "C": "pass",
            "D": _in_time(change, runs, parameters),
        }
    else:
        request = change.pull_request
        own = {request["head_sha"], request["merge_sha"]} if request else {change.sha}
        elsewhere = any(row["name"] == name for row in _runs(records, change, own - {None}))
        found = (
            {"A": "pass", "B": "na:other_commit", "C": "exception:other_commit", "D": "na:other_commit"}
            if elsewhere
            else {"A": "exception:check_missing", **dict.fromkeys("BCD", "na:check_missing")}
        )
        if _gap(records, "check_run", change):
            found = {letter: code if code == "pass" else "cannot_test:source_gap" for letter, code in found.items()}
    if force == "perhaps":
        found = {
            letter: "cannot_test:requirement_unclear"
            if code.startswith("exception") or code == "cannot_test:paths_unknown"
            else code
            for letter, code in found.items()
        }
    return found


def _last_merge(every: Sequence[Change], change: Change) -> Span | None:
    merges = [
        each.pull_request["merged_at"]
        for each in every
        if each.deployment["id"] == change.deployment["id"]
        and each.unknown is None
        and each.pull_request is not None
        and each.pull_request["merged_at"] is not None
    ]
    return (max(at[0] for at in merges), max(at[1] for at in merges)) if merges else None


def _kind(row: Record) -> str:
    return "conflict" if row["conflicted"] else _KINDS.get(row["conclusion"], "failure")


def _result(
    change: Change, runs: Sequence[Record], merge: Span | None, parameters: Mapping[str, ParameterValue]
) -> str:
    """Return the kind of the result that counts: success, skip, failure, conflict, or time_order_unclear."""
    kinds = {_kind(row) for row in runs}
    if len(kinds) == 1:
        return kinds.pop()
    assert change.start is not None
    start, skew = change.start, timedelta(seconds=int(str(parameters["clock_skew_seconds"])))

    def place(row: Record) -> int:
        at, off = row["completed_at"], 0 if row["sha"] == change.released else 2
        if merge is not None and (at is None or row["conflicted"] or at[0] <= merge[1]):
            return 1 + off
        if at is not None and not row["conflicted"] and at[0] > start[1] + skew:
            return 5
        return 2 + off

    first = min(map(place, runs))
    here = [row for row in runs if place(row) == first]
    if any(row["conflicted"] for row in here):
        return "conflict"

    def surely_here(at: Span | None) -> bool:
        if at is None:
            return False
        if first in {1, 3}:
            return merge is not None and at[1] < merge[0]
        return first == 5 or at[1] < start[0] + skew

    def last(row: Record) -> bool:
        others = [each["completed_at"] for each in here if _kind(each) != _kind(row)]
        at = row["completed_at"]
        return surely_here(at) and all(other is not None and other[1] < at[0] for other in others)

    return next((_kind(row) for row in here if last(row)), "time_order_unclear")


def _in_time(change: Change, runs: Sequence[Record], parameters: Mapping[str, ParameterValue]) -> str:
    assert change.start is not None
    start, skew = change.start, timedelta(seconds=int(str(parameters["clock_skew_seconds"])))
    found = set()
    for row in runs:
        at = row["completed_at"]
        if row["conflicted"]:
            found.add("cannot_test:conflict")
        elif at is None:
            found.add("cannot_test:check_time_unknown")
        elif at[1] < start[0] + skew:
            found.add("pass")
        else:
            found.add("exception:check_late" if at[0] > start[1] + skew else "cannot_test:time_order_unclear")
    order = (
        "pass",
        "cannot_test:time_order_unclear",
        "cannot_test:check_time_unknown",
        "cannot_test:conflict",
        "exception:check_late",
    )
    return next(code for code in order if code in found)


def _skipped(records: Records, change: Change, name: str) -> str:
    """Return whether declared path rules cover what a change touched, where the check was skipped."""
    scopes = {change.deployment["system"], "*"}
    rules = [row for row in records["check_path_rule"] if row["scope"] in scopes and row["name"] == name]
    if change.pull_request is not None:
        listed = {
            row["sha"] for row in records["pull_request_commit"] if row["pull_request"] == change.pull_request["id"]
        }
        shas = listed | {change.pull_request["head_sha"]}
    else:
        shas = {change.sha}
    clean = {
        row["sha"] for row in records["code_commit"] if row["repository"] == change.repository and row["base_merge"]
    }
    at, unrecorded = _asked_at(change), False
    rules = [rule for rule in rules if _validity([rule], at) != "no"]
    states: set[str] = set()
    commits = shas - {None}
    for sha in commits - clean if commits else {None}:
        paths = [
            row["path"] for row in records["commit_path"] if (row["repository"], row["sha"]) == (change.repository, sha)
        ]
        states |= {_validity([rule for rule in rules if _like(path, rule["path_pattern"])], at) for path in paths}
        if not paths:
            whole = _validity([rule for rule in rules if rule["path_pattern"] == "%"], at)
            states |= {whole} - {"no"}
            unrecorded = unrecorded or whole == "no"
    if "no" in states or (unrecorded and not rules) or not (states or unrecorded):
        return "exception:check_skipped"
    if unrecorded:
        return "cannot_test:paths_unknown"
    return "cannot_test:requirement_unclear" if "perhaps" in states else "pass"


def _like(path: str, pattern: str) -> bool:
    plain = "".join({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in pattern)
    return re.fullmatch(plain, path, re.DOTALL) is not None


def _requirements(records: Records, change: Change) -> str:
    known = tickets_then(records, change)
    types = {row["id"]: row for row in records["change_type"]}
    rows = [known[key] for key in tickets_named(records, change) if key in known]
    functional = [row for row in rows if types.get(row["type"], {}).get("functional") and not row["conflicted"]]
    if not functional:
        said = [
            types[row["type"]]["functional"] for row in rows if row["type"] in types and types[row["type"]]["is_change"]
        ]
        plain = (
            any(value is False for value in said)
            and None not in said
            and not any(row["conflicted"] or row["type_unclear"] for row in rows)
        )
        return "na:not_functional" if plain else "cannot_test:functional_unknown"
    ran = {row["name"] for row in _runs(records, change, {change.released, *_equal_commits(records, change)})}
    found = set()
    for row in functional:
        linked = {each["check_name"] for each in records["requirement_test"] if each["requirement"] == row["key"]}
        found.add("pass" if linked & ran else "exception:linked_test_not_run" if linked else "exception:not_linked")
    worst = next(code for code in ("exception:not_linked", "exception:linked_test_not_run", "pass") if code in found)
    hidden = _gap(records, "requirement_test", change) or (
        worst == "exception:linked_test_not_run" and _gap(records, "check_run", change)
    )
    return "cannot_test:source_gap" if hidden and worst != "pass" else worst
