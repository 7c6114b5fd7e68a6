"""T-06 Multi-factor authentication, from audit-domain T-06, the README and the heads of its population and steps."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from twofold.controltests.rule import ParameterValue

from .records import Record, Records, Span
from .rights import delete_rights, grant_changes
from .steps import (
    BOT,
    EVER,
    NEVER,
    SHARED_ACCOUNT,
    days,
    engagements_of_human,
    hand,
    has_gap,
    humans_of,
    joined,
    lasted,
    uncovered,
)
from .t_08 import closed_at
from .timeline import KNOWN, Change, Look, Stretch, gaps_of, months, timeline
from .world import A_DAY, START, World

CONTROL_TEST = "T-06"
OUTCOME_ONLY: frozenset[str] = frozenset()
Parameters = Mapping[str, ParameterValue]
_STATES = ("conflict", "contradiction", "time_unclear", "source_gap", "not_observed")
"""What makes a line of time unclear, the first first."""
_COVERED, _NOT_COVERED = 20, 0
_GRADES = dict(zip(_STATES, range(11, 16), strict=True))
"""Between covered and not: nobody can tell, and why; of several the smallest counts."""


def shared(world: World) -> None:
    """Sometimes a calendar, whose midnights begin the months."""
    if world.chance(40):
        world.add("calendar", id="default", zone=world.pick(("UTC", "America/New_York")))


def parameters(world: World) -> Parameters:
    """Little time to enrol or much, and devices that count or not."""
    return {
        "enrol_grace_days": world.pick((0, 7, 40)),
        "remembered_device_counts": world.chance(50),
        "review_days": world.pick((1, 5)),
    }


def populate(world: World) -> None:
    """An identity provider with a policy or two, accounts, groups, factors, exemptions and sign-ins."""
    system = world.key("okta")
    policies = [world.key(word) for word in ("default", "strict")[: world.pick((0, 1, 1, 1, 2))]]
    groups = [f"{system}:staff", f"{system}:vip"]
    for policy in policies:
        _setting(world, system, policy, "mfa_required", ("true",) * 6 + ("false", "TRUE", None))
        if world.chance(30):
            _setting(world, system, policy, "legacy_protocols", ("blocked",) * 4 + ("allowed",))
        for right, effect in world.some(
            ((groups[0], "covers"), ("*", "covers"), (groups[1], "excludes"), ("*", "excludes")),
            percent=world.pick((0, 30)),
        ):
            start = START + world.number_in(-60, 60) * A_DAY
            world.add(
                "mfa_scope",
                system=system,
                policy=policy,
                right_id=right,
                effect=effect,
                valid_from=world.maybe(40, start),
                valid_to=world.maybe(20, start + world.pick((1, 30)) * A_DAY),
            )
    if world.chance(35):
        _setting(world, system, "login", "local_login", ("false",) * 4 + ("true",))
    if world.chance(15):
        start = START + world.number_in(-60, 60) * A_DAY
        world.add(
            "system_label",
            system=system,
            label="sso_only",
            valid_from=world.maybe(50, start),
            valid_to=world.maybe(30, start + 90 * A_DAY),
        )
    for number in range(world.pick((1, 1, 2))):
        _account(world, system, f"{system}:u{number}", groups)
    for _ in range(world.pick((0, 0, 1, 2))):
        start = START + world.number_in(-60, 70) * A_DAY
        world.add(
            "source_gap",
            table_name=world.pick(
                ("setting_event", "grant_event", "factor", "sign_in", "sign_in_review", "engagement")
            ),
            system=world.pick((system, system, system, world.key("crm"))),
            starts_at=world.maybe(70, start),
            ends_before=world.maybe(70, start + world.pick((1, 40)) * A_DAY),
            reason="not_extracted",
        )
    delete_rights(world)


def _setting(world: World, system: str, name: str, setting: str, values: Sequence[str | None]) -> None:
    at, value = START + world.number_in(-60, 20) * A_DAY, world.pick(values)
    where = {"system": system, "object": name, "setting": setting}
    for _ in range(world.pick((1, 1, 1, 2, 3))):
        seen = world.instant(at, coarse=10)
        if world.chance(70):
            told = value if world.chance(95) else world.pick(values)
            for _ in range(2 if world.chance(2) else 1):
                world.add("setting_state", **where, value=told, observed_at=seen)
                told = world.pick(values)
        else:
            event, old, value = world.id("event"), value, world.pick(values)
            new = value
            for _ in range(2 if world.chance(4) else 1):
                world.add("setting_event", id=event, **where, old_value=old, new_value=new, occurred_at=seen)
                new = world.pick(values)
        at += world.pick((timedelta(minutes=40), A_DAY, 20 * A_DAY))


def _account(world: World, system: str, account: str, groups: Sequence[str]) -> None:
    created = START + world.number_in(-40, 50) * A_DAY + timedelta(hours=9)
    kind = world.pick(("human",) * 6 + ("shared", "service", None))
    listed, status = world.chance(93), world.pick(("active",) * 6 + ("disabled", None))
    for _ in range(2 if world.chance(3) else 1):
        if listed:
            world.add(
                "account",
                id=account,
                system=system,
                kind=kind,
                status=status,
                created_at=world.maybe(85, world.instant(created, coarse=5)),
            )
            status, kind = world.pick(("active", "disabled")), world.pick((kind, "human", "service"))
    person = world.key("x") if world.chance(80) else None
    if person:
        world.add("account_link", account=account, person=person)
    for _ in range(world.pick((0, 0, 0, 1, 2))):
        world.add(
            "account_event",
            id=world.id("change"),
            account=account,
            kind=world.pick(("disable", "disable", "delete", "enable", "activate")),
            occurred_at=world.instant(created + world.number_in(0, 60) * A_DAY, coarse=10),
        )
    for right in world.some(groups, percent=45):
        at = created + world.pick((0, 0, 20)) * A_DAY
        for action in ("add", "remove", "add")[: world.pick((1, 1, 2, 3))]:
            event, seen = world.id("grant"), world.instant(at, coarse=20)
            for told in (action, "remove")[: 2 if world.chance(3) else 1]:
                world.add(
                    "grant_event",
                    id=event,
                    account=account,
                    right_id=right,
                    action=told,
                    occurred_at=world.maybe(97, seen),
                    net_change=world.pick((None,) * 9 + (False,)),
                )
            at += world.pick((timedelta(minutes=40), A_DAY, 30 * A_DAY))
    if world.chance(25):
        name, taken = world.id("snapshot"), created + world.number_in(-5, 60) * A_DAY
        origin = world.pick(("system", "system", "roster"))
        world.add("snapshot", id=name, system=system, taken_at=world.instant(taken), origin=origin)
        for right in world.some(groups, percent=50):
            world.add("snapshot_row", snapshot=name, account=account, right_id=right)
    _factors(world, account, created)
    _exempt(world, account, created, person)
    for _ in range(world.pick((0, 1, 2, 4))):
        _sign_in(world, system, account, created)


def _factors(world: World, account: str, created: datetime) -> None:
    for _ in range(world.pick((0, 1, 1, 1, 2))):
        factor, at = world.id("factor"), created + world.pick((0, 1, 7, 8, 40)) * A_DAY
        status = world.pick(("active",) * 7 + ("pending_activation",))
        for _ in range(2 if world.chance(3) else 1):
            world.add(
                "factor",
                id=factor,
                account=account,
                type=world.pick(("push", "push", "webauthn", "Question")),
                status=status,
                enrolled_at=world.maybe(90, world.instant(at)),
            )
            status = "active"


def _exempt(world: World, account: str, created: datetime, person: str | None) -> None:
    for _ in range(world.pick((0, 1, 1))):
        start = created + world.pick((0, 5, 30)) * A_DAY
        approver = world.pick((world.key("boss"),) * 6 + (world.key("x2"), person, None))
        emergency = world.pick((None, True, True, False))
        owner = world.pick((*[world.key("w")] * 5, world.key("w2"), world.key("nobody"), None))
        approved = world.maybe(93, world.instant(start - world.pick((1, 1, 1, 0, -1)) * A_DAY, coarse=15))
        ends = world.maybe(80 if not emergency else 30, start + world.pick((1, 20, 90)) * A_DAY)
        for number in range(2 if world.chance(8) else 1):
            if world.chance(15):
                ends = world.maybe(60, start + world.pick((1, 20, 90)) * A_DAY)
            world.add(
                "mfa_exemption",
                account=account,
                valid_from=start,
                valid_to=ends,
                reason=f"reason {number}",
                approved_by=approver,
                approved_at=approved,
                owner=owner,
                break_glass=emergency,
            )
    if world.chance(40):
        # The human of the account, or somebody else, goes on under another HR id.
        earlier, later = world.id("engagement"), world.id("engagement")
        world.add("engagement", id=earlier, person=world.pick((world.key("x"), world.key("boss"))), type="contractor")
        world.add("engagement", id=later, person=world.key("x2"), type="employee", follows=earlier)
    over = created + world.pick((5, 6, 20, 25, 30)) * A_DAY
    if world.chance(70):
        name = world.id("engagement")
        for _ in range(2 if world.chance(5) else 1):
            world.add(
                "engagement",
                id=name,
                person=world.key("w"),
                type="employee",
                started_at=world.maybe(60, world.instant(created - 60 * A_DAY, coarse=0)),
                effective_end=world.maybe(40, world.instant(world.near(over), coarse=50)),
                last_day=world.maybe(20, world.instant(world.near(over), coarse=50)),
            )
        if world.chance(30):
            # The owner goes on under a new HR id.
            world.add(
                "engagement",
                id=world.id("engagement"),
                person=world.key("w2"),
                type="employee",
                started_at=world.maybe(70, world.instant(world.near(over), coarse=20)),
                follows=world.maybe(90, name),
            )
    if world.chance(20):
        again = world.instant(world.near(over, days=1), coarse=30)
        world.add("engagement", id=world.id("engagement"), person=world.key("w"), type="employee", started_at=again)


def _sign_in(world: World, system: str, account: str, created: datetime) -> None:
    name, at = world.id("sign"), created + world.number_in(-3, 60) * A_DAY + timedelta(hours=world.pick((0, 3)))
    factors = world.pick(("push",) * 6 + ("password", "Password", "remembered", "federated", None, " "))
    method = world.pick(("interactive", "interactive", None, "token", "local_password"))
    result, seen = world.pick(("success",) * 6 + ("failure",)), world.instant(at, coarse=8)
    for _ in range(2 if world.chance(4) else 1):
        world.add(
            "sign_in",
            id=name,
            account=account,
            system=system,
            occurred_at=seen,
            result=result,
            method=method,
            factors=factors,
        )
        factors, result = world.pick(("push", "password")), world.pick((result, "success", "failure"))
    for _ in range(world.pick((0, 1, 1, 2))):
        reviewed = world.instant(at + world.pick((0, 1, 5, 6, -1)) * A_DAY, coarse=20)
        for _ in range(2 if world.chance(8) else 1):
            reviewer = world.pick(
                (
                    world.key("git:ana"),
                    world.key("git:ana"),
                    account,
                    world.key("git:free"),
                    world.key("git:desk"),
                    None,
                )
            )
            world.add("sign_in_review", sign_in=name, reviewed_at=reviewed, reviewer=reviewer)
    if world.chance(60):
        world.add("account", id=world.key("git:desk"), system=world.key("git"), kind="shared")
    if world.chance(60):
        world.add("account_link", account=world.key("git:ana"), person=world.pick((world.key("y"), world.key("x2"))))


@dataclass(frozen=True, slots=True)
class Item:
    """A policy or an account in one month: the part of it that is asked about, and whether it is still running."""

    records: Records
    parameters: Parameters
    clock: datetime
    system: str
    name: str
    window: Span
    is_open: bool

    def gap(self, table: str) -> bool:
        """Return whether a table is not proven complete for the window."""
        return has_gap(self.records, [table], self.system, self.window[0], self.window[1])

    def is_sso_only(self) -> bool:
        """Return whether the system was reached by single sign-on only, all the time."""
        lines = [
            (row["valid_from"] or EVER, row["valid_to"] or NEVER)
            for row in self.records["system_label"]
            if (row["system"], row["label"]) == (self.system, "sso_only")
        ]
        return any(start <= self.window[0] and end >= self.window[1] for start, end in joined(lines))


def outcomes(records: Records, clock: datetime, parameters: Parameters) -> dict[str, dict[str, str]]:
    """Judge every policy and every account month by month."""
    accounts = {row["id"]: row for row in records["account"]}
    names = {*accounts, *(row["account"] for row in records["sign_in"])}
    lives = {name: _life(records, name, accounts.get(name)) for name in names}
    systems: dict[str, datetime] = {}
    found = {}
    for name, life in lives.items():
        row = accounts.get(name)
        kind = (row and row["kind"]) or "human"
        system = row["system"] if row else name.partition(":")[0]
        if kind in {"human", "shared"}:
            systems[system] = min(systems.get(system, NEVER), life[0])
        for month, window, is_open in _windows(records, clock, life):
            item = Item(records, parameters, clock, system, name, window, is_open)
            found[f"{name}/{month}"] = _of_account(item, row, kind)
    for system, since in systems.items():
        for policy in _policies(records, system) or ["-"]:
            for month, window, is_open in _windows(records, clock, (since, NEVER)):
                item = Item(records, parameters, clock, system, policy, window, is_open)
                found[f"{system}/policy {policy}/{month}"] = _of_policy(item)
    return found


def _life(records: Records, name: str, row: Record | None) -> Span:
    created = row["created_at"] if row is not None else None
    return created[0] if created else EVER, closed_at(records, name) or NEVER


def _windows(records: Records, clock: datetime, life: Span) -> Iterator[tuple[str, Span, bool]]:
    for month in months(records, clock):
        until = min(month.ends_before, life[1])
        window = max(month.starts_at, life[0]), min(until, clock)
        if window[0] < window[1]:
            yield month.name, window, until > clock


def _policies(records: Records, system: str) -> list[str]:
    tables = ("setting_state", "setting_event")
    found = {
        row["object"]
        for table in tables
        for row in records[table]
        if (row["system"], row["setting"]) == (system, "mfa_required")
    }
    return sorted(found | {row["policy"] for row in records["mfa_scope"] if row["system"] == system})


# Policies: A and E.


def _of_policy(item: Item) -> dict[str, str]:
    rest = dict.fromkeys("BCD", "na:not_an_account")
    enforced = _enforced(item)
    return {"A": enforced, **rest, "E": _local(item, enforced)}


def _enforced(item: Item) -> str:
    demanded, legacy = _seen(item, item.name, "mfa_required"), _seen(item, item.name, "legacy_protocols")
    states = [each.state for each in [*demanded, *legacy] if each.state != KNOWN]
    reasons = (
        (item.is_sso_only(), "na:sso_only"),
        (_some_other(demanded, "true"), "exception:not_enforced"),
        (_some_other(legacy, "blocked"), "exception:legacy_protocols"),
        (not demanded, "cannot_test:not_observed"),
        (bool(states), f"cannot_test:{min(states, key=_STATES.index, default='')}"),
        (item.is_open, "cannot_test:pending"),
    )
    return next((code for holds, code in reasons if holds), "pass")


def _some_other(stretches: Sequence[Stretch], good: str) -> bool:
    return any(each.state == KNOWN and (each.value or "").lower() != good for each in stretches)


def _seen(item: Item, name: str | None, setting: str) -> list[Stretch]:
    """Return what a setting was in the window; of every object where no name is given. Empty: never seen."""
    lines: dict[str, tuple[list[Look], list[Change]]] = {}
    for row in item.records["setting_state"]:
        if (row["system"], row["setting"]) == (item.system, setting) and name in {None, row["object"]}:
            look = Look(row["observed_at"], row["value"], row["conflicted"])
            lines.setdefault(row["object"], ([], []))[0].append(look)
    for row in item.records["setting_event"]:
        if (row["system"], row["setting"]) == (item.system, setting) and name in {None, row["object"]}:
            change = Change(row["id"], row["occurred_at"], row["old_value"], row["new_value"], row["conflicted"])
            lines.setdefault(row["object"], ([], []))[1].append(change)
    gaps = gaps_of(item.records, "setting_event", item.system)
    found = [each for looks, changes in lines.values() for each in timeline(looks, changes, gaps)]
    return [each for each in found if each.start < item.window[1] and each.end > item.window[0]]


def _local(item: Item, enforced: str) -> str:
    stretches = _seen(item, None, "local_login")
    closed = bool(stretches) and all(
        each.state == KNOWN and (each.value or "").lower() == "false" for each in stretches
    )
    if enforced in {"pass", "na:sso_only"} or closed:
        return "pass"
    if enforced == "cannot_test:pending":
        return enforced
    opened = _some_other(stretches, "false")
    return "exception:local_path_open" if opened else "cannot_test:local_path_unknown"


# Accounts: B to E.


def _of_account(item: Item, row: Record | None, kind: str) -> dict[str, str]:
    if row is not None and row["conflicted"]:
        return {"A": "na:not_a_policy", **dict.fromkeys("BCDE", "cannot_test:conflict")}
    if kind not in {"human", "shared"}:
        return {"A": "na:not_a_policy", **dict.fromkeys("BCDE", "na:not_a_person")}
    uses = list(_uses(item))
    return {
        "A": "na:not_a_policy",
        "B": _covered(item, row),
        "C": _exempted(item, uses),
        "D": _signed_in(item, uses),
        "E": _by_password(item, uses),
    }


@dataclass(frozen=True, slots=True)
class Use:
    """A sign-in of the window, perhaps a successful one, the kind of its factors, and whether it was exempt then."""

    row: Record
    factors: str
    exempt: bool
    perhaps_exempt: bool


def _uses(item: Item) -> Iterator[Use]:
    for row in item.records["sign_in"]:
        at = row["occurred_at"][0]
        succeeded = row["conflicted"] or (row["result"] == "success" and row["method"] != "token")
        if row["account"] == item.name and succeeded and item.window[0] <= at < item.window[1]:
            exempt = any(_holds(each, at) for each in _sure_exemptions(item))
            perhaps = any(each["valid_from"] <= at for each in _exemptions(item) if each["conflicted"])
            yield Use(row, _kind(item, row["factors"]), exempt, perhaps)


def _kind(item: Item, factors: str | None) -> str:
    words = (factors or "").strip().lower()
    if not words:
        return "unknown"
    if words in str(item.parameters["single_factors"]).split(";"):
        return "single"
    if "remembered" in words and not item.parameters["remembered_device_counts"]:
        return "single"
    return "federated" if words == "federated" else "second"


def _exemptions(item: Item) -> list[Record]:
    """Return the exemptions of the account in force some time in the window; one in conflict may have no end."""
    return [
        row
        for row in item.records["mfa_exemption"]
        if row["account"] == item.name
        and row["valid_from"] < item.window[1]
        and (row["conflicted"] or row["valid_to"] is None or row["valid_to"] > item.window[0])
    ]


def _sure_exemptions(item: Item) -> list[Record]:
    return [row for row in _exemptions(item) if not row["conflicted"]]


def _holds(row: Record, at: datetime) -> bool:
    starts, ends = row["valid_from"] or EVER, row["valid_to"] or NEVER
    return bool(starts <= at < ends)


# B


def _covered(item: Item, row: Record | None) -> str:
    grades = _coverage(item)
    exempt = all(grade is None for grade in grades)
    grade = min((each for each in grades if each is not None), default=_COVERED)
    perhaps = [max(each["valid_from"], item.window[0]) for each in _exemptions(item) if each["conflicted"]]
    before = (item.window[0], min(perhaps, default=item.window[1]))
    sure = [(each["valid_from"], each["valid_to"] or NEVER) for each in _sure_exemptions(item)]
    perhaps_exempt = bool(perhaps) and not uncovered(*before, sure)
    enrolled = _enrolled(item, row)
    closing_unknown = row is not None and row["status"] == "disabled" and closed_at(item.records, item.name) is None
    bad_factor = enrolled.startswith("exception")
    reasons = (
        (item.is_sso_only(), "na:sso_only"),
        (exempt, "na:exempt"),
        (closing_unknown and (grade == _NOT_COVERED or bad_factor), "cannot_test:closing_unknown"),
        (grade == _NOT_COVERED, "exception:not_covered"),
        (bad_factor and perhaps_exempt, "cannot_test:conflict"),
        (bad_factor and item.gap("factor"), "cannot_test:factors_gap"),
        (enrolled != "pass", enrolled),
        (grade != _COVERED, f"cannot_test:{_STATES[max(grade - 11, 0) % 5]}"),
        (item.is_open, "cannot_test:pending"),
    )
    return next((code for holds, code in reasons if holds), "pass")


def _coverage(item: Item) -> list[int | None]:
    """Return how well the account was covered at each moment at which something changed; None while exempt."""
    records, policies = item.records, _policies(item.records, item.system)
    lines = [row for row in records["mfa_scope"] if row["system"] == item.system]
    members = {right: _membership(item, right) for right in {row["right_id"] for row in lines} - {"*"}}
    exemptions = _sure_exemptions(item)
    doubtful = [row["valid_from"] for row in _exemptions(item) if row["conflicted"]]
    edges = {item.window[0], *doubtful}
    for row in [*lines, *exemptions]:
        edges |= {row["valid_from"] or EVER, row["valid_to"] or NEVER}
    edges |= {edge for line in members.values() for each in line for edge in (each.start, each.end)}
    found: list[int | None] = []
    for at in sorted(edge for edge in edges if item.window[0] <= edge < item.window[1]):
        if any(_holds(row, at) for row in exemptions):
            found.append(None)
        else:
            unseen = _GRADES["not_observed"]
            grade = max((_by_policy(policy, lines, members, at) for policy in policies), default=unseen)
            maybe_exempt = any(start <= at for start in doubtful)
            found.append(_GRADES["conflict"] if maybe_exempt and grade != _COVERED else grade)
    return found


def _by_policy(policy: str, lines: Sequence[Record], members: Mapping[str, Sequence[Stretch]], at: datetime) -> int:
    own = [row for row in lines if row["policy"] == policy]
    grades: dict[str, list[int]] = {"covers": [], "excludes": []}
    for row in own:
        if _holds(row, at):
            grades[row["effect"]] += [_COVERED] if row["right_id"] == "*" else _member(members[row["right_id"]], at)
    covers = max(grades["covers"], default=_NOT_COVERED)
    if not any(row["effect"] == "covers" for row in own):
        covers = _COVERED
    if _COVERED in grades["excludes"]:
        return _NOT_COVERED
    return min([covers, *(grade for grade in grades["excludes"] if grade != _NOT_COVERED)])


def _member(line: Sequence[Stretch], at: datetime) -> list[int]:
    """Return whether the account was in a group at a moment; what was seen in two ways stands beside the rest."""
    found = []
    for each in line:
        if each.start <= at < each.end:
            known = _COVERED if each.value == "true" else _NOT_COVERED
            found.append(known if each.state == KNOWN else _GRADES[each.state])
    return found


def _membership(item: Item, right: str) -> list[Stretch]:
    """Return when the account was a member of a group; one that only sign-ins know is in none that anybody saw."""
    records = item.records
    if not any(row["id"] == item.name and row["system"] == item.system for row in records["account"]):
        return []
    rows = {
        row["snapshot"] for row in records["snapshot_row"] if (row["account"], row["right_id"]) == (item.name, right)
    }
    looks = [Look((EVER, EVER), "false", doubtful=False)]
    looks += [
        Look(row["taken_at"], "true" if row["id"] in rows else "false", row["conflicted"])
        for row in records["snapshot"]
        if row["system"] == item.system and row["origin"] == "system"
    ]
    changes = [
        Change(
            row["id"],
            row["occurred_at"],
            "false" if row["action"] == "add" else "true",
            "true" if row["action"] == "add" else "false",
            row["conflicted"],
        )
        for row in grant_changes(records)
        if (row["account"], row["right_id"]) == (item.name, right)
        and row["net_change"] is not False
        and row["occurred_at"]
    ]
    return timeline(looks, changes, gaps_of(records, "grant_event", item.system))


def _enrolled(item: Item, row: Record | None) -> str:
    """Return whether a factor that counts was enrolled by the end of the time to enrol."""
    created = row["created_at"] if row is not None else None
    by = item.window[0]
    if created:
        by = max(by, created[0] + days(item.parameters["enrol_grace_days"]))
    weak = str(item.parameters["weak_factors"]).split(";")
    factors = [
        each
        for each in item.records["factor"]
        if each["account"] == item.name
        and (each["conflicted"] or (each["status"] == "active" and each["type"].lower() not in weak))
    ]
    sure = [each for each in factors if not each["conflicted"]]
    if by >= item.window[1] or any(each["enrolled_at"] and each["enrolled_at"][1] <= by for each in sure):
        return "pass"
    shown = [row for row in _sign_ins(item, created) if _kind(item, row["factors"]) == "second" or row["conflicted"]]
    if any(row["occurred_at"][1] <= by and not row["conflicted"] for row in shown):
        return "pass"
    if len(sure) < len(factors) or any(row["occurred_at"][0] <= by and row["conflicted"] for row in shown):
        return "cannot_test:conflict"
    if not factors:
        return "exception:not_enrolled"
    if all(each["enrolled_at"] and each["enrolled_at"][0] > by for each in factors):
        return "exception:enrolled_late"
    return "cannot_test:enrolment_unclear"


def _sign_ins(item: Item, created: Span | None) -> list[Record]:
    """Return the successful sign-ins while the account was open, in whatever month."""
    starts, ends = created[0] if created else EVER, closed_at(item.records, item.name) or NEVER
    return [
        row
        for row in item.records["sign_in"]
        if row["account"] == item.name
        and (row["conflicted"] or (row["result"] == "success" and row["method"] != "token"))
        and starts <= row["occurred_at"][0] < min(ends, item.clock)
    ]


# C


def _exempted(item: Item, uses: Sequence[Use]) -> str:
    found = [_one_exemption(item, row) for row in _exemptions(item)]
    if not found:
        return "na:no_exemption"
    used = {_looked_at(item, use) for use in uses if _is_emergency(item, use)}
    order = (
        *("exception:not_approved", "exception:self_approved", "exception:approved_late", "exception:no_end"),
        "exception:no_owner",
    )
    worst = min(found, key=_EXEMPTION_CODES.index)
    if worst in order or (worst == "exception:owner_left" and not item.gap("engagement")):
        return worst
    reasons = (
        ("no" in used, "exception:use_not_reviewed"),
        (worst == "cannot_test:conflict" or "conflict" in used, "cannot_test:conflict"),
        (worst == "exception:owner_left", "cannot_test:hr_gap"),
        (worst == "cannot_test:owner_unknown", "cannot_test:owner_unknown"),
        ("unlinked" in used, "cannot_test:reviewer_unlinked"),
        (worst == "cannot_test:time_unclear" or "unclear" in used, "cannot_test:time_unclear"),
        (worst == "cannot_test:account_unlinked", "cannot_test:account_unlinked"),
        ("gap" in used, "cannot_test:reviews_gap"),
        (any(row["break_glass"] for row in _exemptions(item)) and item.gap("sign_in"), "cannot_test:sign_ins_gap"),
        ("pending" in used or item.is_open, "cannot_test:pending"),
    )
    return next((code for holds, code in reasons if holds), "pass")


_EXEMPTION_CODES = (
    *("exception:not_approved", "exception:self_approved", "exception:approved_late", "exception:no_end"),
    *("exception:no_owner", "exception:owner_left", "cannot_test:conflict", "cannot_test:owner_unknown"),
    *("cannot_test:time_unclear", "cannot_test:account_unlinked", "pass"),
)
"""What may be said of one exemption, the worst first."""


def _one_exemption(item: Item, row: Record) -> str:
    starts, ends, approved = row["valid_from"], row["valid_to"], row["approved_at"]
    if row["conflicted"]:
        return "cannot_test:conflict"
    who = hand(item.records, item.name, starts).person
    stretch = max(starts, item.window[0]), min(ends or NEVER, item.window[1])
    engagements = engagements_of_human(item.records, row["owner"])
    known = bool(engagements)
    worked = joined([(start, end) for start, end, _ in map(lasted, engagements)])
    works = any(start <= stretch[0] and stretch[1] <= end for start, end in worked)
    left = uncovered(*stretch, [(start, over) for start, _, over in map(lasted, engagements)])
    reasons = (
        (row["approved_by"] is None or approved is None, "exception:not_approved"),
        (_is_one(item.records, row["approved_by"], who), "exception:self_approved"),
        (approved is not None and approved[0] > starts, "exception:approved_late"),
        (ends is None and not row["break_glass"], "exception:no_end"),
        (row["owner"] is None, "exception:no_owner"),
        (any(each["conflicted"] for each in engagements), "cannot_test:conflict"),
        (not known, "cannot_test:owner_unknown"),
        (bool(left), "exception:owner_left"),
        (not works or (approved is not None and approved[1] > starts), "cannot_test:time_unclear"),
        (who is None and not row["break_glass"], "cannot_test:account_unlinked"),
    )
    return next((code for holds, code in reasons if holds), "pass")


def _is_one(records: Records, person: str | None, other: str | None) -> bool:
    """Return whether two HR ids are one human."""
    humans = humans_of(records)
    return None not in {person, other} and humans.get(str(person), person) == humans.get(str(other), other)


def _is_emergency(item: Item, use: Use) -> bool:
    at = use.row["occurred_at"][0]
    return any(row["break_glass"] and _holds(row, at) for row in _sure_exemptions(item))


def _looked_at(item: Item, use: Use) -> str:
    """Return whether a use was reviewed in time by somebody else: yes, no, pending, or why nobody can tell."""
    at, records, limit = use.row["occurred_at"], item.records, days(item.parameters["review_days"])
    owner = hand(records, item.name, at[0]).person
    found = set()
    for row in records["sign_in_review"]:
        reviewed = row["reviewed_at"]
        if row["sign_in"] != use.row["id"] or reviewed[1] < at[0] or reviewed[0] >= at[1] + limit:
            continue
        who = hand(records, row["reviewer"], reviewed[0])
        sure = reviewed[0] >= at[1] and reviewed[1] < at[0] + limit
        if row["conflicted"]:
            found.add("conflict")
        elif row["reviewer"] is None or who.state in {SHARED_ACCOUNT, BOT} or _is_one(records, who.person, owner):
            continue
        elif who.person is None:
            found.add("unlinked")
        else:
            found.add("yes" if sure else "unclear")
    for each in ("yes", "conflict", "unlinked", "unclear"):
        if each in found:
            return each
    if item.clock < at[1] + limit:
        return "pending"
    gap = has_gap(records, ["sign_in_review"], item.system, at[0], at[1] + limit)
    return "conflict" if use.row["conflicted"] else "gap" if gap else "no"


# D and E


def _signed_in(item: Item, uses: Sequence[Use]) -> str:
    outside = [use for use in uses if not use.exempt]
    single = [use for use in outside if use.factors == "single" and not use.row["conflicted"]]
    reasons = (
        (any(not use.perhaps_exempt for use in single), "exception:single_factor"),
        (bool(single) or any(use.row["conflicted"] for use in uses), "cannot_test:conflict"),
        (any(use.factors == "unknown" for use in outside), "cannot_test:factors_unknown"),
        (any(use.factors == "federated" for use in outside), "cannot_test:federated"),
        (item.gap("sign_in"), "cannot_test:sign_ins_gap"),
        (item.is_open, "cannot_test:pending"),
        (not uses, "na:no_sign_in"),
    )
    return next((code for holds, code in reasons if holds), "pass")


def _by_password(item: Item, uses: Sequence[Use]) -> str:
    local = [
        use
        for use in uses
        if use.row["method"] == "local_password"
        and use.factors != "second"
        and not use.exempt
        and not use.row["conflicted"]
    ]
    reasons = (
        (any(not use.perhaps_exempt for use in local), "exception:local_path_used"),
        (bool(local) or any(use.row["conflicted"] for use in uses), "cannot_test:conflict"),
        (item.gap("sign_in"), "cannot_test:sign_ins_gap"),
        (item.is_open, "cannot_test:pending"),
    )
    return next((code for holds, code in reasons if holds), "pass")
