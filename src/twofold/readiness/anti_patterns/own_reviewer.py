"""Preparer equal to reviewer: two roles of two persons that one person fills, also under another name or account."""

from twofold.readiness.anti_patterns.facts import Facts
from twofold.readiness.anti_patterns.pattern import Found, PatternRule, cannot_tell, counted, found, hit


def look(facts: Facts, rule: PatternRule) -> Found:
    """Look at each pair of roles, with both names resolved to persons."""
    if not facts.two_roles:
        return cannot_tell(rule, "No act was recorded that takes two persons.", "log: sign_off", "tables: reviews")
    hits = []
    for each in facts.two_roles:
        person = facts.person_of(each.first)
        if person == facts.person_of(each.second):
            same = f"{each.first!r}" if each.first == each.second else f"{each.first!r} and {each.second!r}, one person"
            text = f"{each.what}: {each.first_role} and {each.second_role} are {same} ({each.at:%Y-%m-%d})."
            hits.append(hit(rule, text, each.where, f"person: {person}"))
    text = f"{counted(len(facts.two_roles), 'act')} that take two persons, with accounts resolved to people."
    return found(rule, hits, looked_at=text, data=("log: sign_off", "tables: reviews", "scope: account_links"))
