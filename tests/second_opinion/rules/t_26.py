"""T-26 Joiner and leaver checklist, from audit-domain T-26 and the rule's README.

All worlds of a batch share the policies to be signed, their versions and the gaps.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from twofold.controltests.rule import ParameterValue
from twofold.tables.rows import Value

from .records import Record, Records, Span
from .steps import (
    EVER,
    NEVER,
    TICK,
    days,
    engagements_of_human,
    hand,
    has_gap,
    human_of,
    longer_engagements,
    surely_before,
)
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
    "source_gap",
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
    turns: dict[str, datetime] = {}
    for policy in POLICIES:
        start = START + world.number_in(-40, 20) * A_DAY
        turns[policy] = turn = START + world.number_in(-10, 50) * A_DAY + timedelta(hours=world.pick((0, 12)))
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
    world.add("system_label", system="ledger", label=world.pick(("soc2", "fin_relevant")))
    if world.chance(60):
        begins = START + world.number_in(-60, 60) * A_DAY
        world.add(
            "source_gap",
            table_name="grant_event",
            system=world.pick(("ledger", "ledger", "ledger", "elsewhere")),
            starts_at=world.maybe(75, begins),
            ends_before=world.maybe(60, begins + world.pick((1, 20)) * A_DAY),
            reason="retention",
        )
    for table in world.some(_GAPS, percent=90):
        ends = world.maybe(92, START + world.number_in(-90, 0) * A_DAY)
        system = world.pick(("company", "company", "company", "company", "elsewhere"))
        world.add("source_gap", table_name=table, system=system, ends_before=ends, reason="retention")
        if world.chance(40):
            start = START + world.number_in(0, 75) * A_DAY
            ends = world.maybe(50, start + world.pick((1, 20)) * A_DAY)
            world.add(
                "source_gap", table_name=table, system="company", starts_at=start, ends_before=ends, reason="retention"
            )
    for policy, turn in turns.items():
        _odd_version(world, policy, turn)
        if world.chance(10):
            for end in (None, START + world.number_in(-40, 60) * A_DAY):
                world.add("signing_duty", policy=policy, valid_from=START - 500 * A_DAY, valid_to=end)


def _odd_version(world: World, policy: str, turn: datetime) -> None:
    """Add one that takes effect with another or is perhaps withdrawn before it does, seldom told in two ways."""
    if world.chance(50):
        effective = turn + world.pick((0, 0, 10)) * A_DAY
        for _ in range(2 if world.chance(10) else 1):
            withdrawn = world.maybe(60, effective + world.pick((-5, 0, 5, 20)) * A_DAY)
            world.add("policy_version", policy=policy, version="4", effective_at=effective, withdrawn_at=withdrawn)


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
        who = person
        for _ in range(world.pick((1, 1, 2, 3))):
            if earlier and world.chance(40):
                who = f"{who}2"
                _accounts(world, who, systems)
            end = world.pick((None, start + world.pick((0, 5, 10, 29, 30, 40)) * A_DAY))
            earlier = _engagement(world, who, start, end, earlier, systems)
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
        grant = world.id("grant")
        for _ in range(2 if world.chance(8) else 1):
            world.add(
                "grant_event",
                id=grant,
                account=f"{system}:{person.rpartition('~')[2]}",
                right_id=f"{system}:use",
                action=world.pick(("add", "add", "add", "remove")),
                occurred_at=world.maybe(95, world.instant(granted, coarse=25)),
                net_change=world.pick((None, True, True, False)),
            )
        granted = world.near(granted + world.pick((0, 5)) * A_DAY)
    for _ in range(world.pick((0, 1, 1, 2, 3))):
        _screening(world, name, granted)
    for policy in world.some((*POLICIES, *POLICIES, "other"), percent=60):
        _signature(world, person, policy, start)
    for kind in world.some(("joining", "joining", "leaving"), percent=55):
        _list(world, name, kind, start if kind == "joining" else end or world.moment())
    for _ in range(world.pick((0, 1, 1, 2))):
        thing = world.id("thing")
        for holder in (name, earlier)[: 2 if earlier and world.chance(30) else 1]:
            _asset(world, holder or name, end or world.moment(), thing)
    return name


def _twice(world: World, table: str, cells: Callable[[], Mapping[str, Value]], **key: str) -> None:
    """Add a row, seldom twice with cells of its own each time."""
    for _ in range(2 if world.chance(5) else 1):
        world.add(table, **key, **cells())


def _screening(world: World, engagement: str, granted: datetime) -> None:
    result_at = world.near(world.pick((granted, granted - 5 * A_DAY, granted - 5 * A_DAY)))

    def cells() -> Mapping[str, Value]:
        return {
            "engagement": engagement,
            "result": world.pick(("clear", "clear", "clear", "adverse", "adverse", "pending", None)),
            "result_at": world.maybe(92, world.instant(result_at, coarse=25)),
            "accepted_by": world.maybe(20, world.pick(("p1", world.key("x"), world.key("x2")))),
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
            "steps": world.pick((5, 5, 5, 5, 5, 5, None, 0)),
            "steps_done": world.pick((5, 5, 5, 5, 5, 6, 4, None)),
            "completed_at": world.maybe(93, world.instant(done, coarse=25)),
        }

    _twice(world, "checklist", cells, id=world.id("list"))


def _asset(world: World, engagement: str, end: datetime, thing: str) -> None:
    returned = world.near(end + world.pick((0, 1, 10)) * A_DAY)

    def cells() -> Mapping[str, Value]:
        return {
            "kind": world.pick(("laptop", "key", "none", None)),
            "returned_at": world.maybe(75, world.instant(returned, coarse=25)),
            "excused_by": world.maybe(25, world.pick(("p1", world.key("x"), world.key("x2")))),
            "excused_reason": world.maybe(25, "broken"),
        }

    _twice(world, "asset", cells, id=thing, engagement=engagement)


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

    def gap(self, table: str, since: datetime, until: datetime) -> bool:
        """Whether a table is not proven complete between two moments, both included."""
        return has_gap(self.records, [table], "company", since, until + TICK)


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
            found[f"{row['engagement']}/leaving"] = {
                **dict.fromkeys("ABC", "na:leaver"),
                **_listed_only(records, row, clock),
            }
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
    grants = _rights(item)
    rights = [at for kind, at in grants if kind == "sure" and at is not None]
    doubtful = [EVER if at is None else at[0] for kind, at in grants if kind == "conflict"]
    untimed = any(kind == "untimed" for kind, _ in grants)
    gaps = _access_gaps(item, _known_from(item))
    if not rights:
        if doubtful:
            return "conflict"
        if untimed:
            return "time_order_unclear"
        theirs = engagements_of_human(item.records, item.engagement["person"])
        starts = [row["started_at"][0] for row in theirs if row["started_at"]]
        gaps = _access_gaps(item, min([_known_from(item), *starts]))
        return "source_gap" if any(_hides_all(item, row) for row in gaps) else "na:no_access"
    first = min(span[0] for span in rights), min(span[1] for span in rights)
    results = []
    for row in item.records["screening"]:
        if row["engagement"] in item.papers:
            said = _screening_says(row, first, own=_is_own(item, row["accepted_by"]))
            if said == "pass":
                said = _refused_since(item, row["result_at"], first)
            if said == "pass":
                came = row["result_at"][1]
                if any(at <= came for at in doubtful):
                    said = "conflict"
                elif untimed:
                    said = "time_order_unclear"
                elif any(max(gap["starts_at"] or EVER, _known_from(item)) < came for gap in gaps):
                    said = "source_gap"
            results.append(said)
    best = min(results, key=SCREENED.index, default="not_screened")
    since = _known_from(item) - days(item.parameters["pre_start_days"])
    return "source_gap" if best == "not_screened" and item.gap("screening", since, first[1]) else best


def _access_gaps(item: Item, since: datetime) -> list[Record]:
    """Return where the logs of systems that were ever in a scope are not proven since a moment."""
    scoped = {row["system"] for row in item.records["system_label"] if row["label"] in {"soc2", "fin_relevant"}}
    return [
        row
        for row in item.records["source_gap"]
        if row["table_name"] == "grant_event"
        and row["system"] in {"*", *scoped}
        and (row["ends_before"] is None or row["ends_before"] > since)
    ]


def _hides_all(item: Item, gap: Record) -> bool:
    """Whether a first right may lie in a gap; where the data just end, only until the joining list is due."""
    starts = gap["starts_at"] or EVER
    due = item.engagement["started_at"][1] + days(item.parameters["joining_list_days"])
    return starts <= _end(item.engagement) and (gap["ends_before"] is not None or starts < min(due, item.clock))


def _rights(item: Item) -> list[tuple[str, Span | None]]:
    """Return the rights on systems in a scope that were given in the engagement or the one it goes on from.

    Each with its kind: sure, conflict (it may have been no right given), untimed.
    """
    row, start = item.engagement, _known_from(item)
    others = [each for each in engagements_of_human(item.records, row["person"]) if each["id"] not in item.papers]
    ends = [each["effective_end"] or each["last_day"] for each in others]
    after = max((end[0] for end in ends if end and end[0] <= start), default=EVER)
    found: list[tuple[str, Span | None]] = []
    for grant in item.records["grant_event"]:
        at, doubtful = grant["occurred_at"], grant["conflicted"]
        if not doubtful and (grant["action"] != "add" or grant["net_change"] is False):
            continue
        links = [each for each in item.records["account_link"] if each["account"] == grant["account"]]
        limits = [each[name] for each in links for name in ("valid_from", "valid_to") if each[name]]
        moments = [EVER, *limits] if at is None else [at[0]]
        if not any(_is_own(item, hand(item.records, grant["account"], each).person) for each in moments):
            continue
        if not _in_scope(item.records, grant["right_id"], at[0] if at else None):
            continue
        if at is None or after < at[0] <= _end(row):
            found.append(("conflict" if doubtful else "sure" if at else "untimed", at))
    return found


def _known_from(item: Item) -> datetime:
    """Return the start of the engagement that a joiner goes on from, where HR knows it, else their own."""
    earlier = [row["started_at"] for row in item.records["engagement"] if row["id"] == item.engagement["follows"]]
    start: Span = next((each for each in earlier if each), item.engagement["started_at"])
    return start[0]


def _end(row: Record) -> datetime:
    end: Span | None = row["effective_end"] or row["last_day"]
    return NEVER if end is None else end[1]


def _in_scope(records: Records, right: str, at: datetime | None) -> bool:
    """Return whether the system of a right was in a scope at a moment, or at any where the moment is unknown."""
    systems = {row["system"] for row in records["access_right"] if row["id"] == right}
    return any(
        row["system"] in systems
        and row["label"] in {"soc2", "fin_relevant"}
        and (at is None or (row["valid_from"] or EVER) <= at < (row["valid_to"] or NEVER))
        for row in records["system_label"]
    )


def _is_own(item: Item, person: str | None) -> bool:
    """Return whether a HR id is one of the human whose engagement it is."""
    return person is not None and human_of(item.records, person) == human_of(item.records, item.engagement["person"])


def _refused_since(item: Item, came: Span, first: Span) -> str:
    """Return what a result before the first right is worth beside adverse ones that nobody accepted."""
    refused = [
        row["result_at"]
        for row in item.records["screening"]
        if row["engagement"] in item.papers
        and _screening_says(row, first, own=_is_own(item, row["accepted_by"])) == "adverse"
        and (row["result_at"] is None or row["result_at"][0] < first[1])
    ]
    if any(at and surely_before(came, at) and surely_before(at, first) for at in refused):
        return "adverse"
    return "time_order_unclear" if any(at is None or not surely_before(at, came) for at in refused) else "pass"


def _screening_says(row: Record, first: Span, *, own: bool) -> str:
    if row["conflicted"]:
        return "conflict"
    if row["barred_by_law"]:
        return "na:barred_by_law"
    if row["result"] not in {"clear", "adverse"}:
        return "not_screened"
    if row["result"] == "adverse" and (row["accepted_by"] is None or own):
        return "adverse"
    if row["result_at"] is None:
        return "no_result_date"
    if row["result_at"][1] < first[0]:
        return "pass"
    return "after_access" if row["result_at"][0] >= first[1] else "time_order_unclear"


def _signed(item: Item, start: Span) -> str:
    asked = [
        row
        for row in item.records["signing_duty"]
        if (row["valid_from"] or EVER) <= start[0] and (row["conflicted"] or start[0] < (row["valid_to"] or NEVER))
    ]
    if not asked:
        return "no_policy_named"
    due = start[1] + days(item.parameters["sign_days"])
    said = []
    for duty in asked:
        signed = _policy_signed(item, duty["policy"], due)
        said.append("conflict" if duty["conflicted"] and signed != "pass" else signed)
    worst = max(said, key=SIGNED.index)
    if worst not in {"version_not_in_force", "not_signed"}:
        return worst
    if _end(item.engagement) < due:
        return "na:short_engagement"
    if due >= item.clock:
        return "pending"
    since = _known_from(item) - days(item.parameters["pre_start_days"])
    return "source_gap" if worst == "not_signed" and item.gap("acknowledgement", since, due) else worst


def _policy_signed(item: Item, policy: str, due: datetime) -> str:
    since = _known_from(item) - days(item.parameters["pre_start_days"])
    signatures = [
        row
        for row in item.records["acknowledgement"]
        if _is_own(item, row["person"])
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
    if at[0] <= due and any(
        each["conflicted"] for each in item.records["policy_version"] if each["policy"] == row["policy"]
    ):
        return "conflict"
    rules = _ruled(item.records, row["policy"], row["version"])
    if not any(start <= at[1] and at[0] < end for start, end in rules):
        return "version_not_in_force"
    if at[0] > due:
        return "signed_late"
    sure = at[1] <= due and any(start <= at[0] and at[1] < end for start, end in rules)
    return "pass" if sure else "time_order_unclear"


def _ruled(records: Records, policy: str, version: str) -> list[tuple[datetime, datetime]]:
    """Return when a version was in force; one withdrawn before it took effect never was, and ends no other."""
    dated = [
        row
        for row in records["policy_version"]
        if row["policy"] == policy and row["effective_at"] and row["effective_at"] < (row["withdrawn_at"] or NEVER)
    ]
    return [
        (
            row["effective_at"],
            min(
                [
                    row["withdrawn_at"] or NEVER,
                    *(each["effective_at"] for each in dated if each["effective_at"] > row["effective_at"]),
                ]
            ),
        )
        for row in dated
        if row["version"] == version
    ]


def _joining_list(item: Item, start: Span) -> str:
    due = start[1] + days(item.parameters["joining_list_days"])
    said = _lists(item, "joining", item.papers, due, _known_from(item))
    return "na:short_engagement" if said != "pass" and _end(item.engagement) < due else said


def _lists(item: Item, kind: str, papers: Sequence[str], due: datetime, since: datetime) -> str:
    rows = [row for row in item.records["checklist"] if row["kind"] == kind and row["engagement"] in papers]
    best = min((_list_says(row, due) for row in rows), key=LISTED.index, default="no_list")
    if best in {"steps_not_counted", "steps_open", "no_list"} and due >= item.clock:
        return "pending"
    return "source_gap" if best == "no_list" and item.gap("checklist", since, due) else best


def _list_says(row: Record, due: datetime) -> str:
    if row["conflicted"]:
        return "conflict"
    if not row["steps"]:
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
    longer = _longer(item.records, row)
    if False in longer:
        return {"D": "na:still_engaged", "E": "na:still_engaged", "F": "pass"}
    following = {
        each["conflicted"]
        for each in item.records["engagement"]
        if each["id"] != row["id"]
        and (each["follows"] == row["id"] or (each["conflicted"] and each["person"] == row["person"]))
    }
    if following | longer:
        code = "na:continued" if False in following else "cannot_test:conflict"
        return {"D": code, "E": code, "F": "pass"}
    began = row["started_at"] or row["effective_end"] or row["last_day"]
    listed = _lists(item, "leaving", [row["id"]], _end(row) + days(item.parameters["leaving_list_days"]), began[0])
    return {"D": _code(listed), "E": _code(_returned(item, began[0])), "F": "pass"}


def _longer(records: Records, row: Record) -> set[bool]:
    """Return, for each engagement around this one, whether it is in conflict: this one is inner if any is not."""
    return {each["conflicted"] for each in longer_engagements(records, row, row["effective_end"] or row["last_day"])}


def _within(records: Records, row: Record) -> Iterator[str]:
    """Yield the inner engagements that begin and end within this one."""
    begun, over = row["started_at"], row["effective_end"] or row["last_day"]
    for each in engagements_of_human(records, row["person"]):
        ended, start = each["effective_end"] or each["last_day"], each["started_at"]
        if each["id"] == row["id"] or not ended or False not in _longer(records, each):
            continue
        if (begun is None or (start and begun[0] <= start[0])) and (over is None or over[0] > ended[1]):
            yield each["id"]


def _returned(item: Item, since: datetime) -> str:
    due = _end(item.engagement) + days(item.parameters["return_days"])
    name, before = item.engagement["id"], item.engagement["follows"]
    rows = [row for row in item.records["asset"] if row["engagement"] == name]
    listed = {row["id"] for row in rows}
    known = {row["id"]: row for row in item.records["engagement"]}
    chain = {name}
    while before is not None and before not in chain:
        chain.add(before)
        before = known[before]["follows"] if before in known else None
    held = [known[each] for each in chain if each in known]
    others = {*chain, *(inner for row in held for inner in _within(item.records, row))} - {name}
    rows += [
        row
        for row in item.records["asset"]
        if row["engagement"] in others and row["kind"] != "none" and row["id"] not in listed
    ]
    if not rows:
        return "source_gap" if item.gap("asset", since, due) else "holdings_unknown"
    said = (_thing_says(row, due, item.clock, own=_is_own(item, row["excused_by"])) for row in rows)
    return min(said, key=RETURNED.index)


def _thing_says(row: Record, due: datetime, clock: datetime, *, own: bool) -> str:
    if row["conflicted"]:
        return "conflict"
    if row["kind"] == "none":
        return "na:nothing_held"
    if row["excused_by"] and not own and row["excused_reason"]:
        return "pass"
    if row["returned_at"] is None:
        return "pending" if due >= clock else "not_returned"
    if row["returned_at"][0] > due:
        return "returned_late"
    return "pass" if row["returned_at"][1] <= due else "time_order_unclear"


def _listed_only(records: Records, row: Record, clock: datetime) -> dict[str, str]:
    """Judge somebody of whom only a leaving list says that they left."""
    known = [each for each in records["engagement"] if each["id"] == row["engagement"]]
    if any(each["conflicted"] for each in known):
        return dict.fromkeys("DEF", "cannot_test:conflict")
    same = [
        each for each in records["checklist"] if each["kind"] == "leaving" and each["engagement"] == row["engagement"]
    ]
    done = [each["completed_at"] for each in same if each["completed_at"]]
    since = min((at[0] for at in done), default=None)
    until = max(at[1] for at in done) + TICK if done else clock
    gap = has_gap(records, ["engagement"], "company", since, until)
    f = "cannot_test:source_gap" if gap else "exception:no_end_in_hr"
    return {"D": "na:no_end_in_hr", "E": "na:no_end_in_hr", "F": f}
