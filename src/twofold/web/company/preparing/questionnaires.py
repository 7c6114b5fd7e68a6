"""Customers' questionnaires: all of them with how far each is, one with its questions, and what is done with many.

A question is answered on a page of its own (question.py); files come in and go out in questionnaire_files.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from twofold.engagement.questionnaire.answers import AnswerState, Shown
from twofold.engagement.questionnaire.library import DoubleKind
from twofold.jobs.questionnaire import acting
from twofold.jobs.questionnaire.library import Library, library
from twofold.jobs.questionnaire.standing import Standing, all_questionnaires, waiting_for
from twofold.jobs.questionnaire.tables import Questionnaire
from twofold.web.acting import acting_name
from twofold.web.company.preparing.acts import captured_as, done, field
from twofold.web.company.preparing.kept import kept
from twofold.web.company.preparing.sources import address_of
from twofold.web.guard import needs
from twofold.web.number import number_in
from twofold.web.page import page

STATE_MARKS = {
    AnswerState.OPEN: ("none", "○"),
    AnswerState.DRAFT: ("open", "…"),
    AnswerState.READY: ("open", "→"),
    AnswerState.APPROVED: ("ok", "✓"),
    AnswerState.RETURNED: ("bad", "↩"),
    AnswerState.STALE: ("bad", "!"),
}
"""State of an answer -> style and mark; the word always stands beside the mark."""
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One question of the table: in whose hands it is, and what disagrees with its answer."""

    shown: Shown
    hands: str
    conflicts: tuple[str, ...]


def standings() -> dict[str, Standing]:
    """Return every questionnaire as it stands today, by id, in order of arrival."""
    return kept(
        "questionnaires",
        lambda now, _: {
            each.questionnaire.questionnaire_id: each for each in all_questionnaires(now.workspace, at=timezone.now())
        },
    )


def held_library() -> Library:
    """Return the answer library as it stands today."""
    return kept("answer library", lambda now, _: library(now.workspace, at=timezone.now()))


def standing_named(questionnaire_id: str) -> Standing:
    """Return one questionnaire; raises Http404 for an id that there is none of."""
    found = standings().get(questionnaire_id)
    if found is None:
        raise Http404
    return found


def questions_of(person: str) -> Sequence[tuple[Questionnaire, Shown]]:
    """Return the questions that wait for a person, over all questionnaires; the soonest due first."""
    found = waiting_for(standings().values(), person)
    return sorted(found, key=lambda each: (each[0].due_on or date.max, each[0].questionnaire_id))


@require_safe
@needs("see_questionnaires")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with the questionnaires: how much of each is answered, drafted, ready, approved and stale, and due when.

    What is not all answered comes first, by the day on which it is due.
    """
    found = list(standings().values())
    ordered = sorted(found, key=lambda each: (left_of(each) == 0, each.questionnaire.due_on or date.max))
    values = {"left": left_of, "mine": len(questions_of(acting_name(request))), "rows": ordered}
    return page(request, "preparing/questionnaires.html", values, at="questionnaires", title="Questionnaires")


@require_safe
@needs("see_questionnaires")
def show(request: HttpRequest, questionnaire_id: str) -> HttpResponse:
    """Answer with one questionnaire. The query narrows to a state and a person, and pages with `from`."""
    stands = standing_named(questionnaire_id)
    held = held_library()
    rows = rows_of(stands, held)
    state, person = request.GET.get("state", ""), request.GET.get("person", "")
    found = [each for each in rows if _wanted(each, state, person)]
    first = number_in(request.GET.get("from", "")) or 0
    values: dict[str, Any] = {
        "address_of": address_of,
        "all": len(found),
        "first": first,
        "hands": sorted({each.hands for each in rows if each.hands}),
        "left": left_of(stands),
        "next": first + _PAGE if first + _PAGE < len(found) else None,
        "person": person,
        "rows": found[first : first + _PAGE],
        "stands": stands,
        "state": state,
        "state_marks": STATE_MARKS,
        "states": [*map(str, AnswerState), *(("not_asked",) if stands.counts["not_asked"] else ())],
    }
    title = stands.questionnaire.title or questionnaire_id
    return page(request, "preparing/questionnaire.html", values, at="questionnaires", title=title)


@require_safe
@needs("see_questionnaires")
def mine(request: HttpRequest) -> HttpResponse:
    """Answer with the questions that wait for the person who looks."""
    values = {"rows": questions_of(acting_name(request)), "state_marks": STATE_MARKS}
    return page(request, "preparing/my_questions.html", values, at="questionnaires", title="My questions")


@require_POST
@needs("answer_questionnaires")
def draft(request: HttpRequest, questionnaire_id: str) -> HttpResponse:
    """Draft answers from the library for what is open or stale; no source, no answer."""
    standing_named(questionnaire_id)
    again = request.POST.get("again") == "yes"

    def act(*given: Any) -> str:
        workspace, actor, at = given
        made = acting.match(workspace, questionnaire_id, again=again, actor=actor, at=at)
        drafted = sum(each.draft is not None for each in made.proposals.values())
        without = len(made.proposals) - drafted
        said = f"Drafts made: {drafted}. Questions for which the library has nothing that holds: {without}."
        return f"{said} {captured_as(made.acted.evidence)}" if drafted else said

    return done(request, redirect("questionnaire", questionnaire_id), act)


@require_POST
@needs("answer_questionnaires")
def assign(request: HttpRequest, questionnaire_id: str) -> HttpResponse:
    """Give the chosen questions to a person."""
    to = field(request, "to", most=200)
    return _on_chosen(request, questionnaire_id, acting.assign, to=to)


@require_POST
@needs("answer_questionnaires")
def ready(request: HttpRequest, questionnaire_id: str) -> HttpResponse:
    """Put the chosen drafts up for review."""
    return _on_chosen(request, questionnaire_id, acting.submit)


@require_POST
@needs("approve_answers")
def approve(request: HttpRequest, questionnaire_id: str) -> HttpResponse:
    """Approve the chosen answers; the job refuses one's own."""
    return _on_chosen(request, questionnaire_id, acting.approve, note=field(request, "note"))


@require_POST
@needs("approve_answers")
def give_back(request: HttpRequest, questionnaire_id: str) -> HttpResponse:
    """Return the chosen answers to their authors; the job refuses it without a reason."""
    return _on_chosen(request, questionnaire_id, acting.give_back, note=field(request, "note"))


def _on_chosen(
    request: HttpRequest, questionnaire_id: str, act: Callable[..., acting.AnswersActed], **said: str
) -> HttpResponse:
    """Do an act on the questions that the form names; none chosen is a slip, and never means all of them."""
    standing_named(questionnaire_id)
    chosen = [each for each in request.POST.getlist("question") if each]
    alone = request.POST.get("back") == "question" and len(chosen) == 1
    back = redirect("question", questionnaire_id, chosen[0]) if alone else redirect("questionnaire", questionnaire_id)
    if not chosen:
        messages.error(request, "No question is chosen; tick those that you mean.")
        return back
    return done(
        request,
        back,
        lambda workspace, actor, at: captured_as(
            act(workspace, questionnaire_id, chosen, actor=actor, at=at, **said).evidence
        ),
    )


def left_of(stands: Standing) -> int:
    """Return how many questions are asked and not answered for good."""
    counts = stands.counts
    return counts["questions"] - counts["not_asked"] - counts["answered"]


def rows_of(stands: Standing, held: Library, *, state: str = "", person: str = "") -> list[Row]:
    """Return the questions of a questionnaire, narrowed to a state (or not_asked) and to whose hands they are in."""
    return [row for each in stands.shown if _wanted(row := _row(each, stands, held), state, person)]


def _wanted(row: Row, state: str, person: str) -> bool:
    own = "not_asked" if row.shown.not_asked else str(row.shown.state)
    return person in {"", row.hands} and state in {"", own}


def _row(shown: Shown, stands: Standing, held: Library) -> Row:
    return Row(shown, shown.answer.assigned_to or shown.answer.author, tuple(conflicts(shown, stands, held)))


def conflicts(shown: Shown, stands: Standing, held: Library) -> list[str]:
    """Return what disagrees with an answer: another of the library, or the same question answered otherwise."""
    found = [
        f"{each.one} and {each.other} of the library: {each.why}"
        for each in held.doubles
        if each.kind is DoubleKind.CONFLICT and shown.answer.library in {each.one, each.other}
    ]
    same = stands.twice.get(shown.question.question_id)
    if same:
        word, other = shown.answer.word, stands.question(same).answer.word
        if word and other and word != other:
            found.append(f"{same} asks the same and is answered {other}")
    return found
