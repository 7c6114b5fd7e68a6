"""reperform.sql: one control test by hand, with the DuckDB command line and nothing of ours.

    cd data/controls/cm-01/t-10
    duckdb < reperform.sql

The script is plain SQL without commands of the command line, so every DuckDB runs it. It holds the texts that stand
beside it as files (definition.sql, steps/, rule.sql); `script_of` makes it from them again, so a check can compare.
"""

from collections.abc import Iterator
from pathlib import Path

from twofold.controltests.every_reading import POPULATION_OF_BOTH, outcomes_of_both, rests_on_conflicts
from twofold.controltests.run_record import OUTCOMES_FILE, POPULATION_FILE, RunState
from twofold.model.instant import parse_instant
from twofold.populations.define import FROZEN_COLUMNS, ITEM_COLUMNS
from twofold.reports.packaged_run import PackagedTexts, tables_named
from twofold.reports.tables_folder import TABLES
from twofold.tables.readings import UNMARKED, Reading, second_version
from twofold.tables.schema import canonical_tables
from twofold.tables.store import unmarked

SCRIPT_FILE = "reperform.sql"
_TO_DATA = "../../.."
"""From the folder of a control test to data/."""
_SHOWN = 20


def script_of(texts: PackagedTexts, *, packaged_tables: Path) -> str:
    """Return the script for one run; `packaged_tables` is data/tables of the package. Equal packages, equal scripts."""
    return "\n".join(_statements(texts, packaged_tables))


def write_script(texts: PackagedTexts, *, packaged_tables: Path) -> None:
    """Write the script beside the texts of a run; raises OSError."""
    (texts.folder / SCRIPT_FILE).write_bytes(script_of(texts, packaged_tables=packaged_tables).encode())


def _statements(texts: PackagedTexts, packaged_tables: Path) -> Iterator[str]:
    run = texts.run
    yield f"-- {run.control_test}, {run.run_id}. In this folder: duckdb < {SCRIPT_FILE}"
    yield f"-- Made with {run.engine}. Every text below stands beside this file, too; {TABLES}/ holds the tables."
    yield "\nSET TimeZone = 'UTC';"
    yield "\n-- Tables: what was read from the evidence. A table without a file had no evidence."
    for name, columns in tables_named(texts).items():
        if (packaged_tables / f"{name}.parquet").is_file():
            yield f"CREATE VIEW {name} AS FROM read_parquet('{_TO_DATA}/{TABLES}/{name}.parquet');"
        else:
            yield f"CREATE TABLE {name} ({', '.join(f'{column} {kind}' for column, kind in columns)});"
    yield "\n-- Parameters of the rule, and the time of the newest export."
    yield f"CREATE TABLE parameter AS SELECT {', '.join(_parameters(texts))};"
    yield from _texts(texts)
    if rests_on_conflicts(run.tables):
        yield from _unmarked_readings(texts)
    yield from _comparison("population", POPULATION_FILE)
    if run.state is RunState.STOPPED:
        yield "\n-- The run was stopped, since its population was not proven complete: it has no outcomes."
        return
    yield from _comparison("outcome", OUTCOMES_FILE)


def _texts(texts: PackagedTexts) -> Iterator[str]:
    """Yield the statements that make steps, population and outcomes from the tables in sight.

    A stopped run has no outcomes.
    """
    for name, text in texts.steps.items():
        yield f"\n-- Step: {name}\nCREATE TABLE {name} AS\n{text.rstrip()}\n;"
    yield f"\n-- The population, from its definition.\nCREATE TABLE population AS\n{texts.definition.rstrip()}\n;"
    if texts.run.state is RunState.STOPPED:
        return
    letters = (f"{each.letter.lower()} AS {each.letter}" for each in texts.rule.attributes)
    chosen = ", ".join([*ITEM_COLUMNS, *letters])
    yield "\n-- The outcomes, from the rule."
    yield f"CREATE TABLE outcome AS SELECT {chosen} FROM (\n{texts.rule.sql.rstrip()}\n);"  # noqa: S608  shown to people


def _unmarked_readings(texts: PackagedTexts) -> Iterator[str]:
    """Yield the statements that do the same over each side of the records in conflict, and keep what holds in all."""
    named = tables_named(texts)
    contradicted = sorted(name for name in named if second_version(name) in texts.run.tables)
    relations = ["population"] if texts.run.state is RunState.STOPPED else ["population", "outcome"]
    letters = [each.letter for each in texts.rule.attributes]
    yield """
-- Some records contradict each other. Up to here one of each two was read, and the rule knew that there is another. Now
-- the same over the first of them alone, and over the second alone: what does not come out alike cannot be tested."""
    for reading in UNMARKED:
        yield f"\n-- Reading: {reading}"
        yield from (f"ALTER TABLE {name} RENAME TO {name}_before_{reading};" for name in relations)
        yield f"CREATE SCHEMA {reading}_alone;\nSET search_path = '{reading}_alone,main';"
        for name in contradicted:
            file = second_version(name) if reading is Reading.SECOND else name
            relation = f"FROM read_parquet('{_TO_DATA}/{TABLES}/{file}.parquet')"
            yield f"CREATE VIEW {name} AS {unmarked(relation) if name in canonical_tables() else relation};"
        yield from _texts(texts)
        yield "\nSET search_path = 'main';"
        for name in relations:
            yield f"CREATE OR REPLACE VIEW {name}_so_far AS FROM {name}_before_{reading};"
            yield f"CREATE OR REPLACE VIEW {name}_here AS FROM {reading}_alone.{name};"
        yield f"CREATE TABLE population AS{POPULATION_OF_BOTH};"
        if "outcome" in relations:
            yield f"CREATE TABLE outcome AS{outcomes_of_both(letters)};"


def _comparison(name: str, file: str) -> Iterator[str]:
    made, packaged = f"SELECT {FROZEN_COLUMNS} FROM {name}", f"FROM read_parquet('{file}')"  # noqa: S608  shown to people
    yield f"""
-- Compared with {file}, both ways. Rows that differ, if any; then the result. An item's place among the
-- others (item_no) is in no file.
CREATE TABLE {name}_difference AS
SELECT 'only here' AS side, * FROM ({made} EXCEPT ALL {packaged})
UNION ALL
SELECT 'only in the package' AS side, * FROM ({packaged} EXCEPT ALL {made});
FROM {name}_difference ORDER BY item, side LIMIT {_SHOWN};
SELECT CASE WHEN count(*) = 0 THEN 'equal' ELSE count(*) || ' rows differ' END AS {name}_result,
    (SELECT count(*) FROM {name}) AS items
FROM {name}_difference;"""  # noqa: S608  shown to people


def _parameters(texts: PackagedTexts) -> Iterator[str]:
    at = parse_instant(texts.run.clock).earliest.replace(tzinfo=None).isoformat(sep=" ")
    yield f"TIMESTAMP '{at}' AS extracted_at"
    for name, value in sorted(texts.run.parameters.items()):
        match value:
            case bool():
                yield f"{str(value).lower()} AS {name}"
            case int():
                yield f"CAST({value} AS BIGINT) AS {name}"
            case str():
                yield "CAST('" + value.replace("'", "''") + f"' AS VARCHAR) AS {name}"


BY_HAND_TEXT = """## Run a control test again by hand

You need the DuckDB command line (one program, from duckdb.org) and this folder. No account, no network, none of our
software.

    cd data/controls/cm-01/t-10
    duckdb < reperform.sql

The script makes the population from the tables in `data/tables` and its definition, applies the rule, and compares
both with the packaged files row by row, in both directions. It ends in a row that says `equal` and the number of items,
or how many rows differ; up to 20 of them are listed above it. `run.json` names the version of DuckDB under `engine`.

Read it first: it is plain SQL. The definition, steps and rule in it are those in `definition.sql`, `steps/` and
`rule.sql` beside it, and `run.json` names the SHA-256 of each of them and of every table.
"""
"""For the package's readme."""
