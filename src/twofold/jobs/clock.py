"""The one place that reads the clock and the name of the person at the keyboard."""

import getpass
import os
from datetime import UTC, datetime

from twofold.model.problem import Problem, UserError

ACTOR_VARIABLE = "TWOFOLD_ACTOR"


def now() -> datetime:
    """Return the time, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251  this is the place that reads the clock


def actor() -> str:
    """Return who acts: the environment variable TWOFOLD_ACTOR, else the operating system's user name.

    Raises UserError for a name of blanks, or one whose bytes are no text: no entry of the log can hold it.
    """
    name = os.environ.get(ACTOR_VARIABLE) or getpass.getuser()
    if not name.strip() or any("\ud800" <= each <= "\udfff" for each in name):
        raise UserError(Problem(ACTOR_VARIABLE, f"{name!a} names nobody", "the HR id or account of who acts, in UTF-8"))
    return name
