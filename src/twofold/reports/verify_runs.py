"""Steps 17 to 22 of the check: runs against their files, counts that close, judgements, CSV against Parquet, tables."""

import hashlib
from collections.abc import Iterator, Mapping
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
from twofold.reports.bag import DATA, is_portable
from twofold.reports.control_folder import DEFINITION_FILE
from twofold.reports.rows_as_text import first_difference
from twofold.reports.tables_folder import TABLES
from twofold.reports.under_check import INDEX, UNREADABLE, CheckedStep, UnderCheck
from twofold.reports.verify_rows import check_rows


@dataclass(frozen=True, slots=True)
class HeldRun:
    """A run found in the package: its place, its record, and engagement id -> verdict file."""

    place: str
    folder: Path
    control_id: str
    record: ControlTestRun
    verdicts: Mapping[str, str]


def check_runs(bag: UnderCheck) -> list[str]:
    """Step 17: a run's files and rule have the hashes of its record, and its id follows from its content."""
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
        expected |= {f"steps/{name}.sql": digest for name, digest in record.steps.items()}
        for name, digest in expected.items():
            place = f"{run.place}/{name}"
            if place in bag.left_out:
                bag.unshown.append(f"{place} as a whole: parts of it are withheld")
            elif not bag.has(place):
                faults.append(f"{place}: the run names it, and it is missing")
            elif bag.hash_of(place) != digest:
                faults.append(f"{place}: its hash is not the one in {RUN_FILE}")
        if _rule_hash(run.folder) != record.rule_sha256:
            faults.append(f"{run.place}/rule.sql: rule.toml, rule.sql and facts.sql are not the rule that was run")
    return faults


def check_counts(bag: UnderCheck) -> list[str]:
    """Step 18: rows, counts per attribute and per lens add up to the population, counted again from the files."""
    runs, faults = _runs(bag)
    for run in runs:
        try:
            faults += _run_counts(bag.session, bag, run)
        except duckdb.Error as error:
            faults.append(f"{run.place}: a Parquet file cannot be read: {str(error).splitlines()[0]}")
    return faults


def check_judgements(bag: UnderCheck) -> list[str]:
    """Step 19: every run that a judgement names is here, and its counts are those of the verdicts."""
    runs, faults = _runs(bag)
    by_control = {(run.control_id, run.record.control_test): run for run in runs}
    for place, judgement in _judgements(bag, faults):
        for control in judgement.controls:
            for result in control.results:
                if not result.run_id:
                    continue  # the test was not run, and the judgement says so
                run = by_control.get((control.control_id, result.control_test))
                if run is None or run.record.run_id != result.run_id:
                    faults.append(f"{place}: {result.run_id} of {control.control_id} is not in the package")
                    continue
                verdicts = f"{run.place}/{run.verdicts.get(judgement.engagement_id, '')}"
                if result.counts is None or verdicts in bag.left_out:
                    continue
                found = _verdict_counts(bag.session, run, judgement.engagement_id)
                if found != result.counts:
                    faults.append(f"{place}: its counts for {control.control_id} are not those of the verdict file")
    return faults


def check_tables(bag: UnderCheck) -> list[str]:
    """Step 20: each Parquet file has a CSV file beside it with the same rows."""
    return [
        fault
        for place in bag.places
        if place.startswith(f"{DATA}/controls/") and place.endswith(".parquet")
        if (fault := _table_fault(bag.session, bag, place))
    ]


def check_canonical_tables(bag: UnderCheck) -> list[str]:
    """Step 21: the canonical tables are those that the runs read, so that a rule can be run again over them."""
    told: dict[str, str] = bag.index["tables"]
    start = f"{DATA}/{TABLES}/"
    held = {place for place in bag.places if place.startswith(start) and "/" not in place.removeprefix(start)}
    faults = [
        f"{place}: {INDEX} does not name it" for place in sorted(held - {f"{start}{name}.parquet" for name in told})
    ]
    for name, digest in sorted(told.items()):
        if f"{start}{name}.parquet" in bag.left_out:
            bag.unshown.append(f"{start}{name}.parquet: it holds what is withheld, so its rules cannot be run again")
        elif f"{start}{name}.parquet" not in held:
            faults.append(f"{start}{name}.parquet: {INDEX} names it, and it is missing")
        elif bag.hash_of(f"{start}{name}.parquet") != digest:
            faults.append(f"{start}{name}.parquet: its hash is not the one in {INDEX}")
    if not told:
        bag.unshown.append("that the rules give these outcomes: the canonical tables are not in this package")
        return faults
    for run in _runs(bag)[0]:
        for name, digest in sorted(run.record.tables.items()):
            if told.get(name) != digest:
                faults.append(f"{start}{name}.parquet: it is not the table that {run.place}/{RUN_FILE} names")
    return faults


def check_shown_rows(bag: UnderCheck) -> list[str]:
    """Step 22: what is shown of a table that is withheld in part belongs to its commitment in the log."""
    return check_rows(bag.folder, {entry.index: entry for entry in bag.records})


def _table_fault(session: duckdb.DuckDBPyConnection, bag: UnderCheck, place: str) -> str:
    beside = f"{place.removesuffix('.parquet')}.csv"
    if not bag.has(beside):
        return f"{beside}: it is missing beside {place.rpartition('/')[2]}"
    try:
        difference = first_difference(session, bag.folder / beside, bag.folder / place)
    except duckdb.Error as error:
        return f"{place}: it cannot be read: {str(error).splitlines()[0]}"
    return f"{beside}: {difference}" if difference else ""


def _runs(bag: UnderCheck) -> tuple[list[HeldRun], list[str]]:
    """Read the runs that the package's index names, and say what cannot be read."""
    faults: list[str] = []
    runs = []
    try:
        tests: list[dict[str, Any]] = bag.index["control_tests"]
        places = [(f"{DATA}/{test['folder']}", str(test["control_id"]), dict(test["verdicts"])) for test in tests]
    except UNREADABLE as error:
        return [], [f"{INDEX}: it cannot be read as the index of a package: {error}"]
    for place, control_id, verdicts in places:
        folder = bag.folder / place
        if not is_portable(place):
            faults.append(f"{INDEX}: the folder {place!r} lies outside the package")
            continue
        try:
            runs.append(HeldRun(place, folder, control_id, read_run(folder), verdicts))
        except UNREADABLE as error:
            faults.append(f"{place}/{RUN_FILE}: it cannot be read as a run: {error}")
    known = {f"{run.place}/{RUN_FILE}" for run in runs}
    for place in bag.places:
        if (
            place.startswith(f"{DATA}/controls/")
            and place.endswith(f"/{RUN_FILE}")
            and place not in known
            and not faults
        ):
            faults.append(f"{place}: the index does not name this run")
    return runs, faults


def _judgements(bag: UnderCheck, faults: list[str]) -> Iterator[tuple[str, EngagementJudgement]]:
    for place in bag.places:
        if not (place.startswith(f"{DATA}/engagements/") and place.endswith("/judgement.json")):
            continue
        try:
            yield place, _read_judgement(bag.folder / place)
        except UNREADABLE as error:
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


def _run_counts(session: duckdb.DuckDBPyConnection, bag: UnderCheck, run: HeldRun) -> Iterator[str]:
    """Count again. What is left out cannot be counted; step 22 checks what is shown of it."""
    record = run.record
    for name in (POPULATION_FILE, *([] if record.state is RunState.STOPPED else [OUTCOMES_FILE])):
        if f"{run.place}/{name}" not in bag.left_out:
            rows = _count(session, run.folder / name)
            if rows != record.population_count:
                yield f"{run.place}/{name}: it has {rows} rows; {RUN_FILE} says {record.population_count} items"
    if record.state is not RunState.STOPPED and f"{run.place}/{OUTCOMES_FILE}" not in bag.left_out:
        yield from _outcome_counts(session, run)
    for engagement, name in sorted(run.verdicts.items()):
        if f"{run.place}/{name}" not in bag.left_out:
            counts_found = _verdict_counts(session, run, engagement)
            if counts_found is None or counts_found.population != record.population_count:
                yield f"{run.place}/{name}: its verdicts do not add up to the population"


def _outcome_counts(session: duckdb.DuckDBPyConnection, run: HeldRun) -> Iterator[str]:
    record, outcomes = run.record, run.folder / OUTCOMES_FILE
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


RUN_STEPS: tuple[CheckedStep, ...] = (
    ("each run is the one its files and rule give", check_runs),
    ("all counts close and are those of the files", check_counts),
    ("each judgement rests on runs of this package", check_judgements),
    ("each CSV file holds the rows of its Parquet file", check_tables),
    ("the canonical tables are those that the runs read", check_canonical_tables),
    ("what is shown of a table belongs to its commitment", check_shown_rows),
)
