"""What-if on screen: ask in a form, answered in a process of its own, one at a time; answers are kept."""

from collections.abc import Mapping, Sequence

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from twofold.jobs.in_background import WorkState
from twofold.jobs.scope_change import change_contents
from twofold.jobs.what_if.kept import (
    MARKDOWN_FILE,
    PAGE_FILE,
    KeptQuestion,
    KeptRun,
    kept_run,
    kept_runs,
    start,
    stop,
)
from twofold.model.problem import Problem, UserError
from twofold.scope.what_if.overlay import overlaid
from twofold.scope.what_if.questions import READERS, read_questions
from twofold.web.acting import acting_name
from twofold.web.company.scope_change.forms import systems_of
from twofold.web.company.scope_change.models import ScopeProposal
from twofold.web.company.scope_change.what_if_form import ASKED, asked_in
from twofold.web.guard import needs
from twofold.web.headers import report_answer
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.workspace_access import current

_AGAIN_SECONDS = "4"


@require_http_methods(["GET", "HEAD", "POST"])
@needs("ask_what_if")
def index(request: HttpRequest) -> HttpResponse:
    """Answer with the form and the kept answers, or begin to answer a question."""
    now = current()
    if request.method == "POST":
        try:
            run_id = ask(request, asked_in(request.POST), request.POST.getlist("tests"))
        except UserError as error:
            for each in told(error):
                messages.error(request, each)
        else:
            return redirect("what_if_run", run_id)
    scope = now.scope.scope if now.scope else None
    runs = kept_runs(now.workspace.root)
    values = {
        "asked": ASKED,
        "categories": ["availability", "processing_integrity", "confidentiality", "privacy"],
        "engagements": [each.id for each in scope.engagements] if scope else [],
        "given": request.POST,
        "running": next((each for each in runs if each.standing.state is WorkState.RUNNING), None),
        "runs": runs,
        "systems": systems_of(scope),
        "teams": sorted({each.scope for each in scope.rosters}) if scope else [],
        "tests": sorted({test for each in now.catalog.controls.values() for test in each.control_tests}),
    }
    return page(request, "what_if.html", values, at="preparation", title="What if")


def ask(request: HttpRequest, asked: Mapping[str, Sequence[str]], control_tests: Sequence[str]) -> str:
    """Begin to answer questions, option of the command -> texts; returns the id of the run.

    Raises UserError for what cannot be asked, before a process is started for it.
    """
    now = current()
    if unknown := [option for option in asked if option not in READERS]:
        raise UserError([Problem(each, f"{each!r} is no question", "one of " + ", ".join(READERS)) for each in unknown])
    questions = read_questions({option: tuple(texts) for option, texts in asked.items()})
    if now.scope is None:
        raise UserError(Problem("what if", "no scope is in force", "an applied scope", "apply a scope first"))
    overlaid(now.scope.scope, questions)
    question = KeptQuestion(
        questions=asked,
        title=[each.text for each in questions],
        control_tests=list(control_tests),
        asked_by=acting_name(request),
        asked_at=timezone.now(),
    )
    return start(now.workspace.root, question)


def ask_about(request: HttpRequest, change_id: int) -> str:
    """Begin to answer what a proposed change would bring; returns the id of the run, which the proposal keeps."""
    proposal = get_object_or_404(ScopeProposal, pk=change_id, state=ScopeProposal.State.WAITING)
    workspace = current().workspace
    question = KeptQuestion(
        questions={},
        title=proposal.sentences,
        control_tests=[],
        asked_by=acting_name(request),
        asked_at=timezone.now(),
        about=str(proposal.pk),
    )
    files = change_contents(workspace, proposal.change, acting_name(request))
    proposal.what_if = start(workspace.root, question, scope_files=files)
    proposal.save(update_fields=["what_if"])
    return proposal.what_if


@require_POST
@needs("ask_what_if")
def about_change(request: HttpRequest, change_id: int) -> HttpResponse:
    """Begin to answer what a proposed change would bring."""
    try:
        return redirect("what_if_run", ask_about(request, change_id))
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
        return redirect("scope_change", change_id)


@require_safe
@needs("ask_what_if")
def show(request: HttpRequest, run_id: str) -> HttpResponse:
    """Answer with one question: how far it is, why it failed, or the memo."""
    run = what_if_named(run_id)
    values = {
        "percent": round(100 * run.standing.done / run.standing.total) if run.standing.total else 0,
        "run": run,
        "sections": run.answer()["sections"] if run.standing.state is WorkState.DONE else [],
    }
    answer = page(request, "what_if_run.html", values, at="preparation", title="What if")
    if run.standing.state is WorkState.RUNNING:
        answer.headers["Refresh"] = _AGAIN_SECONDS
    return answer


@require_POST
@needs("ask_what_if")
def interrupt(request: HttpRequest, run_id: str) -> HttpResponse:
    """Stop a question that is being answered."""
    run = what_if_named(run_id)
    stop(current().workspace.root, run.run_id)
    messages.info(request, "It is being stopped. Nothing of the workspace was changed.")
    return redirect("what_if_run", run.run_id)


@require_safe
@needs("ask_what_if")
def memo(request: HttpRequest, run_id: str) -> HttpResponse:
    """Answer with the memo as one page, or as Markdown; the same files that `twofold what-if` writes."""
    run = what_if_named(run_id)
    if run.standing.state is not WorkState.DONE:
        raise Http404
    if request.GET.get("form") == "markdown":
        answer = HttpResponse((run.folder / MARKDOWN_FILE).read_bytes(), content_type="text/markdown; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="{run.run_id}.md"'
        return answer
    return report_answer((run.folder / PAGE_FILE).read_bytes())


def what_if_named(run_id: str) -> KeptRun:
    """Return a question that is kept; raises Http404 for another id."""
    run = kept_run(current().workspace.root, run_id)
    if run is None:
        raise Http404
    return run
