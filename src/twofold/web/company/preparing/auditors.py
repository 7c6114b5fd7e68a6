"""The choice of an audit firm: what is needed, the shortlist with every reason, and the decision.

The brief and the questions that go out have pages of their own (auditor_papers.py).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from twofold.engagement.auditor_choice.questions import all_questions
from twofold.engagement.auditor_choice.shortlist import SCORES, State, Verdict, by_fit
from twofold.engagement.cost.quantities import decimal_text
from twofold.jobs.auditor_choice import choice as jobs
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.web.company.preparing.acts import captured_as, done, field
from twofold.web.company.preparing.files import download, uploaded
from twofold.web.company.preparing.kept import kept
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.workspace_access import current

STATE_MARKS = {
    State.LISTED: ("ok", "✓", "on the list"),
    State.ASK: ("open", "?", "ask first"),
    State.DROPPED: ("bad", "✗", "dropped out"),
}
VERDICT_MARKS = {Verdict.PASS: ("ok", "✓"), Verdict.FAIL: ("bad", "✗"), Verdict.ASK: ("open", "?")}
_AMOUNT = r"^[0-9]+(\.[0-9]+)?$"
_NO_AMOUNT = {"invalid": "a plain number, such as 25000"}
_YES_NO = [("", ""), ("true", "yes"), ("false", "no")]
_FACTS = {
    "first_audit": "The company was never examined before",
    "several_products": "The report describes several products",
    "regulated_data": "Regulated data is in scope",
    "sox_ahead": "SOX is in force or planned",
}


class NeedForm(forms.Form):
    """What is told of the need; an empty field keeps what was told before."""

    industry = forms.CharField(max_length=100, required=False)
    budget_low = forms.RegexField(_AMOUNT, max_length=20, required=False, error_messages=_NO_AMOUNT)
    budget_high = forms.RegexField(_AMOUNT, max_length=20, required=False, error_messages=_NO_AMOUNT)
    currency = forms.RegexField(
        r"^[A-Z]{3}$", required=False, error_messages={"invalid": "three capital letters, such as USD"}
    )
    start_by = forms.DateField(required=False)
    report_by = forms.DateField(required=False)
    first_audit = forms.ChoiceField(choices=_YES_NO, required=False)
    several_products = forms.ChoiceField(choices=_YES_NO, required=False)
    regulated_data = forms.ChoiceField(choices=_YES_NO, required=False)
    sox_ahead = forms.ChoiceField(choices=_YES_NO, required=False)


@require_safe
@needs("choose_auditor")
def show(request: HttpRequest) -> HttpResponse:
    """Answer with need, shortlist and decisions of one engagement: the only SOC 2 one, unless the query names one."""
    wanted = request.GET.get("engagement", "")
    now = current()
    values: dict[str, Any] = {
        "engagements": [each.id for each in now.scope.scope.engagements] if now.scope else [],
        "facts": _FACTS,
        "money": decimal_text,
        "order": request.GET.get("order", ""),
        "problems": [],
        "scores": SCORES,
        "state_marks": STATE_MARKS,
        "verdict_marks": VERDICT_MARKS,
    }
    try:
        state = choice_of(wanted)
    except UserError as error:
        values |= {"problems": told(error), "state": None}
        return page(request, "preparing/auditors.html", values, at="preparation", title="Choice of an auditor")
    values |= {
        "by_fit": by_fit(state.candidates, values["order"]) if values["order"] in SCORES else [],
        "dropped": [each for each in state.candidates if each.state is State.DROPPED],
        "decisions": [(each, _moment(each.decided_at)) for each in reversed(state.decisions)],
        "open": [
            (each, [all_questions()[name].text for name in each.questions])
            for each in state.candidates
            if each.state is State.ASK
        ],
        "set_aside": told(UserError(list(state.set_aside))) if state.set_aside else [],
        "state": state,
    }
    return page(request, "preparing/auditors.html", values, at="preparation", title="Choice of an auditor")


def choice_of(engagement: str) -> jobs.Choice:
    """Return need, firms and decisions of an engagement, "" = the only SOC 2 one; raises UserError."""
    return kept(f"auditors {engagement}", lambda now, today: jobs.choice(now.workspace, engagement, today=today))


@require_POST
@needs("choose_auditor")
def need(request: HttpRequest) -> HttpResponse:
    """Tell what is needed of a firm, beside what was told before."""
    form, engagement = NeedForm(request.POST), field(request, "engagement", most=200)
    back = back_to("auditors", engagement)
    if not form.is_valid():
        for name, errors in form.errors.items():
            messages.error(request, f"{name.replace('_', ' ')}: {' '.join(map(str, errors))}")
        return back
    return done(
        request,
        back,
        lambda workspace, actor, at: captured_as([tell_need(workspace, engagement, form.cleaned_data, actor, at)]),
    )


def tell_need(workspace: Workspace, engagement: str, given: Mapping[str, Any], actor: str, at: datetime) -> str:
    """Tell what a `NeedForm` says; return the id of the evidence. Raises UserError where it says nothing."""
    values = {name: str(value) for name, value in given.items() if value not in (None, "")}
    if not values:
        raise UserError(Problem("need", "Nothing was told; an empty field keeps what was told before.", ""))
    return jobs.tell_need(workspace, engagement, values, actor=actor, at=at)[1]


@require_POST
@needs("choose_auditor")
def take_in(request: HttpRequest) -> HttpResponse:
    """Import proposals from a CSV file; one line for each firm, empty means unknown."""

    def act(workspace: Workspace, actor: str, at: datetime) -> str:
        number, evidence = taken_in(request, workspace, actor, at)
        return f"{number} proposals. {captured_as([evidence])}"

    return done(request, back_to("auditors", field(request, "engagement", most=200)), act)


def taken_in(request: HttpRequest, workspace: Workspace, actor: str, at: datetime) -> tuple[int, str]:
    """Import the proposals in the file `file` of the request; return how many, and the id of the evidence."""
    with uploaded(request, "file") as path:
        return jobs.import_proposals(workspace, path, actor=actor, at=at)


@require_safe
@needs("choose_auditor")
def template(request: HttpRequest) -> HttpResponse:
    """Answer with a CSV that has the columns of a proposal."""
    now, engagement = current(), request.GET.get("engagement", "")
    try:
        text = jobs.proposals_template(now.workspace, engagement, today=now.today)
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
        return redirect("auditors")
    return download(text.encode(), "proposals.csv")


@require_POST
@needs("choose_auditor")
def decide(request: HttpRequest) -> HttpResponse:
    """Record the decision for a firm; one that does not pass every filter is refused, unless `despite` says why."""
    firm, reason, despite, engagement = (field(request, name) for name in ("firm", "reason", "despite", "engagement"))

    def act(*said: Any) -> str:
        workspace, actor, at = said
        made = jobs.decide(workspace, engagement, firm, reason=reason, despite=despite, actor=actor, at=at)
        return f"Decided for {made.firm}. Next: name it as auditor of {made.engagement} in the scope, and apply it."

    return done(request, back_to("auditors", engagement), act)


def _moment(text: str) -> datetime | None:
    """Read when a decision was made; None for a text that is no moment, which then is shown as it stands."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else None


def back_to(name: str, engagement: str) -> HttpResponse:
    """Go back to a page of this choice, of the same engagement."""
    query = f"?{urlencode({'engagement': engagement})}" if engagement else ""
    return redirect(reverse(name) + query)
