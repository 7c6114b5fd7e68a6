"""T-19 Incidents, from audit-domain T-19 and the rule's README.

That no source speaks of accounts at all is asked of the whole company, so of all worlds of a batch, and a day without
24 hours needs a calendar of a zone that has one: both are left to the case folders.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from twofold.controltests.rule import ParameterValue

from .hands import add_hands, add_last_day, pick_hand
from .programme import first
from .records import Record, Records, Span
from .steps import (
    AMBIGUOUS,
    BOT,
    EVER,
    NEVER,
    SHARED_ACCOUNT,
    TICK,
    UNLINKED,
    days,
    hand,
    has_gap,
    mandates,
    surely_before,
)
from .world import A_DAY, START, World

CONTROL_TEST = "T-19"
OUTCOME_ONLY: frozenset[str] = frozenset()
Parameters = Mapping[str, ParameterValue]
_LEVELS = {"sev1": 1, "sev2": 2, "sev3": 3, "sev4": 4}


def shared(world: World) -> None:
    """An account that belongs to nobody of any world, and sometimes a roster for every system."""
    world.add("account_link", account="git:boss", person="boss")
    if world.chance(30):
        world.add("roster", scope="*", duty="finance", person="boss", valid_from=world.moment())


def parameters(world: World) -> Parameters:
    """Short times and long ones."""
    factor = world.pick((1, 1, 40))
    minutes = {"sev1": world.pick((30, 60)), "sev2": 60, "sev3": 480, "sev4": 1440}
    return {
        **{f"response_minutes_{name}": factor * each for name, each in minutes.items()},
        "cause_days": world.pick((2, 10)),
        "cause_severities": world.pick(("sev1;sev2", "sev1")),
        "day_grained": world.chance(30),
    }


def populate(world: World) -> None:
    """Up to three incidents, some merged, with their history, follow-ups, alerts and the people of finance."""
    hands = add_hands(world, "git")
    systems = [world.key("erp"), world.key("crm")]
    names = [world.key(f"INC-{number}") for number in (1, 2, 3)[: world.pick((1, 1, 2, 3))]]
    base = world.moment(first_day=5)
    for system in world.some(systems, percent=60):
        start = START + world.number_in(0, 60) * A_DAY
        world.add(
            "system_label",
            system=system,
            label=world.pick(("fin_relevant",) * 4 + ("soc2",)),
            valid_from=world.maybe(25, start),
            valid_to=world.maybe(15, start + 30 * A_DAY),
            dependents=world.pick((None, None, 2, 0)),
        )
    for person in world.some(("x", "y"), percent=65):
        start = world.near(base, days=4)
        world.add(
            "roster",
            scope=world.pick(systems),
            duty="finance",
            person=world.key(person),
            valid_from=world.maybe(50, start),
            valid_to=world.maybe(15, start + 30 * A_DAY),
        )
    for name in names:
        _incident(world, name, names, systems, hands, world.near(base, days=world.pick((0, 20))))
    for _ in range(world.pick((0, 0, 0, 1))):
        start = world.moment()
        world.add(
            "source_gap",
            table_name=world.pick(("incident_event", "incident_event", "incident_action")),
            system=world.pick(systems),
            starts_at=world.maybe(70, start),
            ends_before=world.maybe(50, start + world.pick((1, 30)) * A_DAY),
            reason="not_extracted",
        )
    add_last_day(world, "incident", "finance_by", "finance_at", scope=world.pick(systems), duty="finance")


def _incident(
    world: World, name: str, names: Sequence[str], systems: Sequence[str], hands: list[str], moment: datetime
) -> None:
    opened = moment + timedelta(minutes=world.pick((0, 7)))
    noticed = opened - timedelta(minutes=world.pick((0, 5, 20, -10)))
    answered = noticed + timedelta(minutes=world.pick((10, 25, 30, 45, 60, 400, 1440, 2000, -5)))
    contained = opened + timedelta(hours=world.pick((1, 2, 2, 30)))
    recovered = contained + timedelta(hours=world.pick((1, 1, 1, 5, 0, -1)))
    closed = world.maybe(70, recovered + timedelta(hours=world.pick((1, 20))))
    reopened = closed + timedelta(hours=world.pick((2, 30, -30))) if closed and world.chance(20) else None
    if reopened and world.chance(25):
        closed = opened - timedelta(hours=world.pick((0, 1, 100)))
        reopened = world.pick((reopened, reopened, closed + timedelta(minutes=30)))
        answered = world.pick((answered, reopened + timedelta(minutes=world.pick((0, 20, 400)))))
    cause, decided = world.maybe(65, "a bad disk"), opened + world.pick((-1, 0, 1, 2, 5, 10, 12)) * A_DAY
    severity = world.pick(("sev1", "sev1", "SEV2", "sev3", "sev4", "sev3", "bad", None))
    values = {
        "systems": world.some(systems, percent=60),
        "detected_at": world.maybe(60, world.instant(noticed, coarse=6)),
        "reported_at": world.maybe(50, world.instant(noticed + timedelta(minutes=3), coarse=6)),
        "opened_at": world.instant(opened, coarse=6),
        "responded_at": world.maybe(80, world.instant(answered, coarse=6)),
        "contained_at": world.maybe(85, world.instant(contained, coarse=6)),
        "recovered_at": world.maybe(85, world.instant(recovered, coarse=6)),
        "closed_at": closed and world.instant(closed, coarse=6),
        "reopened_at": reopened and world.instant(reopened, coarse=6),
        "duplicate_of": world.pick((None,) * 4 + (*names, world.key("INC-9"))),
        "false_alarm_reason": world.maybe(12, "a test"),
        "false_alarm_by": pick_hand(world, hands),
        "cause": cause,
        "cause_at": world.maybe(80, world.instant(decided)),
        "notice_decision": world.pick(("required", "Not_required", "maybe", None)),
        "finance_effect": world.pick(("yes", "No", "no", "no", None)),
        "finance_by": pick_hand(world, hands),
        "finance_at": world.maybe(90, world.instant(opened + world.pick((-1, 0, 1, 3)) * A_DAY, coarse=40)),
    }
    for _ in range(2 if world.chance(3) else 1):
        world.add("incident", id=name, severity=severity, **values)
        severity = "sev2"
    for _ in range(world.pick((0, 0, 1, 2))):
        changed = world.pick((opened, answered, closed or opened)) + timedelta(
            minutes=world.pick((-10, 0, 5, 20, 1500))
        )
        field, txn = world.pick(("severity", "severity", "severity", "cause", "status")), world.pick((None, "s1"))
        words = {"severity": ("sev1", "sev2", "sev3", "Sev4", "bad", None), "status": ("open", "Closed")}
        old, new = (world.pick(words.get(field, ("a bad disk", None))) for _ in range(2))
        event, seen = world.id("event"), world.instant(changed, coarse=6)
        for _ in range(2 if world.chance(4) else 1):
            world.add(
                "incident_event",
                id=event,
                incident=name,
                field=field,
                old_value=old,
                new_value=new,
                occurred_at=seen,
                txn=txn,
            )
            new = world.pick(("sev1", "sev3"))
    if world.chance(30):
        for field in ("contained_at", "recovered_at"):
            world.add(
                "incident_event",
                id=world.id("event"),
                incident=name,
                field=field,
                occurred_at=world.instant(recovered, coarse=0),
                txn=world.pick(("s2", "s2", None)),
            )
    for _ in range(world.pick((0, 0, 1, 2))):
        action, due = world.id("action"), START + world.number_in(5, 90) * A_DAY
        closes = world.maybe(60, world.instant(due + world.pick((-5, -1, 0, 1)) * A_DAY, coarse=30))
        due_at = world.maybe(90, world.instant(due, coarse=50))
        for owner in ("x", "y")[: 2 if world.chance(4) else 1]:
            world.add("incident_action", id=action, incident=name, owner=owner, due_at=due_at, closed_at=closes)
    for _ in range(world.pick((0, 0, 1))):
        world.add(
            "pager_incident",
            id=world.id("page"),
            origin=world.pick(("pager", "mailbox", "status_page", None)),
            incident=world.maybe(90, name),
            opened_at=world.instant(noticed - timedelta(minutes=world.pick((0, 15))), coarse=6),
        )


def outcomes(records: Records, clock: datetime, parameters: Parameters) -> Mapping[str, Mapping[str, str]]:
    """Return item -> letter -> reason code of each incident and system that it touched."""
    found = {}
    originals = {row["id"]: _original(records, row) for row in records["incident"]}
    for row in records["incident"]:
        members = [each for each in records["incident"] if originals[each["id"]] == row["id"]]
        touched = {system for each in [row, *members] for system in each["systems"]}
        if not row["systems"]:
            touched.add("-")
        incident = Incident(records, clock, parameters, row, members, originals[row["id"]] != row["id"], touched)
        for system in touched:
            alone = system == "-" or list(row["systems"]) == [system]
            found[row["id"] if alone else f"{row['id']}@{system}"] = incident.codes(system)
    return found


def _original(records: Records, row: Record) -> str:
    """Return the record that a duplicate was merged into, over three merges; of nothing, or in a circle, itself."""
    known, name = {each["id"]: each for each in records["incident"]}, str(row["id"])
    for _ in range(4):
        each = known.get(name)
        if each is None:
            break
        if each["duplicate_of"] is None:
            return name
        name = each["duplicate_of"]
    return str(row["id"])


@dataclass(frozen=True, slots=True)
class Held:
    """A severity that was held: from when, whether as the first one and by the record itself, and its word."""

    at: Span
    is_first: bool
    word: str
    conflicted: bool
    is_own: bool

    @property
    def level(self) -> int | None:
        """1 for sev1 to 4 for sev4, None for an unknown word."""
        return _LEVELS.get(self.word)


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident with the records merged into it."""

    records: Records
    clock: datetime
    parameters: Parameters
    row: Record
    members: Sequence[Record]
    is_duplicate: bool
    touched: set[str]

    def codes(self, system: str) -> Mapping[str, str]:
        """Return letter -> reason code for one system."""
        excuse = self._excuse()
        if excuse:
            return dict.fromkeys("ABCDEFG", excuse)
        return {
            "A": self._severity(),
            "B": self._response(system),
            "C": self._contained(),
            "D": self._cause(system),
            "E": self._actions(system),
            "F": self._notice(),
            "G": self._finance(system),
        }

    @property
    def is_open(self) -> bool:
        """Return whether it was open at the extraction."""
        return self.row["closed_at"] is None or surely_before(self.row["closed_at"], self.row["reopened_at"])

    def _excuse(self) -> str | None:
        row = self.row
        if row["conflicted"]:
            return "cannot_test:conflict"
        if self.is_duplicate:
            return "na:duplicate"
        if row["false_alarm_reason"] is None or row["false_alarm_by"] is None:
            return None
        who = hand(self.records, row["false_alarm_by"], (row["closed_at"] or row["opened_at"])[0])
        if who.state == BOT:
            return None
        return "na:false_alarm" if who.person else "cannot_test:confirmer_unlinked"

    def _events(self, field: str, of: str | None = None) -> list[Record]:
        own = [row for row in self.records["incident_event"] if row["incident"] == (of or self.row["id"])]
        return sorted((row for row in own if row["field"] == field), key=lambda row: (row["occurred_at"], row["id"]))

    def _held(self) -> list[Held]:
        """Return what the record held, in order, and then what was held by those merged into it."""
        found = []
        for row in [self.row, *(each for each in self.members if each["id"] != self.row["id"])]:
            events, opened, is_own = self._events("severity", row["id"]), row["opened_at"], row is self.row
            told = [(opened, event["old_value"], event["conflicted"]) for event in events[:1]]
            told += [(event["occurred_at"], event["new_value"], event["conflicted"]) for event in events]
            if not events:
                told = [(opened, row["severity"], row["conflicted"])]
            known = [each for each in told if each[1] is not None]
            found += [
                Held(at, is_own and place == 0, word.lower(), wrong, is_own)
                for place, (at, word, wrong) in enumerate(known)
            ]
        return found

    def _running(self, moment: datetime, *, at_most: bool) -> datetime:
        """Return a moment on the clock that stood still from the last closing to the reopening, at most or at least."""
        reopened = self.row["reopened_at"]
        closed_words = str(self.parameters["closed_states"]).split(";")
        closings = [
            row["occurred_at"] for row in self._events("status") if (row["new_value"] or "").lower() in closed_words
        ]
        closings += [self.row["closed_at"]] if self.row["closed_at"] else []
        before = [at for at in closings if surely_before(at, reopened)]
        opened = self.row["opened_at"][0]
        if not at_most:
            before = [at for at in before if at[1] >= opened]
        if not before:
            return moment
        end: datetime = reopened[0]
        start: datetime = max(opened, *(at[0] for at in before)) if at_most else max(at[1] for at in before)
        start = min(start, end)
        return moment - (end - start) if moment >= end else min(moment, start)

    def _detected(self) -> tuple[Span, bool]:
        """Return the earliest notice of any record merged into it, and whether some alert or report has a time."""
        names = {row["id"] for row in self.members}
        alerts = [row[name] for row in self.members for name in ("detected_at", "reported_at") if row[name]]
        alerts += [
            row["opened_at"]
            for row in self.records["pager_incident"]
            if row["incident"] in names and row["origin"] != "status_page"
        ]
        every = [*alerts, *(row["opened_at"] for row in self.members)]
        return (min(at[0] for at in every), min(at[1] for at in every)), bool(alerts)

    def _minutes(self, level: int) -> timedelta:
        return timedelta(minutes=int(str(self.parameters[f"response_minutes_sev{level}"])))

    def _history_gap(self, system: str, until: datetime) -> bool:
        return has_gap(self.records, ["incident_event"], system, self.row["opened_at"][0], until + TICK)

    # A

    def _severity(self) -> str:
        word = self.row["severity"]
        if word is not None:
            return "pass" if word.lower() in _LEVELS else "cannot_test:unknown_severity"
        shortest = min(self._minutes(level) for level in _LEVELS.values())
        waiting = self.is_open and self.clock <= self._detected()[0][0] + shortest
        return "cannot_test:pending" if waiting else "exception:no_severity"

    # B

    def _reached(self, at: Span | None) -> Span:
        """Return when something was reached, or the extraction, on the clock of the incident."""
        earliest, latest = at or (self.clock, self.clock)
        return self._running(earliest, at_most=True), self._running(latest, at_most=False)

    def _answered(self) -> Span | None:
        told = [row["responded_at"] for row in self.members if row["responded_at"] is not None]
        return (min(at[0] for at in told), min(at[1] for at in told)) if told else None

    def _response(self, system: str) -> str:
        held, answered = self._held(), self._answered()
        detected, has_alert = self._detected()
        if any(each.conflicted for each in held):
            return "cannot_test:conflict"
        if any(each.level is None for each in held):
            return "cannot_test:unknown_severity"
        if surely_before(answered, detected):
            return "cannot_test:response_before_detection"
        if answered is None and not self.is_open:
            return "exception:no_response"
        reached, minutes = self._reached(answered), [self._minutes(level) for level in _LEVELS.values()]
        shortest, longest = detected[0] + min(minutes), detected[1] + max(minutes)
        late = "exception:no_response" if answered is None else "exception:slow_response"
        sure = [each for each in held if each.is_first or answered is None or surely_before(each.at, answered)]
        perhaps = [each for each in held if each.is_first or answered is None or each.at[0] < answered[1]]
        if not sure:
            if reached[0] > longest:
                return late
        else:
            due = detected[1] + self._minutes(min(each.level or 9 for each in sure))
            own = [each for each in sure if each.is_own]
            if own and due < reached[0] <= detected[1] + self._minutes(own[-1].level or 9):
                return "exception:severity_lowered"
            if reached[0] > due:
                return late
        if not has_alert:
            return "cannot_test:no_detection"
        if answered is None:
            unset = not sure and reached[0] > shortest
            return "cannot_test:no_severity" if unset else "cannot_test:pending"
        if reached[1] <= shortest:
            return "pass"
        if self._history_gap(system, answered[1]):
            return "cannot_test:source_gap"
        if not sure:
            return "cannot_test:no_severity"
        strict = detected[0] + self._minutes(min(each.level or 9 for each in perhaps))
        return "pass" if reached[1] <= strict else "cannot_test:time_order_unclear"

    # C

    def _contained(self) -> str:
        row, detected = self.row, self._detected()[0]
        contained, recovered, reopened = row["contained_at"], row["recovered_at"], row["reopened_at"]
        again = recovered is not None and reopened is not None and recovered[0] <= reopened[1]
        one_save = any(
            left["txn"] and left["txn"] == right["txn"]
            for left in self._events("contained_at")
            for right in self._events("recovered_at")
        )
        reasons = (
            (surely_before(recovered, contained), "exception:out_of_order"),
            (surely_before(contained, detected) or surely_before(recovered, detected), "exception:out_of_order"),
            (self.is_open and (contained is None or recovered is None or again), "cannot_test:pending"),
            (contained is None, "exception:not_contained"),
            (recovered is None, "exception:not_recovered"),
            (again, "cannot_test:recovery_before_reopening"),
            (surely_before(contained, recovered) or bool(self.parameters["day_grained"]), "pass"),
            (contained == recovered and one_save, "pass"),
        )
        return next((code for holds, code in reasons if holds), "cannot_test:time_order_unclear")

    # D

    def _cause(self, system: str) -> str:
        row, held = self.row, self._held()
        words = str(self.parameters["cause_severities"]).split(";")
        asking = [self.row["opened_at"] if each.is_first else each.at for each in held if each.word in words]
        starts = asking or [row["opened_at"]]
        limit = days(self.parameters["cause_days"])
        due = min(at[0] for at in starts) + limit, min(at[1] for at in starts) + limit
        written: Span | None = row["cause_at"] if row["cause"] is not None else None
        told = [each["occurred_at"] for each in self._events("cause") if each["new_value"] is not None]
        if row["cause"] is not None and told:
            written = min(at[0] for at in told), min(at[1] for at in told)
        reached = self._reached(written)
        unknown = any(each.level is None for each in held)
        in_time = written is not None and reached[1] <= due[0]
        reasons = (
            (any(each.conflicted for each in held), "cannot_test:conflict"),
            (
                surely_before(written, self._detected()[0]) and (bool(asking) or not held or unknown),
                "cannot_test:cause_before_detection",
            ),
            (in_time and (bool(asking) or not held or unknown), "pass"),
            (not asking and unknown, "cannot_test:unknown_severity"),
            (not held, "cannot_test:no_severity"),
            (not asking and self._history_gap(system, due[1]), "cannot_test:source_gap"),
            (not asking, "na:not_required"),
            (row["cause"] is not None and written is None, "cannot_test:no_cause_time"),
            (written is None and reached[0] > due[1], "exception:no_cause"),
            (written is None, "cannot_test:pending"),
            (reached[0] > due[1], "exception:late_cause"),
        )
        return next((code for holds, code in reasons if holds), "cannot_test:time_order_unclear")

    # E

    def _actions(self, system: str) -> str:
        names, opened = {row["id"] for row in self.members}, self.row["opened_at"]
        order = (
            *("exception:action_late", "exception:action_overdue", "exception:action_undated"),
            *("cannot_test:conflict", "cannot_test:time_order_unclear", "pass"),
        )
        found = [self._action(row) for row in self.records["incident_action"] if row["incident"] in names]
        worst = first(found, order)
        if worst is not None and worst.startswith("exception"):
            return worst
        if has_gap(self.records, ["incident_action"], system, opened[0], opened[1] + TICK):
            return "cannot_test:source_gap"
        return worst or "na:no_action"

    def _action(self, row: Record) -> str:
        due, closed = row["due_at"], row["closed_at"]
        if row["conflicted"]:
            return "cannot_test:conflict"
        if closed is None:
            if due is None:
                return "exception:action_undated"
            return "exception:action_overdue" if self.clock > due[1] else "pass"
        if due is None or closed[1] <= due[1]:
            return "pass"
        return "exception:action_late" if closed[0] > due[1] else "cannot_test:time_order_unclear"

    # F

    def _notice(self) -> str:
        if (self.row["notice_decision"] or "").lower() in {"required", "not_required"}:
            return "pass"
        return "cannot_test:pending" if self.is_open else "exception:notice_undecided"

    # G

    def _finance(self, system: str) -> str:
        row, relevant = self.row, set(self._relevant())
        if not relevant:
            return "cannot_test:no_system" if system == "-" else "na:no_financial_system"
        if (row["finance_effect"] or "").lower() not in {"yes", "no"}:
            return "cannot_test:pending" if self.is_open else "exception:finance_effect_missing"
        account, at = row["finance_by"], row["finance_at"]
        if account is None:
            return "exception:finance_unnamed"
        kinds = {each["id"]: each["kind"] for each in self.records["account"]}
        who = hand(self.records, account, at[0] if at else NEVER - A_DAY)
        is_bot = kinds.get(account) in {"service", "bot"} and (at is None or who.person is None)
        scopes = ({system} if system in relevant else relevant) | {"*"}
        reasons = (
            (who.state == SHARED_ACCOUNT and not is_bot, "exception:shared_account"),
            (is_bot, "exception:not_a_person"),
            (at is None, "cannot_test:no_finance_time"),
            (who.state == UNLINKED, "cannot_test:finance_unlinked"),
            (who.state == AMBIGUOUS, "cannot_test:finance_ambiguous"),
            (surely_before(at, self._detected()[0]), "cannot_test:answer_before_detection"),
        )
        return next((code for holds, code in reasons if holds), "") or self._on_roster(who.person, at, scopes)

    def _relevant(self) -> Iterator[str]:
        opened = self.row["opened_at"][0]
        for each in self.records["system_label"]:
            if (
                each["system"] in self.touched
                and each["label"] == "fin_relevant"
                and each["dependents"] != 0
                and (each["valid_from"] or EVER) <= opened < (each["valid_to"] or NEVER)
            ):
                yield each["system"]

    def _on_roster(self, person: str | None, at: Span, scopes: set[str]) -> str:
        held = [
            each
            for each in mandates(self.records)
            if (each.person, each.duty) == (person, "finance") and each.scope in scopes and each.perhaps(at)
        ]
        if any(each.surely(at) for each in held):
            return "pass"
        if held:
            return "cannot_test:time_order_unclear"
        kept = any(
            each["duty"] == "finance" and each["scope"] in scopes and (each["valid_from"] or EVER) <= at[0]
            for each in self.records["roster"]
        )
        return "exception:not_finance" if kept else "cannot_test:no_roster"
