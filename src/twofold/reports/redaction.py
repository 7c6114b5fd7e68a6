"""What a redaction file asks to withhold, and a redaction resolved to files, columns and rows.

    reason = "Names of employees are not needed for this audit."
    decided_by = "p-0003"

    [[withhold]]
    control_test = "T-03"
    table = "population"
    columns = ["person_name"]

    [[withhold]]
    evidence = "ev-12"
    columns = ["Email"]
    rows_where = { column = "system", equals = "payroll" }

    [[withhold]]
    evidence = "ev-30"
    whole = true

`columns` are withheld in every row; rows in which `rows_where` holds are withheld as a whole. A withheld value that
also stands in another file of the package stops the command, unless `may_stand_elsewhere = true` says that it may.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twofold.model.problem import Problem, UserError
from twofold.reports.committed_table import open_table
from twofold.vault.row_commitment import Cell
from twofold.vault.table_keys import CommittedTable

RUN_TABLES = ("population", "outcomes")
EVIDENCE = "evidence"
_FIELDS = {"control_test", "table", "evidence", "columns", "rows_where", "may_stand_elsewhere", "whole"}


@dataclass(frozen=True, slots=True)
class Withholding:
    """One [[withhold]]. where: its place, for messages. table: population, outcomes or evidence; subject: whose.

    rows_where: column and the text that it equals, or None. anywhere: its values may stand elsewhere in the package.
    whole: the evidence is withheld as a whole, whatever it is.
    """

    where: str
    table: str
    subject: str
    columns: tuple[str, ...]
    rows_where: tuple[str, str] | None
    anywhere: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class RedactionFile:
    """A redaction as a person wrote it."""

    reason: str
    decided_by: str
    withholdings: tuple[Withholding, ...]


@dataclass(frozen=True, slots=True)
class RedactedTable:
    """One committed file of which a part is withheld. subjects: who uses it, as in the redaction file.

    path: the whole file. columns: numbers of withheld columns. rows: numbers of withheld rows. chosen_by: columns
    whose values choose the rows; those are no secret. anywhere: the withheld values may stand elsewhere in the package.
    """

    table: CommittedTable
    subjects: tuple[str, ...]
    path: Path
    key: bytes
    columns: frozenset[int]
    rows: frozenset[int]
    chosen_by: frozenset[int] = frozenset()
    anywhere: bool = False

    @property
    def is_csv(self) -> bool:
        """Whether the file is a CSV; else it is Parquet."""
        return self.table.table == EVIDENCE

    def read(self) -> list[list[Cell]]:
        """Return all rows of the whole file."""
        with open_table(self.path, is_csv=self.is_csv) as opened:
            return [list(row) for row in opened.rows]

    def withheld_values(self, rows: list[list[Cell]]) -> set[str]:
        """Return the withheld values; of withheld rows those that no shown row has in the same column."""
        kept = [row for number, row in enumerate(rows) if number not in self.rows]
        shown = [{row[at] for row in kept} for at in range(len(self.table.columns))]
        found: set[Cell] = set()
        for number, row in enumerate(rows):
            for at, value in enumerate(row):
                alone = number in self.rows and at not in self.chosen_by and value not in shown[at]
                if alone or at in self.columns:
                    found.add(value)
        return {value for value in found if value}

    @property
    def sentence(self) -> str:
        """What is withheld, for readers."""
        names = ", ".join(self.table.columns[number] for number in sorted(self.columns))
        parts = [f"the column{'s' if len(self.columns) > 1 else ''} {names}"] if self.columns else []
        parts += [f"{len(self.rows)} of {self.table.rows} rows"] if self.rows else []
        return f"{self.table.table} of {', '.join(self.subjects)}: {' and '.join(parts)} withheld"


@dataclass(frozen=True, slots=True)
class WholeEvidence:
    """Evidence that is withheld as a whole: its record stays, its bytes and the tables with rows from it do not."""

    evidence_id: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Redaction:
    """Everything that one package withholds, with the reason and the person who decided."""

    reason: str
    decided_by: str
    tables: tuple[RedactedTable, ...]
    whole: tuple[WholeEvidence, ...] = ()


def read_redaction(path: Path) -> RedactionFile:
    """Read a redaction file; raises UserError with everything that is wrong."""
    try:
        body = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason, remedy = f"cannot be read ({error.strerror})", "check the path, and that you may read it"
        raise UserError(Problem(str(path), reason, "a redaction file in TOML", remedy)) from error
    except ValueError as error:
        reason = f"this is not TOML: {'it is not UTF-8' if isinstance(error, UnicodeDecodeError) else error}"
        remedy = "see docs/howto/withhold-personal-data.md"
        raise UserError(Problem(str(path), reason, "a redaction file in TOML", remedy)) from error
    problems = [
        Problem(str(path), f"{name} is missing", f'{name} = "..."', "write down why, and who decided")
        for name in ("reason", "decided_by")
        if not isinstance(body.get(name), str) or not body[name].strip()
    ]
    if unknown := sorted(set(body) - {"reason", "decided_by", "withhold"}):
        problems.append(Problem(str(path), f"unknown: {', '.join(unknown)}", "reason, decided_by, [[withhold]]"))
    found = []
    entries = body.get("withhold")
    if not isinstance(entries, list) or not entries:
        problems.append(Problem(str(path), "nothing is withheld", "at least one [[withhold]]"))
        entries = []
    for number, entry in enumerate(entries, 1):
        try:
            found.append(_withholding(f"{path}: [[withhold]] {number}", entry))
        except UserError as error:
            problems += error.problems
    if problems:
        raise UserError(problems)
    return RedactionFile(body["reason"].strip(), body["decided_by"].strip(), tuple(found))


def withheld_parts(
    wanted: list[Withholding], columns: tuple[str, ...], rows: list[list[Cell]]
) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
    """Return the withheld columns and rows of one table, and the columns whose values choose the rows.

    Raises UserError for a column that the table does not have, or a choice of no row.
    """
    problems = []
    numbers: set[int] = set()
    out: set[int] = set()
    chosen_by: set[int] = set()
    for each in wanted:
        named = [*each.columns, *([each.rows_where[0]] if each.rows_where else [])]
        if missing := [name for name in named if name not in columns]:
            problems.append(Problem(each.where, f"no column {', '.join(missing)}", f"one of {', '.join(columns)}"))
            continue
        numbers |= {number for number, name in enumerate(columns) if name in each.columns}
        if each.rows_where:
            at, text = columns.index(each.rows_where[0]), each.rows_where[1]
            matching = {number for number, row in enumerate(rows) if row[at] == text}
            if not matching:
                problems.append(Problem(each.where, "rows_where holds for no row", "a value that occurs"))
            out |= matching
            chosen_by.add(at)
    if problems:
        raise UserError(problems)
    return frozenset(numbers), frozenset(out), frozenset(chosen_by)


def _withholding(where: str, entry: object) -> Withholding:
    if not isinstance(entry, Mapping) or (unknown := set(entry) - _FIELDS):
        raise UserError(Problem(where, f"unknown: {', '.join(sorted(unknown))}", ", ".join(sorted(_FIELDS))))
    columns, rows_where = entry.get("columns", []), entry.get("rows_where")
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise UserError(Problem(where, "columns is no list of names", 'columns = ["Email"]'))
    whole = entry.get("whole", False)
    if whole is True and isinstance(entry.get("evidence"), str) and set(entry) == {"evidence", "whole"}:
        return Withholding(where, EVIDENCE, entry["evidence"], (), None, whole=True)
    if whole is not False:
        raise UserError(Problem(where, "whole goes with evidence and nothing else", 'evidence = "ev-12", whole = true'))
    if not columns and rows_where is None:
        raise UserError(Problem(where, "it withholds nothing", "columns, rows_where, or both"))
    anywhere = entry.get("may_stand_elsewhere", False)
    if not isinstance(anywhere, bool):
        raise UserError(Problem(where, "may_stand_elsewhere is neither true nor false", "true or false"))
    return Withholding(where, *_subject(where, entry), tuple(columns), _rows_where(where, rows_where), anywhere)


def _subject(where: str, entry: Mapping[str, Any]) -> tuple[str, str]:
    test, table, evidence = (entry.get(name) for name in ("control_test", "table", "evidence"))
    if isinstance(evidence, str) and test is None and table is None:
        return EVIDENCE, evidence
    if isinstance(test, str) and table in RUN_TABLES and evidence is None:
        return str(table), test
    expected = 'evidence = "ev-12", or control_test = "T-03" with table = "population" or "outcomes"'
    raise UserError(Problem(where, "it does not say of what", expected))


def _rows_where(where: str, value: object) -> tuple[str, str] | None:
    if value is None:
        return None
    if isinstance(value, Mapping) and set(value) == {"column", "equals"} and all(map(_is_text, value.values())):
        return str(value["column"]), str(value["equals"])
    raise UserError(
        Problem(where, "rows_where cannot be read", 'rows_where = { column = "system", equals = "payroll" }')
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)
