"""One wording for every deficiency: two sentences for executives, why it has its class, and who must be told.

Sources: audit-domain 2.5 (communication: material weaknesses and significant deficiencies in writing to the audit
committee and to management, others in writing to management) and 2.3 (302: the auditor hears of them, too).
"""

from collections.abc import Sequence

from twofold.findings.deficiency.evaluate import Evaluation
from twofold.findings.deficiency.groups import Group
from twofold.findings.deficiency.path import Step
from twofold.findings.deficiency.severity import UNRESOLVED, Severity, Span

TOLD = {
    Severity.EXCEPTION: "nobody beyond the control owner; it is documented",
    Severity.DEFICIENCY: "management, in writing",
    Severity.SIGNIFICANT: "the audit committee and management, in writing; the auditor",
    Severity.MATERIAL: "the audit committee and management, in writing; the auditor; the annual report discloses it",
}
UNDECIDED = "decided with the class; until then as if it were the gravest that is still possible"
ESCALATED = "at once the audit committee and counsel, since override, concealment or fraud is claimed"


def article(word: str) -> str:
    """Return a word with its article.

    >>> article("exception only"), article("material weakness")
    ('an exception only', 'a material weakness')
    """
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def range_words(span: Span) -> str:
    """Say which classes are still possible."""
    return span.low.title if span.certain else f"{span.low.title} to {span.high.title}"


def told_to(each: Evaluation) -> str:
    """Say who must be told of a deficiency."""
    said = f"{TOLD[each.provisional]} ({UNDECIDED})" if each.severity is None else TOLD[each.severity]
    return f"{ESCALATED}; then {said}" if each.escalated else said


def in_two_sentences(each: Evaluation) -> str:
    """Say what happened, and what it is."""
    case = each.case
    rates = "; ".join(
        f"{one.deviations:,} of {one.applicable:,} items deviated in {one.control_test}" for one in case.rates
    )
    failed = "is missing or cannot work as designed" if each.kind.startswith("design") else "did not always work"
    what = f"{case.control_title} ({case.control_id}) {failed} on {_listed(case.systems)}, {case.window}"
    first = f"{what}: {rates}." if rates else f"{what}."
    stands = f"it is {'open' if each.is_open else 'no longer open'} as of {case.ends_on}"
    if each.severity is None:
        count = len(each.wanted)
        waits = f"{count} {'thing is' if count == 1 else 'things are'} still to be judged or shown"
        return f"{first} Its class is {UNRESOLVED}, up to {article(each.provisional.title)}: {waits}, and {stands}."
    return f"{first} It is {article(each.severity.title)}, since {because(each)}; {stands}."


def because(each: Evaluation) -> str:
    """Say which rule decided the class, in words."""
    match each.severity:
        case Severity.EXCEPTION:
            return "the rate is tolerable, no pattern shows and each cause is known"
        case Severity.DEFICIENCY:
            return _why_no_more(each.steps)
        case Severity.SIGNIFICANT:
            return _why_significant(each.steps)
        case Severity.MATERIAL:
            return _why_material(each.steps)
    return "judgements are missing"


def _why_no_more(steps: Sequence[Step]) -> str:
    ids = {each.id for each in steps}
    if "2.1" not in ids:
        met = next(each.given.value for each in steps if each.input == "J_same_objective" and each.given)
        return f"{met} meets the same objective and was tested effective"
    if "2.2e" in ids:
        return "everything that relies on the systems was tested effective"
    if "3.1" in ids:
        return "what could get through is neither material nor worth the attention of those who oversee reporting"
    if "2.2d" in ids:
        return "what failed among the things that rely on it failed for other reasons"
    return "nothing of financial reporting relies on the systems"


def _why_material(steps: Sequence[Step]) -> str:
    if any(each.id == "3.3" and each.answer.startswith("yes") for each in steps):
        return "it is reasonably possible that a material misstatement gets through"
    return "it is presumed, and nobody argued against it"


def _why_significant(steps: Sequence[Step]) -> str:
    answers = {each.input: each.answer for each in steps if each.input}
    if answers.get("J_prudent_official") == "not_satisfied":
        return "a careful official would not be satisfied, though it is argued that it is no material weakness"
    if answers.get("J_indicator", "none") != "none":
        return "there is an indicator of a material weakness, which two persons argued against"
    if answers.get("J_uncorrected") == "yes":
        return "it was reported before and is still uncorrected"
    return "it is worth the attention of those who oversee reporting"


def group_in_words(each: Group) -> str:
    """Say in one sentence what a group is."""
    named = ", ".join(one.case.control_id for one in each.members)
    return f"Together, by {each.basis.words} {each.common}, {named} are {_class_of(each)}."


def _class_of(each: Group) -> str:
    if each.severity is None:
        return f"{UNRESOLVED}, up to {article(each.span.high.title)}"
    return article(each.severity.title)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
