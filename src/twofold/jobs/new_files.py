"""Files that a command writes for a person: only where nothing lies yet, and looked at before the long work begins."""

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


def write_new(path: Path, text: str) -> None:
    """Write a text file in UTF-8; raises UserError where a file came to lie meanwhile."""
    try:
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise UserError(Problem(str(path), "this file is there already", "a new file", "name another file")) from error
