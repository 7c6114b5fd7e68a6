"""A DuckDB session for SQL from a stranger: it reads the tables it was given, writes the named files, and no more.

What is closed, and what a text would need it for:
    external access         read_csv('/etc/passwd'), COPY TO, ATTACH, https://, EXPORT DATABASE
    extensions              INSTALL httpfs, LOAD
    configuration, locked   SET enable_external_access = true
    Python's variables      FROM some_variable
    memory, disk, time      a join that never ends
On top of that only one SELECT is taken per text (`one_select`). The tables are a copy in a scratch folder, so that not
even a hole in all this reaches the package.
"""

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from twofold.tables.readings import Reading
from twofold.tables.store import SessionLimits, TableSet, open_session, quoted


@dataclass(frozen=True, slots=True)
class SealLimits:
    """What SQL from a package may use. seconds: for all of a session; the statement that runs then is broken off."""

    memory: str = "4GB"
    disk: str = "20GB"
    seconds: float = 1800.0


USUAL_LIMITS = SealLimits()


@contextmanager
def sealed_session(
    tables: Path,
    *,
    wanted: Collection[str],
    scratch: Path,
    writes: Sequence[Path],
    limits: SealLimits,
    reading: Reading = Reading.MARKED,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a session over the table files in `tables`; it may write the new files `writes` and spill below `scratch`.

    wanted: names of the canonical tables that the texts read. reading: as in `open_session`.
    Raises duckdb.Error for whatever a text tries beyond that, also when time or memory are used up.
    """
    given = SessionLimits(memory=limits.memory, spill=scratch / f"spill-{reading}")
    with open_session(TableSet(tables, {}), given, wanted=wanted, reading=reading) as session:
        allowed = ", ".join(f"'{quoted(path)}'" for path in writes)
        for setting in (
            f"max_temp_directory_size = '{limits.disk}'",
            "python_enable_replacements = false",
            "autoinstall_known_extensions = false",
            "autoload_known_extensions = false",
            "allow_community_extensions = false",
            f"allowed_directories = ['{quoted(tables)}']",
            f"allowed_paths = [{allowed}]",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            session.execute(f"SET {setting}")
        clock = threading.Timer(limits.seconds, session.interrupt)
        clock.daemon = True
        clock.start()
        try:
            yield session
        finally:
            clock.cancel()


def one_select(session: duckdb.DuckDBPyConnection, text: str) -> str:
    """Return the text when it is one SELECT without parameters, as every text of a run is; raises duckdb.Error.

    A text that closes the bracket it will stand in does not parse by itself, so it is refused here.
    """
    statements = session.extract_statements(text)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT or statements[0].named_parameters:
        msg = "the text is not one SELECT"
        raise duckdb.InvalidInputException(msg)
    return f"{text}\n"
