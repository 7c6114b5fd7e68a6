"""How a page is answered: the template with what every page shows around it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from twofold.web.accounts.member import role_of
from twofold.web.rights import ROLE_TITLES, Grant, grant_of
from twofold.web.tasks_about import tasks_of
from twofold.web.workspace_access import current


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """One line of the navigation: its page's name, its title, the right that shows it, and the part of the site."""

    name: str
    title: str
    right: str
    part: str


NAVIGATION = (
    NavigationEntry("overview", "Overview", "see_overview", "Programme"),
    NavigationEntry("systems", "Systems and scope", "see_scope", "Programme"),
    NavigationEntry("controls", "Controls", "see_controls", "Programme"),
    NavigationEntry("evidence", "Evidence", "see_evidence", "Programme"),
    NavigationEntry("results", "Test results", "see_results", "Programme"),
    NavigationEntry("completeness", "Completeness", "see_results", "Programme"),
    NavigationEntry("samples", "Samples", "see_results", "Programme"),
    NavigationEntry("findings", "Findings", "see_findings", "Programme"),
    NavigationEntry("calendar", "Calendar", "see_findings", "Programme"),
    NavigationEntry("preparation", "Before an audit", "see_preparation", "Programme"),
    NavigationEntry("questionnaires", "Questionnaires", "see_questionnaires", "Programme"),
    NavigationEntry("reviews", "Access reviews", "see_reviews", "Programme"),
    NavigationEntry("requests", "Requests", "see_requests", "Programme"),
    NavigationEntry("inbox", "My work", "see_overview", "Programme"),
    NavigationEntry("people", "People", "see_programme", "Company"),
    NavigationEntry("roster", "Approver roster", "see_programme", "Company"),
    NavigationEntry("policies", "Policies", "see_programme", "Company"),
    NavigationEntry("vendors", "Vendors", "see_programme", "Company"),
    NavigationEntry("training", "Training", "see_programme", "Company"),
    NavigationEntry("tokens", "API tokens", "use_api", "Administration"),
    NavigationEntry("accounts", "Accounts", "manage_accounts", "Administration"),
    NavigationEntry("sign_on", "Single sign-on", "manage_sign_on", "Administration"),
    NavigationEntry("account_log", "Account log", "see_account_log", "Administration"),
)


def page(
    request: HttpRequest, template: str, values: Mapping[str, Any], *, at: str, title: str, status: int = 200
) -> HttpResponse:
    """Answer with a page of the company's site. at: name of the entry of the navigation that it belongs to."""
    return render(request, template, {**surroundings(request, at=at, title=title), **values}, status=status)


def surroundings(request: HttpRequest, *, at: str, title: str) -> dict[str, Any]:
    """Return what every page shows around its own part."""
    role = role_of(request.user)
    shown = [each for each in NAVIGATION if grant_of(each.right, role) is not Grant.NO]
    settings = current().workspace.settings
    return {
        "account": request.user,
        "at": at,
        "company": settings.company,
        "may": lambda right: grant_of(right, role) is not Grant.NO,
        "messages": get_messages(request),
        "navigation": shown,
        "people": current().people,
        "tasks_of": tasks_of,
        "role_title": ROLE_TITLES[role] if role else "",
        "terms_used": {},
        "title": title,
        "zone": settings.reporting_zone,
    }
