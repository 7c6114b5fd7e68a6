"""Steps 10 to 13 of the check: runs against their files, counts that close, judgements, CSV against Parquet."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import orjson

from twofold.controltests.run_record import (
    COMPLETENESS_FILE,
    OUTCOMES_FILE,
    POPULATION_FILE,
    RUN_FILE,
    ControlTestRun,
    RunState,
    read_run,
)
from twofold.lenses.judgement import EngagementJudgement, read_judgement
from twofold.lenses.verdict import Counts
from twofold.reports.bag import DATA, file_hash
from twofold.reports.control_folder import DEFINITION_FILE
from twofold.reports.rows_as_text import first_difference, reading_session

INDEX = f"{DATA}/package.json"
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OSError)
"""What reading a file of ours gives when it does not have its form."""


@dataclass(frozen=True, slots=True)
class HeldRun:
    """A run found in the package: its place, its record, and engagement id -> verdict file."""

    place: str
    folder: Path
    control_id: str
    record: ControlTestRun
    verdicts: Mapping[str, str]


def check_runs(bag: Path) -> list[str]:
    """Step 10: a run's files and rule have the hashes of its record, and its id follows from its content."""
    runs, faults = _runs(bag)
    for run in runs:
        record = run.record
        if replace(record, run_id="").identified().run_id != record.run_id:
            faults.append(f"{run.place}/{RUN_FILE}: its run id does not follow from its content")
        expected = {
            POPULATION_FILE: record.population_sha256,
            COMPLETENESS_FILE: record.completeness_sha256,
            DEFINITION_FILE: record.definition_sha256,
        }
        if record.state is not RunState.STOPPED:
            expected[OUTCOMES_FILE] = record.outcomes_sha256
        for name, digest in expected.items():
            path = run.folder / name
            if not path.is_file():
                faults.append(f"{run.place}/{name}: the run names it, and it is missing")
            elif file_hash(path) != digest:
                faults.append(f"{run.place}/{name}: its hash is not the one in {RUN_FILE}")
        if _rule_hash(run.folder) != record.rule_sha256:
            faults.append(f"{run.place}/rule.sql: rule.toml, rule.sql and facts.sql are not the rule that was run")
    return faults


def check_counts(bag: Path) -> list[str]:
    """Step 11: rows, counts per attribute and per lens add up to the population, counted again from the files."""
    runs, faults = _runs(bag)
    with reading_session() as session:
        for run in runs:
            try:
                faults += _run_counts(session, run)
            except duckdb.Error as error:
                faults.append(f"{run.place}: a Parquet file cannot be read: {str(error).splitlines()[0]}")
    return faults


def check_judgements(bag: Path) -> list[str]:
    """Step 12: every run that a judgement names is here, and its counts are those of the verdicts."""
    runs, faults = _runs(bag)
    by_control = {(run.control_id, run.record.control_test): run for run in runs}
    with reading_session() as session:
        for place, judgement in _judgements(bag, faults):
            for control in judgement.controls:
                for result in control.results:
                    if not result.run_id:
                        continue  # the test was not run, and the judgement says so
                    run = by_control.get((control.control_id, result.control_test))
                    if run is None or run.record.run_id != result.run_id:
                        faults.append(f"{place}: {result.run_id} of {control.control_id} is not in the package")
                        continue
                    if result.counts is None:
                        continue
                    found = _verdict_counts(session, run, judgement.engagement_id)
                    if found != result.counts:
                        faults.append(f"{place}: its counts for {control.control_id} are not those of the verdict file")
    return faults


def check_tables(bag: Path) -> list[str]:
    """Step 13: each Parquet file has a CSV file beside it with the same rows."""
    with reading_session() as session:
        return [
            fault
            for path in sorted((bag / DATA / "controls").rglob("*.parquet"))
            if (fault := _table_fault(session, bag, path))
        ]


def _table_fault(session: duckdb.DuckDBPyConnection, bag: Path, path: Path) -> str:
    beside = path.with_suffix(".csv")
    shown = beside.relative_to(bag).as_posix()
    if not beside.is_file():
        return f"{shown}: it is missing beside {path.name}"
    try:
        difference = first_difference(session, beside, path)
    except duckdb.Error as error:
        return f"{path.relative_to(bag).as_posix()}: it cannot be read: {str(error).splitlines()[0]}"
    return f"{shown}: {difference}" if difference else ""


def _runs(bag: Path) -> tuple[list[HeldRun], list[str]]:
    """Read the runs that the package's index names, and say what cannot be read."""
    faults: list[str] = []
    runs = []
    try:
        tests: list[dict[str, Any]] = orjson.loads((bag / INDEX).read_bytes())["control_tests"]
        places = [(f"{DATA}/{test['folder']}", str(test["control_id"]), dict(test["verdicts"])) for test in tests]
    except _UNREADABLE as error:
        return [], [f"{INDEX}: it cannot be read as the index of a package: {error}"]
    for place, control_id, verdicts in places:
        folder = bag / place
        if ".." in place.split("/"):
            faults.append(f"{INDEX}: the folder {place!r} lies outside the package")
            continue
        try:
            runs.append(HeldRun(place, folder, control_id, read_run(folder), verdicts))
        except _UNREADABLE as error:
            faults.append(f"{place}/{RUN_FILE}: it cannot be read as a run: {error}")
    known = {run.folder / RUN_FILE for run in runs}
    for path in sorted((bag / DATA / "controls").rglob(RUN_FILE)):
        if path not in known and not faults:
            faults.append(f"{path.relative_to(bag).as_posix()}: the index does not name this run")
    return runs, faults


def _judgements(bag: Path, faults: list[str]) -> Iterator[tuple[str, EngagementJudgement]]:
    for path in sorted((bag / DATA / "engagements").glob("*/judgement.json")):
        place = path.relative_to(bag).as_posix()
        try:
            yield place, _read_judgement(path)
        except _UNREADABLE as error:
            faults.append(f"{place}: it cannot be read as a judgement: {error}")


def _read_judgement(path: Path) -> EngagementJudgement:
    body = orjson.loads(path.read_bytes())
    for control in body["controls"]:
        for result in control["results"]:
            result.pop("rate", None)
    return read_judgement(body)


def _rule_hash(folder: Path) -> str:
    """Return the hash as `load_rule` makes it, from the texts in the package and not from installed rules."""
    texts = [
        (folder / name).read_bytes() if (folder / name).is_file() else b""
        for name in ("rule.toml", "rule.sql", "facts.sql")
    ]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def _run_counts(session: duckdb.DuckDBPyConnection, run: HeldRun) -> Iterator[str]:
    record = run.record
    rows = _count(session, run.folder / POPULATION_FILE)
    if rows != record.population_count:
        yield f"{run.place}/{POPULATION_FILE}: it has {rows} rows; {RUN_FILE} says {record.population_count} items"
    if record.state is RunState.STOPPED:
        return
    outcomes = run.folder / OUTCOMES_FILE
    if (rows := _count(session, outcomes)) != record.population_count:
        yield f"{run.place}/{OUTCOMES_FILE}: it has {rows} rows; {RUN_FILE} says {record.population_count} items"
    described = session.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(outcomes)])
    columns = {row[0] for row in described.fetchall()}
    for letter, counts in sorted(record.counts.items()):
        if letter not in columns or not letter.isalpha():
            yield f"{run.place}/{OUTCOMES_FILE}: it has no attribute {letter}"
            continue
        query = f'SELECT "{letter}", count(*) FROM read_parquet(?) GROUP BY 1'  # noqa: S608  a letter
        if (
            dict(session.execute(query, [str(outcomes)]).fetchall()) != dict(counts)
            or sum(counts.values()) != record.population_count
        ):
            yield f"{run.place}/{RUN_FILE}: the counts of attribute {letter} are not those of {OUTCOMES_FILE}"
    for engagement, name in sorted(run.verdicts.items()):
        counts_found = _verdict_counts(session, run, engagement)
        if counts_found is None or counts_found.population != record.population_count:
            yield f"{run.place}/{name}: its verdicts do not add up to the population"


def _verdict_counts(session: duckdb.DuckDBPyConnection, run: HeldRun, engagement_id: str) -> Counts | None:
    name = run.verdicts.get(engagement_id, "")
    path = run.folder / name
    if not name or "/" in name or not path.is_file():
        return None
    try:
        query = "SELECT verdict, count(*) FROM read_parquet(?) GROUP BY 1"
        found = dict(session.execute(query, [str(path)]).fetchall())
        total = sum(found.values())
        return Counts(
            population=total,
            passed=found.get("PASS", 0),
            exceptions=found.get("EXCEPTION", 0),
            cannot_test=found.get("CANNOT_TEST", 0),
            not_applicable=found.get("NOT_APPLICABLE", 0),
        )
    except (duckdb.Error, ValueError):
        return None


def _count(session: duckdb.DuckDBPyConnection, path: Path) -> int:
    row = session.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchone()
    return 0 if row is None else int(row[0])


RUN_STEPS: tuple[tuple[str, Callable[[Path], list[str]]], ...] = (
    ("each run is the one its files and rule give", check_runs),
    ("all counts close and are those of the files", check_counts),
    ("each judgement rests on runs of this package", check_judgements),
    ("each CSV file holds the rows of its Parquet file", check_tables),
)
