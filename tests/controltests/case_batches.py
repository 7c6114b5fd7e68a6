"""Run the case folders of a rule many at once. Setting up the rule takes far longer than running it over a few rows.

The cases of a batch lie in one set of tables. Each has a number, and every name in its rows carries it (3~billing), so
that its rows meet only each other. A word that the texts of the rule or the parameters spell out is no name and stays
as it is; so do calendars, which thousands of rows are made of, and the words of WORDS.

Cases share a batch only where they agree in rule, clock, parameters, the derived tables that they bring themselves,
whether they fill a table of which a rule asks if it holds anything, and the rows that no name tells apart (calendars,
scope *). What is left is a faulty rule that asks for any other name where
it should ask for the same: among others it finds one. So `make determinism` runs every case alone.

The batch can say that a case passes, never that it fails: a case that comes out otherwise is run among those that have
rows in the same tables (an empty table is empty for all), and then alone. Alone run also cases with exports, which
speak for every system, a whole batch in which an item has no number (it may be anyone's), and for each table one case
that does without it: a rule that gives nothing where a table is empty is not noticed among cases that fill it.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from twofold.controltests.engine import RuleFault
from twofold.jobs.cases import (
    CONTROL,
    DID_NOT_OCCUR,
    WHOLE_POPULATION,
    Case,
    CaseRow,
    Expected,
    Found,
    attribute_outcomes,
    case_rows,
    differences,
    found_alone,
    read_case,
    read_expected,
    tested_rows,
    verdicts,
)
from twofold.model.problem import UserError
from twofold.populations.define import definition_text
from twofold.populations.derive import DERIVED
from twofold.populations.steps import step_text, steps_needed
from twofold.tables.schema import ColumnType, canonical_tables
from twofold.tables.typed_rows import TypedRow

COMMENT = re.compile(r"--[^\n]*")
LITERAL = re.compile(r"'((?:[^']|'')*)'")
LETTER = re.compile(r"[a-z]")
NUMBER = re.compile(r"(\d+)~")
NO_NAMES = {
    *("zone", "schedule", "report_parameter.name", "report_parameter.expected", "report_use.parameters"),
    *("branch_rule.setting", "branch_rule.value", "branch_rule_event.setting"),
    *("branch_rule_event.old_value", "branch_rule_event.new_value"),
    "system_label.label",
}
"""Columns of text, or columns of that name in any table, of which a rule reads parts; and what a lens looks for."""
WORDS = {"signing_duty": "policy", "branch_rule": "value", "check_requirement": "name"}
"""Tables and their column of which the parts are no names: a rule reads parts of them, or asks them of everybody."""
DESCRIBED = frozenset({"change_type"})
"""Tables of which a rule asks whether they hold anything: among others a case without them would be of another kind."""


@dataclass(frozen=True, slots=True)
class ReadCase:
    """A case folder with its rows and what is expected."""

    case: Case
    rows: Sequence[CaseRow]
    expected: Sequence[Expected]

    def wrong(self, found: Found) -> list[str]:
        """Say what came out otherwise than expected."""
        return list(differences(self.expected, found))


def failures(folders: Iterable[Path]) -> dict[str, list[str]]:
    """Return what is wrong with each case that fails, by its rule and name."""
    found: dict[str, list[str]] = {}
    read: list[ReadCase] = []
    for folder in folders:
        try:
            read.append(read_whole(folder))
        except UserError as error:
            found[_name(folder)] = [str(error)]
    left = _not_passed(_not_passed(read, in_common), in_common_with_tables)
    for each in [*left, *_without_each_table(read)]:
        try:
            wrong = each.wrong(found_alone(each.case, each.rows))
        except (UserError, RuleFault) as error:
            wrong = [str(error)]
        if wrong:
            found[_name(each.case.folder)] = wrong
    return found


def _not_passed(cases: Iterable[ReadCase], share: Callable[[ReadCase], Hashable]) -> list[ReadCase]:
    """Run the cases in batches and return those of which the batch does not say that they pass."""
    left = []
    for batch in batches(cases, share):
        passed = passed_together(batch)
        left += [each for number, each in enumerate(batch) if number not in passed]
    return left


def _without_each_table(cases: Sequence[ReadCase]) -> list[ReadCase]:
    """Return few cases: for each rule, and each table that some case of it does without, one that does without it."""
    tables = [frozenset(row.table.name for row, _ in each.rows) for each in cases]
    filled: dict[str, set[str]] = defaultdict(set)
    for each, names in zip(cases, tables, strict=True):
        filled[each.case.rule.control_test] |= names
    lacked = [
        {(each.case.rule.control_test, name) for name in filled[each.case.rule.control_test] - names}
        for each, names in zip(cases, tables, strict=True)
    ]
    chosen = []
    open_places = set().union(*lacked)
    while open_places:
        best = max(range(len(cases)), key=lambda number: len(lacked[number] & open_places))
        open_places -= lacked[best]
        chosen.append(cases[best])
    return chosen


def read_whole(folder: Path) -> ReadCase:
    """Read a case folder; raises UserError for whatever is wrong in it."""
    case = read_case(folder)
    return ReadCase(case, list(case_rows(case)), read_expected(folder))


def batches(cases: Iterable[ReadCase], share: Callable[[ReadCase], Hashable]) -> list[list[ReadCase]]:
    """Put the cases together that may share their tables: those of which `share` gives the same."""
    found: dict[Hashable, list[ReadCase]] = defaultdict(list)
    for each in cases:
        found[share(each)].append(each)
    return list(found.values())


def passed_together(batch: Sequence[ReadCase]) -> dict[int, Found]:
    """Run the batch and return what came out of the cases in which it is as expected, by their place in the batch."""
    found = _found_together(batch) if len(batch) > 1 else {}
    return {number: outcomes for number, outcomes in found.items() if not batch[number].wrong(outcomes)}


def rows_together(batch: Sequence[ReadCase]) -> list[CaseRow]:
    """Return the rows of a batch, each name with the number of its case."""
    if len(batch) == 1:
        return [*batch[0].rows]
    numbered = [row for number, each in enumerate(batch) for row in _split(number, each)[0]]
    return [*_split(0, batch[0])[1], *numbered]


def _name(folder: Path) -> str:
    return f"{folder.parents[1].name}/{folder.name}"


def _found_together(batch: Sequence[ReadCase]) -> dict[int, Found]:
    """Return what each case gives among the others, by its place; nothing where the batch cannot be told apart."""
    found: dict[int, Found] = {number: {} for number in range(len(batch))}
    with suppress(UserError, RuleFault), tested_rows(batch[0].case, rows_together(batch)) as (session, _, _):
        rule = batch[0].case.rule
        outcomes = _by_number(attribute_outcomes(session, rule))
        if None in outcomes:
            return {}
        lenses = {lens for each in batch for lens in each.case.lenses}
        judged = {lens: _by_number(verdicts(session, rule, lens)) for lens in lenses}
        for number, each in enumerate(batch):
            found[number] = outcomes.get(number) or {(WHOLE_POPULATION, CONTROL): (DID_NOT_OCCUR, "")}
            for lens in each.case.lenses:
                found[number] |= judged[lens].get(number, {})
        return found
    return {}


def _by_number(found: Found) -> dict[int | None, Found]:
    """Tell the items apart by their numbers, and take those off; an item without one is under None."""
    parts: dict[int | None, Found] = defaultdict(dict)
    for (item, attribute), outcome in found.items():
        number = NUMBER.search(item)
        if number is None:
            parts[None][item, attribute] = outcome
        else:
            parts[int(number[1])][item.replace(number[0], ""), attribute] = outcome
    return parts


def in_common(read: ReadCase) -> Hashable:
    """Return what a case has in common with those that it may share tables with."""
    if any(row.table.name == "extraction" for row, _ in read.rows):
        return read.case.folder
    _, shared = _split(0, read)
    common = frozenset((row.table.name, row.digest, lineage) for row, lineage in shared)
    case = read.case
    return case.rule.control_test, case.extracted_at, frozenset(case.parameters.items()), common, _given(read)


def _given(read: ReadCase) -> frozenset[str]:
    """Return the tables that a case brings or lacks for all others with it: derived ones, and those of DESCRIBED.

    Gaps are derived from extractions alone, and a case with those runs alone.
    """
    return frozenset(row.table.name for row, _ in read.rows).intersection({*DERIVED, *DESCRIBED}) - {"source_gap"}


def in_common_with_tables(read: ReadCase) -> Hashable:
    """Return the same, and which tables have rows."""
    return in_common(read), frozenset(row.table.name for row, _ in read.rows)


def _split(number: int, read: ReadCase) -> tuple[list[CaseRow], list[CaseRow]]:
    """Return the rows with a name in their key, every name with the number, and the rows without one."""
    words = _words(read)
    own: list[CaseRow] = []
    shared: list[CaseRow] = []
    for row, lineage in read.rows:
        named = row if row.table.name == "calendar" else _named(row, f"{number}~", words)
        told_apart = any(named.cells.get(column) != row.cells.get(column) for column in row.table.key)
        (own if told_apart else shared).append((named, lineage))
    return own, shared


def _named(row: TypedRow, mark: str, words: AbstractSet[str]) -> TypedRow:
    def name(text: str) -> str:
        return text if text.lower() in words or not LETTER.search(text.lower()) else mark + text

    columns = _name_columns(row.table.name)
    cells = {column: name(str(cell)) if column in columns else cell for column, cell in row.cells.items()}
    lists = {column: [*map(name, texts)] if column in columns else texts for column, texts in row.lists.items()}
    return replace(row, cells=cells, lists=lists)


@cache
def _name_columns(table: str) -> frozenset[str]:
    columns = canonical_tables()[table].columns
    texts = {column.name for column in columns if column.type in {ColumnType.TEXT, ColumnType.LIST}}
    return frozenset(name for name in texts if NO_NAMES.isdisjoint({name, f"{table}.{name}"}))


def _words(read: ReadCase) -> frozenset[str]:
    """Return what is no name in this case, in small letters."""
    calendars = {str(row.cells["id"]) for row, _ in read.rows if row.table.name == "calendar"}
    said = {word for value in read.case.parameters.values() for word in str(value).split(";")}
    for row, _ in read.rows:
        column = WORDS.get(row.table.name)
        said |= {*str(row.cells.get(column) or "").split(";")} if column else set()
    return _literals(read.case.rule.population, read.case.rule.sql) | {word.lower() for word in {*calendars, *said}}


@cache
def _literals(population: str, sql: str) -> frozenset[str]:
    """Return the literals of the rule, of its population and of the steps below them, in small letters."""
    definition = definition_text(population)
    texts = [definition, sql, *map(step_text, steps_needed(definition, sql))]
    return frozenset(word.lower() for text in texts for word in LITERAL.findall(COMMENT.sub("", text)))
