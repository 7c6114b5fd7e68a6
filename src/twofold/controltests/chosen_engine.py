"""The engine that the settings choose: DuckDB in this process, or a Spark server where they name one."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from twofold.model.problem import Problem, UserError
from twofold.populations.sql_engine import DUCKDB, Engine


class _Spark(Protocol):
    """What is used of the module that knows pyspark, which is installed only where somebody wants it."""

    def spark_engine(self, address: str, *, tables: Path | None = None) -> AbstractContextManager[Engine]: ...


@contextmanager
def chosen_engine(address: str, *, tables: Path | None = None) -> Iterator[Engine]:
    """Open the engine for one set of canonical tables; the words are those of `spark_engine`, "" = DuckDB.

    Raises UserError where the packages for Spark are missing, or as `spark_engine` does.
    """
    if not address:
        yield DUCKDB
        return
    with _spark().spark_engine(address, tables=tables) as engine:
        yield engine


def _spark() -> _Spark:
    try:
        return cast("_Spark", import_module("twofold.controltests.spark_engine"))
    except ImportError as error:
        if (error.name or "").startswith("twofold"):
            raise
        found, expected = f"the packages for Spark are missing ({error})", "pyspark-client"
        remedy = "pip install 'twofold[spark]', or delete [engine] to compute here"
        raise UserError(Problem("twofold.toml, [engine]", found, expected, remedy)) from error
