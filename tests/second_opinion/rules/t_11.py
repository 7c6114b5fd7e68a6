"""T-11 Author, approver and deployer differ, from audit-domain T-11 and the rule's README."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from twofold.controltests.rule import ParameterValue

from .approvals import (
    Approval,
    agreed,
    change_approvals,
    contributors,
    emergency_flag,
    independence,
)
from .changes import Change, Releases, add_releases, changes
from .hands import add_hands
from .records import Record, Records, Span
from .steps import BOT, SHARED_ACCOUNT, TICK, asks_review, current_name, days, hand, has_gap, human_of
from .tickets import add_people, add_reviews, add_ticket, add_types
from .world import World

CONTROL_TEST = "T-11"
OUTCOME_ONLY: frozenset[str] = frozenset()
LETTERS = "ABC"
Parameters = Mapping[str, ParameterValue]


def shared(world: World) -> None:
    """Types of tickets."""
    add_types(world)


def parameters(world: World) -> Parameters:
    """Trailers or not, and looks close or far."""
    return {"accept_review_trailers": world.chance(50), "observation_days": world.pick((1, 5, 31))}


def populate(world: World) -> None:
    """Releases of changes with their tickets, reviews and people, and looks at the protection of the branch."""
    hands = add_hands(world, "git")
    tickets = [world.key("CHG-1"), world.key("CHG-2")]
    made = add_releases(world, hands, tickets)
    hands = add_people(world, made, hands)
    for ticket in world.some(tickets, percent=70):
        add_ticket(world, made, ticket, hands)
    add_reviews(world, made, hands)
    names = [made.repository]
    if world.chance(20):
        names.append(world.key("old"))
        if world.chance(70):
            renamed = world.instant(world.moment())
            world.add(
                "repository_event",
                id=world.id("renamed"),
                repository=names[1],
                kind="renamed",
                new_name=names[0],
                occurred_at=renamed,
            )
    for _ in range(world.pick((0, 1, 2, 2, 3))):
        _look(world, made, world.pick(names))
    for _ in range(world.pick((0, 0, 1, 2))):
        _switch(world, made, world.pick(names))
    for _ in range(world.pick((0, 0, 0, 1))):
        world.add(
            "source_gap",
            table_name=world.pick(("review", "review", "code_commit")),
            system=world.pick((made.system, made.system, world.key("crm"))),
            starts_at=world.maybe(70, world.near(world.pick(made.starts))),
            ends_before=world.maybe(50, world.near(world.pick(made.merges))),
            reason="not_extracted",
        )


def _look(world: World, made: Releases, repository: str) -> None:
    """One look at the protection, mostly good, around a release."""
    away = timedelta(days=world.pick((0, 1, 5, 31, 2)))
    at = world.near(world.pick(made.starts) + away * world.pick((1, -1)), days=1)
    seen = world.instant(at)
    values = {
        "required_reviews": world.pick(("1", "1", "1", "1", "0", "no", None)),
        "enforce_admins": world.pick(("true",) * 5 + ("False", "TRUE", None)),
        "bypass_reviews": world.pick((None,) * 5 + ("app:bot",)),
        "protected": world.pick(("true",) * 9 + ("false",)),
        "ruleset:strict:required_reviews": world.pick((None, "0", "1", "1")),
        "ruleset:strict:bypass_reviews": world.pick((None, None, "app:bot")),
        "ruleset:strict:enforce_admins": world.pick((None, "true", "true", "false")),
    }
    branch = world.pick(("main", "main", "main", "hotfix"))
    for setting in world.some(list(values), percent=95):
        value = values[setting]
        for _ in range(2 if world.chance(2) else 1):
            world.add(
                "branch_rule",
                repository=repository,
                branch=branch,
                setting=setting,
                value=value,
                observed_at=seen,
            )
            value = world.pick(("2", "true"))


def _switch(world: World, made: Releases, repository: str) -> None:
    """A change of a setting in the log around a release, and mostly one back a little later."""
    away = timedelta(days=world.pick((0, 0, 0, 1, 5, 31)))
    at = world.near(world.pick(made.starts) - away, days=1)
    branch = world.pick(("main", "main", "main", "hotfix"))
    setting, bad, good = world.pick(
        (
            ("enforce_admins", "false", "TRUE"),
            ("enforce_admins", None, "true"),
            ("protected", "false", "true"),
            ("required_reviews", "0", "1"),
            ("required_reviews", None, "1"),
            ("required_reviews", "none", "1"),
            ("bypass_reviews", "app:bot", None),
            ("dismiss_stale_reviews", "false", "true"),
            ("ruleset:strict:required_reviews", None, "1"),
        )
    )
    values = world.pick(((bad, good), (bad, good), (bad,), (good,), (good, bad)))
    for value in values:
        id_, when = world.id("switch"), world.instant(at, coarse=10)
        for told in (value, good if value == bad else bad)[: 2 if world.chance(4) else 1]:
            world.add(
                "branch_rule_event",
                id=id_,
                repository=repository,
                branch=branch,
                setting=setting,
                new_value=told,
                occurred_at=when,
            )
        at += timedelta(minutes=world.pick((0, 1, 60, 60 * 24, 60 * 24 * 4)))


def outcomes(
    records: Records,
    clock: datetime,  # noqa: ARG001  nothing of this rule is pending
    parameters: Parameters,
) -> Mapping[str, Mapping[str, str]]:
    """Return item -> letter -> reason code."""
    return {change.item: _judged(records, change, parameters) for change in changes(records)}


def _judged(records: Records, change: Change, parameters: Parameters) -> Mapping[str, str]:
    settled = (change.excuse and f"na:{change.excuse}") or (change.unknown and f"cannot_test:{change.unknown}")
    if settled:
        return dict.fromkeys(LETTERS, settled)
    codes = {"A": _approver(records, change, parameters)}
    if change.start is None:
        return codes | dict.fromkeys("BC", "cannot_test:start_unknown")
    return codes | {
        "B": _deployer(records, change, change.start[0]),
        "C": _rights(records, change, change.start, parameters),
    }


_BEST_OF_A = (
    "pass",
    "cannot_test:conflict",
    "cannot_test:approver_unlinked",
    "cannot_test:shared_account",
    "cannot_test:contributor_unlinked",
    "cannot_test:contributor_unknown",
    "cannot_test:trailer_only",
    "cannot_test:dismissal_time_unknown",
    "exception:approver_is_contributor",
    "exception:approver_not_a_person",
)


def _approver(records: Records, change: Change, parameters: Parameters) -> str:
    found = [_one(records, change, each, parameters) for each in change_approvals(records, change)]
    best = min(found, key=_BEST_OF_A.index, default="exception:no_approver")
    flag = emergency_flag(records, change)
    if not found and flag is not None and flag.opens_the_way(change.start):
        return "na:emergency_tested_by_t12"
    if best.startswith("exception"):
        request, commit = change.pull_request, change.commit
        first: Span | None = None
        if request is not None:
            first = request["created_at"]
        elif commit is not None:
            first = commit["committed_at"] or commit["authored_at"]
        until = change.start and change.start[1] + TICK
        if has_gap(records, ["review"], change.deployment["system"], first and first[0], until):
            return "cannot_test:source_gap"
    return best


def _one(records: Records, change: Change, approval: Approval, parameters: Parameters) -> str:
    """Return what one approval says about whose hand it was."""
    if approval.conflicted:
        return "cannot_test:conflict"
    who = {
        "contributor": "exception:approver_is_contributor",
        "bot": "exception:approver_not_a_person",
        "unlinked": "cannot_test:approver_unlinked",
        "shared": "cannot_test:shared_account",
        "contributor_unlinked": "cannot_test:contributor_unlinked",
        "no_contributor": "cannot_test:contributor_unknown",
        "independent": "pass",
    }[independence(records, change, approval)]
    if who != "pass":
        return who
    if approval.basis == "trailer" and not parameters["accept_review_trailers"]:
        return "cannot_test:trailer_only"
    return "cannot_test:dismissal_time_unknown" if approval.ended_unknown else "pass"


def _deployer(records: Records, change: Change, at: datetime) -> str:
    """Return whether whoever released the change had worked on it."""
    row = change.deployment
    account, by_pipeline, independent = row["actor"], row["by_pipeline"], agreed(records, row["system"], at)
    who, made_by = hand(records, account, at), contributors(records, change)
    human = human_of(records, who.person)
    if by_pipeline and independent:
        return "pass"
    if any(each.human == human for each in made_by if human):
        return "exception:deployer_is_contributor"
    if who.state == BOT and independent:
        return "pass"
    if who.state == BOT or (by_pipeline and who.person is None):
        same = who.state != BOT and any(each.is_same(account, human) for each in made_by)
        return "exception:deployer_is_contributor" if same else "cannot_test:no_pipeline_agreement"
    if any(each.is_same(account, human) for each in made_by):
        return "exception:deployer_is_contributor"
    reasons = (
        (who.state == SHARED_ACCOUNT, "cannot_test:shared_account"),
        (who.person is None, "cannot_test:deployer_unlinked"),
        (not made_by, "cannot_test:contributor_unknown"),
        (any(each.is_unknown for each in made_by), "cannot_test:contributor_unlinked"),
    )
    return next((code for holds, code in reasons if holds), "pass")


def _rights(records: Records, change: Change, start: Span, parameters: Parameters) -> str:
    """Return whether looks shortly before and after the release show that reviews could not be passed by."""
    branch = change.pull_request["base_ref"] if change.pull_request is not None else None
    looks: dict[tuple[str, Span], list[Record]] = {}
    repository = change.repository and current_name(records, change.repository)
    for row in records["branch_rule"]:
        if branch is not None and (current_name(records, row["repository"]), row["branch"]) == (repository, branch):
            looks.setdefault((row["repository"], row["observed_at"]), []).append(row)
    if not looks:
        return "cannot_test:rights_not_tested"
    reach = days(parameters["observation_days"])
    near = [(at, rows) for (_, at), rows in looks.items() if at[1] >= start[0] - reach and at[0] <= start[1] + reach]
    good = [at for (_, at), rows in looks.items() if _is_good(rows)]
    if not all(_is_good(rows) for _, rows in near) or _was_open(records, change, start, reach, good):
        return "cannot_test:bypass_possible"
    before = any(at[1] <= start[0] for at, _ in near)
    after = any(at[0] >= start[1] for at, _ in near)
    return "pass" if before and after else "cannot_test:rights_not_observed"


def _is_good(rows: Sequence[Record]) -> bool:
    origins: dict[str, dict[str, str | None]] = {}
    for row in rows:
        origin, setting = _named(row["setting"])
        origins.setdefault(origin, {})[setting] = row["value"]
    demanded = any(_demands(origin, values) for origin, values in origins.items())
    return demanded and not any(row["conflicted"] for row in rows)


def _named(setting: str) -> tuple[str, str]:
    """Return the rule set of a setting, empty for a classic one, and its name there."""
    _, origin, name = setting.split(":", 2) if setting.startswith("ruleset:") else ("", "", setting)
    return origin, name


def _demands(origin: str, values: Mapping[str, str | None]) -> bool:
    """Tell whether the classic settings, or a rule set, require a review of everybody."""
    binds = ("bypass_reviews" if origin else "enforce_admins") in values
    off = any(values[name] != "true" for name in ("enforce_admins", "protected") if name in values)
    return asks_review(values.get("required_reviews")) and binds and not off and values.get("bypass_reviews") is None


_LEFT_GOOD: Mapping[str, Callable[[str | None], bool]] = {
    "required_reviews": asks_review,
    "enforce_admins": lambda value: value == "true",
    "protected": lambda value: value == "true",
    "bypass_reviews": lambda value: value is None,
}


def _was_open(records: Records, change: Change, start: Span, reach: timedelta, good_looks: Sequence[Span]) -> bool:
    """Tell whether the log left a setting bad at some time between the merge and the start, for all that is known."""
    request = change.pull_request
    assert request is not None
    merged = request["merged_at"] or request["created_at"]
    repository = change.repository and current_name(records, change.repository)
    log = [
        row
        for row in records["branch_rule_event"]
        if (current_name(records, row["repository"]), row["branch"]) == (repository, request["base_ref"])
        and _named(row["setting"])[1] in _LEFT_GOOD
    ]
    tested = [(row, _LEFT_GOOD[_named(row["setting"])[1]]) for row in log if not row["conflicted"]]
    left_good = [row for row, is_good in tested if is_good(row["new_value"])]
    for row in log:
        at = row["occurred_at"]
        if row in left_good or at[0] > start[1] or at[1] < start[0] - reach:
            continue
        back = [other["occurred_at"] for other in left_good if other["setting"] == row["setting"]]
        ends = [other[1] for other in (*back, *good_looks) if other[0] > at[1]]
        if merged is None or not ends or min(ends) >= merged[0]:
            return True
    return False
