"""T-32 Key reports, from audit-domain T-32 and the rule's README."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from twofold.controltests.rule import ParameterValue

from .hands import add_access, add_hands, add_second_hr_id
from .records import Record, Records, Span
from .steps import EVER, NEVER, TICK, allowed_access, days, has_gap, surely_before
from .world import World

CONTROL_TEST = "T-32"
OUTCOME_ONLY: frozenset[str] = frozenset()
LETTERS = "ABCD"


def shared(world: World) -> None:
    """Nothing that all worlds see."""


def parameters(world: World) -> Mapping[str, ParameterValue]:
    """Few days and many."""
    return {"test_valid_days": world.pick((7, 30, 366)), "listing_valid_days": world.pick((1, 14, 92))}


def populate(world: World) -> None:
    """A report and a copy of it: runs, tests, expectations, loads and listings of access."""
    system = world.key("erp")
    hands = add_hands(world, "reports")
    add_second_hr_id(world, [world.key("x"), world.key("y")])
    reports = [world.key("ageing"), world.key("ageing-copy")]
    for report in reports[: world.pick((1, 1, 1, 2))]:
        for _ in range(2 if world.chance(4) else 1):
            world.add("key_report", id=report, system=system, logic_hidden=world.pick((None, None, False, False, True)))
    uses = [world.id("run") for _ in range(world.number_in(1, 3))]
    moments = [world.moment() for _ in uses]
    for use, moment in zip(uses, moments, strict=True):
        for _ in range(2 if world.chance(4) else 1):
            _use(world, use, world.pick([*reports, reports[0], reports[0], reports[0]]), system, moment)
    for _ in range(world.number_in(0, 3)):
        tested = world.near(world.pick(moments), days=world.pick((3, 7, 30, 30)))
        for _ in range(2 if world.chance(5) else 1):
            world.add(
                "report_test",
                report=world.pick([*reports, reports[0], reports[0]]),
                logic_hash=world.pick(("l1", "l1", "l1", "l2")),
                tested_at=world.instant(tested, coarse=25),
                kind=world.pick(("baseline", "retest")),
                result=world.pick(("pass", "pass", "Pass", "fail")),
                change=world.maybe(70, "CHG-1"),
                change_outcome=world.pick(("PASS", "pass", "EXCEPTION", "CANNOT_TEST", None)),
            )
    for name in world.some(("period", "locale"), percent=75):
        for _ in range(2 if world.chance(8) else 1):
            world.add(
                "report_parameter",
                report=reports[0],
                control=world.pick(("OP-08", "OP-08", "OP-08", "OP-07")),
                name=name,
                expected="{period}" if name == "period" else world.pick(("de", "de", "*")),
                valid_from=world.maybe(20, world.near(world.pick(moments))),
                valid_to=world.maybe(15, world.near(world.pick(moments))),
            )
    for _ in range(world.number_in(0, 2)):
        loaded = world.near(world.pick(moments) + world.pick((0, 2, 4)) * timedelta(hours=1), days=1)
        world.add(
            "data_refresh", system=world.pick((system, system, world.key("crm"))), refreshed_at=world.instant(loaded)
        )
    add_access(world, reports[0], moments, hands)
    for _ in range(world.pick((0, 0, 1, 2))):
        world.add(
            "source_gap",
            table_name=world.pick(("data_refresh", "access_listing")),
            system=world.pick((system, system, system, world.key("crm"))),
            starts_at=world.maybe(70, world.near(world.pick(moments))),
            ends_before=world.maybe(50, world.near(world.pick(moments))),
            reason="not_extracted",
        )


def _use(world: World, use: str, report: str, system: str, moment: datetime) -> None:
    named = [
        f"period={world.pick(('2026-01', '2026-01', '2026-02'))}",
        f"locale={world.pick(('de', 'de', 'de', 'en=x'))}",
    ]
    world.add(
        "report_use",
        id=use,
        report=report,
        system=system,
        used_at=world.instant(moment),
        finished_at=world.maybe(60, world.instant(moment + world.pick((-1, 0, 2, 4)) * timedelta(hours=1), coarse=5)),
        control=world.maybe(90, "OP-08"),
        period=world.maybe(85, "2026-01"),
        logic_hash=world.pick(("l1", "l1", "l1", "l2", None)),
        parameters=[]
        if world.chance(15)
        else [*world.some(named, percent=90), *world.some(("filter=all",), percent=10)],
    )


def outcomes(
    records: Records,
    clock: datetime,  # noqa: ARG001  nothing of this rule is pending
    parameters: Mapping[str, ParameterValue],
) -> Mapping[str, Mapping[str, str]]:
    """Return item -> letter -> reason code."""
    return {use["id"]: _judged(records, use, parameters) for use in records["report_use"]}


def _judged(records: Records, use: Record, parameters: Mapping[str, ParameterValue]) -> Mapping[str, str]:
    register = {row["id"]: row for row in records["key_report"]}
    report = register.get(use["report"])
    if use["conflicted"] or (report and report["conflicted"]):
        return dict.fromkeys(LETTERS, "cannot_test:conflict")
    if use["control"] is None:
        return dict.fromkeys(LETTERS, "na:no_control")
    if report is None:
        return {"A": "exception:not_registered", **dict.fromkeys("BCD", "na:not_registered")}
    tests = [row for row in records["report_test"] if row["report"] == use["report"]]
    if any(row["conflicted"] and not surely_before(use["used_at"], row["tested_at"]) for row in tests):
        logic = tested = "cannot_test:conflict"
    else:
        tested, logic = _tested(use, tests, parameters), _logic(use, tests)
    if report["logic_hidden"]:
        logic = "cannot_test:logic_hidden"
    elif use["logic_hash"] is None:
        logic = "cannot_test:no_hash"
    access = allowed_access(
        records,
        use["report"],
        use["used_at"],
        system=use["system"],
        valid_days=int(str(parameters["listing_valid_days"])),
    )
    return {"A": tested, "B": logic, "C": _parameters(records, use), "D": access}


def _passed(row: Record) -> bool:
    return bool(row["result"].lower() == "pass")


def _tested(use: Record, tests: Sequence[Record], parameters: Mapping[str, ParameterValue]) -> str:
    used: Span = use["used_at"]
    valid = days(parameters["test_valid_days"])
    passed = [row["tested_at"] for row in tests if _passed(row)]
    before = [at for at in passed if surely_before(at, used)]
    failed = [
        row["tested_at"]
        for row in tests
        if not _passed(row) and row["logic_hash"] == use["logic_hash"] and surely_before(row["tested_at"], used)
    ]
    if any(all(at[1] <= fail[0] for at in before) for fail in failed):
        return "exception:test_failed"
    if failed and not any(all(surely_before(fail, at) for fail in failed) for at in before):
        return "cannot_test:time_order_unclear"
    if any(at[0] + valid > used[1] for at in before):
        return "pass"
    if any(not surely_before(used, at) and not (at in before and at[1] + valid <= used[0]) for at in passed):
        return "cannot_test:time_order_unclear"
    if before:
        return "exception:test_too_old"
    return "exception:tested_after_use" if passed else "exception:never_tested"


def _logic(use: Record, tests: Sequence[Record]) -> str:
    used: Span = use["used_at"]
    passed = [row for row in tests if _passed(row)]
    before = [row for row in passed if surely_before(row["tested_at"], used)]
    last = [row for row in before if not any(surely_before(row["tested_at"], other["tested_at"]) for other in before)]
    said = {_of_the_last(use, row) for row in last}
    if len(said) > 1:
        return "cannot_test:time_order_unclear"
    if said and said != {"other"}:
        return said.pop()
    same = [row["tested_at"] for row in passed if row["logic_hash"] == use["logic_hash"]]
    if any(not surely_before(at, used) and not surely_before(used, at) for at in same):
        return "cannot_test:time_order_unclear"
    if any(surely_before(at, used) for at in same):
        return "exception:not_the_last_tested"
    if same:
        return "exception:retested_after_use"
    return "exception:changed_not_retested" if said else "na:nothing_tested"


def _of_the_last(use: Record, test: Record) -> str:
    if test["logic_hash"] != use["logic_hash"]:
        return "other"
    if test["kind"] == "baseline":
        return "pass"
    if test["change"] is None:
        return "exception:change_not_named"
    outcome = (test["change_outcome"] or "").lower()
    return {"pass": "pass", "exception": "exception:change_not_passed"}.get(outcome, "cannot_test:change_not_judged")


def _parameters(records: Records, use: Record) -> str:
    start, end = use["used_at"], use["finished_at"] or use["used_at"]
    asked = [
        row
        for row in records["report_parameter"]
        if (row["report"], row["control"]) == (use["report"], use["control"])
        and (row["valid_from"] or EVER) <= start[0]
        and (row["conflicted"] or start[0] < (row["valid_to"] or NEVER))
    ]
    names = {row["name"] for row in asked}
    given = [tuple(text.split("=", 1)) for text in use["parameters"]]
    expected = {row["name"]: row["expected"] for row in asked}
    loads = [row["refreshed_at"] for row in records["data_refresh"] if row["system"] == use["system"]]
    missing = names - {name for name, _ in given}
    unknown = {name for name, text in expected.items() if "{period}" in text and use["period"] is None}
    differing = [
        name
        for name, value in given
        if name in expected
        and name not in unknown
        and expected[name] != "*"
        and value != expected[name].replace("{period}", use["period"] or "")
    ]
    lasted = end[0] > start[1]
    first: Sequence[tuple[bool, str]] = (
        (
            any(row["conflicted"] for row in asked)
            or len({(row["name"], row["expected"]) for row in asked}) > len(names),
            "cannot_test:conflict",
        ),
        (bool(asked) and any(name not in names for name, _ in given), "exception:parameter_not_asked_for"),
        (bool(differing), "exception:parameter_differs"),
        (bool(missing) and bool(given), "exception:parameter_missing"),
        (any(surely_before(start, at) and surely_before(at, end) for at in loads), "exception:data_refreshed_mid_use"),
        (not asked, "cannot_test:nothing_expected"),
        (not given, "cannot_test:parameters_not_recorded"),
        (bool(unknown), "cannot_test:period_unknown"),
        (surely_before(end, start), "cannot_test:contradiction"),
        (any(at[1] >= start[0] and at[0] <= end[1] for at in loads), "cannot_test:time_order_unclear"),
        (
            lasted and has_gap(records, ["data_refresh"], use["system"], start[0], end[1] + TICK),
            "cannot_test:source_gap",
        ),
    )
    return next((code for holds, code in first if holds), "pass")
