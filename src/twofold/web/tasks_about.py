"""The tasks about one thing, for the pages of findings, controls, requests and systems (template `_tasks.html`)."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from twofold.engagement.task import Task
from twofold.web.workspace_access import Current, current

_NEWEST = 20


def tasks_of(kind: str, about: str) -> list[Task]:
    """Return the tasks about a thing: those that are open by day, then the newest that are over."""
    every = _by_thing(current()).get((kind, about), ())
    waits = sorted((each for each in every if each.is_open), key=lambda each: (str(each.due_on or "9"), each.task_id))
    return [*waits, *[each for each in reversed(every) if not each.is_open][:_NEWEST]]


@lru_cache(maxsize=16)
def _by_thing(now: Current) -> Mapping[tuple[str, str], Sequence[Task]]:
    found: dict[tuple[str, str], list[Task]] = {}
    for each in now.tasks:
        found.setdefault((each.about_kind, each.about), []).append(each)
    return found
