"""Item verdicts under a lens: scope on the item's date, period, and the attributes that must hold.

Source: audit-domain 4.0, *Lens*. The outcomes were computed once; a lens only reads them:

    system not in the lens's scope at the operating date -> NOT_APPLICABLE(scope)
    operating date not in the period                      -> NOT_APPLICABLE(period)
    else EXCEPTION > CANNOT_TEST > PASS > NOT_APPLICABLE over the required attributes

An operating date that is known only as an interval leaves an item out where all of the interval lies outside. So an
item on the edge of two periods is judged in both, and none is lost between them. Of what lasts longer than the period
the part inside it must touch the scope.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from twofold.model.outcome import PRECEDENCE, PREFIXES, Outcome
from twofold.model.period import ReviewPeriod
from twofold.model.session import sql_session
from twofold.model.sql_path import one_file

PENDING = "pending"
"""The reason for windows that were still open when the data was extracted (audit-domain 4.0)."""


@dataclass(frozen=True, slots=True)
class ScopeStretch:
    """A system is inside the lens's scope in [valid_from, valid_to); None is open. Aware UTC times."""

    system: str
    valid_from: datetime | None
    valid_to: datetime | None


@dataclass(frozen=True, slots=True)
class LensView:
    """Everything a lens needs to read one run's outcomes."""

    lens: str
    period: ReviewPeriod
    scope: Sequence[ScopeStretch]
    required: Sequence[str]
    """Attribute letters that must hold under this lens."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Items of a population under one lens: the four outcomes are disjoint and add up to the population."""

    population: int
    passed: int
    exceptions: int
    cannot_test: int
    not_applicable: int
    pending: int = 0
    """Of those that cannot be tested: windows still open when the data was extracted, and nothing else."""

    def __post_init__(self) -> None:
        parts = self.passed + self.exceptions + self.cannot_test + self.not_applicable
        if parts != self.population or not 0 <= self.pending <= self.cannot_test:
            msg = f"counts do not close: {self}"
            raise ValueError(msg)

    @property
    def applicable(self) -> int:
        """Items that count for the rate: N of audit-domain 4.0."""
        return self.population - self.not_applicable

    @property
    def rate(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The deviation rate as a range of two fractions: exc/N to (exc+ct)/N."""
        return (self.exceptions, self.applicable), (self.exceptions + self.cannot_test, self.applicable)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Verdicts of one run under one lens; `file` holds item, verdict, reason (sorted by item).

    by_system: the same counts for each system that has an item that applies, by name.
    """

    file: Path
    counts: Counts
    by_system: Mapping[str, Counts]


def judge_items(view: LensView, outcomes: Path, *, into: Path) -> Verdicts:
    """Write `<into>` (Parquet: item, system, operating_at, verdict, reason) from a run's outcome file.

    `reason` names the attributes that decide, for example `C:stale_approval;D:no_approval`, or `scope`, `period`.
    An item whose time is unknown is never left out as "outside the period": its attributes decide.
    """
    with sql_session() as session:
        judged = _judged_select(view, "read_parquet($outcomes)")
        session.execute(
            f"COPY ({judged}) TO '{_escaped(str(into))}' (FORMAT parquet)",
            {"outcomes": one_file(outcomes), **_limits(view)},
        )
        grouped: list[tuple[str, str, str, int]] = session.execute(
            """
            SELECT system, verdict, reason, count(*) FROM read_parquet(?) GROUP BY ALL ORDER BY ALL
            """,
            [one_file(into)],
        ).fetchall()
    by_system: dict[str, list[tuple[str, str, int]]] = {}
    for system, verdict, reason, count in grouped:
        by_system.setdefault(system, []).append((verdict, reason, count))
    counted = {system: _counts(parts) for system, parts in by_system.items()}
    whole = _counts([(verdict, reason, count) for _, verdict, reason, count in grouped])
    return Verdicts(into, whole, {system: counts for system, counts in counted.items() if counts.applicable})


def judge_outcome(view: LensView, session: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    """Return (item, verdict, reason) as `judge_items` writes them, from the session's relation `outcome`."""
    judged = _judged_select(view, "outcome")
    return session.execute(f"SELECT item, verdict, reason FROM ({judged}) AS judged", _limits(view)).fetchall()  # noqa: S608  letters of a rule


def _limits(view: LensView) -> dict[str, datetime | None]:
    return {"starts_at": _naive(view.period.starts_at), "ends_before": _naive(view.period.ends_before)}


def _judged_select(view: LensView, outcomes: str) -> str:
    """Return the SELECT of item, system, operating_at, verdict, reason over a relation of outcomes."""
    return f"""
        WITH dated AS (
            SELECT *, GREATEST(operating_at, operating_at_latest) AS latest FROM {outcomes}
        ), placed AS (
            SELECT *,
                operating_at IS NOT NULL AND (latest < $starts_at OR operating_at >= $ends_before) AS outside
            FROM dated
        ), cut AS (
            SELECT *,
                CASE WHEN outside THEN operating_at ELSE GREATEST(operating_at, $starts_at) END AS first_moment,
                CASE WHEN outside THEN latest ELSE LEAST(latest, $ends_before - INTERVAL 1 MICROSECOND) END
                    AS last_moment
            FROM placed
        ), judged AS (
            SELECT o.*, {_in_scope(view.scope)} AS in_scope FROM cut AS o
        )
        SELECT item, system, operating_at,
            CASE WHEN NOT in_scope THEN 'NOT_APPLICABLE' WHEN outside THEN 'NOT_APPLICABLE'
                {_verdict_cases(view.required)} ELSE 'NOT_APPLICABLE' END AS verdict,
            CASE WHEN NOT in_scope THEN 'scope' WHEN outside THEN 'period'
                {_reason_cases(view.required)} ELSE 'not_required' END AS reason
        FROM judged
        """  # noqa: S608  letters of a rule and our own relations


def _counts(parts: Sequence[tuple[str, str, int]]) -> Counts:
    """Add up (verdict, reason, items)."""
    found: dict[str, int] = {}
    for verdict, _, count in parts:
        found[verdict] = found.get(verdict, 0) + count
    return Counts(
        population=sum(found.values()),
        passed=found.get(Outcome.PASS, 0),
        exceptions=found.get(Outcome.EXCEPTION, 0),
        cannot_test=found.get(Outcome.CANNOT_TEST, 0),
        not_applicable=found.get(Outcome.NOT_APPLICABLE, 0),
        pending=sum(
            count for verdict, reason, count in parts if verdict == Outcome.CANNOT_TEST and _is_pending(reason)
        ),
    )


def _is_pending(reason: str) -> bool:
    return all(each.partition(":")[2] == PENDING for each in reason.split(";"))


def held_in_time(stretches: str, starts_at: str, ends_before: str) -> str:
    """Return the test, as `judge_items` makes it, whether a lens holds an item of outcomes `o` in some time.

    stretches: a relation with `system`, `valid_from` and `valid_to`. The bounds of the time are SQL for timestamps.
    """
    return f"""
        EXISTS (
            SELECT 1 FROM {stretches} AS s
            WHERE s.system = o.system AND (
                o.operating_at IS NULL OR (
                    o.operating_at < {ends_before} AND GREATEST(o.operating_at, o.operating_at_latest) >= {starts_at}
                    AND (s.valid_from IS NULL
                        OR (s.valid_from < {ends_before}
                            AND s.valid_from <= GREATEST(o.operating_at, o.operating_at_latest)))
                    AND (s.valid_to IS NULL OR GREATEST(o.operating_at, {starts_at}) < s.valid_to)
                )
            )
        )
    """  # noqa: S608  names of our own


def _in_scope(scope: Sequence[ScopeStretch]) -> str:
    """Return the test whether `o.system` was in scope at some moment from `o.first_moment` to `o.last_moment`.

    A date that is unknown may be any. Written out as conditions: the outcomes stream through in their order, without a
    join and a sort.
    """
    tests = ["false"]
    for each in scope:
        dated = [f"o.last_moment >= {_literal(each.valid_from)}"] if each.valid_from else []
        dated += [f"o.first_moment < {_literal(each.valid_to)}"] if each.valid_to else []
        test = f"o.system = '{_escaped(each.system)}'"
        tests.append(f"({test} AND (o.operating_at IS NULL OR ({' AND '.join(dated)})))" if dated else test)
    return f"COALESCE({' OR '.join(tests)}, false)"


def _literal(moment: datetime) -> str:
    return f"TIMESTAMP '{_naive(moment)}'"


def _escaped(text: str) -> str:
    return text.replace("'", "''")


def _verdict_cases(required: Sequence[str]) -> str:
    prefix = {outcome: text for text, outcome in PREFIXES.items()}
    return "\n".join(
        f"WHEN {' OR '.join(_is(letter, prefix[outcome]) for letter in required)} THEN '{outcome}'"
        for outcome in PRECEDENCE
        if required
    )


def _reason_cases(required: Sequence[str]) -> str:
    prefix = {outcome: text for text, outcome in PREFIXES.items()}
    lines = []
    for outcome in PRECEDENCE:
        if not required:
            break
        test = " OR ".join(_is(letter, prefix[outcome]) for letter in required)
        named = " || ".join(
            f"CASE WHEN {_is(letter, prefix[outcome])} THEN ';{letter}:' || split_part({letter}, ':', 2) ELSE '' END"
            for letter in required
        )
        lines.append(f"WHEN {test} THEN " + ("''" if outcome is Outcome.PASS else f"ltrim({named}, ';')"))
    return "\n".join(lines)


def _is(letter: str, prefix: str) -> str:
    return f"{letter} = 'pass'" if prefix == "pass" else f"starts_with({letter}, '{prefix}:')"


def _naive(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=None)
