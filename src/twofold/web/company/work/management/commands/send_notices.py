"""Send notices once, to the active accounts of the site; started by the site that runs."""

import os
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand
from django.utils import timezone

from twofold.jobs.notices.outbox import outbox
from twofold.jobs.notices.send import send_notices, senders_of
from twofold.model.problem import UserError
from twofold.web.workspace_access import open_workspace


class Command(BaseCommand):
    """`python -m twofold.web send_notices`."""

    help = "Send people what is due and what came in."

    def handle(self, *arguments: Any, **options: Any) -> None:
        """Take over the accounts, then send; what could not be sent is told on standard error."""
        del arguments, options
        workspace = open_workspace()
        accounts = User.objects.filter(is_active=True, member__isnull=False).select_related("member")
        known = [(user.email, user.member.person or user.email, user.email) for user in accounts]
        with outbox(workspace.root) as box:
            box.know(known)
            try:
                report = send_notices(workspace, box, senders_of(workspace, os.environ), at=timezone.now())
            except UserError as error:
                self.stderr.write(f"notices: {error}")
                return
        for line in report.failed:
            self.stderr.write(f"notice not sent: {line}")
