"""What has to be there before the first request: tables of the site's database, and a way in for one administrator."""

import sys
from collections.abc import Iterator

from django.core.management import call_command
from django.db import DatabaseError
from django.urls import reverse
from django.utils import timezone

from twofold.records.site_place import site_location
from twofold.web.accounts.invitations import VALID_FOR, invite
from twofold.web.accounts.models import Member
from twofold.web.company.evidence_index import follow
from twofold.web.rights import Role
from twofold.web.site_database import make_schema
from twofold.web.workspace_access import open_workspace


def prepare(base: str) -> int:
    """Prepare and tell; returns the exit code, which is 1 with a message where the database cannot be used."""
    try:
        for line in first_start(base):
            sys.stdout.write(line + "\n")
    except DatabaseError as error:
        reason = " ".join(str(error).split())
        remedy = "See that it runs, and what [storage] of twofold.toml says."
        sys.stderr.write(f"The site's database cannot be used: {reason}\n{remedy}\n")
        return 1
    return 0


def first_start(base: str) -> Iterator[str]:
    """Prepare, and yield the lines to tell whoever started the server.

    As long as nobody is an active administrator, each start makes a new one-time link; there is no default password.
    """
    workspace = open_workspace()
    location = site_location(workspace.settings)
    if location is not None:
        make_schema(location)
    call_command("migrate", interactive=False, verbosity=0)
    follow(workspace)
    yield f"{workspace.settings.company}: {base}/"
    if not Member.objects.filter(role=Role.ADMINISTRATOR.value, user__is_active=True).exists():
        secret = invite("", Role.ADMINISTRATOR, person="", by="site", at=timezone.now(), request=None)
        yield f"No administrator yet. This link makes one; it works once, for {VALID_FOR.days} days:"
        yield f"  {base}{reverse('welcome', args=[secret])}"
