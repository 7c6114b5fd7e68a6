"""Runs one check on a session: its SELECT, or the results of control tests, and what must be proven for it.

A table that the check needs and that is not proven for the window gives a line that cannot be told, so that the check
cannot come out ok without it. The session holds the canonical tables and the relations of `relations.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import duckdb

from twofold.model.instant import zone_named
from twofold.readiness.check import Check, CheckResult, Line, State
from twofold.readiness.proven import Proof

_COLUMNS = ("state", "text", "controls", "system", "moment", "person", "item", "evidence")
_STATES = {"ok": State.OK, "gap": State.GAP, "cannot_tell": State.CANNOT_TELL}


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What every check of one review shares: window (aware UTC), zone of the weeks, and what tables are proven.

    tests: control test -> `<run id>`, or "" where it was not run; stops: control test -> why it was stopped.
    """

    window_from: datetime
    window_to: datetime
    zone: str
    proofs: dict[str, Proof]
    tests: dict[str, str]
    stops: dict[str, str]
    late: dict[str, str]
    """Control test -> why its run does not reach the window."""
    rests_on: tuple[str, ...]
    """What stands behind every check, for example the applied scope."""


def run_check(
    session: duckdb.DuckDBPyConnection,
    check: Check,
    reviewed: Reviewed,
    *,
    computed: Sequence[Line] = (),
    from_data: Sequence[str] = (),
) -> CheckResult:
    """Return the result of a check; `computed` are the lines of a check that code computes, `from_data` their data."""
    lines = [*_unproven(check, reviewed), *_untested(check, reviewed)]
    if check.computed:
        lines += computed
    elif check.sql:
        lines += _lines(session, check, reviewed)
    elif check.outcomes:
        lines += _tested(session, check, reviewed)
    dated = [replace(line, week=_week(line.at, reviewed.zone)) if line.at else line for line in lines]
    return CheckResult(check, tuple(sorted(dated, key=_order)), (*_rests_on(check, reviewed), *from_data))


def _unproven(check: Check, reviewed: Reviewed) -> Iterator[Line]:
    for table in check.needs:
        proof = reviewed.proofs.get(table)
        if proof is None or not proof.proven:
            why = proof.why if proof else "no export of it was ever captured"
            yield Line(State.CANNOT_TELL, f"The table {table} is not proven for the window: {why}.", item=table)


def _untested(check: Check, reviewed: Reviewed) -> Iterator[Line]:
    for test in check.outcomes:
        why = ""
        if not reviewed.tests.get(test):
            why = "was not run: twofold test"
        elif test in reviewed.stops:
            why = f"was stopped: {reviewed.stops[test]}"
        elif test in reviewed.late:
            why = reviewed.late[test]
        if why:
            yield Line(State.CANNOT_TELL, f"The control test {test} {why}.", item=test)


def _lines(session: duckdb.DuckDBPyConnection, check: Check, reviewed: Reviewed) -> Iterator[Line]:
    set_parameters(session, check, reviewed)
    yield from _read(session.execute(check.sql))


def _tested(session: duckdb.DuckDBPyConnection, check: Check, reviewed: Reviewed) -> Iterator[Line]:
    """Yield a line per item and attribute that a control test decided in the window."""
    for test, letters in check.outcomes.items():
        if not reviewed.tests.get(test) or test in reviewed.stops:
            continue
        found = list(
            _read(
                session.execute(
                    """
                    SELECT
                        CASE o.outcome WHEN 'pass' THEN 'ok' WHEN 'exception' THEN 'gap' ELSE 'cannot_tell' END
                            AS state,
                        o.item || ': ' || o.sentence AS text, o.controls AS controls, o.system AS system,
                        o.moment AS moment, o.item AS item
                    FROM outcome AS o
                    WHERE o.control_test = ? AND list_contains(?, o.attribute)
                    """,
                    [test, list(letters)],
                )
            )
        )
        if not found and test not in reviewed.late:
            told = f"{test}: nothing of its population fell in the window, and the population is proven complete."
            found = [Line(State.OK, told, item=test)]
        yield from found


def set_parameters(session: duckdb.DuckDBPyConnection, check: Check, reviewed: Reviewed) -> None:
    """Make the one-row relation `parameter`: the window, naive UTC, and the numbers of the check."""
    numbers = "".join(f", CAST({each.value} AS BIGINT) AS {each.name}" for each in check.parameters)
    session.execute(
        "CREATE OR REPLACE TEMP TABLE parameter AS SELECT CAST(? AS TIMESTAMP) AS window_from, "
        f"CAST(? AS TIMESTAMP) AS window_to{numbers}",
        [reviewed.window_from.replace(tzinfo=None), reviewed.window_to.replace(tzinfo=None)],
    )


def _read(cursor: Any) -> Iterator[Line]:
    names = [each[0] for each in cursor.description]
    unknown = set(names) - set(_COLUMNS)
    if unknown or not {"state", "text"} <= set(names):
        msg = f"a check gives state, text and of {_COLUMNS}; got {names}"
        raise ValueError(msg)
    for row in cursor.fetchall():
        cell = dict(zip(names, row, strict=True))
        at = cell.get("moment")
        yield Line(
            state=_STATES[cell["state"]],
            text=str(cell["text"]),
            controls=_split(cell.get("controls")),
            system=cell.get("system") or "",
            at="" if at is None else at.replace(tzinfo=UTC).isoformat(),
            person=cell.get("person") or "",
            item=cell.get("item") or "",
            evidence=_split(cell.get("evidence")),
        )


def _split(text: str | None) -> tuple[str, ...]:
    return tuple(sorted({each for each in (text or "").split(";") if each}))


def _week(at: str, zone: str) -> str:
    year, week, _ = datetime.fromisoformat(at).astimezone(zone_named(zone)).isocalendar()
    return f"{year}-W{week:02d}"


def _order(line: Line) -> tuple[Any, ...]:
    place = (State.GAP, State.CANNOT_TELL, State.OK).index(line.state)
    return place, line.controls, line.system, line.at, line.item, line.person, line.text


def _rests_on(check: Check, reviewed: Reviewed) -> tuple[str, ...]:
    runs = [f"run: {test} {reviewed.tests.get(test) or 'not run'}" for test in check.outcomes]
    tables = [f"table: {table}" for table in check.needs]
    return (*reviewed.rests_on, *runs, *tables)
