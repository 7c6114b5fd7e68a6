"""Take what is withheld out of the written data/ of a package, before it is sealed.

    each withheld file      gone; tables/rows/ has what is shown of it
    its control test        workbook, facts and exceptions are left out: they repeat its rows. Verdict files stay unless
                            whole rows or the ids of items are withheld
    its samples             left out when a part of a frozen line is withheld: whole rows, items, systems or dates
    whole evidence          gone
    its deficiencies        left out when a judgement or its answer is withheld: amounts stand there in other words, too
    tables/*.parquet        left out when they hold a withheld value, or rows from evidence that is withheld as a whole;
                            the runs that read them cannot be re-performed, so reperform.sql is left out, too
    pages, findings and     a withheld value is replaced by [withheld], a link to a file that is left out by (left out)
    deficiencies
    all other files         carry a hash that the log names, so they stay as they are; if one holds a withheld value,
                            the package is refused
`withheld.json` says what was withheld, why and by whose decision.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import orjson

from twofold.controltests.run_record import OUTCOMES_FILE, POPULATION_FILE, RUN_FILE, read_run
from twofold.model.problem import Problem, UserError
from twofold.model.sql_path import one_file
from twofold.reports.leaks import SHORTEST, Leaks, spellings
from twofold.reports.packaged_deficiencies import FILES as DEFICIENCY_FILES
from twofold.reports.packaged_deficiencies import VALUES_FILE
from twofold.reports.redaction import EVIDENCE, RedactedTable, Redaction
from twofold.reports.reperform_script import SCRIPT_FILE
from twofold.reports.rows_as_text import reading_session
from twofold.reports.rows_files import ROWS, WITHHELD, write_rows
from twofold.reports.sample_words import FOLDER as SAMPLES
from twofold.reports.samples import DRAW_FILE, LINE_COLUMNS
from twofold.reports.samples import FILES as SAMPLE_FILES
from twofold.reports.tables_folder import TABLES
from twofold.vault.row_commitment import disclose

WITHHELD_FILE = "withheld.json"
FORM = "twofold-withheld-1"
_MASKED = (
    "index.html",
    "readme.md",
    "engagements/*/findings.json",
    "engagements/*/findings.csv",
    "engagements/*/deficiencies*",
)
"""Files that no record names by hash."""
_DERIVED = ("workbook-*.xlsx", "facts.csv", "facts.parquet", "exceptions.csv", SCRIPT_FILE)
_LINK = re.compile(r'<a href="([^"]+)">(.*?)</a>|^- `([^`]+)`', re.MULTILINE)
"""In index.html, and in the list at the beginning of readme.md."""
_ITEM = "item"
_ANSWER = "value"
"""The column of a judgement about a deficiency that has the answer."""
_EXPORTS = "extraction"
"""The table of exports says of evidence only what its record says, and that is shown."""
_SHOWN = 20


def withhold(data: Path, redaction: Redaction) -> list[str]:
    """Withhold in data/ and return the places that are left out, sorted, below data/.

    Raises UserError when a withheld value also stands in a file that cannot be changed.
    """
    (data / ROWS).mkdir(parents=True)
    left_out: set[str] = set()
    values: set[str] = set()
    for table in redaction.tables:
        rows = table.read()
        values |= set() if table.anywhere else table.withheld_values(rows)
        columns = table.table.columns
        parts = disclose(columns, rows, table.key, withheld_columns=table.columns, withheld_rows=table.rows)
        write_rows(data / ROWS, table.table.sha256, entry=table.table.entry, columns=columns, parts=parts)
        left_out |= set(_remove(data, table))
    for each in redaction.whole:
        left_out |= set(_remove_all(data, (data / "evidence").glob(f"{each.sha256}.*")))
        left_out |= set(_remove_all(data, _of_deficiencies(data, {each.evidence_id})))
    leaks = Leaks(values)
    left_out |= set(_remove_tables(data, leaks, {each.evidence_id for each in redaction.whole}))
    left_out |= set(_remove_scripts(data, left_out))
    _unlink(data, left_out)
    _mask(data, values)
    _refuse_leaks(data, leaks)
    (data / WITHHELD_FILE).write_bytes(_statement(redaction, sorted(left_out)))
    return sorted(left_out)


def _remove(data: Path, table: RedactedTable) -> Iterator[str]:
    sha256 = table.table.sha256
    found: list[Path] = []
    if table.table.table == EVIDENCE:
        found += (data / "evidence").glob(f"{sha256}.*")
        if table.rows or _ANSWER in {table.table.columns[number] for number in table.columns}:
            found += _of_deficiencies(data, set(table.subjects))
    else:
        for run_file in sorted((data / "controls").rglob(RUN_FILE)):
            found += _of_run(run_file.parent, table)
        found += _of_samples(data, table)
    yield from _remove_all(data, found)


def _remove_all(data: Path, paths: Iterable[Path]) -> Iterator[str]:
    for path in sorted(paths):
        path.unlink()
        yield path.relative_to(data).as_posix()


def _of_run(folder: Path, table: RedactedTable) -> Iterator[Path]:
    run = read_run(folder)
    named = {run.population_sha256: POPULATION_FILE, run.outcomes_sha256: OUTCOMES_FILE}
    name = named.get(table.table.sha256)
    if name is None:
        return
    item = table.table.columns.index(_ITEM) if _ITEM in table.table.columns else -1
    patterns = [name, name.replace(".parquet", ".csv"), *_DERIVED]
    if table.rows or item in table.columns:
        patterns.append("verdicts-*")
    for pattern in patterns:
        yield from sorted(folder.glob(pattern))


def _of_samples(data: Path, table: RedactedTable) -> Iterator[Path]:
    """Give the files of the samples whose lines repeat what is withheld."""
    withheld = {table.table.columns[number] for number in table.columns}
    if not table.rows and withheld.isdisjoint(LINE_COLUMNS):
        return
    runs = [read_run(file.parent) for file in sorted((data / "controls").rglob(RUN_FILE))]
    tests = {run.control_test for run in runs if table.table.sha256 in {run.population_sha256, run.outcomes_sha256}}
    for draw in sorted((data / SAMPLES).glob(f"*/{DRAW_FILE}")):
        if orjson.loads(draw.read_bytes())["control_test"] in tests:
            yield from (draw.with_name(name) for name in SAMPLE_FILES)


def _of_deficiencies(data: Path, evidence: set[str]) -> Iterator[Path]:
    """Give the files of the evaluations that name a judgement among this evidence."""
    for values in sorted(data.glob(f"engagements/*/{VALUES_FILE}")):
        content = values.read_text(encoding="utf-8")
        if any(f'"evidence": "{name}"' in content for name in evidence):
            yield from (values.with_name(name) for name in DEFICIENCY_FILES)


def _remove_tables(data: Path, leaks: Leaks, whole: set[str]) -> Iterator[str]:
    """Remove the tables that hold a withheld value or a row from evidence that is withheld as a whole."""
    tables = sorted((data / TABLES).glob("*.parquet"))
    fed = {_base(path) for path in tables if whole and _base(path) != _EXPORTS and _feeding(path) & whole}
    yield from _remove_all(data, [path for path in tables if _base(path) in fed or leaks.found_in(path)])


def _base(file: Path) -> str:
    """Return the table that a file belongs to: a child table and a second version go with it."""
    return file.stem.partition("__")[0]


def _feeding(table: Path) -> set[str]:
    """Return the evidence that the rows of a table come from; a child table does not say."""
    with reading_session() as session:
        columns = [row[0] for row in session.execute("DESCRIBE FROM read_parquet(?)", [one_file(table)]).fetchall()]
        if "evidence" not in columns:
            return set()
        found = session.execute("SELECT DISTINCT evidence FROM read_parquet(?)", [one_file(table)]).fetchall()
        return {str(evidence) for (evidence,) in found}


def _remove_scripts(data: Path, left_out: set[str]) -> Iterator[str]:
    """Remove the scripts for people that need a table which is left out."""
    names = [place for place in left_out if place.startswith(f"{TABLES}/")]
    scripts = (data / "controls").rglob(SCRIPT_FILE)
    yield from _remove_all(
        data, [path for path in scripts if any(name in path.read_text(encoding="utf-8") for name in names)]
    )


def _unlink(data: Path, left_out: set[str]) -> None:
    """Say in the pages that a file is left out, in place of a link that leads nowhere."""

    def told(link: re.Match[str]) -> str:
        return f"{link[2] or link[0]} (left out)" if (link[1] or link[3]) in left_out else link[0]

    for place in ("index.html", "readme.md"):
        for path in data.glob(place):
            path.write_bytes(_LINK.sub(told, path.read_bytes().decode()).encode())


def _mask(data: Path, values: set[str]) -> None:
    """Replace withheld values in the pages, longest first, so that no part of a longer one stays."""
    ordered = sorted((form for value in values if len(value) >= SHORTEST for form in spellings(value)), key=len)
    if not ordered:
        return
    pattern = re.compile(b"|".join(re.escape(form) for form in reversed(ordered)))
    for place in _MASKED:
        for path in sorted(data.glob(place)):
            before = path.read_bytes()
            after = pattern.sub(WITHHELD.encode(), before)
            if after != before:
                path.write_bytes(after)


def _refuse_leaks(data: Path, leaks: Leaks) -> None:
    problems = []
    for path in sorted(path for path in data.rglob("*") if path.is_file()):
        if found := leaks.found_in(path):
            told = "a withheld value" if len(found) == 1 else f"{len(found)} withheld values"
            problems.append(
                Problem(
                    path.relative_to(data).as_posix(),
                    f"{told} also stand{'s' if len(found) == 1 else ''} here",
                    "nothing that is withheld elsewhere",
                    "withhold it here, too, or set may_stand_elsewhere = true",
                )
            )
    if problems:
        raise UserError(problems[:_SHOWN])


def _statement(redaction: Redaction, left_out: Sequence[str]) -> bytes:
    body = {
        "form": FORM,
        "reason": redaction.reason,
        "decided_by": redaction.decided_by,
        "tables": [
            {
                "sha256": each.table.sha256,
                "table": each.table.table,
                "of": list(each.subjects),
                "commitment": each.table.entry,
                "columns": [each.table.columns[number] for number in sorted(each.columns)],
                "rows": len(each.rows),
                "sentence": each.sentence,
            }
            for each in redaction.tables
        ],
        "evidence": [{"evidence_id": each.evidence_id, "sha256": each.sha256} for each in redaction.whole],
        "left_out": list(left_out),
    }
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2) + b"\n"
