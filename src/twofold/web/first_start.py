"""What has to be there before the first request: tables of the site's database, and a way in for one administrator."""

from collections.abc import Iterator

from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from twofold.web.accounts.invitations import VALID_FOR, invite
from twofold.web.accounts.models import Member
from twofold.web.company.evidence_index import follow
from twofold.web.rights import Role
from twofold.web.workspace_access import open_workspace


def first_start(base: str) -> Iterator[str]:
    """Prepare, and yield the lines to tell whoever started the server.

    As long as nobody is an active administrator, each start makes a new one-time link; there is no default password.
    """
    call_command("migrate", interactive=False, verbosity=0)
    workspace = open_workspace()
    follow(workspace)
    yield f"{workspace.settings.company}: {base}/"
    if not Member.objects.filter(role=Role.ADMINISTRATOR.value, user__is_active=True).exists():
        secret = invite("", Role.ADMINISTRATOR, person="", by="site", at=timezone.now(), request=None)
        yield f"No administrator yet. This link makes one; it works once, for {VALID_FOR.days} days:"
        yield f"  {base}{reverse('welcome', args=[secret])}"
