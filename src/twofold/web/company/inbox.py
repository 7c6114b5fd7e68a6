"""My work: what waits for the person who looks: proposals to agree with, requests, findings and controls of theirs."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from twofold.engagement.request import allowed_acts
from twofold.findings.finding import OPEN
from twofold.model.instant import zone_named
from twofold.records.acts.people import same_person
from twofold.web.accounts.member import person_of, role_of
from twofold.web.acting import acting_name, controls_of
from twofold.web.company.models import ProposedDisposition
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.rights import Grant, grant_of
from twofold.web.workspace_access import current


@require_safe
@needs("see_overview")
def show(request: HttpRequest) -> HttpResponse:
    """Answer with the work of the account's person."""
    now = current()
    me = acting_name(request)
    own = controls_of(now.scope.scope if now.scope else None, person_of(request.user))
    agrees = grant_of("agree_with", role_of(request.user)) is Grant.YES
    zone = zone_named(now.workspace.settings.reporting_zone)
    values = {
        "controls": [row for row in now.status.rows if row.control_id in own],
        "findings": [
            (each, finding)
            for each in now.judged
            for finding in each.findings
            if (finding.control_id in own and finding.cause == OPEN) or same_person(finding.owner, me)
        ],
        "me": me,
        "proposals": list(ProposedDisposition.objects.order_by("proposed_at")) if agrees else [],
        "requests": [
            each for each in now.status.requests if allowed_acts(each.state) and same_person(each.assigned_to, me)
        ],
        "today": timezone.now().astimezone(zone).date(),
    }
    return page(request, "inbox.html", values, at="inbox", title="My work")
