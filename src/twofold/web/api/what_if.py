"""What-if questions: asked in the background, one at a time; answers are kept."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from twofold.jobs.in_background import Standing, WorkState
from twofold.jobs.what_if.kept import MARKDOWN_FILE, PAGE_FILE, KeptRun, kept_runs, stop
from twofold.web.api.operation import acts, file_answer, reads
from twofold.web.api.scope import AskedOut
from twofold.web.company.scope_change.what_if import ask, what_if_named
from twofold.web.workspace_access import current

router = Router(tags=["what if"])
RunId = Annotated[str, Field(max_length=60)]
Text = Annotated[str, Field(min_length=1, max_length=400)]


class StandingOut(Schema):
    """How far work in the background is. state: running, done, failed, stopped or died; problems: why it failed."""

    state: str
    step: str
    done: int
    total: int
    ended_at: datetime | None
    problems: list[str]


class QuestionIn(Schema):
    """Options of `twofold what-if` with their texts, for example `{"--drop-system": ["billing=2026-10-01"]}`.

    control_tests: those to run; all when empty.
    """

    questions: Annotated[
        dict[Annotated[str, Field(max_length=40)], Annotated[list[Text], Field(max_length=100)]],
        Field(min_length=1, max_length=20),
    ]
    control_tests: Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=100, default_factory=list)]


class WhatIfOut(Schema):
    """A question, and how its answer stands. about: id of the change of scope that it is about, or "".

    sections: the memo, once it is done: titles, sentences each with its rule and source, and tables.
    """

    id: str
    title: list[str]
    questions: dict[str, list[str]]
    control_tests: list[str]
    asked_by: str
    asked_at: datetime
    about: str
    standing: StandingOut
    sections: list[dict[str, Any]]


@reads(router, "/what-if", "ask_what_if", list[WhatIfOut], "Questions that are kept, newest first")
def list_what_if(request: HttpRequest) -> list[WhatIfOut]:
    """Return the questions, at most twenty, without the sections of their answers."""
    del request
    return [_told(each, sections=[]) for each in kept_runs(current().workspace.root)]


@reads(router, "/what-if/{run_id}", "ask_what_if", WhatIfOut, "One question with its answer")
def what_if_one(request: HttpRequest, run_id: RunId) -> WhatIfOut:
    """Return one question; 404 for one that is not kept."""
    del request
    run = what_if_named(run_id)
    return _told(run, sections=run.answer()["sections"] if run.standing.state is WorkState.DONE else [])


@reads(router, "/what-if/{run_id}/memo", "ask_what_if", None, "The memo as a page or as Markdown")
def what_if_memo(request: HttpRequest, run_id: RunId, form: Literal["page", "markdown"] = "page") -> HttpResponse:
    """Return the same file that `twofold what-if` writes; 404 before the answer is there."""
    del request
    run = what_if_named(run_id)
    if run.standing.state is not WorkState.DONE:
        raise Http404
    return file_answer((run.folder / (MARKDOWN_FILE if form == "markdown" else PAGE_FILE)).read_bytes())


@acts(router, "/what-if", "ask_what_if", AskedOut, "Ask a question")
def ask_what_if(request: HttpRequest, given: QuestionIn) -> AskedOut:
    """Begin to answer in the background; nothing of the workspace is changed. One question at a time."""
    return AskedOut(id=ask(request, given.questions, given.control_tests))


@acts(router, "/what-if/{run_id}/stop", "ask_what_if", WhatIfOut, "Stop", on=what_if_one, content="", status=200)
def stop_what_if(request: HttpRequest, run_id: RunId) -> WhatIfOut:
    """Stop a question that is being answered."""
    run = what_if_named(run_id)
    stop(current().workspace.root, run.run_id)
    return what_if_one(request, run_id)


def standing_out(one: Standing) -> StandingOut:
    """Return how work in the background stands, as the API tells it."""
    return StandingOut(
        state=one.state.value,
        step=one.step,
        done=one.done,
        total=one.total,
        ended_at=one.ended_at,
        problems=list(one.problems),
    )


def _told(run: KeptRun, *, sections: list[dict[str, Any]]) -> WhatIfOut:
    asked = run.question
    return WhatIfOut(
        id=run.run_id,
        title=list(asked.title),
        questions={option: list(texts) for option, texts in asked.questions.items()},
        control_tests=list(asked.control_tests),
        asked_by=asked.asked_by,
        asked_at=asked.asked_at,
        about=asked.about,
        standing=standing_out(run.standing),
        sections=sections,
    )
