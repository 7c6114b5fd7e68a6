"""Two people of finance may both enter journals and close the period (T-09); a control watches one of them."""

from datetime import date, datetime

from twofold.jobs.demonstration.access import Administrator, GrantEvent
from twofold.jobs.demonstration.answer_key import KeyItem
from twofold.jobs.demonstration.people import Person
from twofold.jobs.demonstration.rights import RIGHTS, group
from twofold.jobs.demonstration.timeline import A_DAY, local, midnight
from twofold.jobs.demonstration.world import Row, TableExport

RULE = "SOD-1"
_ENTER, _CLOSE = RIGHTS["erp:role:journal-entry"], RIGHTS["erp:role:period-close"]
_FUNCTIONS = {_ENTER.id: "enter_journal", _CLOSE.id: "close_period"}
_LOOKS_ONLY = ("erp:role:inquiry", group("finance-erp").id)
_SINCE = midnight(date(2025, 1, 1))
_WATCHED_ON, _UNWATCHED_ON = date(2026, 3, 4), date(2026, 7, 8)
_CONTROL = "REV-02"


def hold_two_functions(it: Administrator) -> None:
    """Grant both functions to two people, each on a request, and export rules, map and mitigation."""
    taken = {x.person.id for x in it.book.holdings if x.right in (_ENTER, _CLOSE)}
    free = [x for x in it.world.staff.steady() if x.erp and x.id not in taken and x.role == "Revenue Accountant"]
    free += [x for x in it.world.staff.steady() if x.erp and x.id not in taken and x.role == "Finance Analyst"]
    watched, unwatched = free[:2]
    _give_both(it, watched, _WATCHED_ON)
    conflict = _give_both(it, unwatched, _UNWATCHED_ON)
    officer = it.world.staff.by_id("p-0002")
    rule: Row = {
        "id": RULE,
        "function_a": "enter_journal",
        "function_b": "close_period",
        "level": "high",
        "risk_owner": officer.id,
        "valid_from": _SINCE,
    }
    mapped: list[Row] = [
        {"right_id": right, "function": function, "valid_from": _SINCE}
        for right, function in (*_FUNCTIONS.items(), *((right, "look") for right in _LOOKS_ONLY))
    ]
    result = {"control": _CONTROL, "valid_from": _SINCE, "valid_to": midnight(date(2027, 1, 1))}
    columns = ("id", "account", "function", "occurred_at")
    it.world.tables += [
        TableExport("sod_rule", [rule], "Register of conflicts, all versions"),
        TableExport("right_function", mapped, "Map of rights and functions, all versions"),
        TableExport("mitigation", [_mitigate(watched, f"okta:{officer.okta}")], "Register of mitigations"),
        TableExport("control_result", [{**result, "result": "effective"}], "Results of control tests"),
        TableExport("function_use", [], "ERP, activity by function", columns),
    ]
    began: datetime = conflict.at
    name = f"{unwatched.id}/{RULE}@erp/{began:%Y-%m-%dT%H:%M:%S}"
    why = "The person could enter journals and close the period, and no control watched it."
    it.world.key.plant(KeyItem("T-09", name, ("erp",), began), {"A": "unmitigated"}, why)


def _give_both(it: Administrator, person: Person, day: date) -> GrantEvent:
    """Grant entering in November, closing on the day; return the second grant, with which the conflict begins."""
    it.granted_on_request(person, _ENTER, date(2025, 11, 5))
    event = it.granted_on_request(person, _CLOSE, day)
    for holding in it.book.holdings:
        if holding.person is person and holding.right in (_ENTER, _CLOSE):
            holding.stays = True
    return event


def _mitigate(person: Person, approver: str) -> Row:
    return {
        "id": "MIT-1",
        "person": person.id,
        "rule": RULE,
        "control": _CONTROL,
        "approved_by": approver,
        "approved_at": local(_WATCHED_ON - 5 * A_DAY, "10:00"),
        "valid_from": midnight(_WATCHED_ON - 4 * A_DAY),
        "valid_to": None,
    }
