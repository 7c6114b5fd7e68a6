"""Apache Spark as the engine, through Spark Connect: for populations that outgrow one machine.

Spark computes steps, populations and rules. The population and the outcomes come back to the DuckDB session, which
checks, counts, sorts and writes them. This is the only module that knows pyspark.
"""

import logging
import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql.connect.dataframe import DataFrame
from pyspark.sql.connect.session import SparkSession

from twofold.controltests.with_parts import split_select
from twofold.model.problem import Problem, UserError
from twofold.tables.schema import Table, canonical_tables, child_table

OLDEST = (4, 1)
"""The first Spark that reads WITH RECURSIVE."""
USUAL_PORT = 15002
_CONNECT_SECONDS = 10.0
_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    # With it, 4.3 makes plans of T-05 and T-24 that it then refuses itself (PLAN_VALIDATION_FAILED_RULE_IN_BATCH).
    "spark.sql.optimizer.excludedRules": "org.apache.spark.sql.catalyst.optimizer.RemoveRedundantAliases",
}
_SPARK_TYPES = {"VARCHAR": "STRING", "TIMESTAMP": "TIMESTAMP", "BIGINT": "BIGINT", "BOOLEAN": "BOOLEAN"}
_PARAMETER = "parameter"


@contextmanager
def spark_engine(address: str, *, tables: Path | None = None) -> Iterator["SparkEngine"]:
    """Open a Spark session for one set of canonical tables.

    address: sc://host:port of the server. tables: their folder, where the server reads the files itself under the same
    path; left out, the rows are sent. Raises UserError where the server is away, too old, or refuses.
    """
    with _refusals_told(address):
        _knock(address)
        spark = SparkSession.builder.remote(address).create()
        try:
            version = spark.version
            if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
                found, expected = f"the server is Spark {version}", f"Spark {OLDEST[0]}.{OLDEST[1]} or later"
                raise UserError(Problem(address, found, expected, "upgrade it, or delete [engine] to compute here"))
            for name, value in _SETTINGS.items():
                spark.conf.set(name, value)
            yield SparkEngine(spark, version, tables)
        finally:
            spark.stop()


class SparkEngine:
    """An open Spark session that holds the relations computed so far, and the tables that they read."""

    def __init__(self, spark: SparkSession, version: str, tables: Path | None) -> None:
        self.name = f"spark {version} with duckdb {duckdb.__version__}"
        self._spark = spark
        self._folder = tables
        self._waiting = dict(_canonical())

    def relate(
        self, session: duckdb.DuckDBPyConnection, name: str, text: str, *, read: Collection[str] | None = None
    ) -> None:
        """Raise PySparkException where the text cannot be computed. Spark keeps every column, whatever is read."""
        del read
        self._compute(session, name, text, columns="*")

    def bring(self, session: duckdb.DuckDBPyConnection, name: str, text: str, *, columns: str = "*") -> None:
        """Raise PySparkException where the text cannot be computed. All of the rows are in memory for a moment."""
        rows = _without_zone(self._compute(session, name, text, columns=columns).toArrow())
        session.register("brought", rows)
        session.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM brought")  # noqa: S608  a name of ours
        session.unregister("brought")

    def _compute(self, session: duckdb.DuckDBPyConnection, name: str, text: str, *, columns: str) -> DataFrame:
        """Compute the parts that are read more than once, then the rest, each kept on the server."""
        split = split_select(text)
        self._hand_over(session, split.words)
        computed: dict[str, str] = {}
        for part in split.read_often():
            relation = f"part_{part.name}_of_{name}"
            self._keep(relation, split.with_computed(computed, last=f"SELECT * FROM {part.name}"))  # noqa: S608  our own text
            computed[part.name] = relation
        last = f"SELECT {columns} FROM ({split.last}) AS made"  # noqa: S608  our own text
        made = self._keep(name, split.with_computed(computed, last=last))
        for relation in computed.values():
            self._spark.catalog.dropTempView(relation)
        return made

    def _keep(self, relation: str, statement: str) -> DataFrame:
        """Compute the statement now; what reads it later knows its rows and not its text."""
        # The client puts a checkpoint into the session that is active in this thread, and another reading has its own.
        SparkSession._active_session.session = self._spark  # noqa: SLF001  there is no public way
        made = self._spark.sql(statement).localCheckpoint()
        made.createOrReplaceTempView(relation)
        return made

    def _hand_over(self, session: duckdb.DuckDBPyConnection, words: frozenset[str]) -> None:
        """Make the tables that a text names relations of Spark; the parameters each time, since they change."""
        for name in sorted(words & self._waiting.keys()):
            columns = self._waiting.pop(name)
            file = None if self._folder is None else self._folder / f"{name}.parquet"
            if file is not None and file.exists():
                frame = self._spark.read.parquet(file.as_uri())
            else:
                frame = self._sent(session, name, columns)
            frame.createOrReplaceTempView(name)
        if _PARAMETER in words:
            self._sent(session, _PARAMETER, ()).createOrReplaceTempView(_PARAMETER)

    def _sent(self, session: duckdb.DuckDBPyConnection, name: str, columns: tuple[tuple[str, str], ...]) -> DataFrame:
        session.complete()  # else the result that was read last stands in the way
        rows = session.sql(f"FROM {name}").to_arrow_table()
        if rows.num_rows:
            return self._spark.createDataFrame(rows)
        none = ", ".join(f"CAST(NULL AS {_SPARK_TYPES[kind]}) AS {column}" for column, kind in columns)
        return self._spark.sql(f"SELECT {none} WHERE false")


def _canonical() -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    """Yield (name, columns) of every canonical table and child table."""
    for name, table in canonical_tables().items():
        yield name, table.physical
        yield from _children(name, table)


def _children(name: str, table: Table) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    for column in table.list_columns:
        yield child_table(name, column.name), table.child_physical


def _without_zone(rows: pa.Table) -> pa.Table:
    """Return the rows with instants as DuckDB's TIMESTAMP in UTC: some functions of Spark give them with the zone."""
    plain = [
        each.with_type(pa.timestamp("us")) if pa.types.is_timestamp(each.type) else each  # the session's zone is UTC
        for each in rows.schema
    ]
    return rows.cast(pa.schema(plain))


def _knock(address: str) -> None:
    """Raise UserError where nobody listens; the client itself would try again for minutes."""
    try:
        parts = urlsplit(address)
        socket.create_connection((parts.hostname or "", parts.port or USUAL_PORT), timeout=_CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:  # ValueError: a port beyond 65535
        expected = "a Spark Connect server that listens there"
        remedy = "start it, correct [engine] in twofold.toml, or delete that table to compute here"
        raise UserError(Problem(address, f"it cannot be reached ({error})", expected, remedy)) from error


@contextmanager
def _refusals_told(address: str) -> Iterator[None]:
    """Turn what Spark refuses into one line for a person, without the pages of its trace."""
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    try:
        yield
    except PySparkException as error:
        found = f"Spark refused: {str(error).strip().splitlines()[0]}"
        remedy = "look at the log of the server; with [engine] deleted from twofold.toml the same is computed here"
        raise UserError(Problem(address, found, "an answer", remedy)) from error
