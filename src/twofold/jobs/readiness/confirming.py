"""An owner confirms controls. The confirmation is evidence; it counts from the log's time."""

from collections.abc import Sequence
from datetime import datetime

from twofold.jobs.control_tests import require_applied_scope
from twofold.jobs.told_rows import capture_told
from twofold.model.ids import EvidenceId
from twofold.model.problem import Problem, UserError
from twofold.records.acts.people import same_person
from twofold.records.workspace import Workspace
from twofold.vault.entry import instant_text


def confirm_controls(
    workspace: Workspace, controls: Sequence[str], *, note: str, actor: str, at: datetime
) -> tuple[EvidenceId, ...]:
    """Capture that `actor` confirms the controls; with none named, all that they own.

    Raises UserError for a control that the scope does not give to `actor`, all of them at once.
    """
    scope = require_applied_scope(workspace).scope
    owners = {(each.control_id, each.owner) for each in scope.controls if each.owner is not None and at in each.stretch}
    own = sorted({control for control, owner in owners if same_person(str(owner), actor)})
    expected = f"one of {', '.join(own)}" if own else "an HR id in TWOFOLD_ACTOR that owns controls"
    problems = [
        Problem(control, f"{actor} is not its owner in the scope", expected, "set TWOFOLD_ACTOR to the owner's HR id")
        for control in controls
        if control not in own
    ]
    if not controls and not own:
        problems.append(
            Problem("CONTROL", f"{actor} owns no control", expected, "set TWOFOLD_ACTOR, or name controls:")
        )
    if problems:
        raise UserError(problems)
    wanted = list(dict.fromkeys(controls)) or own
    lines = [
        {
            "id": f"{control}/{actor}/{instant_text(at)}",
            "control": control,
            "person": actor,
            "confirmed_at": instant_text(at),
            "note": note,
        }
        for control in wanted
    ]
    said = f"{actor} confirms {len(wanted)} controls"
    return capture_told(workspace, {"control_confirmation": lines}, name="confirmation", said=said, actor=actor, at=at)
