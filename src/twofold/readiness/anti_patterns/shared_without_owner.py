"""A control that both audits judge, and nobody who answers for it: never named, named for a part, or gone."""

from datetime import datetime

from twofold.readiness.anti_patterns.facts import SOC2, SOX, AssignmentFact, ControlFact, EngagementFact, Facts
from twofold.readiness.anti_patterns.pattern import Found, Hit, PatternRule, cannot_tell, counted, found, hit


def look(facts: Facts, rule: PatternRule) -> Found:
    """Look at the owner of each control that both lenses judge, through every period."""
    if facts.labels is None:
        return cannot_tell(rule, "No scope was applied, so nothing says who owns which control.", "scope: none")
    shared = [each for each in facts.controls if {SOC2, SOX} <= each.lenses]
    hits = [each for control in shared for each in _of_control(control, facts, rule)]
    unnamed = [each for each in shared if not any(x.owner for x in each.assignments)]
    if len(unnamed) == len(shared) > 1:
        text = f"None of the {len(shared)} controls that both audits judge has an owner in the scope files."
        hits = [hit(rule, text, *(f"control: {each.control_id}" for each in shared))]
    text = f"Judged by both audits: {counted(len(shared), 'control')}, each looked up in the scope files for its owner."
    return found(rule, hits, looked_at=text, data=("scope: controls", "scope: engagements"))


def _of_control(control: ControlFact, facts: Facts, rule: PatternRule) -> list[Hit]:
    owned = [each for each in control.assignments if each.owner]
    where = f"control: {control.control_id}"
    name = f"{control.control_id} {control.title} is judged by both audits"
    if not owned:
        return [hit(rule, f"{name}, and no owner is named.", where)]
    hits = []
    for period in facts.engagements:
        if period.lens in control.lenses and not _whole(owned, period):
            text = f"{name}, and for a part of {period.engagement_id} no owner is named."
            hits.append(hit(rule, text, where, f"engagement: {period.engagement_id}"))
    last = max((each.ends_before for each in facts.engagements), default=None)
    for owner in sorted({each.owner for each in owned if each.ends_before is None}):
        left = facts.people_ended.get(facts.person_of(owner))
        if left is not None and last is not None and left < last:
            text = f"{name}, and its owner {owner} left on {left:%Y-%m-%d}."
            hits.append(hit(rule, text, where, f"person: {owner}"))
    return hits


def _whole(owned: list[AssignmentFact], period: EngagementFact) -> bool:
    """Whether the assignments together reach over the whole period; they may speak for different systems."""
    reached: datetime = period.starts_at
    for each in sorted(owned, key=lambda x: (x.starts_at is not None, x.starts_at or period.starts_at)):
        if each.starts_at is None or each.starts_at <= reached:
            reached = max(reached, each.ends_before or period.ends_before)
    return reached >= period.ends_before
