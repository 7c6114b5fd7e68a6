"""SOX treated like SOC 2: financially relevant systems without a tie to what could be misstated, or without finance."""

from twofold.readiness.anti_patterns.facts import SOC2, SOX, Facts, LabelFact
from twofold.readiness.anti_patterns.pattern import Found, Hit, PatternRule, cannot_tell, counted, found, hit


def look(facts: Facts, rule: PatternRule) -> Found:
    """Look at the labels that bring systems into a SOX engagement."""
    if facts.labels is None:
        return cannot_tell(rule, "No scope was applied, so nothing says what SOX relies on.", "scope: none")
    periods = list(facts.periods(SOX))
    if not periods:
        return found(rule, [], looked_at="There is no SOX engagement.", data=("scope: engagements",))
    labels = [
        each
        for each in facts.labels
        if each.lens == SOX and any(each.holds_in(x.starts_at, x.ends_before) for x in periods)
    ]
    hits = [each for label in labels if not label.inherited for each in _of_label(label, facts, rule)]
    if not labels:
        names = [each.engagement_id for each in periods]
        text = f"{', '.join(names)} is a SOX engagement, and no system is financially relevant in its period."
        hits.append(hit(rule, text, *(f"engagement: {name}" for name in names)))
    text = (
        f"{counted(len(labels), 'label')} of financially relevant systems: read for what relies on them and who "
        "of finance decides."
    )
    return found(rule, hits, looked_at=text, data=("scope: systems", "scope: rosters"))


def _of_label(label: LabelFact, facts: Facts, rule: PatternRule) -> list[Hit]:
    where = f"system: {label.system}"
    said = []
    if label.dependents is None:
        said.append("no control, report or interface of finance that relies on it is recorded")
    same = [each for each in facts.labels or () if each.lens == SOC2 and each.system == label.system]
    if any(_plain(each.reason) == _plain(label.reason) for each in same):
        said.append(f"the reason is that of its SOC 2 label, word for word ({label.reason!r})")
    if facts.finance_rosters.isdisjoint({label.system, "*"}):
        said.append("no roster names anybody with the duty finance for it")
    return [hit(rule, f"{label.system} is financially relevant, but {each}.", where) for each in said]


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .")
