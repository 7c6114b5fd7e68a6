"""Stage 1: does another IT general control meet the objective? (audit-domain 2.6, 1.1 and 1.2)."""

from twofold.findings.deficiency.case import Case
from twofold.findings.deficiency.inputs import NONE
from twofold.findings.deficiency.path import Path


def objective_met(case: Case, path: Path) -> bool | None:
    """Return whether it is met; None while it is for a person to say.

    Software proposes controls of the same ITGC domain that were tested effective on the same systems and window; a
    system of the register is one layer. That they share the objective is a person's judgement.
    """
    given = path.known("J_same_objective")
    proposed = [each for each in case.candidates if each.same_objective and each.effective]
    place = f"{', '.join(case.systems)} from {case.window}"
    if given is None:
        if not proposed:
            path.computed(
                "1.2",
                "Does another IT general control meet the same objective?",
                f"no: no other control of {' or '.join(case.domains) or 'the same objective'} "
                f"was tested effective for {place}",
            )
            return False
        named = ", ".join(f"{each.control_id} {each.title}" for each in proposed)
        path.computed("1.1", "Which controls of the same ITGC domain were tested effective there?", named)
        path.ask("1.1", "J_same_objective")
        return None
    path.ask("1.1", "J_same_objective")
    if given.value == NONE:
        path.computed("1.2", "Is the objective met?", f"no, for {place}")
        return False
    found = next((each for each in case.candidates if each.control_id == given.value), None)
    if found is not None and found.effective:
        path.computed("1.1", "Was it tested effective?", f"yes, {found.control_id} {found.title} for {place}")
        return True
    why = found.why if found else "it is no IT general control that this engagement judges"
    path.computed("1.2", "Was it tested effective?", f"no, {given.value}: {why}. The objective is not met for {place}")
    return False
