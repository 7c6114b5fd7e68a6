"""T-26 Joiner and leaver checklist, from audit-domain T-26 and the rule's README.

All worlds of a batch share the policies to be signed, their versions and the gaps.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from twofold.controltests.rule import ParameterValue
from twofold.tables.rows import Value

from .records import Record, Records, Span
from .steps import EVER, NEVER, days, hand
from .world import A_DAY, START, World

CONTROL_TEST = "T-26"
OUTCOME_ONLY: frozenset[str] = frozenset()
Parameters = Mapping[str, ParameterValue]
POLICIES = ("security", "conduct")
_GAPS = ("grant_event", "screening", "acknowledgement", "checklist", "asset", "engagement")
SCREENED = [
    "pass",
    "na:barred_by_law",
    "conflict",
    "time_order_unclear",
    "no_result_date",
    "adverse",
    "after_access",
    "not_screened",
]
SIGNED = [
    "pass",
    "time_order_unclear",
    "conflict",
    "no_signature_date",
    "signed_late",
    "version_not_in_force",
    "not_signed",
]
LISTED = [
    "pass",
    "time_order_unclear",
    "conflict",
    "no_completion_date",
    "list_late",
    "steps_not_counted",
    "steps_open",
    "no_list",
]
RETURNED = ["not_returned", "returned_late", "conflict", "time_order_unclear", "pending", "pass", "na:nothing_held"]
_CANNOT = {
    "conflict",
    "time_order_unclear",
    "no_result_date",
    "no_signature_date",
    "no_completion_date",
    "pending",
    "source_gap",
    "start_unknown",
    "no_policy_named",
}


def shared(world: World) -> None:
    """Policies to be signed, their versions, and what is not proven complete."""
    for policy in POLICIES:
        start = START + world.number_in(-40, 20) * A_DAY
        turn = START + world.number_in(-10, 50) * A_DAY + timedelta(hours=world.pick((0, 12)))
        world.add(
            "policy_version",
            policy=policy,
            version="1",
            effective_at=START - 400 * A_DAY,
            withdrawn_at=world.maybe(30, start),
        )
        world.add(
            "policy_version",
            policy=policy,
            version="2",
            effective_at=world.maybe(80, turn),
            withdrawn_at=world.maybe(20, turn + 20 * A_DAY),
        )
        world.add("policy_version", policy=policy, version="3", effective_at=world.maybe(50, turn + 15 * A_DAY))
        ends = world.maybe(60, turn)
        world.add("signing_duty", policy=policy, valid_from=world.pick((None, start, start)), valid_to=ends)
        if ends and world.chance(30):
            world.add("signing_duty", policy=policy, valid_from=ends + world.number_in(0, 20) * A_DAY)
    for table in world.some(_GAPS, percent=90):
        ends = world.maybe(92, START + world.number_in(-60, 30) * A_DAY)
        system = world.pick(("company", "company", "company", "*", "elsewhere"))
        world.add("source_gap", table_name=table, system=system, ends_before=ends, reason="retention")


def parameters(world: World) -> Parameters:
    """Every parameter at its default or at another value."""
    return {
        "sign_days": world.pick((30, 10, 0)),
        "pre_start_days": world.pick((60, 10)),
        "joining_list_days": world.pick((30, 10, 0)),
        "leaving_list_days": world.pick((10, 1)),
        "return_days": world.pick((10, 1)),
    }


def populate(world: World) -> None:
    """One or two persons who joined, went on or left, with their accounts, rights and papers."""
    systems = [world.key("erp"), world.key("wiki")]
    for system in systems:
        for label in world.some(("soc2", "fin_relevant", "sso_only"), percent=50):
            world.add(
                "system_label", system=system, label=label, valid_from=world.maybe(40, world.moment()), valid_to=None
            )
        if world.chance(30):
            world.add(
                "system_label", system=system, label="soc2", valid_from=START - 300 * A_DAY, valid_to=world.moment()
            )
        world.add("access_right", id=f"{system}:use", system=system)
    for person in (world.key("x"), world.key("y"))[: world.pick((1, 1, 2))]:
        _accounts(world, person, systems)
        earlier, start = None, world.moment(last_day=60) - world.pick((0, 0, 60)) * A_DAY
        for _ in range(world.pick((1, 1, 2))):
            end = world.pick((None, start + world.pick((0, 5, 10, 29, 30, 40)) * A_DAY))
            earlier = _engagement(world, person, start, end, earlier, systems)
            start = (end or start + 30 * A_DAY) + world.pick((0, 0, 1, 20)) * A_DAY
    if world.chance(15):
        _list(world, world.key("unknown"), "leaving", world.moment())


def _accounts(world: World, person: str, systems: Sequence[str]) -> None:
    for system in systems:
        account = f"{system}:{person.rpartition('~')[2]}"
        world.add("account", id=account, system=system, kind=world.maybe(20, "human"))
        if world.chance(90):
            start = world.maybe(20, world.moment())
            end = world.maybe(30, (start or world.moment()) + world.number_in(1, 30) * A_DAY)
            world.add("account_link", account=account, person=person, valid_from=start, valid_to=end)


def _engagement(
    world: World, person: str, start: datetime, end: datetime | None, earlier: str | None, systems: Sequence[str]
) -> str:
    name, follows = world.id("e"), world.maybe(50, earlier)
    for _ in range(2 if world.chance(4) else 1):
        world.add(
            "engagement",
            id=name,
            person=person,
            type=world.pick(("employee", "contractor")),
            started_at=world.maybe(93, world.instant(start, coarse=30)),
            last_day=world.maybe(40, world.instant(end)) if end else None,
            effective_end=world.maybe(70, world.instant(end, coarse=30)) if end else None,
            follows=follows if world.chance(95) else world.key("gone"),
        )
    granted = world.near(start + world.pick((0, 2, -3)) * A_DAY)
    for _ in range(world.pick((0, 1, 1, 2))):
        system = world.pick(systems)
        world.add(
            "grant_event",
            id=world.id("grant"),
            account=f"{system}:{person.rpartition('~')[2]}",
            right_id=f"{system}:use",
            action=world.pick(("add", "add", "add", "remove")),
            occurred_at=world.maybe(95, world.instant(granted, coarse=25)),
            net_change=world.pick((None, True, True, False)),
        )
        granted = world.near(granted + world.pick((0, 5)) * A_DAY)
    for _ in range(world.pick((0, 1, 1, 2))):
        _screening(world, name, granted)
    for policy in world.some((*POLICIES, *POLICIES, "other"), percent=60):
        _signature(world, person, policy, start)
    for kind in world.some(("joining", "joining", "leaving"), percent=55):
        _list(world, name, kind, start if kind == "joining" else end or world.moment())
    for _ in range(world.pick((0, 1, 1, 2))):
        _asset(world, name, end or world.moment())
    return name


def _twice(world: World, table: str, cells: Callable[[], Mapping[str, Value]], **key: str) -> None:
    """Add a row, seldom twice with cells of its own each time."""
    for _ in range(2 if world.chance(5) else 1):
        world.add(table, **key, **cells())


def _screening(world: World, engagement: str, granted: datetime) -> None:
    result_at = world.near(world.pick((granted, granted - 5 * A_DAY)))

    def cells() -> Mapping[str, Value]:
        return {
            "engagement": engagement,
            "result": world.pick(("clear", "clear", "clear", "adverse", "pending", None)),
            "result_at": world.maybe(92, world.instant(result_at, coarse=25)),
            "accepted_by": world.maybe(20, "p1"),
            "barred_by_law": world.maybe(8, "the law of the place"),
        }

    _twice(world, "screening", cells, id=world.id("screening"))


def _signature(world: World, person: str, policy: str, start: datetime) -> None:
    signed = world.near(start + world.pick((0, 10, 30, -10, -60)) * A_DAY)

    def cells() -> Mapping[str, Value]:
        return {
            "person": person,
            "policy": policy,
            "version": world.pick("1112234"),
            "signed_at": world.maybe(93, world.instant(signed, coarse=25)),
        }

    _twice(world, "acknowledgement", cells, id=world.id("signature"))


def _list(world: World, engagement: str, kind: str, start: datetime) -> None:
    done = world.near(start + world.pick((0, 1, 10, 30)) * A_DAY)

    def cells() -> Mapping[str, Value]:
        return {
            "engagement": engagement,
            "kind": kind,
            "steps": world.pick((5, 5, 5, 5, 5, 5, None)),
            "steps_done": world.pick((5, 5, 5, 5, 5, 6, 4, None)),
            "completed_at": world.maybe(93, world.instant(done, coarse=25)),
        }

    _twice(world, "checklist", cells, id=world.id("list"))


def _asset(world: World, engagement: str, end: datetime) -> None:
    returned = world.near(end + world.pick((0, 1, 10)) * A_DAY)

    def cells() -> Mapping[str, Value]:
        return {
            "kind": world.pick(("laptop", "key", "none", None)),
            "returned_at": world.maybe(75, world.instant(returned, coarse=25)),
            "excused_by": world.maybe(25, "p1"),
            "excused_reason": world.maybe(25, "broken"),
        }

    _twice(world, "asset", cells, id=world.id("thing"), engagement=engagement)


@dataclass(frozen=True, slots=True)
class Item:
    """One beginning or end: its engagement, and the ones that its papers may belong to."""

    records: Records
    clock: datetime
    parameters: Parameters
    engagement: Record
    papers: Sequence[str]

    @property
    def end(self) -> Span | None:
        """When the engagement ended."""
        end: Span | None = self.engagement["effective_end"] or self.engagement["last_day"]
        return end

    def gap(self, table: str) -> bool:
        """Whether a table is not proven complete since the engagement began, or ended where HR shows no start."""
        start = self.engagement["started_at"] or self.end
        return _gap(self.records, table, start[0] if start else None)


def _gap(records: Records, table: str, since: datetime | None) -> bool:
    return any(
        row["table_name"] == table
        and row["system"] in {"company", "*"}
        and (row["ends_before"] is None or since is None or row["ends_before"] > since)
        for row in records["source_gap"]
    )


def outcomes(records: Records, clock: datetime, parameters: Parameters) -> dict[str, dict[str, str]]:
    """Return item -> letter -> reason code."""
    found: dict[str, dict[str, str]] = {}
    ended = set()
    for row in records["engagement"]:
        papers = [row["id"], *([row["follows"]] if row["follows"] else [])]
        item = Item(records, clock, parameters, row, papers)
        joined = {"A": _screened, "B": _signed, "C": _joining_list}
        found[f"{row['id']}/joining"] = {
            **{letter: _joiner(item, ask) for letter, ask in joined.items()},
            **dict.fromkeys("DEF", "na:joiner"),
        }
        if item.end:
            ended.add(row["id"])
            found[f"{row['id']}/leaving"] = {**dict.fromkeys("ABC", "na:leaver"), **_leaver(item)}
    for row in records["checklist"]:
        if row["kind"] == "leaving" and row["engagement"] not in ended:
            found[f"{row['engagement']}/leaving"] = {**dict.fromkeys("ABC", "na:leaver"), **_listed_only(records, row)}
    return found


def _code(reason: str) -> str:
    if reason == "pass" or reason.startswith("na:"):
        return reason
    return f"cannot_test:{reason}" if reason in _CANNOT else f"exception:{reason}"


def _joiner(item: Item, ask: Callable[[Item, Span], str]) -> str:
    if item.engagement["conflicted"]:
        return "cannot_test:conflict"
    if item.engagement["started_at"] is None:
        return "cannot_test:start_unknown"
    return _code(ask(item, item.engagement["started_at"]))


def _screened(item: Item, _: Span) -> str:
    rights = _rights(item)
    if not rights:
        return "source_gap" if item.gap("grant_event") else "na:no_access"
    first = min(span[0] for span in rights), min(span[1] for span in rights)
    results = [_screening_says(row, first) for row in item.records["screening"] if row["engagement"] in item.papers]
    best = min(results, key=SCREENED.index, default="not_screened")
    return "source_gap" if best == "not_screened" and item.gap("screening") else best


def _rights(item: Item) -> list[Span]:
    """Return when rights on systems in a scope were given in the engagement or the one it goes on from."""
    row, engagements = item.engagement, item.records["engagement"]
    start = _known_from(item)
    others = [each for each in engagements if each["person"] == row["person"] and each["id"] not in item.papers]
    ends = [each["effective_end"] or each["last_day"] for each in others]
    after = max((end[0] for end in ends if end and end[0] <= start), default=EVER)
    found: list[Span] = []
    for grant in item.records["grant_event"]:
        at = grant["occurred_at"]
        if grant["action"] != "add" or grant["net_change"] is False or at is None:
            continue
        if hand(item.records, grant["account"], at[0]).person != row["person"]:
            continue
        if _in_scope(item.records, grant["right_id"], at[0]) and after < at[0] <= _end(row):
            found.append(at)
    return found


def _known_from(item: Item) -> datetime:
    """Return the start of the engagement that a joiner goes on from, where HR knows it, else their own."""
    earlier = [row["started_at"] for row in item.records["engagement"] if row["id"] == item.engagement["follows"]]
    start: Span = next((each for each in earlier if each), item.engagement["started_at"])
    return start[0]


def _end(row: Record) -> datetime:
    end: Span | None = row["effective_end"] or row["last_day"]
    return NEVER if end is None else end[1]


def _in_scope(records: Records, right: str, at: datetime) -> bool:
    systems = {row["system"] for row in records["access_right"] if row["id"] == right}
    return any(
        row["system"] in systems
        and row["label"] in {"soc2", "fin_relevant"}
        and (row["valid_from"] or EVER) <= at < (row["valid_to"] or NEVER)
        for row in records["system_label"]
    )


def _screening_says(row: Record, first: Span) -> str:
    if row["conflicted"]:
        return "conflict"
    if row["barred_by_law"]:
        return "na:barred_by_law"
    if row["result"] not in {"clear", "adverse"}:
        return "not_screened"
    if row["result"] == "adverse" and not row["accepted_by"]:
        return "adverse"
    if row["result_at"] is None:
        return "no_result_date"
    if row["result_at"][1] < first[0]:
        return "pass"
    return "after_access" if row["result_at"][0] >= first[1] else "time_order_unclear"


def _signed(item: Item, start: Span) -> str:
    asked = {
        row["policy"]
        for row in item.records["signing_duty"]
        if (row["valid_from"] or EVER) <= start[0] < (row["valid_to"] or NEVER)
    }
    if not asked:
        return "no_policy_named"
    due = start[1] + days(item.parameters["sign_days"])
    worst = max((_policy_signed(item, policy, due) for policy in asked), key=SIGNED.index)
    if worst not in {"version_not_in_force", "not_signed"}:
        return worst
    if _end(item.engagement) < due:
        return "na:short_engagement"
    if due >= item.clock:
        return "pending"
    return "source_gap" if worst == "not_signed" and item.gap("acknowledgement") else worst


def _policy_signed(item: Item, policy: str, due: datetime) -> str:
    since = _known_from(item) - days(item.parameters["pre_start_days"])
    signatures = [
        row
        for row in item.records["acknowledgement"]
        if row["person"] == item.engagement["person"]
        and row["policy"] == policy
        and (row["signed_at"] is None or row["signed_at"][0] >= since)
    ]
    return min((_signature_says(item, row, due) for row in signatures), key=SIGNED.index, default="not_signed")


def _signature_says(item: Item, row: Record, due: datetime) -> str:
    at = row["signed_at"]
    if row["conflicted"]:
        return "conflict"
    if at is None:
        return "no_signature_date"
    rules = _ruled(item.records, row["policy"], row["version"])
    if not any(start <= at[1] and at[0] < end for start, end in rules):
        return "version_not_in_force"
    if at[0] > due:
        return "signed_late"
    sure = at[1] <= due and any(start <= at[0] and at[1] < end for start, end in rules)
    return "pass" if sure else "time_order_unclear"


def _ruled(records: Records, policy: str, version: str) -> list[tuple[datetime, datetime]]:
    """Return from when to when a version was in force."""
    versions = [row for row in records["policy_version"] if row["policy"] == policy and row["effective_at"]]
    return [
        (
            row["effective_at"],
            min(
                [
                    row["withdrawn_at"] or NEVER,
                    *(each["effective_at"] for each in versions if each["effective_at"] > row["effective_at"]),
                ]
            ),
        )
        for row in versions
        if row["version"] == version
    ]


def _joining_list(item: Item, start: Span) -> str:
    due = start[1] + days(item.parameters["joining_list_days"])
    said = _lists(item, "joining", item.papers, due)
    return "na:short_engagement" if said != "pass" and _end(item.engagement) < due else said


def _lists(item: Item, kind: str, papers: Sequence[str], due: datetime) -> str:
    rows = [row for row in item.records["checklist"] if row["kind"] == kind and row["engagement"] in papers]
    best = min((_list_says(row, due) for row in rows), key=LISTED.index, default="no_list")
    if best in {"steps_not_counted", "steps_open", "no_list"} and due >= item.clock:
        return "pending"
    return "source_gap" if best == "no_list" and item.gap("checklist") else best


def _list_says(row: Record, due: datetime) -> str:
    if row["conflicted"]:
        return "conflict"
    if row["steps"] is None:
        return "steps_not_counted"
    if (row["steps_done"] or 0) < row["steps"]:
        return "steps_open"
    if row["completed_at"] is None:
        return "no_completion_date"
    if row["completed_at"][0] > due:
        return "list_late"
    return "pass" if row["completed_at"][1] <= due else "time_order_unclear"


def _leaver(item: Item) -> dict[str, str]:
    row = item.engagement
    if row["conflicted"]:
        return dict.fromkeys("DEF", "cannot_test:conflict")
    if any(each["follows"] == row["id"] for each in item.records["engagement"]):
        return {"D": "na:continued", "E": "na:continued", "F": "pass"}
    listed = _lists(item, "leaving", [row["id"]], _end(row) + days(item.parameters["leaving_list_days"]))
    return {"D": _code(listed), "E": _code(_returned(item)), "F": "pass"}


def _returned(item: Item) -> str:
    due = _end(item.engagement) + days(item.parameters["return_days"])
    rows = [row for row in item.records["asset"] if row["engagement"] == item.engagement["id"]]
    if not rows:
        return "source_gap" if item.gap("asset") else "holdings_unknown"
    return min((_thing_says(row, due, item.clock) for row in rows), key=RETURNED.index)


def _thing_says(row: Record, due: datetime, clock: datetime) -> str:
    if row["conflicted"]:
        return "conflict"
    if row["kind"] == "none":
        return "na:nothing_held"
    if row["excused_by"] and row["excused_reason"]:
        return "pass"
    if row["returned_at"] is None:
        return "pending" if due >= clock else "not_returned"
    if row["returned_at"][0] > due:
        return "returned_late"
    return "pass" if row["returned_at"][1] <= due else "time_order_unclear"


def _listed_only(records: Records, row: Record) -> dict[str, str]:
    """Judge somebody of whom only a leaving list says that they left."""
    known = [each for each in records["engagement"] if each["id"] == row["engagement"]]
    if any(each["conflicted"] for each in known):
        return dict.fromkeys("DEF", "cannot_test:conflict")
    same = [
        each for each in records["checklist"] if each["kind"] == "leaving" and each["engagement"] == row["engagement"]
    ]
    done = min((each["completed_at"][0] for each in same if each["completed_at"]), default=None)
    gap = _gap(records, "engagement", done)
    f = "cannot_test:source_gap" if gap else "exception:no_end_in_hr"
    return {"D": "na:no_end_in_hr", "E": "na:no_end_in_hr", "F": f}
