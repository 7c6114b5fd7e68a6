"""Measure the control tests of changes against a floor and peers taken in the same run: `make bench`.

    python tools/bench/rules.py [DEPLOYMENTS]      10,000,000 by default; needs about 1 KB of disk for each, twice

Floor: a DuckDB scan of every column that the rules, steps and populations read, and writing the bytes that a run
leaves (populations, outcomes, verdicts of both lenses); equal files are written once and copied, as the run does. Peers
do one rule, all of it, on the same tables as the rule alone, and count once their codes are the same (rule_peers.py).
One more day: a year of deployments is there, and a day is added. Each line runs in a process of its own, for its
memory. These machines are noisy; read the ratios, and CPU seconds before wall seconds.
"""

import filecmp
import multiprocessing
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import sqlglot
from change_tables import Shape, write_tables
from rule_peers import PEERS, Peer, differences, differences_on_traps, write_codes
from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from twofold.controltests.day_outcomes import DayRun, write_all_days, write_touched_days
from twofold.controltests.engine import run_rule, set_parameters
from twofold.controltests.rule import Rule, known_rules
from twofold.lenses.verdict import LensView, ScopeStretch, judge_items
from twofold.model.period import ReviewPeriod
from twofold.populations.define import Population, define_population, definition_text
from twofold.populations.steps import register_steps, step_text, steps_needed
from twofold.tables.store import SessionLimits, TableSet, open_session, quoted

DAYS = 365
DEPLOYMENTS = 10_000_000
TESTED = ("T-10", "T-11", "T-13", "T-15")
LENSES = {"soc2": "soc2", "sox": "fin_relevant"}
YEAR = ReviewPeriod(datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
MEMORY = "3GB"
"""DuckDB's own limit; the process stays below 4 GiB with it."""
TRAPS_SEED = 20261126


@dataclass(frozen=True, slots=True)
class Taken:
    """What one piece of work took."""

    cpu: float
    wall: float
    gib: float


def rules() -> list[Rule]:
    """Return the measured rules that this version has, those of one population together."""
    found = [rule for name, rule in known_rules().items() if name in TESTED]
    return sorted(found, key=lambda rule: rule.population)


def floor(tables: Path, results: Path, into: Path) -> None:
    """Scan what is read and write what is written."""
    into.mkdir()
    config = {"threads": 2, "memory_limit": MEMORY, "temp_directory": str(into / "spill")}
    with duckdb.connect(config=config) as session:
        for name, columns in columns_read(tables).items():
            scan = f"SELECT bit_xor(hash({', '.join(columns)})) FROM read_parquet('{quoted(tables / name)}.parquet')"  # noqa: S608  our own names
            session.execute(scan).fetchall()
        encoded: list[Path] = []
        for number, file in enumerate(sorted(results.rglob("*.parquet"))):
            target = into / f"{number}.parquet"
            if any(filecmp.cmp(file, each, shallow=False) for each in encoded):
                shutil.copyfile(file, target)
                continue
            encoded.append(file)
            session.execute(f"COPY (FROM read_parquet('{quoted(file)}')) TO '{quoted(target)}' (FORMAT parquet)")


def columns_read(tables: Path) -> dict[str, list[str]]:
    """Return by table the columns that the texts of the measured rules read."""
    texts = [text for rule in rules() for text in (definition_text(rule.population), rule.sql)]
    texts += [step_text(name) for name in steps_needed(*texts)]
    found: dict[str, set[str]] = {}
    for text in texts:
        for scope in traverse_scope(sqlglot.parse_one(text, read="duckdb")):
            for column in scope.columns:
                source = scope.sources.get(column.table)
                if isinstance(source, exp.Table) and (tables / f"{source.name}.parquet").exists():
                    found.setdefault(source.name, set()).add(column.name)
    return {name: sorted(columns) for name, columns in sorted(found.items())}


def run(tables: Path, into: Path, tested: Sequence[str], lenses: Sequence[str]) -> None:
    """Do what `twofold test` and `twofold judge` do with the tables."""
    chosen = [rule for rule in rules() if rule.control_test in tested]
    texts = [text for rule in chosen for text in (definition_text(rule.population), rule.sql)]
    held: Population | None = None
    into.mkdir()
    with open_session(TableSet(tables, {}), SessionLimits(memory=MEMORY, spill=into / "spill")) as session:
        register_steps(session, steps_needed(*texts), read_by=texts)
        for rule in chosen:
            folder = into / rule.control_test
            folder.mkdir(parents=True)
            set_parameters(session, rule.parameter_values({}, where="bench"), extracted_at=YEAR.ends_before)
            held = define_population(session, rule.population, into=folder, held=held)
            outcomes = run_rule(session, rule, into=folder)
            letters = tuple(attribute.letter for attribute in rule.attributes)
            for lens in lenses:
                found = "SELECT system FROM system_label WHERE label = ?"
                systems = session.execute(found, [LENSES[lens]]).fetchall()
                scope = [ScopeStretch(system, None, None) for (system,) in systems]
                judge_items(LensView(lens, YEAR, scope, letters), outcomes.file, into=folder / f"{lens}.parquet")


def day_run(days: int) -> DayRun:
    """Return the run of the first `days` days."""
    values = {rule.control_test: rule.parameter_values({}, where="bench") for rule in rules()}
    clock = YEAR.starts_at + timedelta(days=days)
    return DayRun(rules(), values, clock, "bench", SessionLimits(memory=MEMORY))


def every_day(tables: Path, into: Path) -> None:
    """Make the outcomes of every day."""
    write_all_days(TableSet(tables, {}), day_run(DAYS), into=into)


def one_more_day(tables: Path, before: Path, store: Path, into: Path) -> None:
    """Make the outcomes again that one more day touches."""
    state = TableSet(tables, {})
    write_touched_days(state, day_run(DAYS + 1), before=TableSet(before, {}), store=store, into=into)


def measured(work: Callable[..., None], *given: object) -> Taken:
    """Run `work` in a new process and return what it took; raises RuntimeError when it failed."""
    context = multiprocessing.get_context("spawn")
    queue = context.SimpleQueue()
    process = context.Process(target=_timed, args=(queue, work, given))
    process.start()
    process.join()
    if process.exitcode:
        msg = f"{work.__name__} ended with {process.exitcode}"
        raise RuntimeError(msg)
    return Taken(*queue.get())


def _timed(
    queue: "multiprocessing.SimpleQueue[tuple[float, float, float]]", work: Callable[..., None], given: Sequence[object]
) -> None:
    started = time.perf_counter()
    work(*given)
    used = resource.getrusage(resource.RUSAGE_SELF)
    queue.put((used.ru_utime + used.ru_stime, time.perf_counter() - started, used.ru_maxrss / 2**20))


def _line(name: str, taken: Taken, against: Taken, note: str = "") -> None:
    ratios = f"{taken.cpu / against.cpu:>9.2f}{taken.wall / against.wall:>9.2f}"
    sys.stdout.write(f"{name:<34}{taken.cpu:>9.1f}{taken.wall:>9.1f}{taken.gib:>7.2f}{ratios}  {note}\n")
    sys.stdout.flush()


def compare_with_peers(root: Path, per_day: int) -> None:
    """Print each peer beside its rule alone on the same tables.

    Raises RuntimeError where a peer gives another code for an item, there or on random companies full of traps.
    """
    alone: dict[tuple[str, int], Taken] = {}
    for peer in PEERS:
        if not peer.is_there:
            sys.stdout.write(f"{peer.title}: not measured, {peer.package} is not installed\n")
            continue
        size = min(per_day, peer.most // DAYS)
        tables = root / ("year" if size == per_day else f"year-{size}")
        if not tables.exists():
            write_tables(tables, Shape(DAYS, size))
        ours = root / f"{peer.control_test}-{size}"
        if (peer.control_test, size) not in alone:
            taken = alone[peer.control_test, size] = measured(run, tables, ours, (peer.control_test,), ())
            _line(f"{peer.control_test} alone, {DAYS * size:,}", taken, taken)
        theirs = root / "peer.parquet"
        values = known_rules()[peer.control_test].parameter_values({}, where="bench")
        taken = measured(write_codes, peer.name, tables, values, theirs)
        _check_same(peer, ours / peer.control_test / "outcomes.parquet", theirs)
        _line(peer.title, taken, alone[peer.control_test, size], f"of the rule alone; aim {peer.aim}")
    for test, size in alone:
        shutil.rmtree(root / f"{test}-{size}")


def _check_same(peer: Peer, ours: Path, theirs: Path) -> None:
    on_traps = differences_on_traps(peer.control_test, [peer.name], seed=TRAPS_SEED)[peer.name]
    found = differences(peer.control_test, ours, theirs)
    if found or on_traps:
        msg = f"{peer.title}: {found} rows differ from the rule's, and {on_traps} on the tables of traps"
        raise RuntimeError(msg)


def main(deployments: int) -> int:
    """Make the tables, run everything once and print it."""
    per_day = deployments // DAYS
    with tempfile.TemporaryDirectory(prefix="twofold-bench-") as folder:
        root = Path(folder)
        write_tables(root / "year", Shape(DAYS, per_day))
        names = ", ".join(rule.control_test for rule in rules())
        sys.stdout.write(f"{DAYS * per_day:,} deployments; {names}\n")
        sys.stdout.write(f"{'':<34}{'CPU s':>9}{'wall s':>9}{'GiB':>7}{'x CPU':>9}{'x wall':>9}\n")
        whole = measured(run, root / "year", root / "run", TESTED, tuple(LENSES))
        least = measured(floor, root / "year", root / "run", root / "floor")
        _line("floor: scan, write", least, least)
        _line("all rules, both lenses", whole, least, "of the floor; aim 3")
        shutil.rmtree(root / "floor")
        compare_with_peers(root, per_day)
        shutil.rmtree(root / "run")
        full = measured(every_day, root / "year", root / "days")
        _line("every day's outcomes", full, full)
        write_tables(root / "more", Shape(DAYS + 1, per_day))
        more = measured(one_more_day, root / "more", root / "year", root / "days", root / "days-more")
        _line("one more day", more, full, "of every day; aim 0.03")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else DEPLOYMENTS))
