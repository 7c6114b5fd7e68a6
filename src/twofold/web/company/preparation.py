"""Before and between audits: advice, readiness, anti-patterns, cost, and SOC 2 beside SOX, each as of today.

What takes seconds to compute is kept until an entry of the log or a new day changes it. Pages that are files of their
own on the command line are the same files here, each in a frame of a page of the site.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from twofold.jobs.advice.advise import advise_categories, advise_stage, advise_window
from twofold.jobs.anti_patterns.looking import look_for_anti_patterns
from twofold.jobs.cost import cost
from twofold.jobs.explain_framework import explain_framework
from twofold.jobs.readiness.review import review
from twofold.jobs.readiness.shown import review_json
from twofold.model.problem import UserError
from twofold.model.statement import Statement
from twofold.reports.cost_page import cost_page
from twofold.reports.framework_comparison_page import comparison_page
from twofold.reports.readiness_page import readiness_page
from twofold.scope.advice.worded import Caution
from twofold.web.company.preparing.kept import kept
from twofold.web.guard import needs
from twofold.web.headers import OWN_PAGE_INSIDE, report_answer
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.workspace_access import Current


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of advice with its sentences; `marks` are words beside it, such as a verdict.

    groups: sentences under a word of their own, such as those for and against.
    """

    title: str
    marks: tuple[str, ...]
    statements: tuple[Statement, ...]
    groups: tuple[tuple[str, tuple[Statement, ...]], ...] = ()


@require_safe
@needs("see_preparation")
def index(request: HttpRequest) -> HttpResponse:
    """Answer with what can be asked."""
    return page(request, "preparation.html", {}, at="preparation", title="Before an audit")


@require_safe
@needs("see_preparation")
def stage(request: HttpRequest) -> HttpResponse:
    """Answer with stage, posture, what to do first and what not to build yet."""
    return _advice(request, "Stage and posture", "twofold advise stage", _stage)


@require_safe
@needs("see_preparation")
def categories(request: HttpRequest) -> HttpResponse:
    """Answer with each category argued for and against."""
    return _advice(request, "Categories", "twofold advise categories", _categories)


@require_safe
@needs("see_preparation")
def window(request: HttpRequest) -> HttpResponse:
    """Answer with type, length, start gate, and the plans of the scope."""
    return _advice(request, "Type, window and start", "twofold advise window", _window)


@require_safe
@needs("see_preparation")
def anti_patterns(request: HttpRequest) -> HttpResponse:
    """Answer with what was found of each pattern."""
    return _advice(request, "Anti-patterns", "twofold anti-patterns", _anti_patterns)


@require_safe
@needs("see_preparation")
def readiness(request: HttpRequest) -> HttpResponse:
    """Answer with the readiness review inside the site."""
    return _around(request, "Readiness", "twofold readiness", "prepare_readiness_page", _readiness)


@require_safe
@needs("see_preparation")
def readiness_alone(request: HttpRequest) -> HttpResponse:
    """Answer with the page that `twofold readiness --html` writes."""
    return _own_page(request, "prepare_readiness_page", _readiness)


@require_safe
@needs("see_preparation")
def soc2_and_sox(request: HttpRequest) -> HttpResponse:
    """Answer with SOC 2 beside SOX inside the site."""
    command = "twofold explain-framework"
    return _around(request, "SOC 2 beside SOX", command, "prepare_soc2_and_sox_page", _soc2_and_sox)


@require_safe
@needs("see_preparation")
def soc2_and_sox_alone(request: HttpRequest) -> HttpResponse:
    """Answer with the page that `twofold explain-framework --html` writes."""
    return _own_page(request, "prepare_soc2_and_sox_page", _soc2_and_sox)


@require_safe
@needs("see_preparation")
def cost_and_time(request: HttpRequest) -> HttpResponse:
    """Answer with cost and time inside the site."""
    return _around(request, "Cost and time", "twofold cost", "prepare_cost_page", _cost)


@require_safe
@needs("see_preparation")
def cost_and_time_alone(request: HttpRequest) -> HttpResponse:
    """Answer with the page that `twofold cost --html` writes."""
    return _own_page(request, "prepare_cost_page", _cost)


def _around(
    request: HttpRequest, title: str, command: str, inside: str, make: Callable[[Current, date], str]
) -> HttpResponse:
    """Answer with a page of the site that shows a page of its own in a frame. inside: the name of its route."""
    try:
        kept(inside, make)
    except UserError as error:
        return _cannot(request, error)
    values = {"command": command, "inside": reverse(inside)}
    answer = page(request, "own_page.html", values, at="preparation", title=title)
    answer.headers["Content-Security-Policy"] = OWN_PAGE_INSIDE
    return answer


def _own_page(request: HttpRequest, name: str, make: Callable[[Current, date], str]) -> HttpResponse:
    try:
        text = kept(name, make)
    except UserError as error:
        return _cannot(request, error)
    return report_answer(text, inside=True)


def _readiness(now: Current, today: date) -> str:
    return readiness_page(review_json(review(now.workspace, today=today, window_days=None)))


def _soc2_and_sox(now: Current, _: date) -> str:
    return comparison_page(explain_framework(now.workspace, [], engagements=[]))


def _cost(now: Current, _: date) -> str:
    return cost_page(cost(now.workspace, [], published=""))


def _advice(
    request: HttpRequest, title: str, command: str, make: Callable[[Current, date], Sequence[Heading]]
) -> HttpResponse:
    try:
        headings = kept(request.path, make)
    except UserError as error:
        return _cannot(request, error)
    values = {"command": command, "headings": headings}
    return page(request, "advice.html", values, at="preparation", title=title)


def _cannot(request: HttpRequest, error: UserError) -> HttpResponse:
    for each in told(error):
        messages.error(request, each)
    return redirect("preparation")


def _stage(now: Current, today: date) -> list[Heading]:
    advice = advise_stage(now.workspace, on=today, at=timezone.now())
    result = advice.result
    possibly = "" if result.stages.known else "possibly "
    found = [
        Heading(f"{possibly}{each.shown}".capitalize(), (f"priority: {each.priority}",), (posture,))
        for each, posture in result.postures
    ]
    return [
        *found,
        Heading("Why", (), result.why),
        Heading("Duties under SOX", (), result.duty_statements),
        Heading("Do first", (), advice.items.do_first),
        Heading("Do not build yet", (), advice.items.do_not_build),
        _cautions("Warnings", advice.items.warnings),
        Heading("What would change the answer", (), tuple(each.statement for each in result.changed)),
        Heading("Not answered yet", tuple(each.replace("_", " ") for each in advice.unanswered), ()),
    ]


def _categories(now: Current, today: date) -> list[Heading]:
    advice = advise_categories(now.workspace, on=today, at=timezone.now())
    found = []
    for each in advice.categories:
        marks = (str(each.verdict), *(("chosen today",) if each.chosen else ()))
        groups = (
            ("For", each.arguments_for),
            ("Against", each.arguments_against),
            ("Open", each.open_points),
            ("What it adds", tuple(each.adds.statements) if each.adds else ()),
        )
        found.append(Heading(each.title, marks, (), groups))
    return [*found, _cautions("Over-scoping and under-scoping", advice.warnings)]


def _window(now: Current, today: date) -> list[Heading]:
    advice = advise_window(now.workspace, starts_on=None, months=None, on=today, at=timezone.now())
    gate = advice.gate
    return [
        Heading("Proposed", (), advice.window.statements),
        Heading("Start gate", (str(gate.gate),), (gate.statement, *(each.statement for each in gate.lines))),
        *(
            Heading(each.name, (each.type, f"{each.first} to {each.last}"), _with_cautions(each))
            for each in advice.window.plans
        ),
        _cautions("Warnings", advice.window.warnings),
    ]


def _anti_patterns(now: Current, today: date) -> list[Heading]:
    del today
    return [
        Heading(
            each.rule.title,
            (str(each.found.presence),),
            (
                *(hit.statement for hit in each.found.hits),
                each.found.looked_at,
                *(
                    each.rule.statement(f"{lens}: {why}", f"pattern: {each.rule.pattern}")
                    for lens, why in (("SOC 2", each.rule.soc2), ("SOX", each.rule.sox), ("Do", each.rule.remedy))
                    if each.found.hits
                ),
            ),
        )
        for each in look_for_anti_patterns(now.workspace, ())
    ]


def _with_cautions(plan: Any) -> tuple[Statement, ...]:
    return (*plan.statements, *(each.statement for each in plan.warnings))


def _cautions(title: str, cautions: Sequence[Caution]) -> Heading:
    return Heading(title, (), tuple(each.statement for each in cautions))


ADVICE: Mapping[str, Callable[[Current, date], Sequence[Heading]]] = {
    "anti-patterns": _anti_patterns,
    "categories": _categories,
    "stage": _stage,
    "window": _window,
}
"""Topic -> what gives its advice; the API tells the same."""
OWN_PAGES: Mapping[str, tuple[str, Callable[[Current, date], str]]] = {
    "cost": ("prepare_cost_page", _cost),
    "readiness": ("prepare_readiness_page", _readiness),
    "soc2-and-sox": ("prepare_soc2_and_sox_page", _soc2_and_sox),
}
"""Topic -> name of its page, which it is kept under, and what makes it; the API gives the same files."""
