"""Whether files can be written where a person wants them, asked before the long work that makes them begins."""

from collections.abc import Iterable
from pathlib import Path

from twofold.model.problem import Problem, UserError


def require_new(paths: Iterable[Path]) -> None:
    """Raise UserError with every path where something lies already, or whose folder is not there."""
    problems = []
    for path in paths:
        if path.exists():
            problems.append(Problem(str(path), "this file is there already", "a new file", "name another file"))
        elif not path.absolute().parent.is_dir():
            problems.append(Problem(str(path), "its folder is not there", "a file in a folder that exists"))
    if problems:
        raise UserError(problems)
