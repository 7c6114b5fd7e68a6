"""Where the passphrase of a key comes from: the environment, a file, or the person at the keyboard."""

import os
from collections.abc import Callable
from pathlib import Path

from twofold.model.problem import Problem, UserError

VARIABLE = "TWOFOLD_KEY_PASSPHRASE"
FILE_VARIABLE = "TWOFOLD_KEY_PASSPHRASE_FILE"

Ask = Callable[[], str | None]
"""Asks a person; gives None where nobody can be asked."""


def nobody() -> None:
    """Ask nobody."""


def read_passphrase(ask: Ask = nobody) -> str:
    """Return the passphrase; raises UserError naming the three ways when none of them gives one."""
    given = os.environ.get(VARIABLE)
    if given:
        return given
    path = os.environ.get(FILE_VARIABLE)
    if path:
        return passphrase_in(Path(path))
    asked = ask()
    if asked:
        return asked
    raise UserError(
        Problem(
            "passphrase",
            "the signing key needs its passphrase, and none was given",
            f"the variable {VARIABLE}, a file named by {FILE_VARIABLE}, or an answer on a terminal",
            "set one of the two variables, or run this in a terminal",
        )
    )


def passphrase_in(path: Path) -> str:
    """Return the first line of a file; raises UserError when there is none."""
    try:
        line = path.read_text(encoding="utf-8").partition("\n")[0].removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        found = "the file of the passphrase cannot be read"
        expected = "a text file with the passphrase in its first line"
        raise UserError(Problem(str(path), found, expected, "check the path, and that you may read it")) from error
    if not line:
        found = "its first line is empty"
        raise UserError(Problem(str(path), found, "the passphrase in the first line", "write it there"))
    return line
