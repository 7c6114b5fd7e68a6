"""T-08 Service accounts, from audit-domain T-08, the rule's README and the heads of the steps that it reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from twofold.controltests.rule import ParameterValue

from .records import Record, Records, Span
from .rights import Held, delete_rights, inside, right_intervals
from .steps import EVER, NEVER, days, engagements_of_human, has_gap, lasted
from .timeline import months
from .world import A_DAY, START, World

CONTROL_TEST = "T-08"
OUTCOME_ONLY: frozenset[str] = frozenset()
CLOSING, OPENING = {"disable", "delete"}, {"create", "activate", "enable"}
TABLES = ("engagement", "grant_event", "sign_in", "credential", "review_item", "account")


def shared(world: World) -> None:
    """A calendar, and what is not proven complete anywhere."""
    if world.chance(50):
        world.add("calendar", id="default", zone=world.pick(("UTC", "America/New_York", "Asia/Tokyo")))
    if world.chance(15):
        _gap(world, "*")


def parameters(world: World) -> Mapping[str, ParameterValue]:
    """Few days, so that the limits lie within the worlds."""
    return {
        "max_age_days": world.pick((10, 40, 90)),
        "review_days": world.pick((10, 40, 92)),
        "unused_days": world.pick((5, 40, 90)),
    }


def populate(world: World) -> None:
    """One or two accounts of nobody, their inventory, owners, rights, secrets, uses and reviews."""
    system = world.key("erp")
    for person in ("x", "y"):
        if world.chance(85):
            start = world.moment(first_day=-60, last_day=20)
            end, name = start + world.number_in(20, 120) * A_DAY, world.id("engagement")
            for _ in range(2 if world.chance(4) else 1):
                world.add(
                    "engagement",
                    id=name,
                    type="employee",
                    person=world.key(person),
                    started_at=world.maybe(60, world.instant(start, coarse=0)),
                    effective_end=world.maybe(25, world.instant(end, coarse=40)),
                    last_day=world.maybe(25, world.instant(end - world.pick((0, 0, 1)) * A_DAY, coarse=50)),
                )
            if world.chance(30):
                # Goes on under a new HR id.
                world.add(
                    "engagement",
                    id=world.id("engagement"),
                    type="employee",
                    person=world.key(f"{person}2"),
                    started_at=world.maybe(80, world.instant(end + world.pick((0, 0, 0, 1, -3)) * A_DAY, coarse=20)),
                    effective_end=world.maybe(10, world.instant(end + world.number_in(1, 30) * A_DAY, coarse=40)),
                    follows=world.maybe(90, name),
                )
    for right in ("post", "read"):
        world.add("access_right", id=world.key(f"erp:{right}"), system=system)
    holds = [world.key(f"erp:{right}") for right in world.some(("post", "read"), percent=60)]
    world.add("access_right", id=world.key("erp:team"), system=system, contains=holds)
    for word in ("loader", "robot")[: world.pick((1, 1, 2))]:
        account = world.key(f"erp:{word}")
        created = START + world.number_in(-70, 45) * A_DAY + timedelta(hours=9)
        if world.chance(90):
            _account(world, account, created)
        _inventory(world, account, created)
        _rights(world, account, created)
        _secrets(world, account, created)
        _reviews(world, account, created)
    for _ in range(world.pick((0, 0, 1, 1, 2))):
        _gap(world, system)
    delete_rights(world)


def _account(world: World, account: str, created: datetime) -> None:
    for number in range(2 if world.chance(3) else 1):
        world.add(
            "account",
            id=account,
            system=world.key("erp"),
            kind=world.pick(("service", "service", "bot")),
            status=world.pick(("active", "active", "active", "disabled")),
            username=f"name {number}",
            created_at=world.maybe(80, world.instant(created, coarse=0)),
        )
    at = created
    for kind in world.pick(
        ((), (), ("disable",), ("delete",), ("disable", "enable"), ("disable", "enable"), ("key_create",))
    ):
        at += world.number_in(1, 40) * A_DAY
        world.add(
            "account_event", id=world.id("event"), account=account, kind=kind, occurred_at=world.instant(at, coarse=0)
        )


def _inventory(world: World, account: str, created: datetime) -> None:
    begins = world.maybe(50, created - world.pick((0, 0, 0, 1)) * A_DAY)
    for number in range(world.pick((0, 1, 1, 1, 1, 1, 1, 2))):
        ends = (begins or created) + world.number_in(10, 60) * A_DAY
        last = world.maybe(70 if number else 40, ends)
        for reason in ("load", "load files")[: 2 if world.chance(2) else 1]:
            world.add(
                "service_account",
                account=account,
                owner=world.pick((*[world.key("x")] * 3, world.key("x2"), world.key("y"), None)),
                purpose=world.pick((reason, reason, reason, reason, None)),
                rights=[world.key(f"erp:{right}") for right in world.some(("post", "read", "team"), percent=55)],
                clients=world.pick(([], ["job1"], ["Job1", "host2"])),
                valid_from=begins,
                valid_to=last,
            )
        if last is None:
            break
        begins = ends + world.pick((0, 0, 0, 2)) * A_DAY


def _rights(world: World, account: str, created: datetime) -> None:
    at = created
    for action in world.pick(((), ("add",), ("add",), ("add", "remove"))):
        world.add(
            "grant_event",
            id=world.id("grant"),
            account=account,
            right_id=world.key(f"erp:{world.pick(('post', 'read', 'team'))}"),
            action=action,
            occurred_at=world.instant(at, coarse=10),
        )
        at += world.number_in(1, 40) * A_DAY


def _secrets(world: World, account: str, created: datetime) -> None:
    secrets: list[str | None] = [None, world.key("lost")]
    for _ in range(world.pick((0, 1, 1, 2))):
        secret, made = world.id("key"), created + world.number_in(-5, 50) * A_DAY
        secrets.append(secret)
        revoked = world.maybe(60, world.instant(made + world.pick((5, 10, 40, 41, 90)) * A_DAY))
        for place in ("token", "key")[: 2 if world.chance(4) else 1]:
            world.add(
                "credential",
                id=secret,
                account=account,
                system=world.key("erp"),
                kind=place if world.chance(90) else "session",
                created_at=world.maybe(92, world.instant(made)),
                revoked_at=revoked,
            )
    for _ in range(world.pick((0, 1, 2, 4))):
        use, at = world.id("use"), world.instant(created + world.number_in(0, 80) * A_DAY)
        for result in ("success", "success")[: 2 if world.chance(4) else 1]:
            world.add(
                "sign_in",
                id=use,
                account=account,
                system=world.key("erp"),
                occurred_at=at,
                result=result if world.chance(90) else "failure",
                method=world.pick(("token",) * 8 + ("interactive", "Local_Password", "Token", "console", None)),
                client=world.pick(("job1", "job1", "JOB1", "host2", None)),
                credential=world.pick(secrets),
            )


def _reviews(world: World, account: str, created: datetime) -> None:
    at = created
    for _ in range(world.pick((0, 0, 1, 2))):
        at += world.pick((10, 39, 40, 92)) * A_DAY
        campaign, seen = world.id("campaign"), world.instant(at + timedelta(hours=world.pick((0, 9))), coarse=25)
        for _ in range(2 if world.chance(8) else 1):
            world.add(
                "review_item",
                campaign=campaign,
                account=account,
                right_id=world.key("erp:post"),
                decision=world.pick(("approve", "approve", "modify", "revoke", None)),
                decided_at=world.maybe(95, seen),
            )


def _gap(world: World, system: str) -> None:
    start = START + world.number_in(-60, 60) * A_DAY + timedelta(hours=world.pick((0, 9)))
    world.add(
        "source_gap",
        table_name=world.pick(TABLES),
        system=system if world.chance(90) else "crm",
        starts_at=world.maybe(80, start),
        ends_before=world.maybe(80, start + world.pick((timedelta(seconds=1), A_DAY, 40 * A_DAY))),
        reason="not_extracted",
    )


@dataclass(frozen=True, slots=True)
class Item:
    """One account in one month: its lines in the inventory, and the part of the month in which it was open."""

    records: Records
    account: str
    system: str
    row: Record | None
    lines: Sequence[Record]
    window: Span
    is_open: bool
    ends_month: bool
    parameters: Mapping[str, ParameterValue]

    def of(self, table: str) -> list[Record]:
        """Return the rows of a table about the account."""
        return [row for row in self.records[table] if row["account"] == self.account]

    def uses(self) -> list[Record]:
        """Return the uses of the month that succeeded, and those that are told in two ways."""
        return [
            row
            for row in self.of("sign_in")
            if (row["result"] == "success" or row["conflicted"])
            and self.window[0] <= row["occurred_at"][0] < self.window[1]
        ]

    def gap(self, table: str, *, before: int = 0) -> bool:
        """Return whether a table is not proven complete from some days before the window to its end."""
        return has_gap(self.records, [table], self.system, self.window[0] - timedelta(days=before), self.window[1])

    def in_force(self) -> list[list[Record]]:
        """Return the lines in force in each stretch of the window."""
        edges = {self.window[0]} | {edge for line in self.lines for edge in _life_of(line)}
        for line in self.lines:
            edges |= {edge for row in engagements_of_human(self.records, line["owner"]) for edge in lasted(row)}
        inside = sorted(edge for edge in edges if self.window[0] <= edge < self.window[1])
        return [[line for line in self.lines if _life_of(line)[0] <= at < _life_of(line)[1]] for at in inside]

    def last(self, code: str = "pass") -> str:
        """Return pending while the month goes on, else the code."""
        return "cannot_test:pending" if self.is_open else code


def _life_of(line: Record) -> Span:
    return line["valid_from"] or EVER, line["valid_to"] or NEVER


def outcomes(records: Records, clock: datetime, parameters: Mapping[str, ParameterValue]) -> dict[str, dict[str, str]]:
    """Judge every account of nobody month by month."""
    held = right_intervals(records)
    rows = {row["id"]: row for row in records["account"]}
    names = {name for name, row in rows.items() if row["kind"] in {"service", "bot"}}
    names |= {row["account"] for row in records["service_account"] if row["account"] not in rows}
    found = {}
    for name in names:
        row = rows.get(name)
        lines = [line for line in records["service_account"] if line["account"] == name]
        start, end = _open(records, row) if row is not None else _listed(lines)
        for month in months(records, clock):
            until = min(month.ends_before, end)
            window = max(month.starts_at, start), min(until, clock)
            if window[0] < window[1]:
                system = name.partition(":")[0] if row is None else row["system"]
                item = Item(
                    records, name, system, row, lines, window, until > clock, until == month.ends_before, parameters
                )
                found[f"{name}/{month.name}"] = _judged(item, [each for each in held if each.account == name])
    return found


def _listed(lines: Sequence[Record]) -> Span:
    return min(_life_of(line)[0] for line in lines), max(_life_of(line)[1] for line in lines)


def closed_at(records: Records, account: str) -> datetime | None:
    """Return the last closing, if it came after the last opening and the account was not shown as active since.

    An account opened at that very moment is open.
    """
    events = [row for row in records["account_event"] if row["account"] == account and row["occurred_at"]]
    opened = max((row["occurred_at"][0] for row in events if row["kind"] in OPENING), default=EVER)
    closed = max((row["occurred_at"][1] for row in events if row["kind"] in CLOSING), default=EVER)
    shown = [row["extracted_at"] for row in records["account"] if row["id"] == account and row["status"] == "active"]
    return closed if closed > opened and all(at <= closed for at in shown) else None


def _open(records: Records, row: Record) -> Span:
    start = row["created_at"][0] if row["created_at"] else EVER
    return start, closed_at(records, row["id"]) or NEVER


def _judged(item: Item, held: Sequence[Held]) -> dict[str, str]:
    if item.row is None:
        codes = dict.fromkeys("ABCDEG", "na:not_in_system")
        return {**codes, "F": "cannot_test:accounts_gap" if item.gap("account") else "exception:not_in_system"}
    if item.row["conflicted"] or any(line["conflicted"] for line in item.lines):
        return dict.fromkeys("ABCDEFG", "cannot_test:conflict")
    listed = all(item.in_force())
    codes = {
        "A": _owner(item),
        "B": _purpose(item, held),
        "C": _use(item),
        "D": _secret(item),
        "E": _review(item),
        "F": item.last() if listed else "exception:not_in_inventory",
        "G": _idle(item),
    }
    if item.row["status"] == "disabled" and closed_at(item.records, item.account) is None:
        doubtful = {
            *("exception:no_owner", "exception:owner_left", "cannot_test:hr_gap", "exception:no_purpose"),
            *("exception:too_old", "exception:not_reviewed", "cannot_test:reviews_gap", "exception:not_in_inventory"),
            *("exception:unused", "cannot_test:uses_gap"),
        }
        codes |= {
            letter: "cannot_test:closing_unknown"
            for letter, code in codes.items()
            if letter != "C" and code in doubtful
        }
        if codes["D"] == "cannot_test:closing_unknown" and _copied(item):
            codes["D"] = "exception:copied"
    return codes


def _owner(item: Item) -> str:
    edges = {item.window[0]} | {edge for line in item.lines for edge in _life_of(line)}
    for line in item.lines:
        edges |= {edge for row in engagements_of_human(item.records, line["owner"]) for edge in lasted(row)}
    order = (
        "exception:no_owner",
        "exception:owner_left",
        "cannot_test:conflict",
        "cannot_test:owner_unknown",
        "cannot_test:time_unclear",
        "pass",
    )
    worst = len(order) - 1
    for at in edges:
        if item.window[0] <= at < item.window[1]:
            owners = [line["owner"] for line in item.lines if _life_of(line)[0] <= at < _life_of(line)[1]]
            worst = min(worst, max((_owner_at(item.records, owner, at) for owner in owners), default=0))
    if order[worst] == "exception:owner_left" and item.gap("engagement"):
        return "cannot_test:hr_gap"
    return item.last() if order[worst] == "pass" else order[worst]


def _owner_at(records: Records, owner: str | None, at: datetime) -> int:
    if owner is None:
        return 0
    rows = engagements_of_human(records, owner)
    if any(row["conflicted"] for row in rows):
        return 2
    if not rows:
        return 3
    if any(start <= at < end for start, end, _ in map(lasted, rows)):
        return 5
    return 4 if any(start <= at < over for start, _, over in map(lasted, rows)) else 1


def _purpose(item: Item, held: Sequence[Held]) -> str:
    if not all(any(line["purpose"] for line in lines) for lines in item.in_force()):
        return "exception:no_purpose"
    listed = {right for lines in item.in_force() for line in lines for right in line["rights"]}
    allowed = listed.union(*(inside(item.records, right) for right in listed))
    here = [each for each in held if each.wide[0] < item.window[1] and each.wide[1] > item.window[0]]
    if here and not allowed:
        return "cannot_test:rights_not_listed"
    nested = {each.right: inside(item.records, each.right) for each in here}
    outside = [
        each
        for each in here
        if each.right not in allowed and not (nested[each.right] and nested[each.right] <= allowed)
    ]
    if any(each.sure and each.sure[0] < item.window[1] and each.sure[1] > item.window[0] for each in outside):
        return "exception:right_outside_purpose"
    if outside:
        return "cannot_test:rights_unclear"
    return "cannot_test:grants_gap" if item.gap("grant_event") else item.last()


def _use(item: Item) -> str:
    uses = item.uses()
    places = {place.lower() for line in item.lines for place in line["clients"]}
    sure = [row for row in uses if not row["conflicted"]]
    if any((row["method"] or "").lower() in {"interactive", "local_password"} for row in sure):
        return "exception:used_by_hand"
    if places and any(row["client"] and row["client"].lower() not in places for row in sure):
        return "exception:used_from_elsewhere"
    if len(sure) < len(uses):
        return "cannot_test:conflict"
    if any((row["method"] or "").lower() not in {"token", "interactive", "local_password"} for row in uses):
        return "cannot_test:method_unknown"
    return "cannot_test:uses_gap" if item.gap("sign_in") else item.last()


def _secret(item: Item) -> str:
    live = [
        row
        for row in item.of("credential")
        if (row["kind"] != "session" or row["conflicted"])
        and (row["created_at"] is None or row["created_at"][0] < item.window[1])
        and (row["conflicted"] or row["revoked_at"] is None or row["revoked_at"][1] > item.window[0])
    ]
    codes = {_age(item, row) for row in live}
    if _copied(item):
        codes.add("exception:copied")
    order = ("exception:too_old", "exception:copied", "cannot_test:conflict")
    for code in (*order, "cannot_test:age_unknown", "cannot_test:time_unclear"):
        if code in codes:
            return code
    return "cannot_test:secrets_gap" if item.gap("credential") else item.last("pass" if live else "na:no_secret")


def _copied(item: Item) -> bool:
    """Return whether one secret was used from two places in the month."""
    sessions = {None, *(row["id"] for row in item.records["credential"] if row["kind"] == "session")}
    places: dict[str, set[str]] = {}
    for row in item.uses():
        if row["credential"] not in sessions and row["client"] and not row["conflicted"]:
            places.setdefault(row["credential"], set()).add(row["client"].lower())
    return any(len(clients) > 1 for clients in places.values())


def _age(item: Item, row: Record) -> str:
    if row["conflicted"]:
        return "cannot_test:conflict"
    if row["created_at"] is None:
        return "cannot_test:age_unknown"
    revoked = row["revoked_at"] or (NEVER, NEVER)
    limit = days(item.parameters["max_age_days"])
    if row["created_at"][1] + limit < min(item.window[1], revoked[0]):
        return "exception:too_old"
    return "cannot_test:time_unclear" if row["created_at"][0] + limit < min(item.window[1], revoked[1]) else "pass"


def _review(item: Item) -> str:
    assert item.row is not None
    limit = days(item.parameters["review_days"])
    looked = [
        (row["decided_at"], row["conflicted"])
        for row in item.of("review_item")
        if row["decided_at"] and (row["conflicted"] or row["decision"] in {"approve", "revoke", "modify"})
    ]
    created: Span | None = item.row["created_at"]
    looked += [((created[0], created[0]), False)] if created else []
    if not _all_covered(item.window, [(at[0], at[1] + limit) for at, _ in looked]):
        gap = item.gap("review_item", before=limit.days)
        return "cannot_test:reviews_gap" if gap else "exception:not_reviewed"
    sure = [at for at, doubtful in looked if not doubtful]
    if not _all_covered(item.window, [(at[0], at[1] + limit) for at in sure]):
        return "cannot_test:conflict"
    if not _all_covered(item.window, [(at[1], at[0] + limit) for at in sure]):
        return "cannot_test:time_unclear"
    return item.last()


def _all_covered(window: Span, spans: Sequence[Span]) -> bool:
    due = window[0]
    for start, end in sorted(spans):
        if start <= due < end:
            due = end
    return due >= window[1]


def _closings(item: Item) -> list[Record]:
    """Return what says that the account was closed at the end of the window, where it was opened again later."""
    events = item.of("account_event")
    opened = [row["occurred_at"] for row in events if row["kind"] in OPENING]
    end = item.window[1]
    if not any(at is not None and at[0] >= end for at in opened):
        return []
    return [
        row
        for row in events
        if row["kind"] in CLOSING
        and (shut := row["occurred_at"]) is not None
        and shut[1] < end
        and not any(at is None or (at[1] >= shut[0] and at[0] < end) for at in opened)
    ]


def _idle(item: Item) -> str:
    assert item.row is not None
    since = item.window[1] - days(item.parameters["unused_days"])
    uses = [
        row
        for row in item.of("sign_in")
        if (row["result"] == "success" or row["conflicted"])
        and since <= row["occurred_at"][1]
        and row["occurred_at"][0] < item.window[1]
    ]
    gap = has_gap(item.records, ["sign_in"], item.system, since, item.window[1])
    created: Span | None = item.row["created_at"]
    closed = closed_at(item.records, item.account)
    closings = _closings(item)
    order = (
        ("pass", any(not row["conflicted"] and row["occurred_at"][0] >= since for row in uses)),
        ("pass", created is not None and created[0] > since),
        ("na:closed", closed is not None and closed == item.window[1] and not item.ends_month),
        ("na:closed", any(not row["conflicted"] for row in closings)),
        ("cannot_test:conflict", bool(closings) or any(row["conflicted"] for row in uses)),
        ("cannot_test:time_unclear", bool(uses)),
        ("cannot_test:uses_gap", gap),
    )
    return next((code for code, holds in order if holds), "exception:unused")
