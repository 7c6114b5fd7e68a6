"""Sends notices while the site runs: a thread starts a short process now and then, so that memory is given back."""

import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from twofold.model.problem import UserError
from twofold.scope.settings import load_settings

_FIRST_WAIT = 60.0
"""Seconds after the start, when people open the first pages."""
_WHEN_OFF = 600.0
"""Seconds until the settings are read again where they have no [notices]."""
_MOST_SECONDS = 900


def send_in_background(environment: Mapping[str, str], stop: threading.Event) -> threading.Thread:
    """Start the thread; it ends with the process, or when `stop` is set."""
    thread = threading.Thread(target=_loop, args=(dict(environment), stop), name="notices", daemon=True)
    thread.start()
    return thread


def _loop(environment: dict[str, str], stop: threading.Event) -> None:
    wait = _FIRST_WAIT
    while not stop.wait(wait):
        wait = seconds_to_wait(Path(environment["TWOFOLD_WORKSPACE"]))
        if wait == _WHEN_OFF:
            continue
        command = [sys.executable, "-m", "twofold.web", "send_notices"]
        try:
            subprocess.run(command, check=False, env=environment, timeout=_MOST_SECONDS)  # noqa: S603  our own module
        except (OSError, subprocess.TimeoutExpired) as error:
            sys.stderr.write(f"notices: {type(error).__name__}\n")


def seconds_to_wait(workspace: Path) -> float:
    """Return the seconds between two looks as twofold.toml says now; ten minutes where there are no notices."""
    try:
        notices = load_settings(workspace).notices
    except UserError:
        return _WHEN_OFF
    return float(notices.every_minutes * 60) if notices else _WHEN_OFF
