"""The one place that reads the clock and the name of the person at the keyboard."""

import getpass
import os
from datetime import UTC, datetime

ACTOR_VARIABLE = "TWOFOLD_ACTOR"


def now() -> datetime:
    """Return the time, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251  this is the place that reads the clock


def actor() -> str:
    """Return who acts: the environment variable TWOFOLD_ACTOR, else the operating system's user name."""
    return os.environ.get(ACTOR_VARIABLE) or getpass.getuser()
