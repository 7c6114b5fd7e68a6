"""The ERP's new module went live in spring, with two objects of data converted (T-34)."""

from datetime import date, datetime

from twofold.jobs.demonstration.answer_key import KeyItem
from twofold.jobs.demonstration.people import Person
from twofold.jobs.demonstration.timeline import A_DAY, local
from twofold.jobs.demonstration.world import Row, TableExport, World

_PROJECT, _CUTOVER, _SYSTEM = "PRJ-7", "erp-assets", "erp"
_LIVE_AT = local(date(2026, 4, 13), "07:00")
_LOADED_AT = local(date(2026, 4, 11), "20:00")
_ASSETS, _SUPPLIERS = "conv-assets", "conv-suppliers"


def go_live(world: World) -> None:
    """Export the go-live and what was converted; a defect was not accepted, and a count not explained."""
    managers = world.staff.in_role("Engineering Manager")
    cutover: Row = {
        "id": _CUTOVER,
        "project": _PROJECT,
        "system": _SYSTEM,
        "cutover_at": _LIVE_AT,
        "significant": True,
    }
    defects: list[Row] = [
        {
            "id": f"DEF-{number}",
            "cutover": _CUTOVER,
            "found_at": _LIVE_AT - 10 * A_DAY,
            "accepted_by": f"okta:{managers[0].okta}" if accepted else "",
            "accepted_at": _LIVE_AT - 2 * A_DAY if accepted else None,
        }
        for number, accepted in ((1, True), (2, False))
    ]
    total: Row = {"cutover": _CUTOVER, "name": "net book value", "old_total": 912_400_00, "new_total": 912_400_00}
    operator = f"okta:{world.staff.in_role('IT Administrator')[1].okta}"
    world.tables += [
        TableExport("cutover", [cutover], "Project office, go-lives"),
        TableExport("cutover_defect", defects, "Tracker, defects of go-lives"),
        TableExport("parallel_run", [total], "Project office, parallel runs"),
        TableExport("conversion", _conversions(operator), "Project office, converted data"),
        TableExport("conversion_reject", [_reject()], "Project office, refused records"),
        TableExport("approval", _approvals(world), "Project office, decisions", name="project_approval"),
    ]
    item = KeyItem("T-34", _CUTOVER, (_SYSTEM,), _LIVE_AT)
    world.key.plant(item, {"C": "defect_not_accepted"}, "A known defect was open, and nobody had accepted it.")
    item = KeyItem("T-34", f"{_CUTOVER}/{_SUPPLIERS}", (_SYSTEM,), _LOADED_AT)
    world.key.plant(item, {"E": "counts_differ"}, "Two suppliers fewer than before, and nobody explained it.")


def _conversions(operator: str) -> list[Row]:
    shared = {"cutover": _CUTOVER, "system": _SYSTEM, "loaded_at": _LOADED_AT, "operator": operator}
    return [
        {
            "id": _ASSETS,
            "object": "fixed assets",
            **shared,
            "source_count": 640,
            "target_count": 639,
            "has_amounts": True,
            "source_sum": 912_400_00,
            "target_sum": 911_900_00,
            "reject_count": 1,
        },
        {
            "id": _SUPPLIERS,
            "object": "suppliers",
            **shared,
            "source_count": 210,
            "target_count": 208,
            "has_amounts": False,
            "source_sum": None,
            "target_sum": None,
            "reject_count": 0,
        },
    ]


def _reject() -> Row:
    """Return the refused asset, which was loaded the next day."""
    cleared = {"amount": 500_00, "cleared_at": _LOADED_AT + A_DAY, "outcome": "loaded"}
    return {"conversion": _ASSETS, "record_id": "asset-331", **cleared}


def _approvals(world: World) -> list[Row]:
    """Approve project, requirements, acceptance and go-live before it, and each object after its last load."""
    authority = world.authority
    author = authority.holders(_SYSTEM, "authorise")[0]
    finance = authority.holders(_SYSTEM, "finance")[-1]
    decisions: tuple[tuple[str, str, Person, datetime], ...] = (
        (_PROJECT, "project", author, _LIVE_AT - 90 * A_DAY),
        (_PROJECT, "requirements", author, _LIVE_AT - 60 * A_DAY),
        (_CUTOVER, "uat", authority.holders(_SYSTEM, "uat")[0], _LIVE_AT - 5 * A_DAY),
        (_CUTOVER, "go_live", authority.holders(_SYSTEM, "release")[0], _LIVE_AT - A_DAY),
        (_ASSETS, "conversion", finance, _LOADED_AT + 3 * A_DAY),
        (_SUPPLIERS, "conversion", finance, _LOADED_AT + 3 * A_DAY),
    )
    return [
        {
            "id": f"go-{number}",
            "subject": subject,
            "approver": f"okta:{person.okta}",
            "duty": duty,
            "decision": "approve",
            "decided_at": at,
        }
        for number, (subject, duty, person, at) in enumerate(decisions, 1)
    ]
