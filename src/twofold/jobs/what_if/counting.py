"""What counts for an engagement: the systems and stretches that its lens looks at, and the controls that matter."""

from twofold.catalog.catalog import Catalog
from twofold.jobs.what_if.states import State
from twofold.lenses.conclusion import Conclusion, ControlJudgement
from twofold.lenses.settings import lens_settings
from twofold.scope.engagement import Engagement
from twofold.scope.labels import effective_labels
from twofold.scope.register import Scope
from twofold.scope.stretches import Stretch, joined


def counting_controls(catalog: Catalog, state: State, engagement_id: str) -> dict[str, ControlJudgement]:
    """Return the controls that count for an engagement, by id.

    A control counts when it serves a criterion or domain that the engagement covers, a system is in the lens, and the
    lens does not say that it had nothing to do.
    """
    judged, engagement = state.judged.get(engagement_id), state.scope.engagement(engagement_id)
    if judged is None or engagement is None or not lens_stretches(state.scope, engagement):
        return {}
    covered = {each.id for each in judged.judgement.gathered}
    found = {}
    for control in judged.judgement.controls:
        entry = catalog.control(control.control_id)
        served = set(map(str, entry.criteria)) if engagement.lens == "soc2" else set(entry.domains)
        if covered & served and control.conclusion is not Conclusion.DID_NOT_OCCUR:
            found[control.control_id] = control
    return found


def lens_stretches(scope: Scope, engagement: Engagement) -> dict[str, list[Stretch]]:
    """Return system -> the stretches in which it is in the lens of the engagement, inside its period."""
    label = lens_settings()[engagement.lens].label
    period = Stretch(engagement.period.starts_at, engagement.period.ends_before)
    found: dict[str, list[Stretch]] = {}
    for each in effective_labels(scope):
        common = each.stretch.common(period)
        if each.label == label and each.counts and common:
            found.setdefault(each.system, []).append(common)
    return {system: joined(stretches) for system, stretches in found.items()}
