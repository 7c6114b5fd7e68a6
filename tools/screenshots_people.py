"""Makes accounts and some days of work for `screenshots.py`; says their cookies as JSON: `screenshots_people.py CLOCK`.

Runs in a process of its own, with the workspace in TWOFOLD_WORKSPACE. CLOCK is a file of Python that it writes: it
stops the clock of every later process of the site at the newest entry of the log.
"""

import json
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "twofold.web.settings"
django.setup()

from allauth.mfa.totp.internal.auth import TOTP  # noqa: E402  after the set-up
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from twofold.engagement.task import AboutKind  # noqa: E402
from twofold.jobs.acts import ask  # noqa: E402
from twofold.jobs.finding_answers import Repair, answer_finding  # noqa: E402
from twofold.jobs.scope_change import ScopeChange  # noqa: E402
from twofold.jobs.tasks import open_task  # noqa: E402
from twofold.records.workspace import Workspace  # noqa: E402
from twofold.scope.edits.edit import LabelEnded  # noqa: E402
from twofold.web.accounts.invitations import accept, invite, standing  # noqa: E402
from twofold.web.company.scope_change.plans import planned  # noqa: E402
from twofold.web.rights import Role  # noqa: E402
from twofold.web.workspace_access import current  # noqa: E402

ACCOUNTS = {"administrator": ("administrator", ""), "manager": ("compliance", "p-0005")}
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
CLOCK = """import datetime
import django.utils.timezone
django.utils.timezone.now = lambda: datetime.datetime.fromisoformat({!r})
"""


def cookie_of(name: str, at: datetime) -> dict[str, str]:
    """Invite somebody, who accepts and adds a second factor; returns the cookie of a session."""
    role, person = ACCOUNTS[name]
    email = f"{name}@brightwater.example"
    secret = invite(email, Role(role), person=person, by="administrator@brightwater.example", at=at, request=None)
    invitation = standing(secret, at=at)
    user = accept(invitation, email=email, password=token_urlsafe(), at=at, request=None) if invitation else None
    if user is None:
        sys.exit(f"the invitation of {email} does not hold")
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    client = Client(headers={"host": "localhost"})
    client.force_login(user, backend=BACKEND)
    return {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}


def newest_moment(root: Path) -> datetime:
    """Return the time of the newest entry of the log."""
    with Workspace.open(root) as workspace:
        return workspace.vault.entry(workspace.vault.size - 1).at


def work(root: Path, at: datetime) -> None:
    """Do what people do in some days, all at one moment."""
    with Workspace.open(root) as workspace:
        today = at.date()

        def answered(
            finding: str, cause: str, response: str, owner: str, days: int, repair: Repair | None = None
        ) -> None:
            answer_finding(
                workspace,
                finding,
                cause=cause,
                response=response,
                owner=owner,
                due_on=today + timedelta(days=days),
                actor="p-0005",
                at=at,
                repair=repair,
            )

        answered(
            "AC-01/T-01/A/no_request",
            "Two accounts were made from a chat message, not from the form.",
            "The form is the only way: the directory refuses accounts without its ticket.",
            "p-0005",
            12,
        )
        answered(
            "AC-01/T-01/A/request_used",
            "One ticket was used for two accounts.",
            "A ticket is closed with its first account.",
            "p-0003",
            -3,
            Repair(today - timedelta(days=20), "The workflow closes the ticket."),
        )
        answered(
            "AC-01/T-01/B/not_authorised",
            "The approver had left the roster a week before.",
            "The form asks the roster.",
            "p-0003",
            30,
        )
        for what, about_kind, about, days in (
            ("Show the new form to team leads", AboutKind.FINDING, "AC-01/T-01/A/no_request", 4),
            ("Ask for the restore test of the third quarter", AboutKind.CONTROL, "OP-04", 2),
            ("Name a deputy for the ledger", AboutKind.SYSTEM, "ledger", -2),
        ):
            due_on = today + timedelta(days=days)
            open_task(
                workspace,
                what=what,
                assigned_to="p-0005",
                due_on=due_on,
                about_kind=about_kind,
                about=about,
                actor="p-0005",
                at=at,
            )
        for engagement, control, text, days in (
            ("soc2-2026", "AC-05", "Access reviews of the third quarter, with their completion records", 6),
            ("sox-fy2026", "CM-01", "The population of changes and its completeness record", 9),
            ("sox-fy2026", "CM-02", "Who could deploy to the ledger in the year", 9),
        ):
            due_on = today + timedelta(days=days)
            ask(
                workspace,
                engagement,
                control=control,
                text=text,
                assigned_to="p-0005",
                due_on=due_on,
                actor="p-0005",
                at=at,
            )
    change = ScopeChange(
        (LabelEnded(system="analytics", label="financially_relevant", day=today),),
        "The close no longer reads it: reports come from the ledger.",
        "p-0003",
    )
    proposal, _ = planned(current(), change, at=at)
    proposal.save()


def main() -> int:
    """Make all of it and say the cookies."""
    call_command("migrate", interactive=False, verbosity=0)
    root = Path(os.environ["TWOFOLD_WORKSPACE"])
    at = newest_moment(root) + timedelta(minutes=5)
    timezone.now = lambda: at
    work(root, at)
    cookies = {name: cookie_of(name, at) for name in ACCOUNTS}
    Path(sys.argv[1]).write_text(CLOCK.format((at + timedelta(hours=1)).isoformat()), encoding="utf-8")
    sys.stdout.write(json.dumps(cookies))
    return 0


if __name__ == "__main__":
    sys.exit(main())
