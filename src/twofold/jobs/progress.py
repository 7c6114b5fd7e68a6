"""How a job tells how far it is, without knowing who listens."""

from collections.abc import Callable

ProgressReporter = Callable[[str, int, int], None]
"""Called with the name of the step, how many are done, and how many there are."""


def silent(step: str, done: int, total: int) -> None:
    """Listen to nothing."""
