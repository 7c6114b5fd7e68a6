"""T-21 Backups, from audit-domain T-21, the rule's README and the head of the population expected_backup."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from twofold.controltests.rule import ParameterValue
from twofold.model.instant import Instant

from .hands import add_hands, pick_hand
from .records import Record, Records, Span
from .steps import BOT, EVER, LINKED, NEVER, SHARED_ACCOUNT, TICK, days, hand, has_gap, uncovered
from .world import A_DAY, World

CONTROL_TEST = "T-21"
OUTCOME_ONLY: frozenset[str] = frozenset()
Parameters = Mapping[str, ParameterValue]
GOOD_CONFIG: Mapping[str, int | None] = {"enabled": True, "keep_days": 10, "encrypted": True, "locked": True}


def shared(world: World) -> None:
    """Nothing that all worlds see."""


def parameters(world: World) -> Parameters:
    """Limits that fall on the hours of the worlds."""
    return {
        "solve_hours": world.pick((1, 12, 24)),
        "silence_minutes": world.pick((720, 1440)),
        "report_days": world.pick((0, 3, 30)),
        "first_day_hours": world.pick((0, 24, 48)),
    }


def populate(world: World) -> None:
    """A data store with a plan of a few days, its runs, looks or reports, settings, pauses and follow-ups."""
    system, store = world.key("erp"), world.key("db")
    world.add("system", id=system, zone=world.pick((None, "UTC", "America/New_York")))
    hands = add_hands(world, "ops")
    start = world.moment(first_day=30, last_day=66)
    start = world.pick((start, start, start, world.moment(first_day=66)))
    used_from = world.pick((start, start, start, start - A_DAY, start - 2 * A_DAY, None, start + A_DAY))
    if world.chance(93):
        used_to = world.maybe(70, start + world.pick((2, 3, 5)) * A_DAY)
        for _ in range(2 if world.chance(2) else 1):
            rpo = world.pick((None, 30, 60))
            world.add("store", id=store, system=system, valid_from=used_from, valid_to=used_to, rpo_minutes=rpo)
    if world.chance(90):
        _plan(world, store, start, hands)
    for name in ("never", "nor-ever") if world.chance(5) else ():
        begins = start + world.pick((0, 1, 2)) * A_DAY
        ends = begins - world.pick((0, 1, 2)) * A_DAY
        world.add(
            "backup_plan", id=world.key(name), store=store, schedule="daily 09:00", valid_from=begins, valid_to=ends
        )
    for _ in range(world.pick((0, 1, 1))):
        begins = start + world.pick((-3, -1, 0, 1)) * A_DAY
        world.add(
            "source_gap",
            table_name=world.pick(
                (
                    "backup_plan",
                    "backup_run",
                    "backup_run",
                    "backup_report",
                    "backup_config",
                    "backup",
                    "run_followup",
                    "ticket",
                )
            ),
            system=world.pick((system, system, "*")) if world.number < 0 else system,
            starts_at=world.maybe(50, begins),
            ends_before=world.maybe(50, begins + world.pick((1, 2, 60)) * A_DAY),
            reason="not_extracted",
        )


def _plan(world: World, store: str, start: datetime, hands: list[str]) -> None:
    plan = world.key("nightly")
    kind = world.pick(("run", "run", "run", "continuous", "provider"))
    schedule = "continuous" if kind == "continuous" else world.pick(("daily 00:00", "daily 12:00", "daily 09:00,17:00"))
    begins = start
    for _ in range(world.pick((1, 1, 2))):
        ends = begins + world.pick((1, 2, 3)) * A_DAY
        window = world.pick((None, 60, 720, 1440))
        for _ in range(2 if world.chance(3) else 1):
            world.add(
                "backup_plan",
                id=plan,
                store=store,
                schedule=schedule,
                zone=world.pick(("UTC", None, "America/New_York", "America/New_York")) if world.chance(40) else "UTC",
                valid_from=begins,
                valid_to=ends,
                window_minutes=window,
                provider_managed=world.pick((None, False)) if kind == "run" else kind == "provider",
                max_lag_minutes=world.pick((None, 30)),
                keep_days=world.pick((10, 10, 10, None)),
                must_encrypt=world.pick((True, None)),
                must_lock=world.pick((True, False)),
            )
        if kind == "continuous":
            _looks(world, plan, begins, ends)
        elif kind == "provider":
            _reports(world, plan, begins, ends)
        else:
            _runs(world, plan, begins, ends, hands)
        begins = ends + world.pick((0, 0, 1)) * A_DAY
    if world.chance(70):
        _settings(world, plan, start)
    for _ in range(world.pick((0, 0, 1))):
        _backup(world, store, start)
    begun = {str(row.values["id"]): row.values["started_at"] for row in world.rows if row.table == "backup_run"}
    for run, taken in begun.items():
        if world.chance(55):
            assert isinstance(taken, Instant)
            gone = taken.earliest + 10 * A_DAY - world.pick((0, 0, 1, 2)) * timedelta(hours=1)
            gone_at = world.instant(gone) if world.chance(40) else None
            world.add(
                "backup", id=f"{run}-copy", store=store, taken_at=taken, origin="schedule", run=run, deleted_at=gone_at
            )


def _runs(world: World, plan: str, begins: datetime, ends: datetime, hands: list[str]) -> None:
    day = begins.replace(hour=0)
    while day < ends:
        slot = day + world.pick((0, 9, 12, 17)) * timedelta(hours=1)
        for _ in range(world.pick((0, 1, 1, 2))):
            _run(world, plan, slot)
        if world.chance(35):
            name = world.id("followup")
            world.add(
                "run_followup",
                id=name,
                activity=world.pick(("backup", "backup", "backup", "job")),
                plan=plan,
                slot_at=world.instant(slot, coarse=60),
                ticket=world.pick((world.key("T-1"), world.key("T-1"), world.key("T-9"), None)),
            )
        day += A_DAY
    if world.chance(60):
        world.add("ticket", key=world.key("T-1"), type="incident")
    if world.chance(45):
        _pause(world, plan, begins, hands)


def _run(world: World, plan: str, slot: datetime) -> None:
    name = world.id("run")
    started = slot + world.pick((timedelta(0), timedelta(0), timedelta(minutes=30), timedelta(hours=5)))
    ended = started + world.pick((timedelta(hours=1), timedelta(minutes=20), timedelta(hours=12), A_DAY))
    ended += world.pick((timedelta(0), timedelta(0), timedelta(0), timedelta(hours=1), A_DAY))
    if world.chance(10):
        started -= world.pick((timedelta(seconds=1), timedelta(hours=1), A_DAY))
    status = world.pick(("success", "success", "success", "warning", "failed", "running"))
    for _ in range(2 if world.chance(3) else 1):
        world.add(
            "backup_run",
            id=name,
            plan=plan,
            slot_at=world.maybe(30, world.instant(slot, coarse=0)),
            started_at=world.instant(started, coarse=10),
            ended_at=None if status == "running" else world.maybe(93, world.instant(ended, coarse=10)),
            status=status if world.chance(98) else "failed",
        )


def _pause(world: World, plan: str, begins: datetime, hands: list[str]) -> None:
    starts = begins + world.pick((-1, 0, 1)) * A_DAY
    for _ in range(2 if world.chance(3) else 1):
        world.add(
            "run_pause",
            activity=world.pick(("backup", "backup", "backup", "job")),
            plan=plan,
            starts_at=starts,
            ends_before=world.maybe(70, starts + world.pick((1, 2)) * A_DAY),
            approved_by=world.pick((pick_hand(world, hands), world.pick(hands))),
            approved_at=world.maybe(90, world.instant(starts + world.pick((-2, -1, 0, 1)) * A_DAY)),
        )


def _looks(world: World, plan: str, begins: datetime, ends: datetime) -> None:
    step = world.pick((6, 12, 12, 24)) * timedelta(hours=1)
    at = begins - world.pick((0, 1)) * step
    while at < ends + step:
        if world.chance(92):
            seen = world.instant(at + world.pick((0, 0, 0, 1)) * timedelta(seconds=1), coarse=5)
            for _ in range(2 if world.chance(2) else 1):
                world.add(
                    "backup_lag", plan=plan, observed_at=seen, lag_minutes=world.pick((5,) * 12 + (30, 31, 60, 61))
                )
        at += step


def _reports(world: World, plan: str, begins: datetime, ends: datetime) -> None:
    for _ in range(world.pick((0, 1, 1, 2))):
        name, starts = world.id("report"), begins + world.pick((-1, 0, 1)) * A_DAY
        for _ in range(2 if world.chance(5) else 1):
            world.add(
                "backup_report",
                id=name,
                plan=plan,
                period_from=starts.replace(hour=0),
                period_to=world.pick((ends, ends + 2 * A_DAY, starts + A_DAY)),
                result=world.pick(("good", "good", "good", "failed")),
            )


def _settings(world: World, plan: str, start: datetime) -> None:
    for _ in range(world.pick((1, 1, 2))):
        at = world.instant(start + world.pick((-9, -1, 0, 1)) * A_DAY, coarse=30)
        for _ in range(2 if world.chance(3) else 1):
            changed = {
                "enabled": world.pick((False, False, None)),
                "keep_days": world.pick((9, None)),
                "encrypted": world.pick((False, None)),
                "locked": world.pick((False, None)),
            }
            values = {word: changed[word] if world.chance(15) else value for word, value in GOOD_CONFIG.items()}
            world.add("backup_config", plan=plan, set_at=at, **values)


def _backup(world: World, store: str, start: datetime) -> None:
    taken = start + world.number_in(0, 2) * A_DAY + world.pick((0, 1, 12)) * timedelta(hours=1)
    gone = taken + world.pick((1, 9, 10, 10, 11)) * A_DAY - world.pick((0, 0, 1, 2)) * timedelta(hours=1)
    name = world.id("copy")
    for _ in range(2 if world.chance(5) else 1):
        world.add(
            "backup",
            id=name,
            store=store,
            taken_at=world.instant(taken),
            origin=world.pick(("schedule", "schedule", "Schedule", "manual")),
            run=world.pick((world.key("run1"), world.key("run2"), None, None)),
            deleted_at=world.maybe(80, world.instant(gone)),
        )


@dataclass(frozen=True, slots=True)
class Due:
    """One slot or day of a plan that is due: the plan's row, the store's if the register has it, and all else."""

    records: Records
    slot: Record
    plan: Record
    store: Record | None
    slots: Sequence[Record]
    clock: datetime
    parameters: Parameters

    @property
    def system(self) -> str:
        """The store's system."""
        return self.store["system"] if self.store else "-"

    @property
    def conflicted(self) -> bool:
        """Whether the plan or the store is in conflict."""
        return bool(self.plan["conflicted"] or (self.store and self.store["conflicted"]))

    def of(self, table: str) -> list[Record]:
        """Return the rows of a table about the plan."""
        return [row for row in self.records[table] if row["plan"] == self.plan["id"]]

    def has_gap(self, tables: Sequence[str], start: datetime, end: datetime) -> bool:
        """Return whether tables are not proven in [start, end)."""
        return has_gap(self.records, tables, self.system, start, end)


def outcomes(records: Records, clock: datetime, parameters: Parameters) -> dict[str, dict[str, str]]:
    """Judge every slot and day of every plan, and every stretch of a store without one."""
    found = {}
    stores = {row["id"]: row for row in records["store"]}
    for slot in records["expected_run"]:
        if slot["activity"] != "backup":
            continue
        plan = next(
            row
            for row in records["backup_plan"]
            if row["id"] == slot["plan"] and row["valid_from"] == slot["valid_from"]
        )
        slots = [row for row in records["expected_run"] if row["activity"] == "backup" and row["plan"] == plan["id"]]
        due = Due(records, slot, plan, stores.get(plan["store"]), slots, clock, parameters)
        how = _continuous if slot["is_continuous"] else _provider if plan["provider_managed"] else _ran
        planned = "pass" if due.store else "exception:store_not_registered"
        found[f"{plan['id']}/{slot['slot']}"] = {
            "A": "cannot_test:conflict" if due.conflicted else how(due),
            "B": "cannot_test:conflict" if due.conflicted else planned,
            "C": "cannot_test:conflict" if due.conflicted else _kept(due),
        }
    for store in stores.values():
        for start, end in _without_plan(records, store):
            item = f"{store['id']}/no-plan/{'ever' if start == EVER else start}"
            code = _no_plan(records, store, (start, end), clock, parameters)
            found[item] = {"A": "na:no_plan", "B": code, "C": "na:no_plan"}
    return found


def _without_plan(records: Records, store: Record) -> list[tuple[datetime, datetime]]:
    plans = [row for row in records["backup_plan"] if row["store"] == store["id"]]
    stretches = [(row["valid_from"] or EVER, row["valid_to"] or NEVER) for row in plans]
    covered = [(start, end) for start, end in stretches if start < end]
    return uncovered(store["valid_from"] or EVER, store["valid_to"] or NEVER, covered)


def _no_plan(records: Records, store: Record, hole: Span, clock: datetime, parameters: Parameters) -> str:
    if store["conflicted"]:
        return "cannot_test:conflict"
    start, end = hole
    if start >= clock:
        return "cannot_test:pending"
    for gap in records["source_gap"]:
        holds = (gap["starts_at"] is None or gap["starts_at"] <= start) and (
            gap["ends_before"] is None or gap["ends_before"] >= min(end, clock)
        )
        if gap["table_name"] == "backup_plan" and gap["system"] in {store["system"], "*"} and holds:
            return "cannot_test:source_gap"
    first_day = timedelta(hours=int(str(parameters["first_day_hours"])))
    is_new = start == (store["valid_from"] or EVER)
    if is_new and end <= start + first_day:
        return "na:first_day"
    if is_new and start + first_day > clock:
        return "cannot_test:pending"
    return "exception:no_plan"


@dataclass(frozen=True, slots=True)
class OfSlot:
    """A run that belongs to a slot, surely or perhaps."""

    row: Record
    surely: bool


def _of_slot(due: Due) -> Iterator[OfSlot]:
    starts, ends = due.slot["starts_at"], due.slot["ends_before"]
    for row in due.of("backup_run"):
        at: Span = row["slot_at"] or row["started_at"]
        if at[0] < ends and at[1] >= starts:
            yield OfSlot(row, starts <= at[0] and at[1] < ends)


def _ran(due: Due) -> str:
    """Attribute A of a slot with a job log."""
    starts, limit, clock = due.slot["starts_at"], due.slot["due_at"], due.clock
    runs = list(_of_slot(due))
    if any(run.row["conflicted"] for run in runs):
        return "cannot_test:conflict"
    good = [run for run in runs if run.row["status"] == "success"]
    if any(run.surely and run.row["ended_at"] and run.row["ended_at"][1] <= limit for run in good):
        return "pass"
    if any(run.row["ended_at"] is None or run.row["ended_at"][0] <= limit for run in good):
        return "cannot_test:time_order_unclear"
    if clock < limit:
        return "cannot_test:pending"
    if due.has_gap(["backup_run"], starts, limit):
        return "cannot_test:source_gap"
    paused = _paused(due)
    if not runs and paused in {"na:paused", "cannot_test:approver_unlinked"}:
        return paused
    if not runs and due.slot["first_day"]:
        return "na:first_day"
    return _solved(due, runs) or _unsolved(runs, paused)


def _paused(due: Due) -> str | None:
    """Return what the pauses that hold at the slot say: the best of them, None without any."""
    at = due.slot["starts_at"]
    pauses = [
        row
        for row in due.of("run_pause")
        if row["activity"] == due.slot["activity"]
        and row["starts_at"] <= at
        and (row["ends_before"] is None or at < row["ends_before"])
    ]
    codes = {_pause_code(due, row, at) for row in pauses}
    order = ("na:paused", "cannot_test:approver_unlinked", "exception:paused")
    return next((code for code in order if code in codes), None)


def _pause_code(due: Due, row: Record, at: datetime) -> str:
    if row["approved_by"] is None or row["approved_at"] is None or row["approved_at"][1] >= at:
        return "exception:paused"
    state = hand(due.records, row["approved_by"], row["approved_at"][0]).state
    if state == LINKED:
        return "na:paused"
    return "exception:paused" if state in {SHARED_ACCOUNT, BOT} else "cannot_test:approver_unlinked"


def _solved(due: Due, runs: Sequence[OfSlot]) -> str | None:
    """Return what a good run after the failure makes of it; None when there was none and time is over."""
    failures = [(run.row["ended_at"] or run.row["started_at"]) for run in runs if run.row["status"] != "success"]
    failed = (min(at[0] for at in failures), min(at[1] for at in failures)) if failures else (due.slot["due_at"],) * 2
    allowed = timedelta(hours=int(str(due.parameters["solve_hours"])))
    good = [
        row
        for row in due.of("backup_run")
        if row["status"] == "success" and row["ended_at"] and _begun_since(due.slot["starts_at"], row, surely=False)
    ]
    clear = [row for row in good if not row["conflicted"]]
    for row in clear:
        ended = row["ended_at"]
        is_sure = _begun_since(due.slot["starts_at"], row, surely=True)
        if is_sure and ended[0] >= failed[1] and ended[1] <= failed[0] + allowed:
            return _ticketed(due, failed[1] + allowed)
    if any(row["ended_at"][1] >= failed[0] and row["ended_at"][0] <= failed[1] + allowed for row in clear):
        return "cannot_test:time_order_unclear"
    if any(failed[0] <= row["ended_at"][1] and row["ended_at"][0] <= failed[1] + allowed for row in good):
        return "cannot_test:conflict"
    if due.clock < failed[1] + allowed:
        return "cannot_test:pending"
    gap = due.has_gap(["backup_run"], due.slot["starts_at"], failed[1] + allowed)
    return "cannot_test:source_gap" if gap else None


def _begun_since(slot: datetime, row: Record, *, surely: bool) -> bool:
    """Return whether a run began in time to hold what a slot asks for, or is of that slot by the word of the log."""
    times: list[Span] = [row["started_at"], *([row["slot_at"]] if row["slot_at"] else [])]
    return any(at[0 if surely else 1] >= slot for at in times)


def _ticketed(due: Due, until: datetime) -> str:
    at = due.slot["starts_at"]
    named = [
        row["ticket"]
        for row in due.of("run_followup")
        if row["activity"] == "backup" and row["slot_at"][0] <= at <= row["slot_at"][1] and row["ticket"]
    ]
    if any(row["key"] in named for row in due.records["ticket"]):
        return "pass"
    if due.has_gap(["run_followup", "ticket"], at, until):
        return "cannot_test:source_gap"
    return "exception:unknown_ticket" if named else "exception:not_ticketed"


def _unsolved(runs: Sequence[OfSlot], paused: str | None) -> str:
    if not runs:
        return "exception:paused" if paused else "exception:absent"
    statuses = {run.row["status"] for run in runs}
    for status, code in (("success", "late"), ("warning", "completed_with_warnings")):
        if status in statuses:
            return f"exception:{code}"
    return "exception:failed"


def _continuous(due: Due) -> str:
    """Attribute A of a day of a continuous plan."""
    starts, ends = due.slot["starts_at"], due.slot["ends_before"]
    target = due.plan["max_lag_minutes"]
    if target is None:
        target = due.store["rpo_minutes"] if due.store else None
    looks = due.of("backup_lag")
    of_day = [row for row in looks if starts <= row["observed_at"][0] < ends]
    if any(row["conflicted"] for row in of_day):
        return "cannot_test:conflict"
    if target is None:
        return "cannot_test:no_target"
    if any(row["lag_minutes"] > target for row in of_day):
        return "exception:lag_too_long"
    if _silent(due, looks, surely=False):
        if due.has_gap(["backup_lag"], starts, ends):
            return "cannot_test:source_gap"
        return "exception:lag_unknown" if _silent(due, looks, surely=True) else "cannot_test:time_order_unclear"
    return "cannot_test:pending" if ends > due.clock else "pass"


def _silent(due: Due, looks: Sequence[Record], *, surely: bool) -> bool:
    begins, ends = due.slot["starts_at"], due.slot["ends_before"]
    limit = timedelta(minutes=int(str(due.parameters["silence_minutes"])))
    edges = [moment for life in _lives(due) for moment in (life[0], min(life[1], due.clock))]
    spans: list[Span] = sorted([*(row["observed_at"] for row in looks), *((moment, moment) for moment in edges)])
    for one, other in pairwise(spans):
        length = other[0] - one[1] if surely else other[1] - one[0]
        if one[0] < ends and other[1] > begins and length > limit:
            return True
    return False


def _lives(due: Due) -> list[Span]:
    """Return the stretches without a break in which the plan has slots."""
    found: list[Span] = []
    for row in sorted(due.slots, key=lambda row: row["starts_at"]):
        if found and found[-1][1] == row["starts_at"]:
            found[-1] = (found[-1][0], row["ends_before"])
        else:
            found.append((row["starts_at"], row["ends_before"]))
    return found


def _provider(due: Due) -> str:
    """Attribute A of a slot that the provider serves."""
    starts, limit = due.slot["starts_at"], due.slot["due_at"]
    reports = [row for row in due.of("backup_report") if row["period_from"] <= starts and limit <= row["period_to"]]
    if any(row["conflicted"] for row in reports):
        return "cannot_test:conflict"
    if any(row["result"] != "good" for row in reports):
        return "exception:provider_failure"
    unknown, config = _config(due)
    if unknown is None and config is not None and config["enabled"] is False:
        return "exception:switched_off"
    if not reports:
        if due.clock < limit + days(due.parameters["report_days"]):
            return "cannot_test:pending"
        gap = due.has_gap(["backup_report"], starts, limit + days(due.parameters["report_days"]))
        return "cannot_test:source_gap" if gap else "exception:no_provider_report"
    if unknown is not None:
        return unknown
    return "cannot_test:config_unknown" if config is None or config["enabled"] is None else "pass"


def _config(due: Due) -> tuple[str | None, Record | None]:
    """Return what leaves the setting at the slot open, and the setting."""
    at = due.slot["starts_at"]
    rows = sorted(due.of("backup_config"), key=lambda row: (row["set_at"][1], row["set_at"][0]))
    before = [row for row in rows if row["set_at"][1] <= at]
    if before and before[-1]["conflicted"]:
        return "cannot_test:conflict", None
    if before and any(row["set_at"][0] <= at < row["set_at"][1] for row in rows):
        return "cannot_test:time_order_unclear", None
    if due.has_gap(["backup_config"], before[-1]["set_at"][1] if before else EVER, at + TICK):
        return "cannot_test:source_gap", None
    return (None, before[-1]) if before else ("cannot_test:config_unknown", None)


def _kept(due: Due) -> str:
    """Attribute C of a slot."""
    plan = due.plan
    copies = list(_copies(due))
    if any(copy["conflicted"] for copy, _ in copies):
        return "cannot_test:conflict"
    keep = plan["keep_days"]
    deleted = [] if keep is None else [(copy, surely) for copy, surely in copies if copy["deleted_at"]]
    term = timedelta(0) if keep is None else _term(due, keep)
    if any(surely and copy["deleted_at"][1] < copy["taken_at"][0] + term for copy, surely in deleted):
        return "exception:deleted_early"
    listed = _is_listed(due, copies)
    if listed == "no":
        return "exception:not_listed"
    unknown, config = _config(due)
    if unknown is not None or config is None:
        return unknown or "cannot_test:config_unknown"
    if plan["keep_days"] is not None and config["keep_days"] is not None and config["keep_days"] < plan["keep_days"]:
        return "exception:kept_too_short"
    if plan["must_encrypt"] and config["encrypted"] is False:
        return "exception:not_encrypted"
    if plan["must_lock"] and config["locked"] is False:
        return "exception:not_locked"
    if any(copy["deleted_at"][0] < copy["taken_at"][1] + term for copy, _ in deleted):
        return "cannot_test:time_order_unclear"
    if plan["keep_days"] is None:
        return "cannot_test:no_target"
    asked = {"keep_days": True, "encrypted": plan["must_encrypt"], "locked": plan["must_lock"]}
    if any(wanted and config[word] is None for word, wanted in asked.items()):
        return "cannot_test:config_unknown"
    return "cannot_test:source_gap" if listed == "gap" or _may_be_unlisted(due) else "pass"


def _term(due: Due, keep: int) -> timedelta:
    """Return the length of so many days of the plan's clock, from the start or the end of the slot: the shorter one."""
    zones = {row["id"]: row["zone"] for row in due.records["system"]}
    zone = ZoneInfo(due.plan["zone"] or zones.get(due.system) or "UTC")
    lengths: list[timedelta] = []
    for moment in (due.slot["starts_at"], due.slot["ends_before"]):
        local = moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) + timedelta(days=keep)
        lengths.append(local.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None) - moment)
    return min(lengths)


def _is_listed(due: Due, copies: Sequence[tuple[Record, bool]]) -> str:
    """Return whether a run that ended well left a backup in the list: yes (or none did), no, or gap."""
    if due.slot["is_continuous"] or due.plan["provider_managed"]:
        return "yes"
    runs = list(_of_slot(due))
    ends = [
        run.row["ended_at"][1] for run in runs if run.surely and run.row["status"] == "success" and run.row["ended_at"]
    ]
    if copies or not ends or any(run.row["conflicted"] for run in runs):
        return "yes"
    return "gap" if due.has_gap(["backup"], due.slot["starts_at"], max(ends) + TICK) else "no"


def _copies(due: Due) -> Iterator[tuple[Record, bool]]:
    """Yield the backups of a slot, and whether they surely are its own.

    The run tells, where the job log knows it; else the data store and the time.
    """
    runs = {run.row["id"]: run for run in _of_slot(due)}
    failed = [run for run in runs.values() if run.row["status"] == "failed"]
    known = {row["id"] for row in due.records["backup_run"]}
    for copy in due.records["backup"]:
        if copy["run"] in runs and runs[copy["run"]] not in failed:
            yield copy, runs[copy["run"]].surely
        if copy["run"] in known or copy["origin"].lower() != "schedule" or copy["store"] != due.plan["store"]:
            continue
        if due.slot["is_continuous"] or due.plan["provider_managed"] or (runs and len(failed) == len(runs)):
            continue
        if _may_lie_in(copy, due.slot):
            inside = due.slot["starts_at"] <= copy["taken_at"][0] and copy["taken_at"][1] < due.slot["ends_before"]
            yield copy, inside and not failed and sum(_may_lie_in(copy, slot) for slot in _slots_of_store(due)) == 1


def _slots_of_store(due: Due) -> list[Record]:
    """Return the slots and days of every plan of the data store."""
    plans = {row["id"] for row in due.records["backup_plan"] if row["store"] == due.plan["store"]}
    return [row for row in due.records["expected_run"] if row["activity"] == "backup" and row["plan"] in plans]


def _may_lie_in(copy: Record, slot: Record) -> bool:
    """Return whether a backup may have been taken in a slot."""
    taken: Span = copy["taken_at"]
    return bool(taken[0] < slot["ends_before"] and taken[1] >= slot["starts_at"])


def _may_be_unlisted(due: Due) -> bool:
    """Return whether the list of backups may lack one of the slot: it has a gap there, and does not merely end."""
    if due.slot["is_continuous"] or due.plan["provider_managed"]:
        return False
    starts, limit = due.slot["starts_at"], due.slot["due_at"]
    ends = [
        gap["table_name"] == "backup"
        and gap["system"] in {due.system, "*"}
        and (gap["ends_before"] is None or gap["ends_before"] > starts)
        and (
            gap["starts_at"] is None
            or gap["starts_at"] <= starts
            or (gap["starts_at"] < limit and gap["ends_before"] is not None)
        )
        for gap in due.records["source_gap"]
    ]
    return any(ends)
