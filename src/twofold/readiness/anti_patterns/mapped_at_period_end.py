"""Mapping done at period end: what came into the scope when the period was nearly over.

What counts is when the scope was applied, which the log says; a label's own start can be written backwards.
"""

from collections.abc import Sequence
from datetime import datetime

from twofold.readiness.anti_patterns.facts import EngagementFact, Facts, ScopeFact
from twofold.readiness.anti_patterns.pattern import Found, Hit, PatternRule, cannot_tell, counted, found, hit

_NAMED = 5


def look(facts: Facts, rule: PatternRule) -> Found:
    """Look at what each apply of the scope brought in, against the periods it speaks for."""
    if not facts.scopes:
        return cannot_tell(rule, "No scope was applied, so the log holds no time of a mapping.", "log: scope_apply")
    hits = [each for period in facts.engagements for each in _of_period(period, facts.scopes, rule)]
    text = (
        f"{counted(len(facts.scopes), 'apply', 'applies')} of the scope, compared with the periods of "
        f"{counted(len(facts.engagements), 'engagement')}."
    )
    return found(rule, hits, looked_at=text, data=("log: scope_apply", "scope: engagements"))


def _of_period(period: EngagementFact, scopes: Sequence[ScopeFact], rule: PatternRule) -> list[Hit]:
    late_from = period.ends_before - (period.ends_before - period.starts_at) * float(rule.limits["late_share"])
    hits = []
    before: ScopeFact | None = None
    for scope in scopes:
        fresh = _brought(scope, before, period)
        if fresh and scope.at >= late_from:
            when = _when(scope.at, period)
            named = ", ".join(fresh[:_NAMED]) + (f" and {len(fresh) - _NAMED} more" if len(fresh) > _NAMED else "")
            text = (
                f"The scope applied on {scope.at:%Y-%m-%d} ({scope.reason!r}) brought {named} into "
                f"{period.engagement_id} {when}."
            )
            hits.append(hit(rule, text, f"entry: {scope.entry}", f"engagement: {period.engagement_id}"))
        before = scope
    return hits


def _brought(scope: ScopeFact, before: ScopeFact | None, period: EngagementFact) -> list[str]:
    """Return what is new for the period: the engagement itself, systems whose label reaches back into it, controls."""
    if period.engagement_id not in scope.engagements:
        return []
    if before is None or period.engagement_id not in before.engagements:
        return ["the engagement itself"]
    known = {(system, lens) for system, lens, _ in before.labels}
    systems = sorted(
        system
        for system, lens, start in scope.labels
        if lens == period.lens
        and (system, lens) not in known
        and (start is None or start < min(scope.at, period.ends_before))
    )
    return [*dict.fromkeys(systems), *sorted(scope.controls - before.controls)]


def _when(at: datetime, period: EngagementFact) -> str:
    days = counted(abs((at - period.ends_before).days), "day")
    return f"{days} after its period ended" if at >= period.ends_before else f"{days} before its period ends"
