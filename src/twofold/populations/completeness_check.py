"""One check of a completeness record, and what it means for the control test."""

from dataclasses import dataclass
from enum import StrEnum

import duckdb

DETAILS_SHOWN = 20


class CheckResult(StrEnum):
    """What a check means for the test."""

    OK = "ok"
    NOTE = "note"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class CompletenessCheck:
    """One check: its code, what was found, what a complete population would show, and the rows behind it."""

    code: str
    result: CheckResult
    found: str
    expected: str
    details: tuple[str, ...] = ()


def explanations(session: duckdb.DuckDBPyConnection, population: str) -> dict[str, str]:
    """Return what named persons said about differences of a population, by the key of the difference.

    A key explained in two different ways is not explained.
    """
    rows = session.execute(
        """
        SELECT difference_key, explained_by || ': ' || reason
        FROM difference_explanation WHERE population = ? AND NOT conflicted
        """,
        [population],
    ).fetchall()
    return dict(rows)
