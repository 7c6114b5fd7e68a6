"""The same rows give the same bytes of outcomes, however they come in and whatever the machine is.

In the suite one case of each rule; with TWOFOLD_EVERY_CASE=1 all of them (`make determinism`).
"""

import os
import random  # noqa: TID251  an order of rows from a named seed
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from twofold.controltests.engine import run_rule, set_parameters
from twofold.controltests.rule import RULES_FOLDER, known_rules
from twofold.jobs import cases
from twofold.jobs.cases import Case, case_rows, read_case
from twofold.populations.define import DEFINITIONS_FOLDER, define_population, definition_text
from twofold.populations.derive import DERIVED, derive_tables
from twofold.populations.steps import STEPS_FOLDER, register_steps, step_text, steps_needed
from twofold.tables.store import Lineage, SessionLimits, TableWriter, open_session
from twofold.tables.typed_rows import TypedRow

EVERY_CASE = bool(os.environ.get("TWOFOLD_EVERY_CASE"))
CLOCK_OR_CHANCE = re.compile(
    r"\b(current_(date|time|timestamp|localtime|localtimestamp)|localtime(stamp)?)\b|"
    r"\b(now|today|age|get_current_\w+|transaction_timestamp|random|rand|uuid|gen_random_uuid|setseed)\s*\(",
    re.IGNORECASE,
)
COMMENT_OR_TEXT = re.compile(r"--[^\n]*|'(?:[^']|'')*'")


@dataclass(frozen=True)
class Arrangement:
    """How the rows come in: their order, the files they are spread over, the threads, the machine's local time."""

    seed: int | None
    files: int
    threads: int
    local_time: str


AS_WRITTEN = Arrangement(seed=None, files=1, threads=2, local_time="UTC0")
OTHERWISE = [
    Arrangement(seed=1, files=3, threads=1, local_time="XXX-14"),
    Arrangement(seed=2, files=2, threads=2, local_time="XXX11"),
]


def _cases() -> Iterator[Path]:
    """Yield the case with the most rows of each rule, or every case."""
    for folder in sorted(RULES_FOLDER.iterdir()):
        found = sorted(path.parent for path in folder.glob("cases/*/case.toml"))
        yield from found if EVERY_CASE else sorted(found, key=lambda each: (-_size(each), each))[:1]


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.csv"))


def _arranged(case: Case, arrangement: Arrangement) -> list[tuple[TypedRow, Lineage]]:
    rows = list(case_rows(case))
    if arrangement.seed is None:
        return rows
    draw = random.Random(arrangement.seed)  # noqa: S311  an order, no secret
    draw.shuffle(rows)
    return [
        (
            row,
            Lineage(
                f"{each.evidence}.{draw.randrange(arrangement.files)}", each.source, each.connector, each.extracted_at
            ),
        )
        for row, each in rows
    ]


def outcome_bytes(case: Case, arrangement: Arrangement, into: Path) -> tuple[bytes, dict[str, dict[str, int]]]:
    """Run the case as the product does, from Parquet files; return the outcome file and its counts."""
    definition = definition_text(case.rule.population)
    steps = steps_needed(definition, case.rule.sql)
    read = " ".join([definition, case.rule.sql, *map(step_text, steps)])
    with TableWriter(into / "tables") as writer:
        for row, lineage in _arranged(case, arrangement):
            writer.add(row, lineage=lineage)
        written = writer.finish()
    for stats in written.stats.values():
        assert stats.rows_in == stats.rows + stats.collapsed + stats.superseded + stats.conflicting
    tables = derive_tables(written, clock=case.extracted_at, wanted=[name for name in DERIVED if name in read])
    with open_session(tables, SessionLimits(threads=arrangement.threads)) as session:
        register_steps(session, steps)
        set_parameters(session, case.parameters, extracted_at=case.extracted_at)
        population = define_population(session, case.rule.population, into=into)
        outcomes = run_rule(session, case.rule, into=into)
    assert all(sum(counts.values()) == population.count for counts in outcomes.counts.values())
    return outcomes.file.read_bytes(), {letter: dict(counts) for letter, counts in outcomes.counts.items()}


def _rows(outcomes: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect() as session:
        described = session.execute("DESCRIBE SELECT * FROM read_parquet($1)", [str(outcomes)]).fetchall()
        return described + session.execute("SELECT * FROM read_parquet($1)", [str(outcomes)]).fetchall()


@pytest.fixture
def local_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    yield monkeypatch
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("folder", list(_cases()), ids=lambda folder: f"{folder.parents[1].name}/{folder.name}")
def test_order_files_threads_and_the_machine_change_no_byte(
    folder: Path, tmp_path: Path, local_time: pytest.MonkeyPatch
) -> None:
    case = read_case(folder)
    found = []
    for number, arrangement in enumerate([AS_WRITTEN, *OTHERWISE] if EVERY_CASE else [AS_WRITTEN, OTHERWISE[0]]):
        local_time.setenv("TZ", arrangement.local_time)
        time.tzset()
        (tmp_path / str(number)).mkdir()
        found.append(outcome_bytes(case, arrangement, tmp_path / str(number)))
    assert found[1:] == [found[0]] * (len(found) - 1)
    # And a case run in memory, with plans that no optimizer saw, is the same run.
    assert cases.run_case(folder) == []
    assert _rows(cases.bench().scratch / "outcomes.parquet") == _rows(tmp_path / "0" / "outcomes.parquet")


def test_no_text_of_a_rule_reads_the_clock_or_draws() -> None:
    texts = {
        path: path.read_text(encoding="utf-8")
        for path in [*STEPS_FOLDER.glob("*.sql"), *DEFINITIONS_FOLDER.glob("*.sql")]
    }
    for rule in known_rules().values():
        texts |= {rule.folder / "rule.sql": rule.sql, rule.folder / "facts.sql": rule.facts_sql}
    found = {
        f"{path.parent.name}/{path.name}: {match.group()}"
        for path, text in texts.items()
        for match in CLOCK_OR_CHANCE.finditer(COMMENT_OR_TEXT.sub("", text))
    }
    assert found == set()
