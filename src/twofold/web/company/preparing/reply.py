"""Replies to buyers who ask for SOC 2 or say SOX: a draft whose sentences carry their source, and what to ask back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from twofold.jobs.advice.advise import ReplyAdvice, advise_reply
from twofold.jobs.advice.letter import reply_letter
from twofold.jobs.advice.said import read_said
from twofold.model.problem import UserError
from twofold.web.company.preparing.files import download
from twofold.web.company.preparing.kept import kept
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told


def reply_today(request_id: str) -> ReplyAdvice:
    """Return the draft for one request as of today; raises UserError for an id that there is none of."""
    return kept(
        f"reply {request_id}", lambda now, today: advise_reply(now.workspace, request_id, on=today, at=timezone.now())
    )


@require_safe
@needs("see_preparation")
def show(request: HttpRequest) -> HttpResponse:
    """Answer with the buyers' requests and the draft for one of them; with `form=letter` with the draft as a text."""
    requests = kept("buyers", lambda now, _: list(read_said(now.workspace).requests or ()))
    wanted = request.GET.get("request", "") or next((each.request_id for each in requests), "")
    advice = None
    if wanted:
        try:
            advice = reply_today(wanted)
        except UserError as error:
            for each in told(error):
                messages.error(request, each)
            return redirect("buyer_reply")
        if request.GET.get("form") == "letter":
            return download(reply_letter(advice).encode(), f"reply-{wanted}.txt")
    values = {"advice": advice, "requests": requests, "wanted": wanted}
    return page(request, "preparing/reply.html", values, at="preparation", title="Reply to a buyer")
