"""Define a population: run its SQL, freeze the rows in one file, count and hash them (design, step 4)."""

import hashlib
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from twofold.model.problem import Problem, UserError
from twofold.populations.sql_engine import DUCKDB, Engine
from twofold.tables.store import quoted

DEFINITIONS_FOLDER = Path(__file__).with_name("definitions")
_PARAMETER = re.compile(r"\bparameter\b")
ITEM_COLUMNS = ("item", "system", "operating_at", "operating_at_latest")
"""What every definition gives first; more columns may follow for the rule to use."""
FROZEN_COLUMNS = "COLUMNS(lambda name: name <> 'item_no')"
"""What of a population is written: not the place of an item among the others (step `change_unit`), by which rules join,
since one more item would change it in all the rows behind."""


@dataclass(frozen=True, slots=True)
class Population:
    """A frozen population: every occurrence once, sorted by `item`."""

    name: str
    file: Path
    count: int
    sha256: str
    definition_sha256: str


def definition_text(name: str) -> str:
    """Return the SQL text of a population's definition; its head says what an item is and how its id is made."""
    return (DEFINITIONS_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def define_population(
    session: duckdb.DuckDBPyConnection,
    name: str,
    *,
    into: Path,
    text: str = "",
    held: Population | None = None,
    engine: Engine = DUCKDB,
) -> Population:
    """Run the definition on the engine, write `<into>/population.parquet`, and make it the relation `population`.

    text: the definition that was packaged with a run, to define it again; the one of this version when left out.
    held: the population that the session holds already; the same one is not made again, its file is copied, unless its
    definition reads the parameters, which belong to one control test.
    Raises UserError when an item stands twice or has no id or system, since such a count could not be trusted.
    """
    text = text or definition_text(name)
    definition_sha256 = hashlib.sha256(text.encode()).hexdigest()
    if held is not None and held.definition_sha256 == definition_sha256 and not _PARAMETER.search(text):
        return replace(held, file=Path(shutil.copyfile(held.file, into / held.file.name)))
    engine.bring(session, "population", text)
    return write_population(session, name, definition_sha256, into=into)


def write_population(
    session: duckdb.DuckDBPyConnection, name: str, definition_sha256: str, *, into: Path
) -> Population:
    """Check and write the session's relation `population` as `define_population` does; raises UserError as it does."""
    file = into / "population.parquet"
    _check_items(session, name)
    rows = f"SELECT {FROZEN_COLUMNS} FROM population ORDER BY item"  # noqa: S608  our own name
    session.execute(f"COPY ({rows}) TO '{quoted(file)}' (FORMAT parquet)")
    count = session.execute("SELECT count(*) FROM population").fetchone()
    return Population(
        name=name,
        file=file,
        count=0 if count is None else count[0],
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        definition_sha256=definition_sha256,
    )


def _check_items(session: duckdb.DuckDBPyConnection, name: str) -> None:
    faulty = session.execute(
        """
        SELECT item, count(*), count(system) FROM population GROUP BY item
        HAVING count(*) > 1 OR item IS NULL OR count(system) = 0 ORDER BY item LIMIT 5
        """
    ).fetchall()
    if faulty:
        raise UserError(
            [
                Problem(
                    f"population {name}, item {item}",
                    "has no id" if item is None else f"stands {copies} times" if copies > 1 else "has no system",
                    "every occurrence once, with an id and a system",
                    "look for two source rows with one key, or a row without its key",
                )
                for item, copies, _ in faulty
            ]
        )
