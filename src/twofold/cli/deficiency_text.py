"""How `twofold deficiency` shows a deficiency and a group as text."""

from twofold.cli.output import say, say_wrapped
from twofold.findings.deficiency.evaluate import Evaluation
from twofold.findings.deficiency.groups import Group, gravest_of
from twofold.findings.deficiency.inputs import INPUTS
from twofold.findings.deficiency.path import Missing, Step
from twofold.findings.deficiency.wording import group_in_words, in_two_sentences, range_words, told_to
from twofold.jobs.deficiency.evaluations import Deficiencies
from twofold.model.statement import NOT_AN_OPINION


def inputs_text() -> str:
    """Return the list of inputs for a help text."""
    lines = "\n".join(f"  {each.name}: {each.expected}" for each in INPUTS.values())
    return f"\b\nInputs and their answers:\n{lines}"


def print_evaluation(each: Evaluation, found: Deficiencies) -> None:
    """Print the path of a deficiency, what is missing, and its groups."""
    case = each.case
    say(f"{case.deficiency_id} {case.control_title}: {each.word}")
    say_wrapped(in_two_sentences(each), indent=0)
    if each.severity is None:
        say(f"Still possible: {range_words(each.span)}")
    say_wrapped(f"To be told: {told_to(each)}", indent=0, hanging=2)
    for name, text in case.facts:
        say_wrapped(f"{name}: {text}", indent=2, hanging=2)
    _print_steps(each.steps)
    _print_wanted(case.deficiency_id, each.blockers, each.missing)
    groups = gravest_of(each, list(found.groups.values()))
    if groups:
        say("\nTogether with others (twofold deficiency show GROUP):")
        for group, span in groups.items():
            say(f"  {group}: {range_words(span)}")
    say(f"\n{NOT_AN_OPINION}")


def print_group(group: Group) -> None:
    """Print the path of a group."""
    say(f"{group.group_id}: {group.word}")
    say_wrapped(group_in_words(group), indent=0)
    if group.severity is None:
        say(f"Still possible: {range_words(group.span)}")
    _print_steps(group.steps)
    for name in group.unresolved:
        say(f"  {name} is unresolved: twofold deficiency show {name}")
    _print_wanted(group.group_id, group.blockers, group.missing)
    say(f"\n{NOT_AN_OPINION}")


def _print_steps(steps: tuple[Step, ...]) -> None:
    say("\nHow it came about:")
    for step in steps:
        say_wrapped(f"{step.id:<5} {step.asked} {step.answer}", indent=2, hanging=6)
        if step.given:
            given = step.given
            words = f"{step.input}, {given.given_by}, {given.given_at:%Y-%m-%d}, {given.captured}: {given.reason}"
            say_wrapped(words, indent=8, hanging=2)


def _print_wanted(subject: str, blockers: tuple[str, ...], missing: tuple[Missing, ...]) -> None:
    if blockers or missing:
        say("\nTo be done:")
    for text in blockers:
        say_wrapped(text, indent=2, hanging=2)
    if blockers:
        say("  Registers and tests are handed in with: twofold deficiency reliance FILE --tests FILE")
    for each in missing:
        about = f" --about {_quoted(each.about)}" if each.about else ""
        of = _quoted(each.subject or subject)
        say_wrapped(each.text, indent=2, hanging=2)
        say_wrapped(f"twofold deficiency judge {of} --input {each.input}{about}", indent=6, hanging=2)


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text else text
