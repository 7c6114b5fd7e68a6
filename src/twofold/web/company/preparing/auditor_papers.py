"""What goes to audit firms: the anonymous brief, refused where it tells who the company is, and the questions."""

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from twofold.engagement.auditor_choice.proposal import same_firm
from twofold.engagement.auditor_choice.questions import questions
from twofold.jobs.auditor_choice import choice as jobs
from twofold.jobs.auditor_choice.choice import CheckedBrief
from twofold.model.problem import UserError
from twofold.web.company.preparing.acts import field
from twofold.web.company.preparing.auditors import back_to, choice_of
from twofold.web.company.preparing.files import download
from twofold.web.company.preparing.kept import kept
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.workspace_access import current

_LONGEST_TEXT = 100_000


@require_http_methods(["GET", "HEAD", "POST"])
@needs("choose_auditor")
def brief(request: HttpRequest) -> HttpResponse:
    """Answer with the brief, or with every place that tells who the company is; a text of one's own is checked alike.

    `note`: words at its end. `allow`: words that may stay, parted by commas. `check`: a text to check in its place.
    """
    engagement = field(request, "engagement", most=200) or request.GET.get("engagement", "")
    note, text = field(request, "note"), field(request, "check", most=_LONGEST_TEXT)
    allow = [each.strip() for each in field(request, "allow").split(",") if each.strip()]
    try:
        checked = checked_brief(engagement, note=note, text=text, allow=allow)
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
        return back_to("auditors", "")
    if request.POST.get("give") == "file" and not checked.told:
        return download(checked.brief.text.encode(), "brief.md")
    values: dict[str, Any] = {
        "allow": ", ".join(allow),
        "check": text,
        "checked": checked,
        "engagement": engagement,
        "note": note,
    }
    status = 400 if checked.told else 200
    title = "Brief for audit firms"
    return page(request, "preparing/auditor_brief.html", values, at="preparation", title=title, status=status)


@require_safe
@needs("choose_auditor")
def asked(request: HttpRequest) -> HttpResponse:
    """Answer with the questions for firms and for the company; with `firm` those that its proposal leaves open."""
    engagement, firm = request.GET.get("engagement", ""), request.GET.get("firm", "")
    try:
        state = choice_of(engagement)
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
        return back_to("auditors", "")
    offers = {same_firm(each.proposal.firm): each.proposal for each in state.candidates}
    offer = offers.get(same_firm(firm)) if firm else None
    found = questions(state.need, offer)
    values = {
        "engagement": engagement,
        "firm": offer.firm if offer else "",
        "firms": [each.firm for each in offers.values()],
        "groups": [
            (title, [each for each in found if each.to == to])
            for to, title in (("firm", "To the firm"), ("you", "To yourselves"))
        ],
    }
    return page(
        request, "preparing/auditor_questions.html", values, at="preparation", title="Questions for audit firms"
    )


def checked_brief(engagement: str, *, note: str, text: str, allow: list[str]) -> CheckedBrief:
    """Return the brief, or with `text` one's own, with all that tells who the company is; raises UserError."""
    workspace = current().workspace
    if text:
        with tempfile.TemporaryDirectory(prefix="twofold-check-") as scratch:
            file = Path(scratch) / "text.txt"
            file.write_text(text, encoding="utf-8")
            return jobs.check_text(workspace, engagement, file, may_stay=allow)
    if note or allow:
        return jobs.brief_of(workspace, engagement, note=note, may_stay=allow)
    return kept(f"auditor brief {engagement}", lambda now, _: jobs.brief_of(now.workspace, engagement))
