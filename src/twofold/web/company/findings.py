"""Findings: exceptions grouped, with cause, response, owner and due day, as each lens sees them."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from twofold.findings.finding import OPEN, Finding
from twofold.jobs.judge import JudgedEngagement
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.workspace_access import current

_PAGE = 30


@require_safe
@needs("see_findings")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with the findings. The query may narrow by engagement, control, owner, and to those without an answer.

    `after` pages: findings are a list that was read once, so their place in it is kept.
    """
    now = current()
    asked = {name: request.GET.get(name, "").strip() for name in ("engagement", "control", "owner", "state")}
    every = [(each, finding) for each in now.judged for finding in each.findings]
    wanted = [pair for pair in every if _matches(*pair, asked)]
    after = request.GET.get("after", "")
    start = int(after) if after.isdecimal() else 0
    values = {
        "asked": asked,
        "more": start + _PAGE if len(wanted) > start + _PAGE else None,
        "controls": sorted({finding.control_id for _, finding in every}),
        "engagements": [each.judgement.engagement_id for each in now.judged],
        "open": OPEN,
        "owners": sorted({finding.owner for _, finding in every if finding.owner != OPEN}),
        "rows": wanted[start : start + _PAGE],
        "found": len(wanted),
        "total": len(every),
    }
    return page(request, "findings.html", values, at="findings", title="Findings")


def _matches(judged: JudgedEngagement, finding: Finding, asked: dict[str, str]) -> bool:
    if asked["engagement"] and judged.judgement.engagement_id != asked["engagement"]:
        return False
    if asked["control"] and finding.control_id != asked["control"]:
        return False
    if asked["owner"] and finding.owner != asked["owner"]:
        return False
    unanswered = finding.cause == OPEN
    return not asked["state"] or unanswered == (asked["state"] == "unanswered")
