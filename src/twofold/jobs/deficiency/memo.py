"""Gather what the summary of aggregated deficiencies of an engagement says."""

from datetime import date, datetime

from twofold.jobs.deficiency.evaluations import Deficiencies, deficiencies, today_in
from twofold.jobs.deficiency.facts import LENS
from twofold.jobs.judge import judged_engagements, review_days
from twofold.jobs.scope_memo import people_named
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.reports.deficiency_memo import DeficiencyMemo
from twofold.scope.nearest import nearest

_INPUTS = ("J_materiality", "J_tolerable_rate", "J_conclusion_date")


def deficiency_memo(
    workspace: Workspace, engagement: str, *, at: datetime, found: Deficiencies | None = None
) -> DeficiencyMemo:
    """Return the memo of a SOX engagement as it stands at a moment; UserError for one that was not judged.

    found: the evaluations of that day, where they are known already.
    """
    judged = {each.judgement.engagement_id: each for each in judged_engagements(workspace)}
    sox = [name for name, each in judged.items() if each.judgement.lens == LENS]
    if engagement not in sox:
        expected = f"one of {', '.join(sox)}" if sox else "a SOX engagement that was judged"
        remedy = nearest(engagement, sox) or "run 'twofold judge'"
        raise UserError(Problem("ENGAGEMENT", f"there is no SOX engagement {engagement!r}", expected, remedy))
    today = today_in(workspace, at)
    known = found or deficiencies(workspace, today=today)
    zone = workspace.settings.reporting_zone
    return DeficiencyMemo(
        company=workspace.settings.company,
        engagement=engagement,
        ends_on=date.fromisoformat(review_days(judged[engagement].judgement, zone)[1]),
        as_of=today,
        made_at=at,
        zone=zone,
        people=people_named(workspace),
        inputs={name: known.judgements.newest(name, engagement) for name in _INPUTS},
        deficiencies=known.of(engagement),
        groups=known.groups_of(engagement),
        size=workspace.vault.size,
        root=workspace.vault.root(),
    )
