"""SOC 2 built like SOX: finance-only controls, labels with nothing behind them, reviews more often than asked."""

from twofold.readiness.anti_patterns.facts import SOC2, SOX, Facts
from twofold.readiness.anti_patterns.pattern import Found, Hit, PatternRule, cannot_tell, counted, found, hit


def look(facts: Facts, rule: PatternRule) -> Found:
    """Look at what the scope demands of systems that nothing financial relies on."""
    if facts.labels is None:
        return cannot_tell(rule, "No scope was applied, so nothing says what is in which audit.", "scope: none")
    relevant = facts.in_lens(SOX)
    return found(
        rule,
        [*_finance_controls(facts, rule, relevant), *_nothing_relies(facts, rule), *_too_often(facts, rule, relevant)],
        looked_at=f"Financially relevant: {counted(len(relevant), 'system')}. Controls, labels, schedules of others "
        "were compared with what SOC 2 asks.",
        data=("scope: systems", "scope: controls"),
    )


def _finance_controls(facts: Facts, rule: PatternRule, relevant: frozenset[str]) -> list[Hit]:
    """Find assigned controls that are SOX-only in practice and speak for no financially relevant system."""
    hits = []
    for control in facts.controls:
        if control.control_id not in rule.limits["sox_led"] or not control.assignments:
            continue
        systems = {system for each in control.assignments for system in each.systems}
        if (systems and systems.isdisjoint(relevant)) or not relevant:
            on = f" on {', '.join(sorted(systems))}" if systems else ""
            text = (
                f"{control.control_id} {control.title} is run{on}, where nothing is financially relevant; "
                "in practice only SOX asks for it."
            )
            hits.append(hit(rule, text, f"control: {control.control_id}", *(f"system: {x}" for x in sorted(systems))))
    return hits


def _nothing_relies(facts: Facts, rule: PatternRule) -> list[Hit]:
    """Find financial labels of which the scope itself says that nothing relies on the system."""
    labels = [each for each in facts.labels or () if each.lens == SOX and not each.inherited]
    return [
        hit(
            rule,
            f"{each.system} is labelled financially relevant, and its list of dependents is empty: "
            "nothing relies on it.",
            f"system: {each.system}",
        )
        for each in labels
        if each.dependents == frozenset()
    ]


def _too_often(facts: Facts, rule: PatternRule, relevant: frozenset[str]) -> list[Hit]:
    soc2_only = facts.in_lens(SOC2) - relevant
    return [
        hit(
            rule,
            f"{each.activity} of {each.system} is due {each.cadence}, though only SOC 2 looks at that system "
            f"({rule.limits['too_often_source']}).",
            f"system: {each.system}",
            f"schedule: {each.activity}",
        )
        for each in facts.schedules
        if each.system in soc2_only and each.cadence in rule.limits["too_often"].get(each.activity, ())
    ]
