"""The interview on one page: each question with its help and the answer in force; news is captured as evidence."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from twofold.jobs.advice.answers_file import Written
from twofold.jobs.advice.interview import record_answers
from twofold.jobs.advice.said import read_said
from twofold.model.problem import UserError
from twofold.scope.advice.questions import is_asked, questions
from twofold.web.acting import acting_name
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.workspace_access import current


@require_http_methods(["GET", "HEAD", "POST"])
@needs("answer_interview")
def show(request: HttpRequest) -> HttpResponse:
    """Show the questions that make sense now, or record the answers; an empty field keeps what was said before."""
    now = current()
    said = read_said(now.workspace)
    held = {name: each.answer for name, each in said.current.items()}
    problems: dict[str, str] = {}
    if request.method == "POST":
        written = []
        for name, question in questions().items():
            text = ";".join(request.POST.getlist(name)).strip()
            if not text:
                continue
            try:
                written.append(Written(name, name, question.read(text)))
            except ValueError as error:
                problems[name] = str(error)
        if not problems:
            try:
                recorded = record_answers(now.workspace, written, actor=acting_name(request), at=timezone.now())
            except UserError as error:
                problems[""] = " ".join(told(error))
            else:
                count = len(recorded.recorded)
                messages.success(request, f"Captured as {recorded.evidence}: {count} new." if count else "No news.")
                return redirect("prepare_interview")
    values = {
        "held": dict(said.current),
        "problems": problems,
        "questions": [each for each in questions().values() if is_asked(each, held)],
        "given": {name: ";".join(request.POST.getlist(name)) for name in questions()},
    }
    status = 400 if problems else 200
    return page(request, "interview.html", values, at="preparation", title="Interview", status=status)
