"""Jira Cloud issues of the demonstration company: their history, their keys, and the export of them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from twofold.jobs.demonstration.export_folder import ExportFolder
from twofold.jobs.demonstration.people import Person, Staff
from twofold.jobs.demonstration.timeline import iso_offset

SITE = "https://brightwater.atlassian.net"
FIELD_IDS = {
    "emergency": "customfield_10051",
    "uat": "customfield_10052",
    "risk": "customfield_10050",
    "rollback_plan": "customfield_10053",
    "beneficiary": "customfield_10061",
    "system": "customfield_10062",
    "rights": "customfield_10063",
    "same_as": "customfield_10064",
}
_NAMES = {
    "emergency": "Emergency",
    "uat": "UAT",
    "risk": "Risk",
    "rollback_plan": "Rollback plan",
    "beneficiary": "Beneficiary",
    "system": "System",
    "rights": "Rights",
    "same_as": "Same access as",
}


@dataclass(slots=True)
class Edit:
    """One field changed by one person at one moment."""

    field: str
    old: str
    new: str
    at: datetime
    actor: Person


@dataclass(slots=True, eq=False)
class Ticket:
    """An issue; its key is given when all issues of the project are known, in order of creation."""

    type: str
    system: str
    summary: str
    created_at: datetime
    reporter: Person
    custom: dict[str, Any] = field(default_factory=dict)
    edits: list[Edit] = field(default_factory=list)
    key: str = ""

    def edit(self, name: str, old: str, new: str, at: datetime, actor: Person) -> Edit:
        """Record a change of a field and return it, so that a fault can move it."""
        made = Edit(name, old, new, at, actor)
        self.edits.append(made)
        return made

    def move(self, old: str, new: str, at: datetime, actor: Person) -> Edit:
        """Record a change of status."""
        return self.edit("status", old, new, at, actor)

    def transition_to(self, state: str) -> Edit:
        """Return the first change into a state."""
        return next(edit for edit in self.edits if edit.field == "status" and edit.new == state)

    def drop(self, edit: Edit) -> None:
        """Forget a change: it never happened."""
        self.edits.remove(edit)


def number_tickets(tickets: list[Ticket], project: str) -> list[Ticket]:
    """Give every ticket its key in order of creation, without gaps, and return them in that order."""
    ordered = sorted(tickets, key=lambda ticket: (ticket.created_at, ticket.summary, ticket.system))
    for number, ticket in enumerate(ordered, 1):
        ticket.key = f"{project}-{number}"
    return ordered


def export_tickets(folder: ExportFolder, tickets: list[Ticket], *, project: str, kind: str) -> None:
    """Add the issues of a project, with full changelog, to the exports."""
    parameters = {"zone": "America/New_York"}
    wanted = (
        ("emergency", "uat", "risk", "rollback_plan")
        if kind == "issues"
        else ("beneficiary", "system", "rights", "same_as")
    )
    parameters |= {f"field_{role}": FIELD_IDS[role] for role in wanted}
    folder.add_json(
        f"jira/{project.lower()}_{kind}.json",
        kind,
        f'POST /rest/api/3/search/jql {{"jql": "project = {project} ORDER BY key", "expand": "changelog"}}',
        [_issue(number, project, ticket) for number, ticket in enumerate(tickets, 1)],
        parameters=parameters,
    )


def export_users(folder: ExportFolder, staff: Staff) -> None:
    """Add Jira's list of users to the exports: those who are there, since leavers are deleted."""
    rows = [
        {
            "self": f"{SITE}/rest/api/3/user?accountId={person.jira}",
            "accountId": person.jira,
            "accountType": "atlassian",
            "emailAddress": person.email,
            "displayName": person.name,
            "active": True,
            "timeZone": "America/New_York",
        }
        for person in staff.people
        if person.engagements[-1].ended_at is None
    ]
    folder.add_json("jira/users.json", "users", "GET /rest/api/3/users/search?maxResults=100", rows)


def _issue(number: int, project: str, ticket: Ticket) -> dict[str, Any]:
    # Sorting is stable: changes of one moment keep the order in which they were made.
    edits = sorted(ticket.edits, key=lambda edit: edit.at)
    status = next((edit.new for edit in reversed(edits) if edit.field == "status"), "To Do")
    base = 10_000 if project == "CHG" else 90_000
    fields: dict[str, Any] = {
        "summary": ticket.summary,
        "issuetype": {"name": ticket.type},
        "project": {"key": project},
        "components": [{"name": ticket.system}],
        "reporter": _user(ticket.reporter),
        "created": iso_offset(ticket.created_at),
        "updated": iso_offset(edits[-1].at if edits else ticket.created_at),
        "status": {"name": status},
    }
    fields |= {FIELD_IDS[role]: value for role, value in ticket.custom.items()}
    histories = [
        {
            "id": str((base + number) * 100 + index),
            "author": _user(edit.actor),
            "created": iso_offset(edit.at),
            "items": [_item(edit)],
        }
        for index, edit in enumerate(edits)
    ]
    return {
        "id": str(base + number),
        "key": ticket.key,
        "self": f"{SITE}/rest/api/3/issue/{base + number}",
        "fields": fields,
        "changelog": {"startAt": 0, "maxResults": 100, "total": len(histories), "histories": histories},
    }


def _item(edit: Edit) -> dict[str, Any]:
    custom = edit.field in FIELD_IDS
    return {
        "field": _NAMES.get(edit.field, edit.field),
        "fieldtype": "custom" if custom else "jira",
        "fieldId": FIELD_IDS.get(edit.field, edit.field),
        "fromString": edit.old or None,
        "toString": edit.new,
    }


def _user(person: Person) -> dict[str, Any]:
    return {"accountId": person.jira, "displayName": person.name, "active": True}
