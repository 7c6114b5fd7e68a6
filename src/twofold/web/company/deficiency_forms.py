"""The form of one judgement of a deficiency, a group or an engagement, and what each page asks with it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django import forms

from twofold.findings.deficiency.dependents import State, state_in
from twofold.findings.deficiency.evaluate import Evaluation
from twofold.findings.deficiency.inputs import INDICATORS, INPUTS, PRUDENT, Given, Input, Level
from twofold.findings.deficiency.path import Missing
from twofold.jobs.deficiency.evaluations import Deficiencies
from twofold.jobs.deficiency.judging import about_choices, levels_of

_WITHIN = frozenset({Level.DEPENDENT, Level.COMPENSATING, Level.RAISE})


class JudgementForm(forms.Form):
    """One judgement: of what, which, the answer, and what it rests on."""

    subject = forms.CharField(max_length=400)
    judgement = forms.ChoiceField(choices=[(each, each) for each in INPUTS])
    about = forms.CharField(max_length=400, required=False)
    value = forms.CharField(max_length=400)
    reason = forms.CharField(max_length=4000)


@dataclass(frozen=True, slots=True)
class Question:
    """One judgement that a page asks for. noun: what of the subject it speaks of; given: what counts now.

    late: it had to be said before the engagement was judged first.
    """

    input: Input
    about: str
    noun: str
    given: Given | None
    missing: bool
    late: bool


def questions(found: Deficiencies, subject: str, missing: tuple[Missing, ...]) -> list[Question]:
    """Return what can be judged of a subject: what is missing first, in the order of the path, then all else."""
    wanted = [(each.input, each.about) for each in missing if each.subject == subject]
    nouns = {(each.input, each.about): each.noun for each in missing}
    every = [*wanted, *(each for each in _possible(found, subject) if each not in wanted)]
    return [
        Question(
            input=INPUTS[name],
            about=about,
            noun=nouns.get((name, about), "") or about.replace("_", " "),
            given=found.judgements.newest(name, subject, about),
            missing=(name, about) in wanted,
            late=name == "J_tolerable_rate" and subject in found.engagements,
        )
        for name, about in every
    ]


def _possible(found: Deficiencies, subject: str) -> Iterator[tuple[str, str]]:
    """Yield (input, what within the subject) of what may matter now; everything else can be judged when it does."""
    levels = set(levels_of(found, subject))
    each = found.evaluations.get(subject)
    for asked in INPUTS.values():
        if not levels & set(asked.levels):
            continue
        if each is None or not _WITHIN & set(asked.levels):
            yield asked.name, ""
        else:
            yield from ((asked.name, about) for about in about_choices(found, subject, asked) if _matters(each, about))


def _matters(each: Evaluation, about: str) -> bool:
    """Whether a dependent did not hold, or a presumption stands that can be argued against."""
    answers = [step.answer for step in each.steps if step.input in {"J_prudent_official", "J_indicator"}]
    if about in {PRUDENT, *INDICATORS}:
        return any(("not_satisfied" if about == PRUDENT else about) in answer for answer in answers)
    held = {one.id for one in each.case.dependents if state_in(one, each.case.window) is State.EFFECTIVE}
    return about not in held
