"""Makes accounts and some days of work for `screenshots.py`, and says them as JSON: `screenshots_people.py CLOCK`.

The JSON has `cookies` (by account), `places` (what stands for a name in braces in an address of `screens.py`), and
`without` (pages that no picture shows).

Runs in a process of its own, with the workspace in TWOFOLD_WORKSPACE. CLOCK is a file of Python that it writes: it
stops the clock of every later process of the site at the newest entry of the log.
"""

import json
import os
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "twofold.web.settings"
django.setup()

from allauth.mfa.models import Authenticator  # noqa: E402
from allauth.mfa.totp.internal.auth import TOTP  # noqa: E402  after the set-up
from allauth.mfa.utils import encrypt  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402
from screens_left_out import pages_without_picture  # noqa: E402

from twofold.engagement.task import AboutKind  # noqa: E402
from twofold.jobs.acts import ask  # noqa: E402
from twofold.jobs.finding_answers import Repair, answer_finding  # noqa: E402
from twofold.jobs.in_background import WorkState  # noqa: E402
from twofold.jobs.scope_change import ScopeChange, change_contents  # noqa: E402
from twofold.jobs.tasks import open_task  # noqa: E402
from twofold.jobs.what_if.kept import KeptQuestion, kept_run, start  # noqa: E402
from twofold.records.workspace import Workspace  # noqa: E402
from twofold.scope.edits.edit import LabelEnded  # noqa: E402
from twofold.web.accounts.invitations import accept, invite, standing  # noqa: E402
from twofold.web.company.scope_change.plans import planned  # noqa: E402
from twofold.web.rights import Role  # noqa: E402
from twofold.web.sign_on.models import IdentityProvider, Kind  # noqa: E402
from twofold.web.workspace_access import current  # noqa: E402

ACCOUNTS = {
    "administrator": ("administrator", ""),
    "manager": ("compliance", "p-0005"),
    "newcomer": ("administrator", ""),
}
SECRET = "JBSWY3DPEHPK3PXP"  # noqa: S105  of accounts of pictures
DAY_SECONDS = 86_400
WHAT_IF_SECONDS = 300
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
CLOCK = """import datetime
import django.utils.timezone
django.utils.timezone.now = lambda: datetime.datetime.fromisoformat({!r})
"""


def address_of(name: str) -> str:
    """Return the e-mail address of an account."""
    return f"{name}@brightwater.example"


def invited(name: str, role: str, person: str, at: datetime) -> str:
    """Invite somebody; returns the secret of the link."""
    return invite(address_of(name), Role(role), person=person, by=address_of("administrator"), at=at, request=None)


def account(name: str, password: str, at: datetime) -> Client:
    """Invite somebody, who accepts and signs in, with a second factor but for the newcomer; returns their browser.

    The session counts as one that was confirmed a moment ago, so that pages about factors open.
    """
    invitation = standing(invited(name, *ACCOUNTS[name], at), at=at)
    user = accept(invitation, email=address_of(name), password=password, at=at, request=None) if invitation else None
    if user is None:
        sys.exit(f"the invitation of {name} does not hold")
    if name != "newcomer":
        TOTP.activate(user, SECRET)
    client = Client(headers={"host": "localhost"})
    client.force_login(user, backend=BACKEND)
    session = client.session
    confirmed = {"method": "password", "at": time.time() + DAY_SECONDS, "reauthenticated": True}
    session["account_authentication_methods"] = [confirmed]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()
    return client


def halfway(name: str, password: str) -> Client:
    """Sign in with a password only; returns the browser, which is asked for the second factor."""
    client = Client(headers={"host": "localhost"})
    client.post("/account/login/", {"login": address_of(name), "password": password})
    return client


def cookie_of(client: Client) -> dict[str, str]:
    """Return the cookie of a session."""
    return {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}


def factors_of(name: str) -> int:
    """Give an account recovery codes that stay the same and a key that opens nothing; returns the id of the key."""
    user = User.objects.get(email=address_of(name))
    codes = {"seed": encrypt("0" * 80), "used_mask": 0b101}
    Authenticator.objects.create(user=user, type=Authenticator.Type.RECOVERY_CODES, data=codes)
    held = {"name": "Laptop", "credential": {"clientExtensionResults": {"credProps": {"rk": True}}}}
    return int(Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=held).pk)


def questions(client: Client) -> None:
    """Draft answers to the customer's questionnaire from the library, and give two questions to the manager."""
    client.post("/questionnaires/globex-2026/draft")
    client.post("/questionnaires/globex-2026/assign", {"question": ["q-003", "q-009"], "to": "p-0005"})


def provider() -> None:
    """Add an identity provider."""
    IdentityProvider.objects.create(
        slug="okta",
        kind=Kind.SAML,
        name="Okta",
        email_domains="brightwater.example",
        issuer="http://www.okta.com/exk1brightwater",
        sso_address="https://brightwater.okta.com/app/twofold/sso/saml",
    )


def answered_what_if(root: Path, change: ScopeChange, sentences: list[str], at: datetime) -> str:
    """Ask what a change would bring of one control test, and wait for the answer; returns the id of the run."""
    question = KeptQuestion(
        questions={}, title=sentences, control_tests=["T-10"], asked_by="p-0005", asked_at=at, about="1"
    )
    run_id = start(root, question, scope_files=change_contents(current().workspace, change, "p-0005"))
    ends = time.monotonic() + WHAT_IF_SECONDS
    while time.monotonic() < ends:
        run = kept_run(root, run_id)
        if run is not None and run.standing.state is not WorkState.RUNNING:
            return run_id
        time.sleep(0.5)
    sys.exit("the what-if run did not end")


def newest_moment(root: Path) -> datetime:
    """Return the time of the newest entry of the log."""
    with Workspace.open(root) as workspace:
        return workspace.vault.entry(workspace.vault.size - 1).at


def work(root: Path, at: datetime) -> str:
    """Do what people do in some days, all at one moment; returns the id of a what-if run about the proposed change."""
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
    proposal.what_if = answered_what_if(root, change, proposal.sentences, at)
    proposal.save()
    return proposal.what_if


def main() -> int:
    """Make all of it and say the cookies."""
    call_command("migrate", interactive=False, verbosity=0)
    root = Path(os.environ["TWOFOLD_WORKSPACE"])
    at = newest_moment(root) + timedelta(minutes=5)
    timezone.now = lambda: at
    password = token_urlsafe()
    places = {"what_if": work(root, at), "welcome": invited("joiner", "tester", "", at)}
    places["sample"] = next(iter(current().samples))
    clients = {name: account(name, password, at) for name in ACCOUNTS}
    questions(clients["manager"])
    told: dict[str, Any] = {
        "cookies": {name: cookie_of(client) for name, client in clients.items()}
        | {"halfway": cookie_of(halfway("manager", password))},
        "places": places | {"key": factors_of("administrator")},
        "without": pages_without_picture([clients["manager"], clients["administrator"]]),
    }
    provider()
    Path(sys.argv[1]).write_text(CLOCK.format((at + timedelta(hours=1)).isoformat()), encoding="utf-8")
    sys.stdout.write(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
