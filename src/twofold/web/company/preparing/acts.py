"""How an act on these pages is done and told: as whom, when, what it was captured as, or why it was refused."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from twofold.model.problem import UserError
from twofold.records.workspace import Workspace
from twofold.web.acting import acting_name
from twofold.web.problems import told
from twofold.web.workspace_access import current

Act = Callable[[Workspace, str, datetime], str]
"""Does something with workspace, acting name and moment; returns the sentence that says what was done."""


def done(request: HttpRequest, back: HttpResponse, act: Act) -> HttpResponse:
    """Do an act and go back with what it said; with the problems where a job refuses it."""
    problems, said = tried(request, act)
    for each in problems:
        messages.error(request, each)
    if said:
        messages.success(request, said)
    return back


def tried(request: HttpRequest, act: Act) -> tuple[Sequence[str], str]:
    """Do an act; return the problems, and the sentence that says what was done ("" where it was refused)."""
    try:
        return (), act(current().workspace, acting_name(request), timezone.now())
    except UserError as error:
        return told(error), ""


def captured_as(evidence: Sequence[str]) -> str:
    """Say as what an act was captured."""
    return f"Captured as {', '.join(evidence)}." if evidence else "Nothing changed, so nothing was captured."


def field(request: HttpRequest, name: str, *, most: int = 4000) -> str:
    """Return a posted field without spaces around, cut at a length."""
    given: Any = request.POST.get(name, "")
    return str(given)[:most].strip()
