"""The ways in which a folder of tables can be read where records contradict each other.

Of two records with one key and other contents a table keeps the first by hash, marked as in conflict (audit-domain 4.0,
*Duplicates*). A table with such rows is written once more, as `<table>__second`, with the last by hash in their place.
"""

from enum import StrEnum
from pathlib import Path

_SECOND = "__second"


class Reading(StrEnum):
    """Which of two records in conflict is read."""

    MARKED = "marked"
    """The first one, marked as in conflict: what a rule sees."""
    FIRST = "first"
    """The first one as if there were no other."""
    SECOND = "second"
    """The second one as if there were no other."""


UNMARKED = (Reading.FIRST, Reading.SECOND)


def second_version(name: str) -> str:
    """Return the name of a table's or child table's second version, for example `approval__second`."""
    return f"{name}{_SECOND}"


def is_second_version(name: str) -> bool:
    """Whether it is a name that `second_version` gives."""
    return name.endswith(_SECOND)


def has_conflicts(folder: Path) -> bool:
    """Whether some table of the folder has rows in conflict."""
    return any(is_second_version(file.stem) for file in folder.glob("*.parquet"))
