"""T-31 Data-subject requests, from audit-domain T-31 and the rule's README.

That a decider counts where no accounts are known at all is tried in worlds that are alone in their tables.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from twofold.controltests.rule import ParameterValue

from .programme import plain, words
from .records import Record, Records, Span
from .steps import BOT, EVER, LINKED, NEVER, SHARED_ACCOUNT, hand, has_gap, surely_before
from .world import A_DAY, World

CONTROL_TEST = "T-31"
OUTCOME_ONLY: frozenset[str] = frozenset()
_SYSTEMS = ("crm", "erp")
_FIELDS = ("identity_checked_at", "answered_at", "extension_notice", "status")


def shared(world: World) -> None:
    """The calendar, the register of systems with personal data, and gaps that speak of the company."""
    if world.chance(70):
        world.add("calendar", id="default", zone=world.pick(("UTC", "Europe/Berlin", "America/New_York")))
    for system in _SYSTEMS if world.chance(85) else ():
        start = world.maybe(40, world.moment(first_day=-20, last_day=40))
        for _ in range(2 if world.chance(12) else 1):
            world.add("personal_data_system", system=system, valid_from=start, valid_to=world.maybe(20, world.moment()))
    for table in ("dsr_event", "personal_data_system"):
        if world.chance(25):
            starts, ends = world.maybe(70, world.moment()), world.maybe(70, world.moment())
            world.add(
                "source_gap", table_name=table, system="company", starts_at=starts, ends_before=ends, reason="gone"
            )


def parameters(world: World) -> Mapping[str, ParameterValue]:
    """Short deadlines, so that they fall into the world."""
    return {
        "answer_days": world.pick((7, 14, 30)),
        "extension_days": world.pick((0, 7, 14)),
        "pause_states": world.pick(("waiting_for_identity", "Waiting_for_identity; on hold")),
    }


def populate(world: World) -> None:
    """Requests of one or two people, their history, messages and the hands that filed them."""
    for account in _accounts(world):
        if account.endswith("a") or world.chance(70):
            world.add(
                "account", id=account, system="desk", kind=world.pick((None, "human", "shared", "bot", "service"))
            )
        for _ in range(world.pick((0, 1, 1, 2))):
            person = world.key(world.pick("xy"))
            start, end = world.maybe(40, world.moment()), world.maybe(15, world.moment())
            world.add("account_link", account=account, person=person, valid_from=start, valid_to=end)
    _requests(world)


def alone(world: World) -> None:
    """Requests of a company whose accounts nobody has listed, or linked."""
    if world.chance(50):
        world.add("account", id=_accounts(world)[0], system="desk")
    _requests(world)


def _accounts(world: World) -> Sequence[str]:
    return [world.key("desk:a"), world.key("desk:b"), world.key("desk:c")]


def _requests(world: World) -> None:
    made: list[str] = []
    for _ in range(world.number_in(1, 3)):
        _request(world, made)
    if world.chance(40):
        start = world.maybe(70, world.moment())
        for _ in range(2 if world.chance(10) else 1):
            end = world.maybe(40, world.moment())
            world.add("dsr_channel", id=world.key("mail"), tracked_from=start, tracked_to=end)
    if world.chance(25):
        starts, ends = world.maybe(70, world.moment()), world.maybe(70, world.moment())
        system = world.key("shop")
        world.add(
            "source_gap", table_name="dsr_event", system=system, starts_at=starts, ends_before=ends, reason="gone"
        )


def _request(world: World, made: list[str]) -> None:
    request, received = world.id("dsr"), world.moment(last_day=55)
    answered = received + world.pick((1, 5, 7, 8, 14, 15, 21, 28, 30, 31)) * A_DAY
    answered = world.near(answered) if world.chance(50) else answered
    checked = world.near(answered) if world.chance(60) else received
    is_personal = world.chance(80)
    duplicate_of = world.pick([*made, request, world.key("unknown")]) if world.chance(25) else None
    for _ in range(2 if world.chance(4) else 1):
        world.add(
            "dsr",
            id=request,
            system=world.maybe(50, world.key("shop")),
            subject=world.maybe(92, world.pick("jjjk")),
            kind=world.pick((None, "access", "access", "Access", "deletion")),
            channel=world.maybe(85, world.key("mail")),
            received_at=world.instant(received),
            created_at=world.maybe(50, world.instant(world.near(received))),
            identity_checked_at=world.maybe(75, world.instant(checked)),
            disclosed_at=world.maybe(35, world.instant(world.near(checked))),
            answered_at=world.maybe(75, world.instant(answered)),
            decision=world.pick(("granted", "granted", "partly_refused", "refused", None)),
            refusal_reason=world.maybe(50, "not ours"),
            systems_searched=[*world.some(_SYSTEMS, percent=85), *world.some([world.key("shop")], percent=80)],
            duplicate_of=duplicate_of,
            not_personal_reason=None if is_personal else world.maybe(85, "a joke"),
            not_personal_by=None if is_personal else world.maybe(85, world.pick(_accounts(world))),
        )
    made.append(request)
    for _ in range(world.pick((0, 0, 1, 1))):
        message = world.id("message")
        when = world.near(received)
        for _ in range(2 if world.chance(4) else 1):
            to = world.maybe(85, request)
            world.add("dsr_intake", id=message, channel="support", request=to, received_at=world.instant(when))
    for _ in range(world.pick((0, 0, 1, 2, 3, 4))):
        _event(world, request, received, answered)
    if world.chance(30):
        _taken_back(world, request, received, answered)


def _taken_back(world: World, request: str, received: datetime, answered: datetime) -> None:
    """A field that got a value, lost it, and perhaps got another."""
    field, when = world.pick((*_FIELDS, "answered_at")), received + world.number_in(0, 12) * A_DAY
    for value in ("today", None, "later")[: world.pick((2, 3, 3))]:
        world.add(
            "dsr_event",
            id=world.id("turn"),
            request=request,
            field=field,
            new_value=value,
            occurred_at=world.instant(when, coarse=25),
        )
        when = world.pick((when, when + timedelta(hours=1), when + 3 * A_DAY, world.near(answered)))


def _event(world: World, request: str, received: datetime, answered: datetime) -> None:
    event, field = world.id("event"), world.pick((*_FIELDS, "status", "status", "priority"))
    states = ("waiting_for_identity", "Waiting_For_Identity", "waiting_for_identity", "On hold", "open", None)
    when = world.near(answered, days=10) if world.chance(50) else received + world.number_in(0, 20) * A_DAY
    for _ in range(2 if world.chance(4) else 1):
        value = world.pick(states) if field == "status" else world.maybe(85, "today")
        world.add("dsr_event", id=event, request=request, field=field, new_value=value, occurred_at=world.instant(when))


def outcomes(records: Records, clock: datetime, parameters: Mapping[str, ParameterValue]) -> dict[str, dict[str, str]]:
    """Return the codes of every request."""
    found = {}
    for row in records["dsr"]:
        every = _excused(records, row)
        request = _Request(records, row, clock)
        found[row["id"]] = (
            dict.fromkeys("ABCD", every)
            if every
            else {
                "A": _checked(request),
                "B": _answered(request, parameters),
                "C": _searched(request),
                "D": _refused(request),
            }
        )
    return found


def _original(records: Records, row: Record) -> str | None:
    """Return the request that a request repeats; None where it stands on its own."""
    for other in records["dsr"]:
        if (
            other["id"] == row["duplicate_of"] != row["id"]
            and other["duplicate_of"] is None
            and other["subject"] == row["subject"] is not None
            and other["system"] in {None, row["system"]}
            and (not other["kind"] or not row["kind"] or other["kind"].lower() == row["kind"].lower())
        ):
            return str(other["id"])
    return None


def _excused(records: Records, row: Record) -> str | None:
    """Return the code of all attributes where nothing is asked of a request."""
    if row["conflicted"]:
        return "cannot_test:conflict"
    original = next((other for other in records["dsr"] if other["id"] == _original(records, row)), None)
    if original is not None:
        answered = _Request(records, original, NEVER).answered
        if not surely_before(answered, _receipt(records, row)):
            return "na:duplicate"
    decider = row["not_personal_by"]
    if decider is None or row["not_personal_reason"] is None:
        return None
    if not records["account"] and not records["account_link"]:
        return "na:not_personal"
    state = hand(records, decider, _receipt(records, row)[0]).state
    if state in {BOT, SHARED_ACCOUNT}:
        return None
    return "na:not_personal" if state == LINKED else "cannot_test:decider_unlinked"


def _receipt(records: Records, row: Record) -> Span:
    """Return when a request was received: the earliest of all traces of it and of its duplicates."""
    ids = {row["id"], *(other["id"] for other in records["dsr"] if _original(records, other) == row["id"])}
    times = [
        *(other[name] for other in records["dsr"] if other["id"] in ids for name in ("received_at", "created_at")),
        *(message["received_at"] for message in records["dsr_intake"] if message["request"] in ids),
    ]
    known = [at for at in times if at is not None]
    return min(at[0] for at in known), min(at[1] for at in known)


class _Request:
    """One request with the times that count."""

    def __init__(self, records: Records, row: Record, clock: datetime) -> None:
        self.records, self.row, self.clock = records, row, clock
        self.system = row["system"] or "company"
        self.receipt = _receipt(records, row)
        repeated = [other for other in records["dsr"] if _original(records, other) == row["id"]]
        ids = {row["id"], *(other["id"] for other in repeated)}
        messages = [message for message in records["dsr_intake"] if message["request"] in ids]
        self.receipt_torn = any(each["conflicted"] for each in [*repeated, *messages])
        self.events = [event for event in records["dsr_event"] if event["request"] == row["id"]]
        self.checked = self._time_of("identity_checked_at")
        self.answered = self._time_of("answered_at")
        self.notice = self._time_of("extension_notice")

    def _time_of(self, field: str) -> Span | None:
        told = [event for event in self.events if event["field"] == field]
        if told:
            return _standing(told)
        typed: Span | None = self.row.get(field)
        made: Span | None = self.row["created_at"]
        if typed and made and typed[1] < made[0] - A_DAY:
            typed = typed[0], made[1]
        return typed

    def disclosed(self) -> Span | None:
        """Return when something was disclosed first; by an answer that was taken out again only perhaps."""
        if self.row["disclosed_at"] is not None or self.row["decision"] == "refused":
            at: Span | None = self.row["disclosed_at"]
            return at
        entered = [
            event["occurred_at"][0]
            for event in self.events
            if event["field"] == "answered_at" and event["new_value"] is not None
        ]
        if not entered:
            return self.answered
        return min(entered), self.answered[1] if self.answered else NEVER

    def has_gap(self, until: datetime) -> bool:
        """Return whether the history is not proven from the receipt to the answer; where there is none, so far."""
        end = min(until, self.clock) if self.answered is None else self.answered[1]
        return has_gap(self.records, ["dsr_event"], self.system, self.receipt[0], end)

    def is_typed(self, *fields: str) -> bool:
        """Return whether no value that an event shows stands in one of the fields."""
        return not all(_standing([event for event in self.events if event["field"] == field]) for field in fields)

    def conflicted(self, *fields: str) -> bool:
        """Return whether an event of one of the fields is recorded in two ways."""
        return any(event["conflicted"] and event["field"] in fields for event in self.events)


def _standing(told: Sequence[Record]) -> Span | None:
    """Return when a field got the value that it has: of those not taken out of it again, the first."""
    emptied = [event["occurred_at"] for event in told if event["new_value"] is None]
    entered = [event["occurred_at"] for event in told if event["new_value"] is not None]
    kept = [at for at in entered if not any(surely_before(at, gone) for gone in emptied)]
    sure = [at[1] for at in kept if all(surely_before(gone, at) for gone in emptied)]
    return (min(at[0] for at in kept), min(sure, default=NEVER)) if kept else None


def _checked(request: _Request) -> str:
    refused = request.row["decision"] == "refused"
    if request.row["disclosed_at"] is None and not refused and request.conflicted("answered_at"):
        return "cannot_test:conflict"
    disclosed = request.disclosed()
    if disclosed is None:
        return "na:nothing_disclosed"
    if request.conflicted("identity_checked_at"):
        return "cannot_test:conflict"
    typed = request.row["disclosed_at"] is not None or request.is_typed("identity_checked_at", "answered_at")
    if surely_before(request.checked, disclosed) and not (typed and request.has_gap(disclosed[1])):
        return "pass"
    if request.has_gap(disclosed[1]):
        return "cannot_test:source_gap"
    if request.checked is None:
        return "exception:no_identity_check"
    return (
        "exception:checked_after_disclosure"
        if surely_before(disclosed, request.checked)
        else "cannot_test:time_order_unclear"
    )


def _to_the_second(at: Span) -> Span:
    return at[0].replace(microsecond=0), at[1].replace(microsecond=0)


def _deadline(request: _Request, count: int, states: set[str]) -> Span:
    """Return the end of the day so many days after the receipt, at least and at most, with the pauses before it."""
    zone = next((ZoneInfo(row["zone"]) for row in request.records["calendar"] if row["id"] == "default"), UTC)
    ends = []
    for receipt in request.receipt:
        day = receipt.replace(tzinfo=UTC).astimezone(zone).date() + (count + 1) * A_DAY
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
        ends.append(midnight.astimezone(UTC).replace(tzinfo=None))
    history = [event for event in request.events if event["field"] == "status"]
    history.sort(key=lambda event: (event["occurred_at"][0], event["id"]))
    changes = [(_to_the_second(event["occurred_at"]), event["new_value"] or "") for event in history]
    checks = [event for event in request.events if event["field"] == "identity_checked_at"]
    shown = _to_the_second(_standing(checks) or (NEVER, NEVER))
    sure = longest = timedelta(0)
    for place, (start, state) in enumerate(changes):
        if plain(state) not in states:
            continue
        end = changes[place + 1][0] if place + 1 < len(changes) else (request.clock, request.clock)
        if start[1] < ends[0]:
            sure += max(min(end[0], shown[0]) - start[1], timedelta(0))
        if start[0] < ends[1]:
            longest += max(min(end[1], shown[1]) - start[0], timedelta(0))
    return ends[0] + sure, ends[1] + longest


def _answered(request: _Request, parameters: Mapping[str, ParameterValue]) -> str:
    if request.conflicted("status", "answered_at", "extension_notice") or request.receipt_torn:
        return "cannot_test:conflict"
    states = words(parameters["pause_states"])
    answer_days, extension_days = int(str(parameters["answer_days"])), int(str(parameters["extension_days"]))
    first = _deadline(request, answer_days, states)
    extended = _deadline(request, answer_days + extension_days, states)
    notice = request.notice
    surely_extended = notice is not None and notice[1] < first[0]
    perhaps_extended = notice is not None and notice[0] < first[1]
    deadline = extended[0] if surely_extended else first[0], extended[1] if perhaps_extended else first[1]
    answer = request.answered or (request.clock, request.clock)
    if answer[1] < deadline[0]:
        if request.answered is None:
            return "cannot_test:pending"
        if not _receipt_known(request):
            return "cannot_test:channel_untracked"
        typed = request.is_typed("answered_at")
        return "cannot_test:source_gap" if typed and request.has_gap(deadline[1]) else "pass"
    if request.has_gap(deadline[1]):
        return "cannot_test:source_gap"
    if answer[0] >= deadline[1]:
        if request.answered is None:
            return "exception:not_answered"
        was_late = notice is not None and notice[0] >= first[1]
        return "exception:extension_late" if was_late and answer[1] < extended[0] else "exception:late"
    return "cannot_test:time_order_unclear"


def _receipt_known(request: _Request) -> bool:
    if any(message["request"] == request.row["id"] for message in request.records["dsr_intake"]):
        return True
    return any(
        row["id"] == request.row["channel"]
        and not row["conflicted"]
        and (row["tracked_from"] or EVER) <= request.receipt[0]
        and request.receipt[1] < (row["tracked_to"] or NEVER)
        for row in request.records["dsr_channel"]
    )


def _searched(request: _Request) -> str:
    if request.answered is not None and request.row["decision"] == "refused":
        return "na:refused"
    if request.conflicted("answered_at") and (request.answered is None or request.row["system"] is None):
        return "cannot_test:conflict"
    if request.answered is None:
        return "na:not_answered"
    at = request.answered[0]
    searched = set(request.row["systems_searched"])
    if request.row["system"]:
        return "pass" if request.row["system"] in searched else "exception:system_left_out"
    begun = [row for row in request.records["personal_data_system"] if (row["valid_from"] or EVER) <= at]
    register = {
        (row["system"], row["conflicted"]) for row in begun if row["conflicted"] or at < (row["valid_to"] or NEVER)
    }
    left_out = {torn for system, torn in register if system not in searched}
    if False in left_out:
        return "exception:system_left_out"
    if left_out:
        return "cannot_test:conflict"
    after = request.answered[1] + timedelta(microseconds=1)
    if has_gap(request.records, ["personal_data_system"], "company", at, after):
        return "cannot_test:source_gap"
    return "pass" if register else "cannot_test:no_register"


def _refused(request: _Request) -> str:
    if request.answered is None:
        return "cannot_test:conflict" if request.conflicted("answered_at") else "na:not_answered"
    decision = request.row["decision"]
    if decision in {"refused", "partly_refused"}:
        return "pass" if request.row["refusal_reason"] else "exception:no_reason"
    return "na:not_refused" if decision == "granted" else "cannot_test:decision_unknown"
