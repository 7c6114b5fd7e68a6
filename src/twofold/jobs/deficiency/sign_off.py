"""Whether a SOX engagement can be signed off: no class is unresolved, and no open material weakness is overlooked.

Source: audit-domain 2.6 (2.2a: unresolved blocks sign-off and lists what would resolve it) and 2.3 (with a material
weakness internal control cannot be called effective).
"""

from collections.abc import Iterator
from datetime import datetime

from twofold.findings.deficiency.severity import Severity
from twofold.jobs.deficiency.evaluations import Deficiencies, deficiencies, today_in
from twofold.jobs.deficiency.facts import LENS
from twofold.jobs.judge import judged_engagements
from twofold.model.problem import Problem, UserError
from twofold.records.acts.sign_off import SignedConclusion
from twofold.records.workspace import Workspace

_SHOWN = 10
_EXPECTED = "a class for each deficiency and group"
_WEAK = Severity.MATERIAL


def require_resolved(workspace: Workspace, engagement: str, conclusion: SignedConclusion, *, at: datetime) -> None:
    """Raise UserError where the engagement cannot be concluded so. `not concluded` can always be signed."""
    lenses = {each.judgement.engagement_id: each.judgement.lens for each in judged_engagements(workspace)}
    if conclusion is SignedConclusion.NOT_CONCLUDED or lenses.get(engagement) != LENS:
        return
    found = deficiencies(workspace, today=today_in(workspace, at))
    problems = list(_unresolved(found, engagement))
    if conclusion is not SignedConclusion.NOT_EFFECTIVE:
        problems += _material(found, engagement)
    if problems:
        raise UserError(problems)


def _unresolved(found: Deficiencies, engagement: str) -> Iterator[Problem]:
    """Yield the deficiencies whose class is open, then groups that wait for judgements of their own, some of each."""
    open_ones = [(each.case.deficiency_id, each.wanted) for each in found.of(engagement) if each.severity is None]
    open_ones += [(each.group_id, each.own_wanted) for each in found.groups_of(engagement) if each.own_wanted]
    for subject, wanted in open_ones[:_SHOWN]:
        told = f"the class of {subject} is unresolved"
        more = f" (and {len(wanted) - 1} more: twofold deficiency show {subject})" if len(wanted) > 1 else ""
        yield Problem("ENGAGEMENT", told, _EXPECTED, wanted[0] + more)
    if len(open_ones) > _SHOWN:
        told = f"{len(open_ones) - _SHOWN} more are unresolved"
        yield Problem("ENGAGEMENT", told, _EXPECTED, "run 'twofold deficiency list'")


def _material(found: Deficiencies, engagement: str) -> Iterator[Problem]:
    weak = [each.case.deficiency_id for each in found.of(engagement) if each.is_open and each.severity is _WEAK]
    weak += [each.group_id for each in found.groups_of(engagement) if each.severity is _WEAK]
    if weak:
        told = f"{weak[0]} is a material weakness that is open at year end"
        remedy = "sign 'not_effective', or repair and retest it before the year ends"
        yield Problem("--conclusion", told, "not_effective while a material weakness is open", remedy)
