"""Conclusion before evidence: judgements and sign-offs in force that are older than what they rest on."""

from twofold.readiness.anti_patterns.facts import Facts
from twofold.readiness.anti_patterns.pattern import Found, PatternRule, cannot_tell, counted, found, hit


def look(facts: Facts, rule: PatternRule) -> Found:
    """Take over what the order proof of the log found (`twofold order`)."""
    if not facts.conclusions:
        return cannot_tell(rule, "Nothing was judged or signed off yet.", "log: judgement", "log: sign_off")
    hits = [hit(rule, each.sentence, f"entry: {each.entry}") for each in facts.out_of_order]
    text = f"{counted(facts.conclusions, 'conclusion')}, compared by place and time with what they rest on."
    return found(rule, hits, looked_at=text, data=("log: judgement", "log: sign_off"))
