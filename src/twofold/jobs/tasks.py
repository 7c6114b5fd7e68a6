"""Open a task about something that is there: a finding, a control, a request or a system."""

from datetime import date, datetime

from twofold.catalog.load import load_catalog
from twofold.engagement.task import AboutKind, Task
from twofold.jobs.acts import requests
from twofold.jobs.judge import judged_engagements
from twofold.model.problem import Problem, UserError
from twofold.records.acts import task
from twofold.records.workspace import Workspace

GREATEST_TEXT = 500
"""Characters of what is to be done: a task has a title, the rest belongs into its finding or control."""


def open_task(  # noqa: PLR0913  what, who, until when, about what
    workspace: Workspace,
    *,
    what: str,
    assigned_to: str,
    due_on: date | None,
    about_kind: AboutKind,
    about: str,
    actor: str,
    at: datetime,
) -> Task:
    """Open a task; raises UserError for a thing that is not there, a text that is too long, and as the act does."""
    if not _is_there(workspace, about_kind, about):
        raise UserError(Problem("about", f"there is no {about_kind} {about!r}", f"a {about_kind} of this workspace"))
    if len(what) > GREATEST_TEXT:
        found = f"{len(what):,} characters"
        raise UserError(Problem("what", found, f"at most {GREATEST_TEXT}", "say it shorter"))
    return task.open_task(
        workspace.vault,
        what=what,
        assigned_to=assigned_to,
        due_on=due_on,
        about_kind=about_kind,
        about=about,
        acting_user=actor,
        at=at,
    )


def _is_there(workspace: Workspace, kind: AboutKind, name: str) -> bool:
    match kind:
        case AboutKind.CONTROL:
            return name in load_catalog().controls
        case AboutKind.FINDING:
            return any(name == one.finding_id for each in judged_engagements(workspace) for one in each.findings)
        case AboutKind.REQUEST:
            return any(name == each.request_id for each in requests(workspace))
        case AboutKind.SYSTEM:
            applied = workspace.applied_scope()
            return applied is not None and applied.scope.system(name) is not None
