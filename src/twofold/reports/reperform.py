"""Run the packaged rules over the packaged tables again and compare what comes out, byte for byte.

It needs the package and nothing else: no workspace, no network. What it runs is what was packaged, as an auditor would;
whether those texts are also the ones of this version of Twofold is told beside. The completeness record is not made
again: it also rests on counts of the evidence files.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import duckdb

from twofold.controltests.engine import RuleFault, run_rule, set_parameters
from twofold.controltests.every_reading import OpenReading, files_on_the_way, keep_what_holds, rests_on_conflicts
from twofold.controltests.rule import known_rules
from twofold.controltests.run_record import OUTCOMES_FILE, POPULATION_FILE, ControlTestRun, RunState
from twofold.model.instant import parse_instant
from twofold.model.problem import Problem, UserError
from twofold.populations.define import define_population
from twofold.reports.bag import DATA
from twofold.reports.packaged_run import (
    UNREADABLE,
    PackagedTexts,
    packaged_runs,
    tables_named,
    text_faults,
    unlike_ours,
)
from twofold.reports.redacted_data import WITHHELD_FILE
from twofold.reports.reperform_verdicts import JudgedAgain, judge_again
from twofold.reports.row_differences import item_differences
from twofold.reports.sealed_session import USUAL_LIMITS, SealLimits, one_select, sealed_session
from twofold.reports.tables_folder import TABLES
from twofold.reports.verify_rows import withheld_tables
from twofold.tables.readings import UNMARKED, Reading, second_version
from twofold.vault.blobs.file_hash import file_hash

ENGINE_HERE = f"duckdb {duckdb.__version__}"


class Agreement(StrEnum):
    """How a file that was made again compares with the packaged one."""

    EQUAL = "equal"
    """Byte for byte."""
    SAME_ROWS = "same rows"
    """Another version of the engine wrote other bytes; the rows are equal."""
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class FileAgainstPackage:
    """One file of a run, made again. note: why, in a sentence. differences: the first items, one sentence each."""

    name: str
    agreement: Agreement
    note: str = ""
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TestedAgain:
    """One control test.

    faults: what does not fit the run's own record, or kept it from being run. withheld: files that the package
    leaves out on purpose, without which it could not be run.
    state: as the run says; a stopped run has only its population to compare. unlike_ours: texts that differ from those
    of this version, for information.
    """

    control_id: str
    control_test: str
    run_id: str
    place: str
    state: RunState
    items: int
    engine: str
    files: tuple[FileAgainstPackage, ...]
    faults: tuple[str, ...]
    unlike_ours: tuple[str, ...]
    withheld: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether everything came out as packaged; equal rows from another engine count as such."""
        return not self.faults and all(file.agreement is not Agreement.DIFFERENT for file in self.files)


@dataclass(frozen=True, slots=True)
class Reperformance:
    """What came out. engine: the one that ran here. A test that was withheld neither agrees nor differs."""

    tests: tuple[TestedAgain, ...]
    judgements: tuple[JudgedAgain, ...]
    engine: str = field(default=ENGINE_HERE)

    @property
    def agrees(self) -> bool:
        """Whether all runs and all judgements came out as packaged."""
        return all(test.agrees for test in self.tests) and all(not each.faults for each in self.judgements)

    @property
    def complete(self) -> bool:
        """Whether nothing was withheld that a run needs."""
        return not any(test.withheld for test in self.tests)


def reperform_package(package: Path, *, scratch: Path, limits: SealLimits = USUAL_LIMITS) -> Reperformance:
    """Re-perform every run and judgement of a package folder; `scratch` is an empty folder that may fill up.

    Raises UserError when the index, a run or its texts cannot be read, or when the package holds no tables.
    """
    runs = packaged_runs(package)
    left_out = _left_out(package)
    tables = _copied_tables(package / DATA / TABLES, scratch / TABLES)
    tested = []
    outcomes: dict[tuple[str, str], Path] = {}
    for number, texts in enumerate(runs):
        into = scratch / f"run-{number}"
        into.mkdir()
        if withheld := sorted(_needed(texts) & left_out):
            tested.append(_not_tested(texts, withheld))
        else:
            tested.append(_test_again(texts, tables, into, limits, left_out))
            outcomes[texts.control_id, texts.run.control_test] = into / OUTCOMES_FILE
    judgements = judge_again(package, runs, outcomes, into=scratch)
    return Reperformance(tuple(tested), judgements)


def _copied_tables(packaged: Path, into: Path) -> Path:
    """Copy the tables, so that SQL of the package never has its hands on the package itself."""
    if not packaged.is_dir():
        raise UserError(
            Problem(
                f"{DATA}/{TABLES}",
                "the package holds no tables, so its rules cannot be run again",
                "the canonical tables that the runs read",
                "ask for a package that was made by this version",
            )
        )
    into.mkdir()
    for file in sorted(packaged.glob("*.parquet")):
        shutil.copyfile(file, into / file.name)
    return into


def _left_out(package: Path) -> frozenset[str]:
    try:
        return withheld_tables(package).left_out
    except UNREADABLE as error:
        where = f"{DATA}/{WITHHELD_FILE}"
        raise UserError(
            Problem(where, f"it cannot be read: {error}", "", "run 'twofold verify' on it first")
        ) from error


def _needed(texts: PackagedTexts) -> set[str]:
    """Return the files that running and comparing needs, below data/."""
    results = {f"{texts.place}/{name}" for name in (POPULATION_FILE, OUTCOMES_FILE)}
    named = tables_named(texts)
    read = named.keys() | ({second_version(name) for name in named} & texts.run.tables.keys())
    return {f"{TABLES}/{name}.parquet" for name in read} | results


def _not_tested(texts: PackagedTexts, withheld: Sequence[str]) -> TestedAgain:
    run = texts.run
    return TestedAgain(
        control_id=texts.control_id,
        control_test=run.control_test,
        run_id=run.run_id,
        place=f"{DATA}/{texts.place}",
        state=run.state,
        items=run.population_count,
        engine=run.engine,
        files=(),
        faults=tuple(text_faults(texts)),
        unlike_ours=tuple(unlike_ours(texts, rules=known_rules())),
        withheld=tuple(withheld),
    )


def _test_again(
    texts: PackagedTexts, tables: Path, into: Path, limits: SealLimits, left_out: frozenset[str]
) -> TestedAgain:
    run = texts.run
    faults = [*text_faults(texts), *_table_faults(run, tables, left_out), *_file_faults(texts)]
    try:
        _run(texts, tables, into, limits)
    except (RuleFault, duckdb.Error) as error:
        faults.append(f"it could not be run: {_line(error)}")
    except UserError as error:
        faults += [f"it could not be run: {problem.where}: {problem.found}" for problem in error.problems]
    names = [POPULATION_FILE] if run.state is RunState.STOPPED else [POPULATION_FILE, OUTCOMES_FILE]
    return TestedAgain(
        control_id=texts.control_id,
        control_test=run.control_test,
        run_id=run.run_id,
        place=f"{DATA}/{texts.place}",
        state=run.state,
        items=run.population_count,
        engine=run.engine,
        files=tuple(compared(texts.folder / name, into / name, run.engine) for name in names),
        faults=tuple(faults),
        unlike_ours=tuple(unlike_ours(texts, rules=known_rules())),
    )


def _run(texts: PackagedTexts, tables: Path, into: Path, limits: SealLimits) -> None:
    """Do what `twofold test` does, with the packaged texts; raises duckdb.Error, RuleFault or UserError."""
    run, rule = texts.run, texts.rule
    with _with_steps(texts, tables, into, limits) as session:
        one_select(session, rule.sql)
        definition = one_select(session, texts.definition)
        population = define_population(session, run.population, into=into, text=definition)
        in_conflict = rests_on_conflicts(run.tables)
        if run.state is not RunState.STOPPED or in_conflict:
            run_rule(session, rule, into=into)
        if in_conflict:
            with ExitStack() as opened:
                sessions = [opened.enter_context(_with_steps(texts, tables, into, limits, each)) for each in UNMARKED]
                unmarked = [OpenReading(each) for each in sessions]
                keep_what_holds(session, unmarked, rule, population, into=into, text=definition)


@contextmanager
def _with_steps(
    texts: PackagedTexts, tables: Path, into: Path, limits: SealLimits, reading: Reading = Reading.MARKED
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a sealed session over the tables that has the steps and the parameters of a run."""
    run = texts.run
    values = texts.rule.parameter_values(run.parameters, where=f"parameters of {run.run_id}")
    writes = [into / POPULATION_FILE, into / OUTCOMES_FILE, *files_on_the_way(into)]
    wanted = {name.partition("__")[0] for name in tables_named(texts)}
    with sealed_session(tables, wanted=wanted, scratch=into, writes=writes, limits=limits, reading=reading) as session:
        for name, text in texts.steps.items():
            session.execute(f"CREATE TEMP TABLE {name} AS {one_select(session, text)}")
        set_parameters(session, values, extracted_at=parse_instant(run.clock).earliest)
        yield session


def _table_faults(run: ControlTestRun, tables: Path, left_out: frozenset[str]) -> Iterator[str]:
    for name, expected in sorted(run.tables.items()):
        file = tables / f"{name}.parquet"
        if f"{TABLES}/{file.name}" in left_out:
            continue  # read by the completeness record only, see `_needed`
        if not file.is_file():
            yield f"{TABLES}/{file.name} is missing; the run read it"
        elif file_hash(file) != expected:
            yield f"{TABLES}/{file.name} is not the table that the run read"


def _file_faults(texts: PackagedTexts) -> Iterator[str]:
    """Say which packaged result is not the one that the run names; comparing with it would show nothing."""
    run = texts.run
    named = {POPULATION_FILE: run.population_sha256}
    if run.state is not RunState.STOPPED:
        named[OUTCOMES_FILE] = run.outcomes_sha256
    for name, expected in named.items():
        if not (texts.folder / name).is_file():
            yield f"{name} is missing; the run names it"
        elif file_hash(texts.folder / name) != expected:
            yield f"{name} is not the file that the run names"


def compared(packaged: Path, again: Path, engine: str) -> FileAgainstPackage:
    """Compare a packaged Parquet file with the one made again; `engine` is what made the packaged one."""
    name = packaged.name
    if not packaged.is_file() or not again.is_file():
        missing = "it is not in the package" if again.is_file() else "it was not made, see the faults"
        return FileAgainstPackage(name, Agreement.DIFFERENT, missing)
    if file_hash(packaged) == file_hash(again):
        return FileAgainstPackage(name, Agreement.EQUAL)
    try:
        count, differences = item_differences(packaged, again)
    except duckdb.Error as error:
        return FileAgainstPackage(name, Agreement.DIFFERENT, f"it cannot be compared: {_line(error)}")
    if count:
        told = "1 item differs" if count == 1 else f"{count} items differ"
        return FileAgainstPackage(name, Agreement.DIFFERENT, told, tuple(differences))
    if engine != ENGINE_HERE:
        note = f"every row is equal; {engine} wrote the packaged bytes, {ENGINE_HERE} wrote these"
        return FileAgainstPackage(name, Agreement.SAME_ROWS, note)
    note = f"every row is equal, yet the bytes are not, although {engine} is said to have written both"
    return FileAgainstPackage(name, Agreement.DIFFERENT, note)


def _line(error: Exception) -> str:
    return str(error).partition("\n")[0]
