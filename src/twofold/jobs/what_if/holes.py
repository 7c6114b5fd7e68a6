"""Holes: what the time already past lacks, and whether anything can still fill it.

Source: audit-domain 4.0, *Missing is not one thing* and *Authority at the time*. A gap is fillable while the source
still holds its records, as the register of systems says; a roster or schedule that is written today proves nothing of
yesterday.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from twofold.controltests.rule import known_rules, reason_sentence
from twofold.controltests.run_record import RunState
from twofold.jobs.what_if.coverage import Asks
from twofold.jobs.what_if.states import State
from twofold.model.ids import ControlTestId
from twofold.model.instant import zone_named
from twofold.model.outcome import Outcome
from twofold.populations.completeness import population_register
from twofold.reports.what_if import UNKNOWN, Hole, ItemChange
from twofold.scope.stretches import Stretch, joined, moment_text, without
from twofold.scope.what_if.duties import duties, on_roster
from twofold.tables.store import TableSet, open_session

_COMPANY = "company"
"""What the canonical tables call the company as a whole: it has no accounts and no stores of its own."""


def holes(
    asks: Sequence[Asks], before: State, after: State, items: Iterable[ItemChange], clock: datetime
) -> list[Hole]:
    """Return every hole in what is newly asked for before `clock` (aware UTC), sorted and each once."""
    found = [
        *_gaps(asks, after, clock),
        *_no_roster(asks, after, clock),
        *_no_schedule(asks, after, clock),
        *_stops(asks, before, after),
        *_untestable(items),
    ]
    return sorted(set(found))


def _gaps(asks: Sequence[Asks], after: State, clock: datetime) -> Iterator[Hole]:
    """Yield where the tables that a population is defined from have a gap of their source."""
    zone = after.scope.reporting_zone
    with open_session(TableSet(after.tables, {}), wanted={"source_gap"}) as session:
        rows = session.execute("SELECT table_name, system, starts_at, ends_before, reason FROM source_gap").fetchall()
    gaps: dict[tuple[str, str], list[tuple[Stretch, str]]] = {}
    for table, system, starts_at, ends_before, reason in rows:
        gaps.setdefault((table, system), []).append((Stretch.of(_aware(starts_at), _aware(ends_before)), reason))
    for ask in asks:
        run = after.runs.get(ask.control_test)
        for table in population_register()[run.population].primary if run else ():
            for system, stretches in ask.past(clock).items():
                for gap, reason in gaps.get((table, system), ()):
                    for part in (common for each in stretches if (common := each.common(gap))):
                        first, last = _days(part, zone)
                        until = "" if reason == "retention" else _fillable_until(after, system, part, clock)
                        yield Hole("gap", ask.engagement.id, system, table, first, last, reason, until)


def _fillable_until(after: State, system: str, part: Stretch, clock: datetime) -> str:
    """Return the last day on which the source still holds the first record of a stretch; see `Hole`."""
    found = after.scope.system(system)
    if found is None or found.log_retention_days is None:
        return UNKNOWN
    until = part.starts_at + timedelta(days=found.log_retention_days)
    zone = zone_named(after.scope.reporting_zone)
    return until.astimezone(zone).date().isoformat() if until > clock else ""


def _no_roster(asks: Sequence[Asks], after: State, clock: datetime) -> Iterator[Hole]:
    zone = after.scope.reporting_zone
    for needed in duties().needed:
        titles = any(each.duty == needed.duty for each in after.scope.role_authority)
        for ask in asks:
            lens = ask.engagement.lens
            if ask.control_test not in needed.control_tests or lens not in needed.lenses or (lens == "soc2" and titles):
                continue
            for system, stretches in ask.past(clock).items():
                rostered = on_roster(after.scope, system, needed.duty)
                for part in (part for stretch in stretches for part in without(stretch, rostered)):
                    yield Hole("roster", ask.engagement.id, system, needed.duty, *_days(part, zone), ask.control_test)


def _no_schedule(asks: Sequence[Asks], after: State, clock: datetime) -> Iterator[Hole]:
    zone = after.scope.reporting_zone
    for needed in duties().scheduled:
        for ask in asks:
            for system, stretches in ask.past(clock).items() if ask.control_test == needed.control_test else ():
                found = after.scope.system(system)
                if found is None or system == _COMPANY or (needed.with_stores and not found.stores):
                    continue
                running = joined(each.stretch for each in found.schedules if each.activity == needed.activity)
                for part in (part for stretch in stretches for part in without(stretch, running)):
                    first, last = _days(part, zone)
                    yield Hole("schedule", ask.engagement.id, system, needed.activity, first, last, needed.control)


def _stops(asks: Sequence[Asks], before: State, after: State) -> Iterator[Hole]:
    """Yield the control tests that a completeness record stops and that are newly asked for, or were not stopped."""
    asking = {(ask.engagement.id, ask.control_test) for ask in asks}
    newly = {test for test, run in after.runs.items() if run.state is RunState.STOPPED}
    stopped_before = {test for test, run in before.runs.items() if run.state is RunState.STOPPED}
    asking |= {("", test) for test in newly - stopped_before if not any(test == each for _, each in asking)}
    for engagement, test in asking:
        if test in newly:
            for stop in after.runs[test].stops:
                yield Hole("stop", engagement, "", test, "", "", stop)


def _untestable(items: Iterable[ItemChange]) -> Iterator[Hole]:
    """Yield, per control test, system and reason, how many items come to count that cannot be tested."""
    counted: Counter[tuple[str, str, str, str]] = Counter()
    for item in items:
        if item.change == "gained" and item.after == Outcome.CANNOT_TEST:
            for reason in item.after_reason.split(";"):
                counted[(item.engagement, item.system, item.control_test, reason)] += 1
    for (engagement, system, test, reason), count in counted.items():
        yield Hole("untestable", engagement, system, test, "", "", _sentence(test, reason), count=count)


def _sentence(control_test: str, reason: str) -> str:
    """Return the rule's words for `C:no_commit`."""
    letter, _, code = reason.partition(":")
    return reason_sentence(known_rules()[ControlTestId(control_test)], letter, f"cannot_test:{code}")


def _days(stretch: Stretch, zone: str) -> tuple[str, str]:
    first = moment_text(stretch.first, zone=zone)[:10] if stretch.first else ""
    last = moment_text(stretch.last, zone=zone, inclusive=True)[:10] if stretch.last else ""
    return first, last


def _aware(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
