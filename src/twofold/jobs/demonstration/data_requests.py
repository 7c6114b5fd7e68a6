"""Requests of people about their own data (T-31); no engagement of the company judges them yet."""

from datetime import date, datetime

from twofold.jobs.demonstration.answer_key import KeyItem
from twofold.jobs.demonstration.systems import COMPANY_WIDE
from twofold.jobs.demonstration.timeline import A_DAY, local, midnight
from twofold.jobs.demonstration.world import Row, TableExport, World

_RECEIVED_ON = (
    *(date(2025, 11, 11), date(2026, 1, 13), date(2026, 3, 9)),
    *(date(2026, 5, 6), date(2026, 7, 14), date(2026, 9, 8)),
)
_LATE, _REFUSED = "DSR-3", "DSR-5"
_HOLD_DATA = ("billing", "portal")


def answer_requests(world: World) -> None:
    """Export six requests; one is answered after six weeks, one refused without a reason."""
    requests: list[Row] = []
    events: list[Row] = []
    intake: list[Row] = []
    for number, day in enumerate(_RECEIVED_ON, 1):
        name, received_at = f"DSR-{number}", local(day, "09:40")
        answered_at = received_at + (45 if name == _LATE else 12) * A_DAY
        requests.append(_request(name, received_at))
        intake.append({"id": f"WF-{number}", "channel": "web_form", "request": name, "received_at": received_at})
        for field, at in (("identity_checked_at", received_at + 2 * A_DAY), ("answered_at", answered_at)):
            value = at.isoformat()
            events.append({"id": f"{name}-{field}", "request": name, "field": field, "new_value": value} | _when(at))
    world.tables += [
        TableExport("dsr", requests, "Privacy log, all requests"),
        TableExport("dsr_event", events, "Privacy log, field history"),
        TableExport("dsr_intake", intake, "Web form, all submissions"),
        TableExport("dsr_channel", [{"id": "web_form", "tracked_from": midnight(date(2025, 1, 1))}], "Ways in"),
        TableExport(
            "personal_data_system",
            [{"system": name, "valid_from": midnight(date(2025, 1, 1))} for name in _HOLD_DATA],
            "Register of processing",
        ),
    ]
    for name, letter, reason, why in (
        (_LATE, "B", "late", "The answer came after 45 days; thirty are allowed."),
        (_REFUSED, "D", "no_reason", "The request was refused, and the person was not told why."),
    ):
        received_at = local(_RECEIVED_ON[int(name[-1]) - 1], "09:40")
        item = KeyItem("T-31", name, (COMPANY_WIDE,), received_at)
        world.key.plant(item, {letter: reason}, why, lenses=("soc2",))


def _request(name: str, received_at: datetime) -> Row:
    return {
        "id": name,
        "subject": f"customer {name[-1]}",
        "kind": "access",
        "channel": "web_form",
        "received_at": received_at,
        "created_at": received_at,
        "decision": "refused" if name == _REFUSED else "granted",
        "systems_searched": _HOLD_DATA,
    }


def _when(at: datetime) -> Row:
    return {"occurred_at": at}
