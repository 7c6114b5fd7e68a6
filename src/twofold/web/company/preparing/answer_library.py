"""The answer library: which answers hold, which are stale, which disagree; keep one, end one."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from twofold.engagement.questionnaire.facts import Support
from twofold.engagement.questionnaire.library import WORDS, Level, LibraryAnswer
from twofold.jobs.questionnaire.acting import LONGEST_ANSWER
from twofold.jobs.questionnaire.facts import local_day
from twofold.jobs.questionnaire.library import Library, add_answer, end_answer, keep_from_questionnaire
from twofold.records.workspace import Workspace
from twofold.web.company.preparing.acts import captured_as, done, field, tried
from twofold.web.company.preparing.kept import kept
from twofold.web.company.preparing.question import said_of
from twofold.web.company.preparing.questionnaires import held_library
from twofold.web.company.preparing.sources import address_of, nameable
from twofold.web.guard import needs
from twofold.web.page import page

_LEVELS = [str(each) for each in Level]
_FIELDS = 4
_DAY = timedelta(days=1)


class KeepForm(forms.Form):
    """An answer to keep; its sources come as fields of their own, `source`."""

    identifier = forms.CharField(max_length=80)
    questions = forms.CharField(max_length=8000)
    word = forms.ChoiceField(choices=[(each, each) for each in WORDS], required=False)
    text = forms.CharField(max_length=LONGEST_ANSWER)
    level = forms.ChoiceField(choices=[(each, each) for each in _LEVELS])
    until = forms.DateField(required=False)


@require_safe
@needs("see_questionnaires")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with the answers by id. The query narrows to a level and to what holds, is stale, or disagrees."""
    held = held_library()
    level, state, words = (request.GET.get(name, "") for name in ("level", "state", "words"))
    rows = answers_like(held, level=level, state=state, words=words)
    values = {
        "address_of": address_of,
        "day": _DAY,
        "doubles": {
            answer.answer_id: [each for each in held.doubles if answer.answer_id in {each.one, each.other}]
            for answer, _ in rows
        },
        "held": held,
        "level": level,
        "levels": _LEVELS,
        "rows": rows,
        "stale": sum(not support.holds for _, support in held.answers),
        "state": state,
        "words": words,
    }
    return page(request, "preparing/answer_library.html", values, at="questionnaires", title="Answer library")


@require_http_methods(["GET", "HEAD", "POST"])
@needs("answer_questionnaires")
def keep(request: HttpRequest) -> HttpResponse:
    """Show the form, or keep an answer in place of the one with its id. The query names one to start from."""
    form = KeepForm(request.POST or None, initial=_begun(request.GET.get("answer", "")))
    sources = [each.strip() for each in request.POST.getlist("source") if each.strip()]
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        problems, captured = tried(
            request,
            lambda workspace, actor, at: captured_as(keep_answer(workspace, given, sources, actor=actor, at=at)),
        )
        if captured:
            messages.success(request, captured)
            return redirect("answer_library")
        for each in problems:
            form.add_error(None, each)
    named = sources or form.initial.get("sources", [])
    values: dict[str, Any] = {
        "fields": [*named, *[""] * max(_FIELDS - len(named), 2)],
        "form": form,
        "levels": _LEVELS,
        "nameable": kept("sources", lambda now, _: nameable(now)),
        "words": WORDS,
    }
    status = 400 if form.errors else 200
    return page(
        request, "preparing/answer_keep.html", values, at="questionnaires", title="Keep an answer", status=status
    )


def keep_answer(
    workspace: Workspace, given: Mapping[str, Any], sources: Sequence[str], *, actor: str, at: datetime
) -> Sequence[str]:
    """Keep the answer that a `KeepForm` says; return the ids of the evidence. Raises UserError as the job does."""
    return add_answer(
        workspace,
        given["identifier"],
        [line.strip() for line in given["questions"].splitlines() if line.strip()],
        said_of(given, sources),
        holds_to=given["until"] + _DAY if given["until"] else None,
        actor=actor,
        at=at,
    )[1]


@require_POST
@needs("answer_questionnaires")
def keep_approved(request: HttpRequest) -> HttpResponse:
    """Keep an approved answer of a questionnaire under an id; the job refuses a draft, which is nobody's word yet."""
    questionnaire, question, answer = (field(request, name, most=200) for name in ("questionnaire", "question", "id"))
    level = field(request, "level")
    return done(
        request,
        redirect("answer_library"),
        lambda workspace, actor, at: captured_as(
            keep_from_questionnaire(
                workspace,
                questionnaire,
                question,
                answer,
                level=Level(level) if level in _LEVELS else Level.INTERNAL,
                actor=actor,
                at=at,
            )[1]
        ),
    )


@require_POST
@needs("answer_questionnaires")
def expire(request: HttpRequest) -> HttpResponse:
    """End an answer from today on; what was answered with it is stale from then on."""
    answer, reason = field(request, "id", most=200), field(request, "reason")
    return done(
        request,
        redirect("answer_library"),
        lambda workspace, actor, at: captured_as(
            end_answer(workspace, answer, on=local_day(workspace, at), reason=reason, actor=actor, at=at)[1]
        ),
    )


def answers_like(held: Library, *, level: str, state: str, words: str) -> list[tuple[LibraryAnswer, Support]]:
    """Return the answers of a level, in a state (holds, stale, twice), and with words; "" = all."""
    doubled = {name for each in held.doubles for name in (each.one, each.other)}
    return [
        (answer, support)
        for answer, support in held.answers
        if level in {"", str(answer.level)}
        and _is(state, support.holds, doubled=answer.answer_id in doubled)
        and words.casefold() in " ".join((answer.answer_id, answer.text, *answer.questions)).casefold()
    ]


def _is(state: str, holds: bool, *, doubled: bool) -> bool:
    return {"holds": holds, "stale": not holds, "twice": doubled}.get(state, True)


def _begun(answer_id: str) -> dict[str, Any]:
    """Return the fields of an answer that is there, to change it; nothing for another id."""
    found = next((each for each, _ in held_library().answers if each.answer_id == answer_id), None)
    if found is None:
        return {"level": str(Level.PRIVATE)}
    return {
        "identifier": found.answer_id,
        "questions": "\n".join(found.questions),
        "word": found.word,
        "text": found.text,
        "level": str(found.level),
        "until": found.ends_before - _DAY if found.ends_before else None,
        "sources": list(found.sources),
    }
