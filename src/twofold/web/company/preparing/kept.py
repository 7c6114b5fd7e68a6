"""What takes a second to compute is kept until an entry of the log that pages show, or a new day, changes it."""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from twofold.web.workspace_access import Current, current

Computed = TypeVar("Computed")
_MOST_KEPT = 40
_COMPUTED: dict[tuple[str, tuple[int, ...], date], Any] = {}


def kept(what: str, make: Callable[[Current, date], Computed]) -> Computed:
    """Return what was computed today over the same log, or compute it. what: names it; one name, one `make`."""
    now = current()
    today = now.today
    key = (f"{now.workspace.root} {what}", now.newest, today)
    if key not in _COMPUTED:
        if len(_COMPUTED) >= _MOST_KEPT:
            _COMPUTED.pop(next(iter(_COMPUTED)), None)
        _COMPUTED[key] = make(now, today)
    found: Computed = _COMPUTED[key]
    return found
