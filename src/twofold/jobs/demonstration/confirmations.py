"""Owners who confirmed their controls: most of them lately, one of them long ago, and two controls never.

Only the readiness review reads it; no control test does.
"""

from datetime import date

from twofold.jobs.demonstration.export_folder import ExportFolder
from twofold.jobs.demonstration.timeline import iso, local
from twofold.jobs.demonstration.world import Row

_LATELY, _LONG_AGO = "2026-10-05", "2026-05-04"
_SAID = (
    ("p-0001", _LATELY, "CM-01 CM-02 CM-03 CM-04 CM-05 CM-06 CM-07 CM-08 BC-01 BC-02"),
    ("p-0001", _LATELY, "OP-01 OP-02 OP-03 OP-04 OP-05 OP-06 OP-07 OP-08 OP-09"),
    ("p-0003", _LATELY, "AC-01 AC-02 AC-03 AC-04 AC-05 AC-06 AC-07 AC-08 AC-09 AC-10 AC-11 VD-01 VD-02 EP-01 NW-01"),
    ("p-0005", _LATELY, "HR-01 HR-02 HR-03 PV-01 PV-02 PV-03"),
    ("p-0005", _LONG_AGO, "GV-01 GV-02 GV-03 GV-04"),
)
"""Owner, day, controls. PD-01 and PD-02 are missing: their owner never confirmed them."""


def export_confirmations(folder: ExportFolder) -> None:
    """Add the register of confirmations."""
    rows = [_row(control, owner, day) for owner, day, controls in _SAID for control in controls.split()]
    folder.add_csv(
        "csvtable/control_confirmation.csv",
        "control_confirmation",
        "Register of the compliance manager, confirmations of owners",
        rows,
    )


def _row(control: str, owner: str, day: str) -> Row:
    moment = iso(local(date.fromisoformat(day), "10:00"))
    return {"id": f"{control}/{owner}/{day}", "control": control, "person": owner, "confirmed_at": moment}
