"""Peers of the rules: others do the same rule, and are timed only where they give the code of every item that it gives.

    by hand in DuckDB   T-10 as a script (peers_duckdb.sql) that uses none of our steps
    in plain Python     T-10 as the second opinion of the tests has it, with dictionaries
    with pandas         T-11, on whole columns

Each knows all that its rule knows: times that are only a day, rows in conflict, gaps, several commits and tickets of a
change, aliases, bots, rosters and delegations. That is checked on random companies full of traps, too.
"""

import csv
import importlib
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import duckdb

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from tests.second_opinion.rules.agreement import CLOCK, rows_together, rule_and_parameters, tested  # noqa: E402  the harness lies beside the tests

from twofold.controltests.engine import set_parameters  # noqa: E402
from twofold.controltests.rule import ParameterValue, known_rules  # noqa: E402
from twofold.tables.store import SessionLimits, TableSet, open_session, quoted  # noqa: E402

SCRIPT = Path(__file__).with_name("peers_duckdb.sql")
WORLDS = 250
MEMORY = "3GB"


@dataclass(frozen=True, slots=True)
class Peer:
    """Somebody else who does a rule; `most`: deployments on which it is measured at most."""

    name: str
    control_test: str
    most: int
    aim: str
    write: Callable[[duckdb.DuckDBPyConnection, Mapping[str, ParameterValue], Path], None]
    package: str = "duckdb"

    @property
    def title(self) -> str:
        """Return rule and peer, for people."""
        return f"{self.control_test} {self.name}"

    @property
    def is_there(self) -> bool:
        """Return whether what it needs is installed."""
        return find_spec(self.package) is not None


def _by_hand(session: duckdb.DuckDBPyConnection, parameters: Mapping[str, ParameterValue], into: Path) -> None:
    del parameters  # the script reads them from the session
    for statement in SCRIPT.read_text(encoding="utf-8").split(";\n"):
        session.execute(statement)
    session.execute(f"COPY (FROM by_hand ORDER BY item) TO '{quoted(into)}' (FORMAT parquet)")


def _in_python(session: duckdb.DuckDBPyConnection, parameters: Mapping[str, ParameterValue], into: Path) -> None:
    import peers_python  # noqa: PLC0415  each peer in a process of its own

    with into.with_suffix(".csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["item", *peers_python.LETTERS])
        for found in peers_python.in_python(session, parameters):
            rows.writerows([item, *(codes[letter] for letter in peers_python.LETTERS)] for item, codes in found.items())
    read = f"read_csv('{quoted(file.name)}', header = true, all_varchar = true)"
    session.execute(f"COPY (FROM {read} ORDER BY item) TO '{quoted(into)}' (FORMAT parquet)")


def _with_pandas(session: duckdb.DuckDBPyConnection, parameters: Mapping[str, ParameterValue], into: Path) -> None:
    import peers_pandas  # noqa: PLC0415  only where pandas is installed

    session.register("frame", peers_pandas.with_pandas(session, parameters))
    session.execute(f"COPY (FROM frame ORDER BY item) TO '{quoted(into)}' (FORMAT parquet)")


PEERS = (
    Peer("by hand in DuckDB", "T-10", sys.maxsize, "0.91 or more", _by_hand),
    Peer("in plain Python", "T-10", 200_000, "10", _in_python),
    Peer("with pandas", "T-11", 1_000_000, "5", _with_pandas, package="pandas"),
)


def write_codes(name: str, tables: Path, values: Mapping[str, ParameterValue], into: Path) -> None:
    """Let a peer write its codes of every item into a Parquet file: item and a column per letter."""
    (peer,) = (each for each in PEERS if each.name == name)
    limits = SessionLimits(memory=MEMORY, spill=into.with_suffix(".spill"))
    with open_session(TableSet(tables, {}), limits) as session:
        session.execute("SET enable_progress_bar = false")
        set_parameters(session, values, extracted_at=CLOCK)
        peer.write(session, values, into)


def differences(control_test: str, ours: Path, theirs: Path) -> int:
    """Return how many rows of item and codes only one of two files has; 0 is the same outcomes."""
    columns = ", ".join(["item", *(attribute.letter for attribute in known_rules()[control_test].attributes)])
    left, right = (f"SELECT {columns} FROM read_parquet('{quoted(file)}')" for file in (ours, theirs))  # noqa: S608  our own paths
    with duckdb.connect() as session:
        counts = [
            session.execute(f"SELECT count(*) FROM (({one}) EXCEPT ALL ({other}))").fetchall()[0][0]  # noqa: S608  our own paths
            for one, other in ((left, right), (right, left))
        ]
    return sum(counts)


def differences_on_traps(control_test: str, names: Sequence[str], *, seed: int, worlds: int = WORLDS) -> dict[str, int]:
    """Return peer -> rows that differ from the rule's on random companies full of traps; parameters are drawn too."""
    opinion = importlib.import_module(f"tests.second_opinion.rules.{control_test.lower().replace('-', '_')}")
    rule, values = rule_and_parameters(opinion, seed)
    rows = rows_together(opinion, range(seed * worlds, (seed + 1) * worlds), batch_seed=seed)
    with (
        tempfile.TemporaryDirectory(prefix="twofold-peers-") as folder,
        tested(rule, values, rows) as (session, tables),
    ):
        ours = Path(folder) / "ours.parquet"
        session.execute(f"COPY outcome TO '{quoted(ours)}' (FORMAT parquet)")
        found = {}
        for number, name in enumerate(names):
            theirs = Path(folder) / f"{number}.parquet"
            write_codes(name, tables.folder, values, theirs)
            found[name] = differences(control_test, ours, theirs)
        return found
