"""Outcomes kept in one file per operating day, of which a new state of the tables makes only the touched ones again.

    <store>/<control test>/<day>.parquet   outcomes of the items of the day, sorted by item
    <store>/links/                         the keys of the tables of changes, which lead to days (links.py)
    <store>/state.json                     what made them: texts, parameters, engine, reading, clock; and the days on
                                           which an item waits for the clock

A rule asks the clock only whether a window is still open, and an item whose window is open is pending. So when the
clock went on, the pending items are looked at again, and nothing else.

A store is a function of tables, parameters and texts alone: made at once or day by day, its files have the same bytes.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import duckdb
import orjson

from twofold.controltests.engine import run_rule, set_parameters
from twofold.controltests.links import DAY_OF_ITEM, KEPT_LINKS, forget_links, keep_links
from twofold.controltests.reach import FOLLOWED, RULES, narrow_to_days
from twofold.controltests.rule import ParameterValue, Rule
from twofold.controltests.touched import EVERY_DAY, touched_days
from twofold.populations.define import define_population, definition_text
from twofold.populations.steps import register_steps, step_text, steps_needed
from twofold.tables.names_now import TELLING
from twofold.tables.store import SessionLimits, TableSet, open_session, quoted

STATE_FILE = "state.json"
LINKS_FOLDER = "links"
PENDING = "cannot_test:pending"
"""What an attribute says whose window was still open by the clock (audit-domain 4.0)."""
_WORD = re.compile(r"[a-z]+(?:_[a-z]+)*")


@dataclass(frozen=True, slots=True)
class DayRun:
    """What the outcomes of a store rest on. clock: the newest extraction, aware UTC.

    reading: anything that changes when evidence is read another way (scope, version, redactions), as one text.
    """

    rules: Sequence[Rule]
    parameters: Mapping[str, Mapping[str, ParameterValue]]
    clock: datetime
    reading: str
    limits: SessionLimits = field(default_factory=SessionLimits)

    def texts_of(self, rule: Rule) -> str:
        """Return the hash of everything but the tables and the clock that the outcomes of a rule rest on."""
        values = orjson.dumps(dict(self.parameters[rule.control_test]), option=orjson.OPT_SORT_KEYS).decode()
        parts = [*_texts([rule]), values, *KEPT_LINKS.values(), duckdb.__version__, self.reading]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def write_all_days(tables: TableSet, run: DayRun, *, into: Path) -> None:
    """Make the store from nothing."""
    with open_session(tables, run.limits) as session:
        keep_links(session, old=None, new=into / LINKS_FOLDER)
        forget_links(session)
        waiting = _write_days(session, run, {rule.control_test: EVERY_DAY for rule in run.rules}, into=into)
    _write_state(run, waiting, into)


def write_touched_days(
    tables: TableSet, run: DayRun, *, before: TableSet, store: Path, into: Path
) -> Mapping[str, int]:
    """Make the store of `tables` from the one of `before`; return how many days of each rule were made again (-1: all).

    Days that nothing touched are linked, not copied. A rule that is not followed by key (reach.RULES), or whose texts,
    parameters, engine or reading changed, is made again as a whole; so is every rule where a ticket got another key and
    wherever a repository was ever renamed, since rows of evidence that was there before may have other names now.
    """
    state = orjson.loads((store / STATE_FILE).read_bytes())
    clocks = (datetime.fromisoformat(state["clock"]), run.clock)
    named_alike = _named_alike(before, tables, run)
    followed = [
        rule
        for rule in run.rules
        if named_alike and rule.control_test in RULES and state["texts"].get(rule.control_test) == run.texts_of(rule)
    ]
    waiting: dict[str, list[str]] = {}
    parts: dict[str, _Part | None] = {rule.control_test: EVERY_DAY for rule in run.rules}
    if followed:
        # The rows of some days are few: a second thread would take longer to wait than to work.
        with open_session(tables, replace(run.limits, threads=1), wanted=_tables_read(followed)) as session:
            links = store / LINKS_FOLDER, into / LINKS_FOLDER
            moves = keep_links(session, old=links[0], new=links[1])
            folders = before.folder, tables.folder
            days = touched_days(session, folders, links, moves, followed, run.parameters, clocks=clocks)
            for rule in followed:
                test, touched = rule.control_test, days[rule.control_test]
                if touched is not EVERY_DAY:
                    pending = frozenset(state["waiting"][test])
                    waited = pending - touched if clocks[0] != clocks[1] else frozenset()
                    items = _pending_items(session, rule, store / test, waited)
                    parts[test] = _Part(touched, waited, items, store / test)
                    _keep(store / test, into / test, touched | waited)
                    waiting[test] = sorted(pending - touched - waited)
            partly = {test: part for test, part in parts.items() if part is not None}
            reached = frozenset().union(*(part.days for part in partly.values()))
            items = frozenset().union(*(part.items for part in partly.values()))
            if reached or items:
                narrow_to_days(session, reached, items, _texts(followed))
                forget_links(session)
                for name, found in _write_days(session, run, partly, into=into).items():
                    waiting[name] = sorted([*waiting[name], *found])
    whole = {test: part for test, part in parts.items() if part is EVERY_DAY}
    if whole:
        with open_session(tables, run.limits) as session:
            if not followed:
                keep_links(session, old=None, new=into / LINKS_FOLDER)
                forget_links(session)
            waiting |= _write_days(session, run, whole, into=into)
    _write_state(run, waiting, into)
    return {test: -1 if part is None else len(part.days | part.waited) for test, part in parts.items()}


def _named_alike(before: TableSet, now: TableSet, run: DayRun) -> bool:
    """Tell whether the rows of evidence that both states hold have the same names in both.

    A ticket's key of now rests on its changes of key alone. The ids of a renamed repository rest on all exports, since
    the first one gives them: another one that comes late, or is withdrawn, may change any.
    """
    asked = "SELECT old_value, new_value, occurred_at FROM ticket_event WHERE field = 'key' ORDER BY ALL"
    renamed = "SELECT COUNT(*) FROM repository_event WHERE new_name IS NOT NULL"
    keys = []
    for tables in (before, now):
        with open_session(tables, run.limits, wanted=TELLING) as session:
            if session.execute(renamed).fetchone() != (0,):
                return False
            keys.append(session.execute(asked).fetchall())
    return keys[0] == keys[1]


@dataclass(frozen=True, slots=True)
class _Part:
    """What of a rule's outcomes is made again: all items of some days, and those that were pending on others.

    old: the folder of the outcomes before, which the other items of the days that waited keep.
    """

    days: frozenset[str]
    waited: frozenset[str]
    items: frozenset[str]
    old: Path

    def narrowed(self, definition: str) -> str:
        """Return the SQL of a population narrowed to what is made again; the items are in the table `asked_item`."""
        chosen = f"{DAY_OF_ITEM} IN ({_listed(self.days)}) OR item IN (FROM asked_item)"
        return f"SELECT * FROM (\n{definition}\n) AS every WHERE {chosen}"  # noqa: S608  our own text

    def others(self, days: frozenset[str]) -> str:
        """Return the SQL of the outcomes before, on these days, of items that were not asked for."""
        return f"SELECT * FROM {self._before(days)} WHERE item NOT IN (FROM asked_item)"  # noqa: S608  our own text

    def differing(self) -> str:
        """Return the SQL of the days that waited and on which an item that was asked for came out otherwise."""
        asked = f"SELECT * FROM {self._before(self.waited)} WHERE item IN (FROM asked_item)"  # noqa: S608  our own text
        now = f"SELECT * FROM outcome WHERE {DAY_OF_ITEM} IN ({_listed(self.waited)})"  # noqa: S608  ISO days
        return f"SELECT DISTINCT {DAY_OF_ITEM} FROM (({now}) EXCEPT ({asked}))"  # noqa: S608  our own text

    def _before(self, days: frozenset[str]) -> str:
        return f"read_parquet([{_listed(str(self.old / f'{day}.parquet') for day in days)}])"


def _listed(texts: Iterable[str]) -> str:
    """Return the texts as a list of SQL, NULL where there are none."""
    return ", ".join("'" + text.replace("'", "''") + "'" for text in sorted(texts)) or "NULL"


def _texts(rules: Sequence[Rule]) -> list[str]:
    """Return every SQL text that makes the outcomes of these rules."""
    texts = [text for rule in rules for text in (definition_text(rule.population), rule.sql)]
    return [*texts, *(step_text(name) for name in steps_needed(*texts))]


def _tables_read(rules: Sequence[Rule]) -> frozenset[str]:
    """Return the words of their texts, which the tables that they read are among, and what is followed by key."""
    return frozenset(_WORD.findall(" ".join([*_texts(rules), *FOLLOWED])))


def _keep(old: Path, new: Path, days: frozenset[str]) -> None:
    """Link the outcomes of all days but these."""
    new.mkdir(parents=True)
    for file in old.glob("*.parquet"):
        if file.stem not in days:
            os.link(file, new / file.name)


def _is_pending(rule: Rule) -> str:
    return " OR ".join(f"{attribute.letter} = '{PENDING}'" for attribute in rule.attributes)


def _pending_items(
    session: duckdb.DuckDBPyConnection, rule: Rule, folder: Path, days: frozenset[str]
) -> frozenset[str]:
    """Return the items of these days with an attribute that waits for the clock."""
    if not days:
        return frozenset()
    files = [str(folder / f"{day}.parquet") for day in sorted(days)]
    rows = session.execute(f"SELECT item FROM read_parquet(?) WHERE {_is_pending(rule)}", [files])  # noqa: S608  letters of the rule
    return frozenset(item for (item,) in rows.fetchall())


def _write_days(
    session: duckdb.DuckDBPyConnection, run: DayRun, parts: Mapping[str, _Part | None], *, into: Path
) -> dict[str, list[str]]:
    """Write the files of these parts of rules, of every day where none is named; return the days that wait, by rule."""
    rules = [rule for rule in run.rules if rule.control_test in parts]
    texts = _texts(rules)
    register_steps(session, steps_needed(*texts), read_by=texts)
    waiting: dict[str, list[str]] = {}
    for rule in sorted(rules, key=lambda each: each.population):
        folder = into / rule.control_test
        scratch = folder / ".making"
        scratch.mkdir(parents=True)
        set_parameters(session, run.parameters[rule.control_test], extracted_at=run.clock)
        part, text = parts[rule.control_test], definition_text(rule.population)
        if part is not EVERY_DAY:
            asked = "CREATE OR REPLACE TEMP TABLE asked_item AS SELECT unnest(?::VARCHAR[]) AS item"
            session.execute(asked, [sorted(part.items)])
            text = part.narrowed(text)
        define_population(session, rule.population, into=scratch, text=text)
        run_rule(session, rule, into=scratch)
        same = frozenset() if part is EVERY_DAY else _keep_same_days(session, part, folder)
        made = "FROM outcome"
        if part is not EVERY_DAY and part.waited - same:
            made += f" UNION ALL {part.others(part.waited - same)}"
        by_day = f"SELECT *, {DAY_OF_ITEM} AS day FROM ({made}) AS made ORDER BY day, item"  # noqa: S608  our own text
        if same:
            by_day = f"SELECT * FROM ({by_day}) AS every WHERE day NOT IN ({_listed(same)})"  # noqa: S608  ISO days
        session.execute(f"CREATE OR REPLACE TEMP TABLE outcome_of_day AS {by_day}")
        found = f"SELECT day, bool_or({_is_pending(rule)}) FROM outcome_of_day GROUP BY day ORDER BY day"  # noqa: S608  letters of the rule
        days = session.execute(found).fetchall()
        for day, _ in days:
            rows = f"SELECT * EXCLUDE (day) FROM outcome_of_day WHERE day = '{day}' ORDER BY item"  # noqa: S608  an ISO day
            session.execute(f"COPY ({rows}) TO '{quoted(folder / f'{day}.parquet')}' (FORMAT parquet)")
        waiting[rule.control_test] = sorted([*same, *(day for day, pending in days if pending)])
        for file in scratch.iterdir():
            file.unlink()
        scratch.rmdir()
    return waiting


def _keep_same_days(session: duckdb.DuckDBPyConnection, part: _Part, folder: Path) -> frozenset[str]:
    """Link the outcomes of days that waited and still do, since every item that was asked for came out as before."""
    if not part.waited:
        return part.waited
    same = part.waited - {day for (day,) in session.execute(part.differing()).fetchall()}
    for day in same:
        os.link(part.old / f"{day}.parquet", folder / f"{day}.parquet")
    return same


def _write_state(run: DayRun, waiting: Mapping[str, Sequence[str]], into: Path) -> None:
    texts = {rule.control_test: run.texts_of(rule) for rule in run.rules}
    state = {"clock": run.clock.isoformat(), "texts": texts, "waiting": waiting}
    (into / STATE_FILE).write_bytes(orjson.dumps(state, option=orjson.OPT_SORT_KEYS))
