"""Makes people and their sessions for `site.py`, and counts queries of pages: `site_accounts.py PEOPLE PAGE...`.

Runs in a process of its own, with the workspace in TWOFOLD_WORKSPACE; says what it found as one line of JSON.
"""

import json
import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "twofold.web.settings"
django.setup()

from django.conf import settings  # noqa: E402  after the set-up
from django.contrib.auth.models import User  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from twofold.web.accounts.models import Member  # noqa: E402
from twofold.web.first_start import first_start  # noqa: E402

ROLES = ("compliance", "owner", "tester", "executive", "viewer")
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def client_of(number: int) -> Client:
    """Return a client that is signed in as the person with this number."""
    name = f"person-{number}@example.com"
    user, _ = User.objects.get_or_create(username=name, defaults={"email": name})
    role = ROLES[number % len(ROLES)]
    Member.objects.update_or_create(user=user, defaults={"role": role, "person": f"p-{number:04d}"})
    client = Client(headers={"host": "localhost"})
    client.force_login(user, backend=BACKEND)
    return client


def queries_of(client: Client, page: str) -> list[int]:
    """Return the queries of a page when it is opened first, and again."""
    found = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as taken:
            client.get(page)
        found.append(len(taken))
    return found


def main() -> int:
    """Make the people, count, and say both."""
    list(first_start("http://localhost"))
    clients = [client_of(number) for number in range(int(sys.argv[1]))]
    sessions = [each.cookies[settings.SESSION_COOKIE_NAME].value for each in clients]
    counted = {page: queries_of(clients[0], page) for page in sys.argv[2:]}
    sys.stdout.write(json.dumps({"sessions": sessions, "cookie": settings.SESSION_COOKIE_NAME, "queries": counted}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
