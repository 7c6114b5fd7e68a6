"""A key report, run for a control each month (T-32), and who may change reports and files."""

from datetime import date

from twofold.jobs.demonstration.answer_key import KeyItem
from twofold.jobs.demonstration.timeline import FIRST_DAY, local, local_day, midnight
from twofold.jobs.demonstration.world import Row, TableExport, World

REPORT, FILE = "revenue-by-month", "finance/deferred-revenue.xlsx"
CONTROL = "REV-01"
SOX = ("sox",)
_LISTED_ON = (
    *(date(2025, 9, 20), date(2025, 12, 10), date(2026, 3, 1)),
    *(date(2026, 6, 1), date(2026, 8, 20), date(2026, 10, 25)),
)
_OLD, _NEW, _UNTESTED = "logic-17", "logic-18", "logic-19"
_CHANGED_ON = date(2026, 5, 20)
_OTHER_FILTER, _OTHER_LOGIC = "2026-01", "2026-07"


def run_key_reports(world: World) -> None:
    """Export register, runs, tests and listings; one run had another filter, one ran a logic that nobody tested."""
    accountant = world.staff.in_role("Revenue Accountant")[0]
    controller = world.staff.by_id("p-0004")
    register: Row = {"id": REPORT, "system": "billing", "owner": controller.id, "logic_hidden": False}
    released = next(
        change
        for change in world.repositories["billing"].changes
        if not change.alone and local_day(change.slot_at) >= date(2026, 5, 1)
    )
    tests: list[Row] = [
        {
            "report": REPORT,
            "logic_hash": logic,
            "tested_at": local(day, "10:00"),
            "tested_by": controller.id,
            "kind": kind,
            "result": "pass",
            "change": change,
            "change_outcome": outcome,
        }
        for logic, day, kind, change, outcome in (
            (_OLD, date(2025, 9, 10), "baseline", "", ""),
            (_NEW, _CHANGED_ON, "retest", released.item, "PASS"),
        )
    ]
    expected: list[Row] = [
        {"report": REPORT, "control": CONTROL, "name": name, "expected": value, "valid_from": midnight(FIRST_DAY)}
        for name, value in (("period", "{period}"), ("company", "BW"))
    ]
    uses = _uses(f"okta:{accountant.okta}")
    loads: list[Row] = [{"system": "billing", "refreshed_at": use["used_at"].replace(minute=0)} for use in uses]
    world.tables += [
        TableExport("key_report", [register], "Register of key reports"),
        TableExport("report_use", uses, "Report server, log of runs"),
        TableExport("report_test", tests, "Register of report tests"),
        TableExport("report_parameter", expected, "Control descriptions, parameters of reports"),
        TableExport("data_refresh", loads, "Report server, log of loads"),
    ]
    _list_access(world, (accountant.id, controller.id))
    for period, letter, reason, why in (
        (_OTHER_FILTER, "C", "parameter_differs", "The report ran for another company."),
        (_OTHER_LOGIC, "B", "changed_not_retested", "The report ran on a logic that nobody had tested."),
    ):
        use = next(use for use in uses if use["period"] == period)
        world.key.plant(KeyItem("T-32", use["id"], ("billing",), use["used_at"]), {letter: reason}, why, lenses=SOX)


def _uses(account: str) -> list[Row]:
    uses: list[Row] = []
    for month in range(9, 22):
        period = f"{2025 + month // 12}-{month % 12 + 1:02d}"
        used_at = local(date(2025 + (month + 1) // 12, (month + 1) % 12 + 1, 4), "09:30")
        logic = _OLD if local_day(used_at) < _CHANGED_ON else _NEW
        company = "BW-EU" if period == _OTHER_FILTER else "BW"
        uses.append(
            {
                "id": f"run-{period}",
                "report": REPORT,
                "system": "billing",
                "used_at": used_at,
                "account": account,
                "control": CONTROL,
                "period": period,
                "logic_hash": _UNTESTED if period == _OTHER_LOGIC else logic,
                "parameters": (f"period={period}", f"company={company}"),
            }
        )
    return uses


def _list_access(world: World, people: tuple[str, ...]) -> None:
    """List who could change the report and the spreadsheet, each quarter, and who may."""
    listings: list[Row] = [
        {
            "object": what,
            "listed_at": local(day, "07:00"),
            "account": f"okta:{world.staff.by_id(person).okta}",
        }
        for what in (REPORT, FILE)
        for day in _LISTED_ON
        for person in people
    ]
    allowed: list[Row] = [
        {"object": what, "who": person, "valid_from": midnight(date(2025, 9, 1))}
        for what in (REPORT, FILE)
        for person in people
    ]
    world.tables += [
        TableExport("access_listing", listings, "Report server and file store, rights of editing"),
        TableExport("access_allowed", allowed, "Register of key reports and files, editors"),
    ]
