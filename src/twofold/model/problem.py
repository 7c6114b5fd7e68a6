"""Faults in what a user gave us, as values with a place and a remedy.

A `Problem` is collected, so that one run shows all of them; `UserError` carries
them to the command line, which prints them without a traceback. Faults in our own
program stay ordinary exceptions.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault in a user's input.

    where: file with line, record or argument. found: what stood there. expected:
    what would have been right. remedy: what the user does next.
    """

    where: str
    found: str
    expected: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.found}"]
        if self.expected:
            parts.append(f"  expected: {self.expected}")
        if self.remedy:
            parts.append(f"  next:     {self.remedy}")
        return "\n".join(parts)


class UserError(Exception):
    r"""One or more problems in the user's input stop the command; nothing was written.

    >>> str(UserError(Problem("a.csv:3", "no such zone 'Mars/Base'", "an IANA zone")))
    "a.csv:3: no such zone 'Mars/Base'\n  expected: an IANA zone"
    """

    def __init__(self, problems: Problem | Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(*self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)
