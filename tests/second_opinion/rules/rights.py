"""Who held which right and which function when, in plain Python, from audit-domain 4.0 and 4.1.

A wide stretch is where a right may have been held, a sure stretch the part of it where it was held for sure; half open.
Events are put in order by their earliest moment.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from twofold.model.instant import Instant

from .records import Record, Records, Span
from .steps import BOT, EVER, LINKED, NEVER, SHARED_ACCOUNT, UNLINKED, Hand, hand, humans_of
from .world import World

TICK = timedelta(microseconds=1)
_CLOSING = {"disable", "delete"}
_OPENING = {"create", "activate", "enable"}


@dataclass(frozen=True, slots=True)
class Held:
    """A stretch in which an account held a right, by itself or in `via`; `basis` is grant, elevation or snapshot."""

    account: str
    right: str
    system: str
    via: str
    basis: str
    wide: Span
    sure: Span | None


def met(left: Span | None, right: Span | None) -> Span | None:
    """Return what two half-open stretches share, None where that is nothing."""
    if left is None or right is None:
        return None
    both = max(left[0], right[0]), min(left[1], right[1])
    return both if both[0] < both[1] else None


def inside(records: Records, right: str) -> set[str]:
    """Return the rights that a right nests, four levels deep, without itself."""
    nested = {row["id"]: row["contains"] for row in records["access_right"]}
    found: set[str] = set()
    level = {right}
    for _ in range(4):
        level = {each for outer in level for each in nested.get(outer, ())}
        found |= level
    return found - {right}


def right_intervals(records: Records) -> list[Held]:
    """Return every stretch in which an account held a right (step right_interval)."""
    classes = {row["id"]: row for row in records["access_right"]}
    accounts = {row["id"]: row for row in records["account"]}
    held = []
    for account, via, basis, wide, sure in _given(records):
        held += [(account, right, via, basis, wide, sure) for right in sorted({via} | inside(records, via))]
    held += list(_only_seen(records, [(account, right, wide) for account, right, _, _, wide, _ in held]))
    found = []
    for account, right, via, basis, wide, sure in held:
        system = (classes.get(right) or accounts.get(account) or {"system": None})["system"]
        for life, sure_life in _life(records, account):
            shared = met(wide, life)
            if shared is not None:
                proven = _until_gap(records, system or "*", met(sure, sure_life))
                found.append(Held(account, right, system or f"unmapped:{right}", via, basis, shared, proven))
    return found


def grant_changes(records: Records) -> list[Record]:
    """Return what the log tells of rights given and taken away, and what each account lost as a right was deleted."""
    found = list(records["grant_event"])
    gone: dict[str, datetime] = {}
    deletions = [row for row in records["right_event"] if row["kind"] == "delete"]
    for row in sorted(deletions, key=lambda row: (_deleted_at(row), row["id"])):
        right, moment = row["right_id"], _deleted_at(row)
        shared = {**row, "action": "remove", "net_change": None}
        found += [
            {**shared, "id": f"right_event:{row['id']}/{account}", "account": account}
            for account in _holders_before(records, right, moment, since=gone.get(right, EVER))
        ]
        gone[right] = moment
    return found


def _deleted_at(row: Record) -> datetime:
    return row["occurred_at"][0] if row["occurred_at"] else NEVER


def _holders_before(records: Records, right: str, moment: datetime, *, since: datetime) -> list[str]:
    """Return who held a right until a moment: the log, or a later list of the system, spoke of it last.

    since: its deletion before, of which nobody kept it.
    """
    lists = {row["id"]: row["taken_at"][0] for row in records["snapshot"] if row["origin"] == "system"}
    told: dict[str, list[tuple[datetime, int, str, bool]]] = {}
    for row in records["grant_event"]:
        if row["right_id"] == right:
            told.setdefault(row["account"], []).append((_placed(row), 1, row["id"], row["action"] == "add"))
    for row in records["snapshot_row"]:
        if row["right_id"] == right and row["snapshot"] in lists:
            told.setdefault(row["account"], []).append((lists[row["snapshot"]], 0, "", True))
    before = {account: [each for each in every if since <= each[0] < moment] for account, every in told.items()}
    return sorted(account for account, every in before.items() if every and max(every)[-1])


def delete_rights(world: World) -> None:
    """Now and then delete a right that the log or a list tells of, close to that; now and then told in two ways."""
    given: dict[str, list[datetime]] = {}
    for row in world.rows:
        if row.table in {"grant_event", "snapshot_row"}:
            moments = given.setdefault(str(row.values["right_id"]), [])
            if isinstance(at := row.values.get("occurred_at"), Instant):
                moments.append(at.earliest)
    for right in world.some(sorted(given), percent=30) if world.chance(25) else ():
        name, at = world.id("deletion"), world.near(world.pick([*given[right], world.moment()]), days=20)
        for _ in range(2 if world.chance(8) else 1):
            kind = world.pick(("delete",) * 9 + ("rename",))
            shown = world.maybe(95, world.instant(at))
            world.add("right_event", id=name, right_id=right, kind=kind, occurred_at=shown)
            at = world.near(at, days=3)


def _given(records: Records) -> Iterator[tuple[str, str, str, Span, Span | None]]:
    changes = grant_changes(records)
    for account, right in sorted({(row["account"], row["right_id"]) for row in changes}):
        events = [row for row in changes if (row["account"], row["right_id"]) == (account, right)]
        events.sort(key=lambda row: (_placed(row), row["id"]))
        for first, adds, removal in _between(events, "remove"):
            if adds or first:
                starts = [row["occurred_at"][1] for row in adds if row["occurred_at"] and not row["conflicted"]]
                start = min((_placed(row) for row in adds), default=EVER)
                yield (
                    account,
                    right,
                    "grant",
                    (start, _end(removal)),
                    _span(min(starts, default=None), _sure_end(removal)),
                )
    for row in records["elevation"]:
        begun, ended = row["started_at"] or (EVER, None), row["ended_at"] or (NEVER, NEVER)
        sure = None if row["conflicted"] else _span(begun[1], ended[0])
        yield row["account"], row["right_id"], "elevation", (begun[0], ended[1]), sure


def _placed(row: Record) -> datetime:
    seen: Span | None = row["occurred_at"]
    return seen[0] if seen else (EVER if row.get("action") == "add" else NEVER)


def _between(events: Sequence[Record], ending: str) -> Iterator[tuple[bool, list[Record], Record | None]]:
    """Cut a sequence of events after each ending: whether the part is the first, what begins in it, and its ending."""
    endings = _CLOSING if ending == "disable" else {ending}
    begins: list[Record] = []
    first = True
    for row in events:
        if ("kind" in row and row["kind"] in endings) or row.get("action") in endings:
            yield first, begins, row
            first, begins = False, []
        else:
            begins.append(row)
    if begins or first:
        yield first, begins, None


def _end(removal: Record | None) -> datetime:
    return NEVER if removal is None or removal["occurred_at"] is None else removal["occurred_at"][1]


def _sure_end(removal: Record | None) -> datetime | None:
    if removal is None:
        return NEVER
    return None if removal["conflicted"] or removal["occurred_at"] is None else removal["occurred_at"][0]


def _span(start: datetime | None, end: datetime | None) -> Span | None:
    return (start, end) if start is not None and end is not None and start < end else None


def _only_seen(
    records: Records, known: Sequence[tuple[str, str, Span]]
) -> Iterator[tuple[str, str, str, str, Span, Span | None]]:
    """What a snapshot of a system shows and no log explains."""
    taken = {row["id"]: row["taken_at"] for row in records["snapshot"] if row["origin"] == "system"}
    sightings = {
        (row["account"], row["right_id"], taken[row["snapshot"]])
        for row in records["snapshot_row"]
        if row["snapshot"] in taken
    }
    changes = grant_changes(records)
    for account, right, (earliest, latest) in sorted(sightings):
        if any(
            who == account and what == right and wide[0] <= latest and earliest < wide[1] for who, what, wide in known
        ):
            continue
        removals = [
            row for row in changes if (row["account"], row["right_id"], row["action"]) == (account, right, "remove")
        ]
        before = [row["occurred_at"][0] for row in removals if row["occurred_at"] and row["occurred_at"][0] <= earliest]
        after = [row for row in removals if _placed(row) > earliest]
        wide = max(before, default=EVER), min(map(_end, after), default=NEVER)
        sure_end = min((row["occurred_at"][0] if row["occurred_at"] else earliest for row in after), default=NEVER)
        yield account, right, right, "snapshot", wide, _span(latest, sure_end)


def _life(records: Records, account: str) -> list[tuple[Span, Span | None]]:
    """When an account was open: wide and sure."""
    events = [
        row
        for row in records["account_event"]
        if row["account"] == account and (row["kind"] in _CLOSING or (row["kind"] in _OPENING and row["occurred_at"]))
    ]
    events.sort(key=lambda row: (_placed(row), row["kind"] not in _CLOSING, row["id"]))
    disabled = any(row["id"] == account and row["status"] == "disabled" for row in records["account"])
    found = []
    for first, openings, closing in _between(events, "disable"):
        if openings or first:
            start = min((row["occurred_at"][0] for row in openings), default=EVER)
            sure_start = min((row["occurred_at"][1] for row in openings), default=EVER)
            end = (closing["occurred_at"] or (None,))[0] if closing else (None if disabled else NEVER)
            found.append(((start, _end(closing)), _span(sure_start, end)))
    shut = max((_end(row) for row in events if row["kind"] in _CLOSING), default=None)
    shown = [row["extracted_at"] for row in records["account"] if row["id"] == account and row["status"] == "active"]
    if found and shut and any(at > shut for at in shown):
        (start, _), sure = found[-1]
        found[-1] = (start, NEVER), sure
    return found


def _until_gap(records: Records, system: str, sure: Span | None) -> Span | None:
    """Nobody knows whether a right was removed after the first gap of the log of grants."""
    if sure is None:
        return None
    gaps = [
        row for row in records["source_gap"] if row["table_name"] == "grant_event" and row["system"] in {system, "*"}
    ]
    starts = [row["starts_at"] or EVER for row in gaps if row["ends_before"] is None or row["ends_before"] > sure[0]]
    return _span(sure[0], min([sure[1], *(max(start, sure[0] + TICK) for start in starts)]))


def hands(records: Records, account: str) -> list[tuple[Span, Hand]]:
    """Return whose hand an account was, stretch by stretch over all time."""
    names = {account} | {row["triggered_by"] for row in records["account"] if row["id"] == account}
    cuts = {EVER, NEVER}
    for row in records["account_link"]:
        if row["account"] in names:
            cuts |= {row["valid_from"] or EVER, row["valid_to"] or NEVER}
    edges = sorted(cuts)
    return [((start, end), hand(records, account, start)) for start, end in pairwise(edges)]


@dataclass(frozen=True, slots=True)
class Function:
    """A stretch in which a holder (a human, or an account that is nobody's) could carry out a function on a system."""

    holder: str
    state: str
    function: str
    account: str
    right: str
    system: str
    wide: Span
    sure: Span | None


def functions_held(records: Records) -> list[Function]:
    """Return who could carry out which function of the conflict rules when (step function_held)."""
    named = {row[side] for row in records["sod_rule"] for side in ("function_a", "function_b")}
    reading = {row["id"] for row in records["access_right"] if row["read_only"]}
    humans = humans_of(records)
    found = []
    for held in right_intervals(records):
        if held.right in reading:
            continue
        for row in records["right_function"]:
            if row["right_id"] != held.right:
                continue
            version = row["valid_from"] or EVER, row["valid_to"] or NEVER
            for stretch, owner in hands(records, held.account):
                wide = met(met(held.wide, version), stretch)
                if wide is None or owner.state == BOT:
                    continue
                holder, state = _holder(held.account, owner, humans)
                functions = sorted(named if row["function"] == "*" else named & {row["function"]})
                sure = met(held.sure, wide)
                found += [
                    Function(holder, state, function, held.account, held.right, held.system, wide, sure)
                    for function in functions
                ]
    return found


def _holder(account: str, owner: Hand, humans: Mapping[str, str]) -> tuple[str, str]:
    if owner.person is not None:
        return humans.get(owner.person, owner.person), LINKED
    return account, SHARED_ACCOUNT if owner.state == SHARED_ACCOUNT else UNLINKED


def opened_again(records: Records, row: Record) -> bool:
    """Return whether an event opened a closed account again: an enable, or an activation right after a closing."""
    if row["kind"] != "activate":
        return bool(row["kind"] == "enable")

    def place(each: Record) -> tuple[datetime, bool, str]:
        if each["kind"] in _CLOSING:
            return (each["occurred_at"] or (EVER,))[0], False, each["id"]
        return (each["occurred_at"] or (NEVER, NEVER))[1], True, each["id"]

    kinds = _OPENING | _CLOSING
    life = [each for each in records["account_event"] if each["account"] == row["account"] and each["kind"] in kinds]
    if row["occurred_at"] is None:
        return any(each["kind"] in _CLOSING for each in life)
    before = [each for each in life if place(each) < place(row)]
    return bool(before) and max(before, key=place)["kind"] in _CLOSING


def given_back(records: Records, row: Record) -> set[str]:
    """Return the rights that the account held by the log of grants when it was opened again, without default ones."""
    if row["occurred_at"] is None:
        return set()
    default = {each["id"] for each in records["access_right"] if each["is_default"]}
    at, found = row["occurred_at"][0], set()
    events = [each for each in grant_changes(records) if each["account"] == row["account"] and each["occurred_at"]]
    for right in {each["right_id"] for each in events} - default:
        own = sorted(
            (each for each in events if each["right_id"] == right),
            key=lambda each: (each["occurred_at"][0], each["id"]),
        )
        for place, each in enumerate(own):
            until = own[place + 1]["occurred_at"][0] if place + 1 < len(own) else NEVER
            if each["action"] == "add" and each["occurred_at"][0] < at < until:
                found.add(right)
    return found
