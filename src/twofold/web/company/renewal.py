"""Test and judge again on screen: in a process of its own, followed and stopped here."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from twofold.jobs.in_background import WorkState
from twofold.jobs.renewal import newest_renewal, start_renewal, stop_renewal
from twofold.model.problem import UserError
from twofold.vault.entry import EntryKind
from twofold.web.acting import acting_name
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.workspace_access import Current, current

_AGAIN_SECONDS = "3"


@require_http_methods(["GET", "HEAD", "POST"])
@needs("renew_results")
def show(request: HttpRequest) -> HttpResponse:
    """Answer with how the newest renewal stands and what came since the last run, or begin one."""
    now = current()
    if request.method == "POST":
        try:
            start_renewal(now.workspace.root, actor=acting_name(request), at=timezone.now())
        except UserError as error:
            for each in told(error):
                messages.error(request, each)
        return redirect("renewal")
    found = newest_renewal(now.workspace.root)
    running = found is not None and found.standing.state is WorkState.RUNNING
    percent = round(100 * found.standing.done / found.standing.total) if found and found.standing.total else 0
    values = {"found": found, "percent": percent, "running": running, "since": captured_since_the_last_run(now)}
    answer = page(request, "renewal.html", values, at="results", title="Test and judge again")
    if running:
        answer.headers["Refresh"] = _AGAIN_SECONDS
    return answer


@require_POST
@needs("renew_results")
def interrupt(request: HttpRequest) -> HttpResponse:
    """Stop the renewal that runs."""
    stop_renewal(current().workspace.root)
    messages.info(request, "It is being stopped. Results stay as they were, or are new as a whole.")
    return redirect("renewal")


def captured_since_the_last_run(now: Current) -> int:
    """Count the captures after the last run of a control test."""
    last = now.workspace.vault.log.latest(EntryKind.RUN)
    beginning = 0 if last is None else last.index + 1
    return sum(1 for _ in now.workspace.vault.entries(kind=EntryKind.CAPTURE, start=beginning))
