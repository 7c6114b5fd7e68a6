"""One question of a questionnaire: its answer and what it rests on today, what the library has, and writing it anew."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from twofold.engagement.questionnaire.answers import AnswerAct, Shown, next_state
from twofold.engagement.questionnaire.drafting import propose
from twofold.engagement.questionnaire.library import WORDS, Level
from twofold.jobs.questionnaire import acting
from twofold.jobs.questionnaire.standing import Standing, ground_of
from twofold.model.problem import UserError
from twofold.records.acts.people import same_person
from twofold.web.acting import acting_name
from twofold.web.company.preparing.acts import captured_as, tried
from twofold.web.company.preparing.kept import kept
from twofold.web.company.preparing.questionnaires import STATE_MARKS, conflicts, held_library, standing_named
from twofold.web.company.preparing.sources import address_of, nameable
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.workspace_access import current

_FIELDS = 4
"""Fields for sources, at least; two more than the answer has."""


class AnswerForm(forms.Form):
    """An answer as a person writes it; its sources come as fields of their own, `source`."""

    word = forms.ChoiceField(choices=[(each, each) for each in WORDS], required=False)
    text = forms.CharField(max_length=acting.LONGEST_ANSWER)
    level = forms.ChoiceField(choices=[(str(each), str(each)) for each in (Level.PRIVATE, Level.PUBLIC)])


def said_of(given: Mapping[str, Any], sources: Sequence[str]) -> acting.Said:
    """Return what an answer's form says, with its sources."""
    return acting.Said(given["word"], given["text"], tuple(sources), Level(given["level"]))


@require_safe
@needs("see_questionnaires")
def show(request: HttpRequest, questionnaire_id: str, question_id: str) -> HttpResponse:
    """Answer with one question."""
    stands = standing_named(questionnaire_id)
    return _page(request, stands, question_named(stands, question_id), None, [])


@require_POST
@needs("answer_questionnaires")
def write(request: HttpRequest, questionnaire_id: str, question_id: str) -> HttpResponse:
    """Write the answer; the job refuses one without a source that bears it today."""
    stands = standing_named(questionnaire_id)
    shown = question_named(stands, question_id)
    form = AnswerForm(request.POST)
    sources = [each.strip() for each in request.POST.getlist("source") if each.strip()]
    if form.is_valid():
        said = said_of(form.cleaned_data, sources)
        problems, captured = tried(
            request,
            lambda workspace, actor, at: captured_as(
                acting.write(workspace, questionnaire_id, question_id, said, actor=actor, at=at).evidence
            ),
        )
        if captured:
            messages.success(request, captured)
            return redirect("question", questionnaire_id, question_id)
        for each in problems:
            form.add_error(None, each)
    return _page(request, stands, shown, form, sources)


def _page(
    request: HttpRequest, stands: Standing, shown: Shown, form: AnswerForm | None, sources: list[str]
) -> HttpResponse:
    held = held_library()
    ground = ground_of(current().workspace, stands)
    order = [each.question.question_id for each in stands.shown]
    here = order.index(shown.question.question_id)
    answer = shown.answer
    named = sources or list(answer.sources)
    values: dict[str, Any] = {
        "acts": {str(each) for each in AnswerAct if next_state(shown.state, each)},
        "address_of": address_of,
        "conflicts": conflicts(shown, stands, held),
        "facts": stands.facts,
        "fields": [*named, *[""] * max(_FIELDS - len(named), 2)],
        "following": order[here + 1] if here + 1 < len(order) else "",
        "form": form or AnswerForm(initial={"word": answer.word, "text": answer.text, "level": str(answer.level)}),
        "held": {each.answer_id: each for each, _ in held.answers},
        "nameable": kept("sources", lambda now, _: nameable(now)),
        "own": same_person(answer.author, acting_name(request)),
        "previous": order[here - 1] if here else "",
        "proposal": propose(shown.question.text, ground),
        "shown": shown,
        "stands": stands,
        "state_marks": STATE_MARKS,
        "words": WORDS,
    }
    status = 400 if form is not None else 200
    title = shown.question.text if len(shown.question.text) <= 160 else shown.question.text[:160] + "…"  # noqa: PLR2004
    return page(request, "preparing/question.html", values, at="questionnaires", title=title, status=status)


def question_named(stands: Standing, question_id: str) -> Shown:
    """Return one question; raises Http404 for an id that there is none of."""
    try:
        return stands.question(question_id)
    except UserError as error:
        raise Http404 from error
