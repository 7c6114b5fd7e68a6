"""Serve a workspace: `python -m twofold.web`, started by `twofold serve` with the workspace in the environment.

`prepare` brings the site's database up to date and tells how to get in, in a process that ends before the server
starts: so the server holds no connection while it makes its workers. Other words are commands of Django.
"""

import os
import sys
from importlib import import_module

PREPARE = "prepare"


def run(words: list[str]) -> int:
    """Serve, prepare, or run a command of Django; returns the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "twofold.web.settings")
    if not words:
        start: int = import_module("twofold.web.start").start(os.environ)
        return start
    import_module("django").setup()
    if words[0] == PREPARE:
        prepared: int = import_module("twofold.web.first_start").prepare(words[1])
        return prepared
    import_module("django.core.management").execute_from_command_line(["twofold.web", *words])
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
