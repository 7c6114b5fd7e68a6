"""T-22 Restore tests, from audit-domain T-22 and the rule's README."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from twofold.controltests.rule import ParameterValue

from .hands import add_second_hr_id
from .programme import Due, add_gap, add_schedule, due_periods
from .records import Record, Records
from .steps import BOT, EVER, LINKED, NEVER, SHARED_ACCOUNT, Hand, days, hand, has_gap, human_of
from .world import A_DAY, World

CONTROL_TEST = "T-22"
OUTCOME_ONLY: frozenset[str] = frozenset()
_TICK = timedelta(microseconds=1)
_VERIFIED = {"counts", "checksum", "application"}


def shared(world: World) -> None:
    """A calendar, so that items are named by local days."""
    world.add("calendar", id="default", zone="UTC")


def parameters(world: World) -> Mapping[str, ParameterValue]:
    """Every parameter at its default or at another value."""
    return {"every_store": world.chance(30), "backup_kept_days": world.pick((1, 7, 35))}


def populate(world: World) -> None:
    """Two systems with due periods of two to four weeks, their stores, tests, backups and hands."""
    systems = [world.key("erp"), world.key("crm")]
    periods = [period for system in systems for period in add_schedule(world, "restore_test", system)]
    for system in systems:
        for label in world.some(("soc2", "fin_relevant", "sso_only"), percent=50):
            dates = {"valid_from": world.maybe(25, world.moment()), "valid_to": world.maybe(25, world.moment())}
            world.add("system_label", system=system, label=label, dependents=world.pick((None, 0, 2)), **dates)
    stores = [world.id("store") for _ in range(world.number_in(1, 3))]
    for store in stores if world.chance(85) else stores[1:]:
        target, lives = world.maybe(85, 60), world.chance(80)
        for _ in range(2 if world.chance(8) else 1):
            world.add(
                "store",
                id=store,
                system=systems[0] if world.chance(60) else systems[1],
                rto_minutes=target,
                rpo_minutes=world.maybe(85, 30),
                valid_from=None if lives else world.maybe(50, world.moment()),
                valid_to=None if lives else world.maybe(50, world.moment()),
            )
    accounts = _hands(world)
    add_second_hr_id(world, [world.key("x"), world.key("y")])
    made: list[str] = []
    tested = world.pick((systems, systems[:1], systems[:1], systems[1:]))
    for _ in range(world.pick((0, 1, 1, 2, 3, 4))):
        start, due = world.pick(periods)
        completed = start + world.number_in(1, 27) * A_DAY if world.chance(70) else world.near(due, days=6)
        _restore_test(world, world.pick(tested), systems, stores, completed, accounts, made)
    add_gap(world, systems, ("restore_test", "backup"))


def _hands(world: World) -> list[str]:
    accounts = [world.key("ops:a"), world.key("ops:b"), world.key("ops:c")]
    for account in accounts:
        if world.chance(60):
            kind = world.pick((None, "human", "shared", "bot"))
            by = world.pick([None, None, *accounts])
            world.add("account", id=account, system="ops", kind=kind, triggered_by=by)
        for _ in range(world.pick((0, 1, 1, 1, 2))):
            person, start, end = (
                world.key(world.pick("xy")),
                world.maybe(30, world.moment()),
                world.maybe(15, world.moment()),
            )
            world.add("account_link", account=account, person=person, valid_from=start, valid_to=end)
    return accounts


def _backup_of(world: World, stores: Sequence[str], before: datetime) -> str:
    """Add a backup that was taken shortly before a test, as a rule, and return its id."""
    backup, store = world.id("backup"), world.pick(stores)
    origin = world.pick(("schedule", "schedule", "schedule", "Schedule", "manual"))
    taken = world.near(before) if world.chance(30) else before - world.number_in(1, 6) * A_DAY
    for _ in range(2 if world.chance(4) else 1):
        gone = world.maybe(25, world.instant(world.near(before)))
        world.add("backup", id=backup, store=store, taken_at=world.instant(taken), origin=origin, deleted_at=gone)
        store = world.pick(stores)
    return backup


def _restore_test(
    world: World,
    system: str,
    systems: Sequence[str],
    stores: Sequence[str],
    completed: datetime,
    accounts: Sequence[str],
    made: list[str],
) -> None:
    test = world.id("test")
    started = completed - world.number_in(0, 2) * timedelta(hours=3)
    backup = _backup_of(world, stores, started) if world.chance(85) else world.pick((None, world.key("unknown")))
    for _ in range(2 if world.chance(10) else 1):
        world.add(
            "restore_test",
            id=test,
            system=system,
            store=world.maybe(30, world.pick(stores)),
            backup=backup,
            started_at=world.maybe(70, world.instant(started)),
            completed_at=world.instant(completed),
            verification=world.pick(("counts", "Checksum", "application", "looked at it", None)),
            result=world.pick(("pass", "pass", "pass", "fail")),
            recovery_minutes=world.pick((59, 60, 60, 61, None)),
            loss_minutes=world.pick((29, 30, 30, 31, None)),
            operator=world.pick([*accounts, accounts[0], None]),
            signed_by=world.pick([*accounts, accounts[1], None, world.key("ops:nobody")]),
            signed_at=world.maybe(80, world.instant(world.near(completed))),
            retest_of=world.pick(made) if made and world.chance(40) else None,
            stands_for=world.maybe(40, [world.pick(systems)]),
            stands_for_reason=world.maybe(70, world.pick(("same platform", "same platform", " "))),
        )
    made.append(test)


_RANK = ("exception:", "cannot_test:", "pass", "na:")


def outcomes(records: Records, clock: datetime, parameters: Mapping[str, ParameterValue]) -> dict[str, dict[str, str]]:
    """Return the codes of every due period."""
    periods = list(due_periods(records, ["restore_test"]))
    return {f"{due.system}/{due.day}": _Item(records, due, periods, clock, parameters).codes() for due in periods}


class _Item:
    """One due period and the tests that it is judged by."""

    def __init__(
        self,
        records: Records,
        due: Due,
        periods: Sequence[Due],
        clock: datetime,
        parameters: Mapping[str, ParameterValue],
    ) -> None:
        self.records, self.due, self.clock, self.parameters = records, due, clock, parameters
        self.tests = {row["id"]: row for row in records["restore_test"]}
        self.backups = {row["id"]: row for row in records["backup"]}
        self.stores = {row["id"]: row for row in records["store"]}
        own = [row for row in self.tests.values() if self._is_inside(row, due) and row["system"] == due.system]
        standing = [
            row
            for row in self.tests.values()
            if self._is_inside(row, due) and row["system"] != due.system and due.system in row["stands_for"]
        ]
        reasoned = [row for row in standing if (row["stands_for_reason"] or "").strip()]
        before = [each for each in periods if each.system == due.system and each.due_at < due.due_at]
        lent = self._late_root(max(before, key=lambda each: each.due_at), periods) if before else None
        self.is_late = False
        if own:
            self.judged = [row for row in own if self._root(row)["id"] != lent]
            self.is_own = True
        elif reasoned:
            self.judged, self.is_own = reasoned, False
        else:
            late = self._late_root(due, periods)
            self.judged = [row for row in self.tests.values() if late is not None and self._root(row)["id"] == late]
            self.is_own, self.is_late = True, True
        self.named_only = bool(standing) and not own and not reasoned
        self.has_own = bool(own)

    def _root(self, test: Record) -> Record:
        """Return the test of the same system that a test repeats in the end, over three repetitions."""
        for _ in range(3):
            before = self.tests.get(test["retest_of"])
            if before is None or before["system"] != test["system"]:
                break
            test = before
        return test

    def _is_inside(self, test: Record, due: Due) -> bool:
        at = self._root(test)["completed_at"]
        return bool(at[0] < due.due_at and at[1] >= due.starts_at)

    def _roots_inside(self, due: Due) -> set[str]:
        return {
            self._root(row)["id"]
            for row in self.tests.values()
            if self._is_inside(row, due) and row["system"] == due.system
        }

    def _late_root(self, due: Due, periods: Sequence[Due]) -> str | None:
        """Return the first test after a period that has none, if the next due date can spare it or there is none."""
        answered = any(
            self._is_inside(row, due)
            and (
                row["system"] == due.system
                or (due.system in row["stands_for"] and (row["stands_for_reason"] or "").strip())
            )
            for row in self.tests.values()
        )
        after = [each for each in periods if each.system == due.system and each.due_at > due.due_at]
        following = min(after, key=lambda each: each.due_at, default=None)
        roots = [
            row
            for row in self.tests.values()
            if self._root(row)["id"] == row["id"]
            and row["system"] == due.system
            and row["completed_at"][0] >= due.due_at
            and (
                following is None
                or (row["completed_at"][0] < following.due_at and len(self._roots_inside(following)) > 1)
            )
        ]
        first_root = min(roots, key=lambda row: (row["completed_at"][0], row["id"]), default=None)
        return None if answered or first_root is None else str(first_root["id"])

    def codes(self) -> dict[str, str]:
        """Return letter -> code."""
        done = self._done()
        if self.due.row["conflicted"]:
            return dict.fromkeys("ABCDEF", "cannot_test:conflict")
        if not self.judged:
            without = "na:no_test" if done.startswith("exception") else done
            return {"A": done, **dict.fromkeys("BCDEF", without)}
        chains: dict[str, list[dict[str, str]]] = {}
        for test in self.judged:
            chains.setdefault(self._chain(test), []).append(
                {
                    "B": self._backup(test),
                    "C": self._verified(test),
                    "D": self._measured(test),
                    "F": self._signed(test),
                    "id": test["id"],
                }
            )
        best = [min(codes, key=self._goodness) for codes in chains.values()]
        found = {letter: min((codes[letter] for codes in best), key=_severity) for letter in "BCDF"}
        return {"A": done, "E": self._repeated(), **found}

    def _chain(self, test: Record) -> str:
        backup = self.backups.get(test["backup"])
        return f"{test['system']}/{test['store'] or (backup and backup['store']) or '-'}"

    def _store(self, test: Record) -> str | None:
        backup = self.backups.get(test["backup"])
        return str(backup["store"]) if backup else test["store"]

    def _goodness(self, codes: Mapping[str, str]) -> tuple[object, ...]:
        """Order tests of one store: good and in time, good, in conflict, failed; then by faults; then the earliest."""
        test = self.tests[codes["id"]]
        failed = test["result"] != "pass" and not test["conflicted"]
        in_time = test["completed_at"][1] < self.due.due_at
        kind = 2 if test["conflicted"] else 3 if failed else 0 if in_time else 1
        letters = [codes[letter] for letter in "BCDF"]
        exceptions = sum(code.startswith("exception") for code in letters)
        doubts = exceptions + sum(code.startswith("cannot_test") for code in letters)
        at = test["completed_at"][0]
        # Of failed tests the last is shown, of others the first.
        return kind, exceptions, doubts, EVER - at if failed else at - EVER, test["id"]

    def _done(self) -> str:
        due = self.due
        if due.row["conflicted"]:
            return "cannot_test:conflict"
        readable = [] if self.is_late else [row for row in self.judged if not row["conflicted"]]
        in_time = any(
            row["completed_at"][0] >= due.starts_at and row["completed_at"][1] < due.due_at for row in readable
        )
        untested = self._untested()
        if in_time and not untested:
            return "pass"
        if in_time and all(row["conflicted"] for row in untested):
            return "cannot_test:conflict"
        if not in_time and readable:
            return "cannot_test:time_order_unclear"
        if not in_time and self.judged and not self.is_late:
            return "cannot_test:conflict"
        if due.due_at > self.clock:
            return "cannot_test:pending"
        if due.has_gap(self.records, "restore_test"):
            return "cannot_test:source_gap"
        if in_time:
            return "exception:store_untested"
        if self.judged:
            return "exception:late"
        return "exception:stand_in_without_reason" if self.named_only else "exception:absent"

    def _untested(self) -> list[Record]:
        """Return the stores of the system, in use on the due date, that no test restored though policy asks for all."""
        if not self.parameters["every_store"] or not self.has_own:
            return []
        tested, at = {self._store(row) for row in self.judged}, self.due.due_at - _TICK
        return [
            row
            for row in self.stores.values()
            if row["system"] == self.due.system
            and row["id"] not in tested
            and (row["conflicted"] or (row["valid_from"] or EVER) <= at < (row["valid_to"] or NEVER))
        ]

    def _backup(self, test: Record) -> str:
        start = test["started_at"] or test["completed_at"]
        backup = self.backups.get(test["backup"])
        if test["conflicted"]:
            return "cannot_test:conflict"
        if test["backup"] is None:
            return "exception:no_backup_named"
        if backup is None:
            kept_from = start[0] - days(self.parameters["backup_kept_days"])
            gap = has_gap(self.records, ["backup"], test["system"], kept_from, start[1])
            return "cannot_test:source_gap" if gap else "exception:backup_unknown"
        if backup["conflicted"]:
            return "cannot_test:conflict"
        if backup["origin"].lower() != "schedule":
            return "exception:made_for_test"
        if test["store"] is not None and test["store"] != backup["store"]:
            return "exception:other_store"
        store = self.stores.get(backup["store"])
        if store is None:
            return "exception:store_not_registered"
        if store["conflicted"]:
            return "cannot_test:conflict"
        if store["system"] != test["system"]:
            return "exception:store_of_other_system"
        retired = store["valid_to"] or NEVER
        if retired <= start[0]:
            return "exception:store_retired"
        if not self.is_own and not self._labels(self.due.system) <= self._labels(test["system"]):
            return "exception:stand_in_out_of_scope"
        if backup["taken_at"][0] > start[1]:
            return "exception:taken_after_start"
        gone = backup["deleted_at"]
        if gone is not None and test["started_at"] is not None and gone[1] < start[0]:
            return "exception:deleted_before_start"
        was_there = (gone is None or gone[0] > start[1]) and start[1] < retired
        return "pass" if backup["taken_at"][1] < start[0] and was_there else "cannot_test:time_order_unclear"

    def _labels(self, system: str) -> set[str]:
        at = self.due.due_at - _TICK
        return {
            row["label"]
            for row in self.records["system_label"]
            if row["system"] == system
            and row["label"] in {"soc2", "fin_relevant"}
            and row["dependents"] != 0
            and (row["valid_from"] or EVER) <= at < (row["valid_to"] or NEVER)
        }

    def _verified(self, test: Record) -> str:
        if test["conflicted"]:
            return "cannot_test:conflict"
        if test["result"] != "pass":
            return "na:test_failed"
        return "pass" if (test["verification"] or "").lower() in _VERIFIED else "exception:not_verified"

    def _measured(self, test: Record) -> str:
        if test["conflicted"]:
            return "cannot_test:conflict"
        if test["result"] != "pass":
            return "na:test_failed"
        store = self.stores.get(self._store(test), {})
        if store.get("conflicted"):
            return "cannot_test:conflict"
        pairs = [(test["recovery_minutes"], store.get("rto_minutes")), (test["loss_minutes"], store.get("rpo_minutes"))]
        if any(minutes is not None and target is not None and minutes > target for minutes, target in pairs):
            return "exception:target_missed"
        if any(minutes is None for minutes, _ in pairs):
            return "exception:not_measured"
        return "cannot_test:no_target" if any(target is None for _, target in pairs) else "pass"

    def _signed(self, test: Record) -> str:
        signed_by, operator, signed_at = test["signed_by"], test["operator"], test["signed_at"]
        if test["conflicted"]:
            return "cannot_test:conflict"
        if signed_by is None:
            return "cannot_test:pending" if self.due.due_at > self.clock else "exception:not_signed"
        if signed_at is not None and signed_at[1] < test["completed_at"][0]:
            return "exception:signed_before_end"
        if signed_at is None:
            always = self._always(signed_by)
            if always is None and signed_by != operator:
                return "cannot_test:no_sign_time"
            signer = always or Hand("unknown")
        else:
            signer = hand(self.records, signed_by, signed_at[0])
        runner = hand(self.records, operator, (test["started_at"] or test["completed_at"])[0]) if operator else None
        if signer.state == SHARED_ACCOUNT:
            return "exception:shared_account"
        if signer.state == BOT:
            return "exception:not_a_person"
        if signed_by == operator or (
            signer.person is not None
            and runner is not None
            and human_of(self.records, signer.person) == human_of(self.records, runner.person)
        ):
            return "exception:signed_by_operator"
        if runner is None:
            return "cannot_test:operator_unknown"
        if signer.state != LINKED:
            return "cannot_test:signer_unlinked"
        if runner.state == SHARED_ACCOUNT:
            return "cannot_test:operator_shared"
        return "pass" if runner.state in {LINKED, BOT} else "cannot_test:operator_unlinked"

    def _always(self, account: str) -> Hand | None:
        """Return whose hand an account always was, None when that changed or nobody is known."""
        limits = [row[name] for row in self.records["account_link"] for name in ("valid_from", "valid_to") if row[name]]
        hands = {hand(self.records, account, at) for at in {EVER, *limits}}
        only = hands.pop()
        return None if hands or only.state == "unlinked" else only

    def _repeated(self) -> str:
        codes = ["na:no_failure"]
        for row in self.judged:
            if row["conflicted"]:
                # It may have failed; a good one after it settles that.
                solved = self._after_failure(row) == "pass"
                codes.append("na:no_failure" if solved else "cannot_test:conflict")
            elif row["result"] != "pass":
                codes.append(self._after_failure(row))
        return min(codes, key=_severity)

    def _after_failure(self, failed: Record) -> str:
        after = [
            row
            for row in self.judged
            if row["id"] != failed["id"]
            and (row["result"] == "pass" or row["conflicted"])
            and (self._chain(row) == self._chain(failed) or self._root(row)["id"] == self._root(failed)["id"])
            and row["completed_at"][1] >= failed["completed_at"][0]
        ]
        good = [row for row in after if not row["conflicted"]]
        due_at = self.due.due_at
        sure = [
            row
            for row in good
            if row["retest_of"] == failed["id"] or row["completed_at"][0] > failed["completed_at"][1]
        ]
        if any(row["completed_at"][1] < due_at for row in sure):
            return "pass"
        if any(row["completed_at"][0] < due_at for row in good):
            return "cannot_test:time_order_unclear"
        if any(row["completed_at"][0] < due_at for row in after):
            return "cannot_test:conflict"
        if due_at > self.clock:
            return "cannot_test:pending"
        if has_gap(self.records, ["restore_test"], self.due.system, failed["completed_at"][0], due_at):
            return "cannot_test:source_gap"
        return "exception:late_retest" if good else "exception:no_retest"


def _severity(code: str) -> tuple[int, str]:
    """Order codes from the worst: exception, cannot test, pass, not applicable."""
    return next(place for place, start in enumerate(_RANK) if code.startswith(start)), code
